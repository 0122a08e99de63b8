"""Use case: read a receipt that came into the bucket and file it as an invoice.

The mails of one purchase become one invoice, in whatever order they come: the order number leads
from each to the same row. What the owner corrected is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from paypulse.errors import ChangedMeanwhile
from paypulse.file_documents import file_once
from paypulse.ledger import DocumentOutcome
from paypulse.mail import SenderAuthentication
from paypulse.receipts import Discovery, ReadingSignal, ReceiptOutcome, ReceiptStatus
from paypulse.retail_invoices import (
    EXTRACTOR_VERSION,
    CorrectableField,
    InvoiceType,
    RetailInvoice,
    combine_readings,
    invoice_day,
    name_retail_invoice,
    order_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.documents import Document
    from paypulse.file_documents import FilingDesk
    from paypulse.ledger import LedgerDocument
    from paypulse.ports.invoices import DocumentStore, RetailInvoiceStore
    from paypulse.receipts import Receipt, ReceiptReading
    from paypulse.retail_invoices import OrderMark

# Two mails of one purchase that are read at the same moment meet once, three of them twice.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RetailFiling:
    """Everything that filing needs; `read` takes any bytes and never raises for them."""

    read: Callable[[Document, bytes], ReceiptReading]
    invoices: RetailInvoiceStore
    desk: FilingDesk


def file_receipt(document: Document, content: bytes, *, using: RetailFiling) -> DocumentOutcome:
    """Read one receipt and file what it holds; returns and raises as `file_once`."""
    return file_once(
        document, lambda row: _read_and_record(document, content, row, using), using.desk
    )


def reread_invoice(
    user_id: str, invoice_id: str, documents: DocumentStore, *, using: RetailFiling
) -> bool:
    """Read all documents of an invoice again; what its owner said stays.

    Returns:
        False when there is no such invoice, or nothing that could be read again.

    Raises:
        TransientError: nothing was changed; deliver again.
    """
    for _ in range(_ATTEMPTS):
        was = using.invoices.get(user_id, invoice_id)
        if was is None:
            return False
        readings = dict(was.readings)
        for document in was.documents:
            found = documents.get(document.key)
            reading = using.read(document, found[1]) if found else None
            if reading is not None and reading.receipt is not None:
                readings[document.document_id] = reading.receipt
        if not was.documents:
            return False
        again = replace(
            _with_readings(was, readings),
            updated_at=using.desk.clock(),
            extractor_version=EXTRACTOR_VERSION,
        )
        try:
            using.invoices.save(again, was=was)
        except ChangedMeanwhile:
            continue
        return True
    raise ChangedMeanwhile(f"invoice {invoice_id}: changed {_ATTEMPTS} times while it was read")


def _read_and_record(
    document: Document, content: bytes, row: LedgerDocument, using: RetailFiling
) -> LedgerDocument:
    reading = using.read(document, content)
    if ReadingSignal.FORWARDED in reading.signals:
        # Who forwarded it is proved, who wrote it is not.
        unproved = replace(document.source, authentication=SenderAuthentication.NONE)
        document = replace(document, source=unproved)
    row = replace(row, flags=tuple(sorted(signal.value for signal in reading.signals)))
    for _ in range(_ATTEMPTS):
        try:
            if reading.receipt is None:
                return _attach(document, reading, row, using)
            return _file(document, reading.receipt, reading.outcome, row, using)
        except ChangedMeanwhile:
            continue
    raise ChangedMeanwhile(f"document {document.document_id}: too many writers at once")


def _file(
    document: Document,
    receipt: Receipt,
    outcome: ReceiptOutcome,
    row: LedgerDocument,
    using: RetailFiling,
) -> LedgerDocument:
    """Add a reading to its purchase, which may be there already."""
    key = _order_key(document, receipt.order_number)
    is_refund = outcome is ReceiptOutcome.REFUND
    order = using.invoices.find_order(document.user_id, key) if key and not is_refund else None
    was = _find(document, order, using)
    if was is None:
        invoice = _new_invoice(document, receipt, outcome, key, using)
    else:
        invoice = _joined(was, document, receipt, using)
    if order is not None:
        invoice = _with_waiting(invoice, order)
        if order.invoice_id == invoice.invoice_id and not order.waiting:
            order = None  # it is ours already
    done = replace(
        row,
        outcome=(
            DocumentOutcome.OK
            if receipt.status is ReceiptStatus.OK
            else DocumentOutcome.NEEDS_REVIEW
        ),
        invoice_id=invoice.invoice_id,
    )
    saved = using.invoices.save(invoice, was=was, filed=(document, done), order=order)
    return saved or done


def _attach(
    document: Document, reading: ReceiptReading, row: LedgerDocument, using: RetailFiling
) -> LedgerDocument:
    """Put a mail that is no receipt beside the purchase that it names, if it names one."""
    key = _order_key(document, reading.order_number)
    if key is None:
        done = replace(row, outcome=_outcome_without_values(reading))
        using.desk.ledger.record_document(document, done)
        return done
    order = using.invoices.find_order(document.user_id, key)
    was = (
        using.invoices.get(document.user_id, order.invoice_id)
        if order.invoice_id is not None
        else None
    )
    if was is None:
        done = replace(row, outcome=_outcome_without_values(reading))
        return using.invoices.attach(document, done, order)
    done = replace(row, outcome=DocumentOutcome.ATTACHED, invoice_id=was.invoice_id)
    joined = replace(
        was, documents=_in_order(was.documents, document), updated_at=using.desk.clock()
    )
    saved = using.invoices.save(joined, was=was, filed=(document, done))
    return saved or done


def _find(document: Document, order: OrderMark | None, using: RetailFiling) -> RetailInvoice | None:
    """Return the purchase that a document belongs to, by its order number or its own id."""
    if order is not None and order.invoice_id is not None:
        there = using.invoices.get(document.user_id, order.invoice_id)
        if there is not None:
            return there
    return using.invoices.get(document.user_id, _own_id(document))


def _new_invoice(
    document: Document,
    receipt: Receipt,
    outcome: ReceiptOutcome,
    key: str | None,
    using: RetailFiling,
) -> RetailInvoice:
    origin, now = document.receipt, using.desk.clock()
    return RetailInvoice(
        user_id=document.user_id,
        invoice_id=_own_id(document),
        type=(InvoiceType.REFUND if outcome is ReceiptOutcome.REFUND else InvoiceType.PURCHASE),
        discovered_by=origin.discovered_by if origin else Discovery.VENDOR_CONFIG,
        vendor_id=origin.vendor_id if origin else "",
        documents=(document,),
        readings={document.document_id: receipt},
        invoice_date=invoice_day(receipt, document, now.date()),
        created_at=now,
        updated_at=now,
        order_key=key,
    )


def _joined(
    was: RetailInvoice, document: Document, receipt: Receipt, using: RetailFiling
) -> RetailInvoice:
    """Add a document, or the new reading of one that is there, to a purchase."""
    joined = replace(
        was, documents=_in_order(was.documents, document), updated_at=using.desk.clock()
    )
    return _with_readings(joined, {**was.readings, document.document_id: receipt})


def _with_readings(invoice: RetailInvoice, readings: dict[str, Receipt]) -> RetailInvoice:
    changed = replace(invoice, readings=readings)
    if CorrectableField.INVOICE_DATE in invoice.corrections:
        return changed
    first = invoice.documents[0] if invoice.documents else None
    day = invoice_day(combine_readings(list(readings.values())), first, invoice.invoice_date)
    return replace(changed, invoice_date=day)


def _with_waiting(invoice: RetailInvoice, order: OrderMark) -> RetailInvoice:
    documents = invoice.documents
    for waiting in order.waiting:
        documents = _in_order(documents, waiting)
    return replace(invoice, documents=documents)


def _in_order(documents: tuple[Document, ...], document: Document) -> tuple[Document, ...]:
    """Add a document where it belongs in time; one that is there already stays once."""
    others = [each for each in documents if each.key != document.key]
    return tuple(sorted([*others, document], key=lambda each: each.source.received_at))


def _own_id(document: Document) -> str:
    part = document.receipt.part if document.receipt else "body"
    return name_retail_invoice(document.user_id, document.source.message_id, part)


def _order_key(document: Document, order_number: str | None) -> str | None:
    vendor_id = document.receipt.vendor_id if document.receipt else ""
    return order_key(vendor_id, document.source.sender, order_number)


def _outcome_without_values(reading: ReceiptReading) -> DocumentOutcome:
    if ReadingSignal.PDF_ENCRYPTED in reading.signals:
        return DocumentOutcome.ENCRYPTED
    if ReadingSignal.PDF_TOO_LARGE in reading.signals:
        return DocumentOutcome.TOO_LARGE
    if ReadingSignal.PDF_UNREADABLE in reading.signals:
        return DocumentOutcome.UNREADABLE
    return DocumentOutcome.NOT_A_RECEIPT
