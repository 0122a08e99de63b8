"""Readings put together: who is believed, what is checked, and what is said about the rest."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.combination import Combination
from ingestion.parsing.receipts.item_doubts import is_doubtful
from ingestion.parsing.receipts.labels import MoneyKind
from ingestion.parsing.receipts.receipt_details import to_details
from ingestion.parsing.receipts.sums import MOST_TAX
from paypulse.money import Money
from paypulse.receipts import (
    Category,
    DocumentType,
    Receipt,
    ReceiptItem,
    ReceiptStatus,
    ReceiptWarning,
    ValueSource,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ingestion.parsing.receipts.layout import Layout
    from ingestion.parsing.receipts.markup import Markup, MarkupItem
    from ingestion.parsing.receipts.raw_items import RawItem

_VAT_RATES = (5, 6, 7, 10, 12, 14, 15, 19, 20, 21, 23, 24, 25, Decimal("25.5"))
_RATE_ROUNDING = Decimal("0.4")
_SHORTEST_NUMBER = 3  # is more often an amount or part of another number
_OLDEST = timedelta(days=45)
_WORTH_A_LOOK = frozenset(ReceiptWarning) - {ReceiptWarning.ITEMS_MISSING}


def combine(
    layout: Layout,
    markup: Markup,
    *,
    vendor: str,
    category: Category,
    document: DocumentType,
    sent_on: date | None,
) -> Receipt:
    """Return the receipt that the readings make together."""
    made = Combination(layout, markup, sent_on)
    made.currency = _currency(made)
    total = _total(made)
    tax = _part(made, "tax", MoneyKind.TAX, markup.tax_minor)
    shipping = _part(made, "shipping", MoneyKind.SHIPPING, markup.shipping_minor)
    discount = _part(made, "discount", MoneyKind.DISCOUNT, markup.discount_minor)
    items = _items(made)
    number = _number(made)
    day = _day(made)
    _check_tax(made, tax, total)
    _check_net(made, total)
    details = to_details(made, category, document, number, items, vendor)
    method = layout.payment_method
    return Receipt(
        vendor=vendor,
        category=category,
        document_type=document,
        order_number=number,
        ordered_on=day,
        currency=made.currency,
        total=made.money(total),
        tax=made.money(tax),
        shipping=made.money(shipping),
        discount=made.money(discount),
        items=items,
        details=details,
        payment_method=method.value if method else None,
        status=status_of(made.warnings),
        warnings=tuple(made.warnings),
        evidence=tuple(made.evidence),
    )


def status_of(warnings: Sequence[ReceiptWarning]) -> ReceiptStatus:
    """Return OK when no warning asks for a look."""
    needs = any(warning in _WORTH_A_LOOK for warning in warnings)
    return ReceiptStatus.NEEDS_REVIEW if needs else ReceiptStatus.OK


def _currency(made: Combination) -> str | None:
    layout, markup = made.layout, made.markup
    chosen = layout.currency or markup.currency
    if chosen is None and layout.swedish:
        made.warn(ReceiptWarning.CURRENCY_MISSING)
        chosen = "SEK"
    if layout.currency and markup.currency and layout.currency != markup.currency:
        kronor = {"SEK", "NOK", "DKK", "ISK"}
        if {
            layout.currency,
            markup.currency,
        } <= kronor and layout.currency not in layout.currencies:
            chosen = markup.currency  # the text says "kr"; the markup says whose
        else:
            made.warn(ReceiptWarning.MARKUP_CONTRADICTS_TEXT)
    if chosen is None:
        made.warn(ReceiptWarning.CURRENCY_MISSING)
    elif len(layout.currencies) > 1:
        made.warn(ReceiptWarning.SEVERAL_CURRENCIES)
    if chosen:
        source = ValueSource.LAYOUT if layout.currency == chosen else made.markup.source
        made.keep("currency", chosen, source, layout.sums.total_quote)
    return chosen


def _total(made: Combination) -> int | None:
    """The visible total wins; markup that says otherwise is a warning, that agrees is a proof."""
    sums, stated = made.layout.sums, made.markup.total_minor
    if sums.total is None:
        return _total_of_markup(made)
    made.keep(
        "total",
        Money(sums.total, made.currency or "SEK").amount,
        ValueSource.LAYOUT,
        sums.total_quote,
    )
    agreed = stated is not None and stated == sums.total
    if stated is not None and not agreed and stated != sums.total - sums.gift:
        made.warn(ReceiptWarning.MARKUP_CONTRADICTS_TEXT)
    if sums.contradicts and not (sums.subtotal_adds_up or sums.net_adds_up):
        made.warn(ReceiptWarning.TOTAL_DOES_NOT_ADD_UP)
    elif sums.contradicts or sums.doubted or is_doubtful(sums.items):
        made.warn(ReceiptWarning.ITEMS_DO_NOT_ADD_UP)
    elif not (sums.adds_up or sums.subtotal_adds_up or sums.net_adds_up or agreed):
        made.warn(ReceiptWarning.TOTAL_UNVERIFIED)
    return sums.total


def _total_of_markup(made: Combination) -> int | None:
    stated = made.markup.total_minor
    if stated is None:
        made.warn(ReceiptWarning.TOTAL_MISSING)
        return None
    made.keep("total", Money(stated, made.currency or "SEK").amount, made.markup.source)
    # No reader of the mail sees it.
    made.warn(ReceiptWarning.TOTAL_UNVERIFIED)
    return stated


def _part(made: Combination, name: str, kind: MoneyKind, stated: int | None) -> int | None:
    sums = made.layout.sums
    minor = sums.parts.get(kind)
    if minor is not None:
        made.keep(
            name,
            Money(minor, made.currency or "SEK").amount,
            ValueSource.LAYOUT,
            sums.quotes.get(kind, ""),
        )
        if stated is not None and stated != minor:
            made.warn(ReceiptWarning.MARKUP_CONTRADICTS_TEXT)
        return minor
    if stated is not None:
        made.keep(name, Money(stated, made.currency or "SEK").amount, made.markup.source)
    return stated


def _check_tax(made: Combination, tax: int | None, total: int | None) -> None:
    if tax is None or not total:
        return
    if not 0 <= tax <= total * MOST_TAX or _is_odd_on_top(made, tax, total):
        made.warn(ReceiptWarning.TAX_IMPLAUSIBLE)


def _is_odd_on_top(made: Combination, tax: int, total: int) -> bool:
    """Tell whether a tax that is added to the goods is of no rate of VAT: a fare's, perhaps."""
    sums = made.layout.sums
    goods = sum(item.total or 0 for item in sums.items)
    others = sum(minor for kind, minor in sums.parts.items() if kind is not MoneyKind.TAX)
    others -= 2 * sums.parts.get(MoneyKind.DISCOUNT, 0)
    if not tax or made.currency == "USD" or goods + others + tax != total:
        return False
    rate = Decimal(tax) / (total - tax) * 100
    return all(abs(rate - each) > _RATE_ROUNDING for each in _VAT_RATES)


