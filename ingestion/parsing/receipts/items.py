"""What was bought: tables with and without a header, lines of text, and blocks of labels.

Several readings may be possible; which is right the sums decide (`sums.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import Amount, find_amounts, is_currency, whole_amount
from ingestion.parsing.receipts.item_names import NamedItem, read_count, read_name, take_attribute
from ingestion.parsing.receipts.labels import MoneyKind, field_names, money_kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from ingestion.parsing.receipts.page import Row

_ROLES = ("quantity", "unit_price", "line_total", "tax_rate", "line_discount", "size", "color",
          "serial", "warranty", "article_number", "item")  # fmt: skip
_FEES = frozenset(
    {MoneyKind.SHIPPING, MoneyKind.DISCOUNT, MoneyKind.DEPOSIT, MoneyKind.TIP,
     MoneyKind.SERVICE_FEE, MoneyKind.GIFT, MoneyKind.ROUNDING}
)  # fmt: skip
_SUMS = frozenset({MoneyKind.TOTAL, MoneyKind.SUBTOTAL, MoneyKind.TAX, MoneyKind.NET, MoneyKind.PAID,
                   MoneyKind.REFUND, MoneyKind.IGNORED})  # fmt: skip
_MAX_ITEMS = 300
_TIMES = re.compile(
    r"(?i)^\W*(?:antal:?\s*)?(?P<count>\d{1,3}(?:[.,]\d{1,3})?)\s?(?:st\.?|pcs|kg|stk)?\s?(?:[x×*@]|à|á|st à|st\.? á)\s*(?=\D?\W*\d)"
)
_EACH = re.compile(r"(?i)\(?\s*(?:\b(?:à|á|@)|@|\beach\b:?)\s*$|\(\s*$")
_AD = re.compile(
    r"(?i)^(?:du kanske (?:också )?gillar|kanske gillar du|rekommender|andra (?:har )?köp(?:te|t)|you may also|"
    r"recommended|customers also|tips från|missa inte|populärt just nu|veckans erbjudanden|mer från|"
    r"fler tips|you might (?:also )?like|passa på|inspiration|relaterade produkter|more for you)"
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


def find_items(rows: Sequence[Row]) -> list[ItemReading]:
    """Return the possible readings, the most particular first."""
    rows = _without_ads(rows)
    tables = _read_tables(rows)
    readings = [
        tables,
        _read_rows(rows, "cells", loose=False),
        _read_blocks(rows),
        _read_rows(rows, "lines", loose=True),
    ]
    return [reading for reading in readings if reading.items]


def _without_ads(rows: Sequence[Row]) -> Sequence[Row]:
    for index, row in enumerate(rows):
        if _AD.match(row.text) and index > len(rows) // 3:
            return rows[:index]
    return rows


# Tables with a header


def _read_tables(rows: Sequence[Row]) -> ItemReading:
    reading = ItemReading(name="table")
    index = 0
    while index < len(rows):
        roles = _roles_of(rows[index])
        if roles is None:
            index += 1
            continue
        reading.rows.add(index)
        index = _read_table(rows, index + 1, roles, reading)
    return reading


def _roles_of(row: Row) -> list[str] | None:
    """Return what each column holds when the row is a header of an item table."""
    cells = row.cells
    if len(cells) < 2 or any(find_amounts(cell) for cell in cells):
        return None
    roles: list[str] = []
    for cell in cells:
        names = field_names(re.sub(r"\s*\((?:kr|sek|eur|€|nok|dkk|usd|inkl\.? moms|inkl|st)\)\s*$|\s+(?:kr|sek)$", "", cell.strip(), flags=re.I))
        found = [role for role in _ROLES if role in names and role not in roles]
        roles.append(found[0] if found else "")
    money = {"unit_price", "line_total"} & set(roles)
    if not money or ("item" not in roles and "quantity" not in roles):
        return None
    if "item" not in roles and roles[0]:
        return None
    return roles


def _read_table(rows: Sequence[Row], start: int, roles: list[str], reading: ItemReading) -> int:
    index = start
    misses = 0
    while index < len(rows) and len(reading.items) < _MAX_ITEMS:
        row = rows[index]
        if _roles_of(row) is not None or _is_sum(row):
            break
        item = _item_of_columns(row, roles, index) or _item_of_cells(row, index, roles)
        if item is not None and not _is_fee(item, row):
            reading.items.append(item)
            reading.rows.add(index)
            misses = 0
        elif item is None and reading.items and _attach(row, reading.items[-1]):
            reading.rows.add(index)
        elif item is None:
            misses += 1
            if misses > 3 and reading.items:
                break
        index += 1
    return index


def _is_sum(row: Row) -> bool:
    label, amount = split_row(row)
    if amount is None:
        return False
    kind, sureness = money_kind(label)
    if kind not in _SUMS:
        return False
    counted = any(read_count(cell) is not None for cell in row.cells[1:])
    return not (counted and len(row.cells) > 2 and sureness < 3)


def _is_fee(item: RawItem, row: Row) -> bool:
    kind, _ = money_kind(item.name)
    if kind in _FEES and len(item.name) < 45:
        return True
    return item.unit is None and item.quantity is None and _is_sum(row)


def split_row(row: Row) -> tuple[str, Amount | None]:
    """Return a row's label and its last amount: what a sum or fee looks like."""
    cells = _merged(row.cells)
    if len(cells) == 1:
        text = cells[0].split("\n")[-1] if "\n" in cells[0] else cells[0]
        amounts = find_amounts(text)
        if amounts and not re.search(r"\w", text[amounts[-1].end :]):
            return text[: amounts[-1].start].strip(" :–-"), amounts[-1]
        return text, None
    amount = whole_amount(cells[-1].replace("\n", " "))
    if amount is not None:
        words = [cell for cell in cells[:-1] if re.search(r"[^\W\d_]", cell) and not whole_amount(cell)]
        return (words[0].replace("\n", " ") if words else ""), amount
    amount = whole_amount(cells[0])
    if amount is not None and len(cells) == 2:
        return cells[1], amount
    joined = " ".join(cells)
    amounts = find_amounts(joined)
    if amounts and not re.search(r"\w", joined[amounts[-1].end :]):
        return joined[: amounts[-1].start].strip(" :–-"), amounts[-1]
    return cells[0], None


