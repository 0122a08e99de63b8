"""`fetch_retail_invoices`: receipts from Gmail into the bucket; also whole mailboxes.

Events: EventBridge schedule, `{"source": "aws.events", "time": …}`: one message for every
connected user, and firing twice for one instant starts every run once. SQS: see
`ingestion._runs.ScheduledRuns.handle`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ingestion._runs import FetchSettings, ScheduledRuns, build_worker, rental_collector
from ingestion.receipt_mail import judge, take_apart
from paypulse.aws import batches, clients
from paypulse.aws.queues import WorkQueue
from paypulse.aws.vendors import DynamoVendors
from paypulse.retail_mail import MailboxCollector, RetailCollector
from paypulse.runs import RunKind
from paypulse.settings import load_settings, warm_up

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from paypulse.accounts import User
    from paypulse.runs import IngestionRun


@dataclass(frozen=True, slots=True)
class Settings(FetchSettings):
    """Environment of the function."""

    vendor_config_table: str
    fetch_retail_invoices_queue: str
    time_zone: str


@cache
def _build() -> ScheduledRuns:
    settings = load_settings(Settings)
    vendors = DynamoVendors(settings.vendor_config_table, clients.dynamodb())
    rental = rental_collector(settings)

    def make_collector(_run: IngestionRun, user: User) -> MailboxCollector:
        retail = RetailCollector(
            vendors=vendors.all(),
            read=take_apart,
            judge=judge,
            discovers=user.discovers_receipts,
        )
        return MailboxCollector(rental=rental, retail=retail, time_zone=settings.time_zone)

    queue = WorkQueue(settings.fetch_retail_invoices_queue, clients.sqs())
    worker = build_worker(settings, queue, make_collector)
    return ScheduledRuns(worker, RunKind.RETAIL, settings.time_zone)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Fan a schedule out, or work on the runs that the messages name."""
    runs = _build()
    if event.get("source") == "aws.events":
        runs.fan_out(None, event["time"], context)
        return {}
    return batches.each(event, lambda message: runs.handle(message, context), runs.worker.queue)


warm_up(_build)
