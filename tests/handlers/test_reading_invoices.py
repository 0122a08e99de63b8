"""get_invoices and get_rental_invoice: what a caller sees, and what no one else does."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.ledger import DocumentOutcome
from resolvers import get_invoices, get_rental_invoice
from tests.factories import NOW, make_document, make_invoice, make_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Aws


@pytest.fixture
def caller(user_id: str) -> dict[str, str]:
    return {"userId": user_id, "email": "ronja@example.com", "sessionId": "s1"}


@pytest.fixture
def filed(aws: Aws, user_id: str) -> None:
    """File three notices for the caller."""
    dynamodb = aws.client("dynamodb")
    ledger = DynamoLedger("MailLedger", "IngestionRuns", dynamodb)
    invoices = DynamoRentalInvoices("RentalInvoices", "MailLedger", dynamodb)
    for due_on in (date(2025, 12, 30), date(2026, 1, 30), date(2026, 2, 27)):
        document = make_document(user_id, content=str(due_on).encode(), message_id=f"m{due_on:%m}")
        ledger.begin_document(document, now=NOW)
        invoice = make_invoice(document, f"Invoice_{due_on:%Y%m}", due_on=due_on)
        invoices.add(invoice, make_row(document, DocumentOutcome.OK), namesake_id="unused")


@pytest.mark.usefixtures("filed")
def test_invoices_come_by_year_newest_first(
    ask: Callable[..., Any], caller: dict[str, str]
) -> None:
    years = ask(get_invoices.handler, "Query.rentalInvoiceYears", {}, caller)

    assert [year["year"] for year in years] == [2026, 2025]
    assert [each["dueDate"] for each in years[0]["invoices"]] == ["2026-02-27", "2026-01-30"]


@pytest.mark.usefixtures("filed")
def test_a_page_leads_to_the_next(ask: Callable[..., Any], caller: dict[str, str]) -> None:
    field = "Query.rentalInvoices"
    first = ask(get_invoices.handler, field, {"first": 2}, caller)
    after = first["pageInfo"]["endCursor"]
    second = ask(get_invoices.handler, field, {"first": 2, "after": after}, caller)

    assert [edge["node"]["dueMonth"] for edge in first["edges"]] == [2, 1]
    assert [edge["node"]["dueMonth"] for edge in second["edges"]] == [12]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert second["pageInfo"]["hasPreviousPage"] is True


@pytest.mark.usefixtures("filed")
@pytest.mark.parametrize(
    ("chosen", "months"),
    [
        ({"year": 2026}, [2, 1]),
        ({"dueFrom": "2026-02-01"}, [2]),
        ({"dueTo": "2026-01-30Z"}, [1, 12]),
        ({"year": 2026, "dueTo": "2026-01-31"}, [1]),
        ({"status": "NEEDS_REVIEW"}, []),
    ],
    ids=str,
)
def test_filters_choose_by_due_date_and_status(
    ask: Callable[..., Any], caller: dict[str, str], chosen: dict[str, Any], months: list[int]
) -> None:
    answer = ask(get_invoices.handler, "Query.rentalInvoices", {"filter": chosen}, caller)

    assert [edge["node"]["dueMonth"] for edge in answer["edges"]] == months


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 0},
        {"first": 101},
        {"after": "nonsense"},
        {"filter": {"year": -5}},
        {"filter": {"dueFrom": "2026-02-31"}},
    ],
    ids=str,
)
def test_impossible_arguments_are_named(
    ask: Callable[..., Any], caller: dict[str, str], arguments: dict[str, Any]
) -> None:
    answer = ask(get_invoices.handler, "Query.rentalInvoices", arguments, caller)

    assert answer["error"]["type"] == "VALIDATION_FAILED"


@pytest.mark.usefixtures("filed")
def test_one_invoice_has_its_document_source_and_payment(
    ask: Callable[..., Any], caller: dict[str, str]
) -> None:
    found = ask(get_rental_invoice.handler, "Query.rentalInvoice", {"id": "Invoice_202601"}, caller)

    assert found["total"] == {"amount": "8865.00", "minorUnits": 886500, "currency": "SEK"}
    assert found["coldWater"]["amount"] == "96.00"
    assert found["lines"][0]["kind"] == "RENT"
    assert found["document"]["filename"] == "Hyresavi_1297112086.pdf"
    assert "X-Amz-Signature" in found["document"]["url"]
    assert found["source"]["authentication"] == "PASS"
    assert json.loads(found["paymentQr"])["acc"] == "555-1234"


@pytest.mark.usefixtures("filed")
def test_another_users_invoice_is_as_absent_as_none(ask: Callable[..., Any]) -> None:
    stranger = {"userId": "user_stranger", "email": "s@example.com", "sessionId": "s2"}
    field = "Query.rentalInvoice"

    guessed = ask(get_rental_invoice.handler, field, {"id": "Invoice_202601"}, stranger)
    absent = ask(get_rental_invoice.handler, field, {"id": "Invoice_0"}, stranger)

    assert guessed is absent is None
    assert ask(get_invoices.handler, "Query.rentalInvoiceYears", {}, stranger) == []


def test_a_list_of_nothing_is_empty(ask: Callable[..., Any], caller: dict[str, str]) -> None:
    answer = ask(get_invoices.handler, "Query.failedDocuments", {}, caller)

    assert answer["edges"] == []
    assert answer["pageInfo"]["hasNextPage"] is False
