"""Everything may be delivered twice, late or out of order; one invoice and one event come of it."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from typing import TYPE_CHECKING, Any

from devstack.journey import wait_for, wait_until
from devstack.ministack import client
from devstack.sample_mailbox import notice_mail
from tests.stack.test_journey import LIMIT_S, NewMailbox, NewPerson, finish

if TYPE_CHECKING:
    from collections.abc import Callable

    from devstack.journey import Person
    from devstack.running import DevStack

BUCKET = "rental-invoices-bucket"
NOTICE = notice_mail(date(2026, 6, 30), 6).as_bytes()


async def ingested(person: Person, mailbox: str) -> str:
    """Bring one notice in and return the id of its run."""
    await person.connect_gmail(mailbox)
    await person.subscribe()
    run_id = await person.ingest()
    await finish(person, run_id)
    await wait_for(person.invoice_events, 1, LIMIT_S)
    return run_id


async def assert_one_invoice_and_one_event(person: Person) -> None:
    await asyncio.sleep(0.4)  # time in which a second event would arrive
    invoices = [each for year in await person.years() for each in year["invoices"]]
    assert len(invoices) == 1
    assert [each.values["type"] for each in person.invoice_events] == ["ADDED"]


async def test_the_same_s3_event_twice(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        await ingested(person, new_mailbox(NOTICE))
        (key,) = keys(stack, person)
        event = {"Records": [{"s3": {"bucket": {"name": BUCKET}, "object": {"key": key}}}]}

        for _ in range(2):
            assert invoke(stack, "parse_invoice", event) == {"OK": 1}

        await assert_one_invoice_and_one_event(person)


async def test_the_same_object_written_again(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        await ingested(person, new_mailbox(NOTICE))
        (key,) = keys(stack, person)

        s3 = client("s3", stack.aws.url)
        s3.copy_object(Bucket=BUCKET, Key=key, CopySource=f"{BUCKET}/{key}")

        await assert_one_invoice_and_one_event(person)


async def test_the_same_queue_message_twice(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        run_id = await ingested(person, new_mailbox(NOTICE))
        before = await person.run(run_id)

        body = json.dumps({"userId": person.user_id, "runId": run_id})
        url = stack.resources.queue_url("fetch_invoices")
        for _ in range(2):
            client("sqs", stack.aws.url).send_message(QueueUrl=url, MessageBody=body)

        await assert_one_invoice_and_one_event(person)
        assert await person.run(run_id) == before


async def test_the_same_mail_twice(new_person: NewPerson, new_mailbox: NewMailbox) -> None:
    async with new_person() as person:
        run = await person.run(await ingested(person, new_mailbox(NOTICE, NOTICE)))

        assert (run["found"], run["parsed"], run["skipped"]) == (2, 1, 1)
        await assert_one_invoice_and_one_event(person)


async def test_two_runs_at_once(new_person: NewPerson, new_mailbox: NewMailbox) -> None:
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(NOTICE))
        await person.subscribe()

        started = await asyncio.gather(*(person.ingest() for _ in range(3)))
        runs = [await finish(person, run_id) for run_id in started]
        await wait_for(person.invoice_events, 1, LIMIT_S)

        await assert_one_invoice_and_one_event(person)
        assert sum(run["parsed"] for run in runs) == 1


async def test_a_run_waits_out_a_gmail_that_asks_to_slow_down(
    new_person: NewPerson, new_mailbox: NewMailbox, google: Callable[[str, bytes], None]
) -> None:
    slow_down = {"method": "messages.list", "status": 429, "times": 2, "retry_after_s": 1}
    async with new_person() as person:
        google("faults", json.dumps(slow_down).encode())

        await ingested(person, new_mailbox(NOTICE))

        me = await person.ask("{ me { gmail { status } } }")
        assert me["me"]["gmail"]["status"] == "CONNECTED"
        await assert_one_invoice_and_one_event(person)


async def test_a_grant_that_google_took_back_ends_the_run_and_asks_to_reconnect(
    new_person: NewPerson, new_mailbox: NewMailbox, google: Callable[[str, bytes], None]
) -> None:
    async with new_person() as person:
        mailbox = new_mailbox(NOTICE)
        await person.connect_gmail(mailbox)
        await person.subscribe()
        google("tokens/expire", b"")
        google("faults", b'{"method": "token", "reason": "invalid_grant"}')

        run = await finish(person, await person.ingest())

        me = await person.ask("{ me { gmail { status } } }")
        assert (run["status"], run["error"]) == ("FAILED", "RECONNECT_REQUIRED")
        assert me["me"]["gmail"]["status"] == "RECONNECT_REQUIRED"
        await wait_until(
            lambda: person.ingestion_events[-1].values["error"] == "RECONNECT_REQUIRED", LIMIT_S
        )

        await person.connect_gmail(mailbox)
        again = await finish(person, await person.ingest())
        assert again["parsed"] == 1


def keys(stack: DevStack, person: Person) -> list[str]:
    """Return the keys of a person's documents."""
    prefix = f"invoices/{person.user_id}/"
    answer = client("s3", stack.aws.url).list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [each["Key"] for each in answer.get("Contents", [])]


def invoke(stack: DevStack, function: str, event: dict[str, Any]) -> Any:
    """Call a function as AWS does, through MiniStack."""
    answer = client("lambda", stack.aws.url).invoke(
        FunctionName=function, Payload=json.dumps(event).encode()
    )
    return json.loads(answer["Payload"].read())
