"""What Google says about a token, and taking a token back; for the functions behind AppSync.

Stands on urllib3, which comes with botocore: google-auth would double the import time of a
resolver for three calls. Tokens travel in headers and bodies, never in addresses (those end up in
the logs of proxies), and no message here repeats one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from paypulse.errors import DependencyError, TokenRejected
from paypulse.gmail_grant import TokenInfo
from paypulse.google.endpoints import GoogleEndpoints

if TYPE_CHECKING:
    from collections.abc import Mapping

    import urllib3

_TIMEOUT_S = 5.0  # AppSync gives up after 30 s, and two calls may follow each other
_REJECTED = (400, 401)


class GoogleOAuth:
    """Google's OAuth endpoints; implements `paypulse.ports.gmail.GoogleAccounts`."""

    def __init__(
        self,
        endpoints: GoogleEndpoints | None = None,
        *,
        timeout_s: float = _TIMEOUT_S,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        # Here, so that importing a handler does not load the HTTP client.
        import urllib3

        self._endpoints = endpoints or GoogleEndpoints()
        self._pool = pool or urllib3.PoolManager(
            timeout=urllib3.Timeout(total=timeout_s), retries=urllib3.Retry(total=False)
        )

    def inspect(self, access_token: str) -> TokenInfo:
        """Return what the token is good for and whose it is."""
        facts = _accepted(*self._call("POST", self._endpoints.tokeninfo_uri, token=access_token))
        if not (facts.get("email") and facts.get("sub")):
            facts = {**self._userinfo(access_token), **facts}
        return _token_info(facts)

    def revoke(self, token: str) -> None:
        """Take the grant back that the token belongs to; one that is dead already is fine."""
        try:
            _accepted(*self._call("POST", self._endpoints.revoke_uri, form={"token": token}))
        except TokenRejected:
            return

    def close(self) -> None:
        """Close the connections to Google."""
        self._pool.clear()

    def _userinfo(self, access_token: str) -> Mapping[str, Any]:
        status, facts = self._call("GET", self._endpoints.userinfo_uri, token=access_token)
        # 403: the token lacks the scope that names its owner.
        return {} if status == 403 else _accepted(status, facts)

    def _call(
        self, method: str, uri: str, *, token: str | None = None, form: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        import urllib3

        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = _authorization(token)
        try:
            reply = self._pool.request_encode_body(
                method, uri, fields=form or {}, headers=headers, encode_multipart=False
            )
        except urllib3.exceptions.HTTPError:
            # Without its cause, whose text repeats the request.
            raise DependencyError("Google") from None
        return reply.status, _decoded(reply.data)


def _authorization(token: str) -> str:
    # http.client would raise an error that repeats the token.
    if not (token.isascii() and token.isprintable()):
        raise TokenRejected("This is not a token of Google's.")
    return f"Bearer {token}"


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError:
        return None


def _accepted(status: int, facts: Any) -> Mapping[str, Any]:
    if status in _REJECTED:
        raise TokenRejected("Google does not accept this token.")
    if status != 200 or not isinstance(facts, dict):
        raise DependencyError("Google")
    return facts


def _token_info(facts: Mapping[str, Any]) -> TokenInfo:
    audience, owner = str(facts.get("aud", "")), str(facts.get("sub", ""))
    if not audience or not owner:
        raise TokenRejected("The token does not say whose it is; ask for the scope openid email.")
    return TokenInfo(
        audience=audience,
        scopes=tuple(str(facts.get("scope", "")).split()),
        google_user_id=owner,
        email=str(facts.get("email", "")).lower(),
        # tokeninfo writes "true", userinfo true.
        email_verified=str(facts.get("email_verified", "")).lower() == "true",
        expires_in_s=_seconds(facts.get("expires_in")),
    )


def _seconds(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0
