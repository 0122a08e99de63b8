"""send_due_reminders: once for each notice and reminder day, whatever is delivered twice."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.serving import serving
from ingestion import send_due_reminders
from paypulse.accounts import User
from paypulse.aws import clients
from paypulse.aws.devices import DynamoDevices
from paypulse.aws.items import to_item
from paypulse.aws.rental_invoices import _to_row as invoice_row
from paypulse.aws.sessions import DynamoSessions
from paypulse.aws.sns import SnsPush
from paypulse.aws.users import DynamoUsers
from paypulse.devices import Device, DeviceDesk, register
from paypulse.notification_settings import SettingsChange
from paypulse.rental_invoices import InvoiceWarning
from tests.factories import NOW, make_document, make_invoice, make_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

    from tests.conftest import Aws
    from tests.handlers.conftest import Context
    from tests.outboxes import RunningOutbox

QUEUE = "send_due_reminders"
# Far in the future, where the machine's own day plays no part; the window crosses a month's end.
DUE_ON = date(2091, 3, 1)


@pytest.fixture(autouse=True)
def _fresh(outbox: RunningOutbox) -> Iterator[None]:
    send_due_reminders._build.cache_clear()
    yield
    send_due_reminders._build.cache_clear()


@pytest.fixture
def phone(aws: Aws, user_id: str) -> Device:
    """A phone of someone who wants reminders three days before, and on the day."""
    dynamodb = aws.client("dynamodb")
    users = DynamoUsers("Users", dynamodb)
    users.add(User(user_id, f"{user_id}@example.com", "Ronja", "hash", NOW))
    users.change_notifications(user_id, SettingsChange(reminder_days=(3, 0)))
    push = SnsPush(aws.resources.push_application_arn("ios"), aws.client("sns"))
    devices = DynamoDevices("Devices", dynamodb)
    desk = DeviceDesk(users=users, devices=devices, push=push, clock=lambda: NOW)
    DynamoSessions("Sessions", dynamodb).add(make_session(user_id))
    return register(user_id, "s1", "phone", secrets.token_hex(32), None, desk=desk)


@pytest.fixture
def keep(aws: Aws, user_id: str) -> Callable[..., str]:
    """Keep an invoice and return its id."""

    def put(due_on: date = DUE_ON, *warnings: InvoiceWarning) -> str:
        invoice = replace(
            make_invoice(make_document(user_id), f"Invoice_{secrets.token_hex(4)}", due_on=due_on),
            warnings=warnings,
        )
        row = to_item(invoice_row(invoice))
        aws.client("dynamodb").put_item(TableName="RentalInvoices", Item=row)
        return invoice.invoice_id

    return put


@pytest.fixture
def morning_of(
    context: Context, queued: Callable[[str], list[dict[str, Any]]]
) -> Callable[..., list[dict[str, Any]]]:
    """Let the schedule fire on a day and the worker do what it queues; return the messages."""

    def fire(day: date, times: int = 1) -> list[dict[str, Any]]:
        event = {"source": "aws.events", "time": f"{day}T07:00:00Z"}
        for _ in range(times):
            send_due_reminders.handler(event, context)
        return work_off(queued, context)

    return fire


def work_off(
    queued: Callable[[str], list[dict[str, Any]]], context: Context
) -> list[dict[str, Any]]:
    """Hand everything in the queue to the worker, and what that queues too."""
    done: list[dict[str, Any]] = []
    while messages := queued(QUEUE):
        for message in messages:
            record = {"body": json.dumps(message), "messageId": "1", "receiptHandle": "r"}
            answer = send_due_reminders.handler({"Records": [record]}, context)
            assert answer == {"batchItemFailures": []}
        done += messages
    return done


def titles(outbox: RunningOutbox, phone: Device) -> list[str]:
    return [each.title for each in outbox.pushes_to(phone.token)]


def test_a_reminder_comes_once_on_each_of_its_days(
    outbox: RunningOutbox, phone: Device, keep: Any, morning_of: Any
) -> None:
    keep()

    for days_before in (5, 4, 3, 2, 1, 0, -1):
        morning_of(DUE_ON - timedelta(days=days_before), times=2)

    assert titles(outbox, phone) == ["Hyran förfaller om 3 dagar", "Hyran förfaller i dag"]


def test_a_morning_that_was_missed_is_made_up_for(
    outbox: RunningOutbox, phone: Device, keep: Any, morning_of: Any
) -> None:
    keep()

    morning_of(DUE_ON - timedelta(days=1))

    assert titles(outbox, phone) == ["Hyran förfaller i morgon"]


def test_only_what_is_due_within_fourteen_days_is_looked_at(
    phone: Device, keep: Any, morning_of: Any, user_id: str
) -> None:
    today = DUE_ON - timedelta(days=14)
    soon = {keep(today), keep(DUE_ON)}
    keep(today - timedelta(days=1))
    keep(DUE_ON + timedelta(days=1))

    messages = morning_of(today)

    mine = {each["invoiceId"] for each in messages if each["userId"] == user_id}
    assert mine == soon


def test_a_warning_stands_in_the_reminder_too(
    outbox: RunningOutbox, phone: Device, keep: Any, morning_of: Any
) -> None:
    keep(DUE_ON, InvoiceWarning.BANKGIRO_CHANGED)

    morning_of(DUE_ON)

    (push,) = outbox.pushes_to(phone.token)
    assert push.title == "⚠️ Hyran förfaller i dag"
    assert push.body.startswith("Bankgirot är ett annat")


def test_a_notice_that_was_removed_since_the_schedule_is_left_alone(
    aws: Aws,
    outbox: RunningOutbox,
    phone: Device,
    keep: Any,
    context: Context,
    queued: Any,
    user_id: str,
) -> None:
    invoice_id = keep()
    send_due_reminders.handler({"source": "aws.events", "time": f"{DUE_ON}T07:00:00Z"}, context)
    aws.client("dynamodb").delete_item(
        TableName="RentalInvoices", Key=to_item({"UserID": user_id, "InvoiceID": invoice_id})
    )

    messages = work_off(queued, context)

    assert [each for each in messages if each["invoiceId"] == invoice_id]
    assert titles(outbox, phone) == []


def test_a_notice_that_is_due_today_is_not_reminded_of_tomorrow(
    outbox: RunningOutbox, phone: Device, keep: Any, context: Context, user_id: str
) -> None:
    """A message that lay in the dead letter queue is worded, or dropped, by the day it is."""
    past = date(2020, 1, 30)
    message = {"userId": user_id, "invoiceId": keep(past), "day": "2020-01-27"}
    record = {"body": json.dumps(message), "messageId": "1", "receiptHandle": "r"}

    answer = send_due_reminders.handler({"Records": [record]}, context)

    assert answer == {"batchItemFailures": []}
    assert titles(outbox, phone) == []


def test_sns_being_down_keeps_the_message_and_it_is_made_up_for(
    outbox: RunningOutbox,
    phone: Device,
    keep: Any,
    context: Context,
    queued: Any,
    aws: Aws,
    user_id: str,
) -> None:
    url = aws.resources.queue_url(QUEUE)
    message = {"userId": user_id, "invoiceId": keep(), "day": DUE_ON.isoformat()}
    sqs = aws.client("sqs")
    queued(QUEUE)
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message))
    (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
    record = {
        "body": received["Body"],
        "messageId": received["MessageId"],
        "receiptHandle": received["ReceiptHandle"],
    }
    outbox.is_down = True
    try:
        failed = send_due_reminders.handler({"Records": [record]}, context)
    finally:
        outbox.is_down = False

    again = send_due_reminders.handler({"Records": [record]}, context)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])

    assert len(failed["batchItemFailures"]) == 1
    assert again == {"batchItemFailures": []}
    assert titles(outbox, phone) == ["Hyran förfaller i dag"]


def test_a_search_that_runs_out_of_read_capacity_goes_on_later(
    phone: Device,
    keep: Any,
    context: Context,
    queued: Any,
    monkeypatch: pytest.MonkeyPatch,
    aws: Aws,
) -> None:
    keep()
    day = DUE_ON - timedelta(days=3)
    with throttled_after(1, aws.url) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        clients.dynamodb.cache_clear()
        send_due_reminders._build.cache_clear()
        send_due_reminders.handler({"source": "aws.events", "time": f"{day}T07:00:00Z"}, context)
    clients.dynamodb.cache_clear()

    sqs, url = aws.client("sqs"), aws.resources.queue_url(QUEUE)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    sqs.purge_queue(QueueUrl=url)
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"


@contextmanager
def throttled_after(pages: int, aws_url: str) -> Iterator[str]:
    """DynamoDB whose index answers this many queries and has no capacity for more."""
    http = urllib3.PoolManager(retries=False)
    asked = 0

    async def answer(request: Request) -> Response:
        nonlocal asked
        if request.headers["x-amz-target"].endswith(".Query"):
            asked += 1
            if asked > pages:
                fault = {"__type": "ProvisionedThroughputExceededException", "message": "wait"}
                return JSONResponse(fault, status_code=400)
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        passed = http.request("POST", aws_url, body=await request.body(), headers=headers)
        return Response(passed.data, passed.status, media_type="application/x-amz-json-1.0")

    with serving(Starlette(routes=[Route("/", answer, methods=["POST"])])) as url:
        yield url


def test_a_search_that_runs_out_of_time_is_continued(
    outbox: RunningOutbox,
    phone: Device,
    keep: Any,
    context: Context,
    queued: Any,
) -> None:
    keep()
    context.remaining_ms = 1_000
    day = DUE_ON - timedelta(days=3)  # in February; the notice is due in March

    send_due_reminders.handler({"source": "aws.events", "time": f"{day}T07:00:00Z"}, context)
    messages = work_off(queued, context)

    assert [each["fanOut"] for each in messages if "fanOut" in each] == [
        {"month": "2091-03", "after": None}
    ]
    assert titles(outbox, phone) == ["Hyran förfaller om 3 dagar"]
