"""What `paypulse run`, `run --once` and `demo` show on the terminal."""

from __future__ import annotations

import asyncio
import json
import signal
import statistics
import tempfile
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from gql.transport.exceptions import TransportError
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from devstack import tables
from devstack.graphiql.page import INSTALL_COMMAND, is_installed
from devstack.journey import Endpoints, Person, StepFailed, wait_for, wait_until
from devstack.ministack import client
from devstack.outbox.messages import Push
from devstack.running import (
    API_KEY,
    DEMO_EMAIL,
    DEMO_NAME,
    DEMO_PASSWORD,
    GOOGLE_EMAIL,
    DevStack,
    Options,
)
from devstack.sample_mailbox import notice_mail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import date

    from devstack.outbox.messages import Email

_RUN_LIMIT_S = 60.0
_EVENT_LIMIT_S = 10.0
_CATEGORIES = 8
_DEVICE_TOKEN = "d1" * 32  # of the device in the demo; Apple's look like this
_REMINDER_DAYS = 3

console = tables.make_console()


async def run(options: Options) -> None:
    """Keep the system up until Ctrl-C, with a demo account whose Gmail is connected."""
    async with _started(options) as stack, Person(endpoints(stack)) as person:
        await _prepare(stack, person)
        stack.outbox.on_message = _print_message
        asked = _stop_when_asked()  # before anyone is told how to ask
        console.print(_welcome(stack))
        await asked.wait()
        console.print("Stopping; your data stays in", str(options.state))


async def run_once(options: Options) -> None:
    """Ingest the mailbox, print what was found, and stop."""
    async with _started(options) as stack, Person(endpoints(stack)) as person:
        await _prepare(stack, person)
        outcome = await _ingest(person)
        await _print_findings(person)
        console.print(_summary(outcome))
        if outcome["status"] == "FAILED":
            raise StepFailed(f"the run failed: {outcome['error']}")


async def demo() -> None:
    """Walk the main job from a mail to a live event, and fail loudly where it breaks."""
    with tempfile.TemporaryDirectory(prefix="paypulse-demo-") as folder:
        options = Options(port=0, state=Path(folder))
        try:
            async with _started(options) as stack, Person(endpoints(stack)) as person:
                await _walk(stack, person)
        except (StepFailed, TransportError) as error:
            raise StepFailed(f"the demo failed: {error}") from error


async def _walk(stack: DevStack, person: Person) -> None:
    _step(f"signed up as {DEMO_EMAIL}", await _timed(_sign_up(person)))
    _step("logged in", await _timed(person.log_in(DEMO_EMAIL, DEMO_PASSWORD)))
    _step(f"connected {GOOGLE_EMAIL}", await _timed(person.connect_gmail(GOOGLE_EMAIL)))
    _step("subscribed to invoices and runs", await _timed(person.subscribe()))
    _step("registered a phone, asked for e-mail", await _timed(_want_to_be_told(person)))
    outcome = await _ingest(person)
    if outcome["status"] == "FAILED" or outcome["remaining"]:
        raise StepFailed(f"the run did not end well: {outcome}")
    count = await check_invoices(person)
    _step(f"{count} invoices, each announced by an event", None)
    found = await _ingest_receipts(person)
    _step(f"{found} receipts of all eight categories, each announced by an event", None)
    delays = await asyncio.to_thread(latencies, stack, person)
    latest_s, due_on = await _new_mail(person)
    _step("a new notice came in: mail delivered → event", latest_s)
    _step("pushed to the phone, with a warning", await _timed(check_warning(stack)))
    _step("reminded before it is due, once", await _timed(_check_reminder(stack, due_on)))
    await _print_findings(person)
    _print_events(person)
    console.print(tables.outbox(stack.outbox.pushes, stack.outbox.emails))
    console.print(
        f"mail stored → event: median {statistics.median(delays):.2f} s,"
        f" slowest {max(delays):.2f} s ({len(delays)} notices at once)"
    )


async def check_invoices(person: Person, limit_s: float = _EVENT_LIMIT_S) -> int:
    """Compare the invoices with the events, by id, and return how many there are.

    Raises:
        StepFailed: there are none, or one was not announced in time, or one twice.
    """
    ids = {each["id"] for year in await person.years() for each in year["invoices"]}
    ids |= {each["id"] for each in await person.receipts()}
    await wait_for(person.invoice_events, len(ids), limit_s)
    missing = ids - _announced(person)
    if not ids or missing:
        raise StepFailed(f"no event for {sorted(missing) or 'any invoice'}")
    return len(ids)


