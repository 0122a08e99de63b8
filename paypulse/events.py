"""What live subscribers are told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from paypulse.money import Money
    from paypulse.receipts import Category, ReceiptStatus, ReceiptWarning
    from paypulse.rental_invoices import InvoiceStatus, InvoiceWarning, RentalInvoice
    from paypulse.retail_invoices import RetailInvoice
    from paypulse.runs import IngestionRun


class InvoiceEventType(StrEnum):
    """What happened to an invoice."""

    ADDED = "ADDED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"


class InvoiceKind(StrEnum):
    """Which list an invoice belongs to."""

    RENTAL = "RENTAL"
    RETAIL = "RETAIL"


@dataclass(frozen=True, slots=True)
class InvoiceEvent:
    """An invoice came, changed or went; `event_id` is the same however often it is sent."""

    event_id: str
    type: InvoiceEventType
    kind: InvoiceKind
    user_id: str
    invoice_id: str
    title: str  # the landlord's or the shop's name
    total: Money | None
    due_on: date | None
    status: InvoiceStatus | ReceiptStatus
    warnings: tuple[InvoiceWarning | ReceiptWarning, ...]
    occurred_at: datetime
    category: Category | None = None  # of a receipt
    invoice_date: date | None = None  # of a receipt


@dataclass(frozen=True, slots=True)
class IngestionEvent:
    """A run moved on."""

    event_id: str
    run: IngestionRun
    occurred_at: datetime


def rental_event(
    event_id: str, type_: InvoiceEventType, invoice: RentalInvoice, occurred_at: datetime
) -> InvoiceEvent:
    """Describe what happened to a rental invoice."""
    return InvoiceEvent(
        event_id=event_id,
        type=type_,
        kind=InvoiceKind.RENTAL,
        user_id=invoice.user_id,
        invoice_id=invoice.invoice_id,
        title=invoice.notice.landlord or "",
        total=invoice.notice.total,
        due_on=invoice.due_on,
        status=invoice.status,
        warnings=invoice.warnings,
        occurred_at=occurred_at,
    )


def retail_event(
    event_id: str, type_: InvoiceEventType, invoice: RetailInvoice, occurred_at: datetime
) -> InvoiceEvent:
    """Describe what happened to a retail invoice."""
    receipt = invoice.receipt
    return InvoiceEvent(
        event_id=event_id,
        type=type_,
        kind=InvoiceKind.RETAIL,
        user_id=invoice.user_id,
        invoice_id=invoice.invoice_id,
        title=receipt.vendor,
        total=receipt.total,
        due_on=receipt.details.due_on,
        status=invoice.status,
        warnings=invoice.warnings,
        occurred_at=occurred_at,
        category=receipt.category,
        invoice_date=invoice.invoice_date,
    )
