"""What live subscribers are told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from paypulse.money import Money
    from paypulse.rental_invoices import InvoiceStatus, InvoiceWarning, RentalInvoice
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
    title: str
    total: Money
    due_on: date | None
    status: InvoiceStatus
    warnings: tuple[InvoiceWarning, ...]
    occurred_at: datetime


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
