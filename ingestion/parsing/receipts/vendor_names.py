"""The shop's name, from what stands in From, else from the markup, the text or the domain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_GENERIC = re.compile(
    r"(?i)\b(?:kund(?:service|tjänst|support|center)|customer (?:service"
    r"|care|support)|no-?\s?reply|noreply|do-?not-?reply|donotreply"
    r"|orders?|orderbekräftelse|order confirmation|support|info|receipts?"
    r"|kvitto(?:n)?|billing|bokning(?:ar)?|bookings?|invoices?|faktura"
    r"|kundfaktura"
    r"|team(?:et)?|notifications?|notiser|automatic|auto-?confirm|webbshop"
    r"|webshop|webbutik|konto|account|payments?|betalning(?:ar)?|reservations?"
    r"|refunds?|leserservice|kundenservice|kundesenter|kundeservice|biljetter|tickets?"
    r"|beställning(?:ar)?|ekonomi|fakturering|medlemsservice|online-?shop|transactions|kundtjanst|resepsjon"
    r"|hello|hej)\b(?!\.\w)"
)
_COUNTRY = re.compile(
    r"(?i)\s*[\[(](?:se|sverige|sweden|nordic|uk|com)[\])]|\s+(?:AB|Inc\.?|Ltd\.?|GmbH|LLC|ApS|AS"
    r"|Oy|S\.A\.|Limited|PBC)(?=$|,)"
)
_LAND = re.compile(
    r"(?i)\s*[\[(](?:se|sverige|sweden|nordic|uk|com)[\])]|,\s*(?:PBC|Inc\.?|Ltd\.?|LLC)$"
)
# What a payment service says about whom it has paid.
_PAID_TO = re.compile(
    r"(?i)\b(?:betalning(?:en)?|payment|zahlung|betaling(?:en)?|betalt|paid|betalat|bezahlt)\s"
    r"(?:\S+\s){0,4}?(?:till|to|an|til)\s(?-i:(?P<name>[A-ZÅÄÖÆØ][\w&'.-]*(?:\s(?:[A-ZÅÄÖÆØ&]"
    r"[\w&'.-]*|&|och|and|of|i)){0,4}))(?:\s*(?:$|[.!(|])|\s(?:den|on|via|with|med)\b)"
)
_HEAD_LINES, _SHORTEST = 20, 3
# In small letters; `§` stands for the sender's own name.
_AGENT = re.compile(
    r"\b(?:säljs|sålts?|såld|förmedla\w*|sold|processed|köpt|bokningen)\b[^.]{0,60}"
    r"\b(?:genom|via|through|by)\s§|§[^.]{0,60}"
    r"\b(?:på uppdrag av|on behalf of|[aå] \w+ vägnar|acts? as an agent)"
    r"|^your § (?:purchase|order) from|(?:på uppdrag av|on behalf of)[^.]{0,40}\bvia §"
)
# They sell for others, and seldom say so in the mail.
_PLATFORM = re.compile(
    r"(?i)(?:booking\.com|expedia|hotels\.com|airbnb|bokadirekt|tickster|eventim|etsy|tradera|vinted)"
)
_SELLER = re.compile(
    r"(?i)^(?:arrangör|säljare|organi[sz]er|seller|shop|merchant|sold by|säljs av|verkauft von)"
    r"\s*[:|]\s*(?P<name>\S.{2,60})"
)
_COMPANY = re.compile(
    r"(?i),|\s(?:ek\.? för|ekonomisk förening|hb|kb|ab|ltd|gmbh|aps|as|oy)\b|\s\d{6}-"
)
_SUBDOMAINS = frozenset(
    [
        "mail",
        "email",
        "e-mail",
        "info",
        "news",
        "order",
        "orders",
        "no-reply",
        "noreply",
        "service",
        "booking",
        "notify",
        "notifications",
        "shop",
        "www",
        "my",
        "mailing",
        "transactional",
        "mg",
        "em",
        "send",
        "post",
        "kund",
        "kundservice",
        "reply",
        "billing",
        "invoice",
        "receipts",
        "e",
        "t",
        "m",
        "auto",
    ]
)
_TWO_PART = frozenset({"co", "com", "org", "net", "gov", "ac"})


def vendor_name(display: str, address: str, markup: str | None, text: str) -> str:
    """Return the best name for the sender; "" where nothing is known of it."""
    name = _cleaned(display)
    if name:
        return name
    if markup:
        return _COUNTRY.sub("", markup).strip()
    domain = _of_domain(address)
    for line in text.split("\n")[:60]:
        match = re.search(rf"(?i)\b({re.escape(domain)})\b", line) if domain else None
        if match and not re.search(r"[@/]", line):
            return match[1] if match[1][0].isupper() else domain.capitalize()
    match = re.search(
        r"(?:hos|från|with|from"
        r"|at)\s+(?P<name>[A-ZÅÄÖ][\w&'\u2019.-]*(?:\s[A-ZÅÄÖ&][\w&'\u2019.-]*){0,3})",
        text[:400],
    )
    if match and not domain:
        return match["name"].rstrip(".!,")
    return domain.capitalize()


def payee(lines: Sequence[str]) -> str | None:
    """Return whom a payment service has paid: `Du har betalat 1 085,00 kr till Krukmakeriet`."""
    found = (_PAID_TO.search(line) for line in lines)
    return next((match["name"].rstrip(".") for match in found if match), None)


def principal(display: str, lines: Sequence[str]) -> str | None:
    """Return who sold through the sender: `Biljetterna säljs av arrangören genom Tickster AB`.

    "" when the sender only passes on and the mail does not say for whom; None when it does not.
    """
    own = re.split(r"[\s.]", display.strip())[0]
    small = own.lower()
    if len(own) < _SHORTEST:
        return None
    told = (line.lower().replace(small, "§") for line in lines if small in line.lower())
    if not _PLATFORM.match(display.strip()) and not any(_AGENT.search(line) for line in told):
        return None
    for line in lines:
        match = _SELLER.match(line)
        if match is None or match["name"].startswith(own):
            continue
        name = _COMPANY.split(match["name"])[0].strip(" .,|")
        shown = [each for each in lines[:_HEAD_LINES] if name.startswith(each) and " " in each]
        return max(shown, key=len, default=name)
    return ""


def _cleaned(display: str) -> str:
    name = re.sub(r"\s+", " ", display).strip(" \"'<>,|-").split(" / ")[0]
    if "@" in name:
        return ""
    name = re.sub(r"(?i)\s*[\[(](?:via|genom|by)\s[^)\]]+[)\]]$", "", name)
    name = re.sub(r"(?i)\s+(?:via|genom|by)\s+\S+.*$", "", name)
    name = re.sub(r"(?i)^(?:noreply|no-reply)\s*[-–|,]\s*", "", name)
    bare = _GENERIC.sub(" ", name)
    words = re.sub(r"\s+", " ", bare).strip(" -–|,.:&/")
    # "Dustin Home Kundservice" is Dustin Home; "Kundservice" alone is nobody, "Apple Store" stays.
    if not words or words.lower() in ("från", "from", "at", "vår", "our", "your", "din"):
        return ""
    tail = re.split(r"\s(?:från|from|at|hos)\s", words)
    name = tail[-1] if len(tail) > 1 else words
    return _LAND.sub("", name).strip(" -–|,:&/")


def _of_domain(address: str) -> str:
    labels = address.rpartition("@")[2].split(".")
    if len(labels) < 2:
        return labels[0] if labels else ""
    labels = labels[:-2] if len(labels) > 2 and labels[-2] in _TWO_PART else labels[:-1]
    kept = [label for label in labels if label not in _SUBDOMAINS]
    return kept[-1] if kept else labels[-1]
