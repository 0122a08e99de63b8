"""Receipts for the sample mailbox: one of every category, a refund, and mails that are none.

The shops are those of `vendor_configs`; purchases, people and numbers are invented.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class SampleReceipt(NamedTuple):
    """A shop's mail; `labels` are Gmail's, as its export names them."""

    name: str
    sender: str
    subject: str
    sent_at: datetime
    html: str
    labels: str = "Inbox,Category Purchases"


def make_receipts() -> Iterator[SampleReceipt]:
    """Yield the shops' mails."""
    yield SampleReceipt(
        "receipt-food",
        "foodora <info@mail.foodora.se>",
        "Orderbekräftelse från Indian Garden",
        _at(2026, 9, 4, 18, 12),
        f"""{_title("Tack för din beställning!")}
        <p>Restaurang: Indian Garden<br>Ordernummer: w4gx-26f9<br>Orderdatum: 2026-09-04</p>
        {_lines(("1 x", "Paneer Tikka", "129,00 kr"), ("2 x", "Garlic Naan", "58,00 kr"))}
        {
            _sums(
                ("Delsumma", "187,00 kr"),
                ("Leveranskostnad", "29,00 kr"),
                ("Serviceavgift", "9,00 kr"),
                ("Totalt", "225,00 kr"),
                ("Varav moms", "24,11 kr"),
            )
        }
        <p>Betalsätt: Swish</p>""",
    )
    yield SampleReceipt(
        "receipt-clothing",
        "Zalando <info@service-mail.zalando.se>",
        "Thanks for your order",
        _at(2026, 8, 17, 9, 40),
        f"""{_title("Thanks for your order, Ronja!")}
        <p>Order number: 10204017755512<br>Order date: 17 August 2026</p>
        {
            _table(
                ("Item", "Size", "Quantity", "Price"),
                ("Wool overshirt, navy", "M", "1", "899,00 SEK"),
                ("Linen trousers, sand", "L", "1", "549,00 SEK"),
            )
        }
        {
            _sums(
                ("Subtotal", "1 448,00 SEK"),
                ("Shipping", "0,00 SEK"),
                ("Discount", "-144,80 SEK"),
                ("Total", "1 303,20 SEK"),
            )
        }""",
    )
    yield SampleReceipt(
        "receipt-technology",
        "Elgiganten <donotreply@elgiganten.se>",
        "Orderbekräftelse 52018843",
        _at(2026, 7, 2, 12, 5),
        f"""{_title("Orderbekräftelse")}
        <p>Ordernummer: <b>52018843</b></p><p>Orderdatum: 2026-07-02</p>
        {
            _table(
                ("Artikel", "Antal", "Styckpris", "Summa"),
                ("Hörlurar Nord 700", "1", "2 490,00 kr", "2 490,00 kr"),
                ("USB-C-kabel 2 m", "2", "149,00 kr", "298,00 kr"),
            )
        }
        {
            _sums(
                ("Frakt", "0,00 kr"),
                ("Totalt inkl. moms", "2 788,00 kr"),
                ("Varav moms 25 %", "557,60 kr"),
            )
        }<p>Betalsätt: Kort</p>""",
    )
    yield SampleReceipt(
        "receipt-technology-refund",
        "Elgiganten <donotreply@elgiganten.se>",
        "Orderbekräftelse: återbetalning för order 52018843",
        _at(2026, 7, 14, 8, 20),
        f"""{_title("Vi har återbetalat din retur")}
        <p>Ordernummer: 52018843</p>
        {_table(("Artikel", "Antal", "Belopp"), ("USB-C-kabel 2 m", "1", "149,00 kr"))}
        {_sums(("Återbetalat belopp", "149,00 kr"))}""",
    )
    yield SampleReceipt(
        "receipt-subscription",
        "Anthropic <invoice+statements@mail.anthropic.com>",
        "Your receipt from Anthropic, PBC #2231-8801",
        _at(2026, 9, 1, 6, 2),
        f"""{_title("Receipt from Anthropic, PBC")}
        <p>$20.00 Paid September 1, 2026</p>
        {
            _sums(
                ("Receipt number", "2231-8801-4410"),
                ("Invoice number", "6F1B22A0-0009"),
                ("Payment method", "Visa - 4242"),
            )
        }
        <p>Sep 1 – Oct 1, 2026</p>
        {_table(("Description", "Qty", "Amount"), ("Pro plan", "1", "$20.00"))}
        {_sums(("Subtotal", "$20.00"), ("Total", "$20.00"), ("Amount paid", "$20.00"))}
        <p>Next billing date: October 1, 2026</p>""",
    )
    yield SampleReceipt(
        "receipt-grocery",
        "ICA <kvitto@ica.se>",
        "Ditt kvitto från ICA Nära Linné",
        _at(2026, 9, 12, 16, 31),
        f"""{_title("ICA Nära Linné")}
        <p>Kvittonummer: 88120417<br>Datum: 2026-09-12</p>
        {
            _table(
                ("Vara", "Antal", "Pris", "Summa"),
                ("Mjölk 1,5 %", "2", "16,90", "33,80"),
                ("Bananer", "1,2 kg", "24,90", "29,88"),
                ("Läsk 33 cl", "3", "12,00", "36,00"),
            )
        }
        {_sums(("Pant", "3,00"), ("Totalt SEK", "102,68"), ("Moms", "11,00"))}
        <p>Betalat med kort</p>""",
    )
    yield SampleReceipt(
        "receipt-utility",
        "Göteborg Energi <faktura@goteborgenergi.se>",
        "Din faktura från Göteborg Energi",
        _at(2026, 9, 8, 7, 0),
        f"""{_title("Faktura el")}
        <p>Fakturanummer: 740021885<br>Fakturadatum: 2026-09-07<br>
        Period: 2026-08-01 – 2026-08-31</p>
        {
            _table(
                ("Specifikation", "Belopp"),
                ("Elnät, fast avgift", "145,00 kr"),
                ("Elnät, rörlig avgift", "121,60 kr"),
                ("Energiskatt", "93,40 kr"),
            )
        }
        {
            _sums(
                ("Förbrukning", "212 kWh"),
                ("Att betala", "360,00 kr"),
                ("Varav moms", "72,00 kr"),
                ("OCR-nummer", "7400218850"),
                ("Förfallodatum", "2026-09-30"),
            )
        }""",
    )
    yield SampleReceipt(
        "receipt-miscellaneous",
        "Liseberg <order@liseberg.se>",
        "Bokningsbekräftelse på bokning 7712043",
        _at(2026, 6, 20, 11, 11),
        f"""{_title("Tack för din bokning!")}
        <p>Bokningsnummer: 7712043<br>Datum: 2026-06-20</p>
        {
            _table(
                ("Beskrivning", "Antal", "Pris", "Summa"),
                ("Entré vuxen", "2", "145 kr", "290 kr"),
                ("Åkband", "2", "295 kr", "590 kr"),
            )
        }
        {_sums(("Totalt", "880 kr"), ("Varav moms", "49,81 kr"))}""",
    )
    yield SampleReceipt(
        "receipt-travel",
        "FlixBus <noreply@booking.flixbus.com>",
        "FlixBus bokningsbekräftelse 312 445 8810",
        _at(2026, 8, 28, 19, 45),
        f"""{_title("Din resa är bokad")}
        <p>Bokningsnummer: 3124458810</p>
        <p>Buss 820<br>Göteborg Nils Ericson → Oslo Bussterminal<br>
        Avgång: 2026-09-18 07:30<br>Ankomst: 2026-09-18 11:15</p><p>Passagerare: Ronja Tallbacka</p>
        {
            _table(
                ("Biljett", "Antal", "Pris"),
                ("Göteborg – Oslo, vuxen", "1", "229,00 kr"),
                ("Platsreservation", "1", "29,00 kr"),
            )
        }
        {_sums(("Totalpris", "258,00 kr"))}""",
    )
    yield SampleReceipt(
        "other-offer",
        "foodora <info@mail.foodora.se>",
        "Orderbekräftelse? Inte än! 100 kr rabatt på första beställningen",
        _at(2026, 9, 9, 10, 0),
        f"""{_title("100 kr rabatt")}<p>Beställ för minst 250 kr före söndag.
        Koden är HÖST100.</p><p><a href="https://foodora.example/">Beställ nu</a></p>""",
        labels="Inbox,Category Promotions",
    )
    yield SampleReceipt(
        "other-stranger",
        "Cykelboden Majorna <order@cykelboden.example>",
        "Kvitto på ditt köp",
        _at(2026, 8, 3, 13, 2),
        f"""{_title("Tack för ditt köp")}<p>Kvitto nr: 20417<br>Datum: 2026-08-03</p>
        {
            _table(
                ("Artikel", "Antal", "Pris"),
                ("Slang 28 tum", "1", "89,00 kr"),
                ("Cykellampa", "1", "249,00 kr"),
            )
        }
        {_sums(("Totalt", "338,00 kr"), ("Varav moms", "67,60 kr"))}""",
    )


def _at(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def _title(text: str) -> str:
    return f"<h1>{text}</h1>"


def _table(head: Sequence[str], *rows: Sequence[str]) -> str:
    cells = "".join(f"<th>{cell}</th>" for cell in head)
    return f"<table><tr>{cells}</tr>{_rows(rows)}</table>"


def _lines(*rows: Sequence[str]) -> str:
    return f"<table>{_rows(rows)}</table>"


def _sums(*rows: tuple[str, str]) -> str:
    return f'<table align="right">{_rows(rows)}</table>'


def _rows(rows: Sequence[Sequence[str]]) -> str:
    return "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
