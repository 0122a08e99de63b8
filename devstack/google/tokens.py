"""OAuth tokens of the emulator.

A token carries what it stands for, signed. So tokens that the app keeps in its secrets survive a
restart of the dev stack, although nothing is stored here; only what was taken back is remembered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from devstack.google.accounts import GoogleAccount
    from paypulse.ports.clock import Clock

_KEY = b"paypulse-dev-stack"  # keeps tokens of other makes out; protects nothing
_ACCESS, _REFRESH = "ya29.", "1//"  # how Google's begin

READ_SCOPES = frozenset(
    {
        "https://www.googleapis.com/auth/gmail.readonly",
        "https://www.googleapis.com/auth/gmail.modify",
        "https://mail.google.com/",
    }
)
METADATA_SCOPE = "https://www.googleapis.com/auth/gmail.metadata"
EMAIL_SCOPES = frozenset({"email", "https://www.googleapis.com/auth/userinfo.email"})
DEFAULT_SCOPES = (
    "openid",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
    "https://www.googleapis.com/auth/gmail.readonly",
)


@dataclass(frozen=True, slots=True)
class Token:
    """What a token stands for."""

    google_user_id: str
    client_id: str
    scopes: tuple[str, ...]
    grant: str  # one consent; taking it back ends all its tokens
    expires_at: float = 0.0  # of access tokens
    generation: int = 0  # of access tokens


class TokenOffice:
    """Issues, reads and takes back tokens."""

    def __init__(self, clock: Clock, lifetime_s: float) -> None:
        self._clock = clock
        self.lifetime_s = lifetime_s
        self._revoked: set[str] = set()
        self._generation = 0

    def consent(self, account: GoogleAccount, scopes: Sequence[str]) -> Token:
        """Return a new grant of the account's to its app."""
        return Token(account.google_user_id, account.client_id, tuple(scopes), secrets.token_hex(8))

    def refresh_token(self, token: Token) -> str:
        """Return the refresh token of a grant."""
        return _sealed(_REFRESH, replace(token, expires_at=0.0, generation=0))

    def access_token(self, token: Token, lifetime_s: float | None = None) -> str:
        """Return a new access token of a grant."""
        lifetime_s = self.lifetime_s if lifetime_s is None else lifetime_s
        expires_at = self._clock().timestamp() + lifetime_s
        return _sealed(_ACCESS, replace(token, expires_at=expires_at, generation=self._generation))

    def read_refresh(self, text: str) -> Token | None:
        """Return what a refresh token stands for; None when it is no good (any more)."""
        token = _opened(_REFRESH, text)
        return token if token and token.grant not in self._revoked else None

    def read_access(self, text: str) -> Token | None:
        """Return what an access token stands for; None when it is no good (any more)."""
        token = _opened(_ACCESS, text)
        if token is None or token.grant in self._revoked or token.generation < self._generation:
            return None
        return token if self.left_s(token, self._clock()) > 0 else None

    def left_s(self, token: Token, now: datetime) -> float:
        """Return the seconds that an access token still has."""
        return token.expires_at - now.timestamp()

    def revoke(self, text: str) -> bool:
        """Take a grant back by any of its tokens; False when it is none or was taken back."""
        token = self.read_refresh(text) or self.read_access(text)
        if token is None:
            return False
        self._revoked.add(token.grant)
        return True

    def end_access_tokens(self) -> None:
        """End every access token issued so far; refresh tokens stay good."""
        self._generation += 1


def _sealed(prefix: str, token: Token) -> str:
    body = base64.urlsafe_b64encode(json.dumps(asdict(token)).encode()).decode().rstrip("=")
    return f"{prefix}{body}.{_seal(prefix, body)}"


def _opened(prefix: str, text: str) -> Token | None:
    body, _, seal = text.removeprefix(prefix).rpartition(".")
    if not text.startswith(prefix) or not text.isascii():
        return None
    if not hmac.compare_digest(seal, _seal(prefix, body)):
        return None
    fields = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return Token(**{**fields, "scopes": tuple(fields["scopes"])})


def _seal(prefix: str, body: str) -> str:
    return hmac.new(_KEY, (prefix + body).encode(), hashlib.sha256).hexdigest()[:24]
