"""The lock on a Gmail grant, in DynamoDB, and the race that it is for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from paypulse.accounts import User
from paypulse.aws.grant_locks import DynamoGrantLocks
from paypulse.aws.secrets import SecretGrants
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.grant_lock import GrantLock
from tests.factories import NOW

if TYPE_CHECKING:
    from tests.adapters.conftest import EmulatedGoogle
    from tests.conftest import Aws

UNTIL = NOW + timedelta(minutes=1)


@pytest.fixture
def locks(aws: Aws) -> DynamoGrantLocks:
    return DynamoGrantLocks("Users", aws.client("dynamodb"))


@pytest.fixture
def user(aws: Aws, user_id: str) -> User:
    user = User(user_id, f"{user_id}@example.com", "Ronja", "hash", NOW)
    DynamoUsers("Users", aws.client("dynamodb")).add(user)
    return user


def test_one_of_many_gets_the_lock(locks: DynamoGrantLocks, user: User) -> None:
    with ThreadPoolExecutor(8) as pool:
        holders = list(
            pool.map(lambda _: locks.acquire(user.user_id, now=NOW, until=UNTIL), range(8))
        )

    assert len([holder for holder in holders if holder]) == 1


def test_a_lock_that_was_given_back_is_free(locks: DynamoGrantLocks, user: User) -> None:
    holder = locks.acquire(user.user_id, now=NOW, until=UNTIL)
    assert holder is not None

    locks.release(user.user_id, holder)

    assert locks.acquire(user.user_id, now=NOW, until=UNTIL)


def test_the_dead_lose_their_lock_and_cannot_give_back_anothers(
    locks: DynamoGrantLocks, user: User
) -> None:
    dead = locks.acquire(user.user_id, now=NOW, until=UNTIL)
    assert dead is not None

    heir = locks.acquire(user.user_id, now=UNTIL, until=UNTIL + timedelta(minutes=1))
    locks.release(user.user_id, dead)

    assert heir is not None
    assert locks.acquire(user.user_id, now=UNTIL, until=UNTIL) is None


def test_an_account_that_is_gone_has_no_lock_and_gets_no_row(
    locks: DynamoGrantLocks, aws: Aws, user_id: str
) -> None:
    assert locks.acquire(user_id, now=NOW, until=UNTIL) is None
    locks.release(user_id, "nobody")

    row = aws.client("dynamodb").get_item(TableName="Users", Key={"UserID": {"S": user_id}})
    assert "Item" not in row


def test_two_workers_refresh_a_token_once(
    google_emulator: EmulatedGoogle, locks: DynamoGrantLocks, aws: Aws, user: User
) -> None:
    grants = SecretGrants("gmail/user/", aws.client("secretsmanager"))
    grants.put(user.user_id, google_emulator.connect(expires_in=200))
    mailboxes = [
        google_emulator.mailbox(
            user_id=user.user_id, grants=grants, lock=GrantLock(locks=locks, clock=utc_now)
        )
        for _ in range(2)
    ]
    google_emulator.fault("token", delay_s=0.3)
    together = Barrier(2)

    def search(index: int) -> tuple[str, ...]:
        together.wait()
        return mailboxes[index].search("", None).message_ids

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(search, range(2)))

    assert found == [(), ()]
    assert google_emulator.calls("token") == 1
    assert google_emulator.calls("messages.list") == 2
