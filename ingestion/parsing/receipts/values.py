"""Values that are no sums: numbers, dates, periods, and the words of one category."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import parse_number
from ingestion.parsing.receipts.dates import find_dates
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.value_texts import (
    KWH,
    read_digits,
    read_interval,
    read_kwh,
    read_number,
    read_phrase,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from ingestion.parsing.receipts.pairs import Pair
    from ingestion.parsing.receipts.rows import Row

_NUMBER_SENTENCE = re.compile(
    r"(?i)\b(?:web|e-|kund|salgs|arbets|kredit)?(?P<kind>orderbekräftelse|beställningsbekräftelse"
    r"|bokningsbekräftelse"
    r"|ordrebekreftelse|ordrebekræftelse|auftragsbestätigung"
    r"|order confirmation|order|beställning|köp|purchase|bokning|booking|reservation"
    r"|confirmation|bekreftelses|bekræftelses|reservasjons|bestellung|bestell|beställnings|boknings|auftrags|buchungs|rechnung|buchung"
    r"|beleg|auftrag|bestilling|ordre"
    r"|kvittering|transaktion|transaction|inköp|kvitto"
    r"|receipt|faktura|invoice|referens|reference|biljett|ticket|pnr)(?:s|en|et|ens|ns)?"
    r"(?:[\s-]?(?:nummer(?:et)?(?: ditt| dit)?|nr|number|no|num|id|referens|reference|ref|kod"
    r"|code))?\.?"
    r"\s*(?:är|er|is|lautet|mit der nummer|med nummer|with (?:the )?number|har nummer|har nr\.?"
    r"|:|#|nr\.?|no\.?)?\s*[:#(\[]?\s*"
    r"(?P<token>[A-ZÅÄÖØÆ]{1,4}[ -]?\d{2,4}(?: \d{2,4}){1,3}(?![\d:.]|\s?(?:kr|SEK|€))"
    r"|#?[A-Z0-9][A-Z0-9./_-]*\d[A-Z0-9]*(?:[-/][A-Z0-9]+)*|[A-Z0-9]{5,8}(?=\b))(?!\d*,\d"
    r"|\s?(?:kr|sek|:-|€|%))"
)
_MONTH_ALONE = re.compile(
    r"(?i)\b(?P<month>januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november"
    r"|december"
    r"|january|february|march|may|june|july|august|october)\s+(?P<year>20\d\d)"
)
_MONTH_NUMBERS = {
    name: number
    for number, names in enumerate(
        (
            "januari january",
            "februari february",
            "mars march",
            "april",
            "maj may",
            "juni june",
            "juli july",
            "augusti august",
            "september",
            "oktober october",
            "november",
            "december",
        ),
        1,
    )
    for name in names.split()
}
# `HM 40 229 118`, `BM-550 218`: letters and groups of digits.
# "You're billed monthly … switching to yearly saves 15 %": what is paid counts.
_RECURS = re.compile(
    r"abonnemang|prenumer|subscri|förny|renew|debiter"
    r"|/\s?(?:mån|mo|år|y)|per (?:month|year|quarter|mån|år|kvartal|vecka)"
    r"|(?:pr\.?|pro) (?:mån|mån|måned|monat|jahr|år)"
    r"|billed|månadsavgift|årsavgift|monthly fee|faktureras|faktureres"
    r"|abgerechnet"
    r"|plan\b|medlem|member"
)
_JOINED = re.compile(r"[\w-]")
_PAID_EVERY = re.compile(
    r"(?i)\b(?:billed|charged|invoiced|renews|faktureras|debiteras|betalas|dras|förnyas"
    r"|faktureres|trekkes|trækkes|betales|abgerechnet|verlängert sich)\s(?P<how>[^.,;]{3,24})"
)
_OCR_IN_TEXT = re.compile(
    r"(?i)\bocr(?:[- ]?(?:nummer|nr|number))?\b\.?:?\s{0,3}(?P<ocr>\d(?: ?\d){3,24})(?![\d-])"
)
_OF_DOCUMENTS = ("invoice_number", "receipt_number")
_PERIOD_WORDS = re.compile(r"(?i)period|avser|förbrukning|covers|gäller|valid")
_NO_RENEWAL = re.compile(
    r"(?i)förnyas (?:inte|ej)|(?:does|will) not (?:auto-?)?renew|no auto-?renew|fornyes ikke"
    r"|nicht automatisch"
)
_OF_ORDER = re.compile(
    r"(?i)(?:order|beställnings?|bestell|bestillings?|ordre)[ -]?(?:dat|dag|day|dato)"
)
_ORDERED = re.compile(r"(?i)order|best|köp|purchase|faktura|invoice|rechnung|kvitto|receipt|bok")
_IN_BRACKETS = re.compile(r"(?i)\((?:nummer|nr\.?|no\.?|number):?\s*(?P<token>[\w-]{4,20})\)")
_OF_DELIVERY = re.compile(
    r"(?i)\b(?:leverer|levereras|leverans|deliver|arriv|ankommer|ankomst|estimated|beräknad|liefer)"
)
_OF_POINTS = re.compile(r"(?i)poäng|\bpoints?\b|\bpoeng\b|\bpunkte\b")
_HASH_NUMBER = re.compile(r"(?<!\S)#(?P<token>[A-Z0-9][\w./-]*\d[\w-]*)")
# "#5093377", "#5093377 – 2026-06-04 11:35"
_HASH_ALONE = re.compile(r"#[A-Z0-9][\w./-]*\d[\w-]*(?:\s*[–|,-]\s*\d[\d .:/-]*)?$")
_HEAD_ROWS = 20
_ORDER = re.compile(r"(?i)order|beställ|bok|köp|purchase|reserv|bestell|buch|auftrag|best|ordre")
# `1–31 december 2025`, up to the end of its second day.
_SHORT_PERIOD = re.compile(
    r"(?<![\d.,/-])(?P<first>\d{1,2})\.?\s?[-–]\s?\d{1,2}\.?\s?[^\W\d_]{3,9}\.?\s\d{4}$"
)
_DASH = re.compile(r"(?i)\.?\s*(?:[-–—]{1,2}|till|to|through|t\.o\.m\.?)\s*")


@dataclass(frozen=True, slots=True)
class Found[T]:
    """A value and the text that it was read from."""

    value: T
    quote: str


class Values:
    """Looks values up by the names of their labels."""

    def __init__(self, pairs: Sequence[Pair], rows: Sequence[Row], near: date | None) -> None:
        self._rows = rows
        self._near = near
        self._by_name: dict[str, list[Pair]] = {}
        self._place = {pair: place for place, pair in enumerate(pairs)}
        for pair in pairs:
            if _OF_POINTS.search(pair.quote) and "\n" not in pair.quote:
                continue  # "Poäng för detta köp: 287"
            for name in field_names(pair.label):
                self._by_name.setdefault(name, []).append(pair)
        self.month_first = False

    def first[T](self, names: Sequence[str], read: Callable[[str], T | None]) -> Found[T] | None:
        """Return the first value that can be read, by the order of names, then surest label."""
        for name in names:
            for pair in self._ranked(name):
                value = read(pair.value)
                if value is not None:
                    return Found(value, pair.quote)
        return None

    def _ranked(self, name: str) -> list[Pair]:
        pairs = self._by_name.get(name, ())
        return sorted(pairs, key=lambda pair: (-(pair.strength > 1), pair.row))

    def is_before(self, name: str, other: str) -> bool:
        """Tell whether the first label of one name stands above the first of another."""
        pairs, others = self._by_name.get(name), self._by_name.get(other)
        return bool(pairs and others and self._place[pairs[0]] < self._place[others[0]])

    def day(self, *names: str) -> Found[date] | None:
        """Return a labelled date."""
        return self.first(names, self._day)

    def past_day(self, *names: str) -> Found[date] | None:
        """Return the first labelled date on which this mail's purchase can have been made.

        Where none is, one whose label says that it is the order's; "Datum" alone may be that of a
        journey or a show.
        """
        near = self._near
        found = [
            (pair, day)
            for name in names
            for pair in self._ranked(name)
            if (day := self._day(pair.value)) is not None
        ]
        # An invoice's own day gives way to that of the order, where both are printed.
        found.sort(key=lambda each: not _OF_ORDER.match(each[0].label))
        for pair, day in found:
            if near is None or (day - near).days <= 2:
                return Found(day, pair.quote)
        return next(
            (Found(day, pair.quote) for pair, day in found if _ORDERED.search(pair.label)), None
        )

    def _day(self, text: str) -> date | None:
        found = find_dates(text[:60], self._near, month_first=self.month_first)
        # A sentence that mentions a date further on is not the label's date.
        return found[0].day if found and found[0].start <= 25 else None

    def number(self, *names: str) -> Found[str] | None:
        """Return a labelled order, booking or invoice number."""
        # A label in the row of labels is no number, though it may look like a code.
        return self.first(names, lambda text: None if field_names(text) else read_number(text))

    def text(self, *names: str) -> Found[str] | None:
        """Return a labelled word or name."""
        return self.first(names, lambda value: None if field_names(value) else read_phrase(value))

    def numbers(self, *names: str) -> Iterator[Found[str]]:
        """Yield every labelled number, by the order of names."""
        for name in names:
            for pair in self._by_name.get(name, ()):
                number = read_number(pair.value)
                if number is not None and not field_names(pair.value):
                    yield Found(number, pair.quote)

    def has_rival_numbers(self, subject: str) -> bool:
        """Tell whether labels, else sentences, name several orders and the subject none of them."""
        named = {found.value for found in self.numbers("order_number")}
        if not named:
            named = {found.value for found in self._orders_in_rows()}
        if any(_stands_in(number, subject) for number in named):
            return False
        return any(one not in other and other not in one for one, other in combinations(named, 2))

    def number_in_text(self, subject: str) -> Found[str] | None:
        """Return an order number from running text, the subject first."""
        texts = (subject, *(row.text for row in self._rows))
        found = (number for text in texts for _, number in self._named_numbers(text))
        return next(found, None) or self._hash_number(subject) or self._in_brackets()

    def _hash_number(self, subject: str) -> Found[str] | None:
        """Return `#55123`, from the subject or from a row that holds nothing else."""
        alone = (row.text for row in self._rows[:_HEAD_ROWS] if _HASH_ALONE.match(row.text))
        for text in (subject, *alone):
            match = _HASH_NUMBER.search(text)
            number = read_number(match["token"]) if match else None
            if number is not None:
                return Found(number, text)
        return None

    def _in_brackets(self) -> Found[str] | None:
        """Return `24871` of `Ihre Bestellung bei Speicherkontor (Nummer: 24871)`."""
        for row in self._rows[:_HEAD_ROWS]:
            match = _IN_BRACKETS.search(row.text)
            number = read_number(match["token"]) if match and _ORDER.search(row.text) else None
            if number is not None:
                return Found(number, row.text)
        return None

    def order_in(self, subject: str) -> Found[str] | None:
        """Return the number that a subject calls that of the order or booking."""
        found = (number for kind, number in self._named_numbers(subject) if _ORDER.match(kind))
        return next(found, None)

    def order_in_rows(self) -> Found[str] | None:
        """Return the number that a sentence calls the order's: `Bestellnummer lautet 4417`."""
        return next(self._orders_in_rows(), None)

    def _orders_in_rows(self) -> Iterator[Found[str]]:
        for row in self._rows:
            for kind, number in self._named_numbers(row.text):
                if _ORDER.match(kind) and re.search(r"\s\S+\s", row.text):
                    yield number

    def _named_numbers(self, text: str) -> Iterator[tuple[str, Found[str]]]:
        if _OF_POINTS.search(text):
            return  # "Poäng för detta köp: 287"
        for match in _NUMBER_SENTENCE.finditer(text[:300]):
            token = read_number(match["token"])
            if token and re.search(r"\d", token) and not find_dates(token, self._near):
                yield match["kind"], Found(token, text)

    def period(self, *names: str) -> Found[tuple[date, date]] | None:
        """Return a labelled period: two dates, or the name of a month."""
        return self.first(names, self._two_days) or self._in_rows()

    def _two_days(self, text: str) -> tuple[date, date] | None:
        found = find_dates(text[:80], self._near)
        if len(found) >= 2 and found[0].day <= found[1].day:
            return found[0].day, found[1].day
        short = re.match(r"\W*(\d{1,2})\.?\s?[-–]\s?(\d{1,2}\.?\s.+)$", text[:60])
        if short and (ends := find_dates(short[2], self._near)):
            try:
                return ends[0].day.replace(day=int(short[1])), ends[0].day
            except ValueError:
                return None
        if (match := _MONTH_ALONE.search(text[:60])) and not found:
            year, month = int(match["year"]), _MONTH_NUMBERS[match["month"].lower()]
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        return None

    def _in_rows(self) -> Found[tuple[date, date]] | None:
        found: dict[tuple[date, date], str] = {}
        for row in self._rows:
            if _OF_DELIVERY.search(row.text):
                continue  # "Levereras 19 maj–21 maj"
            for cell in row.cells:
                period = self._period_in(cell[:200])
                if period is not None:
                    found.setdefault(period, row.text)
        # Of several nobody says which is the invoice's.
        return Found(*next(iter(found.items()))) if len(found) == 1 else None

    def _period_in(self, cell: str) -> tuple[date, date] | None:
        days = find_dates(cell, self._near)
        if len(days) == 1 and (short := _SHORT_PERIOD.search(cell[: days[0].end])):
            first = int(short["first"])
            return (
                (days[0].day.replace(day=first), days[0].day)
                if 0 < first < days[0].day.day
                else None
            )
        spans = [
            (first.day, last.day)
            for first, last in pairwise(days)
            if first.day < last.day and _DASH.fullmatch(cell[first.end : last.start])
        ]
        if len(days) > 2:  # "dated 26 March, for 26 March to 25 April"
            return spans[0] if len(spans) == 1 else None
        if len(days) != 2 or days[0].day >= days[1].day:
            return None
        between = cell[days[0].end : days[1].start]
        is_period = _PERIOD_WORDS.search(cell) or _DASH.fullmatch(between)
        return (days[0].day, days[1].day) if is_period else None

    def ends(self) -> bool:
        """Tell whether the mail says that what was bought is paid for once and runs out."""
        return any(_NO_RENEWAL.search(row.text) for row in self._rows)

    def billing_period(self) -> Found[str] | None:
        """Return how often a subscription is paid."""
        if self.ends():
            return None
        found = self.first(("billing_period", "plan", "next_billing_on"), read_interval)
        if found is not None:
            return found
        for row in self._rows:
            match = _PAID_EVERY.search(row.text[:300])
            interval = read_interval(match["how"]) if match else None
            if interval is not None:
                return Found(interval, row.text)
        intervals: dict[str, Found[str]] = {}
        for row in self._rows:
            recurs = _RECURS.search(row.text.lower())
            if recurs or len(find_dates(row.text, self._near)) == 2:
                interval = read_interval(row.text[:300])
                if interval:
                    intervals.setdefault(interval, Found(interval, row.text))
        # "A yearly membership works out at 4 a month": two are none.
        return next(iter(intervals.values())) if len(intervals) == 1 else None

    def consumption(self) -> Found[Decimal] | None:
        """Return the kWh consumed."""
        labelled = self.first(("consumption",), read_kwh)
        if labelled is not None:
            return labelled
        for row in self._rows:
            for match in KWH.finditer(row.text[:300]):
                before = row.text[: match.start()]
                if not re.search(
                    r"(?i)(?:öre|kr|sek)\s?(?:/|per)\s?$|årsförbrukning|per år|beräknad", before
                ):
                    number = parse_number(match["number"])
                    if number is not None and number > 1:
                        return Found(number, row.text)
        return None

    def ocr(self) -> Found[str] | None:
        """Return the payment reference: digits only."""
        return self.first(("ocr",), read_digits) or self._ocr_in_text()

    def _ocr_in_text(self) -> Found[str] | None:
        """Read it from a sentence: `… med OCR-nummer 409188273067`."""
        for row in self._rows:
            match = _OCR_IN_TEXT.search(row.text)
            if match is not None:
                return Found(re.sub(r"\D", "", match["ocr"]), row.text)
        return None


