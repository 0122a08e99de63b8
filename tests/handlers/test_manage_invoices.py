"""manage_invoices: what owners may do with their invoices, and nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.clock import utc_now
from paypulse.ledger import DocumentOutcome
from paypulse.manage_invoices import InvoiceDesk, correct_invoice, delete_invoice
from paypulse.money import Money
from paypulse.receipts import Category, ReceiptStatus, ReceiptWarning, ValueSource
from paypulse.rental_invoices import InvoiceWarning
from paypulse.retail_invoices import CorrectableField, RetailInvoice
from resolvers import manage_invoices
from tests.factories import NOW, make_document, make_invoice, make_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.aws.retail_invoices import DynamoRetailInvoices
    from tests.conftest import Aws

BUCKET = "rental-invoices-bucket"

type Do = Callable[..., Any]
type Keep = Callable[..., RetailInvoice]


@pytest.fixture
def do(ask: Callable[..., Any], user_id: str) -> Do:
    """Call a mutation as the owner, or as someone else."""

    def call(mutation: str, caller: str = user_id, /, **input_: Any) -> Any:
        identity = {"userId": caller, "email": "ronja@example.com", "sessionId": "s1"}
        arguments = {"input": input_}
        return ask(manage_invoices.handler, f"Mutation.{mutation}", arguments, identity)

    return call


@pytest.fixture
def rental(aws: Aws) -> DynamoRentalInvoices:
    return DynamoRentalInvoices("RentalInvoices", "MailLedger", aws.client("dynamodb"))


@pytest.fixture
def notice_id(aws: Aws, rental: DynamoRentalInvoices, user_id: str) -> str:
    """A rent notice of the owner's."""
    document = make_document(user_id)
    DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb")).begin_document(
        document, now=NOW
    )
    row = make_row(document, DocumentOutcome.OK)
    rental.add(make_invoice(document), row, namesake_id="unused")
    return "Invoice_1297112086"


def manual(**changes: Any) -> dict[str, Any]:
    """What a client sends for a receipt that it enters."""
    return {
        "requestId": "7d0c2f0e",
        "vendor": "Loppis på torget",
        "category": "MISCELLANEOUS",
        "invoiceDate": "2026-01-15",
        "total": {"amount": "125.50", "currency": "SEK"},
        **changes,
    }


def codes(answer: Any) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["field"]) for error in answer["userErrors"]]


# Entering


def test_an_entered_receipt_is_an_invoice_like_any_other(
    do: Do, retail_store: DynamoRetailInvoices, user_id: str
) -> None:
    answer = do(
        "addInvoice",
        **manual(
            orderNumber="  55 ",
            tax={"amount": "25.10", "currency": "sek"},
            paymentMethod="Swish",
            items=[
                {"name": "Stol", "quantity": 1.5, "total": {"amount": "125.50", "currency": "SEK"}}
            ],
        ),
    )

    invoice = answer["invoice"]
    assert answer["userErrors"] == []
    assert (invoice["vendor"], invoice["orderNumber"]) == ("Loppis på torget", "55")
    assert invoice["total"] == {"amount": "125.50", "minorUnits": 12550, "currency": "SEK"}
    assert invoice["tax"]["currency"] == "SEK"
    assert invoice["items"][0]["quantity"] == 1.5
    assert (invoice["status"], invoice["warnings"]) == ("OK", [])
    assert (invoice["discoveredBy"], invoice["document"]) == ("MANUAL", None)
    kept = retail_store.get(user_id, invoice["id"])
    assert kept is not None
    assert kept.invoice_date == date(2026, 1, 15)
    assert {each.source for each in kept.receipt.evidence} == {ValueSource.USER}
    assert retail_store.details(user_id, {invoice["id"]: Category.MISCELLANEOUS}) != {}


