"""From glyphs to cells: pieces of text that stand together on one baseline.

A cell is what a reader sees as one label or one value. Words within it are told apart by the
width of the gaps, because many producers place words or single glyphs without writing spaces.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingestion.parsing.pdf_text import Glyph, PageText

# In em. A space is at least 0.2 wide (0.6 in typewriter fonts), columns are further apart.
_WORD_GAP = 0.15
CELL_GAP = 0.95
# Baselines of one line, in em: superscript footnote marks stand higher and become cells.
_SAME_BASELINE = 0.22
# Pages are stacked with their baselines this far apart, so that `y` orders the whole document.
PAGE_STEP = 100_000.0
_LEADER_DOTS = 4


@dataclass(slots=True, eq=False)  # not frozen: that doubles the cost of making one
class Cell:
    """A piece of text on one baseline; `y` grows downwards through all pages."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    folded: str = field(init=False)  # without case and accents, character for character

    def __post_init__(self) -> None:
        self.folded = fold(self.text)

    def same_row(self, other: Cell) -> bool:
        """Tell whether both stand side by side, also when a table centres them differently."""
        return abs(self.y - other.y) <= 0.45 * min(max(self.size, other.size), 14.0)

    def overlaps(self, other: Cell, slack: float = 0.0) -> bool:
        """Tell whether one stands above the other."""
        return self.x0 - slack <= other.x1 and other.x0 - slack <= self.x1


def fold(text: str) -> str:
    """Drop case and accents, keeping one character for each: `"Förfallodatum"` → `"forfall…"`."""
    return text.lower() if text.isascii() else "".join(map(_fold_character, text))


@lru_cache(maxsize=512)
def _fold_character(character: str) -> str:
    return unicodedata.normalize("NFKD", character)[0].lower()[0]


def build_cells(pages: Sequence[PageText]) -> list[Cell]:
    """Group the glyphs of all pages into cells, from top to bottom and left to right."""
    cells: list[Cell] = []
    for index, page in enumerate(pages):
        if not page.glyphs:
            continue
        lines = [_without_doubles(line) for line in _lines(page.glyphs)]
        page_tracking = _tracking([gap for line in lines for gap in _gaps(line)])
        top = min(glyph.y for glyph in page.glyphs)
        for line in lines:
            gaps = _gaps(line)
            tracking = _tracking(gaps) if len(gaps) >= 12 else page_tracking
            runs = _runs(line, max(CELL_GAP, 2 * tracking + 0.6))
            cells.extend(_to_cell(run, tracking, index * PAGE_STEP - top) for run in runs)
    return sorted(cells, key=lambda cell: (cell.y, cell.x0))


def group_rows(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Put cells that stand side by side into rows, each from left to right."""
    rows: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda cell: cell.y):
        if rows and rows[-1][0].same_row(cell):
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return [sorted(row, key=lambda cell: cell.x0) for row in rows]


def _lines(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Group glyphs by baseline, each line from left to right."""
    lines: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: glyph.y):
        first = lines[-1][0] if lines else None
        if first and glyph.y - first.y <= _SAME_BASELINE * min(first.size, glyph.size):
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    return [sorted(line, key=lambda glyph: (glyph.x0, glyph.order)) for line in lines]


def _without_doubles(line: list[Glyph]) -> list[Glyph]:
    """Drop glyphs drawn twice to look bold, and the dots that lead from label to value."""
    kept: list[Glyph] = []
    for glyph in line:
        double = any(
            before.text == glyph.text
            and abs(before.x0 - glyph.x0) < 0.1 * glyph.size
            # One ligature may stand for two equal letters: same place, next in the stream.
            and not (before.order == glyph.order - 1 and before.x0 == glyph.x0)
            for before in kept[-3:]
        )
        if not double:
            kept.append(glyph)
    text = "".join(glyph.text[0] for glyph in kept)
    leaders = {
        place
        for match in re.finditer(rf"[._…]{{{_LEADER_DOTS},}}", text)
        for place in range(*match.span())
    }
    return [glyph for place, glyph in enumerate(kept) if place not in leaders]


def _gaps(line: list[Glyph]) -> list[float]:
    """Return the gaps inside pieces of text, in em."""
    gaps = (
        (after.x0 - before.x1) / max(before.size, after.size) for before, after in pairwise(line)
    )
    return [gap for gap in gaps if -0.5 < gap < CELL_GAP]


def _tracking(gaps: list[float]) -> float:
    """Return how far letters are spread, 0 for ordinary text."""
    return max(0.0, median(gaps)) if gaps else 0.0


def _runs(line: list[Glyph], cell_gap: float) -> list[list[Glyph]]:
    """Split a line where columns begin."""
    runs: list[list[Glyph]] = []
    edge = 0.0
    for glyph in line:
        if runs and glyph.x0 - edge <= cell_gap * max(runs[-1][-1].size, glyph.size):
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
            edge = glyph.x1
        edge = max(edge, glyph.x1)
    return runs


def _to_cell(run: list[Glyph], tracking: float, y_offset: float) -> Cell:
    text, edge = "", run[0].x0
    for glyph in run:
        gap = (glyph.x0 - edge) / glyph.size
        text += (" " if text and gap > tracking + _WORD_GAP else "") + glyph.text
        edge = max(edge, glyph.x1)
    return Cell(
        text=unicodedata.normalize("NFKC", text),
        x0=run[0].x0,
        x1=edge,
        y=median(glyph.y for glyph in run) + y_offset,
        size=median(glyph.size for glyph in run),
    )
