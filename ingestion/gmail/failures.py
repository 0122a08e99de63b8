"""What Google's refusals mean to PayPulse, and how long to wait before asking again.

Google's own messages are left out of ours: they can hold an address ("Delegation denied for ...").
"""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httplib2
from google.auth import exceptions as google_exceptions

from paypulse.errors import ConfigurationError, PayPulseError, ReconnectRequired, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from googleapiclient.errors import HttpError

SERVICE = "Gmail"

# What comes out of httplib2 and google-auth when no usable answer came back; OSError covers
# timeouts, refused connections and TLS.
NETWORK_ERRORS = (
    OSError,
    http.client.HTTPException,
    httplib2.HttpLib2Error,
    google_exceptions.TransportError,
)

_RATE_REASONS = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
_DAY_REASONS = {"dailyLimitExceeded", "quotaExceeded"}
_DAY_WAIT_S = 3600.0  # a day's quota is not worth waiting for in a function; look again in an hour
_RECONNECT_REASONS = {
    "insufficientPermissions": "the grant does not cover reading mail",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "the grant does not cover reading mail",
    "insufficientScopes": "the grant does not cover reading mail",
    "domainPolicy": "the administrator of the user's domain does not let apps read mail",
    "failedPrecondition": "the Google account has no Gmail mailbox",
}
_CONFIGURATION_REASONS = {
    "accessNotConfigured": "The Gmail API is not enabled: enable it in the Google Cloud project "
    "of the OAuth client.",
    "SERVICE_DISABLED": "The Gmail API is not enabled: enable it in the Google Cloud project of "
    "the OAuth client.",
}

# Gmail's text reads: User-rate limit exceeded.  Retry after 2026-11-20T10:00:00.123Z
_RETRY_AFTER_TEXT = re.compile(r"Retry after (\d{4}-\d\d-\d\dT[\d:.]{8,15}Z)")


class DamagedAnswer(http.client.HTTPException):
    """An answer of Google's that cannot be read, a batch cut short for one."""


class GmailRefused(PayPulseError):  # noqa: N818 - an answer of Google's
    """Gmail turned a call down for a reason that neither waiting nor reconnecting mends."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP error of Google's, as far as we act on it."""

    status: int  # 0: no answer at all
    reason: str = ""  # Google's code, such as "userRateLimitExceeded"
    retry_after: str = ""  # the header, or the instant in the text

    @property
    def is_missing(self) -> bool:
        """Whether the thing asked for does not exist (any more)."""
        return self.status == 404

    @property
    def is_rate(self) -> bool:
        """Whether Google asks us to slow down."""
        return self.status == 429 or (self.status == 403 and self.reason in _RATE_REASONS)

    @property
    def is_day_quota(self) -> bool:
        """Whether a whole day's quota is gone."""
        return self.status in (403, 429) and self.reason in _DAY_REASONS

    @property
    def is_passing(self) -> bool:
        """Whether Google itself is in trouble."""
        return self.status >= 500 or self.status in (0, 408)

    @property
    def is_of_one_message(self) -> bool:
        """Whether it says nothing of other calls, and asking again or reconnecting is no help."""
        is_known = self.is_missing or self.is_rate or self.is_day_quota
        return not is_known and isinstance(self.error(), GmailRefused)

    def wait_s(self, now: datetime) -> float:
        """Return how long Google asks us to wait, 0 where it does not say."""
        if self.is_day_quota:
            return _DAY_WAIT_S
        if self.retry_after.isascii() and self.retry_after.isdigit():
            return float(self.retry_after)
        until = _instant(self.retry_after)
        return max(0.0, (until - now).total_seconds()) if until else 0.0

    def error(self) -> PayPulseError:
        """Return the error to raise when the call is not tried again."""
        if self.status == 401:
            return ReconnectRequired("Google refuses the access token, a fresh one too.")
        if self.status in (400, 403) and self.reason in _RECONNECT_REASONS:
            return ReconnectRequired(f"{SERVICE}: {_RECONNECT_REASONS[self.reason]}.")
        if self.reason in _CONFIGURATION_REASONS:
            return ConfigurationError(_CONFIGURATION_REASONS[self.reason])
        if self.is_passing:
            return TransientError(f"{SERVICE} answers {self.status or 'nothing'}.")
        return GmailRefused(f"{SERVICE} refuses the call: {self.status} {self.reason}".rstrip())


def refusal_of(error: HttpError) -> Refusal:
    """Return what Google said, from the client's error (of a call or of a part of a batch)."""
    detail = _detail(error.content)
    header = str(error.resp.get("retry-after", ""))
    text = _RETRY_AFTER_TEXT.search(str(detail.get("message", "")))
    return Refusal(
        status=int(error.resp.status),
        reason=_reason(detail),
        retry_after=header or (text[1] if text else ""),
    )


def refresh_error(error: google_exceptions.RefreshError) -> PayPulseError:
    """Return what a failed refresh means.

    `invalid_grant` covers: taken back by the user, password changed, six months unused, seven days
    old while the consent screen is in testing. A wrong client id is our mistake, not the user's.
    """
    answer = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    code = answer.get("error")
    # A page of HTML or an error in another form: a proxy or a bad gateway, not a word on the grant.
    if getattr(error, "retryable", False) or not isinstance(code, str):
        return TransientError("Google's token endpoint does not answer.")
    if code in ("invalid_client", "unauthorized_client"):
        return ConfigurationError(
            f"Google does not know the OAuth client ({code}): check the secrets "
            "Google-OAuth-Client-ID and, unless it is a public client, Google-OAuth-Client-Secret."
        )
    if code in ("invalid_grant", "invalid_scope"):
        return ReconnectRequired("Google no longer accepts the grant.")
    return GmailRefused(f"Google refuses to refresh the token: {code}")


def _detail(content: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError:
        return {}
    detail = answer.get("error") if isinstance(answer, dict) else None
    return detail if isinstance(detail, dict) else {}


def _reason(detail: Mapping[str, Any]) -> str:
    # `errors` is the older form and more exact; `details` and `status` the newer.
    for field in ("errors", "details"):
        entries = detail.get(field)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("reason"):
                return str(entry["reason"])
    return str(detail.get("status", ""))


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        if text[:4].isdigit():
            return datetime.fromisoformat(text)
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return until if until.tzinfo else until.replace(tzinfo=UTC)
