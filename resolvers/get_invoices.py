"""`get_invoices`: lists of invoices, of documents that need attention, of vendors; spending."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from paypulse.aws import clients
from paypulse.aws.documents import S3Documents
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.retail_invoices import DynamoRetailInvoices, parse_detail_tables
from paypulse.aws.vendors import DynamoVendors
from paypulse.clock import utc_now
from paypulse.pages import check_page_size
from paypulse.receipts import Category, ReceiptStatus
from paypulse.rental_invoices import InvoiceStatus
from paypulse.retail_invoices import InvoiceOrder, RetailFilter, find_purchases
from paypulse.settings import load_settings, warm_up
from paypulse.spending import (
    PeriodLength,
    SpendingGroup,
    add_up_purchases,
    add_up_rent,
    make_query,
)
from paypulse.vendors import comparable
from resolvers import _retail_shapes, _shapes
from resolvers._app import Fields
from resolvers._inputs import day, days_between

if TYPE_CHECKING:
    from paypulse.ports.invoices import (
        DocumentStore,
        Ledger,
        RentalInvoiceStore,
        RetailInvoiceStore,
        VendorStore,
    )
    from paypulse.rental_invoices import RentalInvoice
    from paypulse.retail_invoices import RetailInvoice
    from resolvers._app import Caller

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    rental_invoices_table: str
    retail_invoices_table: str
    retail_detail_tables: str
    mail_ledger_table: str
    ingestion_runs_table: str
    invoices_bucket: str
    vendor_config_table: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class _Stores:
    invoices: RentalInvoiceStore
    retail: RetailInvoiceStore
    ledger: Ledger
    documents: DocumentStore
    vendors: VendorStore
    time_zone: ZoneInfo


@cache
def _build() -> _Stores:
    settings = load_settings(Settings)
    dynamodb = clients.dynamodb()
    ledger_table = settings.mail_ledger_table
    return _Stores(
        DynamoRentalInvoices(settings.rental_invoices_table, ledger_table, dynamodb),
        DynamoRetailInvoices(
            settings.retail_invoices_table,
            parse_detail_tables(settings.retail_detail_tables),
            ledger_table,
            dynamodb,
        ),
        DynamoLedger(ledger_table, settings.ingestion_runs_table, dynamodb),
        S3Documents(settings.invoices_bucket, clients.s3(), utc_now),
        DynamoVendors(settings.vendor_config_table, dynamodb),
        ZoneInfo(settings.time_zone),
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
        due=days_between(chosen, "dueFrom", "dueTo"),
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


@fields.query("retailInvoices")
def retail_invoices(
    first: int | None = None,
    after: str | None = None,
    filter: dict[str, Any] | None = None,  # noqa: A002 - the argument's name
) -> dict[str, Any]:
    """Return a page of the caller's retail invoices, latest first unless asked otherwise."""
    chosen, user_id = filter or {}, fields.caller.user_id
    first_day, last_day = days_between(chosen, "from", "to")
    page = _build().retail.list_page(
        user_id,
        check_page_size(first, default=50),
        after,
        chosen=RetailFilter(
            category=_category(chosen),
            vendor=chosen.get("vendor"),
            first_day=first_day,
            last_day=last_day,
            status=ReceiptStatus(chosen["status"]) if chosen.get("status") else None,
        ),
        oldest_first=chosen.get("order") == InvoiceOrder.OLDEST_FIRST,
    )
    wants_purchases = fields.selects("refundOf")
    purchases = find_purchases(user_id, page.items, _build().retail) if wants_purchases else {}
    wanted = _retail_shapes.Wanted.by(fields.selects)
    link = _build().documents.link

    def shape(invoice: RetailInvoice) -> dict[str, Any]:
        refund_of = purchases.get(invoice.invoice_id)
        return _retail_shapes.retail_invoice(invoice, link, refund_of=refund_of, wanted=wanted)

    return _shapes.connection(page, shape, after)


@fields.batch("RetailInvoice.detail")
def details(caller: Caller, sources: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """Return what only their category has, of invoices that are the caller's."""
    categories = {source["id"]: Category[source["category"]] for source in sources}
    found = _build().retail.details(caller.user_id, categories)
    return [
        _retail_shapes.detail(found[source["id"]]) if source["id"] in found else None
        for source in sources
    ]


@fields.query("retailInvoiceCounts")
def retail_invoice_counts() -> list[dict[str, Any]]:
    """Return how many of the caller's retail invoices there are in each category."""
    counts = _build().retail.counts(fields.caller.user_id)
    return [{"category": category.name, "count": count} for category, count in counts.items()]


@fields.query("spending")
def spending(filter: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: A002 - as above
    """Return what the caller spent, period by period."""
    stores, user_id = _build(), fields.caller.user_id
    query = make_query(
        PeriodLength(filter["period"]),
        SpendingGroup(filter["groupBy"]),
        first_day=day(filter["from"], "filter", "from") if filter.get("from") else None,
        last_day=day(filter["to"], "filter", "to") if filter.get("to") else None,
        today=utc_now().astimezone(stores.time_zone).date(),
        category=_category(filter),
        vendor=filter.get("vendor"),
    )
    days = (query.first_day, query.last_day)
    if query.group is SpendingGroup.RENT_LINE:
        periods = add_up_rent(stores.invoices.due_between(user_id, *days), query)
    else:
        periods = add_up_purchases(stores.retail.amounts(user_id, *days), query)
    return [_retail_shapes.spending_period(period) for period in periods]


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
    category = _category(chosen)
    active = chosen.get("active")
    return [
        _shapes.vendor(vendor)
        for vendor in sorted(_build().vendors.all(), key=lambda each: comparable(each.vendor_name))
        if category in (None, vendor.category) and active in (None, vendor.active)
    ]


def _shape(invoice: RentalInvoice) -> dict[str, Any]:
    wants_document = fields.selects("document")
    return _shapes.rental_invoice(invoice, _build().documents.link if wants_document else None)


def _category(chosen: dict[str, Any]) -> Category | None:
    return Category[chosen["category"]] if chosen.get("category") else None


handler = fields
warm_up(_build)
