"""The key that signs access tokens is changed without logging anyone out."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from resolvers import _sessions, authorizer, login_user, signup_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Aws

SECRET = "PayPulseAppJWTSecret"
PASSWORD = "hyran-betald-i-tid"


def new_key(kid: str) -> dict[str, str]:
    return {"kid": kid, "key": secrets.token_urlsafe(48)}


OLD, NEW = new_key("2026-10"), new_key("2026-11")


@pytest.fixture
def rotate(aws: Aws, function_variables: None) -> Iterator[Callable[..., None]]:
    """Write the keys, first the one that signs; what there was comes back after the test."""
    manager = aws.client("secretsmanager")
    before = manager.get_secret_value(SecretId=SECRET)["SecretString"]

    def put(*keys: dict[str, str]) -> None:
        manager.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"keys": keys}))

    start_afresh()
    yield put
    manager.put_secret_value(SecretId=SECRET, SecretString=before)
    start_afresh()


def start_afresh() -> None:
    """Let every function read the secret anew, as processes do that Lambda starts."""
    _sessions.desk.cache_clear()
    authorizer._build.cache_clear()


@pytest.fixture
def sign_up(ask: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    def call() -> dict[str, Any]:
        account = {
            "name": "Ronja",
            "email": f"{uuid.uuid4().hex}@example.com",
            "password": PASSWORD,
        }
        answer = ask(signup_user.handler, "Mutation.signUp", {"input": account})
        return dict(answer["session"])

    return call


@pytest.fixture
def is_accepted(load_event: Callable[[str], dict[str, Any]]) -> Callable[[dict[str, Any]], bool]:
    def call(session: dict[str, Any]) -> bool:
        event = load_event("appsync_authorizer")
        event["authorizationToken"] = session["accessToken"]
        return bool(authorizer.handler(event, None)["isAuthorized"])

    return call


def kid_of(session: dict[str, Any]) -> str:
    header = session["accessToken"].split(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=="))["kid"])


def test_both_keys_are_good_while_one_takes_over_from_the_other(
    rotate: Callable[..., None],
    sign_up: Callable[[], dict[str, Any]],
    is_accepted: Callable[[dict[str, Any]], bool],
    ask: Callable[..., Any],
) -> None:
    rotate(OLD)
    early = sign_up()
    assert is_accepted(early)  # the authorizer knows the old key alone from here on

    rotate(NEW, OLD)
    _sessions.desk.cache_clear()
    late = sign_up()

    assert (kid_of(early), kid_of(late)) == ("2026-10", "2026-11")
    assert is_accepted(late)  # a key it has never heard of makes it look again
    assert is_accepted(early)

    rotate(NEW)
    start_afresh()
    renewal = {"input": {"refreshToken": early["refreshToken"]}}
    renewed = ask(login_user.handler, "Mutation.refreshSession", renewal)["session"]

    assert not is_accepted(early)
    assert is_accepted(late)
    assert kid_of(renewed) == "2026-11"
    assert is_accepted(renewed)


def test_a_key_that_was_never_ours_is_refused_whatever_name_it_bears(
    rotate: Callable[..., None],
    sign_up: Callable[[], dict[str, Any]],
    is_accepted: Callable[[dict[str, Any]], bool],
) -> None:
    rotate(new_key("2026-10"))
    forged = sign_up()
    rotate(OLD)
    start_afresh()

    assert kid_of(forged) == OLD["kid"]
    assert not is_accepted(forged)


def test_a_worker_that_is_warm_goes_on_with_the_keys_that_it_knows(
    rotate: Callable[..., None],
    sign_up: Callable[[], dict[str, Any]],
    is_accepted: Callable[[dict[str, Any]], bool],
) -> None:
    rotate(OLD)
    sign_up()
    rotate(NEW, OLD)

    session = sign_up()

    assert kid_of(session) == "2026-10"
    assert is_accepted(session)
