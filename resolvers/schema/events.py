"""What live subscribers are told; all nullable but the ids, as AppSync's delivery asks for."""

from __future__ import annotations

import strawberry

from resolvers.schema.directives import PUBLISHED
from resolvers.schema.enums import (
    Category,
    InvoiceEventType,
    InvoiceKind,
    InvoiceStatus,
    InvoiceWarning,
    RunError,
    RunKind,
    RunOutcome,
    RunStatus,
)
from resolvers.schema.fields import described
from resolvers.schema.scalars import AWSDate, AWSDateTime
from resolvers.schema.shared import (
    DateRange,
    DateRangeInput,
    Money,
    MoneyInput,
    VendorCount,
    VendorCountInput,
)

_EVENT_ID = "The same however often the event is delivered."


@strawberry.type(description="An invoice came, changed or went.", directives=PUBLISHED)
class InvoiceEvent:
    event_id: strawberry.ID = described(_EVENT_ID)
    user_id: strawberry.ID = described("Whose invoice it is.")
    invoice_id: strawberry.ID = described("The invoice.")
    type: InvoiceEventType | None = described("What happened.")
    kind: InvoiceKind | None = described("Which list it belongs to.")
    title: str | None = described("The landlord's or the shop's name.")
    category: Category | None = described("For a receipt: what was bought.")
    total: Money | None = described("The amount; null where it was not found.")
    due_date: AWSDate | None = described("When to pay.")
    invoice_date: AWSDate | None = described("For a receipt: the day of the purchase.")
    status: InvoiceStatus | None = described("Whether to look at it.")
    warnings: list[InvoiceWarning] | None = described("Why to look at it.")
    occurred_at: AWSDateTime | None = described("When it happened.")


@strawberry.input(description="An invoice came, changed or went.")
class PublishInvoiceEventInput:
    event_id: strawberry.ID = described(_EVENT_ID)
    user_id: strawberry.ID = described("Whose invoice it is.")
    invoice_id: strawberry.ID = described("The invoice.")
    type: InvoiceEventType | None = described("What happened.")
    kind: InvoiceKind | None = described("Which list it belongs to.")
    title: str | None = described("The landlord's or the shop's name.")
    category: Category | None = described("For a receipt: what was bought.")
    total: MoneyInput | None = described("The amount; null where it was not found.")
    due_date: AWSDate | None = described("When to pay.")
    invoice_date: AWSDate | None = described("For a receipt: the day of the purchase.")
    status: InvoiceStatus | None = described("Whether to look at it.")
    warnings: list[InvoiceWarning] | None = described("Why to look at it.")
    occurred_at: AWSDateTime | None = described("When it happened.")


@strawberry.type(description="A run moved on.", directives=PUBLISHED)
class IngestionEvent:
    event_id: strawberry.ID = described(_EVENT_ID)
    user_id: strawberry.ID = described("Whose run it is.")
    run_id: strawberry.ID = described("The run.")
    kind: RunKind | None = described("What it looks for.")
    status: RunStatus | None = described("Where it stands.")
    outcome: RunOutcome | None = described("For LATEST_RENTAL: whether the notice is there.")
    error: RunError | None = described("Why it could not be carried out.")
    found: int | None = described("Messages that matched the search.")
    stored: int | None = described("Messages whose documents were stored.")
    parsed: int | None = described("Messages that brought an invoice.")
    skipped: int | None = described("Messages known already, or without an invoice.")
    failed: int | None = described("Messages that failed.")
    remaining: int | None = described("Messages still at work.")
    by_vendor: list[VendorCount] | None = described("Messages stored by the run, by vendor.")
    date_range: DateRange | None = described("Which mail it looks at; null for all of it.")
    occurred_at: AWSDateTime | None = described("When it moved.")


@strawberry.input(description="A run moved on.")
class PublishIngestionEventInput:
    event_id: strawberry.ID = described(_EVENT_ID)
    user_id: strawberry.ID = described("Whose run it is.")
    run_id: strawberry.ID = described("The run.")
    kind: RunKind | None = described("What it looks for.")
    status: RunStatus | None = described("Where it stands.")
    outcome: RunOutcome | None = described("For LATEST_RENTAL: whether the notice is there.")
    error: RunError | None = described("Why it could not be carried out.")
    found: int | None = described("Messages that matched the search.")
    stored: int | None = described("Messages whose documents were stored.")
    parsed: int | None = described("Messages that brought an invoice.")
    skipped: int | None = described("Messages known already, or without an invoice.")
    failed: int | None = described("Messages that failed.")
    remaining: int | None = described("Messages still at work.")
    by_vendor: list[VendorCountInput] | None = described("Messages stored by the run, by vendor.")
    date_range: DateRangeInput | None = described("Which mail it looks at; null for all of it.")
    occurred_at: AWSDateTime | None = described("When it moved.")
