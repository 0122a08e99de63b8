"""Journeys: legs with their places and times, and who travels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.dates import Dated, Timed, find_dates, find_times
from ingestion.parsing.receipts.labels import field_names
from paypulse.receipts import Leg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parsing.receipts.page import Row
    from ingestion.parsing.receipts.pairs import Pair

_CARRIER = (
    r"(?:snabbtåg|regionaltåg|nattåg|pendeltåg|öresundståg|tåg|flyg|flight|train|express\s?buss|buss|bus"
    r"|coach|färja|färje(?:tur)?|ferry|linje|line|x2000|sj|service|tur|avgång|sailing|rutt|fartyg|flyght)"
)
_NUMBER = re.compile(
    rf"(?i)\b{_CARRIER}(?:\s?-?\s?(?:nummer|nr|number|no))?\.?\s*:?\s*(?P<number>[A-Z]{{0,3}}\s?\d{{1,5}}[A-Z]?)\b"
)
_FLIGHT = re.compile(r"\b(?P<number>(?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\s?\d{2,4})\b")
_ARROW = re.compile(r"\s*(?:→|➝|➔|⟶|›|»|->|=>|—|–|\x00)\s*|\s+-\s+|\s+(?:till|to|til)\s+")
_NOISE = re.compile(
    r"(?i)\b(?:kl\.?|klockan|at|avg(?:ång|år|\.)?|ank(?:omst|ommer|\.)?|dep(?:arts?|arture|\.)?|arr(?:ives?|ival|\.)?"
    r"|den|on|from|från|mån(?:dag)?|tis(?:dag)?|ons(?:dag)?|tors?(?:dag)?|fre(?:dag)?|lör(?:dag)?|sön(?:dag)?"
    r"|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    r"|utresa|hemresa|återresa|outbound|return|inbound|direkt|departure|arrival|datum|date|resa \d|leg \d|\+1)\b\.?:?"
)
_PERSON = re.compile(r"^[^\W\d_][\w'’.-]*(?:\s+[^\W\d_][\w'’.-]*){1,4}$")


@dataclass(frozen=True, slots=True)
class _When:
    days: list[Dated]
    times: list[Timed]


def find_legs(rows: Sequence[Row], pairs: Sequence[Pair], near: date | None) -> tuple[Leg, ...]:
    """Return the legs in order: from a table, else from lines, else from labelled values."""
    for legs in (_from_tables(rows, near), _from_lines(rows, near), _from_pairs(pairs, near)):
        complete = [leg for leg in legs if leg.origin and leg.destination]
        if complete:
            return tuple(dict.fromkeys(complete))
    return ()


def find_passengers(rows: Sequence[Row], pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return the travellers' names."""
    found: list[str] = []
    for pair in pairs:
        if "passengers" in field_names(pair.label):
            found.extend(_people(pair.value))
    if not found:
        found = _under_heading(rows)
    return tuple(dict.fromkeys(found))


def _people(value: str) -> list[str]:
    value = re.sub(r"\([^)]*\)|(?i:\b(?:vuxen|adult|barn|child|student|mr|mrs|ms|miss|herr|fru)\b\.?:?)", "", value)
    pieces = re.split(r"\s*(?:[,;/&\n]|\bsamt\b|\boch\b|\band\b|\s\|\s|\d+[.)]\s)\s*", value)
    return [piece.strip() for piece in pieces if _PERSON.match(piece.strip())]


def _under_heading(rows: Sequence[Row]) -> list[str]:
    for index, row in enumerate(rows):
        if "passengers" not in field_names(row.cells[0]):
            continue
        people: list[str] = []
        for below in rows[index + 1 : index + 12]:
            names = _people(below.cells[0] if below.cells[0] else below.text)
            if not names:
                break
            people.extend(names)
        if people:
            return people
    return []


def _from_tables(rows: Sequence[Row], near: date | None) -> list[Leg]:
    legs: list[Leg] = []
    for index, row in enumerate(rows):
        roles = _travel_roles(row)
        if roles is None:
            continue
        for below in rows[index + 1 : index + 12]:
            if len(below.cells) != len(roles):
                break
            values = dict(zip(roles, below.cells, strict=True))
            leg = _leg_of_values(values, near)
            if leg is None:
                break
            legs.append(leg)
    return legs


def _travel_roles(row: Row) -> list[str] | None:
    if len(row.cells) < 3:
        return None
    wanted = ("travel_from", "travel_to", "departure", "arrival", "travel_number", "travel_on")
    roles = []
    for cell in row.cells:
        names = field_names(cell)
        roles.append(next((role for role in wanted if role in names and role not in roles), cell))
    places = {"travel_from", "travel_to"} <= set(roles)
    return roles if places or {"departure", "arrival"} <= set(roles) else None


