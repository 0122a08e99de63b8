from __future__ import annotations

from ingestion.parsing.receipts.essence import essence_of
from ingestion.parsing.receipts.page import read_html


def essence(html: str) -> str:
    return essence_of(read_html(html).rows)


RECEIPT = (
    "<p>Hej!</p><p>Tack för ditt köp.</p><p>Order 5512</p>"
    "<table><tr><td>Lampa</td><td>1</td><td>399,00 kr</td></tr></table>"
    "<p>Totalt</p><p>399,00 kr</p>"
)
ROWS = "Hej!\nTack för ditt köp.\nOrder 5512\nLampa | 1 | 399,00 kr\nTotalt\n399,00 kr"


def test_rows_of_a_receipt_stay_as_they_are_printed() -> None:
    assert essence(RECEIPT) == ROWS


def test_conditions_and_addresses_are_left_out() -> None:
    footer = (
        "<p>Du kan ångra ditt köp utan att ange något skäl så länge varan är oanvänd.</p>"
        "<p>Lampan AB, Org.nr 559123-0001, Aktiekapital 50 000 kr</p><p>-----</p>"
    )

    assert essence(RECEIPT + footer) == ROWS


def test_nothing_behind_advertising_is_read() -> None:
    ads = "<p>Du kanske också gillar</p><p>Golvlampa</p><p>899,00 kr</p>"

    assert essence(RECEIPT + ads) == ROWS


def test_row_that_is_printed_twice_is_read_once() -> None:
    assert essence(RECEIPT + "<p>Order 5512</p>") == ROWS