def _merged(cells: Sequence[str]) -> list[str]:
    """Drop empty cells and put a currency in a cell of its own to its number."""
    merged: list[str] = []
    for cell in cells:
        if not cell:
            continue
        if merged and is_currency(cell) and re.search(r"\d$", merged[-1]):
            merged[-1] += f" {cell}"
        elif merged and is_currency(merged[-1]) and re.match(r"[-\u2212]?\d", cell):
            merged[-1] += f" {cell}"
        else:
            merged.append(cell)
    return merged


def _item_of_columns(row: Row, roles: list[str], index: int) -> RawItem | None:
    cells = list(row.cells) + [""] * (len(roles) - len(row.cells))
    if len(cells) != len(roles):
        return None
    by_role = {role: cell for role, cell in zip(roles, cells, strict=True) if role}
    text = by_role.get("item", cells[0])
    if not re.search(r"[^\W\d_]", text) or whole_amount(text):
        return None
    named = read_name(text)
    item = _from_named(named, index, row)
    count = read_count(by_role.get("quantity", ""))
    item.quantity = count if count is not None else _measure(by_role.get("quantity", ""), item)
    for role in ("size", "color", "serial", "warranty"):
        if by_role.get(role) and by_role[role] not in ("-", "–"):
            item.attributes[role] = by_role[role]
    unit = _cell_amount(by_role.get("unit_price", ""))
    total = _cell_amount(by_role.get("line_total", ""))
    if unit is None and total is None:
        return None
    _price(item, unit, total, unit_only="line_total" not in roles)
    return item


