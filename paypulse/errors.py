"""The kinds of failure, by what the runtime should do about them.

    PayPulseError
    ├─ UserError             the caller can act           → `userErrors` of a mutation
    ├─ RequestError          the call itself is refused   → top-level GraphQL error with `errorType`
    │   ├─ DependencyError   a service we need is down    → the same, DEPENDENCY_FAILURE
    │   └─ TooManyAttempts   a limit is reached           → the same, RATE_LIMITED and when to retry
    ├─ TransientError        it may work later            → the queue delivers again
    │   ├─ RateLimited       wait at least `retry_after_s`
    │   └─ ChangedMeanwhile  someone else wrote first: read again
    ├─ ReconnectRequired     Google took the grant back   → run ends, user is asked to reconnect
    ├─ TokenRejected         Google refuses a token that the app sent → `GMAIL_TOKEN_REJECTED`
    └─ ConfigurationError    a deployment mistake         → fails at start, names the remedy

Anything else is a bug: masked at the API, retried and dead-lettered on queues.
What is wrong with a *document* is not an error but an outcome (`paypulse.rental.NoticeOutcome`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class UserErrorCode(StrEnum):
    """What a caller can put right; the codes of `UserError` in the GraphQL schema."""

    INVALID_INPUT = "INVALID_INPUT"
    MISSING_FIELDS = "MISSING_FIELDS"
    NOT_FOUND = "NOT_FOUND"
    INVALID_EMAIL = "INVALID_EMAIL"
    WEAK_PASSWORD = "WEAK_PASSWORD"  # noqa: S105 - a code, not a password
    INVALID_PASSWORD = "INVALID_PASSWORD"  # noqa: S105 - a code, not a password
    USER_ALREADY_EXISTS = "USER_ALREADY_EXISTS"
    GMAIL_TOKEN_REJECTED = "GMAIL_TOKEN_REJECTED"  # noqa: S105 - a code
    GMAIL_SCOPE_MISSING = "GMAIL_SCOPE_MISSING"
    ACCOUNT_SWITCH_UNCONFIRMED = "ACCOUNT_SWITCH_UNCONFIRMED"


class ErrorType(StrEnum):
    """`errorType` of top-level GraphQL errors."""

    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    INVALID_TOKEN = "INVALID_TOKEN"  # noqa: S105 - a code
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a code
    GMAIL_NOT_CONNECTED = "GMAIL_NOT_CONNECTED"
    GMAIL_TOKEN_EXPIRED = "GMAIL_TOKEN_EXPIRED"  # noqa: S105 - a code
    RATE_LIMITED = "RATE_LIMITED"
    VALIDATION_FAILED = "VALIDATION_FAILED"
    NOT_FOUND = "NOT_FOUND"
    DEPENDENCY_FAILURE = "DEPENDENCY_FAILURE"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


class PayPulseError(Exception):
    """Base of every failure that PayPulse names."""


class UserError(PayPulseError):
    """The caller can put this right; `field` is the path of the input field at fault."""

    def __init__(self, code: UserErrorCode, message: str, field: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class RequestError(PayPulseError):
    """The call is refused; `message` and `info` (the error's `errorInfo`) are safe to show."""

    def __init__(
        self, type_: ErrorType, message: str, info: Mapping[str, int] | None = None
    ) -> None:
        super().__init__(message)
        self.type = type_
        self.message = message
        self.info = info


class DependencyError(RequestError):
    """A service that this call needs did not answer as it should."""

    def __init__(self, service: str) -> None:
        super().__init__(
            ErrorType.DEPENDENCY_FAILURE, f"{service} did not answer. Try again in a minute."
        )
        self.service = service


class TooManyAttempts(RequestError):  # noqa: N818 - an outcome of counting, not a fault
    """A limit on attempts is reached; the same call may be made again after `retry_after_s`."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            ErrorType.RATE_LIMITED,
            f"Too many attempts. Try again in {retry_after_s} seconds.",
            {"retryAfterS": retry_after_s},
        )
        self.retry_after_s = retry_after_s


class TransientError(PayPulseError):
    """It may work later; the queue delivers the message again."""


class RateLimited(TransientError):  # noqa: N818 - an outcome of asking, not a fault
    """A service asks us to slow down."""

    def __init__(self, service: str, retry_after_s: float) -> None:
        super().__init__(f"{service} asks to wait {retry_after_s:.0f} s")
        self.service = service
        self.retry_after_s = retry_after_s


class ChangedMeanwhile(TransientError):  # noqa: N818 - an outcome of writing, not a fault
    """Someone else changed what was about to be written; read it again."""


class MessagesWithheld(TransientError):  # noqa: N818 - an answer of Google's, not a fault
    """Gmail lists these messages but does not give them out; the others came."""

    def __init__(self, message_ids: Sequence[str]) -> None:
        super().__init__(f"Gmail withholds {len(message_ids)} messages that it lists")
        self.message_ids = tuple(message_ids)


class ReconnectRequired(PayPulseError):  # noqa: N818 - a state of the account, not a fault
    """Google no longer accepts the user's grant; only the user can renew it."""


class TokenRejected(PayPulseError):  # noqa: N818 - an answer of Google's, not a fault
    """Google does not accept this token: expired, taken back, damaged, or without an owner."""


class ConfigurationError(PayPulseError):
    """The deployment is wrong; the message names what to set where."""
