"""Sums and fees: the rows in which a label stands beside an amount."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import Amount, find_amounts, whole_amount
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.item_names import NamedItem
from ingestion.parsing.receipts.item_tables import roles_of
from ingestion.parsing.receipts.labels import MoneyKind, money_kind
from ingestion.parsing.receipts.raw_items import split_row, take_times

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ingestion.parsing.receipts.rows import Row

# Such as `598,97 kr (varav moms 119,79 kr)`, `inkl. moms 25 % 119,79 kr`.
_EMBEDDED_TAX = re.compile(
    r"(?i)[(,;]?\s*(?:\b(?:varav|därav|herav|heraf|davon|inkl(?:usive|\.)?|incl(?:uding"
    r"|udes|\.)?|of which|whereof|ink\.?)\s+"
    r"(?:\d{1,2}(?:[.,]\d)?\s?%\s*)?(?:moms|vat|tax|mva|mwst)|\b(?:moms"
    r"|vat)(?:\s\(?\d{1,2}(?:[.,]\d)?\s?%\)?)? ingår med)\b"
    r"[^\d)]{0,15}(?:\(?\d{1,2}(?:[.,]\d{1,2})?\s?%\)?[^\d)]{0,12})?(?P<amount>[^)]{1,24})\)?"
)
# Such as `(inkluderar 201,20 kr Moms)`, `(includes $9.10 Tax)`.
_TAX_BEHIND = re.compile(
    r"(?i)\(\s*(?:inkl\w*\.?|incl\w*\.?|varav|of which|davon|enthält|heraf)\s+"
    r"(?P<amount>[^()]{1,24}?)\s*(?:\d{1,2}\s?%\s*)?(?:moms|vat|tax|mva|mwst|ust)\b[^()]{0,20}\)"
)
# Such as `Total (VAT included 278,46 kr)`, `ingår moms 25 % med 440,34 kr`.
_TAX_INCLUDED = re.compile(
    r"(?i)\(?(?:\binklusive (?:moms|vat|mva) på"
    r"|\b(?:moms|vat|tax|mva|mwst)\s(?:included|incl\.?|inkl\w*\.?):?|ingår moms\s"
    r"(?:\(?\d{1,2}(?:[.,]\d)?\s?%\)?\s)?(?:med|på))\s*(?P<amount>\d[^()%]{2,20}?)(?:\)|\.\s|$)"
)
# Such as `Moms 83,38 kr ingår`.
_TAX_IS_IN = re.compile(
    r"(?i)^(?:moms|vat|mva)\s(?P<amount>\d[\d .,]{2,12}\s?(?:kr|sek|nok|dkk|€|eur)?\.?)\s"
    r"(?:ingår|inkl|is incl)"
)
# Such as `(moms 410,40)`.
_TAX_IN_BRACKETS = re.compile(r"(?i)\(\s*(?:moms|vat|mva|mwst)\.?:?\s*(?P<amount>[^()%]{3,16})\)")
# A line of its own: `inkl. 175,40 kr moms`, `Including €93.12 VAT`.
_TAX_LINE = re.compile(
    r"(?im)^(?:inkl\w*\.?|incl\w*\.?|varav|of which|davon|heraf|herav)\s(?P<amount>[^()]{1,24}?)\s*"
    r"(?:\d{1,2}\s?%\s*)?(?:moms|vat|tax|mva|mwst|ust|i skatt)\.?$"
)
_TAXES_IN_BRACKETS = re.compile(
    r"(?i)\((?:inkl\w*\.?|incl\w*\.?|varav|of which|davon|heraf)\s[^()]*\b(?:moms|vat|mva|mwst)\b"
    r"[^()]*,[^()]*\b(?:moms|vat|mva|mwst)\b[^()]*\)$"
)
_TAX_TOLD = (_TAX_INCLUDED, _TAX_IS_IN)
_OF_WHICH = re.compile(r"(?i)\b(?:varav|därav|of which|whereof|davon|heraf|herav|ingår med)\b")
_PERCENT = re.compile(r"\d{1,2}(?:[.,]\d{1,2})?\s?%")
# Totals in running text: "Vi har debiterat 149,00 kr", "You paid $12.99".
_SENTENCES = (
    re.compile(
        r"(?i)\b(?:vi har (?:debiterat|dragit)|du har betalat|har betalats"
        r" med|totalt betalade du|betalning(?:en)? på"
        r"|(?:you (?:have )?(?:paid|were charged)|we(?:'ve| have)?"
        r" charged(?: you| your \w+)?|payment of|a total of"
        r"|your total (?:is|was|comes to)|totalsumman (?:är|blev|blir)"
        r"|totalt (?:blev det|blir det)|summan (?:är|blev)"
        r"|total(?:en)? (?:är|is|was|blev)|att betala är|belopp på"
        r"|köp på|trukket|belastet|abgebucht|charge of|charged|debiterats|dragits|we(?:'ve"
        r"| have) taken"
        r"|(?:blir|blev) det (?:sammanlagt|totalt|inalles)))\W{0,3}"
        r"(?:med |totalt |on |är |om )?(?P<rest>.{1,24})"
    ),
)
# Such as "Fakturan på 439 kr dras den 31 maj", "Din kostnad blev 62,50 kr".
_LOOSE = (
    re.compile(
        r"(?i)\b(?:summan?|belopp(?:et)?|totalen|kostnad(?:en)?|pris(?:et)?|faktura(?:n)?"
        r"|räkning(?:en)?"
        r"|avgift(?:en)?|amount|invoice|bill|charge|betrag|rechnung|beløb(?:et)?|beløp(?:et)?)\b"
        r"[^.\d]{0,40}?\b(?:är|blir|blev|på|om|of|is|was|for|von|über|er)\W{1,3}(?P<rest>.{1,24})"
    ),
)
_REFUND_SENTENCE = re.compile(
    r"(?i)\b(?:återbetala[tr]?s?|återbetalning(?:en)? (?:på|om|av)"
    r"|återbetalt|krediterat(?: dig)?|refund(?:ed)?(?: (?:of|you))?"
    r"|credited(?: you)?|betalar tillbaka|återfår|få tillbaka)\W{0,3}(?P<rest>.{1,40})"
)
_A_RATE = r"\d{1,2}(?:[.,]\d{1,2})?\s?%\W{1,3}\d[\d .,\u00a0]*\s?(?:kr|sek|€|eur|nok|dkk)?"
_TAXES_IN_A_ROW = re.compile(
    rf"(?i)(?:inkl\w*\.?\s|incl\w*\.?\s|varav\s)?\b(?:moms|vat|mva|mwst)\b\W{{1,3}}{_A_RATE}"
    rf"(?:\W{{1,3}}(?:(?:och|and|und|og)\s)?{_A_RATE}){{1,3}}\W*$",
    re.MULTILINE,
)


# Beside these a bare number is a card's or a document's.
_NEED_MONEY = frozenset({MoneyKind.PAID, MoneyKind.REFUND, MoneyKind.GIFT})
# What an invoice prints in one row with its VAT.
_BESIDE_TAX = frozenset({MoneyKind.TOTAL, MoneyKind.PAID, MoneyKind.SERVICE_FEE})
# "Betala med autogiro och slipp avgiften på 15 kr" names a fee that nobody paid.
_IN_SENTENCES = frozenset({MoneyKind.TOTAL, MoneyKind.PAID, MoneyKind.REFUND, MoneyKind.TAX})
_IS_SENTENCE = re.compile(
    r"(?i)\s(?:på|för|av|of|over|över|under|från|from|om|than|upp till|up to|fra|über|ab|von)$"
)

_COUNTED_OUT = re.compile(r"(?i)\s*\(\s*\d{1,3}\s?(?:st\s?)?[x×à]\s?[\d.,]+[^()]{0,6}\)$")
# "Antal varor: 16 TOTALT SEK", "-----SUM 11 VARER": of the till's last line.
_COUNT_OF_GOODS = re.compile(
    r"(?i)^(?:antal|number of|anzahl|antall)\s\w+:?\s*\d+\s+(?=tot|sum)|^[-=*_ ]{4,}(?=\w)"
)
_NET_AS_ZERO = re.compile(r"(?i)\b(?:moms|alv|vat)\s0\s?%")
_WAY_BACK = re.compile(r"(?i)retur|return|rück")
# Behind the VAT of one rate: ` kr, moms 12 % 12,75 kr`.
# What the VAT is reckoned on: of `varav moms 25 % (på 304,32) | 76,08` the first amount.
_BASE_BEFORE = re.compile(r"(?i)\b(?:på|av|of|on|af|von|auf)\s$")
_ANOTHER_RATE = re.compile(
    r"(?i)\s*(?:kr|sek|€|eur)?\W{0,3}(?:och |and |und |og )?(?:moms |vat |mva |mwst )?\(?"
    r"\d{1,2}(?:[.,]\d)?\s?%\)?\W{0,3}\d"
)
_PARAGRAPH = re.compile(r"^.{120}|[^\W\d_]{2}[.!?] +[A-ZÅÄÖ]|^(?:\S+ ){6}.*\.$")
_NO_TAX_COLUMN = re.compile(r"(?i)%|sats|rate|inkl|incl|\bmed\b|\bwith\b|brutto|gross|\bmit\b")
# The same in a cell of its own, behind the VAT: `av netto 256,65`.
_OF_AMOUNT = re.compile(r"(?i)^(?:av|of|på|on|af|von|auf)\s(?:[^\W\d_]{2,12}\s)?\d")
_OF_BASE = re.compile(r"(?i)(?P<base>\s(?:av|på|of|on|af|von|auf)\s)[^=:]{1,20}[=:]")


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A label with its amount."""

    kind: MoneyKind
    sureness: int
    minor: int
    currency: str | None
    row: int
    label: str
    quote: str