def test_a_repeated_request_is_one_invoice(
    do: Do, retail_store: DynamoRetailInvoices, user_id: str
) -> None:
    first, second = do("addInvoice", **manual()), do("addInvoice", **manual())

    assert second == first
    assert retail_store.counts(user_id)[Category.MISCELLANEOUS] == 1
    other = do("addInvoice", **manual(requestId="another"))
    assert other["invoice"]["id"] != first["invoice"]["id"]


def test_the_same_request_of_two_users_is_two_invoices(do: Do, user_id: str) -> None:
    mine = do("addInvoice", **manual())
    theirs = do("addInvoice", f"{user_id}-other", **manual())

    assert mine["invoice"]["id"] != theirs["invoice"]["id"]


def test_an_entered_refund_is_one(do: Do) -> None:
    assert do("addInvoice", **manual(refund=True))["invoice"]["type"] == "REFUND"


TOMORROW_AFTER = str(utc_now().date() + timedelta(days=3))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"total": {"amount": "125,50", "currency": "SEK"}}, ["total", "amount"]),
        ({"total": {"amount": "-1.00", "currency": "SEK"}}, ["total", "amount"]),
        ({"total": {"amount": "1.005", "currency": "SEK"}}, ["total", "amount"]),
        ({"total": {"amount": "1e3", "currency": "SEK"}}, ["total", "amount"]),
        ({"total": {"amount": "٣", "currency": "SEK"}}, ["total", "amount"]),
        ({"total": {"amount": "", "currency": "SEK"}}, ["total", "amount"]),
        ({"total": {"amount": "21474836.48", "currency": "SEK"}}, ["total", "amount"]),
        ({"total": {"amount": "100.50", "currency": "JPY"}}, ["total", "amount"]),
        ({"total": {"amount": "1.00", "currency": "kr"}}, ["total", "currency"]),
        ({"total": {"amount": "1.00", "currency": "SKE"}}, ["total", "currency"]),
        ({"tax": {"amount": "1.00", "currency": "EUR"}}, ["tax"]),
        (
            {
                "items": [
                    {"name": "a"},
                    {"name": "b", "unitPrice": {"amount": "1", "currency": "NOK"}},
                ]
            },
            ["items", "1", "unitPrice"],
        ),
        ({"items": [{"name": "a", "quantity": 0}]}, ["items", "0", "quantity"]),
        ({"items": [{"name": "a", "quantity": -1.5}]}, ["items", "0", "quantity"]),
        ({"items": [{"name": "a", "quantity": 1e300}]}, ["items", "0", "quantity"]),
        ({"items": [{"name": "a" * 201}]}, ["items", "0", "name"]),
        ({"items": [{"name": "a"}] * 101}, ["items"]),
        ({"invoiceDate": "2026-02-30"}, ["invoiceDate"]),
        ({"invoiceDate": "1999-12-31"}, ["invoiceDate"]),
        ({"invoiceDate": TOMORROW_AFTER}, ["invoiceDate"]),
        ({"vendor": "v" * 101}, ["vendor"]),
        ({"orderNumber": "1" * 81}, ["orderNumber"]),
        ({"requestId": ""}, ["requestId"]),
        ({"requestId": "\ud800"}, ["requestId"]),
        ({"requestId": "r" * 101}, ["requestId"]),
    ],
    ids=lambda value: str(value)[:60].encode("ascii", "replace").decode(),
)
def test_what_cannot_be_is_named_with_its_field_and_keeps_nothing(
    do: Do,
    retail_store: DynamoRetailInvoices,
    user_id: str,
    changes: dict[str, Any],
    field: list[str],
) -> None:
    answer = do("addInvoice", **manual(**changes))

    assert codes(answer) == [("INVALID_INPUT", ["input", *field])]
    assert sum(retail_store.counts(user_id).values()) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"vendor": " \u200b\u202e "}, ["vendor"]),
        ({"items": [{"name": "\t"}]}, ["items", "0", "name"]),
    ],
    ids=str,
)
def test_what_nobody_can_see_is_missing(do: Do, changes: dict[str, Any], field: list[str]) -> None:
    assert codes(do("addInvoice", **manual(**changes))) == [("MISSING_FIELDS", ["input", *field])]


