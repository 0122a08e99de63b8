"""The words of receipts: what a label names. Swedish and English first, neighbours where cheap.

Money labels are read by what they contain ("Frakt (PostNord)", "Din rabatt SOMMAR20"), since an
amount stands beside them; labels of other values must match as a whole.
"""

from __future__ import annotations

import re
from enum import StrEnum


class MoneyKind(StrEnum):
    """What an amount is for."""

    TOTAL = "total"
    PAID = "paid"
    NET = "net"  # before VAT
    SUBTOTAL = "subtotal"
    TAX = "tax"
    SHIPPING = "shipping"
    DISCOUNT = "discount"
    SERVICE_FEE = "service_fee"
    TIP = "tip"
    DEPOSIT = "deposit"
    GIFT = "gift"  # gift cards, points: ways to pay
    ROUNDING = "rounding"
    REFUND = "refund"
    IGNORED = "ignored"  # such as a balance, a list price, what the buyer saved so far


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<![^\W_])(?:{pattern})(?![^\W_])")


_NO_MONEY = _words(
    r"leveransadress|adress|address|telefon|phone|leveranss[aä]tt|leveransmetod|delivery method"
    r"|delivery date|leveransdatum|leveranstid|delivery time|fraktsätt|shipping method|ord(?:inarie)?"
    r"\.? ?pris|list price|was|rek\.? ?pris|jämförpris|jfr ?pris|unit price|kundnummer|saldo|balance"
    r"|kvar (?:på|att)|remaining|nästa (?:betalning|debitering)|next (?:payment|charge|bill)\w*"
    r"|intjänad\w*|earned|maxbelopp|kreditgräns|credit limit|tidigare pris|du kan spara|från"
    r"|föregående|previous|spårnings\w*|tracking|per dag|elskatt ingår|varför|hur"
)
_GIFT = _words(
    r"presentkort\w*|gift ?cards?\w*|gåvokort\w*|tillgodo\w*|bonuscheck\w*|värdecheck\w*|värdebevis"
    r"|(?:inlösta |använda |betalat med |loyalty |reward |bonus)?poäng|(?:loyalty |reward |bonus )?points?"
    r"|(?:points|rewards?) redeemed|store credit|wallet|kundkonto|voucher balance|credits? applied"
    r"|account credit|återbäring|bonuspengar|friskvårdskort|krediter"
)
_ROUNDING = _words(r"öres ?(?:avrundning|utjämning)|avrundning|utjämning|rounding")
_REFUND = _words(
    r"återbetal\w*|återbetalt\w*|refund\w*|krediter\w*|kreditbelopp|att få tillbaka|tillbaka|credited"
    r"|credit amount|amount credited|returbelopp|returvärde|return value|retursumma"
)
_DISCOUNT = _words(
    r"\w*rabatt\w*|\w*avdrag\w*|\w*kampanj\w*|discounts?|\w*discount|promo\w*|promotions?|coupons?"
    r"|kupong\w*|\w*erbjudande\w*|savings?|rebate|prisnedsättning|nedsatt pris|du spara[rd]e?"
    r"|you saved?|voucher|offer|(?:2|3|4) för (?:1|2|3)|studentpris|medlemspris|prisavdrag|värdekod"
)
_TAX = _words(
    r"\w*moms(?:en|belopp|summa)?|vat|v\.a\.t\.?|(?:sales |estimated )?tax(?:es)?|mva|mwst|ust|gst|hst"
    r"|mervärdess?katt|btw|iva|tva|alv|value added tax|tax amount|moms\w*"
)
_TIP = _words(r"dricks\w*|tips?|gratuity|driver tip|kurirdricks|tip for \w+")
_DEPOSIT = _words(r"\w*pant(?:avgift|belopp)?|(?:bottle |can |container )?deposits?|pantsumma")
_SERVICE_FEE = _words(
    r"\w*service ?avgift\w*|serviceavg|service (?:fee|charge)s?|plattforms ?avgift|platform fee"
    r"|hanterings ?avgift|handling(?: fee)?|handling charge|expeditions ?avgift|boknings ?avgift"
    r"|booking (?:fee|charge)|administrations ?avgift|admin(?:istration)? fee|faktura ?avgift"
    r"|invoice fee|betal(?:nings)?avgift|payment fee|transaction fee|processing fee|transaktionsavgift"
    r"|biljettavgift|förmedlingsavgift|uppläggningsavgift|plock ?avgift|packavgift|small order fee"
    r"|småorderavgift|småbeställningsavgift|convenience fee|tjänsteavgift|app-?avgift|avgift för låg\w*"
    r"|aviavgift|kortavgift|picking fee|order fee|gebyr|minibeställningsavgift|under minimum"
)
_SHIPPING = _words(
    r"\w*frakt\w*|\w*leverans\w*|hemkörning|hemleverans\w*|utkörning\w*|utkörningsavgift|porto"
    r"|shipping|deliver(?:y|ies)|postage|courier|bud(?:avgift)?|bud(?:et)?kostnad|fraktkostnad|p&p"
    r"|p ?& ?p|p\.&p\.|postnord\w*|dhl\w*|budbee|instabox|ombud|express|carriage|freight|transport"
    r"|versand\w*|toimitus\w*|levering|hemkörningsavgift|skickning|porto & exp|shipment|dispatch"
)
_NET = _words(
    r"(?:exkl|excl|exklusive|excluding|ex|utan|before|före)\.?\s?(?:moms|vat|tax(?:es)?|mva|mwst)"
    r"|netto\w*|net(?: (?:amount|total|price))?|momsgrundande|underlag|taxable|total before tax"
    r"|beskattningsunderlag|momsunderlag"
)
_WITH_TAX = re.compile(
    r"(?i)(?:inkl|incl|inklusive|including|included|inc|ink|med)\.?\s?(?:\d+\s?%\s?)?(?:moms|vat|tax|mva|mwst)"
)
_SUBTOTAL = _words(
    r"delsumma|del-?summa|mellansumma|sub-?\s?total|varor(?:na)?|varuvärde|varukostnad|artiklar"
    r"|summa (?:varor|artiklar|produkter|mat)|items?(?: (?:sub)?total)?|merchandise|produkter"
    r"|(?:total )?item(?:s)? (?:sub)?total|varusumma|varubelopp|ordervärde|matkostnad|pris för varor"
    r"|goods|products?|basket(?: total)?|cart(?: subtotal)?|varukorg\w*|\d+ (?:varor|artiklar|items?)"
    r"|totalt varor|varor totalt|order subtotal|biljetter|summa före rabatt\w*|innan rabatt"
    r"|summa rader|radsumma|before discount|food(?: total)?"
)
_STRONG = _words(
    r"(?:summa |belopp |totalt |kvar |netto |total )?att betala(?: totalt)?(?:\W+\w+)?|totalsumma\w*"
    r"|totalbelopp\w*|slutsumma|order ?total\w*|grand total|total ?(?:amount|price|cost|charge[ds]?)"
    r"|amount (?:due|charged|payable|to pay)|total (?:due|charged|to pay|payable|order|for (?:this|your) order)"
    r"|total(?:t|en)? inkl\w*\.? ?(?:moms|vat|tax\w*)|total incl\w*\.?(?: of)? ?(?:vat|tax\w*)|fakturabelopp"
    r"|fakturasumma|totalpris\w*|totalkostnad\w*|summa totalt|totalt belopp|(?:order|köp)e?summa|köpesumma"
    r"|invoice (?:total|amount)|betala|summa inkl\w*\.? ?moms|belopp inkl\w*\.? ?moms|att betala"
    r"|due amount|balance due|amount payable|ditt pris|pris totalt|total summa|you pay|din totalsumma"
    r"|orderbelopp|total order value|köpebelopp|sum total|biljettpris totalt|fare total|total fare"
    r"|total att betala|ordersumman|payment total|beställningssumma|beställningens (?:summa|totalsumma)"
)
_PAID = _words(
    r"(?:totalt |belopp )?betala(?:t|d|des)(?: belopp| med| totalt| av dig)?|betalt(?: belopp| med)?"
    r"|inbetalt|debitera(?:t|d|s|des)\w*(?: belopp)?|dra(?:get|gits|s)|reserverat|kortbetalning"
    r"|köpbelopp|(?:total |amount )?paid(?: amount| with| by| via)?|(?:amount )?charged(?: to)?|kortköp"
    r"|you(?:'ve| have)? paid|payment(?: amount)?|betalning|betalbelopp|visa|mastercard|swish|klarna"
    r"|betalas med|amex|american express|kort|card|apple pay|google pay|paypal|belastat|direktbetalning"
    r"|charge|betalningsbelopp|we charged"
)
_WEAK = _words(r"total(?:t|en|er|s)?|summa|sum|belopp|amount|i alt|gesamt\w*|yhteensä|tot\.?|pris|price|kostnad|cost")

