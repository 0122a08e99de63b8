"""The permission a user gave us for a mailbox; kept in the secret `gmail/user/{user_id}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

READ_SCOPE = "https://www.googleapis.com/auth/gmail.readonly"


@dataclass(frozen=True, slots=True)
class GmailGrant:
    """OAuth tokens for one mailbox, with the Google account that they belong to."""

    access_token: str
    refresh_token: str | None
    expires_at: datetime
    scopes: tuple[str, ...]
    google_user_id: str
    google_email: str
    connected_at: datetime


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What Google says about an access token."""

    audience: str  # the OAuth client id that it was made for
    scopes: tuple[str, ...]
    google_user_id: str
    email: str  # lower-cased; "" where the token does not cover it
    email_verified: bool
    expires_in_s: int
