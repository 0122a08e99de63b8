from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paypulse.errors import RequestError
from paypulse.pages import check_page_size, decode_cursor, encode_cursor

KEY = st.text(min_size=1)


@given(KEY, KEY)
def test_a_cursor_gives_back_what_it_was_made_of(first: str, second: str) -> None:
    cursor = encode_cursor("invoices", first, second)

    assert decode_cursor("invoices", cursor, 2) == [first, second]


@given(st.text())
def test_any_other_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(RequestError, match="not a cursor"):
        decode_cursor("invoices", text, 2)


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(RequestError):
        decode_cursor("invoices", encode_cursor("runs", "a", "b"), 2)


@pytest.mark.parametrize("first", [0, -1, 101])
def test_page_sizes_outside_the_limits_are_refused(first: int) -> None:
    with pytest.raises(RequestError, match="between 1 and 100"):
        check_page_size(first, default=20)


def test_the_page_size_has_a_default() -> None:
    assert check_page_size(None, default=24) == 24
