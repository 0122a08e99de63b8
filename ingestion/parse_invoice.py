"""`parse_invoice`: a rent notice that came into the bucket becomes an invoice.

Event: S3 `ObjectCreated` for `invoices/*.pdf`; keys in it are URL-encoded. What is wrong with a
document is an outcome in the ledger; only what may work later is raised, so that Lambda tries
twice more and then tells the on-failure queue.
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
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.runs import DynamoRuns
from paypulse.clock import utc_now
from paypulse.close_runs import RunCloser
from paypulse.file_rental import RentalFiling, file_document
from paypulse.settings import load_settings, warm_up

if TYPE_CHECKING:
    from paypulse.ports import DocumentStore


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    rental_invoices_table: str
    mail_ledger_table: str
    ingestion_runs_table: str
    invoices_bucket: str


@cache
def _build() -> tuple[DocumentStore, RentalFiling]:
    settings = load_settings(Settings)
    dynamodb = clients.dynamodb()
    ledger_table, runs_table = settings.mail_ledger_table, settings.ingestion_runs_table
    invoices = DynamoRentalInvoices(settings.rental_invoices_table, ledger_table, dynamodb)
    filing = RentalFiling(
        parse=HyresaviParser(),
        invoices=invoices,
        ledger=DynamoLedger(ledger_table, runs_table, dynamodb),
        closer=RunCloser(runs=DynamoRuns(runs_table, dynamodb), invoices=invoices, clock=utc_now),
        clock=utc_now,
    )
    return S3Documents(settings.invoices_bucket, clients.s3(), utc_now), filing


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
    documents, filing = _build()
    found = documents.get(unquote_plus(object_["key"]), object_.get("versionId"))
    if found is None:
        return "gone"  # deleted meanwhile, or no rent notice's key
    document, content = found
    logger = Logger()
    logger.set_correlation_id(document.correlation_id)
    outcome = file_document(document, content, using=filing).value
    logger.info("document filed", extra={"document": document.document_id, "outcome": outcome})
    return outcome


warm_up(_build)
