"""`paypulse doctor --online`: what Google says about the keys, asked of the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devstack.doctor.findings import State
from devstack.doctor.google import ask_google
from devstack.google.accounts import GoogleAccount
from devstack.google.server import create_app
from devstack.google_keys import GoogleClient, GoogleKeys
from paypulse.google.endpoints import GoogleEndpoints
from tests.adapters.conftest import CLIENT_ID, EMAIL, GOOGLE_USER_ID

if TYPE_CHECKING:
    from devstack.doctor.findings import Finding
    from tests.adapters.conftest import CurrentApp, EmulatedGoogle

KEY = GoogleKeys(gemini_api_key="an-invented-key", gemini_model="first, second")


def ask(google: EmulatedGoogle, keys: GoogleKeys) -> list[Finding]:
    return ask_google(keys, oauth=google.endpoints, gemini=google.url)


@pytest.fixture
def guarded(google_emulator: EmulatedGoogle, google_server: tuple[CurrentApp, str]) -> None:
    """A client that has a secret."""
    account = GoogleAccount.with_mails(EMAIL, GOOGLE_USER_ID, CLIENT_ID)
    google_server[0].app = create_app(
        [account], clock=google_emulator.clock, client_secret="the-secret"
    )


@pytest.mark.parametrize(
    ("client", "state"),
    [
        (GoogleClient(CLIENT_ID, "the-secret"), State.OK),
        (GoogleClient(CLIENT_ID, "guessed"), State.PROBLEM),
        (GoogleClient("another", "the-secret"), State.PROBLEM),
    ],
)
def test_a_client_is_known_with_its_secret_only(
    google_emulator: EmulatedGoogle, guarded: None, client: GoogleClient, state: State
) -> None:
    (found,) = ask(google_emulator, GoogleKeys(client=client))

    assert found.state is state
    assert "secret" not in found.found


def test_every_model_is_asked_for(google_emulator: EmulatedGoogle) -> None:
    found = ask(google_emulator, KEY)

    assert [(each.what, each.state) for each in found] == [
        ("Gemini's model first", State.OK),
        ("Gemini's model second", State.OK),
    ]


@pytest.mark.parametrize(
    ("status", "state"), [(400, State.PROBLEM), (404, State.WARNING), (503, State.WARNING)]
)
def test_what_google_says_about_a_key_or_model_is_told(
    google_emulator: EmulatedGoogle, status: int, state: State
) -> None:
    google_emulator.fault("models.get", status=status)

    found, _ = ask(google_emulator, KEY)

    assert found.state is state
    assert str(KEY.gemini_api_key) not in repr(found)


def test_without_a_connection_nothing_is_held_against_the_keys() -> None:
    nowhere = "http://127.0.0.1:9"
    keys = GoogleKeys(client=GoogleClient(CLIENT_ID, "s"), gemini_api_key="k")

    found = ask_google(keys, oauth=GoogleEndpoints.at(nowhere), gemini=nowhere)

    assert {each.state for each in found} == {State.WARNING}
    assert {each.found for each in found} == {"was not reached"}


def test_without_keys_nobody_is_asked() -> None:
    assert ask_google(GoogleKeys()) == []
