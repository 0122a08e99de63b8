from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from paypulse.aws.items import to_item
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import DynamoRentalInvoices, _to_row
from paypulse.errors import RequestError
from paypulse.ledger import DocumentOutcome
from paypulse.pages import encode_cursor
from paypulse.rental_invoices import (
    InvoiceStatus,
    InvoiceWarning,
    RentalInvoice,
    summarise,
)
from tests.factories import NOW, make_document, make_invoice, make_row

if TYPE_CHECKING:
    from tests.conftest import Aws


@pytest.fixture
def invoices(aws: Aws) -> DynamoRentalInvoices:
    return DynamoRentalInvoices("RentalInvoices", "MailLedger", aws.client("dynamodb"))


@pytest.fixture
def ledger(aws: Aws) -> DynamoLedger:
    return DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb"))


def file(
    invoices: DynamoRentalInvoices, ledger: DynamoLedger, invoice: RentalInvoice
) -> tuple[DocumentOutcome | None, str | None]:
    """File an invoice as `parse_invoice` does."""
    ledger.begin_document(invoice.document, now=NOW)
    row = make_row(invoice.document, DocumentOutcome.OK)
    filed = invoices.add(invoice, row, namesake_id=f"{invoice.invoice_id}_other")
    return filed.outcome, filed.invoice_id


