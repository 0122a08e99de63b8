"""Which parts of a page stand side by side, and how their lines make rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HARD = "\x1f"  # side by side
SOFT = "\x1e"  # an inline element begins or ends
_GAPS = re.compile(r"\t| {2,}|\s\|\s|\|(?=\s)|(?:\. ?){4,}:?|_{4,}")


def lies_flat(style: Mapping[str, str]) -> bool:
    """Tell whether children stand side by side."""
    display = style.get("display", "")
    if display in ("flex", "inline-flex"):
        return "column" not in style.get("flex-direction", "") + style.get("flex-flow", "")
    return display == "table-row" or (display == "grid" and "grid-template-columns" in style)


def tracks(style: Mapping[str, str]) -> int:
    """Return how many columns a grid has, 0 where it is none or does not say."""
    columns = style.get("grid-template-columns", "") if "grid" in style.get("display", "") else ""
    repeated = re.fullmatch(r"repeat\((\d{1,2}),[^()]*\)", columns.strip())
    if repeated:
        return int(repeated[1])
    return len(re.findall(r"[^\s()]+(?:\([^()]*\))?", columns)) if "repeat" not in columns else 0


def floats(style: Mapping[str, str], attributes: Mapping[str, str | None]) -> bool:
    """Tell whether an element leaves its line."""
    return (
        style.get("float") in ("right", "left")
        or style.get("display") in ("inline-block", "table-cell")
        or style.get("margin-left") == "auto"
        or (style.get("position") == "absolute" and "right" in style)
        or attributes.get("align") == "right-inline"
    )


def gaps_to_cells(line: str) -> str:
    """Part a line of plain text where tabs, bars, leader dots and wide gaps part it for the eye."""
    pieces = (piece.strip() for piece in _GAPS.split(line))
    return HARD.join(piece for piece in pieces if piece)


def spaced(line: str) -> str:
    """Part words that only an element's edge kept apart: `Totalt</b><b>99 kr`."""
    return re.sub(
        rf"(?<=[^\W\d_:]){SOFT}+(?=\d)|(?<=:){SOFT}+(?=\S)|(?<=\d){SOFT}+(?=[A-ZÅÄÖ])",
        f"{SOFT} ",
        line,
    )


def joined(columns: list[list[tuple[str, bool]]], *, in_table: bool) -> list[tuple[str, bool]]:
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
    if len(filled) >= 3 and max(heights) <= 3 and _are_short(filled):
        cells = ("\n".join(line for line, _ in column) for column in columns)
        return [(HARD.join(cells), in_table)]
    return [line for column in filled for line in column]


def _are_short(columns: list[list[tuple[str, bool]]]) -> bool:
    """Tell whether all lines are as short as on a ticket."""
    return all(len(line) < 40 for column in columns for line, _ in column)


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
