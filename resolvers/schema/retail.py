"""Retail invoices: purchases and refunds, read from receipts or entered by their owner."""

from __future__ import annotations

import strawberry

from resolvers.schema.details import RetailDetail, RetailItem
from resolvers.schema.enums import (
    Category,
    CorrectableField,
    Discovery,
    InvoiceOrder,
    InvoiceStatus,
    InvoiceType,
    InvoiceWarning,
    ValueSource,
)
from resolvers.schema.fields import described
from resolvers.schema.rental import InvoiceDocument, InvoiceSource
from resolvers.schema.scalars import AWSDate, AWSDateTime
from resolvers.schema.shared import Money, PageInfo


@strawberry.type(description="Where a value of a receipt comes from.")
class ReceiptValue:
    name: str = described("The field, such as total or items[0].name.")
    value: str = described("As it was read.")
    source: ValueSource = described("Where it was read.")
    quote: str | None = described("The words in the mail that it stands on.")


@strawberry.type(description="A purchase or a refund; a value that was not found is null.")
class RetailInvoice:
    id: strawberry.ID = described("Never changes.")
    type: InvoiceType = described("Which way the money went.")
    vendor: str = described("The shop's name.")
    vendor_id: strawberry.ID | None = described("The shop among `vendors`; null for any other.")
    category: Category = described("What was bought.")
    order_number: str | None = described("The shop's number for the purchase.")
    invoice_date: AWSDate = described("The day of the purchase, else of its first mail.")
    total: Money | None = described("What was paid, or came back; never negative.")
    tax: Money | None = described("The tax in it.")
    shipping: Money | None = described("What shipping cost.")
    discount: Money | None = described("What was taken off; positive.")
    currency: str | None = described("ISO 4217, also where the total was not found.")
    items: list[RetailItem] = described("What was bought, in the receipt's order.")
    payment_method: str | None = described("How it was paid, as printed.")
    status: InvoiceStatus = described("Whether the values were checked.")
    warnings: list[InvoiceWarning] = described("Why to look at it.")
    fields: list[ReceiptValue] = described("Where each value comes from.")
    corrected: list[CorrectableField] = described("What the owner said instead of what was read.")
    reviewed: bool = described("Whether the owner looked and confirmed it.")
    discovered_by: Discovery = described("How PayPulse came to it.")
    document: InvoiceDocument | None = described("The first mail; null when entered by hand.")
    documents: list[InvoiceDocument] = described("Every mail about it, in the order they came.")
    source: InvoiceSource | None = described("Where the first mail came from.")
    refund_of: strawberry.ID | None = described("For a refund: the purchase, where it is known.")
    detail: RetailDetail | None = described("What only its category has.")
    created_at: AWSDateTime = described("When it was read or entered.")
    updated_at: AWSDateTime = described("When it last changed.")


@strawberry.type(description="A retail invoice in a list.")
class RetailInvoiceEdge:
    node: RetailInvoice = described("The invoice.")
    cursor: str = described("Its place in the list.")


@strawberry.type(description="Retail invoices, latest first unless asked otherwise.")
class RetailInvoiceConnection:
    edges: list[RetailInvoiceEdge] = described("The invoices of this page.")
    page_info: PageInfo = described("Where the page stands.")


@strawberry.input(description="Which retail invoices to list, and in which order.")
class RetailInvoiceFilter:
    category: Category | None = described("Only this category.")
    vendor: str | None = described("Only this shop, by name or id; in any case.")
    year: int | None = described("Only this year.")
    from_: AWSDate | None = described("Only on or after this day.", name="from")
    to: AWSDate | None = described("Only on or before this day.")
    status: InvoiceStatus | None = described("Only those with this status.")
    order: InvoiceOrder | None = described("NEWEST_FIRST unless told otherwise.")


@strawberry.type(description="How many retail invoices there are in a category.")
class CategoryCount:
    category: Category = described("The category.")
    count: int = described("How many, refunds among them.")
