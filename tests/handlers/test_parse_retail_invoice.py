"""parse_retail_invoice: what is in the bucket becomes an invoice, or a named outcome."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest

from devstack.sample_mailbox import make_mails
from devstack.sample_notices import make_notice
from devstack.vendor_files import load_vendors
from ingestion import parse_invoice, parse_retail_invoice
from paypulse.aws.documents import S3Documents
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.retail_invoices import DynamoRetailInvoices
from paypulse.documents import Document, DocumentSource, ReceiptOrigin, hash_content, retail_key
from paypulse.ledger import MAX_READING_ATTEMPTS, DocumentOutcome
from paypulse.mail import SenderAuthentication
from paypulse.money import Money
from paypulse.receipt_pages import write_page
from paypulse.receipts import Category, Discovery
from paypulse.retail_invoices import CorrectableField, RetailFilter, RetailInvoice
from tests.corpus.make_notices import encrypted
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Aws
    from tests.handlers.conftest import Context

BUCKET = "rental-invoices-bucket"
ORDER = """<h1>Orderbekräftelse</h1><p>Ordernummer: 52018843</p><p>Orderdatum: 2026-01-17</p>
<table><tr><th>Artikel</th><th>Antal</th><th>Summa</th></tr>
<tr><td>Tröja</td><td>1</td><td>499,00 kr</td></tr></table>
<table><tr><td>Frakt</td><td>0,00 kr</td></tr><tr><td>Totalt</td><td>499,00 kr</td></tr></table>"""


class Bucket:
    """Puts documents into the user's folder as fetch_retail_invoices does, and hands them over."""

    def __init__(self, aws: Aws, user_id: str, event: dict[str, Any], context: Context) -> None:
        self.documents = S3Documents(BUCKET, aws.client("s3"), lambda: NOW)
        self.user_id, self._event, self._context = user_id, event, context

    def put(
        self,
        content: bytes,
        *,
        message_id: str = "19a0000000000001",
        vendor_id: str = "jack&jones",
        part: str = "body",
    ) -> Document:
        origin = ReceiptOrigin(
            Category.CLOTHING,
            vendor_id,
            Discovery.VENDOR_CONFIG,
            part=part,
            sender_name="JACK & JONES",
            subject="Orderbekräftelse på order 52018843 – åäö",
            sent_at=NOW - timedelta(days=3),
        )
        source = DocumentSource(message_id, "noreply@jackjones.com", NOW, SenderAuthentication.PASS)
        key = retail_key(self.user_id, origin, message_id, "2026-01-17")
        sha256 = hash_content(content)
        document = Document(self.user_id, key, "kvitto.html", sha256, source, origin)
        assert self.documents.put(document, content, namesake_key=f"{key}-2")
        return document

    def deliver(self, *keys: str, handler: Any = parse_retail_invoice.handler) -> Any:
        """Hand over an S3 event, keys encoded as S3 does."""
        (record,) = self._event["Records"]
        object_ = record["s3"]["object"]
        self._event["Records"] = [
            {**record, "s3": {"object": {**object_, "key": quote_plus(key, safe="/")}}}
            for key in keys
        ]
        return handler(self._event, self._context)

    def send(self, message: dict[str, Any]) -> Any:
        """Hand over a queue's message."""
        record = {"messageId": "m1", "body": json.dumps(message), "receiptHandle": "r1"}
        return parse_retail_invoice.handler({"Records": [record]}, self._context)


@pytest.fixture
def bucket(
    aws: Aws,
    user_id: str,
    load_event: Callable[[str], dict[str, Any]],
    context: Context,
    function_variables: None,
) -> Bucket:
    load_vendors(aws.url)
    return Bucket(aws, user_id, load_event("s3_object_created"), context)


@pytest.fixture
def invoices(aws: Aws, user_id: str) -> Callable[[], list[RetailInvoice]]:
    store = _store(aws)
    return lambda: list(store.list_page(user_id, 100, None, chosen=RetailFilter()).items)


def _store(aws: Aws) -> DynamoRetailInvoices:
    tables = aws.stack.detail_tables("RetailInvoices").items()
    details = {Category(sub_type): table for sub_type, table in tables}
    return DynamoRetailInvoices("RetailInvoices", details, "MailLedger", aws.client("dynamodb"))