def _measure(text: str, item: RawItem) -> Decimal | None:
    """Return the count in `0,456 kg` or `240 kWh`; a named count in the item's text otherwise."""
    match = re.match(r"^(\d{1,6}(?:[.,]\d{1,3})?)\s*[^\W\d_]{1,6}\.?$", text.strip())
    if match is None:
        return item.quantity
    from ingestion.parsing.receipts.amounts import parse_number

    return parse_number(match[1])


def _cell_amount(cell: str) -> Amount | None:
    lines = [line for line in cell.split("\n") if line]
    amounts = [amount for line in lines if (amount := whole_amount(re.sub(r"(?i)\s*/\s*(?:st|kg|pcs)\.?$|\s*(?:per st|each|/kwh)$", "", line)))]
    # A crossed-out price stands first.
    return amounts[-1] if amounts else None


def _price(item: RawItem, unit: Amount | None, total: Amount | None, *, unit_only: bool) -> None:
    item.currency = next((found.currency for found in (total, unit) if found and found.currency), None)
    if unit is not None and total is not None:
        item.unit, item.total = unit.minor, total.minor
    else:
        lone = unit or total
        assert lone is not None  # noqa: S101 - the caller looked
        item.lone, item.lone_is_unit = lone.minor, unit_only and unit is not None


def _from_named(named: NamedItem, index: int, row: Row) -> RawItem:
    return RawItem(
        named.name, index, row.text, named.quantity, named.unit_minor, named.line_minor,
        attributes=dict(named.attributes),
    )  # fmt: skip


def _attach(row: Row, item: RawItem) -> bool:
    """Give a row of attributes ("Storlek: M", "2 × 115,00 kr") to the item above it."""
    named = NamedItem("")
    taken = False
    for cell in row.cells:
        for segment in re.split(r"\n|,\s+|\s*;\s*|\s+/\s+", cell):
            if segment.strip():
                if not _take_times(segment, named) and not take_attribute(segment, named):
                    return False
                taken = True
    if not taken:
        return False
    for key, value in named.attributes.items():
        item.attributes.setdefault(key, value)
    item.quantity = item.quantity if item.quantity is not None else named.quantity
    _take_prices(item, named)
    return True


def _take_prices(item: RawItem, named: NamedItem) -> None:
    if named.unit_minor is not None and item.unit is None:
        item.unit = named.unit_minor
        if item.total is None and item.lone is not None:
            item.total, item.lone = item.lone, None
    if named.line_minor is not None and item.total is None and item.lone is None:
        item.lone = named.line_minor


def _take_times(segment: str, named: NamedItem) -> bool:
    match = _TIMES.match(segment)
    if match is None:
        return False
    amounts = find_amounts(segment[match.end() :], bare=True)
    if not 1 <= len(amounts) <= 2:
        return False
    named.quantity = read_count(match["count"])
    named.unit_minor = amounts[0].minor
    if len(amounts) == 2:
        named.line_minor = amounts[1].minor
    return True


# Rows without a header


def _read_rows(rows: Sequence[Row], name: str, *, loose: bool) -> ItemReading:
    reading = ItemReading(name=name)
    for index, row in enumerate(rows):
        if len(reading.items) >= _MAX_ITEMS:
            break
        if _ends_items(row, reading):
            break
        item = _item_of_cells(row, index, []) or (_item_of_line(row, index, loose=loose))
        if item is None:
            item = _item_over_two_rows(rows, index)
        if item is not None and not _is_no_item(item, row):
            reading.items.append(item)
            reading.rows.add(index)
        elif reading.items and index - max(reading.rows) <= 3 and _attach(row, reading.items[-1]):
            reading.rows.add(index)
    return reading


