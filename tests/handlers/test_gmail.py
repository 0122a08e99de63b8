"""gmail_store_tokens and fetch_invoices, against the Google emulator over HTTP."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from devstack.google.accounts import GoogleAccount
from devstack.google.mailbox import receive
from devstack.google.server import create_app
from devstack.google_keys import LOCAL_CLIENT_ID
from devstack.sample_mailbox import notice_mail
from devstack.serving import serving
from ingestion import fetch_invoices
from paypulse.accounts import User
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.secrets import SecretGrants
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.gmail_grant import READ_SCOPE
from paypulse.runs import IngestionRun, RunKind, RunStatus
from resolvers import gmail_store_tokens
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Aws
    from tests.handlers.conftest import Context

EMAIL, OTHER_EMAIL = "ronja@gmail.example", "other@gmail.example"
FOREIGN_EMAIL = "foreign@gmail.example"  # lets another app in
IDENTITY = "openid https://www.googleapis.com/auth/userinfo.email"


@pytest.fixture
def google(function_variables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The emulator with three accounts, known to the functions."""
    mails = [
        receive(notice_mail(date(2026, month, 28), month).as_bytes(), NOW, use_date=True)
        for month in (1, 2)
    ]
    accounts = [
        GoogleAccount.with_mails(EMAIL, "1001", LOCAL_CLIENT_ID, mails),
        GoogleAccount.with_mails(OTHER_EMAIL, "1002", LOCAL_CLIENT_ID),
        GoogleAccount.with_mails(FOREIGN_EMAIL, "1003", "another-app.apps.example"),
    ]
    with serving(create_app(accounts)) as url:
        monkeypatch.setenv("GOOGLE_BASE_URL", url)
        for module in (gmail_store_tokens, fetch_invoices):
            module._build.cache_clear()
        yield url
    for module in (gmail_store_tokens, fetch_invoices):
        module._build.cache_clear()


@pytest.fixture
def control(google: str) -> Callable[[str, dict[str, Any]], Any]:
    def post(path: str, body: dict[str, Any]) -> Any:
        request = Request(f"{google}/_control/{path}", json.dumps(body).encode())
        with urlopen(request, timeout=5) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    return post


@pytest.fixture
def caller(aws: Aws, user_id: str) -> dict[str, str]:
    user = User(user_id, f"{user_id}@example.com", "Ronja", "hash", NOW)
    DynamoUsers("Users", aws.client("dynamodb")).add(user)
    return {"userId": user_id, "email": user.email, "sessionId": "s1"}


@pytest.fixture
def grants(aws: Aws) -> SecretGrants:
    return SecretGrants("gmail/user/", aws.client("secretsmanager"))


@pytest.fixture
def connect(
    ask: Callable[..., Any],
    control: Callable[[str, dict[str, Any]], Any],
    caller: dict[str, str],
) -> Callable[..., Any]:
    def call(email: str = EMAIL, scopes: str = f"{IDENTITY} {READ_SCOPE}", **changes: Any) -> Any:
        tokens = control("grants", {"email": email, "scopes": scopes})
        input_ = {
            "accessToken": tokens["access_token"],
            "refreshToken": tokens["refresh_token"],
            "expiresIn": tokens["expires_in"],
            **changes,
        }
        field = "Mutation.connectGmail"
        return ask(gmail_store_tokens.handler, field, {"input": input_}, caller)

    return call


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer["userErrors"]]


def test_connecting_keeps_the_grant_and_shows_the_address(
    connect: Callable[..., Any], grants: SecretGrants, caller: dict[str, str]
) -> None:
    answer = connect()

    grant = grants.get(caller["userId"])
    assert codes(answer) == []
    assert (answer["gmail"]["status"], answer["gmail"]["email"]) == ("CONNECTED", EMAIL)
    assert grant is not None
    assert (grant.google_user_id, grant.google_email) == ("1001", EMAIL)
    assert READ_SCOPE in grant.scopes


def test_a_missing_refresh_token_keeps_the_stored_one(
    connect: Callable[..., Any], grants: SecretGrants, caller: dict[str, str]
) -> None:
    connect()
    first = grants.get(caller["userId"])

    answer = connect(refreshToken=None)

    second = grants.get(caller["userId"])
    assert codes(answer) == []
    assert first is not None
    assert second is not None
    assert second.refresh_token == first.refresh_token
    assert second.access_token != first.access_token


def test_a_first_connection_needs_a_refresh_token(connect: Callable[..., Any]) -> None:
    assert codes(connect(refreshToken=None)) == ["GMAIL_TOKEN_REJECTED"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"accessToken": "ya29.made-up"}, "GMAIL_TOKEN_REJECTED"),
        ({"email": FOREIGN_EMAIL}, "GMAIL_TOKEN_REJECTED"),
        ({"scopes": IDENTITY}, "GMAIL_SCOPE_MISSING"),
    ],
    ids=["not Google's", "made for another app", "may not read mail"],
)
def test_what_google_does_not_vouch_for_is_refused_and_not_kept(
    connect: Callable[..., Any],
    grants: SecretGrants,
    caller: dict[str, str],
    change: dict[str, str],
    code: str,
) -> None:
    assert codes(connect(**change)) == [code]
    assert grants.get(caller["userId"]) is None


