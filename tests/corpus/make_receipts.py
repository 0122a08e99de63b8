"""Invented receipts with known truth: goods × wordings × layouts × formats, always the same ones.

Run as a program it measures the offline reader on them, field by field:

    .venv/bin/python -m tests.corpus.make_receipts [--show]
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.parsing.extract import extract_mail
from tests.corpus.receipt_layouts import LAYOUTS, Line, Printed
from tests.corpus.receipt_wordings import ENGLISH, ENGLISH_GOODS, SHOPS, SWEDISH, Shop, Wording

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONTHS_SV = "januari februari mars april maj juni juli augusti september oktober november december"
MONTHS_EN = "January February March April May June July August September October November December"
FORMS_SV = ("iso", "long", "short", "dotted", "weekday")
FORMS_EN = ("iso", "long_en", "short_en", "us")


@dataclass
class Made:
    name: str
    content: bytes
    expected: dict[str, Any]
    layout: str


@dataclass
class Plan:
    category: str
    shop: Shop
    words: Wording
    layout: str
    currency: str
    rng: random.Random
    items: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


def make_all(seed: int = 1, rounds: int = 14) -> list[Made]:
    """Return the whole corpus: `rounds` purchases for each category, refunds, and what is none."""
    rng = random.Random(seed)  # noqa: S311 - the same mails every time is the point
    made = []
    layouts = list(LAYOUTS)
    for category in SHOPS:
        for at in range(rounds):
            layout = layouts[(at + len(category)) % len(layouts)]
            made.append(_purchase(rng, category, at, layout))
    made.extend(_refunds(rng))
    made.extend(_no_receipts(rng))
    return made


def _purchase(rng: random.Random, category: str, at: int, layout: str) -> Made:
    english = rng.random() < 0.35
    words = rng.choice(ENGLISH if english else SWEDISH)
    shop = rng.choice(SHOPS[category])
    currency = rng.choice(("EUR", "USD", "GBP")) if english else "SEK"
    plan = Plan(category, shop, words, layout, currency, rng)
    goods = ENGLISH_GOODS[category] if english else shop.goods
    limit = 1 if category == "subscriptions" else 4
    count = len(goods) if category == "utility" else rng.randint(1, min(limit, len(goods)))
    for name, price in rng.sample(goods, count):
        plan.items.append(_item(plan, name, price))
    return _render(plan, f"{category}-{at:02d}-{layout}")


def _item(plan: Plan, name: str, price: int) -> dict[str, Any]:
    alone = plan.category in ("subscriptions", "utility")
    quantity = 1 if alone else plan.rng.choice((1, 1, 2, 3))
    item: dict[str, Any] = {
        "name": name,
        "quantity": quantity,
        "unitPrice": price,
        "total": price * quantity,
    }
    if plan.category == "clothing":
        item["size"] = plan.rng.choice(("S", "M", "L", "38", "42"))
        item["color"] = plan.rng.choice(
            ("svart", "grön") if plan.words.language == "sv" else ("black", "green")
        )
    return item


def _render(plan: Plan, name: str) -> Made:
    rng, words = plan.rng, plan.words
    day = date(2025, 3, 1) + timedelta(days=rng.randint(0, 420))
    number = rng.choice(
        (
            str(rng.randint(10**6, 10**9)),
            f"{rng.choice('ABKLT')}{rng.choice('QRST')}-{rng.randint(1000, 99999)}",
            (
                f"{rng.randint(100, 999)}-{rng.randint(1000000, 9999999)}-"
                f"{rng.randint(1000000, 9999999)}"
            ),
        )
    )
    shipping = _shipping(plan)
    goods = sum(item["total"] for item in plan.items)
    discount = (
        rng.choice((None, None, max(100, goods // 1000 * 100)))
        if plan.category != "utility"
        else None
    )
    extras = _extras(plan, goods)
    total = goods + (shipping or 0) + sum(amount for _, _, amount in extras) - (discount or 0)
    rate = {"food-delivery": 12, "grocery": 12, "travel": 6}.get(plan.category, 25)
    tax = round(total * rate / (100 + rate)) if rng.random() < 0.8 else None
    forms = FORMS_SV if words.language == "sv" else FORMS_EN
    form = rng.choice(forms)
    facts = [(words.number, number), (words.date, show_day(day, form))]
    booking = _facts_of_category(plan, facts, day, form)
    sums = [Line(words.subtotal, goods)] if plan.category != "utility" or rng.random() < 0.5 else []
    if discount:
        sums.append(Line(words.discount, -discount))
    if shipping is not None:
        sums.append(Line(words.shipping, shipping))
    sums.extend(Line(label, amount) for label, _, amount in extras)
    sums.append(Line(words.total, total, strong=True))
    if tax is not None:
        sums.append(Line(words.tax, tax))
    if rng.random() < 0.12:
        gift = total // 400 * 100
        sums.append(Line(words.gift, -gift))
        left = "Kvar att betala" if words.language == "sv" else "Amount due"
        sums.append(Line(left, total - gift))
    printed = Printed(
        vendor=plan.shop.name,
        words=words,
        facts=facts,
        items=plan.items,
        sums=sums,
        currency=plan.currency,
        style=rng.choice(_styles(plan.currency)),
        rng=rng,
    )
    kind, body = LAYOUTS[plan.layout](printed)
    subject = words.subject.format(number=number, vendor=plan.shop.name)
    if plan.category == "utility":
        subject = rng.choice(
            ("Din faktura", "Ny elräkning")
            if words.language == "sv"
            else ("Your electricity bill", "Your invoice")
        )
    content = to_mail(plan.shop, subject, day, kind, body, rng)
    details = dict(plan.details)
    for _, key, amount in extras:
        details[key] = units(amount)
    if booking:
        details["bookingReference"] = booking
    elif plan.category == "travel":
        details["bookingReference"] = number
    expected = {
        "expected": "ok",
        "fields": {
            "vendor": plan.shop.name,
            "category": plan.category,
            "orderNumber": number,
            "orderDate": day.isoformat(),
            "currency": plan.currency,
            "total": units(total),
            "tax": None if tax is None else units(tax),
            "shipping": None if shipping is None else units(shipping),
            "discount": None if discount is None else units(discount),
        },
        "items": [
            item | {"unitPrice": units(item["unitPrice"]), "total": units(item["total"])}
            for item in plan.items
        ],
        "details": details,
    }
    return Made(name, content, expected, plan.layout)


def _shipping(plan: Plan) -> int | None:
    if plan.category in ("subscriptions", "utility", "travel"):
        return None
    choices = (2900, 3900, 4900, 0, None) if plan.currency == "SEK" else (399, 495, 0, None)
    return plan.rng.choice(choices)


def _extras(plan: Plan, goods: int) -> list[tuple[str, str, int]]:
    del goods
    words, extras = plan.words, []
    unit = 100 if plan.currency == "SEK" else 10
    if plan.category == "food-delivery" and plan.rng.random() < 0.6:
        extras.append((words.fee, "serviceFee", 9 * unit))
    if plan.category == "food-delivery" and plan.rng.random() < 0.4:
        extras.append((words.tip, "tip", 20 * unit))
    if plan.category == "grocery" and plan.rng.random() < 0.6:
        extras.append((words.deposit, "deposit", 4 * unit))
    return extras


def _facts_of_category(
    plan: Plan, facts: list[tuple[str, str]], day: date, form: str
) -> str | None:
    words, rng, details = plan.words, plan.rng, plan.details
    if plan.category == "food-delivery" and rng.random() < 0.7:
        name = rng.choice(("Pizzeria Aurora", "Lilla Köket", "Wokhuset Vasa"))
        facts.append((words.restaurant, name))
        details["restaurant"] = name
    elif plan.category == "subscriptions":
        later = day + timedelta(days=30)
        facts.extend(
            (
                (words.plan, plan.items[0]["name"]),
                (words.interval, words.monthly),
                (words.next_billing, show_day(later, form)),
            )
        )
        details.update(
            plan=plan.items[0]["name"], billingPeriod="monthly", nextBillingDate=later.isoformat()
        )
    elif plan.category == "utility":
        start, end, due = (
            day.replace(day=1) - timedelta(days=28),
            day.replace(day=1) - timedelta(days=1),
            day + timedelta(days=25),
        )
        start = end.replace(day=1)
        kwh = rng.randint(120, 1900)
        shown = f"{kwh:,}".replace(",", " ") if words.language == "sv" else str(kwh)
        facts.extend(
            (
                (words.period, f"{show_day(start, form)} – {show_day(end, form)}"),
                (words.usage, f"{shown} kWh"),
                (words.due, show_day(due, form)),
            )
        )
        details.update(
            consumptionKwh=kwh,
            dueDate=due.isoformat(),
            periodStart=start.isoformat(),
            periodEnd=end.isoformat(),
        )
        if words.language == "sv":
            ocr = str(rng.randint(10**9, 10**10 - 1))
            facts.append((rng.choice(("OCR", "OCR-nummer")), ocr))
            details["ocr"] = ocr
    elif plan.category == "travel":
        return _trip(plan, facts, day)
    return None


def _trip(plan: Plan, facts: list[tuple[str, str]], day: date) -> str | None:
    words, rng = plan.words, plan.rng
    sv = words.language == "sv"
    leaving = day + timedelta(days=rng.randint(5, 40))
    origin, destination = (
        rng.choice((("Göteborg C", "Malmö C"), ("Stockholm C", "Åre"), ("Oslo S", "Karlstad C")))
        if sv
        else rng.choice((("London Euston", "Manchester Piccadilly"), ("Arlanda", "Heathrow")))
    )
    number = str(rng.randint(100, 9999)) if sv else f"KF {rng.randint(100, 999)}"
    hour = rng.randint(5, 18)
    out, back = (
        f"{hour:02d}:{rng.choice((5, 20, 45)):02d}",
        f"{hour + 3:02d}:{rng.choice((0, 15, 50)):02d}",
    )
    shown = show_day(leaving, "iso" if rng.random() < 0.5 else ("long" if sv else "long_en"))
    shape = rng.randint(0, 3)
    train = "Tåg" if sv else "Flight"
    if shape == 0:
        facts.append((f"{train} {number}", f"{origin} {shown} {out} – {destination} {back}"))
    elif shape == 1:
        facts.append(
            (
                "Resa" if sv else "Journey",
                f"{train} {number}, {origin} – {destination}, {shown} {out}–{back}",
            )
        )
    elif shape == 2:
        facts.extend(
            (
                ("Från" if sv else "From", origin),
                ("Till" if sv else "To", destination),
                ("Avgång" if sv else "Departure", f"{shown} {out}"),
                ("Ankomst" if sv else "Arrival", f"{shown} {back}"),
                ("Tågnummer" if sv else "Flight number", number),
            )
        )
    else:
        facts.extend(
            (
                (f"{train}nummer" if sv else "Flight no.", number),
                ("Avgång" if sv else "Departs", f"{origin}, {shown} {out}"),
                ("Ankomst" if sv else "Arrives", f"{destination}, {shown} {back}"),
            )
        )
    people = rng.sample(["Alva Bergqvist", "Nils Eklöf", "Mira Sundelin"], rng.randint(1, 2))
    facts.append((words.passengers, (" och " if sv and rng.random() < 0.3 else ", ").join(people)))
    plan.details.update(
        legs=[
            {
                "number": number,
                "from": origin,
                "to": destination,
                "departure": f"{leaving}T{out}",
                "arrival": f"{leaving}T{back}",
            }
        ],
        passengers=people,
    )
    if rng.random() < 0.5:
        code = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(4)) + str(
            rng.randint(10, 99)
        )
        facts.append((words.reference, code))
        return code
    return None


def show_day(day: date, form: str) -> str:
    sv, en = MONTHS_SV.split()[day.month - 1], MONTHS_EN.split()[day.month - 1]
    weekday = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")[day.weekday()]
    return {
        "iso": day.isoformat(),
        "long": f"{day.day} {sv} {day.year}",
        "short": f"{day.day} {sv[:3]} {day.year}",
        "dotted": f"{day.day:02d}.{day.month:02d}.{day.year}",
        "weekday": f"{weekday} den {day.day} {sv} {day.year}",
        "long_en": f"{day.day} {en} {day.year}",
        "short_en": f"{day.day} {en[:3]} {day.year}",
        "us": f"{en} {day.day}, {day.year}",
    }[form]


def _styles(currency: str) -> tuple[str, ...]:
    return (
        ("kr", "sek", "kr_nbsp", "colon_dash", "sek_first")
        if currency == "SEK"
        else ("symbol", "code", "code_first")
    )


def units(minor: int) -> int | float:
    return minor // 100 if minor % 100 == 0 else minor / 100


def to_mail(shop: Shop, subject: str, day: date, kind: str, body: str, rng: random.Random) -> bytes:
    message = EmailMessage()
    message["From"] = f"{shop.name} <{shop.sender}>"
    message["To"] = "Alva Bergqvist <alva.bergqvist@example.com>"
    message["Subject"] = subject
    message["Date"] = format_datetime(
        datetime(day.year, day.month, day.day, rng.randint(6, 21), 12, tzinfo=STOCKHOLM)
    )
    message["Message-ID"] = f"<{rng.randint(1, 10**9)}@{shop.sender.rpartition('@')[2]}>"
    charset = (
        "iso-8859-1" if body.isascii() or (rng.random() < 0.2 and _fits_latin1(body)) else "utf-8"
    )
    if kind == "text":
        message.set_content(body, charset=charset)
    elif rng.random() < 0.7:
        message.set_content("Visa mejlet i webbläsaren.")
        message.add_alternative(body, subtype="html", charset=charset)
    else:
        message.set_content(body, subtype="html", charset=charset)
    return message.as_bytes()


def _fits_latin1(text: str) -> bool:
    try:
        text.encode("iso-8859-1")
    except UnicodeEncodeError:
        return False
    return True


def _refunds(rng: random.Random) -> list[Made]:
    made = []
    texts = [
        (
            "Återbetalning från {v}",
            "Vi har tagit emot din retur och återbetalar {a} till ditt kort.",
            "Återbetalt belopp",
        ),
        ("Din retur är behandlad", "Din återbetalning är på väg.", "Summa att återbetala"),
        ("Your refund from {v}", "We have refunded your purchase.", "Refund amount"),
        ("Kreditfaktura 99120", "Här kommer din kreditfaktura.", "Krediterat belopp"),
        (
            "Refund processed for order",
            "Your return has been received and your refund is complete.",
            "Total refunded",
        ),
        (
            "Vi har återbetalat ditt köp",
            "Pengarna finns på ditt konto inom 3–5 dagar.",
            "Återbetalning",
        ),
    ]
    for at, (subject, hello, label) in enumerate(texts):
        shop = SHOPS[("clothing", "technology", "miscellaneous")[at % 3]][at % 2]
        name, price = shop.goods[at % len(shop.goods)]
        number, day = str(rng.randint(10**6, 10**8)), date(2025, 6, 3) + timedelta(days=at * 17)
        amount = f"{price / 100:.2f}".replace(".", ",") + " kr"
        body = (
            f"<h1>{subject.format(v=shop.name)}</h1><p>{hello.format(a=amount)}</p><p>Or"
            f"dernummer: {number}</p>"
            f"<table><tr><td>{name}</td><td>1</td><td>{'-' if at % 2 else ''}{amount}</t"
            f"d></tr>"
            f"<tr><td>{label}</td><td></td><td>{'-' if at % 2 else ''}{amount}</td></tr></table>"
        )
        expected = {
            "expected": "refund",
            "fields": {
                "orderNumber": number,
                "total": units(price),
                "currency": "SEK",
                "vendor": shop.name,
            },
        }
        made.append(
            Made(
                f"refund-{at}",
                to_mail(shop, subject.format(v=shop.name), day, "html", body, rng),
                expected,
                "refund",
            )
        )
    return made


def _no_receipts(rng: random.Random) -> list[Made]:
    texts = [
        (
            "Nyheter i höst: jackor från 499 kr",
            (
                "<h1>Höstens nyheter</h1><table><tr><td>Jacka Fjord"
                "</td><td>499 kr</td></tr><tr><td>Byxa Å</td><td>399"
                " kr</td></tr></table><p>Fri frakt över 500 kr. Handla"
                " nu!</p>"
            ),
        ),
        (
            "Upp till 50 % rabatt i helgen",
            (
                "<p>REA! Tröja 199 kr (ord. pris 399 kr)</p><a href='#'>Shoppa"
                " nu</a><p>Erbjudandet gäller till 12 maj</p>"
            ),
        ),
        (
            "Ditt paket är på väg",
            (
                "<p>Hej! Ditt paket från order 7712345 har skickats."
                "</p><p>Kollinummer: 373500123456SE</p><p>Beräknad"
                " leverans: 12 maj</p>"
            ),
        ),
        (
            "Your order has shipped",
            (
                "<p>Order number: 5512-77</p><p>Tracking number: 1Z999AA10123456784"
                "</p><ul><li>Rain jacket, size M</li></ul>"
            ),
        ),
        (
            "Återställ ditt lösenord",
            "<p>Klicka på länken för att återställa ditt lösenord. Koden är 481920.</p>",
        ),
        (
            "Din order är avbeställd",
            (
                "<p>Order 8831220 har avbeställts enligt önskemål."
                "</p><table><tr><td>Lampa</td><td>1</td><td>399 kr"
                "</td></tr><tr><td>Totalt</td><td></td><td>399 kr"
                "</td></tr></table><p>Inga pengar har dragits.</p>"
            ),
        ),
        (
            "Du glömde något i varukorgen",
            (
                "<table><tr><td>Sneakers</td><td>1</td><td>899 kr"
                "</td></tr><tr><td>Summa</td><td></td><td>899 kr</td>"
                "</tr></table><a>Till kassan</a>"
            ),
        ),
        ("How did we do?", "<p>Please rate your recent purchase of Rain jacket. Order 5512-77</p>"),
        (
            "Vi ändrar våra priser",
            "<p>Från den 1 mars kostar Premium 129 kr per månad istället för 119 kr per månad.</p>",
        ),
        (
            "Payment failed for your subscription",
            (
                "<p>We could not charge your card. Amount due: $12.00."
                " Your payment was declined.</p><p>Invoice number:"
                " 8812-1</p>"
            ),
        ),
        ("Bekräfta din e-postadress", "<p>Välkommen! Bekräfta din adress för att komma igång.</p>"),
        (
            "Klart att hämta: paket 00373",
            (
                "<p>Ditt paket finns att hämta hos ombudet ICA Nära."
                " Avi 00373512. Hämtas senast 2025-10-12.</p>"
            ),
        ),
        (
            "Delivered: your parcel",
            "<p>Your parcel was delivered today at 14:05. Order 991-22.</p>",
        ),
        (
            "Välkommen till kundklubben",
            "<p>Du har 250 poäng, värda 25 kr. Medlemsnummer 8812001.</p>",
        ),
        (
            "Tips inför din resa",
            "<p>Din resa närmar sig. Bokning KX81PL. Köp till frukost för 129 kr.</p>",
        ),
        (
            "Din provperiod går snart ut",
            "<p>Din provperiod löper ut den 3 mars. Därefter kostar abonnemanget 99 kr/mån.</p>",
        ),
    ]
    shop = Shop("Hemmagruvan", "hej@hemmagruvan.example")
    return [
        Made(
            f"none-{at}",
            to_mail(shop, subject, date(2025, 5, 2), "html", body, rng),
            {"expected": "not_an_invoice", "fields": None},
            "none",
        )
        for at, (subject, body) in enumerate(texts)
    ]


def measure(made: list[Made], *, show: bool = False) -> tuple[Counter[str], Counter[str]]:
    """Return (right, all) per field, over the mails of this corpus."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for mail in made:
        record = extract_mail(mail.name, mail.content)
        wrong = _compare(mail, record, right, total)
        if show and wrong:
            sys.stdout.write(f"{mail.name} {record['status']} {record['flags']}" + "\n")
            for name, got, expected in wrong:
                sys.stdout.write(f"    {name}: {got!r}, expected {expected!r}" + "\n")
    return right, total


