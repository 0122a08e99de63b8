from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.hostile_mails import SHAPES, make_hostile
from ingestion.parsing.receipts import rows
from ingestion.parsing.receipts.message import read_message
from ingestion.parsing.receipts.page import read_html, read_text
from ingestion.parsing.receipts.reader import read_mail_text
from paypulse.receipts import ReadingSignal


def cells(html: str) -> list[tuple[str, ...]]:
    return [row.cells for row in read_html(html).rows]


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td>Frakt</td><td>39 kr</td></tr></table>",
        "<table><tr><td>Frakt<td>39 kr</table>",
        "<dl><dt>Frakt</dt><dd>39 kr</dd></dl>",
        "<p>Frakt <span style='float:right'>39 kr</span></p>",
        "<style>.r{float:right}</style><p>Frakt<span class=r>39 kr</span></p>",
        "<div style='display:flex'><span>Frakt</span><span>39 kr</span></div>",
        "<div style='display:flex'><div>Frakt</div><div>39 kr</div></div>",
        "<table><tr><td><table><tr><td>Frakt</td></tr></table></td><td>39 kr</td></tr></table>",
        "<p>Frakt | 39 kr</p>",
    ],
)
def test_label_and_value_side_by_side_are_one_row(html: str) -> None:
    assert cells(html) == [("Frakt", "39 kr")]


def test_label_and_value_of_one_line_keep_their_edge() -> None:
    row = read_html("<li>Nummer <strong>88120</strong></li>").rows[0]

    assert (row.cells, row.parts) == (("Nummer 88120",), ("Nummer", "88120"))


def test_lines_beside_lines_are_paired() -> None:
    html = "<table><tr><td>Frakt<br>Summa</td><td>39 kr<br>99 kr</td></tr></table>"

    assert cells(html) == [("Frakt", "39 kr"), ("Summa", "99 kr")]


def test_description_under_a_name_stays_in_its_cell() -> None:
    html = "<table><tr><td>Tröja<br>Storlek: M</td><td>1</td><td>399 kr</td></tr></table>"

    assert cells(html) == [("Tröja\nStorlek: M", "1", "399 kr")]


def test_layout_columns_are_read_one_after_the_other() -> None:
    html = (
        "<table><tr><td><p>Leverans</p><p>Storgatan 1</p><p>Borås</p></td>"
        "<td><table><tr><td>Frakt</td><td>39 kr</td></tr><tr>"
        "<td>Summa</td><td>99 kr</td></tr></table>"
        "</td></tr></table>"
    )

    assert cells(html)[-2:] == [("Frakt", "39 kr"), ("Summa", "99 kr")]


def test_raised_decimals_are_decimals() -> None:
    assert cells("<p>129<sup>90</sup> kr</p>") == [("129,90 kr",)]


@pytest.mark.parametrize(
    "html",
    [
        "<p style='display:none'>Total 1 kr</p>",
        "<p style='visibility: hidden'>Total 1 kr</p>",
        "<p style='font-size:0'>Total 1 kr</p>",
        "<p style='font-size:1px'>Total 1 kr</p>",
        "<p style='opacity:0'>Total 1 kr</p>",
        "<p style='max-height:0;overflow:hidden'>Total 1 kr</p>",
        "<p style='color:#fff'>Total 1 kr</p>",
        "<div style='background:#000'><font color=#010101>Total 1 kr</font></div>",
        "<p hidden>Total 1 kr</p>",
        "<p style='mso-hide:all'>Total 1 kr</p>",
        "<p style='text-indent:-9999px'>Total 1 kr</p>",
        "<style>#x{display:none!important}</style><p id=x>Total 1 kr</p>",
        "<div><!-- Total 1 kr --></div>",
    ],
)
def test_hidden_text_is_left_out_and_remembered(html: str) -> None:
    page = read_html(f"{html}<p>Totalt 399 kr</p>")

    assert page.text == "Totalt 399 kr"
    assert page.hidden == ["Total 1 kr"]


@pytest.mark.parametrize(
    "html",
    [
        "<td style='font-size:0'><span style='font-size:14px'>Totalt</span></td>",
        "<div style='visibility:hidden'><p style='visibility:visible'>Totalt</p></div>",
        "<div style='background:#222'><p style='color:white'>Totalt</p></div>",
        "<div style='background:url(x.png)'><p style='color:white'>Totalt</p></div>",
        "<style>@media print{p{display:none}}</style><p>Totalt</p>",
        "<p style='line-height:0'>Totalt</p>",
    ],
)
def test_visible_text_is_kept(html: str) -> None:
    assert read_html(html).text == "Totalt"


def test_scripts_and_styles_are_no_text() -> None:
    assert cells("<style>p{}</style><script>var a</script><title>T</title><p>Hej</p>") == [("Hej",)]


def test_characters_without_width_are_left_out() -> None:
    assert read_html("<p>To\u200bta\u00adlt&nbsp;&zwnj;</p>").text == "Totalt"


def test_direction_override_is_noticed() -> None:
    page = read_html("<p>Totalt \u202e993 kr</p>")

    assert page.has_direction_tricks
    assert page.text == "Totalt 993 kr"


def test_page_nested_without_end_is_cut() -> None:
    page = read_html("<p>Hej</p>" + "<div>" * 100_000 + "x")

    assert page.rows[0].cells == ("Hej",)
    assert ReadingSignal.TOO_DEEP in page.signals


def test_columns_nested_without_end_are_cut() -> None:
    page = read_html("<p>Hej</p>" + "<div style='display:flex'>" * 1_000 + "x")

    assert page.rows[0].cells == ("Hej",)
    assert ReadingSignal.TOO_DEEP in page.signals


def test_row_without_end_is_cut() -> None:
    page = read_html("<table><tr>" + "<td>1 kr</td>" * 300)

    assert len(page.rows[0].cells) == rows.MAX_CELLS
    assert ReadingSignal.TOO_LARGE in page.signals


@pytest.mark.parametrize(
    "html", ["<b>x</b>" * 70_000, "<p>x</p>" * 5_000, f"<p>{chr(97) * 500}</p>" * 900]
)
def test_page_without_end_is_cut(html: str) -> None:
    page = read_html(html)

    assert ReadingSignal.TOO_LARGE in page.signals
    assert len(page.rows) <= rows.MAX_ROWS


def test_gaps_in_plain_text_part_cells() -> None:
    page = read_text("> Frakt ........ 39 kr\nSumma\t99 kr\nTack   för köpet\n\n")

    assert [row.cells for row in page.rows] == [
        ("Frakt", "39 kr"),
        ("Summa", "99 kr"),
        ("Tack", "för köpet"),
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_hostile_mail_has_an_outcome_and_bounded_rows(shape: str) -> None:
    read = read_mail_text(read_message(make_hostile(shape, 150_000)))

    assert len(read.page.rows) <= rows.MAX_ROWS
    assert len(read.page.text) <= 2 * rows.MAX_TEXT_CHARACTERS


PIECES = st.sampled_from(
    [
        "<td>",
        "<tr>",
        "<table>",
        "</table>",
        "<p>",
        "<br>",
        "<dt>",
        "<dd>",
        "<div style='display:flex'>",
        "</div>",
        "<span style='float:right'>",
        "</span>",
        "<sup>",
        "a",
        "1",
        " ",
        "<!--",
        "-->",
        "<",
        "&",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_markup_is_a_page(html: str) -> None:
    assert all(row.cells for row in read_html(html).rows)
