"""Adding up: by period and group, never across currencies."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paypulse.errors import UserError
from paypulse.money import Money
from paypulse.receipts import Category
from paypulse.rental import RentLine, RentLineKind
from paypulse.retail_invoices import InvoiceType, PurchaseAmount
from paypulse.spending import (
    PeriodLength,
    SpendingGroup,
    SpendingPeriod,
    SpendingQuery,
    add_up_purchases,
    add_up_rent,
    make_query,
)
from tests.factories import make_invoice

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def purchase(
    minor_units: int | None = 10_000,
    *,
    day: date = date(2026, 1, 15),
    currency: str = "SEK",
    vendor: str = "ICA",
    vendor_id: str = "ica",
    category: Category = Category.GROCERY,
    type_: InvoiceType = InvoiceType.PURCHASE,
) -> PurchaseAmount:
    total = None if minor_units is None else Money(minor_units, currency)
    return PurchaseAmount(category, vendor, vendor_id, day, type_, total)


def query(
    length: PeriodLength = PeriodLength.YEAR,
    group: SpendingGroup = SpendingGroup.CATEGORY,
    days: tuple[date, date] = YEAR,
    **more: Any,
) -> SpendingQuery:
    return SpendingQuery(length, group, *days, **more)


def entries(period: SpendingPeriod) -> list[tuple[str, int, str, int]]:
    return [
        (each.key, each.sum.minor_units, each.sum.currency, each.count) for each in period.entries
    ]


def test_purchases_add_up_by_category_largest_first() -> None:
    bought = [purchase(5_000), purchase(7_000), purchase(50_000, category=Category.TRAVEL)]

    (year,) = add_up_purchases(bought, query())

    assert year.name == "2026"
    assert entries(year) == [("TRAVEL", 50_000, "SEK", 1), ("GROCERY", 12_000, "SEK", 2)]
    assert [each.label for each in year.entries] == ["Travel", "Grocery"]
    assert [each.category for each in year.entries] == [Category.TRAVEL, Category.GROCERY]


def test_currencies_are_never_added_to_each_other() -> None:
    (year,) = add_up_purchases([purchase(), purchase(currency="EUR")], query())

    assert sorted(entries(year)) == [("GROCERY", 10_000, "EUR", 1), ("GROCERY", 10_000, "SEK", 1)]


def test_a_refund_is_subtracted_and_is_no_purchase() -> None:
    bought = [purchase(), purchase(), purchase(4_000, type_=InvoiceType.REFUND)]

    (year,) = add_up_purchases(bought, query())

    assert entries(year) == [("GROCERY", 16_000, "SEK", 2)]
    assert year.entries[0].average == Money(8_000)


def test_a_refund_alone_has_no_average() -> None:
    (year,) = add_up_purchases([purchase(type_=InvoiceType.REFUND)], query())

    assert entries(year) == [("GROCERY", -10_000, "SEK", 0)]
    assert year.entries[0].average is None


@pytest.mark.parametrize(("paid", "average"), [([1, 2], 2), ([1, 1, 2], 1), ([1, 2, 2], 2)])
def test_an_average_is_rounded_half_up(paid: list[int], average: int) -> None:
    (year,) = add_up_purchases([purchase(each) for each in paid], query())

    assert year.entries[0].average == Money(average)


def test_a_purchase_without_total_is_counted_apart() -> None:
    (year,) = add_up_purchases([purchase(None), purchase()], query())

    assert (entries(year), year.without_total) == ([("GROCERY", 10_000, "SEK", 1)], 1)


def test_shops_are_the_same_in_any_case_and_keep_their_name() -> None:
    bought = [purchase(vendor="ica"), purchase(vendor="ICA", category=Category.TECHNOLOGY)]

    (year,) = add_up_purchases(bought, query(group=SpendingGroup.VENDOR))

    assert entries(year) == [("ica", 20_000, "SEK", 2)]
    assert (year.entries[0].label, year.entries[0].category) == ("ICA", None)


@pytest.mark.parametrize("vendor", ["Ica", "ICA_NAERA"])
def test_one_shop_is_chosen_by_name_or_id(vendor: str) -> None:
    bought = [
        purchase(vendor="ICA", vendor_id="ica_naera"),
        purchase(vendor="Coop", vendor_id="coop"),
    ]

    (year,) = add_up_purchases(bought, query(vendor=vendor))

    assert entries(year) == [("GROCERY", 10_000, "SEK", 1)]


def test_one_category_is_chosen() -> None:
    bought = [purchase(), purchase(category=Category.TRAVEL)]

    (year,) = add_up_purchases(bought, query(category=Category.TRAVEL))

    assert entries(year) == [("TRAVEL", 10_000, "SEK", 1)]


def test_empty_periods_are_there_without_entries() -> None:
    days = (date(2026, 1, 1), date(2026, 3, 31))
    bought = [purchase(day=date(2026, 3, 31))]

    months = add_up_purchases(bought, query(PeriodLength.MONTH, days=days))

    assert [(each.name, len(each.entries)) for each in months] == [
        ("2026-01", 0),
        ("2026-02", 0),
        ("2026-03", 1),
    ]
    assert months[1].last_day == date(2026, 2, 28)


def test_quarters_begin_in_january_april_july_and_october() -> None:
    bought = [purchase(day=date(2026, month, 1)) for month in (3, 4, 12)]

    quarters = add_up_purchases(bought, query(PeriodLength.QUARTER))

    assert [(each.name, len(each.entries)) for each in quarters] == [
        ("2026-Q1", 1),
        ("2026-Q2", 1),
        ("2026-Q3", 0),
        ("2026-Q4", 1),
    ]


def test_periods_are_cut_where_the_range_begins_and_ends() -> None:
    days = (date(2025, 12, 15), date(2026, 2, 10))
    bought = [purchase(day=date(2025, 12, 20)), purchase(day=date(2026, 2, 10))]

    quarters = add_up_purchases(bought, query(PeriodLength.QUARTER, days=days))

    assert [(each.name, each.first_day, each.last_day) for each in quarters] == [
        ("2025-Q4", date(2025, 12, 15), date(2025, 12, 31)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 2, 10)),
    ]
    assert [len(each.entries) for each in quarters] == [1, 1]


def test_rent_adds_up_by_kind_of_line_and_counts_notices() -> None:
    lines = (
        RentLine(RentLineKind.RENT, "Hyra", Money(800_000)),
        RentLine(RentLineKind.COLD_WATER, "Kallvatten 2511", Money(4_000)),
        RentLine(RentLineKind.COLD_WATER, "Kallvatten 2512", Money(5_000)),
    )
    notices = [make_invoice(due_on=date(2026, month, 30), lines=lines) for month in (1, 3)]

    (year,) = add_up_rent(notices, query(group=SpendingGroup.RENT_LINE))

    assert entries(year) == [("RENT", 1_600_000, "SEK", 2), ("COLD_WATER", 18_000, "SEK", 2)]
    assert [each.label for each in year.entries] == ["Rent", "Cold water"]
    assert year.entries[1].average == Money(9_000)


def ask(**changes: Any) -> SpendingQuery:
    values = {"first_day": None, "last_day": None, "today": date(2026, 11, 20)}
    return make_query(PeriodLength.MONTH, SpendingGroup.CATEGORY, **(values | changes))


def test_this_year_is_added_up_unless_told_otherwise() -> None:
    assert (ask().first_day, ask().last_day) == YEAR
    assert ask(last_day=date(2024, 5, 31)).first_day == date(2024, 1, 1)
    assert ask(first_day=date(2024, 5, 1)).last_day == date(2026, 12, 31)


def test_ten_years_are_the_most() -> None:
    assert ask(first_day=date(2017, 1, 1), last_day=date(2026, 12, 31))

    with pytest.raises(UserError, match="at most 10 years") as error:
        ask(first_day=date(2016, 12, 31), last_day=date(2026, 12, 31))
    assert error.value.field == ("filter", "from")


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(UserError, match="is after"):
        ask(first_day=date(2026, 2, 1), last_day=date(2026, 1, 31))


@pytest.mark.parametrize("more", [{"category": Category.GROCERY}, {"vendor": "ICA"}])
def test_rent_has_neither_category_nor_vendor(more: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="leave them out"):
        make_query(
            PeriodLength.YEAR,
            SpendingGroup.RENT_LINE,
            first_day=None,
            last_day=None,
            today=date(2026, 1, 1),
            **more,
        )


@given(
    bought=st.lists(
        st.builds(
            purchase,
            st.integers(0, 10**9),
            day=st.dates(*YEAR),
            currency=st.sampled_from(["SEK", "EUR"]),
            category=st.sampled_from(Category),
            type_=st.sampled_from(InvoiceType),
        ),
        max_size=30,
    ),
    length=st.sampled_from(PeriodLength),
    group=st.sampled_from([SpendingGroup.CATEGORY, SpendingGroup.VENDOR]),
)
def test_nothing_is_lost_whatever_is_added_up_together(
    bought: list[PurchaseAmount], length: PeriodLength, group: SpendingGroup
) -> None:
    periods = add_up_purchases(bought, query(length, group))

    for currency in ("SEK", "EUR"):
        spent = sum(
            each.total.minor_units * (-1 if each.type is InvoiceType.REFUND else 1)
            for each in bought
            if each.total and each.total.currency == currency
        )
        shown = [each.sum for period in periods for each in period.entries]
        assert sum(each.minor_units for each in shown if each.currency == currency) == spent
    assert sum(each.count for period in periods for each in period.entries) == sum(
        each.type is InvoiceType.PURCHASE for each in bought
    )