class MoneyLines:
    """The labelled amounts of a mail, each row looked at once however often they are asked for."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._found: dict[int, list[MoneyLine]] = {}

    def outside(self, taken: Collection[int], *, prose: bool = False) -> list[MoneyLine]:
        """Return the labelled amounts in the rows that no item has taken.

        Args:
            taken: Rows that are items.
            prose: Take the fees and savings that running text speaks of, too; seldom they are
                this receipt's.
        """
        lines: list[MoneyLine] = []
        for index, row in enumerate(self._rows):
            if index in taken:
                continue
            found = self._of(index)
            if not prose and len(row.cells) == 1 and _PARAGRAPH.search(row.text):
                found = [line for line in found if line.kind in _IN_SENTENCES]
            lines.extend(found)
        return lines

    def _of(self, index: int) -> list[MoneyLine]:
        known = self._found.get(index)
        if known is None:
            known = self._found[index] = list(_lines_at(self._rows, index))
        return known


def _lines_at(rows: Sequence[Row], index: int) -> Iterator[MoneyLine]:
    below = list(_under_labels(rows, index))
    if (table := _tax_table(rows, index)) is not None:
        yield table
        yield from (line for line in below if line.kind in _BESIDE_TAX)
        return
    yield from below
    yield from _of_row(rows, index, rows[index])


def _under_labels(rows: Sequence[Row], index: int) -> Iterator[MoneyLine]:
    """Read `Amount paid | Date paid` with the values in the row below."""
    labels = [cell for cell in rows[index].cells if cell]
    below = rows[index + 1] if index + 1 < len(rows) else None
    values = [cell for cell in below.cells if cell] if below else []
    if below is None or len(labels) < 2 or len(labels) != len(values) or roles_of(rows[index]):
        return
    bare = [_PERCENT.sub("", label) for label in labels]
    if any(re.search(r"\d", label) or whole_amount(label) for label in bare):
        return
    if any(field_names(value) or money_kind(value)[0] for value in values):
        return  # a row like the one above
    for label, value in zip(labels, values, strict=True):
        amount = whole_amount(value)
        if amount is not None and amount.looks_like_money and amount.minor > 0:
            yield from _line(label, amount, index, below)


def find_sentences(rows: Sequence[Row], *, refund: bool, promised: bool) -> list[MoneyLine]:
    """Return totals that stand in running text; weaker than any labelled amount.

    Args:
        rows: Of the mail.
        refund: Whether it is about money that comes back.
        promised: Whether its subject says that it is an invoice or receipt: then looser
            sentences count, too.
    """
    patterns = (_REFUND_SENTENCE,) if refund else _SENTENCES + (_LOOSE if promised else ())
    kind = MoneyKind.REFUND if refund else MoneyKind.TOTAL
    found = []
    for index, row in enumerate(rows):
        for pattern in patterns:
            for match in pattern.finditer(row.text[:400]):
                amounts = find_amounts(match["rest"])
                if amounts:
                    first = amounts[0]
                    found.append(
                        MoneyLine(kind, 1, first.minor, first.currency, index, "", row.text)
                    )
    return found


def _of_row(rows: Sequence[Row], index: int, row: Row) -> Iterator[MoneyLine]:
    cells = []
    for printed in row.cells:
        cell, both = _without_taxes(printed)
        if both:
            yield MoneyLine(MoneyKind.TAX, 3, both, None, index, "moms totalt", row.text)
        embedded, amounts = _embedded_tax(cell)
        # Without an amount it is a label like any other, and its amount may stand beside it.
        if embedded is None or not amounts:
            cells.append(cell)
            continue
        tax, rate = amounts[0], _PERCENT.search(embedded[0])
        label = f"varav moms {rate[0] if rate else ''}".strip()
        yield MoneyLine(MoneyKind.TAX, 3, abs(tax.minor), tax.currency, index, label, row.text)
        end = embedded.start("amount") + tax.end
        if not _ANOTHER_RATE.match(cell[end:]):
            end = embedded.end()
        cells.append((cell[: embedded.start()] + cell[end:]).strip(" (),"))
    yield from _of_cells(rows, index, row, cells)


def _without_taxes(cell: str) -> tuple[str, int]:
    """Take the amounts of several rates out of a cell, and their sum.

    Such as `(inkluderar 33,91 kr moms 6 %, 37,60 kr moms 25 %)`, `moms: 12 % 309,64, 25 % 78 kr`.
    """
    match = _TAXES_IN_BRACKETS.search(cell) or _TAXES_IN_A_ROW.search(cell)
    amounts = find_amounts(match[0]) if match else []
    if match is None or len(amounts) < 2:
        return cell, 0
    return cell[: match.start()].strip(), sum(abs(amount.minor) for amount in amounts)


def _embedded_tax(cell: str) -> tuple[re.Match[str] | None, list[Amount]]:
    for pattern in (_TAX_BEHIND, _EMBEDDED_TAX, _TAX_IN_BRACKETS, _TAX_LINE, *_TAX_TOLD):
        match = pattern.search(cell)
        amounts = find_amounts(match["amount"]) if match else []
        if match is None or not amounts or _is_of_total(cell, match):
            continue
        told = pattern is _TAX_INCLUDED  # "inklusive moms på 1 277,80 kr"
        if told or not _BASE_BEFORE.search(cell[: match.start("amount")]):
            return match, amounts
    return None, []


def _is_of_total(cell: str, match: re.Match[str]) -> bool:
    """Tell whether the amount is the total's, as in `Totalt inkl. moms: 1 234,50 kr`."""
    before = cell[: match.start()]
    if (
        before.endswith("\n")
        or "(" in f"{before}{match[0]}"
        or _OF_WHICH.search(match[0])
        or find_amounts(before)
    ):
        return False
    return money_kind(before)[0] in (MoneyKind.TOTAL, MoneyKind.PAID)


