"""The glyphs of a PDF with their places on the page, from pdfium or, slower, from pdfplumber.

Only places are taken over, not the order of the content stream: producers write the same page
in any order. Places are given in the direction in which most of the page's text runs, so that
neither `/Rotate` nor a rotated coordinate system matters.
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from contextlib import closing, contextmanager
from ctypes import c_double
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from ingestion.parsing.pdf_guard import Refused
from paypulse.rental import NoticeOutcome, ReadingFlag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# One or two pages are usual, some landlords add a price list; beyond that it is something else.
MAX_PAGES = 10
# A page full of small print has about 6 000 glyphs.
MAX_GLYPHS = 40_000
# Text, lines and images; a bar code drawn as lines has about 200.
MAX_PAGE_OBJECTS = 20_000
# Checked between pages; a page within the limits above takes milliseconds.
TIME_LIMIT_S = 10.0

INVISIBLE = 3  # PDF 32000-1, table 106: neither fill nor stroke
_HYPHENS = {"\x02": "-", "\u00ad": "-"}  # pdfium's mark for one at a line's end; a soft one
_NO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"


class Glyph(NamedTuple):
    """One character: baseline from `x0` to `x1`, `y` growing downwards, `size` of its font."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    order: int


class PageText(NamedTuple):
    """The visible text of one page, and how many characters had no meaning in Unicode."""

    glyphs: tuple[Glyph, ...]
    unmapped: int


class _Placed(NamedTuple):
    """A glyph in the page's own coordinates (y upwards)."""

    text: str
    box: tuple[float, float, float, float]
    origin: tuple[float, float]
    angle: float
    size: float
    visible: bool


@contextmanager
def open_with_pdfium(pdf: bytes) -> Iterator[Any]:
    """Open a document with pdfium, which neither loads scripts nor form fields here.

    Raises:
        Refused: a password is needed, pdfium cannot open or read it, or it has too many pages.
    """
    # Loading the library costs 20 ms; modules that only name the parser do not pay it.
    import pypdfium2
    import pypdfium2.raw as pdfium

    needs_password = (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
    try:
        with closing(pypdfium2.PdfDocument(pdf)) as document:
            _check_page_count(len(document))
            yield document
    except pypdfium2.PdfiumError as error:
        encrypted = getattr(error, "err_code", None) in needs_password
        outcome = NoticeOutcome.ENCRYPTED if encrypted else NoticeOutcome.UNREADABLE
        raise Refused(outcome) from error


def read_with_pdfium(pdf: bytes) -> list[PageText]:
    """Read the glyphs of every page with pdfium.

    Raises:
        Refused: as `open_with_pdfium` does, or a limit is met.
    """
    import pypdfium2.raw as pdfium

    give_up_at = time.monotonic() + TIME_LIMIT_S
    pages: list[PageText] = []
    with open_with_pdfium(pdf) as document:
        for index in range(len(document)):
            pages.append(_read_pdfium_page(document[index], pdfium))
            _check_progress(pages, give_up_at)
    return pages


def read_with_pdfplumber(pdf: bytes) -> list[PageText]:
    """Read every page with pdfplumber, which knows fonts by glyph name that pdfium does not.

    Takes tens of milliseconds a page. An empty list means that it cannot read the file either.

    Raises:
        Refused: a limit is met.
    """
    # 200 ms and 30 MB that few documents need.
    import pdfplumber

    # It warns of damaged fonts with names taken from the document; our logs hold no such text.
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    give_up_at = time.monotonic() + TIME_LIMIT_S
    pages: list[PageText] = []
    try:
        with pdfplumber.open(BytesIO(pdf)) as document:
            _check_page_count(len(document.pages))
            for page in document.pages:
                pages.append(_arrange(_placed_by_pdfplumber(page.chars), page.bbox))
                _check_progress(pages, give_up_at)
                page.close()
    except Refused:
        raise
    except Exception:  # noqa: BLE001 - pdfminer raises whatever the broken object leads to
        return []
    return pages


def _check_page_count(pages: int) -> None:
    if pages > MAX_PAGES:
        raise Refused(NoticeOutcome.NOT_A_RENT_NOTICE, ReadingFlag.TOO_MANY_PAGES)


def _check_progress(pages: list[PageText], give_up_at: float) -> None:
    if sum(len(page.glyphs) for page in pages) > MAX_GLYPHS:
        raise Refused(NoticeOutcome.NOT_A_RENT_NOTICE, ReadingFlag.TOO_LARGE)
    if time.monotonic() > give_up_at:
        raise Refused(NoticeOutcome.UNREADABLE, ReadingFlag.TIME_LIMIT)


def _read_pdfium_page(page: Any, pdfium: Any) -> PageText:
    with closing(page):
        if pdfium.FPDFPage_CountObjects(page) > MAX_PAGE_OBJECTS:
            raise Refused(NoticeOutcome.NOT_A_RENT_NOTICE, ReadingFlag.TOO_LARGE)
        with closing(page.get_textpage()) as text:
            if pdfium.FPDFText_CountChars(text) > MAX_GLYPHS:
                raise Refused(NoticeOutcome.NOT_A_RENT_NOTICE, ReadingFlag.TOO_LARGE)
            return _arrange(_placed_by_pdfium(text, pdfium), page.get_bbox())


def _placed_by_pdfium(text: Any, pdfium: Any) -> Iterable[_Placed]:
    x, y = c_double(), c_double()
    box, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    for index in range(pdfium.FPDFText_CountChars(text)):
        run = pdfium.FPDFText_GetTextObject(text, index)
        if not run:  # a space or line end that pdfium guessed; the gaps say it better
            continue
        code = pdfium.FPDFText_GetUnicode(text, index)
        pdfium.FPDFText_GetCharOrigin(text, index, x, y)
        pdfium.FPDFText_GetLooseCharBox(text, index, box)
        pdfium.FPDFText_GetMatrix(text, index, matrix)
        yield _Placed(
            _HYPHENS.get(chr(code), chr(code)),
            (box.left, box.bottom, box.right, box.top),
            (x.value, y.value),
            math.atan2(matrix.b, matrix.a),
            pdfium.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d),
            pdfium.FPDFTextObj_GetTextRenderMode(run) != INVISIBLE,
        )


