"""The consent page of the emulator: it asks nobody, grants at once and sends the browser back.

Codes are held in memory, good once and for ten minutes (RFC 6749, 7636 and 8252).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from devstack.google.accounts import GoogleAccount
    from paypulse.ports.clock import Clock

_LIFETIME = timedelta(minutes=10)
# A desktop app's client may be sent back to this machine, on any port, and nowhere else.
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Consent:
    """What a code stands for."""

    account: GoogleAccount
    scopes: str
    offline: bool  # whether a refresh token was asked for
    redirect_uri: str
    challenge: str  # "" where the app does not use PKCE
    expires_at: datetime


@dataclass(slots=True)
class AuthorizationCodes:
    """Hands out codes and takes each of them back once."""

    clock: Clock
    _open: dict[str, Consent] = field(default_factory=dict)

    def grant(self, account: GoogleAccount, asked: Mapping[str, str]) -> str:
        """Return the address that the browser is sent back to, with a code in it."""
        code = f"4/{secrets.token_urlsafe(32)}"
        self._open[code] = Consent(
            account,
            asked["scope"],
            asked.get("access_type") == "offline",
            asked["redirect_uri"],
            asked.get("code_challenge", ""),
            self.clock() + _LIFETIME,
        )
        return back(asked, code=code, scope=asked["scope"])

    def redeem(self, code: str, redirect_uri: str, verifier: str) -> Consent | None:
        """Return what a code stands for; None when it is no good, and it never is again."""
        consent = self._open.pop(code, None)
        if consent is None or consent.expires_at < self.clock():
            return None
        proved = not consent.challenge or hmac.compare_digest(
            consent.challenge, challenge_of(verifier)
        )
        return consent if proved and consent.redirect_uri == redirect_uri else None


def problem_of(asked: Mapping[str, str]) -> str | None:
    """Return the code of the error with which a request is not even sent back."""
    if asked.get("response_type") != "code" or not asked.get("scope"):
        return "invalid_request"
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return "invalid_request"
    target = urlsplit(asked.get("redirect_uri", ""))
    if target.scheme != "http" or target.hostname not in _LOOPBACK:
        return "redirect_uri_mismatch"
    return None


def back(asked: Mapping[str, str], **answer: str) -> str:
    """Return the address to which the browser goes back with an answer."""
    fields = answer | ({"state": asked["state"]} if "state" in asked else {})
    return f"{asked['redirect_uri']}?{urlencode(fields)}"


def challenge_of(verifier: str) -> str:
    """Return the challenge of a PKCE verifier, by S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
