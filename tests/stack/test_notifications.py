"""Pushes, e-mails and reminders, from a mail in Gmail to what a person would see."""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from devstack.journey import StepFailed, wait_until
from devstack.outbox.messages import Email, Push
from devstack.sample_mailbox import notice_mail
from devstack.showing import check_warning
from tests.stack.test_deliveries import invoke
from tests.stack.test_journey import LIMIT_S, NewMailbox, NewPerson, finish

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from devstack.journey import Person
    from devstack.running import DevStack


def due_soon() -> date:
    """Return a day that is neither past nor far away."""
    return (datetime.now(UTC) + timedelta(days=10)).date()  # noqa: TID251 - the functions use it


def read(stack: DevStack, path: str, host: str | None = None) -> tuple[int, str]:
    """Return status and text of a page of the gateway's."""
    address = urlsplit(stack.page_url)
    context = ssl.create_default_context()
    if stack.certificate:
        context.load_verify_locations(stack.certificate.authority)
    connection: HTTPConnection = HTTPSConnection(
        "127.0.0.1", address.port, timeout=5, context=context
    )
    connection.request("GET", path, headers={"host": host} if host else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def pushes_to(stack: DevStack, token: str) -> list[dict[str, Any]]:
    found = json.loads(read(stack, "/outbox.json")[1])["pushes"]
    return [each for each in found if each["token"] == token]


def has_warning(pushes: list[dict[str, Any]]) -> bool:
    return any(each["category"] == "INVOICE_WARNING" for each in pushes)


def mails_to(stack: DevStack, person: Person) -> list[dict[str, Any]]:
    """Return a person's mails, without the one that asks to confirm."""
    found = json.loads(read(stack, "/outbox.json")[1])["emails"]
    mine = [each for each in found if each["address"] == person.email]
    return [each for each in mine if "Confirmation" not in each["subject"]]


async def with_phone(person: Person, **settings: Any) -> str:
    """Register a phone and return its token."""
    token = secrets.token_hex(32)
    await person.register_device("phone", token)
    await person.update_notifications(**settings)
    return token


async def test_a_new_notice_rings_with_its_warning_and_mails_its_owner_alone(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    due_on = due_soon()
    before = notice_mail(due_on - timedelta(days=31), 21).as_bytes()
    changed = notice_mail(due_on, 22, bankgiro="555-9876").as_bytes()
    async with new_person() as person, new_person() as bystander:
        token = await with_phone(person, email=True, language="EN")
        other_token = await with_phone(bystander, email=True)
        await person.connect_gmail(new_mailbox(before, changed))
        await finish(person, await person.ingest())
        await wait_until(lambda: has_warning(pushes_to(stack, token)), LIMIT_S)
        await wait_until(lambda: "before you pay" in str(mails_to(stack, person)), LIMIT_S)
        await asyncio.sleep(0.4)  # time in which anything more would arrive

        # Read side by side, the notice may have come before there was one to compare it with.
        last, mail = pushes_to(stack, token)[-1], mails_to(stack, person)[-1]
        assert (last["category"], last["title"]) == ("INVOICE_WARNING", "⚠️ Look before you pay")
        assert last["body"].startswith("The bankgiro is not the one on the last notice.")
        assert last["link"].startswith("paypulse://invoices/rental/Invoice_")
        assert mail["subject"] == "Look at the rent notice before you pay"
        assert (pushes_to(stack, other_token), mails_to(stack, bystander)) == ([], [])


async def test_the_schedule_reminds_once_however_often_it_fires(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    due_on = due_soon()
    event = {"source": "aws.events", "time": f"{due_on - timedelta(days=3)}T07:00:00Z"}
    async with new_person() as person:
        token = await with_phone(person, reminderDays=[3], discreet=True)
        await person.connect_gmail(new_mailbox(notice_mail(due_on, 23).as_bytes()))
        await finish(person, await person.ingest())
        await wait_until(lambda: bool(pushes_to(stack, token)), LIMIT_S)

        for _ in range(2):
            invoke(stack, "send_due_reminders", event)
        await wait_until(lambda: len(pushes_to(stack, token)) > 1, LIMIT_S)
        await asyncio.sleep(0.4)

        new, reminder = pushes_to(stack, token)
        assert (new["title"], reminder["title"]) == ("Ny hyresavi", "Hyran förfaller om 3 dagar")
        assert new["replaced"]
        assert "kr" not in new["body"] + reminder["body"]


async def test_a_mailbox_of_the_past_does_not_ring(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    past = [due_soon() - timedelta(days=days) for days in (31, 62, 93)]
    async with new_person() as person:
        token = await with_phone(person, email=True)
        mails = [notice_mail(day, 30 + index).as_bytes() for index, day in enumerate(past)]
        await person.connect_gmail(new_mailbox(*mails))
        await person.subscribe()
        await finish(person, await person.ingest())
        await wait_until(lambda: len(person.invoice_events) == len(past), LIMIT_S)
        await asyncio.sleep(0.4)

        assert (pushes_to(stack, token), mails_to(stack, person)) == ([], [])


async def test_a_grant_that_google_took_back_rings_once(
    stack: DevStack,
    new_person: NewPerson,
    new_mailbox: NewMailbox,
    google: Callable[[str, bytes], None],
) -> None:
    async with new_person() as person:
        token = await with_phone(person, language="EN")
        await person.connect_gmail(new_mailbox())
        google("tokens/expire", b"")
        google("faults", b'{"method": "token", "reason": "invalid_grant"}')

        runs = await asyncio.gather(*(person.ingest() for _ in range(2)))
        for run_id in runs:
            await finish(person, run_id)
        await wait_until(lambda: bool(pushes_to(stack, token)), LIMIT_S)
        await asyncio.sleep(0.4)

        (push,) = pushes_to(stack, token)
        assert (push["title"], push["link"]) == ("Connect Gmail again", "paypulse://gmail")


def test_the_outbox_page_shows_text_as_text(stack: DevStack) -> None:
    hostile = "<script>alert(1)</script>"
    push = Push("arn", "c0ffee" * 8, hostile, hostile, "INVOICE", hostile, "one", {}, "now")
    stack.outbox.add(push)
    stack.outbox.add(Email("ronja@example.com", hostile, hostile, "now"))

    status, page = read(stack, "/outbox")

    assert status == 200
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "Device c0ffeec0" in page


@pytest.mark.parametrize("path", ["/outbox", "/outbox.json"])
def test_the_outbox_answers_no_name_from_elsewhere(stack: DevStack, path: str) -> None:
    assert read(stack, path, host="attacker.example")[0] == 421


async def test_a_demo_without_its_warning_is_a_failure(stack: DevStack) -> None:
    stack.outbox.pushes.clear()

    with pytest.raises(StepFailed, match="nothing came of it"):
        await check_warning(stack, limit_s=0.1)
