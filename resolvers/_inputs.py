"""Reading arguments that AppSync has typed but whose values are still open."""

from __future__ import annotations

from datetime import date

from paypulse.errors import UserError, UserErrorCode


def day(text: str, *field: str) -> date:
    """Read an AWSDate; its optional time zone is dropped, because a due day has none.

    Raises:
        UserError: INVALID_INPUT, no such day.
    """
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise UserError(
            UserErrorCode.INVALID_INPUT, f"{text!r} is no day; write it as 2026-01-30.", field
        ) from None
