"""A receipt's PDF to its rows, as `page` does with a mail's body.

The guards are those of rent notices: bounded bytes, pages and glyphs, nothing in the file is run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.parsing.pdf_guard import Refused, examine
from ingestion.parsing.pdf_text import read_with_pdfium, read_with_pdfplumber
from ingestion.parsing.receipts.rows import MAX_ROWS, Page, add_row
from ingestion.parsing.receipts.side_by_side import HARD
from ingestion.parsing.text_layout import build_cells, group_rows
from paypulse.receipts import ReadingSignal
from paypulse.rental import NoticeOutcome, ReadingFlag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parsing.pdf_text import PageText
    from ingestion.parsing.text_layout import Cell

# Above this share of characters without meaning, a page's fonts are beyond pdfium.
_UNMAPPED_SHARE = 0.05
_TOO_LARGE = frozenset({ReadingFlag.TOO_LARGE, ReadingFlag.TOO_MANY_PAGES, ReadingFlag.TIME_LIMIT})


def read_pdf(pdf: bytes) -> Page:
    """Return the rows of a document; any bytes are one, the signals say why it has none."""
    page = Page()
    try:
        facts = examine(pdf)
        cells = _cells_of(pdf)
    except Refused as refused:
        page.signals.add(_signal_of(refused))
        return page
    if facts.active_content:
        page.signals.add(ReadingSignal.ACTIVE_CONTENT)
    columns: Sequence[Cell] = ()
    rows = group_rows(cells)
    if len(rows) > MAX_ROWS:
        page.signals.add(ReadingSignal.TOO_LARGE)
    for row in rows[:MAX_ROWS]:
        placed = _under(columns, row)
        if len(row) >= 3 and not any(re.search(r"\d", cell.text) for cell in row):
            columns = row
        add_row(page, HARD.join(placed), in_table=len(row) > 2)
    if not page.rows:
        page.signals.add(ReadingSignal.PDF_UNREADABLE)  # a scan: there is no text
    return page


def _cells_of(pdf: bytes) -> list[Cell]:
    pages = read_with_pdfium(pdf)
    if _fonts_are_beyond_pdfium(pages):
        pages = read_with_pdfplumber(pdf) or pages
    return build_cells(pages)


def _fonts_are_beyond_pdfium(pages: Sequence[PageText]) -> bool:
    unmapped = sum(page.unmapped for page in pages)
    glyphs = sum(len(page.glyphs) for page in pages)
    return unmapped > _UNMAPPED_SHARE * (glyphs + unmapped)


def _signal_of(refused: Refused) -> ReadingSignal:
    if refused.outcome is NoticeOutcome.ENCRYPTED:
        return ReadingSignal.PDF_ENCRYPTED
    if refused.flags & _TOO_LARGE:
        return ReadingSignal.PDF_TOO_LARGE
    return ReadingSignal.PDF_UNREADABLE


def _under(columns: Sequence[Cell], row: Sequence[Cell]) -> list[str]:
    """Return a row's texts, with "" for each column above it that the row leaves empty.

    On paper an empty cell is nothing but a gap; without it, a price would move under the count.
    """
    texts = [cell.text for cell in row]
    if not 2 <= len(row) < len(columns):
        return texts
    places = [_column_of(columns, cell) for cell in row]
    if None in places or len(set(places)) < len(places):
        return texts
    placed = [""] * len(columns)
    for place, text in zip(places, texts, strict=True):
        placed[place or 0] = text
    return placed


def _column_of(columns: Sequence[Cell], cell: Cell) -> int | None:
    """Return the column that a cell stands under: the only one, or whose edge it shares."""
    over = [at for at, column in enumerate(columns) if column.overlaps(cell, slack=cell.size / 2)]
    if len(over) == 1:
        return over[0]
    aligned = [
        at
        for at, column in enumerate(columns)
        if min(abs(column.x0 - cell.x0), abs(column.x1 - cell.x1)) < cell.size
    ]
    return aligned[0] if len(aligned) == 1 else None
