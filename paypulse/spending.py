"""What was spent, added up by month, quarter or year; currencies are never added to each other."""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from paypulse.errors import UserError, UserErrorCode
from paypulse.money import Money
from paypulse.retail_invoices import InvoiceType
from paypulse.vendors import comparable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from paypulse.receipts import Category
    from paypulse.rental_invoices import RentalInvoice
    from paypulse.retail_invoices import PurchaseAmount

MAX_YEARS = 10
_FROM = ("filter", "from")


class PeriodLength(StrEnum):
    """How long one period is."""

    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


class SpendingGroup(StrEnum):
    """What is added up together; rent lines are of rent notices, the others of receipts."""

    CATEGORY = "CATEGORY"
    VENDOR = "VENDOR"
    RENT_LINE = "RENT_LINE"


_MONTHS = {PeriodLength.MONTH: 1, PeriodLength.QUARTER: 3, PeriodLength.YEAR: 12}


@dataclass(frozen=True, slots=True)
class SpendingQuery:
    """What to add up; both days are included. `vendor` is a name or id, in any case."""

    length: PeriodLength
    group: SpendingGroup
    first_day: date
    last_day: date
    category: Category | None = None
    vendor: str | None = None


@dataclass(frozen=True, slots=True)
class SpendingEntry:
    """One group in one currency: what was paid less what came back, over `count` purchases.

    `average` is `sum` over `count`, rounded half up to minor units; None without a purchase.
    """

    key: str
    label: str
    category: Category | None  # None for rent, and for a vendor that sells several things
    sum: Money
    average: Money | None
    count: int


@dataclass(frozen=True, slots=True)
class SpendingPeriod:
    """A period as far as it was asked for, its largest sums first."""

    name: str  # 2026-01, 2026-Q1, 2026
    first_day: date
    last_day: date
    entries: tuple[SpendingEntry, ...]
    without_total: int  # invoices whose total was not found; they are in no sum


@dataclass(frozen=True, slots=True)
class _Amount:
    """One amount on its way into a sum."""

    day: date
    key: str
    label: str
    category: Category | None
    total: Money | None
    is_refund: bool = False


@dataclass(slots=True)
class _Sum:
    label: str = ""
    categories: set[Category | None] = field(default_factory=set)
    minor_units: int = 0
    count: int = 0


def make_query(
    length: PeriodLength,
    group: SpendingGroup,
    *,
    first_day: date | None,
    last_day: date | None,
    today: date,
    category: Category | None = None,
    vendor: str | None = None,
) -> SpendingQuery:
    """Return a query whose bounds hold: this year unless a day is given, ten years at most.

    Raises:
        UserError: INVALID_INPUT; `field` says where.
    """
    last = last_day or date(today.year, 12, 31)
    first = first_day or date(last.year, 1, 1)
    if first > last:
        raise UserError(
            UserErrorCode.INVALID_INPUT, f"`from` ({first}) is after `to` ({last}).", _FROM
        )
    if (last.year - MAX_YEARS, last.month, last.day) >= (first.year, first.month, first.day):
        raise UserError(
            UserErrorCode.INVALID_INPUT, f"Ask for at most {MAX_YEARS} years at once.", _FROM
        )
    if group is SpendingGroup.RENT_LINE and (category or vendor):
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            "Rent has no `category` or `vendor`; leave them out with RENT_LINE.",
            ("filter", "groupBy"),
        )
    return SpendingQuery(length, group, first, last, category, vendor)


def add_up_purchases(
    amounts: Iterable[PurchaseAmount], query: SpendingQuery
) -> list[SpendingPeriod]:
    """Add up receipts by category or vendor; a refund is subtracted and is no purchase."""
    return _add_up(_of_purchases(amounts, query), query)


def add_up_rent(invoices: Iterable[RentalInvoice], query: SpendingQuery) -> list[SpendingPeriod]:
    """Add up rent notices by kind of line, each on its due date."""
    return _add_up(_of_rent(invoices), query)


