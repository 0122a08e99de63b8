"""Access tokens: JWT, HS256 (RFC 7519), signed with a key from Secrets Manager.

The secret is JSON: `{"keys": [{"kid": "2026-11", "key": "…"}, …]}`. The first key signs, all of
them verify, so a key is changed without logging anyone out: add the new one in front, drop the
old one when its last token has expired.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from paypulse.accounts import AccessClaims
from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.accounts import User

ISSUER = "paypulse"
AUDIENCE = "paypulse-api"
ALGORITHM = "HS256"
_MIN_KEY_BYTES = 32  # RFC 7518, section 3.2


class JwtTokens:
    """Implements `TokenIssuer` and `TokenVerifier`.

    Args:
        read_keys: Returns the secret's text; `fresh=True` asks past a cache.
        lifetime: How long an access token is good for.
    """

    def __init__(
        self, read_keys: Callable[..., str], lifetime: timedelta = timedelta(hours=1)
    ) -> None:
        self._read_keys = read_keys
        self._lifetime = lifetime

    def issue(self, user: User, session_id: str, *, now: datetime) -> tuple[str, datetime]:
        import jwt

        kid, key = next(iter(self._keys(fresh=False).items()))
        expires_at = (now + self._lifetime).replace(microsecond=0)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user.user_id,
            "email": user.email,
            "sid": session_id,
            "jti": str(uuid.uuid4()),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return jwt.encode(claims, key, ALGORITHM, headers={"kid": kid}), expires_at

    def verify(self, token: str, *, now: datetime) -> AccessClaims | None:
        import jwt

        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
            key = self._keys(fresh=False).get(kid) or self._keys(fresh=True).get(kid)
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # The clock is ours, so that tests can choose the time.
                options={
                    "require": ["sub", "email", "sid", "exp", "iat"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
        except (jwt.InvalidTokenError, ValueError, OverflowError):
            return None
        if expires_at <= now:
            return None
        return AccessClaims(claims["sub"], claims["email"], claims["sid"], expires_at)

    def _keys(self, *, fresh: bool) -> dict[str, str]:
        try:
            keys = {
                entry["kid"]: entry["key"]
                for entry in json.loads(self._read_keys(fresh=fresh))["keys"]
            }
        except (ValueError, KeyError, TypeError):
            keys = {}
        if not keys or any(len(key.encode()) < _MIN_KEY_BYTES for key in keys.values()):
            raise ConfigurationError(
                "the JWT secret must be JSON with one or more keys of 32 bytes or longer: "
                '{"keys": [{"kid": "…", "key": "…"}]}'
            )
        return keys
