"""User B sees nothing of user A: not by query, not by guessing ids, not by subscribing."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING

import pytest
from gql.transport.exceptions import TransportQueryError

from devstack.journey import INVOICE, Person, wait_for
from devstack.sample_mailbox import notice_mail
from devstack.showing import endpoints
from tests.stack.conftest import PASSWORD
from tests.stack.test_journey import LIMIT_S, NewMailbox, NewPerson, finish

if TYPE_CHECKING:
    from devstack.running import DevStack

NOTICE = notice_mail(date(2026, 4, 30), 4).as_bytes()


async def test_another_users_invoices_runs_and_events_do_not_exist(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as owner, new_person() as stranger:
        await owner.connect_gmail(new_mailbox(NOTICE))
        await owner.subscribe()
        await stranger.subscribe()
        run_id = await owner.ingest()
        await finish(owner, run_id)
        await wait_for(owner.invoice_events, 1, LIMIT_S)
        invoice_id = owner.invoice_events[0].values["invoiceId"]

        document = f"query ($id: ID!) {{ rentalInvoice(id: $id) {{ {INVOICE} }} }}"
        assert (await owner.ask(document, id=invoice_id))["rentalInvoice"]["id"] == invoice_id
        assert (await stranger.ask(document, id=invoice_id))["rentalInvoice"] is None
        assert await stranger.run(run_id) is None
        assert await stranger.years() == []
        assert await stranger.failed_documents() == []
        await asyncio.sleep(0.3)  # time in which a stray event would arrive
        assert (stranger.invoice_events, stranger.ingestion_events) == ([], [])


async def test_another_users_receipts_can_neither_be_read_nor_changed(
    new_person: NewPerson,
) -> None:
    manual = {
        "requestId": "the-same-for-both",
        "vendor": "Torget",
        "category": "TRAVEL",
        "invoiceDate": "2025-01-15",
        "total": {"amount": "10.00", "currency": "SEK"},
    }
    add = """mutation ($input: AddInvoiceInput!) { addInvoice(input: $input) {
               invoice { id detail { __typename } } } }"""
    read = "query ($id: ID!) { retailInvoice(id: $id) { id detail { __typename } } }"
    change = """mutation ($id: ID!) {
      correctInvoice(input: {id: $id, confirm: true}) { invoice { id } userErrors { code } }
      reparseInvoice(input: {id: $id}) { invoice { id } userErrors { code } }
      deleteInvoice(input: {id: $id}) { invoiceId userErrors { code } } }"""
    async with new_person() as owner, new_person() as stranger:
        mine = (await owner.ask(add, input=manual))["addInvoice"]["invoice"]

        assert (await stranger.ask(read, id=mine["id"]))["retailInvoice"] is None
        refused = await stranger.ask(change, id=mine["id"])
        nothing = await stranger.ask(change, id="retail_0")

        assert refused == nothing
        assert {each["userErrors"][0]["code"] for each in refused.values()} == {"NOT_FOUND"}
        assert mine["detail"] == {"__typename": "TravelDetail"}
        assert (await owner.ask(read, id=mine["id"]))["retailInvoice"] == mine
        theirs = (await stranger.ask(add, input=manual))["addInvoice"]["invoice"]
        assert theirs["id"] != mine["id"]


async def test_the_same_notice_in_two_mailboxes_is_two_invoices(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as one, new_person() as other:
        for person in (one, other):
            await person.connect_gmail(new_mailbox(NOTICE))
            run = await finish(person, await person.ingest())
            assert run["parsed"] == 1

        assert len((await one.years())[0]["invoices"]) == 1
        assert len((await other.years())[0]["invoices"]) == 1


async def test_the_api_key_reads_nothing(stack: DevStack) -> None:
    async with Person(endpoints(stack)) as nobody:
        with pytest.raises(TransportQueryError, match="Not Authorized to access me on type Query"):
            await nobody.ask("{ me { id } }")


async def test_a_session_cannot_publish(new_person: NewPerson) -> None:
    async with new_person() as person:
        with pytest.raises(TransportQueryError, match="Not Authorized to access publishInvoice"):
            await person.ask(
                """mutation { publishInvoiceEvent(input: {
                     eventId: "e", userId: "u", invoiceId: "i" }) { eventId } }"""
            )


async def test_after_logging_out_neither_token_works(new_person: NewPerson) -> None:
    async with new_person() as person:
        first = person.access_token
        await person.refresh_session()
        # AppSync keeps what the authorizer said of a token; the new one was never shown to it.
        unseen, person.access_token = person.access_token, first

        await person.log_out()

        person.access_token = unseen
        with pytest.raises(TransportQueryError, match="UnauthorizedException"):
            await person.ask("{ me { id } }")
        with pytest.raises(TransportQueryError, match="INVALID_TOKEN"):
            await person.refresh_session()


async def test_logging_out_ends_live_subscriptions(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(NOTICE))
        await person.subscribe()
        await person.log_out()
        async with Person(endpoints(stack)) as again:
            await again.log_in(person.email, PASSWORD)

            run = await finish(again, await again.ingest())

            await asyncio.sleep(0.3)
            assert run["parsed"] == 1
            assert person.invoice_events == []
