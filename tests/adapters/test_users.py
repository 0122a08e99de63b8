from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from paypulse.accounts import GmailStatus, User
from paypulse.aws.users import DynamoUsers
from tests.factories import NOW

if TYPE_CHECKING:
    from tests.conftest import Aws


@pytest.fixture
def users(aws: Aws) -> DynamoUsers:
    return DynamoUsers("Users", aws.client("dynamodb"))


@pytest.fixture
def user(user_id: str) -> User:
    return User(user_id, f"{user_id}@example.com", "Ronja", "$2b$hash", NOW)


def test_an_account_is_found_by_id_and_by_address(users: DynamoUsers, user: User) -> None:
    assert users.add(user)

    assert users.get(user.user_id) == user
    assert users.find_by_email(user.email) == user


def test_an_address_opens_one_account_however_many_try_at_once(
    users: DynamoUsers, user: User
) -> None:
    rivals = [replace(user, user_id=f"{user.user_id}-{index}") for index in range(8)]

    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(users.add, rivals))

    assert sorted(opened) == [False] * 7 + [True]
    assert users.find_by_email(user.email) == rivals[opened.index(True)]


def test_nobody_is_found_under_an_unknown_address(users: DynamoUsers) -> None:
    assert users.find_by_email("nobody@example.com") is None
    assert users.get("email#nobody@example.com") is None


def test_connecting_and_disconnecting_gmail_is_noted(users: DynamoUsers, user: User) -> None:
    users.add(user)

    users.set_connected(user.user_id, "ronja@gmail.example", now=NOW)
    connected = users.get(user.user_id)
    users.set_disconnected(user.user_id)

    assert connected is not None
    assert connected.gmail_status is GmailStatus.CONNECTED
    assert connected.gmail_email == "ronja@gmail.example"
    assert users.get(user.user_id) == user


def test_only_users_with_a_working_connection_are_fanned_out_to(
    users: DynamoUsers, user: User
) -> None:
    users.add(user)
    users.set_connected(user.user_id, "ronja@gmail.example", now=NOW)
    assert user.user_id in _all_connected(users)

    connected = users.get(user.user_id)
    assert connected is not None
    assert users.set_reconnect_required(connected)

    assert user.user_id not in _all_connected(users)


def test_reconnecting_is_not_asked_of_someone_who_disconnected(
    users: DynamoUsers, user: User
) -> None:
    users.add(user)
    users.set_connected(user.user_id, "ronja@gmail.example", now=NOW)
    connected = users.get(user.user_id)
    assert connected is not None
    users.set_disconnected(user.user_id)

    assert not users.set_reconnect_required(connected)

    assert users.get(user.user_id) == user


def test_reconnecting_is_not_asked_of_someone_who_has_just_done_so(
    users: DynamoUsers, user: User
) -> None:
    users.add(user)
    users.set_connected(user.user_id, "ronja@gmail.example", now=NOW)
    before = users.get(user.user_id)
    assert before is not None
    users.set_connected(user.user_id, "ronja@gmail.example", now=NOW + timedelta(seconds=1))

    assert not users.set_reconnect_required(before)

    now = users.get(user.user_id)
    assert now is not None
    assert now.gmail_status is GmailStatus.CONNECTED


def _all_connected(users: DynamoUsers) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        page = users.list_connected(after)
        found += page.items
        if not page.has_next:
            return found
        after = page.end_cursor
