"""Legs whose ends stand apart: a time and a place each, side by side or one below the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts
from ingestion.parsing.receipts.dates import Timed, find_dates, find_times
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.leg_values import (
    number_in,
    place_in,
    to_instants,
    without_dates,
    without_numbers,
)
from paypulse.receipts import Leg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from ingestion.parsing.receipts.rows import Row

# Hotels and opening hours have times and names, too.
_NO_JOURNEY = re.compile(
    r"(?i)check-?\s?(?:in|out)|(?:in|ut)checkning|\b(?:bilen|anreise|abreise|(?:start|slut|slutt)tid|infart|utfart|einfahrt|ausfahrt|bokat|bokad|avboka|betala\w*)\b"
    r"|\bstd\.?(?!\w)|\d\s?(?:std|tim|h)\b"
    r"|\böppe[nt]|\bopen|leverans|deliver"
)
_PRICED = re.compile(r"[€£$]|\b(?:kr|SEK|EUR|NOK|DKK)\b")
# "22:41 | Odengatan 52, Stockholm", of a taxi.
_AT_A_STREET = re.compile(
    r"(?P<time>[012]?\d[:.][0-5]\d) \| (?P<place>[A-ZÅÄÖ][^\W\d_]+(?: [^\W\d_]+)? \d{1,3}[A-Z]?"
    r"(?:, [A-ZÅÄÖ][^\W\d_]+)?)$"
)
_TERMINAL = re.compile(
    r"(?i)\b(?:terminal|gate|spår|platform|gleis|plattform|perrong)\s\w{1,3}\b|\(?\+\d\b\)?"
)
_LONGEST_TIME = 12
_ROWS_OF_A_LEG = 4  # from one end to the other
_ROWS_ABOVE, _ROWS_BELOW = 5, 3  # in which the number stands
_LONGEST_PLACE = 45


@dataclass(frozen=True, slots=True)
class _End:
    """Where and when a leg begins or ends."""

    row: int
    time: Timed
    place: str


def from_ends(rows: Sequence[Row], near: date | None) -> list[Leg]:
    """Read `06:15 Göteborg (GOT)` and `09:25 Bremen (BRE)`, with day and number around them."""
    legs: list[Leg] = []
    ends = list(_find_ends(rows, near))
    at, free_from = 0, 0
    while at + 1 < len(ends):
        left, right = ends[at], ends[at + 1]
        if right.row - left.row > _ROWS_OF_A_LEG or left.place == right.place:
            at += 1
            continue
        until = ends[at + 2].row if at + 2 < len(ends) else len(rows)
        day = _day_of(rows, left, right, near)
        free = right.row + 1
        if day is not None:
            number, found_at = _number_of(rows, left, right, free_from, until, near)
            if re.search(r"\d", left.place + right.place):
                number = None  # a taxi's
            instants = to_instants(day, None, [left.time], [right.time])
            legs.append(Leg(number, left.place, right.place, *instants))
            free = max(free, found_at + 1)
        at, free_from = at + 2, free
    return legs


def _find_ends(rows: Sequence[Row], near: date | None) -> Iterator[_End]:
    for index, row in enumerate(rows):
        ends = [end for cell in row.cells if (end := _end_of(cell, near)) is not None]
        if not ends and len(row.cells) > 2 and len(row.cells[0]) < _LONGEST_TIME:
            first = _end_of(" ".join(row.cells[:2]), near)  # "09:40 Uhr | Göteborg | LH 2423"
            ends = [first] if first is not None else []
        first_lines = " ".join(cell.split("\n")[0] for cell in row.cells)
        for text in (first_lines, row.text):
            if not ends and (whole := _end_of(text, near)) is not None:
                ends = [whole]
        if not ends and index + 1 < len(rows):
            ends = _over_two_rows(row, rows[index + 1], near)
        for time, place in ends:
            yield _End(index, time, place)


def _over_two_rows(row: Row, below: Row, near: date | None) -> list[tuple[Timed, str]]:
    """Read a time in one row and its place in the next; both ends may stand side by side."""
    times = [cell for cell in row.cells if find_times(without_dates(cell, near))]
    places = [cell for cell in below.cells if re.search(r"[^\W\d_]{3}", cell)]
    if len(times) == len(places) == 2 and not find_times(below.text):
        both = zip(times, places, strict=True)
        ends = [_end_of(f"{time} {place}", near) for time, place in both]
        return [end for end in ends if end] if all(ends) else []
    if len(row.text) > 8 or len(below.cells) != 1 or find_times(below.text):
        return []
    end = _end_of(f"{row.text} {below.text}", near)
    return [end] if end else []


def _end_of(text: str, near: date | None) -> tuple[Timed, str] | None:
    """Return time and place of a text that has both and nothing else."""
    if len(text) > _LONGEST_PLACE + 30 or _NO_JOURNEY.search(text) or _PRICED.search(text):
        return None
    if (street := _AT_A_STREET.match(text)) is not None:
        return find_times(street["time"])[0], street["place"]
    times = find_times(without_dates(text, near))
    if any(find_amounts(part) for part in _around(times, without_dates(text, near))):
        return None
    if len(times) != 1:
        return None
    text = re.sub(r"[|\n]+", " ", without_numbers(_TERMINAL.sub(" ", without_dates(text, near))))
    text = re.sub(r"\(\s*\)", " ", text)
    place = place_in(re.sub(r"(?:^|(?<=\s))[A-Z]{3}(?=\s+[^\W\d_])", " ", text), near)
    if place is None or not place[0].isupper() or not 2 < len(place) <= _LONGEST_PLACE:
        return None
    if (
        re.search(r"[\d()]|[:!?]$|(?<![ .][^\W\d_]{2})\.$", place)
        or field_names(place)
        or place.count(" ") > 5
    ):
        return None
    return times[0], place


def _around(times: Sequence[Timed], text: str) -> Iterator[str]:
    """Yield what stands between the times; "10.31" would pass for an amount."""
    begin = 0
    for timed in times:
        yield text[begin : timed.start]
        begin = timed.end
    yield text[begin:]


def _day_of(rows: Sequence[Row], left: _End, right: _End, near: date | None) -> date | None:
    """Return the day of a leg: from its own rows, else the nearest above."""
    above = range(left.row - 1, max(-1, left.row - 8), -1)
    # The other end's own day may be the next: "06.54 Boden C (22 december)".
    for at in (*range(left.row, max(right.row, left.row + 1)), *above, right.row):
        days = find_dates(rows[at].text, near)
        if days:
            return days[0].day
    return None


def _number_of(
    rows: Sequence[Row], left: _End, right: _End, begin: int, until: int, near: date | None
) -> tuple[str | None, int]:
    """Return train or flight, and its row: of the leg's own rows, those above, those below."""
    above = range(left.row - 1, max(begin, left.row - _ROWS_ABOVE) - 1, -1)
    below = range(right.row + 1, min(until, right.row + 1 + _ROWS_BELOW))
    for at in (*range(left.row, right.row + 1), *above, *below):
        if 0 <= at < len(rows):
            text = without_dates(rows[at].text, near)
            named = number_in(rows[at].text, near)
            if named and not any(map(find_amounts, _around(find_times(text), text))):
                return named["number"].strip(), at
    return None, right.row
