from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from paypulse.aws.erasure import UserPurchases
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.retail_invoices import DynamoRetailInvoices
from paypulse.errors import ChangedMeanwhile, RequestError
from paypulse.ledger import DocumentOutcome, LedgerDocument
from paypulse.mail import SenderAuthentication
from paypulse.money import Money
from paypulse.pages import encode_cursor
from paypulse.receipts import Category, ReceiptStatus, ReceiptWarning
from paypulse.retail_invoices import (
    CorrectableField,
    InvoiceType,
    OrderMark,
    PurchaseAmount,
    RetailFilter,
    RetailInvoice,
    detail_of,
)
from tests.factories import NOW, make_receipt_document, make_retail_invoice, make_row

if TYPE_CHECKING:
    from tests.conftest import Aws

ANY = RetailFilter()


@pytest.fixture
def invoices(aws: Aws) -> DynamoRetailInvoices:
    return make_store(aws, aws.client("dynamodb"))


def make_store(aws: Aws, client: Any) -> DynamoRetailInvoices:
    details = aws.stack.detail_tables("RetailInvoices")
    return DynamoRetailInvoices(
        "RetailInvoices",
        {Category(sub_type): table for sub_type, table in details.items()},
        "MailLedger",
        client,
    )


@pytest.fixture
def ledger(aws: Aws) -> DynamoLedger:
    return DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb"))


def kept(invoices: DynamoRetailInvoices, invoice: RetailInvoice) -> RetailInvoice:
    """Return the invoice as it is in the table."""
    found = invoices.get(invoice.user_id, invoice.invoice_id)
    assert found is not None
    return found


def file(
    invoices: DynamoRetailInvoices, ledger: DynamoLedger, invoice: RetailInvoice
) -> LedgerDocument | None:
    """File a purchase's first document as `parse_retail_invoice` does."""
    (document,) = invoice.documents
    ledger.begin_document(document, now=NOW)
    row = replace(make_row(document, DocumentOutcome.OK), invoice_id=invoice.invoice_id)
    assert invoice.order_key is not None
    order = invoices.find_order(invoice.user_id, invoice.order_key)
    return invoices.save(invoice, was=None, filed=(document, row), order=order)


def detail_rows(aws: Aws, invoice: RetailInvoice) -> dict[str, dict[str, Any]]:
    """Return the invoice's detail rows by table, in whichever of the eight they are."""
    found = {}
    for table in aws.stack.detail_tables("RetailInvoices").values():
        key = {"InvoiceID": {"S": invoice.invoice_id}}
        answer = aws.client("dynamodb").get_item(TableName=table, Key=key)
        if "Item" in answer:
            found[table] = answer["Item"]
    return found


def test_an_invoice_comes_back_as_it_was(invoices: DynamoRetailInvoices, user_id: str) -> None:
    invoice = make_retail_invoice(make_receipt_document(user_id))

    invoices.save(invoice, was=None)

    assert kept(invoices, invoice) == replace(invoice, revision=1)
    category = {invoice.invoice_id: Category.TECHNOLOGY}
    assert invoices.details(user_id, category) == {invoice.invoice_id: detail_of(invoice)}


def test_everything_that_can_be_corrected_comes_back(
    invoices: DynamoRetailInvoices, user_id: str
) -> None:
    first = make_retail_invoice(make_receipt_document(user_id))
    said = {
        CorrectableField.VENDOR: "Elgiganten Kungsgatan",
        CorrectableField.CATEGORY: Category.MISCELLANEOUS,
        CorrectableField.ORDER_NUMBER: None,
        CorrectableField.INVOICE_DATE: date(2026, 1, 14),
        CorrectableField.TOTAL: Money(90_000, "EUR"),
        CorrectableField.TAX: None,
        CorrectableField.SHIPPING: Money(0, "EUR"),
        CorrectableField.DISCOUNT: Money(100, "EUR"),
        CorrectableField.PAYMENT_METHOD: "Swish",
        CorrectableField.ITEMS: (),
    }
    assert set(said) == set(CorrectableField)

    invoices.save(replace(first, corrections=said, reviewed=True), was=None)

    assert kept(invoices, first).corrections == said
    assert kept(invoices, first).reviewed


