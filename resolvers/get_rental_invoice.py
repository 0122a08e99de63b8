"""`get_rental_invoice`: one rental or retail invoice with its documents, warnings and source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from paypulse.aws import clients
from paypulse.aws.documents import S3Documents
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.retail_invoices import DynamoRetailInvoices
from paypulse.clock import utc_now
from paypulse.retail_invoices import find_purchases
from paypulse.settings import load_settings, warm_up
from resolvers import _retail_shapes, _shapes
from resolvers._app import Fields

if TYPE_CHECKING:
    from paypulse.ports.invoices import DocumentStore, RentalInvoiceStore, RetailInvoiceStore

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    rental_invoices_table: str
    retail_invoices_table: str
    mail_ledger_table: str
    invoices_bucket: str


@dataclass(frozen=True, slots=True)
class _Stores:
    rental: RentalInvoiceStore
    retail: RetailInvoiceStore
    documents: DocumentStore


@cache
def _build() -> _Stores:
    settings = load_settings(Settings)
    dynamodb, ledger_table = clients.dynamodb(), settings.mail_ledger_table
    return _Stores(
        DynamoRentalInvoices(settings.rental_invoices_table, ledger_table, dynamodb),
        # Without tables of details: get_invoices answers those.
        DynamoRetailInvoices(settings.retail_invoices_table, {}, ledger_table, dynamodb),
        S3Documents(settings.invoices_bucket, clients.s3(), utc_now),
    )


@fields.query("rentalInvoice")
def rental_invoice(id: str) -> dict[str, Any] | None:  # noqa: A002 - the argument's name
    """Return one of the caller's invoices; another user's is as absent as none."""
    stores = _build()
    invoice = stores.rental.get(fields.caller.user_id, id)
    return _shapes.rental_invoice(invoice, stores.documents.link) if invoice else None


@fields.query("retailInvoice")
def retail_invoice(id: str) -> dict[str, Any] | None:  # noqa: A002 - as above
    """Return one of the caller's receipts; another user's is as absent as none."""
    stores, user_id = _build(), fields.caller.user_id
    invoice = stores.retail.get(user_id, id)
    if invoice is None:
        return None
    purchases = (
        find_purchases(user_id, [invoice], stores.retail) if fields.selects("refundOf") else {}
    )
    return _retail_shapes.retail_invoice(
        invoice,
        stores.documents.link,
        refund_of=purchases.get(id),
        wanted=_retail_shapes.Wanted.by(fields.selects),
    )


handler = fields
warm_up(_build)
