"""delete_user: an account is closed at once, and nothing of it stays."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from devstack.google.accounts import GoogleAccount
from devstack.google.server import create_app
from devstack.google_keys import LOCAL_CLIENT_ID
from devstack.serving import serving
from ingestion import fetch_latest_invoice
from paypulse.aws.devices import DynamoDevices
from paypulse.aws.secrets import SecretGrants
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.documents import user_prefix
from paypulse.erase_users import SETTLES_IN, Erasure, Sweep, erase
from paypulse.gmail_grant import READ_SCOPE, GmailGrant
from resolvers import authorizer, delete_user, login_user, manage_devices, signup_user
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Aws
    from tests.handlers.conftest import Context
    from tests.outboxes import RunningOutbox

PASSWORD = "hyran-betald-i-tid"
BUCKET = "rental-invoices-bucket"
TRACE = "1-65f0a1b2-0123456789abcdef01234567"  # of every request in tests/events
GOOGLE_EMAIL = "ronja@gmail.example"

type Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def google(function_variables: None) -> Iterator[str]:
    """The emulator, known to the function."""
    account = GoogleAccount.with_mails(GOOGLE_EMAIL, "1001", LOCAL_CLIENT_ID)
    with (
        serving(create_app([account])) as url,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("GOOGLE_BASE_URL", url)
        delete_user._build.cache_clear()
        yield url
    delete_user._build.cache_clear()


def control(google: str, path: str, body: dict[str, Any]) -> Any:
    with urlopen(Request(f"{google}/_control/{path}", json.dumps(body).encode()), timeout=5) as it:
        text = it.read()
    return json.loads(text) if text else None


@dataclass
class Someone:
    """A person with an account."""

    email: str
    session: dict[str, Any]
    ask: Ask

    @property
    def user_id(self) -> str:
        return str(self.session["userId"])

    def delete(self, password: str = PASSWORD) -> Any:
        caller = {"userId": self.user_id, "email": self.email, "sessionId": "s1"}
        arguments = {"input": {"password": password}}
        return self.ask(delete_user.handler, "Mutation.deleteUser", arguments, caller)

    def want_to_be_told(self) -> None:
        """Register a phone and switch e-mail on."""
        caller = {"userId": self.user_id, "email": self.email, "sessionId": "s1"}
        for name, input_ in (
            ("registerDevice", {"deviceId": "phone", "token": secrets.token_hex(32)}),
            ("updateNotificationSettings", {"email": True}),
        ):
            self.ask(manage_devices.handler, f"Mutation.{name}", {"input": input_}, caller)

    def log_in(self) -> Any:
        arguments = {"input": {"email": self.email, "password": PASSWORD}}
        return self.ask(login_user.handler, "Mutation.logIn", arguments)

    def sign_up(self) -> Any:
        account = {"name": "Ronja", "email": self.email, "password": PASSWORD}
        return self.ask(signup_user.handler, "Mutation.signUp", {"input": account})


@pytest.fixture
def someone(ask: Ask, google: str, outbox: RunningOutbox) -> Someone:
    person = Someone(f"{uuid.uuid4().hex}@example.com", {}, ask)
    person.session = person.sign_up()["session"]
    return person


@pytest.fixture
def grants(aws: Aws) -> SecretGrants:
    return SecretGrants("gmail/user/", aws.client("secretsmanager"))


@pytest.fixture
def grant(google: str, grants: SecretGrants, someone: Someone) -> GmailGrant:
    """The person's connected mailbox."""
    tokens = control(google, "grants", {"email": GOOGLE_EMAIL})
    grant = GmailGrant(
        tokens["access_token"],
        tokens["refresh_token"],
        utc_now() + timedelta(hours=1),
        (READ_SCOPE,),
        "1001",
        GOOGLE_EMAIL,
        NOW,
    )
    grants.put(someone.user_id, grant)
    return grant


