"""`send_invoice_notification`: tells people about invoices and about runs.

Event: DynamoDB streams of RentalInvoices, RetailInvoices and IngestionRuns, with old and new
images. What is told about a record goes three ways: to live subscribers, as a push to each device,
by e-mail. Each delivery stands alone: one that fails is reported, the stream brings the record
again, and the table Idempotency remembers which deliveries are done. `eventId` is the stream's, so
that a client can tell a repetition after a crash between telling and remembering.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from ingestion._notifier import NotifierSettings, RememberedWork, build_notifier
from paypulse.aws.appsync import AppSyncPublisher
from paypulse.aws.items import from_item
from paypulse.aws.rental_invoices import to_invoice
from paypulse.aws.retail_invoices import to_retail_invoice
from paypulse.aws.runs import to_run
from paypulse.events import (
    IngestionEvent,
    InvoiceEvent,
    InvoiceEventType,
    rental_event,
    retail_event,
)
from paypulse.notifications import ask_to_reconnect, is_news, tell_invoice
from paypulse.notify_user import attempt_all, notify
from paypulse.runs import RunError
from paypulse.settings import load_settings, warm_up

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
        DynamoDBRecord,
    )
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from paypulse.accounts import User
    from paypulse.notifications import Notification
    from paypulse.notify_user import Notifier
    from paypulse.ports.notifications import EventPublisher

_TYPES = {
    "INSERT": InvoiceEventType.ADDED,
    "MODIFY": InvoiceEventType.UPDATED,
    "REMOVE": InvoiceEventType.DELETED,
}


@dataclass(frozen=True, slots=True)
class Settings(NotifierSettings):
    """Environment of the function."""

    graphql_url: str


@dataclass(frozen=True, slots=True)
class _Teller:
    once: RememberedWork
    publisher: EventPublisher
    notifier: Notifier


@cache
def _build() -> _Teller:
    settings = load_settings(Settings)
    once = RememberedWork(settings.idempotency_table)
    return _Teller(once, AppSyncPublisher(settings.graphql_url), build_notifier(settings, once))


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Tell about every record, and report those that failed."""
    _build().once.begin(context)

    def handle_one(record: DynamoDBRecord) -> None:
        _tell(record.raw_event, _build())

    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    records = _without_overtaken_runs(event["Records"])
    return process_partial_response({"Records": records}, handle_one, processor, context)


def _without_overtaken_runs(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out a run's states that a later record of the batch replaces.

    A run changes with every message it settles, and each record holds all of it: a subscriber
    needs the last one only.
    """
    last = {_run_of(record): index for index, record in enumerate(records)}
    return [
        record
        for index, record in enumerate(records)
        if _run_of(record) is None or last[_run_of(record)] == index
    ]


def _run_of(record: dict[str, Any]) -> str | None:
    run_id: str | None = record["dynamodb"].get("Keys", {}).get("RunID", {}).get("S")
    return run_id


def _tell(record: dict[str, Any], teller: _Teller) -> None:
    change = record["dynamodb"]
    image = from_item(change.get("NewImage") or change["OldImage"])
    logger = Logger()
    logger.set_correlation_id(image.get("correlation_id"))
    happened_at = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
    if "RunID" in image:
        if record["eventName"] != "REMOVE":  # old runs are removed by TTL; nobody waits for that
            _tell_run(IngestionEvent(record["eventID"], to_run(image), happened_at), teller)
            logger.info("run told", extra={"run": image["RunID"]})
        return
    type_ = _TYPES[record["eventName"]]
    if "sub_type" in image:
        event = retail_event(record["eventID"], type_, to_retail_invoice(image), happened_at)
    else:
        event = rental_event(record["eventID"], type_, to_invoice(image), happened_at)
    before = from_item(change.get("OldImage") or {})
    _tell_invoice(event, before.get("warnings", []), teller)
    logger.info("invoice told", extra={"type": type_.value, "event": record["eventID"]})


def _tell_run(event: IngestionEvent, teller: _Teller) -> None:
    publish = partial(teller.publisher.publish_ingestion, event)
    work = [partial(teller.once, f"{event.event_id} live", publish)]
    if event.run.error is RunError.RECONNECT_REQUIRED:
        work.append(partial(notify, event.run.user_id, ask_to_reconnect, using=teller.notifier))
    attempt_all(*work)


def _tell_invoice(event: InvoiceEvent, warned_before: list[str], teller: _Teller) -> None:
    publish = partial(teller.publisher.publish_invoice, event)
    work = [partial(teller.once, f"{event.event_id} live", publish)]
    if is_news(event, warned_before):

        def make(user: User) -> Notification:
            return tell_invoice(event, user.notifications)

        work.append(partial(notify, event.user_id, make, using=teller.notifier))
    attempt_all(*work)


warm_up(_build)