def _ends_items(row: Row, reading: ItemReading) -> bool:
    """Behind the total nothing is an item any more."""
    if not reading.items:
        return False
    label, amount = split_row(row)
    if amount is None:
        return False
    kind, sureness = money_kind(label)
    return kind is MoneyKind.TOTAL and sureness >= 2


def _is_no_item(item: RawItem, row: Row) -> bool:
    kind, _ = money_kind(item.name)
    if kind is not None:
        # "Kortspel" contains a way to pay; a count and a product make it an item all the same.
        return not (
            kind in (MoneyKind.PAID, MoneyKind.IGNORED)
            and item.quantity is not None
            and item.unit is not None
        )
    label = split_row(row)[0]
    names = field_names(label) - {"item", "plan", "restaurant"}
    return bool(names) or len(item.name) < 2 or not re.search(r"[^\W\d_]{2}", item.name)


def _item_of_cells(row: Row, index: int, roles: list[str]) -> RawItem | None:
    cells = _merged(row.cells)
    if len(cells) < 2:
        return None
    amounts: list[Amount] = []
    counts: list[Decimal] = []
    names: list[str] = []
    times = NamedItem("")
    for cell in cells:
        amount = _cell_amount(cell)
        count = read_count(cell)
        if count is not None and (amount is None or not amount.looks_like_money) and not counts:
            counts.append(count)
        elif amount is not None:
            amounts.append(amount)
        elif re.fullmatch(r"\d{1,2}(?:[.,]\d)?\s?%", cell) or not re.search(r"\w", cell):
            continue
        elif _take_times(cell, times) or (names and take_attribute(cell, times)):
            continue
        else:
            names.append(cell)
    if not names or not (amounts or times.unit_minor or times.line_minor):
        return None
    if not any(amount.looks_like_money for amount in amounts) and not times.unit_minor and not roles:
        return None
    # An article number before the name has digits mostly.
    best = max(names[:2], key=lambda text: sum(char.isalpha() for char in text))
    item = _from_named(read_name(best), index, row)
    for extra in names:
        if extra is not best:
            _attach_text(extra, item)
    item.attributes = {**times.attributes, **item.attributes}
    item.quantity = counts[0] if counts else (times.quantity or item.quantity)
    _price_of(item, amounts, times)
    return item


def _attach_text(text: str, item: RawItem) -> None:
    named = NamedItem("")
    for segment in re.split(r"\n|,\s+|\s+/\s+", text):
        take_attribute(segment, named)
    for key, value in named.attributes.items():
        item.attributes.setdefault(key, value)
    item.quantity = item.quantity if item.quantity is not None else named.quantity


def _price_of(item: RawItem, amounts: list[Amount], times: NamedItem) -> None:
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


def _item_of_line(row: Row, index: int, *, loose: bool) -> RawItem | None:
    """Read a line of text: `2 x Capricciosa à 115,00 kr 230,00 kr`."""
    if len([cell for cell in row.cells if cell]) != 1:
        return None
    text = next(cell for cell in row.cells if cell).split("\n")[0]
    amounts = find_amounts(text)
    if not amounts or len(text) > 160 or re.search(r"\w{2}", _tail(text, amounts[-1])):
        return None
    head = text[: amounts[0].start]
    times = _times_before(head)
    if times is not None:
        head, count = times
    else:
        head, count = re.sub(r"(?i)\(\s*$|[\s(]*(?:à|á|@|each|st)\s*$", "", head), None
    item = _from_named(read_name(head.rstrip(" :.=–-")), index, row)
    item.quantity = count if count is not None else item.quantity
    structured = item.quantity is not None or len(amounts) > 1 or bool(item.attributes)
    if not item.name or not (structured or loose) or _is_sentence(item.name):
        return None
    if times is not None and len(amounts) == 1:
        item.unit = amounts[0].minor
        item.currency = amounts[0].currency
        return item
    each = _EACH.search(text[: amounts[0].start]) or re.match(r"(?i)\s*(?:/\s?st|per st|each)", text[amounts[0].end :])
    _price_of(item, amounts, NamedItem(""))
    if each and len(amounts) == 1:
        item.unit, item.lone = amounts[0].minor, None
    return item