# In this order: the first that a label contains names it.
_ORDER = (
    (_ROUNDING, MoneyKind.ROUNDING),
    (_GIFT, MoneyKind.GIFT),
    (_REFUND, MoneyKind.REFUND),
)


def money_kind(label: str) -> tuple[MoneyKind | None, int]:
    """Return what the amount beside a label is for, and how surely (3 surely, 1 perhaps).

    Only totals differ in sureness: "Att betala" is 3, "Totalt" 2, "Summa" or "Belopp" 1.
    """
    text = normal(label)
    if not text or len(text) > 70 or text.count(" ") > 8:
        return None, 0
    for pattern, kind in _ORDER:
        if pattern.search(text):
            return kind, 3
    if _is_strong(text):
        return (MoneyKind.NET, 3) if _NET.search(text) else (MoneyKind.TOTAL, 3)
    if _NO_MONEY.search(text):
        return MoneyKind.IGNORED, 3
    with_tax = bool(_WITH_TAX.search(text))
    bare = _WITH_TAX.sub(" ", text).strip() if with_tax else text
    return _kind_of_part(bare, with_tax=with_tax)


def _is_strong(text: str) -> bool:
    match = _STRONG.search(text)
    if match is None:
        return False
    rest = (text[: match.start()] + text[match.end() :]).strip()
    tainted = (_DISCOUNT, _SHIPPING, _TIP, _DEPOSIT, _TAX)
    own_tax = _WITH_TAX.search(text) or _NET.search(text)
    return not any(
        pattern.search(rest) for pattern in tainted if not (own_tax and pattern is _TAX)
    ) and not re.search(r"(?i)\b(?:före|innan|before|exkl\w* frakt|excl\w* shipping)\b", text)


