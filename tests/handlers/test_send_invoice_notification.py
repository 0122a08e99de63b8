"""send_invoice_notification: a change in a table is told live, by push and by e-mail."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from devstack.ministack import client
from devstack.serving import serving
from ingestion import send_invoice_notification
from paypulse.accounts import User
from paypulse.aws.devices import DynamoDevices
from paypulse.aws.items import to_item
from paypulse.aws.rental_invoices import _to_row as invoice_row
from paypulse.aws.retail_invoices import _to_row as receipt_row
from paypulse.aws.runs import _to_row as run_row
from paypulse.aws.sessions import DynamoSessions
from paypulse.aws.sns import SnsEmails, SnsPush
from paypulse.aws.users import DynamoUsers
from paypulse.devices import DeviceDesk, register
from paypulse.money import Money
from paypulse.notification_settings import SettingsChange
from paypulse.receipts import ReceiptWarning
from paypulse.rental_invoices import InvoiceWarning
from paypulse.retail_invoices import name_retail_invoice
from paypulse.runs import IngestionRun, RunError, RunKind, RunStatus
from tests.factories import (
    NOW,
    make_document,
    make_invoice,
    make_receipt_document,
    make_retail_invoice,
    make_session,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

    from paypulse.devices import Device
    from tests.conftest import Aws
    from tests.handlers.conftest import Context
    from tests.outboxes import RunningOutbox


class AppSync:
    """Takes mutations and answers as told."""

    def __init__(self) -> None:
        self.inputs: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []

    async def answer(self, request: Request) -> JSONResponse:
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.inputs.append(json.loads(await request.body())["variables"]["input"])
            self.headers.append(dict(request.headers))
        return JSONResponse({"data": {}}, status_code=status)


@pytest.fixture
def appsync(outbox: RunningOutbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppSync]:
    server = AppSync()
    with serving(Starlette(routes=[Route("/graphql", server.answer, methods=["POST"])])) as url:
        monkeypatch.setenv("GRAPHQL_URL", f"{url}/graphql")
        send_invoice_notification._build.cache_clear()
        yield server
    send_invoice_notification._build.cache_clear()


@pytest.fixture
def invoice_event(load_event: Callable[[str], dict[str, Any]], user_id: str) -> dict[str, Any]:
    event = load_event("dynamodb_stream")
    record = event["Records"][0]
    record["eventID"] = user_id  # remembered for two days; every test needs its own
    record["dynamodb"]["NewImage"] = to_item(invoice_row(make_invoice(make_document(user_id))))
    return event


@pytest.fixture
def receipt_event(
    load_event: Callable[[str], dict[str, Any]], user_id: str
) -> Callable[..., dict[str, Any]]:
    def make(**receipt: Any) -> dict[str, Any]:
        event = load_event("dynamodb_stream")
        record = event["Records"][0]
        record["eventID"] = user_id
        invoice = make_retail_invoice(make_receipt_document(user_id), **receipt)
        record["dynamodb"]["NewImage"] = to_item(receipt_row(invoice, 1))
        return event

    return make


@dataclass(frozen=True)
class Person:
    """Someone with an account and phones."""

    user: User
    users: DynamoUsers
    sessions: DynamoSessions
    devices: DynamoDevices
    push: SnsPush
    emails: SnsEmails
    outbox: RunningOutbox

    def register(self, device_id: str = "phone") -> Device:
        """Register a phone."""
        desk = DeviceDesk(users=self.users, devices=self.devices, push=self.push, clock=lambda: NOW)
        user_id, token = self.user.user_id, secrets.token_hex(32)
        self.sessions.add(make_session(user_id, f"session-{device_id}"))
        return register(user_id, f"session-{device_id}", device_id, token, None, desk=desk)

    def change(self, **changes: Any) -> None:
        """Change the settings."""
        self.users.change_notifications(self.user.user_id, SettingsChange(**changes))

    def lose_grant(self) -> None:
        """Let Google take the Gmail grant back."""
        user = self.users.get(self.user.user_id)
        assert user is not None
        assert self.users.set_reconnect_required(user)

    def pushes(self, device: Device) -> list[str]:
        """Return the titles of what a phone got."""
        return [each.title for each in self.outbox.pushes_to(device.token)]

    def mails(self) -> list[str]:
        """Return the subjects of what the address got."""
        return [each.subject for each in self.outbox.emails_to(self.user.email)]


@pytest.fixture
def person(aws: Aws, outbox: RunningOutbox, user_id: str) -> Person:
    user = User(user_id, f"{user_id}@example.com", "Ronja", "hash", NOW)
    sns = client("sns", outbox.url)
    person = Person(
        user,
        DynamoUsers("Users", aws.client("dynamodb")),
        DynamoSessions("Sessions", aws.client("dynamodb")),
        DynamoDevices("Devices", aws.client("dynamodb")),
        SnsPush(aws.resources.push_application_arn("ios"), sns),
        SnsEmails(aws.resources.topic_arn("new_invoice"), sns),
        outbox,
    )
    person.users.add(user)
    return person


def test_a_new_invoice_is_told_whole_and_signed(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, user_id: str
) -> None:
    answer = send_invoice_notification.handler(invoice_event, context)

    (input_,) = appsync.inputs
    assert answer == {"batchItemFailures": []}
    assert input_ == {
        "eventId": user_id,
        "type": "ADDED",
        "kind": "RENTAL",
        "userId": user_id,
        "invoiceId": "Invoice_1297112086",
        "title": "Wallenstam AB",
        "category": None,
        "total": {"amount": "8865.00", "minorUnits": 886500, "currency": "SEK"},
        "dueDate": "2026-01-30",
        "invoiceDate": None,
        "status": "OK",
        "warnings": [],
        "occurredAt": "2026-01-20T08:30:00.000Z",
    }
    assert appsync.headers[0]["authorization"].startswith("AWS4-HMAC-SHA256 Credential=test/")


def test_a_new_receipt_is_told_whole(
    appsync: AppSync, receipt_event: Callable[..., dict[str, Any]], context: Context, user_id: str
) -> None:
    event = receipt_event(warnings=(ReceiptWarning.TOTAL_UNVERIFIED,))

    answer = send_invoice_notification.handler(event, context)

    (input_,) = appsync.inputs
    assert answer == {"batchItemFailures": []}
    assert input_ == {
        "eventId": user_id,
        "type": "ADDED",
        "kind": "RETAIL",
        "userId": user_id,
        "invoiceId": name_retail_invoice(user_id, "19a0000000000002", "body"),
        "title": "Elgiganten",
        "category": "TECHNOLOGY",
        "total": {"amount": "948.00", "minorUnits": 94800, "currency": "SEK"},
        "dueDate": None,
        "invoiceDate": "2026-01-15",
        "status": "OK",
        "warnings": ["TOTAL_UNVERIFIED"],
        "occurredAt": "2026-01-20T08:30:00.000Z",
    }


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (None, None),
        (
            Money(-(2**31), "IDR"),
            {"amount": "-21474836.48", "minorUnits": None, "currency": "IDR"},
        ),
    ],
    ids=["not found", "beyond Int"],
)
def test_a_receipt_is_told_whatever_its_total(
    appsync: AppSync,
    receipt_event: Callable[..., dict[str, Any]],
    context: Context,
    total: Money | None,
    expected: dict[str, Any] | None,
) -> None:
    answer = send_invoice_notification.handler(receipt_event(total=total), context)

    assert answer == {"batchItemFailures": []}
    assert appsync.inputs[0]["total"] == expected


def test_a_record_that_comes_twice_is_told_once(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context
) -> None:
    for _ in range(2):
        send_invoice_notification.handler(invoice_event, context)

    assert len(appsync.inputs) == 1


@pytest.mark.parametrize("status", [500, 429, 400])
def test_a_record_that_could_not_be_told_is_reported_and_told_later(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, status: int
) -> None:
    appsync.statuses = [status]

    failed = send_invoice_notification.handler(invoice_event, context)
    again = send_invoice_notification.handler(invoice_event, context)

    sequence = invoice_event["Records"][0]["dynamodb"]["SequenceNumber"]
    assert failed == {"batchItemFailures": [{"itemIdentifier": sequence}]}
    assert again == {"batchItemFailures": []}
    assert len(appsync.inputs) == 1


@pytest.mark.parametrize(("name", "type_"), [("MODIFY", "UPDATED"), ("REMOVE", "DELETED")])
def test_changes_and_removals_have_their_own_type(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, name: str, type_: str
) -> None:
    record = invoice_event["Records"][0]
    record["eventName"] = name
    if name == "REMOVE":
        record["dynamodb"]["OldImage"] = record["dynamodb"].pop("NewImage")

    send_invoice_notification.handler(invoice_event, context)

    assert appsync.inputs[0]["type"] == type_


def test_a_run_that_moves_is_told(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, user_id: str
) -> None:
    run = IngestionRun(user_id, "run_1", RunKind.RENTAL, RunStatus.RUNNING, NOW, NOW, found=3)
    invoice_event["Records"][0]["dynamodb"]["NewImage"] = to_item(run_row(run))

    send_invoice_notification.handler(invoice_event, context)

    (input_,) = appsync.inputs
    assert (input_["runId"], input_["status"], input_["found"]) == ("run_1", "RUNNING", 3)
    assert (input_["byVendor"], input_["dateRange"]) == ([], None)


def test_a_run_for_receipts_tells_its_days_and_vendors(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, user_id: str
) -> None:
    run = IngestionRun(user_id, "run_1", RunKind.RETAIL, RunStatus.RUNNING, NOW, NOW)
    run = replace(run, since=NOW.date(), by_vendor={"ica": 2, "elgiganten": 1})
    invoice_event["Records"][0]["dynamodb"]["NewImage"] = to_item(run_row(run))

    send_invoice_notification.handler(invoice_event, context)

    (input_,) = appsync.inputs
    assert input_["byVendor"] == [
        {"vendor": "elgiganten", "count": 1},
        {"vendor": "ica", "count": 2},
    ]
    assert input_["dateRange"] == {"start": NOW.date().isoformat(), "end": None}


def test_of_a_runs_states_in_one_batch_the_last_is_told(
    appsync: AppSync,
    load_event: Callable[[str], dict[str, Any]],
    context: Context,
    user_id: str,
) -> None:
    records = []
    for found in (1, 2, 3):
        run = IngestionRun(user_id, "run_1", RunKind.RENTAL, RunStatus.RUNNING, NOW, NOW, found)
        (record,) = load_event("dynamodb_stream")["Records"]
        record["eventID"] = f"{user_id}-{found}"
        record["dynamodb"]["Keys"] = to_item({"UserID": user_id, "RunID": "run_1"})
        record["dynamodb"]["NewImage"] = to_item(run_row(run))
        records.append(record)

    send_invoice_notification.handler({"Records": records}, context)

    assert [input_["found"] for input_ in appsync.inputs] == [3]


def test_an_old_run_that_expires_is_not_worth_telling(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, user_id: str
) -> None:
    run = IngestionRun(user_id, "run_1", RunKind.RENTAL, RunStatus.SUCCEEDED, NOW, NOW)
    record = invoice_event["Records"][0]
    record["eventName"] = "REMOVE"
    record["dynamodb"] = {**record["dynamodb"], "OldImage": to_item(run_row(run))}
    del record["dynamodb"]["NewImage"]

    answer = send_invoice_notification.handler(invoice_event, context)

    assert (answer, appsync.inputs) == ({"batchItemFailures": []}, [])


def test_a_new_invoice_rings_on_every_phone_and_mails_the_owner(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, person: Person
) -> None:
    phones = [person.register(name) for name in ("phone", "tablet")]
    person.emails.subscribe(person.user.user_id, person.user.email)
    person.change(email=True)

    for _ in range(2):  # a record may come twice
        answer = send_invoice_notification.handler(invoice_event, context)
        assert answer == {"batchItemFailures": []}

    assert [person.pushes(phone) for phone in phones] == [["Ny hyresavi"]] * 2
    assert person.mails() == ["Ny hyresavi"]
    assert len(appsync.inputs) == 1


def test_who_wants_neither_is_told_live_only(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, person: Person
) -> None:
    phone = person.register()
    person.emails.subscribe(person.user.user_id, person.user.email)
    person.change(push=False, email=False)

    send_invoice_notification.handler(invoice_event, context)

    assert (person.pushes(phone), person.mails(), len(appsync.inputs)) == ([], [], 1)


def test_sns_being_down_does_not_keep_the_live_event_and_is_made_up_for_alone(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, person: Person
) -> None:
    phone = person.register()
    person.outbox.is_down = True
    try:
        failed = send_invoice_notification.handler(invoice_event, context)
    finally:
        person.outbox.is_down = False
    told_meanwhile = len(appsync.inputs)

    again = send_invoice_notification.handler(invoice_event, context)

    assert len(failed["batchItemFailures"]) == 1
    assert again == {"batchItemFailures": []}
    assert person.pushes(phone) == ["Ny hyresavi"]
    assert told_meanwhile == len(appsync.inputs) == 1


def test_appsync_being_down_does_not_keep_the_push_and_is_made_up_for_alone(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, person: Person
) -> None:
    phone = person.register()
    appsync.statuses = [500]

    failed = send_invoice_notification.handler(invoice_event, context)
    rung_meanwhile = person.pushes(phone)
    send_invoice_notification.handler(invoice_event, context)

    assert len(failed["batchItemFailures"]) == 1
    assert rung_meanwhile == person.pushes(phone) == ["Ny hyresavi"]
    assert len(appsync.inputs) == 1


def test_a_phone_that_takes_no_more_is_forgotten_and_the_others_ring(
    aws: Aws,
    appsync: AppSync,
    invoice_event: dict[str, Any],
    context: Context,
    person: Person,
) -> None:
    gone, there = person.register("gone"), person.register("there")
    aws.client("sns").set_endpoint_attributes(
        EndpointArn=gone.endpoint, Attributes={"Enabled": "false"}
    )

    answer = send_invoice_notification.handler(invoice_event, context)

    assert answer == {"batchItemFailures": []}
    assert (person.pushes(gone), person.pushes(there)) == ([], ["Ny hyresavi"])
    assert person.devices.all_of(person.user.user_id) == [there]
    with pytest.raises(aws.client("sns").exceptions.NotFoundException):
        aws.client("sns").get_endpoint_attributes(EndpointArn=gone.endpoint)


def test_a_phone_that_was_logged_out_is_told_nothing_and_forgotten(
    aws: Aws,
    appsync: AppSync,
    invoice_event: dict[str, Any],
    context: Context,
    person: Person,
) -> None:
    stolen, kept = person.register("stolen"), person.register("kept")
    person.sessions.end_all(person.user.user_id, keep="session-kept")  # a new password does this

    send_invoice_notification.handler(invoice_event, context)

    assert (person.pushes(stolen), person.pushes(kept)) == ([], ["Ny hyresavi"])
    assert person.devices.all_of(person.user.user_id) == [kept]
    with pytest.raises(aws.client("sns").exceptions.NotFoundException):
        aws.client("sns").get_endpoint_attributes(EndpointArn=stolen.endpoint)


def test_an_invoice_of_long_ago_does_not_ring(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, person: Person
) -> None:
    phone = person.register()
    old = make_invoice(make_document(person.user.user_id), due_on=NOW.date() - timedelta(days=30))
    invoice_event["Records"][0]["dynamodb"]["NewImage"] = to_item(invoice_row(old))

    send_invoice_notification.handler(invoice_event, context)

    assert (person.pushes(phone), len(appsync.inputs)) == ([], 1)


def test_a_warning_that_comes_later_rings_and_any_other_change_does_not(
    appsync: AppSync, invoice_event: dict[str, Any], context: Context, person: Person
) -> None:
    phone = person.register()
    before = make_invoice(make_document(person.user.user_id))
    after = replace(before, warnings=(InvoiceWarning.BANKGIRO_CHANGED,))
    record = invoice_event["Records"][0]
    record["eventName"] = "MODIFY"
    for number, (old, new) in enumerate([(before, before), (before, after), (after, after)]):
        record["eventID"] = f"{person.user.user_id}-{number}"
        record["dynamodb"]["OldImage"] = to_item(invoice_row(old))
        record["dynamodb"]["NewImage"] = to_item(invoice_row(new))
        send_invoice_notification.handler(invoice_event, context)

    assert person.pushes(phone) == ["⚠️ Granska innan du betalar"]


def test_a_lost_connection_rings_once_however_many_runs_meet_it(
    appsync: AppSync,
    load_event: Callable[[str], dict[str, Any]],
    context: Context,
    person: Person,
) -> None:
    phone, user_id = person.register(), person.user.user_id

    def lose(run_id: str) -> None:
        run = IngestionRun(user_id, run_id, RunKind.RENTAL, RunStatus.FAILED, NOW, NOW)
        row = {**run_row(run), "error": RunError.RECONNECT_REQUIRED.value}
        event = load_event("dynamodb_stream")
        event["Records"][0]["eventID"] = f"{user_id}-{run_id}"
        event["Records"][0]["dynamodb"]["NewImage"] = to_item(row)
        answer = send_invoice_notification.handler(event, context)
        assert answer == {"batchItemFailures": []}

    person.users.set_connected(user_id, "ronja@gmail.example", now=NOW)
    lose("run_0")  # connected again before anyone was told: nothing to ask for
    person.lose_grant()
    lose("run_1")
    lose("run_2")
    assert person.pushes(phone) == ["Anslut Gmail igen"]

    person.users.set_connected(user_id, "ronja@gmail.example", now=NOW + timedelta(days=1))
    person.lose_grant()
    lose("run_3")
    assert person.pushes(phone) == ["Anslut Gmail igen"] * 2
