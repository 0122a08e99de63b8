"""The words of every other value: which label names it. They match as a whole."""

from __future__ import annotations

import re
from functools import lru_cache

_FRILLS = " :*•-–—=>#.,()[]"


@lru_cache(maxsize=8192)
def normal(label: str) -> str:
    """Return a label for comparison: lower-case, one line, without its colon and frills."""
    text = re.sub(r"\s+", " ", label.lower()).strip(_FRILLS)
    return re.sub(r"\s*[:\uff1a]\s*$", "", text)


# Labels of other values, matched as a whole after `normal`.
_NUMBER_WORD = r"(?:\s?-?\s?(?:nummer|nr|number|no|num|id|#|kod|code|ref|referens|reference)\.?)"
_DATE_TAIL = r"(?:\s?(?:och tid|& tid|and time|/tid|/ ?time|time|& time))?"
_FIELDS: tuple[tuple[str, str], ...] = (
    (
        "order_number",
        (
            rf"(?:din |ditt |er |ert |your |vårt |our |the |avser |gäller )?(?:web|e-?|kund"
            rf"|internet|shop|köp|purchase|sales |arbets)?"
            rf"(?:ordre|order|bestillings|beställnings?|köp|inköps|purchase|ärende"
            rf"|uppdrags?){_NUMBER_WORD}"
            r"|order|(?:din )?beställning|orderid|best\.? ?nr|order ref(?:erence)?|ordernumret"
            r"|vår order"
            r"|bestnr|your order|din order|orderreferens|ordernumber"
            r"|order confirmation(?: number| no)?"
            r"|köpreferens|purchase reference|order/kvitto(?:nr)?|ordrenummer"
            r"|arbetsorder|er order|bestellnummer|tilausnumero|(?:ihre|deine) bestellung"
            r"|bestell(?:ung|-?nr\.?|-?nummer)|auftrags(?:nummer|-?nr\.?)|ordrenr\.?|ordre"
            r"|(?:säljarens|gäller|avser|(?:zu )?ihrer?|vedr(?:ørende)?\.?)"
            r" (?:order(?:nr\.?|nummer)?|ordre|bestellung)"
            r"|(?:ordrebe(?:kreftelse|kræftelse)|orderbekräftelse|auftragsbestätigung)"
            r" ?(?:nr|nummer)\.?"
            r"|bestilling(?:snummer|snr\.?)?|bestelnummer|numéro de commande|tilausnro"
        ),
    ),
    (
        "booking",
        (
            rf"(?:din |ditt |your )?(?:boknings?|booking|reservations?|reserverings"
            rf"|bekräftelse|confirmation"
            rf"|pnr|rese|trip|reservasjons?|reservations|record locator|itinerary){_NUMBER_WORD}"
            r"|\w+ booking (?:code|reference|number)"
            rf"|pnr|record locator"
            r"|bokning|booking|reservation|booking ref|bokningsref|airline reference|bokning/pnr"
            r"|pnr/bokningsnummer|bokningskod \(pnr\)|booking code"
            r"|buchungs(?:nummer|-?nr\.?|code|referenz)|buchung|reservierungs(?:nummer|code)"
            r"|bestillingsreferanse|referansenummer|varausnumero|auftragscode"
        ),
    ),
    ("ticket_number", rf"(?:e-?)?(?:biljett|ticket|billett?){_NUMBER_WORD}"),
    (
        "invoice_number",
        (
            rf"(?:(?:kredit)?faktura(?:ns)?|invoice|avi|räknings?|bill(?:ing)?|rechnungs?"
            rf"|statement|regnings?"
            rf"|kreditnota|credit note){_NUMBER_WORD}|kreditfaktura|kreditnota|credit note"
            r"|faktura|invoice"
            r"|rechnungs(?:nummer|-?nr\.?)|rechnung(?: nr\.?)?|laskun? ?numero"
        ),
    ),
    (
        "receipt_number",
        (
            rf"(?:kvitto|nota|receipt|salgskvitterings?|bong|verifikations?|kupong|kvitterings?)"
            rf"{_NUMBER_WORD}|kvitto|receipt|kvittonr"
            r"|beleg(?:nummer|-?nr\.?)?|quittung(?:snummer|s-?nr\.?)?|bon-?(?:nummer|nr\.?)"
            r"|(?:salgs)?kvittering(?:snummer|snr\.?)?"
        ),
    ),
    (
        "payment_number",
        (
            rf"(?:transaktions?|transaction|betalnings?|payment){_NUMBER_WORD}|transaktion"
            rf"|transaction"
        ),
    ),
    (
        "number",
        (
            r"nummer|nr|number|no|(?:vår |our )?(?:referens|ref\.?)|referens(?:nummer|nr)?"
            r"|reference(?: number| no)?|ref|ref\.? ?nr"
            r"|id|ärende|case|ref no|(?:dokument|document)(?:s?-?\s?(?:nummer|nr|number|no))\.?"
        ),
    ),
    (
        "ordered_on",
        (
            rf"(?:(?:order|beställnings?|köp|inköps|purchase|best\.|kvitto|receipt|transaktions?"
            rf"|transaction"
            rf"|ordered|order placed|placed|bokning?s|booking|booked|sale)[\s-]?(?:datum"
            rf"|dag|date|tid|on|tidpunkt)"
            rf"{_DATE_TAIL}|datum|date|dato|datum{_DATE_TAIL}|date{_DATE_TAIL}"
            rf"|beställning gjord|order placed|beställd|beställt|ordered"
            rf"|beställd den|beställdes|köpt|köpt den|köptes|bokad|bokad"
            rf" den|booked|placed|placed on|purchased"
            rf"|purchased on|ordered on|order made|date of (?:order|purchase"
            rf"|issue)|issue date|köpetidpunkt"
            rf"|tidpunkt|orderdag|när|when|datum för köp|ordertid|lagd|order"
            rf" lagd|date placed|köptillfälle"
            rf"|date ordered|orderdatum{_DATE_TAIL}|bestelldatum|bestellt(?: am)?"
            rf"|buchungsdatum|gebucht am|kaufdatum|bestilt(?: den)?|belegdatum|tilauspäivä"
            rf"|(?:ordre|købs|bestillings|bookings|kjøps)dato)"
        ),
    ),
    (
        "invoiced_on",
        (
            r"faktura(?:ns)? ?datum|utskriven(?: den)?|fakturerad(?: den)?|regningsdato"
            r"|invoice date|fakturadag|billing date|bill"
            r" date|utskriftsdatum|utställd(?: den)?"
            r"|date of invoice|issued(?: on)?|issue date|date issued|fakturan"
            r" utställd|avidatum|statement date"
            r"|rechnungsdatum|rechnung vom|fakturadato"
        ),
    ),
    (
        "paid_on",
        (
            r"betal(?:nings)?(?:datum|dag)|payment date|paid(?: on)?|date"
            r" paid|betald(?: den)?|debiteringsdatum"
            r"|charge date|charged on|dragningsdag|betalat den|payment"
            r" made|date of payment"
            r"|zahlungsdatum|bezahlt am|betalingsdato|betalt den"
        ),
    ),
    (
        "refunded_on",
        (
            r"(?:retur|återbetalnings?|krediterings?|refund|return|kredit)[\s-]?(?:datum"
            r"|date)|återbetald(?: den)?"
            r"|återbetalad(?: den)?|refundert|refunderet|refunderad|återbetalt"
            r"|tilbagebetalt|refunded"
            r"|refunded on|date of refund|refund issued|kreditnotadatum"
        ),
    ),
    (
        "due_on",
        (
            r"förfallo?(?:datum|dag|r)?|förfaller(?: den)?|sista (?:betalnings?(?:dag"
            r"|datum)|dag)|betalas senast"
            r"|betala senast|senast(?: den)?|due(?: date| by| on)?|payment"
            r" due(?: date| by)?|pay by|oss tillhanda"
            r"(?: senast)?|att betala senast|ska betalas senast|dras|dras"
            r" från konto|autogirodatum|pay before"
            r"|betalas före|tillhanda senast|autogiro dras(?: den)?|last"
            r" day to pay|last payment date"
            r"|fällig(?: am| bis)?|fälligkeit(?:sdatum)?|zahlbar bis|forfald(?:sdato)?|forfallsdato"
            r"|betalingsfrist|eräpäivä"
        ),
    ),
    (
        "restaurant",
        (
            r"restaurang(?:en)?|restaurant|verksamhet|från restaurang"
            r"|pizzeria|kök|store|ditt matställe"
            r"|lagad av|beställt från|ordered from|order from|matställe"
            r"|restaurangnamn|vendor|merchant"
            r"|tillagas av|från|from|café|ställe|restaurant name|partner"
            r"|spisested"
        ),
    ),
    (
        "plan",
        (
            r"(?:ditt |your )?(?:abonnemang(?:et)?|plan(?:en)?|prenumeration(?:en)?"
            r"|subscription(?: plan| type)?|paket"
            r"|membership(?: type| plan)?|medlemskap|tier|abonnemangstyp"
            r"|nivå|package|abo|abonnement|tarif"
            r"|plan name|current plan|din plan|valt abonnemang|prenumerationstyp"
            r"|medlemsnivå|subscribed to)"
        ),
    ),
    (
        "billing_period",
        (
            r"betalas|betalning sker|debiteras|fakturering|period(?:en)?"
            r" som \w+|billing(?: cycle| period| frequency| interval)?"
            r"|billed"
            r"|faktureringsperiod|betalningsperiod|period(?:en)?|betalningsintervall"
            r"|intervall|interval"
            r"|betalningsfrekvens|frequency|frekvens|faktureras|debiteringsperiod|avtalsperiod"
            r"|prisperiod"
            r"|förnyas|renews|payment frequency|debitering|term|bindningstid"
            r"|löptid|avser(?: period(?:en)?)?"
            r"|service period|subscription period|prenumerationsperiod"
            r"|abonnemangsperiod|gäller|giltig"
            r"|giltighetstid|valid|förbrukningsperiod|leveransperiod|mätperiod"
            r"|usage period|consumption period"
            r"|avläsningsperiod|billing dates|covers|fakturaperiod|perioden"
            r" avser|gäller perioden|för perioden"
            r"|betalningsplan|coverage period|period covered|usage dates"
            r"|valid for|avser tiden"
            r"|(?:abrechnungs|leistungs|liefer)?zeitraum|laufzeit|abonnementsperiode|periode"
            r"|fakturaperiode"
        ),
    ),
    (
        "next_billing_on",
        (
            r"(?:nästa|kommande) (?:betalning(?:sdatum|sdag)?|debitering(?:sdatum"
            r"|sdag)?|faktur(?:a|ering)(?:sdatum)?"
            r"|dragning|förnyelse|betaldatum|förnyas|betaldag|period börjar)(?:"
            r" sker| dras)?(?: den)?"
            r"|next (?:payment|billing|charge|renewal|bill|invoice)(?:"
            r" date| on| due)?|renew(?:s|al)(?: date| on)?"
            r"|förnyas(?: den| automatiskt)?|förnyelse(?:datum|dag)?|auto-?renews"
            r" on|renews automatically on"
            r"|förnyas automatiskt den|next payment will be on|your next"
            r" bill|nästa gång vi drar|next charged on"
            r"|your next billing date|nästa inbetalning|förnyas nästa gång"
            r"|nächste (?:zahlung|abbuchung|rechnung)(?: am)?|verlängert sich am"
            r"|(?:næste|neste) (?:betaling|trekk|faktura)|fornyes(?: den)?"
        ),
    ),
    (
        "period_start",
        r"från(?: och med)?|fr\.?o\.?m\.?|startdatum|period start|from|start(?: date)?|periodstart",
    ),
    (
        "period_end",
        r"till(?: och med)?|t\.?o\.?m\.?|slutdatum|period end|to|end(?: date)?|periodslut|through",
    ),
    (
        "consumption",
        (
            r"(?:total |din |årets |elens |uppmätt |your |energy |electricity"
            r" )?(?:el|energi|månads)?(?:förbrukning(?:en)?"
            r"|förbrukat|använd(?:ning)?|consumption|usage|use)(?: \(?kwh\)?"
            r"| denna period| el| i kwh| under perioden"
            r"| this period| totalt)?|antal kwh|kwh|energi|energy used"
            r"|electricity used|förbrukad el|uttag|överförd energi"
            r"|verbrauch|stromverbrauch|forbrug|forbruk"
        ),
    ),
    (
        "ocr",
        (
            r"kid(?:-?nummer)?|ocr(?:[\s-]?(?:nummer|nr|referens|number|reference))?"
            r"|betalningsreferens"
            r"|ocr/referens|referens \(ocr\)"
            r"|betalningsreferens \(ocr\)|ocr-nr|ocr/meddelande|payment"
            r" reference(?: \(ocr\))?|fakturanr/ocr|ocr-nummer/referens"
        ),
    ),
    (
        "passengers",
        (
            r"med på resan|passagierinformationen|resen[aä]r(?:er(?:na)?)?(?:\s?\d{1,2})?"
            r"|passagerare(?:\s?\d{1,2})?"
            r"|passengers?(?:\s?\d{1,2})?"
            r"|passengers? (?:information|details|list|data|and ticket numbers?)"
            r"|resenärsuppgifter|passageraruppgifter|passageraruppgift"
            r"|travell?ers?(?:\s?\d{1,2})?|resande|namn på resenär(?:er)?"
            r"|passenger names?"
            r"|resenärens namn|traveller names?|passenger\(s\)|traveller\(s\)"
            r"|resenär\(er\)|vem reser|who'?s travell?ing"
            r"|reisende[rn]?|passagiere?|fahrg(?:ast|äste)|passager(?:er)?|rejsende|fluggast"
            r"|fluggäste"
        ),
    ),
    (
        "address",
        (
            r"(?:leverans|faktura|faktureringss?|liefer|rechnungs|leverings)?(?:adress|adresse)"
            r"|(?:(?:delivery|shipping|billing) )?address|levereras till"
            r"|ship(?:s|ped|ping)? to|deliver(?:ed|s)? to"
        ),
    ),
    (
        # Of a person, a place or a company: known, so that it is taken for nothing else.
        "other_number",
        (
            rf"(?:kund|medlems?|customer|member|kunden|mitglieds|anläggnings|adress|mätar|telefon"
            rf"|mandat|org\.?|organisations|registrerings){_NUMBER_WORD}"
            r"|bankgiro|plusgiro|driftsplats|anläggning|fastighet|vat reg|cvr|y-tunnus"
        ),
    ),
    (
        "payment_method",
        (
            r"betal(?:nings)?(?:s[aä]tt|metod|alternativ|medel|typ)|payment(?:"
            r" method| type| details)?|betalning"
            r"|paid (?:with|by|via)|betalat med|betald med|kort|card|method"
            r" of payment|betalas med|betalt med"
            r"|zahlungs(?:art|methode|weise|mittel)|bezahlt mit|betalings(?:måte|metode|måde)"
        ),
    ),
    (
        "size",
        (
            r"storlek|stl|str|size|sz|strl"
            r"|größe|størrelse|koko"
        ),
    ),
    (
        "color",
        (
            r"f[äa]rg|colou?r|kulör"
            r"|farbe|farve|farge|väri"
        ),
    ),
    ("serial", r"s/?n|serie ?-?(?:nummer|nr)|serial(?: number| no)?|imei|serienr"),
    ("warranty", r"garanti(?:e|tid)?|warranty|guarantee"),
    ("customer", r"kund|kunde|customer|köpare|beställare|besteller"),
    (
        "quantity",
        (
            r"månader|months|(?:lev\.? ?)?ant(?:al)?\.?|antal(?:/vikt|/mängd)?|vikt/antal"
            r"|qty|quantity|kvantitet|st|mängd|count|pcs"
            r"|anzahl|menge|antall|stk\.?|aantal|määrä|kpl|anz\.?"
        ),
    ),
    (
        "unit_price",
        (
            r"(?:pris|price)(?: ?/ ?st| per st| each| per (?:styck|unit"
            r"|item)|/styck|/unit)?|styckpris|á-?pris|à-?pris|a-?pris|unit"
            r" price|each|st-?pris|enhetspris|pris per styck"
            r"|(?:kr|€|eur|sek)/(?:mån|månad|month|st)|[àá] ?(?:€|kr)?"
            r"|stk\.?\s?pris|styck|einzelpreis"
            r"|stückpreis|stykpris|enhedspris|enhetspris|preis|pris pr\.? stk\.?"
        ),
    ),
    (
        "line_total",
        (
            r"summa|belopp|total(?:t|pris)?|radsumma|amount|line total"
            r"|subtotal|delsumma|item total|radbelopp|kronor|(?:beløb|belopp"
            r"|beløp) inkl\.? (?:moms|mva)"
            r"|pris i alt|gesamt(?:preis|betrag)?|summe|betrag|beløb|beløp|i alt|sum"
        ),
    ),
    (
        "travel_from",
        (
            r"från|from|avreseort|avgångsort|origin|departure (?:airport"
            r"|station|city|from)|departs? from|avgår från|avresa från"
            r"|avgångsstation|start(?:station)?|departing|departure location"
            r"|von|fra|ab"
        ),
    ),
    (
        "travel_to",
        (
            r"till|to|ankomst till|arrival in|destination|ankomstort|arrival (?:airport|station"
            r"|city|at)|arrives? (?:at|in)|ankommer till|ankomststation"
            r"|resmål|slutstation|arriving|arrival location"
            r"|nach|til|an"
        ),
    ),
    (
        "departure",
        (
            r"avg[åa]ng(?:stid)?|avg\.?|avresa|departure(?: time| date"
            r"| date and time)?|departs?|depart|depart at|dep\.?|avgår"
            r"|utresa|departing at|avgångsdatum|take-?off|leaves|avgångs?tid"
            r"|departure date/time"
            r"|abfahrt|abflug|abreise|afgang|avgang|lähtö"
        ),
    ),
    (
        "arrival",
        (
            r"ankomst(?:tid)?|ank\.?|arrival(?: time| date| date and time)?"
            r"|arrives?|arrive at|arr\.?|framme|ankommer|landar|lands|arriving"
            r" at|beräknad ankomst"
            r"|ankunft|saapuminen"
        ),
    ),
    (
        "travel_number",
        (
            r"(?:tåg|flyg|flight|train|buss|bus|linje|line|färje|ferry"
            r"|avgångs|turs?|service|coach|rutt)(?:\s?-?\s?(?:nummer|nr"
            r"|number|no|id)\.?)?|transport|avgång nr|service number|fartyg"
            r"|tur"
            r"|zug|flug|flug(?:nummer|nr\.?)|zugnummer|tog|verbindung"
        ),
    ),
    (
        "travel_on",
        (
            r"(?:rese|avrese|travel|departure|journey)[\s-]?(?:datum|dag"
            r"|date)|datum|date|dag|day|resdag|date of (?:travel|departure)"
            r"|reisedatum|rejsedato|reisedato|hinfahrt|rückfahrt|hinflug|rückflug"
        ),
    ),
    (
        "item",
        (
            r"(?:mat|frukt|grönsaks)?kasse|åtgärd|behandling|utfört|arbete|ydelse|vad|vara|varor|artikel|artiklar|artikelnamn"
            r"|beskrivelse|varebeskrivelse|betegnelse|benämning|produkt(?:er"
            r"|namn)?|beskrivning|items?|product(?: name)?|description"
            r"|namn|name|rätt(?:er)?|maträtt|title|titel|tjänst|specifikation"
            r"|details|avser|biljett(?:typ)?|ticket(?: type)?|text|your"
            r" items|service|post|vad|avgift|produktbeskrivning|item description"
            r"|resa|typ|plagg"
            r"|bezeichnung|beschreibung|position|leistung|vare|varenavn|ydelse|tuote"
            r"|artikelbezeichnung"
        ),
    ),
    (
        "article_number",
        (
            r"varenr\.?|varenummer|prod\.? ?nr\.?|produktbild.*"
            r"|art\.?\s?-?(?:nr|nummer|no)\.?|artikelnummer|varunr|varunummer"
            r"|sku|item (?:no|number|#|code)|product (?:no|code|id)|ean"
            r"|art|artnr|artikelnr|#|pos|rad|nr"
        ),
    ),
    ("tax_rate", r"moms(?:sats)?|vat(?: rate)?|tax(?: rate)?|moms ?%|moms \(%\)|vat ?%"),
    ("line_discount", r"rabatt|discount"),
)
_COMPILED = tuple((name, re.compile(rf"(?:{pattern})")) for name, pattern in _FIELDS)
_ANY = re.compile("|".join(f"(?:{pattern})" for _, pattern in _FIELDS))
# "Booking reference (PNR)"; the closing bracket is a frill.
_IN_BRACKETS = re.compile(r"\s*\([^()]{2,20}\)?$")


def _named(text: str) -> frozenset[str]:
    if not _ANY.fullmatch(text):
        return frozenset()  # most texts are no label, and one look tells
    return frozenset(name for name, pattern in _COMPILED if pattern.fullmatch(text))


# The same cells are asked about many times while a mail is read.
@lru_cache(maxsize=8192)
def field_names(label: str) -> frozenset[str]:
    """Return the names of the values that a label may stand for; most labels have none."""
    text = normal(label)
    if not text or len(text) > 50:
        return frozenset()
    known = _named(text)
    if not known and (bare := _IN_BRACKETS.sub("", text)) != text:
        known = _named(bare)
    return known
