"""fetch_latest_invoice: the schedule reaches every connected user, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ingestion import fetch_latest_invoice
from paypulse.accounts import User
from paypulse.aws.users import DynamoUsers
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Aws
    from tests.handlers.conftest import Context


@pytest.fixture
def connected(aws: Aws, user_id: str) -> list[str]:
    """Connect more users than one page of the index holds."""
    users = DynamoUsers("Users", aws.client("dynamodb"))
    ids = [f"{user_id}-{index:03d}" for index in range(120)]
    for each in ids:
        users.add(User(each, f"{each}@example.com", "Ronja", "hash", NOW))
        users.set_connected(each, "ronja@gmail.example", now=NOW)
    return ids


@pytest.mark.usefixtures("function_variables")
def test_the_schedule_queues_a_message_for_every_connected_user(
    connected: list[str],
    load_event: Callable[[str], dict[str, Any]],
    context: Context,
    queued: Callable[[str], list[dict[str, Any]]],
) -> None:
    queued("fetch_latest_invoice")

    fetch_latest_invoice.handler(load_event("schedule"), context)

    messages = queued("fetch_latest_invoice")
    assert set(connected) <= {message["userId"] for message in messages}
    assert {message["scheduledAt"] for message in messages} == {"2026-01-20T08:30:00Z"}


@pytest.mark.usefixtures("function_variables", "connected")
def test_a_fan_out_that_runs_out_of_time_goes_on_where_it_stopped(
    load_event: Callable[[str], dict[str, Any]],
    context: Context,
    queued: Callable[[str], list[dict[str, Any]]],
) -> None:
    queued("fetch_latest_invoice")
    context.remaining_ms = 10_000

    fetch_latest_invoice.handler(load_event("schedule"), context)

    first = queued("fetch_latest_invoice")
    (rest,) = [message for message in first if "fanOut" in message]
    assert len(first) == 101
    assert rest["fanOut"]
