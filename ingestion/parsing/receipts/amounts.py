"""Amounts of money in running text, in the currencies and number forms of shops.

Stands beside `paypulse.money.parse_amount`, which knows kronor only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

_SYMBOLS = {
    "kr": "KR",  # SEK, NOK, DKK or ISK: the mail as a whole decides
    "sek": "SEK",
    ":-": "KR",
    ",-": "KR",
    ":\u2013": "KR",
    ",\u2013": "KR",
    ",\u2013 kr": "KR",
    ",- kr": "KR",
    ":- kr": "KR",
    "kronor": "KR",
    "nok": "NOK",
    "dkk": "DKK",
    "isk": "ISK",
    "eur": "EUR",
    "€": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "usd": "USD",
    "us$": "USD",
    "$": "USD",
    "gbp": "GBP",
    "£": "GBP",
    "chf": "CHF",
    "pln": "PLN",
    "zł": "PLN",
    "czk": "CZK",
    "kč": "CZK",
    "huf": "HUF",
    "jpy": "JPY",
    "¥": "JPY",
    "cad": "CAD",
    "ca$": "CAD",
    "c$": "CAD",
    "aud": "AUD",
    "au$": "AUD",
    "a$": "AUD",
    "nzd": "NZD",
    "inr": "INR",
    "₹": "INR",
    "try": "TRY",
    "₺": "TRY",
    "sar": "SAR",
    "aed": "AED",
    "qar": "QAR",
    "ron": "RON",
    "thb": "THB",
    "sgd": "SGD",
    "hkd": "HKD",
}
CODES = frozenset(_SYMBOLS.values()) - {"KR"}
_CODES = frozenset(code.lower() for code in CODES)
_DASHES = "-\u2010\u2011\u2012\u2013\u2212"
_MINUS = "\\" + _DASHES  # inside a character class
_CURRENCY = "|".join(sorted(map(re.escape, _SYMBOLS), key=len, reverse=True))
_GAP = "[ \u00a0\u2007\u2009\u202f]"
_NUMBER = (
    rf"\d{{1,3}}(?:{_GAP}\d{{3}})+(?!\d)(?:[.,:]\d{{1,2}})?"
    r"|\d{1,3}(?:[.,'\u2019]\d{3})+(?!\d)(?:[.,]\d{1,2})?"
    r"|\d{1,9}(?:[.,:]\d{1,2})?"
)
_BEFORE = rf"(?:(?<![^\W\d_])(?P<before>{_CURRENCY})\.?{_GAP}?)"
# Some shops print both: `1 536,70 kr SEK`, `$86.40 CAD`.
_CODE = "|".join(sorted(_CODES))
_AFTER = (
    rf"(?:{_GAP}?(?P<after>{_CURRENCY})(?![^\W\d_])(?!(?<=[$£€])\d)\.?"
    rf"(?:{_GAP}\(?(?P<code>{_CODE})(?![^\W\d_])\)?)?)"
)
_AMOUNT = re.compile(
    rf"(?<![\w.,:/#])(?P<paren>\()?(?P<sign>[{_MINUS}+]{_GAP}?)?{_BEFORE}?"
    rf"(?P<sign2>[{_MINUS}+]{_GAP}?)?(?P<number>{_NUMBER})(?![\d])(?![.,:/]\d){_AFTER}?"
    rf"(?P<trail>[{_MINUS}](?![\w{_MINUS}]))?(?P<close>\))?",
    re.IGNORECASE,
)
# What follows a number that is no amount.
_UNIT = re.compile(
    r"\s?(?:%|kwh|kw|wh|kg|hg|mg|g\b|cl|dl|ml|l\b|lit|m\b|m²|cm|mm|km|st\b|pcs|pack|p\b|gb|tb|mb"
    r"|mbit"
    r"|\"|tum|inch|mån|månad|months?|år\b|years?|dagar|days?|min|tim|h\b|x\b|×|personer|vuxna"
    r"|portion|öre|poäng|points|p\.|:e\b|st\.|nd\b|rd\b|th\b|\s*(?:jan|feb|mar|apr|maj|may|jun|jul"
    r"|aug|sep|o[kc]t|nov|de[cs])[a-zå-ö]*\b|[-/]\d)",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
# `08.00–10.00`, `20.08 – 22.08`: from one time or day to another.
_HOURS = re.compile(
    r"(?<![\d.,])([0-3]?\d[.:][0-5]\d)\s?[-\u2013\u2014]\s?([0-3]?\d[.:][0-5]\d)(?![\d.,]\d)"
)
_DECIMALS = re.compile(r"[.,:](\d{1,2})$")
_NO_DIGIT = re.compile(r"\D")
_CLOCK = re.compile(r"0\d[.:]\d\d")
_MINUTES_BEFORE = re.compile(r"(?i)\bmin\.?\s?(?:och |og )?$")
_TIME_BEFORE = re.compile(r"(?i)\b(?:kl|klockan|um)\.?\s?$")
_DAY = re.compile(r"[0-3]?\d\.(?:0?[1-9]|1[0-2])")
_RATE_CODE = re.compile(r"(?<=[.,]\d\d)\s[A-E]$")  # `12,60 B`: its rate of VAT
_FREE = re.compile(
    r"(?i)^\W*(?:gratis|fri|fritt|kostnadsfri(?:tt)?|free(?: of charge)?"
    r"|utan kostnad|ingår|included"
    r"|bjuds|kostenlos|complimentary)"
    r"(?: (?:frakt|leverans|shipping|delivery|versand|levering))?\W*$"
)
# What a shop adds to an amount in the same cell: `49,00 kr via PostNord`, `99 kr/månad`.
_ADDED = re.compile(
    r"(?i)^\s*(?:via|über|med|with|by|per|pr|/|\(|inkl|incl|including|plus moms|enligt|every|varje"
    r"|each)(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in a text: where it stands, and how."""

    start: int
    end: int
    minor: int
    currency: str | None  # ISO 4217, "KR" for kronor of some country, None for a bare number
    has_decimals: bool

    @property
    def looks_like_money(self) -> bool:
        """Whether it can be told from a count or a number of something."""
        return self.currency is not None or self.has_decimals


