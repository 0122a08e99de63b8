"""The rows of a rent notice: labels and amounts paired by their places on the page.

A row that PayPulse knows by its wording ("Hyra", "Kallvatten avser 2502") anchors the table; rows
with unknown wording belong to it when they stand in the same column next to known ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.parsing import notice_words as words
from ingestion.parsing.labelled_values import is_decoration
from ingestion.parsing.text_layout import PAGE_STEP, Cell, group_rows
from paypulse.rental import RentLineKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paypulse.money import Money

# Between rows, in font sizes: blank lines and rules are common, a new section is further away.
_ROW_REACH = 4.5
_WRAP_REACH = 1.75
# Notices have up to twenty; the work grows with the square.
_MOST_ROWS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A label with the amounts to its right; `edge` is where its last amount ends."""

    label: str
    amounts: tuple[Money, ...]
    x0: float
    edge: float | None  # None: label and amount run on in one piece of text
    y: float
    size: float

    @property
    def kind(self) -> RentLineKind:
        """What the row is for, by its label."""
        return words.classify(self.label)


@dataclass(slots=True)
class _Draft:
    """What stands on one line: a label, amounts, or both."""

    label_cells: list[Cell]
    amounts: list[tuple[Money, Cell]]
    y: float


def find_rows(cells: Sequence[Cell]) -> list[Row]:
    """Return the rows from top to bottom; `cells` without total, due date and payment slip."""
    drafts: list[_Draft] = []
    for line in group_rows(cell for cell in cells if not is_decoration(cell)):
        drafts.extend(_split_line(line))
    rows = _to_rows(_join_wrapped(drafts))[:_MOST_ROWS]
    known = [row for row in rows if row.kind != RentLineKind.OTHER]
    if not any(row.kind == RentLineKind.RENT for row in known):
        return _find_rows_in_columns(cells) or _grow(known, rows)
    return _grow(known, rows)


def _split_line(line: list[Cell]) -> list[_Draft]:
    """Split a line into label-amount groups: `L A L A` is two rows beside each other."""
    drafts: list[_Draft] = []
    negative = False
    for cell in line:
        if re.fullmatch(r"[-‐−–]", cell.text):
            negative = True
            continue
        amount = words.read_amount(cell.text)
        leads_line = not drafts and words.is_period(cell.text) and len(line) > 1
        if amount is not None and not leads_line:
            if not drafts:
                drafts.append(_Draft([], [], cell.y))
            drafts[-1].amounts.append((-amount if negative else amount, cell))
        elif drafts and drafts[-1].amounts and words.is_quantity(cell.text):
            continue
        elif not drafts or drafts[-1].amounts:
            drafts.append(_Draft([cell], [], cell.y))
        else:
            drafts[-1].label_cells.append(cell)
        negative = False
    return drafts


def _join_wrapped(drafts: list[_Draft]) -> list[_Draft]:
    """Give labels their second lines, and amounts without a label the label above or below."""
    joined: list[_Draft] = []
    for draft in drafts:
        first = draft.label_cells[0] if draft.label_cells else None
        before = _nearest_above(joined, draft)
        if before is None:
            joined.append(draft)
        elif draft.amounts and not before.amounts and _needs_beginning(draft):
            draft.label_cells = [*before.label_cells, *draft.label_cells]
            joined.remove(before)
            joined.append(draft)
        elif not draft.amounts and first and _continues(before, first):
            before.label_cells.append(first)
        elif _is_period_line(draft) and before.amounts and before.label_cells:
            before.label_cells.append(draft.amounts[0][1])
        else:
            joined.append(draft)
    return joined


def _nearest_above(drafts: list[_Draft], draft: _Draft) -> _Draft | None:
    """Return the draft on the line above, in the column where this one has its label."""
    cells = draft.label_cells or [cell for _, cell in draft.amounts]
    for before in reversed(drafts):
        if not before.label_cells:
            continue
        above = before.label_cells[-1]
        distance = draft.y - above.y
        if distance > _WRAP_REACH * above.size:
            return None
        aligned = abs(above.x0 - cells[0].x0) <= 1.5 * above.size
        if distance > 0 and (aligned or not draft.label_cells):
            return before
    return None


