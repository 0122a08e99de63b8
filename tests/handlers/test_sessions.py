"""signup_user, login_user, authorizer, get_user_profile: an account's life."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from paypulse import accounts
from paypulse.credentials.passwords import BcryptPasswords
from paypulse.errors import RequestError
from resolvers import _sessions, authorizer, get_user_profile, login_user, signup_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Aws

PASSWORD = "hyran-betald-i-tid"


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


@pytest.fixture
def sign_up(ask: Callable[..., Any], email: str) -> Callable[..., Any]:
    def call(**changes: str) -> Any:
        input_ = {"name": "Ronja", "email": email, "password": PASSWORD, **changes}
        return ask(signup_user.handler, "Mutation.signUp", {"input": input_})

    return call


@pytest.fixture
def authorize(load_event: Callable[[str], dict[str, Any]]) -> Callable[[str], Any]:
    def call(token: str) -> Any:
        event = load_event("appsync_authorizer")
        event["authorizationToken"] = token
        return authorizer.handler(event, None)

    return call


def test_signing_up_opens_a_session_that_the_authorizer_accepts(
    sign_up: Callable[..., Any], authorize: Callable[[str], Any], email: str
) -> None:
    answer = sign_up()

    session = answer["session"]
    verdict = authorize(session["accessToken"])
    assert answer["userErrors"] == []
    assert verdict["isAuthorized"] is True
    assert verdict["resolverContext"]["userId"] == session["userId"]
    assert verdict["resolverContext"]["email"] == email
    assert 0 < verdict["ttlOverride"] <= 60


@pytest.mark.parametrize("prefix", ["Bearer ", "Token "])
def test_the_authorizer_strips_what_clients_put_in_front(
    sign_up: Callable[..., Any], authorize: Callable[[str], Any], prefix: str
) -> None:
    token = sign_up()["session"]["accessToken"]

    assert authorize(prefix + token)["isAuthorized"] is True


@pytest.mark.usefixtures("function_variables")
@pytest.mark.parametrize("token", ["", "x", "a.b.c", "Bearer ", "å.ä.ö"])
def test_the_authorizer_refuses_what_is_not_ours(
    authorize: Callable[[str], Any], token: str
) -> None:
    assert authorize(token) == {"isAuthorized": False, "ttlOverride": 0}


def test_a_forged_or_unsigned_token_is_refused(
    sign_up: Callable[..., Any], authorize: Callable[[str], Any]
) -> None:
    header, claims, signature = sign_up()["session"]["accessToken"].split(".")

    forged = f"{header}.{claims}.{signature[::-1]}"
    unsigned = f"eyJhbGciOiJub25lIn0.{claims}."

    assert not authorize(forged)["isAuthorized"]
    assert not authorize(unsigned)["isAuthorized"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": "  "}, "MISSING_FIELDS", "name"),
        ({"email": "ronja"}, "INVALID_EMAIL", "email"),
        ({"password": "short"}, "WEAK_PASSWORD", "password"),
        ({"password": "å" * 40}, "WEAK_PASSWORD", "password"),
    ],
    ids=["no name", "no address", "too short", "more than 72 bytes"],
)
def test_what_the_caller_can_put_right_is_told(
    sign_up: Callable[..., Any], change: dict[str, str], code: str, field: str
) -> None:
    answer = sign_up(**change)

    (error,) = answer["userErrors"]
    assert "session" not in answer
    assert (error["code"], error["field"]) == (code, ["input", field])


def test_an_address_signs_up_once_whatever_its_case(
    sign_up: Callable[..., Any], email: str
) -> None:
    sign_up()

    answer = sign_up(email=f" {email.upper()} ")

    assert [error["code"] for error in answer["userErrors"]] == ["USER_ALREADY_EXISTS"]


def test_logging_in_takes_the_password_and_any_case_of_the_address(
    sign_up: Callable[..., Any], ask: Callable[..., Any], email: str
) -> None:
    user_id = sign_up()["session"]["userId"]

    arguments = {"input": {"email": email.upper(), "password": PASSWORD}}
    answer = ask(login_user.handler, "Mutation.logIn", arguments)

    assert answer["session"]["userId"] == user_id


def test_unknown_address_and_wrong_password_get_the_same_answer(
    sign_up: Callable[..., Any], ask: Callable[..., Any], email: str
) -> None:
    sign_up()

    answers = [
        ask(login_user.handler, "Mutation.logIn", {"input": {"email": who, "password": word}})
        for who, word in [
            (email, "wrong-password"),
            ("nobody@example.com", PASSWORD),
            (email, PASSWORD + "x" * 80),
        ]
    ]

    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["error"]["type"] == "INVALID_CREDENTIALS"


def test_unknown_address_and_wrong_password_cost_the_same_work(
    sign_up: Callable[..., Any], email: str
) -> None:
    """A comparison takes a quarter of a second; one left out would tell who has an account."""
    sign_up()
    compared: list[str] = []

    class NotingPasswords(BcryptPasswords):
        def verify(self, password: str, password_hash: str) -> bool:
            compared.append(password_hash[: len("$2b$04")])  # the algorithm, and how many rounds
            return super().verify(password, password_hash)

    desk = replace(_sessions.desk(), passwords=NotingPasswords(rounds=4))
    for address in (email, "nobody@example.com"):
        with pytest.raises(RequestError):
            accounts.log_in(address, "wrong-password", desk=desk)

    assert compared == ["$2b$04"] * 2


def test_a_hash_of_another_cost_is_renewed_when_its_owner_logs_in(
    ask: Callable[..., Any], email: str, aws: Aws
) -> None:
    older = replace(_sessions.desk(), passwords=BcryptPasswords(rounds=5))
    user_id = accounts.sign_up("Ronja", email, PASSWORD, desk=older).user.user_id
    arguments = {"input": {"email": email, "password": PASSWORD}}

    answers = [ask(login_user.handler, "Mutation.logIn", arguments) for _ in range(2)]

    user = aws.client("dynamodb").get_item(TableName="Users", Key={"UserID": {"S": user_id}})
    assert user["Item"]["Password"]["S"].startswith("$2b$04$")
    assert [answer["userErrors"] for answer in answers] == [[], []]


def test_a_refresh_token_is_kept_as_a_hash_alone(sign_up: Callable[..., Any], aws: Aws) -> None:
    session = sign_up()["session"]

    rows = aws.client("dynamodb").query(
        TableName="Sessions",
        KeyConditionExpression="UserID = :user",
        ExpressionAttributeValues={":user": {"S": session["userId"]}},
    )["Items"]

    secret = session["refreshToken"].rpartition(".")[2]
    assert len(rows) == 1
    assert secret not in repr(rows)


def test_a_refresh_token_is_swapped_once_and_reuse_ends_the_session(
    sign_up: Callable[..., Any], ask: Callable[..., Any], authorize: Callable[[str], Any]
) -> None:
    first = sign_up()["session"]

    def refresh(token: str) -> Any:
        arguments = {"input": {"refreshToken": token}}
        return ask(login_user.handler, "Mutation.refreshSession", arguments)

    second = refresh(first["refreshToken"])["session"]
    assert authorize(second["accessToken"])["isAuthorized"]

    assert refresh(first["refreshToken"])["error"]["type"] == "INVALID_TOKEN"
    assert refresh(second["refreshToken"])["error"]["type"] == "INVALID_TOKEN"
    assert not authorize(second["accessToken"])["isAuthorized"]


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "....", "user_1.s1.secret"])
def test_any_other_text_is_no_refresh_token(ask: Callable[..., Any], token: str) -> None:
    arguments = {"input": {"refreshToken": token}}

    answer = ask(login_user.handler, "Mutation.refreshSession", arguments)

    assert answer["error"]["type"] == "INVALID_TOKEN"


def test_logging_out_ends_the_session(
    sign_up: Callable[..., Any], ask: Callable[..., Any], authorize: Callable[[str], Any]
) -> None:
    token = sign_up()["session"]["accessToken"]
    caller = authorize(token)["resolverContext"]

    answer = ask(login_user.handler, "Mutation.logOut", {"input": {}}, caller)

    assert answer == {"endedSessions": 1, "userErrors": []}
    assert not authorize(token)["isAuthorized"]


def test_logging_out_everywhere_ends_all_sessions(
    sign_up: Callable[..., Any],
    ask: Callable[..., Any],
    authorize: Callable[[str], Any],
    email: str,
) -> None:
    first = sign_up()["session"]["accessToken"]
    arguments = {"input": {"email": email, "password": PASSWORD}}
    second = ask(login_user.handler, "Mutation.logIn", arguments)["session"]["accessToken"]

    caller = authorize(first)["resolverContext"]
    answer = ask(login_user.handler, "Mutation.logOut", {"input": {"allSessions": True}}, caller)

    assert answer["endedSessions"] == 2
    assert not authorize(second)["isAuthorized"]


def test_the_profile_shows_the_caller(
    sign_up: Callable[..., Any], ask: Callable[..., Any], authorize: Callable[[str], Any]
) -> None:
    caller = authorize(sign_up()["session"]["accessToken"])["resolverContext"]

    me = ask(get_user_profile.handler, "Query.me", {}, caller)

    assert (me["id"], me["name"], me["email"]) == (caller["userId"], "Ronja", caller["email"])
    assert me["gmail"] == {"status": "NOT_CONNECTED", "email": None, "connectedAt": None}
    assert me["lastIngestionRun"] is None


def test_a_field_for_callers_is_refused_without_one(ask: Callable[..., Any]) -> None:
    answer = ask(get_user_profile.handler, "Query.me", {})

    assert answer["error"]["type"] == "INVALID_TOKEN"


def test_an_unknown_failure_is_masked_under_a_reference(
    ask: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(signup_user.handler, "Mutation.signUp", {"input": {"secret": "canary"}})

    error = answer["error"]
    reference = error["message"].removeprefix("Something went wrong (ref ").removesuffix(").")
    assert error["type"] == "INTERNAL_SERVER_ERROR"
    assert len(reference) == 12
    assert [getattr(record, "reference", None) for record in caplog.records][-1] == reference
