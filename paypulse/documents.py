"""Documents in the invoices bucket: where they lie and what travels with them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from paypulse.clock import from_text, to_text
from paypulse.mail import SenderAuthentication

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_RENTAL_KEY = re.compile(r"invoices/(?P<user_id>[^/]+)/rental/(?P<name>[^/]+)\.pdf")


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """Where a document came from."""

    message_id: str
    sender: str
    received_at: datetime
    authentication: SenderAuthentication


@dataclass(frozen=True, slots=True)
class Document:
    """A rent notice in the bucket, without its content."""

    user_id: str
    key: str
    filename: str
    sha256: str
    source: DocumentSource
    correlation_id: str | None = None  # of the run that stored it; None for one put by hand

    @property
    def document_id(self) -> str:
        """Short name of the content, unique within a message."""
        return self.sha256[:16]


def hash_content(content: bytes) -> str:
    """Return the SHA-256 of a document, in hex."""
    return hashlib.sha256(content).hexdigest()


def rental_key(user_id: str, filename: str, sha256: str | None = None) -> str:
    """Return the object key of a rent notice; `sha256` sets it apart from a namesake.

    Letters outside ASCII are kept as letters: `Hyresavi augusti.pdf` and `avi_å.pdf` stay
    readable, and nothing in a file name can leave the user's folder.
    """
    stem = unicodedata.normalize("NFC", filename).removesuffix(".pdf").removesuffix(".PDF")
    safe = re.sub(r"[^\w.()+-]+", "_", stem).strip("._") or "document"
    suffix = f"_{sha256[:8]}" if sha256 else ""
    return f"{user_prefix(user_id)}rental/{safe[:120]}{suffix}.pdf"


def user_prefix(user_id: str) -> str:
    """Return what the keys of all of a user's documents begin with."""
    return f"invoices/{user_id}/"


def user_of_rental_key(key: str) -> str | None:
    """Return whose rent notice lies at `key`, or None when it is no rent notice's key."""
    match = _RENTAL_KEY.fullmatch(key)
    return match["user_id"] if match else None


def to_metadata(document: Document) -> dict[str, str]:
    """Return what travels with the object; S3 metadata is ASCII, so text is percent-encoded."""
    correlation = {"correlation-id": document.correlation_id} if document.correlation_id else {}
    return {
        **correlation,
        "sha256": document.sha256,
        "filename": quote(document.filename[:200]),
        "message-id": quote(document.source.message_id),
        "sender": quote(document.source.sender),
        "received-at": to_text(document.source.received_at),
        "authentication": document.source.authentication.value,
    }


def from_metadata(
    key: str, metadata: Mapping[str, str], sha256: str, uploaded_at: datetime
) -> Document | None:
    """Describe the object at `key`, or return None when it is no rent notice's key.

    An object without our metadata was put there by hand: its message id is made from its
    content, so that it has a ledger row like any other.
    """
    user_id = user_of_rental_key(key)
    if user_id is None:
        return None
    received = metadata.get("received-at")
    return Document(
        user_id=user_id,
        key=key,
        filename=unquote(metadata.get("filename", "")) or key.rsplit("/", 1)[-1],
        sha256=sha256,
        source=DocumentSource(
            message_id=unquote(metadata.get("message-id", "")) or f"upload-{sha256[:16]}",
            sender=unquote(metadata.get("sender", "")),
            received_at=from_text(received) if received else uploaded_at,
            authentication=SenderAuthentication(metadata.get("authentication", "NONE")),
        ),
        correlation_id=metadata.get("correlation-id"),
    )
