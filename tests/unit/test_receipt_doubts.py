"""What is read from a receipt without proof asks for a look, or is left out."""

from __future__ import annotations

from typing import Any

import pytest

from ingestion.parsing.extract import extract_mail
from ingestion.parsing.receipts.reader import KnownVendor, read_receipt
from paypulse.receipts import Category


def record_of(
    body: str, subject: str = "Orderbekräftelse 7712-A", category: Category = Category.GROCERY
) -> dict[str, Any]:
    head = (
        "From: Boden <order@boden.example>\nDate: Wed, 07 May 2025 10:00:00 +0200\n"
        f"Subject: {subject}\nContent-Type: text/html; charset=utf-8\n\n"
    )
    vendor = KnownVendor("Boden", category)
    return extract_mail(
        "a", f"{head}{body}".encode(), lambda mail: read_receipt(mail, known=vendor)
    )


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def items_of(record: dict[str, Any]) -> list[tuple[str, float, float]]:
    return [(item["name"], item["quantity"], item["total"]) for item in record["items"]]


STOOL = table(("Pall i björk", "1 st", "519,00 kr"))
TOTAL = table(("Totalt", "519,00 kr"))


@pytest.mark.parametrize(
    "row",
    [
        ("Torskrygg", "0,742 kg", "289,00 /kg", "214,44"),
        ("0,742 kg", "Torskrygg", "289,00/kg", "214,44 A"),
        ("Torskrygg", "0,742 kg à 289,00", "214,44"),
    ],
)
def test_a_weight_counts_where_its_price_stands_beside_it(row: tuple[str, ...]) -> None:
    record = record_of(table(row, ("Totalt", "214,44 kr")))
    assert items_of(record) == [("Torskrygg", 0.742, 214.44)]
    assert record["status"] == "OK"


def test_what_a_meter_has_counted_is_one_delivery() -> None:
    record = record_of(
        table(("Förbrukning vatten", "31", "m3", "18,40", "570,40"), ("Att betala", "570,40 kr"))
    )
    assert items_of(record) == [("Förbrukning vatten", 1, 570.4)]


@pytest.mark.parametrize("name", ["Ljuskälla E27, 2 st à 50,00 kr", "Ljuskälla E27, 2 × 50,00 kr"])
def test_count_and_price_behind_a_name_are_taken_out_of_it(name: str) -> None:
    record = record_of(table((name, "100,00 kr"), ("Totalt", "100,00 kr")))
    assert items_of(record) == [("Ljuskälla E27", 2, 100)]


def test_columns_stacked_in_rows_are_count_price_and_sum() -> None:
    cells = ("Gurka", "2 st", "17,90", "35,80", "Bananer", "1,104 kg", "31,90 kr/kg", "35,22")
    stacked = "".join(f"<p>{cell}</p>" for cell in cells)
    record = record_of(f"<p>Välkommen åter</p>{stacked}<p>Totalt</p><p>71,02 kr</p>")
    assert items_of(record) == [("Gurka", 2, 35.8), ("Bananer", 1.104, 35.22)]


def test_a_count_that_does_not_divide_its_price_asks_for_a_look() -> None:
    record = record_of(
        table(("Undersökning", "36", "165,00 kr"), ("Totalt", "165,00 kr")) + "<p>Betalt</p>"
    )
    assert "items_do_not_add_up" in record["flags"]


def test_an_even_price_needs_no_look() -> None:
    record = record_of(table(("Kaffe", "3", "165,00 kr"), ("Totalt", "165,00 kr")))
    assert (items_of(record), record["status"]) == ([("Kaffe", 3, 165)], "OK")


def test_several_order_numbers_without_a_winner_ask_for_a_look() -> None:
    numbers = "<p>Ordernummer: AB-1001</p><p>Ordernummer: AB-2002</p>"
    record = record_of(numbers + STOOL + TOTAL, subject="Orderbekräftelse")
    assert "order_number_unsure" in record["flags"]
    assert record["status"] == "NEEDS_REVIEW"


def test_the_subject_decides_between_order_numbers() -> None:
    numbers = "<p>Ordernummer: AB-1001</p><p>Ordernummer: AB-2002</p>"
    record = record_of(numbers + STOOL + TOTAL, subject="Orderbekräftelse AB-1001")
    assert record["fields"]["orderNumber"] == "AB-1001"
    assert record["status"] == "OK"