def test_texts_lose_what_nobody_sees(do: Do) -> None:
    answer = do("addInvoice", **manual(vendor=" Lop\u202epis\x00\n på\u00a0 torget\ud800"))

    assert answer["invoice"]["vendor"] == "Loppis på torget"


def test_a_currency_without_decimals_takes_whole_amounts(do: Do) -> None:
    total = {"amount": "1200", "currency": "JPY"}

    assert do("addInvoice", **manual(total=total))["invoice"]["total"]["amount"] == "1200.00"


# Correcting


def test_what_the_owner_says_counts_and_what_was_read_stays(
    do: Do, keep_receipt: Keep, retail_store: DynamoRetailInvoices, user_id: str
) -> None:
    invoice = keep_receipt()

    answer = do(
        "correctInvoice",
        id=invoice.invoice_id,
        vendor="Elgiganten Kungsgatan",
        invoiceDate="2026-01-14",
        total={"amount": "900.00", "currency": "SEK"},
    )

    corrected = answer["invoice"]
    assert (corrected["vendor"], corrected["total"]["amount"]) == (
        "Elgiganten Kungsgatan",
        "900.00",
    )
    assert corrected["invoiceDate"] == "2026-01-14"
    assert sorted(corrected["corrected"]) == ["INVOICE_DATE", "TOTAL", "VENDOR"]
    assert corrected["tax"]["amount"] == "189.60"
    kept = retail_store.get(user_id, invoice.invoice_id)
    assert kept is not None
    assert kept.readings == invoice.readings
    assert kept.invoice_date == date(2026, 1, 14)


def test_a_correction_said_twice_changes_nothing(
    do: Do, keep_receipt: Keep, retail_store: DynamoRetailInvoices, user_id: str
) -> None:
    invoice = keep_receipt()
    first = do("correctInvoice", id=invoice.invoice_id, paymentMethod="Swish")

    second = do("correctInvoice", id=invoice.invoice_id, paymentMethod="Swish")

    assert second == first
    kept = retail_store.get(user_id, invoice.invoice_id)
    assert kept is not None
    assert kept.revision == 2


def test_null_leaves_a_value_and_empty_takes_it_away(do: Do, keep_receipt: Keep) -> None:
    invoice = keep_receipt()

    answer = do(
        "correctInvoice",
        id=invoice.invoice_id,
        vendor=None,
        tax=None,
        orderNumber="",
        items=[],
    )

    corrected = answer["invoice"]
    assert corrected["vendor"] == "Elgiganten"
    assert corrected["tax"]["amount"] == "189.60"
    assert (corrected["orderNumber"], corrected["items"]) == (None, [])
    assert corrected["corrected"] == ["ORDER_NUMBER", "ITEMS"]


def test_what_is_reset_counts_as_it_was_read(do: Do, keep_receipt: Keep) -> None:
    invoice = keep_receipt()
    do(
        "correctInvoice",
        id=invoice.invoice_id,
        invoiceDate="2026-01-02",
        total={"amount": "1.00", "currency": "SEK"},
    )

    answer = do("correctInvoice", id=invoice.invoice_id, reset=["INVOICE_DATE", "TAX"])

    assert answer["invoice"]["invoiceDate"] == "2026-01-15"
    assert answer["invoice"]["corrected"] == ["TOTAL"]


def test_a_confirmed_receipt_asks_for_no_look(
    do: Do, keep_receipt: Keep, retail_store: DynamoRetailInvoices, user_id: str
) -> None:
    invoice = keep_receipt(
        status=ReceiptStatus.NEEDS_REVIEW, warnings=(ReceiptWarning.TOTAL_UNVERIFIED,)
    )

    confirmed = do("correctInvoice", id=invoice.invoice_id, confirm=True)["invoice"]
    doubted = do("correctInvoice", id=invoice.invoice_id, confirm=False)["invoice"]

    assert (confirmed["status"], confirmed["warnings"], confirmed["reviewed"]) == ("OK", [], True)
    assert (doubted["status"], doubted["warnings"]) == ("NEEDS_REVIEW", ["TOTAL_UNVERIFIED"])


