"""The rent notice parser: any producer's geometry, any bytes, one outcome."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devstack.sample_notices import SampleNotice, make_giro_line, make_notice, make_ocr
from ingestion.parsing.hyresavi import HyresaviParser
from paypulse.money import Money
from paypulse.rental import NoticeOutcome, ReadingFlag, RentLineKind, RentNotice
from tests.corpus import make_notices as make
from tests.corpus.make_notices import OCR, Page, Piece, classic_page, list_page, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.rental import NoticeReading

RENT = Path(__file__).parents[1] / "corpus" / "rent"
LABELS = [label for label, _ in make.sample_rows()]
OCR_LINE = Piece(60, 700, f"OCR-nummer: {OCR}")


def parse(pdf: bytes) -> NoticeReading:
    return HyresaviParser()(pdf)


def parse_rows(*rows: tuple[str, str], total: str) -> NoticeReading:
    page = classic_page([*make.sample_rows(), *rows], total=total, giro=None, extra=[OCR_LINE])
    return parse(write(make.shuffled(page)))


def notice_of(reading: NoticeReading) -> RentNotice:
    assert reading.notice is not None
    return reading.notice


def assert_is_the_sample(reading: NoticeReading) -> None:
    notice = notice_of(reading)
    assert reading.outcome == NoticeOutcome.OK
    assert [line.label for line in notice.lines] == LABELS
    assert [line.amount.minor_units for line in notice.lines] == [
        *(812500, 9600, 18800, 30800, 14800),
    ]
    assert (notice.total, notice.ocr) == (Money(886500), OCR)
    assert notice.due_on.isoformat() == "2025-03-31"


LAYOUTS = pytest.mark.parametrize("page", [classic_page(), list_page()], ids=["beside", "below"])


@LAYOUTS
@pytest.mark.parametrize("seed", range(4))
def test_order_in_the_file_does_not_matter(page: Page, seed: int) -> None:
    assert_is_the_sample(parse(write(make.shuffled(page, seed))))


@LAYOUTS
@pytest.mark.parametrize("split", [make.as_words, make.as_glyphs], ids=["words", "glyphs"])
def test_text_may_be_drawn_piece_by_piece(page: Page, split: Callable[[Page], Page]) -> None:
    assert_is_the_sample(parse(write(make.shuffled(split(page)))))


@LAYOUTS
@pytest.mark.parametrize("font", ["Courier", "Times-Roman", "Helvetica-Bold"])
def test_font_does_not_matter(page: Page, font: str) -> None:
    assert_is_the_sample(parse(write(make.with_font(page, font))))


@LAYOUTS
@pytest.mark.parametrize("factor", [0.5, 1.7, 4])
def test_page_size_does_not_matter(page: Page, factor: float) -> None:
    pdf = write(make.scaled(page, factor), size=(595 * factor, 842 * factor))

    assert_is_the_sample(parse(pdf))


@LAYOUTS
@pytest.mark.parametrize("char_space", [-0.2, 0.5, 1])
def test_letters_may_be_spread(page: Page, char_space: float) -> None:
    assert_is_the_sample(parse(write(page, char_space=char_space)))


@LAYOUTS
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotated_page_is_read(page: Page, degrees: int) -> None:
    pdf = make.changed(
        write(page), lambda document: document.pages[0].rotate(degrees, relative=False)
    )

    assert_is_the_sample(parse(pdf))


@LAYOUTS
@pytest.mark.parametrize("degrees", [90, 2, -1.5])
def test_rotated_drawing_is_read(page: Page, degrees: float) -> None:
    def turn(canvas: make.Canvas) -> None:
        canvas.translate(595 if degrees == 90 else 0, 0)
        canvas.rotate(degrees)
        canvas.scale(0.6, 0.6)

    assert_is_the_sample(parse(write(page, prepare=turn)))


@LAYOUTS
def test_page_origin_and_crop_box_do_not_matter(page: Page) -> None:
    pdf = write(page, prepare=lambda canvas: canvas.translate(-500, 300))

    def move(document: make.pikepdf.Pdf) -> None:
        document.pages[0].mediabox = [-500, 300, 95, 1142]
        document.pages[0].cropbox = [-490, 310, 90, 1130]

    assert_is_the_sample(parse(make.changed(pdf, move)))


def test_bold_by_drawing_twice_is_read_once() -> None:
    page = classic_page()

    twice = [*page.pieces, *(replace(piece, x=piece.x + 0.3) for piece in page.pieces)]

    assert_is_the_sample(parse(write(Page(twice))))


def test_text_that_nobody_sees_is_ignored() -> None:
    def hide(canvas: make.Canvas) -> None:
        canvas.saveState()
        hidden = canvas.beginText(320, 842 - 266)
        hidden.setTextRenderMode(3)
        hidden.textOut("Totalt att betala: 99 999")
        canvas.drawText(hidden)
        canvas.restoreState()
        canvas.drawString(700, 900, "Totalt att betala: 88 888")

    assert_is_the_sample(parse(write(classic_page(), prepare=hide)))


def test_bitmap_font_without_unicode_map_is_read_with_pdfplumber() -> None:
    sys.modules.pop("pdfplumber", None)

    reading = parse(make.type3_notice(classic_page()))

    assert_is_the_sample(reading)
    assert "pdfplumber" in sys.modules


def test_ordinary_notice_does_not_load_pdfplumber() -> None:
    sys.modules.pop("pdfplumber", None)

    parse(write(classic_page()))

    assert "pdfplumber" not in sys.modules


@pytest.mark.parametrize("lines_up_with", [0, 12, 6], ids=["first line", "last line", "middle"])
@pytest.mark.parametrize("step", [24, 30], ids=["tight", "wide"])
def test_label_may_run_over_two_lines(lines_up_with: float, step: int) -> None:
    gone = {*LABELS, *(amount for _, amount in make.sample_rows()), "Totalt att betala:"}
    page = Page([piece for piece in classic_page().pieces if piece.text not in gone])
    page.put(370, 259, "Totalt att").put(370, 270, "betala:")
    page.put(60, 240, "Hyra").right(310, 240, "8 125")
    halves = [("Kallvatten", "avser 2502", "96"), ("Varmvatten", "avser 2502", "188")]
    halves += [("El enligt mätning", "2502", "308"), ("Mervärdesskatt", "25%", "148")]

    for line, (first, second, amount) in enumerate(halves, start=1):
        y = 240 + step * line
        page.put(60, y, first).put(60, y + 12, second).right(310, y + lines_up_with, amount)

    assert_is_the_sample(parse(write(make.shuffled(page))))


def test_label_may_run_over_three_lines() -> None:
    page = classic_page(
        [(label, amount) for label, amount in make.sample_rows() if label != "Hyra"]
    )
    page.put(60, 180, "Hyra").put(60, 192, "april").put(60, 204, "2025").right(310, 204, "8 125")

    notice = notice_of(parse(write(make.shuffled(page))))

    assert notice.lines[0].label == "Hyra april 2025"
    assert notice.lines[0].kind == RentLineKind.RENT


@pytest.mark.parametrize(
    "label",
    ["Totalt att betala", "SUMMA ATT BETALA:", "Att betala kr", "Totalt att betala inkl. moms"],
)
def test_total_has_many_names(label: str) -> None:
    assert_is_the_sample(parse(write(classic_page(total_label=label))))


def test_page_drawn_through_a_nested_form_is_read() -> None:
    pdf = write(make.shuffled(make.as_words(classic_page())))

    assert_is_the_sample(parse(make.changed(pdf, make.wrap_in_form)))


def test_watermark_across_the_page_does_no_harm() -> None:
    def mark(canvas: make.Canvas) -> None:
        canvas.saveState()
        canvas.rotate(45)
        canvas.setFont("Helvetica", 90)
        canvas.drawString(300, 100, "KOPIA")
        canvas.restoreState()

    assert_is_the_sample(parse(write(classic_page(), prepare=mark)))


def test_labels_may_stand_above_their_amounts() -> None:
    page = Page([piece for piece in classic_page().pieces if piece.x > 310 or piece.y > 400])

    for column, (label, amount) in enumerate(make.sample_rows()):
        page.put(30 + 112 * column, 420, label, 9).put(30 + 112 * column, 434, amount, 9)

    assert_is_the_sample(parse(write(make.shuffled(page))))


def test_notice_may_be_running_text() -> None:
    lines = ["Wallenstam Bostäder AB", "Hyresavi april 2025"]
    lines += [f"{label}: {amount} kr" for label, amount in make.sample_rows()]
    lines += ["Totalt att betala: 8 865 kr", "Förfallodatum: 2025-03-31", f"OCR: {OCR}"]

    page = Page([Piece(60, 80 + 16 * line, text) for line, text in enumerate(lines)])

    assert_is_the_sample(parse(write(make.shuffled(page))))


def test_columns_of_period_quantity_and_price_are_not_the_amount() -> None:
    page = Page([piece for piece in classic_page().pieces if piece.x > 312 or piece.y > 330])

    for line, (label, amount) in enumerate(make.sample_rows()):
        y = 240 + 16 * line
        page.put(60, y, label).put(185, y, "1,00").put(215, y, "2025-04-01").right(310, y, amount)

    assert_is_the_sample(parse(write(make.shuffled(page))))


def test_rows_continue_on_the_next_page() -> None:
    rows = [*make.sample_rows(), ("Fönsterputs", "35"), ("Grovsopor", "5")]
    first, second = Page(), Page()
    first.put(60, 70, "Wallenstam", 18).put(370, 70, "Hyresavi")
    for line, (label, amount) in enumerate(rows):
        page, y = (first, 700 + 16 * line) if line < 5 else (second, 40 + 16 * line)
        page.put(60, y, label).right(310, y, amount)
    second.put(60, 160, "Totalt att betala").right(310, 160, "8 905")
    second.put(60, 190, "Förfallodatum 2025-03-31").put(60, 210, f"OCR {OCR}")

    reading = parse(write(first, second))

    assert (reading.outcome, len(notice_of(reading).lines)) == (NoticeOutcome.OK, 7)


@pytest.mark.parametrize(
    ("label", "amount", "total", "kind", "minor"),
    [
        ("Retroaktiv hyra avser 2501", "163", "9 028", RentLineKind.RETROACTIVE_RENT, 16300),
        ("Parkering plats 12", "450", "9 315", RentLineKind.PARKING, 45000),
        ("Hyra p-plats", "450", "9 315", RentLineKind.PARKING, 45000),
        ("Garage", "850,50", "9 715,50", RentLineKind.PARKING, 85050),
        ("Bredband", "99", "8 964", RentLineKind.BROADBAND, 9900),
        ("Kabel-TV", "99", "8 964", RentLineKind.BROADBAND, 9900),
        ("Rabatt", "-150", "8 715", RentLineKind.REBATE, -15000),
        ("Hyresreduktion", "−150,00", "8 715,00", RentLineKind.REBATE, -15000),
        ("Avdrag underhåll", "150-", "8 715", RentLineKind.REBATE, -15000),
        ("Hyresrabatt", "150", "8 715", RentLineKind.REBATE, -15000),
        ("Hyra förråd", "120", "8 985", RentLineKind.OTHER, 12000),
        ("Trappstädning", "10", "8 875", RentLineKind.OTHER, 1000),
        ("Öresavrundning", "0,40", "8 865,40", RentLineKind.OTHER, 40),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_further_row_is_kept_with_its_kind(
    label: str, amount: str, total: str, kind: RentLineKind, minor: int
) -> None:
    reading = parse_rows((label, amount), total=total)

    line = notice_of(reading).lines[-1]
    assert reading.outcome == NoticeOutcome.OK
    assert (line.label, line.kind, line.amount.minor_units) == (label, kind, minor)


@pytest.mark.parametrize(
    "label",
    [
        "Hyra",
        "HYRA",
        "Hyra *",
        "(Hyra)",
        "Hyra april 2025",
        "Grundhyra",
        "Månadshyra",
        "Hyra lägenhet",
    ],
)
def test_base_rent_has_many_names(label: str) -> None:
    page = classic_page([(label, "8 125"), *make.sample_rows()[1:]])

    reading = parse(write(page))

    assert notice_of(reading).amount_of(RentLineKind.RENT) == Money(812500)
    assert reading.outcome == NoticeOutcome.OK


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda amount: amount.replace(" ", "\u00a0"),
        lambda amount: amount + " kr",
        lambda amount: amount + ",00",
        lambda amount: amount.replace(" ", ".") + ",00",
        lambda amount: amount + ":-",
        lambda amount: amount + " *",
        lambda amount: f"({amount})",
        lambda amount: f"SEK {amount}",
    ],
    ids=["nbsp", "kr", "ore", "points", "dash", "footnote", "parentheses", "currency first"],
)
def test_amounts_are_read_in_every_form(rewrite: Callable[[str], str]) -> None:
    rows = [(label, rewrite(amount)) for label, amount in make.sample_rows()]

    assert_is_the_sample(parse(write(classic_page(rows, total=rewrite("8 865")))))


@pytest.mark.parametrize(
    "due",
    [
        "Förfallodatum 2025-03-31",
        "FÖRFALLODATUM: 31.03.2025",
        "Förfallodag: 31/3 2025",
        "Förfaller 31 mars 2025",
        "Betalas senast: 20250331",
    ],
)
def test_due_date_is_read_in_every_form(due: str) -> None:
    assert_is_the_sample(parse(write(classic_page(due=due))))


def test_vat_that_is_only_a_remark_is_not_added() -> None:
    rows = [*make.sample_rows()[:4], ("Varav moms", "148")]
    page = classic_page(rows, total="8 717", giro=None, extra=[OCR_LINE])

    reading = parse(write(page))

    assert reading.outcome == NoticeOutcome.OK
    assert [line.label for line in notice_of(reading).lines] == LABELS[:4]
    assert notice_of(reading).vat == Money(14800)


def test_running_text_about_rent_is_no_row() -> None:
    texts = ["Hyran ska betalas i förskott. Hyran är 8 000 kr", "Påminnelse skickas efter 5 dagar."]
    texts += ["* Inklusive moms 25%", "Påminnelseavgift 60 kr"]

    extra = [Piece(60, 480 + 14 * line, text) for line, text in enumerate(texts)]

    assert_is_the_sample(parse(write(classic_page(extra=extra))))


def test_payee_is_taken_from_the_slip() -> None:
    notice = notice_of(parse(make_notice(landlord="Havrelunds Bostads")))

    assert (notice.landlord, notice.bankgiro) == ("Havrelunds Bostads AB", "555-1234")


def test_rows_that_do_not_add_up_keep_their_values() -> None:
    reading = parse(make_notice(total=900000))

    assert reading.outcome == NoticeOutcome.INCONSISTENT_TOTAL
    assert notice_of(reading).total == Money(900000)


def test_wrong_check_digit_keeps_the_values() -> None:
    reading = parse(make_notice(ocr="1297112087"))

    assert reading.outcome == NoticeOutcome.INVALID_OCR
    assert notice_of(reading).ocr == "1297112087"


def test_wrong_sum_goes_before_a_wrong_check_digit() -> None:
    reading = parse(make_notice(ocr="1297112087", total=900000))

    assert reading.outcome == NoticeOutcome.INCONSISTENT_TOTAL


def test_notice_without_ocr_is_not_ok() -> None:
    reading = parse(write(classic_page(giro=None)))

    assert reading.outcome == NoticeOutcome.INVALID_OCR
    assert notice_of(reading).ocr is None


@pytest.mark.parametrize(
    ("giro", "outcome", "bankgiro"),
    [
        ((OCR, 900000, "555-1234"), NoticeOutcome.INCONSISTENT_TOTAL, "555-1234"),
        ((make_ocr(7), 886500, "555-1234"), NoticeOutcome.INVALID_OCR, "555-1234"),
        ((OCR, 886500, "555-9999"), NoticeOutcome.INVALID_OCR, None),
    ],
    ids=["amount", "ocr", "bankgiro"],
)
def test_giro_line_that_contradicts_the_print_is_noticed(
    giro: tuple[str, int, str], outcome: NoticeOutcome, bankgiro: str | None
) -> None:
    page = classic_page(giro=make_giro_line(*giro), extra=[OCR_LINE])

    reading = parse(write(page))

    assert (reading.outcome, notice_of(reading).bankgiro) == (outcome, bankgiro)


@pytest.mark.parametrize("missing", ["due", "total"])
def test_titled_notice_that_lacks_a_value_is_unreadable(missing: str) -> None:
    page = classic_page(due="-") if missing == "due" else classic_page(total_label="-", total="-")

    reading = parse(write(page))

    assert (reading.outcome, reading.notice) == (NoticeOutcome.UNREADABLE, None)


@pytest.mark.parametrize("title", ["Påminnelse", "BETALNINGSPÅMINNELSE", "Hyresavi - påminnelse"])
def test_reminder_is_no_rent_notice(title: str) -> None:
    assert parse(write(classic_page(title=title))).outcome == NoticeOutcome.NOT_A_RENT_NOTICE


@pytest.mark.parametrize(
    "rows",
    [
        [("Göteborg Kraft AB", ""), ("Elförbrukning", "308"), ("Elöverföring", "200")],
        [("Telebolaget", ""), ("Bredband", "308"), ("Hyra router", "200")],
        [("Verktygshyra AB", ""), ("Hyra", "308"), ("Hyra minigrävare", "200")],
        [("Meny", ""), ("Pasta", "308"), ("Pizza", "200")],
    ],
    ids=["power", "phone", "hire", "menu"],
)
def test_other_invoices_are_no_rent_notices(rows: list[tuple[str, str]]) -> None:
    page = Page()
    foot = [("Att betala", "508"), ("Förfallodatum", "2025-03-31"), ("OCR", OCR)]
    for line, (label, value) in enumerate([*rows, *foot]):
        page.put(60, 80 + 18 * line, label).right(400, 80 + 18 * line, value)

    assert parse(write(page)).outcome == NoticeOutcome.NOT_A_RENT_NOTICE


def test_garage_has_a_rent_notice_of_its_own() -> None:
    reading = parse(make_notice(rows=(("Hyra garage", 85000),)))

    assert reading.outcome == NoticeOutcome.OK
    assert notice_of(reading).amount_of(RentLineKind.RENT) == Money(0)


@pytest.mark.parametrize("pdf", [b"", b"Pasta 129 kr", b"%PDF-1.4\n%%EOF", bytes(range(256)) * 20])
def test_bytes_that_are_no_pdf_are_unreadable(pdf: bytes) -> None:
    assert parse(pdf).outcome == NoticeOutcome.UNREADABLE


def test_file_cut_off_anywhere_is_unreadable() -> None:
    pdf = (RENT / "Hyresavi_1297112086.pdf").read_bytes().rstrip()

    readings = [parse(pdf[:length]) for length in range(1, len(pdf))]

    assert {reading.outcome for reading in readings} == {NoticeOutcome.UNREADABLE}
    assert all(ReadingFlag.TRUNCATED in reading.flags for reading in readings)


def test_revision_cut_off_is_not_replaced_by_the_one_before() -> None:
    pdf = make_notice()
    update = b"\n4 0 obj\n<< /Type /Catalog"

    readings = [parse(pdf + update[:length]) for length in range(3, len(update))]

    assert all(reading.flags == {ReadingFlag.TRUNCATED} for reading in readings)


def test_padding_after_the_end_does_no_harm() -> None:
    assert parse(make_notice() + b"\r\n\0\0\0").outcome == NoticeOutcome.OK


def test_password_to_open_makes_it_encrypted() -> None:
    assert parse(make.encrypted(make_notice(), user="x")).outcome == NoticeOutcome.ENCRYPTED


def test_owner_password_alone_does_not_keep_readers_out() -> None:
    assert_is_the_sample(parse(make.encrypted(write(classic_page()), user="")))


def test_image_without_text_is_unreadable() -> None:
    reading = parse((RENT / "Hyresavi_1303445611.pdf").read_bytes())

    assert reading.outcome == NoticeOutcome.UNREADABLE
    assert reading.flags == {ReadingFlag.NO_TEXT}


@pytest.mark.parametrize("kind", ["javascript", "launch", "uri"])
def test_active_content_is_flagged_and_the_notice_read(kind: str) -> None:
    reading = parse(make.with_open_action(write(classic_page()), kind))

    assert_is_the_sample(reading)
    assert reading.flags == {ReadingFlag.ACTIVE_CONTENT}


def test_opening_at_a_page_is_no_active_content() -> None:
    assert parse(make.with_page_jump(write(classic_page()))).flags == frozenset()


def test_five_hundred_pages_are_no_rent_notice() -> None:
    reading = parse(write(*[Page().put(60, 60, "Hyra 8 125")] * 500))

    assert reading.outcome == NoticeOutcome.NOT_A_RENT_NOTICE
    assert reading.flags == {ReadingFlag.TOO_MANY_PAGES}


@cache
def hostile(name: str) -> bytes:
    return {
        "bytes": lambda: b"%PDF-1.4\n" + b" " * 10_000_000,
        "inflating stream": lambda: make.inflating(80_000_000),
        "forms of forms": make.forms_of_forms,
    }[name]()


@pytest.mark.parametrize("name", ["bytes", "inflating stream", "forms of forms"])
def test_document_beyond_the_limits_is_refused_unopened(name: str) -> None:
    reading = parse(hostile(name))

    assert reading.outcome == NoticeOutcome.UNREADABLE
    assert reading.flags == {ReadingFlag.TOO_LARGE}


def test_catalogue_of_prices_is_no_rent_notice_however_long() -> None:
    page = Page()
    for line in range(800):
        y = 10 + line
        page.put(10, y, "Totalt", 0.7).put(60, y, "Hyra", 0.7).put(100, y, str(line), 0.7)

    reading = parse(write(page))

    assert reading.outcome == NoticeOutcome.NOT_A_RENT_NOTICE
    assert reading.flags == {ReadingFlag.TOO_LARGE}


def test_brackets_without_end_are_searched_in_linear_time() -> None:
    filler = b"[ /FlateDecode " * 100_000

    assert parse(b"%PDF-1.4\n" + filler + b"\nstartxref\n9\n%%EOF").notice is None


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_file_still_gets_an_outcome(data: st.DataObject) -> None:
    pdf = bytearray((RENT / "Hyresavi_1297112086.pdf").read_bytes())
    places = st.integers(min_value=0, max_value=len(pdf) - 1)

    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=40)):
        pdf[place] = value

    assert parse(bytes(pdf)).outcome in NoticeOutcome


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_still_get_an_outcome(content: bytes) -> None:
    reading = parse(b"%PDF-1.7\n" + content + b"\nstartxref\n9\n%%EOF\n")

    assert reading.notice is None


def test_drawn_sample_is_the_same_bytes_every_time() -> None:
    assert make_notice() == make_notice(SampleNotice())
    assert parse(make_notice()).outcome == NoticeOutcome.OK
