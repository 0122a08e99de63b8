"""The words of Swedish rent notices: kinds of rows, labels of values, dates and amounts.

Patterns are written without accents (see `text_layout.fold`) and for text without blanks, since
letter-spaced print and missing spaces must not matter.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from ingestion.parsing.text_layout import fold
from paypulse.money import Money, parse_amount
from paypulse.rental import RentLineKind

_MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_MONTH = r"(?:jan(?:uari)?|feb(?:ruari)?|mars?|apr(?:il)?|maj|juni?|juli?|aug(?:usti)?"
_MONTH += r"|sept?(?:ember)?|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?)"

# What may follow "Hyra" without making it something else than the rent of the home.
_RENT_DETAIL = (
    rf"(?:avser|for|av|perioden?|per|manaden|manad|kvartal\d?|q[1-4]|{_MONTH}|bostaden|bostads"
    r"|bostad|lagenheten|lagenhetsnr|lagenhet|lghnr|lgh|nr|objekt|kontrakt|tom|from|till|och|kr|sek"
    r"|inkl(?:usive)?|exkl(?:usive)?|varme|varmvatten|vatten|va|el|moms|den|att|[\d/.,:;()*–-])*"
)
# The first that fits decides: "Rabatt bredband" is a rebate, "Moms på el" is VAT.
_KINDS: tuple[tuple[RentLineKind, re.Pattern[str]], ...] = (
    (RentLineKind.VAT, re.compile(r"^(?:mervardes|moms)")),
    (RentLineKind.RETROACTIVE_RENT, re.compile(r"retroaktiv|^retro(?!fit)")),
    (RentLineKind.REBATE, re.compile(r"rabatt|avdrag|reduktion|nedsattning|^avgar|prisavdrag")),
    (
        RentLineKind.PARKING,
        re.compile(r"parkering|garage|p-?plats|bilplats|carport|motorvarm|mc-?plats"),
    ),
    (
        RentLineKind.BROADBAND,
        re.compile(r"bredband|internet|kabel-?tv|fiber|^(?:digital-?)?tv(?!att)|bredb"),
    ),
    (RentLineKind.COLD_WATER, re.compile(r"^(?:forbrukning)?kallvatten|^kv(?=avser|\d|$)")),
    (
        RentLineKind.HOT_WATER,
        re.compile(r"^(?:forbrukning)?(?:tapp)?varmvatten|^vv(?=avser|\d|$)"),
    ),
    (
        RentLineKind.ELECTRICITY,
        re.compile(
            r"^(?:hushalls|lagenhets|individuell)?el(?:forbrukning|kostnad|avgift|energi|matning"
            r"|enligt|enl|avser|for|inkl|exkl|ektricitet|natavgift|nat|fast|rorlig|kwh|[\d\W]|$)"
        ),
    ),
    (
        RentLineKind.RENT,
        re.compile(
            rf"^(?:grund|bas|manads|bostads|kvartals|kall|varm|lagenhets)?hyra{_RENT_DETAIL}$"
        ),
    ),
)
# Sums of rows, and values that are printed beside rows without being one.
_SUM = re.compile(
    r"^(?:delsumma|summa|subtotal|totalt?(?:summa|belopp|$|att|sek|kr|inkl|hyra)|(?:belopp)?attbetala"
    r"|nettobelopp|transport|att?overfora|slutsumma|fakturabelopp|avibelopp|belopp)"
)
_BESIDE = re.compile(
    r"^(?:ocr|bankgiro|plusgiro|bg|pg|forfall|avi(?:nr|nummer|datum|sering)|faktura(?:nr|nummer|datum)"
    r"|kund|kontrakts?(?:nr|nummer)|objekt|avtals|org|tel|fax|sida|yta|area|hyresperiod|hyresgast"
    r"|period|underlag|momsunderlag|matar|referens|betal(?:as|ning)|senast|iban|bic|swift|sedan"
    r"|personnr|\d+$)"
)
_INFORMATIVE_VAT = re.compile(r"^(?:varav|harav|darav|inkl(?:usive)?)\W*(?:moms|mervardes)")


def _spread(words: str) -> str:
    """Allow blanks between all characters of a pattern of plain letters."""
    return r"\s*".join(re.escape(character) for character in words if character != " ")


def _any_of(*phrases: str) -> str:
    return "|".join(_spread(phrase) for phrase in phrases)


_LABEL_END = r"(?:\s*inkl\S*\s*moms)?(?:\s*\((?:[a-z ]*)\))?\s*(?:i\s)?\s*(?:kr|sek)?\s*[*:]*\s*"
_NOT_A_DEADLINE = r"(?!\s*(?:senast|fore|till|via|med|in\b|den))"
# How any of the labels below can begin.
LABEL_BEGINNING = re.compile(
    r"^\W*(?:a\s*[tv]|b\s*[aeg]|d\s*a|f\s*[ao]|h\s*[ay]|i\s*n|m\s*[eo]|o\s*[cs]|r\s*e"
    r"|s\s*[ilu]|t\s*[io]|v\s*a)"
)
# From the most to the least certain; the first that has a value decides.
TOTAL_LABELS = tuple(
    re.compile(rf"^\W*(?:{phrases}){_NOT_A_DEADLINE}{_LABEL_END}")
    for phrases in (
        _any_of("totalt att betala", "summa att betala", "total att betala", "att betala totalt")
        + "|"
        + _any_of("totalbelopp att betala", "totalsumma att betala", "hyra att betala"),
        _any_of("belopp att betala", "att betala", "totalbelopp", "totalsumma", "total summa")
        + "|"
        + _any_of("totalt belopp", "slutsumma", "avibelopp", "summa totalt", "fakturabelopp"),
        _any_of("totalt", "total", "summa"),
    )
)
DUE_LABELS = tuple(
    re.compile(rf"^\W*(?:{phrases}){_LABEL_END}")
    for phrases in (
        _any_of(
            "forfallodatum", "forfallodag", "forfaller den", "forfaller", "forf.datum", "forf.dag"
        ),
        _any_of("sista betalningsdag", "betalas senast den", "betalas senast", "att betala senast")
        + "|"
        + _any_of("oss tillhanda senast", "oss tillhanda", "betalningsdag", "betala senast"),
    )
)
OCR_LABEL = re.compile(
    rf"^\W*(?:{_any_of('ocr', 'betalningsreferens', 'referensnummer', 'meddelande/ocr')})"
    rf"(?:\s*-?\s*(?:{_any_of('nummer', 'referensnummer', 'referens', 'nr', 'no')}))?"
    rf"\.?{_LABEL_END}"
)
BANKGIRO_LABEL = re.compile(
    rf"^\W*(?:{_spread('till')}\s*)?"
    rf"(?:{_any_of('bankgironummer', 'bankgironr', 'bankgiro', 'bg')})\.?{_LABEL_END}"
)
STATED_VAT_LABEL = re.compile(
    r"^\W*(?:(?:varav|harav|darav|inkl(?:usive|\.)?)\s*(?:moms|mervardesskatt)|m\s*o\s*m\s*s)"
    r"\s*(?:\(?\d{1,2}\s*%\)?)?" + _LABEL_END
)
# The document's own title; "påminnelse" in running text or as the name of a fee is no title.
NOTICE_TITLE = re.compile(
    rf"^\W*(?:{_any_of('hyresavi', 'hyresfaktura', 'avisering av hyra', 'hyra avi')})"
)
REMINDER_TITLE = re.compile(
    r"^\W*(?:\d\s*:?[ae]\s+)?(?:betalnings|hyres)?(?:paminnelse|inkassokrav|inkasso|kravbrev)\s*"
    r"(?:$|[-–:!(\d]|om\b|hyr|avi\b|avser|faktura)"
    r"|^\W*hyres(?:avi|faktura)\s*\W\s*\(?(?:paminnelse|krav)"
)
TENANCY = re.compile(
    r"hyresavi|hyresfaktura|hyresperiod|hyresgast|hyresvard|hyreskontrakt|hyresspec|lagenhet|\blgh\b"
    r"|bostad|fastighet"
)


# Longer texts are sentences.
_LONGEST_LABEL = 200


@lru_cache(maxsize=1024)  # the same few labels every month
def classify(label: str) -> RentLineKind:
    """Return what a row is for; unknown wording is OTHER."""
    text = compact(label[:_LONGEST_LABEL])
    return next((kind for kind, words in _KINDS if words.search(text)), RentLineKind.OTHER)


def compact(label: str) -> str:
    """Reduce a label to what its wording says: no case, accents, blanks or footnote marks."""
    return re.sub(r"[\s*:†()'\"]+", "", fold(label))


@lru_cache(maxsize=1024)
def is_no_row(label: str) -> bool:
    """Tell whether the amount beside this label is a sum or a remark, not a row."""
    text = compact(label)
    return any(words.search(text) for words in (_SUM, _BESIDE, _INFORMATIVE_VAT))


def is_informative_vat(label: str) -> bool:
    """Tell whether VAT is said to be included ("varav moms"), so that it is never a row."""
    return _INFORMATIVE_VAT.search(compact(label)) is not None


def clean_label(text: str) -> str:
    """Return the label as printed, without footnote marks, its colon or parentheses around it."""
    label = re.sub(r"^[\s*†:]+|[\s*†:¹²³.]+$", "", text)
    if label.startswith("(") and label.endswith(")"):
        label = label[1:-1]
    return re.sub(r"\s+", " ", label).strip()


# Cheap, since every cell of a document is asked.
_MAY_BE_AMOUNT = re.compile(
    r"^(?:[^A-Za-zÀ-ÿ%\d]|kr|sek)*\d(?:[^A-Za-zÀ-ÿ%]|kr|sek)*$", re.IGNORECASE
)
_LONGEST_AMOUNT = 60
_AMOUNT_MARKS = re.compile(r"[*†()¹²³]|^\s*:")


def read_amount(text: str) -> Money | None:
    """Read an amount that fills `text` but for footnote marks, parentheses and the currency."""
    if len(text) > _LONGEST_AMOUNT or not _MAY_BE_AMOUNT.match(text):
        return None
    return parse_amount(_AMOUNT_MARKS.sub(" ", text))


_TRAILING_AMOUNT = re.compile(
    r"""(?:^|(?<=[\s:]))(?P<amount>
        (?:(?:kr|sek)\s*)?[-−–]?\s?
        (?:\d{1,3}(?:[ .]\d{3})+|\d+)(?:,\d{1,2}|\.\d{2}|[,:][-–−])?
        \s?[-−–]?\s*(?:kr|sek)?\s*[*)†]*)\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_PERIOD_NUMBER = re.compile(r"^(?:\d\d(?:0[1-9]|1[0-2])|20\d\d)$")