def _announced(person: Person) -> set[str]:
    added = [each for each in person.invoice_events if each.values["type"] == "ADDED"]
    ids = {each.values["invoiceId"] for each in added}
    if len(ids) != len(added):
        raise StepFailed("an invoice was announced twice")
    return ids


async def _ingest_receipts(person: Person) -> int:
    """Look for receipts, of unknown senders too, and return how many there are.

    Raises:
        StepFailed: a category is missing, or a receipt was not announced.
    """
    await person.discover_receipts()
    run_id = await person.ingest_receipts(startDate="2026-06-01", endDate="2026-09-30")
    outcome = await _follow(person, run_id)
    if outcome["status"] != "SUCCEEDED":
        raise StepFailed(f"the run for receipts did not end well: {outcome}")
    await check_invoices(person)
    receipts = await person.receipts()
    if len({each["category"] for each in receipts}) < _CATEGORIES:
        raise StepFailed(f"only {sorted({each['category'] for each in receipts})} were found")
    return len(receipts)


async def _want_to_be_told(person: Person) -> None:
    await person.register_device("demo-phone", _DEVICE_TOKEN, "The demo's phone")
    await person.update_notifications(email=True, language="EN", reminderDays=[_REMINDER_DAYS])


async def check_warning(stack: DevStack, limit_s: float = _EVENT_LIMIT_S) -> None:
    """Wait for a push that warns before paying.

    Raises:
        StepFailed: none came in time.
    """
    await wait_until(
        lambda: any(each.category == "INVOICE_WARNING" for each in stack.outbox.pushes), limit_s
    )


async def _check_reminder(stack: DevStack, due_on: date) -> None:
    """Let the schedule fire, twice, for the reminder day, and wait for one reminder."""

    def count() -> int:
        return sum(each.category == "REMINDER" for each in stack.outbox.pushes)

    day = due_on - timedelta(days=_REMINDER_DAYS)
    event = json.dumps({"source": "aws.events", "time": f"{day}T07:00:00Z"}).encode()
    functions = client("lambda", stack.aws.url)
    for _ in range(2):
        await asyncio.to_thread(functions.invoke, FunctionName="send_due_reminders", Payload=event)
    await wait_until(lambda: count() > 0, _EVENT_LIMIT_S)
    if count() > 1:
        raise StepFailed("a reminder came twice")


async def _new_mail(person: Person) -> tuple[float, date]:
    """Deliver this month's notice, whose bankgiro is another one, and wait for its event.

    Returns:
        The seconds it took, and when the notice is due.
    """
    today = datetime.fromtimestamp(time.time(), UTC).date()
    due_on = (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    mail = notice_mail(due_on, 70, bankgiro="555-9876")
    before = len(person.invoice_events)
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{person.endpoints.google}/_control/mailboxes/{GOOGLE_EMAIL}/messages",
            data=mail.as_bytes(),
        ) as reply,
    ):
        reply.raise_for_status()
    started = time.monotonic()
    run_id = await person.ingest(latest=True)
    await wait_for(person.invoice_events, before + 1, _EVENT_LIMIT_S)
    elapsed = time.monotonic() - started
    async for found in person.follow(run_id, _EVENT_LIMIT_S):
        last = found
    if last["outcome"] != "INGESTED":
        raise StepFailed(f"the new notice was not found: {last}")
    return elapsed, due_on


def latencies(stack: DevStack, person: Person) -> list[float]:
    """Return, per notice, the seconds from its way into the bucket to its event."""
    dynamodb = client("dynamodb", stack.aws.url)
    pages = dynamodb.get_paginator("query").paginate(
        TableName="MailLedger",
        KeyConditionExpression="UserID = :user",
        ExpressionAttributeValues={":user": {"S": person.user_id}},
    )
    stored: dict[str, float] = {}
    for page in pages:
        for row in page["Items"]:
            for document in row.get("documents", {}).get("M", {}).values():
                invoice = document["M"].get("invoice_id")
                if invoice and "fetched_at" in row:
                    fetched = datetime.fromisoformat(row["fetched_at"]["S"])
                    stored[invoice["S"]] = fetched.timestamp()
    return [
        each.arrived_at - stored[each.values["invoiceId"]]
        for each in person.invoice_events
        if each.values["type"] == "ADDED" and each.values["invoiceId"] in stored
    ]


@asynccontextmanager
async def _started(options: Options) -> AsyncIterator[DevStack]:
    began = time.monotonic()
    async with DevStack(options) as stack:
        await Person(endpoints(stack)).ask("{ __typename }")
        _step("everything is up", time.monotonic() - began)
        yield stack


def endpoints(stack: DevStack) -> Endpoints:
    """Return where a client finds the stack."""
    return Endpoints(
        stack.internal_graphql_url, stack.internal_realtime_url, stack.google_url, API_KEY
    )


