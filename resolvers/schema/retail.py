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
from resolvers.schema.shared import Money, PageInfo, UserError

_ORDER_NUMBER = "The shop's number for the purchase; at most 80 characters."


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


@strawberry.input(description="An amount of money that the user says.")
class AmountInput:
    amount: str = described("As a decimal string without a sign: 8865.00.")
    currency: str = described("ISO 4217: SEK. All amounts of a receipt have the same.")


@strawberry.input(description="One line of a receipt.")
class RetailItemInput:
    name: str = described("What it is; at most 200 characters.")
    quantity: float | None = described("How many or how much; 1 if left out.")
    unit_price: AmountInput | None = described("The price of one.")
    total: AmountInput | None = described("The price of the line.")
    size: str | None = described("Its size.")
    color: str | None = described("Its colour.")
    serial: str | None = described("Its serial number.")
    warranty: str | None = described("Its warranty.")


@strawberry.input(description="A receipt that was not in the mailbox.")
class AddInvoiceInput:
    request_id: strawberry.ID = described(
        "Your name for this request, a UUID for example: repeated, it is still one invoice."
    )
    vendor: str = described("The shop's name; at most 100 characters.")
    category: Category = described("What was bought.")
    invoice_date: AWSDate = described("The day of the purchase.")
    total: AmountInput = described("What was paid, or came back.")
    refund: bool | None = described("The money came back.")
    order_number: str | None = described(_ORDER_NUMBER)
    tax: AmountInput | None = described("The tax in the total.")
    shipping: AmountInput | None = described("What shipping cost.")
    discount: AmountInput | None = described("What was taken off.")
    payment_method: str | None = described("How it was paid; at most 80 characters.")
    items: list[RetailItemInput] | None = described("What was bought; at most 100 items.")


@strawberry.type(description="A receipt that was entered, or what stood in its way.")
class AddInvoicePayload:
    invoice: RetailInvoice | None = described("The invoice.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.input(
    description="What the owner says of a receipt. A field that is left out or null stays as it is;"
    " an empty text or list says that there is none."
)
class CorrectInvoiceInput:
    id: strawberry.ID = described("Which retail invoice.")
    vendor: str | None = described("The shop's name; at most 100 characters.")
    category: Category | None = described("What was bought.")
    invoice_date: AWSDate | None = described("The day of the purchase.")
    total: AmountInput | None = described("What was paid, or came back.")
    order_number: str | None = described(_ORDER_NUMBER)
    tax: AmountInput | None = described("The tax in the total.")
    shipping: AmountInput | None = described("What shipping cost.")
    discount: AmountInput | None = described("What was taken off.")
    payment_method: str | None = described("How it was paid; at most 80 characters.")
    items: list[RetailItemInput] | None = described("All items, at most 100, in place of those.")
    confirm: bool | None = described("Whether everything else is right; clears the warnings.")
    reset: list[CorrectableField] | None = described("What was read counts again.")


@strawberry.type(description="A corrected receipt, or what stood in its way.")
class CorrectInvoicePayload:
    invoice: RetailInvoice | None = described("The invoice as it is now.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.input(description="An invoice to delete.")
class DeleteInvoiceInput:
    id: strawberry.ID = described("Which rental or retail invoice.")


@strawberry.type(description="An invoice that was deleted, or what stood in its way.")
class DeleteInvoicePayload:
    invoice_id: strawberry.ID | None = described("The invoice that is gone.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.input(description="A receipt to read again.")
class ReparseInvoiceInput:
    id: strawberry.ID = described("Which retail invoice.")


@strawberry.type(description="A receipt that will be read again, or what stood in its way.")
class ReparseInvoicePayload:
    invoice: RetailInvoice | None = described(
        "The invoice as it is until then; `onInvoiceEvent` tells when it changed."
    )
    user_errors: list[UserError] = described("What to put right.")
