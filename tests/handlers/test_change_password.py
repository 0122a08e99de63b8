"""login_user: changing a password."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from resolvers import authorizer, login_user, signup_user

if TYPE_CHECKING:
    from collections.abc import Callable

PASSWORD, NEW = "hyran-betald-i-tid", "en-helt-annan-ramsa"


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


@pytest.fixture
def session(ask: Callable[..., Any], email: str) -> dict[str, Any]:
    input_ = {"name": "Ronja", "email": email, "password": PASSWORD}
    answer: dict[str, Any] = ask(signup_user.handler, "Mutation.signUp", {"input": input_})
    return dict(answer["session"])


@pytest.fixture
def authorize(load_event: Callable[[str], dict[str, Any]]) -> Callable[[dict[str, Any]], Any]:
    def call(session: dict[str, Any]) -> Any:
        event = load_event("appsync_authorizer")
        event["authorizationToken"] = session["accessToken"]
        return authorizer.handler(event, None)

    return call


@pytest.fixture
def log_in(ask: Callable[..., Any], email: str) -> Callable[[str], Any]:
    def call(password: str) -> Any:
        arguments = {"input": {"email": email, "password": password}}
        return ask(login_user.handler, "Mutation.logIn", arguments)

    return call


@pytest.fixture
def change(
    ask: Callable[..., Any],
    session: dict[str, Any],
    authorize: Callable[[dict[str, Any]], Any],
) -> Callable[..., Any]:
    caller = authorize(session)["resolverContext"]

    def call(current: str = PASSWORD, new: str = NEW) -> Any:
        arguments = {"input": {"currentPassword": current, "newPassword": new}}
        return ask(login_user.handler, "Mutation.changePassword", arguments, caller)

    return call


def test_only_the_new_password_logs_in(
    change: Callable[..., Any], log_in: Callable[[str], Any]
) -> None:
    assert change()["userErrors"] == []

    assert log_in(PASSWORD)["error"]["type"] == "INVALID_CREDENTIALS"
    assert log_in(NEW)["userErrors"] == []


def test_every_other_session_ends_and_this_one_goes_on(
    change: Callable[..., Any],
    log_in: Callable[[str], Any],
    ask: Callable[..., Any],
    authorize: Callable[[dict[str, Any]], Any],
    session: dict[str, Any],
) -> None:
    others = [log_in(PASSWORD)["session"] for _ in range(2)]

    answer = change()

    assert answer["endedSessions"] == 2
    assert authorize(session)["isAuthorized"]
    assert not any(authorize(other)["isAuthorized"] for other in others)
    refresh = [
        ask(
            login_user.handler,
            "Mutation.refreshSession",
            {"input": {"refreshToken": each["refreshToken"]}},
        )
        for each in (session, others[0])
    ]
    assert "session" in refresh[0]
    assert refresh[1]["error"]["type"] == "INVALID_TOKEN"


@pytest.mark.parametrize(
    ("change_", "code", "field"),
    [
        ({"current": "not-my-password"}, "INVALID_PASSWORD", "currentPassword"),
        ({"new": "short"}, "WEAK_PASSWORD", "newPassword"),
        ({"new": "password123"}, "WEAK_PASSWORD", "newPassword"),
        ({"new": "å" * 40}, "WEAK_PASSWORD", "newPassword"),
    ],
    ids=["wrong", "too short", "common", "more than 72 bytes"],
)
def test_what_is_refused_changes_nothing(
    change: Callable[..., Any],
    log_in: Callable[[str], Any],
    change_: dict[str, str],
    code: str,
    field: str,
) -> None:
    (error,) = change(**change_)["userErrors"]

    assert (error["code"], error["field"]) == (code, ["input", field])
    assert log_in(PASSWORD)["userErrors"] == []


def test_a_stolen_session_cannot_guess_the_password(change: Callable[..., Any]) -> None:
    for _ in range(10):
        change(current="not-my-password")

    assert change()["error"]["type"] == "RATE_LIMITED"


def test_an_account_that_is_gone_has_no_password(ask: Callable[..., Any], user_id: str) -> None:
    caller = {"userId": user_id, "email": "gone@example.com", "sessionId": "s1"}
    arguments = {"input": {"currentPassword": PASSWORD, "newPassword": NEW}}

    answer = ask(login_user.handler, "Mutation.changePassword", arguments, caller)

    assert answer["error"]["type"] == "INVALID_TOKEN"
