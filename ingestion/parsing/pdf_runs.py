"""The fast path: text runs as the producer wrote them, where each is a whole label or value.

That is how most notices are made, and a run costs one look instead of one for each glyph. Whenever
a page is made otherwise (by words or glyphs, turned, with hidden or nested content) this module
declines, and `pdf_text` reads the glyphs.
"""

from __future__ import annotations

import unicodedata
from contextlib import closing
from ctypes import POINTER, byref, c_float, c_ushort, cast, create_string_buffer
from typing import Any

from ingestion.parsing.pdf_text import INVISIBLE, MAX_PAGE_OBJECTS, open_with_pdfium
from ingestion.parsing.text_layout import CELL_GAP, PAGE_STEP, Cell

# UTF-16 units; a longer run is a paragraph, which is no label and no value.
_LONGEST_RUN = 500


def read_runs(pdf: bytes) -> list[Cell] | None:
    """Return one cell for each text run, or None when runs are not whole labels and values.

    Raises:
        Refused: as `pdf_text.read_with_pdfium` does.
    """
    # Loading the library costs 20 ms; modules that only name the parser do not pay it.
    import pypdfium2.raw as pdfium

    cells: list[Cell] = []
    with open_with_pdfium(pdf) as document:
        for index in range(len(document)):
            with closing(document[index]) as page, closing(page.get_textpage()) as text:
                found = _read_page(page, text.raw, index * PAGE_STEP, pdfium)
            if found is None:
                return None
            cells.extend(found)
    return cells


def _read_page(page: Any, text: Any, y_offset: float, pdfium: Any) -> list[Cell] | None:
    left, bottom, right, top = page.get_bbox()
    handle = page.raw
    count = pdfium.FPDFPage_CountObjects(handle)
    if count > MAX_PAGE_OBJECTS:
        return None
    read = _RunReader(text, pdfium)
    cells: list[Cell] = []
    for index in range(count):
        item = pdfium.FPDFPage_GetObject(handle, index)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            return None
        if kind != pdfium.FPDF_PAGEOBJ_TEXT:
            continue
        run = read(item)
        if run is None:
            return None
        words, x0, x1, y, size = run
        if not words:
            continue
        if not (left <= x0 and x1 <= right and bottom <= y <= top):
            return None
        cells.append(Cell(words, x0, x1, top - y + y_offset, size))
    cells.sort(key=lambda cell: (cell.y, cell.x0))
    return None if any(map(_belong_together, cells, cells[1:])) else cells


class _RunReader:
    """Reads one text object after the other into the same buffers."""

    def __init__(self, text: Any, pdfium: Any) -> None:
        self._text = text
        self._pdfium = pdfium
        self._buffer = create_string_buffer(2 * _LONGEST_RUN)
        self._units = cast(self._buffer, POINTER(c_ushort))
        self._matrix = pdfium.FS_MATRIX()
        self._size = c_float()
        self._edges = (c_float(), c_float(), c_float(), c_float())
        self._out = (byref(self._matrix), byref(self._size), *map(byref, self._edges))

    def __call__(self, item: Any) -> tuple[str, float, float, float, float] | None:
        """Return text, left, right, baseline and size; None for a run that is not plain."""
        pdfium = self._pdfium
        matrix_out, size_out, *edges_out = self._out
        length = pdfium.FPDFTextObj_GetText(item, self._text, self._units, _LONGEST_RUN)
        if length > 2 * _LONGEST_RUN:
            return None
        pdfium.FPDFPageObj_GetMatrix(item, matrix_out)
        pdfium.FPDFTextObj_GetFontSize(item, size_out)
        pdfium.FPDFPageObj_GetBounds(item, *edges_out)
        matrix = self._matrix
        text = self._buffer.raw[: max(0, length - 2)].decode("utf-16-le", "replace").strip()
        upright = matrix.a > 0 and matrix.d > 0 and abs(matrix.b) + abs(matrix.c) < 1e-3
        hidden = pdfium.FPDFTextObj_GetTextRenderMode(item) == INVISIBLE
        if not upright or hidden or not _is_plain(text):
            return None
        words = text if text.isascii() else unicodedata.normalize("NFKC", text)
        size = self._size.value * matrix.d
        return words, matrix.e, self._edges[2].value, matrix.f, size


def _is_plain(text: str) -> bool:
    """Tell whether this is text whose inner gaps need no look; the giro line's do not."""
    return text.isprintable() and ("  " not in text or "#" in text)


def _belong_together(before: Cell, after: Cell) -> bool:
    """Tell whether two runs may be parts of one label, or one is drawn over the other."""
    if after.y - before.y > 0.22 * before.size:
        return False
    return after.x0 - before.x1 < CELL_GAP * max(before.size, after.size)
