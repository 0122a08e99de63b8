"""`get_rental_invoice`: one rental invoice with its document, warnings and source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from paypulse.aws import clients
from paypulse.aws.documents import S3Documents
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.clock import utc_now
from paypulse.settings import load_settings, warm_up
from resolvers import _shapes
from resolvers._app import Fields

if TYPE_CHECKING:
    from paypulse.ports import DocumentStore, RentalInvoiceStore

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    rental_invoices_table: str
    mail_ledger_table: str
    invoices_bucket: str


@cache
def _build() -> tuple[RentalInvoiceStore, DocumentStore]:
    settings = load_settings(Settings)
    invoices = DynamoRentalInvoices(
        settings.rental_invoices_table, settings.mail_ledger_table, clients.dynamodb()
    )
    return invoices, S3Documents(settings.invoices_bucket, clients.s3(), utc_now)


@fields.query("rentalInvoice")
def rental_invoice(id: str) -> dict[str, Any] | None:  # noqa: A002 - the argument's name
    """Return one of the caller's invoices; another user's is as absent as none."""
    invoices, documents = _build()
    invoice = invoices.get(fields.caller.user_id, id)
    return _shapes.rental_invoice(invoice, documents.link) if invoice else None


handler = fields
warm_up(_build)