@pytest.fixture
def leave_traces(aws: Aws, someone: Someone) -> Callable[[], None]:
    """Write rows and several versions of an object, as an ingestion does; and be subscribed."""

    def write() -> None:
        someone.want_to_be_told()
        for table, sort_key in aws.stack.tables_keyed_by("UserID").items():
            if table != "Sessions":
                for name in ("a", "b"):
                    item = {"UserID": {"S": someone.user_id}, sort_key: {"S": name}}
                    aws.client("dynamodb").put_item(TableName=table, Item=item)
        for sub_type, table in aws.stack.detail_tables("RetailInvoices").items():
            id_ = {"S": f"{someone.user_id}-{sub_type}"}
            purchase = {"UserID": {"S": someone.user_id}, "InvoiceID": id_}
            row = {**purchase, "sub_type": {"S": sub_type}, "revision": {"N": "1"}}
            aws.client("dynamodb").put_item(TableName="RetailInvoices", Item=row)
            aws.client("dynamodb").put_item(TableName=table, Item=purchase)
        for content in (b"first", b"second"):
            key = f"{user_prefix(someone.user_id)}rental/avi.pdf"
            aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)

    return write


@pytest.fixture
def left(aws: Aws, someone: Someone) -> Callable[[], dict[str, int]]:
    """Count what there is of the person besides the account's row."""

    def count() -> dict[str, int]:
        found = {
            table: aws.client("dynamodb").query(
                TableName=table,
                KeyConditionExpression="UserID = :user",
                ExpressionAttributeValues={":user": {"S": someone.user_id}},
            )["Count"]
            for table in aws.stack.tables_keyed_by("UserID")
        }
        for table in aws.stack.detail_tables("RetailInvoices").values():
            rows = aws.client("dynamodb").scan(TableName=table)["Items"]
            found[table] = sum(row["UserID"]["S"] == someone.user_id for row in rows)
        versions = aws.client("s3").list_object_versions(
            Bucket=BUCKET, Prefix=user_prefix(someone.user_id)
        )
        found["versions"] = len(versions.get("Versions", []))
        found["markers"] = len(versions.get("DeleteMarkers", []))
        found |= {"subscriptions": subscriptions(aws, someone)}
        return {place: number for place, number in found.items() if number}

    return count


def subscriptions(aws: Aws, someone: Someone) -> int:
    topic = aws.resources.topic_arn("new_invoice")
    pages = aws.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    return sum(
        each["Endpoint"] == someone.email for page in pages for each in page["Subscriptions"]
    )


def endpoints(aws: Aws, someone: Someone) -> list[str]:
    devices = DynamoDevices("Devices", aws.client("dynamodb")).all_of(someone.user_id)
    return [device.endpoint for device in devices if device.endpoint]


def sweep(someone: Someone, *, settled: bool = False) -> Sweep:
    erasure = Erasure(someone.user_id, "erasure_test", settled)
    return erase(erasure, has_time=lambda: True, using=delete_user._build().eraser)


def test_a_wrong_password_deletes_nothing(
    someone: Someone, queued: Callable[[str], list[dict[str, Any]]]
) -> None:
    queued("delete_user")

    (error,) = someone.delete("not-my-password")["userErrors"]

    assert (error["code"], error["field"]) == ("INVALID_PASSWORD", ["input", "password"])
    assert queued("delete_user") == []
    assert someone.log_in()["userErrors"] == []


def test_a_stolen_session_cannot_guess_its_way_to_a_deletion(someone: Someone) -> None:
    for _ in range(10):
        someone.delete("not-my-password")

    assert someone.delete()["error"]["type"] == "RATE_LIMITED"


