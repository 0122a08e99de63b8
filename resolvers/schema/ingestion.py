"""Ingestion runs and the documents that need attention."""

from __future__ import annotations

import strawberry

from resolvers.schema.enums import (
    Category,
    DocumentOutcome,
    MailOutcome,
    RunError,
    RunKind,
    RunOutcome,
    RunStatus,
)
from resolvers.schema.fields import described
from resolvers.schema.scalars import AWSDate, AWSDateTime
from resolvers.schema.shared import DateRange, PageInfo, UserError, VendorCount


@strawberry.type(description="A message that failed in a run.")
class IngestionFailure:
    message_id: strawberry.ID = described("Gmail's id of the message.")
    reason: DocumentOutcome | None = described("What was wrong.")
    retryable: bool = described("Whether the next run tries it again.")


@strawberry.type(
    description="One search of the mailbox; found = parsed + skipped + failed + remaining."
)
class IngestionRun:
    id: strawberry.ID = described("Sorts by time.")
    kind: RunKind = described("What it looks for.")
    status: RunStatus = described("Where it stands.")
    outcome: RunOutcome | None = described("For LATEST_RENTAL: whether the notice is there.")
    error: RunError | None = described("Why it could not be carried out.")
    due_month: str | None = described("For LATEST_RENTAL: the month looked for, 2026-01.")
    category: Category | None = described("For RETAIL: only this category's vendors.")
    date_range: DateRange | None = described("Which mail it looks at; null for all of it.")
    found: int = described("Messages that matched the search.")
    total_emails_found: int = described("The same as `found`.")
    by_vendor: list[VendorCount] = described("Messages stored by this run, by vendor.")
    stored: int = described("Messages whose documents were stored by this run.")
    parsed: int = described("Messages that brought an invoice.")
    skipped: int = described("Messages known already, or without an invoice.")
    failed: int = described("Messages that failed.")
    remaining: int = described("Messages still at work.")
    started_at: AWSDateTime = described("When it was asked for.")
    finished_at: AWSDateTime | None = described("When it ended.")
    failures: list[IngestionFailure] = described("What failed in this run, at most 100.")


@strawberry.type(description="A run in a list.")
class IngestionRunEdge:
    node: IngestionRun = described("The run.")
    cursor: str = described("Its place in the list.")


@strawberry.type(description="Runs, latest first.")
class IngestionRunConnection:
    edges: list[IngestionRunEdge] = described("The runs of this page.")
    page_info: PageInfo = described("Where the page stands.")


@strawberry.input(description="Which rent notices to look for.")
class IngestRentalInvoicesInput:
    since: AWSDate | None = described("Only mail received on or after this day.")


@strawberry.input(description="Which month's rent notice to look for.")
class IngestLatestRentalInvoiceInput:
    due_month: str | None = described("The month it is due in, 2026-01; this month if left out.")


@strawberry.input(
    description="Which receipts to look for; without days, those since the last such run."
)
class IngestRetailInvoicesInput:
    start_date: AWSDate | None = described("The first day; together with `endDate`.")
    end_date: AWSDate | None = described("The last day, included.")
    category: Category | None = described("Only of this category's vendors.")


@strawberry.input(description="From when on to look through the whole mailbox.")
class BackfillInvoicesInput:
    from_: AWSDate = described("The first day.", name="from")


@strawberry.type(description="A run that was started, or what stood in its way.")
class IngestionPayload:
    run: IngestionRun | None = described("The run; follow it with `onIngestionEvent`.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.type(description="A document of a message.")
class MailDocument:
    filename: str = described("Its name in the mail.")
    outcome: DocumentOutcome | None = described("What became of it; null while at work.")
    flags: list[str] = described("What else was noticed: active_content, too_many_pages, …")
    invoice_id: strawberry.ID | None = described("The invoice that it became.")


@strawberry.type(description="A message with a document that needs attention.")
class FailedDocument:
    id: strawberry.ID = described("The same as `messageId`.")
    message_id: strawberry.ID = described("Gmail's id of the message.")
    sender: str | None = described("The sender's address.")
    received_at: AWSDateTime | None = described("When the message came.")
    filename: str | None = described("Name of the document at fault.")
    outcome: MailOutcome = described("What became of the message.")
    reason: DocumentOutcome = described("What is wrong.")
    retryable: bool = described("Whether the next run tries it again.")
    attempts: int = described("How many runs have tried.")
    invoice_id: strawberry.ID | None = described("The invoice that holds the printed values.")
    documents: list[MailDocument] = described("Every document of the message.")
    failed_at: AWSDateTime = described("When this was found.")


@strawberry.type(description="A failed document in a list.")
class FailedDocumentEdge:
    node: FailedDocument = described("The document.")
    cursor: str = described("Its place in the list.")


@strawberry.type(description="Documents that need attention, latest first.")
class FailedDocumentConnection:
    edges: list[FailedDocumentEdge] = described("The documents of this page.")
    page_info: PageInfo = described("Where the page stands.")
