"""What a text beside a label says: a number or code, a name, an interval, kWh."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts, parse_number
from ingestion.parsing.receipts.dates import find_dates

if TYPE_CHECKING:
    from decimal import Decimal

_TOKEN = re.compile(r"^\W*(?P<token>[A-Za-z0-9ÅÄÖ](?:[\w./-]*[A-Za-z0-9])?)(?=[\s,;.)|]|$)")
_PERIODS = (
    (
        "monthly",
        (
            r"månadsvis|varje månad|per månad|/\s?mån(?:ad)?|en gång i"
            r" månaden|monthly|per month|every month|/\s?mo(?:nth)?\b|each"
            r" month|1 månad|1 month|månad(?:en|s)?\b|månatlig\w*|månadlig\w*|mån\b|a month"
            r"|månads\w+|monatlich|pro monat|monats\w+|pr\.? måned|månedlig\w*"
        ),
    ),
    (
        "yearly",
        (
            r"årsvis|varje år|per år|/\s?år|årlig\w*|en gång om året|yearly"
            r"|annual(?:ly)?|per year|every year|/\s?y(?:ea)?r|each year"
            r"|1 år|ett år|one year|12 månader|12 months|1 year|a year|helår|jährlich|pro jahr"
            r"|års(?:abonnemang|avgift|medlemskap|kort|plan|prenumeration)"
        ),
    ),
    (
        "quarterly",
        (
            r"kvartalsvis|varje kvartal|per kvartal|quarterly|per quarter"
            r"|every (?:quarter|3 months|three months)|var tredje månad"
            r"|3 månader|3 months|kvartal\w*|vierteljährlich|kvartalsvis"
        ),
    ),
    (
        "weekly",
        r"veckovis|varje vecka|per vecka|/\s?vecka|weekly|per week|every week|a week|1 vecka",
    ),
)
_SPACED = re.compile(r"^[A-ZÅÄÖØÆ]{1,4}[ -]?\d{2,4}(?: \d{2,4}){1,4}(?=$|\s*[(|,.)])")
KWH = re.compile(
    r"(?i)(?<![\d,.])(?P<number>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?"
    r"|\d{1,6}(?:[.,]\d{1,3})?)\s?kWh\b"
)


def read_number(text: str) -> str | None:
    """Return the number or code that begins a text."""
    text = re.sub(r"(?i)^(?:nr|no|nummer)\.?\s+(?=\S*\d)", "", text.strip()).lstrip("#№").strip()
    grouped = re.match(r"^\d{2,5}(?:\s\d{2,6}){1,4}(?=$|\s*[(|,])", text)
    if grouped and not find_amounts(text):
        return grouped[0].strip()
    spaced = _SPACED.match(text)
    if spaced and not find_dates(spaced[0]) and not find_amounts(spaced[0]):
        return spaced[0].strip()
    match = _TOKEN.match(text)
    if match is None:
        return None
    token = match["token"]
    digits = sum(char.isdigit() for char in token)
    if find_dates(token) and not re.fullmatch(r"\d{6,}", token):
        return None
    is_code = (
        re.fullmatch(r"[A-Z0-9]{5,9}|(?=.*\d)(?=.{6,12}$)[A-Z0-9]+(?:-[A-Z0-9]+)+", token)
        is not None
    )
    if len(token) < 3 or len(token) > 40 or (digits < 2 and not is_code):
        return None
    if digits == 0 and not (is_code and len(text) <= len(token) + 2):
        return None
    follows = text[match.end() :].lstrip()
    if re.match(r"(?i)(?:kr|sek|€|\$|kwh|%|st\b)", follows) or re.match(r"^[,.]\d\d\b", follows):
        return None
    return token


def read_phrase(text: str) -> str | None:
    """Return a name of a few words; None for sentences, amounts, dates and numbers."""
    text = re.split(r"[.!?]\s", re.sub(r"\s+", " ", text))[0].strip(" ,;:|.")
    if not 2 <= len(text) <= 70 or not re.search(r"[^\W\d_]{2}", text):
        return None
    if find_dates(text) or re.search(r"\bhttps?:|@", text) or text.count(" ") > 8:
        return None
    amounts = find_amounts(text)
    if amounts:
        text = text[: amounts[0].start].strip(" ,;:-–(")
    return text or None


def read_interval(text: str) -> str | None:
    """Return `monthly`, `yearly`, `quarterly` or `weekly`."""
    for name, pattern in (_PERIODS[2], _PERIODS[1], _PERIODS[3], _PERIODS[0]):
        if re.search(rf"(?i)(?<![^\W_])(?:{pattern})(?![^\W_])", text):
            return name
    return None


def read_kwh(text: str) -> Decimal | None:
    """Return the kWh of `1 204,5 kWh`, or of a number whose label names the unit."""
    match = KWH.search(text[:60])
    if match:
        return parse_number(match["number"])
    return parse_number(text) if re.fullmatch(r"[\d\s\u00a0]{1,9}(?:,\d+)?", text.strip()) else None


def read_digits(text: str) -> str | None:
    """Return a payment reference: digits only, in groups or not."""
    match = re.match(r"^\W*(\d[\d ]{3,30}\d)", text)
    return match[1].replace(" ", "") if match else None
