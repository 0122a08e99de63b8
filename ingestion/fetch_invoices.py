"""`fetch_invoices`: all rent notices of one user, from Gmail into the bucket.

Event: SQS, body `{"userId", "runId", "correlationId"}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ingestion._runs import (
    FetchSettings,
    RunWorker,
    build_worker,
    message_ids,
    rental_collector,
)
from paypulse.aws import batches, clients
from paypulse.aws.queues import WorkQueue
from paypulse.settings import load_settings, warm_up

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True, slots=True)
class Settings(FetchSettings):
    """Environment of the function."""

    fetch_invoices_queue: str


@cache
def _build() -> RunWorker:
    settings = load_settings(Settings)
    collector = rental_collector(settings)
    queue = WorkQueue(settings.fetch_invoices_queue, clients.sqs())
    return build_worker(settings, queue, lambda _run, _user: collector)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work on the runs that the messages name."""
    worker = _build()

    def handle_one(message: dict[str, Any]) -> None:
        worker.work_on(*message_ids(message), context)

    return batches.each(event, handle_one, worker.queue)


warm_up(_build)
