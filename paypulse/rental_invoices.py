"""Rental invoices: a notice with its source, what speaks against paying it, and how to pay it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from paypulse.mail import SenderAuthentication
from paypulse.rental import NoticeOutcome, ReadingFlag

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from paypulse.documents import Document
    from paypulse.rental import NoticeReading, RentNotice

# Stored with every invoice, so that a better parser knows what to read again.
EXTRACTOR_VERSION = "hyresavi-1"


class InvoiceStatus(StrEnum):
    """Whether an invoice can be taken as it is."""

    OK = "OK"
    NEEDS_REVIEW = "NEEDS_REVIEW"


class InvoiceWarning(StrEnum):
    """A named reason to look before paying."""

    INVALID_OCR = "INVALID_OCR"
    MISSING_OCR = "MISSING_OCR"
    INCONSISTENT_TOTAL = "INCONSISTENT_TOTAL"
    BANKGIRO_CHANGED = "BANKGIRO_CHANGED"
    SECOND_NOTICE_FOR_MONTH = "SECOND_NOTICE_FOR_MONTH"
    UNVERIFIED_SENDER = "UNVERIFIED_SENDER"
    ACTIVE_CONTENT = "ACTIVE_CONTENT"


@dataclass(frozen=True, slots=True)
class RentalInvoice:
    """A rent notice as kept for its payer."""

    user_id: str
    invoice_id: str
    notice: RentNotice
    outcome: NoticeOutcome
    warnings: tuple[InvoiceWarning, ...]
    document: Document
    created_at: datetime
    updated_at: datetime
    extractor_version: str = EXTRACTOR_VERSION

    @property
    def status(self) -> InvoiceStatus:
        """NEEDS_REVIEW as soon as anything speaks against paying."""
        return InvoiceStatus.NEEDS_REVIEW if self.warnings else InvoiceStatus.OK

    @property
    def due_on(self) -> date:
        """The day on which it is due."""
        return self.notice.due_on


@dataclass(frozen=True, slots=True)
class NoticeSummary:
    """As much of an invoice as comparing it with others needs."""

    user_id: str
    invoice_id: str
    due_on: date
    bankgiro: str | None
    sender: str
    sha256: str
    warnings: tuple[InvoiceWarning, ...]


@dataclass(frozen=True, slots=True)
class DueInvoice:
    """As much of an invoice as deciding whether to look at it needs."""

    user_id: str
    invoice_id: str
    due_on: date


def name_invoice(document: Document, notice: RentNotice) -> str:
    """Return the id of a rent notice: the number in its file name, else its OCR number.

    A notice with neither is named after its content.
    """
    in_name = re.findall(r"\d{4,}", document.filename)
    number = in_name[-1] if in_name else notice.ocr or document.document_id
    return f"Invoice_{number}"


def name_namesake(invoice_id: str, document: Document) -> str:
    """Return the id of a different document that would get an id already in use."""
    return f"{invoice_id}_{document.sha256[:8]}"


def find_warnings(
    reading: NoticeReading, document: Document, others: Iterable[NoticeSummary]
) -> tuple[InvoiceWarning, ...]:
    """Return what speaks against paying, judged by the reading and the user's other notices."""
    notice = reading.notice
    if notice is None:
        return ()
    found = {
        InvoiceWarning.INVALID_OCR: (
            reading.outcome is NoticeOutcome.INVALID_OCR and notice.ocr is not None
        ),
        InvoiceWarning.MISSING_OCR: notice.ocr is None,
        InvoiceWarning.INCONSISTENT_TOTAL: reading.outcome is NoticeOutcome.INCONSISTENT_TOTAL,
        InvoiceWarning.UNVERIFIED_SENDER: (
            document.source.authentication is not SenderAuthentication.PASS
        ),
        InvoiceWarning.ACTIVE_CONTENT: ReadingFlag.ACTIVE_CONTENT in reading.flags,
    }
    summary = summarise("", notice, document)
    compared = compare(summary, related_to(summary, others))
    return (*(warning for warning, applies in found.items() if applies), *compared)


def compare(one: NoticeSummary, related: Iterable[NoticeSummary]) -> tuple[InvoiceWarning, ...]:
    """Return the warnings that come from the issuer's other notices.

    BANKGIRO_CHANGED looks at the last one due before; SECOND_NOTICE_FOR_MONTH at those due in
    the same month.
    """
    others = sorted(related, key=lambda other: other.due_on)
    earlier = [other.bankgiro for other in others if other.due_on < one.due_on and other.bankgiro]
    found = {
        InvoiceWarning.BANKGIRO_CHANGED: bool(
            earlier and one.bankgiro and earlier[-1] != one.bankgiro
        ),
        InvoiceWarning.SECOND_NOTICE_FOR_MONTH: any(
            due_month(other.due_on) == due_month(one.due_on) for other in others
        ),
    }
    return tuple(warning for warning, applies in found.items() if applies)


def related_to(one: NoticeSummary, others: Iterable[NoticeSummary]) -> list[NoticeSummary]:
    """Return the other notices of the same issuer, known by its proved sender address."""
    return [other for other in others if other.sender == one.sender and other.sha256 != one.sha256]


def summarise(
    invoice_id: str,
    notice: RentNotice,
    document: Document,
    warnings: tuple[InvoiceWarning, ...] = (),
) -> NoticeSummary:
    """Return what notices are compared by."""
    return NoticeSummary(
        user_id=document.user_id,
        invoice_id=invoice_id,
        due_on=notice.due_on,
        bankgiro=notice.bankgiro,
        sender=document.source.sender,
        sha256=document.sha256,
        warnings=warnings,
    )


def due_month(day: date) -> str:
    """Return the month that a notice is for, by its due date: `2026-01`."""
    return f"{day:%Y-%m}"


def payment_qr(invoice: RentalInvoice) -> str | None:
    """Return the Swedish invoice QR payload, or None when the invoice must be reviewed first.

    Source: usingqr.com, "Specifikation för QR-kod på faktura", version 1. Amounts are written
    from minor units, so that no float is involved.
    """
    notice = invoice.notice
    if invoice.warnings or not notice.bankgiro or not notice.ocr:
        return None
    payload = {
        "uqr": 1,
        "tp": 1,
        "nme": notice.landlord or "",
        "cc": "SE",
        "iref": notice.ocr,
        "ddt": f"{notice.due_on:%Y%m%d}",
        "due": "@",
        "pt": "BG",
        "acc": notice.bankgiro,
    }
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return text.replace('"@"', notice.total.amount, 1)
