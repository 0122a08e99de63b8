from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingestion.parsing.receipts.reader import KnownVendor, read_receipt
from ingestion.parsing.receipts.vendor_names import vendor_name
from paypulse.money import Money
from paypulse.receipts import (
    Category,
    DocumentType,
    Receipt,
    ReceiptOutcome,
    ReceiptReading,
    ReceiptStatus,
    ReceiptWarning,
    ValueSource,
)

FACTS = "<p>Ordernummer: 5512-88</p><p>Orderdatum: 2025-05-05</p>"
LAMPAN = KnownVendor("Lampan", Category.MISCELLANEOUS)
LAMP = "<tr><td>Lampa</td><td>1</td><td>399,00 kr</td></tr>"


def read(
    body: str,
    subject: str = "Order 5512-88",
    sender: str = "Lampan <order@lampan.example>",
    **options: Any,
) -> ReceiptReading:
    head = (
        f"From: {sender}\nSubject: {subject}\nDate: Mon, 05 May 2025 10:00:00 +0200\n"
        "Content-Type: text/html; charset=utf-8\n\n"
    )
    return read_receipt(f"{head}{body}".encode(), **options)


def receipt_of(rows: str, facts: str = FACTS, **options: Any) -> Receipt:
    receipt = read(f"{facts}<table>{rows}</table>", **options).receipt
    assert receipt is not None
    return receipt


def sum_row(label: str, amount: str) -> str:
    return f"<tr><td>{label}</td><td></td><td>{amount}</td></tr>"


@pytest.mark.parametrize(
    "label",
    [
        "Att betala",
        "Summa att betala",
        "Totalt",
        "Totalsumma",
        "Totalbelopp",
        "Slutsumma",
        "Summa",
        "Betalat belopp",
        "Order total",
        "Grand total",
        "Amount charged",
        "Total paid",
        "Totalt inkl. moms",
        "Total (VAT included)",
        "Belopp att betala",
        "Total amount",
        "TOTALT:",
        "Ordersumma",
    ],
)
def test_total_is_found_by_its_label(label: str) -> None:
    receipt = receipt_of(LAMP + sum_row(label, "399,00 kr"))

    assert receipt.total == Money(39900, "SEK")
    assert receipt.status is ReceiptStatus.OK


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Frakt", "shipping"),
        ("Hemleverans", "shipping"),
        ("Postage & packing", "shipping"),
        ("Shipping & Handling", "shipping"),
        ("Leveransavgift", "shipping"),
        ("Frakt (PostNord)", "shipping"),
        ("Serviceavgift", "service_fee"),
        ("Platform fee", "service_fee"),
        ("Dricks", "tip"),
        ("Tip", "tip"),
        ("Pant", "deposit"),
        ("Bottle deposit", "deposit"),
    ],
)
def test_fee_is_found_by_its_label(label: str, name: str) -> None:
    receipt = receipt_of(LAMP + sum_row(label, "30,00 kr") + sum_row("Totalt", "429,00 kr"))

    found = receipt.shipping if name == "shipping" else getattr(receipt.details, name)
    assert found == Money(3000, "SEK")
    assert receipt.total == Money(42900, "SEK")


@pytest.mark.parametrize(
    "label", ["Rabatt", "Avdrag", "Kampanj", "Discount", "Promo code", "Rabattkod MAJ20"]
)
@pytest.mark.parametrize("amount", ["-50,00 kr", "50,00 kr"])
def test_discount_is_positive_and_taken_off(label: str, amount: str) -> None:
    receipt = receipt_of(LAMP + sum_row(label, amount) + sum_row("Totalt", "349,00 kr"))

    assert receipt.discount == Money(5000, "SEK")
    assert receipt.status is ReceiptStatus.OK


@pytest.mark.parametrize(
    "line",
    [
        "Varav moms 79,80 kr",
        "Moms ingår med: 79,80 kr",
        "Moms (25%): 79,80 kr",
        "VAT 25 %: 79,80 kr",
        "Total moms 79,80 kr",
        "Inkl. moms 79,80 kr",
        "Totalt 399,00 kr (varav moms 79,80 kr)",
    ],
)
def test_tax_within_the_total_is_found(line: str) -> None:
    receipt = receipt_of(LAMP + sum_row("Totalt", "399,00 kr") + f"<tr><td>{line}</td></tr>")

    assert receipt.tax == Money(7980, "SEK")
    assert receipt.total == Money(39900, "SEK")


def test_tax_on_top_adds_up() -> None:
    receipt = receipt_of(
        LAMP + sum_row("Moms 25 %", "99,75 kr") + sum_row("Att betala", "498,75 kr")
    )

    assert (receipt.total, receipt.tax) == (Money(49875), Money(9975))
    assert receipt.status is ReceiptStatus.OK


