"""HTML to rows of cells, as a reader sees them.

A row is what stands side by side: the cells of a table row, a label and the value that floats to
the right of it, a `dt` and its `dd`. What does not show is kept apart, as a sign of bad intent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.visibility import Look, StyleSheet, look_of
from paypulse.receipts import ReadingSignal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selectolax.lexbor import LexborNode

MAX_NODES = 60_000
MAX_DEPTH = 120
MAX_ROWS = 3_000
MAX_ROW_CHARACTERS = 2_000
MAX_HTML_CHARACTERS = 2 * 1024 * 1024
# lexbor's time grows with the square of the depth; tables in tables in real mails make 60.
MAX_MARKUP_DEPTH = 1_500
TIME_LIMIT_S = 2.0

HARD = "\x1f"  # side by side
SOFT = "\x1e"  # an inline element begins or ends
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption"
    " figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p pre"
    " section summary table tbody td tfoot th thead tr ul".split()
)
_SILENT = frozenset(
    "script style head title template noscript iframe object svg math select audio video meta link"
    " canvas textarea".split()
)
_NO_END = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li td th tr dt dd option"
    " tbody thead tfoot body html head".split()
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})\b")
_BLANKS = re.compile(r"[ \t\r\n\f\v\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
# Zero-width characters, soft hyphens, combining grapheme joiners: spacers of newsletters.
_WIDTHLESS = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\ufeff]")
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OVERRIDES = re.compile("[\u202d\u202e\u2066-\u2068]")
_SEPARATORS = re.compile(rf"[ {SOFT}]*(?:\||•|·|\u2022|│)[ {SOFT}]*")


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side; a cell may have several lines."""

    cells: tuple[str, ...]
    parts: tuple[str, ...]  # cells, cut also where an inline element begins or ends
    in_table: bool = False

    @property
    def text(self) -> str:
        """The row on one line."""
        return " | ".join(cell.replace("\n", " / ") for cell in self.cells)


@dataclass(slots=True)
class Page:
    """A mail's visible text in rows, and what else it holds."""

    rows: list[Row] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)  # JSON-LD, not yet parsed
    microdata: list[LexborNode] = field(default_factory=list)
    signals: set[ReadingSignal] = field(default_factory=set)
    has_direction_tricks: bool = False

    @property
    def text(self) -> str:
        """The visible text, one row per line."""
        return "\n".join(row.text for row in self.rows)


def read_html(html: str) -> Page:
    """Return the rows of a page; any text is a page."""
    from selectolax.lexbor import LexborHTMLParser

    page = Page()
    html = _bounded(html, page.signals)
    tree = LexborHTMLParser(html)
    for script in tree.css("script"):
        if "ld+json" in (script.attributes.get("type") or "").lower():
            page.scripts.append(script.text() or "")
    page.microdata = [
        node for node in tree.css("[itemscope]") if "itemprop" not in node.attributes
    ]
    root = tree.body or tree.root
    if root is not None:
        walker = _Walker(page, StyleSheet(tree), monotonic() + TIME_LIMIT_S)
        walker.read(root)
    return page


def read_text(text: str) -> Page:
    """Return the rows of a plain-text body: tabs, bars and wide gaps part the cells."""
    page = Page()
    for line in text[:MAX_HTML_CHARACTERS].splitlines()[:MAX_ROWS]:
        stripped = re.sub(r"^[>\s]+", "", line[:MAX_ROW_CHARACTERS])
        with_cells = re.sub(r"\t+| {2,}|\s*\|\s*|\.{4,}|_{4,}", HARD, stripped)
        _add_row(page, with_cells, in_table=False)
    return page


def _bounded(html: str, signals: set[ReadingSignal]) -> str:
    """Cut a page where it becomes too long or too deep to be one that a person gets."""
    if len(html) > MAX_HTML_CHARACTERS:
        signals.add(ReadingSignal.TOO_LARGE)
        html = html[:MAX_HTML_CHARACTERS]
    depth = 0
    for tag in _TAG.finditer(html):
        if tag[2].lower() in _NO_END:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > MAX_MARKUP_DEPTH:
            signals.add(ReadingSignal.TOO_DEEP)
            return html[: tag.start()]
    return html


def clean_line(text: str) -> str:
    """Return text on one line, without characters that do not show."""
    return _BLANKS.sub(" ", _DIRECTION.sub("", _WIDTHLESS.sub("", text))).strip()


