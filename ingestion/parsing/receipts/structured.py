"""Schema.org markup in mails: JSON-LD and microdata, as senders write it for mail clients.

It is a reading like any other: it says more than the text, and the text is what the buyer saw.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ingestion.parsing.receipts.dates import find_dates
from paypulse.receipts import Leg, ValueSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from selectolax.lexbor import LexborNode

_MAX_SCRIPT = 300_000
_MAX_NODES = 2_000
_TRIPS = frozenset(
    {"FlightReservation", "TrainReservation", "BusReservation", "BoatReservation", "TaxiReservation",
     "RentalCarReservation", "LodgingReservation"}
)  # fmt: skip
_KNOWN = _TRIPS | {"Order", "Invoice", "ParcelDelivery", "EventReservation", "FoodEstablishmentReservation", "Reservation"}  # fmt: skip


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
        return any(kind in _TRIPS for kind in self.types)


def read_markup(scripts: Sequence[str], microdata: Sequence[LexborNode]) -> tuple[Markup, bool]:
    """Return what the markup says, and whether some of it was broken."""
    markup = Markup()
    broken = False
    for script in scripts[:20]:
        try:
            documents = list(_documents(script[:_MAX_SCRIPT]))
        except (ValueError, RecursionError):
            broken = True
            continue
        for node in _nodes(documents):
            _take(node, markup)
    if not markup.types:
        for node in microdata[:50]:
            _take(_of_microdata(node, 0), markup)
        if markup.types:
            markup.source = ValueSource.MICRODATA
    return markup, broken


def _documents(script: str) -> Iterator[Any]:
    """Parse JSON as it comes: in comments or CDATA, with trailing commas, raw line breaks, cut."""
    text = re.sub(r"<!\[CDATA\[|\]\]>|^\s*<!--|-->\s*$|^\s*//.*$", "", script.strip(), flags=re.MULTILINE).strip().rstrip(";")
    try:
        yield json.loads(text, strict=False)
        return
    except ValueError:
        pass
    mended = re.sub(r",(\s*[}\]])", r"\1", text)
    mended = re.sub(r"([\"\d}\]])\s*\n\s*(\")", r"\1,\n\2", mended)
    mended = mended.translate({0x201C: '"', 0x201D: '"', 0x00A0: " "}).replace("&quot;", '"')
    decoder = json.JSONDecoder(strict=False)
    at = 0
    found = False
    while (opening := re.compile(r"[{\[]").search(mended, at)) is not None:
        document, at = decoder.raw_decode(mended, opening.start())
        found = True
        yield document
    if not found:
        raise ValueError("no JSON")


def _nodes(documents: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield the outermost objects of known types, through arrays and `@graph`."""
    waiting = list(documents)
    seen = 0
    while waiting and seen < _MAX_NODES:
        node = waiting.pop(0)
        seen += 1
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            if _types(node) & _KNOWN:
                yield node
            else:
                waiting.extend(value for key, value in node.items() if key in ("@graph", "mainEntity", "about"))


def _types(node: dict[str, Any]) -> set[str]:
    given = node.get("@type", node.get("type"))
    names = given if isinstance(given, list) else [given]
    return {str(name).rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in names if name}


def _of_microdata(node: LexborNode, depth: int) -> dict[str, Any]:
    fields: dict[str, Any] = {"@type": (node.attributes.get("itemtype") or "").strip()}
    if depth > 8:
        return fields
    waiting = list(node.iter())
    count = 0
    while waiting and count < _MAX_NODES:
        child = waiting.pop(0)
        count += 1
        attributes = child.attributes
        name = attributes.get("itemprop")
        if name:
            value: Any = _of_microdata(child, depth + 1) if "itemscope" in attributes else _property(child)
            for part in name.split():
                fields.setdefault(part, []).append(value)
        if "itemscope" not in attributes:
            waiting[:0] = list(child.iter())
    return {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in fields.items()}


def _property(node: LexborNode) -> str:
    attributes = node.attributes
    value = attributes.get("content") or attributes.get("datetime") or attributes.get("href")
    return " ".join((value or node.text(deep=True) or "").split())


def _take(node: dict[str, Any], markup: Markup) -> None:
    kinds = _types(node) & _KNOWN
    if not kinds:
        return
    markup.types.extend(sorted(kinds))
    _take_heads(node, markup)
    _take_amounts(node, markup)
    for offer in _list(node.get("acceptedOffer")) + _list(node.get("orderedItem")):
        _take_item(offer, markup)
    if "ParcelDelivery" in kinds and isinstance(node.get("partOfOrder"), dict):
        inner = node["partOfOrder"]
        _take_heads(inner, markup)
    if isinstance(node.get("referencesOrder"), (dict, list)):
        for inner in _list(node["referencesOrder"]):
            if isinstance(inner, dict):
                _take_heads(inner, markup)
    if kinds & _TRIPS or "EventReservation" in kinds or "Reservation" in kinds:
        _take_trip(node, markup)


