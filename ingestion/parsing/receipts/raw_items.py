"""Items before it is known what their prices mean, and the rows that belong to them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import (
    Amount,
    find_amounts,
    is_currency,
    leading_amount,
    whole_amount,
)
from ingestion.parsing.receipts.dates import find_dates
from ingestion.parsing.receipts.item_names import (
    NamedItem,
    read_count,
    read_measure,
    read_rate,
    take_attribute,
)
from ingestion.parsing.receipts.labels import MoneyKind, money_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parsing.receipts.rows import Row

_SUMS = frozenset(
    {
        MoneyKind.TOTAL,
        MoneyKind.SUBTOTAL,
        MoneyKind.TAX,
        MoneyKind.NET,
        MoneyKind.PAID,
        MoneyKind.REFUND,
        MoneyKind.IGNORED,
    }
)
MAX_ITEMS = 300
_ANY_DAY = date(2026, 7, 1)  # completes days without a year
_AROUND_PRICE = re.compile(
    r"(?i)^\s*(?:[àá]|@)\s*|\s*/\s*(?:st|kg|pcs|h|m|l)\.?$|\s*(?:per st|each|/kwh)$"
)
_DASHED = re.compile(r"\s*[:–—]\s+|\s+-\s+")
METERED = re.compile(r"(?i)(?<![^\W\d_])(?:[km]wh|m3|m³|kubikmeter)(?!\w)")
_TIMES = re.compile(
    r"(?i)^\W*(?:(?:antal|qty|quantity|menge"
    r"|anzahl):?\s*)?(?P<count>\d{1,3}(?:[.,]\d{1,3})?)\s?(?:st\.?"
    r"|pcs?|kg|stk|m|h|tim|seats?|users?|licen[sc]es?|licenser|användare|platser|nätter|natt"
    r"|nights?|guests?|copies|copy|months?|månader|mån|personer|pers\.?|tickets?|biljetter|dagar"
    r"|days?|stück|portion(?:er)?|port\.?|tage?|netter|døgn|dygn|min\.?|minuter|minutter|nächte?|nacht|packs?|vecka|veckor|uger?|wochen?)?\s?"
    r"(?:[x×*@]|à|á|at\s|st à|st\.? á)\s*(?=(?:[A-Za-z]{2,3}\$?)?\W{0,3}\d)"
)


# A till's "0,874kg 27,90".
_WEIGHED = re.compile(r"(?i)^\W*(?P<count>\d{1,3}[.,]\d{1,3})\s?kg\s+(?=\d)")
_COUNTED_PRICE = re.compile(
    r"(?i)^(?P<count>\d{1,3})\s?(?:st|pcs|stk|pc|stück)\.?,?\s+(?:(?:pris|price|preis|[àá])\b:?\s*)?"
    r"(?P<price>[^()]{3,20}?)(?:\s*\((?P<each>[^()]{4,24})\))?$"
)
# "Art.nr 97412 2 st x 199,90": the number stands before the count.
_ARTICLE_BEFORE = re.compile(
    r"(?i)^(?:art(?:ikel)?\.?\s?(?:nr|no|nummer)?|sku|ean)\.?:?\s+\d{3,14}\s+(?=\d)"
)
# In "1 x 14. Capricciosa" the number is that of the dish.
_ARTICLE = re.compile(r"\d[\d.-]{5,}")  # "404.177.35"
_NAME_FOLLOWS = re.compile(r"(?i)\.?\s+(?!each|per\b|styck|apiece|sek\b|inkl|incl)[^\W\d_]{3}")
_WITH_EACH = re.compile(
    r"(?i)^[^()]{2,24}\(\s*(?:à\s?[^()]{2,20}"
    r"|[^()]{2,20}?(?:each|/\s?st(?:k|yck)?|per st(?:yck)?|st|stk|apiece)\.?)\)$"
)


@dataclass(slots=True)
class RawItem:
    """An item before it is known what its lone price means."""

    name: str
    row: int
    quote: str
    quantity: Decimal | None = None
    unit: int | None = None
    total: int | None = None
    lone: int | None = None  # of one or of all
    lone_is_unit: bool = False  # what the column's heading says
    attributes: dict[str, str] = field(default_factory=dict)
    currency: str | None = None
    measure: Decimal | None = None  # a weight or time that may be the quantity

    @property
    def count(self) -> Decimal | int:
        """How many; one where nothing is printed."""
        return self.quantity if self.quantity is not None else 1


@dataclass(slots=True)
class ItemReading:
    """One way to read a mail's items, and the rows that it takes for them."""

    items: list[RawItem] = field(default_factory=list)
    rows: set[int] = field(default_factory=set)
    name: str = ""
    is_patched: bool = False  # of two readings: sums prove it, names may still be wrong


