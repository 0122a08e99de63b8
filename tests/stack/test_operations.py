"""Every document of `operations/`, executed on the running stack."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest
from gql import Client, gql

from devstack.graphiql.operations import load_operations
from devstack.graphiql.page import HERE
from devstack.journey import Person, wait_until
from devstack.sample_mailbox import make_mails, notice_mail
from devstack.showing import endpoints
from devstack.vendor_files import read_folder
from paypulse.receipts import Category
from tests.stack.conftest import PASSWORD
from tests.stack.test_journey import LIMIT_S, NewMailbox, NewPerson, finish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from devstack.running import DevStack

OPERATIONS = load_operations()
ORDER = """
<p>Tack för din beställning! Ordernummer: {number}</p><p>Orderdatum: {day}</p>
<table><tr><th>Artikel</th><th>Antal</th><th>Pris</th></tr>
<tr><td>Hörlurar</td><td>1</td><td>{price},00 kr</td></tr></table>
<table><tr><td>Delsumma</td><td>{price},00 kr</td></tr><tr><td>Frakt</td><td>0,00 kr</td></tr>
<tr><td>Totalt</td><td>{price},00 kr</td></tr></table>
"""


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
    await person.ask("{ me { id } }")  # a round trip, in which the subscription is registered
    return events, task


def updates(events: list[Any]) -> int:
    """Count the events that tell of a change."""
    return sum(event["type"] == "UPDATED" for event in events)


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


async def test_every_example_of_the_page_is_answered(
    stack: DevStack, new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    examples = json.loads((HERE / "examples.json").read_text())
    async with new_person() as person, Person(endpoints(stack)) as nobody:
        await person.connect_gmail(new_mailbox(order_mail("A100200", date(2026, 7, 4), 899)))
        for each in examples:
            operation = OPERATIONS[each["operation"]]
            if operation.kind == "subscription":
                _, task = await follow(person, operation.name)
                assert not task.done()
                task.cancel()
                continue
            asker = nobody if operation.name == "SignUp" else person
            answer = await run(asker, operation.name, **each.get("variables", {}))
            assert answer is not None
            assert not isinstance(answer, dict) or answer.get("userErrors", []) == []


async def test_vendors_of_the_repository_are_listed(new_person: NewPerson) -> None:
    async with new_person() as person:
        everyone = await run(person, "Vendors")
        travel = await run(person, "Vendors", filter={"category": "TRAVEL", "active": True})

    assert len(everyone) == len(read_folder())
    assert {each["category"] for each in travel} == {"TRAVEL"}
    assert {each["id"] for each in travel} >= {"ryanair", "british_airways"}


async def test_device_is_registered_shown_and_let_go(new_person: NewPerson) -> None:
    async with new_person() as person:
        phone = {"deviceId": "phone", "token": "0a" * 32, "name": "Alvas telefon"}
        registered = await run(person, "RegisterDevice", input=phone)
        profile = await run(person, "Profile")
        gone = await run(person, "UnregisterDevice", input={"deviceId": "phone"})
        afterwards = await run(person, "Profile")

        assert registered["userErrors"] == []
        assert profile["devices"] == [registered["device"]]
        assert gone == {"deviceId": "phone", "userErrors": []}
        assert afterwards["devices"] == []


async def test_what_there_is_to_be_told_is_chosen_and_shown(new_person: NewPerson) -> None:
    async with new_person() as person:
        choice = {"push": False, "discreet": True, "language": "EN", "reminderDays": [7, 1]}
        changed = await run(person, "UpdateNotificationSettings", input=choice)
        refused = await run(person, "UpdateNotificationSettings", input={"reminderDays": [15]})
        profile = await run(person, "Profile")

        assert changed["notificationSettings"] == {**choice, "email": False}
        assert [error["code"] for error in refused["userErrors"]] == ["INVALID_INPUT"]
        assert profile["notificationSettings"] == changed["notificationSettings"]


async def test_latest_notice_is_looked_for(new_person: NewPerson, new_mailbox: NewMailbox) -> None:
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(notice_mail(date(2026, 3, 31), 3).as_bytes()))

        answer = await run(person, "IngestLatestInvoice", input={"dueMonth": "2026-03"})
        ended = await finish(person, answer["run"]["id"])

        assert answer["userErrors"] == []
        assert (ended["dueMonth"], ended["outcome"]) == ("2026-03", "INGESTED")


def order_mail(number: str, day: date, price: int) -> bytes:
    """Return a shop's mail about an order."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Elgiganten <donotreply@elgiganten.se>", "ronja@gmail.example"
    mail["Subject"] = "Orderbekräftelse"
    mail["Date"] = format_datetime(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
    body = ORDER.format(number=number, day=day, price=price)
    mail.set_content(f"<html><body>{body}</body></html>", subtype="html", charset="utf-8")
    return mail.as_bytes()


@asynccontextmanager
async def shopper(new_person: NewPerson, mailbox: str) -> AsyncIterator[tuple[Person, str]]:
    """Someone whose receipts of 2025 have been looked for, and the run."""
    async with new_person() as person:
        await person.connect_gmail(mailbox)
        days = {"startDate": "2025-01-01", "endDate": "2025-12-31"}
        started = await run(person, "IngestReceipts", input=days)
        assert started["userErrors"] == []
        await finish(person, started["run"]["id"])
        yield person, started["run"]["id"]


async def test_receipts_are_looked_for_listed_counted_and_added_up(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    bought = [
        order_mail("A100200", date(2025, 3, 4), 899),
        order_mail("A100201", date(2025, 3, 20), 101),
        order_mail("A100202", date(2025, 5, 2), 500),
    ]
    async with shopper(new_person, new_mailbox(*bought)) as (person, run_id):
        progress = await run(person, "RunProgress", id=run_id)
        chosen = {"category": "TECHNOLOGY", "year": 2025}
        page = await run(person, "Receipts", first=2, filter=chosen)
        after = page["pageInfo"]["endCursor"]
        rest = await run(person, "Receipts", first=2, after=after, filter=chosen)
        ids = [edge["node"]["id"] for edge in page["edges"] + rest["edges"]]
        receipt = await run(person, "Receipt", id=ids[0])
        counts = await run(person, "ReceiptCounts")
        quarters = {
            "period": "QUARTER",
            "groupBy": "VENDOR",
            "from": "2025-01-01",
            "to": "2025-06-30",
        }
        spent = await run(person, "Spending", filter=quarters)
        mail = await asyncio.to_thread(download, receipt["document"]["url"])

    assert (progress["status"], progress["found"], progress["totalEmailsFound"]) == (
        "SUCCEEDED",
        3,
        3,
    )
    assert progress["byVendor"] == [{"vendor": "elgiganten", "count": 3}]
    assert progress["dateRange"] == {"start": "2025-01-01", "end": "2025-12-31"}
    assert len(set(ids)) == 3
    assert rest["pageInfo"]["hasNextPage"] is False
    assert receipt["total"]["amount"] == "500.00"
    assert (receipt["orderNumber"], receipt["vendorId"]) == ("A100202", "elgiganten")
    assert receipt["detail"]["__typename"] == "TechnologyDetail"
    assert receipt["detail"]["items"][0]["name"] == "Hörlurar"
    assert {each["name"] for each in receipt["fields"]} >= {"total", "orderNumber"}
    assert "Hörlurar" in mail.decode()
    assert {each["category"]: each["count"] for each in counts if each["count"]} == {
        "TECHNOLOGY": 3
    }
    assert [(each["period"], each["entries"][0]["sum"]["amount"]) for each in spent] == [
        ("2025-Q1", "1000.00"),
        ("2025-Q2", "500.00"),
    ]


async def test_a_receipt_is_corrected_read_again_and_deleted(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    mailbox = new_mailbox(order_mail("A100200", date(2025, 3, 4), 899))
    async with shopper(new_person, mailbox) as (person, _):
        events, task = await follow(person, "OnInvoice")
        (edge,) = (await run(person, "Receipts"))["edges"]
        id_ = edge["node"]["id"]
        said = {"id": id_, "vendor": "Elgiganten Kungsgatan", "category": "MISCELLANEOUS"}
        corrected = await run(person, "CorrectReceipt", input={**said, "confirm": True})
        # waited for one by one: the receipt's own CREATED may come late, or had come before
        await wait_until(lambda: updates(events) == 1, LIMIT_S)
        reading = await run(person, "ReparseReceipt", input={"id": id_})
        await wait_until(lambda: updates(events) == 2, LIMIT_S)
        again = await run(person, "Receipt", id=id_)
        link = again["document"]["url"]
        deleted = await run(person, "DeleteInvoice", input={"id": id_})
        await wait_until(lambda: events[-1]["type"] == "DELETED", LIMIT_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        days = {"startDate": "2025-01-01", "endDate": "2025-12-31"}
        second = await run(person, "IngestReceipts", input=days)
        await finish(person, second["run"]["id"])

        assert corrected["invoice"]["detail"]["__typename"] == "MiscellaneousDetail"
        assert sorted(corrected["invoice"]["corrected"]) == ["CATEGORY", "VENDOR"]
        assert reading["userErrors"] == []
        assert again["updatedAt"] > corrected["invoice"]["updatedAt"]
        assert (again["vendor"], again["category"]) == ("Elgiganten Kungsgatan", "MISCELLANEOUS")
        assert (again["reviewed"], again["status"]) == (True, "OK")
        assert {each["kind"] for each in events} == {"RETAIL"}
        told = next(event for event in events if event["type"] == "UPDATED")
        assert (told["category"], told["invoiceDate"]) == ("MISCELLANEOUS", "2025-03-04")
        assert deleted == {"invoiceId": id_, "userErrors": []}
        assert await run(person, "Receipt", id=id_) is None
        with pytest.raises(HTTPError):
            await asyncio.to_thread(download, link)
        assert (await run(person, "Receipts"))["edges"] == []


async def test_a_page_of_receipts_has_details_of_every_category(new_person: NewPerson) -> None:
    categories = list(Category.__members__)
    async with new_person() as person:
        for number, category in enumerate(categories):
            manual = {
                "requestId": f"request-{number}",
                "vendor": "Torget",
                "category": category,
                "invoiceDate": f"2025-01-{number + 1:02d}",
                "total": {"amount": "10.00", "currency": "EUR"},
                "items": [{"name": "Sak", "quantity": 1.5}],
            }
            added = await run(person, "AddReceipt", input=manual)
            assert added["userErrors"] == []
        answer = await person.ask(
            """{ retailInvoices(filter: {order: OLDEST_FIRST}) { edges { node {
                 category detail { __typename
                   ... on TravelDetail { items { quantity } }
                   ... on UtilityDetail { items { quantity } } } } } } }"""
        )

    nodes = [edge["node"] for edge in answer["retailInvoices"]["edges"]]
    assert [node["category"] for node in nodes] == categories
    assert len({node["detail"]["__typename"] for node in nodes}) == 8
    assert nodes[-1]["detail"]["items"] == [{"quantity": 1.5}]


async def test_a_whole_mailbox_is_looked_through(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    mails = [
        order_mail("A100200", date(2024, 3, 4), 899),
        notice_mail(date(2024, 4, 30), 3).as_bytes(),
    ]
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(*mails))
        started = await run(person, "BackfillInvoices", input={"from": "2024-01-01"})
        ended = await finish(person, started["run"]["id"])

        assert started["run"]["dateRange"] == {"start": "2024-01-01", "end": None}
        assert (ended["status"], ended["parsed"]) == ("SUCCEEDED", 2)
        assert len((await run(person, "Receipts"))["edges"]) == 1
        assert len(await run(person, "InvoicesByYear")) == 1


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