def test_another_category_takes_the_details_along(
    do: Do, keep_receipt: Keep, retail_store: DynamoRetailInvoices, user_id: str
) -> None:
    invoice = keep_receipt()

    answer = do("correctInvoice", id=invoice.invoice_id, category="GROCERY")

    id_ = invoice.invoice_id
    assert answer["invoice"]["category"] == "GROCERY"
    assert retail_store.details(user_id, {id_: Category.TECHNOLOGY}) == {}
    assert retail_store.details(user_id, {id_: Category.GROCERY}).keys() == {id_}


def test_an_entered_receipt_can_be_corrected(do: Do) -> None:
    id_ = do("addInvoice", **manual())["invoice"]["id"]

    answer = do("correctInvoice", id=id_, invoiceDate="2026-01-10")

    assert answer["invoice"]["invoiceDate"] == "2026-01-10"
    assert do("correctInvoice", id=id_, reset=["INVOICE_DATE"])["invoice"]["invoiceDate"] == (
        "2026-01-15"
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ("MISSING_FIELDS", ["input"])),
        ({"reset": []}, ("MISSING_FIELDS", ["input"])),
        ({"vendor": "  "}, ("MISSING_FIELDS", ["input", "vendor"])),
        ({"vendor": "ICA", "reset": ["VENDOR"]}, ("INVALID_INPUT", ["input", "vendor"])),
        (
            {"shipping": {"amount": "5.00", "currency": "EUR"}},
            ("INVALID_INPUT", ["input", "shipping"]),
        ),
    ],
    ids=str,
)
def test_a_correction_that_makes_no_sense_is_refused(
    do: Do,
    keep_receipt: Keep,
    retail_store: DynamoRetailInvoices,
    user_id: str,
    said: dict[str, Any],
    expected: tuple[str, list[str]],
) -> None:
    invoice = keep_receipt()

    assert codes(do("correctInvoice", id=invoice.invoice_id, **said)) == [expected]
    assert retail_store.get(user_id, invoice.invoice_id) == invoice


def test_corrections_at_the_same_moment_are_both_kept(
    desk: InvoiceDesk, keep_receipt: Keep, retail_store: DynamoRetailInvoices, user_id: str
) -> None:
    invoice = keep_receipt()
    said: list[tuple[CorrectableField, Any]] = [
        (CorrectableField.VENDOR, "ICA"),
        (CorrectableField.PAYMENT_METHOD, "Swish"),
        (CorrectableField.ORDER_NUMBER, "55"),
    ]

    def correct(one: tuple[CorrectableField, Any]) -> None:
        correct_invoice(
            user_id, invoice.invoice_id, dict([one]), reset=(), reviewed=None, desk=desk
        )

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(correct, said))

    kept = retail_store.get(user_id, invoice.invoice_id)
    assert kept is not None
    assert kept.corrections == dict(said)


# Deleting


@pytest.fixture
def desk(ask: Callable[..., Any]) -> InvoiceDesk:
    return manage_invoices._build()


@pytest.fixture
def versions(aws: Aws, user_id: str) -> Callable[[], list[str]]:
    """Return the key of every version and delete marker of the owner's."""

    def list_() -> list[str]:
        found = aws.client("s3").list_object_versions(Bucket=BUCKET, Prefix=f"invoices/{user_id}/")
        return [
            each["Key"] for kind in ("Versions", "DeleteMarkers") for each in found.get(kind, ())
        ]

    return list_


