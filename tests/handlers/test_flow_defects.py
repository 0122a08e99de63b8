"""Flows that systems like this one have had and that did not work.

One test a defect, named after what must be so instead.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
import yaml
from botocore.exceptions import ClientError
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from devstack.manifest import STACK_FILE, load_stack
from devstack.sample_mailbox import notice_mail
from devstack.sample_notices import make_notice, make_ocr
from devstack.serving import serving
from ingestion import fetch_invoices, fetch_latest_invoice, parse_invoice, send_invoice_notification
from ingestion.gmail.mime import read_mail
from ingestion.parsing.receipts.gemini_schema import field_names_of, response_schema
from ingestion.parsing.receipts.message import read_message
from ingestion.parsing.receipts.reader import read_mail_text
from paypulse.aws.items import to_item
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import _to_row as invoice_row
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.secrets import SecretGrants
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.documents import from_metadata
from paypulse.errors import ErrorType, TransientError, UserErrorCode
from paypulse.ingest_mail import ingest
from paypulse.ledger import STALE_AFTER
from paypulse.mail import MessagePage, RawMail
from paypulse.receipts import Category
from paypulse.runs import IngestionRun, RunKind, RunStatus
from resolvers import (
    authorizer,
    export_user_data,
    get_invoices,
    gmail_store_tokens,
    start_ingestion,
)
from tests.factories import NOW, make_document, make_invoice
from tests.handlers.tenants import BUCKET, Inboxes, Tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from starlette.requests import Request

    from tests.conftest import Aws
    from tests.handlers.conftest import Context

ROOT = Path(__file__).parents[2]
STACK = load_stack()
PDF = b"%PDF-1.4 a rent notice"

type NewTenant = Callable[..., Tenant]


def notice(month: int, *, sent_on: date | None = None) -> bytes:
    """Return a landlord's mail with the notice that is due in a month of 2026."""
    sent_at = datetime.combine(sent_on, datetime.min.time(), UTC) if sent_on else None
    return notice_mail(date(2026, month, 27), month, sent_at=sent_at).as_bytes()


def reminder(day: date) -> bytes:
    """Return a later mail of the landlord's, with the right subject and no notice in it."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "kundservice@wallenstam.se", "Påminnelse: hyresavi"
    mail["Date"] = f"{day:%a, %d %b %Y} 08:00:00 +0000"
    mail.set_content("Glöm inte din hyra.")
    return mail.as_bytes()


def attached(*parts: str, header: str = "") -> bytes:
    """Return a landlord's mail with these parts, each with its own header lines."""
    body = "".join(f"--x\n{part}\n" for part in parts)
    text = (
        f"From: kundservice@wallenstam.se\nSubject: Hyresavi\n{header}"
        f"Content-Type: multipart/mixed; boundary=x\n\n{body}--x--\n"
    )
    return text.encode("latin-1")


def test_the_schedule_has_a_target_and_needs_no_headers(
    new_tenant: NewTenant,
    inboxes: Inboxes,
    context: Context,
    load_event: Callable[[str], dict[str, Any]],
    queued: Callable[[str], list[dict[str, Any]]],
) -> None:
    tenant = new_tenant(notice(1))
    queued("fetch_latest_invoice")

    fetch_latest_invoice.handler(load_event("schedule"), context)

    triggers = STACK.functions["fetch_latest_invoice"].triggers
    assert tenant.user_id in {each["userId"] for each in queued("fetch_latest_invoice")}
    assert "DailyLambdaTrigger" in {trigger.schedule for trigger in triggers}
    assert (
        'resource "aws_cloudwatch_event_target" "this"'
        in (ROOT / "terraform" / "events.tf").read_text()
    )


def test_what_a_function_cannot_do_is_a_failure_and_not_an_answer(
    context: Context, load_event: Callable[[str], dict[str, Any]], inboxes: Inboxes
) -> None:
    event = load_event("schedule")
    del event["time"]

    with pytest.raises(KeyError):
        fetch_latest_invoice.handler(event, context)