def test_taxes_of_several_rates_are_added() -> None:
    rows = (
        sum_row("Totalt", "399,00 kr")
        + sum_row("Moms 12 %", "10,00 kr")
        + sum_row("Moms 25 %", "20,00 kr")
    )

    assert receipt_of(LAMP + rows).tax == Money(3000)


def test_table_of_taxes_is_added() -> None:
    rows = (
        "<tr><td>Moms %</td><td>Netto</td><td>Moms</td><td>Brutto</td></tr>"
        "<tr><td>12</td><td>100,00</td><td>12,00</td><td>112,00</td></tr>"
        "<tr><td>25</td><td>229,60</td><td>57,40</td><td>287,00</td></tr>"
    )

    assert receipt_of(LAMP + sum_row("Totalt", "399,00 kr") + rows).tax == Money(6940)


def test_tax_that_is_not_printed_is_none() -> None:
    assert receipt_of(LAMP + sum_row("Totalt", "399,00 kr")).tax is None


def test_total_is_before_gift_cards_and_points() -> None:
    rows = (
        sum_row("Totalt", "399,00 kr")
        + sum_row("Presentkort", "-100,00 kr")
        + sum_row("Kvar att betala", "299,00 kr")
    )

    assert receipt_of(LAMP + rows).total == Money(39900)


def test_lone_price_of_several_is_decided_by_the_sum() -> None:
    item = "<tr><td>Ljus</td><td>3 st</td><td>{}</td></tr>"

    of_all = receipt_of(item.format("90,00 kr") + sum_row("Totalt", "90,00 kr")).items[0]
    of_one = receipt_of(item.format("30,00 kr") + sum_row("Totalt", "90,00 kr")).items[0]

    assert (of_all.unit_price, of_all.total) == (Money(3000), Money(9000))
    assert (of_one.unit_price, of_one.total) == (Money(3000), Money(9000))


@pytest.mark.parametrize(
    "row",
    [
        "<tr><td>Tröja, stl M, färg grön</td><td>1</td><td>399,00 kr</td></tr>",
        "<tr><td>Tröja<br>Storlek: M<br>Färg: grön</td><td>1</td><td>399,00 kr</td></tr>",
        (
            "<tr><td>Tröja</td><td>399,00 kr</td></tr><tr><td>Storlek:"
            " M</td></tr><tr><td>Färg: grön</td></tr>"
        ),
        "<tr><td>1 x Tröja (storlek M, färg grön)</td><td>399,00 kr</td></tr>",
    ],
)
def test_size_and_color_are_taken_out_of_the_name(row: str) -> None:
    item = receipt_of(row + sum_row("Totalt", "399,00 kr")).items[0]

    assert (item.name, item.size, item.color) == ("Tröja", "M", "grön")


def test_serial_number_and_warranty_are_taken_out_of_the_name() -> None:
    row = "<tr><td>Skärm 27, S/N PF4X11K2, garanti 24 mån</td><td>1</td><td>399,00 kr</td></tr>"

    item = receipt_of(row + sum_row("Totalt", "399,00 kr")).items[0]

    assert (item.name, item.serial, item.warranty) == ("Skärm 27", "PF4X11K2", "24 mån")


def test_recommendations_under_the_total_are_no_items() -> None:
    more = (
        "<tr><td>Du kanske också gillar</td></tr><tr><td>Golvlampa"
        "</td><td>1</td><td>899,00 kr</td></tr>"
    )

    assert [
        item.name for item in receipt_of(LAMP + sum_row("Totalt", "399,00 kr") + more).items
    ] == ["Lampa"]


def test_total_that_nothing_confirms_needs_review() -> None:
    receipt = read(f"{FACTS}<p>Totalt: 399,00 kr</p>").receipt

    assert receipt is not None
    assert ReceiptWarning.TOTAL_UNVERIFIED in receipt.warnings
    assert receipt.status is ReceiptStatus.NEEDS_REVIEW


def test_implausible_tax_needs_review() -> None:
    receipt = receipt_of(LAMP + sum_row("Totalt", "399,00 kr") + sum_row("Moms", "300,00 kr"))

    assert ReceiptWarning.TAX_IMPLAUSIBLE in receipt.warnings


def test_date_after_the_mail_is_not_taken() -> None:
    facts = FACTS.replace("2025-05-05", "2026-05-05")

    receipt = receipt_of(LAMP + sum_row("Totalt", "399,00 kr"), facts)

    assert receipt.ordered_on == date(2025, 5, 5)
    assert ReceiptWarning.DATE_IMPLAUSIBLE in receipt.warnings


