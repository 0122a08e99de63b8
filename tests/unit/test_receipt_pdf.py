from __future__ import annotations

from datetime import date
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from ingestion.parsing.receipts.message import MAX_PDFS
from ingestion.parsing.receipts.reader import KnownVendor, read_receipt, read_receipt_pdf
from paypulse.money import Money
from paypulse.receipts import (
    Category,
    ReadingSignal,
    ReceiptOutcome,
    ReceiptReading,
    ReceiptStatus,
    ReceiptWarning,
)

LAMPAN = KnownVendor("Lampan", Category.MISCELLANEOUS)
COLUMNS = (60, 300, 370, 520)  # the last is where amounts end
RECEIPT: tuple[tuple[str, ...], ...] = (
    ("Kvitto",),
    ("Ordernummer: 5512-88",),
    ("Orderdatum: 2025-05-05",),
    ("Artikel", "Antal", "à-pris", "Summa"),
    ("Lampa", "2", "199,50", "399,00"),
    ("Glödlampa", "", "", "20,00"),
    ("Totalt", "", "", "419,00 kr"),
    ("varav moms 25 %", "", "", "83,80 kr"),
)


def draw(rows: tuple[tuple[str, ...], ...] = RECEIPT, *, pages: int = 1) -> bytes:
    file = BytesIO()
    canvas = Canvas(file, invariant=True)
    for _ in range(pages):
        for at, row in enumerate(rows):
            y = 780 - 22 * at
            for column, text in zip(COLUMNS, row, strict=False):
                put = canvas.drawRightString if column == COLUMNS[-1] else canvas.drawString
                put(column, y, text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def with_total(total: str) -> bytes:
    return draw((*RECEIPT[:4], ("Lampa", "1", total, total), ("Totalt", "", "", f"{total} kr")))


def encrypted(pdf: bytes) -> bytes:
    file = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        document.save(file, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    return file.getvalue()


def mail(
    body: str,
    *pdfs: bytes,
    subject: str = "Ditt kvitto",
    kind: str = "pdf",
    filename: str = "kvitto.pdf",
) -> bytes:
    message = EmailMessage()
    message["From"] = "Lampan <order@lampan.example>"
    message["Subject"] = subject
    message["Date"] = "Wed, 07 May 2025 10:00:00 +0200"
    message.set_content(body, subtype="html")
    for pdf in pdfs:
        message.add_attachment(pdf, maintype="application", subtype=kind, filename=filename)
    return message.as_bytes()


def body_receipt(total: str, number: str = "5512-88") -> str:
    return f"<p>Ordernummer: {number}</p><p>Totalt: {total} kr</p>"


GREETING = "<p>Hej! Tack för att du handlar hos oss. Kvittot är bifogat.</p>"


def assert_read(reading: ReceiptReading) -> None:
    assert reading.outcome is ReceiptOutcome.OK
    receipt = reading.receipt
    assert receipt is not None
    assert receipt.total == Money(41900, "SEK")
    assert receipt.tax == Money(8380, "SEK")
    assert receipt.order_number == "5512-88"
    assert receipt.ordered_on == date(2025, 5, 5)
    assert [(item.name, item.quantity, item.total) for item in receipt.items] == [
        ("Lampa", 2, Money(39900, "SEK")),
        ("Glödlampa", 1, Money(2000, "SEK")),
    ]
    assert receipt.status is ReceiptStatus.OK


def test_pdf_alone_is_read_as_a_receipt() -> None:
    reading = read_receipt_pdf(draw(), known=LAMPAN)

    assert_read(reading)
    assert reading.receipt is not None
    assert reading.receipt.vendor == "Lampan"
    assert ReadingSignal.FROM_PDF in reading.signals


def test_day_of_the_mail_completes_a_date_without_year() -> None:
    rows = (*RECEIPT[:2], ("Orderdatum: 5 maj",), *RECEIPT[3:])

    reading = read_receipt_pdf(draw(rows), sent_on=date(2025, 5, 7))

    assert reading.receipt is not None
    assert reading.receipt.ordered_on == date(2025, 5, 5)


@pytest.mark.parametrize(
    ("kind", "filename"),
    [
        ("pdf", "kvitto.pdf"),
        ("pdf", "kvitto"),
        ("octet-stream", "kvitto.pdf"),
        ("octet-stream", "Köpbekräftelse å.PDF"),
    ],
)
def test_mail_whose_body_holds_no_receipt_is_read_from_its_pdf(kind: str, filename: str) -> None:
    reading = read_receipt(mail(GREETING, draw(), kind=kind, filename=filename))

    assert_read(reading)
    assert reading.receipt is not None
    assert reading.receipt.vendor == "Lampan"
    assert ReadingSignal.FROM_PDF in reading.signals


def test_pdf_in_a_forwarded_mail_is_read() -> None:
    outer = EmailMessage()
    outer["From"] = "Ronja <ronja@example.com>"
    outer["Subject"] = "Fwd: Ditt kvitto"
    outer.set_content("Se nedan")
    inner = EmailMessage()
    inner["From"] = "Lampan <order@lampan.example>"
    inner["Subject"] = "Ditt kvitto"
    inner["Date"] = "Wed, 07 May 2025 10:00:00 +0200"
    inner.add_attachment(draw(), maintype="application", subtype="pdf", filename="kvitto.pdf")
    outer.add_attachment(inner)

    assert_read(read_receipt(outer.as_bytes()))


def test_other_files_are_not_read() -> None:
    content = mail(GREETING, draw(), kind="octet-stream", filename="kvitto.zip")

    assert read_receipt(content).outcome is ReceiptOutcome.NOT_AN_INVOICE


def test_pdf_with_the_same_total_proves_the_body_and_fills_its_gaps() -> None:
    body = "<p>Tack för ditt köp!</p><p>Totalt: 419,00 kr</p>"

    reading = read_receipt(mail(body, draw()), known=LAMPAN)

    assert_read(reading)
    assert ReadingSignal.FROM_PDF not in reading.signals


def test_value_in_the_body_wins_over_the_pdf() -> None:
    reading = read_receipt(mail(body_receipt("419,00", "WEB-77"), draw()))

    assert reading.receipt is not None
    assert reading.receipt.order_number == "WEB-77"


def test_pdf_with_another_total_is_a_warning() -> None:
    reading = read_receipt(mail(body_receipt("519,00"), draw()))

    assert reading.receipt is not None
    assert reading.receipt.total == Money(51900, "SEK")
    assert ReceiptWarning.PDF_CONTRADICTS_TEXT in reading.receipt.warnings
    assert reading.receipt.status is ReceiptStatus.NEEDS_REVIEW


def test_one_of_several_pdfs_may_agree() -> None:
    reading = read_receipt(mail(body_receipt("419,00"), with_total("99,00"), draw()))

    assert reading.receipt is not None
    assert ReceiptWarning.PDF_CONTRADICTS_TEXT not in reading.receipt.warnings


def test_two_receipts_in_one_mail_are_a_warning() -> None:
    reading = read_receipt(mail(GREETING, draw(), with_total("99,00")))

    assert reading.receipt is not None
    assert ReceiptWarning.PDF_CONTRADICTS_TEXT in reading.receipt.warnings


def test_terms_beside_a_receipt_change_nothing() -> None:
    body = "<p>Ordernummer: 5512-88</p><table><tr><td>Lampa</td><td>399,00 kr</td></tr></table>"
    body += "<p>Totalt: 399,00 kr</p>"
    terms = draw((("Allmänna villkor",), ("Du har rätt att ångra ditt köp i 14 dagar.",)))

    alone, with_terms = read_receipt(mail(body)), read_receipt(mail(body, terms))

    assert with_terms == alone


@pytest.mark.parametrize(
    ("pdf", "reason"),
    [
        (encrypted(draw()), ReadingSignal.PDF_ENCRYPTED),
        (draw()[:-200], ReadingSignal.PDF_UNREADABLE),
        (b"no pdf at all", ReadingSignal.PDF_UNREADABLE),
        (draw(()), ReadingSignal.PDF_UNREADABLE),
        (draw(pages=40), ReadingSignal.PDF_TOO_LARGE),
    ],
    ids=["encrypted", "cut off", "no PDF", "no text", "too many pages"],
)
def test_pdf_that_cannot_be_read_says_why(pdf: bytes, reason: ReadingSignal) -> None:
    alone, in_mail = read_receipt_pdf(pdf), read_receipt(mail(GREETING, pdf))

    assert alone.outcome is in_mail.outcome is ReceiptOutcome.NOT_AN_INVOICE
    assert alone.unread_pdf is in_mail.unread_pdf is reason


def test_unreadable_pdf_does_not_harm_a_receipt_in_the_body() -> None:
    alone = read_receipt(mail(body_receipt("419,00")))
    reading = read_receipt(mail(body_receipt("419,00"), encrypted(draw())))

    assert reading.receipt == alone.receipt
    assert reading.unread_pdf is None
    assert ReadingSignal.PDF_ENCRYPTED in reading.signals


def test_script_in_a_pdf_is_noted_and_not_run() -> None:
    file = BytesIO()
    with pikepdf.open(BytesIO(draw())) as document:
        document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        document.save(file)

    reading = read_receipt(mail(GREETING, file.getvalue()))

    assert_read(reading)
    assert ReadingSignal.ACTIVE_CONTENT in reading.signals


def test_more_pdfs_than_an_order_has_are_left_out_and_said_so() -> None:
    reading = read_receipt(mail(GREETING, *[draw()] * (MAX_PDFS + 1)))

    assert reading.receipt is not None
    assert reading.receipt.status is ReceiptStatus.NEEDS_REVIEW
    assert ReceiptWarning.TEXT_LEFT_OUT in reading.receipt.warnings


def test_empty_cell_of_a_table_stays_empty() -> None:
    rows = (*RECEIPT[:4], ("Lampa", "", "199,50", "399,00"), ("Totalt", "", "", "399,00 kr"))

    reading = read_receipt_pdf(draw(rows))

    assert reading.receipt is not None
    (item,) = reading.receipt.items
    assert item.total == Money(39900, "SEK")


def test_page_of_countless_rows_is_cut_and_says_so() -> None:
    file = BytesIO()
    canvas = Canvas(file, invariant=True)
    for _ in range(9):
        for at in range(100):
            canvas.setFont("Helvetica", 5)
            canvas.drawString(60, 820 - 8 * at, f"{at} kr")
        canvas.showPage()
    canvas.save()

    assert ReadingSignal.TOO_LARGE in read_receipt_pdf(file.getvalue()).signals


@given(st.binary(max_size=400))
@hypothesis_settings(max_examples=50, deadline=None)
def test_any_bytes_have_an_outcome(content: bytes) -> None:
    outcomes: list[Any] = list(ReceiptOutcome)

    assert read_receipt_pdf(content).outcome in outcomes
    assert read_receipt_pdf(b"%PDF-1.4\n" + content).outcome in outcomes