def _compare(
    mail: Made, record: dict[str, Any], right: Counter[str], total: Counter[str]
) -> list[tuple[str, Any, Any]]:
    checks = [("outcome", record["outcome"], mail.expected["expected"])]
    fields = record["fields"] or {}
    for name, value in (mail.expected["fields"] or {}).items():
        checks.append((name, fields.get(name), value))
    if "items" in mail.expected:
        checks.append(("items", record["items"], mail.expected["items"]))
        for name, value in mail.expected["details"].items():
            checks.append((name, record["details"].get(name), value))
        extra = set(record["details"]) - set(mail.expected["details"])
        checks.append(("no other details", sorted(extra), []))
    wrong = [(name, got, expected) for name, got, expected in checks if got != expected]
    total.update(name for name, _, _ in checks)
    right.update(name for name, got, expected in checks if got == expected)
    if record["status"] == "OK":
        total["wrong but OK"] += 1
        fields_wrong = any(
            name in ("total", "currency", "orderDate", "orderNumber", "tax", "shipping", "discount")
            for name, _, _ in wrong
        )
        right["wrong but OK"] += fields_wrong
    return wrong


def main() -> None:
    seeds = [int(word) for word in sys.argv[1:] if word.isdigit()] or [1]
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for seed in seeds:
        some_right, some_total = measure(make_all(seed), show="--show" in sys.argv)
        right += some_right
        total += some_total
    for name, count in total.items():
        sys.stdout.write(
            f"{name:18} {right[name]:4}/{count:<4} {100 * right[name] / count:6.1f} %" + "\n"
        )


if __name__ == "__main__":
    main()
