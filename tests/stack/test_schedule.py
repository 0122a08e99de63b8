"""The weekday schedule: every connected user's notice of the month, looked for once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devstack.journey import wait_for, wait_until
from devstack.sample_mailbox import notice_mail
from tests.stack.test_deliveries import invoke
from tests.stack.test_journey import LIMIT_S, NewMailbox, NewPerson, finish

if TYPE_CHECKING:
    from devstack.journey import Person
    from devstack.running import DevStack

EVENT = Path(__file__).parents[1] / "events" / "schedule.json"
RUNS = "{ ingestionRuns { edges { node { id kind status outcome dueMonth } } } }"


def due_this_month() -> datetime:
    """Return the last day of this month in Sweden, near enough to midnight to be sure."""
    today = datetime.now(UTC) + timedelta(hours=1)  # noqa: TID251 - the functions use it too
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def fire(stack: DevStack, at: str) -> None:
    """Let the schedule fire for an instant."""
    event = json.loads(EVENT.read_text())
    event["time"] = at
    invoke(stack, "fetch_latest_invoice", event)


async def runs_of(person: Person) -> list[dict[str, Any]]:
    answer = await person.ask(RUNS)
    return [edge["node"] for edge in answer["ingestionRuns"]["edges"]]


async def test_a_schedule_that_fires_twice_starts_one_run(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    due_on = due_this_month().date()
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(notice_mail(due_on, 7).as_bytes()))
        await person.subscribe()
        at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"  # noqa: TID251 - as EventBridge does

        fire(stack, at)
        fire(stack, at)
        await wait_for(person.invoice_events, 1, LIMIT_S)
        await wait_until(
            lambda: person.ingestion_events[-1].values["status"] == "SUCCEEDED", LIMIT_S
        )

        (run,) = await runs_of(person)
        assert (run["kind"], run["outcome"]) == ("LATEST_RENTAL", "INGESTED")
        assert run["dueMonth"] == f"{due_on:%Y-%m}"


async def test_a_month_without_its_notice_is_not_yet_sent(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    earlier = (due_this_month().replace(day=1) - timedelta(days=1)).date()
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(notice_mail(earlier, 8).as_bytes()))

        run = await finish(person, await person.ingest(latest=True))

        assert (run["status"], run["outcome"], run["parsed"]) == ("SUCCEEDED", "NOT_YET_SENT", 1)


async def test_a_month_whose_notice_is_there_asks_gmail_nothing(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    due_on = due_this_month().date()
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(notice_mail(due_on, 9).as_bytes()))
        await finish(person, await person.ingest(latest=True))

        run = await finish(person, await person.ingest(latest=True))

        assert (run["outcome"], run["found"]) == ("ALREADY_PRESENT", 0)
