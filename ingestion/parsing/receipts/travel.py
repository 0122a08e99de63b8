"""Journeys: legs from tables, from lines, and from labelled values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts
from ingestion.parsing.receipts.dates import Dated, Timed, find_dates, find_times
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.leg_ends import from_ends
from ingestion.parsing.receipts.leg_lines import (
    from_columns,
    from_lines,
    from_routes,
    from_sentences,
    from_spans,
    from_stacks,
    from_two_lines,
)
from ingestion.parsing.receipts.leg_values import (
    leading_number,
    number_in,
    place_in,
    to_instants,
    without_dates,
)
from paypulse.receipts import Leg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ingestion.parsing.receipts.pairs import Pair
    from ingestion.parsing.receipts.rows import Row


# "Ankomst: fredag efter kl. 15" is that of a hotel.
_NO_PLACE = re.compile(
    r"(?i)\d|(?:före|efter|innan|after|before|until|tidigast|senast|ab|bis)\b|.*@"
)
_PART_OF_A_TRIP = re.compile(
    r"(?i)(?:return|inbound|outbound|hemresa|utresa|återresa|retur|rückreise|rückflug|hinflug"
    r"|hjemreise|udrejse|utreise|hjemrejse)\b.{0,40}$"
)
_CLOCK = re.compile(r"(?<!\d)[0-2]?\d[.:][0-5]\d(?!\d)")
_BOTH_ENDS = 2
_LEAST_COLUMNS = 4  # two places and two times


@dataclass(frozen=True, slots=True)
class _When:
    days: list[Dated]
    times: list[Timed]


def find_legs(rows: Sequence[Row], pairs: Sequence[Pair], near: date | None) -> tuple[Leg, ...]:
    """Return the legs in order: from a table, else from lines, else from labelled values."""
    labelled = _from_pairs(pairs, near)
    if sum(len(_CLOCK.findall(row.text)) for row in rows) < _BOTH_ENDS:
        return tuple(dict.fromkeys(labelled))  # a journey without times, if any
    timed = [leg for leg in labelled if leg.departure and leg.arrival and "T" in leg.departure]
    ends = from_ends(rows, near)
    timed = ends if timed and len(ends) > len(timed) else timed
    for legs in (
        _from_tables(rows, near),
        timed,
        from_columns(rows, near),
        from_two_lines(rows, near),
        from_stacks(rows, near),
        from_spans(rows, near),
        ends,
        from_lines(rows, near),
        from_routes(rows, near),
        from_sentences(rows, near),
        labelled,
    ):
        if legs:
            return _numbered(tuple(dict.fromkeys(legs)), rows, near)
    return ()


def misses_legs(rows: Sequence[Row], legs: Sequence[Leg], near: date | None) -> bool:
    """Tell whether the mail has times for more legs than these."""
    texts = [row.text for row in rows if not find_amounts(row.text)]
    times = sum(len(find_times(without_dates(text, near))) for text in texts)
    return times >= 2 * (len(legs) + 1) or _names_more(rows, legs, near)


def _names_more(rows: Sequence[Row], legs: Sequence[Leg], near: date | None) -> bool:
    """Tell whether rows begin with more trains, buses or lines than there are legs."""
    numbers = {leading_number(row.text, near) for row in rows} - {None}
    return len(numbers) > len(legs)


def is_out_of_order(legs: Sequence[Leg]) -> bool:
    """Tell whether a leg ends before it begins, or begins before the one before it has ended."""
    times = [time for leg in legs for time in (leg.departure, leg.arrival) if time and "T" in time]
    return any(second < first for first, second in pairwise(times))


def _numbered(legs: tuple[Leg, ...], rows: Sequence[Row], near: date | None) -> tuple[Leg, ...]:
    """Give legs without a number those that the mail names, when there are as many."""
    if all(leg.number for leg in legs):
        return legs
    found = (number_in(row.text, near) for row in rows if not find_amounts(row.text))
    numbers = list(dict.fromkeys(match["number"].strip() for match in found if match))
    if len(numbers) != len(legs):
        return legs
    return tuple(replace(leg, number=number) for leg, number in zip(legs, numbers, strict=True))


def _from_tables(rows: Sequence[Row], near: date | None) -> list[Leg]:
    legs: list[Leg] = []
    for index, row in enumerate(rows):
        roles = _travel_roles(row)
        if roles is None:
            continue
        above = _day_above(rows, index, near)
        for below in rows[index + 1 : index + 12]:
            if _parts_a_table(below):
                above = below.text if find_dates(below.text, near) else above
                continue
            # Columns at the end may be one: "no seat" below carriage and seat.
            if not _LEAST_COLUMNS <= len(below.cells) <= len(roles):
                break
            values = dict(zip(roles, below.cells, strict=False))
            if not any(find_dates(cell, near) for cell in below.cells):
                values["travel_on"] = above
            leg = _leg_of_values(values, near)
            if leg is None:
                break
            legs.append(leg)
    return legs


def _parts_a_table(row: Row) -> bool:
    """Tell whether a row only says which legs come next: `Return`, `Hemresa 12 april 2026`."""
    return len(row.cells) == 1 and bool(_PART_OF_A_TRIP.match(row.text))


def _day_above(rows: Sequence[Row], index: int, near: date | None) -> str:
    """Return the row above a table that names its day: `Utresa fredag 3 april 2026`."""
    for at in range(index - 1, max(-1, index - 3), -1):
        if len(find_dates(rows[at].text, near)) == 1:
            return rows[at].text
    return ""


def _travel_roles(row: Row) -> list[str] | None:
    if len(row.cells) < 3 or re.search(r"\d", row.text):
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
    days = find_dates(f"{departure} {values.get('travel_on', '')}", near)
    arrival_days = find_dates(arrival, near)
    left, right = (
        find_times(without_dates(departure, near)),
        find_times(without_dates(arrival, near)),
    )
    origin = place_in(values.get("travel_from", ""), near) or place_in(departure, near)
    destination = place_in(values.get("travel_to", ""), near) or place_in(arrival, near)
    if not origin or not destination or _NO_PLACE.match(origin) or _NO_PLACE.match(destination):
        return None
    if not left:
        left = find_times(without_dates(values.get("travel_from", ""), near)) or find_times(
            without_dates(values.get("travel_on", ""), near)
        )
        days = days or find_dates(values.get("travel_from", ""), near)
    if not right:
        right = find_times(without_dates(values.get("travel_to", ""), near))
        arrival_days = arrival_days or find_dates(values.get("travel_to", ""), near)
    start = days[0].day if days else None
    end = arrival_days[0].day if arrival_days else None
    return Leg(
        _clean_number(values.get("travel_number", ""), near),
        origin,
        destination,
        *to_instants(start, end, left[:1], right[:1]),
    )


def _clean_number(text: str, near: date | None) -> str | None:
    match = number_in(text, near) or re.search(
        r"(?P<number>\b[A-Z]{0,3}\s?\d{1,5}[A-Z]?\b)", without_dates(text, near)
    )
    return match["number"].strip() if match else None


def _from_pairs(pairs: Sequence[Pair], near: date | None) -> list[Leg]:
    legs: list[Leg] = []
    values: dict[str, str] = {}
    roles = ("travel_from", "travel_to", "departure", "arrival", "travel_number", "travel_on")
    for pair in pairs:
        names = field_names(pair.label)
        role = next((role for role in roles if role in names), None)
        if role is None or (
            role == "travel_on" and not values and "travel_from" not in names and near is None
        ):
            continue
        if role == "travel_number" and not re.search(r"\d", pair.value):
            continue  # `Linje | Plats` is the head of a table
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
