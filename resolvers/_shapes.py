"""How domain values look in GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paypulse.clock import to_text
from paypulse.rental import RentLineKind
from paypulse.rental_invoices import payment_qr

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from paypulse.accounts import Session, User
    from paypulse.data_exports import DataExport
    from paypulse.devices import Device
    from paypulse.documents import Document
    from paypulse.ledger import LedgerDocument, LedgerEntry
    from paypulse.money import Money
    from paypulse.notification_settings import NotificationSettings
    from paypulse.pages import Page
    from paypulse.rental_invoices import RentalInvoice
    from paypulse.runs import IngestionRun
    from paypulse.vendors import VendorConfig

    # Makes a document's link of its key and file name: the link, and when it stops working.
    type Link = Callable[[str, str], tuple[str, datetime]]


def money(value: Money) -> dict[str, Any]:
    """Return a `Money`; minor units beyond GraphQL's Int are left to `amount`."""
    return {
        "amount": value.amount,
        "minorUnits": value.minor_units if value.fits_int else None,
        "currency": value.currency,
    }


def session(value: Session) -> dict[str, Any]:
    """Return a `Session`."""
    return {
        "accessToken": value.access_token,
        "tokenType": "Bearer",
        "expiresAt": to_text(value.expires_at),
        "refreshToken": value.refresh_token,
        "userId": value.user.user_id,
        "name": value.user.name,
    }


def gmail_connection(user: User) -> dict[str, Any]:
    """Return a `GmailConnection`."""
    return {
        "status": user.gmail_status.value,
        "email": user.gmail_email,
        "connectedAt": _instant(user.gmail_connected_at),
    }


def data_export(
    export: DataExport, now: datetime, link: Callable[[DataExport], str | None]
) -> dict[str, Any]:
    """Return a `DataExport` as it is seen now; `link` makes the archive's link."""
    seen = export.seen_at(now)
    return {
        "id": seen.export_id,
        "status": seen.status.value,
        "error": seen.error.value if seen.error else None,
        "askedAt": to_text(seen.asked_at),
        "finishedAt": _instant(seen.finished_at),
        "url": link(seen),
        "availableUntil": _instant(seen.available_until),
    }


def device(value: Device) -> dict[str, Any]:
    """Return a `Device`; its token stays here."""
    return {
        "id": value.device_id,
        "name": value.name,
        "registeredAt": to_text(value.registered_at),
    }


def ingestion_settings(user: User) -> dict[str, Any]:
    """Return an `IngestionSettings`."""
    return {"discoverReceipts": user.discovers_receipts}


def notification_settings(value: NotificationSettings) -> dict[str, Any]:
    """Return a `NotificationSettings`."""
    return {
        "push": value.push,
        "email": value.email,
        "discreet": value.discreet,
        "language": value.language.value,
        "reminderDays": list(value.reminder_days),
    }


def connection[T](
    page: Page[T], shape: Callable[[T], dict[str, Any]], after: str | None
) -> dict[str, Any]:
    """Return a connection: edges with cursors, and where the page stands."""
    return {
        "edges": [
            {"node": shape(item), "cursor": cursor}
            for item, cursor in zip(page.items, page.cursors, strict=True)
        ],
        "pageInfo": {
            "hasNextPage": page.has_next,
            "hasPreviousPage": after is not None,
            "startCursor": page.cursors[0] if page.cursors else None,
            "endCursor": page.end_cursor,
        },
    }


def document(of: Document, link: Link) -> dict[str, Any]:
    """Return an `InvoiceDocument`."""
    url, expires_at = link(of.key, of.filename)
    return {"filename": of.filename, "url": url, "expiresAt": to_text(expires_at)}


def source(of: Document) -> dict[str, Any]:
    """Return an `InvoiceSource`."""
    return {
        "messageId": of.source.message_id,
        "sender": of.source.sender,
        "receivedAt": to_text(of.source.received_at),
        "authentication": of.source.authentication.value,
    }