def test_the_account_is_closed_at_once_and_its_erasure_queued(
    someone: Someone,
    ask: Ask,
    aws: Aws,
    load_event: Callable[[str], dict[str, Any]],
    queued: Callable[[str], list[dict[str, Any]]],
) -> None:
    users = DynamoUsers("Users", aws.client("dynamodb"))
    users.set_connected(someone.user_id, GOOGLE_EMAIL, now=NOW)
    queued("delete_user")

    answer = someone.delete()

    event = load_event("appsync_authorizer")
    event["authorizationToken"] = someone.session["accessToken"]
    token = {"input": {"refreshToken": someone.session["refreshToken"]}}
    assert answer["userErrors"] == []
    assert queued("delete_user") == [
        {
            "userId": someone.user_id,
            "receiptId": answer["receiptId"],
            "settled": False,
            "correlationId": TRACE,
        }
    ]
    assert not authorizer.handler(event, None)["isAuthorized"]
    assert someone.log_in()["error"]["type"] == "INVALID_CREDENTIALS"
    refreshed = ask(login_user.handler, "Mutation.refreshSession", token)
    assert refreshed["error"]["type"] == "INVALID_TOKEN"
    assert someone.user_id not in users.list_connected(None).items


def test_asking_twice_gives_two_receipts_for_one_erasure(someone: Someone) -> None:
    first, second = someone.delete(), someone.delete()

    assert first["receiptId"] != second["receiptId"]
    assert second["userErrors"] == []


def test_an_account_that_is_erased_cannot_be_deleted(someone: Someone) -> None:
    someone.delete()
    sweep(someone)
    sweep(someone, settled=True)

    assert someone.delete()["error"]["type"] == "INVALID_TOKEN"


def test_a_sweep_erases_every_row_and_every_version(
    someone: Someone,
    aws: Aws,
    leave_traces: Callable[[], None],
    left: Callable[[], dict[str, int]],
) -> None:
    leave_traces()
    key = f"{user_prefix(someone.user_id)}rental/avi.pdf"
    aws.client("s3").delete_object(Bucket=BUCKET, Key=key)
    assert left()["versions"] == 2
    assert left()["markers"] == 1
    assert left()["MailLedger"] == 2

    sweep(someone)

    assert left() == {}


def test_a_sweep_ends_the_pushes_and_the_mails(
    someone: Someone,
    aws: Aws,
    leave_traces: Callable[[], None],
    left: Callable[[], dict[str, int]],
) -> None:
    leave_traces()
    (endpoint,) = endpoints(aws, someone)
    assert (left()["subscriptions"], left()["Devices"]) == (1, 3)

    sweep(someone)

    assert left() == {}
    with pytest.raises(aws.client("sns").exceptions.NotFoundException):
        aws.client("sns").get_endpoint_attributes(EndpointArn=endpoint)


def test_a_sweep_finds_the_subscription_that_was_never_noted(
    someone: Someone, aws: Aws, leave_traces: Callable[[], None]
) -> None:
    """As if the process had died between subscribing and noting the subscription."""
    leave_traces()
    DynamoUsers("Users", aws.client("dynamodb")).set_email_subscription(someone.user_id, "")

    sweep(someone)

    assert subscriptions(aws, someone) == 0


def test_a_sweep_finds_the_endpoint_that_was_never_noted(someone: Someone, aws: Aws) -> None:
    """As if the process had died between making the endpoint and noting it."""
    someone.want_to_be_told()
    devices = DynamoDevices("Devices", aws.client("dynamodb"))
    (device,) = devices.all_of(someone.user_id)
    devices.put(replace(device, endpoint=None))

    sweep(someone)

    with pytest.raises(aws.client("sns").exceptions.NotFoundException):
        aws.client("sns").get_endpoint_attributes(EndpointArn=device.endpoint)


def test_the_grant_is_taken_back_and_forgotten(
    someone: Someone, google: str, grant: GmailGrant, grants: SecretGrants
) -> None:
    sweep(someone)

    assert grants.get(someone.user_id) is None
    assert not is_good(google, grant)


def test_google_being_down_stops_nothing_but_the_grant(
    someone: Someone,
    google: str,
    grant: GmailGrant,
    grants: SecretGrants,
    leave_traces: Callable[[], None],
    left: Callable[[], dict[str, int]],
) -> None:
    leave_traces()
    control(google, "faults", {"method": "revoke", "status": 503, "times": 1})

    during = sweep(someone, settled=True)
    kept = grants.get(someone.user_id)
    after = sweep(someone, settled=True)

    assert left() == {}
    assert kept is not None
    assert not during.google_answered
    assert during.next is not None
    assert after.google_answered
    assert grants.get(someone.user_id) is None
    assert not is_good(google, grant)


