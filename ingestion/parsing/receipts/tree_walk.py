"""One walk through a page: visible text to rows, hidden text apart.

A row is what stands side by side: the cells of a table row, a label and the value that floats to
the right of it, a `dt` and its `dd`. What does not show is kept, as a sign of bad intent.
"""

from __future__ import annotations

import re
from time import monotonic
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.rows import (
    BLANKS,
    MAX_DEPTH,
    MAX_NODES,
    MAX_ROW_CHARACTERS,
    MAX_ROWS,
    Page,
    add_row,
    clean_line,
)
from ingestion.parsing.receipts.side_by_side import (
    HARD,
    SOFT,
    floats,
    gaps_to_cells,
    joined,
    lies_flat,
    spaced,
    tracks,
)
from ingestion.parsing.receipts.visibility import Look, StyleSheet, is_struck_out, look_of
from paypulse.receipts import ReadingSignal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selectolax.lexbor import LexborNode

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_SILENT = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "template",
        "noscript",
        "iframe",
        "object",
        "svg",
        "math",
        "select",
        "audio",
        "video",
        "meta",
        "link",
        "canvas",
        "textarea",
    ]
)
_MAX_PREFORMATTED = 100_000
_LONGEST_FLOAT = 60
# A former price, an article that was replaced: shown, and no longer true.
_STRUCK_OUT = frozenset(["del", "s", "strike"])


