"""Check digits of OCR numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.sample_notices import make_ocr
from paypulse.payment_reference import format_bankgiro, has_valid_check_digit


@pytest.mark.parametrize(
    "ocr", ["1297112086", "1298334176", "1301559025", "18", "0000000000000000"]
)
def test_right_check_digit_is_accepted(ocr: str) -> None:
    assert has_valid_check_digit(ocr)


@pytest.mark.parametrize("text", ["1297112087", "", "0", "12971 12086", "129711208x", "١٢٩٧١١٢٠٨٦"])
def test_wrong_check_digit_or_no_number_is_refused(text: str) -> None:
    assert not has_valid_check_digit(text)


@given(st.integers(min_value=0, max_value=10**9 - 1), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number: int, place: int, change: int) -> None:
    ocr = make_ocr(number)

    wrong = str((int(ocr[place]) + change) % 10)

    assert not has_valid_check_digit(ocr[:place] + wrong + ocr[place + 1 :])


@pytest.mark.parametrize(
    ("digits", "printed"), [("5551234", "555-1234"), ("53301234", "5330-1234")]
)
def test_bankgiro_is_written_as_printed(digits: str, printed: str) -> None:
    assert format_bankgiro(digits) == printed
    assert format_bankgiro(printed) == printed
