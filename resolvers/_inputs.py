"""Reading arguments that AppSync has typed but whose values are still open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from paypulse.errors import UserError, UserErrorCode

if TYPE_CHECKING:
    from collections.abc import Mapping

_GMAIL_BEGAN = date(2004, 4, 1)


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


def past_day(text: str, today: date, *field: str) -> date:
    """Read a day of a mailbox's history.

    Raises:
        UserError: INVALID_INPUT, no such day, before there was Gmail, or yet to come.
    """
    found = day(text, *field)
    # Somewhere it is tomorrow already.
    if not _GMAIL_BEGAN <= found <= today + timedelta(days=1):
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            f"The day must lie between {_GMAIL_BEGAN}, when Gmail began, and today.",
            field,
        )
    return found


def days_between(
    chosen: Mapping[str, Any], first: str, last: str
) -> tuple[date | None, date | None]:
    """Return the first and last day that a filter leaves, by its `year` and two named days.

    Raises:
        UserError: INVALID_INPUT, no such day or year, or none that is left.
    """
    firsts = [day(chosen[first], "filter", first)] if chosen.get(first) else []
    lasts = [day(chosen[last], "filter", last)] if chosen.get(last) else []
    year = chosen.get("year")
    if year is not None:
        if not 1900 <= year <= 2999:
            raise UserError(
                UserErrorCode.INVALID_INPUT,
                "`year` must be between 1900 and 2999.",
                ("filter", "year"),
            )
        firsts.append(date(year, 1, 1))
        lasts.append(date(year, 12, 31))
    begin, end = max(firsts, default=None), min(lasts, default=None)
    if begin is not None and end is not None and begin > end:
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            f"The filter leaves no day: it begins on {begin} and ends on {end}.",
            ("filter", first),
        )
    return begin, end
