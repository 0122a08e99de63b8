"""Documents in the invoices bucket: where they lie and what travels with them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from paypulse.clock import from_text, to_text
from paypulse.mail import SenderAuthentication
from paypulse.receipts import Category, Discovery, ReadingSignal

if TYPE_CHECKING:
    from collections.abc import Mapping

_RENTAL_KEY = re.compile(r"invoices/(?P<user_id>[^/]+)/rental/(?P<name>[^/]+)\.pdf")
_RETAIL_KEY = re.compile(
    r"invoices/(?P<user_id>[^/]+)/retail/(?P<sub_type>[a-z-]+)/(?P<name>[^/]+)\.(?:html|pdf)"
)
# S3 allows 2 KB of metadata altogether; only texts for people are cut.
_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """Where a document came from."""

    message_id: str
    sender: str
    received_at: datetime
    authentication: SenderAuthentication


@dataclass(frozen=True, slots=True)
class ReceiptOrigin:
    """What the document of a receipt brings along from its mail."""

    category: Category
    vendor_id: str  # "" for a sender that no configuration knows
    discovered_by: Discovery
    part: str = "body"  # which part of the message it is: body, pdf1, pdf2, …
    sender_name: str = ""
    subject: str = ""
    sent_at: datetime | None = None  # with the sender's own offset
    signals: frozenset[ReadingSignal] = frozenset()


@dataclass(frozen=True, slots=True)
class Document:
    """A rent notice or a receipt in the bucket, without its content."""

    user_id: str
    key: str
    filename: str
    sha256: str
    source: DocumentSource
    receipt: ReceiptOrigin | None = None  # None for a rent notice
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


def retail_key(user_id: str, origin: ReceiptOrigin, message_id: str, day: str) -> str:
    """Return the object key of a receipt: `retail/{sub_type}/{vendor}_{day}_{hash}.html`.

    The hash is of message and part, so no two mails meet; a PDF ends in `.pdf`. Nothing is ever
    read back out of the name.
    """
    vendor = re.sub(r"[^\w.&-]+", "_", origin.vendor_id) or "unknown"
    name = hash_content(f"{message_id}/{origin.part}".encode())[:8]
    suffix = "pdf" if origin.part.startswith("pdf") else "html"
    folder = f"{user_prefix(user_id)}retail/{origin.category.value}"
    return f"{folder}/{vendor[:80]}_{day}_{name}.{suffix}"


def user_prefix(user_id: str) -> str:
    """Return what the keys of all of a user's documents begin with."""
    return f"invoices/{user_id}/"


def is_retail_key(key: str) -> bool:
    """Tell whether a receipt lies at `key`."""
    return _RETAIL_KEY.fullmatch(key) is not None


def to_metadata(document: Document) -> dict[str, str]:
    """Return what travels with the object; S3 metadata is ASCII, so text is percent-encoded."""
    correlation = {"correlation-id": document.correlation_id} if document.correlation_id else {}
    metadata = {
        **correlation,
        "sha256": document.sha256,
        "filename": _quoted(document.filename, _MAX_TEXT),
        "message-id": quote(document.source.message_id),
        "sender": quote(document.source.sender),
        "received-at": to_text(document.source.received_at),
        "authentication": document.source.authentication.value,
    }
    origin = document.receipt
    if origin is not None:
        metadata |= {
            "vendor-id": quote(origin.vendor_id),
            "discovered-by": origin.discovered_by.value,
            "part": origin.part,
            "sender-name": _quoted(origin.sender_name, _MAX_TEXT // 2),
            "subject": _quoted(origin.subject, _MAX_TEXT),
            "sent-at": origin.sent_at.isoformat() if origin.sent_at else "",
            "signals": ",".join(sorted(origin.signals)),
        }
    return {name: value for name, value in metadata.items() if value}


def from_metadata(
    key: str, metadata: Mapping[str, str], sha256: str, uploaded_at: datetime
) -> Document | None:
    """Describe the object at `key`, or return None when it is no document's key.

    An object without our metadata was put there by hand: its message id is made from its
    content, so that it has a ledger row like any other.
    """
    match = _RENTAL_KEY.fullmatch(key) or _RETAIL_KEY.fullmatch(key)
    if match is None:
        return None
    received = metadata.get("received-at")
    return Document(
        user_id=match["user_id"],
        key=key,
        filename=unquote(metadata.get("filename", "")) or key.rsplit("/", 1)[-1],
        sha256=sha256,
        source=DocumentSource(
            message_id=unquote(metadata.get("message-id", "")) or f"upload-{sha256[:16]}",
            sender=unquote(metadata.get("sender", "")),
            received_at=from_text(received) if received else uploaded_at,
            authentication=SenderAuthentication(metadata.get("authentication", "NONE")),
        ),
        receipt=_origin(match, metadata),
        correlation_id=metadata.get("correlation-id"),
    )


def _origin(match: re.Match[str], metadata: Mapping[str, str]) -> ReceiptOrigin | None:
    sub_type = match.groupdict().get("sub_type")
    if sub_type is None:
        return None
    sent_at = metadata.get("sent-at")
    known = set(Category)
    return ReceiptOrigin(
        category=Category(sub_type) if sub_type in known else Category.MISCELLANEOUS,
        vendor_id=unquote(metadata.get("vendor-id", "")),
        discovered_by=Discovery(metadata.get("discovered-by", Discovery.MANUAL)),
        part=metadata.get("part") or ("pdf1" if match.string.endswith(".pdf") else "body"),
        sender_name=unquote(metadata.get("sender-name", "")),
        subject=unquote(metadata.get("subject", "")),
        sent_at=datetime.fromisoformat(sent_at) if sent_at else None,
        signals=frozenset(
            ReadingSignal(name) for name in metadata.get("signals", "").split(",") if name
        ),
    )


def _quoted(text: str, most: int) -> str:
    """Percent-encode as much of a text as fits."""
    while len(quoted := quote(text, errors="replace")) > most:
        text = text[: len(text) * most // len(quoted)]
    return quoted
