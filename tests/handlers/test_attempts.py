"""signup_user and login_user: how often they may be asked."""

from __future__ import annotations

import ipaddress
import itertools
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from paypulse import accounts
from paypulse.attempts import FROM_ADDRESS, SIGN_UPS, TAKEN_ADDRESSES, WRONG_LOG_INS
from paypulse.credentials.passwords import BcryptPasswords
from paypulse.errors import UserError
from resolvers import _app, login_user, signup_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.handlers.conftest import Context

PASSWORD, WRONG = "hyran-betald-i-tid", "wrong-password"
_sources = itertools.count(int(ipaddress.ip_address("198.18.0.1")))


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


@pytest.fixture
def source() -> str:
    """An address from which nobody has called yet."""
    return str(ipaddress.ip_address(next(_sources)))


@pytest.fixture
def call(
    load_event: Callable[[str], dict[str, Any]], context: Context, function_variables: None
) -> Callable[..., Any]:
    """Call a field with the API key, from an address."""

    def ask(field: str, forwarded_for: str = "", **input_: str) -> Any:
        event = load_event("appsync_mutation")
        event["info"]["fieldName"] = field
        event["arguments"] = {"input": input_}
        if forwarded_for:
            event["request"]["headers"]["x-forwarded-for"] = forwarded_for
        handler = signup_user.handler if field == "signUp" else login_user.handler
        return handler(event, context)

    return ask


def kind(answer: Any) -> str:
    """Return the error's type, or what else came."""
    if "error" in answer:
        return str(answer["error"]["type"])
    return "".join(error["code"] for error in answer["userErrors"]) or "OK"


@pytest.fixture
def log_in(call: Callable[..., Any], email: str) -> Callable[..., Any]:
    def ask(password: str = WRONG, **more: str) -> Any:
        return call("logIn", **{"email": email, "password": password, **more})

    return ask


def test_guessing_a_password_is_refused_with_the_time_to_wait(log_in: Callable[..., Any]) -> None:
    guesses = [kind(log_in()) for _ in range(WRONG_LOG_INS.most)]

    refusal = log_in()

    assert set(guesses) == {"INVALID_CREDENTIALS"}
    assert refusal["error"]["type"] == "RATE_LIMITED"
    assert 0 < refusal["error"]["info"]["retryAfterS"] <= 900


def test_an_unknown_address_is_limited_like_a_known_one(
    call: Callable[..., Any], log_in: Callable[..., Any], email: str
) -> None:
    call("signUp", name="Ronja", email=email, password=PASSWORD)
    known = [kind(log_in()) for _ in range(12)]
    unknown = [kind(log_in(email=f"not-{email}")) for _ in range(12)]

    assert known == unknown


def test_the_case_of_an_address_buys_no_further_guesses(
    log_in: Callable[..., Any], email: str
) -> None:
    for _ in range(WRONG_LOG_INS.most):
        log_in()

    assert kind(log_in(email=f" {email.upper()}")) == "RATE_LIMITED"


def test_the_right_password_clears_the_wrong_attempts(
    call: Callable[..., Any], log_in: Callable[..., Any], email: str
) -> None:
    call("signUp", name="Ronja", email=email, password=PASSWORD)
    for _ in range(3):
        for _ in range(WRONG_LOG_INS.most - 1):
            log_in()

        assert kind(log_in(PASSWORD)) == "OK"


def test_opening_accounts_for_one_address_is_limited(call: Callable[..., Any], email: str) -> None:
    answers = [
        kind(call("signUp", name="Ronja", email=email, password=PASSWORD))
        for _ in range(SIGN_UPS.most + 1)
    ]

    assert answers[:2] == ["OK", "USER_ALREADY_EXISTS"]
    assert answers[-1] == "RATE_LIMITED"


def sign_up(
    call: Callable[..., Any], email: str, source: str = "", password: str = PASSWORD
) -> Any:
    return call("signUp", source, name="Ronja", email=email, password=password)


def test_a_network_cannot_find_out_which_of_many_addresses_have_accounts(
    call: Callable[..., Any], source: str
) -> None:
    taken = [f"{uuid.uuid4().hex}@example.com" for _ in range(TAKEN_ADDRESSES.most)]
    for address in taken:
        sign_up(call, address)
    refusals = [kind(sign_up(call, address, source)) for address in taken]

    known = sign_up(call, taken[0], source)
    unknown = sign_up(call, f"{uuid.uuid4().hex}@example.com", source)

    assert set(refusals) == {"USER_ALREADY_EXISTS"}
    assert kind(known) == kind(unknown) == "RATE_LIMITED"
    assert 0 < known["error"]["info"]["retryAfterS"] <= 3600


