"""The layout reading: everything that a mail's visible rows say about a purchase."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts
from ingestion.parsing.receipts.classify import looks_like_refund
from ingestion.parsing.receipts.field_labels import field_names
from ingestion.parsing.receipts.items import find_items
from ingestion.parsing.receipts.labels import MoneyKind, speaks_of_refunds
from ingestion.parsing.receipts.money_lines import MoneyLines, find_sentences
from ingestion.parsing.receipts.pairs import find_pairs
from ingestion.parsing.receipts.raw_items import amount_of, is_day, merged
from ingestion.parsing.receipts.sums import Sums, solve
from ingestion.parsing.receipts.travel import find_legs, misses_legs
from ingestion.parsing.receipts.travellers import find_passengers
from ingestion.parsing.receipts.values import Found, Values, numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from ingestion.parsing.receipts.raw_items import ItemReading
    from ingestion.parsing.receipts.rows import Row
    from paypulse.receipts import Leg

_INVOICE = re.compile(r"(?i)(?<!kredit)faktura|invoice|räkning|\bbill\b|rechnung")
_PROMISED = re.compile(
    r"(?i)faktura|invoice|räkning|\bbill\b|rechnung|kvitto|receipt|beleg|quittung|kvittering"
    r"|regning"
)
_NORWEGIAN = re.compile(
    r"\b(?:mva|takk|beløp|kjøp\w*|å betale|bestillingsnummer|fraktkostnad|faktura(?:dato|nummer)"
    r"|antall|frakt|ordrenummer|kvittering|hos oss|kjære|hei|betalt"
    r"|forfallsdato|strøm\w*|ordrebekreftelse|hilsen|levert|varer|ikke)\b"
)
_DANISH = re.compile(
    r"\b(?:heraf|moms|tak|beløb|køb\w*|fragt|i alt|leveret|venlig hilsen|ordrebekræftelse|stykpris"
    r"|antal|ordrenummer|kvittering|hos os|kære|rabat"
    r"|betalt|forfaldsdato|levering|ikke|varer)\b"
)
# What only one country has: its VAT, its way to pay, its register of companies.
_COUNTRY_WORDS = (
    (r"\bmva\b|\bvipps\b|\bforetaksregisteret\b", "NOK"),
    (r"\bcvr(?:[-. ]?nr)?\b|\bdankort\b|\bbetalingsservice\b", "DKK"),
)
_DUE = re.compile(
    r"(?i)\b(?:pay(?:able|ment)?|paid|betalas?|betaling|zahlen|zahlbar)\b(?:[^.!?]"
    r"|\.\d){0,40}?\b(?:by"
    r"|before|senast|senest|före|innan|bis|inden)"
    r"(?:\s(?:den|the|zum|am))?\s|^(?:senast|senest|by|bis)\s(?:den\s)?(?=\d)|\|\s*(?:senast"
    r"|senest|by"
    r"|bis)\s(?:den\s)?(?=\d)"
)
# What will be drawn on a day to come: "we'll collect £102.43 by Direct Debit on 19 January".
_DRAWN = re.compile(
    r"(?i)\b(?:collect|debit|autogiro|betalingsservice|avtalegiro|lastschrift|trukket|trækkes"
    r"|trekkes|dras|betald|betalt|paid)\b(?:[^.!?]|\.\d){0,40}?\b(?:on|den|am)\s(?=\d)"
    r"|\b(?:vara betald|ist am|wird am)\s(?=\d)"
)
# Before a day: `beställning lagd den 12 oktober`, `the refund was issued on 20 November`.
_ORDERED_ON = re.compile(
    r"(?i)\b(?:beställ\w*|bestill\w*|bestilt|mottatt|modtaget|daterad|dated|datert|dateret|datiert"
    r"|utfärdad|order(?:ed)?(?: placed)?|köp(?:te|t|et)?|lagd|gjord(?:es)?|placed"
    r"|purchased?|bokad|mottogs|mottagen|mottog|received|betalades|payment|betalning|dragits"
    r"|debiterat|charged|paid|kvitto|receipt|refund(?:ed)?|issued|återbetal\w+)\b[^.]{0,60}?\b"
    r"(?:on|den|of|från|for)?\s*(?=\d|[A-Za-z]{3,9}\s\d)"
)
_ANOTHER_DAY = re.compile(
    r"(?i)leverans|deliver|nästa|next|förnya|renew|före|before|senast|arriv|until|till och med"
)
_DAYS_OF_A_WEEK = 7
_HEAD_ROWS = 15
_RESTAURANT_ROWS = 25
_PLAN = re.compile(
    r"(?:[Bb]eløpet gjelder|[Bb]etaling(?:en)? for|[Bb]etalning(?:en)? för|[Pp]ayment for"
    r"|[Pp]renumeration(?:en)? på|[Aa]bonnemang(?:et)? på"
    r"|[Ss]ubscription to)\s(?P<plan>[A-ZÅÄÖ][\w+&'-]*(?:\s[A-ZÅÄÖ0-9][\w+&'-]*){0,4})"
    r"(?=\s(?:gick|har|är|was|is|has)\b|[.,!]|$)"
)
_PLAN_ALONE = re.compile(
    r"(?:Abonnemang|Abonnement|Subscription|Medlemskap)\s(?P<plan>[A-ZÅÄÖ][\w+&' -]{2,40})"
)
_OLDEST_DAYS = 45
_LONGEST_ROW = 120
_CODE = re.compile(r"\b(?:SEK|EUR|USD|GBP|NOK|DKK)\b")
_SIGNS = {"€": "EUR", "£": "GBP"}
_KRONER = re.compile(r"(?i)(?<![^\W_])kr\.?(?![^\W_])")
_SHARES = re.compile(r"(?i)aktie-?kapital|share capital|stammkapital")
_KRONOR = {"no": "NOK", "dk": "DKK", "is": "ISK"}


@dataclass(slots=True)
class Layout:
    """What the rows say."""

    sums: Sums
    currency: str | None = None
    currencies: frozenset[str] = frozenset()
    order_number: Found[str] | None = None
    several_numbers: bool = False  # and nothing tells which of them is the order's
    ordered_on: Found[date] | None = None
    several_days: bool = False  # and no label tells which of them is the order's
    passes_by_days: bool = False  # days shortly before the mail, and none of them the order's
    refunded_on: Found[date] | None = None
    restaurant: Found[str] | None = None
    plan: Found[str] | None = None
    bought: Found[str] | None = None  # what a label names, where no item has a price
    billing_period: Found[str] | None = None
    ends: bool = False  # what was bought is not paid for again
    next_billing_on: Found[date] | None = None
    period: Found[tuple[date, date]] | None = None
    due_on: Found[date] | None = None
    consumption_kwh: Found[Decimal] | None = None
    ocr: Found[str] | None = None
    booking: Found[str] | None = None
    payment_method: Found[str] | None = None
    legs: tuple[Leg, ...] = ()
    misses_legs: bool = False  # the mail has times for more
    passengers: tuple[str, ...] = ()
    refund: bool = False
    swedish: bool = False  # by its words for VAT and sums
    told: set[str] = field(default_factory=set)  # which values stand in a sentence, not at a label

    def either[T](
        self, name: str, labelled: Found[T] | None, told: Found[T] | None
    ) -> Found[T] | None:
        """Return the labelled value, else the one that a sentence tells, and note that."""
        if labelled is None and told is not None:
            self.told.add(name)
        return labelled or told


def read_layout(rows: Sequence[Row], *, subject: str, domain: str, near: date | None) -> Layout:
    """Read the visible rows of a mail.

    Args:
        rows: From `page`.
        subject: Of the original mail.
        domain: Of its sender; tells kronor from kroner.
        near: The day on which it was sent.
    """
    text = "\n".join(row.text for row in rows)
    money = MoneyLines(rows)
    refund = looks_like_refund(subject, text) or (
        speaks_of_refunds(text.lower()) and _pays_back(money)
    )
    pairs = find_pairs(rows)
    values = Values(pairs, rows, near)
    promised = bool(_PROMISED.search(subject))
    layout = Layout(_solve(rows, money, refund=refund, promised=promised), refund=refund)
    layout.currency, layout.currencies = _currency(rows, domain, layout.sums)
    values.month_first = layout.currency in ("USD", "CAD")
    is_invoice = bool(_INVOICE.search(subject))
    is_receipt = bool(re.search(r"(?i)kvitto|receipt|beleg|quittung|kvittering", subject))
    layout.several_numbers = values.has_rival_numbers(subject)
    numbers = numbers_of(values, subject, is_invoice=is_invoice, is_receipt=is_receipt)
    layout.order_number = next(numbers, None)
    days = (
        ("invoiced_on", "ordered_on", "paid_on")
        if is_invoice
        else ("ordered_on", "invoiced_on", "paid_on")
    )
    layout.ordered_on = values.past_day(*days)
    if layout.ordered_on is None:
        layout.ordered_on = _day_in_text(rows, near, values)
        layout.several_days = layout.ordered_on is not None and _has_rival_days(rows, near)
    layout.passes_by_days = layout.ordered_on is None and _has_days_before(rows, near)
    layout.refunded_on = values.day("refunded_on")
    layout.restaurant = layout.either(
        "restaurant",
        _without_street(values.text("restaurant")),
        _restaurant_in_text([subject, *(row.text for row in rows[:_RESTAURANT_ROWS])]),
    )
    layout.plan = layout.either("plan", values.text("plan"), _plan_in_text(rows))
    layout.bought = _named(values.text("item")) if not layout.sums.items else None
    layout.billing_period = values.billing_period()
    layout.ends = values.ends()
    layout.next_billing_on = layout.either(
        "next_billing_on", values.day("next_billing_on"), _next_billing(rows, near, values)
    )
    layout.period = values.period("billing_period") or _start_and_end(values)
    layout.due_on = layout.either("due_on", values.day("due_on"), _due_in_text(rows, near, values))
    layout.consumption_kwh = values.consumption()
    layout.ocr = values.ocr()
    layout.booking = values.number("booking")
    layout.payment_method = values.text("payment_method")
    layout.swedish = bool(re.search(r"(?i)\b(?:moms|att betala|totalsumma|summa|kvitto)\b", text))
    layout.legs = find_legs(rows, pairs, near)
    layout.misses_legs = bool(layout.legs) and misses_legs(rows, layout.legs, near)
    layout.passengers = find_passengers(rows, pairs)
    return layout


def _pays_back(money: MoneyLines) -> bool:
    """Tell whether a till printed a negative total and says that it was paid back."""
    lines = money.outside(())
    totals = [line.minor for line in lines if line.kind is MoneyKind.TOTAL and line.sureness > 1]
    paid_back = any(line.kind is MoneyKind.REFUND for line in lines)
    return paid_back and bool(totals) and max(totals) < 0


def _solve(rows: Sequence[Row], money: MoneyLines, *, refund: bool, promised: bool) -> Sums:
    """Solve once for each way to read the items, since they decide which rows are sums."""
    readings: list[ItemReading] = []
    best: Sums | None = None
    for reading in find_items(rows):
        if not refund and not any(amount_of(item) > 0 for item in reading.items):
            continue  # what only takes off is a discount
        readings.append(reading)
        lines = money.outside(reading.rows)
        sums = solve(lines, [reading], refund=refund)
        if sums.adds_up:
            sums.doubted = sums.doubted or reading.is_patched
            return sums
        better = best is None or (best.total is None and sums.total is not None)
        if better or (sums.makes_subtotal and best is not None and not best.makes_subtotal):
            best = sums
    for reading in readings:
        lines = money.outside(reading.rows, prose=True)
        told = solve(lines, [reading], refund=refund)
        if told.adds_up and not told.doubted:
            told.doubted = True  # prose speaks of other things, too
            return told
    if best is None or best.total is None:
        lines = money.outside(())
        sentences = find_sentences(rows, refund=refund, promised=promised)
        bare = solve([*lines, *sentences], readings[:1], refund=refund)
        if best is None or bare.total is not None:
            best = bare
    return best


def _currency(rows: Sequence[Row], domain: str, sums: Sums) -> tuple[str | None, frozenset[str]]:
    """Return the currency of the sums, and all that occur."""
    counts: Counter[str] = Counter()
    for row in rows:
        if len(row.text) > _LONGEST_ROW or _SHARES.search(row.text):
            continue  # a company's share capital, the price of something else
        for amount in find_amounts(" ".join(merged(row.cells))):
            if amount.currency:
                counts[amount.currency] += 1
    # "665,00 | kr": a currency may stand in a cell of its own.
    text = re.sub(r"(?<=\d) \| (?=[^\W\d_])", " ", sums.total_quote)
    quoted = [amount for amount in find_amounts(text) if amount.currency]
    exact = [amount for amount in quoted if abs(amount.minor) == sums.total]
    of_total = [amount.currency for amount in exact or quoted]
    named = frozenset(counts) - {"KR"}
    chosen = of_total[-1] if of_total else (counts.most_common(1)[0][0] if counts else None)
    if chosen is None:
        chosen = _named_currency(rows, sums.total_quote)
    if not of_total:  # the total's own row has none: what the mail names elsewhere may be it
        named |= {match[0] for row in rows for match in _CODE.finditer(row.text)}
    if chosen == "KR":
        country = domain.rpartition(".")[2]
        kroner = [code for code in ("SEK", "NOK", "DKK", "ISK") if code in named]
        chosen = kroner[0] if len(kroner) == 1 else _KRONOR.get(country, "SEK")
        if not kroner and chosen == "SEK":
            chosen = _by_words(rows)
    return chosen, named


def _named_currency(rows: Sequence[Row], total: str) -> str | None:
    of_total = re.search(r"\b(?:SEK|EUR|USD|GBP|NOK|DKK)\b", total)
    if of_total:
        return of_total[0]
    for row in rows:
        match = re.search(
            (
                r"(?i)\b(?:valuta|currency|belopp i|amounts? in|alla priser"
                r" i|prices in)\b\W*(?:är |is |are )?(?:i |in )?(?:svenska |swedish )?"
                r"(?P<code>sek|eur|usd"
                r"|gbp|nok|dkk|kronor|kr)\b(?P<column>)"
            ),
            row.text,
        )
        match = match or re.search(
            r"\((?P<code>SEK|EUR|USD|GBP|NOK|DKK|kr\.?)\)"
            r"|\b(?:[Pp]ris|[Pp]rice|[Bb]eløp|[Bb]eløb|[Ss]umme|[Ss]um|[Bb]elopp|[Aa]mount|[Bb]etrag|[Ss]umma),?\s(?P<column>SEK|EUR"
            r"|USD|GBP|NOK|DKK)\b",
            row.text,
        )
        if match:
            code = (match["code"] or match["column"]).upper().rstrip(".")
            return "KR" if code in ("KR", "KRONOR") else code
    alone = {cell for row in rows for cell in row.cells if _CODE.fullmatch(cell)}
    if len(alone) == 1:
        return alone.pop()  # the head of a column
    signs = {sign for row in rows for sign in _SIGNS if sign in row.text}
    if len(signs) == 1:
        return _SIGNS[signs.pop()]  # "Summa €"
    return "KR" if any(_KRONER.search(row.text) for row in rows) else None


def _by_words(rows: Sequence[Row]) -> str:
    """Tell Norwegian and Danish mails with bare `kr` by their letters and words."""
    text = " ".join(row.text for row in rows[:200]).lower()
    for word, code in _COUNTRY_WORDS:
        if re.search(word, text):
            return code
    norwegian, danish = (len(set(words.findall(text))) for words in (_NORWEGIAN, _DANISH))
    if not (norwegian or danish) or not re.search(r"[æø]|\b(?:og|af)\b", text):
        return "SEK"
    # A Swedish mail may name a place in the neighbour's spelling.
    if len(re.findall("[äö]", text)) > len(re.findall(r"[æø]|\b(?:og|af)\b", text)):
        return "SEK"
    return "NOK" if norwegian > danish else "DKK"


def _day_in_text(rows: Sequence[Row], near: date | None, values: Values) -> Found[date] | None:
    """Return the day that stands with words of ordering: `beställning lagd den 12 oktober`."""
    from ingestion.parsing.receipts.dates import find_dates

    for row in rows:
        if len(row.text) > 300:
            continue
        for match in _ORDERED_ON.finditer(row.text):
            if _ANOTHER_DAY.search(row.text[: match.end()]):
                break
            found = find_dates(
                row.text[match.end() : match.end() + 40], near, month_first=values.month_first
            )
            if found and found[0].start < 12:
                return Found(found[0].day, row.text)
    return _day_alone(rows, near)


def _has_rival_days(rows: Sequence[Row], near: date | None) -> bool:
    """Tell whether several days stand there on which the purchase may have been made."""
    from ingestion.parsing.receipts.dates import find_dates

    found = {dated.day for row in rows for dated in find_dates(row.text, near)}
    return sum(near is None or -_OLDEST_DAYS < (day - near).days < 2 for day in found) > 1


def _has_days_before(rows: Sequence[Row], near: date | None) -> bool:
    """Tell whether the mail prints a day of the week before it was sent."""
    from ingestion.parsing.receipts.dates import find_dates

    days = {dated.day for row in rows for dated in find_dates(row.text, near)}
    return near is not None and any(0 < (near - day).days <= _DAYS_OF_A_WEEK for day in days)


def _day_alone(rows: Sequence[Row], near: date | None) -> Found[date] | None:
    """Return the day that stands by itself in the head of a mail, with or without a time."""
    from ingestion.parsing.receipts.dates import find_dates

    for above, row in pairwise((None, *rows[:_HEAD_ROWS])):
        if row is None or (above and field_names(above.text)):
            continue
        days = [cell for cell in row.cells if is_day(cell)]
        found = find_dates(days[0], near) if len(days) == 1 else []
        others = [cell for cell in row.cells if cell and cell not in days]
        if len(found) != 1 or (near and not -_OLDEST_DAYS < (found[0].day - near).days < 2):
            continue  # of a journey, a delivery, something else
        if not any(map(field_names, others)):
            return Found(found[0].day, row.text)
    return None


def _named(found: Found[str] | None) -> Found[str] | None:
    """Leave out what is no name: the currency in a column's head."""
    return found if found and re.search(r"[^\W\d_]{3}", found.value) else None


