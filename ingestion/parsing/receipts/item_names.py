"""What shops put into an item's name besides the name: size, color, warranty, count."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from ingestion.parsing.receipts.amounts import find_amounts, parse_number, whole_amount
from ingestion.parsing.receipts.dates import find_dates

_SIZE_FORM = (
    r"(?:[2-6]?X{0,3}[SL]|M|XX?L|[2-6]XL|one ?size|onesize|\d{2,3}(?:[-/]\d{2,3})?"
    r"|(?:EU|US|UK) ?\d{1,2}(?:[.,]5)?|W?\d{2}/?L\d{2}|\d{2}x\d{2})"
)
_KEYS = {
    "size": r"(?:storlek|stl|strl|size|str|sz|størrelse|größe|koko)",
    "color": r"(?:färg|colou?r|kulör|fg|farve|farge|farbe|väri)",
    "serial": r"(?:s/n|sn|serie-?\s?(?:nummer|nr)|serial(?: (?:number|no))?|imei)",
    "warranty": r"(?:garanti(?:e|tid)?|warranty|guarantee)",
    "article": (
        r"(?:art\.?\s?-?(?:nr|nummer|no)|artikel(?:nummer|nr)|varunr"
        r"|sku|transaction id|item (?:no|number|#)|ean|product code|model|modell|art)"
    ),
    "seller": r"(?:sold(?: and shipped)? by|säljs av|såld av|verkauft? (?:durch|von)|sælges af)",
    "quantity": r"(?:antal|qty|quantity|st)",
    "unit": (
        r"(?:je|einzelpreis|stückpreis|stykpris|stk\.?pris|à-?pris|á-?pris|a-pris|enhetspris"
        r"|pris per st(?:yck)?|pris/\w{1,4}"
        r"|per unit|styckpris|pris/st|st-?pris|unit price|price each"
        r"|each|pris per st|à|á)"
    ),
    "line": r"(?:pris|price|summa|belopp|total(?:t)?|radsumma|line total|amount)",
}
_KEYED = {
    name: re.compile(rf"(?i)^\W*{key}\b\.?\s*[:=.#]?\s*(?P<value>\S.*?)\s*$")
    for name, key in _KEYS.items()
}
_WARRANTY_LAST = re.compile(
    r"(?i)^\W*(?P<value>\d+\s?(?:mån(?:ader)?|år|months?|years?|yrs?"
    r"|m))\.?[\s-]*(?:s )?(?:garanti|warranty|guarantee)\W*$"
)
_INLINE = (
    (
        "serial",
        re.compile(
            rf"(?i)[\s(,;–-]+{_KEYS['serial']}\b\.?\s*[:#]?\s*(?P<value>(?=[\w-]*\d)[A-Z0-9][\w-]{{3,30}})\)?"
        ),
    ),
    (
        "size",
        re.compile(
            rf"(?i)[\s(,;–-]+{_KEYS['size']}\b\.?\s*:?\s*(?P<value>{_SIZE_FORM})(?![\w/])\)?"
        ),
    ),
    # "Tvättmedel Color Flytande" is a name.
    (
        "color",
        re.compile(
            rf"(?i)(?:[\s(,;–-]+{_KEYS['color']}\b\s*:|[(,;–-]\s*{_KEYS['color']}\b)\s*(?P<value>[^\W\d_][\w-]*)\)?"
        ),
    ),
    (
        "warranty",
        re.compile(
            r"(?i)[\s(,;–-]+(?:garanti|warranty)\s*:?\s*(?P<value>\d+\s?(?:mån(?:ader)?|år|months?"
            r"|years?))\)?"
        ),
    ),
    (
        "warranty",
        re.compile(
            r"(?i)[\s(,;–-]+(?P<value>\d+\s?(?:mån(?:ader)?|år|months?"
            r"|years?|yr))[\s-]*(?:s )?(?:garanti|warranty)\)?"
        ),
    ),
)
_COUNT = r"(?P<count>\d{1,3}(?:[.,]\d{1,3})?)"
_COUNT_FIRST = re.compile(
    rf"(?i)^\W*{_COUNT}\s?(?:st\.?|pcs|stk)?\s?[x×*]\s+(?=\S)|^\W*"
    rf"{_COUNT.replace('count', 'count2')}"
    rf"\s?(?:st|pcs|stk)\.?\s+(?=\S)|^[x×](?P<count3>\d{{1,3}})\s+"
)
_TRAVELLERS = re.compile(
    r"(?i)^(?P<count>\d{1,2})\s+(?=(?:vux(?:en|na)|adult|barn|child|ungdom|student|youth|pensionär"
    r"|senior"
    r"|person|biljett|ticket|resenär))"
)
_WEIGHT_FIRST = re.compile(r"(?i)^(?P<count>\d{1,3}[.,]\d{1,3})\s?kg\s+(?=[^\W\d_])")
_COUNT_LAST = re.compile(
    rf"(?i)[\s,(–-]+(?:(?-i:x|× ?|X )\s?{_COUNT}|{_COUNT.replace('count', 'count2')}\s?(?:st"
    rf"|pcs|stk|x|×)\.?|(?:antal|qty|quantity)\s?[:.]?\s?{_COUNT.replace('count', 'count3')}"
    rf"(?:\s?st)?)\)?\s*$"
)
_CELL_COUNT = re.compile(
    rf"(?i)^(?:(?:antal|antall|qty|quantity|anzahl|menge)\s?[:.]?\s*)?[x×-]?\s?{_COUNT}\s?(?:st"
    rf"|pcs|stk|stück|x|×|pc|ea|cop(?:y|ies)|ex|exemplar|units?|seats?|users?|licen[sc]es?"
    rf"|licenser|användare|brukere|nutzer)?\.?$"
)
_COUNT_OF = re.compile(
    r"(?i)^(?P<count>\d{1,3})\s(?:av|of|von|af)\s\d{1,3}(?:\s?(?:st|pcs|stk))?\.?$"
)
_LEAST_PACK = 25
_COUNTED_ELSEWHERE = Decimal(-1)
_SEPARATOR = re.compile(r"(\s*[,;]\s+|\s+[–—-]\s+|\s*\n\s*|\s+/\s+|\s*\|\s*|\s*·\s*)")


_TIMES = (
    r"(?P<count>\d{1,3}(?:[.,]\d{1,3})?)\s?(?:st\.?|pcs|kg|nätter|natt|dygn|dagar|nights?|nächte"
    r"|netter|nætter|personer|pers\.?|gäster|vuxna|barn)?\s*(?:[x×*@]|à|á|\bat\b)\s*"
    r"(?P<price>[^()\n/]{3,20})(?:/\w{1,3})?"
)
_PRICE_INSIDE = re.compile(rf"(?i)\s*\(\s*{_TIMES}\)|\n\s*{_TIMES.replace('>', '2>')}(?=\n|$)")
# Behind a name, where only money makes it a price: `, 2 st à 50,00 kr`, `, 7 × € 9,50`.
_MEASURE = re.compile(
    r"(?i)^(?:ca\.?\s)?(?P<count>\d{1,4}(?:[.,]\d{1,3})?)\s?(?:kg|hg|h|tim(?:mar)?|hours?|m|meter|std\.?"
    r"|timer?)\.?$"
)
_RATE = re.compile(
    r"(?i)^\(?(?P<price>[^()/]{3,18}?)\s*(?:(?:/|per\s|pr\.?\s|je\s)\s*(?:kg|hg|h|tim(?:me)?|hour"
    r"|m|meter"
    r"|st(?:k|ück|yck)?|pcs|unit|item)\.?|each|\bst)\)?$"
)
_PRICE_BEHIND = re.compile(rf"(?i)[\s,;–-]+{_TIMES}$")
_COLOR_WORDS = re.compile(r"[^\W\d_][\w-]+(?: [^\W\d_][\w-]+)?")
_VARIANT_INSIDE = re.compile(
    rf"(?i)\s*\((?P<size>{_SIZE_FORM})\s*[/,]\s*(?P<color>[^\W\d_][^()/,]{{1,24}})\)\s*$"
)
_ARTICLE_INSIDE = re.compile(r"\s*\(#[\w.-]{1,30}\)")
# A bar code or article number on a line above the name.
_ARTICLE_FIRST = re.compile(r"^\d{5,14}\s*\n\s*")
# `Capricciosa á 125:-`, `Rörlig avgift 612 kWh x 31,5 öre`: the row's last column is the sum.
_EACH_BEHIND = re.compile(r"(?i)\s+[àá@]\s?(?P<price>\d[\d .,:]*(?:-|kr|sek)?)\s*$")
_METERED_BEHIND = re.compile(
    r"(?i)[\s,]+\d[\d ]*(?:[.,]\d+)?\s?(?:kwh|m3|m³)\s*[x×*àá]\s*[\d.,]+\s*(?:öre|kr)?(?:/\w+)?$"
)
_PARENTHESIS = re.compile(r"\s*\([^()]{8,60}\)")


@dataclass(slots=True)
class NamedItem:
    """An item's name, freed from what else stood in it."""

    name: str
    quantity: Decimal | None = None
    unit_minor: int | None = None
    line_minor: int | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    measure: Decimal | None = None  # a weight or time; counts where its price is printed, too


