from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from paypulse.aws.rate_limits import DynamoAttemptCounters
from tests.factories import NOW

if TYPE_CHECKING:
    from tests.conftest import Aws

UNTIL = NOW + timedelta(minutes=15)


@pytest.fixture
def counters(aws: Aws) -> DynamoAttemptCounters:
    return DynamoAttemptCounters("RateLimits", aws.client("dynamodb"))


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
