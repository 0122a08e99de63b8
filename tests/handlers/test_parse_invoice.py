"""parse_invoice: what is in the bucket becomes an invoice, or a named outcome."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest

from devstack.sample_notices import make_notice, make_ocr
from ingestion import parse_invoice
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.ledger import MAX_READING_ATTEMPTS, LedgerState
from tests.corpus.make_notices import Page, encrypted, with_open_action, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Aws
    from tests.handlers.conftest import Context

RENT = Path(__file__).parents[1] / "corpus" / "rent"
BUCKET = "rental-invoices-bucket"


@pytest.fixture
def put(aws: Aws, user_id: str) -> Callable[..., str]:
    """Put a document into the user's folder by hand and return its key."""

    def call(name: str, content: bytes) -> str:
        key = f"invoices/{user_id}/rental/{name}"
        aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)
        return key

    return call


@pytest.fixture
def deliver(
    load_event: Callable[[str], dict[str, Any]], context: Context, function_variables: None
) -> Callable[[str], Any]:
    """Hand parse_invoice the event of an object, its key encoded as S3 does."""

    def call(key: str) -> Any:
        event = load_event("s3_object_created")
        event["Records"][0]["s3"]["object"]["key"] = quote_plus(key, safe="/")
        return parse_invoice.handler(event, context)

    return call


@pytest.fixture
def invoices(aws: Aws) -> DynamoRentalInvoices:
    return DynamoRentalInvoices("RentalInvoices", "MailLedger", aws.client("dynamodb"))


@pytest.fixture
def ledger(aws: Aws) -> DynamoLedger:
    return DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb"))


def test_a_notice_becomes_an_invoice(
    put: Callable[..., str],
    deliver: Callable[[str], Any],
    invoices: DynamoRentalInvoices,
    user_id: str,
) -> None:
    key = put("Hyresavi_1297112086.pdf", make_notice())

    outcome = deliver(key)

    (invoice,) = invoices.all_of(user_id)
    assert outcome == {"OK": 1}
    assert (invoice.invoice_id, invoice.due_on) == ("Invoice_1297112086", date(2025, 3, 31))
    assert invoice.notice.total.minor_units == 886_500


def test_names_with_blanks_and_swedish_letters_are_found(
    put: Callable[..., str], deliver: Callable[[str], Any]
) -> None:
    assert deliver(put("Hyresavi för mars (å) + 1297112086.pdf", make_notice())) == {"OK": 1}


def test_the_same_event_twice_is_one_invoice(
    put: Callable[..., str],
    deliver: Callable[[str], Any],
    invoices: DynamoRentalInvoices,
    user_id: str,
) -> None:
    key = put("Hyresavi_1297112086.pdf", make_notice())

    assert [deliver(key), deliver(key)] == [{"OK": 1}, {"OK": 1}]
    assert len(invoices.all_of(user_id)) == 1


def page_of(*rows: tuple[str, str]) -> bytes:
    """Draw a page that is no rent notice."""
    page = Page()
    for line, (label, value) in enumerate(rows):
        page.put(60, 80 + 18 * line, label).right(400, 80 + 18 * line, value)
    return write(page)


BAD_INPUT = {
    "zero bytes": (b"", "UNREADABLE"),
    "no pdf": (b"Menu: soup 95 kr", "UNREADABLE"),
    "truncated": (make_notice()[:2000], "UNREADABLE"),
    "encrypted": (encrypted(make_notice(), user="secret"), "ENCRYPTED"),
    "image only": ((RENT / "Hyresavi_1303445611.pdf").read_bytes(), "UNREADABLE"),
    "500 pages": (write(*[Page().put(60, 60, "Hyra 8 125")] * 500), "NOT_A_RENT_NOTICE"),
    "a menu": (page_of(("Meny", ""), ("Pasta", "129"), ("Pizza", "145")), "NOT_A_RENT_NOTICE"),
    "another company's invoice": (
        page_of(
            ("Göteborg Kraft AB", ""),
            ("Elförbrukning", "308"),
            ("Att betala", "308"),
            ("Förfallodatum", "2025-03-31"),
        ),
        "NOT_A_RENT_NOTICE",
    ),
    "rows that do not add up": (make_notice(total=999_900), "INCONSISTENT_TOTAL"),
    "a wrong check digit": (make_notice(ocr="1297112080"), "INVALID_OCR"),
}