def _leg_of_values(values: dict[str, str], near: date | None) -> Leg | None:
    """Build a leg from labelled values; departure and arrival may hold places, too."""
    departure, arrival = values.get("departure", ""), values.get("arrival", "")
    days = find_dates(f"{values.get('travel_on', '')} {departure}", near)
    arrival_days = find_dates(arrival, near)
    left, right = find_times(_masked(departure, near)), find_times(_masked(arrival, near))
    origin = _place(values.get("travel_from", ""), near) or _place(departure, near)
    destination = _place(values.get("travel_to", ""), near) or _place(arrival, near)
    if not origin or not destination:
        return None
    if not left:
        left = find_times(_masked(values.get("travel_from", ""), near)) or find_times(_masked(values.get("travel_on", ""), near))
        days = days or find_dates(values.get("travel_from", ""), near)
    if not right:
        right = find_times(_masked(values.get("travel_to", ""), near))
        arrival_days = arrival_days or find_dates(values.get("travel_to", ""), near)
    start = days[0].day if days else None
    end = arrival_days[0].day if arrival_days else None
    return Leg(
        _clean_number(values.get("travel_number", "")),
        origin,
        destination,
        *_instants(start, end, left[:1], right[:1]),
    )


def _clean_number(text: str) -> str | None:
    match = _NUMBER.search(text) or re.search(r"(?P<number>\b[A-Z]{0,3}\s?\d{1,5}[A-Z]?\b)", text)
    return match["number"].strip() if match else None


def _masked(text: str, near: date | None) -> str:
    """Blank out the dates, so that 14.05 in 14.05.2026 is no time."""
    for found in find_dates(text, near):
        text = text[: found.start] + " " * (found.end - found.start) + text[found.end :]
    return text


def _place(text: str, near: date | None) -> str | None:
    text = _masked(text, near)
    for timed in reversed(find_times(text)):
        text = text[: timed.start] + " " + text[timed.end :]
    text = _NOISE.sub(" ", text)
    text = re.sub(r"\s+", " ", text).strip(" ,;:.-–()|T")
    return text if re.search(r"[^\W\d_]{2}", text) and len(text) < 60 else None


def _instants(
    start: date | None, end: date | None, left: list[Timed], right: list[Timed]
) -> tuple[str | None, str | None]:
    departure = _instant(start, left)
    if end is None and start is not None and left and right:
        # A night train arrives the next day, and few mails say so.
        end = start + timedelta(days=1) if right[0].time < left[0].time else start
    return departure, _instant(end or start, right)


def _instant(day: date | None, times: list[Timed]) -> str | None:
    if day is None:
        return None
    return f"{day.isoformat()}T{times[0].time}" if times else day.isoformat()


def _from_lines(rows: Sequence[Row], near: date | None) -> list[Leg]:
    legs: list[Leg] = []
    day: date | None = None
    number: str | None = None
    for row in rows:
        text = " ".join(row.text.split())
        if len(text) > 300:
            continue
        leg = _leg_of_line(text, near, day, number)
        if leg is not None:
            legs.append(leg)
            number = None
            continue
        # A line of its own may name the day or the train of the legs under it.
        alone = find_dates(text, near)
        if len(alone) == 1 and len(text) < 60:
            day = alone[0].day
        named = _NUMBER.search(text)
        if named and len(text) < 40:
            number = named["number"].strip()
    return legs


def _leg_of_line(text: str, near: date | None, day: date | None, number: str | None) -> Leg | None:
    masked = _masked(text, near)
    times = find_times(masked)
    if len(times) not in (2, 3) or not _ARROW.search(masked):
        return None
    days = find_dates(text, near)
    named = _NUMBER.search(masked) or _FLIGHT.search(masked)
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
    return Leg(number, *places, *_instants(start, end_day, times[:1], times[1:2]))


def _places(body: str) -> tuple[str, str] | None:
    """Return (from, to): what is left between the arrows when times and days are gone."""
    marked = body
    for timed in reversed(find_times(body)):
        marked = f"{marked[: timed.start]} {marked[timed.end :]}"
    marked = re.sub(r"(?i)\b(?:boknings?\w*|booking|pris|price|vagn|plats|coach|seat)\b.*$", "", marked)
    fragments = []
    for piece in _ARROW.split(marked):
        for part in re.split(r"[,;|()]|\.\s|:\s", piece):
            text = re.sub(r"\s+", " ", _NOISE.sub(" ", part)).strip(" :.,-–/·")
            if re.search(r"[^\W\d_]{2}", text) and len(text) < 50:
                fragments.append(text)
                break
    return (fragments[0], fragments[1]) if len(fragments) == 2 else None


def _from_pairs(pairs: Sequence[Pair], near: date | None) -> list[Leg]:
    legs: list[Leg] = []
    values: dict[str, str] = {}
    roles = ("travel_from", "travel_to", "departure", "arrival", "travel_number", "travel_on")
    for pair in pairs:
        names = field_names(pair.label)
        role = next((role for role in roles if role in names), None)
        if role is None or (role == "travel_on" and not values and "travel_from" not in names and near is None):
            continue
        if role in values and values[role] != pair.value:
            if (leg := _leg_of_values(values, near)) is not None:
                legs.append(leg)
                values = {}
            elif role not in ("travel_number", "travel_on"):
                continue
        values.setdefault(role, pair.value)
        if role in ("travel_number", "travel_on") and values[role] != pair.value:
            values[role] = pair.value
    if (leg := _leg_of_values(values, near)) is not None:
        legs.append(leg)
    return legs