@contextmanager
def appsync(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Take what is published."""
    published: list[dict[str, Any]] = []

    async def take(request: Request) -> JSONResponse:
        published.append((await request.json())["variables"]["input"])
        return JSONResponse({"data": {}})

    with serving(Starlette(routes=[Route("/graphql", take, methods=["POST"])])) as url:
        monkeypatch.setenv("GRAPHQL_URL", f"{url}/graphql")
        send_invoice_notification._build.cache_clear()
        yield published
    send_invoice_notification._build.cache_clear()


def test_amounts_that_are_numbers_are_told_and_a_bad_record_does_not_block_the_rest(
    function_variables: None,
    monkeypatch: pytest.MonkeyPatch,
    context: Context,
    load_event: Callable[[str], dict[str, Any]],
    user_id: str,
) -> None:
    event = load_event("dynamodb_stream")
    (record,) = event["Records"]
    good, bad = (json.loads(json.dumps(record)) for _ in range(2))
    row = to_item(invoice_row(make_invoice(make_document(user_id))))
    good["eventID"], good["dynamodb"]["NewImage"] = f"{user_id} good", row
    bad["eventID"], bad["dynamodb"]["NewImage"] = f"{user_id} bad", {"UserID": {"S": user_id}}
    bad["dynamodb"]["SequenceNumber"] = "2"
    event["Records"] = [good, bad]

    with appsync(monkeypatch) as published:
        answer = send_invoice_notification.handler(event, context)

    assert [each["total"]["minorUnits"] for each in published] == [886_500]
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    for trigger in STACK.functions["send_invoice_notification"].triggers:
        assert trigger.max_retries is not None
        assert trigger.on_failure


def test_what_is_known_is_not_fetched_again(
    new_tenant: NewTenant, inboxes: Inboxes, aws: Aws
) -> None:
    tenant = new_tenant(notice(2), notice(3))
    first = tenant.ingest()
    opened = inboxes.calls("messages.get")

    second = tenant.ingest()

    versions = aws.client("s3").list_object_versions(
        Bucket=BUCKET, Prefix=f"invoices/{tenant.user_id}/"
    )
    assert (first["parsed"], second["parsed"], second["skipped"]) == (2, 0, 2)
    assert inboxes.calls("messages.get") == opened
    assert len(versions["Versions"]) == 2


def test_the_month_looked_for_is_the_due_month_and_not_the_mails(new_tenant: NewTenant) -> None:
    tenant = new_tenant(notice(3, sent_on=date(2026, 2, 10)))

    assert tenant.ingest("2026-02")["outcome"] == "NOT_YET_SENT"
    assert tenant.invoices()[0]["dueMonth"] == 3
    assert tenant.ingest("2026-03")["outcome"] == "ALREADY_PRESENT"


def test_long_work_is_queued_and_the_caller_answered_at_once(tenant: Tenant) -> None:
    answer = tenant.ask(export_user_data.handler, "Mutation.exportMyData", input={})

    assert answer["export"]["status"] == "QUEUED"
    for name, function in STACK.functions.items():
        if function.fields and function.timeout_s > STACK.api.limits.request_timeout_s:
            assert any(trigger.queue for trigger in function.triggers), name


def test_a_reading_that_failed_for_now_is_raised_so_that_it_is_tried_again(
    tenant: Tenant,
) -> None:
    key = tenant.put("avi.pdf", make_notice())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAIL_LEDGER_TABLE", "NotThereYet")
        parse_invoice._build.cache_clear()

        with pytest.raises(ClientError, match="ResourceNotFound"):
            tenant.parse(key)
    parse_invoice._build.cache_clear()

    assert tenant.parse(key) == {"OK": 1}
    assert STACK.functions["parse_invoice"].on_failure


def test_a_document_that_could_not_be_read_is_not_lost(new_tenant: NewTenant) -> None:
    broken = make_notice()[:2000]
    mail = notice_mail(date(2026, 4, 30), 4)
    mail.clear_content()
    mail.add_attachment(broken, maintype="application", subtype="pdf", filename="avi.pdf")
    tenant = new_tenant(mail.as_bytes())

    run = tenant.ingest()

    (failed,) = tenant.ask(get_invoices.handler, "Query.failedDocuments")["edges"]
    assert (run["found"], run["failed"], run["status"]) == (1, 1, "PARTIAL")
    assert failed["node"]["reason"] == "UNREADABLE"
    assert tenant.keys()


def test_connecting_without_a_refresh_token_keeps_the_one_that_is_there(
    new_tenant: NewTenant, inboxes: Inboxes, aws: Aws
) -> None:
    tenant, mailbox = new_tenant(), inboxes.new(notice(5))
    grants = SecretGrants("gmail/user/", aws.client("secretsmanager"))
    tenant.connect(mailbox)
    before = grants.get(tenant.user_id)

    tenant.connect(mailbox, refreshToken=None)

    after = grants.get(tenant.user_id)
    assert before is not None
    assert after is not None
    assert after.refresh_token == before.refresh_token
    assert tenant.ingest()["parsed"] == 1


def test_another_google_account_is_noticed(new_tenant: NewTenant, inboxes: Inboxes) -> None:
    tenant = new_tenant()
    tenant.connect(inboxes.new())

    (error,) = tenant.connect(inboxes.new())["userErrors"]

    assert error["code"] == "ACCOUNT_SWITCH_UNCONFIRMED"


class SmallPages:
    """A mailbox that shows few mails a page, newest first, and notes how it is read."""

    def __init__(self, mails: Sequence[RawMail], page_size: int) -> None:
        self._mails = mails
        self._page_size = page_size
        self.opened: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        return

    def search(self, _query: str, page: str | None) -> MessagePage:
        start, end = int(page or 0), int(page or 0) + self._page_size
        ids = tuple(mail.message_id for mail in self._mails[start:end])
        return MessagePage(ids, str(end) if end < len(self._mails) else None)

    def fetch(self, message_ids: Sequence[str]) -> Iterator[RawMail]:
        self.opened += message_ids
        return (mail for mail in self._mails if mail.message_id in message_ids)


@pytest.fixture
def run_over(tenant: Tenant, aws: Aws) -> Callable[[int], tuple[IngestionRun, list[str]]]:
    """Have a run read three mails, so many a page; return it, and the mails as they were opened."""

    def run(page_size: int) -> tuple[IngestionRun, list[str]]:
        now, runs = utc_now(), DynamoRuns("IngestionRuns", aws.client("dynamodb"))
        mails = [RawMail(f"m{day}", reminder(date(2026, 1, day)), NOW) for day in (3, 2, 1)]
        mailbox = SmallPages(mails, page_size)
        runs.add(IngestionRun(tenant.user_id, "run_1", RunKind.RENTAL, RunStatus.QUEUED, now, now))
        ingestion = fetch_invoices._build().make_ingestion(60.0)
        using = replace(ingestion, open_mailbox=lambda _: mailbox)
        ingest(tenant.user_id, "run_1", has_time=lambda: True, using=using)
        ended = runs.get(tenant.user_id, "run_1")
        assert ended is not None
        return ended, mailbox.opened

    return run


def test_every_page_of_a_search_is_read(
    run_over: Callable[[int], tuple[IngestionRun, list[str]]],
) -> None:
    run, opened = run_over(1)

    assert (run.found, run.listed) == (3, True)
    assert sorted(opened) == ["m1", "m2", "m3"]


def test_notices_are_opened_in_the_order_in_which_they_were_sent(
    run_over: Callable[[int], tuple[IngestionRun, list[str]]],
) -> None:
    assert run_over(3)[1] == ["m1", "m2", "m3"]


def test_a_reminder_does_not_hide_the_notice(new_tenant: NewTenant) -> None:
    today = utc_now().date()
    due_month = f"{today:%Y-%m}"
    mail = notice_mail(
        today.replace(day=27),
        7,
        sent_at=datetime.now(UTC) - timedelta(days=3),  # noqa: TID251 - Gmail's clock
    )
    tenant = new_tenant(mail.as_bytes(), reminder(today))

    run = tenant.ingest(due_month)

    assert (run["found"], run["outcome"]) == (2, "INGESTED")


def test_no_table_of_users_is_forgotten_when_one_is_deleted(aws: Aws, tmp_path: Path) -> None:
    values = yaml.safe_load(STACK_FILE.read_text())
    values["tables"]["Journeys"] = {"key": ["UserID", "JourneyID"], "billing": "PAY_PER_REQUEST"}
    changed = tmp_path / "stack.yaml"
    changed.write_text(yaml.safe_dump(values))
    stack = load_stack(changed)

    told = replace(aws.resources, stack=stack).environment(stack.functions["delete_user"], "")

    assert "Journeys:JourneyID" in told["USER_TABLES"].split(",")


def test_every_error_code_that_is_used_is_defined() -> None:
    used = {
        match
        for folder in ("paypulse", "resolvers", "ingestion")
        for file in (ROOT / folder).rglob("*.py")
        for match in re.findall(r"\b(UserErrorCode|ErrorType)\.([A-Z_]+)\b", file.read_text())
    }
    enums = (UserErrorCode, ErrorType)
    defined = {(enum.__name__, name) for enum in enums for name in enum.__members__}

    assert len(used) > 10
    assert used <= defined


@pytest.mark.parametrize(
    ("field", "input_"),
    [
        ("ingestRentalInvoices", {"since": "2026-02-31"}),
        ("ingestLatestRentalInvoice", {"dueMonth": "February"}),
    ],
)
def test_a_day_that_is_none_is_the_callers_to_put_right(
    new_tenant: NewTenant, field: str, input_: dict[str, str]
) -> None:
    tenant = new_tenant(notice(6))

    answer = tenant.ask(start_ingestion.handler, f"Mutation.{field}", input=input_)

    assert [error["code"] for error in answer["userErrors"]] == ["INVALID_INPUT"]


def test_nothing_found_is_an_answer_that_clients_can_read(new_tenant: NewTenant) -> None:
    run = new_tenant(notice(1)).ingest("2026-12")

    assert (run["status"], run["outcome"], run["error"]) == ("SUCCEEDED", "NOT_YET_SENT", None)


def test_a_field_is_answered_by_its_own_function_alone(tenant: Tenant) -> None:
    answer = tenant.ask(start_ingestion.handler, "Query.rentalInvoices")

    owned = [field for function in STACK.functions.values() for field in function.fields]
    assert answer["error"]["type"] == "INTERNAL_SERVER_ERROR"
    assert len(owned) == len(set(owned))


@pytest.mark.parametrize("name", ["avi å ä ö.pdf", "avi (1).pdf", "50 % + moms.pdf"])
def test_names_that_s3_encodes_are_found(tenant: Tenant, name: str) -> None:
    assert tenant.parse(tenant.put(name, make_notice())) == {"OK": 1}


def test_two_documents_of_one_name_are_two_invoices(new_tenant: NewTenant) -> None:
    pdfs = [
        make_notice(ocr=make_ocr(100 + month), due_on=date(2026, month, 27)) for month in (7, 8)
    ]
    mails = []
    for month, pdf in zip((7, 8), pdfs, strict=True):
        mail = notice_mail(date(2026, month, 27), month)
        mail.clear_content()
        mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="Hyresavi.pdf")
        mails.append(mail.as_bytes())
    tenant = new_tenant(*mails)

    tenant.ingest()

    assert len(tenant.keys()) == 2
    assert sorted(each["dueMonth"] for each in tenant.invoices()) == [7, 8]


@pytest.mark.parametrize(
    "key", ["invoices/rental/avi.pdf", "invoices/user_1/avi.pdf", "rental/user_1/rental/avi.pdf"]
)
def test_a_user_is_never_guessed_from_a_key(key: str) -> None:
    assert from_metadata(key, {}, "0" * 64, utc_now()) is None


def test_one_record_of_many_that_fails_keeps_no_other_waiting(tenant: Tenant) -> None:
    keys = [
        tenant.put(
            f"avi{month}.pdf", make_notice(ocr=make_ocr(month), due_on=date(2026, month, 27))
        )
        for month in (9, 10)
    ]

    with pytest.raises(TransientError, match="S3"):
        tenant.parse("", *keys)

    assert sorted(each["dueMonth"] for each in tenant.invoices()) == [9, 10]


@pytest.mark.parametrize(
    ("mail", "name"),
    [
        (attached("Content-Type: application/pdf; name=avi.pdf\n\n%PDF-1.4 x"), "avi.pdf"),
        (attached("Content-Type: application/pdf\n\n%PDF-1.4 x"), None),
        (attached("Content-Type: application/pdf; name==?x-none?q?avi?=\n\n%PDF-1.4 x"), None),
        (attached("Content-Type: application/pdf; name=för.pdf\n\n%PDF-1.4 x"), None),
    ],
    ids=["named", "without a name", "with a charset that is none", "in 8-bit Latin-1"],
)
def test_a_mail_with_odd_names_and_charsets_still_brings_its_pdf(
    mail: bytes, name: str | None
) -> None:
    (pdf,) = read_mail(RawMail("m1", mail, NOW)).pdfs

    assert pdf.content.startswith(b"%PDF-1.4 x")
    assert pdf.filename.endswith(".pdf")
    assert name in {None, pdf.filename}


def test_one_mail_in_disorder_does_not_end_the_run(new_tenant: NewTenant) -> None:
    disorder = (
        b"From: kundservice@wallenstam.se\r\nSubject: hyresavi =?nonsense?q?=FF?= \xe5\xe4\xf6\r\n"
        b"Date: Mon, 05 Jan 2026 08:00:00 +0000\r\n"
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n\xff\xfe\x00"
    )
    tenant = new_tenant(disorder, notice(11))

    run = tenant.ingest()

    assert (run["found"], run["parsed"], run["remaining"]) == (2, 1, 0)


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-8"])
def test_swedish_letters_of_a_receipt_survive_whatever_the_charset(charset: str) -> None:
    body = "<p>Räksmörgås på Åhléns 49,00 kr</p>".encode(charset)
    header = f"From: a@shop.example\nContent-Type: text/html; charset={charset}\n\n"

    assert "Räksmörgås på Åhléns" in read_mail_text(read_message(header.encode() + body)).page.text


@pytest.mark.parametrize(
    "event", [{}, {"authorizationToken": ""}, {"authorizationToken": "Bearer"}]
)
def test_a_request_without_a_proper_token_is_refused_and_not_a_failure(
    function_variables: None, event: dict[str, str]
) -> None:
    assert authorizer.handler(event, None)["isAuthorized"] is False


def test_google_being_down_is_not_blamed_on_the_callers_token(
    tenant: Tenant, inboxes: Inboxes
) -> None:
    mailbox = inboxes.new()
    inboxes.control("faults", {"method": "tokeninfo", "status": 503, "times": 1})

    assert tenant.connect(mailbox)["error"]["type"] == "DEPENDENCY_FAILURE"


def test_a_mailbox_that_google_has_closed_is_not_shown_as_connected(
    new_tenant: NewTenant, inboxes: Inboxes
) -> None:
    tenant = new_tenant(notice(12))
    inboxes.control("tokens/expire", {})
    inboxes.control("faults", {"method": "token", "reason": "invalid_grant", "times": 1})

    run = tenant.ingest()

    again = tenant.ask(start_ingestion.handler, "Mutation.ingestRentalInvoices", input={})
    assert (run["status"], run["error"]) == ("FAILED", "RECONNECT_REQUIRED")
    assert tenant.profile()["gmail"]["status"] == "RECONNECT_REQUIRED"
    assert again["error"]["type"] == "GMAIL_TOKEN_EXPIRED"


def connected(aws: Aws) -> set[str]:
    """Return everyone whom a schedule reads."""
    users, found = DynamoUsers("Users", aws.client("dynamodb")), set[str]()
    after: str | None = None
    while True:
        page = users.list_connected(after)
        found |= {*page.items}
        if not page.has_next:
            return found
        after = page.end_cursor


def test_a_mailbox_that_was_disconnected_is_read_by_no_schedule(
    new_tenant: NewTenant, aws: Aws
) -> None:
    tenant = new_tenant(notice(1))
    assert tenant.user_id in connected(aws)

    tenant.ask(gmail_store_tokens.handler, "Mutation.disconnectGmail", input={})

    assert tenant.user_id not in connected(aws)
    assert tenant.profile()["gmail"]["status"] == "NOT_CONNECTED"


def test_a_message_whose_worker_died_is_taken_over(aws: Aws, user_id: str) -> None:
    ledger = DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb"))
    ledger.claim(user_id, ["m1"], "run_dead", now=NOW)

    early = ledger.claim(user_id, ["m1"], "run_next", now=NOW + STALE_AFTER)
    late = ledger.claim(user_id, ["m1"], "run_next", now=NOW + STALE_AFTER + timedelta(seconds=1))

    assert early.mine == ()
    assert [claim.message_id for claim in late.mine] == ["m1"]


@pytest.mark.parametrize("category", Category)
def test_a_model_is_asked_for_no_field_that_its_form_lacks(category: Category) -> None:
    form = response_schema(category)["properties"]["fields"]["items"]

    assert form["properties"]["name"]["enum"] == list(field_names_of(category))
