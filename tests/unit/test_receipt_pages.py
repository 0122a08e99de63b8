from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paypulse.receipt_pages import read_page, write_page

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))


@given(TEXTS, TEXTS)
def test_both_bodies_come_back_whatever_they_say(html: str, text: str) -> None:
    assert read_page(write_page(html, text)) == (html, text)


def test_a_page_keeps_a_browser_from_running_or_loading_anything() -> None:
    page = write_page('<script>steal()</script><img src="https://tracker.example/1">', "").decode()

    policy, shown = page.index("default-src 'none'"), page.index("steal()")
    assert policy < shown


@pytest.mark.parametrize("text", ["</script><script>steal()</script>", "<!--", "&lt;/script&gt;"])
def test_a_text_cannot_leave_its_place(text: str) -> None:
    page = write_page("<p>Hej</p>", text).decode()

    assert page.count("<script") == 1
    assert page.count("</script>") == 1


def test_a_mail_without_html_is_shown_as_text() -> None:
    page = write_page("", "Totalt: 45 kr <b>").decode()

    assert "Totalt: 45 kr &lt;b&gt;</pre>" in page


def test_a_page_put_there_by_hand_is_all_html() -> None:
    assert read_page(b"<p>Kvitto</p>") == ("<p>Kvitto</p>", "")