def read_measure(text: str) -> Decimal | None:
    """Return the number of `0,864 kg` or `0,5 h`."""
    match = _MEASURE.match(text.strip())
    return parse_number(match["count"]) if match else None


def read_rate(text: str) -> int | None:
    """Return the price for one of `16,00 /kg`, `(344,00/h)` or `NOK 159.00 each`."""
    match = _RATE.match(text.strip())
    amounts = find_amounts(match["price"]) if match else []
    return amounts[0].minor if len(amounts) == 1 else None


def _without_period(parenthesis: re.Match[str]) -> str:
    """Drop what a subscription is paid for: `(3 feb 2026 – 2 mars 2026)`."""
    return "" if len(find_dates(parenthesis[0])) > 1 else parenthesis[0]


def _without_variant(text: str, item: NamedItem) -> str:
    """Take `(M / Indigo)` out of a name."""
    match = _VARIANT_INSIDE.search(text)
    if match is None or re.fullmatch(r"\d{3,}", match["size"]):
        return text
    item.attributes |= {"size": match["size"], "color": match["color"].strip()}
    return text[: match.start()]


def _without_price(text: str, item: NamedItem) -> str:
    """Take `(2 × SEK 150.00)` out of a name."""
    match = _PRICE_INSIDE.search(text) or _PRICE_BEHIND.search(text)
    prices = (
        [value for name, value in match.groupdict().items() if "price" in name and value]
        if match
        else []
    )
    amounts = find_amounts(prices[0]) if prices else []
    if match is None or len(amounts) != 1:
        return text
    counts = [value for name, value in match.groupdict().items() if "count" in name and value]
    item.quantity = parse_number(counts[0])
    item.unit_minor = amounts[0].minor
    return f"{text[: match.start()]} {text[match.end() :]}".strip()