# Revisions


def test_saving_over_what_was_not_read_is_refused(
    invoices: DynamoRetailInvoices, user_id: str
) -> None:
    first = make_retail_invoice(make_receipt_document(user_id))
    invoices.save(first, was=None)
    was = kept(invoices, first)
    invoices.save(replace(was, reviewed=True), was=was)

    with pytest.raises(ChangedMeanwhile):
        invoices.save(replace(was, reviewed=False), was=was)
    with pytest.raises(ChangedMeanwhile):
        invoices.save(first, was=None)
    with pytest.raises(ChangedMeanwhile):
        invoices.delete(was)

    assert kept(invoices, first).reviewed
    assert kept(invoices, first).revision == 2


def test_of_writers_at_the_same_moment_each_succeeds_in_turn(
    aws: Aws, invoices: DynamoRetailInvoices, user_id: str
) -> None:
    first = make_retail_invoice(make_receipt_document(user_id))
    invoices.save(first, was=None)

    def add_shipping(_: int) -> None:
        mine = make_store(aws, aws.client("dynamodb"))
        while True:
            was = kept(mine, first)
            said = was.corrections.get(CorrectableField.SHIPPING, Money(0))
            try:
                mine.save(
                    replace(was, corrections={CorrectableField.SHIPPING: said + Money(100)}),
                    was=was,
                )
            except ChangedMeanwhile:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add_shipping, range(8)))

    assert kept(invoices, first).receipt.shipping == Money(800)
    assert kept(invoices, first).revision == 9


def test_another_category_takes_the_details_along(
    aws: Aws, invoices: DynamoRetailInvoices, user_id: str
) -> None:
    first = make_retail_invoice(make_receipt_document(user_id))
    invoices.save(first, was=None)
    was = kept(invoices, first)

    said = {CorrectableField.CATEGORY: Category.GROCERY}
    invoices.save(replace(was, corrections=said), was=was)

    assert list(detail_rows(aws, first)) == ["GroceryInvoices"]
    assert invoices.counts(user_id)[Category.GROCERY] == 1
    assert invoices.counts(user_id)[Category.TECHNOLOGY] == 0


# Documents and orders