def test_another_google_account_needs_to_be_confirmed(
    connect: Callable[..., Any], grants: SecretGrants, caller: dict[str, str]
) -> None:
    connect()

    asked = connect(OTHER_EMAIL)
    kept = grants.get(caller["userId"])
    confirmed = connect(OTHER_EMAIL, confirmSwitch=True)

    assert codes(asked) == ["ACCOUNT_SWITCH_UNCONFIRMED"]
    assert kept is not None
    assert kept.google_email == EMAIL
    assert confirmed["gmail"]["email"] == OTHER_EMAIL


def test_an_outage_at_google_is_no_fault_of_the_caller(
    connect: Callable[..., Any], control: Callable[[str, dict[str, Any]], Any]
) -> None:
    control("faults", {"method": "tokeninfo", "status": 503, "times": 9})

    assert connect()["error"]["type"] == "DEPENDENCY_FAILURE"


def test_disconnecting_takes_the_grant_back_at_google(
    connect: Callable[..., Any],
    ask: Callable[..., Any],
    grants: SecretGrants,
    caller: dict[str, str],
    control: Callable[[str, dict[str, Any]], Any],
) -> None:
    tokens = control("grants", {"email": EMAIL, "scopes": f"{IDENTITY} {READ_SCOPE}"})
    connect(accessToken=tokens["access_token"], refreshToken=tokens["refresh_token"])

    field = "Mutation.disconnectGmail"
    answers = [ask(gmail_store_tokens.handler, field, {"input": {}}, caller) for _ in range(2)]

    assert [answer["gmail"]["status"] for answer in answers] == ["NOT_CONNECTED"] * 2
    assert grants.get(caller["userId"]) is None
    again = connect(accessToken=tokens["access_token"], refreshToken=tokens["refresh_token"])
    assert codes(again) == ["GMAIL_TOKEN_REJECTED"]


@pytest.fixture
def runs(aws: Aws) -> DynamoRuns:
    return DynamoRuns("IngestionRuns", aws.client("dynamodb"))


@pytest.fixture
def deliver(
    load_event: Callable[[str], dict[str, Any]],
    context: Context,
    aws: Aws,
    runs: DynamoRuns,
    caller: dict[str, str],
) -> Callable[[], Any]:
    """Hand fetch_invoices a message that lies in its queue, for a run that is written."""
    now = utc_now()
    runs.add(IngestionRun(caller["userId"], "run_1", RunKind.RENTAL, RunStatus.QUEUED, now, now))

    def call() -> Any:
        event = load_event("sqs_message")
        body = json.dumps({"userId": caller["userId"], "runId": "run_1"})
        sqs, url = aws.client("sqs"), aws.resources.queue_url("fetch_invoices")
        sqs.purge_queue(QueueUrl=url)
        sqs.send_message(QueueUrl=url, MessageBody=body)
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        event["Records"][0].update(body=body, receiptHandle=message["ReceiptHandle"])
        return fetch_invoices.handler(event, context)

    return call


def test_a_run_brings_every_notice_into_the_bucket(
    connect: Callable[..., Any],
    deliver: Callable[[], Any],
    runs: DynamoRuns,
    aws: Aws,
    caller: dict[str, str],
) -> None:
    connect()

    answer = deliver()

    run = runs.get(caller["userId"], "run_1")
    stored = aws.client("s3").list_objects_v2(
        Bucket="rental-invoices-bucket", Prefix=f"invoices/{caller['userId']}/rental/"
    )
    assert answer == {"batchItemFailures": []}
    assert run is not None
    assert (run.found, run.stored, run.remaining, run.listed) == (2, 2, 2, True)
    assert stored["KeyCount"] == 2


def test_a_gmail_that_is_down_keeps_the_message_in_its_queue(
    connect: Callable[..., Any],
    deliver: Callable[[], Any],
    control: Callable[[str, dict[str, Any]], Any],
    runs: DynamoRuns,
    caller: dict[str, str],
) -> None:
    connect()
    control("faults", {"method": "messages.list", "status": 400, "times": 1})

    failed = deliver()
    again = deliver()

    run = runs.get(caller["userId"], "run_1")
    assert failed["batchItemFailures"] == [
        {"itemIdentifier": "059f36b4-87a3-44ab-83d2-661975830a7d"}
    ]
    assert again == {"batchItemFailures": []}
    assert run is not None
    assert run.found == 2


def test_a_run_that_runs_out_of_time_queues_its_continuation(
    connect: Callable[..., Any],
    deliver: Callable[[], Any],
    context: Context,
    queued: Callable[[str], list[dict[str, Any]]],
    caller: dict[str, str],
) -> None:
    connect()
    context.remaining_ms = 30_000

    assert deliver() == {"batchItemFailures": []}
    assert queued("fetch_invoices") == [
        {"userId": caller["userId"], "runId": "run_1", "correlationId": "run_1"}
    ]