def test_every_value_has_a_quote_from_the_visible_text() -> None:
    receipt = receipt_of(LAMP + sum_row("Totalt", "399,00 kr"))

    quotes = {evidence.name: evidence.quote for evidence in receipt.evidence}
    assert quotes["total"] == "Totalt |  | 399,00 kr"
    assert quotes["orderNumber"] == "Ordernummer: 5512-88"
    assert all(evidence.source is ValueSource.LAYOUT for evidence in receipt.evidence)


def test_known_vendor_decides_name_and_category() -> None:
    known = KnownVendor("Lampan AB", Category.TECHNOLOGY)

    receipt = receipt_of(LAMP + sum_row("Totalt", "399,00 kr"), known=known)

    assert (receipt.vendor, receipt.category) == ("Lampan AB", Category.TECHNOLOGY)


@pytest.mark.parametrize(
    ("amount", "sender", "currency"),
    [
        ("399,00 kr", "a@shop.example", "SEK"),
        ("399,00 kr", "a@butikk.no", "NOK"),
        ("399,00 kr", "a@butik.dk", "DKK"),
        ("€399.00", "a@shop.example", "EUR"),
        ("$399.00", "a@shop.example", "USD"),
        ("£399.00", "a@shop.example", "GBP"),
        ("399.00 CHF", "a@shop.example", "CHF"),
    ],
)
def test_currency_is_the_printed_one(amount: str, sender: str, currency: str) -> None:
    rows = f"<tr><td>Lampa</td><td>1</td><td>{amount}</td></tr>" + sum_row("Total", amount)

    assert receipt_of(rows, sender=f"Shop <{sender}>").currency == currency


def test_subject_names_the_kind_of_document() -> None:
    rows = LAMP + sum_row("Totalt", "399,00 kr")

    assert receipt_of(rows, subject="Ditt kvitto").document_type is DocumentType.RECEIPT
    assert receipt_of(rows, subject="Din faktura").document_type is DocumentType.INVOICE
    assert receipt_of(rows, subject="Order 1").document_type is DocumentType.ORDER_CONFIRMATION


MARKUP = {
    "@context": "http://schema.org",
    "@type": "Order",
    "orderNumber": "5512-88",
    "price": "399.00",
    "priceCurrency": "SEK",
    "orderDate": "2025-05-05T09:00:00+02:00",
    "acceptedOffer": {
        "@type": "Offer",
        "itemOffered": {"@type": "Product", "name": "Lampa", "serialNumber": "LX-0091"},
        "price": "399.00",
        "eligibleQuantity": {"value": "1"},
    },
}


def scripted(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(MARKUP),
        json.dumps([MARKUP]),
        json.dumps({"@graph": [MARKUP]}),
        json.dumps(MARKUP)[:-1] + ",}",
        f"<!-- {json.dumps(MARKUP)} -->",
        json.dumps(MARKUP | {"@type": "http://schema.org/Order"}),
    ],
)
def test_markup_confirms_the_visible_total(text: str) -> None:
    body = f"{scripted(text)}{FACTS}<p>Totalt: 399,00 kr</p>"
    receipt = read(body, known=LAMPAN).receipt

    assert receipt is not None
    assert receipt.status is ReceiptStatus.OK
    assert [(item.name, item.serial) for item in receipt.items] == [("Lampa", "LX-0091")]


def test_microdata_is_read_like_json() -> None:
    body = (
        '<div itemscope itemtype="http://schema.org/Order"><meta'
        ' itemprop="orderNumber" content="5512-88">'
        '<meta itemprop="price" content="399.00"><meta itemprop="priceCurrency"'
        ' content="SEK"></div>'
        f"{FACTS}<p>Totalt: 399,00 kr</p>"
    )

    receipt = read(body, known=LAMPAN).receipt

    assert receipt is not None
    assert receipt.status is ReceiptStatus.OK


def test_reservation_in_markup_gives_legs_and_passengers() -> None:
    flight = {
        "@type": "FlightReservation",
        "reservationNumber": "RXJ34P",
        "underName": {"@type": "Person", "name": "Alva Bergqvist"},
        "totalPrice": "1290.00",
        "priceCurrency": "SEK",
        "reservationFor": {
            "@type": "Flight",
            "flightNumber": "110",
            "departureAirport": {"name": "Landvetter"},
            "arrivalAirport": {"name": "Arlanda"},
            "departureTime": "2025-06-04T20:15:00+02:00",
            "arrivalTime": "2025-06-04T21:10:00+02:00",
        },
    }

    receipt = read(
        scripted(json.dumps(flight)) + "<p>Totalpris 1 290,00 kr</p>", "Din resa"
    ).receipt

    assert receipt is not None
    assert receipt.category is Category.TRAVEL
    assert receipt.details.booking_reference == "RXJ34P"
    assert receipt.details.passengers == ("Alva Bergqvist",)
    leg = receipt.details.legs[0]
    assert (leg.origin, leg.destination, leg.departure) == (
        "Landvetter",
        "Arlanda",
        "2025-06-04T20:15",
    )