def test_a_page_becomes_an_invoice_under_its_vendors_name(
    bucket: Bucket, invoices: Callable[[], list[RetailInvoice]]
) -> None:
    document = bucket.put(write_page(ORDER, ""))

    assert bucket.deliver(document.key) == {"OK": 1}

    (invoice,) = invoices()
    assert "jack&jones_2026-01-17_" in document.key
    assert (invoice.vendor_id, invoice.receipt.vendor) == ("jack&jones", "Jack & Jones")
    assert invoice.receipt.total == Money(49_900)
    assert invoice.documents == (document,)


def test_a_vendor_id_with_underscores_is_whole(
    bucket: Bucket, invoices: Callable[[], list[RetailInvoice]]
) -> None:
    bucket.deliver(bucket.put(write_page(ORDER, ""), vendor_id="british_airways").key)

    assert invoices()[0].vendor_id == "british_airways"


def test_an_event_that_comes_twice_makes_one_invoice(
    bucket: Bucket, invoices: Callable[[], list[RetailInvoice]]
) -> None:
    key = bucket.put(write_page(ORDER, "")).key

    assert [bucket.deliver(key) for _ in range(2)] == [{"OK": 1}, {"OK": 1}]

    assert len(invoices()) == 1


def test_one_bad_record_keeps_no_other_waiting(bucket: Bucket) -> None:
    first = bucket.put(write_page(ORDER, ""))
    second = bucket.put(write_page(ORDER.replace("52018843", "52018844"), ""), message_id="19b")

    assert bucket.deliver(first.key, f"{first.key}-gone.html", second.key) == {"OK": 2, "gone": 1}


def test_a_page_that_ends_the_process_gets_an_outcome_on_the_third_delivery(
    aws: Aws, bucket: Bucket
) -> None:
    document = bucket.put(write_page(ORDER, ""))
    ledger = DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb"))
    for _ in range(MAX_READING_ATTEMPTS):
        ledger.begin_document(document, now=NOW)  # and then the process ends

    assert bucket.deliver(document.key) == {"PROCESSING_FAILED": 1}


def test_a_receipts_pdf_is_passed_on_and_read(
    bucket: Bucket, queued: Callable[[str], list[dict[str, Any]]], user_id: str
) -> None:
    queued("parse_retail_invoice")
    document = bucket.put(encrypted(make_notice(), user="secret"), part="pdf1")

    assert bucket.deliver(document.key, handler=parse_invoice.handler) == {"passed on": 1}

    (message,) = [each for each in queued("parse_retail_invoice") if user_id in each["key"]]
    assert message["key"] == document.key
    assert bucket.send(message) == {"batchItemFailures": []}


def test_a_pdf_that_needs_a_password_says_so(aws: Aws, bucket: Bucket, user_id: str) -> None:
    document = bucket.put(encrypted(make_notice(), user="secret"), part="pdf1")
    bucket.send({"key": document.key, "versionId": None})

    ledger = DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb"))
    (entry,) = ledger.list_failed(user_id, 10, None).items
    assert entry.reason is DocumentOutcome.ENCRYPTED


def test_reading_again_keeps_what_the_owner_said(
    aws: Aws, bucket: Bucket, invoices: Callable[[], list[RetailInvoice]], user_id: str
) -> None:
    bucket.deliver(bucket.put(write_page(ORDER, "")).key)
    (was,) = invoices()
    said = {CorrectableField.CATEGORY: Category.MISCELLANEOUS}
    _store(aws).save(replace(was, corrections=said, extractor_version="old"), was=was)

    bucket.send({"userId": user_id, "invoiceId": was.invoice_id})

    (again,) = invoices()
    assert again.receipt.category is Category.MISCELLANEOUS
    assert again.extractor_version == was.extractor_version
    assert set(_store(aws).details(user_id, {was.invoice_id: Category.CLOTHING})) == set()
    assert set(_store(aws).details(user_id, {was.invoice_id: Category.MISCELLANEOUS})) == {
        was.invoice_id
    }


def test_a_page_put_by_hand_is_read_too(
    aws: Aws, bucket: Bucket, invoices: Callable[[], list[RetailInvoice]], user_id: str
) -> None:
    mail = make_mails()["receipt-utility"]
    key = f"invoices/{user_id}/retail/utility/by hand.html"
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=mail.get_content().encode())

    bucket.deliver(key)

    (invoice,) = invoices()
    assert invoice.discovered_by is Discovery.MANUAL
    assert invoice.receipt.total == Money(36_000)
