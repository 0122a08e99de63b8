"""The words of sums: what an amount is for. Swedish and English first, neighbours where cheap.

Read by what a label contains ("Frakt (PostNord)", "Din rabatt SOMMAR20"), since an amount stands
beside it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from ingestion.parsing.receipts.field_labels import normal


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
    """Match whole words of a label that `normal` has made small."""
    return re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])")


_NO_MONEY = _words(
    r"(?:total )?declared value|deklarerat värde|customs value|tullvärde"
    r"|leveransadress|adress|address|telefon|phone"
    r"|delivery date|leveransdatum|leveranstid|delivery time|ord(?:inarie)?"
    r"\.? ?pris|list price|was|rek\.? ?pris|jämförpris|jfr ?pris|unit"
    r" price|kundnummer|saldo|balance"
    r"|\w*(?:leverings|leverans|liefer)(?:dag|dato|tag|tid)\w*|kvar (?:på|att)|remaining"
    r"|nästa (?:betalning|debitering)|next"
    r" (?:payment|charge|bill)\w*"
    r"|intjänad\w*|earned|maxbelopp|kreditgräns|credit limit|tidigare pris"
    r"|du kan spara|från(?=\W*$)"
    r"|ny ?pris(?:et)?|butikspris|marknadspris|värde(?:t)?|worth|rrp|uvp"
    r"|(?:tid\.?|tidigare) lägsta pris|du (?:har )?sparat|du spara(?:r|de)|total(?:t)? sparat"
    r"|you(?:'ve| have)? saved?|you save"
    r"|total savings|föregående|previous|spårnings\w*|tracking|per dag|elskatt ingår|varför|hur"
)
_GIFT = _words(
    r"presentkort\w*|gift ?(?:cards?|vouchers?)\w*|(?:paid|betal(?:at|t)) (?:by|with|med) voucher"
    r"|gåvokort\w*|tillgodo\w*|bonuscheck\w*|värdecheck\w*|värdebevis"
    r"|(?:inlösta |använda |betalat med |loyalty |reward |bonus)?poäng"
    r"|(?:loyalty |reward |bonus )?points?"
    r"|(?:points|rewards?) redeemed|store credit|wallet|kundkonto|voucher"
    r" balance|credits? applied"
    r"|account credit|återbäring|bonuspengar|friskvårdskort|krediter"
    r"|geschenk(?:karte|gutschein)\w*|gavekort\w*|cadeaubon\w*|lahjakort\w*"
)
_ROUNDING = _words(
    r"öres ?(?:avrundning|utjämning)|avrundning|utjämning|rounding"
    r"|rundung\w*|afrunding|avrunding"
)
_CREDIT = _words(r"(?:er|ert|ditt|dig) till ?godo(?:havande)?")
_REFUND = _words(
    r"\w*återbetal\w*|refund\w*|krediter\w*|kreditbelopp"
    r"|att få tillbaka|tillbaka|credited"
    r"|credit amount|amount credited|returbelopp|returvärde|return"
    r" value|retursumma"
    r"|rückerstatt\w*|erstatt(?:et|ung|ungsbetrag)|gutschrift\w*|tilbagebetal\w*|refundert"
    r"|refusjon|hyvitys|til gode|zu ihren gunsten|får (?:du )?tillbaka"
)
_DISCOUNT = _words(
    r"\w*rabatt\w*|\w*avdrag\w*|\w*kampanj\w*|discounts?|\w*discount|promo\w*|promotions?|coupons?"
    r"|kupong\w*|\w*erbjudande\w*|savings?|rebate|prisnedsättning|nedsatt pris|voucher|offer"
    r"|ta \d|\d+ för \d+|(?:2|3|4) för (?:1|2|3)|studentpris|medlemspris|prisavdrag|värdekod"
    r"|\w*rabat(?:ten|kode)?|gutschein\w*|nachlass|preisnachlass|aktion|korting|remise"
    r"|alennus|descuento|skonto"
)
_TAX = _words(
    r"\w*moms(?:en|belopp|summa)?|vat|v\.a\.t\.?|(?:sales |estimated"
    r" )?tax(?:es)?|mva|mwst|ust|gst|hst"
    r"|mervärdess?katt|btw|iva|tva|alv|value added tax|tax amount|moms\w*"
    r"|mehrwertsteuer|umsatzsteuer|merverdiavgift|arvonlisävero"
)
_TIP = _words(
    r"dricks(?!vatten)\w*"
    r"|(?:(?:driver|courier|delivery|rider|dasher|staff|your|kurir\w*|bud\w*|add(?:ed)?"
    r"|total) )?tips?(?! ?\()(?=$| (?:for|to|till|til)\b)|gratuity|tip for \w+"
    r"|trinkgeld|drikkepenge|fooi"
)
_DEPOSIT = _words(
    r"\w*pant(?:avgift|belopp)?|(?:bottle |can |container )?deposits?|pantsumma"
    r"|\w*pfand|panttimaksu"
)
_SERVICE_FEE = _words(
    r"\w*service ?avgift\w*|serviceavg|service (?:fee|charge)s?|plattforms ?avgift|platform fee"
    r"|hanterings ?avgift|handling(?: fee)?|handling charge|expeditions ?avgift|boknings ?avgift"
    r"|booking (?:fee|charge)|administrations ?avgift|admin(?:istration)? fee|faktura ?avgift"
    r"|köpprovision\w*|slagavgift\w*|buyer.?s premium|fakt\.? ?avg\.?"
    r"|invoice fee|betal(?:nings)?avgift|payment fee|transaction fee"
    r"|processing fee|transaktionsavgift|(?:payment |credit )?card (?:surcharge|fee)"
    r"|payment surcharge"
    r"|\w*förköps ?avgift|bagatellavgift|avgift (?:för )?liten (?:order|beställning)"
    r"|faktureringsavgift"
    r"|biljettavgift|förmedlingsavgift|uppläggningsavgift|plock ?avgift"
    r"|packavgift|small order fee"
    r"|småorderavgift|småbeställningsavgift|convenience fee|tjänsteavgift"
    r"|app-?avgift|avgift för låg\w*"
    r"|avgift för (?:pappers)?faktura\w*|pappersfaktura\w*|betjeningsgebyr|opkrævningsgebyr"
    r"|(?:quality assurance|bag|eco|environmental|recycling|small cart|priority) fee"
    r"|miljöavgift|kassavgift|påsavgift|aviavgift|kortavgift|picking fee|order fee|gebyr"
    r"|minibeställningsavgift"
    r"|under minimum"
    r"|\w*gebyr|service ?gebühr\w*"
    r"|(?:bearbeitungs|buchungs|transaktions|vermittlungs|zahlungs)gebühr\w*|servicekosten"
)
_SHIPPING = _words(
    r"\w*frakt\w*|\w*leverans\w*|hemkörning|hemleverans\w*|utkörning\w*|utkörningsavgift|porto"
    r"|cykelbud|lastbud|shipping|deliver(?:y|ies)|postage|courier|bud(?:avgift)?|bud(?:et)?kostnad|fraktkostnad|p&p"
    r"|p ?& ?p|p\.&p\.|postnord\w*|dhl\w*|budbee|instabox|ombud"
    r"|express(?=$| delivery| shipping| frakt| leverans)|carriage|freight"
    r"|\w*transport"
    r"|versand\w*|toimitus\w*|levering|hemkörningsavgift|skickning|porto & exp|shipment|dispatch"
    r"|liefer(?:ung|gebühr|kosten|pauschale)\w*|fragt|\w*levering\w*|bezorg\w*|verzend\w*|livraison"
    r"|klicka (?:&|och) hämta|upphämtning|avhämtning|hämtning i (?:varuhus|butik)\w*|forsendelse"
    r"|forsending"
    r"|hämta(?:s)? i (?:butik|varuhus)|(?:store )?pick-?up|click (?:&|and|och) collect"
    r"|in-?store collection|udbringning|utbringing|utkjøring|henting|afhentning|abholung"
)
# Also where their product is called a point or a service.
_CARRIER = _words(
    r"postnord|dhl|dpd|gls|budbee|instabox|airmee|early ?bird|schenker|fedex|royal mail"
    r"|ups|usps|evri|helthjem|instabee|porterbuddy|citymail|parcelforce|colissimo"
    r"|posti|matkahuolto"
)
_CARRIAGE = _words(
    r"shipping|postage|frakt\w*|porto"
    r"|versandkosten|fragt"
)
_NET = _words(
    r"(?:exkl|excl|exklusive|excluding|ex|utan|before|före)\.?\s?(?:moms|vat|tax(?:es)?|mva|mwst)"
    r"|netto\w*|net(?: (?:amount|total|price))?|momsgrundande|underlag|taxable|total before tax"
    r"|grunnlag|grundlag|momsgrundlag|bemessungsgrundlage|beskattningsunderlag|momsunderlag"
    r"|ohne (?:mwst|ust|umsatzsteuer|mehrwertsteuer)|nettobetrag|skattefritt|veroton"
    r"|uden moms|uten mva"
    r"|ekskl\.? ?(?:moms|mva)"
)
_WITH_TAX = re.compile(
    r"(?:inkl|incl|inklusive|including|included|inc|ink|med|enthält"
    r"|enthaltene)\.?\s?(?:\d+\s?%\s?)?(?:moms|vat|tax|mva|mwst|ust)"
    r"|(?:moms|vat|tax)(?:en)?\s+(?:ingår(?: med)?|incl\w*|inkl\w*)"
)
_SUBTOTAL = _words(
    r"delsumma|del-?summa|mellansumma|sub-?\s?total|varor(?:na)?|varuvärde|varukostnad|artiklar"
    r"|summa (?:varor|artiklar|produkter|mat)|items?(?: (?:sub)?total)?|merchandise|produkter"
    r"|(?:total )?item(?:s)? (?:sub)?total|varusumma|varubelopp|ordervärde"
    r"|matkostnad|pris för varor"
    r"|goods|products?|basket(?: total)?|cart(?: subtotal)?|varukorg\w*"
    r"|\d+ (?:varor|artiklar|items?)"
    r"|totalt varor|varor totalt|order subtotal|biljetter|summa före"
    r" rabatt\w*|innan rabatt"
    r"|summa rader|radsumma|before discount|food(?: total)?"
    r"|varer (?:til sammen|samlet|i alt)|varor tillsammans|zwischensumme|teilsumme|warenwert"
    r"|artikelsumme|varer i alt|delsum|sum varer|sous-total"
    r"|subtotaal|välisumma"
)
_STRONG = _words(
    r"(?:summa |belopp |totalt |kvar |netto |total )?att betala(?:"
    r" totalt)?(?:\W+\w+)?|totalsumma\w*"
    r"|totalbelopp\w*|slutsumma|order ?total\w*|grand total|total ?(?:amount"
    r"|price|cost|charge[ds]?)"
    r"|amount (?:due|charged|payable|to pay)|total (?:due|charged|to"
    r" pay|payable|order|for (?:this|your) order)"
    r"|total(?:t|en)? inkl\w*\.? ?(?:moms|vat|tax\w*)|total incl\w*\.?(?:"
    r" of)? ?(?:vat|tax\w*)|fakturabelopp"
    r"|fakturasumma|totalpris\w*|totalkostnad\w*|summa totalt|totalt"
    r" belopp|(?:order|köp)e?summa|köpesumma"
    r"|invoice (?:total|amount)|betala|summa inkl\w*\.? ?moms|belopp"
    r" inkl\w*\.? ?moms|att betala"
    r"|due amount|balance due|amount payable|ditt pris|pris totalt"
    r"|total summa|you pay|din totalsumma"
    r"|orderbelopp|total order value|köpebelopp|sum total|biljettpris"
    r" totalt|fare total|total fare"
    r"|total att betala|ordersumman|payment total|beställningssumma"
    r"|beställningens (?:summa|totalsumma)"
    r"|gesamt(?:betrag|summe|preis)\w*|rechnungsbetrag|zu zahlen(?:der betrag)?|endbetrag"
    r"|endsumme|bestellsumme|i alt (?:at betale|inkl\w*\.? ?moms)|at betale|å betale"
    r"|samlet (?:beløb|pris)|totalbeløp|totalbeløb|totaalbedrag|te betalen|do zapłaty"
    r"|dra(?:get|git) belopp|autogirobelopp|att dra|slutpris|zahlbetrag|endpreis|til betaling"
    r"|(?:denna|this) (?:faktura"
    r"|invoice)|maksettava\w*"
    r"|(?:din |er )?totala kostnad(?:en)?|(?:du|ni) betala(?:r|de)|totalsum|(?:summa "
    r"|totalt )?att erlägga"
    r"|slutbelopp|slutligt belopp|nettosumma att betala"
    r"|(?:köpets|beställningens|bokningens|varukorgens|resans|orderns) (?:värde|summa|totalsumma"
    r"|pris|totalpris)"
    r"|total incl\w*\.? (?:taxes|fees)(?: (?:and|&) (?:fees|taxes))?"
    r"|to pay|to be paid|inalles|sammanlagt(?: att betala)?|sammenlagt|total to pay"
    r"|i alt til (?:opkrævning|betaling)"
    r"|summe inkl\w*\.? ?(?:mwst|ust)|gesamt inkl\w*\.? ?(?:mwst|ust)"
    r"|(?:faktura|räkning)(?:en)?(?: för \w+)? (?:är|blev)(?: på)?|bill is"
)
_PAID = _words(
    r"(?:totalt |belopp )?betala(?:t|d|des)(?: belopp| med| totalt"
    r"| av dig)?|betalt(?: belopp| med)?"
    r"|inbetalt|(?<!felaktigt )(?<!dubbelt )debitera(?:t|d|s|des)\w*(?: belopp)?|dra(?:get|gits"
    r"|s)|reserverat|kortbetalning"
    r"|köpbelopp|(?:total |amount )?paid(?: amount| with| by| via)?"
    r"|(?:amount )?charged(?: to)?|kortköp"
    r"|you(?:'ve| have)? paid|payment(?: amount)?|betalning|betalbelopp"
    r"|visa|mastercard|swish|klarna|bankaxept|bankaxess"
    r"|betalas med|amex|american express"
    r"|(?:kort|card)(?!\s(?!som\b|slutar\b|ending\b|nr\b|xx)[^\W\d_])|apple pay|google"
    r" pay|paypal|belastat|direktbetalning"
    r"|betalningsbelopp|we charged"
    r"|du betalade|mottaget|ska betalas"
    r"|gezahlt\w*|bezahlt\w*|abgebucht|zahlung(?:sbetrag)?|betalingskort|dankort|mobilepay|vipps"
)
_WEAK = _words(
    r"total(?:t|en|er|s)?|summa|sum|belopp|amount|i alt|gesamt\w*|yhteensä"
    r"|tot\.?|pris|price|kostnad|cost"
    r"|totale|razem|suma|summe|betrag|beløb|beløp|totaal"
)
# What an airline adds to its fare is bought like the fare, and no VAT.
_OF_A_FARE = re.compile(
    r"\b(?:taxes|skatter|steuern|skatt)\W+(?:(?:och|and|und|og)\W+)?(?:fees|charges|avgifter"
    r"|gebühren)"
    r"|\bgovernment tax(?:es)?|\b(?:skatter|skatt)\W+och\W+\w*avgifter"
    r"|\b(?:taxes|skatter|steuern)\W+(?:and|och|und|og|&)\W+(?:surcharges|zuschläge)"
    r"|\b(?:airport|passenger) (?:tax(?:es)?|charges?|fees?)|flygplatsavgift\w*|fuel surcharge"
    r"|passageraravgift\w*|bunker\w*"
)
# Shopify's line: "Avgifter (mva. inkludert)", "Taxes (VAT included)".
_TAXES_WITH = re.compile(
    r"^(?:beräknade |totala )?(?:avgifter|skatter|skatt|taxes|steuern?|gebyrer)\W.*"
    r"\b(?:mva|moms|vat|mwst|inkluderade?|included)\b"
)
_OF_WHICH = re.compile(r"\b(?:darin|davon|hierin|varav|därav|heraf|herav|of which|whereof)\b")
# "Totalt inkl. frakt" is a total.
_WITH_PARTS = re.compile(
    r"\(?\b(?:inkl|incl|inklusive|including|med)\.?\s(?:(?:moms|vat|tax|mwst)\s(?:och|and|&"
    r"|und)\s)?"
    r"(?:frakt\w*|shipping|delivery|leverans\w*|avgifter|fees|pant|dricks|versand\w*)\b\)?"
)
# A condition of a ticket, not money that comes back.
_REFUNDABLE = re.compile(
    r"\b(?:kan (?:av|om)bokas|(?:kan|kan ej|kan inte) återbetalas|(?:non-?)?refundable"
    r"|(?:ej |icke )?återbetal(?:nings)?bar\w*)\b"
)
# One of several parcels; the order's total comes further down.
_PARCEL_SUM = _words(
    r"(?:leveransens|leverans \d|försändelsens|paketets|delleveransens|shipment|parcel)"
    r" (?:summa|delsumma|total|subtotal)"
)
# "I alt i DKK", "Total in EUR".
_IN_CURRENCY = re.compile(r"\s(?:i|in)\s(?:sek|nok|dkk|eur|usd|gbp|kr|kronor)\b")
_TAX_ON_TOP = re.compile(
    r"(?:im|in|i|of|av) (?:the )?\w+ (?:enthaltene|included|ingående) (?:mwst|ust|vat|moms)"
    r"|(?:zzgl\.?|plus|tillkommer|\+)\s(?:mwst|ust|moms|vat|mva)"
)
# Second-hand goods: their price has VAT in it that nobody prints.
_MARGIN = re.compile(r"\s*\(?(?:vat margin scheme|margin scheme|vinstmarginal\w*|vmb)(?: \w+)?\)?")
_LONGEST, _MOST_BLANKS = 70, 8
_ONLY_PRICE = re.compile(
    r"(?:pris|price|preis|kostnad|cost|avgift|fee|belopp|amount|summa)"
    r"(?: (?:per|pr|pro|a|/)? ?(?:månad|mån|month|år|year|monat|jahr|måned|vecka|week|styck|st))?"
)
_PRICE = re.compile(r"pris|price|preis|kostnad|cost")
# In this order: the first that a label contains names it.
_ORDER = (
    (_ROUNDING, MoneyKind.ROUNDING),
    (_CREDIT, MoneyKind.REFUND),
    (_GIFT, MoneyKind.GIFT),
    (_REFUND, MoneyKind.REFUND),
)


def names_only_a_sum(label: str) -> bool:
    """Tell whether a label says nothing else: `Delsumma`, but not `Frukostkorg med varor`."""
    text = normal(label)
    rest = _SUBTOTAL.sub("", text).strip(" .,:()")
    return not rest or bool(_ONLY_PRICE.fullmatch(text))


def speaks_of_refunds(text: str) -> bool:
    """Tell whether a text, in small letters, has a word by which `money_kind` knows a refund."""
    return bool(_REFUND.search(text) or _CREDIT.search(text))


@lru_cache(maxsize=4096)
def money_kind(label: str) -> tuple[MoneyKind | None, int]:
    """Return what the amount beside a label is for, and how surely (3 surely, 1 perhaps).

    Only totals differ in sureness: "Att betala" is 3, "Totalt" 2, "Summa" or "Belopp" 1.
    """
    text = normal(label)
    if len(text) > _LONGEST or text.count(" ") > _MOST_BLANKS:
        text = re.split(r"[.;]\s", text)[-1]  # "Alle Preise inkl. MwSt. Im Gesamtbetrag …"
    if not text or len(text) > _LONGEST or text.count(" ") > _MOST_BLANKS:
        return None, 0
    text = _WITH_PARTS.sub(" ", _REFUNDABLE.sub(" ", text)).strip()
    text = _MARGIN.sub("", _IN_CURRENCY.sub("", text)).strip()
    if _OF_A_FARE.search(text):
        return None, 0
    if _TAXES_WITH.search(text) or _TAX_ON_TOP.match(text):
        return MoneyKind.TAX, 3
    if _CARRIER.search(text) and not _DISCOUNT.search(text):
        return MoneyKind.SHIPPING, 3
    if _PARCEL_SUM.search(text):
        return MoneyKind.SUBTOTAL, 3
    for pattern, kind in _ORDER:
        if pattern.search(text):
            return (MoneyKind.TAX, 3) if _is_refunded_tax(kind, text) else (kind, 3)
    if _is_strong(text):
        return (MoneyKind.NET, 3) if _NET.search(text) else (MoneyKind.TOTAL, 3)
    if _NO_MONEY.search(text):
        return MoneyKind.IGNORED, 3
    with_tax = bool(_WITH_TAX.search(text))
    bare = _WITH_TAX.sub(" ", text).strip() if with_tax else text
    return _kind_of_part(bare, with_tax=with_tax)


def _is_refunded_tax(kind: MoneyKind, text: str) -> bool:
    return kind is MoneyKind.REFUND and bool(_TAX.search(text)) and not _WITH_TAX.search(text)


def _is_strong(text: str) -> bool:
    match = _STRONG.search(text)
    if match is None:
        return False
    rest = (text[: match.start()] + text[match.end() :]).strip()
    tainted = (_DISCOUNT, _SHIPPING, _TIP, _DEPOSIT, _TAX)
    own_tax = _WITH_TAX.search(text) or _NET.search(text)
    return not any(
        pattern.search(rest) for pattern in tainted if not (own_tax and pattern is _TAX)
    ) and not re.search(r"\b(?:före|innan|before|exkl\w* frakt|excl\w* shipping)\b", text)


def _kind_of_part(text: str, *, with_tax: bool) -> tuple[MoneyKind | None, int]:
    if with_tax and not _OF_WHICH.sub("", text).strip(" .,:()@%0123456789"):
        return MoneyKind.TAX, 1  # "Inkl. moms", with an amount that must be small to be one
    if _NET.search(text):
        return MoneyKind.NET, 3
    if _CARRIAGE.search(text) and not _DISCOUNT.search(text) and not _TAX.search(text):
        return MoneyKind.SHIPPING, 3  # also "Shipping & handling"
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
    # "Elhandel rörligt pris" is what a row is about; "Pris" alone, what it comes to.
    most = 1 if weak and _PRICE.fullmatch(weak[0]) else 3
    if weak and text.count(" ") <= most:
        return MoneyKind.TOTAL, 2 if weak[0].lower().startswith("tot") else 1
    return None, 0
