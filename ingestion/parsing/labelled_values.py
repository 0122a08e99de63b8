"""Values found by the label they stand beside or below."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ingestion.parsing import notice_words as words
from ingestion.parsing.text_layout import Cell, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# In sizes of the label's font: how far below its label a value stands, a second line of a label.
_BELOW = 2.6
_NEXT_LINE = 1.7
_NO_CONTENT = re.compile(r"(?i)^(?:[\s*†:.|]|kr\b|sek\b)*$")


@dataclass(frozen=True, slots=True)
class Labelled[T]:
    """A value, and the cells that it and its label take up."""

    value: T
    cells: tuple[Cell, ...]
    beside: bool


def is_decoration(cell: Cell) -> bool:
    """Tell whether a cell holds only footnote marks, colons or the currency."""
    return _NO_CONTENT.match(cell.text) is not None


class Sheet:
    """The cells of a whole document, in which values are found by their labels."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = cells
        # Few cells begin like any label at all; only they are compared with every label.
        self._beginnings = [cell for cell in cells if words.LABEL_BEGINNING.match(cell.folded)]

    def find[T](self, label: re.Pattern[str], read: Callable[[str], T | None]) -> list[Labelled[T]]:
        """Find the values of a label: after it, to its right, or else below it.

        Args:
            label: Matched at the start of a cell's folded text, or of two stacked cells'.
            read: Returns None for a text that is not such a value.

        Returns:
            Values beside their label first, from the top of the document down.
        """
        found = [
            value
            for label_cells, rest in self._occurrences(label)
            if (value := _value_of(self.cells, label_cells, rest, read)) is not None
        ]
        return sorted(found, key=lambda value: not value.beside)

    def find_first[T](
        self, labels: Sequence[re.Pattern[str]], read: Callable[[str], T | None]
    ) -> list[Labelled[T]]:
        """Return the values of the first label, from most to least certain, that has any."""
        return next((found for label in labels if (found := self.find(label, read))), [])

    def _occurrences(self, label: re.Pattern[str]) -> Iterator[tuple[tuple[Cell, ...], str]]:
        """Yield the cells of each occurrence with the text that follows the label in them."""
        for cell in self._beginnings:
            if match := label.match(cell.folded):
                yield (cell,), cell.text[match.end() :]
                continue
            for below, joined in self._stacked.get(cell, ()):
                match = label.match(fold(joined))
                # Both lines must be needed for the label, else the second is found by itself.
                if match and match.end() > len(cell.text) and not label.match(below.folded):
                    yield (cell, below), joined[match.end() :]

    @cached_property
    def _stacked(self) -> dict[Cell, list[tuple[Cell, str]]]:
        """What may be labels of two lines, in one column, with their joined text."""
        return {
            cell: [
                (below, re.sub(r"[-‐]$", "", cell.text.rstrip()) + " " + below.text)
                for below in self.cells
                if 0.5 * cell.size < below.y - cell.y <= _NEXT_LINE * cell.size
                and abs(below.x0 - cell.x0) <= cell.size
            ]
            for cell in self._beginnings
        }


def _value_of[T](
    cells: Sequence[Cell],
    label_cells: tuple[Cell, ...],
    rest: str,
    read: Callable[[str], T | None],
) -> Labelled[T] | None:
    if rest.strip():
        value = read(rest)
        return None if value is None else Labelled(value, label_cells, beside=True)
    for label_cell in label_cells:
        right = [
            cell
            for cell in cells
            if cell.same_row(label_cell)
            and cell.x0 >= label_cell.x1 - 0.5 * label_cell.size
            and not is_decoration(cell)
        ]
        nearest = min(right, key=lambda cell: cell.x0, default=None)
        if nearest is not None and (value := read(nearest.text)) is not None:
            return Labelled(value, (*label_cells, nearest), beside=True)
    return _value_below(cells, label_cells, read)


def _value_below[T](
    cells: Sequence[Cell], label_cells: tuple[Cell, ...], read: Callable[[str], T | None]
) -> Labelled[T] | None:
    last = label_cells[-1]
    reach = _BELOW * min(last.size, 16.0)
    below = [
        cell
        for cell in cells
        if 0.5 * last.size < cell.y - last.y <= max(reach, 1.6 * cell.size)
        and cell.overlaps(last, slack=last.size)
        and not is_decoration(cell)
    ]
    for cell in sorted(below, key=lambda cell: (round(cell.y - last.y), abs(cell.x0 - last.x0))):
        if (value := read(cell.text)) is not None:
            return Labelled(value, (*label_cells, cell), beside=False)
    return None