def _of_cells(rows: Sequence[Row], index: int, row: Row, cells: list[str]) -> Iterator[MoneyLine]:
    filled = [cell for cell in cells if cell and not _OF_AMOUNT.match(cell)]
    if (
        len(filled) >= 4
        and len(filled) % 2 == 0
        and all(
            whole_amount(value) and not whole_amount(label)
            for label, value in zip(filled[::2], filled[1::2], strict=True)
        )
    ):
        for label, value in zip(filled[::2], filled[1::2], strict=True):
            yield from _line(label, whole_amount(value), index, row)
        return
    if len(filled) == 1 and "\n" in filled[0]:
        for text in filled[0].split("\n"):
            yield from _line(*_label_and_amount(text), index, row)
        return
    label, amount = split_row(type(row)(tuple(filled), ())) if filled else ("", None)
    label = _COUNT_OF_GOODS.sub("", label)
    if amount is not None and len(filled) == 2 and take_times(filled[0], NamedItem("")):
        label = _label_above(rows, index, amount)  # "+PANT", then "6st x 2,00 | 12,00"
    if len(filled) == 1 and _COUNTED_OUT.search(filled[0]):
        return  # the amount stands below
    if amount is not None and not label:
        below = _label_below(rows, index) if len(filled) == 1 else ""
        above = _label_above(rows, index, amount)
        label = above if not below or money_kind(above)[0] is not None else below
    if len(filled) == 1 and amount is not None:
        yield from _several(filled[0], index, row, label, amount)
    elif amount is not None:
        yield from _line(label, amount, index, row)
    elif len(filled) == 1:
        yield from _several(filled[0], index, row, "", None)


