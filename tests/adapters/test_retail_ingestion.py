"""Receipts from the mailbox to the table: the real Gmail client, the real adapters."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from devstack.sample_notices import make_notice
from ingestion.gmail.mime import read_mail
from ingestion.receipt_mail import judge, read_document, take_apart
from paypulse.accounts import User
from paypulse.aws.documents import S3Documents
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.retail_invoices import DynamoRetailInvoices
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.users import DynamoUsers
from paypulse.close_runs import RunCloser
from paypulse.documents import user_prefix
from paypulse.errors import MessagesWithheld, ReconnectRequired, TransientError
from paypulse.file_documents import FilingDesk
from paypulse.file_retail import RetailFiling, file_receipt, reread_invoice
from paypulse.ingest_mail import Ingestion, ingest
from paypulse.ledger import (
    MAX_READING_ATTEMPTS,
    WITHHELD_FOR,
    DocumentOutcome,
    MailOutcome,
)
from paypulse.mail import SenderAuthentication
from paypulse.money import Money
from paypulse.receipts import Category, Discovery, ReceiptStatus, ReceiptWarning
from paypulse.rental_mail import Landlord, RentalCollector
from paypulse.retail_invoices import CorrectableField, InvoiceType, RetailFilter, RetailInvoice
from paypulse.retail_mail import MailboxCollector, RetailCollector
from paypulse.runs import IngestionRun, RunKind, RunStatus
from paypulse.start_runs import RunStarter
from paypulse.vendors import SubjectRule, VendorConfig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.adapters.conftest import EmulatedGoogle
    from tests.conftest import Aws

ELGIGANTEN = VendorConfig(
    "elgiganten",
    "Elgiganten",
    Category.TECHNOLOGY,
    ("donotreply@elgiganten.se",),
    (SubjectRule(("Orderbekräftelse", "Kvitto", "Leverans", "Återbetalning")),),
)
ICA = VendorConfig("ica", "ICA", Category.GROCERY, ("@ica.se",), ())
LANDLORD = Landlord("Wallenstam", "kundservice@wallenstam.se", "hyresavi")
ORDER = """
<p>Tack för din beställning! Ordernummer: {number}</p><p>Orderdatum: {day}</p>
<table><tr><th>Artikel</th><th>Antal</th><th>Pris</th></tr>
<tr><td>Hörlurar</td><td>1</td><td>{price},00 kr</td></tr></table>
<table><tr><td>Delsumma</td><td>{price},00 kr</td></tr><tr><td>Frakt</td><td>0,00 kr</td></tr>
<tr><td>Totalt</td><td>{price},00 kr</td></tr></table>
"""


def make_mail(
    subject: str = "Orderbekräftelse",
    *,
    html: str = "",
    number: str = "A100200",
    price: int = 899,
    day: datetime,
    sender: str = "Elgiganten <donotreply@elgiganten.se>",
    headers: dict[str, str] | None = None,
    pdf: bytes | None = None,
) -> bytes:
    """Return an order mail of a shop."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = sender, subject, format_datetime(day)
    for name, value in (headers or {}).items():
        mail[name] = value
    body = html or ORDER.format(number=number, price=price, day=f"{day:%Y-%m-%d}")
    mail.set_content(f"<html><body>{body}</body></html>", subtype="html", charset="utf-8")
    if pdf:
        mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="kvitto.pdf")
    return mail.as_bytes()