def _take_heads(node: dict[str, Any], markup: Markup) -> None:
    seller = _first(node, "merchant", "seller", "provider", "broker")
    markup.vendor = markup.vendor or _name(seller)
    number = _first(node, "orderNumber", "confirmationNumber", "reservationNumber", "reservationId", "accountId")
    if isinstance(number, (str, int)) and str(number).strip():
        markup.order_number = markup.order_number or str(number).strip()[:40]
    markup.ordered_on = markup.ordered_on or _day(_first(node, "orderDate", "bookingTime", "bookingDate", "dateCreated", "issueDate"))
    markup.due_on = markup.due_on or _day(_first(node, "paymentDueDate", "paymentDue"))
    status = _first(node, "orderStatus", "reservationStatus", "paymentStatus")
    if isinstance(status, str):
        markup.status = status.rsplit("/", 1)[-1]


def _take_amounts(node: dict[str, Any], markup: Markup) -> None:
    total = _first(node, "totalPaymentDue", "price", "totalPrice", "total")
    if isinstance(total, list):
        total = total[0] if total else None
    currency = _first(node, "priceCurrency", "currency")
    if isinstance(total, dict):
        currency = currency or _first(total, "priceCurrency", "currency")
        total = _first(total, "price", "value", "minPrice")
    minor = to_minor(total)
    if minor is not None and markup.total_minor is None:
        markup.total_minor = minor
    elif minor is not None and markup.is_trip and "Order" not in markup.types:
        markup.total_minor = (markup.total_minor or 0) + minor if len(markup.types) > 1 and minor != markup.total_minor else markup.total_minor
    if isinstance(currency, str) and re.fullmatch(r"[A-Za-z]{3}", currency.strip()):
        markup.currency = markup.currency or currency.strip().upper()
    markup.tax_minor = markup.tax_minor if markup.tax_minor is not None else to_minor(node.get("tax"))
    discount = to_minor(node.get("discount"))
    if discount is not None:
        markup.discount_minor = abs(discount)
    _take_delivery(node, markup)


def _take_delivery(node: dict[str, Any], markup: Markup) -> None:
    delivery = node.get("orderDelivery")
    price = to_minor(_first(node, "shippingCost", "shipping", "deliveryCharge"))
    if price is None and isinstance(delivery, dict):
        price = to_minor(delivery.get("price"))
    if price is not None:
        markup.shipping_minor = price


def _take_item(offer: Any, markup: Markup) -> None:
    if not isinstance(offer, dict) or len(markup.items) >= 200:
        return
    product = next((value for value in (_first(offer, "itemOffered", "orderedItem"),) if isinstance(value, dict)), offer)
    name = _name(product) or _name(offer)
    if not name:
        return
    quantity = _first(offer, "eligibleQuantity", "orderQuantity", "quantity")
    if isinstance(quantity, dict):
        quantity = quantity.get("value")
    try:
        count = Decimal(str(quantity)) if quantity is not None else Decimal(1)
    except InvalidOperation:
        count = Decimal(1)
    if not count.is_finite():
        count = Decimal(1)
    price = offer.get("price")
    specification = offer.get("priceSpecification")
    if price is None and isinstance(specification, dict):
        price = specification.get("price")
    markup.items.append(
        MarkupItem(name, count, to_minor(price), _text(product.get("serialNumber")), _text(product.get("color")), _text(product.get("size")))
    )


def _take_trip(node: dict[str, Any], markup: Markup) -> None:
    number = _first(node, "reservationNumber", "reservationId")
    if isinstance(number, (str, int)):
        markup.booking_reference = markup.booking_reference or str(number)
    for person in _list(_first(node, "underName")):
        name = _name(person)
        if name and name not in markup.passengers:
            markup.passengers.append(name)
    for trip in _list(node.get("reservationFor")):
        if isinstance(trip, dict):
            leg = _leg(trip)
            if leg is not None and leg not in markup.legs:
                markup.legs.append(leg)


def _leg(trip: dict[str, Any]) -> Leg | None:
    origin = _name(_first(trip, "departureAirport", "departureStation", "departureBusStop", "departureBoatTerminal"))
    destination = _name(_first(trip, "arrivalAirport", "arrivalStation", "arrivalBusStop", "arrivalBoatTerminal"))
    if not origin and not destination:
        return None
    number = _text(_first(trip, "flightNumber", "trainNumber", "busNumber", "identifier"))
    return Leg(number, origin, destination, _instant(trip.get("departureTime")), _instant(trip.get("arrivalTime")))


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


def _first(node: dict[str, Any], *names: str) -> Any:
    return next((node[name] for name in names if node.get(name) not in (None, "", [])), None)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _name(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, list):
        value = value[0] if value else None
    return _text(value)


def _text(value: Any) -> str | None:
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    text = " ".join(str(value).split())
    return text[:120] or None


def _day(value: Any) -> date | None:
    if not isinstance(value, str):
        return None
    found = find_dates(value)
    return found[0].day if found else None


def _instant(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    match = re.match(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d))?", value.strip())
    if match is None:
        return None
    return f"{match[1]}T{match[2]}" if match[2] else match[1]
