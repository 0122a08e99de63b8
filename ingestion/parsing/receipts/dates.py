"""Calendar days and times in Swedish and English text (and the month names of the neighbours)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "mär": 3,
    "apr": 4,
    "maj": 5,
    "may": 5,
    "mai": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "okt": 10,
    "oct": 10,
    "nov": 11,
    "dec": 12,
    "des": 12,
    "dez": 12,
}
_MONTH = (
    r"(?P<{0}>jan(?:uar[iy]?)?|feb(?:r(?:uar[iy]?)?)?|mar(?:s|ch|ts)?|märz|apr(?:il)?|maj|may|mai"
    r"|june?|juni|july?|juli|aug(?:ust[i]?)?|sept?(?:ember)?|o[kc]t(?:ober)?|nov(?:ember)?"
    r"|de[csz](?:ember)?)\.?"
)
_DAY = r"(?P<{0}>[0-3]?\d)(?:\s?:?(?:e|a|st|nd|rd|th)\b)?"
_FORMS = [
    re.compile(r"(?<![\d.,])(?<!\d-)(?P<y>20\d\d)[-/.](?P<m>[01]?\d)[-/.](?P<d>[0-3]?\d)(?!\d)"),
    re.compile(
        r"(?<![\d.,/-])(?P<a>[0-3]?\d)(?P<s>[./-])(?P<b>[0-3]?\d)(?P=s)(?P<y>20\d\d|\d\d)(?!\d)"
    ),
    re.compile(
        rf"(?i)(?<!\d){_DAY.format('d')}[\s.-]*(?:of\s)?{_MONTH.format('mon')}[\s,.-]*(?P<y>20\d\d)(?!\d)"
    ),
    re.compile(rf"(?i)\b{_MONTH.format('mon')}\s*{_DAY.format('d')},?\s*(?P<y>20\d\d)(?!\d)"),
    re.compile(r"(?<![\d\w-])(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)(?!\d)"),
    re.compile(rf"(?i)(?<![\d,.]){_DAY.format('d')}[\s.]*{_MONTH.format('mon')}\b(?!\w)"),
    re.compile(rf"(?i)\b{_MONTH.format('mon')}\s*{_DAY.format('d')}(?![\d:])"),
    re.compile(r"(?<![\d.,/-])(?P<a>[0-3]?\d)/(?P<b>[01]?\d)\s?-\s?(?P<y>20\d\d)(?!\d)"),
    re.compile(r"(?<![\d.,/-])(?P<a>[0-3]?\d)/(?P<b>[01]?\d)(?![\d/,.-]|\s*kr)"),
]
_FORMS_OF_NUMBERS = [form for form in _FORMS if "mon" not in form.groupindex]
# Without either no form can match, which one look at a text tells.
_MONTH_IN = re.compile(r"jan|feb|mar|mär|apr|ma[jyi]|jun|jul|aug|sep|o[kc]t|nov|de[csz]")
_NUMBERS_IN = re.compile(r"\d[./-]\d|20\d{6}")
_DIGIT = re.compile(r"\d")
_TIME = re.compile(
    r"(?i)(?<![\d.,:])(?:kl\.?\s*|klockan\s*)?(?P<h>[012]?\d)[:.](?P<m>[0-5]\d)(?::[0-5]\d)?"
    r"\s?(?P<half>[ap]\.?m\b\.?)?(?!\d|[.,]\d|\s?(?:kr|sek|€|%))"
)
# A year from the context lies at most this far from the mail.
_NEAR = timedelta(days=200)


@dataclass(frozen=True, slots=True)
class Dated:
    """A day in a text and where it stands."""

    start: int
    end: int
    day: date


@dataclass(frozen=True, slots=True)
class Timed:
    """A time of day in a text and where it stands."""

    start: int
    end: int
    time: str  # HH:MM


def find_dates(text: str, near: date | None = None, *, month_first: bool = False) -> list[Dated]:
    """Return the days in a text, left to right.

    Args:
        text: One line.
        near: Decides what the text leaves open: the year, or which number is the month.
        month_first: What `3/4/2026` means where `near` does not tell.
    """
    return list(_dates_in(text, near, month_first)) if _DIGIT.search(text) else []


# The same cells and lines are asked about many times while a mail is read.
@lru_cache(maxsize=2048)
def _dates_in(text: str, near: date | None, month_first: bool) -> tuple[Dated, ...]:
    found: list[Dated] = []
    named = _MONTH_IN.search(text.lower())
    if not (named or _NUMBERS_IN.search(text)):
        return ()
    for form in _FORMS if named else _FORMS_OF_NUMBERS:
        for match in form.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            day = _day_of(match, near, month_first=month_first)
            if day is not None:
                found.append(Dated(match.start(), match.end(), day))
    return tuple(sorted(found, key=lambda dated: dated.start))


def first_date(text: str, near: date | None = None, *, month_first: bool = False) -> date | None:
    """Return the first day in a text."""
    found = find_dates(text, near, month_first=month_first)
    return found[0].day if found else None


def find_times(text: str) -> list[Timed]:
    """Return the times of day in a text that is known to have some, left to right."""
    found = []
    for match in _TIME.finditer(text):
        hour = int(match["h"])
        half = (match["half"] or "").lower()
        if half:
            hour = hour % 12 + (12 if half.startswith("p") else 0)
        if hour < 24:
            found.append(Timed(match.start(), match.end(), f"{hour:02d}:{match['m']}"))
    return found


def _day_of(match: re.Match[str], near: date | None, *, month_first: bool) -> date | None:
    parts = match.groupdict()
    year = _year(parts.get("y"))
    if "a" in parts:
        return _of_two_numbers(match, year, near, month_first=month_first)
    month = _MONTHS[parts["mon"][:3].lower()] if parts.get("mon") else int(parts["m"])
    return _dated(year, month, int(parts["d"]), near)


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) if len(text) == 4 else 2000 + int(text)


def _of_two_numbers(
    match: re.Match[str], year: int | None, near: date | None, *, month_first: bool
) -> date | None:
    first, second = int(match["a"]), int(match["b"])
    day_first = _dated(year, second, first, near)
    if match.groupdict().get("s") == ".":
        return day_first
    american = _dated(year, first, second, near)
    if match.groupdict().get("s") == "-" and match["y"] and len(match["y"]) == 2:
        # 25-10-12: Swedish short form, year first.
        return _dated(2000 + first, second, int(match["y"]), near) or day_first
    candidates = [day for day in (day_first, american) if day is not None]
    if len(candidates) == 2 and near is not None and day_first != american:
        distances = [abs((day - near).days) for day in candidates]
        if min(distances) <= 3 and abs(distances[0] - distances[1]) > 5:
            return candidates[distances.index(min(distances))]
    if month_first and american is not None:
        return american
    return candidates[0] if candidates else None


def _dated(year: int | None, month: int, day: int, near: date | None) -> date | None:
    if year is not None:
        return _valid(year, month, day)
    if near is None:
        return None
    around = [_valid(near.year + step, month, day) for step in (0, 1, -1)]
    days = [found for found in around if found is not None and abs(found - near) <= _NEAR]
    return min(days, key=lambda found: abs(found - near)) if days else None


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
