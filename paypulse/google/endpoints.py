"""Where Google answers; the dev stack puts its emulator there instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GoogleEndpoints:
    """The addresses that PayPulse calls; the defaults are Google's own."""

    authorize_uri: str = "https://accounts.google.com/o/oauth2/v2/auth"  # for browsers
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    tokeninfo_uri: str = "https://oauth2.googleapis.com/tokeninfo"
    userinfo_uri: str = "https://openidconnect.googleapis.com/v1/userinfo"
    revoke_uri: str = "https://oauth2.googleapis.com/revoke"
    gmail: str = "https://gmail.googleapis.com"  # without a slash at the end

    @classmethod
    def at(cls, base_url: str) -> GoogleEndpoints:
        """Return the endpoints of a server that plays all of Google, such as the emulator."""
        base = base_url.rstrip("/")
        return cls(
            authorize_uri=f"{base}/o/oauth2/v2/auth",
            token_uri=f"{base}/token",
            tokeninfo_uri=f"{base}/tokeninfo",
            userinfo_uri=f"{base}/v1/userinfo",
            revoke_uri=f"{base}/revoke",
            gmail=base,
        )