def amount_of(item: RawItem) -> int:
    """Return the best known amount of an item; 0 where none is printed."""
    return next((minor for minor in (item.total, item.lone, item.unit) if minor is not None), 0)


def is_sum(row: Row) -> bool:
    """Tell whether a row is a sum and no item."""
    label, amount = split_row(row)
    if amount is None:
        return False
    kind, sureness = money_kind(label)
    if kind not in _SUMS or (amount.minor < 0 and sureness == 1):
        return False  # "Willys Plus-pris | -30,00" is taken off
    counted = any(read_count(cell) is not None for cell in row.cells[1:])
    return not (counted and len(row.cells) > 2 and sureness < 3)


def split_row(row: Row) -> tuple[str, Amount | None]:
    """Return a row's label and its last amount: what a sum or fee looks like."""
    cells = merged(row.cells)
    if len(cells) == 1:
        text = cells[0].split("\n")[-1] if "\n" in cells[0] else cells[0]
        amounts = find_amounts(text)
        if amounts and not re.search(r"\w", text[amounts[-1].end :]):
            return text[: amounts[-1].start].strip(" :–-"), amounts[-1]
        return _free_line(text)
    last = cells[-1].replace("\n", " ")
    amount = whole_amount(last) or leading_amount(last)
    if amount is not None:
        words = [
            cell for cell in cells[:-1] if re.search(r"[^\W\d_]", cell) and not whole_amount(cell)
        ]
        if len(words) > 1 and money_kind(words[-1])[0] is not None and is_sentence(words[0]):
            words = words[-1:]  # a remark stands beside the sum
        return (words[0].replace("\n", " ") if words else ""), amount
    amount = whole_amount(cells[0])
    if amount is not None and len(cells) == 2:
        return cells[1], amount
    joined = " ".join(cells)
    amounts = find_amounts(joined)
    if amounts and not re.search(r"\w", joined[amounts[-1].end :]):
        return joined[: amounts[-1].start].strip(" :–-"), amounts[-1]
    return cells[0], None


def _free_line(text: str) -> tuple[str, Amount | None]:
    """Read `Leverans — Fri`, or `Fri frakt` under its label; anything else has no amount."""
    parts = _DASHED.split(text, maxsplit=1)
    amount = whole_amount(parts[-1]) if not re.search(r"\d", text) else None
    if amount is None:
        return text, None
    return (parts[0] if len(parts) > 1 else ""), amount


def merged(cells: Sequence[str]) -> list[str]:
    """Drop empty cells and put a currency in a cell of its own to its number."""
    merged: list[str] = []
    for cell in cells:
        if not cell:
            continue
        if (merged and is_currency(cell) and re.search(r"\d$", merged[-1])) or (
            merged and is_currency(merged[-1]) and re.match(r"[-\u2212]?\d", cell)
        ):
            merged[-1] += f" {cell}"
        else:
            merged.append(cell)
    return merged


def cell_amount(cell: str) -> Amount | None:
    """Return the amount in a cell, the last where an old price is crossed out."""
    lines = [line for line in cell.split("\n") if line]
    amounts = [
        amount
        for line in lines
        if (amount := whole_amount(_AROUND_PRICE.sub("", line)) or leading_amount(line))
    ]
    # A crossed-out price stands first.
    return amounts[-1] if amounts else None


def price(item: RawItem, unit: Amount | None, total: Amount | None, *, unit_only: bool) -> None:
    """Note what the columns say about the price."""
    item.currency = next(
        (found.currency for found in (total, unit) if found and found.currency), None
    )
    if unit is not None and total is not None:
        item.unit, item.total = unit.minor, total.minor
    else:
        lone = unit or total
        assert lone is not None  # noqa: S101 - the caller looked
        item.lone, item.lone_is_unit = lone.minor, unit_only and unit is not None


def from_named(named: NamedItem, index: int, row: Row) -> RawItem:
    """Return an item without prices."""
    return RawItem(
        named.name,
        index,
        row.text,
        named.quantity,
        named.unit_minor,
        named.line_minor,
        attributes=dict(named.attributes),
    )