@pytest.mark.parametrize(("content", "outcome"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_gets_its_outcome_and_is_shown_to_the_user(
    put: Callable[..., str],
    deliver: Callable[[str], Any],
    ledger: DynamoLedger,
    user_id: str,
    content: bytes,
    outcome: str,
) -> None:
    assert deliver(put("Hyresavi_1.pdf", content)) == {outcome: 1}

    (failed,) = ledger.list_failed(user_id, 10, None).items
    assert failed.reason == outcome


def test_values_are_kept_for_review_when_rows_do_not_add_up(
    put: Callable[..., str],
    deliver: Callable[[str], Any],
    invoices: DynamoRentalInvoices,
    ledger: DynamoLedger,
    user_id: str,
) -> None:
    deliver(put("Hyresavi_1.pdf", make_notice(total=999_900)))

    (invoice,) = invoices.all_of(user_id)
    (failed,) = ledger.list_failed(user_id, 10, None).items
    (document,) = failed.documents.values()
    assert invoice.notice.total.minor_units == 999_900
    assert "INCONSISTENT_TOTAL" in invoice.warnings
    assert document.invoice_id == invoice.invoice_id


def test_scripts_in_a_notice_are_a_warning_and_the_notice_is_read(
    put: Callable[..., str],
    deliver: Callable[[str], Any],
    invoices: DynamoRentalInvoices,
    user_id: str,
) -> None:
    scripted = with_open_action(make_notice(), "javascript")

    assert deliver(put("Hyresavi_1.pdf", scripted)) == {"OK": 1}
    assert "ACTIVE_CONTENT" in invoices.all_of(user_id)[0].warnings


def test_a_password_to_change_does_not_keep_readers_out(
    put: Callable[..., str], deliver: Callable[[str], Any]
) -> None:
    assert deliver(put("Hyresavi_1.pdf", encrypted(make_notice(), user=""))) == {"OK": 1}


def test_notices_read_in_the_wrong_order_still_warn_of_a_changed_bankgiro(
    put: Callable[..., str],
    deliver: Callable[[str], Any],
    invoices: DynamoRentalInvoices,
    user_id: str,
) -> None:
    april = make_notice(ocr=make_ocr(2), due_on=date(2025, 4, 30), bankgiro="991-2346")
    march = make_notice(ocr=make_ocr(1), due_on=date(2025, 3, 31))

    deliver(put("Hyresavi_april_20002.pdf", april))
    deliver(put("Hyresavi_mars_20001.pdf", march))

    warnings = {each.due_on.month: each.warnings for each in invoices.all_of(user_id)}
    assert "BANKGIRO_CHANGED" in warnings[4]
    assert "BANKGIRO_CHANGED" not in warnings[3]


def test_a_document_that_ends_the_process_gets_an_outcome_on_the_third_delivery(
    put: Callable[..., str],
    deliver: Callable[[str], Any],
    ledger: DynamoLedger,
    aws: Aws,
    user_id: str,
) -> None:
    content = make_notice()
    key = put("Hyresavi_1.pdf", content)
    document, _ = parse_invoice._build().documents.get(key) or pytest.fail("no document")
    for _ in range(MAX_READING_ATTEMPTS):  # two deliveries began and never ended
        ledger.begin_document(document, now=parse_invoice.utc_now())

    assert deliver(key) == {"PROCESSING_FAILED": 1}
    (failed,) = ledger.list_failed(user_id, 10, None).items
    assert (failed.state, failed.is_retryable) == (LedgerState.SETTLED, True)


def test_an_object_that_is_gone_is_acknowledged(
    deliver: Callable[[str], Any], user_id: str
) -> None:
    assert deliver(f"invoices/{user_id}/rental/gone.pdf") == {"gone": 1}


def test_one_bad_record_does_not_keep_the_others_waiting(
    put: Callable[..., str],
    load_event: Callable[[str], dict[str, Any]],
    context: Context,
    invoices: DynamoRentalInvoices,
    user_id: str,
    function_variables: None,
) -> None:
    event = load_event("s3_object_created")
    good = load_event("s3_object_created")["Records"][0]
    good["s3"]["object"]["key"] = put("Hyresavi_1297112086.pdf", make_notice())
    event["Records"][0]["s3"]["object"] = {}  # no key at all
    event["Records"].append(good)

    with pytest.raises(KeyError):
        parse_invoice.handler(event, context)

    assert len(invoices.all_of(user_id)) == 1
