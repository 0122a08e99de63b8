"""A model's answer beside the other readings: it may confirm, contradict, and fill gaps.

It never replaces a value that was read from the visible text.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import CODES, find_amounts, parse_number, whole_amount
from ingestion.parsing.receipts.combine import status_of
from ingestion.parsing.receipts.dates import find_dates
from ingestion.parsing.receipts.value_texts import read_number
from paypulse.money import Money
from paypulse.receipts import NoReading, ReceiptItem, ReceiptWarning

if TYPE_CHECKING:
    from paypulse.receipts import (
        ModelAnswer,
        Receipt,
        ReceiptModel,
        ReceiptReading,
        VendorHints,
    )

_AMOUNTS = ("total", "tax", "shipping", "discount")


def with_model(
    reading: ReceiptReading, model: ReceiptModel, text: str, hints: VendorHints | None = None
) -> ReceiptReading:
    """Return the reading after the model was asked about the same text."""
    receipt = reading.receipt
    if receipt is None:
        return reading
    answer = model(text, category=receipt.category, hints=hints)
    if isinstance(answer, NoReading):
        return replace(reading, model=answer.value)
    return replace(reading, receipt=confirmed(receipt, answer), model=answer.model_id)


def confirmed(receipt: Receipt, answer: ModelAnswer) -> Receipt:
    """Return the receipt with what the answer confirms, contradicts and adds."""
    warnings = list(receipt.warnings)
    contradicted = not answer.is_receipt
    for name in _AMOUNTS:
        receipt, differs = _with_amount(receipt, name, answer, warnings)
        contradicted = contradicted or differs
    receipt = _with_number(receipt, answer, warnings)
    receipt = _with_day(receipt, answer)
    receipt = _with_items(receipt, answer, warnings)
    if contradicted and ReceiptWarning.MODEL_CONTRADICTS_TEXT not in warnings:
        warnings.append(ReceiptWarning.MODEL_CONTRADICTS_TEXT)
    return replace(receipt, warnings=tuple(warnings), status=status_of(warnings))


def _with_amount(
    receipt: Receipt, name: str, answer: ModelAnswer, warnings: list[ReceiptWarning]
) -> tuple[Receipt, bool]:
    evidence = answer.fields.get(name)
    amount = whole_amount(evidence.value) if evidence else None
    if evidence is None or amount is None:
        return receipt, False
    read: Money | None = getattr(receipt, name)
    if read is not None:
        agrees = abs(amount.minor) == read.minor_units
        if name == "total" and agrees:
            _drop(warnings, ReceiptWarning.TOTAL_UNVERIFIED)
        return receipt, not agrees
    currency = receipt.currency or amount.currency
    if currency not in CODES:
        return receipt, False
    filled = replace(receipt, currency=currency, evidence=(*receipt.evidence, evidence))
    if name == "total":
        _drop(warnings, ReceiptWarning.TOTAL_MISSING)
        warnings.append(ReceiptWarning.TOTAL_UNVERIFIED)  # one reading alone
    return _filled(filled, name, Money(abs(amount.minor), currency)), False


def _filled(receipt: Receipt, name: str, money: Money) -> Receipt:
    if name == "total":
        return replace(receipt, total=money)
    if name == "tax":
        return replace(receipt, tax=money)
    if name == "shipping":
        return replace(receipt, shipping=money)
    return replace(receipt, discount=money)


def _with_number(receipt: Receipt, answer: ModelAnswer, warnings: list[ReceiptWarning]) -> Receipt:
    evidence = answer.fields.get("orderNumber")
    number = read_number(evidence.value) if evidence else None
    if receipt.order_number is not None or evidence is None or number is None:
        return receipt
    _drop(warnings, ReceiptWarning.ORDER_NUMBER_MISSING)
    return replace(receipt, order_number=number, evidence=(*receipt.evidence, evidence))


def _with_day(receipt: Receipt, answer: ModelAnswer) -> Receipt:
    evidence = answer.fields.get("orderDate")
    if receipt.ordered_on is not None or evidence is None:
        return receipt
    days = find_dates(evidence.value)
    if not days:
        return receipt
    return replace(receipt, ordered_on=days[0].day, evidence=(*receipt.evidence, evidence))


def _with_items(receipt: Receipt, answer: ModelAnswer, warnings: list[ReceiptWarning]) -> Receipt:
    """Take the model's items where none were read; their quotes stand in the mail."""
    if receipt.items or not answer.items or receipt.currency is None:
        return receipt
    items = tuple(
        ReceiptItem(
            given.get("name", ""),
            parse_number(given.get("quantity", "")) or Decimal(1),
            _money(given.get("unitPrice", ""), receipt.currency),
            _money(given.get("total", ""), receipt.currency),
        )
        for given in answer.items
        if given.get("name")
    )
    _drop(warnings, ReceiptWarning.ITEMS_MISSING)
    return replace(receipt, items=items)


def _money(text: str, currency: str) -> Money | None:
    amounts = find_amounts(text, bare=True)
    return Money(amounts[0].minor, currency) if amounts else None


def _drop(warnings: list[ReceiptWarning], warning: ReceiptWarning) -> None:
    if warning in warnings:
        warnings.remove(warning)