def rental_invoice(invoice: RentalInvoice, link: Link | None) -> dict[str, Any]:
    """Return a `RentalInvoice`; `link` makes the document's link, None leaves it out."""
    notice = invoice.notice
    return {
        "id": invoice.invoice_id,
        "ocr": notice.ocr,
        "dueDate": notice.due_on.isoformat(),
        "dueYear": notice.due_on.year,
        "dueMonth": notice.due_on.month,
        "landlord": notice.landlord,
        "bankgiro": notice.bankgiro,
        "total": money(notice.total),
        "rent": money(notice.amount_of(RentLineKind.RENT)),
        "electricity": money(notice.amount_of(RentLineKind.ELECTRICITY)),
        "coldWater": money(notice.amount_of(RentLineKind.COLD_WATER)),
        "hotWater": money(notice.amount_of(RentLineKind.HOT_WATER)),
        "vat": money(notice.vat),
        "lines": [
            {"kind": line.kind.value, "label": line.label, "amount": money(line.amount)}
            for line in notice.lines
        ],
        "status": invoice.status.value,
        "warnings": [warning.value for warning in invoice.warnings],
        "document": document(invoice.document, link) if link else None,
        "source": source(invoice.document),
        "paymentQr": payment_qr(invoice),
        "createdAt": to_text(invoice.created_at),
        "updatedAt": to_text(invoice.updated_at),
    }


def vendor(value: VendorConfig) -> dict[str, Any]:
    """Return a `Vendor`."""
    return {
        "id": value.vendor_id,
        "name": value.vendor_name,
        "category": value.category.name,
        "active": value.active,
        "logoUrl": value.logo_url,
    }


def ingestion_run(
    run: IngestionRun, now: datetime, failures: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return an `IngestionRun` as it is seen now."""
    seen = run.seen_at(now)
    return {
        "id": seen.run_id,
        "kind": seen.kind.value,
        "status": seen.status.value,
        "outcome": seen.outcome.value if seen.outcome else None,
        "error": seen.error.value if seen.error else None,
        "dueMonth": seen.due_month,
        "category": seen.category.name if seen.category else None,
        "dateRange": _date_range(seen),
        "found": seen.found,
        "totalEmailsFound": seen.found,
        "byVendor": [
            {"vendor": vendor, "count": count} for vendor, count in sorted(seen.by_vendor.items())
        ],
        "stored": seen.stored,
        "parsed": seen.parsed,
        "skipped": seen.skipped,
        "failed": seen.failed,
        "remaining": seen.remaining,
        "startedAt": to_text(seen.started_at),
        "finishedAt": _instant(seen.finished_at),
        "failures": failures or [],
    }


def ingestion_failure(entry: LedgerEntry) -> dict[str, Any]:
    """Return an `IngestionFailure`."""
    return {
        "messageId": entry.message_id,
        "reason": entry.reason.value if entry.reason else None,
        "retryable": entry.is_retryable,
    }


def failed_document(entry: LedgerEntry) -> dict[str, Any]:
    """Return a `FailedDocument`."""
    documents = entry.documents.values()
    at_fault = next((doc for doc in documents if doc.outcome is entry.reason), None)
    return {
        "id": entry.message_id,
        "messageId": entry.message_id,
        "sender": entry.sender or None,
        "receivedAt": _instant(entry.received_at),
        "filename": at_fault.filename if at_fault else None,
        "outcome": entry.outcome.value if entry.outcome else None,
        "reason": entry.reason.value if entry.reason else None,
        "retryable": entry.is_retryable,
        "attempts": entry.attempts,
        "invoiceId": at_fault.invoice_id if at_fault else None,
        "documents": [_mail_document(doc) for doc in documents],
        "failedAt": _instant(entry.settled_at),
    }


def _mail_document(document: LedgerDocument) -> dict[str, Any]:
    return {
        "filename": document.filename,
        "outcome": document.outcome.value if document.outcome else None,
        "flags": list(document.flags),
        "invoiceId": document.invoice_id,
    }


def _date_range(run: IngestionRun) -> dict[str, str | None] | None:
    if run.since is None and run.until is None:
        return None
    return {"start": _day(run.since), "end": _day(run.until)}


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _instant(value: datetime | None) -> str | None:
    return to_text(value) if value else None
