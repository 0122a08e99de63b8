"""The main job, as a person sees it: from a mail in Gmail to a record, a query and an event."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from devstack.journey import Person, wait_for
from devstack.sample_mailbox import make_mails, notice_mail

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

type NewPerson = Callable[[], AbstractAsyncContextManager[Person]]
type NewMailbox = Callable[..., str]

LIMIT_S = 30


async def finish(person: Person, run_id: str) -> dict[str, Any]:
    """Follow a run to its end."""
    return [run async for run in person.follow(run_id, LIMIT_S)][-1]


async def test_notices_become_invoices_and_events(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    mails = [notice_mail(date(2026, month, 28), month).as_bytes() for month in (1, 2, 3)]
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(*mails))
        await person.subscribe()

        run = await finish(person, await person.ingest())
        await wait_for(person.invoice_events, 3, LIMIT_S)

        (year,) = await person.years()
        assert year["year"] == 2026
        assert [each["dueMonth"] for each in year["invoices"]] == [3, 2, 1]
        assert {each["id"] for each in year["invoices"]} == {
            each.values["invoiceId"] for each in person.invoice_events
        }
        assert (run["status"], run["found"], run["parsed"]) == ("SUCCEEDED", 3, 3)


async def test_a_second_run_finds_everything_known(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(notice_mail(date(2026, 5, 29), 5).as_bytes()))
        await person.subscribe()
        await finish(person, await person.ingest())

        second = await finish(person, await person.ingest())

        assert (second["found"], second["skipped"], second["parsed"]) == (1, 1, 0)
        assert len((await person.years())[0]["invoices"]) == 1
        assert [each.values["type"] for each in person.invoice_events] == ["ADDED"]


async def test_every_sample_mail_ends_where_it_should(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    mails = [mail.as_bytes() for mail in make_mails().values()]
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(*mails))

        run = await finish(person, await person.ingest())

        invoices = [each for year in await person.years() for each in year["invoices"]]
        reasons = sorted(each["reason"] for each in await person.failed_documents())
        assert (run["status"], run["remaining"]) == ("PARTIAL", 0)
        assert (run["found"], run["parsed"], run["failed"], run["skipped"]) == (20, 17, 2, 1)
        assert reasons == ["INCONSISTENT_TOTAL", "NO_DOCUMENT", "UNREADABLE", "UNTRUSTED_SENDER"]
        assert {warning for each in invoices for warning in each["warnings"]} == {
            "BANKGIRO_CHANGED",
            "INCONSISTENT_TOTAL",
        }
