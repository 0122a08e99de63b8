"""Places, instants and numbers of legs."""

from __future__ import annotations

import re
from datetime import date, timedelta

from ingestion.parsing.receipts.dates import Timed, find_dates, find_times

_CARRIER = (
    r"(?:snabbtåg|regionaltåg|nattåg|pendeltåg|öresundståg|tåg|flyg|flight|train|express\s?buss"
    r"|buss|bus"
    r"|linie|coach|regional|intercity|tog|lyntog|færge|ferge|färja|färje(?:tur)?|ferry|linje|line|x2000|sj|service"
    r"|tur"
    r"|avgång|avgang|afgang|zug|sailing|rutt|rute|fartyg|flyght)"
)
_CARRIER_NUMBER = re.compile(
    rf"(?i)\b{_CARRIER}(?:\s?-?\s?(?:nummer|nr|number"
    rf"|no))?\.?\s*:?\s*(?P<number>[A-Z]{{0,3}}\s?\d{{1,5}}[A-Z]?)\b(?![:.]\d)"
)
# Airlines have two characters; of trains the class belongs to the number: "ICE 1273".
_FLIGHT = re.compile(
    r"\b(?P<number>(?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\s?\d{2,4}|(?:ICE|TGV|RJX|ECE|IC|EC|IR|RE)\s?\d{1,4})\b"
)
AIRPORT_CODE = re.compile(r"\s*\([A-Z]{3}\)")
NOISE = re.compile(
    r"(?i)\b(?:kl\.?|klockan|uhr|at|avg(?:ång|år|\.)?|ank(?:omst|ommer|\.)?|dep(?:arts?|arture|\.)?"
    r"|arr(?:ives?|ival|\.)?"
    r"|den|on|from|från|mån(?:dag)?|tis(?:dag)?|ons(?:dag)?|tors?(?:dag)?|fre(?:dag)?|lör(?:dag)?"
    r"|sön(?:dag)?"
    r"|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?"
    r"|sun(?:day)?"
    r"|(?:mo|di|mi|do|fr|sa|so)(?=\.,|,)|(?:må|ti|on|to|fr|lö|sö)(?=\s{2,})|\(?lokal tid\)?"
    r"|avresa|utresa|hemresa|återresa|outbound|return|inbound|direkt|departure"
    r"|arrival|datum|date|resa \d|leg \d|\+1)\b\.?:?"
)


# "Holbæk St.", "Praha hl.n."
_SHORT_LAST = re.compile(r"[ .][^\W\d_]{1,3}\.$")


# "Ankomst 11.02" is a time, and would pass for a day in February.
_CLOCK_WORD = re.compile(
    r"(?i)\b(?:avg(?:ång)?|ank(?:omst)?|dep(?:arture)?|arr(?:ival)?|kl)\b[\s.:|]{1,4}$"
)
_MAYBE_CLOCK = re.compile(r"[0-2]\d\.[0-5]\d(?![.\d])")


def without_dates(text: str, near: date | None) -> str:
    """Blank out the dates, so that 14.05 in 14.05.2026 is no time."""
    for found in find_dates(text, near):
        clock = _MAYBE_CLOCK.match(text, found.start)
        if clock and clock.end() == found.end and _CLOCK_WORD.search(text[: found.start]):
            continue
        text = text[: found.start] + " " * (found.end - found.start) + text[found.end :]
    return text


def number_in(text: str, near: date | None) -> re.Match[str] | None:
    """Return the train, bus or flight (group `number`) in a text; a date has none."""
    text = without_dates(text, near)
    return _CARRIER_NUMBER.search(text) or _FLIGHT.search(text)


def leading_number(text: str, near: date | None) -> str | None:
    """Return the number of a text that begins with a train, bus or line."""
    match = _CARRIER_NUMBER.match(without_dates(text, near))
    return match["number"].strip() if match else None


def without_numbers(text: str) -> str:
    """Blank out trains, buses and flights."""
    return _FLIGHT.sub(" ", _CARRIER_NUMBER.sub(" ", text))


def place_in(text: str, near: date | None) -> str | None:
    """Return the place in a text, without times and days."""
    text = without_dates(AIRPORT_CODE.sub(" ", text), near)
    for timed in reversed(find_times(text)):
        text = text[: timed.start] + " " + text[timed.end :]
    text = re.sub(r"\bT\b|\(\s*\)", " ", NOISE.sub(" ", text))
    text = re.sub(r"\s+", " ", text).strip(" ,;:-–|/").lstrip(".")
    text = text if _SHORT_LAST.search(text) else text.rstrip(" .")
    return text if re.search(r"[^\W\d_]{2}", text) and len(text) < 60 else None


def to_instants(
    start: date | None, end: date | None, left: list[Timed], right: list[Timed]
) -> tuple[str | None, str | None]:
    """Return departure and arrival."""
    departure = _instant(start, left)
    if end is None and start is not None and left and right:
        # A night train arrives the next day, and few mails say so.
        end = start + timedelta(days=1) if right[0].time < left[0].time else start
    return departure, _instant(end or start, right)


def _instant(day: date | None, times: list[Timed]) -> str | None:
    if day is None:
        return None
    return f"{day.isoformat()}T{times[0].time}" if times else day.isoformat()
