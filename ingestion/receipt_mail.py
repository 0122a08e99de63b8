"""Receipts on their way: a mail becomes a page for the bucket, a page becomes a reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.gmail.mime import read_mail
from ingestion.parsing.receipts.message import MailText, read_message
from ingestion.parsing.receipts.reader import (
    KnownVendor,
    read_receipt_mail,
    read_receipt_pdf,
)
from ingestion.parsing.receipts.vendor_names import vendor_name
from paypulse.mail import ReceiptMail
from paypulse.receipt_pages import read_page, write_page
from paypulse.receipts import ReadingSignal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from paypulse.documents import Document
    from paypulse.mail import RawMail
    from paypulse.receipts import Category, ReceiptModel, ReceiptReading
    from paypulse.vendors import VendorConfig


def take_apart(raw: RawMail) -> ReceiptMail:
    """Return a mail as a page; implements `ReceiptMailReader`."""
    mail, text = read_mail(raw), read_message(raw.content)
    return ReceiptMail(
        mail=mail,
        sender_name=text.sender_name,
        sender=text.sender or mail.sender,
        subject=text.subject,
        sent_at=text.sent_at,
        page=write_page(text.html, text.text),
        has_body=bool(text.html.strip() or text.text.strip()),
        signals=frozenset(text.signals),
    )


def judge(found: ReceiptMail, pdfs: Sequence[bytes] = ()) -> Category | None:
    """Return the category of a mail that reads like a receipt, None for any other.

    Only the readers that need no service are asked, so the mail goes nowhere.
    """
    html, text = read_page(found.page)
    reading = read_receipt_mail(
        MailText(
            sender_name=found.sender_name,
            sender=found.sender,
            subject=found.subject,
            sent_at=found.sent_at or found.mail.received_at,
            html=html,
            text=text,
            pdfs=tuple(pdfs),
        )
    )
    return reading.receipt.category if reading.receipt else None


def read_document(
    document: Document,
    content: bytes,
    *,
    vendors: Iterable[VendorConfig],
    model: ReceiptModel | None,
) -> ReceiptReading:
    """Return what a receipt's document in the bucket says; any bytes get an outcome."""
    origin = document.receipt
    if origin is None:
        raise ValueError(f"{document.key!r} is no receipt's document")
    sent_at = origin.sent_at or document.source.received_at
    known = _known(document, vendors)
    if document.key.endswith(".pdf"):
        return read_receipt_pdf(
            content, known=known, model=model, subject=origin.subject, sent_on=sent_at.date()
        )
    html, text = read_page(content)
    mail = MailText(
        sender_name=origin.sender_name,
        sender=document.source.sender,
        subject=origin.subject,
        sent_at=sent_at,
        html=html,
        text=text,
        signals=set(origin.signals),
    )
    return read_receipt_mail(mail, known=known, model=model)


def _known(document: Document, vendors: Iterable[VendorConfig]) -> KnownVendor | None:
    """Return what is known of the vendor; of a PDF at least what its mail says about it."""
    origin = document.receipt
    assert origin is not None  # noqa: S101 - the caller has looked; this is for mypy
    for vendor in vendors:
        if origin.vendor_id and vendor.vendor_id == origin.vendor_id:
            return KnownVendor(vendor.vendor_name, vendor.category, vendor.hints)
    if not document.key.endswith(".pdf") or ReadingSignal.FORWARDED in origin.signals:
        return None
    name = vendor_name(origin.sender_name, document.source.sender, None, "")
    return KnownVendor(name, origin.category) if name else None