def test_the_account_goes_when_a_later_sweep_finds_nothing(someone: Someone, aws: Aws) -> None:
    users = DynamoUsers("Users", aws.client("dynamodb"))

    first = sweep(someone)
    waiting = users.get(someone.user_id, erasing_too=True)
    last = sweep(someone, settled=True)

    assert first == Sweep(Erasure(someone.user_id, "erasure_test", settled=True), SETTLES_IN)
    assert waiting is not None
    assert last == Sweep(None)
    assert users.get(someone.user_id, erasing_too=True) is None


def test_what_a_run_in_flight_wrote_is_swept_and_looked_for_once_more(
    someone: Someone, leave_traces: Callable[[], None], left: Callable[[], dict[str, int]]
) -> None:
    sweep(someone)
    leave_traces()

    second = sweep(someone, settled=True)

    assert left() == {}
    assert second.next is not None
    assert second.wait == SETTLES_IN
    assert sweep(someone, settled=True).next is None


def test_sweeping_after_the_end_is_harmless(someone: Someone) -> None:
    sweep(someone)
    sweep(someone, settled=True)

    assert sweep(someone).next is not None
    assert sweep(someone, settled=True).next is None


def test_an_address_is_free_again_after_the_erasure_and_not_before(someone: Someone) -> None:
    sweep(someone)
    during = someone.sign_up()
    sweep(someone, settled=True)

    assert [error["code"] for error in during["userErrors"]] == ["USER_ALREADY_EXISTS"]
    assert someone.sign_up()["session"]["userId"] != someone.user_id


@pytest.fixture
def deliver(
    aws: Aws, load_event: Callable[[str], dict[str, Any]], context: Context
) -> Callable[..., Any]:
    """Hand a function a message that lies in its queue."""

    def call(handler: Any, queue: str, message: dict[str, Any]) -> Any:
        sqs, url = aws.client("sqs"), aws.resources.queue_url(queue)
        sqs.purge_queue(QueueUrl=url)
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message))
        (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
        event = load_event("sqs_message")
        event["Records"][0].update(
            body=json.dumps(message), receiptHandle=received["ReceiptHandle"]
        )
        return handler(event, context)

    return call


def test_a_worker_without_time_closes_the_account_and_hands_over(
    someone: Someone,
    deliver: Callable[..., Any],
    context: Context,
    leave_traces: Callable[[], None],
    left: Callable[[], dict[str, int]],
    queued: Callable[[str], list[dict[str, Any]]],
) -> None:
    leave_traces()
    message = {
        "userId": someone.user_id,
        "receiptId": "erasure_1",
        "settled": False,
        "correlationId": TRACE,
    }
    context.remaining_ms = 1_000

    answer = deliver(delete_user.handler, "delete_user", message)

    assert answer == {"batchItemFailures": []}
    assert queued("delete_user") == [message]
    assert left()["versions"] == 2
    assert someone.log_in()["error"]["type"] == "INVALID_CREDENTIALS"
    context.remaining_ms = 300_000
    deliver(delete_user.handler, "delete_user", message)
    assert left() == {}


def test_a_schedule_starts_nothing_for_a_closed_account(
    someone: Someone, deliver: Callable[..., Any], left: Callable[[], dict[str, int]]
) -> None:
    sweep(someone)
    message = {"userId": someone.user_id, "scheduledAt": "2026-01-20T08:30:00Z"}

    answer = deliver(fetch_latest_invoice.handler, "fetch_latest_invoice", message)

    assert answer == {"batchItemFailures": []}
    assert left() == {}


def is_good(google: str, grant: GmailGrant) -> bool:
    """Tell whether Google still takes the refresh token."""
    body = f"grant_type=refresh_token&refresh_token={grant.refresh_token}"
    request = Request(f"{google}/token", f"{body}&client_id={LOCAL_CLIENT_ID}".encode())
    try:
        with urlopen(request, timeout=5):
            return True
    except OSError:
        return False