def split_trailing_amount(text: str) -> tuple[str, Money] | None:
    """Split `"Hyra april 2025  8 125 kr"` into label and amount, or None.

    A number of four digits that can be a month (`2502`) or a year stays part of the label.
    """
    match = _TRAILING_AMOUNT.search(text) if len(text) <= _LONGEST_LABEL else None
    if match is None or not any(character.isalpha() for character in text[: match.start()]):
        return None
    number = match["amount"].strip()
    if is_period(number):
        return None
    amount = read_amount(number)
    return (text[: match.start()], amount) if amount is not None else None


def is_period(text: str) -> bool:
    """Tell whether `text` is a year, or a month as notices print it: `2502`."""
    return _PERIOD_NUMBER.match(text.strip()) is not None


_QUANTITY = re.compile(r"^[\d\s,.]*(?:m3|m³|kwh|st|%|kr/\w+)?$", re.IGNORECASE)


def is_quantity(text: str) -> bool:
    """Tell whether a cell is a column's date, rate or measure rather than part of a label."""
    return _QUANTITY.match(text) is not None or read_date(text) is not None


_DATES = (
    re.compile(
        r"(?<!\d)(?P<y>20\d\d)\s*[-‐–−./]\s*(?P<m>\d{1,2})\s*[-‐–−./]\s*(?P<d>\d{1,2})(?!\d)"
    ),
    re.compile(
        r"(?<!\d)(?P<d>\d{1,2})\s*[-‐–−./]\s*(?P<m>\d{1,2})\s*[-‐–−./\s]\s*(?P<y>20\d\d)(?!\d)"
    ),
    re.compile(rf"(?<!\d)(?P<d>\d{{1,2}})\.?\s*(?P<name>{_MONTH})\.?\s*(?P<y>20\d\d)(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>20\d\d)(?P<m>\d\d)(?P<d>\d\d)(?!\d)"),
)


def read_date(text: str) -> date | None:
    """Read the first calendar day in `text`; Swedish day-first and year-first forms."""
    folded = fold(text)
    for form in _DATES:
        if match := form.search(folded):
            parts = match.groupdict()
            name = parts.get("name")
            month = _MONTHS.index(name[:3]) + 1 if name else int(parts["m"])
            try:
                return date(int(parts["y"]), month, int(parts["d"]))
            except ValueError:
                continue
    return None


def read_ocr(text: str) -> str | None:
    """Read an OCR number that fills `text`, printed in groups or not; 2 to 25 digits."""
    digits = re.sub(r"[\s#]", "", text)
    return digits if re.fullmatch(r"[0-9]{2,25}", digits) else None


def read_bankgiro(text: str) -> str | None:
    """Read the digits of a bankgiro number such as `555-1234`."""
    match = re.match(r"\s*(\d{3,4})\s*[-‐–−]?\s*(\d{4})(?!\d)", text)
    return match[1] + match[2] if match else None
