"""What markup says about a purchase, and how its values are written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ingestion.parsing.receipts.dates import find_dates
from paypulse.receipts import Leg, ValueSource

if TYPE_CHECKING:
    from datetime import date

TRIPS = frozenset(
    {
        "FlightReservation",
        "TrainReservation",
        "BusReservation",
        "BoatReservation",
        "TaxiReservation",
        "RentalCarReservation",
        "LodgingReservation",
    }
)


@dataclass(slots=True)
class MarkupItem:
    """An item as the markup gives it."""

    name: str
    quantity: Decimal
    unit_minor: int | None = None
    serial: str | None = None
    color: str | None = None
    size: str | None = None


@dataclass(slots=True)
class Markup:
    """What markup says about a purchase; everything may be absent."""

    types: list[str] = field(default_factory=list)
    vendor: str | None = None
    order_number: str | None = None
    ordered_on: date | None = None
    due_on: date | None = None
    currency: str | None = None
    total_minor: int | None = None
    tax_minor: int | None = None
    shipping_minor: int | None = None
    discount_minor: int | None = None
    items: list[MarkupItem] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    passengers: list[str] = field(default_factory=list)
    booking_reference: str | None = None
    status: str | None = None
    source: ValueSource = ValueSource.JSON_LD

    @property
    def is_trip(self) -> bool:
        """Whether it is about travelling."""
        return any(kind in TRIPS for kind in self.types)


def to_minor(value: Any) -> int | None:
    """Return a price of markup in minor units: `"10280.00"`, `"1.299,50"`, `149`, `"SEK 99"`."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        text = str(value)
    elif isinstance(value, str):
        text = re.sub(r"[^\d.,-]", "", value)
        if re.search(r",\d{1,2}$", text):
            text = text.replace(".", "").replace(",", ".")
        else:
            text = text.replace(",", "")
    else:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > 10_000_000:
        return None
    return int((number * 100).to_integral_value())


def first_of(node: dict[str, Any], *names: str) -> Any:
    """Return the first of these properties that says something."""
    return next((node[name] for name in names if node.get(name) not in (None, "", [])), None)


def as_list(value: Any) -> list[Any]:
    """Return a property as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def name_of(value: Any) -> str | None:
    """Return what a property is called."""
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, list):
        value = value[0] if value else None
    return text_of(value)


def text_of(value: Any) -> str | None:
    """Return a property as a short text."""
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    text = " ".join(str(value).split())
    return text[:120] or None


def day_of(value: Any) -> date | None:
    """Return the day of a property."""
    if not isinstance(value, str):
        return None
    found = find_dates(value)
    return found[0].day if found else None


def to_instant(value: Any) -> str | None:
    """Return the instant of a property, local, without zone."""
    if not isinstance(value, str):
        return None
    match = re.match(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d))?", value.strip())
    if match is None:
        return None
    return f"{match[1]}T{match[2]}" if match[2] else match[1]