def _add_row(page: Page, raw: str, *, in_table: bool) -> None:
    if _OVERRIDES.search(raw):
        page.has_direction_tricks = True
    raw = _SEPARATORS.sub(HARD, _DIRECTION.sub("", _WIDTHLESS.sub("", raw[:MAX_ROW_CHARACTERS])))
    cells, parts = [], []
    for cell in raw.split(HARD):
        # A space inside an element's edge is one space outside of it.
        lines = [_BLANKS.sub(" ", line.replace(SOFT, "")).strip() for line in cell.split("\n")]
        shown = "\n".join(line for line in lines if line)
        cells.append(shown)
        pieces = (clean_line(piece) for line in cell.split("\n") for piece in line.split(SOFT))
        parts.extend(piece for piece in pieces if piece)
    if any(cells):
        while not cells[-1]:
            cells.pop()
        page.rows.append(Row(tuple(cells), tuple(parts), in_table))


class _Walker:
    """Goes through the tree once; `_buffer` is the line that is being written."""

    def __init__(self, page: Page, sheet: StyleSheet, deadline: float) -> None:
        self._page = page
        self._sheet = sheet
        self._deadline = deadline
        self._nodes = 0
        self._lines: list[tuple[str, bool]] = []
        self._buffer: list[str] = []

    def read(self, root: LexborNode) -> None:
        """Fill the page with the rows under `root`."""
        self._children(root, Look(), 0)
        self._flush()
        if len(self._lines) > MAX_ROWS:
            self._page.signals.add(ReadingSignal.TOO_LARGE)
        for line, in_table in self._lines[:MAX_ROWS]:
            _add_row(self._page, line, in_table=in_table)

    def _children(self, node: LexborNode, look: Look, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._page.signals.add(ReadingSignal.TOO_DEEP)
            return
        child = node.first_child
        while child is not None:
            if self._over_limit():
                return
            self._node(child, look, depth)
            child = child.next

    def _over_limit(self) -> bool:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._page.signals.add(ReadingSignal.TOO_LARGE)
            return True
        if self._nodes % 256 == 0 and monotonic() > self._deadline:
            self._page.signals.add(ReadingSignal.TIME_LIMIT)
            self._nodes = MAX_NODES
            return True
        return False

    def _node(self, node: LexborNode, look: Look, depth: int) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text(deep=False) or "", look)
        elif tag == "-comment":
            self._hide(node.comment_content or "")
        elif tag == "br":
            self._flush()
        elif tag not in _SILENT and not tag.startswith(("-", "!")):
            self._element(node, tag, look, depth)

    def _element(self, node: LexborNode, tag: str, look: Look, depth: int) -> None:
        attributes = node.attributes
        style = self._sheet.of(node.mem_id, attributes)
        inner = look_of(look, style, attributes) if style or attributes else look
        if inner.gone:
            self._hide(node.text(deep=True) or "")
        elif tag == "tr" or _lies_flat(style):
            self._flush()
            self._side_by_side(node, inner, depth, in_table=tag == "tr")
        elif tag == "dt":
            self._flush()
            self._children(node, inner, depth + 1)
            self._buffer.append(HARD)
        elif tag == "dd":
            self._children(node, inner, depth + 1)
            self._flush()
        elif _floats(style, attributes):
            self._buffer.append(HARD)
            self._children(node, inner, depth + 1)
            self._buffer.append(HARD)
        elif tag in _BLOCKS or style.get("display") in ("block", "table", "list-item"):
            self._flush()
            self._children(node, inner, depth + 1)
            self._flush()
        elif tag == "sup" and re.search(r"\d$", "".join(self._buffer[-2:])):
            # Prices with raised decimals: 129⁹⁰.
            digits = clean_line(node.text() or "")
            self._buffer.append(f",{digits}" if re.fullmatch(r"\d\d", digits) else "")
        else:
            self._buffer.append(SOFT)
            self._children(node, inner, depth + 1)
            self._buffer.append(SOFT)

    def _text(self, text: str, look: Look) -> None:
        if look.hidden:
            self._hide(text)
        elif text:
            self._buffer.append(_BLANKS.sub(" ", text))

    def _hide(self, text: str) -> None:
        shown = clean_line(text[:MAX_ROW_CHARACTERS])
        if shown and len(self._page.hidden) < 500:
            self._page.hidden.append(shown)

    def _flush(self) -> None:
        if self._buffer:
            line = _spaced("".join(self._buffer))
            if line.strip(f" {HARD}{SOFT}"):
                self._lines.append((line, False))
            self._buffer = []

    def _side_by_side(self, node: LexborNode, look: Look, depth: int, *, in_table: bool) -> None:
        """Read each child by itself, then decide whether together they are one row."""
        outer = self._lines
        columns: list[list[tuple[str, bool]]] = []
        child = node.first_child
        while child is not None and not self._over_limit():
            self._lines = []
            self._cell(child, look, depth + 1)
            self._flush()
            if self._lines or (child.tag in ("td", "th") and columns):
                columns.append(self._lines)
            child = child.next
        self._lines = outer
        self._lines.extend(_joined(columns, in_table=in_table))

    def _cell(self, node: LexborNode, look: Look, depth: int) -> None:
        """Read one column; what it is styled as (floating, block) no longer matters."""
        if (node.tag or "").startswith("-"):
            self._node(node, look, depth)
            return
        if node.tag in _SILENT:
            return
        attributes = node.attributes
        style = self._sheet.of(node.mem_id, attributes)
        inner = look_of(look, style, attributes) if style or attributes else look
        if inner.gone:
            self._hide(node.text(deep=True) or "")
        elif node.tag == "tr" or _lies_flat(style):
            self._side_by_side(node, inner, depth, in_table=node.tag == "tr")
        else:
            self._children(node, inner, depth)


