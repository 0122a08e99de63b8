"""What is kept of mails and invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from paypulse.documents import Document
    from paypulse.ledger import Claims, LedgerDocument, LedgerEntry, Settlement
    from paypulse.mail import Mail
    from paypulse.pages import Page
    from paypulse.receipts import Category
    from paypulse.rental_invoices import (
        DueInvoice,
        InvoiceStatus,
        InvoiceWarning,
        NoticeSummary,
        RentalInvoice,
    )
    from paypulse.retail_invoices import (
        OrderMark,
        PurchaseAmount,
        PurchaseDetail,
        RetailFilter,
        RetailInvoice,
    )
    from paypulse.runs import IngestionRun, RunError, RunOutcome, RunStatus
    from paypulse.vendors import VendorConfig


class DocumentStore(Protocol):
    """The invoices bucket."""

    def put(
        self, document: Document, content: bytes, *, namesake_key: str, again: bool = False
    ) -> bool:
        """Store the document; False when another message brought the same one before.

        A message's document is not written twice, unless `again` asks for a new event. Another
        document under its key is kept; this one then goes to `namesake_key`.
        """
        ...

    def get(self, key: str, version_id: str | None = None) -> tuple[Document, bytes] | None:
        """Return the document, or None when it is gone or no rent notice's key."""
        ...

    def erase(self, key: str) -> None:
        """Remove every version of the document; absent is fine."""
        ...

    def link(self, key: str, filename: str) -> tuple[str, datetime]:
        """Return a link that opens the document in a browser, and when it stops working."""
        ...


class Ledger(Protocol):
    """The mail ledger (table MailLedger); see `paypulse.ledger` for the states of a row."""

    def claim(
        self, user_id: str, message_ids: Sequence[str], run_id: str, *, now: datetime
    ) -> Claims:
        """Claim the messages that this run should work on, in the order given.

        Left out are those that are settled for good, at work in a live run, or stored already
        by this one.
        """
        ...

    def expect_documents(self, user_id: str, mail: Mail, count: int, *, now: datetime) -> bool:
        """Note how many documents of the mail go to the bucket; before the first one does.

        False when another delivery has settled the message meanwhile, or its user was erased.
        """
        ...

    def mark_stored(
        self, user_id: str, message_id: str, run_id: str, *, vendor: str = "", now: datetime
    ) -> None:
        """Note that they are all there, and count the message as stored, by vendor; once."""
        ...

    def begin_document(self, document: Document, *, now: datetime) -> LedgerDocument:
        """Count one more attempt at reading; a document that was put by hand gets a row."""
        ...

    def record_document(self, document: Document, row: LedgerDocument) -> None:
        """Keep the outcome of a document that became no invoice; the first outcome stays."""
        ...

    def get(self, user_id: str, message_id: str) -> LedgerEntry | None:
        """Return the row of a message."""
        ...

    def settle(self, entry: LedgerEntry, settlement: Settlement, *, now: datetime) -> None:
        """End a message and count it in its run, in one transaction; once."""
        ...

    def list_failed(self, user_id: str, first: int, after: str | None) -> Page[LedgerEntry]:
        """Return a page of the messages that need attention, latest first.

        Raises:
            RequestError: VALIDATION_FAILED, `after` is no cursor of this list.
        """
        ...


class RunStore(Protocol):
    """Ingestion runs (table IngestionRuns)."""

    def add(self, run: IngestionRun) -> IngestionRun:
        """Keep a new run, or return the one with that id that is there already."""
        ...

    def get(self, user_id: str, run_id: str) -> IngestionRun | None:
        """Return the run."""
        ...

    def start(self, user_id: str, run_id: str, *, now: datetime) -> IngestionRun | None:
        """Mark a queued run as running and return it as it is now."""
        ...

    def note_history(self, run: IngestionRun, history_id: str, *, now: datetime) -> IngestionRun:
        """Keep where the mailbox's history stood when the run began; the first time counts."""
        ...

    def count_page(
        self, run: IngestionRun, *, found: int, mine: int, elsewhere: int = 0, now: datetime
    ) -> None:
        """Add the page in work to the counts; once a page."""
        ...

    def turn_page(self, run: IngestionRun, next_page: str | None, *, now: datetime) -> IngestionRun:
        """Go on to the next page, or note that the search is listed to its end."""
        ...

    def fail(self, user_id: str, run_id: str, error: RunError, *, now: datetime) -> None:
        """End a run that could not be carried out; no effect on one that is over."""
        ...

    def close(
        self, run: IngestionRun, status: RunStatus, outcome: RunOutcome | None, *, now: datetime
    ) -> None:
        """End a complete run; no effect on one that is over."""
        ...

    def list_page(self, user_id: str, first: int, after: str | None) -> Page[IngestionRun]:
        """Return a page of the user's runs, latest first. Raises as `Ledger.list_failed`."""
        ...


