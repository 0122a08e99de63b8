"""start_ingestion: a run is written, its work queued, the answer immediate."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from paypulse.accounts import User
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.ledger import DocumentOutcome
from resolvers import start_ingestion
from tests.factories import NOW, make_document, make_invoice, make_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Aws

TRACE = "1-65f0a1b2-0123456789abcdef01234567"  # of every request in tests/events


@pytest.fixture
def users(aws: Aws) -> DynamoUsers:
    return DynamoUsers("Users", aws.client("dynamodb"))


@pytest.fixture
def caller(users: DynamoUsers, user_id: str) -> dict[str, str]:
    users.add(User(user_id, f"{user_id}@example.com", "Ronja", "hash", NOW))
    return {"userId": user_id, "email": "ronja@example.com", "sessionId": "s1"}


@pytest.fixture
def connected(users: DynamoUsers, caller: dict[str, str]) -> dict[str, str]:
    users.set_connected(caller["userId"], "ronja@gmail.example", now=NOW)
    return caller


@pytest.fixture
def start(ask: Callable[..., Any]) -> Callable[..., Any]:
    def call(field: str, caller: dict[str, str], **input_: Any) -> Any:
        return ask(start_ingestion.handler, f"Mutation.{field}", {"input": input_}, caller)

    return call


def test_a_run_is_queued_and_can_be_followed(
    start: Callable[..., Any],
    ask: Callable[..., Any],
    queued: Callable[[str], list[dict[str, Any]]],
    connected: dict[str, str],
) -> None:
    queued("fetch_invoices")

    run = start("ingestRentalInvoices", connected, since="2026-01-01")["run"]

    assert (run["status"], run["kind"]) == ("QUEUED", "RENTAL")
    assert queued("fetch_invoices") == [
        {"userId": connected["userId"], "runId": run["id"], "correlationId": TRACE}
    ]
    assert ask(start_ingestion.handler, "Query.ingestionRun", {"id": run["id"]}, connected) == run
    listed = ask(start_ingestion.handler, "Query.ingestionRuns", {}, connected)
    assert [edge["node"]["id"] for edge in listed["edges"]] == [run["id"]]


def test_another_users_run_is_as_absent_as_none(
    start: Callable[..., Any], ask: Callable[..., Any], connected: dict[str, str]
) -> None:
    run = start("ingestRentalInvoices", connected)["run"]
    stranger = {**connected, "userId": "user_stranger"}

    assert ask(start_ingestion.handler, "Query.ingestionRun", {"id": run["id"]}, stranger) is None


def test_without_a_mailbox_the_caller_is_told_to_connect(
    start: Callable[..., Any], caller: dict[str, str]
) -> None:
    answer = start("ingestRentalInvoices", caller)

    assert answer["error"]["type"] == "GMAIL_NOT_CONNECTED"


def test_when_google_took_the_grant_back_the_caller_is_told_to_reconnect(
    start: Callable[..., Any], users: DynamoUsers, connected: dict[str, str]
) -> None:
    user = users.get(connected["userId"])
    assert user is not None
    assert users.set_reconnect_required(user)

    answer = start("ingestRentalInvoices", connected)

    assert answer["error"]["type"] == "GMAIL_TOKEN_EXPIRED"


@pytest.mark.parametrize("month", ["2026-13", "januari", "26-01", ""])
def test_a_month_that_is_none_is_the_callers_to_put_right(
    start: Callable[..., Any], connected: dict[str, str], month: str
) -> None:
    answer = start("ingestLatestRentalInvoice", connected, dueMonth=month)

    assert [error["code"] for error in answer["userErrors"]] == ["INVALID_INPUT"]


def test_this_month_is_looked_for_unless_another_is_named(
    start: Callable[..., Any], connected: dict[str, str]
) -> None:
    this_month = f"{utc_now():%Y-%m}"  # the zone matters for two hours a month

    run = start("ingestLatestRentalInvoice", connected)["run"]
    other = start("ingestLatestRentalInvoice", connected, dueMonth="2026-01")["run"]

    assert run["dueMonth"] >= this_month
    assert other["dueMonth"] == "2026-01"


def test_a_notice_that_is_there_is_answered_at_once(
    start: Callable[..., Any],
    queued: Callable[[str], list[dict[str, Any]]],
    aws: Aws,
    connected: dict[str, str],
) -> None:
    document = make_document(connected["userId"])
    DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb")).begin_document(
        document, now=NOW
    )
    DynamoRentalInvoices("RentalInvoices", "MailLedger", aws.client("dynamodb")).add(
        make_invoice(document, due_on=date(2026, 1, 30)),
        make_row(document, DocumentOutcome.OK),
        namesake_id="unused",
    )
    queued("fetch_latest_invoice")

    run = start("ingestLatestRentalInvoice", connected, dueMonth="2026-01")["run"]

    assert (run["status"], run["outcome"]) == ("SUCCEEDED", "ALREADY_PRESENT")
    assert queued("fetch_latest_invoice") == []


# Receipts and whole mailboxes


def test_receipts_are_looked_for_since_the_last_time(
    start: Callable[..., Any],
    queued: Callable[[str], list[dict[str, Any]]],
    connected: dict[str, str],
) -> None:
    queued("fetch_retail_invoices")

    run = start("ingestRetailInvoices", connected)["run"]

    assert (run["status"], run["kind"], run["category"]) == ("QUEUED", "RETAIL", None)
    assert run["dateRange"]["end"] is None
    assert (run["totalEmailsFound"], run["byVendor"]) == (0, [])
    (message,) = queued("fetch_retail_invoices")
    assert (message["userId"], message["runId"]) == (connected["userId"], run["id"])


def test_receipts_of_a_range_and_a_category_are_looked_for(
    start: Callable[..., Any], connected: dict[str, str]
) -> None:
    run = start(
        "ingestRetailInvoices",
        connected,
        startDate="2025-01-01",
        endDate="2025-01-31",
        category="GROCERY",
    )["run"]

    assert run["dateRange"] == {"start": "2025-01-01", "end": "2025-01-31"}
    assert run["category"] == "GROCERY"


def test_today_may_end_a_range(start: Callable[..., Any], connected: dict[str, str]) -> None:
    today = str(utc_now().date())

    run = start("ingestRetailInvoices", connected, startDate=today, endDate=today)["run"]

    assert run["dateRange"] == {"start": today, "end": today}


def test_a_whole_mailbox_is_looked_through_from_a_day_on(
    start: Callable[..., Any],
    queued: Callable[[str], list[dict[str, Any]]],
    connected: dict[str, str],
) -> None:
    queued("fetch_retail_invoices")

    run = start("backfillInvoices", connected, **{"from": "2015-06-01"})["run"]

    assert (run["kind"], run["status"]) == ("BACKFILL", "QUEUED")
    assert run["dateRange"] == {"start": "2015-06-01", "end": None}
    assert len(queued("fetch_retail_invoices")) == 1


LATER = str(utc_now().date() + timedelta(days=3))


@pytest.mark.parametrize(
    ("field", "input_", "code", "at"),
    [
        ("ingestRetailInvoices", {"startDate": "2025-01-01"}, "MISSING_FIELDS", "endDate"),
        ("ingestRetailInvoices", {"endDate": "2025-01-01"}, "MISSING_FIELDS", "startDate"),
        (
            "ingestRetailInvoices",
            {"startDate": "2025-02-01", "endDate": "2025-01-01"},
            "INVALID_INPUT",
            "startDate",
        ),
        (
            "ingestRetailInvoices",
            {"startDate": "2025-02-30", "endDate": "2025-03-01"},
            "INVALID_INPUT",
            "startDate",
        ),
        (
            "ingestRetailInvoices",
            {"startDate": "2025-01-01", "endDate": LATER},
            "INVALID_INPUT",
            "endDate",
        ),
        ("backfillInvoices", {"from": LATER}, "INVALID_INPUT", "from"),
        ("backfillInvoices", {"from": "2004-03-31"}, "INVALID_INPUT", "from"),
        ("backfillInvoices", {"from": "long ago"}, "INVALID_INPUT", "from"),
    ],
    ids=str,
)
def test_days_that_make_no_range_are_the_callers_to_put_right(
    start: Callable[..., Any],
    queued: Callable[[str], list[dict[str, Any]]],
    connected: dict[str, str],
    field: str,
    input_: dict[str, str],
    code: str,
    at: str,
) -> None:
    queued("fetch_retail_invoices")

    answer = start(field, connected, **input_)

    assert [(error["code"], error["field"]) for error in answer["userErrors"]] == [
        (code, ["input", at])
    ]
    assert queued("fetch_retail_invoices") == []


@pytest.mark.parametrize(
    ("field", "input_"),
    [("ingestRetailInvoices", {}), ("backfillInvoices", {"from": "2025-01-01"})],
)
def test_without_a_mailbox_no_receipts_are_looked_for(
    start: Callable[..., Any], caller: dict[str, str], field: str, input_: dict[str, str]
) -> None:
    assert start(field, caller, **input_)["error"]["type"] == "GMAIL_NOT_CONNECTED"
