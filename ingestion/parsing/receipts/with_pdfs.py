"""A mail's body beside the PDFs that it carries: which of them is the receipt, do they agree."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.combine import status_of
from paypulse.receipts import UNREAD_PDF, ReadingSignal, ReceiptStatus, ReceiptWarning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paypulse.receipts import Receipt, ReceiptDetails, ReceiptReading

# What is noticed about a file, whether or not its values are used.
_OF_FILES = frozenset({*UNREAD_PDF, ReadingSignal.ACTIVE_CONTENT})


def with_pdfs(body: ReceiptReading, pdfs: Sequence[ReceiptReading]) -> ReceiptReading:
    """Return the reading that a body and its PDFs make together.

    Where the body is no receipt, a PDF that is one counts; where both are, the body does, and the
    PDF fills its gaps. Different totals are a warning.
    """
    noticed = frozenset(signal for pdf in pdfs for signal in pdf.signals & _OF_FILES)
    readings = [pdf for pdf in pdfs if pdf.receipt is not None]
    if not readings:
        return replace(body, signals=body.signals | noticed)
    if body.receipt is not None:
        together = _beside(body, readings)
        return replace(together, signals=together.signals | noticed)
    together = _beside(max(readings, key=_worth), readings)
    return replace(together, signals=together.signals | noticed | {ReadingSignal.FROM_PDF})


def _worth(reading: ReceiptReading) -> tuple[bool, bool]:
    receipt = reading.receipt
    return (
        receipt is not None and receipt.status is ReceiptStatus.OK,
        receipt is not None and bool(receipt.items),
    )


def _beside(reading: ReceiptReading, others: Sequence[ReceiptReading]) -> ReceiptReading:
    """Return the reading after a comparison with the others."""
    receipt = reading.receipt
    found = [other for other in others if other is not reading and other.receipt is not None]
    if receipt is None or not found:
        return reading
    for other in found:
        if other.receipt is not None and other.receipt.total == receipt.total:
            dated = _dated(reading, other.receipt, other.signals)
            return replace(dated, receipt=_filled(dated.receipt or receipt, other.receipt))
    warnings = (*receipt.warnings, ReceiptWarning.PDF_CONTRADICTS_TEXT)
    return replace(reading, receipt=replace(receipt, warnings=warnings, status=status_of(warnings)))


def _dated(
    reading: ReceiptReading, other: Receipt, signals: frozenset[ReadingSignal]
) -> ReceiptReading:
    """Take the day that the other prints where this one prints none."""
    receipt, from_mail = reading.receipt, ReadingSignal.DATE_FROM_MAIL
    if receipt is None or from_mail not in reading.signals or from_mail in signals:
        return reading
    evidence = [each for each in receipt.evidence if each.name != "orderDate"]
    evidence += [each for each in other.evidence if each.name == "orderDate"]
    return replace(
        reading,
        receipt=replace(receipt, ordered_on=other.ordered_on, evidence=tuple(evidence)),
        signals=reading.signals - {from_mail},
    )


def _filled(receipt: Receipt, other: Receipt) -> Receipt:
    """Fill gaps from a reading with the same total, which proves the total, too."""
    settled = {ReceiptWarning.TOTAL_UNVERIFIED}
    filled = set[str]()
    if receipt.order_number is None and other.order_number is not None:
        settled.add(ReceiptWarning.ORDER_NUMBER_MISSING)
        filled.add("orderNumber")
        receipt = replace(receipt, order_number=other.order_number)
    # Only a body without a breakdown can lack parts; elsewhere what is absent is nothing.
    parts = ("tax",) if receipt.items else ("tax", "shipping", "discount")
    if not receipt.items and other.items:
        settled.add(ReceiptWarning.ITEMS_MISSING)
        filled |= {f"items[{at}]" for at in range(len(other.items))}
        receipt = replace(receipt, items=other.items)
    missing = [name for name in parts if getattr(receipt, name) is None]
    receipt = replace(receipt, **{name: getattr(other, name) for name in missing})
    evidence = (each for each in other.evidence if each.name in {*filled, *missing})
    warnings = tuple(warning for warning in receipt.warnings if warning not in settled)
    return replace(
        receipt,
        details=_filled_details(receipt.details, other.details),
        payment_method=receipt.payment_method or other.payment_method,
        warnings=warnings,
        status=status_of(warnings),
        evidence=(*receipt.evidence, *evidence),
    )


def _filled_details(details: ReceiptDetails, other: ReceiptDetails) -> ReceiptDetails:
    empty = (each.name for each in fields(details) if not getattr(details, each.name))
    return replace(details, **{name: getattr(other, name) for name in empty})
