"""Items in tables whose header names the columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts, whole_amount
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.item_cells import WEIGHED, is_worded, item_of_cells
from ingestion.parsing.receipts.item_lines import item_of_details
from ingestion.parsing.receipts.item_names import read_count, read_name
from ingestion.parsing.receipts.labels import MoneyKind, money_kind
from ingestion.parsing.receipts.raw_items import (
    MAX_ITEMS,
    METERED,
    ItemReading,
    RawItem,
    attach,
    cell_amount,
    from_named,
    is_sum,
    price,
    repeats,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from ingestion.parsing.receipts.rows import Row

_ROLES = (
    "quantity",
    "unit_price",
    "line_total",
    "tax_rate",
    "line_discount",
    "size",
    "color",
    "serial",
    "warranty",
    "article_number",
    "item",
)
_FEES = frozenset(
    {
        MoneyKind.SHIPPING,
        MoneyKind.DISCOUNT,
        MoneyKind.DEPOSIT,
        MoneyKind.TIP,
        MoneyKind.SERVICE_FEE,
        MoneyKind.GIFT,
        MoneyKind.ROUNDING,
    }
)


def read_tables(rows: Sequence[Row]) -> ItemReading:
    """Read every table that has a header."""
    reading = ItemReading(name="table")
    index = 0
    while index < len(rows):
        roles = roles_of(rows[index])
        if roles is None:
            index += 1
            continue
        reading.rows.add(index)
        index = _read_table(rows, index + 1, roles, reading)
    return reading


def roles_of(row: Row) -> list[str] | None:
    """Return what each column holds when the row is a header of an item table."""
    cells = row.cells
    if len(cells) < 2 or any(find_amounts(cell) for cell in cells):
        return None
    roles: list[str] = []
    for cell in cells:
        names = field_names(
            re.sub(
                r"\s*\((?:kr|sek|eur|€|nok|dkk|usd|inkl\.? moms|inkl|st)\)\s*$"
                r"|\s+(?:kr|sek|nok|dkk|eur|€)$"
                r"|\s+(?:exkl|inkl|excl|incl|ekskl)\.?(?: (?:moms|vat|mva))?$",
                "",
                cell.strip(),
                flags=re.IGNORECASE,
            )
        )
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
    while index < len(rows) and len(reading.items) < MAX_ITEMS:
        row = rows[index]
        if roles_of(row) is not None or is_sum(row):
            break
        item = (
            _item_of_columns(row, roles, index)
            or item_of_details(rows, index)
            or item_of_cells(row, index, roles)
        )
        if item is not None and not _is_fee(item, row):
            reading.items.append(item)
            reading.rows.add(index)
            misses = 0
        elif (
            item is None
            and reading.items
            and (attach(row, reading.items[-1]) or repeats(row, reading.items[-1]))
        ):
            reading.rows.add(index)
        elif item is None:
            misses += 1
            if misses > 3 and reading.items:
                break
        index += 1
    return index


def _is_fee(item: RawItem, row: Row) -> bool:
    kind, _ = money_kind(item.name)
    if kind in _FEES and len(item.name) < 45:
        return True
    return item.unit is None and item.quantity is None and is_sum(row)


def _item_of_columns(row: Row, roles: list[str], index: int) -> RawItem | None:
    cells = list(row.cells) + [""] * (len(roles) - len(row.cells))
    if len(cells) != len(roles) or any(WEIGHED.match(cell) for cell in cells):
        return None
    by_role = {role: cell for role, cell in zip(roles, cells, strict=True) if role}
    text = by_role.get("item", cells[0])
    if not is_worded(text):  # "Artikel | Benämning": the first holds the article's number
        unnamed = (cell for role, cell in zip(roles, cells, strict=True) if not role)
        text = next((cell for cell in unnamed if is_worded(cell)), text)
    if not re.search(r"[^\W\d_]", text) or whole_amount(text):
        return None
    count = read_count(by_role.get("quantity", ""))
    item = from_named(read_name(text, with_count=count is None), index, row)
    item.quantity = count if count is not None else _measure(by_role.get("quantity", ""), item)
    for role in ("size", "color", "serial", "warranty"):
        if by_role.get(role) and by_role[role] not in ("-", "–"):
            item.attributes[role] = by_role[role]
    unit = cell_amount(by_role.get("unit_price", ""))
    total = cell_amount(by_role.get("line_total", ""))
    if unit is None and total is None:
        return None
    if any(METERED.fullmatch(cell) for cell in cells):
        item.quantity = None  # what a meter has counted is one delivery
    price(item, unit, total, unit_only="line_total" not in roles)
    return item


def _measure(text: str, item: RawItem) -> Decimal | None:
    """Return the count in `0,456 kg`; a named count in the item's text otherwise.

    What a meter has counted (`240 kWh`, `32 m³`) is one delivery, too.
    """
    match = re.match(
        r"(?i)^(?:ca\.?\s)?(\d{1,6}(?:[.,]\d{1,3})?)\s*[^\W\d_]{1,6}\.?$", text.strip()
    )
    if match is None or re.search(r"(?i)kwh|m3|m³|dagar|dygn|days", text):
        return item.quantity
    from ingestion.parsing.receipts.amounts import parse_number

    return parse_number(match[1])