class Walker:
    """Goes through the tree once; `_buffer` is the line that is being written."""

    def __init__(self, page: Page, sheet: StyleSheet, deadline: float) -> None:
        self._page = page
        self._sheet = sheet
        self._deadline = deadline
        self._nodes = 0
        self._lines: list[tuple[str, bool]] = []
        self._buffer: list[str] = []
        self._afloat: list[str] = []  # to the right of the line that comes next
        self._keeps_lines = 0  # how many elements around the current one keep their line breaks

    def read(self, root: LexborNode) -> None:
        """Fill the page with the rows under `root`."""
        attributes = root.attributes
        look = look_of(Look(), self._sheet.of(root.mem_id, attributes), attributes)
        self._children(root, look._replace(gone=False), 0)
        self._flush()
        if len(self._lines) > MAX_ROWS:
            self._page.signals.add(ReadingSignal.TOO_LARGE)
        for line, in_table in self._lines[:MAX_ROWS]:
            add_row(self._page, line, in_table=in_table)

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
        if self._nodes > MAX_NODES or len(self._lines) > MAX_ROWS:
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
        elif _is_shown(tag):
            self._element(node, tag, look, depth)

    def _element(self, node: LexborNode, tag: str, look: Look, depth: int) -> None:
        attributes = node.attributes
        style = self._sheet.of(node.mem_id, attributes)
        inner = look_of(look, style, attributes) if style or attributes else look
        if inner.gone:
            self._hide(node.text(deep=True) or "")
        elif is_struck_out(style):
            return
        elif tag == "tr" or lies_flat(style):
            self._flush()
            self._side_by_side(node, inner, depth, in_table=tag == "tr", wide=tracks(style))
        elif tag == "dt":
            self._flush()
            self._children(node, inner, depth + 1)
            self._buffer.append(HARD)
        elif tag == "dd":
            self._children(node, inner, depth + 1)
            self._flush()
        elif style.get("float") == "right" and not "".join(self._buffer).strip(f" {HARD}{SOFT}"):
            self._float(node, inner, depth)
        elif floats(style, attributes):
            self._buffer.append(HARD)
            self._children(node, inner, depth + 1)
            self._buffer.append(HARD)
        elif tag in _BLOCKS or style.get("display") in ("block", "table", "list-item"):
            self._flush()
            keeps_lines = tag == "pre" or style.get("white-space", "").startswith("pre")
            self._keeps_lines += keeps_lines
            afloat = len(self._afloat)
            self._children(node, inner, depth + 1)
            self._keeps_lines -= keeps_lines
            self._flush()
            self._land(afloat)
        elif _is_raised(tag, style) and re.search(r"\d$", "".join(self._buffer[-2:])):
            # Prices with raised decimals: 129⁹⁰.
            digits = clean_line(node.text() or "")
            self._buffer.append(f",{digits}" if re.fullmatch(r"\d\d", digits) else "")
        else:
            self._buffer.append(SOFT)
            self._children(node, inner, depth + 1)
            self._buffer.append(SOFT)

    def _float(self, node: LexborNode, look: Look, depth: int) -> None:
        """Keep a short line for the end of the next one: it stands first, but to the right."""
        lines, self._lines = self._lines, []
        afloat = len(self._afloat)
        self._children(node, look, depth + 1)
        self._flush()
        self._land(afloat)
        own, self._lines = self._lines, lines
        if len(own) == 1 and len(own[0][0]) < _LONGEST_FLOAT and HARD not in own[0][0]:
            self._afloat.append(own[0][0])
        else:
            self._lines.extend(own)

    def _land(self, first: int) -> None:
        """Write what still floats where its block ends."""
        self._lines.extend((line, False) for line in self._afloat[first:])
        del self._afloat[first:]

    def _text(self, text: str, look: Look) -> None:
        if look.hidden:
            self._hide(text)
        elif self._keeps_lines and "\n" in text:
            self._lines_of(text)
        elif text:
            self._buffer.append(BLANKS.sub(" ", text))

    def _lines_of(self, text: str) -> None:
        """Write preformatted text: its lines are rows, its wide gaps part their cells."""
        first, *others = text[:_MAX_PREFORMATTED].splitlines()
        self._buffer.append(gaps_to_cells(first))
        for line in others[:MAX_ROWS]:
            self._flush()
            self._buffer.append(gaps_to_cells(line))

    def _hide(self, text: str) -> None:
        shown = clean_line(text[:MAX_ROW_CHARACTERS])
        if shown and len(self._page.hidden) < 500:
            self._page.hidden.append(shown)

    def _flush(self) -> None:
        if self._buffer:
            line = spaced("".join(self._buffer))
            if line.strip(f" {HARD}{SOFT}"):
                self._lines.append((HARD.join((line, *self._afloat)), False))
                self._afloat.clear()
            self._buffer = []

    def _side_by_side(
        self, node: LexborNode, look: Look, depth: int, *, in_table: bool, wide: int = 0
    ) -> None:
        """Read each child by itself, then decide which together are one row.

        Args:
            node: Whose children are the columns.
            look: How they look.
            depth: Of the node.
            in_table: Whether it is a row of a table.
            wide: After how many columns a grid begins a new row; 0 for never.
        """
        if depth > MAX_DEPTH:
            self._page.signals.add(ReadingSignal.TOO_DEEP)
            return
        outer, afloat, self._afloat = self._lines, self._afloat, []
        columns: list[list[tuple[str, bool]]] = []
        child = node.first_child
        while child is not None and not self._over_limit():
            self._lines = []
            self._cell(child, look, depth + 1)
            self._flush()
            self._land(0)
            is_cell = child.tag in ("td", "th") or (wide > 1 and _is_shown(child.tag or "-"))
            if self._lines or (is_cell and (columns or wide)):
                columns.append(self._lines)
            child = child.next
        self._lines, self._afloat = outer, afloat
        wide = wide if 1 < wide < len(columns) else len(columns) or 1
        for at in range(0, len(columns), wide):
            self._lines.extend(joined(columns[at : at + wide], in_table=in_table))

    def _cell(self, node: LexborNode, look: Look, depth: int) -> None:
        """Read one column; what it is styled as (floating, block) no longer matters."""
        tag = node.tag or ""
        if tag.startswith("-"):
            self._node(node, look, depth)
            return
        if not _is_shown(tag):
            return
        attributes = node.attributes
        style = self._sheet.of(node.mem_id, attributes)
        inner = look_of(look, style, attributes) if style or attributes else look
        if inner.gone:
            self._hide(node.text(deep=True) or "")
        elif is_struck_out(style):
            return
        elif tag == "tr" or lies_flat(style):
            wide = tracks(style)
            self._side_by_side(node, inner, depth + 1, in_table=tag == "tr", wide=wide)
        else:
            self._children(node, inner, depth)


def _is_raised(tag: str, style: Mapping[str, str]) -> bool:
    return tag == "sup" or style.get("vertical-align") in ("super", "top", "text-top")


def _is_shown(tag: str) -> bool:
    return tag not in _SILENT and tag not in _STRUCK_OUT and not tag.startswith(("-", "!"))
