"""Money in minor units, and the number forms printed on Swedish invoices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# Every kind of blank that producers use between thousands, and every dash used as a minus sign.
_BLANKS = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_MINUS = "-\u2010\u2011\u2012\u2013\u2212"
_AMOUNT = re.compile(
    rf"""(?P<lead>[{_MINUS}+]?)\s*
         (?P<whole>\d{{1,3}}(?:[\s\u00a0\u2007\u2009\u202f.]\d{{3}})+|\d+)
         (?:[,.:](?P<fraction>\d{{1,2}}|[{_MINUS}]))?
         \s*(?P<trail>[{_MINUS}]?)""",
    re.VERBOSE,
)
_MAX_INT = 2**31 - 1


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount: `minor_units` of `currency` (öre for SEK)."""

    minor_units: int
    currency: str = "SEK"

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor_units + other.minor_units, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor_units, self.currency)

    @property
    def fits_int(self) -> bool:
        """Whether the minor units fit into the 32 bits of GraphQL's Int."""
        return abs(self.minor_units) <= _MAX_INT

    @property
    def amount(self) -> str:
        """The amount as a decimal string with two digits: `"8865.00"`."""
        sign = "-" if self.minor_units < 0 else ""
        whole, fraction = divmod(abs(self.minor_units), 100)
        return f"{sign}{whole}.{fraction:02d}"

    @classmethod
    def from_decimal(cls, value: Decimal, currency: str = "SEK") -> Money:
        """Round half up to minor units."""
        minor = (value * 100).to_integral_value(rounding=ROUND_HALF_UP)
        return cls(int(minor), currency)


def parse_amount(text: str, currency: str = "SEK") -> Money | None:
    """Read an amount that fills `text`, or None when it is anything else.

    Takes blanks (also U+00A0 and U+202F) or points between thousands, a decimal comma or point
    with one or two digits, a minus sign before or after, and `kr`/`SEK`: `"10 480,50"`, `"−150:-"`,
    `"8125kr"`.
    """
    stripped = re.sub(r"(?i)(?:(?<![^\W\d])(?:kr|sek)\b\.?|^\s*:|\*)", " ", text).strip()
    match = _AMOUNT.fullmatch(stripped)
    if match is None:
        return None
    whole = int(re.sub(r"\D", "", _BLANKS.sub("", match["whole"])))
    fraction = match["fraction"]
    minor = whole * 100 + (int(fraction.ljust(2, "0")) if fraction and fraction.isdigit() else 0)
    negative = (match["lead"] or "") in tuple(_MINUS) or bool(match["trail"])
    return Money(-minor if negative else minor, currency)
