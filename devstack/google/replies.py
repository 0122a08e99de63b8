"""Answers in the shapes of Google's two error formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_REASONS = {
    400: "invalidArgument",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    429: "rateLimitExceeded",
    500: "backendError",
    503: "backendError",
}
_MESSAGES = {
    "authError": "Request had invalid authentication credentials.",
    "notFound": "Requested entity was not found.",
    "rateLimitExceeded": "Rate Limit Exceeded",
    "userRateLimitExceeded": "User-rate limit exceeded.",
    "insufficientPermissions": "Request had insufficient authentication scopes.",
    "domainPolicy": "The domain administrators have disabled Gmail apps.",
    "backendError": "Backend Error",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, before it is an HTTP response or a part of a batch."""

    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return the answer as a response of its own."""
        if self.body is None:
            return Response(status_code=self.status, headers=dict(self.headers))
        return JSONResponse(self.body, self.status, dict(self.headers))


def api_error(
    status: int, reason: str = "", message: str = "", retry_after_s: float | None = None
) -> Reply:
    """Return an error as Google's APIs word it."""
    reason = reason or _REASONS.get(status, "backendError")
    message = message or _MESSAGES.get(reason, reason)
    domain = "usageLimits" if "imitExceeded" in reason else "global"
    error = {
        "code": status,
        "message": message,
        "errors": [{"message": message, "domain": domain, "reason": reason}],
        "status": _STATUS_NAMES.get(status, "UNKNOWN"),
    }
    headers = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s:.0f}"}
    return Reply(status, {"error": error}, headers)


def oauth_error(code: str, description: str, status: int = 400) -> Reply:
    """Return an error as the OAuth endpoints word it (RFC 6749)."""
    return Reply(status, {"error": code, "error_description": description})
