"""After `deleteUser`: whatever is counted anywhere, nothing of the person is left."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from gql.transport.exceptions import TransportQueryError

from devstack.google_keys import LOCAL_CLIENT_ID
from devstack.journey import Person, wait_until
from devstack.ministack import client
from devstack.sample_mailbox import make_mails, notice_mail
from devstack.showing import endpoints
from tests.stack.conftest import PASSWORD
from tests.stack.test_deliveries import BUCKET, invoke, keys
from tests.stack.test_journey import LIMIT_S, NewMailbox, NewPerson, finish
from tests.stack.test_passwords import follow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from devstack.running import DevStack

RECEIPT_DAYS = {"startDate": "2026-06-01", "endDate": "2026-09-30"}
AWKWARD = ("awkward-truncated-pdf", "awkward-no-pdf", "awkward-spoofed-sender")


@dataclass(frozen=True)
class Traces:
    """Counts what names a person, everywhere."""

    stack: DevStack
    words: tuple[str, ...]
    endpoints: tuple[str, ...] = ()

    def count(self) -> dict[str, int]:
        """Return the number of mentions by place, without the places that have none."""
        found = {
            **{f"table {name}": self._count(self._rows(name)) for name in self.stack.stack.tables},
            "versions": self._count(self._versions("Versions")),
            "delete markers": self._count(self._versions("DeleteMarkers")),
            "secrets": self._count(self._secrets()),
            "subscriptions": self._count(self._subscriptions()),
            "endpoints": sum(self._exists(each) for each in self.endpoints),
        }
        return {place: number for place, number in found.items() if number}

    def _count(self, texts: Iterator[str]) -> int:
        return sum(any(word in text for word in self.words) for text in texts)

    def _rows(self, table: str) -> Iterator[str]:
        pages = client("dynamodb", self.stack.aws.url).get_paginator("scan")
        for page in pages.paginate(TableName=table):
            yield from (json.dumps(item, default=str) for item in page["Items"])

    def _versions(self, kind: str) -> Iterator[str]:
        pages = client("s3", self.stack.aws.url).get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=BUCKET):
            yield from (each["Key"] for each in page.get(kind, ()))

    def _secrets(self) -> Iterator[str]:
        pages = client("secretsmanager", self.stack.aws.url).get_paginator("list_secrets")
        for page in pages.paginate(IncludePlannedDeletion=True):
            yield from (each["Name"] for each in page["SecretList"])

    def _subscriptions(self) -> Iterator[str]:
        sns = client("sns", self.stack.aws.url)
        topic = self.stack.resources.topic_arn("new_invoice")
        for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic):
            for each in page["Subscriptions"]:
                arn = each["SubscriptionArn"]
                policy = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
                yield json.dumps([each, policy])

    def _exists(self, endpoint: str) -> bool:
        """MiniStack cannot list endpoints, so they are asked for one by one."""
        sns = client("sns", self.stack.aws.url)
        try:
            sns.get_endpoint_attributes(EndpointArn=endpoint)
        except sns.exceptions.NotFoundException:
            return False
        return True


@pytest.fixture
def find_traces(stack: DevStack) -> Callable[..., Traces]:
    return lambda person, *words: Traces(stack, (person.user_id, person.email, *words))


@pytest.fixture
def settle(stack: DevStack) -> Callable[[Person, str], None]:
    """Queue the sweep that comes when everything in flight has ended: no test waits so long."""

    def send(person: Person, receipt_id: str) -> None:
        message = {"userId": person.user_id, "receiptId": receipt_id, "settled": True}
        client("sqs", stack.aws.url).send_message(
            QueueUrl=stack.resources.queue_url("delete_user"), MessageBody=json.dumps(message)
        )

    return send


def receipt(stack: DevStack, receipt_id: str) -> dict[str, Any]:
    item = client("dynamodb", stack.aws.url).get_item(
        TableName="Erasures", Key={"ReceiptID": {"S": receipt_id}}
    )["Item"]
    return {name: next(iter(value.values())) for name, value in item.items()}


def endpoints_of(stack: DevStack, person: Person) -> tuple[str, ...]:
    """Return the push endpoints of a person's devices."""
    answer = client("dynamodb", stack.aws.url).query(
        TableName="Devices",
        KeyConditionExpression="UserID = :user",
        ExpressionAttributeValues={":user": {"S": person.user_id}},
    )
    return tuple(item["endpoint"]["S"] for item in answer["Items"])


async def wait_until_left(traces: Traces, *expected: dict[str, int]) -> None:
    """Wait until what is left is one of these."""
    deadline = time.monotonic() + LIMIT_S
    while (left := await asyncio.to_thread(traces.count)) not in expected:
        assert time.monotonic() < deadline, left
        await asyncio.sleep(0.1)