def _check_net(made: Combination, total: int | None) -> None:
    """A printed net amount that VAT does not bring to the total says that one of them is wrong."""
    sums = made.layout.sums
    if total is not None and sums.net_contradicts:
        made.warn(ReceiptWarning.TAX_IMPLAUSIBLE)


def _number(made: Combination) -> str | None:
    read, stated = made.layout.order_number, made.markup.order_number
    if read is not None:
        made.keep("orderNumber", read.value, ValueSource.LAYOUT, read.quote)
        short = len(read.value) <= _SHORTEST_NUMBER and read.value.isdigit()
        rivals = made.layout.several_numbers or short
        if rivals and _bare(stated or "") != _bare(read.value):
            made.warn(ReceiptWarning.ORDER_NUMBER_UNSURE)
        if stated and _bare(stated) == _bare(read.value):
            return read.value
        if stated and any(_bare(stated) in _bare(quote) for quote in (read.quote,)):
            return stated
        if stated and made.markup.types and not made.markup.is_trip:
            made.warn(ReceiptWarning.MARKUP_CONTRADICTS_TEXT)
        return read.value
    if stated:
        made.keep("orderNumber", stated, made.markup.source)
        return stated
    made.warn(ReceiptWarning.ORDER_NUMBER_MISSING)
    return None