def _kind_of_part(text: str, *, with_tax: bool) -> tuple[MoneyKind | None, int]:
    if not text and with_tax:
        return MoneyKind.TAX, 1  # "Inkl. moms", with an amount that must be small to be one
    if _NET.search(text):
        return MoneyKind.NET, 3
    for pattern, kind in (
        (_TAX, MoneyKind.TAX),
        (_DISCOUNT, MoneyKind.DISCOUNT),
        (_TIP, MoneyKind.TIP),
        (_DEPOSIT, MoneyKind.DEPOSIT),
        (_SERVICE_FEE, MoneyKind.SERVICE_FEE),
        (_SHIPPING, MoneyKind.SHIPPING),
        (_SUBTOTAL, MoneyKind.SUBTOTAL),
    ):
        if pattern.search(text) and not (kind is MoneyKind.TAX and with_tax):
            return kind, 3
    if _PAID.search(text):
        return MoneyKind.PAID, 2
    weak = _WEAK.search(text)
    if weak and text.count(" ") <= 3:
        return MoneyKind.TOTAL, 2 if weak[0].lower().startswith("tot") else 1
    return None, 0


def normal(label: str) -> str:
    """Return a label for comparison: lower-case, one line, without its colon and frills."""
    text = re.sub(r"\s+", " ", label.lower()).strip(" :*•-–—=>#.,\u2013()[]")
    return re.sub(r"\s*[:：]\s*$", "", text)