def _lies_flat(style: Mapping[str, str]) -> bool:
    display = style.get("display", "")
    if display in ("flex", "inline-flex"):
        return "column" not in style.get("flex-direction", "") + style.get("flex-flow", "")
    return display == "table-row" or (display == "grid" and "grid-template-columns" in style)


def _floats(style: Mapping[str, str], attributes: Mapping[str, str | None]) -> bool:
    return (
        style.get("float") in ("right", "left")
        or style.get("display") in ("inline-block", "table-cell")
        or style.get("margin-left") == "auto"
        or (style.get("position") == "absolute" and "right" in style)
        or attributes.get("align") == "right-inline"
    )


def _spaced(line: str) -> str:
    """Part words that only an element's edge kept apart: `Totalt</b><b>99 kr`."""
    return re.sub(rf"(?<=[^\W\d_:]){SOFT}+(?=\d)|(?<=:){SOFT}+(?=\S)|(?<=\d){SOFT}+(?=[A-ZÅÄÖ])",
                  f"{SOFT} ", line)


def _joined(columns: list[list[tuple[str, bool]]], *, in_table: bool) -> list[tuple[str, bool]]:
    """Return the lines of columns that stand side by side."""
    filled = [column for column in columns if column]
    if len(filled) <= 1:
        return filled[0] if filled else []
    if any(HARD in line or flag for column in filled for line, flag in column):
        return _nested(columns, filled, in_table=in_table)
    heights = {len(column) for column in filled}
    if heights == {1}:
        return [(HARD.join(column[0][0] if column else "" for column in columns), in_table)]
    if len(heights) == 1 and all(len(line) < 60 for column in filled for line, _ in column):
        rows = zip(*(column for column in filled), strict=True)
        return [(HARD.join(line for line, _ in row), in_table) for row in rows]
    if max(heights) <= 8 and min(heights) == 1:
        cells = ("\n".join(line for line, _ in column) for column in columns)
        return [(HARD.join(cells), in_table)]
    return [line for column in filled for line in column]


def _nested(
    columns: list[list[tuple[str, bool]]], filled: list[list[tuple[str, bool]]], *, in_table: bool
) -> list[tuple[str, bool]]:
    """Columns that hold rows of their own are layout, unless a lone row stands beside an amount."""
    heights = [len(column) for column in filled]
    lone = max(heights) == 1 and sum(HARD in column[0][0] for column in filled) <= 1
    if lone:
        return [(HARD.join(column[0][0] if column else "" for column in columns), in_table)]
    if len(filled) == 2 and min(heights) == 1 and max(heights) <= 8 and _is_short(filled):
        cells = ("\n".join(line.replace(HARD, " ") for line, _ in column) for column in columns)
        return [(HARD.join(cells), in_table)]
    return [line for column in filled for line in column]


def _is_short(columns: list[list[tuple[str, bool]]]) -> bool:
    """Tell whether one of the columns is a single short line with a number, such as a price."""
    lone = [column[0][0] for column in columns if len(column) == 1]
    return any(len(line) < 24 and re.search(r"\d", line) for line in lone)
