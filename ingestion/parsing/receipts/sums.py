"""Which reading of the amounts adds up: items + shipping + fees - discount = total.

The equation is what tells a price for one from a price for all, a total from what is left to pay
after a gift card, and a receipt that was understood from one that only looks so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.labels import MoneyKind
from ingestion.parsing.receipts.raw_items import ItemReading, RawItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingestion.parsing.receipts.money_lines import MoneyLine


@dataclass(slots=True)
class Sums:
    """The amounts of a receipt in minor units, and what was proved about them."""

    total: int | None = None
    total_quote: str = ""
    parts: dict[MoneyKind, int] = field(default_factory=dict)
    quotes: dict[MoneyKind, str] = field(default_factory=dict)
    subtotal: int | None = None
    subtotals: tuple[int, ...] = ()
    gift: int = 0
    gifts: tuple[int, ...] = ()  # what the ways to pay besides money may come to
    items: list[RawItem] = field(default_factory=list)
    adds_up: bool = False  # items and parts make the total
    subtotal_adds_up: bool = False  # the printed subtotal and the parts make the total
    makes_subtotal: bool = False  # the items alone make the printed subtotal
    net_adds_up: bool = False  # the printed net amount and VAT make the total
    net_contradicts: bool = False  # the only printed net amount and VAT do not
    contradicts: bool = False  # it should add up and does not
    doubted: bool = False  # it adds up, but leaves out a part or a surer total


# The highest VAT in Europe is 27 %: of a total with VAT that is 21.3 %. Tobacco and fuel aside,
# no receipt has more; US sales tax has less.
MOST_TAX = Decimal("0.22")
_NO_ADDITION = (MoneyKind.TAX, MoneyKind.DISCOUNT)
_PARTS = (
    MoneyKind.SHIPPING,
    MoneyKind.SERVICE_FEE,
    MoneyKind.TIP,
    MoneyKind.DEPOSIT,
    MoneyKind.DISCOUNT,
    MoneyKind.TAX,
    MoneyKind.ROUNDING,
)


# A deposit may be in the prices; the others are printed because they count.
_DOUBTFUL = frozenset(
    {MoneyKind.SHIPPING, MoneyKind.SERVICE_FEE, MoneyKind.TIP, MoneyKind.DISCOUNT}
)


def solve(lines: Sequence[MoneyLine], readings: Sequence[ItemReading], *, refund: bool) -> Sums:
    """Choose items and total so that they add up; the likeliest where nothing does."""
    sums = Sums()
    for kind in _PARTS:
        _gather(kind, lines, sums)
    gifts = [abs(line.minor) for line in _distinct(lines, MoneyKind.GIFT) if line.minor]
    # A gift card stands among the sums and again among the ways to pay.
    sums.gifts = tuple(dict.fromkeys((sum(dict.fromkeys(gifts)), sum(gifts)))) if gifts else ()
    sums.gift = sums.gifts[0] if gifts else 0
    subtotals = [line.minor for line in lines if line.kind is MoneyKind.SUBTOTAL]
    sums.subtotal, sums.subtotals = (subtotals[-1] if subtotals else None), tuple(subtotals)
    candidates = _candidates(lines, refund=refund)
    _choose(sums, candidates, readings, subtotals, refund=refund)
    if sums.adds_up and sums.total is not None:
        _take_taxes_of_a_fare(sums, lines)
        sums.doubted = sums.doubted or _misses_subtotal(sums)
    if sums.total is not None:
        nets = [line.minor for line in lines if line.kind is MoneyKind.NET]
        tax = sums.parts.get(MoneyKind.TAX, 0)
        # The net amount may be that of the goods, before freight and fees.
        fees = sum(sums.parts.get(kind, 0) for kind in (MoneyKind.SHIPPING, MoneyKind.SERVICE_FEE))
        tip = sums.parts.get(MoneyKind.TIP, 0)
        sums.net_contradicts = (
            len(nets) == 1
            and tax > 0
            and all(abs(nets[0] + tax + more - sums.total) > 100 for more in (0, fees, tip))
        )
        sums.net_adds_up = any(abs(net + tax - sums.total) <= 1 for net in nets) and tax > 0
    return sums


def _take_taxes_of_a_fare(sums: Sums, lines: Sequence[MoneyLine]) -> None:
    """Call an item what is too much to be VAT and is needed for the total: `Taxes`, of a fare."""
    tax, total = sums.parts.get(MoneyKind.TAX, 0), sums.total or 0
    rest = sum(minor for kind, minor in sums.parts.items() if kind not in _NO_ADDITION)
    rest -= sums.parts.get(MoneyKind.DISCOUNT, 0)
    goods = sum(item.total or 0 for item in sums.items)
    if not (tax > total * MOST_TAX and goods + rest + tax == total):
        return
    line = next((line for line in lines if line.kind is MoneyKind.TAX and line.minor == tax), None)
    if line is not None:
        sums.items.append(RawItem(line.label, line.row, line.quote, Decimal(1), tax, tax))
        del sums.parts[MoneyKind.TAX]


def _choose(
    sums: Sums,
    candidates: list[MoneyLine],
    readings: Sequence[ItemReading],
    subtotals: list[int],
    *,
    refund: bool,
) -> None:
    options = [items for reading in readings for items in priced_alternatives(reading.items)]
    for exact in (True, False):
        for items in options:
            amount = sum(item.total or 0 for item in items)
            amount = abs(amount) if refund else amount
            if amount and _match(sums, candidates, amount, len(items), exact=exact):
                sums.items, sums.adds_up = items, True
                return
    for subtotal in subtotals:
        if _match(sums, candidates, subtotal, 1, exact=True):
            sums.subtotal_adds_up = True
            # Items that make the subtotal would have been found above; keep the likeliest.
            break
    else:
        _take_likeliest(sums, candidates)
    sums.items = _nearest(options, sums.subtotal or sums.total)
    goods = sum(item.total or 0 for item in sums.items)
    sums.makes_subtotal = bool(sums.items) and goods == sums.subtotal
    sums.contradicts = bool(options) and bool(candidates)


def _misses_subtotal(sums: Sums) -> bool:
    """Tell whether the goods are not what the mail says they come to, with any of the parts."""
    if len(set(sums.subtotals)) != 1:
        return False  # several are of parcels, or before and after something
    goods = sum(item.total or 0 for item in sums.items)
    found = {sign * amount for amount in sums.parts.values() for sign in (1, -1)} | {0}
    known = {goods + one + other for one in found for other in found}
    return all(abs(abs(each) - abs(sums.subtotals[0])) > 100 for each in known)


def _nearest(options: Sequence[list[RawItem]], goods: int | None) -> list[RawItem]:
    """Return the first reading, its lone prices so that they come nearest to the goods."""
    if not options:
        return []
    names = [item.name for item in options[0]]
    same = [option for option in options if [item.name for item in option] == names]

    def distance(option: list[RawItem]) -> int:
        return abs(sum(item.total or 0 for item in option) - goods) if goods else 0

    return min(same, key=distance)


def _match(
    sums: Sums, candidates: list[MoneyLine], amount: int, count: int, *, exact: bool
) -> bool:
    """Find the candidate that items and parts make; all parts first, then with fewer."""
    for candidate in candidates:
        for expected, left_out in _expected(sums, amount, all_parts=exact):
            for gift in (0, *sums.gifts):
                if _equal(expected - gift, abs(candidate.minor), count, exact=exact):
                    sums.total = expected if gift else abs(candidate.minor)
                    sums.total_quote = candidate.quote
                    sums.gift = gift or sums.gift
                    sums.doubted = bool(left_out & _DOUBTFUL) or _is_outdone(sums, candidates)
                    return True
    return False


def _is_outdone(sums: Sums, candidates: list[MoneyLine]) -> bool:
    """Tell whether the surest totals all say something else than what adds up."""
    surest = max(candidate.sureness for candidate in candidates)
    known = {sums.total, (sums.total or 0) - sums.gift}
    return not any(
        abs(candidate.minor) in known for candidate in candidates if candidate.sureness == surest
    )


def _equal(expected: int, printed: int, count: int, *, exact: bool) -> bool:
    if expected == printed:
        return True
    # Rounded to whole kronor, as cash is; or unit prices that were rounded.
    rounded = printed % 100 == 0 and abs(expected - printed) < 50 and expected % 100 != 0
    return not exact and (rounded or abs(expected - printed) <= min(count, 5))


def _expected(
    sums: Sums, amount: int, *, all_parts: bool
) -> Iterator[tuple[int, frozenset[MoneyKind]]]:
    """Yield what the total may be, and which parts are not in it.

    Parts may be in the items already, VAT on top or within.
    """
    signed = {kind: minor for kind, minor in sums.parts.items() if minor and kind != MoneyKind.TAX}
    if MoneyKind.DISCOUNT in signed:
        signed[MoneyKind.DISCOUNT] = -signed[MoneyKind.DISCOUNT]
    tax = sums.parts.get(MoneyKind.TAX, 0)
    kinds = list(signed)
    sizes = [len(kinds)] if all_parts else range(len(kinds), -1, -1)
    for size in sizes:
        for chosen in combinations(kinds, size):
            base = amount + sum(signed[kind] for kind in chosen)
            left_out = frozenset(kinds) - frozenset(chosen)
            yield base, left_out
            if tax:
                yield base + tax, left_out


def _take_likeliest(sums: Sums, candidates: list[MoneyLine]) -> None:
    if not candidates:
        return
    best = candidates[0]
    sums.total, sums.total_quote = abs(best.minor), best.quote
    with_gift = abs(best.minor) + sums.gift
    for other in candidates:
        if sums.gift and abs(other.minor) == with_gift:
            sums.total, sums.total_quote = with_gift, other.quote


def _candidates(lines: Sequence[MoneyLine], *, refund: bool) -> list[MoneyLine]:
    """Return what may be the total, the likeliest first: by sureness, then the last printed."""
    wanted = {MoneyKind.TOTAL, MoneyKind.PAID} | ({MoneyKind.REFUND} if refund else set())
    found = [line for line in lines if line.kind in wanted and line.minor]

    def rank(line: MoneyLine) -> tuple[int, int, int]:
        refunded = line.kind is MoneyKind.REFUND
        return (-int(refunded), -line.sureness, -line.row)

    ranked = sorted(found, key=rank)
    return ranked or [line for line in lines if line.kind in wanted]


def _distinct(lines: Sequence[MoneyLine], kind: MoneyKind) -> list[MoneyLine]:
    """Return the lines of a kind, one for each label and amount: summaries repeat themselves."""
    seen = {(line.label.lower(), abs(line.minor)): line for line in lines if line.kind is kind}
    return list(seen.values())


def _gather(kind: MoneyKind, lines: Sequence[MoneyLine], sums: Sums) -> None:
    found = _distinct(lines, kind)
    if kind is MoneyKind.TAX:
        found = _of_tax(found)
    if not found:
        return
    amounts = _without_parts([line.minor for line in found])
    if (
        kind in (MoneyKind.SHIPPING, MoneyKind.TIP, MoneyKind.SERVICE_FEE)
        and len(set(amounts)) == 1
    ):
        amounts = amounts[:1]
    total = sum(amounts)
    if kind is MoneyKind.DISCOUNT:
        total = (
            sum(abs(minor) for minor in dict.fromkeys(map(abs, amounts)))
            if len(set(map(abs, amounts))) < len(amounts)
            else sum(map(abs, amounts))
        )
    if kind is MoneyKind.DISCOUNT and total == 0:
        return
    sums.parts[kind] = total
    sums.quotes[kind] = "\n".join(dict.fromkeys(line.quote for line in found))


def _without_parts(amounts: list[int]) -> list[int]:
    """Keep the last where it is the sum of those before: freight of parcels, then of the order."""
    if len(amounts) > 2 and abs(sum(amounts[:-1])) == abs(amounts[-1]):
        return amounts[-1:]
    return amounts


def _of_tax(found: list[MoneyLine]) -> list[MoneyLine]:
    """Several rates add up; a line for all of them stands for itself."""
    whole = [line for line in found if any(word in line.label.lower() for word in ("tot", "summa"))]
    if whole:
        return whole[-1:]
    sure = [line for line in found if line.sureness >= 2] or found
    if len({abs(line.minor) for line in sure}) == 1:
        return sure[:1]
    rated = [line for line in sure if "%" in line.label]
    return rated if len(rated) > 1 else rated or sure[-1:]


def priced_alternatives(raws: list[RawItem]) -> list[list[RawItem]]:
    """Return the items with every price filled in, once for each meaning of lone prices."""
    ambiguous = [raw for raw in raws if raw.lone is not None and raw.count != 1]
    if not ambiguous:
        return [[_priced(raw, as_unit=False) for raw in raws]]
    as_unit = [_priced(raw, as_unit=True) for raw in raws]
    as_total = [_priced(raw, as_unit=False) for raw in raws]
    unit_first = any(raw.lone_is_unit for raw in ambiguous)
    return [as_unit, as_total] if unit_first else [as_total, as_unit]


def _priced(raw: RawItem, *, as_unit: bool) -> RawItem:
    unit, total = raw.unit, raw.total
    if raw.lone is not None:
        unit, total = (raw.lone, None) if as_unit else (unit, raw.lone)
    count = Decimal(raw.count)
    if total is None and unit is not None:
        total = _rounded(unit * count)
    if unit is None and total is not None:
        unit = _rounded(total / count) if count else total
    if unit is not None and total is not None and count and abs(unit * count - total) > count:
        # A crossed-out price stood beside: what was paid for one is what the sum says.
        unit = _rounded(total / count) if count == count.to_integral() else unit
    return RawItem(
        raw.name,
        raw.row,
        raw.quote,
        count,
        unit,
        total,
        attributes=raw.attributes,
        currency=raw.currency,
    )


def _rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
