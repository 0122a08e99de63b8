"""Receipts through the whole system: mail, bucket, reading, rows, stream, events, API."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from devstack.journey import wait_for
from devstack.sample_mailbox import make_mails
from devstack.sample_notices import make_notice
from tests.stack.test_journey import LIMIT_S, NewMailbox, NewPerson, finish

if TYPE_CHECKING:
    from devstack.journey import Person

MAILS = make_mails()
DAYS = {"startDate": "2026-06-01", "endDate": "2026-09-30"}
DETAIL = """query ($id: ID!) { retailInvoice(id: $id) {
  id revised: updatedAt total { amount } corrected document { url }
  fields { name source } detail { __typename ... on TravelDetail { bookingReference } } } }"""
REPARSE = """mutation ($id: ID!) { reparseInvoice(input: { id: $id }) {
  userErrors { code message } } }"""
CORRECT = """mutation ($id: ID!) { correctInvoice(
  input: { id: $id, total: { amount: "250.00", currency: "SEK" } }) {
  invoice { id total { amount } } userErrors { code message } } }"""


async def ingested(person: Person, *names: str, mailbox: NewMailbox) -> list[dict[str, Any]]:
    """Bring these mails in, and return the receipts once each has been announced."""
    await person.connect_gmail(mailbox(*(MAILS[name].as_bytes() for name in names)))
    await person.subscribe()
    await finish(person, await person.ingest_receipts(**DAYS))
    receipts = await person.receipts()
    await wait_for(person.invoice_events, len(receipts), LIMIT_S)
    return receipts


async def test_a_receipt_is_announced_once_with_category_and_day(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        (receipt,) = await ingested(person, "receipt-travel", mailbox=new_mailbox)
        await asyncio.sleep(0.4)  # time in which a second event would arrive

        (event,) = person.invoice_events
        assert event.values["invoiceId"] == receipt["id"]
        assert (event.values["kind"], event.values["category"]) == ("RETAIL", "TRAVEL")
        assert event.values["invoiceDate"] == receipt["invoiceDate"] == "2026-08-28"


async def test_an_order_and_its_refund_are_two_that_know_each_other(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        names = ("receipt-technology", "receipt-technology-refund")
        receipts = {
            each["type"]: each for each in await ingested(person, *names, mailbox=new_mailbox)
        }

        answer = await person.ask(
            "query ($id: ID!) { retailInvoice(id: $id) { refundOf } }", id=receipts["REFUND"]["id"]
        )
        assert answer["retailInvoice"] == {"refundOf": receipts["PURCHASE"]["id"]}


async def test_reading_again_keeps_what_the_owner_corrected(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        (receipt,) = await ingested(person, "receipt-travel", mailbox=new_mailbox)
        corrected = await person.ask(CORRECT, id=receipt["id"])
        before = (await person.ask(DETAIL, id=receipt["id"]))["retailInvoice"]

        assert (await person.ask(REPARSE, id=receipt["id"]))["reparseInvoice"]["userErrors"] == []

        await wait_for(person.invoice_events, 3, LIMIT_S)  # added, corrected, read again
        after = (await person.ask(DETAIL, id=receipt["id"]))["retailInvoice"]
        assert corrected["correctInvoice"]["invoice"]["total"] == {"amount": "250.00"}
        assert after["total"] == before["total"] == {"amount": "250.00"}
        assert after["revised"] > before["revised"]
        assert after["detail"] == {"__typename": "TravelDetail", "bookingReference": "3124458810"}
        assert {"name": "total", "source": "USER"} in after["fields"]


async def test_a_receipt_that_is_only_a_pdf_is_passed_on_and_gets_an_outcome(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    mail = MAILS["receipt-grocery"]
    mail.set_content("Hej!\n\nDitt kvitto är bifogat.\n")
    mail.add_attachment(make_notice(), maintype="application", subtype="pdf", filename="kvitto.pdf")
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(mail.as_bytes()))
        run_id = await person.ingest_receipts(**DAYS)
        await finish(person, run_id)

        run = await person.run(run_id)
        assert (run["status"], run["found"], run["remaining"]) == ("SUCCEEDED", 1, 0)
