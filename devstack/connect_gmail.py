"""Signing in with Google from a browser on this machine, and what it answers.

OAuth for desktop apps: a redirect to loopback, PKCE, and a state that is checked (RFC 8252, 7636).
https://developers.google.com/identity/protocols/oauth2/native-app
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

from devstack.google.authorization import challenge_of
from paypulse.errors import PayPulseError
from paypulse.gmail_grant import READ_SCOPE

if TYPE_CHECKING:
    from devstack.google_keys import GoogleClient
    from paypulse.google.endpoints import GoogleEndpoints

SCOPES = ("openid", "https://www.googleapis.com/auth/userinfo.email", READ_SCOPE)
_TIMEOUT = aiohttp.ClientTimeout(total=20)
_ADVICE = {
    "invalid_client": "check GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET in .env",
    "unauthorized_client": 'the client in .env must be of the type "Desktop app"',
}


class SignInFailed(PayPulseError):  # noqa: N818 - names what went wrong on the way
    """Google did not hand out tokens."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in on its way: what the browser must bring back, and what proves that it is ours."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Signs people in with one OAuth client."""

    client: GoogleClient
    endpoints: GoogleEndpoints
    redirect_uri: str

    def address(self, attempt: Attempt) -> str:
        """Return where the browser goes to be asked for consent."""
        asked = {
            "client_id": self.client.id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": " ".join(SCOPES),
            "state": attempt.state,
            "code_challenge": challenge_of(attempt.verifier),
            "code_challenge_method": "S256",
            # Google gives a refresh token only to who asks for one, and with each new consent.
            "access_type": "offline",
            "prompt": "consent",
        }
        return f"{self.endpoints.authorize_uri}?{urlencode(asked)}"

    async def exchange(self, attempt: Attempt, code: str) -> dict[str, Any]:
        """Return the tokens for a code, as Google's token endpoint words them.

        Raises:
            SignInFailed: Google refuses, or does not answer; the message holds no token.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": attempt.verifier,
            "redirect_uri": self.redirect_uri,
            "client_id": self.client.id,
            **({"client_secret": self.client.secret} if self.client.secret else {}),
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as http,
                http.post(self.endpoints.token_uri, data=form) as reply,
            ):
                answer = await reply.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise SignInFailed("Google did not answer; try again in a minute") from None
        if not {"access_token", "expires_in", "scope"} <= answer.keys():
            reason = str(answer.get("error", "an answer without tokens"))
            advice = _ADVICE.get(reason, "start again")
            raise SignInFailed(f"Google refused the sign-in ({reason}): {advice}")
        return dict(answer)