def test_several_days_without_a_label_ask_for_a_look() -> None:
    days = "<p>Du handlade hos oss, betalning 5 maj 2025.</p><p>Vi packade den 6 maj 2025.</p>"
    record = record_of(days + STOOL + TOTAL)
    assert "date_unsure" in record["flags"]


def test_a_labelled_day_needs_no_look_beside_others() -> None:
    days = "<p>Orderdatum: 2025-05-05</p><p>Vi packade den 6 maj 2025.</p>"
    record = record_of(days + STOOL + TOTAL)
    assert (record["fields"]["orderDate"], record["status"]) == ("2025-05-05", "OK")


def test_a_net_amount_that_vat_does_not_bring_to_the_total_asks_for_a_look() -> None:
    sums = table(("Netto", "300,00 kr"), ("Moms", "103,80 kr"), ("Totalt", "519,00 kr"))
    assert "tax_implausible" in record_of(STOOL + sums)["flags"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("<p>Vi bekräftar din bokning ÖR 70 418, gjord i dag.</p>", "ÖR 70 418"),
        ("<p>Din order BM-550 218 är klar.</p>", "BM-550 218"),
        ("<p>Ihre Bestellnummer lautet 2026-SW-00417.</p>", "2026-SW-00417"),
        ("<p>Bokningskod: QX7-TRL</p>", "QX7-TRL"),
        ("<p>Arbetsorder 8842</p><p>Transaktion: 4KD88201XX77</p>", "8842"),
    ],
)
def test_numbers_are_read_in_groups_and_sentences(text: str, number: str) -> None:
    record = record_of(text + STOOL + TOTAL, subject="Orderbekräftelse")
    assert record["fields"]["orderNumber"] == number


@pytest.mark.parametrize(
    "line",
    [
        "Totalt inkl. moms: 519,00 kr",
        "Summa inkl. moms 25 %: 519,00 kr",
        "Du betalade 519,00 kr",
        "To pay 519,00 kr",
    ],
)
def test_a_total_with_vat_in_one_line_is_no_vat(line: str) -> None:
    fields = record_of(f"{STOOL}<p>{line}</p>")["fields"]
    assert (fields["total"], fields["tax"]) == (519, None)


def test_vat_of_a_printed_base_is_what_stands_behind_the_equals_sign() -> None:
    fields = record_of(f"{STOOL}{TOTAL}<p>Moms 25% av 415,20 = 103,80</p>")["fields"]
    assert fields["tax"] == 103.8


def test_times_of_delivery_are_no_money() -> None:
    record = record_of(f"<p>Leverans lördag 08.00–10.00</p>{STOOL}{TOTAL}")
    assert (record["fields"]["shipping"], record["status"]) == (None, "OK")


@pytest.mark.parametrize(
    "line", ["Leverans — Fri", "Frakt: Gratis", "<p>Frakt</p><p>Fri frakt</p>"]
)
def test_free_delivery_is_read_from_a_line(line: str) -> None:
    assert record_of(f"{STOOL}<p>{line}</p>{TOTAL}")["fields"]["shipping"] == 0


@pytest.mark.parametrize(
    "subject",
    [
        "Slutför din beställning",
        "Din kod för att godkänna köpet: 551 208",
        "Your order has shipped",
        "Ditt paket levereras i dag",
        "Kommande dragning",
        "Dags att checka in",
    ],
)
def test_what_is_announced_or_asked_for_is_no_purchase(subject: str) -> None:
    body = f"<p>Order: AB-1001</p>{STOOL}{TOTAL}"
    assert record_of(body, subject=subject)["outcome"] == "not_an_invoice"


@pytest.mark.parametrize("subject", ["Din elfaktura", "Regning fra Boden", "Parkeringskvitto"])
def test_documents_are_known_in_compounds_and_by_neighbours(subject: str) -> None:
    assert record_of("<p>Belopp: 519,00 kr</p>", subject=subject)["outcome"] == "ok"


def test_what_was_paid_for_is_a_purchase_without_a_number() -> None:
    body = "<p>Belopp: 519,00 kr</p><p>Betalat med kort.</p>"
    assert record_of(body, subject="Din parkering är avslutad")["outcome"] == "ok"