def _without_each(text: str, item: NamedItem) -> str:
    """Take the price of one from behind a name."""
    match = _EACH_BEHIND.search(text)
    amounts = find_amounts(match["price"], bare=True) if match else []
    if match is None or match.start() == 0 or len(amounts) != 1:
        return text
    item.unit_minor = item.unit_minor if item.unit_minor is not None else amounts[0].minor
    return text[: match.start()]


def read_count(cell: str) -> Decimal | None:
    """Return a quantity that fills a cell: `2`, `2 st`, `x2`, `Antal: 2`."""
    match = _CELL_COUNT.match(cell.strip())
    return parse_number(match["count"]) if match else None


def read_count_of(cell: str) -> Decimal | None:
    """Return what was delivered of what was ordered: 0 of `0 av 1 st`."""
    match = _COUNT_OF.match(cell.strip())
    return parse_number(match["count"]) if match else None


def read_name(text: str, *, with_count: bool = True) -> NamedItem:
    """Take a name apart: `Tröja, stl M, färg grön` is a `Tröja` with a size and a color.

    Args:
        text: As printed, with line breaks.
        with_count: Whether "4 st" is how many were bought, not what is in the pack.
    """
    # A count in a column of its own leaves "10 stk." to the name.
    item = NamedItem("", quantity=None if with_count else _COUNTED_ELSEWHERE)
    text = _without_variant(_ARTICLE_INSIDE.sub("", text), item)
    text = _without_price(_PARENTHESIS.sub(_without_period, text.strip()), item)
    text = _without_each(_METERED_BEHIND.sub("", text), item)
    text = _without_count(text, item) if with_count else text
    segments = _SEPARATOR.split(_ARTICLE_FIRST.sub("", text))
    kept: list[str] = []
    in_description = False
    sized_at = -2
    for at in range(0, len(segments), 2):
        segment = segments[at].strip()
        separator = segments[at - 1] if at else ""
        in_description = in_description or "\n" in separator
        if not segment or (at and take_attribute(segment, item)):
            continue
        rate = read_rate(segment) if at and item.unit_minor is None else None
        if rate is not None:
            item.unit_minor = rate
            continue
        if at and _is_variant(segment, item, after_size=at == sized_at + 2):
            sized_at = at
            continue
        if not (kept and in_description):
            kept.extend((separator if kept else "", segment))
    item.name = _without_inline("".join(kept), item)
    if with_count:
        item.name = _tidy(_without_count(item.name, item))
    if item.quantity is _COUNTED_ELSEWHERE:
        item.quantity = None
    return item