def test_new_accounts_do_not_count_as_addresses_come_across(
    call: Callable[..., Any], source: str
) -> None:
    answers = [
        kind(sign_up(call, f"{uuid.uuid4().hex}@example.com", source))
        for _ in range(TAKEN_ADDRESSES.most + 1)
    ]

    assert set(answers) == {"OK"}


def test_a_taken_address_is_refused_alike_whatever_the_password(
    call: Callable[..., Any], email: str
) -> None:
    sign_up(call, email)

    answers = [sign_up(call, email), sign_up(call, email, password="another-long-password")]

    assert answers[0] == answers[1]
    assert "already" not in answers[0]["userErrors"][0]["message"]


def test_a_refused_sign_up_hashes_the_password_like_one_that_succeeds(
    call: Callable[..., Any], email: str
) -> None:
    """The hash takes a quarter of a second; skipping it would tell what the answer may not."""
    hashed: list[str] = []

    class CountingPasswords(BcryptPasswords):
        def hash(self, password: str) -> str:
            hashed.append(password)
            return super().hash(password)

    desk = replace(login_user._sessions.desk(), passwords=CountingPasswords(rounds=4))
    accounts.sign_up("Ronja", email, PASSWORD, desk=desk)
    with pytest.raises(UserError):
        accounts.sign_up("Ronja", email, PASSWORD, desk=desk)

    assert len(hashed) == 2


def test_one_address_cannot_try_many_accounts(call: Callable[..., Any], source: str) -> None:
    for _ in range(FROM_ADDRESS.most):
        # A malformed token would do as well; this is the cheapest call that counts.
        _admit(source)

    answer = call(
        "logIn", source, email=f"{uuid.uuid4().hex}@example.com", password="wrong-password"
    )

    assert kind(answer) == "RATE_LIMITED"


def test_logging_in_does_not_clear_the_address(
    call: Callable[..., Any], log_in: Callable[..., Any], email: str, source: str
) -> None:
    call("signUp", name="Ronja", email=email, password=PASSWORD)
    for _ in range(FROM_ADDRESS.most - 1):
        _admit(source)

    assert kind(log_in(PASSWORD, forwarded_for=source)) == "OK"
    assert kind(log_in(PASSWORD, forwarded_for=source)) == "RATE_LIMITED"


def test_a_forged_forwarding_header_does_not_hide_the_address(
    log_in: Callable[..., Any], source: str
) -> None:
    for _ in range(FROM_ADDRESS.most):
        _admit(source)

    answers = [log_in(forwarded_for=f"{each}, {source}, 130.176.1.1") for each in ("10.0.0.1", "x")]

    assert [kind(answer) for answer in answers] == ["RATE_LIMITED"] * 2


def test_renewing_sessions_goes_on_while_log_in_is_refused(
    call: Callable[..., Any], email: str, source: str
) -> None:
    session = call("signUp", name="Ronja", email=email, password=PASSWORD)["session"]
    for _ in range(FROM_ADDRESS.most):
        _admit(source)

    answer = call("refreshSession", source, refreshToken=session["refreshToken"])

    assert kind(answer) == "OK"


@pytest.mark.parametrize("password", ["1234567890", "Password123", "lösenord123"])
def test_a_common_password_is_refused(call: Callable[..., Any], email: str, password: str) -> None:
    answer = call("signUp", name="Ronja", email=email, password=password)

    (error,) = answer["userErrors"]
    assert (error["code"], error["field"]) == ("WEAK_PASSWORD", ["input", "password"])


def _admit(source: str) -> None:
    """Count a call from an address, as the functions do."""
    login_user._sessions.desk().attempts.admit(FROM_ADDRESS, source)


def test_the_source_of_a_signed_request_is_what_appsync_names(context: Context) -> None:
    fields = _app.Fields()
    seen: list[str | None] = []

    @fields.query("me")
    def me() -> dict[str, Any]:
        seen.append(fields.source)
        return {}

    event = {
        "identity": {"sourceIp": ["203.0.113.9"]},
        "request": {"headers": {"x-forwarded-for": "10.0.0.1, 10.0.0.2"}},
        "arguments": {},
        "info": {"parentTypeName": "Query", "fieldName": "me", "selectionSetList": []},
    }
    fields(event, context)  # type: ignore[arg-type]  # as much of it as is looked at

    assert seen == ["203.0.113.9"]
