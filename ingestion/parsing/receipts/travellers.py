"""Who travels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.field_labels import field_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parsing.receipts.pairs import Pair
    from ingestion.parsing.receipts.rows import Row

_PERSON = re.compile(
    r"^[^\W\d_a-zåäö][\w'\u2019.-]*(?:\s+(?:(?:von|af|de|van|der|da"
    r"|al)\s+)?[^\W\d_a-zåäö][\w'\u2019.-]*){1,4}$"
)


# "Fru Hedda Krusell Säte 18A", "Frau Dr. Annika Rosengard Ticket-Nr. 220-24177"
_WITH_SEAT = re.compile(
    r"(?i)[\s–-]+(?:säte|seat|plats|sitzplatz|sete|sæde|e-?ticket|ticket|biljett|billett"
    r"|billet)\b.*$"
)
_OF_A_TICKET = re.compile(r"(?i)(?:e-?)?(?:biljett|ticket|billett?)")
_TITLED = re.compile(r"^(?:MR|MRS|MS|MISS|MSTR)\.?\s(?P<name>[A-ZÅÄÖØÆÜ][\w' -]+)$")


def find_passengers(rows: Sequence[Row], pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return the travellers' names."""
    found: list[str] = []
    for pair in pairs:
        if pair.strength > 1 and "passengers" in field_names(pair.label):
            found.extend(_people(pair.value))
    if not found:
        found = _under_heading(rows)
    if not found:
        titled = (_TITLED.match(row.cells[0]) for row in rows if len(row.cells) > 1)
        found = [match["name"] for match in titled if match and _PERSON.match(match["name"])]
    return tuple(dict.fromkeys(found))


def _people(value: str) -> list[str]:
    value = re.sub(r"\s[–—-]\s.*$", "", _WITH_SEAT.sub("", value))  # "Elsa Bergdal – Vuxen"
    value = re.sub(
        r"\([^)]*\)|(?i:\b(?:vuxen|adult|barn|child|student|mr|mrs|ms|miss|herrn?|herr|fru|dr"
        r"|frau)\b\.?:?)",
        "",
        value,
    )
    pieces = re.split(r"\s*(?:[,;/&\n]|\bsamt\b|\boch\b|\band\b|\s\|\s|\d+[.)]\s)\s*", value)
    return [piece.strip() for piece in pieces if _PERSON.match(piece.strip())]


def _first_words(row: Row) -> str:
    """Return the first cell that is no number, as travellers in a list may have."""
    return next((cell for cell in row.cells if re.search(r"[^\W\d_]", cell)), row.text)


def _may_head(cell: str) -> bool:
    """Tell whether a cell may be the head of a column: `NAMN`, `FÖDELSETID`."""
    return cell.isupper() or bool(field_names(cell))


def _under_heading(rows: Sequence[Row]) -> list[str]:
    for index, row in enumerate(rows):
        if "passengers" not in field_names(row.cells[0]):
            continue
        people: list[str] = []
        for below in rows[index + 1 : index + 12]:
            shown = _first_words(below)
            names = [] if field_names(shown) else _people(shown)
            if people and shown.isupper() and not people[-1].isupper():
                break  # the next heading
            is_heading = not people and all(map(_may_head, below.cells))
            if not names and (is_heading or (people and _OF_A_TICKET.match(shown))):
                continue
            if not names:
                break
            people.extend(names)
        if people:
            return people
    return []
