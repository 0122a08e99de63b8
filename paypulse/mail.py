"""Mails as PayPulse sees them: who sent them, whether that is proved, and the PDFs they carry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from paypulse.receipts import ReadingSignal


class SenderAuthentication(StrEnum):
    """What the receiving server found out about the sender (RFC 8601)."""

    PASS = "PASS"  # noqa: S105 - DMARC passed, or DKIM passed for the sender's own domain
    FAIL = "FAIL"
    NONE = "NONE"  # the receiving server says nothing about it


@dataclass(frozen=True, slots=True)
class RawMail:
    """A message as Gmail hands it over; `content` is RFC 5322, CRLF or LF."""

    message_id: str  # Gmail's, not the Message-ID header
    content: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail; `filename` is decoded, without folders, never empty."""

    filename: str
    content: bytes


class LeftOut(StrEnum):
    """Why something in a mail was not read; part of the outcome that the user sees."""

    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_PARTS = "TOO_MANY_PARTS"
    TOO_DEEP = "TOO_DEEP"
    ENCRYPTED = "ENCRYPTED"


@dataclass(frozen=True, slots=True)
class Mail:
    """What PayPulse uses of a message."""

    message_id: str
    sender: str  # the address in From, lower-cased; "" where there is none
    subject: str
    received_at: datetime
    authentication: SenderAuthentication
    pdfs: tuple[Attachment, ...]
    left_out: tuple[LeftOut, ...] = ()  # each reason once


@dataclass(frozen=True, slots=True)
class ReceiptMail:
    """A mail with what a receipt is read from; of a forwarded one, the original's headers."""

    mail: Mail
    sender_name: str
    sender: str
    subject: str
    sent_at: datetime | None  # with the sender's own offset
    page: bytes  # as `paypulse.receipt_pages` writes it
    has_body: bool
    signals: frozenset[ReadingSignal] = frozenset()


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of search results, newest message first."""

    message_ids: tuple[str, ...]
    next_page: str | None