@dataclass
class Shopper:
    """A user with a mailbox, and everything that works for them, called step by step."""

    aws: Aws
    google: EmulatedGoogle
    user_id: str
    vendors: tuple[VendorConfig, ...] = (ELGIGANTEN, ICA)
    filed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        dynamodb = self.aws.client("dynamodb")
        tables = {
            Category(sub): table
            for sub, table in self.aws.stack.detail_tables("RetailInvoices").items()
        }
        self.users = DynamoUsers("Users", dynamodb)
        self.runs = DynamoRuns("IngestionRuns", dynamodb)
        self.ledger = DynamoLedger("MailLedger", "IngestionRuns", dynamodb)
        self.rental = DynamoRentalInvoices("RentalInvoices", "MailLedger", dynamodb)
        self.retail = DynamoRetailInvoices("RetailInvoices", tables, "MailLedger", dynamodb)
        self.documents = S3Documents(
            "rental-invoices-bucket", self.aws.client("s3"), self.google.clock
        )
        self.closer = RunCloser(
            runs=self.runs, users=self.users, invoices=self.rental, clock=self.google.clock
        )
        self.filing = RetailFiling(
            read=lambda document, content: read_document(
                document, content, vendors=self.vendors, model=None
            ),
            invoices=self.retail,
            desk=FilingDesk(ledger=self.ledger, closer=self.closer, clock=self.google.clock),
        )
        self.users.add(User(self.user_id, f"{self.user_id}@x.se", "Ronja", "-", self.now))
        self.users.set_connected(self.user_id, "ronja@example.com", now=self.now)
        self.google.connect()

    @property
    def now(self) -> datetime:
        return self.google.clock()

    def receive(self, mail: bytes) -> str:
        """Let a mail arrive at the instant of its Date header."""
        path = "mailboxes/ronja@example.com/messages?dated=true"
        return str(self.google.control("POST", path, mail)["id"])

    def fetch(self, kind: RunKind = RunKind.RETAIL, **days: Any) -> IngestionRun:
        """Start a run and work on it, as `fetch_retail_invoices` does."""
        run = self.starter().start(self.user_id, kind, **days)
        self.work_on(run)
        return self.run(run)

    def work_on(self, run: IngestionRun) -> None:
        """Work on a run, as one delivery of its message does."""
        wait_s = ingest(self.user_id, run.run_id, has_time=lambda: True, using=self.ingestion())
        assert wait_s is None

    def starter(self) -> RunStarter:
        return RunStarter(
            runs=self.runs,
            users=self.users,
            invoices=self.rental,
            enqueue=lambda _run: None,
            clock=self.google.clock,
            time_zone="Europe/Stockholm",
        )

    def run(self, run: IngestionRun) -> IngestionRun:
        found = self.runs.get(self.user_id, run.run_id)
        assert found is not None
        return found

    def file_all(self, *, newest_first: bool = False) -> list[str]:
        """File whatever lies in the bucket, as `parse_retail_invoice` does."""
        keys = sorted(self.object_keys(), reverse=newest_first)
        return [self.file(key) for key in keys]

    def file(self, key: str) -> str:
        document, content = self.documents.get(key) or pytest.fail(f"{key} is gone")
        return file_receipt(document, content, using=self.filing).value

    def object_keys(self) -> list[str]:
        listed = self.aws.client("s3").list_objects_v2(
            Bucket="rental-invoices-bucket", Prefix=user_prefix(self.user_id)
        )
        return [each["Key"] for each in listed.get("Contents", ())]

    def ingest(self, *mails: bytes, **days: Any) -> list[RetailInvoice]:
        """Receive, fetch and file, and return the invoices, latest first."""
        for mail in mails:
            self.receive(mail)
        self.fetch(**days)
        self.file_all()
        return self.invoices()

    def invoices(self) -> list[RetailInvoice]:
        page = self.retail.list_page(self.user_id, 100, None, chosen=RetailFilter())
        return list(page.items)

    def window(self) -> datetime | None:
        user = self.users.get(self.user_id)
        assert user is not None
        return user.retail_window.fetched_at if user.retail_window else None

    def ingestion(self) -> Ingestion:
        @contextmanager
        def open_mailbox(_user_id: str) -> Iterator[Any]:
            yield self.google.mailbox()

        def make_collector(_run: IngestionRun, user: User) -> MailboxCollector:
            return MailboxCollector(
                rental=RentalCollector(landlords=[LANDLORD], read_mail=read_mail),
                retail=RetailCollector(
                    vendors=self.vendors,
                    read=take_apart,
                    judge=judge,
                    discovers=user.discovers_receipts,
                ),
                time_zone="Europe/Stockholm",
            )

        return Ingestion(
            make_collector=make_collector,
            open_mailbox=open_mailbox,
            ledger=self.ledger,
            runs=self.runs,
            users=self.users,
            documents=self.documents,
            closer=self.closer,
            clock=self.google.clock,
        )


