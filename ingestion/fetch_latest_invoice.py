"""`fetch_latest_invoice`: the rent notice that is due this month.

Events: EventBridge schedule, `{"source": "aws.events", "time": …}`: one message for every
connected user, and firing twice for one instant starts every run once. SQS: see
`ingestion._runs.ScheduledRuns.handle`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ingestion._runs import FetchSettings, ScheduledRuns, build_worker, rental_collector
from paypulse.aws import batches, clients
from paypulse.aws.queues import WorkQueue
from paypulse.runs import RunKind
from paypulse.settings import load_settings, warm_up

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True, slots=True)
class Settings(FetchSettings):
    """Environment of the function."""

    fetch_latest_invoice_queue: str
    time_zone: str


@cache
def _build() -> ScheduledRuns:
    settings = load_settings(Settings)
    collector = rental_collector(settings)
    queue = WorkQueue(settings.fetch_latest_invoice_queue, clients.sqs())
    worker = build_worker(settings, queue, lambda _run, _user: collector)
    return ScheduledRuns(worker, RunKind.LATEST_RENTAL, settings.time_zone)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Fan a schedule out, or work on the runs that the messages name."""
    runs = _build()
    if event.get("source") == "aws.events":
        runs.fan_out(None, event["time"], context)
        return {}
    return batches.each(event, lambda message: runs.handle(message, context), runs.worker.queue)


warm_up(_build)
