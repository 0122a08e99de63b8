"""What only some categories have, from the readings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.labels import MoneyKind
from ingestion.parsing.receipts.raw_items import is_sentence
from ingestion.parsing.receipts.travel import is_out_of_order
from ingestion.parsing.receipts.value_texts import read_interval
from ingestion.parsing.receipts.values import Found
from paypulse.receipts import (
    Category,
    DocumentType,
    ReceiptDetails,
    ReceiptItem,
    ReceiptWarning,
    ValueSource,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parsing.receipts.combination import Combination
    from ingestion.parsing.receipts.layout import Layout


# What no place has in its name: "Grand Total: $", "Stockholm C /".
_NO_PLACE = re.compile(r"[:$€£/|]")
_TIPPED = (Category.FOOD_DELIVERY, Category.TRAVEL, Category.MISCELLANEOUS)
_WITH_BOTTLES = (Category.GROCERY, Category.FOOD_DELIVERY)
_ONCE = re.compile(r"(?i)\bone-?\s?time\b|engångs|\bonce\b|einmalig|éngangs|engangs")


def to_details(
    made: Combination,
    category: Category,
    document: DocumentType,
    number: str | None,
    items: Sequence[ReceiptItem],
    vendor: str,
) -> ReceiptDetails:
    """Return the details that belong to a category."""
    layout, sums = made.layout, made.layout.sums
    values: dict[str, Any] = {
        "service_fee": made.money(sums.parts.get(MoneyKind.SERVICE_FEE)),
        "tip": made.money(sums.parts.get(MoneyKind.TIP)),
        "deposit": made.money(sums.parts.get(MoneyKind.DEPOSIT)),
    }
    tipped = sums.parts.get(MoneyKind.TIP) and category not in _TIPPED
    if tipped or (sums.parts.get(MoneyKind.DEPOSIT) and category not in _WITH_BOTTLES):
        made.warn(ReceiptWarning.DETAILS_UNSURE)
    if category is Category.FOOD_DELIVERY:
        own = layout.restaurant and _is_own(layout.restaurant, vendor)
        values["restaurant"] = None if own else layout.restaurant
    elif category is Category.SUBSCRIPTIONS:
        values |= _of_subscription(layout, items)
    elif category is Category.UTILITY:
        values |= _of_utility(layout)
    elif category is Category.TECHNOLOGY and layout.period:
        start, end = layout.period.value
        values |= {"period_start": start, "period_end": end}
    elif category is Category.TRAVEL:
        values |= _of_travel(made, number)
    if document is DocumentType.INVOICE:
        values = {"due_on": layout.due_on, "ocr": layout.ocr} | values
    for name, value in list(values.items()):
        if isinstance(value, Found):
            if name in layout.told:
                made.warn(ReceiptWarning.DETAILS_UNSURE)
            made.keep(name, value.value, ValueSource.LAYOUT, value.quote)
            values[name] = value.value
    return ReceiptDetails(**{name: value for name, value in values.items() if value is not None})


def _is_own(restaurant: Found[str], vendor: str) -> bool:
    """Tell whether it is the sender itself, or a branch that a sentence names."""
    name, own = (re.sub(r"[^\w ]", "", text.casefold()) for text in (restaurant.value, vendor))
    first = own.split(" ")[0]
    branch = bool(first) and name.startswith(first) and is_sentence(restaurant.quote)
    return name == own or branch


def _of_subscription(layout: Layout, items: Sequence[ReceiptItem]) -> dict[str, Any]:
    period = layout.period
    plan: Any = None if "plan" in layout.told and items else layout.plan
    if plan is None and len(items) >= 1 and not _ONCE.search(items[0].name):
        plan = items[0].name
    return {
        "plan": plan,
        "billing_period": layout.billing_period or (None if layout.ends else _interval_of(items)),
        "next_billing_on": layout.next_billing_on,
        "period_start": Found(period.value[0], period.quote) if period else None,
        "period_end": Found(period.value[1], period.quote) if period else None,
    }


def _interval_of(items: Sequence[ReceiptItem]) -> str | None:
    """Read it from what was bought: `Premium Duo (månadsvis)`."""
    return next((found for item in items if (found := read_interval(item.name))), None)


def _of_utility(layout: Layout) -> dict[str, Any]:
    period = layout.period
    return {
        "consumption_kwh": layout.consumption_kwh,
        "due_on": layout.due_on,
        "ocr": layout.ocr,
        "period_start": Found(period.value[0], period.quote) if period else None,
        "period_end": Found(period.value[1], period.quote) if period else None,
    }


def _is_odd_place(place: str | None) -> bool:
    """Tell whether a place has signs or begins with a label: `Avresa Stockholm`, `Total: $`."""
    if not place:
        return False
    return bool(_NO_PLACE.search(place) or field_names(place.split(" ")[0]))


def _of_travel(made: Combination, number: str | None) -> dict[str, Any]:
    layout, markup = made.layout, made.markup
    incomplete = any(not (leg.number and leg.departure and leg.arrival) for leg in layout.legs)
    odd = any(
        map(_is_odd_place, (end for leg in layout.legs for end in (leg.origin, leg.destination)))
    )
    doubtful = layout.misses_legs or incomplete or odd or is_out_of_order(layout.legs)
    if doubtful and len(markup.legs) != len(layout.legs):
        made.warn(ReceiptWarning.LEGS_UNSURE)
    reference: Any = layout.booking or markup.booking_reference
    if reference is None and (layout.legs or markup.legs):
        reference = number  # a ticket without a journey is a receipt and no booking
    return {
        "booking_reference": reference,
        "legs": layout.legs or tuple(markup.legs),
        "passengers": layout.passengers or tuple(markup.passengers),
    }