def find_amounts(text: str, *, bare: bool = False) -> list[Amount]:
    """Return the amounts in a text, left to right.

    Args:
        text: One line.
        bare: Take whole numbers without a currency too.
    """
    found = _numbers_in(text)
    return [amount for amount in found if bare or amount.looks_like_money]


# The same cells and lines are asked about many times while a mail is read.
@lru_cache(maxsize=4096)
def _numbers_in(text: str) -> tuple[Amount, ...]:
    """Return everything in a text that may be an amount, whole numbers included."""
    if not _DIGIT.search(text):
        return ()
    hours = {begin for span in _HOURS.finditer(text) for begin in (span.start(1), span.start(2))}
    found = []
    for match in _AMOUNT.finditer(text):
        amount = _amount_of(match)
        if amount is not None and amount.currency is None and match.start("number") in hours:
            continue
        if amount is None or (amount.currency is None and _UNIT.match(text, amount.end)):
            continue
        found.append(amount)
    return tuple(found)


@lru_cache(maxsize=8192)
def whole_amount(text: str) -> Amount | None:
    """Return the amount that fills a text (a cell), whole numbers included; free is 0."""
    text = _RATE_CODE.sub("", text.strip().strip("*=").strip())
    if not text or len(text) > 40:
        return None
    if _FREE.match(text):
        return Amount(0, len(text), 0, None, has_decimals=True)
    amounts = find_amounts(text, bare=True)
    if len(amounts) == 1 and not re.search(
        r"\w", text[: amounts[0].start] + text[amounts[0].end :]
    ):
        return amounts[0]
    return None


def leading_amount(text: str) -> Amount | None:
    """Return the amount that begins a text, when what follows only explains it."""
    amounts = find_amounts(text) if len(text) < 90 else []
    if len(amounts) != 1 or re.search(r"\w", text[: amounts[0].start]):
        return None
    return amounts[0] if _ADDED.match(text[amounts[0].end :]) else None


def last_amount(text: str) -> Amount | None:
    """Return the amount that ends a text, if it can only be money."""
    amounts = find_amounts(text)
    if amounts and not re.search(r"\w", text[amounts[-1].end :]):
        return amounts[-1]
    return None


def is_currency(text: str) -> bool:
    """Tell whether a text is a currency and nothing else, as in a cell of its own."""
    return text.strip().lower().rstrip(".") in _SYMBOLS


def parse_number(text: str) -> Decimal | None:
    """Return a count or measure: `2`, `1,5`, `0.250`, `1 240`."""
    compact = re.sub(rf"{_GAP}", "", text.strip()).replace(",", ".")
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,3})?", compact):
        return None
    try:
        return Decimal(compact)
    except InvalidOperation:
        return None


def _amount_of(match: re.Match[str]) -> Amount | None:
    number = match["number"]
    after = (match["code"] or match["after"] or "").lower()
    symbol = after if after in _CODES else (match["before"] or after).lower()
    whole, decimals = _split(number)
    if match["before"] and match["sign2"] and match["before"].isalpha() and not decimals:
        return None  # "KR-36211" is a number of something
    if not symbol and _CLOCK.fullmatch(number):
        return None  # 08.42: money has no zero in front
    if symbol == "sek" and _MINUTES_BEFORE.search(match.string[: match.start()]):
        return None  # "4 min 12 sek"
    if not symbol and _TIME_BEFORE.search(match.string[: match.start("number")]):
        return None  # "kl. 18.15"
    if not symbol and _DAY.fullmatch(number) and match.string[match.end("number") :][:1] == ".":
        return None  # "24.10." is a day
    if ":" in number and not symbol and int(whole) < 24 and int(decimals) < 60:
        return None  # a time of day; 247:20 is none
    minor = int(whole or "0") * 100 + int(decimals.ljust(2, "0") or "0")
    signs = (match["sign"] or "") + (match["sign2"] or "") + (match["trail"] or "")
    if any(char in _DASHES for char in signs) and not _is_range(match):
        minor = -minor
    elif match["paren"] and match["close"] and symbol and match[0] == match.string:
        minor = -minor  # ($25.50), as bookkeepers write it
    start = match.start("number") if not (match["sign"] or match["before"]) else match.start()
    end = match.end() - (1 if match["close"] else 0)
    return Amount(start, end, minor, _SYMBOLS.get(symbol), has_decimals=len(decimals) == 2)


def _is_range(match: re.Match[str]) -> bool:
    """Tell whether the minus is a dash between two things: `Borås C – 118 kr`, `10 - 20`."""
    sign = match["sign"] or ""
    before = match.string[: match.start()].rstrip()
    spaced = sign.endswith((" ", "\u00a0", "\u202f"))
    return bool(sign) and spaced and bool(before) and not before.endswith((":", "("))


def _split(number: str) -> tuple[str, str]:
    """Return (whole digits, decimals): the last separator is decimal unless three digits follow."""
    match = _DECIMALS.search(number)
    decimals = match[1] if match else ""
    whole = number[: match.start()] if match else number
    return whole if whole.isdecimal() else _NO_DIGIT.sub("", whole), decimals
