"""What an owner says of a receipt, read and checked; every mistake names its input field."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paypulse.currencies import CODES, WITHOUT_DECIMALS
from paypulse.errors import UserError, UserErrorCode
from paypulse.money import Money
from paypulse.receipts import Category, ReceiptItem
from paypulse.retail_invoices import CorrectableField

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

EARLIEST = date(2000, 1, 1)
MAX_ITEMS = 100
_MAX_QUANTITY = 1_000_000
_MAX_NAME = 100
_MAX_TEXT = 200
_MAX_NUMBER = 80
_AMOUNT = re.compile(r"\d{1,9}(?:\.\d{1,2})?", re.ASCII)
# Controls, halves of surrogate pairs, and characters that change the direction of writing.
_UNSEEN = {"Cc", "Cf", "Cs"}

type Path = tuple[str, ...]


def read_values(said: Mapping[str, Any], *, today: date) -> dict[CorrectableField, Any]:
    """Return what the input says, by field; one that is left out or null says nothing.

    An empty text or list says that there is none.

    Raises:
        UserError: INVALID_INPUT or MISSING_FIELDS.
    """
    readers: dict[CorrectableField, Callable[[Any, Path], Any]] = {
        CorrectableField.VENDOR: _name,
        CorrectableField.CATEGORY: lambda value, _: Category[value],
        CorrectableField.ORDER_NUMBER: lambda value, path: _text(value, path, _MAX_NUMBER),
        CorrectableField.INVOICE_DATE: lambda value, path: _day(value, path, today),
        CorrectableField.TOTAL: _money,
        CorrectableField.TAX: _money,
        CorrectableField.SHIPPING: _money,
        CorrectableField.DISCOUNT: _money,
        CorrectableField.PAYMENT_METHOD: lambda value, path: _text(value, path, _MAX_NUMBER),
        CorrectableField.ITEMS: _items,
    }
    return {
        field: read(said[field.value], ("input", field.value))
        for field, read in readers.items()
        if said.get(field.value) is not None
    }


def check_currency(values: Mapping[CorrectableField, Any], currency: str | None) -> None:
    """Check that all amounts are in one currency, that of the total where it is known.

    Raises:
        UserError: INVALID_INPUT.
    """
    for path, amount in _amounts(values):
        currency = currency or amount.currency
        if amount.currency != currency:
            raise UserError(
                UserErrorCode.INVALID_INPUT,
                f"All amounts of a receipt are in one currency: this one is in {amount.currency},"
                f" the receipt in {currency}.",
                path,
            )


def read_request_id(text: str) -> str:
    """Return the name that a client gave its request.

    Raises:
        UserError: INVALID_INPUT, empty, too long, or with characters that nobody sees.
    """
    if not 1 <= len(text) <= _MAX_NAME or text != _visible(text):
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            f"Name the request with 1 to {_MAX_NAME} visible characters, a UUID for example.",
            ("input", "requestId"),
        )
    return text


def _amounts(values: Mapping[CorrectableField, Any]) -> Iterator[tuple[Path, Money]]:
    for field, value in values.items():
        if isinstance(value, Money):
            yield ("input", field.value), value
        elif field is CorrectableField.ITEMS:
            for index, item in enumerate(value):
                for name, price in (("unitPrice", item.unit_price), ("total", item.total)):
                    if price is not None:
                        yield ("input", "items", str(index), name), price


def _visible(text: str) -> str:
    """Return text on one line, composed, without characters that nobody sees."""
    kept = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _UNSEEN
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _text(value: str, path: Path, longest: int = _MAX_TEXT) -> str | None:
    text = _visible(value)
    if len(text) > longest:
        raise UserError(UserErrorCode.INVALID_INPUT, f"Write at most {longest} characters.", path)
    return text or None


def _name(value: str, path: Path, longest: int = _MAX_NAME) -> str:
    text = _text(value, path, longest)
    if text is None:
        raise UserError(UserErrorCode.MISSING_FIELDS, "This must not be empty.", path)
    return text


def _day(value: str, path: Path, today: date) -> date:
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        raise UserError(
            UserErrorCode.INVALID_INPUT, "This is no day; write it as 2026-01-30.", path
        ) from None
    # Somewhere it is tomorrow already.
    if not EARLIEST <= day <= today + timedelta(days=1):
        raise UserError(
            UserErrorCode.INVALID_INPUT, f"The day must lie between {EARLIEST} and today.", path
        )
    return day


def _money(value: Mapping[str, str], path: Path) -> Money:
    currency = value["currency"].strip().upper()
    if currency not in CODES:
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            "Give the currency by its ISO 4217 code, such as SEK.",
            (*path, "currency"),
        )
    if not _AMOUNT.fullmatch(value["amount"]):
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            "Write the amount as 8865.00: digits, a point, at most two decimals, no sign.",
            (*path, "amount"),
        )
    exact = Decimal(value["amount"])
    if currency in WITHOUT_DECIMALS and exact != exact.to_integral_value():
        raise UserError(
            UserErrorCode.INVALID_INPUT, f"{currency} has no decimals.", (*path, "amount")
        )
    money = Money.from_decimal(exact, currency)
    if not money.fits_int:
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            "The amount must not exceed 21474836.47.",
            (*path, "amount"),
        )
    return money


def _items(value: list[dict[str, Any]], path: Path) -> tuple[ReceiptItem, ...]:
    if len(value) > MAX_ITEMS:
        raise UserError(
            UserErrorCode.INVALID_INPUT, f"A receipt takes at most {MAX_ITEMS} items.", path
        )
    return tuple(_item(each, (*path, str(index))) for index, each in enumerate(value))


def _item(value: Mapping[str, Any], path: Path) -> ReceiptItem:
    prices = {
        name: _money(value[name], (*path, name)) if value.get(name) is not None else None
        for name in ("unitPrice", "total")
    }
    texts = {
        name: _text(value.get(name) or "", (*path, name))
        for name in ("size", "color", "serial", "warranty")
    }
    return ReceiptItem(
        name=_name(value["name"], (*path, "name"), _MAX_TEXT),
        quantity=_quantity(value.get("quantity"), (*path, "quantity")),
        unit_price=prices["unitPrice"],
        total=prices["total"],
        **texts,
    )


def _quantity(value: float | None, path: Path) -> Decimal:
    """Return a quantity; 1 where none is said. As text, a float is what its owner wrote."""
    quantity = Decimal(1) if value is None else Decimal(str(value))
    if not 0 < quantity <= _MAX_QUANTITY:
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            f"The quantity must lie above 0 and not above {_MAX_QUANTITY}.",
            path,
        )
    return Decimal(int(quantity)) if quantity == int(quantity) else quantity
