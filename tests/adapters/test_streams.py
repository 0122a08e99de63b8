"""Streams reach functions by Lambda's rules: partial failure, retries, a place for what is left."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from devstack.appsync.config import InvocationError
from devstack.manifest import Trigger
from devstack.streams import StreamMapping
from paypulse.aws.runs import DynamoRuns
from paypulse.runs import IngestionRun, RunKind, RunStatus
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Aws

LIMIT_S = 10


class Listener:
    """Takes batches; fails as told; remembers what it saw of one user."""

    def __init__(self, user_id: str, answer: Callable[[str, int], str]) -> None:
        self.user_id = user_id
        self.answer = answer  # of a run id and how often it came: ok, failed or crash
        self.seen: list[str] = []

    async def invoke(self, function_name: str, payload: Any, timeout_s: float) -> Any:  # noqa: ARG002 - the port's
        failures = []
        for record in payload["Records"]:
            keys = record["dynamodb"]["Keys"]
            if keys["UserID"]["S"] != self.user_id:
                continue
            run_id = keys["RunID"]["S"]
            self.seen.append(run_id)
            match self.answer(run_id, self.seen.count(run_id)):
                case "crash":
                    raise InvocationError("Lambda:Unhandled", "it crashed")
                case "failed":
                    failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
        return {"batchItemFailures": failures}


async def listen(
    aws: Aws, folder: Path, listener: Listener, until: Callable[[], bool], retries: int = 2
) -> None:
    """Feed the stream of IngestionRuns to a listener until something holds."""
    mapping = StreamMapping(
        "send_invoice_notification",
        aws.stack.functions["send_invoice_notification"],
        Trigger(
            stream="IngestionRuns",
            batch_size=10,
            max_retries=retries,
            on_failure="send_invoice_notification_failed",
        ),
        aws.resources,
        listener,
        folder / "checkpoint",
    )
    task = asyncio.create_task(mapping.run())
    async with asyncio.timeout(LIMIT_S):
        while not until() and not task.done():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.wait([task])


def add_runs(aws: Aws, user_id: str, *run_ids: str) -> None:
    runs = DynamoRuns("IngestionRuns", aws.client("dynamodb"))
    for run_id in run_ids:
        runs.add(IngestionRun(user_id, run_id, RunKind.RENTAL, RunStatus.QUEUED, NOW, NOW))


async def test_a_failed_record_comes_again_with_those_after_it(
    aws: Aws, tmp_path: Path, user_id: str
) -> None:
    add_runs(aws, user_id, "a", "b", "c")
    listener = Listener(user_id, lambda run, times: "failed" if (run, times) == ("b", 1) else "ok")

    await listen(aws, tmp_path, listener, lambda: listener.seen.count("c") == 2)

    assert listener.seen.count("a") == 1
    assert listener.seen[-2:] == ["b", "c"]


async def test_a_record_that_never_succeeds_goes_to_the_queue_and_the_rest_goes_on(
    aws: Aws, tmp_path: Path, user_id: str
) -> None:
    sqs = aws.client("sqs")
    url = aws.resources.queue_url("send_invoice_notification_failed")
    sqs.purge_queue(QueueUrl=url)
    add_runs(aws, user_id, "bad", "good")
    listener = Listener(user_id, lambda run, _: "failed" if run == "bad" else "ok")

    await listen(aws, tmp_path, listener, lambda: listener.seen.count("good") == 3, retries=1)

    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    description = json.loads(message["Body"])
    assert listener.seen.count("bad") == 2
    assert description["condition"] == "RetryAttemptsExhausted"
    assert description["functionName"] == "send_invoice_notification"


async def test_a_crash_is_retried(aws: Aws, tmp_path: Path, user_id: str) -> None:
    add_runs(aws, user_id, "a")
    listener = Listener(user_id, lambda _, times: "crash" if times == 1 else "ok")

    await listen(aws, tmp_path, listener, lambda: listener.seen == ["a", "a"])

    assert listener.seen == ["a", "a"]


async def test_a_restart_goes_on_where_it_stopped(aws: Aws, tmp_path: Path, user_id: str) -> None:
    add_runs(aws, user_id, "a")
    first = Listener(user_id, lambda *_: "ok")
    await listen(aws, tmp_path, first, lambda: first.seen == ["a"])
    add_runs(aws, user_id, "b")
    second = Listener(user_id, lambda *_: "ok")

    await listen(aws, tmp_path, second, lambda: "b" in second.seen)

    assert second.seen == ["b"]