def _several(
    text: str, index: int, row: Row, label: str, amount: Amount | None
) -> Iterator[MoneyLine]:
    """A line with one amount, or with several, each behind its label."""
    amounts = find_amounts(text)
    if len(amounts) <= 1:
        if amount is not None:
            yield from _line(label, amount, index, row)
        elif amounts and (label := _label_before(text, amounts[0])):
            yield from _line(label, amounts[0], index, row)
        return
    equals = _OF_BASE.search(text)
    if equals and len(amounts) == 2 and equals.start() < amounts[0].start < equals.end():
        # As in `Moms 12 % av 387,00 = 46,44`.
        yield from _line(text[: equals.start("base")], amounts[1], index, row)
        return
    begin = 0
    for found in amounts:
        part = text[begin : found.start].strip(" :,;–-()")
        if part:
            yield from _line(part, found, index, row)
        begin = found.end


def _label_below(rows: Sequence[Row], index: int) -> str:
    """Return the total's label under its amount: `£45.53`, then `Total paid with Visa`."""
    below = [cell for cell in rows[index + 1].cells if cell] if index + 1 < len(rows) else []
    if len(below) != 1 or len(below[0]) > 40 or find_amounts(below[0]):
        return ""
    kind, sureness = money_kind(below[0])
    return below[0] if kind in (MoneyKind.TOTAL, MoneyKind.PAID) and sureness > 1 else ""


