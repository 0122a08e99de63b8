"""Layouts as shops, couriers, tills and railways send them; names and amounts are invented."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest

from ingestion.parsing.extract import extract_mail
from ingestion.parsing.receipts.reader import KnownVendor, read_receipt
from paypulse.receipts import Category


def record_of(
    body: str, subject: str = "Orderbekräftelse 7712-A", kind: str = "html", **known: Any
) -> dict[str, Any]:
    head = (
        "From: Boden <order@boden.example>\nDate: Wed, 07 May 2025 10:00:00 +0200\n"
        f"Subject: {subject}\nContent-Type: text/{kind}; charset=utf-8\n\n"
    )
    vendor = KnownVendor("Boden", known.get("category", Category.MISCELLANEOUS))
    return extract_mail(
        "a", f"{head}{body}".encode(), lambda mail: read_receipt(mail, known=vendor)
    )


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def items_of(record: dict[str, Any]) -> list[tuple[str, float, float]]:
    return [(item["name"], item["quantity"], item["total"]) for item in record["items"]]


GRID = "<style>.g{display:grid;grid-template-columns:3fr 1fr 1fr}</style>"
PREFORMATTED = """\
Pizza Vesuvio    2 st    230,00
Cola             1 st     20,00
Totalt                   250,00 kr
"""
ITEM_LAYOUTS = {
    "list": "<ul><li>2 × Pizza Vesuvio – 230 kr</li><li>1 × Cola – 20 kr</li></ul>"
    "<p>Totalt: 250 kr</p>",
    "count behind": "<p>Pizza Vesuvio (2 st) 230,00 kr</p><p>Cola (1 st) 20,00 kr</p>"
    "<p>Summa: 250 kr</p>",
    "lines": "<p>2 x Pizza Vesuvio 230 kr<br>1 x Cola 20 kr<br>Totalt 250 kr</p>",
    "count in front of every name": table(
        ("2 Pizza Vesuvio", "230:-"), ("1 Cola", "20:-"), ("Att betala", "250:-")
    ),
    "count first": table(
        ("Antal", "Artikel", "À-pris", "Summa"),
        ("2", "Pizza Vesuvio", "115,00", "230,00"),
        ("1", "Cola", "20,00", "20,00"),
        ("", "", "Att betala", "250,00 kr"),
    ),
    "discount column": table(
        ("Artnr", "Produkt", "Antal", "Pris", "Rabatt", "Moms", "Summa"),
        ("881", "Pizza Vesuvio", "2", "125,00", "20,00", "25%", "230,00"),
        ("882", "Cola", "1", "20,00", "0,00", "25%", "20,00"),
    )
    + "<p>Totalsumma: 250,00 kr</p>",
    "stacked with choices": "<div>2x Pizza Vesuvio</div><div>Extra ost</div><div>230,00 kr</div>"
    "<div>1x Cola</div><div>20,00 kr</div><div>Totalt</div><div>250,00 kr</div>",
    "stacked with counts below": "<div>Pizza Vesuvio</div><div>115,00 kr</div><div>Antal: 2</div>"
    "<div>Cola</div><div>20,00 kr</div><div>Antal: 1</div><div>Totalt</div><div>250,00 kr</div>",
    "labelled price and sum": "<p>Pizza Vesuvio</p><p>Antal: 2</p><p>Pris: 115 kr</p>"
    "<p>Summa: 230 kr</p><p>Cola</p><p>Antal: 1</p><p>Pris: 20 kr</p><p>Summa: 20 kr</p>"
    "<p>Summa: 250 kr</p>",
    "features below the name": "<p>Pizza Vesuvio</p><p>Storlek på degen: Familj</p>"
    "<p>Antal: 2</p><p>Pris: 115 kr</p><p>Cola</p><p>Sort: Utan socker</p><p>Antal: 1</p>"
    "<p>Pris: 20 kr</p><p>Totalt: 250 kr</p>",
    "equation": "<p>Pizza Vesuvio: 2 x 115 kr = 230 kr</p><p>Cola: 1 x 20 kr = 20 kr</p>"
    "<p>Totalt: 250 kr</p>",
    "price inside the name": table(
        ("Pizza Vesuvio (2 × 115,00 kr)", "230,00 kr"), ("Cola", "20,00 kr"), ("Totalt", "250 kr")
    ),
    "labelled cells": table(
        ("Pizza Vesuvio", "Antal: 2", "Pris: 115,00 kr"), ("Cola", "Antal: 1", "Pris: 20,00 kr")
    )
    + "<p>Totalt: 250,00 kr</p>",
    "former price struck out": table(
        ("Pizza Vesuvio", "2", "<s>300,00 kr</s> 230,00 kr"),
        ("Cola", "1", "<span style='text-decoration:line-through'>25 kr</span> 20,00 kr"),
        ("Totalt", "", "250,00 kr"),
    ),
    "currency in its own cell": table(
        ("Pizza Vesuvio", "2", "230", "kr"), ("Cola", "1", "20", "kr"), ("Totalt", "", "250", "kr")
    ),
    "grid": f"{GRID}<div class=g><div>Pizza Vesuvio</div><div>2</div><div>230,00 kr</div>"
    "<div>Cola</div><div>1</div><div>20,00 kr</div></div><div class=g><div>Totalt</div><div></div>"
    "<div>250,00 kr</div></div>",
    "preformatted": f"<pre>\n{PREFORMATTED}\n</pre>",
    "sum of the items as a last row": table(
        ("Pizza Vesuvio", "2", "230,00 kr"),
        ("Cola", "1", "20,00 kr"),
        ("Kostnader", "", "250,00 kr"),
    )
    + "<p>Totalt: 250,00 kr</p>",
    "price that floats to the right of its name": "<div><div style='float:right'>230,00 kr</div>"
    "<div>Pizza Vesuvio</div><div>Antal 2</div></div>"
    "<div><span style='float:right'>20,00 kr</span>Cola</div>"
    "<div><span style='float:right'>250,00 kr</span>Totalt</div>",
    "sum and the price of one below the name": "<p>Pizza Vesuvio</p><p>Antal: 2</p>"
    "<p>230,00 kr (115,00 kr/st)</p><p>Cola</p><p>Antal: 1</p><p>20,00 kr</p><p>Totalt: 250 kr</p>",
    "labels and values in cells below the name": "<p>Pizza Vesuvio</p>"
    + table(("Antal", "2"), ("Deg", "Surdeg"), ("Pris", "115,00 kr"))
    + "<p>Cola</p>"
    + table(("Pris", "20,00 kr"))
    + "<p>Totalt: 250,00 kr</p>",
    "count and price of one in a cell": table(
        ("Pizza Vesuvio", "2 st<br>á 115,00", "230,00 kr"), ("Cola", "1 st<br>á 20,00", "20,00 kr")
    )
    + "<p>Totalt: 250,00 kr</p>",
    "count with the price of one in brackets": table(
        ("Pizza Vesuvio<br>Antal: 2 (115 kr/st)", "230 kr"), ("Cola<br>Antal: 1", "20 kr")
    )
    + "<p>Totalt: 250 kr</p>",
    "price of one behind the name": table(
        ("2 st Pizza Vesuvio á 115:-", "230:-"), ("1 st Cola á 20:-", "20:-"), ("Totalt", "250:-")
    ),
    "counted in words of another language": "<p>Pizza Vesuvio</p>"
    "<p>2 guests at SEK 115.00, drinks included — SEK 230.00</p><p>Cola</p>"
    "<p>1 copy at SEK 20.00</p><p>Total: SEK 250.00</p>",
    "count alone between name and price": table(("Artiklar", "Antal", "Pris"))
    + "<div>Pizza Vesuvio</div><div>Artikelnr: PV-1</div><div>2</div><div>230,00 kr</div>"
    + table(("Cola", "1", "20,00 kr"))
    + table(("Totalt", "", "250,00 kr")),
    "campaign below the price of one": table(
        ("Pizza Vesuvio<br>2 st á 115,00 kr<br>3 för 2", "230,00 kr"),
        ("Cola<br>1 st á 20,00 kr", "20,00 kr"),
        ("Totalt", "250,00 kr"),
    ),
    "number of a dish": table(
        ("2 x 14. Pizza Vesuvio", "230,00 kr"), ("1 x Cola", "20,00 kr"), ("Totalt", "250,00 kr")
    ),
    "name, then its number, price of one and sum": table(
        ("1", "2 x Pizza Vesuvio"),
        ("Art.nr. PV-1", "À-pris 115,00", "230,00"),
        ("2", "1 x Cola"),
        ("Art.nr. C-2", "À-pris 20,00", "20,00"),
        ("Totalt", "", "250,00 kr"),
    ),
    "seller below the name, öre raised": "<p>Pizza Vesuvio</p><p>Sold by: KökPro</p>"
    "<p>Quantity: 2</p><p>230<span style='vertical-align:super'>00</span> kr</p>"
    "<p>Cola</p><p>Quantity: 1</p><p>20<sup>00</sup> kr</p><p>Total: 250 kr</p>",
    "validity between name and price": "<p>2 x Pizza Vesuvio</p><p>Giltig 1 sep – 1 okt 2025</p>"
    "<p>230 kr</p><p>1 x Cola</p><p>Giltig 1 sep – 1 okt 2025</p><p>20 kr</p><p>Summa: 250 kr</p>",
    "total named below its amount": table(("Pizza Vesuvio", "2", "230 kr"), ("Cola", "1", "20 kr"))
    + "<p>250,00 kr</p><p>Total paid with Visa ending 8841</p>",
    "attributes beside the name": table(("Pizza Vesuvio", "Farge: Rød Størrelse: XL"))
    + "<p>2 stk à kr 115,- = kr 230,-</p>"
    + table(("Cola", "Farge: Brun"))
    + "<p>1 stk à kr 20,- = kr 20,-</p><p>Varer til sammen kr 250,-</p><p>Totalt: kr 250,-</p>",
    "leader dots": "<p>2 x Pizza Vesuvio............230 kr</p><p>1 x Cola.......20 kr</p>"
    "<p>Totalt..........250 kr</p>",
    "count and price of one in a second row": table(
        ("Pizza Vesuvio", "230:-"), ("404.177.35", "2 st", "115:-/st"), ("Cola", "20:-")
    )
    + "<p>Totalt: 250 kr</p>",
    "price, then what it is": "<p>Dina varor</p><p>Pizza Vesuvio</p><p>230,00 kr</p>"
    "<p>Art.nr: 1102938004</p><p>Antal: 2</p><p>Cola</p><p>1 x 20,00 kr</p><p>Art.nr: 2</p>"
    + table(("Ordervärde", "250,00 kr"), ("Totalt", "250,00 kr")),
    "price of one in a labelled cell": "<p>Pizza Vesuvio</p>"
    + table(("Antal", "2"), ("Pris", "115,00 SEK/st"))
    + "<p>Cola</p>"
    + table(("Antal", "1"), ("Pris", "20,00 SEK"))
    + table(("TOTALT", "250,00 SEK")),
    "dashes for öre": table(("Pizza Vesuvio", "2", "230,– kr"), ("Cola", "1", "20,–"))
    + "<p>Summa: 250,– kr</p>",
    "product number before the name": table(
        ("Artikel", "Benämning", "Antal", "À-pris", "Belopp"),
        ("PV-11", "Pizza Vesuvio", "2", "115,00", "230,00"),
        ("C-2", "Cola", "1", "20,00", "20,00"),
        ("Att betala", "", "", "", "250,00 kr"),
    ),
    "counted in words": "<p>Pizza Vesuvio</p><p>2 pers × 115 kr = 230 kr</p><p>Cola</p>"
    "<p>1 st × 20 kr = 20 kr</p><p>Totalt: 250 kr</p>",
    "what was not delivered": table(
        ("Pizza Vesuvio", "2", "230,00 kr"),
        ("Cola", "1", "20,00 kr"),
        ("Slutsåld läsk", "0", "0,00 kr"),
        ("Totalt", "", "250,00 kr"),
    ),
}


@pytest.mark.parametrize("layout", ITEM_LAYOUTS.values(), ids=ITEM_LAYOUTS)
def test_items_are_read_from_a_layout(layout: str) -> None:
    record = record_of(f"<p>Ordernummer: 7712-A</p>{layout}")

    for item in record["items"]:
        item["name"] = item["name"].removeprefix("14. ")
    assert items_of(record) == [("Pizza Vesuvio", 2, 230), ("Cola", 1, 20)]
    assert record["fields"]["total"] == 250
    assert record["status"] == "OK"


def test_items_are_read_from_plain_text_with_leaders() -> None:
    text = "Ordernr . . . : 7712-A\nPizza Vesuvio . . . . 230,00\nCola ...... 20,00\n"

    record = record_of(f"{text}Att betala . . . . 250,00 kr\n", kind="plain")

    assert items_of(record) == [("Pizza Vesuvio", 1, 230), ("Cola", 1, 20)]
    assert record["fields"]["orderNumber"] == "7712-A"


def test_till_receipt_gives_weights_counts_and_deposit() -> None:
    till = (
        "Kvittonr: 88123   Datum: 2025-05-06  Tid: 17:22\n\n"
        "KAFFE 450G      2*54,90   109,80\nBANAN\n  1,124kg*24,90kr/kg       27,99\n"
        "RABATT KAFFE 2F90         -19,80\nPANT 1KR         4*1,00     4,00\n\n"
        "Totalt        6 varor     121,99\nMoms%   Netto    Moms    Brutto\n"
        "12     105,35   12,64    117,99\n"
    )

    record = record_of(till, subject="Ditt kvitto", kind="plain", category=Category.GROCERY)

    assert items_of(record) == [("KAFFE 450G", 2, 109.8), ("BANAN", 1.124, 27.99)]
    assert record["fields"]["discount"] == 19.8
    assert record["fields"]["tax"] == 12.64
    assert record["details"] == {"deposit": 4}
    assert record["status"] == "OK"


def test_block_with_a_bullet_is_an_item() -> None:
    text = "* Skruvdragare 18V i väska\n  Antal: 2   Pris: 899,00 kr\n\nTotalt: 1 798,00 kr\n"

    record = record_of(f"Order: 7712-A\n\n{text}", kind="plain")

    assert items_of(record) == [("Skruvdragare 18V i väska", 2, 1798)]


def test_taxes_of_a_fare_are_bought_and_no_vat() -> None:
    rows = (("Biljett", "900 kr"), ("Skatter och avgifter", "450 kr"), ("Totalt", "1 350 kr"))

    record = record_of(table(*rows), category=Category.TRAVEL)

    assert items_of(record) == [("Biljett", 1, 900), ("Skatter och avgifter", 1, 450)]
    assert record["fields"]["tax"] is None


def test_name_comes_before_the_seat() -> None:
    rows = (("Vintersol", "Parkett rad 4, plats 12", "495 kr"), ("Totalt", "", "495 kr"))

    assert items_of(record_of(table(*rows))) == [("Vintersol", 1, 495)]


def test_size_and_color_are_taken_out_of_a_name() -> None:
    rows = (("Tröja Ull - M, Blå", "1", "250,00 kr"), ("Totalt", "", "250,00 kr"))

    (item,) = record_of(table(*rows))["items"]

    assert (item["name"], item["size"], item["color"]) == ("Tröja Ull", "M", "Blå")


def test_pack_size_is_no_count_where_a_count_is_given() -> None:
    rows = (("Filter, 100 st × 1", "65,00 kr"), ("Totalt", "65,00 kr"))

    assert items_of(record_of(table(*rows))) == [("Filter, 100 st", 1, 65)]


@pytest.mark.parametrize("name", ["Presentkort Spa", "Kortspel", "Gift basket"])
def test_goods_may_be_named_like_sums(name: str) -> None:
    rows = ((name, "2", "500,00 kr"), ("Frakt", "", "29,00 kr"), ("Totalt", "", "529,00 kr"))

    record = record_of(table(*rows))

    assert items_of(record) == [(name, 2, 500)]
    assert record["fields"]["shipping"] == 29


STOOL = table(("Stol ek", "1", "519,00 kr"))


@pytest.mark.parametrize(
    "sums",
    [
        table(("Totalt", "519,00 kr"), ("Moms (25 %) på 415,20", "103,80 kr")),
        table(("Totalt", "519,00 kr")) + "<p>Varav moms 25 %: 103,80 kr (underlag 415,20 kr)</p>",
        table(
            ("Totalt", "519,00 kr"), ("Momssats", "Underlag", "Moms"), ("25 %", "415,20", "103,80")
        ),
        table(
            ("Summa exkl. moms", "415,20 kr"), ("Moms 25 %", "103,80 kr"), ("Totalt", "519,00 kr")
        ),
        table(("Totalt (inkl. 103,80 kr moms)", "519,00 kr")),
        table(("Totalt", "519,00 kr <small>(inkluderar 103,80 kr Moms)</small>")),
        "<p>Totalt: 519,00 kr</p><p>Moms 12 %: 24,00 kr</p><p>Moms 25 %: 79,80 kr</p>",
        table(("Totalt", "519:-"), ("varav moms", "103:80")),
        "<p>Totalt: 519,00 kr</p><p>inkl. 103,80 kr moms</p>",
        "<p>Totalt: 519,00 kr</p><p>Varav moms 6 % 24,00 kr, moms 25 % 79,80 kr</p>",
        table(
            ("Totalt", "519,00 kr"), ("Moms", "Underlag", "Belopp"), ("25 %", "415,20", "103,80")
        ),
        "<p>Totalt: 519,00 kr</p><p>Moms 25% 103,80 kr. Reg.nr ABC 12D.</p>",
        table(("Avgifter (mva. inkludert)", "103,80 kr"), ("Totalt", "519,00 kr")),
        table(
            ("Totalt", "519,00 kr"),
            ("Moms %", "Utan moms", "Moms", "Med moms"),
            ("25", "415,20", "103,80", "519,00"),
        ),
    ],
)
def test_vat_is_read_however_it_is_printed(sums: str) -> None:
    fields = record_of(STOOL + sums)["fields"]

    assert (fields["total"], fields["tax"]) == (519, 103.8)


@pytest.mark.parametrize(
    ("label", "amount", "expected"),
    [
        ("Frakt och hantering", "49,00 kr", 49),
        ("Fraktsätt: ombud", "49,00 kr", 49),
        ("DHL Service Point", "49,00 kr", 49),
        ("Leverans", "49,00 kr via PostNord ombud", 49),
        ("Leverans", "Fri frakt", 0),
        ("Upphämtning i varuhuset", "0 kr", 0),
        ("UPS Ground", "Gratis", 0),
    ],
)
def test_shipping_is_read_however_it_is_printed(label: str, amount: str, expected: int) -> None:
    total = f"{519 + expected},00 kr"

    fields = record_of(STOOL + table((label, amount), ("Totalt", total)))["fields"]

    assert (fields["shipping"], fields["total"]) == (expected, 519 + expected)


@pytest.mark.parametrize("label", ["SOMMAR25", "Värdekod SOMMAR", "LAUNCH (10% off)"])
def test_negative_row_among_the_sums_is_a_discount(label: str) -> None:
    sums = table(("Delsumma", "519,00 kr"), (label, "-50,00 kr"), ("Totalt", "469,00 kr"))

    record = record_of(STOOL + sums)

    assert record["fields"]["discount"] == 50
    assert items_of(record) == [("Stol ek", 1, 519)]


@pytest.mark.parametrize("label", ["Du sparade", "You saved", "Total savings"])
def test_saving_is_no_discount(label: str) -> None:
    sums = table(("Totalt", "519,00 kr"), (label, "81,00 kr"))

    assert record_of(STOOL + sums)["fields"]["discount"] is None


def test_fee_in_a_sentence_is_not_charged() -> None:
    record = record_of(
        STOOL
        + table(("Totalt", "519,00 kr"))
        + "<p>Slipp fakturaavgift på 29 kr med e-faktura.</p>"
    )

    assert record["details"] == {}


def test_gift_card_counts_once_where_it_is_printed_twice() -> None:
    sums = table(("Presentkort", "-200,00 kr"), ("Totalt", "319,00 kr"))

    record = record_of(f"{STOOL}{sums}<p>Betalning</p><p>Presentkort — 200,00 kr</p>")

    assert record["fields"]["total"] == 519


def test_parcels_of_one_order_are_added_up() -> None:
    parcels = table(
        ("Stol ek", "349,00 kr"),
        ("Delsumma:", "349,00 kr"),
        ("Frakt:", "29,00 kr"),
        ("Leveransens summa:", "378,00 kr"),
        ("Kudde", "141,00 kr"),
        ("Delsumma:", "141,00 kr"),
        ("Frakt:", "0,00 kr"),
        ("Leveransens summa:", "141,00 kr"),
        ("Beställningssumma:", "519,00 kr"),
    )

    record = record_of(parcels)

    assert record["fields"]["shipping"] == 29
    assert record["fields"]["total"] == 519
    assert record["status"] == "OK"


def test_sum_that_leaves_out_a_printed_part_is_doubted() -> None:
    record = record_of(STOOL + table(("Frakt", "49,00 kr"), ("Totalt", "519,00 kr")))

    assert record["status"] == "NEEDS_REVIEW"
    assert "items_do_not_add_up" in record["flags"]


def test_sum_that_a_surer_total_outdoes_is_doubted() -> None:
    record = record_of(STOOL + table(("Summa", "519,00 kr"), ("Att betala", "819,00 kr")))

    assert record["status"] == "NEEDS_REVIEW"


@pytest.mark.parametrize(
    ("total", "amount", "currency"),
    [
        ("Totalt 1 536,70 kr SEK", 1536.7, "SEK"),
        ("Total: $86.40 CAD", 86.4, "CAD"),
        ("TOTAL DUE ON MAY 2, 2025 $47.11", 47.11, "USD"),
        ("Gesamtbetrag: 19,37 €", 19.37, "EUR"),
        ("I alt at betale: 385,00 DKK", 385, "DKK"),
        ("Å betale: 934,50 NOK", 934.5, "NOK"),
        ("Totalt inkl. frakt: 99,00 kr", 99, "SEK"),
    ],
)
def test_total_is_read_in_its_currency(total: str, amount: float, currency: str) -> None:
    fields = record_of(f"<p>Order 7712-A</p><p>{total}</p>")["fields"]

    assert (fields["total"], fields["currency"]) == (amount, currency)


@pytest.mark.parametrize(
    ("body", "subject", "number"),
    [
        ("<p>Order # 100-2003</p>", "Tack", "100-2003"),
        ("<p>Din order (100234) är bekräftad.</p>", "Tack", "100234"),
        ("<p>Kvitto nr 0412-3-88172</p>", "Tack", "0412-3-88172"),
        (table(("ORDERNUMMER<br><b>W1122334</b>", "DATUM<br>2025-05-06")), "Tack", "W1122334"),
        (
            table(("Order", "Datum", "Betalning"), ("5583921", "2025-05-06", "Swish")),
            "Tack",
            "5583921",
        ),
        ("<p>Ordrenummer</p><p>402 118 77</p>", "Tack", "402 118 77"),
        ("<p>Bestellung Nr. 4711-22 vom 06.05.2025</p>", "Danke", "4711-22"),
        ("<p>Hej!</p>", "Orderbekräftelse SO-2025-0099", "SO-2025-0099"),
        ("<p>Invoice #A-11</p><p>Receipt #B-22</p>", "Your receipt #B-22", "B-22"),
        ("<p>Kreditnota 901447</p><p>Avser ordernummer: 700338</p>", "Din retur", "700338"),
        ("<p>Fakturanr: F-1022</p><p>Ordernr: 700338</p>", "Din faktura F-1022", "700338"),
        ("<p>#55123</p>", "Tack", "55123"),
        ("<p>Hej!</p>", "Din beställning (2231-8841)", "2231-8841"),
        ("<p>Kreditfaktura nr</p><p>K-20261</p>", "Din kredit", "K-20261"),
    ],
)
def test_order_number_is_found(body: str, subject: str, number: str) -> None:
    record = record_of(f"{body}{STOOL}{table(('Totalt', '519,00 kr'))}", subject=subject)

    assert record["fields"]["orderNumber"] == number


@pytest.mark.parametrize(
    "body",
    [
        "<p>Tack!</p><p>6 maj 2025 kl. 19:02</p>",
        table(("Totalt 519,00 kr", "6 maj 2025")),
        "<p>Datum</p><p>2025-05-06</p><p>Leveransdatum: 2025-05-09</p>",
    ],
)
def test_day_in_the_head_is_the_day_of_the_order(body: str) -> None:
    record = record_of(f"{body}{STOOL}{table(('Totalt', '519,00 kr'))}")

    assert record["fields"]["orderDate"] == "2025-05-06"


@pytest.mark.parametrize("body", ["<p>Datum: 2025-07-12</p>", "<p>12 juli 2025</p>"])
def test_day_to_come_is_not_the_day_of_the_order(body: str) -> None:
    record = record_of(f"{body}{STOOL}{table(('Totalt', '519,00 kr'))}")

    assert record["fields"]["orderDate"] == "2025-05-07"
    assert record["status"] == "OK"


LEG = {
    "number": "SK2541",
    "from": "Göteborg Landvetter",
    "to": "London Heathrow",
    "departure": "2025-06-12T07:00",
    "arrival": "2025-06-12T08:20",
}


ENDS = table(("07:00<br>Göteborg Landvetter (GOT)", "✈", "08:20<br>London Heathrow (LHR)"))
TRIPS = {
    "labels": "<p>Flyg SK2541</p><p>Avgång: Göteborg Landvetter, 12 juni 2025 kl 07:00</p>"
    "<p>Ankomst: London Heathrow, 12 juni 2025 kl 08:20</p>",
    "one row for each end": table(
        ("12 jun 2025", "Flyg SK2541"),
        ("Avgång", "07:00 Göteborg Landvetter"),
        ("Ankomst", "08:20 London Heathrow"),
    ),
    "ends side by side": f"<p>Utresa tor, 12 juni 2025 SK2541</p>{ENDS}",
    "stack": "<p>12 juni 2025, SK2541</p><div>07:00</div><div>Göteborg Landvetter</div>"
    "<div>08:20</div><div>London Heathrow</div>",
    "ticket": table(
        (
            "GOT<br>Göteborg Landvetter<br>07:00",
            "SK2541<br>12 jun 2025",
            "LHR<br>London Heathrow<br>08:20",
        )
    ),
    "English labels": "<p>Flight: SK2541</p><p>From: Göteborg Landvetter (GOT)</p>"
    "<p>Departs: 12 Jun 2025 07:00</p><p>To: London Heathrow (LHR)</p>"
    "<p>Arrives: 12 Jun 2025 08:20</p>",
    "sentence": "<p>Ni reser från Göteborg Landvetter den 12 juni 2025 kl. 07.00 och är framme i"
    " London Heathrow kl. 08.20 med SK2541.</p>",
    "place, day and time below a label": "<div>FRÅN</div><div>Göteborg Landvetter</div>"
    "<div>12 juni 2025</div><div>kl. 07.00</div><div>SK2541</div><div>TILL</div>"
    "<div>London Heathrow</div><div>12 juni 2025</div><div>kl. 08.20</div>",
    "terminals": "<p>Utresa 12 juni 2025</p>"
    + table(
        (
            "<b>07:00</b> 12 jun 2025<br>Göteborg Landvetter (GOT)<br>Terminal 1",
            "SK2541<br>1h 20m",
            "<b>08:20</b> 12 jun 2025<br>London Heathrow (LHR)<br>Terminal 2",
        )
    ),
    "both times between the places": "<p>Utresa tor 12 jun. 2025 SK2541</p>"
    + table(("Göteborg Landvetter<br>(GOT)", "07:00 ✈ 08:20", "London Heathrow<br>(LHR)")),
    "time and place in cells of their own": "<p>Do. 12. Juni 2025: Göteborg – London</p>"
    + table(
        ("07:00 Uhr", "Göteborg Landvetter (GOT)", "SK2541<br>Economy", "Status: bestätigt"),
        ("08:20 Uhr", "London Heathrow (LHR)<br>Terminal 2", "", ""),
    ),
    "one line": "<p>SK2541 · Göteborg Landvetter (GOT) – London Heathrow (LHR) · 12 jun 2025"
    " · 07:00–08:20</p>",
}


def record_of_trip(trip: str) -> dict[str, Any]:
    fare = table(("Biljettpris", "1 845,00 kr"), ("Totalt", "1 845,00 kr"))
    people = "<p>Resenärer</p>" + table(("1", "Elin Sandvall", "Säte 18A"))
    body = f"<p>Bokningsnummer: Q8RTZ2</p>{trip}{people}{fare}"
    return record_of(body, subject="Din bokning Q8RTZ2", category=Category.TRAVEL)


@pytest.mark.parametrize("trip", TRIPS.values(), ids=TRIPS)
def test_leg_is_read_from_a_layout(trip: str) -> None:
    details = record_of_trip(trip)["details"]

    assert details["legs"] == [LEG]
    assert details["passengers"] == ["Elin Sandvall"]


def test_journey_of_which_only_a_part_was_read_asks_for_a_look() -> None:
    way_back = "<p>Hemresa: avfärd 10:15, mellanlandning 11:40 och 12:30, framme 14:05</p>"

    whole, part = (record_of_trip(TRIPS["one line"] + more) for more in ("", way_back))

    assert "legs_unsure" not in whole["flags"]
    assert ("legs_unsure" in part["flags"], part["status"]) == (True, "NEEDS_REVIEW")


def test_hotel_stay_is_no_journey() -> None:
    stay = table(
        ("Check-in", "Friday 18 July 2025, from 15:00"),
        ("Check-out", "Sunday 20 July 2025, until 11:00"),
    )

    assert "legs" not in record_of_trip(stay)["details"]


@pytest.mark.parametrize(
    "period",
    [
        "<p>Period: 6 maj – 5 juni 2025</p>",
        "<p>2025-05-06--2025-06-05</p>",
        "<p>6 maj 2025—5 juni 2025</p>",
        "<p>Zeitraum: 6. Mai – 5. Juni 2025</p>",
    ],
)
def test_period_is_read_however_it_is_printed(period: str) -> None:
    rows = table(("Premium (månadsvis)", "99 kr"), ("Totalt", "99 kr"))

    details = record_of(f"{period}{rows}", category=Category.SUBSCRIPTIONS)["details"]

    assert (details["periodStart"], details["periodEnd"]) == ("2025-05-06", "2025-06-05")
    assert details["billingPeriod"] == "monthly"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Leveransbesked: order ST-22019", table(("Sko", "1", "99 kr"), ("Totalt", "", "99 kr"))),
        ("Påminnelse: obetald faktura", "<p>Fakturanr 5512</p><p>Att betala: 499,00 kr</p>"),
        ("Din bokning är avbokad", "<p>Bokning ABC123 är avbokad. Totalt 995 kr.</p>"),
        ("Vi kunde inte dra din betalning", "<p>Gymkort 449 kr</p><p>Belopp 449 kr</p>"),
        ("Husk din tid i morgen", "<p>Booking: SF-118204</p><p>Pris: 395,00 kr.</p>"),
        (
            "Din nästa resa från 399 kr",
            "<p>Göteborg – Split 849 kr</p><p>Totalpris för två: 6 980 kr</p>",
        ),
        ("Du har fått 350 kr från Emil", "<p>Betalning mottagen</p><p>350,00 kr</p>"),
        (
            "Payment for SD-0099 failed",
            "<p>Your bank declined it.</p><p>Team plan $58.00</p><p>Amount due $58.00</p>",
        ),
        (
            "Your order is waiting",
            "<p>Chair £99</p><p>Total £99</p><p>Complete your order</p>",
        ),
        ("Checka in nu", "<p>Bokning Q8RTZ2. Extra bagage från 299 kr.</p>"),
    ],
)
def test_mail_about_a_purchase_is_not_always_its_receipt(subject: str, body: str) -> None:
    assert record_of(body, subject=subject)["outcome"] == "not_an_invoice"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        (
            "Bekräftelse på avbokning KPX7712Q",
            "<p>Det här får du tillbaka</p>" + table(("Återbetalas", "449,00 kr")),
        ),
        ("Kreditnota for ordre 7302218", "<p>Til gode: kr 449,00</p>"),
    ],
)
def test_money_that_comes_back_is_a_refund(subject: str, body: str) -> None:
    record = record_of(body, subject=subject)

    assert (record["outcome"], record["fields"]["total"]) == ("refund", 449)


def test_till_receipt_with_a_negative_total_is_a_refund() -> None:
    text = "RETUR\nKvitto: 7712\nSkruvdragare 12V\n-2 st x 79,00 -158,00\nTOTALT SEK -158,00\n"

    record = record_of(f"{text}Återbetalt till kort -158,00", subject="Kvitto 7712", kind="plain")

    assert record["outcome"] == "refund"
    assert items_of(record) == [("Skruvdragare 12V", 2, 158)]


def test_freight_of_parcels_is_counted_once() -> None:
    goods = (
        ("Pall", "1", "519,00 kr"),
        ("Frakt Lager A", "29,00 kr"),
        ("Frakt Lager B", "19,00 kr"),
    )

    record = record_of(table(*goods, ("Total frakt", "48,00 kr"), ("Totalt", "567,00 kr")))

    assert (record["fields"]["shipping"], record["status"]) == (48, "OK")


@pytest.mark.parametrize(
    "text",
    [
        "Delbetala från 34 kr/mån. Kreditkostnad 0 kr, uppläggningsavgift 395 kr. Att låna kostar.",
        "Neste levering får du uten leveringsgebyr og gebyrer (verdi kr 79,00).",
        "A plan by the month would have cost SEK 60, so you are saving SEK 36.00 a year. Good!",
    ],
)
def test_fees_and_savings_that_a_text_speaks_of_are_not_this_receipts(text: str) -> None:
    record = record_of(STOOL + table(("Totalt", "519,00 kr")) + f"<p>{text}</p>")

    assert record["fields"]["discount"] is None
    assert record["fields"]["shipping"] is None
    assert "serviceFee" not in record["details"]


def test_items_of_the_markup_are_read_so_that_they_make_the_subtotal() -> None:
    markup = """<script type="application/ld+json">{"@context": "https://schema.org", "@type":
    "Order", "orderNumber": "7712-A", "acceptedOffer": {"@type": "Offer", "price": "798.00",
    "priceCurrency": "SEK", "itemOffered": {"@type": "Product", "name": "Galonset"},
    "eligibleQuantity": {"@type": "QuantitativeValue", "value": 2}}}</script>"""

    record = record_of(
        markup + table(("Delsumma", "798,00 kr"), ("Frakt", "49,00 kr"), ("Totalt", "847,00 kr"))
    )

    assert items_of(record) == [("Galonset", 2, 798)]


def test_total_is_read_where_a_sentence_goes_on_behind_it() -> None:
    body = "<p>Ägg, 2 x 85 kr = 170 kr</p><p>Totalt 170 kr. Swisha senast på onsdag.</p>"

    assert record_of(body)["fields"]["total"] == 170


def test_whom_a_payment_service_has_paid_is_the_vendor() -> None:
    body = "<p>Du har betalat 519,00 kr till Krukmakeriet Lera</p><p>Summa: 519,00 kr</p>"
    head = "From: Betalsmart <kvitto@betalsmart.example>\nContent-Type: text/html; charset=utf-8\n"
    mail = f"{head}Subject: Kvitto\n\n{body}".encode()

    assert extract_mail("a", mail)["fields"]["vendor"] == "Krukmakeriet Lera"


def test_due_day_is_the_day_on_which_the_amount_is_drawn() -> None:
    body = "<p>We'll collect SEK 519.00 by Direct Debit on 19 May 2025.</p><p>Total: SEK 519.00</p>"

    record = record_of(body, subject="Your electricity bill", category=Category.UTILITY)

    assert record["details"]["dueDate"] == "2025-05-19"


def test_sums_are_no_items_where_no_item_can_be_read() -> None:
    record = record_of(table(("Delsumma", "519,00 kr"), ("Totalt", "519,00 kr")))

    assert record["items"] == []


def test_plan_that_costs_the_total_is_what_was_bought() -> None:
    body = table(("Abonnemang", "Hörkammaren Familj"), ("Pris per månad", "199 kr"))

    record = record_of(f"{body}{table(('Summa', '199 kr'))}", category=Category.SUBSCRIPTIONS)

    assert items_of(record) == [("Hörkammaren Familj", 1, 199)]


def test_what_is_billed_counts_and_not_what_is_offered() -> None:
    body = (
        "<p>Plan: Team</p><p>Total: 86.40 GBP</p>"
        "<p>You're billed monthly; switching to a yearly subscription saves 15%.</p>"
    )

    record = record_of(body, subject="Receipt 7712-A", category=Category.SUBSCRIPTIONS)

    assert record["details"]["billingPeriod"] == "monthly"


def test_ocr_number_is_read_from_a_sentence() -> None:
    body = (
        "<p>Att betala: 519,00 kr</p>"
        "<p>Betala till bankgiro 5050-0000 med OCR-nummer 4091 8827 3067.</p>"
    )

    record = record_of(body, subject="Faktura 40918827", category=Category.UTILITY)

    assert record["details"]["ocr"] == "409188273067"


def test_category_that_is_a_guess_is_said_to_be_one() -> None:
    body = f"<p>Ordernummer: 7712-A</p>{table(('Sak', '99 kr'), ('Totalt', '99 kr'))}"
    content = f"From: Boden <a@boden.example>\nSubject: Order\nContent-Type: text/html\n\n{body}"

    guessed = extract_mail("a", content.encode())

    assert "category_unsure" in guessed["flags"]
    assert guessed["status"] == "NEEDS_REVIEW"
    assert "category_unsure" not in record_of(body)["flags"]


@pytest.mark.parametrize(
    ("words", "currency"),
    [
        ("Tack för ditt köp! Varav moms. Ångerrätt gäller.", "SEK"),
        ("Takk for handelen! Kjøpet er betalt. Beløp i kroner.", "NOK"),
        ("Tak for dit køb! Beløb i kroner. Venlig hilsen", "DKK"),
    ],
)
def test_kronor_are_told_apart_by_words(words: str, currency: str) -> None:
    body = f"<p>Order 7712-A</p><p>{words}</p>{table(('Sak', '99 kr'), ('Total', '99 kr'))}"

    assert record_of(body)["fields"]["currency"] == currency


def test_text_part_explains_sums_that_the_layout_hides() -> None:
    plain = "Lampa    1 st    399,00 kr\nKudde    2 st    100,00 kr\nTotalt    499,00 kr\n"
    page = "<p>Du köpte Lampa och två Kudde (399,00 kr, 100,00 kr)</p><p>Totalt: 499,00 kr</p>"
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Boden <a@boden.example>", "Order 7712-A"
    mail.set_content(plain)
    mail.add_alternative(page, subtype="html")

    receipt = read_receipt(mail.as_bytes()).receipt

    assert receipt is not None
    assert [item.name for item in receipt.items] == ["Lampa", "Kudde"]


def test_refundable_ticket_is_no_refund() -> None:
    rows = (("Biljett 2 klass Kan återbetalas", "695,00 kr"), ("Totalt", "695,00 kr"))

    record = record_of(f"<p>Bokningsnummer: Q8RTZ2</p>{table(*rows)}", subject="Din bokning")

    assert record["outcome"] == "ok"
    assert record["status"] == "OK"