def _bare(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _day(made: Combination) -> date | None:
    """The printed day, when it is one on which this mail could have been sent."""
    sent = made.sent_on
    read = made.layout.ordered_on or made.layout.refunded_on
    if made.layout.refund and made.layout.refunded_on is not None:
        read = made.layout.refunded_on
    candidates: list[tuple[date, ValueSource, str]] = []
    if read is not None:
        candidates.append((read.value, ValueSource.LAYOUT, read.quote))
    if made.markup.ordered_on is not None:
        candidates.append((made.markup.ordered_on, made.markup.source, ""))
    for day, source, quote in candidates:
        if sent is None or day - sent <= timedelta(days=2):
            made.keep("orderDate", day, source, quote)
            if made.layout.several_days and made.markup.ordered_on != day:
                made.warn(ReceiptWarning.DATE_UNSURE)
            old = sent is not None and sent - day > _OLDEST and not made.layout.refund
            if old:
                made.warn(ReceiptWarning.DATE_IMPLAUSIBLE)
            return day
    if candidates:
        made.warn(ReceiptWarning.DATE_IMPLAUSIBLE)
    if sent is not None:
        made.keep("orderDate", sent, ValueSource.MAIL_HEADER)
        if made.layout.passes_by_days:
            made.warn(ReceiptWarning.DATE_UNSURE)
    else:
        made.warn(ReceiptWarning.DATE_IMPLAUSIBLE)
    return sent


def _items(made: Combination) -> tuple[ReceiptItem, ...]:
    sums = made.layout.sums
    if not sums.items:
        return _items_of_markup(made)
    by_name = {_bare(item.name): item for item in made.markup.items}
    items = tuple(_item(made, raw, by_name.get(_bare(raw.name))) for raw in sums.items)
    if made.markup.items and not (sums.adds_up or sums.subtotal_adds_up):
        stated = sum((item.unit_minor or 0) * item.quantity for item in made.markup.items)
        parts = made.layout.sums.parts
        rest = sum(parts.get(kind, 0) for kind in (MoneyKind.SHIPPING, MoneyKind.SERVICE_FEE))
        if (
            stated
            and sums.total is not None
            and stated + rest - parts.get(MoneyKind.DISCOUNT, 0) == sums.total
        ):
            return _items_of_markup(made)
    for at, raw in enumerate(sums.items):
        made.keep(f"items[{at}]", raw.name, ValueSource.LAYOUT, raw.quote)
    return items


def _item(made: Combination, raw: RawItem, stated: MarkupItem | None) -> ReceiptItem:
    attributes = raw.attributes
    return ReceiptItem(
        raw.name,
        Decimal(raw.count),
        made.money(_signed(made, raw.unit)),
        made.money(_signed(made, raw.total)),
        size=attributes.get("size") or (stated.size if stated else None),
        color=attributes.get("color") or (stated.color if stated else None),
        serial=attributes.get("serial") or (stated.serial if stated else None),
        warranty=attributes.get("warranty"),
    )


def _signed(made: Combination, minor: int | None) -> int | None:
    """What comes back is positive, like the refund's total."""
    return abs(minor) if minor is not None and made.layout.refund else minor


def _items_of_markup(made: Combination) -> tuple[ReceiptItem, ...]:
    items = []
    for at, item in enumerate(_with_goods(made)):
        unit = made.money(item.unit_minor)
        total = (
            None if item.unit_minor is None else made.money(int(item.unit_minor * item.quantity))
        )
        items.append(
            ReceiptItem(item.name, item.quantity, unit, total, item.size, item.color, item.serial)
        )
        made.keep(f"items[{at}]", item.name, made.markup.source)
    if not items:
        return _subscribed(made)
    return tuple(items)


def _with_goods(made: Combination) -> Sequence[MarkupItem]:
    """Return the markup's items so that they make the printed subtotal.

    Shops write the price of one, or of all, into the same property.
    """
    found, goods = made.markup.items, made.layout.sums.subtotal
    if goods is None or any(item.unit_minor is None for item in found):
        return found
    if sum((item.unit_minor or 0) * item.quantity for item in found) == goods:
        return found
    if sum(item.unit_minor or 0 for item in found) == goods:
        return [
            replace(item, unit_minor=int((item.unit_minor or 0) / item.quantity)) for item in found
        ]
    if found:
        made.warn(ReceiptWarning.ITEMS_DO_NOT_ADD_UP)
    return found


def _subscribed(made: Combination) -> tuple[ReceiptItem, ...]:
    """One thing whose price is the total: a subscription, or what `Artikel:` names."""
    sums, name = made.layout.sums, made.layout.plan or made.layout.bought
    parts = sums.parts.keys() - {MoneyKind.TAX, MoneyKind.DISCOUNT}
    if name is None or sums.total is None or parts:
        made.warn(ReceiptWarning.ITEMS_MISSING)
        return ()
    made.keep("items[0]", name.value, ValueSource.LAYOUT, name.quote)
    price = made.money(sums.total + sums.parts.get(MoneyKind.DISCOUNT, 0))
    return (ReceiptItem(name.value, Decimal(1), price, price),)
