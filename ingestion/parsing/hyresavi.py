"""Swedish rent notices ("hyresavi", PDF) to typed values and one named outcome.

What makes a document a rent notice: rows for rent, a due date and a total, and words of tenancy or
that title. Which outcome wins:

* A reminder, another company's invoice and anything without rent rows: `not_a_rent_notice`.
* Titled and with rent, but without total or due date: `unreadable`; nothing may be guessed.
* Rows, total and the giro line's amount must agree, else `inconsistent_total`. This goes before
  `invalid_ocr`: the payer's bank refuses a wrong OCR number, but nobody else notices a wrong sum.
* No OCR number, a wrong check digit, or print and giro line naming different OCR or bankgiro
  numbers: `invalid_ocr`.

Three ways of reading stand behind each other, each slower and less particular: whole text runs,
glyphs, and pdfplumber's glyphs. Only a notice in which everything agrees is taken from the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.parsing import notice_words as words
from ingestion.parsing.labelled_values import Labelled, Sheet
from ingestion.parsing.notice_rows import Row, find_rows, with_amount
from ingestion.parsing.payment_slip import PaymentSlip, read_slip
from ingestion.parsing.pdf_guard import Refused, examine
from ingestion.parsing.pdf_runs import read_runs
from ingestion.parsing.pdf_text import PageText, read_with_pdfium, read_with_pdfplumber
from ingestion.parsing.text_layout import Cell, build_cells
from paypulse.money import Money
from paypulse.rental import (
    NoticeOutcome,
    NoticeReading,
    ReadingFlag,
    RentLine,
    RentLineKind,
    RentNotice,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_NOT_A_NOTICE = NoticeReading(NoticeOutcome.NOT_A_RENT_NOTICE)
# A page of dense print has about 200; looking for labels grows with the square.
MAX_CELLS = 2000
# Above this share of characters without meaning, a page's fonts are beyond pdfium.
_UNMAPPED_SHARE = 0.05


class HyresaviParser:
    """Implements `RentNoticeParser`: pdfium first, pdfplumber for fonts that pdfium cannot read."""

    def __call__(self, pdf: bytes) -> NoticeReading:
        """Return the document's outcome; see the module for which one wins."""
        flags: frozenset[ReadingFlag] = frozenset()
        try:
            facts = examine(pdf)
            flags = frozenset({ReadingFlag.ACTIVE_CONTENT} if facts.active_content else ())
            reading = _read(pdf, has_type3_fonts=facts.has_type3_fonts)
        except Refused as refused:
            reading = NoticeReading(refused.outcome, flags=refused.flags)
        return NoticeReading(reading.outcome, reading.notice, reading.flags | flags)


def _read(pdf: bytes, *, has_type3_fonts: bool) -> NoticeReading:
    runs = read_runs(pdf)
    if runs and (reading := interpret(runs)).outcome == NoticeOutcome.OK:
        return reading
    pages = read_with_pdfium(pdf)
    reading = interpret(build_cells(pages))
    if reading.notice is None and _fonts_are_beyond_pdfium(pages, has_type3_fonts):
        slow = read_with_pdfplumber(pdf)
        again = interpret(build_cells(slow))
        return again if again.notice is not None else reading
    return reading


def _fonts_are_beyond_pdfium(pages: Sequence[PageText], has_type3_fonts: bool) -> bool:
    """Tell whether pdfplumber may read more.

    pdfium returns raw codes for Type 3 fonts that name their glyphs but have no ToUnicode map (as
    TeX makes them); pdfplumber knows the names.
    """
    unmapped = sum(page.unmapped for page in pages)
    glyphs = sum(len(page.glyphs) for page in pages)
    return unmapped > _UNMAPPED_SHARE * (glyphs + unmapped) or (has_type3_fonts and glyphs > 0)


def interpret(cells: Sequence[Cell]) -> NoticeReading:
    """Read a notice from its cells; pure, for any producer."""
    if not cells:
        return NoticeReading(NoticeOutcome.UNREADABLE, flags=frozenset({ReadingFlag.NO_TEXT}))
    if len(cells) > MAX_CELLS:
        flags = frozenset({ReadingFlag.TOO_LARGE})
        return NoticeReading(NoticeOutcome.NOT_A_RENT_NOTICE, flags=flags)
    if any(_is_reminder(cell, cells) for cell in cells):
        return _NOT_A_NOTICE
    draft = _Draft.of(cells)
    if not draft.is_about_rent(cells):
        return _NOT_A_NOTICE
    if draft.totals and draft.due_on is not None:
        return _judge(draft, draft.due_on)
    titled = any(words.NOTICE_TITLE.match(cell.folded) for cell in cells)
    half_read = titled and (draft.totals or draft.due_on)
    return NoticeReading(NoticeOutcome.UNREADABLE) if half_read else _NOT_A_NOTICE