def _placed_by_pdfplumber(chars: list[dict[str, Any]]) -> Iterable[_Placed]:
    for char in chars:
        a, b, c, d, e, f = char["matrix"]
        yield _Placed(
            _HYPHENS.get(char["text"], char["text"]),
            (char["x0"], char["y0"], char["x1"], char["y1"]),
            (e, f),
            math.atan2(b, a),
            char["size"] if char["upright"] else math.hypot(c, d) * char["size"],
            visible=True,
        )


def _arrange(placed: Iterable[_Placed], page_box: tuple[float, ...]) -> PageText:
    """Keep what a reader sees, turned upright, with spaces left to the gaps between glyphs."""
    left, bottom, right, top = page_box
    shown = [
        glyph
        for glyph in placed
        if left - 1 <= glyph.origin[0] <= right + 1 and bottom - 1 <= glyph.origin[1] <= top + 1
    ]
    # The text layer under a scan is invisible and all there is; beside visible text it is a trick.
    if any(glyph.visible and not glyph.text.isspace() for glyph in shown):
        shown = [glyph for glyph in shown if glyph.visible]
    printed = [glyph for glyph in shown if glyph.text.strip() and glyph.text not in _NO_WIDTH]
    if not printed:
        return PageText((), 0)
    angles = Counter(round(glyph.angle, 2) for glyph in printed)
    angle = angles.most_common(1)[0][0]
    upright = [glyph for glyph in printed if abs(glyph.angle - angle) < 0.1]
    mapped = [glyph for glyph in upright if _has_meaning(glyph.text)]
    turned = tuple(_turn(glyph, angle, order) for order, glyph in enumerate(mapped))
    return PageText(turned, len(upright) - len(mapped))


def _turn(glyph: _Placed, angle: float, order: int) -> Glyph:
    """Express a glyph in the direction of reading, from its origin to its far edge."""
    along, across = (math.cos(angle), math.sin(angle)), (math.sin(angle), -math.cos(angle))
    x, y = glyph.origin
    left, bottom, right, top = glyph.box
    corners = ((left, bottom), (left, top), (right, bottom), (right, top))
    start = x * along[0] + y * along[1]
    end = max(cx * along[0] + cy * along[1] for cx, cy in corners)
    baseline = x * across[0] + y * across[1]
    return Glyph(glyph.text, start, max(start, end), baseline, max(glyph.size, 0.1), order)


def _has_meaning(text: str) -> bool:
    """Tell real characters from the codes that stand for "unknown glyph"."""
    first = ord(text[0])
    private = 0xE000 <= first <= 0xF8FF
    return text.isprintable() and not private and first != 0xFFFD and "(cid:" not in text