async def _prepare(stack: DevStack, person: Person) -> None:
    """Make the demo account, with the emulator's mailbox; a real one is its owner's to connect."""
    try:
        await person.sign_up_or_log_in(DEMO_NAME, DEMO_EMAIL, DEMO_PASSWORD)
        if not stack.options.keys.client:
            await person.connect_gmail(GOOGLE_EMAIL)
    except (TransportError, StepFailed) as error:
        raise StepFailed(
            f"the demo account cannot be used: {error}; start anew with --reset"
        ) from error


async def _sign_up(person: Person) -> None:
    if not await person.sign_up_or_log_in(DEMO_NAME, DEMO_EMAIL, DEMO_PASSWORD):
        raise StepFailed("the account was there already")


async def _ingest(person: Person) -> dict[str, Any]:
    return await _follow(person, await person.ingest())


async def _follow(person: Person, run_id: str) -> dict[str, Any]:
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:.0f} of {task.total:.0f} mails"),
        TimeElapsedColumn(),
    )
    outcome: dict[str, Any] = {}
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("reading the mailbox", total=1)
        async for outcome in person.follow(run_id, _RUN_LIMIT_S):
            found = outcome["found"]
            progress.update(bar, total=found or 1, completed=found - outcome["remaining"])
    return outcome


async def _print_findings(person: Person) -> None:
    for year in await person.years():
        console.print(tables.invoices(year))
    receipts = await person.receipts()
    if receipts:
        console.print(tables.receipts(receipts))
    failed = await person.failed_documents()
    if failed:
        console.print(tables.attention(failed))


def _print_events(person: Person) -> None:
    console.print(tables.events([each.values for each in person.invoice_events]))
    moves = [each.values["status"] for each in person.ingestion_events]
    if not moves:
        raise StepFailed("no event about a run arrived")
    console.print(f"and {len(moves)} about the three runs, from {moves[0]} to {moves[-1]}\n")


def _summary(outcome: dict[str, Any]) -> str:
    return (
        f"{outcome['found']} mails matched: {outcome['parsed']} became invoices,"
        f" {outcome['skipped']} held none or were known, {outcome['failed']} failed,"
        f" {outcome['remaining']} are still at work"
    )


def _welcome(stack: DevStack) -> Panel:
    graphiql = stack.page_url if is_installed() else f"needs {INSTALL_COMMAND}"
    keys = stack.options.keys
    if keys.client:
        next_step = (
            f"Next: open {stack.connect_url}, connect your Gmail with an account of your own."
        )
    else:
        next_step = (
            "Its Gmail is connected. Next: open GraphiQL, log in as demo, run IngestInvoices."
        )
    lines = [
        f"GraphiQL    {graphiql}",
        f"GraphQL     {stack.graphql_url}",
        f"real time   {stack.realtime_url}",
        f"outbox      {stack.outbox_url} (pushes and e-mails)",
        f"Gmail       {_gmail(stack)}",
        f"Gemini      {_gemini(stack)}",
        f"AWS         {stack.aws.url} (MiniStack)",
        *([f"trust       {stack.certificate.authority}"] if stack.certificate else []),
        "",
        f"demo login  {DEMO_EMAIL} / {DEMO_PASSWORD}",
        f"API key     {API_KEY} (for signUp, logIn, refreshSession)",
        "",
        next_step,
        "Ctrl-C stops everything; the data stays.",
    ]
    return Panel("\n".join(lines), title="PayPulse is running", expand=False)


def _gmail(stack: DevStack) -> str:
    if stack.options.keys.client:
        return f"Google itself, by the client in .env; connect at {stack.connect_url}"
    return f"emulator, {len(stack.account.messages)} mails ({stack.google_url})"


def _gemini(stack: DevStack) -> str:
    if stack.options.keys.gemini_api_key:
        return f"Google itself, by the key in .env ({stack.stack.variables['gemini_model']})"
    return "not asked; receipts are read by markup and layout (a key goes into .env)"


def _stop_when_asked() -> asyncio.Event:
    """Return what is set by Ctrl-C or a termination signal."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    return asked


def _print_message(message: Push | Email) -> None:
    if isinstance(message, Push):
        console.print(f"push        {escape(message.title)} – {escape(message.body)}")
    else:
        console.print(f"e-mail      {escape(message.subject)} → {escape(message.address)}")


def _step(text: str, seconds: float | None) -> None:
    took = "" if seconds is None else f"{seconds:.2f} s"
    console.print(f"[green]✓[/green] {text:<52} {took:>8}")


async def _timed(work: Any) -> float:
    began = time.monotonic()
    await work
    return time.monotonic() - began