def test_an_invoice_comes_back_as_it_was(
    invoices: DynamoRentalInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    invoice = make_invoice(make_document(user_id))

    file(invoices, ledger, invoice)

    assert invoices.get(user_id, invoice.invoice_id) == invoice
    assert invoices.all_of(user_id) == [invoice]
    assert invoices.summaries(user_id) == [
        summarise(invoice.invoice_id, invoice.notice, invoice.document)
    ]


def test_filing_twice_is_one_invoice(
    invoices: DynamoRentalInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    invoice = make_invoice(make_document(user_id))
    first = file(invoices, ledger, invoice)

    second = file(invoices, ledger, invoice)

    assert first == second == (DocumentOutcome.OK, invoice.invoice_id)
    assert len(invoices.all_of(user_id)) == 1


def test_the_same_document_in_another_mail_is_a_duplicate(
    invoices: DynamoRentalInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    file(invoices, ledger, make_invoice(make_document(user_id)))
    copy = make_document(user_id, filename="Copy_55555.pdf", message_id="19a0000000000002")

    outcome = file(invoices, ledger, make_invoice(copy, invoice_id="Invoice_55555"))

    assert outcome == (DocumentOutcome.DUPLICATE, "Invoice_1297112086")
    assert len(invoices.all_of(user_id)) == 1


def test_a_different_document_never_overwrites_its_namesake(
    invoices: DynamoRentalInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    file(invoices, ledger, make_invoice(make_document(user_id)))
    other = make_document(user_id, content=b"another", message_id="19a0000000000002")

    outcome = file(invoices, ledger, make_invoice(other))

    assert outcome == (DocumentOutcome.OK, "Invoice_1297112086_other")
    assert len(invoices.all_of(user_id)) == 2


def test_the_same_document_of_two_users_is_two_invoices(
    invoices: DynamoRentalInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    file(invoices, ledger, make_invoice(make_document(user_id)))

    outcome = file(invoices, ledger, make_invoice(make_document(f"{user_id}-other")))

    assert outcome == (DocumentOutcome.OK, "Invoice_1297112086")


def test_a_warning_is_added_once(
    invoices: DynamoRentalInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    invoice = make_invoice(make_document(user_id))
    file(invoices, ledger, invoice)

    for _ in range(2):
        invoices.add_warning(user_id, invoice.invoice_id, InvoiceWarning.BANKGIRO_CHANGED, now=NOW)

    found = invoices.get(user_id, invoice.invoice_id)
    assert found is not None
    assert found.warnings == (InvoiceWarning.BANKGIRO_CHANGED,)
    assert found.status is InvoiceStatus.NEEDS_REVIEW


@pytest.fixture
def year_of_invoices(
    invoices: DynamoRentalInvoices, ledger: DynamoLedger, user_id: str
) -> DynamoRentalInvoices:
    for month in range(1, 13):
        document = make_document(user_id, content=bytes([month]), message_id=f"m{month}")
        invoice = make_invoice(document, f"Invoice_{month}", due_on=date(2025, month, 28))
        if month % 4 == 0:
            invoice = replace(invoice, warnings=(InvoiceWarning.INVALID_OCR,))
        file(invoices, ledger, invoice)
    return invoices


def test_pages_run_from_the_latest_due_date_without_gaps(
    year_of_invoices: DynamoRentalInvoices, user_id: str
) -> None:
    months: list[int] = []
    after, more = None, True
    while more:
        page = year_of_invoices.list_page(user_id, 5, after)
        months += [invoice.due_on.month for invoice in page.items]
        after, more = page.end_cursor, page.has_next

    assert months == list(range(12, 0, -1))


def test_a_last_page_that_is_full_has_no_next(
    year_of_invoices: DynamoRentalInvoices, user_id: str
) -> None:
    assert not year_of_invoices.list_page(user_id, 12, None).has_next


def test_a_filter_leaves_no_holes_in_a_page(
    year_of_invoices: DynamoRentalInvoices, user_id: str
) -> None:
    page = year_of_invoices.list_page(user_id, 2, None, status=InvoiceStatus.NEEDS_REVIEW)

    assert [invoice.due_on.month for invoice in page.items] == [12, 8]
    assert page.has_next


def test_due_dates_bound_a_list(year_of_invoices: DynamoRentalInvoices, user_id: str) -> None:
    due = (date(2025, 3, 1), date(2025, 5, 28))

    page = year_of_invoices.list_page(user_id, 10, None, due=due)

    assert [invoice.due_on.month for invoice in page.items] == [5, 4, 3]


def test_a_month_is_known_once_its_notice_is_there(
    year_of_invoices: DynamoRentalInvoices, user_id: str
) -> None:
    assert year_of_invoices.has_due_month(user_id, "2025-07")
    assert not year_of_invoices.has_due_month(user_id, "2026-07")


def test_another_users_cursor_opens_nothing(
    year_of_invoices: DynamoRentalInvoices, user_id: str
) -> None:
    cursor = year_of_invoices.list_page(user_id, 5, None).end_cursor

    assert year_of_invoices.list_page(f"{user_id}-other", 5, cursor).items == ()


def test_another_lists_cursor_is_refused(invoices: DynamoRentalInvoices, user_id: str) -> None:
    with pytest.raises(RequestError, match="not a cursor"):
        invoices.list_page(user_id, 5, encode_cursor("ingestionRuns", "run_1"))


@pytest.mark.parametrize("id_", ["", "x" * 2000])
def test_an_impossible_id_is_as_absent_as_any(
    invoices: DynamoRentalInvoices, user_id: str, id_: str
) -> None:
    assert invoices.get(user_id, id_) is None


def test_what_is_due_in_a_month_is_listed_for_everyone_page_by_page(
    invoices: DynamoRentalInvoices, aws: Aws, user_id: str
) -> None:
    due_on = date(2093, 5, 31)
    kept = {f"Invoice_{number}" for number in range(130)}
    for invoice_id in kept:
        row = _to_row(make_invoice(make_document(user_id), invoice_id, due_on=due_on))
        aws.client("dynamodb").put_item(TableName="RentalInvoices", Item=to_item(row))

    first = invoices.list_due("2093-05", None)
    second = invoices.list_due("2093-05", first.end_cursor)

    found = [*first.items, *second.items]
    assert (first.has_next, second.has_next) == (True, False)
    assert {(each.user_id, each.due_on) for each in found} == {(user_id, due_on)}
    assert sorted(each.invoice_id for each in found) == sorted(kept)
    assert invoices.list_due("2093-06", None).items == ()