def attach(row: Row, item: RawItem) -> bool:
    """Give a row of attributes ("Storlek: M", "2 × 115,00 kr") to the item above it."""
    named = NamedItem("")
    taken = False
    for cell in row.cells:
        for segment in re.split(r"\n|,\s+|\s*;\s*|\s+/\s+|\s+[—–-]\s+", cell):
            if segment.strip():
                if not (
                    take_times(segment, named)
                    or take_attribute(segment, named)
                    or _take_rate(segment, named)
                    or (taken and _ARTICLE.fullmatch(segment))
                    or (len(row.cells) > 1 and _ARTICLE.fullmatch(segment))
                ):
                    return False
                taken = True
    if not taken:
        return False
    for key, value in named.attributes.items():
        item.attributes.setdefault(key, value)
    item.quantity = item.quantity if item.quantity is not None else named.quantity
    _take_prices(item, named)
    return True


def repeats(row: Row, item: RawItem) -> bool:
    """Give an item the count and price that stand under its sum: `Qty 2 @ $29.99`, `(344,00/h)`."""
    cells = [cell for cell in row.cells if cell]
    amount = item.total if item.total is not None else item.lone
    if not cells or amount is None or item.unit is not None:
        return False
    weighed, _, each = cells[0].partition(", ")  # "0,712 kg, 159,00 kr/kg"
    measure, rate = read_measure(weighed), read_rate(each)
    if measure is not None and rate is not None and is_product(measure, rate, amount):
        item.quantity, item.unit, item.total, item.lone = measure, rate, amount, None
        return True
    alone = whole_amount(cells[0]) if len(cells) == 1 else None
    if (
        alone is not None
        and item.count > 1
        and is_product(Decimal(item.count), amount, alone.minor)
    ):
        item.unit, item.total, item.lone = amount, alone.minor, None  # the sum below the price
        item.quote = f"{item.quote}\n{row.text}"
        return True
    named = NamedItem("")
    rate = read_rate(cells[0])
    if rate is not None and item.measure is not None and is_product(item.measure, rate, amount):
        item.quantity, item.unit, item.total, item.lone = item.measure, rate, amount, None
        item.quote = f"{item.quote}\n{row.text}"
        return True
    if rate is not None and item.quantity is not None and is_product(item.quantity, rate, amount):
        item.unit, item.total, item.lone = rate, amount, None
        item.quote = f"{item.quote}\n{row.text}"
        return True
    if item.quantity not in (None, named.quantity) or not take_times(cells[0], named):
        return False
    if named.quantity is None or not is_product(named.quantity, named.unit_minor or 0, amount):
        return False
    item.quantity, item.unit, item.total, item.lone = named.quantity, named.unit_minor, amount, None
    item.quote = f"{item.quote}\n{row.text}"
    return True


def _take_rate(segment: str, named: NamedItem) -> bool:
    """Take `595:-/st`, `$30.00 each`."""
    rate = read_rate(segment)
    if rate is None or named.unit_minor is not None:
        return False
    named.unit_minor = rate
    return True


def is_product(count: Decimal, unit: int, total: int) -> bool:
    """Tell whether count and price make the sum, but for rounding."""
    return abs(count * unit - total) <= 1


def _take_prices(item: RawItem, named: NamedItem) -> None:
    if named.unit_minor is not None and item.unit is None:
        item.unit = named.unit_minor
        if item.total is None and item.lone is not None:
            item.total, item.lone = item.lone, None
    if named.line_minor is not None and item.total is None and item.lone is None:
        item.lone = named.line_minor


def take_times(segment: str, named: NamedItem) -> bool:
    """Take `2 × 115,00 kr`, with or without the sum."""
    segment = _ARTICLE_BEFORE.sub("", segment)
    match = _TIMES.match(segment) or _WEIGHED.match(segment)
    if match is None:
        return _take_counted_price(segment, named)
    rest = segment[match.end() :]
    # "79,00 -158,00" are two, and no span.
    amounts = find_amounts(re.sub(r"(?<=\d)\s+(?=-\d)", " = ", rest), bare=True)
    if not 1 <= len(amounts) <= 2 or _NAME_FOLLOWS.match(rest[amounts[-1].end :]):
        return False
    if len(amounts) == 2 and _NAME_FOLLOWS.match(rest[amounts[0].end : amounts[1].start]):
        return False  # "5 kg × 12 kr Potatis: 60 kr"
    named.quantity = read_count(match["count"])
    named.unit_minor = amounts[0].minor
    if len(amounts) == 2:
        named.line_minor = amounts[1].minor
    return True


