"""Items as a name with labelled lines under it: `Antal: 2`, `Pris: 79,99 kr`, `Storlek: M`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts, whole_amount
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.item_names import NamedItem, read_name
from ingestion.parsing.receipts.labels import MoneyKind, money_kind, names_only_a_sum
from ingestion.parsing.receipts.raw_items import (
    ItemReading,
    from_named,
    is_sentence,
    take_block_row,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parsing.receipts.rows import Row


_FEATURE = re.compile(r"^[^\W\d_][\w .-]{1,24}:\s?\S.{0,80}$")


def read_blocks(rows: Sequence[Row]) -> ItemReading:
    """Read a name with labelled lines under it: `Antal: 2`, `Pris: 79,99 kr`, `Storlek: M`."""
    reading = ItemReading(name="blocks")
    index = 1
    while index < len(rows):
        named = NamedItem("")
        end = index
        while end < len(rows) and (
            take_block_row(rows[end], named) or (end > index and _is_feature_of(named, rows, end))
        ):
            end += 1
        priced = named.unit_minor is not None or named.line_minor is not None
        if end == index or not priced:
            index = max(end, index) + 1
            continue
        head_at = _head_of(rows, index)
        price = whole_amount(rows[head_at].text) if head_at else None
        if price is not None and price.looks_like_money and named.unit_minor is None:
            named.unit_minor, head_at = price.minor, head_at - 1  # "229,00 kr" under the name
        above = [cell for cell in rows[head_at].cells if cell]
        described = named.unit_minor is not None or named.quantity or named.attributes
        price_below = re.match(r"(?i)(?:pris|price)\b", rows[index].text)
        priced = bool(described or price_below) and not _is_fact(rows[head_at])
        if priced and len(above) == 1 and not is_sentence(above[0]):
            head = re.sub(
                r"(?i)^(?:vara|artikel|produkt|item|product|rätt|namn|name)\s*\d*\s*:\s*",
                "",
                above[0],
            )
            own = read_name(head)
            item = from_named(own, head_at, rows[head_at])
            item.attributes = {**named.attributes, **item.attributes}
            item.quantity = named.quantity or own.quantity
            item.unit = named.unit_minor
            item.lone = named.line_minor
            if item.unit is not None and item.lone is not None:
                item.total, item.lone = item.lone, None
            if item.name and _may_be_name(item.name):
                reading.items.append(item)
                reading.rows.update(range(head_at, end))
        index = max(end, index) + 1
    return reading


def _may_be_name(name: str) -> bool:
    """Tell whether it is no sum; "Salmon & Pea Dog Food" only has a word of one."""
    kind, _ = money_kind(name)
    return kind is None or (kind is MoneyKind.SUBTOTAL and not names_only_a_sum(name))


def _head_of(rows: Sequence[Row], begin: int) -> int:
    """Return where the name of the block stands that begins here: above its features."""
    at = begin - 1
    while at > max(0, begin - 5) and is_feature(rows[at]):
        at -= 1
    head = rows[at].text
    is_name = not (
        take_block_row(rows[at], NamedItem("")) or field_names(head) or money_kind(head)[0]
    )
    # "Pocket: Vinterns hjärta" right under another item is a name itself.
    return at if is_name and not _is_fact(rows[at]) else begin - 1


def is_feature(row: Row) -> bool:
    """Tell whether a row says something else about an item: `Författare: Ingrid Malmsjö`."""
    cells = [cell for cell in row.cells if cell]
    text = cells[0] if len(cells) == 1 else ": ".join(cells)
    if len(cells) > 2 or not _FEATURE.match(text) or find_amounts(text):
        return False
    return not field_names(text.split(":")[0])


def _is_feature_of(named: NamedItem, rows: Sequence[Row], at: int) -> bool:
    """Tell whether a feature stands between the lines of one item, and begins no other."""
    below = NamedItem("")
    if at + 1 >= len(rows) or not is_feature(rows[at]) or not take_block_row(rows[at + 1], below):
        return False
    again = (
        (named.quantity and below.quantity)
        or (named.unit_minor is not None and below.unit_minor is not None)
        or (named.line_minor is not None and below.line_minor is not None)
        or named.attributes.keys() & below.attributes.keys()
    )
    return not again


def _is_fact(row: Row) -> bool:
    """Tell whether a row is a label with its value, such as the order's date."""
    label = re.split(r"[:|]", row.text)[0]
    return bool(field_names(label) - {"item", "plan", "restaurant"})