def test_the_letter_below_an_answer_is_not_read() -> None:
    quoted = "<p>Den 1 maj 2025 skrev Lisa Ek:</p><p>Totalt: 999,00 kr</p><p>Order: 77120</p>"
    record = record_of(f"<p>Order: AB-1001</p><p>Hej!</p>{STOOL}{TOTAL}{quoted}")
    assert (record["fields"]["total"], record["fields"]["orderNumber"]) == (519, "AB-1001")


@pytest.mark.parametrize(
    ("words", "currency"),
    [
        ("Takk for handelen, vi pakker og sender i dag. Antall: 1", "NOK"),
        ("Tak for din ordre, vi pakker og sender i dag. Fragt: 0 kr", "DKK"),
        ("herav mva kr 103,80", "NOK"),
        ("CVR 00000000 heraf moms", "DKK"),
        ("varav moms", "SEK"),
    ],
)
def test_kronor_belong_to_the_country_whose_words_stand_there(words: str, currency: str) -> None:
    assert record_of(f"{STOOL}{TOTAL}<p>{words}</p>")["fields"]["currency"] == currency


def test_a_leg_has_no_number_from_its_date() -> None:
    body = (
        "<p>Bokningsnummer: 312445</p><p>Göteborg → Oslo</p><p>Avgång: 2025-09-18 07:30</p>"
        "<p>Ankomst: 2025-09-18 11:15</p>"
    )
    record = record_of(body + STOOL + TOTAL, category=Category.TRAVEL)
    assert [leg["number"] for leg in record["details"]["legs"]] == [None]


def test_legs_in_a_table_take_the_day_above_it() -> None:
    body = "<p>Utresa fredag 9 maj 2025</p>" + table(
        ("Från", "Avg.", "Till", "Ank.", "Tåg", "Vagn", "Plats"),
        ("Göteborg C", "08.42", "Hallsberg", "11.05", "Regional 178", "2", "31"),
        ("Hallsberg", "11.20", "Falun C", "13.58", "Regional 8456", "Ej platsbokat"),
    )
    record = record_of(body + STOOL + TOTAL, category=Category.TRAVEL)
    assert [(leg["number"], leg["departure"]) for leg in record["details"]["legs"]] == [
        ("178", "2025-05-09T08:42"),
        ("8456", "2025-05-09T11:20"),
    ]


def test_one_of_several_periods_is_not_shown() -> None:
    body = "<p>Elhandel 1–30 april 2025</p><p>Elnät 1–31 mars 2025</p>"
    record = record_of(body + STOOL + TOTAL, category=Category.UTILITY)
    assert "periodStart" not in {k for k, v in record["details"].items() if v}


def test_what_is_not_renewed_has_no_billing_period() -> None:
    body = "<p>Årskort Guld förnyas inte automatiskt.</p>"
    record = record_of(body + STOOL + TOTAL, category=Category.SUBSCRIPTIONS)
    assert not record["details"].get("billingPeriod")


@pytest.mark.parametrize(
    "name", ["TORK6", "Sold by: KökPro", "Giltig 1 sep 2025 – 1 okt 2025", "guests at", "6 seats ×"]
)
def test_a_name_that_reads_like_none_asks_for_a_look(name: str) -> None:
    record = record_of(table((name, "1 st", "519,00 kr")) + TOTAL)

    assert record["status"] == "NEEDS_REVIEW"


@pytest.mark.parametrize(
    ("due", "unsure"),
    [("<p>Förfallodag: 2025-06-02</p>", False), ("<p>Den ska vara betald 2 juni 2025.</p>", True)],
)
def test_a_detail_from_a_sentence_asks_for_a_look(due: str, unsure: bool) -> None:
    record = record_of(due + STOOL + TOTAL, subject="Faktura 88123", category=Category.UTILITY)

    assert record["details"]["dueDate"] == "2025-06-02"
    assert ("details_unsure" in record["flags"]) is unsure


def test_a_number_of_three_digits_asks_for_a_look() -> None:
    record = record_of(f"<p>Ordernummer: 181</p>{STOOL}{TOTAL}", subject="Kvitto")

    assert "order_number_unsure" in record["flags"]


@pytest.mark.parametrize(("day", "unsure"), [("2025-05-05", True), ("2025-04-05", False)])
def test_a_day_shortly_before_the_mail_that_is_passed_by_asks_for_a_look(
    day: str, unsure: bool
) -> None:
    record = record_of(f"<p>Packades hos oss {day}</p>{STOOL}{TOTAL}")

    assert ("date_unsure" in record["flags"]) is unsure
