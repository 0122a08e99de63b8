"""Event files, and the context that Lambda hands a function."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from paypulse.aws import clients
from resolvers import manage_devices
from tests.outboxes import running_outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Aws
    from tests.outboxes import RunningOutbox

EVENTS = Path(__file__).parents[1] / "events"


@dataclass
class Context:
    """As much of Lambda's context as the functions use."""

    aws_request_id: str = "request-1"
    function_name: str = "function"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:000000000000:function:function"
    remaining_ms: int = 300_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def load_event() -> Callable[[str], dict[str, Any]]:
    """Return an event from its file, free to change."""

    def load(name: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
        return copy.deepcopy(event)

    return load


@pytest.fixture
def ask(
    load_event: Callable[[str], dict[str, Any]], context: Context, function_variables: None
) -> Callable[..., Any]:
    """Call an AppSync-facing handler as invoke.js does."""

    def call(
        handler: Any, field: str, arguments: dict[str, Any], caller: dict[str, str] | None = None
    ) -> Any:
        event = load_event("appsync_mutation")
        event["info"]["parentTypeName"], event["info"]["fieldName"] = field.split(".")
        event["arguments"] = arguments
        event["identity"] = {"resolverContext": caller} if caller else None
        return handler(event, context)

    return call


@pytest.fixture
def queued(aws: Aws) -> Callable[[str], list[dict[str, Any]]]:
    """Return, and take, what lies in a queue."""

    def take(queue: str) -> list[dict[str, Any]]:
        sqs, found = aws.client("sqs"), []
        url = aws.resources.queue_url(queue)
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return take


@pytest.fixture(scope="session")
def outbox(aws: Aws, function_variables: None) -> Iterator[RunningOutbox]:
    """SNS as the functions meet it in the dev stack."""
    with running_outbox(aws.url) as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_SNS", running.url)
        clients.sns.cache_clear()
        manage_devices._build.cache_clear()
        yield running
