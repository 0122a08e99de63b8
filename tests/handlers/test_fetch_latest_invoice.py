"""fetch_latest_invoice: the schedule reaches every connected user, once."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.logging import Logger

from devstack.sample_mailbox import notice_mail
from ingestion import fetch_latest_invoice
from paypulse.accounts import User
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.users import DynamoUsers
from paypulse.clock import to_text, utc_now
from tests.factories import NOW
from tests.handlers.tenants import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Aws
    from tests.handlers.conftest import Context
    from tests.handlers.tenants import Tenant


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


def test_what_a_schedule_begins_is_followed_by_its_runs_id(
    new_tenant: Callable[..., Tenant], aws: Aws, queued: Callable[[str], list[dict[str, Any]]]
) -> None:
    tenant = new_tenant(notice_mail(date(2026, 2, 27), 2, sent_at=utc_now()).as_bytes())
    queued("fetch_latest_invoice")
    scheduled_at = to_text(utc_now())
    aws.client("sqs").send_message(
        QueueUrl=aws.resources.queue_url("fetch_latest_invoice"),
        MessageBody=json.dumps({"userId": tenant.user_id, "scheduledAt": scheduled_at}),
    )

    tenant.drain("fetch_latest_invoice", fetch_latest_invoice.handler)

    (run,) = (
        DynamoRuns("IngestionRuns", aws.client("dynamodb")).list_page(tenant.user_id, 5, None).items
    )
    (key,) = tenant.keys()
    stored = aws.client("s3").head_object(Bucket=BUCKET, Key=key)
    assert stored["Metadata"]["correlation-id"] == run.correlation_id == run.run_id
    assert Logger().get_correlation_id() == run.run_id  # of the last line