def _label_before(text: str, amount: Amount) -> str:
    """Return the label in `Totalt: 598,97 kr inkl. frakt`, `Totalt 488,50 kr. Swisha till …`."""
    before = text[: amount.start]
    if match := re.match(r"^(.{2,40}?)\s*[:\uff1a]\s*$", before):
        return match[1]
    kind, sureness = money_kind(_without_percent(before))
    sure = (kind is MoneyKind.TOTAL and sureness >= 2) or kind is MoneyKind.TAX
    return before.strip() if sure and len(before) < 30 else ""


def _label_and_amount(text: str) -> tuple[str, Amount | None]:
    amounts = find_amounts(text)
    return (text[: amounts[-1].start].strip(" :"), amounts[-1]) if amounts else (text, None)


def _label_above(rows: Sequence[Row], index: int, amount: Amount) -> str:
    if index == 0:
        return ""
    above = [cell for cell in rows[index - 1].cells if cell]
    if len(above) != 1:
        return ""
    # "Pant (6 x 2,00)"; and an offer names its price: "Kaffe 3 för 165 kr".
    label = _COUNTED_OUT.sub("", above[0])
    amounts = find_amounts(label)
    if amounts and amount.minor < 0:
        return label[: amounts[0].start]
    return "" if amounts else label


