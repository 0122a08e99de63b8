from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from paypulse.aws.rate_limits import DynamoAttemptCounters, DynamoSpendingCounters
from tests.factories import NOW

if TYPE_CHECKING:
    from tests.conftest import Aws

UNTIL = NOW + timedelta(minutes=15)


@pytest.fixture
def counters(aws: Aws) -> DynamoAttemptCounters:
    return DynamoAttemptCounters("RateLimits", aws.client("dynamodb"))


@pytest.fixture
def spending(aws: Aws) -> DynamoSpendingCounters:
    return DynamoSpendingCounters("RateLimits", aws.client("dynamodb"))


def test_no_more_are_counted_than_allowed_however_many_come_at_once(
    counters: DynamoAttemptCounters, user_id: str
) -> None:
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda _: counters.count(user_id, most=5, until=UNTIL), range(20)))

    assert counted.count(True) == 5


def test_a_forgotten_counter_begins_at_nought(
    counters: DynamoAttemptCounters, user_id: str
) -> None:
    counters.count(user_id, most=1, until=UNTIL)
    assert not counters.count(user_id, most=1, until=UNTIL)

    counters.forget(user_id)
    counters.forget(user_id)

    assert counters.count(user_id, most=1, until=UNTIL)


def test_one_that_is_taken_back_may_be_counted_again(
    counters: DynamoAttemptCounters, user_id: str
) -> None:
    counters.uncount(user_id)  # nothing is there yet, and nothing comes of it
    counters.count(user_id, most=1, until=UNTIL)

    counters.uncount(user_id)
    counters.uncount(user_id)

    assert counters.count(user_id, most=1, until=UNTIL)
    assert not counters.count(user_id, most=1, until=UNTIL)


def test_a_counter_says_when_it_may_be_removed(
    counters: DynamoAttemptCounters, aws: Aws, user_id: str
) -> None:
    counters.count(user_id, most=1, until=UNTIL)

    row = aws.client("dynamodb").get_item(
        TableName="RateLimits", Key={"CounterID": {"S": user_id}}
    )["Item"]
    assert row == {
        "CounterID": {"S": user_id},
        "Attempts": {"N": "1"},
        "ExpiresAt": {"N": str(int(UNTIL.timestamp()))},
    }


def test_no_more_is_spent_than_allowed_however_many_spend_at_once(
    spending: DynamoSpendingCounters, user_id: str
) -> None:
    with ThreadPoolExecutor(8) as pool:
        spent = list(
            pool.map(lambda _: spending.add(user_id, 300, most=1_000, until=UNTIL), range(20))
        )

    assert spent.count(True) == 3


def test_the_last_of_a_limit_can_be_spent_and_no_more(
    spending: DynamoSpendingCounters, user_id: str
) -> None:
    assert not spending.add(user_id, 1_001, most=1_000, until=UNTIL)
    assert spending.add(user_id, 1_000, most=1_000, until=UNTIL)
    assert not spending.add(user_id, 1, most=1_000, until=UNTIL)


def test_what_was_not_needed_can_be_spent_again(
    spending: DynamoSpendingCounters, user_id: str
) -> None:
    spending.add(user_id, 1_000, most=1_000, until=UNTIL)

    spending.correct(user_id, -400)

    assert spending.add(user_id, 400, most=1_000, until=UNTIL)
    assert not spending.add(user_id, 1, most=1_000, until=UNTIL)


def test_correcting_makes_no_counter_that_would_stay_for_ever(
    spending: DynamoSpendingCounters, aws: Aws, user_id: str
) -> None:
    spending.correct(user_id, 50)

    key = {"CounterID": {"S": user_id}}
    assert "Item" not in aws.client("dynamodb").get_item(TableName="RateLimits", Key=key)
