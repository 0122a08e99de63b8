"""Valid values to start from; pass what matters to the test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from paypulse.accounts import StoredSession
from paypulse.documents import (
    Document,
    DocumentSource,
    ReceiptOrigin,
    hash_content,
    rental_key,
    retail_key,
)
from paypulse.ledger import DocumentOutcome, LedgerDocument
from paypulse.mail import Attachment, Mail, SenderAuthentication
from paypulse.money import Money
from paypulse.receipts import (
    Category,
    Discovery,
    DocumentType,
    Evidence,
    Receipt,
    ReceiptItem,
    ReceiptStatus,
    ValueSource,
)
from paypulse.rental import NoticeOutcome, NoticeReading, RentLine, RentLineKind, RentNotice
from paypulse.rental_invoices import NoticeSummary, RentalInvoice, summarise
from paypulse.retail_invoices import (
    InvoiceType,
    RetailInvoice,
    invoice_day,
    name_retail_invoice,
    order_key,
)

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


def make_receipt(**changes: Any) -> Receipt:
    """Return a receipt whose items make its total."""
    receipt = Receipt(
        vendor="Elgiganten",
        category=Category.TECHNOLOGY,
        document_type=DocumentType.ORDER_CONFIRMATION,
        order_number="A100200",
        ordered_on=date(2026, 1, 15),
        currency="SEK",
        total=Money(94_800),
        tax=Money(18_960),
        shipping=Money(4_900),
        discount=None,
        items=(ReceiptItem("Hörlurar", Decimal(1), Money(89_900), Money(89_900)),),
        payment_method="Kort",
        status=ReceiptStatus.OK,
        evidence=(Evidence("total", "948.00", ValueSource.LAYOUT, "Totalt 948,00 kr"),),
    )
    return replace(receipt, **changes)


def make_receipt_document(
    user_id: str = "user_1",
    *,
    message_id: str = "19a0000000000002",
    category: Category = Category.TECHNOLOGY,
    vendor_id: str = "elgiganten",
    authentication: SenderAuthentication = SenderAuthentication.PASS,
) -> Document:
    """Return a document that a shop's mail brought; another message has another content."""
    origin = ReceiptOrigin(category, vendor_id, Discovery.VENDOR_CONFIG, subject="Orderbekräftelse")
    source = DocumentSource(message_id, "donotreply@elgiganten.se", NOW, authentication)
    key = retail_key(user_id, origin, message_id, "2026-01-15")
    sha256 = hash_content(f"{message_id} of a shop".encode())
    return Document(user_id, key, "Orderbekräftelse.html", sha256, source, origin)


def make_retail_invoice(
    document: Document | None = None,
    *,
    type_: InvoiceType = InvoiceType.PURCHASE,
    **receipt: Any,
) -> RetailInvoice:
    """Return a purchase that was read from one mail."""
    document = document or make_receipt_document()
    reading = make_receipt(**receipt)
    assert document.receipt is not None
    return RetailInvoice(
        user_id=document.user_id,
        invoice_id=name_retail_invoice(document.user_id, document.source.message_id, "body"),
        type=type_,
        discovered_by=Discovery.VENDOR_CONFIG,
        vendor_id=document.receipt.vendor_id,
        documents=(document,),
        readings={document.document_id: reading},
        invoice_date=invoice_day(reading, document, NOW.date()),
        created_at=NOW,
        updated_at=NOW,
        order_key=order_key(
            document.receipt.vendor_id, document.source.sender, reading.order_number
        ),
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


def make_vendor_record(vendor_id: str = "lampan", **changes: Any) -> dict[str, Any]:
    """Return a vendor's configuration, as its file has it."""
    record = {
        "vendor_id": vendor_id,
        "vendor_name": vendor_id.capitalize(),
        "invoice_category": "retail",
        "invoice_sub_type": "miscellaneous",
        "email_patterns": ["order@lampan.example"],
        "subject_keywords": ["Orderbekräftelse"],
        "parser_type": "html",
        "active": True,
    }
    return record | changes
