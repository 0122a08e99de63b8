"""`send_due_reminders`: reminds people of rent notices before they are due.

Events:
- EventBridge schedule, `{"source": "aws.events", "time": …}`: one message for every notice that
  is due within fourteen days.
- SQS: `{"userId", "invoiceId", "day"}` for one notice, or `{"fanOut": {"month", "after"}, "day"}`
  where the search of a day goes on.

Twice is as good as once: the table Idempotency remembers every reminder by its notice and
reminder day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from ingestion._notifier import NotifierSettings, RememberedWork, build_notifier
from paypulse.aws import batches, clients
from paypulse.aws.queues import WorkQueue
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.clock import from_text, utc_now
from paypulse.errors import TransientError
from paypulse.remind_due import FanOut, Reminding, begin_fan_out, remind, take_page
from paypulse.settings import load_settings, warm_up

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Left of Lambda's time when a search hands over: a page and its messages fit into it.
_RESERVE_MS = 30_000
# In which one unit of capacity gathers enough for a page again.
_REST_S = 60


@dataclass(frozen=True, slots=True)
class Settings(NotifierSettings):
    """Environment of the function."""

    rental_invoices_table: str
    mail_ledger_table: str
    send_due_reminders_queue: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class _Desk:
    once: RememberedWork
    reminding: Reminding
    queue: WorkQueue


@cache
def _build() -> _Desk:
    settings = load_settings(Settings)
    once = RememberedWork(settings.idempotency_table)
    invoices = DynamoRentalInvoices(
        settings.rental_invoices_table, settings.mail_ledger_table, clients.dynamodb()
    )
    reminding = Reminding(
        invoices=invoices,
        notifier=build_notifier(settings, once),
        clock=utc_now,
        time_zone=settings.time_zone,
    )
    return _Desk(once, reminding, WorkQueue(settings.send_due_reminders_queue, clients.sqs()))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Fan a schedule out, or work on the messages."""
    desk = _build()
    desk.once.begin(context)
    if event.get("source") == "aws.events":
        day = desk.reminding.day_of(from_text(event["time"]))
        _fan_out(begin_fan_out(day), context)
        return {}
    return batches.each(event, lambda message: _handle_one(message, context), desk.queue)


def _handle_one(message: dict[str, Any], context: LambdaContext) -> None:
    day = date.fromisoformat(message["day"])
    if "fanOut" in message:
        at = message["fanOut"]
        _fan_out(FanOut(day, at["month"], at["after"]), context)
        return
    remind(message["userId"], message["invoiceId"], day, using=_build().reminding)


def _fan_out(start: FanOut, context: LambdaContext) -> None:
    """Queue a message for every notice that is due soon.

    Hands over when its time is running out, and when the index is out of read capacity, of which
    it has little; a call that got nowhere at all fails instead, and is tried again.
    """
    desk, day = _build(), start.day.isoformat()
    at: FanOut | None = start
    while at is not None:
        try:
            due, after = take_page(at, using=desk.reminding)
        except TransientError:
            if at == start:
                raise
            _hand_over(at, desk.queue, delay_s=_REST_S)
            return
        desk.queue.send_all(
            [{"userId": each.user_id, "invoiceId": each.invoice_id, "day": day} for each in due]
        )
        at = after
        if at is not None and context.get_remaining_time_in_millis() < _RESERVE_MS:
            _hand_over(at, desk.queue)
            return


def _hand_over(at: FanOut, queue: WorkQueue, delay_s: int = 0) -> None:
    rest = {"month": at.month, "after": at.after}
    queue.send({"fanOut": rest, "day": at.day.isoformat()}, delay_s)


warm_up(_build)
