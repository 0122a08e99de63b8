"""An item in one row of cells whose columns have no names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts, whole_amount
from ingestion.parsing.receipts.item_names import (
    NamedItem,
    read_count,
    read_count_of,
    read_measure,
    read_name,
    read_rate,
    take_attribute,
)
from ingestion.parsing.receipts.raw_items import (
    METERED,
    RawItem,
    cell_amount,
    from_named,
    is_product,
    merged,
    take_times,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from ingestion.parsing.receipts.amounts import Amount
    from ingestion.parsing.receipts.rows import Row


# In a column of counts: "3 mån", "2 nätter".
_OF_TIME = re.compile(
    r"(?i)(?<=\d)\s?(?:mån(?:ader)?|months?|nätter|nights?|netter|dager|nætter|døgn|dygn"
    r"|dagar|days?|tage?|nächte)\.?$"
)
# "Änglamark. Pris 29,95 kr/kg", in small letters below a name.
_BOTH_TOLD = re.compile(
    r"(?i)\b(?:antal|qty|antall|menge):?\s(?P<count>\d{1,3})(?:\s?(?:st|stk|pcs))?\.?,?\s+(?:pris|price"
    r"|preis):?\s(?P<price>\d[\d .,]*\s?(?:kr|:-|€)?)$"
)
_RATE_TOLD = re.compile(r"(?i)\b(?:pris|price|preis)\s(?P<rate>\d[^\s/]*\s?\w{0,3}/\w{1,4})$")
# "Sigbritt Almhage", and below it "Biljett Vuxen".
_TRAVELLER = re.compile(
    r"^[^\W\d_a-zåäö]\w+(?: [^\W\d_a-zåäö][\w-]+){1,3}\n(?i:.*\b(?:biljett|ticket|billett?|vuxen"
    r"|adult|voksen|erwachsene[rn]?|senior|barn|child|ungdom)\b)"
)
_COUNT_BEFORE = re.compile(r"^(?P<count>\d{1,2})\s(?P<name>[^\W\d_].*)$")
_EACH_BEHIND = re.compile(r"\s*\((?P<price>[^()]{3,16})\)$")
WEIGHED = re.compile(r"(?i)\d{1,3}[.,]\d{1,3}\s?kg\s+\d")


def item_of_cells(row: Row, index: int, roles: list[str]) -> RawItem | None:
    """Return the item of a row: a name, a count, one or two amounts."""
    cells = merged(row.cells)
    if len(cells) < 2:
        return None
    cells = [cells[0], *(part for cell in cells[1:] for part in _lines_of_numbers(cell))]
    amounts: list[Amount] = []
    counts: list[Decimal] = []
    names: list[str] = []
    times = NamedItem("")
    measure: Decimal | None = None
    for printed in cells:
        cell = _without_prices(printed, times)
        if WEIGHED.match(cell) and take_times(cell, times):
            continue
        if cell.startswith("(") and (rate := read_rate(cell)) is not None:
            times.unit_minor = rate  # "£6.50 | (£3.25 each)"
            continue
        amount = cell_amount(cell)
        count = read_count(_OF_TIME.sub("", cell))
        count = read_count_of(cell) if count is None else count
        if count is not None and (amount is None or not amount.looks_like_money) and not counts:
            counts.append(count)
        elif amount is not None:
            amounts.append(amount)
        elif (
            re.fullmatch(r"\d{1,2}(?:[.,]\d)?\s?%", cell)
            or not re.search(r"\w", cell)
            or take_times(cell, times)
            or (names and take_attribute(cell, times))
        ):
            continue
        elif measure is None and (found := read_measure(cell)) is not None:
            measure = found
        else:
            names.append(cell)
    if not names or not (amounts or times.unit_minor or times.line_minor is not None):
        return None
    if (
        not any(amount.looks_like_money for amount in amounts)
        and not times.unit_minor
        and times.line_minor is None
        and not roles
    ):
        return None
    # An article number before the name has digits mostly.
    best = next((name for name in names if is_worded(name)), names[0])
    if _TRAVELLER.match(best):
        best = best.split("\n", 1)[1]
    item = from_named(read_name(best, with_count=not (counts or times.quantity)), index, row)
    for extra in names:
        if extra is not best:
            _attach_text(extra, item)
    item.attributes = {**times.attributes, **item.attributes}
    item.quantity = counts[0] if counts else (times.quantity or item.quantity)
    if any(METERED.fullmatch(cell) for cell in cells):
        item.quantity = None  # what a meter has counted is one delivery
    price_of(item, amounts, times)
    _take_each_behind(item)
    _take_count_before(item)
    item.measure = measure
    priced = item.unit is not None and item.total is not None
    if measure is not None and item.quantity is None and priced:
        item.quantity = measure if is_product(measure, item.unit or 0, item.total or 0) else None
    return item


def _take_each_behind(item: RawItem) -> None:
    """Take `(99,00)` from behind a name, where as many make the sum."""
    match = _EACH_BEHIND.search(item.name)
    amount = whole_amount(match["price"]) if match else None
    total = item.total if item.total is not None else item.lone
    if match is None or amount is None or item.quantity is None or total is None:
        return
    if amount.looks_like_money and is_product(item.quantity, amount.minor, total):
        item.name = item.name[: match.start()]
        item.unit, item.total, item.lone = amount.minor, total, None


def _take_count_before(item: RawItem) -> None:
    """Take `2 Ordinarie | 595 kr | 1 190 kr`: as many make the sum."""
    match = _COUNT_BEFORE.match(item.name)
    if match is None or item.quantity is not None or item.unit is None or item.total is None:
        return
    count = read_count(match["count"])
    if count is not None and count > 1 and is_product(count, item.unit, item.total):
        item.quantity, item.name = count, match["name"]


def _lines_of_numbers(cell: str) -> list[str]:
    """Part a cell that has a count in one line and a price in the next."""
    lines = cell.split("\n")
    parted = len(lines) == 2 and read_count(lines[0]) is not None and cell_amount(lines[1])
    return lines if parted else [cell]


def _without_prices(cell: str, times: NamedItem) -> str:
    """Take the price of one from below a name: `CCS Fotkräm`, then `59,50 kr/st`."""
    name, *lines = cell.split("\n")
    if not lines or not is_worded(name) or find_amounts(name):
        return cell
    kept = [name]
    for line in lines:
        counted = NamedItem("")
        if times.unit_minor is None and take_times(line, counted):
            times.quantity, times.unit_minor = counted.quantity, counted.unit_minor
            continue
        both = _BOTH_TOLD.search(line)
        price = whole_amount(both["price"]) if both else None
        if both is not None and price is not None and times.unit_minor is None:
            times.quantity, times.unit_minor = read_count(both["count"]), price.minor
            continue
        amount = cell_amount(line)
        told = _RATE_TOLD.search(line)
        unit = amount.minor if amount and amount.looks_like_money else None
        unit = read_rate(told["rate"] if told else line) if unit is None else unit
        if unit is None or times.unit_minor is not None:
            kept.append(line)
        else:
            times.unit_minor = unit
    return "\n".join(kept)


def _attach_text(text: str, item: RawItem) -> None:
    named = NamedItem("")
    for segment in re.split(r"\n|,\s+|\s+/\s+", text):
        take_attribute(segment, named)
    for key, value in named.attributes.items():
        item.attributes.setdefault(key, value)
    item.quantity = item.quantity if item.quantity is not None else named.quantity


def price_of(item: RawItem, amounts: list[Amount], times: NamedItem) -> None:
    """Note what the amounts of a row mean."""
    item.currency = next((amount.currency for amount in amounts if amount.currency), None)
    if times.unit_minor is not None:
        item.unit = times.unit_minor
        item.total = amounts[-1].minor if amounts else times.line_minor
    elif len(amounts) >= 2:
        item.unit, item.total = amounts[0].minor, amounts[-1].minor
        if len(amounts) > 2:
            # A column of VAT or discount stands between; the sums show whether this holds.
            item.unit = amounts[0].minor
    elif item.unit is not None and amounts:
        item.total = amounts[0].minor
    elif amounts:
        item.lone = amounts[0].minor
    else:
        item.lone = times.line_minor


def is_worded(name: str) -> bool:
    """Tell a name from an article's number, which has digits mostly."""
    letters = sum(char.isalpha() for char in name)
    return letters >= 3 and letters > sum(char.isdigit() for char in name)
