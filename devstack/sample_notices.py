"""Rent notices for the sample mailbox: drawn, not stored, and the same bytes every time.

Landlord, tenant and numbers are invented; the form is that of a Swedish housing company's notice
with the payment slip at its foot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from typing import Any

from paypulse.payment_reference import has_valid_check_digit

_INK, _GREY, _RULE, _BRAND = "#1d2329", "#5c6670", "#c9cfd4", "#0b4f6c"
_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september"),
    *("oktober", "november", "december"),
)
SAMPLE_ROWS = (
    ("Hyra", 812500),
    ("Kallvatten avser 2502", 9600),
    ("Varmvatten avser 2502", 18800),
    ("El enligt mätning 2502", 30800),
    ("Mervärdesskatt 25%", 14800),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleNotice:
    """What is printed on a notice; amounts in öre, consistent unless a field says otherwise."""

    ocr: str = "1297112086"
    due_on: date = date(2025, 3, 31)
    rent_month: tuple[int, int] = (2025, 4)
    rows: tuple[tuple[str, int], ...] = SAMPLE_ROWS
    total: int | None = None  # None: the sum of the rows
    bankgiro: str = "555-1234"
    landlord: str = "Wallenstam"
    tenant: str = "Ronja Tallbacka"
    address: tuple[str, str] = ("Ljungvägen 9 lgh 1101", "417 05 Göteborg")

    @property
    def printed_total(self) -> int:
        """The amount to pay, in öre."""
        return sum(amount for _, amount in self.rows) if self.total is None else self.total


def make_notice(notice: SampleNotice | None = None, **changes: Any) -> bytes:
    """Draw a notice as PDF; `changes` replace fields of `notice` (or of the defaults).

    The same values give the same bytes, so that a document's hash is stable between runs.
    """
    # Only filling the sample mailbox draws; starting the stack does not wait for reportlab.
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415 - see above
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - see above

    printed = replace(notice or SampleNotice(), **changes)
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1)
    canvas.setTitle("Hyresavi")
    canvas.setAuthor(printed.landlord)
    _draw_letterhead(canvas, printed)
    _draw_table(canvas, printed)
    _draw_summary(canvas, printed)
    _draw_slip(canvas, printed)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def make_ocr(number: int) -> str:
    """Return an OCR number of ten digits: nine of `number` and their Luhn check digit."""
    stem = f"{number % 10**9:09d}"
    return next(stem + digit for digit in "0123456789" if has_valid_check_digit(stem + digit))


def make_giro_line(ocr: str, total: int, bankgiro: str) -> str:
    """Return the machine-readable line at the foot of the slip."""
    kronor, ore = divmod(total, 100)
    digits = f"{kronor}{ore:02d}"
    check = next(digit for digit in "0123456789" if has_valid_check_digit(digits + digit))
    return f"#  {ocr} #     {kronor} {ore:02d}   {check} >   {bankgiro.replace('-', '')}#41#"


def format_kronor(ore: int) -> str:
    """Write öre as printed on notices: `1048050` becomes `10 480,50`, whole kronor plain."""
    kronor, rest = divmod(abs(ore), 100)
    grouped = f"{kronor:,}".replace(",", " ") + (f",{rest:02d}" if rest else "")
    return f"-{grouped}" if ore < 0 else grouped


def _draw_letterhead(canvas: Any, notice: SampleNotice) -> None:
    year, month = notice.rent_month
    canvas.setFillColor(_BRAND)
    canvas.rect(0, 826, 596, 16, stroke=0, fill=1)
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(60, 772, notice.landlord)
    canvas.setFillColor(_INK)
    canvas.setFont("Helvetica-Bold", 15)
    canvas.drawString(370, 772, "Hyresavi")
    canvas.setFont("Helvetica", 10)
    canvas.drawString(370, 754, f"Avser {_MONTHS[month - 1]} {year}")
    canvas.drawString(60, 714, notice.tenant)
    for line, text in enumerate(notice.address):
        canvas.drawString(60, 700 - 14 * line, text)


def _draw_table(canvas: Any, notice: SampleNotice) -> None:
    canvas.setFillColor(_GREY)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(60, 622, "SPECIFIKATION")
    canvas.drawRightString(310, 622, "KRONOR")
    canvas.setStrokeColor(_RULE)
    canvas.line(60, 616, 310, 616)
    canvas.setFillColor(_INK)
    canvas.setFont("Helvetica", 10)
    for line, (label, amount) in enumerate(notice.rows):
        canvas.drawString(60, 600 - 16 * line, label)
        canvas.drawRightString(310, 600 - 16 * line, format_kronor(amount))
    canvas.line(60, 592 - 16 * (len(notice.rows) - 1), 310, 592 - 16 * (len(notice.rows) - 1))


def _draw_summary(canvas: Any, notice: SampleNotice) -> None:
    vat = sum(amount for label, amount in notice.rows if label.startswith("Mervärdesskatt"))
    canvas.setStrokeColor(_RULE)
    canvas.roundRect(356, 522, 180, 96, 6)
    canvas.drawString(370, 600, f"Förfallodatum: {notice.due_on.isoformat()}")
    canvas.drawString(370, 576, "Totalt att betala:")
    canvas.setFont("Helvetica-Bold", 14)
    canvas.drawString(370, 558, format_kronor(notice.printed_total))
    canvas.setFont("Helvetica", 10)
    canvas.drawString(370, 532, f"Moms: {format_kronor(vat)}")


def _draw_slip(canvas: Any, notice: SampleNotice) -> None:
    canvas.setDash(2, 3)
    canvas.line(0, 222, 596, 222)
    canvas.setDash()
    canvas.setFont("Helvetica", 10)
    canvas.drawString(60, 192, "Inbetalning/Girering")
    canvas.drawString(340, 192, f"{notice.landlord} AB")
    canvas.drawString(340, 178, f"Bankgiro {notice.bankgiro}")
    canvas.drawString(60, 178, f"OCR-nummer {notice.ocr}")
    canvas.drawString(60, 150, notice.tenant)
    for line, text in enumerate(notice.address):
        canvas.drawString(60, 136 - 14 * line, text)
    canvas.setFont("Courier", 10)
    canvas.drawString(60, 42, make_giro_line(notice.ocr, notice.printed_total, notice.bankgiro))
