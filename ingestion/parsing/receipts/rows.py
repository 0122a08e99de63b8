"""Rows of cells: what a reader sees side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.side_by_side import HARD, SOFT
from paypulse.receipts import ReadingSignal

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_NODES = 60_000
MAX_DEPTH = 120
MAX_ROWS = 700
MAX_ROW_CHARACTERS = 600
MAX_CELLS = 40
# What a reader sees of a long receipt; time grows with it.
MAX_TEXT_CHARACTERS = 60_000
BLANKS = re.compile(r"[ \t\r\n\f\v\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
# Zero-width characters, soft hyphens, combining grapheme joiners: spacers of newsletters.
_WIDTHLESS = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\ufeff]"
)
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OVERRIDES = re.compile("[\u202d\u202e\u2066-\u2068]")
# What hides the number of a card: "Visa •••• 5518".
_MASKED = re.compile(r"(?:[•·] ?){2,}")
# Bars, bullets, and the dots that lead the eye to an amount.
_SEPARATORS = re.compile(rf"[ {SOFT}]*(?:\||•|·|\u2022|│|\.{{5,}}:?)[ {SOFT}]*")


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side; a cell may have several lines."""

    cells: tuple[str, ...]
    parts: tuple[str, ...]  # cells, cut also where an inline element begins or ends
    in_table: bool = False
    text: str = field(init=False, compare=False)  # the row on one line

    def __post_init__(self) -> None:
        line = " | ".join(self.cells).replace("\n", " / ")
        object.__setattr__(self, "text", line)


@dataclass(slots=True)
class Page:
    """A mail's visible text in rows, and what else it holds."""

    rows: list[Row] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)  # JSON-LD, not yet parsed
    microdata: list[LexborNode] = field(default_factory=list)
    signals: set[ReadingSignal] = field(default_factory=set)
    has_direction_tricks: bool = False
    characters: int = 0  # read so far

    @property
    def text(self) -> str:
        """The visible text, one row per line."""
        return "\n".join(row.text for row in self.rows)


def clean_line(text: str) -> str:
    """Return text on one line, without characters that do not show."""
    return BLANKS.sub(" ", _DIRECTION.sub("", _WIDTHLESS.sub("", text))).strip()


def add_row(page: Page, raw: str, *, in_table: bool) -> None:
    """Add a line as a row, without characters that do not show."""
    if _OVERRIDES.search(raw):
        page.has_direction_tricks = True
    page.characters += min(len(raw), MAX_ROW_CHARACTERS)
    if page.characters > MAX_TEXT_CHARACTERS:
        page.signals.add(ReadingSignal.TOO_LARGE)
        return
    raw = _MASKED.sub("**** ", raw)
    raw = _SEPARATORS.sub(HARD, _DIRECTION.sub("", _WIDTHLESS.sub("", raw[:MAX_ROW_CHARACTERS])))
    cells: list[str] = []
    parts: list[str] = []
    columns = raw.split(HARD)
    if len(columns) > MAX_CELLS:
        page.signals.add(ReadingSignal.TOO_LARGE)
    for cell in columns[:MAX_CELLS]:
        # A space inside an element's edge is one space outside of it.
        lines = [BLANKS.sub(" ", line.replace(SOFT, "")).strip() for line in cell.split("\n")]
        shown = "\n".join(line for line in lines if line)
        cells.append(shown)
        pieces = (clean_line(piece) for line in cell.split("\n") for piece in line.split(SOFT))
        parts.extend(piece for piece in pieces if piece)
    if any(cells):
        while not cells[-1]:
            cells.pop()
        page.rows.append(Row(tuple(cells), tuple(parts), in_table))
