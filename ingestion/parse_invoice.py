"""`parse_invoice`: a rent notice that came into the bucket becomes an invoice.

Event: S3 `ObjectCreated` for `invoices/*.pdf`; keys in it are URL-encoded. A receipt's PDF is
passed on to `parse_retail_invoice`: S3 tells keys apart by how they begin and end alone. What is
wrong with a document is an outcome in the ledger; only what may work later is raised, so that
Lambda tries twice more and then tells the on-failure queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.logging import Logger

from ingestion.parsing.hyresavi import HyresaviParser
from paypulse.aws import clients
from paypulse.aws.documents import S3Documents
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.queues import WorkQueue
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.close_runs import RunCloser
from paypulse.documents import is_retail_key
from paypulse.file_documents import FilingDesk
from paypulse.file_rental import RentalFiling, file_document
from paypulse.settings import load_settings, warm_up

if TYPE_CHECKING:
    from paypulse.ports.invoices import DocumentStore


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    users_table: str
    rental_invoices_table: str
    mail_ledger_table: str
    ingestion_runs_table: str
    invoices_bucket: str
    parse_retail_invoice_queue: str


@dataclass(frozen=True, slots=True)
class _Office:
    documents: DocumentStore
    filing: RentalFiling
    receipts: WorkQueue


@cache
def _build() -> _Office:
    settings = load_settings(Settings)
    dynamodb = clients.dynamodb()
    ledger_table, runs_table = settings.mail_ledger_table, settings.ingestion_runs_table
    invoices = DynamoRentalInvoices(settings.rental_invoices_table, ledger_table, dynamodb)
    closer = RunCloser(
        runs=DynamoRuns(runs_table, dynamodb),
        users=DynamoUsers(settings.users_table, dynamodb),
        invoices=invoices,
        clock=utc_now,
    )
    ledger = DynamoLedger(ledger_table, runs_table, dynamodb)
    desk = FilingDesk(ledger=ledger, closer=closer, clock=utc_now)
    return _Office(
        S3Documents(settings.invoices_bucket, clients.s3(), utc_now),
        RentalFiling(parse=HyresaviParser(), invoices=invoices, desk=desk),
        WorkQueue(settings.parse_retail_invoice_queue, clients.sqs()),
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """File every document that the event names; the first failure is raised after the last."""
    logger, outcomes, failures = Logger(), dict[str, int](), []
    for record in event["Records"]:
        logger.set_correlation_id(None)  # of the document before
        try:
            outcome = _file(record["s3"]["object"])
        except Exception as error:
            # One record must not keep the others waiting.
            logger.exception("document failed")
            failures.append(error)
            continue
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    if failures:
        raise failures[0]
    return outcomes


def _file(object_: dict[str, Any]) -> str:
    office, key = _build(), unquote_plus(object_["key"])
    version_id = object_.get("versionId")
    if is_retail_key(key):
        office.receipts.send({"key": key, "versionId": version_id})
        return "passed on"
    found = office.documents.get(key, version_id)
    if found is None:
        return "gone"  # deleted meanwhile, or no rent notice's key
    document, content = found
    logger = Logger()
    logger.set_correlation_id(document.correlation_id)
    outcome = file_document(document, content, using=office.filing).value
    logger.info("document filed", extra={"document": document.document_id, "outcome": outcome})
    return outcome


warm_up(_build)
