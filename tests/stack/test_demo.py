"""The demo fails loudly when what it promises does not come."""

from __future__ import annotations

from datetime import date

import pytest

from devstack.journey import StepFailed, wait_for
from devstack.sample_mailbox import notice_mail
from devstack.showing import check_invoices
from tests.stack.test_journey import LIMIT_S, NewMailbox, NewPerson, finish

NOTICE = notice_mail(date(2026, 7, 31), 10).as_bytes()


async def test_an_invoice_that_no_event_announced_is_a_failure(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:  # follows nothing, so no event can arrive
        await person.connect_gmail(new_mailbox(NOTICE))
        await finish(person, await person.ingest())

        with pytest.raises(StepFailed, match="0 of 1 events arrived"):
            await check_invoices(person, limit_s=0.2)


async def test_an_invoice_announced_twice_is_a_failure(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(NOTICE))
        await person.subscribe()
        await finish(person, await person.ingest())
        await wait_for(person.invoice_events, 1, LIMIT_S)
        assert await check_invoices(person) == 1

        person.invoice_events.append(person.invoice_events[0])

        with pytest.raises(StepFailed, match="announced twice"):
            await check_invoices(person)


async def test_no_invoice_at_all_is_a_failure(new_person: NewPerson) -> None:
    async with new_person() as person:
        with pytest.raises(StepFailed, match="no event for any invoice"):
            await check_invoices(person)
