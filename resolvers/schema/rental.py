"""Rental invoices."""

from __future__ import annotations

import strawberry

from resolvers.schema.enums import (
    InvoiceStatus,
    InvoiceWarning,
    RentLineKind,
    SenderAuthentication,
)
from resolvers.schema.fields import described
from resolvers.schema.scalars import AWSURL, AWSDate, AWSDateTime
from resolvers.schema.shared import Money, PageInfo


@strawberry.type(description="A row of a rent notice.")
class RentLine:
    kind: RentLineKind = described("What it is for.")
    label: str = described("As printed.")
    amount: Money = described("Negative for a rebate.")


@strawberry.type(description="The document behind an invoice.")
class InvoiceDocument:
    filename: str = described("Its name in the mail.")
    url: AWSURL = described("Opens the document; do not keep it.")
    expires_at: AWSDateTime = described("When the link stops working.")


@strawberry.type(description="The mail that brought an invoice.")
class InvoiceSource:
    message_id: strawberry.ID = described("Gmail's id of the message.")
    sender: str = described("The sender's address.")
    received_at: AWSDateTime = described("When it came.")
    authentication: SenderAuthentication = described("Whether the sender is proved.")


@strawberry.type(description="A rent notice. A row that is not printed counts as 0.")
class RentalInvoice:
    id: strawberry.ID = described("Invoice_ and the notice's number.")
    ocr: str | None = described("The payment reference.")
    due_date: AWSDate = described("When to pay.")
    due_year: int = described("The due date's year.")
    due_month: int = described("The due date's month, 1 to 12.")
    landlord: str | None = described("Who is paid.")
    bankgiro: str | None = described("The account to pay to: 555-1234.")
    total: Money = described("The amount to pay, as printed.")
    rent: Money = described("Base rent.")
    electricity: Money = described("Electricity.")
    cold_water: Money = described("Cold water.")
    hot_water: Money = described("Hot water.")
    vat: Money = described("VAT.")
    lines: list[RentLine] = described("Every printed row, in order.")
    status: InvoiceStatus = described("Whether to look before paying.")
    warnings: list[InvoiceWarning] = described("Why to look before paying.")
    document: InvoiceDocument | None = described("The notice itself.")
    source: InvoiceSource = described("Where it came from.")
    payment_qr: str | None = described(
        "Payload of the Swedish invoice QR code; null until every warning is cleared."
    )
    created_at: AWSDateTime = described("When it was read.")
    updated_at: AWSDateTime = described("When it last changed.")


@strawberry.type(description="A rental invoice in a list.")
class RentalInvoiceEdge:
    node: RentalInvoice = described("The invoice.")
    cursor: str = described("Its place in the list.")


@strawberry.type(description="Rental invoices, latest due date first.")
class RentalInvoiceConnection:
    edges: list[RentalInvoiceEdge] = described("The invoices of this page.")
    page_info: PageInfo = described("Where the page stands.")


@strawberry.type(description="The rental invoices of one year.")
class RentalInvoiceYear:
    year: int = described("By due date.")
    invoices: list[RentalInvoice] = described("Latest due date first.")


@strawberry.input(description="Which rental invoices to list.")
class RentalInvoiceFilter:
    year: int | None = described("Due in this year.")
    due_from: AWSDate | None = described("Due on or after this day.")
    due_to: AWSDate | None = described("Due on or before this day.")
    status: InvoiceStatus | None = described("Only those with this status.")
