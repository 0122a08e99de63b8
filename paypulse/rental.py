"""Rent notices: what can be read from one, and the invoice that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from paypulse.money import Money

if TYPE_CHECKING:
    from datetime import date


class NoticeOutcome(StrEnum):
    """What reading a document came to; every document ends in exactly one."""

    OK = "ok"
    INVALID_OCR = "invalid_ocr"  # the check digit is wrong; values are kept
    INCONSISTENT_TOTAL = "inconsistent_total"  # rows do not add up; values are kept
    UNREADABLE = "unreadable"  # broken, empty, no text
    ENCRYPTED = "encrypted"  # needs a password to open
    NOT_A_RENT_NOTICE = "not_a_rent_notice"


class RentLineKind(StrEnum):
    """What a row of a rent notice is for."""

    RENT = "RENT"
    COLD_WATER = "COLD_WATER"
    HOT_WATER = "HOT_WATER"
    ELECTRICITY = "ELECTRICITY"
    VAT = "VAT"
    RETROACTIVE_RENT = "RETROACTIVE_RENT"
    PARKING = "PARKING"
    BROADBAND = "BROADBAND"
    REBATE = "REBATE"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class RentLine:
    """One row of a notice, its label as printed."""

    kind: RentLineKind
    label: str
    amount: Money


@dataclass(frozen=True, slots=True)
class RentNotice:
    """The values printed on a rent notice."""

    due_on: date
    total: Money
    ocr: str | None
    landlord: str | None
    bankgiro: str | None
    lines: tuple[RentLine, ...]
    # Printed beside the rows as "Moms: 148"; None when it is not printed.
    stated_vat: Money | None = None

    def amount_of(self, kind: RentLineKind) -> Money:
        """Sum the rows of one kind; a row that is absent counts as 0."""
        return sum_lines(self.lines, self.total.currency, kind)

    @property
    def vat(self) -> Money:
        """VAT from its row, else the stated VAT, else 0."""
        row = self.amount_of(RentLineKind.VAT)
        return row if row.minor_units or self.stated_vat is None else self.stated_vat


class ReadingFlag(StrEnum):
    """What else was noticed while reading a document."""

    ACTIVE_CONTENT = "active_content"  # JavaScript or launch actions; never run
    TOO_MANY_PAGES = "too_many_pages"
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    NO_TEXT = "no_text"
    TIME_LIMIT = "time_limit"


@dataclass(frozen=True, slots=True)
class NoticeReading:
    """A document's outcome, with the notice for the outcomes that keep values."""

    outcome: NoticeOutcome
    notice: RentNotice | None = None
    flags: frozenset[ReadingFlag] = field(default_factory=frozenset)


def sum_lines(
    lines: tuple[RentLine, ...], currency: str, kind: RentLineKind | None = None
) -> Money:
    """Add the amounts of the rows, all of them or those of one kind."""
    return sum(
        (line.amount for line in lines if kind is None or line.kind == kind),
        start=Money(0, currency),
    )
