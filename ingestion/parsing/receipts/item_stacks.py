"""Items stacked in a narrow column: a name, what was chosen with it, and its price last."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts, whole_amount
from ingestion.parsing.receipts.dates import find_dates
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.item_blocks import is_feature
from ingestion.parsing.receipts.item_cells import item_of_cells
from ingestion.parsing.receipts.item_names import (
    NamedItem,
    read_count,
    read_name,
    read_rate,
    take_attribute,
)
from ingestion.parsing.receipts.labels import MoneyKind, money_kind
from ingestion.parsing.receipts.raw_items import (
    MAX_ITEMS,
    ItemReading,
    RawItem,
    attach,
    from_named,
    is_day,
    is_sentence,
    is_sum,
    repeats,
    take_block_row,
    take_times,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parsing.receipts.amounts import Amount
    from ingestion.parsing.receipts.rows import Row

_MOST_CHOICES = 12
_MORE = re.compile(r"\s*\(\+[^()]{2,16}\)$")  # "2 TB (+690,00 kr)"
_CHOICE = re.compile(r"[^\W\d_][^\d:]{1,30}:")
_QTY = re.compile(r"(?i)(?:\b(?:qty|antal|menge|antall)\b:?\s?|[x×]\s?)(?P<count>\d{1,2})$")
_BY_WEIGHT = re.compile(r"(?i)/\s?(?:kg|100\s?g|hg|l|liter)$")
_COUNTED = re.compile(r"(?i)^\d{1,3}\s?(?:st\.?\s|x\s?|×\s?)(?=\S)|\s[x×]\s?\d{1,3}$")


def read_stacks(rows: Sequence[Row]) -> ItemReading:
    """Read rows that hold one cell each: `1x Pizza`, `Extra ost`, `115,00 kr`."""
    reading = ItemReading(name="stacks")
    above: list[int] = []
    for index, row in enumerate(rows):
        cells = [cell for cell in row.cells if cell]
        amount = whole_amount(cells[0]) if len(cells) == 1 else None
        if (
            amount is None
            and not is_sum(row)
            and index - 1 in reading.rows
            and (attach(row, reading.items[-1]) or repeats(row, reading.items[-1]))
        ):
            reading.rows.add(index)  # its size and count may stand under its price
            continue
        counted = _counted_below(rows, index, above)
        if counted is not None:
            reading.items.append(counted)
            reading.rows.update(range(counted.row, index + 1))
            above = []
            continue
        beside = _row_of_cells(row, index) if reading.items else None
        if beside is not None:
            reading.items.append(beside)
            reading.rows.add(index)
            above = []
            continue
        if amount is None or not amount.looks_like_money:
            by_weight = bool(_BY_WEIGHT.search(row.text)) and read_rate(row.text) is not None
            describes = by_weight or _may_describe(cells) or take_block_row(row, NamedItem(""))
            above = [*above[-_MOST_CHOICES:], index] if describes else []
            continue
        if _is_total(rows, above) and reading.items:
            break
        item = _item_above(rows, above, amount)
        if item is not None and len(reading.items) < MAX_ITEMS:
            reading.items.append(item)
            reading.rows.update(range(item.row, index + 1))
        above = []
    return reading


def read_prices_first(rows: Sequence[Row]) -> ItemReading:
    """Read prices that stand above their names: `£58.00`, `Pinstripe blazer`, `UK 12 Qty 1`."""
    reading = ItemReading(name="prices first")
    for index, row in enumerate(rows[:-1]):
        amount = whole_amount(row.text) if len(row.cells) == 1 else None
        below = rows[index + 1]
        if amount is None or not amount.looks_like_money or len(below.cells) != 1:
            continue
        name = below.text
        if find_amounts(name) or field_names(name) or money_kind(name)[0] or is_sentence(name):
            continue
        item = from_named(read_name(name), index + 1, below)
        item.lone, item.currency = amount.minor, amount.currency
        reading.items.append(item)
        reading.rows |= {index, index + 1}
        counted = _QTY.search(rows[index + 2].text) if index + 2 < len(rows) else None
        if counted is not None:
            item.quantity = read_count(counted["count"])
            reading.rows.add(index + 2)
    return reading


def _may_describe(cells: Sequence[str]) -> bool:
    return len(cells) == 1 and len(cells[0]) < 90 and not find_amounts(_MORE.sub("", cells[0]))


def _counted_below(rows: Sequence[Row], index: int, above: Sequence[int]) -> RawItem | None:
    """Return the item of `2 x 79,90 kr`, alone in its row below a name."""
    described = NamedItem("")
    cells = [cell for cell in rows[index].cells if cell]
    if not above or len(cells) != 1 or not take_times(cells[0], described):
        return None
    text = rows[above[-1]].text
    if money_kind(text)[0] is not None or field_names(text) or is_sentence(text):
        return None
    item = from_named(read_name(text, with_count=False), above[-1], rows[index])
    item.quantity, item.unit, item.total = (
        described.quantity,
        described.unit_minor,
        described.line_minor,
    )
    return item if re.search(r"[^\W\d_]{2}", item.name) else None


def _take_bare_count(row: Row, described: NamedItem) -> bool:
    """Take `1` or `2`, alone in its row between a name and its price."""
    if described.quantity is not None or not re.fullmatch(r"\d{1,3}", row.text):
        return False
    described.quantity = read_count(row.text)
    return True


def _lines_of_choice(rows: Sequence[Row], at: int, described: NamedItem) -> int:
    """Count the lines that end here and only describe the item above: `Färg:`, then `Grön`."""
    label = rows[at - 1].text.strip(" |")
    if _CHOICE.fullmatch(label) and not find_amounts(_MORE.sub("", rows[at].text)):
        take_attribute(f"{label} {rows[at].text}", described)
        return 2
    if _BY_WEIGHT.search(rows[at].text) and read_rate(rows[at].text) is not None:
        return 1  # what a kilogram costs, of goods that come in packs
    if take_block_row(rows[at], described) or _take_bare_count(rows[at], described):
        return 1
    return 1 if is_feature(rows[at]) else 0


def _row_of_cells(row: Row, index: int) -> RawItem | None:
    """Return the item of a row that holds name, count and price side by side."""
    item = item_of_cells(row, index, []) if len(row.cells) > 1 else None
    if item is None or item.quantity is None or money_kind(item.name)[0] or field_names(item.name):
        return None
    return item


def _is_total(rows: Sequence[Row], above: Sequence[int]) -> bool:
    kind, sureness = money_kind(rows[above[-1]].text) if above else (None, 0)
    return kind is MoneyKind.TOTAL and sureness >= 2


def _item_above(rows: Sequence[Row], above: Sequence[int], amount: Amount) -> RawItem | None:
    """Return the item whose price an amount is: the nearest counted line, else the nearest name."""
    if not above:
        return None
    counted = [at for at in above if _COUNTED.search(rows[at].text)]
    described = NamedItem("")
    at = above[-1]
    while not counted and at > above[0] and (lines := _lines_of_choice(rows, at, described)):
        at -= lines
    while not counted and at > above[0] and find_dates(rows[at].text):
        at -= 1  # how long a ticket is valid
    at = counted[-1] if counted else at
    text = next(cell for cell in rows[at].cells if cell)
    labels = field_names(text) - {"consumption"}
    if money_kind(text)[0] is not None or labels or is_day(text) or is_sentence(text):
        return None
    named = read_name(text.split("\n")[0])
    if not re.search(r"[^\W\d_]{2}", named.name):
        return None
    item = from_named(named, at, rows[at])
    item.quantity = item.quantity if item.quantity is not None else described.quantity
    item.attributes = {**described.attributes, **item.attributes}
    item.lone, item.currency = amount.minor, amount.currency
    return item