def _needs_beginning(draft: _Draft) -> bool:
    """Tell whether a label reads like the end of one: "25%", "avser 2502", or nothing at all."""
    label = " ".join(cell.text for cell in draft.label_cells).lstrip("*( ")
    return not label or not any(map(str.isalpha, label)) or label[0].islower()


def _continues(before: _Draft, cell: Cell) -> bool:
    starts_small = not cell.text[0].isupper() and cell.text[0] not in "*†"
    known = words.classify(" ".join(each.text for each in before.label_cells))
    return starts_small and known != RentLineKind.OTHER and len(cell.text) <= 40


def _is_period_line(draft: _Draft) -> bool:
    """Tell whether the line is only the month of the label above it: `2502`."""
    only = len(draft.amounts) == 1 and not draft.label_cells
    return only and words.is_period(draft.amounts[0][1].text)


def _to_rows(drafts: list[_Draft]) -> list[Row]:
    rows = [_to_row(draft) for draft in drafts if draft.label_cells]
    return [row for row in rows if row is not None and not words.is_no_row(row.label)]


def _to_row(draft: _Draft) -> Row | None:
    first = draft.label_cells[0]
    if not draft.amounts:
        split = words.split_trailing_amount(" ".join(cell.text for cell in draft.label_cells))
        if split is None:
            return None
        return Row(words.clean_label(split[0]), (split[1],), first.x0, None, draft.y, first.size)
    label = words.clean_label(_join_label(draft.label_cells))
    if not any(map(str.isalpha, label)):
        return None
    edge = draft.amounts[-1][1].x1
    amounts = tuple(amount for amount, _ in draft.amounts)
    return Row(label, amounts, first.x0, edge, draft.y, first.size)


def _join_label(cells: list[Cell]) -> str:
    """Join a label's pieces; columns of dates, quantities and rates are not part of it."""
    pieces = [cells[0].text]
    for cell in cells[1:]:
        wrapped = abs(cell.y - cells[0].y) > 0.5 * cell.size
        if wrapped or not words.is_quantity(cell.text):
            pieces.append(cell.text)
    return re.sub(r"(?<=\w)- (?=[a-zåäö])", "", " ".join(pieces))


def _grow(known: list[Row], rows: list[Row]) -> list[Row]:
    """Add to the known rows those that stand in the same table, from near to far."""
    table = list(known)
    candidates = [row for row in rows if row not in known]
    while added := [row for row in candidates if any(_adjoins(row, other) for other in table)]:
        table.extend(added)
        candidates = [row for row in candidates if row not in added]
    return sorted(table, key=lambda row: (row.y, row.x0))


def _adjoins(row: Row, other: Row) -> bool:
    """Tell whether a row is next to another one of the table, also across a page break."""
    slack = 1.5 * other.size
    if row.edge is None or other.edge is None:
        same_column = row.edge is other.edge and abs(row.x0 - other.x0) <= slack
    else:
        same_column = abs(row.edge - other.edge) <= slack and abs(row.x0 - other.x0) <= 6 * slack
    next_page = int(row.y // PAGE_STEP) == int(other.y // PAGE_STEP) + 1
    return same_column and (abs(row.y - other.y) <= _ROW_REACH * other.size or next_page)


def _find_rows_in_columns(cells: Sequence[Cell]) -> list[Row]:
    """Read a table whose labels stand in its head and whose amounts stand below them."""
    for line in group_rows(cells):
        if not any(words.classify(cell.text) == RentLineKind.RENT for cell in line):
            continue
        rows = [_row_below(cells, cell) for cell in line]
        found = [row for row in rows if row is not None and not words.is_no_row(row.label)]
        if any(row.kind == RentLineKind.RENT for row in found):
            return found
    return []


def _row_below(cells: Sequence[Cell], label: Cell) -> Row | None:
    below = [
        (cell, amount)
        for cell in cells
        if 0.5 * label.size < cell.y - label.y <= 2.6 * label.size
        and cell.overlaps(label, slack=0.5 * label.size)
        and (amount := words.read_amount(cell.text)) is not None
    ]
    if not below or words.read_amount(label.text) is not None:
        return None
    cell, amount = min(below, key=lambda pair: pair[0].y)
    return Row(words.clean_label(label.text), (amount,), label.x0, cell.x1, label.y, label.size)


def with_amount(row: Row, amount: Money) -> Row:
    """Return the row with this amount as its only one."""
    return Row(row.label, (amount,), row.x0, row.edge, row.y, row.size)