class RentalInvoiceStore(Protocol):
    """Rental invoices (table RentalInvoices)."""

    def add(
        self, invoice: RentalInvoice, row: LedgerDocument, *, namesake_id: str
    ) -> LedgerDocument:
        """Keep the invoice and its document's outcome in one transaction.

        Returns:
            The document's row as it is now: with the invoice's id; with outcome DUPLICATE and
            the id of the invoice that has this content already; or as another delivery left
            it. A different document with the same id is kept, this one gets `namesake_id`.
        """
        ...

    def add_warning(
        self, user_id: str, invoice_id: str, warning: InvoiceWarning, *, now: datetime
    ) -> None:
        """Add a warning to a kept invoice; twice changes nothing."""
        ...

    def withdraw_warning(
        self, user_id: str, invoice_id: str, warning: InvoiceWarning, *, now: datetime
    ) -> None:
        """Take a warning back; twice changes nothing.

        Raises:
            ChangedMeanwhile: another warning came at the same moment; ask again.
        """
        ...

    def get(self, user_id: str, invoice_id: str) -> RentalInvoice | None:
        """Return the user's invoice; another user's is as absent as none."""
        ...

    def all_of(self, user_id: str) -> list[RentalInvoice]:
        """Return all of a user's invoices."""
        ...

    def summaries(self, user_id: str) -> list[NoticeSummary]:
        """Return what all of a user's invoices are compared by."""
        ...

    def due_between(self, user_id: str, first_day: date, last_day: date) -> Iterator[RentalInvoice]:
        """Yield what is due between two days, both included; eventually consistent."""
        ...

    def delete(self, user_id: str, invoice_id: str) -> None:
        """Remove the invoice; absent is fine."""
        ...

    def has_due_month(self, user_id: str, month: str) -> bool:
        """Tell whether a notice is due in `month` (`2026-01`)."""
        ...

    def list_due(self, month: str, after: str | None) -> Page[DueInvoice]:
        """Return a page of everyone's invoices that are due in `month`; eventually consistent."""
        ...

    def list_page(
        self,
        user_id: str,
        first: int,
        after: str | None,
        *,
        due: tuple[date | None, date | None] = (None, None),
        status: InvoiceStatus | None = None,
    ) -> Page[RentalInvoice]:
        """Return a page of invoices, latest due date first; eventually consistent.

        Args:
            due: First and last due date, either may be open.

        Raises:
            RequestError: VALIDATION_FAILED, `after` is no cursor of this list.
        """
        ...


class RetailInvoiceStore(Protocol):
    """Retail invoices (table RetailInvoices and the eight tables with details)."""

    def save(
        self,
        invoice: RetailInvoice,
        *,
        was: RetailInvoice | None,
        filed: tuple[Document, LedgerDocument] | None = None,
        order: OrderMark | None = None,
    ) -> LedgerDocument | None:
        """Keep the invoice in place of `was`, with all that belongs to it, or nothing of it.

        Args:
            was: The invoice as it was read; None for one that is new.
            filed: The document that this is about, and its outcome.
            order: The order number that this invoice now stands for, as it was read.

        Returns:
            The document's row as it is now: `filed`'s; DUPLICATE with the id of the invoice that
            has this content already; or as another delivery left it.

        Raises:
            ChangedMeanwhile: the invoice or the order is not as it was read.
        """
        ...

    def attach(self, document: Document, row: LedgerDocument, order: OrderMark) -> LedgerDocument:
        """Let a mail about an order wait for the order's invoice; raises as `save` does."""
        ...

    def find_order(self, user_id: str, order_key: str) -> OrderMark:
        """Return what is known of an order number."""
        ...

    def find_orders(self, user_id: str, order_keys: Iterable[str]) -> dict[str, str]:
        """Return the ids of the invoices of these orders; eventually consistent."""
        ...

    def get(self, user_id: str, invoice_id: str) -> RetailInvoice | None:
        """Return the user's invoice; another user's is as absent as none."""
        ...

    def list_page(
        self,
        user_id: str,
        first: int,
        after: str | None,
        *,
        chosen: RetailFilter,
        oldest_first: bool = False,
    ) -> Page[RetailInvoice]:
        """Return a page of invoices, latest first; eventually consistent.

        Raises:
            RequestError: VALIDATION_FAILED, `after` is no cursor of this list.
        """
        ...

    def counts(self, user_id: str) -> dict[Category, int]:
        """Return how many invoices there are in each category; eventually consistent."""
        ...

    def amounts(self, user_id: str, first_day: date, last_day: date) -> Iterator[PurchaseAmount]:
        """Yield what was spent between two days, both included; eventually consistent."""
        ...

    def details(self, user_id: str, invoices: Mapping[str, Category]) -> dict[str, PurchaseDetail]:
        """Return the detail rows that are the user's, by invoice id."""
        ...

    def delete(self, invoice: RetailInvoice) -> None:
        """Remove the invoice, its details, and that its order number stands for it.

        Raises:
            ChangedMeanwhile: the invoice or the order is not as it was read.
        """
        ...


class VendorStore(Protocol):
    """The vendors of receipts (table VendorConfig)."""

    def all(self) -> tuple[VendorConfig, ...]:
        """Return every vendor, inactive ones too; up to five minutes old.

        A row that cannot be read is left out and logged under its vendor id.
        """
        ...

    def rows(self) -> list[dict[str, Any]]:
        """Return every row as it stands now, also those that cannot be read."""
        ...

    def put(self, row: Mapping[str, Any]) -> None:
        """Write a vendor's row, replacing an earlier one whole.

        Raises:
            ConfigurationError: the table is missing, or does not take the row.
        """
        ...