def _tail(text: str, amount: Amount) -> str:
    return re.sub(r"(?i)\s*(?:/\s?st|per st|each|styck|kr)\W*$", "", text[amount.end :])


def _times_before(head: str) -> tuple[str, Decimal | None] | None:
    """Split `Capricciosa 2 x `, as in `Capricciosa 2 x 115,00 kr`."""
    match = re.search(r"(?i)[\s,(–:-]+(\d{1,3}(?:[.,]\d{1,3})?)\s?(?:st|pcs|kg)?\.?\s?(?:[x×*@]|à|á)\s*$", head)
    return (head[: match.start()], read_count(match[1])) if match else None


def _is_sentence(text: str) -> bool:
    return text.count(" ") > 11 or bool(
        re.search(
            r"(?i)\b(?:du|vi|har|är|you|we|have|your|din|ditt|tack|thank|hej|order(?:nummer)?|datum|date)\b|[.!?]\s",
            text,
        )
    )


def _item_over_two_rows(rows: Sequence[Row], index: int) -> RawItem | None:
    """A name in one row and `2 × 115,00 kr` (with or without the sum) in the next."""
    if index == 0:
        return None
    above, row = rows[index - 1], rows[index]
    named = NamedItem("")
    cells = _merged(row.cells)
    if not cells or not _take_times(cells[0], named):
        return None
    name_cells = [cell for cell in above.cells if cell]
    if len(name_cells) != 1 or find_amounts(name_cells[0]) or _is_sentence(name_cells[0]):
        return None
    item = _from_named(read_name(name_cells[0]), index, row)
    item.quantity, item.unit, item.total = named.quantity, named.unit_minor, named.line_minor
    last = whole_amount(cells[-1]) if len(cells) > 1 else None
    item.total = last.minor if last else item.total
    return item


# Blocks of labels under a name


def _read_blocks(rows: Sequence[Row]) -> ItemReading:
    """Read a name with labelled lines under it: `Antal: 2`, `Pris: 79,99 kr`, `Storlek: M`."""
    reading = ItemReading(name="blocks")
    index = 1
    while index < len(rows):
        named = NamedItem("")
        end = index
        while end < len(rows) and _take_block_row(rows[end], named):
            end += 1
        above = [cell for cell in rows[index - 1].cells if cell]
        priced = named.unit_minor is not None or named.line_minor is not None
        if end > index and priced and len(above) == 1 and not _is_sentence(above[0]):
            head = re.sub(r"(?i)^(?:vara|artikel|produkt|item|product|rätt|namn|name)\s*\d*\s*:\s*", "", above[0])
            own = read_name(head)
            item = _from_named(own, index - 1, rows[index - 1])
            item.attributes = {**named.attributes, **item.attributes}
            item.quantity = named.quantity or own.quantity
            item.unit = named.unit_minor
            item.lone = named.line_minor
            if item.unit is not None and item.lone is not None:
                item.total, item.lone = item.lone, None
            if item.name and money_kind(item.name)[0] is None:
                reading.items.append(item)
                reading.rows.update(range(index - 1, end))
        index = max(end, index) + 1
    return reading


def _take_block_row(row: Row, named: NamedItem) -> bool:
    text = " ".join(cell for cell in row.cells if cell)
    if not 0 < len(text) < 120:
        return False
    segments = [part for part in re.split(r"\n|,\s+|\s*;\s*|\s+/\s+", text) if part.strip()]
    if len(row.cells) > 2:
        segments = [cell for cell in row.cells if cell]
    return all(_take_times(segment, named) or take_attribute(segment, named) for segment in segments)
