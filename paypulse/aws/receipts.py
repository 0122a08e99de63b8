"""Receipts as DynamoDB maps: amounts in minor units, quantities and days as text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paypulse.money import Money
from paypulse.receipts import (
    Category,
    DocumentType,
    Evidence,
    Leg,
    Receipt,
    ReceiptDetails,
    ReceiptItem,
    ReceiptStatus,
    ReceiptWarning,
    ValueSource,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# A receipt with more would not fit into an item of 400 KB; real ones have under 100.
_MAX_ITEMS = 300
_MAX_EVIDENCE = 400
_MAX_QUOTE = 200

_DETAIL_AMOUNTS = ("service_fee", "tip", "deposit")
_DETAIL_DAYS = ("period_start", "period_end", "next_billing_on", "due_on")
_DETAIL_TEXTS = ("restaurant", "plan", "billing_period", "ocr", "booking_reference")


def money_to_map(value: Money | None) -> dict[str, Any] | None:
    """Return an amount's map; None stays None."""
    if value is None:
        return None
    return {"minor_units": value.minor_units, "currency": value.currency}


def money_from_map(values: Mapping[str, Any] | None) -> Money | None:
    """Read what `money_to_map` wrote."""
    return Money(values["minor_units"], values["currency"]) if values else None


def receipt_to_map(receipt: Receipt) -> dict[str, Any]:
    """Return a receipt's map, without what is None."""
    return _known(
        {
            "vendor": receipt.vendor,
            "category": receipt.category.value,
            "document_type": receipt.document_type.value,
            "order_number": receipt.order_number,
            "ordered_on": _day_to_text(receipt.ordered_on),
            "currency": receipt.currency,
            "total": money_to_map(receipt.total),
            "tax": money_to_map(receipt.tax),
            "shipping": money_to_map(receipt.shipping),
            "discount": money_to_map(receipt.discount),
            "items": [item_to_map(item) for item in receipt.items[:_MAX_ITEMS]],
            "details": details_to_map(receipt.details),
            "payment_method": receipt.payment_method,
            "status": receipt.status.value,
            "warnings": [warning.value for warning in receipt.warnings],
            "evidence": [_evidence_to_map(entry) for entry in receipt.evidence[:_MAX_EVIDENCE]],
        }
    )


def receipt_from_map(values: Mapping[str, Any]) -> Receipt:
    """Read what `receipt_to_map` wrote."""
    return Receipt(
        vendor=values["vendor"],
        category=Category(values["category"]),
        document_type=DocumentType(values["document_type"]),
        order_number=values.get("order_number"),
        ordered_on=_day_from_text(values.get("ordered_on")),
        currency=values.get("currency"),
        total=money_from_map(values.get("total")),
        tax=money_from_map(values.get("tax")),
        shipping=money_from_map(values.get("shipping")),
        discount=money_from_map(values.get("discount")),
        items=tuple(item_from_map(item) for item in values["items"]),
        details=details_from_map(values["details"]),
        payment_method=values.get("payment_method"),
        status=ReceiptStatus(values["status"]),
        warnings=tuple(ReceiptWarning(warning) for warning in values["warnings"]),
        evidence=tuple(_evidence_from_map(entry) for entry in values["evidence"]),
    )


def item_to_map(item: ReceiptItem) -> dict[str, Any]:
    """Return the map of one line."""
    return _known(
        {
            "name": item.name,
            "quantity": str(item.quantity),
            "unit_price": money_to_map(item.unit_price),
            "total": money_to_map(item.total),
            "size": item.size,
            "color": item.color,
            "serial": item.serial,
            "warranty": item.warranty,
        }
    )


def item_from_map(values: Mapping[str, Any]) -> ReceiptItem:
    """Read what `item_to_map` wrote."""
    return ReceiptItem(
        name=values["name"],
        quantity=Decimal(values["quantity"]),
        unit_price=money_from_map(values.get("unit_price")),
        total=money_from_map(values.get("total")),
        size=values.get("size"),
        color=values.get("color"),
        serial=values.get("serial"),
        warranty=values.get("warranty"),
    )


def details_to_map(details: ReceiptDetails) -> dict[str, Any]:
    """Return the map of what only some categories have."""
    kwh = details.consumption_kwh
    return _known(
        {
            **{name: getattr(details, name) for name in _DETAIL_TEXTS},
            **{name: money_to_map(getattr(details, name)) for name in _DETAIL_AMOUNTS},
            **{name: _day_to_text(getattr(details, name)) for name in _DETAIL_DAYS},
            "consumption_kwh": None if kwh is None else str(kwh),
            "legs": [_leg_to_map(leg) for leg in details.legs] or None,
            "passengers": list(details.passengers) or None,
        }
    )


def details_from_map(values: Mapping[str, Any]) -> ReceiptDetails:
    """Read what `details_to_map` wrote."""
    kwh = values.get("consumption_kwh")
    named: dict[str, Any] = {name: values.get(name) for name in _DETAIL_TEXTS}
    named |= {name: money_from_map(values.get(name)) for name in _DETAIL_AMOUNTS}
    named |= {name: _day_from_text(values.get(name)) for name in _DETAIL_DAYS}
    return ReceiptDetails(
        **named,
        consumption_kwh=None if kwh is None else Decimal(kwh),
        legs=tuple(Leg(**leg) for leg in values.get("legs", ())),
        passengers=tuple(values.get("passengers", ())),
    )


def _leg_to_map(leg: Leg) -> dict[str, Any]:
    return _known({name: getattr(leg, name) for name in Leg.__dataclass_fields__})


def _evidence_to_map(entry: Evidence) -> dict[str, Any]:
    values = {"name": entry.name, "value": entry.value, "source": entry.source.value}
    return values | ({"quote": entry.quote[:_MAX_QUOTE]} if entry.quote else {})


def _evidence_from_map(values: Mapping[str, Any]) -> Evidence:
    source = ValueSource(values["source"])
    return Evidence(values["name"], values["value"], source, values.get("quote", ""))


def _day_to_text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day_from_text(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
