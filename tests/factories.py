"""Valid values to start from; pass what matters to the test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from paypulse.accounts import StoredSession
from paypulse.documents import Document, DocumentSource, hash_content, rental_key
from paypulse.ledger import DocumentOutcome, LedgerDocument
from paypulse.mail import Attachment, Mail, SenderAuthentication
from paypulse.money import Money
from paypulse.rental import NoticeOutcome, NoticeReading, RentLine, RentLineKind, RentNotice
from paypulse.rental_invoices import NoticeSummary, RentalInvoice, summarise

NOW = datetime(2026, 1, 20, 8, 30, tzinfo=UTC)
LANDLORD_ADDRESS = "kundservice@wallenstam.se"


def make_session(user_id: str, session_id: str = "s1") -> StoredSession:
    """Return a log-in that goes on."""
    return StoredSession(user_id, session_id, "hash", NOW, datetime(2092, 1, 1, tzinfo=UTC))


def make_notice(**changes: Any) -> RentNotice:
    """Return a notice whose rows add up."""
    notice = RentNotice(
        due_on=date(2026, 1, 30),
        total=Money(886_500),
        ocr="1297112086",
        landlord="Wallenstam AB",
        bankgiro="555-1234",
        lines=(
            RentLine(RentLineKind.RENT, "Hyra", Money(812_500)),
            RentLine(RentLineKind.COLD_WATER, "Kallvatten avser 2512", Money(9_600)),
            RentLine(RentLineKind.HOT_WATER, "Varmvatten avser 2512", Money(18_800)),
            RentLine(RentLineKind.ELECTRICITY, "El enligt mätning 2512", Money(30_800)),
            RentLine(RentLineKind.VAT, "Mervärdesskatt 25%", Money(14_800)),
        ),
    )
    return replace(notice, **changes)


def make_reading(outcome: NoticeOutcome = NoticeOutcome.OK, **notice: Any) -> NoticeReading:
    """Return a reading that kept values."""
    return NoticeReading(outcome, make_notice(**notice))


def make_document(
    user_id: str = "user_1",
    *,
    content: bytes = b"%PDF-1.4 a notice",
    filename: str = "Hyresavi_1297112086.pdf",
    message_id: str = "19a0000000000001",
    authentication: SenderAuthentication = SenderAuthentication.PASS,
) -> Document:
    """Return a document that a landlord's mail brought."""
    source = DocumentSource(message_id, LANDLORD_ADDRESS, NOW, authentication)
    sha256 = hash_content(content)
    return Document(user_id, rental_key(user_id, filename), filename, sha256, source)


def make_invoice(
    document: Document | None = None, invoice_id: str = "Invoice_1297112086", **notice: Any
) -> RentalInvoice:
    """Return an invoice without warnings."""
    document = document or make_document()
    return RentalInvoice(
        user_id=document.user_id,
        invoice_id=invoice_id,
        notice=make_notice(**notice),
        outcome=NoticeOutcome.OK,
        warnings=(),
        document=document,
        created_at=NOW,
        updated_at=NOW,
    )


def make_summary(document: Document | None = None, **notice: Any) -> NoticeSummary:
    """Return what another notice is compared by."""
    return summarise("Invoice_1", make_notice(**notice), document or make_document())


def make_row(document: Document, outcome: DocumentOutcome | None = None) -> LedgerDocument:
    """Return a document's row in the ledger."""
    return LedgerDocument(
        document.document_id, document.filename, document.key, attempts=1, outcome=outcome
    )


def make_mail(
    *pdfs: bytes,
    message_id: str = "19a0000000000001",
    sender: str = LANDLORD_ADDRESS,
    subject: str = "Hyresavi",
    authentication: SenderAuthentication = SenderAuthentication.PASS,
) -> Mail:
    """Return a landlord's mail with these documents."""
    attachments = tuple(
        Attachment(f"Hyresavi_{1297112086 + index}.pdf", pdf) for index, pdf in enumerate(pdfs)
    )
    return Mail(message_id, sender, subject, NOW, authentication, attachments)
