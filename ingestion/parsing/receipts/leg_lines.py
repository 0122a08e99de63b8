"""Legs in lines of text, and under routes."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts
from ingestion.parsing.receipts.dates import find_dates, find_times
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.leg_values import (
    AIRPORT_CODE,
    NOISE,
    leading_number,
    number_in,
    place_in,
    to_instants,
    without_dates,
    without_numbers,
)
from ingestion.parsing.receipts.raw_items import is_sentence
from paypulse.receipts import Leg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ingestion.parsing.receipts.rows import Row

_PLACE = r"(?P<place>[A-ZÅÄÖÆØ][\w'-]+(?: [A-ZÅÄÖÆØ][\w'-]*)*)"
_FROM = re.compile(rf"\b(?:[Ff]rån|[Ff]rom|[Vv]on|[Ff]ra)\s{_PLACE}")
_TO = re.compile(
    rf"\b(?:till|to|framme i|ankommer(?: till| i)?|arriv\w+ (?:in|at)|nach|til|fremme i)\s{_PLACE}"
)
_TERMINAL = re.compile(r"(?i),?\s*\bterminal\s\w{1,2}\b")
_IS_NO_TRIP = re.compile(
    r"(?i)check-?\s?(?:in|out)|(?:in|ut)checkning|innsjekk|utsjekk|indtjekning|(?:in|ut|ein|aus)fahrt"
    r"|(?:start|slut|slutt)tid"
)
_PRICED = re.compile(r"(?:[€£$]|\b(?:kr|SEK|EUR|NOK|DKK)\b)")
_LONGEST_CLOCK = 12
_ROWS_OF_AN_END = 4
_ARROW = re.compile(r"\s*(?:→|➝|➔|⟶|\u203a|»|->|=>|—|–|\x00)\s*|\s+-\s+|\s+(?:till|to|til)\s+")


def from_lines(rows: Sequence[Row], near: date | None) -> list[Leg]:
    """Read legs that stand in one line."""
    legs: list[Leg] = []
    day: date | None = None
    number: str | None = None
    for row in rows:
        text = " ".join(AIRPORT_CODE.sub("", row.text).split())
        if len(text) > 300:
            continue
        first = next((cell for cell in row.cells if cell), "")
        number = leading_number(first, near) or number
        own = find_dates(text, near)
        row_day = own[0].day if len(own) == 1 else day
        by_cell = [
            _leg_of_line(" ".join(AIRPORT_CODE.sub("", cell).split()), near, row_day, number)
            for cell in row.cells
            if len(row.cells) > 1
        ]
        found = [leg for leg in by_cell if leg is not None]
        if (
            not found
            and len(row.cells) < 5
            and (leg := _leg_of_line(text, near, day, number)) is not None
        ):
            found = [leg]
        if found:
            legs.extend(found)
            number = None
            continue
        # A line of its own may name the day or the train of the legs under it.
        alone = find_dates(text, near)
        if len(alone) == 1 and len(text) < 60:
            day = alone[0].day
        named = number_in(text, near)
        if named and len(text) < 40:
            number = named["number"].strip()
    return legs


def from_spans(rows: Sequence[Row], near: date | None) -> list[Leg]:
    """Read `Göteborg (GOT) | 06:35 ✈ 08:55 | Milano (BGY)` below `Utresa 19 mars FR 5524`."""
    legs: list[Leg] = []
    for index, row in enumerate(rows):
        cells = [cell for cell in row.cells if cell]
        if (beside := _clocks_above_places(rows, index, near)) is not None:
            legs.append(beside)
            continue
        times = find_times(cells[1]) if len(cells) == 3 else []
        if len(times) != 2 or re.search(r"[^\W\d_]{2}", cells[1]):
            continue
        left, right = (place_in(cell, near) for cell in (cells[0], cells[2]))
        head = next(
            (at for at in range(index, max(-1, index - 4), -1) if find_dates(rows[at].text, near)),
            None,
        )
        if not left or not right or head is None:
            continue
        named = number_in(rows[head].text, near)
        instants = to_instants(find_dates(rows[head].text, near)[0].day, None, times[:1], times[1:])
        legs.append(Leg(named["number"].strip() if named else None, left, right, *instants))
    return legs


def from_columns(rows: Sequence[Row], near: date | None) -> list[Leg]:
    """Read `Dublin (DUB) | Gothenburg (GOT)`, with the days and the times in the rows below."""
    legs: list[Leg] = []
    for index in range(len(rows) - 2):
        places, days, times = (_both(rows[index + step]) for step in range(3))
        texts = " ".join(rows[index + step].text for step in range(3))
        if not (places and days and times) or _IS_NO_TRIP.search(texts) or _PRICED.search(texts):
            continue
        if [bool(find_dates(cell, near)) for cell in times] == [True, True]:
            days, times = times, days
        found = [find_dates(cell, near) for cell in days]
        clocks = [find_times(without_dates(cell, near)) for cell in times]
        names = [place_in(cell, near) for cell in places]
        if not (all(found) and all(clocks) and all(names)) or any(map(_has_digit, places)):
            continue
        above = rows[index - 1].text if index else ""
        named = number_in(above, near) or number_in(_labelled_below(rows, index + 3), near)
        instants = to_instants(found[0][0].day, found[1][0].day, clocks[0][:1], clocks[1][:1])
        number = named["number"].strip() if named else None
        legs.append(Leg(number, str(names[0]), str(names[1]), *instants))
    return legs


def _clocks_above_places(rows: Sequence[Row], index: int, near: date | None) -> Leg | None:
    """Read `11:35 | TK1794 | 16:05` above `Stockholm (ARN) | Direct | Istanbul (IST)`."""
    cells = [cell for cell in rows[index].cells if cell]
    below = [cell for cell in rows[index + 1].cells if cell] if index + 1 < len(rows) else []
    if len(cells) < 2 or len(below) < 2 or not (_is_clock(cells[0]) and _is_clock(cells[-1])):
        return None
    names = [place_in(cell, near) for cell in (below[0], below[-1])]
    near_rows = rows[max(0, index - 2) : index]
    above = [days for row in near_rows if (days := find_dates(row.text, near))]
    if not all(names) or not above or any(map(_has_digit, (below[0], below[-1]))):
        return None
    number = number_in(rows[index].text, near)
    instants = to_instants(above[-1][0].day, None, find_times(cells[0]), find_times(cells[-1]))
    named = number["number"].strip() if number else None
    return Leg(named, str(names[0]), str(names[1]), *instants)


def _labelled_below(rows: Sequence[Row], at: int) -> str:
    """Return `Linje 820` of `Linje | Plats` above `820 | 7A`."""
    if at + 1 >= len(rows):
        return ""
    pairs = zip(rows[at].cells, rows[at + 1].cells, strict=False)
    return " ".join(f"{label} {value}" for label, value in pairs)


def from_two_lines(rows: Sequence[Row], near: date | None) -> list[Leg]:
    """Read `06:00⏎07:55 | Göteborg⏎Frankfurt | LH813`, below its day."""
    legs: list[Leg] = []
    day: date | None = None
    for row in rows:
        days = find_dates(row.text, near)
        day = days[0].day if days else day
        lines = [cell.split("\n") for cell in row.cells]
        times = next((cell for cell in lines if len(cell) == 2 and all(map(_is_clock, cell))), None)
        places = next(
            (cell for cell in lines if len(cell) == 2 and not any(map(_has_clock, cell))), None
        )
        if times is None or places is None or day is None:
            continue
        names = [place_in(_TERMINAL.sub("", each), near) for each in places]
        if not all(names):
            continue
        number = number_in(row.text, near)
        instants = to_instants(day, None, find_times(times[0]), find_times(times[1]))
        named = number["number"].strip() if number else None
        legs.append(Leg(named, str(names[0]), str(names[1]), *instants))
    return legs


def _is_clock(text: str) -> bool:
    return bool(find_times(text)) and len(text) < _LONGEST_CLOCK


def _has_clock(text: str) -> bool:
    return bool(find_times(text))


def _both(row: Row) -> list[str]:
    cells = [cell for cell in row.cells if cell]
    return cells if len(cells) == 2 else []


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def from_sentences(rows: Sequence[Row], near: date | None) -> list[Leg]:
    """Read `Ni reser från Nynäshamn den 3 juli kl. 18.15 och är framme i Visby kl. 21.30`."""
    legs: list[Leg] = []
    for row in rows:
        text = row.text
        days, times = find_dates(text, near), find_times(without_dates(text, near))
        start = _FROM.search(text)
        end = _TO.search(text, start.end()) if start else None
        if not (start and end and len(days) in (1, 2) and len(times) == 2 and len(text) < 300):
            continue
        named = number_in(text, near)
        until = days[1].day if len(days) > 1 else None
        instants = to_instants(days[0].day, until, times[:1], times[1:])
        number = named["number"].strip() if named else None
        legs.append(Leg(number, start["place"], end["place"], *instants))
    return legs


def from_stacks(rows: Sequence[Row], near: date | None) -> list[Leg]:
    """Read a place, a day and a time below `FRÅN`, and the same below `TILL`."""
    legs: list[Leg] = []
    heads = [
        (index, "travel_from" in names)
        for index, row in enumerate(rows)
        if len(row.cells) == 1 and (names := field_names(row.text)) & {"travel_from", "travel_to"}
    ]
    for (start, leaves), (end, leaves_again) in pairwise(heads):
        if not leaves or leaves_again or end - start > _ROWS_OF_AN_END + 2:
            continue
        left = [row.text for row in rows[start + 1 : end]]
        right = [row.text for row in rows[end + 1 : end + 1 + _ROWS_OF_AN_END]]
        ends = [(find_dates(" ; ".join(side), near), side) for side in (left, right)]
        times = [find_times(without_dates(" ; ".join(side), near)) for side in (left, right)]
        if not (left and right and ends[0][0] and all(times)):
            continue
        number = next((named for text in left if (named := number_in(text, near))), None)
        until = ends[1][0][0].day if ends[1][0] else None
        instants = to_instants(ends[0][0][0].day, until, times[0][:1], times[1][:1])
        legs.append(Leg(number["number"].strip() if number else None, left[0], right[0], *instants))
    return legs


def from_routes(rows: Sequence[Row], near: date | None) -> list[Leg]:
    """Read a route in one row (`Umeå C – Luleå C`) with its times in the rows under it."""
    legs: list[Leg] = []
    for index, row in enumerate(rows):
        route = _route_of(row, near)
        if route is None:
            continue
        block = [row]
        for below in rows[index + 1 : index + 7]:
            if _route_of(below, near) is not None:
                break
            block.append(below)
        text = " ; ".join(part.text for part in block)
        days, times = find_dates(text, near), find_times(without_dates(text, near))
        if not days or len(times) < 2:
            continue
        named = number_in(text, near)
        end = days[1].day if len(days) > 1 and days[1].start < times[1].end else None
        instants = to_instants(days[0].day, end, times[:1], times[1:2])
        legs.append(Leg(named["number"].strip() if named else None, *route, *instants))
    return legs


def _route_of(row: Row, near: date | None) -> tuple[str, str] | None:
    arrow = any(_ARROW.fullmatch(cell) for cell in row.cells)
    for cell in (*row.cells, *([" ".join(row.cells)] if arrow else [])):
        if (
            5 < len(cell) < 90
            and not find_amounts(cell)
            and not is_sentence(cell)
            and not find_times(without_dates(cell, near))
        ):
            text = AIRPORT_CODE.sub("", cell)
            places = _places(without_numbers(without_dates(text, near)))
            if places and all(place[0].isupper() for place in places):
                return places
    return None


def _leg_of_line(text: str, near: date | None, day: date | None, number: str | None) -> Leg | None:
    masked = without_dates(text, near)
    times = find_times(masked)
    named = number_in(masked, near)
    if named is None and any(amount.currency for amount in find_amounts(text)):
        return None  # an item with its prices
    if len(times) not in (2, 3) or not _ARROW.search(masked):
        return None
    days = find_dates(text, near)
    body = masked
    if named:
        begin, end = named.span()
        body = masked[:begin] + " " * (end - begin) + masked[end:]
        number = named["number"].strip()
    places = _places(body)
    if places is None:
        return None
    start = days[0].day if days else day
    end_day = days[1].day if len(days) > 1 else None
    return Leg(number, *places, *to_instants(start, end_day, times[:1], times[1:2]))


def _places(body: str) -> tuple[str, str] | None:
    """Return (from, to): what is left between the arrows when times and days are gone."""
    marked = body
    for timed in reversed(find_times(body)):
        marked = f"{marked[: timed.start]} {marked[timed.end :]}"
    marked = re.sub(
        r"(?i)\b(?:boknings?\w*|booking|pris|price|vagn|plats|coach|seat)\b.*$", "", marked
    )
    fragments: list[str] = []
    for piece in _ARROW.split(marked):
        parts = re.split(r"[,;|()]|\.\s|:\s", _TERMINAL.sub(" ", piece))
        # Before the first arrow the place comes last ("Resa: Tåg 7, Umeå"), behind it first.
        for part in parts if fragments else reversed(parts):
            text = re.sub(r"\s+", " ", NOISE.sub(" ", part)).strip(" :.,-–/·")
            if re.search(r"[^\W\d_]{2}", text) and len(text) < 50:
                fragments.append(text)
                break
    return (fragments[0], fragments[1]) if len(fragments) == 2 else None