def numbers_of(
    values: Values, subject: str, *, is_invoice: bool, is_receipt: bool
) -> Iterator[Found[str]]:
    """Yield what may be the order number, the likeliest first."""
    order = ["order_number", "booking", "invoice_number", "receipt_number"]
    order += ["number", "ticket_number"]
    named = values.order_in_rows()
    if is_receipt and not is_invoice:
        order.remove("receipt_number")
        order.insert(2, "receipt_number")
    if values.is_before("number", "booking"):
        # "Nummer" on top and a booking code further down: both are given, and differ.
        order.insert(1, "number")
    for name in order:
        if name in _OF_DOCUMENTS and (ordered := values.order_in(subject) or named) is not None:
            yield ordered
        if name in _OF_DOCUMENTS:
            yield from _in_subject(values.numbers(*_OF_DOCUMENTS), subject)
        if (labelled := values.number(name)) is not None:
            yield labelled
    for found in (values.number_in_text(subject), values.number("payment_number")):
        if found is not None:
            yield found


def _in_subject(numbers: Iterator[Found[str]], subject: str) -> Iterator[Found[str]]:
    """Of an invoice's number and its receipt's, the subject tells what the mail is."""
    for found in numbers:
        if _stands_in(found.value, subject):
            yield found


def _stands_in(number: str, subject: str) -> bool:
    around = subject.split(number)
    return any(
        not (_JOINED.match(before[-1:]) or _JOINED.match(after[:1]))
        for before, after in pairwise(around)
    )
