"""Items that make the sum and may still be wrong: a count or a name that rests on a guess.

That prices add up says nothing about how many there were, or about what stands in a name.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import permutations
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts
from ingestion.parsing.receipts.dates import find_dates
from ingestion.parsing.receipts.labels import money_kind
from ingestion.parsing.receipts.raw_items import METERED, is_product, is_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parsing.receipts.raw_items import RawItem

_TIMES_IN_NAME = re.compile(r"(?i)\d\s?(?:st\.?|pcs|stk)?\s?(?:[x×*@]|à|á)\s*\W{0,2}\d+[.,]\d\d\b")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,4}(?:[.,]\d{1,3})?(?![\w.,]|[.,]\d)")
_LABEL = re.compile(
    r"(?i)(?:sold by|säljs av|giltig|valid|gäller|ersättning|istället|instead"
    r"|botten|topping|tillval|val|choose|extra|vänster|höger)\b\W"
    r"|(?:du beställde|såld av|you ordered|we picked)\b"
)
_TITLE = re.compile(
    r"(?i)(?:din |ditt |your |vår )?(?:order|beställning\w*|orderbekräftelse|kvitto|receipt"
    r"|faktura|invoice"
    r"|order confirmation|bestellung|rechnung|kvittering|ordrebekræftelse|ordrebekreftelse"
    r"|order summary|ordersammanfattning|tillval|summering|betalning|payment)\W*"
)
# "Styrka: -2.25" is said of a thing whose name stands elsewhere.
_ATTRIBUTE = re.compile(r"[^\W\d_]{2,12}: ?[-+]?\d")
# "TORK6", "PLA-175-MGR": the name stands in another column.
_CODE = re.compile(r"(?=[^ ]*\d)[A-Z0-9]+(?:[-.][A-Z0-9]+)*")
_CAPITALS = re.compile(r"[A-ZÅÄÖÆØ]{2,6}")
_HALF = re.compile(r"(?i)(?:\b(?:at|à|á|per|för|for|of|av|from|från|på)|[×*@:])$")
_MOST_NUMBERS = 8  # in a row that is looked through


def is_doubtful(items: Sequence[RawItem]) -> bool:
    """Tell whether one of the items may have another count or name than was read."""
    return _share_a_name(items) or any(
        _is_no_name(item)
        or _goes_on(item, items)
        or _is_shorthand(item, items)
        or _has_price_in_name(item)
        or _has_uneven_price(item)
        or _has_unread_count(item)
        for item in items
    )


def _is_no_name(item: RawItem) -> bool:
    """What reads like a label, a span of days, a code or half a sentence may belong to a name."""
    name = item.name
    if money_kind(name)[0] is not None and (item.count == 1 or item.unit is None):
        return True  # a sum, a fee or a discount, unless counted
    return (
        is_sentence(name)
        or bool(_LABEL.match(name) or _CODE.fullmatch(name) or _HALF.search(name))
        or bool(_TITLE.fullmatch(name) or _ATTRIBUTE.match(name))
        or len(find_dates(name)) > 1
    )


def _goes_on(item: RawItem, items: Sequence[RawItem]) -> bool:
    """Among names with capitals one in small letters goes on about a name above it."""
    others = [other.name for other in items if other is not item]
    first = item.name.split(" ")[0]
    return first.islower() and bool(others) and all(name[:1].isupper() for name in others)


def _is_shorthand(item: RawItem, items: Sequence[RawItem]) -> bool:
    """Among written names a short word in capitals is an article's code: `GAVE`."""
    others = [other.name for other in items if other is not item]
    return bool(_CAPITALS.fullmatch(item.name)) and any(not name.isupper() for name in others)


def _share_a_name(items: Sequence[RawItem]) -> bool:
    """One name with two prices is the second line of two names: `Zon A`."""
    prices: dict[str, set[int | None]] = {}
    for item in items:
        prices.setdefault(item.name, set()).add(item.unit)
    return any(len(found) > 1 for found in prices.values())


def _has_price_in_name(item: RawItem) -> bool:
    priced = any(amount.currency for amount in find_amounts(item.name))
    return priced or bool(_TIMES_IN_NAME.search(item.name))


def _has_uneven_price(item: RawItem) -> bool:
    """A count that the price cannot be divided by may be a number of something else."""
    count, total = Decimal(item.count), item.total
    if count == 1 or total is None or _is_printed(item.unit, item.quote):
        return False
    return count != count.to_integral() or total % int(count or 1) != 0


def _is_printed(minor: int | None, quote: str) -> bool:
    return minor is not None and any(
        abs(amount.minor) == abs(minor) for amount in find_amounts(quote, bare=True)
    )


def _has_unread_count(item: RawItem) -> bool:
    """A single one whose row prints two numbers that make the sum was bought more than once."""
    total = abs(item.total or 0)
    if item.count != 1 or not total or find_dates(item.quote) or METERED.search(item.quote):
        return False
    rest = item.quote.replace(item.name, " ")
    numbers = [Decimal(found.replace(",", ".")) for found in _NUMBER.findall(rest)]
    return any(
        1 not in (count, each) and is_product(count, int(each * 100), total)
        for count, each in permutations(numbers[:_MOST_NUMBERS], 2)
    )