@pytest.mark.parametrize(
    "line",
    [
        "Tåg 91: Umeå C 2025-06-04 09:40 – Luleå C 12:44",
        "Tåg 91, Umeå C → Luleå C, 4 juni 2025 09:40–12:44",
        "Tåg 91 Umeå C till Luleå C den 4 juni 2025 kl. 09.40-12.44",
    ],
)
def test_leg_of_a_journey_is_read_from_a_line(line: str) -> None:
    receipt = read(
        f"<p>Bokningsnummer: QX81PL</p><p>{line}</p><p>Totalt 410,00 kr</p>", "Din biljett"
    ).receipt

    assert receipt is not None
    leg = receipt.details.legs[0]
    assert (leg.number, leg.origin, leg.destination) == ("91", "Umeå C", "Luleå C")
    assert (leg.departure, leg.arrival) == ("2025-06-04T09:40", "2025-06-04T12:44")


def test_night_train_arrives_the_next_day() -> None:
    body = (
        "<p>Bokning QX81PL</p><p>Tåg 94: Umeå C 2025-06-04 22:10 –"
        " Stockholm C 06:30</p><p>Totalt 910 kr</p>"
    )

    receipt = read(body, "Din biljett").receipt

    assert receipt is not None
    assert receipt.details.legs[0].arrival == "2025-06-05T06:30"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Nyhetsbrev maj", "<p>Lampa 399 kr</p>"),
        ("Återställ lösenord", "<p>Kod 123456</p>"),
        ("Ditt paket är på väg", "<p>Order 5512-88, kolli 00373</p>"),
        ("Order cancelled", f"<table>{LAMP}{sum_row('Total', '399,00 kr')}</table>"),
        ("Du glömde något i varukorgen", f"<table>{LAMP}{sum_row('Summa', '399,00 kr')}</table>"),
        ("", ""),
        ("Hej", "<p>Ses vi klockan 12?</p>"),
    ],
)
def test_other_mail_is_no_receipt(subject: str, body: str) -> None:
    reading = read(body, subject)

    assert (reading.outcome, reading.receipt) == (ReceiptOutcome.NOT_AN_INVOICE, None)


@pytest.mark.parametrize(
    ("subject", "label"),
    [
        ("Återbetalning för din order", "Återbetalt belopp"),
        ("Your refund", "Refund amount"),
        ("Kreditfaktura 771", "Krediterat belopp"),
        ("Din retur är behandlad", "Att återbetala"),
    ],
)
def test_money_that_comes_back_is_a_refund(subject: str, label: str) -> None:
    reading = read(
        f"{FACTS}<table>{LAMP.replace('399', '-399')}{sum_row(label, '-399,00 kr')}</table>",
        subject,
    )

    assert reading.outcome is ReceiptOutcome.REFUND
    assert reading.receipt is not None
    assert reading.receipt.total == Money(39900)


def test_return_policy_in_the_footer_is_no_refund() -> None:
    rows = (
        LAMP
        + sum_row("Totalt", "399,00 kr")
        + "<tr><td>Öppet köp 30 dagar, återbetalning sker inom 14 dagar.</td></tr>"
    )

    assert read(f"{FACTS}<table>{rows}</table>").outcome is ReceiptOutcome.OK


@pytest.mark.parametrize(
    ("display", "address", "name"),
    [
        ("Lindex", "order@lindex.com", "Lindex"),
        ("Lindex Kundservice", "x@lindex.com", "Lindex"),
        ("", "noreply@mail.foodora.se", "Foodora"),
        ("noreply", "no-reply@shop.co.uk", "Shop"),
        ("Anthropic, PBC", "x@mail.anthropic.com", "Anthropic"),
        ("Kundservice på Rusta", "x@rusta.com", "på Rusta"),
    ],
)
def test_vendor_is_named_by_its_sender(display: str, address: str, name: str) -> None:
    assert vendor_name(display, address, None, "") in (name, name.removeprefix("på "))


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_have_an_outcome(content: bytes) -> None:
    assert read_receipt(content).outcome is ReceiptOutcome.NOT_AN_INVOICE


def test_megabyte_of_rows_is_bounded_and_says_so() -> None:
    reading = read(f"{FACTS}<table>{LAMP * 20_000}{sum_row('Totalt', '1,00 kr')}</table>")

    assert "too_large" in {signal.value for signal in reading.signals}
