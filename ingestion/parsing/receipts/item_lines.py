"""Items in rows without a header, and in lines of text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import Amount, find_amounts, whole_amount
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.item_cells import item_of_cells, price_of
from ingestion.parsing.receipts.item_names import NamedItem, read_count, read_name, take_attribute
from ingestion.parsing.receipts.labels import MoneyKind, money_kind, names_only_a_sum
from ingestion.parsing.receipts.raw_items import (
    MAX_ITEMS,
    ItemReading,
    RawItem,
    attach,
    from_named,
    is_day,
    is_product,
    is_sentence,
    merged,
    repeats,
    split_row,
    take_block_row,
    take_times,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from ingestion.parsing.receipts.rows import Row

# `63,60 kr (pant 8,00 kr tillkommer)`
_NOTE_BEHIND = re.compile(r"(?i)\s*\((?:\+\s?)?(?:pant|deposit|pfand)\b[^()]{0,40}\)$")
_CLOCK = re.compile(r"[012]?\d[.:][0-5]\d")
_SMALL = re.compile(r"[a-zåäöæø]+(?![\w-])")
_TIMES_FIRST = re.compile(
    r"(?i)^(?P<count>\d{1,3}(?:[.,]\d{1,3})?)\s?(?:st|kg|pcs|stk|l)?\.?\s?[x×*à@]\s?"
    r"(?P<price>\d[\d .,]*?\s?(?:kr|sek|:-|€))\s+(?P<name>[^\W\d_].{2,60}?)\s*[:=]\s*"
    r"(?P<total>\S[^:=]{2,18})$"
)
_EACH = re.compile(r"(?i)\(?\s*(?:\b(?:à|á|@)|@|\beach\b:?)\s*$|\(\s*$")


# Words of sums that are also in names of goods: a breakfast basket, a card game.
_SURE_TOTALS = ((MoneyKind.TOTAL, 2), (MoneyKind.TOTAL, 3))
_NAMED_TOTAL = re.compile(
    r"(?i)(?!tot|sum|pris|price|preis|belopp|amount|kostnad|cost|i alt|gesamt|betrag|beløb|beløp"
    r"|order|varor|att|invoice|faktura)[^\W\d_]{3,} total \w"
)
_NAMED = re.compile(
    r"(?i)(?:ticket|biljett|billett?|flight|flug|fahr|base|grund|medlemskap|membership"
    r"|abonnemang|abonnement|subscription)\s?(?:price|pris|preis|total)$"
)
_MAY_BE_NAMES = frozenset(
    {MoneyKind.SUBTOTAL, MoneyKind.PAID, MoneyKind.IGNORED, MoneyKind.GIFT, MoneyKind.DISCOUNT}
)


def read_rows(
    rows: Sequence[Row], name: str, *, loose: bool, named_like_sums: bool = False
) -> ItemReading:
    """Read the rows up to the total.

    Args:
        rows: Of the mail.
        name: Of this way to read them.
        loose: Take a line with a single amount, too.
        named_like_sums: Take rows whose names have words of sums, too: a gift card, sold.
    """
    reading = ItemReading(name=name)
    for index, row in enumerate(rows):
        if len(reading.items) >= MAX_ITEMS:
            break
        if _ends_items(row, reading):
            break
        if index - 1 in reading.rows and repeats(row, reading.items[-1]):
            reading.rows.add(index)
            continue
        item = (
            item_of_details(rows, index)
            or item_of_cells(row, index, [])
            or _item_of_line(row, index, loose=loose)
        )
        if item is None or _is_no_item(item, row, named_like_sums=named_like_sums):
            item = _item_over_two_rows(rows, index) or _item_above_price(rows, index)
        elif index and index - 1 not in reading.rows and _describes(row, rows[index - 1]):
            item.name = read_name(rows[index - 1].text.strip(" |"), with_count=False).name
        if item is not None and not _is_no_item(item, row, named_like_sums=named_like_sums):
            reading.items.append(item)
            reading.rows.add(index)
        elif reading.items and index - max(reading.rows) <= 3 and attach(row, reading.items[-1]):
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
    if kind is MoneyKind.REFUND and amount.minor >= max(
        each.total or each.lone or 0 for each in reading.items
    ):
        return True
    if kind is MoneyKind.PAID and re.match(r"(?i)total|summa|sammanlagt", label):
        return True
    return kind is MoneyKind.TOTAL and sureness >= 2


def _is_no_item(item: RawItem, row: Row, *, named_like_sums: bool) -> bool:
    if names_only_a_sum(item.name):
        return True
    if money_kind(re.sub(r"\([^()]*\)", "", item.name)) in _SURE_TOTALS:
        return True  # "Total (VAT included 278,46 kr)"
    kind, sureness = money_kind(item.name)
    if kind is not None:
        # A subtotal taken for an item doubles the sum, so nothing adds up; a discount may fit.
        certain = kind is MoneyKind.SUBTOTAL or item.quantity is not None
        named = _NAMED.match(item.name) or _NAMED_TOTAL.match(item.name)
        if named_like_sums and kind is MoneyKind.TOTAL and sureness < 3 and named:
            return False  # "Ticket price", "Medlemskap Total", "Plus Total 12 månader"
        if kind in _MAY_BE_NAMES and ((named_like_sums and certain) or _is_product(item)):
            return False
        # "Kortspel" contains a way to pay; a count and a product make it an item all the same.
        return not (
            kind in (MoneyKind.PAID, MoneyKind.IGNORED)
            and item.quantity is not None
            and item.unit is not None
        )
    if row.cells and _CLOCK.fullmatch(row.cells[0]) and item.quantity is None and not item.currency:
        return True
    if is_day(item.name) or sum(bool(_CLOCK.fullmatch(cell)) for cell in row.cells) > 1:
        return True  # a row of a timetable
    label = split_row(row)[0]
    # "Elförbrukning" may be what is paid for, too.
    names = field_names(label) - {"item", "plan", "restaurant", "consumption"}
    bare = re.sub(r"(?i)\b(?:kr|sek|eur|usd|gbp|nok|dkk)\b", " ", item.name)
    if take_attribute(item.name, NamedItem("")):
        return True
    return bool(names) or not re.search(r"[^\W\d_]{2}", bare)


def _is_product(item: RawItem) -> bool:
    """Tell whether count and price are printed and make the amount: `2 × 150,00 = 300,00`."""
    if item.quantity in (None, 1) or item.unit is None or item.total is None:
        return False
    return item.unit * item.count == item.total


def _item_of_line(row: Row, index: int, *, loose: bool) -> RawItem | None:
    """Read a line of text: `2 x Capricciosa à 115,00 kr 230,00 kr`."""
    if len([cell for cell in row.cells if cell]) != 1:
        return None
    text = _NOTE_BEHIND.sub("", next(cell for cell in row.cells if cell).split("\n")[0])
    if take_times(text, NamedItem("")):
        return None  # the name stands above
    if (first := _item_of_times_first(text, index, row)) is not None:
        return first
    amounts = find_amounts(text)
    if not amounts or len(text) > 160 or re.search(r"\w{2}", _tail(text, amounts[-1])):
        return None
    head = text[: amounts[0].start]
    times = _times_before(head)
    if times is not None:
        head, count = times
    else:
        head, count = re.sub(r"(?i)\(\s*$|[\s(]*(?:à|á|@|each|(?<!\d )st)\s*$", "", head), None
    item = from_named(read_name(head.rstrip(" :.=–-"), with_count=count is None), index, row)
    item.quantity = count if count is not None else item.quantity
    structured = item.quantity is not None or len(amounts) > 1 or bool(item.attributes)
    if not item.name or not (structured or loose) or is_sentence(item.name):
        return None
    if times is not None and len(amounts) == 1:
        item.unit = amounts[0].minor
        item.currency = amounts[0].currency
        return item
    each = _EACH.search(text[: amounts[0].start]) or re.match(
        r"(?i)\s*(?:/\s?st|per st|each)", text[amounts[0].end :]
    )
    price_of(item, amounts, NamedItem(""))
    if each and len(amounts) == 1:
        item.unit, item.lone = amounts[0].minor, None
    return item


def _item_of_times_first(text: str, index: int, row: Row) -> RawItem | None:
    """Read `5 kg × 12 kr Potatis Asterix: 60 kr`."""
    match = _TIMES_FIRST.match(text)
    unit = whole_amount(match["price"]) if match else None
    total = whole_amount(match["total"]) if match else None
    count = read_count(match["count"]) if match else None
    if match is None or unit is None or total is None or count is None:
        return None
    if not is_product(count, unit.minor, total.minor):
        return None
    item = from_named(read_name(match["name"], with_count=False), index, row)
    item.quantity, item.unit, item.total = count, unit.minor, total.minor
    return item


def _tail(text: str, amount: Amount) -> str:
    return re.sub(r"(?i)\s*(?:/\s?st|per st|each|styck|kr)\W*$", "", text[amount.end :])


def _times_before(head: str) -> tuple[str, Decimal | None] | None:
    """Split `Capricciosa 2 x `, as in `Capricciosa 2 x 115,00 kr`."""
    match = re.search(
        r"(?i)[\s,(–:-]+(\d{1,3}(?:[.,]\d{1,3})?)\s?(?:st|pcs|kg)?\.?\s?(?:[x×*@]|à|á)\s*$", head
    )
    return (head[: match.start()], read_count(match[1])) if match else None


def _item_over_two_rows(rows: Sequence[Row], index: int) -> RawItem | None:
    """A name in one row and `2 × 115,00 kr` (with or without the sum) in the next."""
    if index == 0:
        return None
    row = rows[index]
    named = NamedItem("")
    cells = merged(row.cells)
    if not cells or not (_take_last_line(cells[0], named) or _take_count(cells, named)):
        return None
    above = _name_above(rows, index, named)
    name_cells = [cell for cell in above.cells if cell]
    if not name_cells or find_amounts(name_cells[0]) or is_sentence(name_cells[0]):
        return None
    if not all(_take_attributes(cell, named) for cell in name_cells[1:]):
        return None
    item = from_named(read_name(name_cells[0], with_count=False), index, row)
    item.quantity, item.unit = named.quantity, named.unit_minor
    item.attributes = {**named.attributes, **item.attributes}
    last = whole_amount(cells[-1]) if len(cells) > 1 else None
    total = last.minor if last else named.line_minor
    if item.unit is None:
        item.lone = total  # "2 st 95,00 kr" may be for one or for both
    else:
        item.total = total
    return item


def _take_last_line(cell: str, named: NamedItem) -> bool:
    """Take `1 st á 499,00 kr`, with lines such as `Färg: Blå` above it in the same cell."""
    *lines, last = cell.split("\n")
    return all(take_attribute(line, named) for line in lines) and take_times(last, named)


def _take_count(cells: Sequence[str], named: NamedItem) -> bool:
    """Take `1 st | 799 kr`."""
    count = read_count(cells[0]) if len(cells) == 2 else None
    amount = whole_amount(cells[-1])
    if count is None or amount is None or not amount.looks_like_money:
        return False
    named.quantity = count
    return bool(re.search(r"(?i)[a-z×]", cells[0]))


def _item_above_price(rows: Sequence[Row], index: int) -> RawItem | None:
    """Read `1 stk. Espressomaskine | Garanti: 3 år`, its price alone in the next row."""
    cells = merged(rows[index].cells)
    amount = whole_amount(cells[0]) if index and len(cells) == 1 else None
    above = [cell for cell in rows[index - 1].cells if cell]
    if amount is None or not amount.looks_like_money or len(above) < 2 or find_amounts(above[0]):
        return None
    item = from_named(read_name(above[0]), index, rows[index])
    named = NamedItem("")
    if item.quantity is None or not all(_take_attributes(cell, named) for cell in above[1:]):
        return None
    item.attributes = {**named.attributes, **item.attributes}
    item.lone, item.currency = amount.minor, amount.currency
    return item


def _take_attributes(cell: str, named: NamedItem) -> bool:
    """Take `Farge: Grå melert Størrelse: XL`, one behind the other."""
    parts = re.split(r"\s+(?=[^\W\d_]{3,12}:\s)", cell)
    return all(take_attribute(part, named) for part in parts)


def item_of_details(rows: Sequence[Row], index: int) -> RawItem | None:
    """A name in one row and `Art.nr 44 | À-pris 3,49 | 34,90` in the next."""
    cells = merged(rows[index].cells)
    total = whole_amount(cells[-1]) if index and len(cells) > 1 else None
    named = NamedItem("")
    if total is None or not total.looks_like_money:
        return None
    if not all(take_attribute(cell, named) for cell in cells[:-1]) or named.unit_minor is None:
        return None
    above = [cell for cell in rows[index - 1].cells if cell]
    if not above or find_amounts(above[-1]) or is_sentence(above[-1]):
        return None
    item = from_named(read_name(above[-1]), index, rows[index])
    item.quantity = item.quantity if item.quantity is not None else named.quantity
    item.unit, item.total, item.currency = named.unit_minor, total.minor, total.currency
    return item if re.search(r"[^\W\d_]{2}", item.name) else None


def _name_above(rows: Sequence[Row], index: int, named: NamedItem) -> Row:
    """Go up past lines such as `Storlek: M` to the name that they describe."""
    at = index - 1
    while at > max(0, index - 6) and take_block_row(rows[at], named):
        at -= 1
    while at > max(0, index - 6) and _describes(rows[at], rows[at - 1]):
        at -= 1
    return rows[at - 1] if at > 1 and _is_second_line(rows, at, index) else rows[at]


def _is_second_line(rows: Sequence[Row], at: int, price_at: int) -> bool:
    """Tell whether two lines stand above each price: `Enkelbiljett vuxen`, then `Zon A`.

    Only where the items before or behind it have two lines as well; else it is a heading.
    """
    size = price_at - at + 2
    for first in (at - 1 - size, at - 1 + size):
        block = [rows[row] for row in range(first, first + size - 1) if 0 <= row < len(rows)]
        priced = 0 < first + size - 1 < len(rows) and take_times(
            rows[first + size - 1].text.split(" | ")[0], NamedItem("")
        )
        if len(block) != size - 1 or not priced or not all(map(_may_be_line, block)):
            continue
        return _may_be_line(rows[at - 1])
    return False


def _may_be_line(row: Row) -> bool:
    text = row.text
    return (
        len(row.cells) == 1
        and not find_amounts(text)
        and not is_sentence(text)
        and not field_names(text)
        and money_kind(text)[0] is None
        and ":" not in text
    )


def _describes(row: Row, above: Row) -> bool:
    """Tell whether a line in small letters goes on about the name above it."""
    first = next((cell for cell in row.cells if cell), "")
    names = [cell for cell in above.cells if cell]
    return (
        bool(_SMALL.match(first))
        and len(names) == 1
        and names[0][:1].isupper()
        and not find_amounts(names[0])
        and not is_sentence(names[0])
        and not field_names(names[0])
        and not names[0].endswith(":")
    )
