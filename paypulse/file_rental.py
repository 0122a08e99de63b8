"""Use case: read a rent notice that came into the bucket and file it as an invoice.

Invoice, content marker and ledger change in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from paypulse.file_documents import FilingDesk, file_once
from paypulse.ledger import DocumentOutcome, LedgerDocument
from paypulse.rental import NoticeOutcome
from paypulse.rental_invoices import (
    RentalInvoice,
    compare,
    find_warnings,
    name_invoice,
    name_namesake,
    related_to,
    summarise,
)

if TYPE_CHECKING:
    from paypulse.documents import Document
    from paypulse.ports.gmail import RentNoticeParser
    from paypulse.ports.invoices import RentalInvoiceStore
    from paypulse.rental import NoticeReading
    from paypulse.rental_invoices import InvoiceWarning, NoticeSummary

_OUTCOMES = {
    NoticeOutcome.OK: DocumentOutcome.OK,
    NoticeOutcome.INVALID_OCR: DocumentOutcome.INVALID_OCR,
    NoticeOutcome.INCONSISTENT_TOTAL: DocumentOutcome.INCONSISTENT_TOTAL,
    NoticeOutcome.UNREADABLE: DocumentOutcome.UNREADABLE,
    NoticeOutcome.ENCRYPTED: DocumentOutcome.ENCRYPTED,
    NoticeOutcome.NOT_A_RENT_NOTICE: DocumentOutcome.NOT_A_RENT_NOTICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RentalFiling:
    """Everything that filing needs."""

    parse: RentNoticeParser
    invoices: RentalInvoiceStore
    desk: FilingDesk


def file_document(document: Document, content: bytes, *, using: RentalFiling) -> DocumentOutcome:
    """Read one rent notice and file what it holds; returns and raises as `file_once`."""
    return file_once(
        document, lambda row: _read_and_record(document, content, row, using), using.desk
    )


def _read_and_record(
    document: Document, content: bytes, row: LedgerDocument, using: RentalFiling
) -> LedgerDocument:
    reading = using.parse(content)
    done = replace(
        row,
        outcome=_OUTCOMES[reading.outcome],
        flags=tuple(sorted(flag.value for flag in reading.flags)),
    )
    if reading.notice is None:
        using.desk.ledger.record_document(document, done)
        return done
    return _file(document, reading, done, using)


def _file(
    document: Document, reading: NoticeReading, row: LedgerDocument, using: RentalFiling
) -> LedgerDocument:
    assert reading.notice is not None  # noqa: S101 - the caller has looked; this is for mypy
    now = using.desk.clock()
    invoice = RentalInvoice(
        user_id=document.user_id,
        invoice_id=name_invoice(document, reading.notice),
        notice=reading.notice,
        outcome=reading.outcome,
        warnings=find_warnings(reading, document, using.invoices.summaries(document.user_id)),
        document=document,
        created_at=now,
        updated_at=now,
    )
    namesake_id = name_namesake(invoice.invoice_id, document)
    filed = using.invoices.add(invoice, row, namesake_id=namesake_id)
    if filed.invoice_id is not None and filed.outcome is not DocumentOutcome.DUPLICATE:
        summary = summarise(filed.invoice_id, invoice.notice, document, invoice.warnings)
        _compare_again(summary, using)
    return filed


def _compare_again(invoice: NoticeSummary, using: RentalFiling) -> None:
    """Add the warnings that could not be seen before this invoice was written.

    Notices are read in any order and side by side: the next month's may have come first and
    found nothing to compare itself with, and two may be written at once. Whoever reads after
    writing sees the other one.
    """
    others = related_to(invoice, using.invoices.summaries(invoice.user_id))
    _add_warnings(invoice, compare(invoice, others), using)
    later = [other for other in others if other.due_on > invoice.due_on]
    if later:
        following = min(later, key=lambda other: other.due_on)
        _add_warnings(following, compare(following, [invoice]), using)


def _add_warnings(
    invoice: NoticeSummary, warnings: tuple[InvoiceWarning, ...], using: RentalFiling
) -> None:
    for warning in warnings:
        if warning not in invoice.warnings:
            using.invoices.add_warning(
                invoice.user_id, invoice.invoice_id, warning, now=using.desk.clock()
            )
