"""Every document of `operations/`, executed on the running stack."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen
from zipfile import ZipFile

import pytest
from gql import Client, gql

from devstack.graphiql.operations import load_operations
from devstack.journey import Person
from devstack.sample_mailbox import make_mails, notice_mail
from devstack.showing import endpoints
from devstack.vendor_files import read_folder
from tests.stack.conftest import PASSWORD
from tests.stack.test_journey import LIMIT_S, NewMailbox, NewPerson, finish

if TYPE_CHECKING:
    from devstack.running import DevStack

OPERATIONS = load_operations()


async def run(person: Person, name: str, **variables: Any) -> Any:
    """Execute an operation and return what its one field answers."""
    answer = await person.ask(OPERATIONS[name].document, **variables)
    (value,) = answer.values()
    return value


async def follow(person: Person, name: str) -> tuple[list[Any], asyncio.Task[None]]:
    """Start a subscription; its events gather in the list, until the task ends."""
    events: list[Any] = []

    async def gather() -> None:
        async with Client(transport=person._socket()) as session:
            async for answer in session.subscribe(gql(OPERATIONS[name].document)):
                events.extend(answer.values())

    task = asyncio.create_task(gather())
    await asyncio.sleep(0.1)
    return events, task


async def test_sign_up_log_in_and_refresh_open_sessions(stack: DevStack) -> None:
    email = "operations@example.com"
    async with Person(endpoints(stack)) as nobody:
        account = {"name": "Alva", "email": email, "password": PASSWORD}
        signed_up = await run(nobody, "SignUp", input=account)
        logged_in = await run(nobody, "LogIn", input={"email": email, "password": PASSWORD})
        token = logged_in["session"]["refreshToken"]
        renewed = await run(nobody, "RefreshSession", input={"refreshToken": token})

    for answer in (signed_up, logged_in, renewed):
        assert answer["userErrors"] == []
        assert answer["session"]["name"] == "Alva"
    assert renewed["session"]["refreshToken"] != token


async def test_changed_password_opens_the_next_session(
    stack: DevStack, new_person: NewPerson
) -> None:
    async with new_person() as person, Person(endpoints(stack)) as elsewhere:
        email = (await run(person, "Profile"))["email"]
        words = {"currentPassword": PASSWORD, "newPassword": "another-long-password"}
        changed = await run(person, "ChangePassword", input=words)
        await elsewhere.log_in(email, "another-long-password")

        assert changed == {"endedSessions": 0, "userErrors": []}
        assert elsewhere.access_token


async def test_deleting_the_account_asks_for_the_password_and_gives_a_receipt(
    new_person: NewPerson,
) -> None:
    async with new_person() as person:
        refused = await run(person, "DeleteUser", input={"password": "not-the-password"})
        deleted = await run(person, "DeleteUser", input={"password": PASSWORD})

        assert [error["code"] for error in refused["userErrors"]] == ["INVALID_PASSWORD"]
        assert deleted["userErrors"] == []
        assert deleted["receiptId"]


def download(url: str) -> bytes:
    with urlopen(url, timeout=10) as answer:
        content: bytes = answer.read()
    return content


async def test_export_is_asked_for_and_downloaded(new_person: NewPerson) -> None:
    async with new_person() as person:
        asked = await run(person, "ExportMyData", input={"withDocuments": True})
        export = asked["export"]
        async with asyncio.timeout(LIMIT_S):
            while export["status"] in {"QUEUED", "RUNNING"}:
                await asyncio.sleep(0.1)
                export = await run(person, "DataExport", id=asked["export"]["id"])
        archive = ZipFile(BytesIO(await asyncio.to_thread(download, export["url"])))

        (account,) = json.loads(archive.read("account.json"))
        assert asked["userErrors"] == []
        assert export["availableUntil"] > export["finishedAt"] > export["askedAt"]
        assert account["UserID"] == person.user_id


async def test_mailbox_is_connected_shown_and_disconnected(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    async with new_person() as person:
        await person.connect_gmail(new_mailbox())  # takes the token, as ConnectGmail below
        profile = await run(person, "Profile")
        disconnected = await run(person, "DisconnectGmail", input={"revoke": False})

        assert profile["gmail"]["status"] == "CONNECTED"
        assert profile["lastIngestionRun"] is None
        assert disconnected == {
            "gmail": {"status": "NOT_CONNECTED", "email": None, "connectedAt": None},
            "userErrors": [],
        }


async def test_discovery_is_switched_on_and_shown(new_person: NewPerson) -> None:
    async with new_person() as person:
        before = (await run(person, "Profile"))["ingestionSettings"]
        changed = await run(person, "UpdateIngestionSettings", input={"discoverReceipts": True})

        assert before == {"discoverReceipts": False}
        assert changed == {"ingestionSettings": {"discoverReceipts": True}, "userErrors": []}
        assert (await run(person, "Profile"))["ingestionSettings"] == {"discoverReceipts": True}


async def test_connect_gmail_tells_a_token_without_the_scope(new_person: NewPerson) -> None:
    async with new_person() as person:
        answer = await run(person, "ConnectGmail", input={"accessToken": "nobody-gave-this"})

        assert answer["gmail"] is None
        assert [error["code"] for error in answer["userErrors"]] == ["GMAIL_TOKEN_REJECTED"]


async def test_run_is_started_followed_and_read(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    mails = make_mails()
    chosen = [mails[name].as_bytes() for name in mails if not re.match(r"2025|2026-0[1-6]", name)]
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(*chosen))
        invoices, invoice_task = await follow(person, "OnInvoice")
        steps, step_task = await follow(person, "OnRunProgress")
        started = await run(person, "IngestInvoices", input={})
        await finish(person, started["run"]["id"])
        progress = await run(person, "RunProgress", id=started["run"]["id"])
        runs = await run(person, "RecentRuns", first=5)
        years = await run(person, "InvoicesByYear")
        page = await run(person, "InvoicePage", first=1)
        rest = await run(person, "InvoicePage", after=page["pageInfo"]["endCursor"])
        failed = await run(person, "FailedDocuments")
        id_ = page["edges"][0]["node"]["id"]
        detail = await run(person, "InvoiceDetail", id=id_)
        async with asyncio.timeout(LIMIT_S):
            while steps[-1]["remaining"] or steps[-1]["status"] == "RUNNING":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        for task in (invoice_task, step_task):
            task.cancel()
        await asyncio.gather(invoice_task, step_task, return_exceptions=True)

    everything = [each["id"] for year in years for each in year["invoices"]]
    assert progress["status"] == runs["edges"][0]["node"]["status"] == "PARTIAL"
    assert {each["invoiceId"] for each in invoices} == set(everything)
    assert {each["runId"] for each in steps} == {progress["id"]}
    assert [each["node"]["id"] for each in page["edges"] + rest["edges"]] == everything
    assert detail["id"] == id_
    document = await asyncio.to_thread(download, detail["document"]["url"])
    assert document.startswith(b"%PDF")
    assert len(failed["edges"]) == progress["failed"] + 2  # untrusted sender, wrong total


async def test_vendors_of_the_repository_are_listed(new_person: NewPerson) -> None:
    async with new_person() as person:
        everyone = await run(person, "Vendors")
        travel = await run(person, "Vendors", filter={"category": "TRAVEL", "active": True})

    assert len(everyone) == len(read_folder())
    assert {each["category"] for each in travel} == {"TRAVEL"}
    assert {each["id"] for each in travel} >= {"ryanair", "british_airways"}


async def test_latest_notice_is_looked_for(new_person: NewPerson, new_mailbox: NewMailbox) -> None:
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(notice_mail(date(2026, 3, 31), 3).as_bytes()))

        answer = await run(person, "IngestLatestInvoice", input={"dueMonth": "2026-03"})
        ended = await finish(person, answer["run"]["id"])

        assert answer["userErrors"] == []
        assert (ended["dueMonth"], ended["outcome"]) == ("2026-03", "INGESTED")


@pytest.mark.parametrize("every", [False, True], ids=["this session", "all sessions"])
async def test_log_out_ends_the_subscriptions_of_the_sessions_it_ends(
    stack: DevStack, new_person: NewPerson, *, every: bool
) -> None:
    async with new_person() as person, Person(endpoints(stack)) as elsewhere:
        email = (await run(person, "Profile"))["email"]
        await elsewhere.log_in(email, PASSWORD)
        _, here = await follow(person, "OnInvoice")
        _, there = await follow(elsewhere, "OnInvoice")

        ended = await run(person, "LogOut", input={"allSessions": every})
        await asyncio.wait([here, there], timeout=0.5)

        assert ended == {"endedSessions": 2 if every else 1, "userErrors": []}
        assert (here.done(), there.done()) == (True, every)
        there.cancel()
        await asyncio.gather(here, there, return_exceptions=True)


def test_every_operation_is_executed_here() -> None:
    executed = re.findall(r'(?:run|follow)\(\w+, "(\w+)"', Path(__file__).read_text())

    assert set(executed) == OPERATIONS.keys()