@pytest.fixture
def shopper(aws: Aws, google_emulator: EmulatedGoogle, user_id: str) -> Shopper:
    return Shopper(aws, google_emulator, user_id)


def test_an_order_mail_becomes_an_invoice_with_its_details(shopper: Shopper) -> None:
    (invoice,) = shopper.ingest(make_mail(day=shopper.now - timedelta(days=3)))

    receipt = invoice.receipt
    assert (receipt.vendor, receipt.category) == ("Elgiganten", Category.TECHNOLOGY)
    assert receipt.total == Money(89_900)
    assert [item.name for item in receipt.items] == ["Hörlurar"]
    assert invoice.status is ReceiptStatus.OK
    assert invoice.discovered_by is Discovery.VENDOR_CONFIG
    (detail,) = shopper.retail.details(
        shopper.user_id, {invoice.invoice_id: receipt.category}
    ).values()
    assert [item.name for item in detail.items] == ["Hörlurar"]


def test_a_run_counts_by_vendor_and_ends_when_all_is_filed(shopper: Shopper) -> None:
    shopper.receive(make_mail(day=shopper.now - timedelta(days=3)))
    shopper.receive(make_mail(day=shopper.now - timedelta(days=2), number="A100201"))
    run = shopper.fetch()

    assert (run.status, run.found, run.stored, run.remaining) == (RunStatus.RUNNING, 2, 2, 2)
    assert dict(run.by_vendor) == {"elgiganten": 2}
    assert run.since == (shopper.now - timedelta(days=30)).date()

    shopper.file_all()
    assert shopper.run(run).status is RunStatus.SUCCEEDED
    assert shopper.run(run).parsed == 2


def test_filing_twice_changes_nothing(shopper: Shopper) -> None:
    (first,) = shopper.ingest(make_mail(day=shopper.now - timedelta(days=3)))

    shopper.file_all()

    assert shopper.invoices() == [first]


@pytest.mark.parametrize("newest_first", [False, True])
def test_order_receipt_and_delivery_of_one_purchase_become_one_invoice(
    shopper: Shopper, *, newest_first: bool
) -> None:
    days = [shopper.now - timedelta(days=each) for each in (6, 5, 4)]
    delivery = "<p>Ditt paket är på väg! Order: A100200. Spåra paketet här.</p>"
    for mail in (
        make_mail(day=days[0]),
        make_mail("Kvitto på ditt köp", day=days[1]),
        make_mail("Leverans på väg", html=delivery, day=days[2]),
    ):
        shopper.receive(mail)
    shopper.fetch()
    shopper.file_all(newest_first=newest_first)

    (invoice,) = shopper.invoices()
    assert [each.receipt.subject for each in invoice.documents if each.receipt] == [
        "Orderbekräftelse",
        "Kvitto på ditt köp",
        "Leverans på väg",
    ]
    assert invoice.receipt.total == Money(89_900)


def test_mails_of_one_purchase_that_differ_in_the_total_ask_for_a_look(shopper: Shopper) -> None:
    day = shopper.now - timedelta(days=6)
    (invoice,) = shopper.ingest(
        make_mail(day=day), make_mail("Kvitto", price=950, day=day + timedelta(days=1))
    )

    assert ReceiptWarning.DOCUMENTS_DIFFER in invoice.warnings
    assert invoice.status is ReceiptStatus.NEEDS_REVIEW


def test_two_purchases_at_one_shop_on_one_day_stay_two(shopper: Shopper) -> None:
    day = shopper.now - timedelta(days=3)

    assert len(shopper.ingest(make_mail(day=day), make_mail(number="A100201", day=day))) == 2


