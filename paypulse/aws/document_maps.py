"""Documents as DynamoDB maps, for the rows that list them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from paypulse.clock import from_text, to_text
from paypulse.documents import Document, DocumentSource, ReceiptOrigin
from paypulse.mail import SenderAuthentication
from paypulse.receipts import Category, Discovery, ReadingSignal

if TYPE_CHECKING:
    from collections.abc import Mapping


def document_to_map(document: Document) -> dict[str, Any]:
    """Return the map of a receipt's document; whose it is stands in the row's key."""
    origin, source = document.receipt, document.source
    if origin is None:
        raise ValueError(f"{document.key!r} is no receipt's document")
    return {
        "key": document.key,
        "filename": document.filename,
        "sha256": document.sha256,
        "message_id": source.message_id,
        "sender": source.sender,
        "received_at": to_text(source.received_at),
        "authentication": source.authentication.value,
        "category": origin.category.value,
        "vendor_id": origin.vendor_id,
        "discovered_by": origin.discovered_by.value,
        "part": origin.part,
        "sender_name": origin.sender_name,
        "subject": origin.subject,
        "sent_at": origin.sent_at.isoformat() if origin.sent_at else None,
        "signals": sorted(origin.signals),
        "correlation_id": document.correlation_id,
    }


def document_from_map(user_id: str, values: Mapping[str, Any]) -> Document:
    """Read what `document_to_map` wrote."""
    sent_at = values.get("sent_at")
    return Document(
        user_id=user_id,
        key=values["key"],
        filename=values["filename"],
        sha256=values["sha256"],
        source=DocumentSource(
            message_id=values["message_id"],
            sender=values["sender"],
            received_at=from_text(values["received_at"]),
            authentication=SenderAuthentication(values["authentication"]),
        ),
        receipt=ReceiptOrigin(
            category=Category(values["category"]),
            vendor_id=values["vendor_id"],
            discovered_by=Discovery(values["discovered_by"]),
            part=values["part"],
            sender_name=values["sender_name"],
            subject=values["subject"],
            sent_at=datetime.fromisoformat(sent_at) if sent_at else None,
            signals=frozenset(ReadingSignal(name) for name in values["signals"]),
        ),
        correlation_id=values.get("correlation_id"),
    )