# Labels of other values, matched as a whole after `normal`.
_NUMBER_WORD = r"(?:\s?-?\s?(?:nummer|nr|number|no|num|id|#|kod|code|ref|referens|reference)\.?)"
_DATE_TAIL = r"(?:\s?(?:och tid|& tid|and time|/tid|/ ?time|time|& time))?"
_FIELDS: tuple[tuple[str, str], ...] = (
    (
        "order_number",
        rf"(?:din |ditt |your |vårt |our |the )?(?:web|e-?|kund|internet|shop|köp|purchase|sales )?"
        rf"(?:order|beställnings?|köp|purchase|ärende){_NUMBER_WORD}"
        r"|order|beställning|orderid|best\.? ?nr|order ref(?:erence)?|ordernumret|vår order"
        r"|bestnr|your order|din order|orderreferens|ordernumber|order confirmation(?: number| no)?"
        r"|köpreferens|purchase reference|order/kvitto(?:nr)?|ordrenummer|bestellnummer|tilausnumero",
    ),
    (
        "booking",
        rf"(?:din |ditt |your )?(?:boknings?|booking|reservations?|reserverings|bekräftelse|confirmation"
        rf"|biljett|ticket|pnr|rese|trip|record locator|itinerary){_NUMBER_WORD}|pnr|record locator"
        r"|bokning|booking|reservation|booking ref|bokningsref|airline reference|bokning/pnr"
        r"|pnr/bokningsnummer|bokningskod \(pnr\)|booking code",
    ),
    (
        "invoice_number",
        rf"(?:faktura|invoice|avi|räknings?|bill(?:ing)?|rechnungs?|statement){_NUMBER_WORD}|faktura|invoice",
    ),
    (
        "receipt_number",
        rf"(?:kvitto|receipt|transaktions?|transaction|betalnings?|payment|bong|verifikations?|kupong)"
        rf"{_NUMBER_WORD}|kvitto|receipt|kvittonr|transaktion",
    ),
    (
        "number",
        r"nummer|nr|number|no|referens(?:nummer|nr)?|reference(?: number| no)?|ref|ref\.? ?nr|vår referens"
        r"|er referens|id|ärende|case|ref no|dokumentnummer|document number|vårt referensnummer",
    ),
    (
        "ordered_on",
        rf"(?:(?:order|beställnings?|köp|inköps|purchase|best\.|kvitto|receipt|transaktions?|transaction"
        rf"|ordered|order placed|placed|bokning?s|booking|booked|sale)[\s-]?(?:datum|dag|date|tid|on|tidpunkt)"
        rf"{_DATE_TAIL}|datum|date|dato|datum{_DATE_TAIL}|date{_DATE_TAIL}|beställning gjord|order placed|beställd|beställt|ordered"
        rf"|beställd den|beställdes|köpt|köpt den|köptes|bokad|bokad den|booked|placed|placed on|purchased"
        rf"|purchased on|ordered on|order made|date of (?:order|purchase|issue)|issue date|köpetidpunkt"
        rf"|tidpunkt|orderdag|när|when|datum för köp|ordertid|lagd|order lagd|date placed|köptillfälle"
        rf"|date ordered|orderdatum{_DATE_TAIL})",
    ),
    (
        "invoiced_on",
        r"faktura ?datum|invoice date|fakturadag|billing date|bill date|utskriftsdatum|utställd(?: den)?"
        r"|date of invoice|issued(?: on)?|issue date|date issued|fakturan utställd|avidatum|statement date",
    ),
    (
        "paid_on",
        r"betal(?:nings)?(?:datum|dag)|payment date|paid(?: on)?|date paid|betald(?: den)?|debiteringsdatum"
        r"|charge date|charged on|dragningsdag|betalat den|payment made|date of payment",
    ),
    (
        "refunded_on",
        r"(?:retur|återbetalnings?|krediterings?|refund|return|kredit)[\s-]?(?:datum|date)|återbetald(?: den)?"
        r"|refunded on|date of refund|refund issued|kreditnotadatum",
    ),
    (
        "due_on",
        r"förfallo?(?:datum|dag|r)?|förfaller(?: den)?|sista (?:betalnings?(?:dag|datum)|dag)|betalas senast"
        r"|betala senast|senast(?: den)?|due(?: date| by| on)?|payment due(?: date| by)?|pay by|oss tillhanda"
        r"(?: senast)?|att betala senast|ska betalas senast|dras|dras från konto|autogirodatum|pay before"
        r"|betalas före|tillhanda senast|autogiro dras(?: den)?|last day to pay|last payment date",
    ),
    (
        "restaurant",
        r"restaurang(?:en)?|restaurant|verksamhet|från restaurang|pizzeria|kök|store|ditt matställe"
        r"|lagad av|beställt från|ordered from|order from|matställe|restaurangnamn|vendor|merchant"
        r"|tillagas av|från|from|café|ställe|restaurant name|partner",
    ),
    (
        "plan",
        r"(?:ditt |your )?(?:abonnemang(?:et)?|plan(?:en)?|prenumeration(?:en)?|subscription(?: plan| type)?|paket"
        r"|membership(?: type| plan)?|medlemskap|tjänst|tier|abonnemangstyp|produkt|service|nivå|package"
        r"|plan name|current plan|din plan|valt abonnemang|prenumerationstyp|medlemsnivå|subscribed to)",
    ),
    (
        "billing_period",
        r"betalas|betalning sker|debiteras|fakturering|billing(?: cycle| period| frequency| interval)?|billed"
        r"|faktureringsperiod|betalningsperiod|period(?:en)?|betalningsintervall|intervall|interval"
        r"|betalningsfrekvens|frequency|frekvens|faktureras|debiteringsperiod|avtalsperiod|prisperiod"
        r"|förnyas|renews|payment frequency|debitering|term|bindningstid|löptid|avser(?: perioden?)?"
        r"|service period|subscription period|prenumerationsperiod|abonnemangsperiod|gäller|giltig"
        r"|giltighetstid|valid|förbrukningsperiod|leveransperiod|mätperiod|usage period|consumption period"
        r"|avläsningsperiod|billing dates|covers|fakturaperiod|perioden avser|gäller perioden|för perioden"
        r"|betalningsplan|coverage period|period covered|usage dates|valid for|avser tiden",
    ),
    (
        "next_billing_on",
        r"(?:nästa|kommande) (?:betalning(?:sdatum|sdag)?|debitering(?:sdatum|sdag)?|faktur(?:a|ering)(?:sdatum)?"
        r"|dragning|förnyelse|betaldatum|förnyas|betaldag|period börjar)(?: sker| dras)?(?: den)?"
        r"|next (?:payment|billing|charge|renewal|bill|invoice)(?: date| on| due)?|renew(?:s|al)(?: date| on)?"
        r"|förnyas(?: den| automatiskt)?|förnyelse(?:datum|dag)?|auto-?renews on|renews automatically on"
        r"|förnyas automatiskt den|next payment will be on|your next bill|nästa gång vi drar|next charged on"
        r"|your next billing date|nästa inbetalning|förnyas nästa gång",
    ),
    ("period_start", r"från(?: och med)?|fr\.?o\.?m\.?|startdatum|period start|from|start(?: date)?|periodstart"),
    ("period_end", r"till(?: och med)?|t\.?o\.?m\.?|slutdatum|period end|to|end(?: date)?|periodslut|through"),
    (
        "consumption",
        r"(?:total |din |årets |elens |uppmätt |your |energy |electricity )?(?:el|energi|månads)?(?:förbrukning(?:en)?"
        r"|förbrukat|använd(?:ning)?|consumption|usage|use)(?: \(?kwh\)?| denna period| el| i kwh| under perioden"
        r"| this period| totalt)?|antal kwh|kwh|energi|energy used|electricity used|förbrukad el|uttag|överförd energi",
    ),
    (
        "ocr",
        r"ocr(?:[\s-]?(?:nummer|nr|referens|number|reference))?|betalningsreferens|ocr/referens|referens \(ocr\)"
        r"|betalningsreferens \(ocr\)|ocr-nr|ocr/meddelande|payment reference(?: \(ocr\))?|fakturanr/ocr|ocr-nummer/referens",
    ),
    (
        "passengers",
        r"resen[aä]r(?:er(?:na)?)?(?:\s?\d{1,2})?|passagerare(?:\s?\d{1,2})?|passengers?(?:\s?\d{1,2})?"
        r"|travell?ers?(?:\s?\d{1,2})?|resande|namn på resenär(?:er)?|passenger names?|guests?|gäster|gäst"
        r"|resenärens namn|traveller names?|passenger\(s\)|traveller\(s\)|resenär\(er\)|vem reser|who'?s travell?ing",
    ),
    (
        "payment_method",
        r"betal(?:nings)?(?:s[aä]tt|metod|alternativ|medel|typ)|payment(?: method| type| details)?|betalning"
        r"|paid (?:with|by|via)|betalat med|betald med|kort|card|method of payment|betalas med|betalt med",
    ),
    ("size", r"storlek|stl|str|size|sz|strl"),
    ("color", r"f[äa]rg|colou?r|kulör"),
    ("serial", r"s/?n|serie ?-?(?:nummer|nr)|serial(?: number| no)?|imei|serienr"),
    ("warranty", r"garanti(?:tid)?|warranty|guarantee"),
    ("quantity", r"antal|qty|quantity|kvantitet|st|mängd|count|pcs"),
    ("unit_price", r"(?:pris|price)(?: ?/ ?st| per st| each| per (?:styck|unit|item)|/styck|/unit)?|styckpris|á-?pris|à-?pris|a-?pris|unit price|each|st-?pris|enhetspris|pris per styck"),
    ("line_total", r"summa|belopp|total(?:t|pris)?|radsumma|amount|line total|subtotal|delsumma|item total|radbelopp"),
    ("travel_from", r"från|from|avreseort|avgångsort|origin|departure (?:airport|station|city|from)|departs? from|avgår från|avresa från|avgångsstation|start(?:station)?|departing|departure location"),
    ("travel_to", r"till|to|destination|ankomstort|arrival (?:airport|station|city|at)|arrives? (?:at|in)|ankommer till|ankomststation|resmål|slutstation|arriving|arrival location"),
    ("departure", r"avg[åa]ng(?:stid)?|avg\.?|avresa|departure(?: time| date| date and time)?|departs?|dep\.?|avgår|utresa|departing at|avgångsdatum|take-?off|leaves|avgångs?tid|departure date/time"),
    ("arrival", r"ankomst(?:tid)?|ank\.?|arrival(?: time| date| date and time)?|arrives?|arr\.?|framme|ankommer|landar|lands|arriving at|beräknad ankomst"),
    ("travel_number", r"(?:tåg|flyg|flight|train|buss|bus|linje|line|färje|ferry|avgångs|turs?|service|coach|rutt)(?:\s?-?\s?(?:nummer|nr|number|no|id)\.?)?|transport|avgång nr|service number|fartyg|tur"),
    ("travel_on", r"(?:rese|avrese|travel|departure|journey)[\s-]?(?:datum|dag|date)|datum|date|dag|day|resdag|date of (?:travel|departure)"),
    ("item", r"vara|varor|artikel|artiklar|artikelnamn|benämning|produkt(?:er|namn)?|beskrivning|items?|product(?: name)?|description|namn|name|rätt(?:er)?|maträtt|title|titel|tjänst|specifikation|details|avser|biljett(?:typ)?|ticket(?: type)?|text|your items|service|post|vad|avgift|produktbeskrivning|item description|resa|typ|plagg"),
    ("article_number", r"art\.?\s?-?(?:nr|nummer|no)\.?|artikelnummer|varunr|varunummer|sku|item (?:no|number|#|code)|product (?:no|code|id)|ean|art|artnr|artikelnr|#|pos|rad|nr"),
    ("tax_rate", r"moms(?:sats)?|vat(?: rate)?|tax(?: rate)?|moms ?%|moms \(%\)|vat ?%"),
    ("line_discount", r"rabatt|discount"),
)
_COMPILED = tuple((name, re.compile(rf"(?:{pattern})", re.IGNORECASE)) for name, pattern in _FIELDS)
_CACHE: dict[str, frozenset[str]] = {}


def field_names(label: str) -> frozenset[str]:
    """Return the names of the values that a label may stand for; most labels have none."""
    text = normal(label)
    if not text or len(text) > 50:
        return frozenset()
    known = _CACHE.get(text)
    if known is None:
        known = frozenset(name for name, pattern in _COMPILED if pattern.fullmatch(text))
        if len(_CACHE) < 4000:
            _CACHE[text] = known
    return known