def test_a_refund_stands_beside_its_order(shopper: Shopper) -> None:
    day = shopper.now - timedelta(days=6)
    refund = """<p>Vi har återbetalat din retur för order A100200.</p>
      <table><tr><td>Återbetalat belopp</td><td>899,00 kr</td></tr></table>"""
    invoices = shopper.ingest(
        make_mail(day=day), make_mail("Återbetalning", html=refund, day=day + timedelta(days=2))
    )

    by_type = {invoice.type: invoice for invoice in invoices}
    assert set(by_type) == {InvoiceType.PURCHASE, InvoiceType.REFUND}
    key = by_type[InvoiceType.REFUND].order_key
    assert key is not None
    assert shopper.retail.find_orders(shopper.user_id, [key]) == {
        key: by_type[InvoiceType.PURCHASE].invoice_id
    }


def test_what_the_owner_corrected_survives_reading_again(shopper: Shopper) -> None:
    (invoice,) = shopper.ingest(make_mail(day=shopper.now - timedelta(days=3)))
    said = {CorrectableField.TOTAL: Money(85_000), CorrectableField.VENDOR: "Elgiganten Kungsgatan"}
    shopper.retail.save(replace(invoice, corrections=said), was=invoice)

    assert reread_invoice(
        shopper.user_id, invoice.invoice_id, shopper.documents, using=shopper.filing
    )

    (again,) = shopper.invoices()
    assert again.receipt.total == Money(85_000)
    assert again.receipt.vendor == "Elgiganten Kungsgatan"
    assert again.revision == 3
    assert next(iter(again.readings.values())).total == Money(89_900)


def test_an_unproved_sender_never_becomes_an_invoice_and_is_shown(shopper: Shopper) -> None:
    forged = {"Authentication-Results": "mx.google.com; dmarc=fail header.from=elgiganten.se"}
    mail = make_mail(day=shopper.now - timedelta(days=3), headers=forged)

    assert shopper.ingest(mail) == []

    (entry,) = shopper.ledger.list_failed(shopper.user_id, 10, None).items
    assert entry.reason is DocumentOutcome.UNTRUSTED_SENDER


def test_a_shops_newsletter_is_neither_invoice_nor_concern(shopper: Shopper) -> None:
    offer = "<h1>Rea! Allt ska bort</h1><p>Hörlurar nu 499 kr. Handla nu.</p>"
    mail = make_mail("Kvitto på att vi gillar dig", html=offer, day=shopper.now - timedelta(days=1))

    assert shopper.ingest(mail) == []
    assert shopper.ledger.list_failed(shopper.user_id, 10, None).items == ()


def test_a_purchase_for_nothing_is_kept(shopper: Shopper) -> None:
    (invoice,) = shopper.ingest(make_mail(price=0, day=shopper.now - timedelta(days=3)))

    assert invoice.receipt.total == Money(0)


def test_a_receipt_that_could_not_be_read_is_fetched_again(shopper: Shopper) -> None:
    message_id = shopper.receive(make_mail(day=shopper.now - timedelta(days=3)))
    shopper.fetch()
    (key,) = shopper.object_keys()
    document, _ = shopper.documents.get(key) or pytest.fail("no document")
    for _ in range(MAX_READING_ATTEMPTS):
        shopper.ledger.begin_document(document, now=shopper.now)  # and then the process ends
    assert shopper.file(key) == "PROCESSING_FAILED"

    shopper.fetch()
    assert shopper.file(key) == "OK"

    entry = shopper.ledger.get(shopper.user_id, message_id)
    assert entry is not None
    assert (entry.attempts, entry.outcome) == (2, MailOutcome.STORED)


