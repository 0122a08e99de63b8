"""`start_ingestion`: starts ingestion runs, and tells how they are getting on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from paypulse.accounts import require_user
from paypulse.aws import clients
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.queues import WorkQueue
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.errors import UserError, UserErrorCode
from paypulse.pages import MAX_PAGE, check_page_size
from paypulse.receipts import Category
from paypulse.runs import RunKind
from paypulse.settings import load_settings, warm_up
from paypulse.start_runs import RunStarter
from resolvers import _shapes
from resolvers._app import Fields
from resolvers._inputs import day, past_day

if TYPE_CHECKING:
    from datetime import date

    from paypulse.ports.invoices import Ledger
    from paypulse.runs import IngestionRun

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    users_table: str
    ingestion_runs_table: str
    rental_invoices_table: str
    mail_ledger_table: str
    fetch_invoices_queue: str
    fetch_latest_invoice_queue: str
    fetch_retail_invoices_queue: str
    time_zone: str


@cache
def _build() -> tuple[RunStarter, Ledger]:
    settings = load_settings(Settings)
    dynamodb = clients.dynamodb()
    receipts = WorkQueue(settings.fetch_retail_invoices_queue, clients.sqs())
    queues = {
        RunKind.RENTAL: WorkQueue(settings.fetch_invoices_queue, clients.sqs()),
        RunKind.LATEST_RENTAL: WorkQueue(settings.fetch_latest_invoice_queue, clients.sqs()),
        RunKind.RETAIL: receipts,
        RunKind.BACKFILL: receipts,
    }

    def enqueue(run: IngestionRun) -> None:
        queues[run.kind].send(
            {"userId": run.user_id, "runId": run.run_id, "correlationId": run.correlation_id}
        )

    starter = RunStarter(
        runs=DynamoRuns(settings.ingestion_runs_table, dynamodb),
        users=DynamoUsers(settings.users_table, dynamodb),
        invoices=DynamoRentalInvoices(
            settings.rental_invoices_table, settings.mail_ledger_table, dynamodb
        ),
        enqueue=enqueue,
        clock=utc_now,
        time_zone=settings.time_zone,
    )
    ledger = DynamoLedger(settings.mail_ledger_table, settings.ingestion_runs_table, dynamodb)
    return starter, ledger


@fields.mutation("ingestRentalInvoices")
def ingest_rental_invoices(input_: dict[str, Any]) -> dict[str, Any]:
    """Start looking for every rent notice in the mailbox."""
    since = input_.get("since")
    run = _build()[0].start(
        fields.caller.user_id,
        RunKind.RENTAL,
        since=day(since, "input", "since") if since else None,
        correlation_id=fields.correlation_id,
    )
    return {"run": _shapes.ingestion_run(run, utc_now())}


@fields.mutation("ingestLatestRentalInvoice")
def ingest_latest_rental_invoice(input_: dict[str, Any]) -> dict[str, Any]:
    """Start looking for one month's rent notice."""
    month = input_.get("dueMonth")
    if month is not None and not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
        raise UserError(
            UserErrorCode.INVALID_INPUT, "Write the month as 2026-01.", ("input", "dueMonth")
        )
    run = _build()[0].start(
        fields.caller.user_id,
        RunKind.LATEST_RENTAL,
        month=month,
        correlation_id=fields.correlation_id,
    )
    return {"run": _shapes.ingestion_run(run, utc_now())}


@fields.mutation("ingestRetailInvoices")
def ingest_retail_invoices(input_: dict[str, Any]) -> dict[str, Any]:
    """Start looking for receipts: since the last time, or in a range of days."""
    starter, _ = _build()
    since, until = _range(input_, starter.today())
    category = input_.get("category")
    run = starter.start(
        fields.caller.user_id,
        RunKind.RETAIL,
        since=since,
        until=until,
        category=Category[category] if category else None,
        correlation_id=fields.correlation_id,
    )
    return {"run": _shapes.ingestion_run(run, utc_now())}


@fields.mutation("backfillInvoices")
def backfill_invoices(input_: dict[str, Any]) -> dict[str, Any]:
    """Start looking for notices and receipts in the whole mailbox from a day on."""
    starter, _ = _build()
    run = starter.start(
        fields.caller.user_id,
        RunKind.BACKFILL,
        since=past_day(input_["from"], starter.today(), "input", "from"),
        correlation_id=fields.correlation_id,
    )
    return {"run": _shapes.ingestion_run(run, utc_now())}


@fields.mutation("updateIngestionSettings")
def update_ingestion_settings(input_: dict[str, Any]) -> dict[str, Any]:
    """Change what is looked for in the caller's mailbox."""
    users = _build()[0].users
    user, wanted = require_user(users.get(fields.caller.user_id)), input_["discoverReceipts"]
    users.set_discovery(user.user_id, enabled=wanted)
    changed = replace(user, discovers_receipts=wanted)
    return {"ingestionSettings": _shapes.ingestion_settings(changed)}


@fields.query("ingestionRun")
def ingestion_run(id: str) -> dict[str, Any] | None:  # noqa: A002 - the argument's name
    """Return one of the caller's runs."""
    run = _build()[0].runs.get(fields.caller.user_id, id)
    return _shape(run, _failures()) if run else None


@fields.query("ingestionRuns")
def ingestion_runs(first: int | None = None, after: str | None = None) -> dict[str, Any]:
    """Return a page of the caller's runs, latest first."""
    size = check_page_size(first, default=20)
    page = _build()[0].runs.list_page(fields.caller.user_id, size, after)
    failures = _failures()
    return _shapes.connection(page, lambda run: _shape(run, failures), after)


def _range(input_: dict[str, Any], today: date) -> tuple[date | None, date | None]:
    """Return the first and last day to look at, or None for both."""
    first, last = input_.get("startDate"), input_.get("endDate")
    if first is None and last is None:
        return None, None
    if first is None or last is None:
        missing = "startDate" if first is None else "endDate"
        raise UserError(
            UserErrorCode.MISSING_FIELDS,
            "Give both `startDate` and `endDate`, or neither.",
            ("input", missing),
        )
    since = past_day(first, today, "input", "startDate")
    until = past_day(last, today, "input", "endDate")
    if since > until:
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            f"The range begins on {since}, after its end on {until}.",
            ("input", "startDate"),
        )
    return since, until


def _shape(run: IngestionRun, failures: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return _shapes.ingestion_run(run, utc_now(), failures.get(run.run_id))


def _failures() -> dict[str, list[dict[str, Any]]]:
    """Return the caller's failed messages by run, when the request asks for them."""
    by_run: dict[str, list[dict[str, Any]]] = {}
    if fields.selects("failures"):
        for entry in _build()[1].list_failed(fields.caller.user_id, MAX_PAGE, None).items:
            by_run.setdefault(entry.run_id or "", []).append(_shapes.ingestion_failure(entry))
    return by_run


handler = fields
warm_up(_build)