def _without_street(found: Found[str] | None) -> Found[str] | None:
    """Cut `Pizzeria Solo, Storgatan 1` behind the name."""
    return Found(re.split(r", | \(", found.value)[0], found.quote) if found else None


def _restaurant_in_text(lines: Sequence[str]) -> Found[str] | None:
    for line in lines:
        match = re.search(
            r"(?:(?:[Bb]eställning|[Bb]eställde|[Mm]eal|[Oo]rdre?|[Mm]at|[Bb]eställt|[Oo]rdered|[Ff]ood|[Bb]estil(?:t"
            r"|ling)"
            r"|[Bb]estil?l(?:t|ing)|[Bb]estellung|[Kk]vitto|[Rr]eceipt)(?:\s#\S+)?(?::(?=\s[A-ZÅÄÖÆØ][a-zåäöæø])|\s(?:från|fra"
            r"|from"
            r"|hos|at|bei))|[Rr]eceipt\sfor)"
            r"\s(?P<name>[A-ZÅÄÖÆØ0-9][\w&'\u2019.-]*(?:\s(?:[A-ZÅÄÖÆØ&0-9][\w&'\u2019-]*|och|the"
            r"|of|i|på|[–-](?=\s[A-ZÅÄÖÆØ]))){0,4})",
            line,
        )
        if match:
            return Found(match["name"].rstrip(".,! "), line)
    return None