def test_a_mail_that_gmail_does_not_give_out_holds_up_no_other(shopper: Shopper) -> None:
    for number in ("A100201", "A100202"):
        withheld = shopper.receive(make_mail(number=number, day=shopper.now - timedelta(days=2)))
    shopper.google.fault("messages.get", status=500, message_id=withheld, times=10)
    run = shopper.starter().start(shopper.user_id, RunKind.RETAIL)

    with pytest.raises(MessagesWithheld):  # the queue delivers it again
        shopper.work_on(run)
    shopper.google.clock.sleep(WITHHELD_FOR.total_seconds())
    shopper.work_on(run)
    shopper.file_all()

    assert [each.receipt.order_number for each in shopper.invoices()] == ["A100201"]
    ended = shopper.run(run)
    assert (ended.status, ended.parsed, ended.failed) == (RunStatus.PARTIAL, 1, 1)
    entry = shopper.ledger.get(shopper.user_id, withheld)
    assert entry is not None
    assert (entry.outcome, entry.reason) == (MailOutcome.FAILED, DocumentOutcome.WITHHELD)

    again = shopper.fetch()
    shopper.file_all()

    assert len(shopper.invoices()) == 2
    assert shopper.run(again).failed == 0


def test_connecting_anew_while_the_old_grant_fails_starts_the_run_over(shopper: Shopper) -> None:
    run = shopper.starter().start(shopper.user_id, RunKind.RETAIL)

    @contextmanager
    def lose_the_race(user_id: str) -> Iterator[Any]:
        shopper.google.clock.sleep(1)
        shopper.users.set_connected(user_id, "ronja@example.com", now=shopper.now)
        raise ReconnectRequired("the old grant is gone")
        yield

    late = replace(shopper.ingestion(), open_mailbox=lose_the_race)
    with pytest.raises(TransientError, match="start over"):
        ingest(shopper.user_id, run.run_id, has_time=lambda: True, using=late)
    shopper.work_on(run)

    assert shopper.run(run).status is RunStatus.SUCCEEDED