def _line(label: str, amount: Amount | None, index: int, row: Row) -> Iterator[MoneyLine]:
    if amount is None:
        return
    kind, sureness = money_kind(_without_percent(label))
    if _NET_AS_ZERO.search(label) and kind is not None:
        kind, sureness = MoneyKind.NET, 3  # in Finland what is before VAT is "moms 0 %"
    if kind is MoneyKind.TOTAL and sureness == 1 and amount.minor < 0 and " " in label:
        kind = MoneyKind.DISCOUNT  # "Willys Plus-pris"
    if (
        kind is None
        and amount.minor < 0
        and amount.looks_like_money
        and re.search(r"[^\W\d_]{2}", label)
    ):
        kind, sureness = MoneyKind.DISCOUNT, 1  # "SOMMAR20", and what else is taken off
    if kind is None or kind is MoneyKind.IGNORED:
        return
    if not amount.looks_like_money and (kind in _NEED_MONEY or _names_a_number(label)):
        return
    if kind not in _IN_SENTENCES and _IS_SENTENCE.search(label):
        return
    minor = amount.minor
    if kind is MoneyKind.SHIPPING and minor < 0 and _WAY_BACK.search(label):
        kind = MoneyKind.DISCOUNT  # the way back, taken off what is refunded
    # "Totalt - 598 kr": there the dash is a dash.
    if kind not in (MoneyKind.DISCOUNT, MoneyKind.ROUNDING, MoneyKind.TOTAL):
        minor = abs(minor)
    yield MoneyLine(kind, sureness, minor, amount.currency, index, label, row.text)


def _names_a_number(label: str) -> bool:
    return bool(
        field_names(label)
        & {
            "order_number",
            "invoice_number",
            "receipt_number",
            "number",
            "booking",
            "ocr",
            "quantity",
        }
    )


def _without_percent(label: str) -> str:
    text = re.sub(
        r"\(?[-\u2212]?\d{1,3}(?:[.,]\d{1,2})?\s?%\)?(?:\s*(?:av|of|på|on)\b.*)?", " ", label
    )
    text = re.sub(
        r"\([^)]{0,60}\)",
        lambda match: match[0] if re.search(r"(?i)moms|vat|tax|mva|mwst", match[0]) else " ",
        text,
    )
    amounts = find_amounts(text)
    return text[: amounts[0].start] if amounts and amounts[0].start > 3 else text


def _tax_table(rows: Sequence[Row], index: int) -> MoneyLine | None:
    """Read `Moms% | Netto | Moms | Brutto` with a row for each rate."""
    header = [cell for cell in rows[index].cells if cell]
    if len(header) < 3 or any(find_amounts(cell) for cell in header):
        return None
    kinds = [money_kind(cell)[0] for cell in header]
    columns = [
        at
        for at, kind in enumerate(kinds)
        if kind is MoneyKind.TAX and not _NO_TAX_COLUMN.search(header[at])
    ]
    if columns == [0] and len(header) == 3 and kinds[1] is MoneyKind.NET:
        columns = [2]  # "Moms | Underlag | Belopp": the first has the rates
    if MoneyKind.NET not in kinds or not columns:
        return None
    total, currency, quotes = 0, None, []
    for row in rows[index + 1 : index + 8]:
        cells = [cell for cell in row.cells if cell]
        nameless = len(cells) - len(header)  # above the rates may stand nothing
        if nameless not in (0, 1) or not re.search(r"\d", cells[0]):
            break
        amount = whole_amount(cells[columns[-1] + nameless])
        if amount is None:
            break
        total, currency = total + amount.minor, amount.currency or currency
        quotes.append(row.text)
    if not quotes:
        return None
    return MoneyLine(MoneyKind.TAX, 3, total, currency, index, "moms totalt", "\n".join(quotes))
