"""`parse_retail_invoice`: a receipt that came into the bucket becomes an invoice.

Events: S3 `ObjectCreated` for `invoices/*.html`; keys in it are URL-encoded. SQS: `{"key",
"versionId"}` for a receipt's PDF that `parse_invoice` passes on, `{"userId", "invoiceId"}` for an
invoice whose documents are to be read again. What is wrong with a document is an outcome in the
ledger; only what may work later is raised, so that it is delivered again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.logging import Logger

from ingestion._receipt_models import ModelSettings, build_models
from ingestion.receipt_mail import read_document
from paypulse.aws import batches, clients
from paypulse.aws.documents import S3Documents
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.queues import WorkQueue
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.retail_invoices import DynamoRetailInvoices, parse_detail_tables
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.users import DynamoUsers
from paypulse.aws.vendors import DynamoVendors
from paypulse.clock import utc_now
from paypulse.close_runs import RunCloser
from paypulse.file_documents import FilingDesk
from paypulse.file_retail import RetailFiling, file_receipt, reread_invoice
from paypulse.settings import load_settings, warm_up

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from paypulse.documents import Document
    from paypulse.ports.invoices import DocumentStore
    from paypulse.receipts import ReceiptReading


@dataclass(frozen=True, slots=True)
class Settings(ModelSettings):
    """Environment of the function."""

    users_table: str
    rental_invoices_table: str
    retail_invoices_table: str
    retail_detail_tables: str
    mail_ledger_table: str
    ingestion_runs_table: str
    vendor_config_table: str
    invoices_bucket: str
    parse_retail_invoice_queue: str


@dataclass(frozen=True, slots=True)
class _Office:
    documents: DocumentStore
    filing: RetailFiling
    queue: WorkQueue


@cache
def _build() -> _Office:
    settings = load_settings(Settings)
    dynamodb = clients.dynamodb()
    ledger_table, runs_table = settings.mail_ledger_table, settings.ingestion_runs_table
    vendors = DynamoVendors(settings.vendor_config_table, dynamodb)
    models = build_models(settings)

    def read(document: Document, content: bytes) -> ReceiptReading:
        model = models.for_user(document.user_id)
        return read_document(document, content, vendors=vendors.all(), model=model)

    closer = RunCloser(
        runs=DynamoRuns(runs_table, dynamodb),
        users=DynamoUsers(settings.users_table, dynamodb),
        invoices=DynamoRentalInvoices(settings.rental_invoices_table, ledger_table, dynamodb),
        clock=utc_now,
    )
    ledger = DynamoLedger(ledger_table, runs_table, dynamodb)
    invoices = DynamoRetailInvoices(
        settings.retail_invoices_table,
        parse_detail_tables(settings.retail_detail_tables),
        ledger_table,
        dynamodb,
    )
    return _Office(
        S3Documents(settings.invoices_bucket, clients.s3(), utc_now),
        RetailFiling(
            read=read,
            invoices=invoices,
            desk=FilingDesk(ledger=ledger, closer=closer, clock=utc_now),
        ),
        WorkQueue(settings.parse_retail_invoice_queue, clients.sqs()),
    )


def handler(event: dict[str, Any], _context: LambdaContext) -> Any:
    """File every receipt that the event names; the first failure is raised after the last."""
    if "s3" not in event["Records"][0]:
        return batches.each(event, _handle_message, _build().queue)
    outcomes: dict[str, int] = {}
    failures, logger = [], Logger()
    for record in event["Records"]:
        logger.set_correlation_id(None)  # of the document before
        object_ = record["s3"]["object"]
        try:
            outcome = _file(unquote_plus(object_["key"]), object_.get("versionId"))
        except Exception as error:  # noqa: BLE001 - one record must not keep the others waiting
            failures.append(error)
            continue
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    logger.info("receipts filed", extra={"outcomes": outcomes, "failed": len(failures)})
    if failures:
        raise failures[0]
    return outcomes


def _handle_message(message: dict[str, Any]) -> None:
    if "invoiceId" in message:
        office = _build()
        done = reread_invoice(
            message["userId"], message["invoiceId"], office.documents, using=office.filing
        )
        Logger().info("invoice read again", extra={"invoice": message["invoiceId"], "done": done})
        return
    _file(message["key"], message.get("versionId"))


def _file(key: str, version_id: str | None) -> str:
    office = _build()
    found = office.documents.get(key, version_id)
    if found is None or found[0].receipt is None:
        return "gone"  # deleted meanwhile, or no receipt's key
    document, content = found
    logger = Logger()
    logger.set_correlation_id(document.correlation_id)
    outcome = file_receipt(document, content, using=office.filing).value
    logger.info("document filed", extra={"document": document.document_id, "outcome": outcome})
    return outcome


warm_up(_build)
