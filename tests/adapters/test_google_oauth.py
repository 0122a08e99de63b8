"""What resolvers ask Google about tokens, against the emulator over HTTP."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from paypulse.errors import DependencyError, ReconnectRequired, TokenRejected
from paypulse.gmail_grant import READ_SCOPE, TokenInfo
from paypulse.google.endpoints import GoogleEndpoints
from paypulse.google.oauth import GoogleOAuth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paypulse.ports.gmail import GoogleAccounts
    from tests.adapters.conftest import EmulatedGoogle

EMAIL_SCOPE = "https://www.googleapis.com/auth/userinfo.email"


@pytest.fixture
def google(google_emulator: EmulatedGoogle) -> Iterator[GoogleAccounts]:
    oauth = GoogleOAuth(google_emulator.endpoints, timeout_s=1)
    yield oauth
    oauth.close()


def test_token_says_whose_it_is_and_for_what(
    google_emulator: EmulatedGoogle, google: GoogleAccounts
) -> None:
    grant = google_emulator.connect(scopes=f"openid {EMAIL_SCOPE} {READ_SCOPE}", expires_in=1800)

    info = google.inspect(grant.access_token)

    assert info == TokenInfo(
        audience="paypulse-ios.apps.example",
        scopes=("openid", EMAIL_SCOPE, READ_SCOPE),
        google_user_id="108234567890123456789",
        email="ronja@example.com",
        email_verified=True,
        expires_in_s=1800,
    )
    assert google_emulator.calls("userinfo") == 0


def test_userinfo_is_asked_when_the_token_does_not_name_its_owner(
    google_emulator: EmulatedGoogle, google: GoogleAccounts
) -> None:
    grant = google_emulator.connect(scopes=READ_SCOPE)

    info = google.inspect(grant.access_token)

    assert (info.google_user_id, info.email) == ("108234567890123456789", "")
    assert not info.email_verified
    assert google_emulator.calls("userinfo") == 1


@pytest.mark.parametrize("status", [403, 401])
def test_token_without_an_owner_is_rejected(
    google_emulator: EmulatedGoogle, google: GoogleAccounts, status: int
) -> None:
    grant = google_emulator.connect(scopes=READ_SCOPE)
    google_emulator.fault("userinfo", status=status, reason="insufficient_scope")

    with pytest.raises(TokenRejected):
        google.inspect(grant.access_token)


@pytest.mark.parametrize("token", ["", "ya29.made-up", "two\r\nlines", "å"])
def test_token_that_google_did_not_make_is_rejected(google: GoogleAccounts, token: str) -> None:
    with pytest.raises(TokenRejected) as caught:
        google.inspect(token)

    assert not token or token not in str(caught.value)


def test_expired_token_is_rejected(google_emulator: EmulatedGoogle, google: GoogleAccounts) -> None:
    grant = google_emulator.connect(expires_in=60)
    google_emulator.clock.sleep(61)

    with pytest.raises(TokenRejected):
        google.inspect(grant.access_token)


def test_revoking_ends_every_token_of_the_grant(
    google_emulator: EmulatedGoogle, google: GoogleAccounts
) -> None:
    grant = google_emulator.connect()
    assert grant.refresh_token

    google.revoke(grant.refresh_token)

    with pytest.raises(TokenRejected):
        google.inspect(grant.access_token)
    with pytest.raises(ReconnectRequired):
        google_emulator.mailbox().search("", None)


def test_revoking_twice_is_fine(google_emulator: EmulatedGoogle, google: GoogleAccounts) -> None:
    grant = google_emulator.connect()

    google.revoke(grant.access_token)
    google.revoke(grant.access_token)


@pytest.mark.parametrize(("method", "status"), [("tokeninfo", 503), ("tokeninfo", 429)])
def test_google_in_trouble_is_not_blamed_on_the_token(
    google_emulator: EmulatedGoogle, google: GoogleAccounts, method: str, status: int
) -> None:
    grant = google_emulator.connect()
    google_emulator.fault(method, status=status)

    with pytest.raises(DependencyError):
        google.inspect(grant.access_token)


def test_failed_revocation_is_reported(
    google_emulator: EmulatedGoogle, google: GoogleAccounts
) -> None:
    grant = google_emulator.connect()
    google_emulator.fault("revoke", status=403)

    with pytest.raises(DependencyError):
        google.revoke(grant.access_token)


def test_slow_google_is_not_waited_for(google_emulator: EmulatedGoogle) -> None:
    grant = google_emulator.connect()
    google_emulator.fault("tokeninfo", delay_s=0.4)
    oauth = GoogleOAuth(google_emulator.endpoints, timeout_s=0.1)

    with pytest.raises(DependencyError):
        oauth.inspect(grant.access_token)
    oauth.close()


def test_google_out_of_reach_is_a_dependency_failure() -> None:
    with pytest.raises(DependencyError) as caught:
        GoogleOAuth(GoogleEndpoints.at("http://127.0.0.1:9")).revoke("secret-token")

    assert "secret-token" not in f"{caught.value} {caught.value.__cause__}"
    assert caught.value.__suppress_context__


def test_importing_it_loads_no_http_client() -> None:
    script = (
        "import sys, paypulse.google.oauth;"
        "print([m for m in ('urllib3', 'google.auth', 'googleapiclient') if m in sys.modules])"
    )

    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert output.stdout.strip() == "[]"