def test_more_messages_than_a_page_holds_are_all_read(
    shopper: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.gmail.mailbox.PAGE_SIZE", 2)
    for number in range(5):
        shopper.receive(make_mail(day=shopper.now - timedelta(days=3), number=f"P10000{number}"))

    assert shopper.fetch().stored == 5


def test_the_same_receipt_in_two_mails_without_order_number_is_one(shopper: Shopper) -> None:
    html = """<p>Kvitto ICA Nära</p><table><tr><td>Mjölk</td><td>1</td><td>15,00 kr</td></tr>
      <tr><td>Bröd</td><td>1</td><td>30,00 kr</td></tr>
      <tr><td>Totalt</td><td></td><td>45,00 kr</td></tr></table>"""
    day = shopper.now - timedelta(days=2)
    mails = [
        make_mail("Ditt kvitto", html=html, day=at, sender="ICA <kvitto@ica.se>")
        for at in (day, day + timedelta(hours=1))
    ]

    assert len(shopper.ingest(*mails)) == 1


# What a run looks at


def test_a_run_looks_from_where_the_last_one_was_done(shopper: Shopper) -> None:
    shopper.ingest(make_mail(day=shopper.now - timedelta(days=3)))
    done_at = shopper.window()
    shopper.google.clock.now += timedelta(days=7)
    shopper.receive(make_mail(day=shopper.now, number="A100300"))

    run = shopper.fetch()

    assert done_at is not None
    assert run.since == (done_at - timedelta(days=1)).date()
    assert run.found == 1


def test_the_window_waits_for_what_is_not_filed_yet(shopper: Shopper) -> None:
    shopper.receive(make_mail(day=shopper.now - timedelta(days=3)))
    shopper.fetch()
    assert shopper.window() is None

    shopper.file_all()
    assert shopper.window() is not None


def test_a_failure_leaves_the_window_where_it_is(shopper: Shopper) -> None:
    forged = {"Authentication-Results": "mx.google.com; dmarc=fail header.from=elgiganten.se"}
    shopper.ingest(make_mail(day=shopper.now - timedelta(days=3), headers=forged))
    assert shopper.window() is None

    # The next run finds the failure settled, and nothing else.
    shopper.fetch()
    assert shopper.window() is not None


@pytest.mark.parametrize(
    "days",
    [
        {"since": date(2020, 1, 1), "until": date(2020, 12, 31)},
        {"category": Category.TECHNOLOGY},
    ],
)
def test_a_range_or_category_of_its_own_never_moves_the_window(
    shopper: Shopper, days: dict[str, Any]
) -> None:
    shopper.ingest(make_mail(day=shopper.now - timedelta(days=3)), **days)

    assert shopper.window() is None


def test_a_message_at_work_in_another_run_keeps_the_window(shopper: Shopper) -> None:
    message_id = shopper.receive(make_mail(day=shopper.now - timedelta(days=3)))
    shopper.ledger.claim(shopper.user_id, [message_id], "run_other", now=shopper.now)

    run = shopper.fetch()

    assert (run.status, run.elsewhere) == (RunStatus.SUCCEEDED, 1)
    assert shopper.window() is None


def test_nothing_new_costs_no_search(shopper: Shopper) -> None:
    shopper.ingest(make_mail(day=shopper.now - timedelta(days=3)))
    before = shopper.google.calls("messages.list")
    shopper.google.clock.now += timedelta(days=7)

    run = shopper.fetch()

    assert (run.status, run.found) == (RunStatus.SUCCEEDED, 0)
    assert shopper.google.calls("messages.list") == before


def test_a_history_that_gmail_forgot_means_a_full_search(shopper: Shopper) -> None:
    shopper.ingest(make_mail(day=shopper.now - timedelta(days=3)))
    before = shopper.google.calls("messages.list")
    shopper.google.clock.now += timedelta(days=30)
    shopper.receive(make_mail(day=shopper.now, number="A100300"))
    shopper.google.control("DELETE", "mailboxes/ronja@example.com/history")

    run = shopper.fetch()

    assert run.found == 1
    assert shopper.google.calls("messages.list") == before + 1


def test_both_days_of_a_range_belong_to_it(shopper: Shopper) -> None:
    last = shopper.now.replace(hour=22, minute=30) - timedelta(days=10)  # in Stockholm still today
    days = [last - timedelta(days=3), last - timedelta(days=2), last, last + timedelta(days=1)]
    for number, day in enumerate(days):
        shopper.receive(make_mail(day=day.replace(hour=20), number=f"B10000{number}"))

    run = shopper.fetch(since=days[1].date(), until=days[2].date())

    assert run.found == 2


def test_one_category_looks_at_its_vendors_alone(shopper: Shopper) -> None:
    day = shopper.now - timedelta(days=3)
    shopper.receive(make_mail(day=day))
    shopper.receive(make_mail("Kvitto", day=day, number="Z900", sender="ICA <kvitto@ica.se>"))

    run = shopper.fetch(category=Category.GROCERY)

    assert dict(run.by_vendor) == {"ica": 1}


def test_another_mailbox_has_a_window_of_its_own(shopper: Shopper) -> None:
    shopper.ingest(make_mail(day=shopper.now - timedelta(days=3)))
    shopper.users.set_connected(shopper.user_id, "other@example.com", now=shopper.now)

    assert shopper.window() is None


# Senders that nobody knows

STRANGER = "Cykelboden <order@cykelboden.example>"
PURCHASE = {"X-Gmail-Labels": "Inbox,Category Purchases"}


def test_unknown_senders_are_left_alone_unless_asked_for(shopper: Shopper) -> None:
    mail = make_mail(day=shopper.now - timedelta(days=3), sender=STRANGER, headers=PURCHASE)

    assert shopper.ingest(mail) == []


def test_a_receipt_of_an_unknown_sender_is_discovered_when_asked_for(shopper: Shopper) -> None:
    shopper.users.set_discovery(shopper.user_id, enabled=True)
    mail = make_mail(day=shopper.now - timedelta(days=3), sender=STRANGER, headers=PURCHASE)

    (invoice,) = shopper.ingest(mail)

    assert invoice.discovered_by is Discovery.SWEEP
    assert invoice.receipt.vendor == "Cykelboden"
    assert invoice.vendor_id == ""


def test_a_receipt_with_a_subject_of_its_own_bears_the_name_of_the_shop_whose_address_sent_it(
    shopper: Shopper,
) -> None:
    shopper.users.set_discovery(shopper.user_id, enabled=True)
    mail = make_mail("Nu packar vi dina varor", day=shopper.now - timedelta(days=3))

    (invoice,) = shopper.ingest(mail)

    assert invoice.discovered_by is Discovery.SWEEP
    assert (invoice.vendor_id, invoice.receipt.vendor) == ("elgiganten", "Elgiganten")


def test_switching_discovery_on_looks_at_what_was_passed_by(shopper: Shopper) -> None:
    mail = make_mail(day=shopper.now - timedelta(days=3), sender=STRANGER, headers=PURCHASE)
    assert shopper.ingest(mail) == []
    assert shopper.window() is not None

    shopper.users.set_discovery(shopper.user_id, enabled=True)

    assert len(shopper.ingest()) == 1


def test_what_reads_like_no_receipt_is_not_discovered(shopper: Shopper) -> None:
    shopper.users.set_discovery(shopper.user_id, enabled=True)
    html = "<h1>Vårens cyklar</h1><p>Nu från 4 999 kr. Beställ idag.</p>"
    day = shopper.now - timedelta(days=3)

    assert shopper.ingest(make_mail(html=html, day=day, sender=STRANGER, headers=PURCHASE)) == []
    assert shopper.object_keys() == []


def test_a_stranger_without_proof_is_not_discovered(shopper: Shopper) -> None:
    shopper.users.set_discovery(shopper.user_id, enabled=True)
    headers = PURCHASE | {"Authentication-Results": "mx.google.com; dmarc=fail"}
    day = shopper.now - timedelta(days=3)

    assert shopper.ingest(make_mail(day=day, sender=STRANGER, headers=headers)) == []


def test_a_forwarded_receipt_is_filed_under_its_shop_and_marked_unproved(shopper: Shopper) -> None:
    shopper.users.set_discovery(shopper.user_id, enabled=True)
    day = shopper.now - timedelta(days=3)
    inner = ORDER.format(number="A100200", price=899, day=f"{day:%Y-%m-%d}")
    html = f"""<div>---------- Forwarded message ---------<br>Från: <b>Elgiganten</b>
      &lt;donotreply@elgiganten.se&gt;<br>Date: {day:%d %b %Y}<br>Subject: Orderbekräftelse<br>
      To: &lt;bo@example.org&gt;</div>{inner}"""
    mail = make_mail(
        "Fwd: Orderbekräftelse",
        html=html,
        day=day,
        sender="Bo <bo@example.org>",
        headers=PURCHASE,
    )

    (invoice,) = shopper.ingest(mail)

    assert ReceiptWarning.UNVERIFIED_SENDER in invoice.warnings
    assert invoice.status is ReceiptStatus.NEEDS_REVIEW
    assert invoice.documents[0].source.authentication is SenderAuthentication.NONE


# Whole mailboxes


def test_a_backfill_takes_notices_and_receipts(shopper: Shopper) -> None:
    old = shopper.now - timedelta(days=400)
    shopper.receive(make_mail(day=old))
    shopper.receive(
        make_mail(
            "Hyresavi",
            html="<p>Se bifogad avi</p>",
            day=old,
            sender="Kundservice <kundservice@wallenstam.se>",
            pdf=make_notice(),
        )
    )

    run = shopper.fetch(RunKind.BACKFILL, since=(old - timedelta(days=1)).date())

    assert run.stored == 2
    assert sorted(key.split("/")[2] for key in shopper.object_keys()) == ["rental", "retail"]
    assert shopper.window() is None