def _next_billing(rows: Sequence[Row], near: date | None, values: Values) -> Found[date] | None:
    """Read it from a sentence: `Ditt abonnemang förnyas den 3 mars 2026`."""
    from ingestion.parsing.receipts.dates import find_dates

    for row in rows:
        match = re.search(
            (
                r"(?i)\b(?:förnyas|renewed|nästa \w*(?:betalning|debitering|dragning"
                r"|faktura|gång)|renews?|next (?:payment|billing|charge"
                r"|invoice|bill)|will be charged|dras (?:nästa|igen)|be"
                r" billed|næste (?:betaling|opkrævning|trækning)|neste (?:betaling|trekk|faktura)"
                r"|fornyes|nächste (?:zahlung|abbuchung)|verlängert sich)\b"
            ),
            row.text[:300],
        )
        if match:
            found = find_dates(
                row.text[match.start() : match.start() + 100], near, month_first=values.month_first
            )
            if found:
                return Found(found[0].day, row.text)
    return None


def _due_in_text(rows: Sequence[Row], near: date | None, values: Values) -> Found[date] | None:
    """Read it from a sentence: `please pay SEK 478.00 by 31 October`, `senast 20-10-2025`."""
    from ingestion.parsing.receipts.dates import find_dates

    for row in rows:
        for match in _DUE.finditer(row.text[:300]):
            found = find_dates(
                row.text[match.end() : match.end() + 30], near, month_first=values.month_first
            )
            if found and found[0].start < 6:
                return Found(found[0].day, row.text)
    for row in rows:
        for match in _DRAWN.finditer(row.text[:300]):
            found = find_dates(
                row.text[match.end() : match.end() + 30], near, month_first=values.month_first
            )
            if found and found[0].start < 6 and near is not None and found[0].day > near:
                return Found(found[0].day, row.text)
    return None


def _plan_in_text(rows: Sequence[Row]) -> Found[str] | None:
    """Read it from a sentence: `Din betalning för Sagosvepet Familj gick igenom`."""
    for row in rows[:_HEAD_ROWS]:
        match = _PLAN.search(row.text[:200]) or _PLAN_ALONE.fullmatch(row.text)
        if match:
            return Found(match["plan"].strip(), row.text)
    return None


def _start_and_end(values: Values) -> Found[tuple[date, date]] | None:
    start, end = values.day("period_start"), values.day("period_end")
    if start and end and start.value < end.value:
        return Found((start.value, end.value), f"{start.quote}\n{end.quote}")
    return None
