"""Number forms on Swedish invoices."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paypulse.money import Money, parse_amount


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("8 125", 812500),
        ("8\u00a0125", 812500),
        ("8\u202f125", 812500),
        ("8\u2009125", 812500),
        ("8.125", 812500),
        ("8125", 812500),
        ("10 480,50", 1048050),
        ("10.480,50", 1048050),
        ("8125.00", 812500),
        ("1 234 567,89", 123456789),
        ("0,40", 40),
        ("12,5", 1250),
        ("150:-", 15000),
        ("150,-", 15000),
        ("150:–", 15000),
        ("8 125 kr", 812500),
        ("8125kr", 812500),
        ("SEK 8 125", 812500),
        ("96 *", 9600),
        ("+96", 9600),
    ],
)
def test_amount_is_read_in_every_printed_form(text: str, minor: int) -> None:
    assert parse_amount(text) == Money(minor)


@pytest.mark.parametrize("text", ["-150", "−150", "–150", "- 150,00", "150-", "150,00 −", "-150:-"])
def test_minus_sign_stands_before_or_after(text: str) -> None:
    amount = parse_amount(text)

    assert amount == Money(-15000)


@pytest.mark.parametrize(
    "text",
    ["", "kr", "Hyra", "2025-03-31", "25%", "2,34 m3", "12 34", "1 2345", "555-1234", "8 125 96 x"],
)
def test_anything_else_is_no_amount(text: str) -> None:
    assert parse_amount(text) is None


@given(st.integers(min_value=-(10**9), max_value=10**9))
def test_amount_as_written_by_us_is_read_back(minor: int) -> None:
    money = Money(minor)

    assert parse_amount(money.amount) == money


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    amount = parse_amount(text)

    assert amount is None or isinstance(amount.minor_units, int)


def test_currencies_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="EUR"):
        Money(1, "SEK") + Money(1, "EUR")


def test_decimals_are_rounded_half_up() -> None:
    assert Money.from_decimal(Decimal("0.125")) == Money(13)
