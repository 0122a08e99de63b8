"""`get_invoices`: lists of rental invoices, of documents that need attention, and of vendors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from paypulse.aws import clients
from paypulse.aws.documents import S3Documents
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.vendors import DynamoVendors
from paypulse.clock import utc_now
from paypulse.errors import ErrorType, RequestError
from paypulse.pages import check_page_size
from paypulse.receipts import Category
from paypulse.rental_invoices import InvoiceStatus
from paypulse.settings import load_settings, warm_up
from paypulse.vendors import comparable
from resolvers import _shapes
from resolvers._app import Fields
from resolvers._inputs import day

if TYPE_CHECKING:
    from paypulse.ports import DocumentStore, Ledger, RentalInvoiceStore, VendorStore
    from paypulse.rental_invoices import RentalInvoice

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    rental_invoices_table: str
    mail_ledger_table: str
    ingestion_runs_table: str
    invoices_bucket: str
    vendor_config_table: str


@dataclass(frozen=True, slots=True)
class _Stores:
    invoices: RentalInvoiceStore
    ledger: Ledger
    documents: DocumentStore
    vendors: VendorStore


@cache
def _build() -> _Stores:
    settings = load_settings(Settings)
    dynamodb = clients.dynamodb()
    ledger_table = settings.mail_ledger_table
    return _Stores(
        DynamoRentalInvoices(settings.rental_invoices_table, ledger_table, dynamodb),
        DynamoLedger(ledger_table, settings.ingestion_runs_table, dynamodb),
        S3Documents(settings.invoices_bucket, clients.s3(), utc_now),
        DynamoVendors(settings.vendor_config_table, dynamodb),
    )


@fields.query("rentalInvoices")
def rental_invoices(
    first: int | None = None,
    after: str | None = None,
    filter: dict[str, Any] | None = None,  # noqa: A002 - the argument's name
) -> dict[str, Any]:
    """Return a page of the caller's rental invoices, latest due date first."""
    chosen = filter or {}
    page = _build().invoices.list_page(
        fields.caller.user_id,
        check_page_size(first, default=24),
        after,
        due=_due_between(chosen),
        status=InvoiceStatus(chosen["status"]) if chosen.get("status") else None,
    )
    return _shapes.connection(page, _shape, after)


@fields.query("rentalInvoiceYears")
def rental_invoice_years() -> list[dict[str, Any]]:
    """Return all of the caller's rental invoices by year, newest first."""
    invoices = sorted(
        _build().invoices.all_of(fields.caller.user_id),
        key=lambda invoice: (invoice.due_on, invoice.invoice_id),
        reverse=True,
    )
    return [
        {"year": year, "invoices": [_shape(invoice) for invoice in group]}
        for year, group in groupby(invoices, key=lambda invoice: invoice.due_on.year)
    ]


@fields.query("failedDocuments")
def failed_documents(first: int | None = None, after: str | None = None) -> dict[str, Any]:
    """Return a page of the caller's documents that need attention, latest first."""
    size = check_page_size(first, default=20)
    page = _build().ledger.list_failed(fields.caller.user_id, size, after)
    return _shapes.connection(page, _shapes.failed_document, after)


@fields.query("vendors")
def vendors(filter: dict[str, Any] | None = None) -> list[dict[str, Any]]:  # noqa: A002 - as above
    """Return the vendors whose receipts are read, by name; the same for every caller."""
    chosen = filter or {}
    category = Category[chosen["category"]] if chosen.get("category") else None
    active = chosen.get("active")
    return [
        _shapes.vendor(vendor)
        for vendor in sorted(_build().vendors.all(), key=lambda each: comparable(each.vendor_name))
        if category in (None, vendor.category) and active in (None, vendor.active)
    ]


def _shape(invoice: RentalInvoice) -> dict[str, Any]:
    wants_document = fields.selects("document")
    return _shapes.rental_invoice(invoice, _build().documents.link if wants_document else None)


def _due_between(chosen: dict[str, Any]) -> tuple[date | None, date | None]:
    """Return the first and last due date that the filter leaves."""
    year = chosen.get("year")
    if year is not None and not 1900 <= year <= 2999:
        raise RequestError(ErrorType.VALIDATION_FAILED, "`year` must be between 1900 and 2999.")
    firsts = [day(chosen["dueFrom"], "filter", "dueFrom")] if chosen.get("dueFrom") else []
    lasts = [day(chosen["dueTo"], "filter", "dueTo")] if chosen.get("dueTo") else []
    if year is not None:
        firsts.append(date(year, 1, 1))
        lasts.append(date(year, 12, 31))
    return max(firsts, default=None), min(lasts, default=None)


handler = fields
warm_up(_build)
