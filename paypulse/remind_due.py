"""Use case: remind of rent notices before they are due.

A schedule looks once a day for everyone's notices that are due soon and queues one message for
each; the worker decides by what is there by then. Every message may come twice, or late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from paypulse.notification_settings import MAX_REMINDER_DAY
from paypulse.notifications import remind_of, reminder_day
from paypulse.notify_user import notify
from paypulse.rental_invoices import due_month

if TYPE_CHECKING:
    from datetime import date, datetime

    from paypulse.accounts import User
    from paypulse.notifications import Notification
    from paypulse.notify_user import Notifier
    from paypulse.pages import Page
    from paypulse.ports.clock import Clock
    from paypulse.ports.invoices import RentalInvoiceStore
    from paypulse.rental_invoices import DueInvoice


@dataclass(frozen=True, slots=True)
class FanOut:
    """How far a day's search for notices has come: the month at work, and the last one seen."""

    day: date
    month: str
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    """Everything that reminding needs."""

    invoices: RentalInvoiceStore
    notifier: Notifier
    clock: Clock
    time_zone: str

    def day_of(self, instant: datetime) -> date:
        """Return the day on which an instant falls where the users are."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date()


def begin_fan_out(day: date) -> FanOut:
    """Return where the search of a day begins."""
    return FanOut(day, due_month(day))


def take_page(at: FanOut, *, using: Reminding) -> tuple[list[DueInvoice], FanOut | None]:
    """Return the notices of a page that may need a reminder, and where to go on.

    Goes through the months that the next fourteen days touch, two at most.
    """
    page = using.invoices.list_due(at.month, at.after)
    last_day = at.day + timedelta(days=MAX_REMINDER_DAY)
    soon = [each for each in page.items if at.day <= each.due_on <= last_day]
    return soon, _next(at, page, due_month(last_day))


def remind(user_id: str, invoice_id: str, day: date, *, using: Reminding) -> None:
    """Remind the user of one notice, if one of their reminder days has been reached.

    A notice that was removed meanwhile, or whose due day has passed, is left alone.

    Args:
        day: For which the schedule asked; a message that waited longer is worded for today.

    Raises:
        ExceptionGroup: some deliveries failed; all of them can be tried again.
    """
    invoice = using.invoices.get(user_id, invoice_id)
    if invoice is None:
        return
    today = max(day, using.day_of(using.clock()))

    def make(user: User) -> Notification | None:
        reached = reminder_day(invoice.due_on, user.notifications.reminder_days, today)
        if reached is None:
            return None
        return remind_of(invoice, reached, today, user.notifications)

    notify(user_id, make, using=using.notifier)


def _next(at: FanOut, page: Page[DueInvoice], last_month: str) -> FanOut | None:
    if page.has_next:
        return FanOut(at.day, at.month, page.end_cursor)
    return FanOut(at.day, last_month) if at.month < last_month else None
