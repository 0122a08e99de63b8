"""One id leads from the app's request through every function to the event that comes of it."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from devstack.journey import wait_for, wait_until
from devstack.ministack import client
from devstack.sample_mailbox import notice_mail
from tests.stack.test_deliveries import BUCKET, keys
from tests.stack.test_journey import LIMIT_S, NewMailbox, NewPerson, finish

if TYPE_CHECKING:
    from devstack.running import DevStack

NOTICES = [notice_mail(date(2026, month, 28), month).as_bytes() for month in (2, 3)]

JOURNEY = {
    "start_ingestion": {"Mutation.ingestRentalInvoices"},
    "fetch_invoices": {"run worked on"},
    "parse_invoice": {"document filed"},
    "send_invoice_notification": {"invoice told", "run told"},
}


def read_log(stack: DevStack, function: str) -> list[dict[str, Any]]:
    """Return the structured lines that a function has written."""
    log = stack.options.state / "logs" / f"{function}.log"
    text = log.read_text("utf-8") if log.exists() else ""  # none before its first call
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def lines_under(stack: DevStack, correlation_id: str) -> dict[str, set[str]]:
    """Return the messages that were logged under an id, by function."""
    found = {
        function: {
            line["message"]
            for line in read_log(stack, function)
            if line.get("correlation_id") == correlation_id
        }
        for function in stack.stack.functions
    }
    return {function: messages for function, messages in found.items() if messages}


def row(stack: DevStack, table: str, **key: str) -> dict[str, Any]:
    item = client("dynamodb", stack.aws.url).get_item(
        TableName=table, Key={name: {"S": value} for name, value in key.items()}
    )["Item"]
    return {name: next(iter(value.values())) for name, value in item.items()}


async def test_every_line_of_a_journey_is_logged_under_its_request(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(*NOTICES))
        await person.subscribe()
        run_id = await person.ingest()
        await finish(person, run_id)
        await wait_for(person.invoice_events, len(NOTICES), LIMIT_S)

    trace = row(stack, "IngestionRuns", UserID=person.user_id, RunID=run_id)["correlation_id"]
    events = {event.values["eventId"]: event.values["invoiceId"] for event in person.invoice_events}
    invoices = [
        row(stack, "RentalInvoices", UserID=person.user_id, InvoiceID=invoice_id)
        for invoice_id in events.values()
    ]
    objects = [
        client("s3", stack.aws.url).head_object(Bucket=BUCKET, Key=key)["Metadata"]
        for key in keys(stack, person)
    ]

    # The last line is written after the event that it is about.
    await wait_until(lambda: len(lines_under(stack, trace)) == len(JOURNEY), LIMIT_S)
    assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", trace)
    assert {each["correlation-id"] for each in objects} == {trace}
    assert {each["correlation_id"] for each in invoices} == {trace}
    assert lines_under(stack, trace) == JOURNEY
    # And nothing of the journey is logged under any other id.
    names = {run_id, *events, *(each["content_sha256"][:16] for each in invoices)}
    strays = [
        line
        for function in stack.stack.functions
        for line in read_log(stack, function)
        if names & {str(value) for value in line.values()} and line.get("correlation_id") != trace
    ]
    assert strays == []


async def test_two_requests_have_ids_of_their_own(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        await person.connect_gmail(new_mailbox())
        runs = [await person.ingest() for _ in range(2)]
        for run_id in runs:
            await finish(person, run_id)

    traces = {
        row(stack, "IngestionRuns", UserID=person.user_id, RunID=run_id)["correlation_id"]
        for run_id in runs
    }
    assert len(traces) == 2


async def test_an_export_and_an_erasure_are_logged_under_their_requests(
    stack: DevStack, new_person: NewPerson
) -> None:
    async with new_person() as person:
        answer = await person.ask(
            "mutation { exportMyData(input: {}) { export { id } userErrors { code } } }"
        )
        export_id = answer["exportMyData"]["export"]["id"]

        def done() -> bool:
            return any(
                line.get("export") == export_id for line in read_log(stack, "export_user_data")
            )

        await wait_until(done, LIMIT_S)
        receipt_id = await person.delete_user("a-long-password")

        def swept() -> bool:
            return any(line.get("receipt") == receipt_id for line in read_log(stack, "delete_user"))

        await wait_until(swept, LIMIT_S)

    for function, name, value, field in (
        ("export_user_data", "export", export_id, "Mutation.exportMyData"),
        ("delete_user", "receipt", receipt_id, "Mutation.deleteUser"),
    ):
        (work,) = [line for line in read_log(stack, function) if line.get(name) == value]
        assert field in lines_under(stack, work["correlation_id"])[function]
