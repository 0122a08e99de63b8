"""The payment slip: OCR number, bankgiro and payee, and the machine-readable giro line.

    #  1297112086 #     8865 00   8 >   5551234#41#
       OCR             kronor öre      bankgiro

Source: Bankgirot, "Inbetalningskort, teckensträng" (OCR-B line at the foot of the slip).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.parsing import notice_words as words
from paypulse.money import Money
from paypulse.payment_reference import format_bankgiro, has_valid_check_digit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parsing.labelled_values import Sheet
    from ingestion.parsing.text_layout import Cell

_GIRO_LINE = re.compile(
    r"#(?P<ocr>\d{2,25})#(?:(?P<kronor>\d{1,9})(?P<ore>\d{2})(?P<check>\d))?>?"
    r"(?P<bankgiro>\d{7,8})#\d{2}#"
)
_COMPANY = re.compile(r"\b(?:AB|KB|HB|Aktiebolag|Stiftelsen?|Bost[aä]der|Fastigheter)\b")
_NO_NAME = re.compile(r"^\W*(?:hyres|faktura|avi\b|avser|bankgiro|plusgiro|inbetalning|sida|datum)")


@dataclass(frozen=True, slots=True)
class GiroLine:
    """What the slip's machine-readable line says; `amount` is None where the payer fills it in."""

    ocr: str
    amount: Money | None
    bankgiro: str


@dataclass(frozen=True, slots=True)
class PaymentSlip:
    """How the notice is to be paid; None where nothing, or nothing certain, is printed.

    `contradicts_itself` when print and giro line name different OCR or bankgiro numbers. Then the
    one that the payer's bank would use is anybody's guess, so `bankgiro` is withheld.
    """

    ocr: str | None
    bankgiro: str | None
    amount: Money | None
    landlord: str | None
    contradicts_itself: bool

    @property
    def is_payable(self) -> bool:
        """Tell whether there is one OCR number and its check digit is right."""
        valid = self.ocr is not None and has_valid_check_digit(self.ocr)
        return valid and not self.contradicts_itself


def read_slip(sheet: Sheet) -> PaymentSlip:
    """Read everything about the payment, from labels and from the giro line."""
    giro = find_giro_line(sheet.cells)
    printed_ocr = [found.value for found in sheet.find(words.OCR_LABEL, words.read_ocr)]
    printed_giro = sheet.find(words.BANKGIRO_LABEL, words.read_bankgiro)
    ocrs = set(printed_ocr) | ({giro.ocr} if giro else set())
    numbers = {found.value for found in printed_giro}
    bankgiro_differs = giro is not None and bool(numbers) and giro.bankgiro not in numbers
    bankgiro = giro.bankgiro if giro else next((found.value for found in printed_giro), None)
    return PaymentSlip(
        ocr=giro.ocr if giro else next(iter(printed_ocr), None),
        bankgiro=None if bankgiro is None or bankgiro_differs else format_bankgiro(bankgiro),
        amount=giro.amount if giro else None,
        landlord=_find_landlord(sheet.cells, [found.cells[0] for found in printed_giro]),
        contradicts_itself=len(ocrs) > 1 or bankgiro_differs,
    )


def find_giro_line(cells: Sequence[Cell]) -> GiroLine | None:
    """Find the giro line, whatever the blanks between its parts."""
    for mark in (cell for cell in cells if "#" in cell.text):
        row = sorted((cell for cell in cells if cell.same_row(mark)), key=lambda cell: cell.x0)
        line = re.sub(r"\s", "", "".join(cell.text for cell in row))
        if match := _GIRO_LINE.search(line):
            return GiroLine(match["ocr"], _giro_amount(match), match["bankgiro"])
    return None


def _giro_amount(match: re.Match[str]) -> Money | None:
    if match["kronor"] is None:
        return None
    amount = Money(int(match["kronor"]) * 100 + int(match["ore"]))
    return amount if amount.minor_units else None


def _find_landlord(cells: Sequence[Cell], bankgiro_labels: list[Cell]) -> str | None:
    """Find the payee's name above its bankgiro number, else the name in the letterhead."""
    for label in bankgiro_labels:
        above = [
            cell
            for cell in cells
            if 0 < label.y - cell.y <= 2.6 * label.size
            and cell.overlaps(label)
            and _is_name(cell.text)
        ]
        if above:
            nearest = max(above, key=lambda cell: (_COMPANY.search(cell.text) is not None, cell.y))
            return nearest.text
    company = next((cell for cell in cells if _COMPANY.search(cell.text)), None)
    letterhead = [cell for cell in cells[:12] if _is_name(cell.text)]
    largest = max(letterhead, key=lambda cell: cell.size, default=company)
    return largest.text if largest else None


def _is_name(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return letters >= 3 and letters > len(text) / 2 and not _NO_NAME.match(text.lower())