async def export(stack: DevStack, person: Person) -> None:
    """Have an archive made, and wait until it is in the bucket."""
    await person.ask("mutation { exportMyData(input: {}) { export { id } } }")
    s3, prefix = client("s3", stack.aws.url), f"exports/{person.user_id}/"

    def is_there() -> bool:
        return bool(s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"])

    await wait_until(is_there, LIMIT_S)


def refresh_at_google(stack: DevStack, refresh_token: str) -> int:
    """Return the status with which Google answers a refresh token."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": LOCAL_CLIENT_ID,
    }
    try:
        with urlopen(
            Request(f"{stack.google_url}/token", urlencode(form).encode()), timeout=5
        ) as it:
            return int(it.status)
    except HTTPError as error:
        return error.code


async def test_nothing_of_a_person_is_left_but_the_receipt(
    stack: DevStack,
    new_person: NewPerson,
    new_mailbox: NewMailbox,
    find_traces: Callable[..., Traces],
    settle: Callable[[Person, str], None],
) -> None:
    mails = make_mails()
    notices = [notice_mail(date(2026, month, 28), month).as_bytes() for month in (1, 2, 3)]
    async with new_person() as person, new_person() as bystander:
        receipts = [mail.as_bytes() for name, mail in mails.items() if name.startswith("receipt-")]
        mailbox = new_mailbox(*notices, *(mails[name].as_bytes() for name in AWKWARD), *receipts)
        await person.connect_gmail(mailbox)
        await bystander.connect_gmail(new_mailbox(notices[0], *receipts[:2]))
        for each in (person, person, bystander):
            await finish(each, await each.ingest())
        for each in (person, bystander):
            await finish(each, await each.ingest_receipts(**RECEIPT_DAYS))
        await export(stack, person)
        for each in (person, bystander):
            await each.register_device("phone", secrets.token_hex(32))
            await each.update_notifications(email=True)
        s3 = client("s3", stack.aws.url)
        written, deleted, *_ = keys(stack, person)
        s3.copy_object(Bucket=BUCKET, Key=written, CopySource=f"{BUCKET}/{written}")
        s3.delete_object(Bucket=BUCKET, Key=deleted)
        secret = client("secretsmanager", stack.aws.url).get_secret_value(
            SecretId=f"gmail/user/{person.user_id}"
        )
        refresh_token = json.loads(secret["SecretString"])["refresh_token"]
        traces = replace(find_traces(person, mailbox), endpoints=endpoints_of(stack, person))
        others = replace(find_traces(bystander), endpoints=endpoints_of(stack, bystander))
        before, kept = traces.count(), others.count()
        assert before.keys() == {
            *(f"table {name}" for name in (*stack.stack.tables_keyed_by("UserID"), "Users")),
            *(f"table {name}" for name in stack.stack.detail_tables("RetailInvoices").values()),
            *("versions", "delete markers", "secrets", "subscriptions", "endpoints"),
        }
        assert before["versions"] > before["delete markers"] == 1
        assert refresh_at_google(stack, refresh_token) == 200

        receipt_id = await person.delete_user(PASSWORD)
        await wait_until_left(traces, {"table Users": 2})  # the account, and its address's marker
        assert receipt(stack, receipt_id)["state"] == "QUEUED"
        settle(person, receipt_id)
        await wait_until_left(traces, {})

        assert refresh_at_google(stack, refresh_token) == 400
        assert others.count() == kept
        await asyncio.sleep(0.2)  # the receipt is finished after the account's row has gone
        proof = receipt(stack, receipt_id)
        assert proof.keys() == {"ReceiptID", "state", "asked_at", "finished_at", "ExpiresAt"}
        assert proof["state"] == "DONE"


async def test_the_person_is_locked_out_at_once(stack: DevStack, new_person: NewPerson) -> None:
    async with new_person() as person:
        token = person.access_token
        subscription = asyncio.create_task(follow(person))
        await asyncio.sleep(0.3)

        await person.delete_user(PASSWORD)

        event = {"authorizationToken": token, "requestContext": {}}
        assert invoke(stack, "authorizer", event)["isAuthorized"] is False
        with pytest.raises(TransportQueryError, match="INVALID_TOKEN"):
            await person.refresh_session()
        with pytest.raises(TransportQueryError, match="INVALID_CREDENTIALS"):
            await person.log_in(person.email, PASSWORD)
        await asyncio.wait([subscription], timeout=5)
        assert subscription.done()
        await asyncio.gather(subscription, return_exceptions=True)


async def test_deleting_twice_is_harmless(
    new_person: NewPerson,
    find_traces: Callable[..., Traces],
    settle: Callable[[Person, str], None],
) -> None:
    async with new_person() as person:
        receipts = [await person.delete_user(PASSWORD) for _ in range(2)]
        for receipt_id in (*receipts, *receipts):
            settle(person, receipt_id)

        await wait_until_left(find_traces(person), {})


async def test_a_run_in_flight_brings_nothing_back(
    stack: DevStack,
    new_person: NewPerson,
    new_mailbox: NewMailbox,
    google: Callable[[str, bytes], None],
    find_traces: Callable[..., Traces],
    settle: Callable[[Person, str], None],
) -> None:
    async with new_person() as person:
        mailbox = new_mailbox(notice_mail(date(2026, 5, 29), 5).as_bytes())
        await person.connect_gmail(mailbox)
        google("faults", b'{"method": "messages.get", "delay_s": 3}')
        await person.ingest()
        await asyncio.sleep(1)  # the run is at Gmail now, and comes back to an account swept once

        receipt_id = await person.delete_user(PASSWORD)
        traces = find_traces(person, mailbox)
        await asyncio.sleep(4)  # longer than the run goes on
        for _ in range(2):  # the first might find something, the second nothing
            settle(person, receipt_id)

        await wait_until_left(traces, {})
        await asyncio.sleep(0.5)
        assert traces.count() == {}
        assert receipt(stack, receipt_id)["state"] == "DONE"


async def test_another_account_for_the_same_address_is_a_new_one(
    stack: DevStack,
    new_person: NewPerson,
    find_traces: Callable[..., Traces],
    settle: Callable[[Person, str], None],
) -> None:
    async with new_person() as person:
        settle(person, await person.delete_user(PASSWORD))
        settle(person, "erasure_unknown")
        await wait_until_left(find_traces(person), {})

        async with Person(endpoints(stack)) as again:
            await again.sign_up_or_log_in("Birk", person.email, PASSWORD)

            assert again.user_id != person.user_id
            assert await again.years() == []
