"""`authorizer`: AppSync asks it who sends a request.

Event: `{"authorizationToken", "requestContext": {…}}`. The answer depends on the token alone,
because AppSync keeps it for all requests that carry the same token.
Source: AWS AppSync developer guide, "AWS_LAMBDA authorization".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from paypulse.aws import clients
from paypulse.aws.secrets import Secret
from paypulse.aws.sessions import DynamoSessions
from paypulse.clock import utc_now
from paypulse.credentials.access_tokens import JwtTokens
from paypulse.settings import load_settings, warm_up

if TYPE_CHECKING:
    from paypulse.ports.accounts import SessionStore, TokenVerifier

# How long AppSync may go on believing an answer; so long an ended session may still be used.
CACHE_S = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    sessions_table: str
    jwt_secret: str
    access_token_lifetime_s: int


@cache
def _build() -> tuple[TokenVerifier, SessionStore]:
    settings = load_settings(Settings)
    secret = Secret(settings.jwt_secret, clients.secrets_manager())
    tokens = JwtTokens(secret.value, timedelta(seconds=settings.access_token_lifetime_s))
    return tokens, DynamoSessions(settings.sessions_table, clients.dynamodb())


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return whether the token's holder may use the API, and who it is."""
    tokens, sessions = _build()
    now = utc_now()
    claims = tokens.verify(_bare(event.get("authorizationToken") or ""), now=now)
    if claims is None:
        return _refused()
    session = sessions.get(claims.user_id, claims.session_id)
    if session is None or session.ended:
        return _refused()
    return {
        "isAuthorized": True,
        "resolverContext": {
            "userId": claims.user_id,
            "email": claims.email,
            "sessionId": claims.session_id,
        },
        "deniedFields": [],
        "ttlOverride": max(0, min(CACHE_S, int((claims.expires_at - now).total_seconds()))),
    }


def _bare(token: str) -> str:
    """Strip what some clients put in front; AppSync itself drops a token with `Bearer `."""
    scheme, blank, rest = token.partition(" ")
    return rest.strip() if blank and scheme in {"Bearer", "Token"} else token


def _refused() -> dict[str, Any]:
    return {"isAuthorized": False, "ttlOverride": 0}


warm_up(_build)