def test_a_deleted_receipt_is_gone_with_every_version_of_its_document(
    do: Do,
    aws: Aws,
    keep_receipt: Keep,
    retail_store: DynamoRetailInvoices,
    user_id: str,
    versions: Callable[[], list[str]],
) -> None:
    invoice, other = keep_receipt(), keep_receipt()
    s3, key = aws.client("s3"), invoice.documents[0].key
    for name in (key, key, f"{key}.other", other.documents[0].key):
        s3.put_object(Bucket=BUCKET, Key=name, Body=b"a receipt")
    s3.delete_object(Bucket=BUCKET, Key=key)

    answer = do("deleteInvoice", id=invoice.invoice_id)

    assert answer == {"invoiceId": invoice.invoice_id, "userErrors": []}
    assert sorted(versions()) == sorted([f"{key}.other", other.documents[0].key])
    assert retail_store.get(user_id, invoice.invoice_id) is None
    assert retail_store.details(user_id, {invoice.invoice_id: Category.TECHNOLOGY}) == {}
    assert retail_store.get(user_id, other.invoice_id) == other


def test_a_deleted_rent_notice_is_gone_with_its_document(
    do: Do,
    aws: Aws,
    notice_id: str,
    rental: DynamoRentalInvoices,
    user_id: str,
    versions: Callable[[], list[str]],
) -> None:
    key = make_document(user_id).key
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"%PDF-1.4 a notice")

    assert do("deleteInvoice", id=notice_id)["userErrors"] == []

    assert rental.get(user_id, notice_id) is None
    assert versions() == []


def test_a_notice_left_alone_in_its_month_loses_the_warning_of_a_second_one(
    do: Do, aws: Aws, rental: DynamoRentalInvoices, user_id: str
) -> None:
    ledger = DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb"))
    both = (InvoiceWarning.BANKGIRO_CHANGED, InvoiceWarning.SECOND_NOTICE_FOR_MONTH)
    for number in ("1", "2", "3"):
        document = make_document(user_id, content=number.encode(), filename=f"{number}.pdf")
        ledger.begin_document(document, now=NOW)
        notice = replace(make_invoice(document, f"Invoice_{number}"), warnings=both)
        rental.add(notice, make_row(document, DocumentOutcome.OK), namesake_id="unused")

    def warnings_of_the_first() -> tuple[InvoiceWarning, ...]:
        left = rental.get(user_id, "Invoice_1")
        assert left is not None
        return left.warnings

    do("deleteInvoice", id="Invoice_3")
    assert warnings_of_the_first() == both

    do("deleteInvoice", id="Invoice_2")
    assert warnings_of_the_first() == (InvoiceWarning.BANKGIRO_CHANGED,)


def test_the_mail_of_a_deleted_invoice_keeps_its_outcome(
    do: Do, aws: Aws, notice_id: str, user_id: str
) -> None:
    ledger = DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb"))
    message_id = make_document(user_id).source.message_id
    before = ledger.get(user_id, message_id)

    do("deleteInvoice", id=notice_id)

    assert before is not None
    assert ledger.get(user_id, message_id) == before


def test_a_deletion_that_broke_off_is_done_again(
    do: Do, keep_receipt: Keep, desk: InvoiceDesk
) -> None:
    invoice = keep_receipt()
    desk.documents.erase(invoice.documents[0].key)  # as far as it came

    assert do("deleteInvoice", id=invoice.invoice_id)["userErrors"] == []


def test_an_invoice_that_was_changed_while_it_was_deleted_goes_all_the_same(
    desk: InvoiceDesk, keep_receipt: Keep, retail_store: DynamoRetailInvoices, user_id: str
) -> None:
    invoice = keep_receipt()

    def correct(_: int) -> str:
        try:
            correct_invoice(
                user_id,
                invoice.invoice_id,
                {CorrectableField.TOTAL: Money(1_00)},
                reset=(),
                reviewed=None,
                desk=desk,
            )
        except Exception as error:  # noqa: BLE001 - not found, when the deletion was first
            return type(error).__name__
        return "corrected"

    with ThreadPoolExecutor(2) as pool:
        deletion = pool.submit(delete_invoice, user_id, invoice.invoice_id, desk=desk)
        correction = pool.submit(correct, 0)

    assert deletion.exception() is None
    assert correction.result() in {"corrected", "UserError"}
    assert retail_store.get(user_id, invoice.invoice_id) is None
    everywhere = [retail_store.details(user_id, {invoice.invoice_id: each}) for each in Category]
    assert everywhere == [{}] * 8


