"""Labels with their values, wherever a layout puts the one beside, after, or above the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts, last_amount, whole_amount
from ingestion.parsing.receipts.dates import find_dates
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.labels import money_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingestion.parsing.receipts.rows import Row

# "Order nr. 123", "Order #123", "Beställning 123 (webb)": a label with a value, without a colon.
_COLON = re.compile(r"\s*[:\uff1a]\s+|\s*[:\uff1a]$|(?<=[^\W\d])[:\uff1a](?=\S)")
# "Kvitto nr 0412-3-88172", "Invoice number #A10F77DE-0002".
_NUMBERED = re.compile(
    r"^(?P<label>[^\W\d][^\d#:]{2,40}?)\s*[#\u2116]?\s?"
    r"(?P<value>(?=\S*\d)[\w./-]{3,40}(?: \d{2,6}){0,4})$"
)
_NUMBERS = frozenset({"order_number", "booking", "invoice_number", "receipt_number", "ocr"})
_MAX_LABEL = 50
_MAX_COLONS = 16  # a whole order on one line has about ten


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and the text that belongs to it."""

    label: str
    value: str
    row: int
    quote: str
    strength: int = 2  # 3 a cell beside a cell, 2 one line, 1 the next line


def find_pairs(rows: Sequence[Row]) -> list[Pair]:
    """Return every label with its value, in reading order; a value may stand in several pairs."""
    pairs: list[Pair] = []
    for index, row in enumerate(rows):
        pairs.extend(_of_row(index, row))
        if index + 1 < len(rows):
            pairs.extend(_with_next(index, row, rows[index + 1]))
    return pairs


def _of_row(index: int, row: Row) -> Iterator[Pair]:
    filled = [cell for cell in row.cells if cell]
    for cell in filled:
        lines = cell.split("\n")
        for line in lines:
            yield from _of_line(index, line, row.text)
        for label, value in pairwise(lines):
            if field_names(label) and not field_names(value):
                yield Pair(label, value, index, row.text)
    if len(filled) >= 2:
        yield from _of_cells(index, filled, row.text)
    if len(filled) == 1 and "\n" not in filled[0] and len(row.parts) >= 2:
        label, value = row.parts[0], " ".join(row.parts[1:])
        if not _COLON.search(label + " ") and field_names(label):
            yield Pair(label, value, index, row.text)


def _of_cells(index: int, cells: list[str], quote: str) -> Iterator[Pair]:
    if sum(bool(field_names(cell)) for cell in cells) > 1 and not re.search(r"\d", quote):
        return  # a row of labels; their values stand below
    for at, cell in enumerate(cells[:-1]):
        label = cell.replace("\n", " ")
        if len(label) <= 80 and not whole_amount(label):
            value = cells[at + 1].replace("\n", " ")
            if field_names(label) or at == 0:
                yield Pair(label, value, index, quote, 3)
            if at == 0 and cells[-1] is not cells[at + 1]:
                yield Pair(label, cells[-1].replace("\n", " "), index, quote, 3)
        elif at == 0 and whole_amount(label):
            yield Pair(cells[1], label, index, quote, 2)
    labelled = [line.split("\n") for line in cells]
    if len(cells) == 2 and len(labelled[0]) == len(labelled[1]) > 1:
        for label, value in zip(*labelled, strict=True):
            yield Pair(label, value, index, quote, 3)


def _of_line(index: int, line: str, quote: str) -> Iterator[Pair]:
    colons = list(_COLON.finditer(line))[:_MAX_COLONS]
    for at, colon in enumerate(colons):
        begin = colons[at - 1].end() if at else 0
        end = colons[at + 1].start() if at + 1 < len(colons) else len(line)
        label = _last_label(line[begin : colon.start()]) if at else line[: colon.start()]
        value = line[colon.end() : end]
        if at + 1 < len(colons):
            tail = _last_label(value)
            value = value[: len(value) - len(tail)] if tail != value else value
        if label.strip() and value.strip():
            yield Pair(label.strip(), value.strip(" ,;"), index, quote)
            if len(colons) > 1 and at == 0:
                yield Pair(label.strip(), line[colon.end() :].strip(), index, quote, 1)
    numbered = None if colons else _NUMBERED.match(line)
    if numbered is not None and field_names(numbered["label"]) & _NUMBERS:
        yield Pair(numbered["label"], numbered["value"], index, quote)
    if not colons and len(line) < _MAX_LABEL + 30:
        days = find_dates(line)
        label = line[: days[0].start].strip() if days else ""
        if label and field_names(label):
            yield Pair(label, line[days[0].start :], index, quote)
    amount = last_amount(line)
    if amount is not None and amount.start > 0:
        label = line[: amount.start].rstrip(" :.-–")
        if label and len(label) < 90:
            yield Pair(label, line[amount.start :], index, quote)


def _last_label(text: str) -> str:
    """Return the end of a text that is a known label: `12345 Orderdatum` → `Orderdatum`."""
    words = text.split(" ")
    for size in range(min(4, len(words)), 0, -1):
        tail = " ".join(words[-size:])
        if field_names(tail):
            return tail
    return text


def _with_next(index: int, row: Row, below: Row) -> Iterator[Pair]:
    """Labels in one row, values under them: columns, or a caption above its value."""
    quote = f"{row.text}\n{below.text}"
    cells = [cell for cell in row.cells if cell]
    under = [cell for cell in below.cells if cell]
    if len(cells) == 1:
        label = cells[0]
        if len(label) <= _MAX_LABEL and len(under) == 1 and not find_amounts(label):
            colon = label.rstrip().endswith(":")
            if colon or field_names(label) or whole_amount(under[0]):
                yield Pair(label, under[0].replace("\n", ", "), index, quote, 1)
    elif len(cells) == len(under) and all(len(cell) <= _MAX_LABEL for cell in cells):
        labels = sum(bool(field_names(cell) or money_kind(cell)[0]) for cell in cells)
        # One known label of two is enough where nothing in its row looks like a value.
        bare = not any(re.search(r"\d", cell) for cell in cells)
        if (labels >= 2 or bare) and labels * 2 >= len(cells) and not any(map(field_names, under)):
            for label, value in zip(cells, under, strict=True):
                if field_names(label):
                    yield Pair(label, value, index, quote, 1)