def take_attribute(segment: str, item: NamedItem) -> bool:
    """Move a segment such as `stl M` into the item; False when it is none."""
    segment = segment.strip().strip("()[]").strip()
    if match := _WARRANTY_LAST.match(segment):
        item.attributes.setdefault("warranty", match["value"])
        return True
    for name, pattern in _KEYED.items():
        match = pattern.match(segment)
        if match is not None and _take(name, match["value"], item):
            return True
    count = read_count(segment) if item.quantity is None else None
    if count is not None and re.search(r"(?i)[a-z×]", segment):
        item.quantity = count
        return True
    return False  # with a count already, "100 st" says what is in a pack


def _take(name: str, value: str, item: NamedItem) -> bool:
    value = value.strip(" ,;.:()")
    if name in ("size", "color"):
        if len(value) > 30 or find_amounts(value):
            return False
        item.attributes.setdefault(name, value)
    elif name in ("serial", "warranty"):
        if not re.search(r"\d", value) or len(value) > 40:
            return False
        item.attributes.setdefault(name, value)
    elif name == "quantity":
        value, _, rate = value.partition(" (")
        count = read_count(value)
        count = read_measure(value) if count is None else count
        if count is None:
            return False
        item.quantity = item.quantity or count
        unit = read_rate(rate) if item.unit_minor is None else None
        item.unit_minor = unit if unit is not None else item.unit_minor
    elif name in ("unit", "line"):
        return _take_price(name, value, item)
    return name != "article" or bool(re.search(r"\d", value))


def _take_price(name: str, value: str, item: NamedItem) -> bool:
    if name == "unit":
        amounts = find_amounts(value, bare=True)
        if len(amounts) == 1:
            item.unit_minor = amounts[0].minor
        return len(amounts) == 1
    amount = whole_amount(value)
    if amount is None:
        rate = read_rate(value) if item.unit_minor is None else None
        item.unit_minor = rate if rate is not None else item.unit_minor
        return rate is not None
    count = item.quantity if item.quantity is not None else Decimal(1)
    if item.line_minor is not None:
        if item.unit_minor is not None or item.line_minor * count != amount.minor:
            return False
        item.unit_minor = item.line_minor  # the price for one stood before the sum
        item.line_minor = amount.minor
        return True
    if item.unit_minor is not None and abs(item.unit_minor * count - amount.minor) > 2:
        return False  # the order's total, right under its last item
    item.line_minor = amount.minor
    return True


def _is_variant(segment: str, item: NamedItem, *, after_size: bool) -> bool:
    """Take a bare size, or the color that stands next to a bare size: `M / Grön`."""
    bare = segment.strip("() ")
    is_size = re.fullmatch(_SIZE_FORM, bare, re.IGNORECASE) and not re.fullmatch(r"\d{3,}", bare)
    if is_size and "size" not in item.attributes:
        item.attributes["size"] = bare
        return True
    if after_size and "color" not in item.attributes and _COLOR_WORDS.fullmatch(bare):
        item.attributes["color"] = bare
        return True
    return False


def _without_inline(name: str, item: NamedItem) -> str:
    """Take counts and attributes that no comma sets apart."""
    for key, pattern in _INLINE:
        match = pattern.search(name)
        if match is not None and match.start() > 0:
            item.attributes.setdefault(key, match["value"].strip())
            name = f"{name[: match.start()]} {name[match.end() :]}".strip()
    return _tidy(name)


def _tidy(name: str) -> str:
    return re.sub(r"\s+", " ", name).strip(" ,;:–—-*•")


def _without_count(name: str, item: NamedItem) -> str:
    for pattern in (_COUNT_FIRST, _WEIGHT_FIRST, _TRAVELLERS, _COUNT_LAST):
        match = pattern.search(name)
        if match is not None:
            counts = [value for value in match.groupdict().values() if value]
            count = parse_number(counts[0])
            if (
                pattern is _COUNT_LAST
                and count
                and count >= _LEAST_PACK
                and "st" in match[0].lower()
            ):
                continue  # "Klossar 100 st" come in one box
            if count and item.quantity is None:
                item.quantity = count
                name = name[: match.start()] + name[match.end() :]
    return name
