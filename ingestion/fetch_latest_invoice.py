"""`fetch_latest_invoice`: the rent notice that is due this month.

Events:
- EventBridge schedule, `{"source": "aws.events", "time": …}`: one message for every connected
  user. Firing twice for one instant starts every run once.
- SQS: `{"userId", "runId", "correlationId"}` from a client's request, `{"userId", "scheduledAt"}`
  from the schedule, or `{"fanOut", "scheduledAt"}` where a fan-out goes on at a cursor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ingestion._rental import RentalSettings, RentalWorker, build_worker, message_ids
from paypulse.aws import batches, clients
from paypulse.aws.queues import WorkQueue
from paypulse.clock import from_text, utc_now
from paypulse.settings import load_settings, warm_up
from paypulse.start_runs import RunStarter

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from paypulse.runs import IngestionRun

_FAN_OUT_RESERVE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Settings(RentalSettings):
    """Environment of the function."""

    fetch_latest_invoice_queue: str
    time_zone: str


@cache
def _build() -> tuple[RentalWorker, RunStarter]:
    settings = load_settings(Settings)
    worker = build_worker(settings, WorkQueue(settings.fetch_latest_invoice_queue, clients.sqs()))

    def enqueue(run: IngestionRun) -> None:
        worker.queue.send(
            {"userId": run.user_id, "runId": run.run_id, "correlationId": run.correlation_id}
        )

    starter = RunStarter(
        runs=worker.runs,
        users=worker.users,
        invoices=worker.invoices,
        enqueue=enqueue,
        clock=utc_now,
        time_zone=settings.time_zone,
    )
    return worker, starter


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Fan a schedule out, or work on the runs that the messages name."""
    worker, _ = _build()
    if event.get("source") == "aws.events":
        _fan_out(None, event["time"], context)
        return {}
    return batches.each(event, lambda message: _handle_one(message, context), worker.queue)


def _handle_one(message: dict[str, Any], context: LambdaContext) -> None:
    worker, starter = _build()
    if "fanOut" in message:
        _fan_out(message["fanOut"], message["scheduledAt"], context)
    elif "scheduledAt" in message:
        scheduled_at = from_text(message["scheduledAt"])
        run = starter.prepare(message["userId"], scheduled_at=scheduled_at)
        if run is not None:
            worker.work_on(run.user_id, run.run_id, run.correlation_id, context)
    else:
        worker.work_on(*message_ids(message), context)


def _fan_out(after: str | None, scheduled_at: str, context: LambdaContext) -> None:
    """Queue a message for every connected user, page by page, handing over in good time."""
    worker, _ = _build()
    while True:
        page = worker.users.list_connected(after)
        messages = [{"userId": user_id, "scheduledAt": scheduled_at} for user_id in page.items]
        worker.queue.send_all(messages)
        after = page.end_cursor
        if not page.has_next:
            return
        if context.get_remaining_time_in_millis() < _FAN_OUT_RESERVE_MS:
            worker.queue.send({"fanOut": after, "scheduledAt": scheduled_at})
            return


warm_up(_build)
