"""`send_invoice_notification`: tells live subscribers about invoices and about runs.

Event: DynamoDB streams of RentalInvoices and IngestionRuns, with old and new images. A record may
come twice; the table Idempotency remembers which were told, and `eventId` is the stream's, so
that a client can tell a repetition after a crash between telling and remembering.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from paypulse.aws import clients
from paypulse.aws.appsync import AppSyncPublisher
from paypulse.aws.items import from_item
from paypulse.aws.rental_invoices import to_invoice
from paypulse.aws.runs import to_run
from paypulse.events import IngestionEvent, InvoiceEventType, rental_event
from paypulse.settings import load_settings, warm_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
        DynamoDBRecord,
    )
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from paypulse.ports import EventPublisher

# Streams keep records for a day, so none can come again after two.
_REMEMBERED_S = 2 * 24 * 3600
_TYPES = {
    "INSERT": InvoiceEventType.ADDED,
    "MODIFY": InvoiceEventType.UPDATED,
    "REMOVE": InvoiceEventType.DELETED,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    idempotency_table: str
    graphql_url: str


@dataclass(frozen=True, slots=True)
class _Teller:
    config: IdempotencyConfig
    tell: Callable[..., None]


@cache
def _build() -> _Teller:
    settings = load_settings(Settings)
    publisher: EventPublisher = AppSyncPublisher(settings.graphql_url)
    config = IdempotencyConfig(
        event_key_jmespath="eventID",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=_REMEMBERED_S,
    )

    @idempotent_function(  # type: ignore[untyped-decorator]  # Powertools leaves it out
        data_keyword_argument="record",
        config=config,
        persistence_store=DynamoDBPersistenceLayer(
            settings.idempotency_table, boto3_client=clients.dynamodb()
        ),
    )
    def tell(*, record: dict[str, Any]) -> None:
        _tell(record, publisher)

    return _Teller(config, tell)


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Tell about every record, and report those that failed."""
    teller = _build()
    teller.config.register_lambda_context(context)

    def handle_one(record: DynamoDBRecord) -> None:
        teller.tell(record=record.raw_event)

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


def _tell(record: dict[str, Any], publisher: EventPublisher) -> None:
    change = record["dynamodb"]
    image = from_item(change.get("NewImage") or change["OldImage"])
    logger = Logger()
    logger.set_correlation_id(image.get("correlation_id"))
    happened_at = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
    if "RunID" in image:
        if record["eventName"] != "REMOVE":  # old runs are removed by TTL; nobody waits for that
            publisher.publish_ingestion(
                IngestionEvent(record["eventID"], to_run(image), happened_at)
            )
            logger.info("run told", extra={"run": image["RunID"]})
        return
    type_ = _TYPES[record["eventName"]]
    publisher.publish_invoice(
        rental_event(record["eventID"], type_, to_invoice(image), happened_at)
    )
    logger.info("invoice told", extra={"type": type_.value, "event": record["eventID"]})


warm_up(_build)