# Reading again


def test_a_receipt_is_queued_to_be_read_again(
    do: Do, keep_receipt: Keep, queued: Callable[[str], list[dict[str, Any]]], user_id: str
) -> None:
    invoice = keep_receipt()
    queued("parse_retail_invoice")

    answer = do("reparseInvoice", id=invoice.invoice_id)

    assert answer["userErrors"] == []
    assert answer["invoice"]["id"] == invoice.invoice_id
    (message,) = queued("parse_retail_invoice")
    assert (message["userId"], message["invoiceId"]) == (user_id, invoice.invoice_id)


def test_an_entered_receipt_has_nothing_to_be_read_again(
    do: Do, queued: Callable[[str], list[dict[str, Any]]]
) -> None:
    id_ = do("addInvoice", **manual())["invoice"]["id"]
    queued("parse_retail_invoice")

    answer = do("reparseInvoice", id=id_)

    assert codes(answer) == [("INVALID_INPUT", ["input", "id"])]
    assert "by hand" in answer["userErrors"][0]["message"]
    assert queued("parse_retail_invoice") == []


# What is not the caller's, and what is not a receipt


@pytest.mark.parametrize("mutation", ["correctInvoice", "deleteInvoice", "reparseInvoice"])
def test_another_users_invoice_is_as_absent_as_none(
    do: Do,
    keep_receipt: Keep,
    notice_id: str,
    retail_store: DynamoRetailInvoices,
    rental: DynamoRentalInvoices,
    user_id: str,
    mutation: str,
) -> None:
    invoice, stranger = keep_receipt(), f"{user_id}-other"
    said = {"confirm": True} if mutation == "correctInvoice" else {}

    absent = do(mutation, stranger, id="retail_0", **said)
    guessed = [do(mutation, stranger, id=id_, **said) for id_ in (invoice.invoice_id, notice_id)]

    assert codes(absent) == [("NOT_FOUND", ["input", "id"])]
    assert guessed == [absent, absent]
    assert retail_store.get(user_id, invoice.invoice_id) == invoice
    assert rental.get(user_id, notice_id) is not None


@pytest.mark.parametrize("id_", ["", "\ud800", "x" * 2000])
@pytest.mark.parametrize("mutation", ["correctInvoice", "deleteInvoice", "reparseInvoice"])
def test_an_impossible_id_is_as_absent_as_any(do: Do, mutation: str, id_: str) -> None:
    said = {"confirm": True} if mutation == "correctInvoice" else {}

    assert codes(do(mutation, id=id_, **said)) == [("NOT_FOUND", ["input", "id"])]


@pytest.mark.parametrize("mutation", ["correctInvoice", "reparseInvoice"])
def test_a_rent_notice_is_no_receipt(do: Do, notice_id: str, mutation: str) -> None:
    said = {"confirm": True} if mutation == "correctInvoice" else {}

    answer = do(mutation, id=notice_id, **said)

    assert codes(answer) == [("INVALID_INPUT", ["input", "id"])]
    assert "rent notice" in answer["userErrors"][0]["message"]


def test_an_invoice_deleted_twice_is_not_found(do: Do, keep_receipt: Keep) -> None:
    invoice = keep_receipt()
    do("deleteInvoice", id=invoice.invoice_id)

    assert codes(do("deleteInvoice", id=invoice.invoice_id)) == [("NOT_FOUND", ["input", "id"])]
