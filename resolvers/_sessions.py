"""The session desk, as `signup_user` and `login_user` build it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from paypulse.accounts import SessionDesk
from paypulse.attempts import Attempts
from paypulse.aws import clients
from paypulse.aws.rate_limits import DynamoAttemptCounters
from paypulse.aws.secrets import Secret
from paypulse.aws.sessions import DynamoSessions
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.credentials.access_tokens import JwtTokens
from paypulse.credentials.passwords import BcryptPasswords
from paypulse.settings import load_settings, warm_up


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of both functions."""

    users_table: str
    sessions_table: str
    rate_limits_table: str
    jwt_secret: str
    access_token_lifetime_s: int
    password_rounds: int


@cache
def desk() -> SessionDesk:
    """Return everything that opening a session needs."""
    settings = load_settings(Settings)
    counters = DynamoAttemptCounters(settings.rate_limits_table, clients.dynamodb())
    secret = Secret(settings.jwt_secret, clients.secrets_manager())
    return SessionDesk(
        users=DynamoUsers(settings.users_table, clients.dynamodb()),
        sessions=DynamoSessions(settings.sessions_table, clients.dynamodb()),
        passwords=BcryptPasswords(settings.password_rounds),
        tokens=JwtTokens(secret.value, timedelta(seconds=settings.access_token_lifetime_s)),
        attempts=Attempts(counters, utc_now),
        clock=utc_now,
    )


def warm_up_desk() -> None:
    """Build the desk during Lambda's init phase, with the hash for unknown users."""
    warm_up(lambda: desk().passwords.unknown_user_hash)