@dataclass(frozen=True, slots=True)
class _Draft:
    """What was found on the pages, before it is judged."""

    totals: tuple[Money, ...]
    due_on: date | None
    rows: tuple[Row, ...]
    stated_vat: tuple[Row, ...]
    slip: PaymentSlip

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> _Draft:
        sheet = Sheet(cells)
        totals = sheet.find_first(words.TOTAL_LABELS, words.read_amount)
        due = sheet.find_first(words.DUE_LABELS, words.read_date)
        vat = [
            found
            for found in sheet.find(words.STATED_VAT_LABEL, words.read_amount)
            # A column headed "Moms" has amounts below it that belong to rows.
            if found.beside or found.cells[0].text.rstrip().endswith(":")
        ]
        taken = {id(cell) for found in (*totals, *due, *vat) for cell in found.cells}
        rows = find_rows([cell for cell in cells if id(cell) not in taken])
        return cls(
            totals=tuple(dict.fromkeys(found.value for found in totals)),
            due_on=due[0].value if due else None,
            rows=tuple(rows),
            stated_vat=tuple(_to_vat_row(found) for found in vat),
            slip=read_slip(sheet),
        )

    def is_about_rent(self, cells: Sequence[Cell]) -> bool:
        """Tell a landlord's notice from the invoice of a power, phone or hire company."""
        titled = any(words.NOTICE_TITLE.match(cell.folded) for cell in cells)
        kinds = {row.kind for row in self.rows}
        if RentLineKind.RENT in kinds:
            home = kinds & {RentLineKind.COLD_WATER, RentLineKind.HOT_WATER}
            return bool(titled or home) or any(words.TENANCY.search(c.folded) for c in cells)
        # A garage or a storeroom has a notice of its own.
        return titled and any(
            row.kind in {RentLineKind.PARKING, RentLineKind.RETROACTIVE_RENT}
            or words.compact(row.label).startswith("hyra")
            for row in self.rows
        )


def _is_reminder(cell: Cell, cells: Sequence[Cell]) -> bool:
    """Tell whether a cell titles the document a reminder; a fee's row or a sentence does not."""
    if len(cell.text.split()) > 5 or not words.REMINDER_TITLE.match(cell.folded):
        return False
    is_row = words.split_trailing_amount(cell.text) is not None or any(
        other.same_row(cell) and other.x0 > cell.x1 and words.read_amount(other.text) is not None
        for other in cells
    )
    return not is_row


def _judge(draft: _Draft, due_on: date) -> NoticeReading:
    """Settle what is ambiguous by arithmetic, then name the outcome."""
    total = draft.totals[0]
    rows, stated_vat = _settle(draft.rows, total, draft.stated_vat)
    notice = RentNotice(
        due_on=due_on,
        total=total,
        ocr=draft.slip.ocr,
        landlord=draft.slip.landlord,
        bankgiro=draft.slip.bankgiro,
        lines=tuple(RentLine(row.kind, row.label, row.amounts[0]) for row in rows),
        stated_vat=stated_vat,
    )
    slip_differs = draft.slip.amount is not None and draft.slip.amount != total
    if _sum(rows) != total or len(draft.totals) > 1 or slip_differs:
        return NoticeReading(NoticeOutcome.INCONSISTENT_TOTAL, notice)
    outcome = NoticeOutcome.OK if draft.slip.is_payable else NoticeOutcome.INVALID_OCR
    return NoticeReading(outcome, notice)


def _settle(
    rows: Sequence[Row], total: Money, stated_vat: Sequence[Row]
) -> tuple[list[Row], Money | None]:
    """Choose among the readings of the rows the first that adds up, else the first.

    Open are: which column holds the amounts (the last, as a rule), whether "Moms" is a row or a
    remark, and whether a rebate printed without a minus sign is to be subtracted.
    """
    possible_rows = [row for row in stated_vat if not words.is_informative_vat(row.label)]
    readings = [
        (choice, vat)
        for column in range(max((len(row.amounts) for row in rows), default=1))
        for vat in (None, *possible_rows)
        for choice in _signed(_in_column([*rows, vat] if vat else rows, column))
    ]
    best, vat = next((reading for reading in readings if _sum(reading[0]) == total), readings[0])
    remarks = [row for row in stated_vat if row is not vat]
    return sorted(best, key=lambda row: row.y), remarks[0].amounts[0] if remarks else None


def _to_vat_row(found: Labelled[Money]) -> Row:
    label = found.cells[0]
    split = words.split_trailing_amount(label.text)
    return Row(
        label=words.clean_label(split[0] if split else label.text),
        amounts=(found.value,),
        x0=label.x0,
        edge=None,
        y=label.y,
        size=label.size,
    )


def _in_column(rows: Sequence[Row], from_last: int) -> list[Row]:
    """Reduce every row to the amount in one column, counted from the last."""
    return [with_amount(row, row.amounts[max(0, len(row.amounts) - 1 - from_last)]) for row in rows]


def _signed(rows: list[Row]) -> list[list[Row]]:
    """Return the rows as printed, and with rebates subtracted."""
    subtracted = [
        with_amount(row, -row.amounts[0])
        if row.kind == RentLineKind.REBATE and row.amounts[0].minor_units > 0
        else row
        for row in rows
    ]
    return [rows, subtracted]


def _sum(rows: list[Row]) -> Money:
    return sum((row.amounts[0] for row in rows), start=Money(0))
