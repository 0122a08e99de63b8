"""Schema.org markup in mails: JSON-LD and microdata, as senders write it for mail clients.

It is a reading like any other: it says more than the text, and the text is what the buyer saw.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ingestion.parsing.receipts.markup import (
    TRIPS,
    Markup,
    MarkupItem,
    as_list,
    day_of,
    first_of,
    name_of,
    text_of,
    to_minor,
)
from ingestion.parsing.receipts.markup_trips import take_trip
from paypulse.receipts import ValueSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selectolax.lexbor import LexborNode

_MAX_SCRIPT = 300_000
_MAX_NODES = 2_000
_KNOWN = TRIPS | {
    "Order",
    "Invoice",
    "ParcelDelivery",
    "EventReservation",
    "FoodEstablishmentReservation",
    "Reservation",
}
# Who books a room or a car is no passenger.
_STAYS = frozenset({"LodgingReservation", "RentalCarReservation"})


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
        for scope in microdata[:50]:
            _take(_of_microdata(scope, 0), markup)
        if markup.types:
            markup.source = ValueSource.MICRODATA
    return markup, broken


def _documents(script: str) -> Iterator[Any]:
    """Parse JSON as it comes: in comments or CDATA, with trailing commas, raw line breaks, cut."""
    text = (
        re.sub(
            r"<!\[CDATA\[|\]\]>|^\s*<!--|-->\s*$|^\s*//.*$", "", script.strip(), flags=re.MULTILINE
        )
        .strip()
        .rstrip(";")
    )
    whole = _parsed(text)
    if whole is not None:
        yield whole
        return
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


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return None


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
                waiting.extend(
                    value for key, value in node.items() if key in ("@graph", "mainEntity", "about")
                )


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
            value: Any = (
                _of_microdata(child, depth + 1) if "itemscope" in attributes else _property(child)
            )
            for part in name.split():
                fields.setdefault(part, []).append(value)
        if "itemscope" not in attributes:
            waiting[:0] = list(child.iter())
    return {
        key: value[0] if isinstance(value, list) and len(value) == 1 else value
        for key, value in fields.items()
    }


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
    for offer in as_list(node.get("acceptedOffer")) + as_list(node.get("orderedItem")):
        _take_item(offer, markup)
    if "ParcelDelivery" in kinds and isinstance(node.get("partOfOrder"), dict):
        inner = node["partOfOrder"]
        _take_heads(inner, markup)
    if isinstance(node.get("referencesOrder"), (dict, list)):
        for inner in as_list(node["referencesOrder"]):
            if isinstance(inner, dict):
                _take_heads(inner, markup)
    if kinds & TRIPS or "EventReservation" in kinds or "Reservation" in kinds:
        take_trip(node, markup, has_travellers=not kinds & _STAYS)


def _take_heads(node: dict[str, Any], markup: Markup) -> None:
    seller = first_of(node, "merchant", "seller", "provider", "broker")
    markup.vendor = markup.vendor or name_of(seller)
    number = first_of(
        node, "orderNumber", "confirmationNumber", "reservationNumber", "reservationId", "accountId"
    )
    if isinstance(number, (str, int)) and str(number).strip():
        markup.order_number = markup.order_number or str(number).strip()[:40]
    markup.ordered_on = markup.ordered_on or day_of(
        first_of(node, "orderDate", "bookingTime", "bookingDate", "dateCreated", "issueDate")
    )
    markup.due_on = markup.due_on or day_of(first_of(node, "paymentDueDate", "paymentDue"))
    status = first_of(node, "orderStatus", "reservationStatus", "paymentStatus")
    if isinstance(status, str):
        markup.status = status.rsplit("/", 1)[-1]


def _take_amounts(node: dict[str, Any], markup: Markup) -> None:
    total = first_of(node, "totalPaymentDue", "price", "totalPrice", "total")
    if isinstance(total, list):
        total = total[0] if total else None
    currency = first_of(node, "priceCurrency", "currency")
    if isinstance(total, dict):
        currency = currency or first_of(total, "priceCurrency", "currency")
        total = first_of(total, "price", "value", "minPrice")
    minor = to_minor(total)
    if minor is not None and markup.total_minor is None:
        markup.total_minor = minor
    elif minor is not None and markup.is_trip and "Order" not in markup.types:
        markup.total_minor = (
            (markup.total_minor or 0) + minor
            if len(markup.types) > 1 and minor != markup.total_minor
            else markup.total_minor
        )
    if isinstance(currency, str) and re.fullmatch(r"[A-Za-z]{3}", currency.strip()):
        markup.currency = markup.currency or currency.strip().upper()
    markup.tax_minor = (
        markup.tax_minor if markup.tax_minor is not None else to_minor(node.get("tax"))
    )
    discount = to_minor(node.get("discount"))
    if discount is not None:
        markup.discount_minor = abs(discount)
    _take_delivery(node, markup)


def _take_delivery(node: dict[str, Any], markup: Markup) -> None:
    delivery = node.get("orderDelivery")
    price = to_minor(first_of(node, "shippingCost", "shipping", "deliveryCharge"))
    if price is None and isinstance(delivery, dict):
        price = to_minor(delivery.get("price"))
    if price is not None:
        markup.shipping_minor = price


def _take_item(offer: Any, markup: Markup) -> None:
    if not isinstance(offer, dict) or len(markup.items) >= 200:
        return
    product = next(
        (
            value
            for value in (first_of(offer, "itemOffered", "orderedItem"),)
            if isinstance(value, dict)
        ),
        offer,
    )
    name = name_of(product) or name_of(offer)
    if not name:
        return
    quantity = first_of(offer, "eligibleQuantity", "orderQuantity", "quantity")
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
        MarkupItem(
            name,
            count,
            to_minor(price),
            text_of(product.get("serialNumber")),
            text_of(product.get("color")),
            text_of(product.get("size")),
        )
    )