def _take_counted_price(segment: str, named: NamedItem) -> bool:
    """Take `2 st Pris: 47,90 kr/st`, `2 st 95,00 kr (47,50 kr/st)`, `1 st 219,00 kr`."""
    match = _COUNTED_PRICE.match(segment)
    if match is None:
        return False
    unit, each = read_rate(match["price"]), read_rate(match["each"] or "")
    line = whole_amount(match["price"])
    if unit is None and (line is None or not line.looks_like_money):
        return False
    named.quantity = read_count(match["count"])
    named.unit_minor = unit if unit is not None else each
    if unit is None and line is not None:
        named.line_minor = line.minor
    return True


def is_sentence(text: str) -> bool:
    """Tell whether a text is no name."""
    return text.count(" ") > 11 or bool(
        re.search(
            r"(?i)\b(?:du|vi|har|är|you|we|have|your|din|ditt|tack|thank|hej|order(?:nummer)?"
            r"|datum|date|works out|kostar|costs|(?:och|og|and|und) (?:spara?|save|spare))\b"
            r"|[!?]\s|[^\W\d_]{3,}(?<!inkl)(?<!exkl)(?<!incl)(?<!\bvet)\.\s",
            text,
        )
    )


def is_day(text: str) -> bool:
    """Tell whether a text is a date and nothing else."""
    days = find_dates(text, _ANY_DAY)
    if not days:
        return False
    rest = text[: days[0].start] + text[days[-1].end :]
    return not re.search(r"[^\W\d_]{4}", rest)


def take_block_row(row: Row, named: NamedItem) -> bool:
    """Take a row that only describes the item above it."""
    text = " ".join(cell for cell in row.cells if cell)
    if not 0 < len(text) < 120:
        return False
    alone = whole_amount(text)
    if _is_line_total(alone, named) or _take_with_each(text, named):
        return True
    described = named.unit_minor is not None or named.quantity is not None or named.attributes
    if alone is not None and alone.looks_like_money and described and named.line_minor is None:
        named.line_minor = alone.minor
        return True
    segments = [
        part for part in re.split(r"\n|,\s+|\s*;\s*|\s+/\s+|\s+[—–-]\s+", text) if part.strip()
    ]
    cells = [cell for cell in row.cells if cell]
    if len(cells) == 2 and take_attribute(f"{cells[0].rstrip(':')}: {cells[1]}", NamedItem("")):
        segments = [f"{cells[0].rstrip(':')}: {cells[1]}"]
    elif len(cells) > 1:
        segments = cells
    return all(
        take_times(segment, named)
        or take_attribute(segment, named)
        or _take_price_alone(segment, named)
        or _take_measured(segment, named)
        for segment in segments
    )


def _is_line_total(alone: Amount | None, named: NamedItem) -> bool:
    """Take `45,00` under `2 st` and `22,50`: the price before was that of one."""
    unit, count = named.line_minor, named.quantity
    if alone is None or unit is None or count is None or named.unit_minor is not None:
        return False
    if not is_product(count, unit, alone.minor):
        return False
    named.unit_minor, named.line_minor = unit, alone.minor
    return True


def _take_with_each(text: str, named: NamedItem) -> bool:
    """Take `398,00 kr (199,00 kr each)`: the sum, and the price of one."""
    match = _WITH_EACH.match(text)
    amounts = find_amounts(text) if match else []
    if len(amounts) != 2 or named.line_minor is not None or named.unit_minor is not None:
        return False
    named.line_minor, named.unit_minor = amounts[0].minor, amounts[1].minor
    return True


def _take_measured(segment: str, named: NamedItem) -> bool:
    """Take `1,104 kg`, then `31,90 kr/kg`: together they are count and price."""
    if named.quantity is None and (measure := read_measure(segment)) is not None:
        named.measure = measure
        return True
    rate = read_rate(segment)
    if rate is None or named.unit_minor is not None:
        return False
    named.unit_minor = rate
    named.quantity = named.quantity if named.quantity is not None else named.measure
    return True


def _take_price_alone(segment: str, named: NamedItem) -> bool:
    """Take `59,00 kr`, once a count or a price for one has been read before it."""
    amount = whole_amount(segment)
    counted = named.unit_minor is not None or named.quantity is not None
    if amount is None or not amount.looks_like_money or not counted:
        return False
    named.line_minor = named.line_minor if named.line_minor is not None else amount.minor
    return True
