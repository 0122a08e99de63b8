from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.parsing.receipts.amounts import find_amounts, parse_number, whole_amount
from ingestion.parsing.receipts.dates import find_dates, find_times, first_date

NEAR = date(2026, 3, 6)


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [
        ("1 234,50 kr", 123450, "KR"),
        ("1\u202f234,50\u00a0kr", 123450, "KR"),
        ("1.300,50 SEK", 130050, "SEK"),
        ("1,300.50 USD", 130050, "USD"),
        ("US$ 1,234", 123400, "USD"),
        ("$12.99", 1299, "USD"),
        ("8990:-", 899000, "KR"),
        ("1 099,-", 109900, "KR"),
        ("−150 kr", -15000, "KR"),
        ("-$5.00", -500, "USD"),
        ("9,00-", -900, None),
        ("€ 12,5", 1250, "EUR"),
        ("12,00€", 1200, "EUR"),
        ("£0.00", 0, "GBP"),
        ("1'234.50 CHF", 123450, "CHF"),
        ("kr 199,00", 19900, "KR"),
        ("Gratis", 0, None),
        ("free", 0, None),
        ("398", 39800, None),
    ],
)
def test_cell_with_an_amount_is_read(text: str, minor: int, currency: str | None) -> None:
    amount = whole_amount(text)

    assert amount is not None
    assert (amount.minor, amount.currency) == (minor, currency)


@pytest.mark.parametrize("text", ["", "Totalt", "2 st", "240 kWh", "25 %", "kl 10:44", "3 mån"])
def test_other_cell_is_no_amount(text: str) -> None:
    assert whole_amount(text) is None


def test_amounts_of_a_line_are_found_without_counts_and_rates() -> None:
    line = "2 st à 115,00 kr, moms 12 % ingår med 24,64 kr av 230,00 kr"

    assert [amount.minor for amount in find_amounts(line)] == [11500, 2464, 23000]


def test_dash_between_places_and_price_is_no_minus() -> None:
    assert [amount.minor for amount in find_amounts("Borås – 118 kr")] == [11800]


@pytest.mark.parametrize(
    ("text", "number"), [("1,5", "1.5"), ("1 240", "1240"), ("0.250", "0.250")]
)
def test_counts_and_measures_are_decimals(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-06",
        "2026/3/6",
        "20260306",
        "26-03-06",
        "06.03.2026",
        "06/03/2026",
        "3/6/2026",
        "6 mars 2026",
        "6 mars",
        "den 6:e mars 2026",
        "fre 6 mar. 2026 kl 09:10",
        "fredag den 6 mars 2026",
        "March 6, 2026",
        "Mar 6th, 2026 9:10 PM",
        "Fri, 06 Mar 2026 10:00:00 +0100",
        "6/3",
    ],
)
def test_forms_of_a_day_are_read(text: str) -> None:
    assert first_date(text, NEAR) == date(2026, 3, 6)


@pytest.mark.parametrize(
    "text", ["118-2204", "404-1234567-7654321", "31.02.2026", "1 234,50", "v. 12"]
)
def test_other_numbers_are_no_day(text: str) -> None:
    assert find_dates(text, NEAR) == []


def test_day_without_year_is_the_one_nearest_to_the_mail() -> None:
    assert first_date("28 december", date(2026, 1, 3)) == date(2025, 12, 28)


@pytest.mark.parametrize(
    ("text", "times"),
    [("kl 09:40 – 10:44", ["09:40", "10:44"]), ("9:10 PM", ["21:10"]), ("12:15 am", ["00:15"])],
)
def test_times_of_day_are_read(text: str, times: list[str]) -> None:
    assert [found.time for found in find_times(text)] == times


@given(st.text(max_size=80))
def test_any_text_is_survived(text: str) -> None:
    whole_amount(text)
    find_dates(text, NEAR)
    find_times(text)
    assert all(0 <= found.start <= found.end <= len(text) for found in find_amounts(text))