def test_filing_twice_is_one_invoice(
    invoices: DynamoRetailInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    invoice = make_retail_invoice(make_receipt_document(user_id))
    first = file(invoices, ledger, invoice)
    was = kept(invoices, invoice)
    (document,) = invoice.documents

    assert first is not None
    again = invoices.save(invoice, was=was, filed=(document, first))

    assert again == first
    assert kept(invoices, invoice).revision == 1


def test_the_same_content_in_another_mail_is_a_duplicate(
    invoices: DynamoRetailInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    invoice = make_retail_invoice(make_receipt_document(user_id))
    file(invoices, ledger, invoice)
    copy = make_receipt_document(user_id, message_id="19a0000000000003")
    copy = replace(copy, sha256=invoice.documents[0].sha256)
    second = make_retail_invoice(copy, order_number="B200300")

    filed = file(invoices, ledger, second)

    assert filed is not None
    assert (filed.outcome, filed.invoice_id) == (DocumentOutcome.DUPLICATE, invoice.invoice_id)
    assert invoices.get(user_id, second.invoice_id) is None


def test_an_order_number_leads_to_its_invoice(
    invoices: DynamoRetailInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    invoice = make_retail_invoice(make_receipt_document(user_id))
    file(invoices, ledger, invoice)

    assert invoice.order_key is not None
    assert invoices.find_order(user_id, invoice.order_key).invoice_id == invoice.invoice_id
    assert invoices.find_orders(user_id, [invoice.order_key, "shop#unknown"]) == {
        invoice.order_key: invoice.invoice_id
    }
    assert invoices.find_orders(f"{user_id}-other", [invoice.order_key]) == {}


def test_mails_before_their_order_wait_for_it(
    invoices: DynamoRetailInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    for number in (1, 2):
        document = make_receipt_document(user_id, message_id=f"delivery{number}")
        ledger.begin_document(document, now=NOW)
        row = make_row(document, DocumentOutcome.NOT_A_RECEIPT)
        invoices.attach(document, row, invoices.find_order(user_id, "elgiganten#A100200"))

    mark = invoices.find_order(user_id, "elgiganten#A100200")

    assert [each.source.message_id for each in mark.waiting] == ["delivery1", "delivery2"]
    assert (mark.invoice_id, mark.revision) == (None, 2)


def test_of_two_mails_that_claim_an_order_at_once_one_is_told_to_read_again(
    invoices: DynamoRetailInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    unclaimed = OrderMark("elgiganten#A100200")
    results = []
    for number in (1, 2):
        document = make_receipt_document(user_id, message_id=f"order{number}")
        ledger.begin_document(document, now=NOW)
        row = make_row(document, DocumentOutcome.OK)
        invoice = make_retail_invoice(document)
        try:
            invoices.save(invoice, was=None, filed=(document, row), order=unclaimed)
            results.append("kept")
        except ChangedMeanwhile:
            results.append("changed")
            assert invoices.get(user_id, invoice.invoice_id) is None

    assert results == ["kept", "changed"]


def test_claims_of_one_order_in_parallel_make_one_invoice(
    aws: Aws, invoices: DynamoRetailInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    documents = [make_receipt_document(user_id, message_id=f"order{n}") for n in range(4)]
    for document in documents:
        ledger.begin_document(document, now=NOW)

    def claim(document: Any) -> bool:
        mine = make_store(aws, aws.client("dynamodb"))
        row = make_row(document, DocumentOutcome.OK)
        try:
            mine.save(
                make_retail_invoice(document),
                was=None,
                filed=(document, row),
                order=OrderMark("elgiganten#A100200"),
            )
        except ChangedMeanwhile:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(claim, documents))

    assert claimed.count(True) == 1
    assert len(invoices.list_page(user_id, 10, None, chosen=ANY).items) == 1


# Deleting


def test_deleting_takes_row_and_details_and_frees_the_order(
    aws: Aws, invoices: DynamoRetailInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    invoice = make_retail_invoice(make_receipt_document(user_id))
    file(invoices, ledger, invoice)

    invoices.delete(kept(invoices, invoice))

    assert invoices.get(user_id, invoice.invoice_id) is None
    assert detail_rows(aws, invoice) == {}
    assert invoices.find_orders(user_id, ["elgiganten#A100200"]) == {}


def test_an_order_of_another_invoice_stays(
    invoices: DynamoRetailInvoices, ledger: DynamoLedger, user_id: str
) -> None:
    bought = make_retail_invoice(make_receipt_document(user_id))
    file(invoices, ledger, bought)
    document = make_receipt_document(user_id, message_id="refund")
    refund = make_retail_invoice(document, type_=InvoiceType.REFUND)
    invoices.save(refund, was=None)

    invoices.delete(kept(invoices, refund))

    assert invoices.find_orders(user_id, ["elgiganten#A100200"]) == {
        "elgiganten#A100200": bought.invoice_id
    }


# Lists


@pytest.fixture
def year(invoices: DynamoRetailInvoices, user_id: str) -> DynamoRetailInvoices:
    """A purchase a month: every third of groceries, every fourth to review."""
    for month in range(1, 13):
        category = Category.GROCERY if month % 3 == 0 else Category.TECHNOLOGY
        proved = month % 4 != 0
        document = make_receipt_document(
            user_id,
            message_id=f"m{month}",
            category=category,
            vendor_id="ica" if category is Category.GROCERY else "elgiganten",
            authentication=SenderAuthentication.PASS if proved else SenderAuthentication.NONE,
        )
        invoice = make_retail_invoice(
            document,
            category=category,
            ordered_on=date(2025, month, 28),
            vendor="ICA Nära" if category is Category.GROCERY else "Elgiganten",
            total=None if month == 12 else Money(1_000 * month),
        )
        invoices.save(invoice, was=None)
    return invoices


def months_of(page: Any) -> list[int]:
    return [invoice.invoice_date.month for invoice in page.items]


@pytest.mark.parametrize("oldest_first", [False, True])
@pytest.mark.parametrize(
    ("chosen", "months"),
    [
        (ANY, range(1, 13)),
        (RetailFilter(category=Category.GROCERY), [3, 6, 9, 12]),
        (RetailFilter(status=ReceiptStatus.NEEDS_REVIEW), [4, 8, 12]),
        (RetailFilter(vendor="ica nära"), [3, 6, 9, 12]),
        (RetailFilter(vendor="elgiganten", first_day=date(2025, 10, 28)), [10, 11]),
        (RetailFilter(category=Category.GROCERY, status=ReceiptStatus.NEEDS_REVIEW), [12]),
        (RetailFilter(first_day=date(2025, 3, 28), last_day=date(2025, 5, 27)), [3, 4]),
    ],
    ids=["all", "category", "status", "vendor", "vendor id", "category and status", "days"],
)
def test_pages_run_through_what_is_chosen_without_gaps(
    year: DynamoRetailInvoices,
    user_id: str,
    chosen: RetailFilter,
    months: list[int],
    *,
    oldest_first: bool,
) -> None:
    found: list[int] = []
    after, more = None, True
    while more:
        page = year.list_page(user_id, 2, after, chosen=chosen, oldest_first=oldest_first)
        found += months_of(page)
        after, more = page.end_cursor, page.has_next

    assert found == sorted(months, reverse=not oldest_first)


def test_a_last_page_that_is_full_has_no_next(year: DynamoRetailInvoices, user_id: str) -> None:
    assert not year.list_page(user_id, 12, None, chosen=ANY).has_next


def test_a_page_is_one_query_however_many_invoices_there_are(
    aws: Aws, year: DynamoRetailInvoices, user_id: str
) -> None:
    client = aws.client("dynamodb")
    calls: list[str] = []
    client.meta.events.register(
        "before-send.dynamodb",
        lambda request, **_: calls.append(request.headers["X-Amz-Target"].decode()),
    )
    store = make_store(aws, client)

    page = store.list_page(user_id, 5, None, chosen=ANY)
    assert [call.rpartition(".")[2] for call in calls] == ["Query"]

    store.details(user_id, {each.invoice_id: each.receipt.category for each in page.items})
    assert [call.rpartition(".")[2] for call in calls] == ["Query", "BatchGetItem"]


def test_another_users_cursor_opens_nothing(year: DynamoRetailInvoices, user_id: str) -> None:
    cursor = year.list_page(user_id, 5, None, chosen=ANY).end_cursor

    assert year.list_page(f"{user_id}-other", 5, cursor, chosen=ANY).items == ()


@pytest.mark.parametrize("list_name", ["due_date-index", "invoice_date-index+"])
def test_another_lists_cursor_is_refused(
    invoices: DynamoRetailInvoices, user_id: str, list_name: str
) -> None:
    cursor = encode_cursor(list_name, "2025-01-28", "retail_1")

    with pytest.raises(RequestError, match="not a cursor"):
        invoices.list_page(user_id, 5, cursor, chosen=ANY)


def test_amounts_of_a_range_come_with_what_adding_up_needs(
    year: DynamoRetailInvoices, user_id: str
) -> None:
    amounts = list(year.amounts(user_id, date(2025, 11, 28), date(2025, 12, 31)))

    purchase = InvoiceType.PURCHASE
    assert amounts == [
        PurchaseAmount(
            Category.TECHNOLOGY,
            "Elgiganten",
            "elgiganten",
            date(2025, 11, 28),
            purchase,
            Money(11_000),
        ),
        PurchaseAmount(Category.GROCERY, "ICA Nära", "ica", date(2025, 12, 28), purchase, None),
    ]


# Whose rows


def test_another_users_rows_are_as_absent_as_none(
    invoices: DynamoRetailInvoices, user_id: str
) -> None:
    invoice = make_retail_invoice(make_receipt_document(user_id))
    invoices.save(invoice, was=None)
    other = f"{user_id}-other"

    assert invoices.get(other, invoice.invoice_id) is None
    assert invoices.details(other, {invoice.invoice_id: Category.TECHNOLOGY}) == {}
    assert list(invoices.amounts(other, date.min, date.max)) == []


def test_a_detail_row_never_takes_the_place_of_another_users(
    aws: Aws, invoices: DynamoRetailInvoices, user_id: str
) -> None:
    invoice = make_retail_invoice(make_receipt_document(user_id))
    invoices.save(invoice, was=None)
    stolen = replace(invoice, user_id=f"{user_id}-other")

    with pytest.raises(ChangedMeanwhile):
        invoices.save(stolen, was=None)

    assert detail_rows(aws, invoice)["TechnologyInvoices"]["UserID"] == {"S": user_id}


def test_more_details_than_one_call_takes_are_all_read(
    invoices: DynamoRetailInvoices, user_id: str
) -> None:
    wanted: dict[str, Category] = {}
    for number in range(103):
        category = (Category.TRAVEL, Category.GROCERY)[number % 2]
        document = make_receipt_document(user_id, message_id=f"m{number}", category=category)
        invoice = make_retail_invoice(document, category=category)
        invoices.save(invoice, was=None)
        wanted[invoice.invoice_id] = category

    assert invoices.details(user_id, wanted).keys() == wanted.keys()


@pytest.mark.parametrize("id_", ["", "x" * 2000, "\udc00"])
def test_an_impossible_id_is_as_absent_as_any(
    invoices: DynamoRetailInvoices, user_id: str, id_: str
) -> None:
    assert invoices.get(user_id, id_) is None


def test_an_owners_look_clears_the_warnings_that_are_listed(
    invoices: DynamoRetailInvoices, user_id: str
) -> None:
    first = make_retail_invoice(
        make_receipt_document(user_id),
        status=ReceiptStatus.NEEDS_REVIEW,
        warnings=(ReceiptWarning.TOTAL_UNVERIFIED,),
    )
    invoices.save(first, was=None)
    was = kept(invoices, first)

    invoices.save(replace(was, reviewed=True), was=was)

    open_ones = RetailFilter(status=ReceiptStatus.NEEDS_REVIEW)
    assert invoices.list_page(user_id, 5, None, chosen=open_ones).items == ()
    assert kept(invoices, first).warnings == ()


# Erasing


def test_erasing_a_user_takes_details_along_even_while_somebody_writes(
    aws: Aws, invoices: DynamoRetailInvoices, user_id: str
) -> None:
    bystander = make_retail_invoice(make_receipt_document(f"{user_id}-other"))
    invoices.save(bystander, was=None)
    kept_ones = []
    for number in range(6):
        document = make_receipt_document(user_id, message_id=f"m{number}")
        kept_ones.append(make_retail_invoice(document))
        invoices.save(kept_ones[-1], was=None)

    def move(invoice: RetailInvoice) -> None:
        """Move an invoice from category to category until it is gone."""
        mine = make_store(aws, aws.client("dynamodb"))
        for category in itertools.cycle(Category):
            was = mine.get(user_id, invoice.invoice_id)
            if was is None:
                return
            with suppress(ChangedMeanwhile):
                said = {CorrectableField.CATEGORY: category}
                mine.save(replace(was, corrections=said), was=was)

    details = aws.stack.detail_tables("RetailInvoices")
    tables = {Category(sub_type): table for sub_type, table in details.items()}
    place = UserPurchases("RetailInvoices", tables, aws.client("dynamodb"))
    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(move, invoice) for invoice in kept_ones[:2]]
        while place.erase(user_id, has_time=lambda: True):
            pass  # what was changed meanwhile is found by the next sweep
        for writer in writers:
            writer.result()

    assert [detail_rows(aws, invoice) for invoice in kept_ones] == [{}] * 6
    assert invoices.list_page(user_id, 10, None, chosen=ANY).items == ()
    assert list(detail_rows(aws, bystander)) == ["TechnologyInvoices"]