def _of_purchases(amounts: Iterable[PurchaseAmount], query: SpendingQuery) -> Iterator[_Amount]:
    wanted = comparable(query.vendor) if query.vendor else None
    for each in amounts:
        names = (comparable(each.vendor), comparable(each.vendor_id))
        if query.category not in (None, each.category) or (wanted and wanted not in names):
            continue
        by_vendor = query.group is SpendingGroup.VENDOR
        yield _Amount(
            day=each.day,
            key=names[0] if by_vendor else each.category.name,
            label=each.vendor if by_vendor else _in_words(each.category.name),
            category=each.category,
            total=each.total,
            is_refund=each.type is InvoiceType.REFUND,
        )


def _of_rent(invoices: Iterable[RentalInvoice]) -> Iterator[_Amount]:
    for invoice in invoices:
        for kind in dict.fromkeys(line.kind for line in invoice.notice.lines):
            total = invoice.notice.amount_of(kind)
            yield _Amount(invoice.due_on, kind.value, _in_words(kind.value), None, total)


def _add_up(amounts: Iterable[_Amount], query: SpendingQuery) -> list[SpendingPeriod]:
    periods = list(_periods(query))
    sums: dict[date, dict[tuple[str, str], _Sum]] = {each.first_day: {} for each in periods}
    unknown: defaultdict[date, int] = defaultdict(int)
    for amount in amounts:
        begin = max(_first_of_period(amount.day, query.length), query.first_day)
        if amount.total is None:
            unknown[begin] += 1
            continue
        group = (amount.key, amount.total.currency)
        _add(sums[begin].setdefault(group, _Sum()), amount, amount.total)
    return [
        SpendingPeriod(
            each.name,
            each.first_day,
            each.last_day,
            _to_entries(sums[each.first_day]),
            unknown[each.first_day],
        )
        for each in periods
    ]


def _add(into: _Sum, amount: _Amount, total: Money) -> None:
    into.label = amount.label
    into.categories.add(amount.category)
    into.minor_units += -total.minor_units if amount.is_refund else total.minor_units
    into.count += not amount.is_refund


def _to_entries(sums: dict[tuple[str, str], _Sum]) -> tuple[SpendingEntry, ...]:
    entries = [
        SpendingEntry(
            key=key,
            label=each.label,
            category=next(iter(each.categories)) if len(each.categories) == 1 else None,
            sum=Money(each.minor_units, currency),
            average=_average(each, currency),
            count=each.count,
        )
        for (key, currency), each in sums.items()
    ]
    return tuple(sorted(entries, key=lambda each: (-each.sum.minor_units, each.key, each.sum)))


def _average(of: _Sum, currency: str) -> Money | None:
    if not of.count:
        return None
    exact = Decimal(of.minor_units) / of.count
    return Money(int(exact.to_integral_value(rounding=ROUND_HALF_UP)), currency)


def _periods(query: SpendingQuery) -> Iterator[SpendingPeriod]:
    """Yield the periods without entries, oldest first, cut where the query begins and ends."""
    begin = _first_of_period(query.first_day, query.length)
    while begin <= query.last_day:
        last_month = begin.month + _MONTHS[query.length] - 1
        end = date(begin.year, last_month, calendar.monthrange(begin.year, last_month)[1])
        yield SpendingPeriod(
            _name_period(begin, query.length),
            max(begin, query.first_day),
            min(end, query.last_day),
            (),
            0,
        )
        begin = end + timedelta(days=1)


def _first_of_period(day: date, length: PeriodLength) -> date:
    months = _MONTHS[length]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _name_period(begin: date, length: PeriodLength) -> str:
    match length:
        case PeriodLength.MONTH:
            return f"{begin:%Y-%m}"
        case PeriodLength.QUARTER:
            return f"{begin:%Y}-Q{begin.month // 3 + 1}"
        case PeriodLength.YEAR:
            return f"{begin:%Y}"


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()
