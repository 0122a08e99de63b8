"""DynamoDB streams to functions, as Lambda's event source mapping does it.

Batches in order; a function reports the records that failed and the batch goes on from the first
of them; after the last retry a record's description goes to the on-failure queue and the stream
moves on. The place in each stream is kept on disk. Source: AWS Lambda developer guide, "Using
AWS Lambda with Amazon DynamoDB".
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from devstack.appsync.config import InvocationError
from devstack.ministack import REGION, client

if TYPE_CHECKING:
    from pathlib import Path

    from devstack.appsync.config import Invoker
    from devstack.manifest import Function, Trigger
    from devstack.resources import Resources

_POLL_S = 0.05
_FIRST_RETRY_S = 0.5
_LONGEST_RETRY_S = 30.0


@dataclass(slots=True)
class StreamMapping:
    """One stream feeding one function."""

    function_name: str
    function: Function
    trigger: Trigger
    resources: Resources
    invoker: Invoker
    checkpoint: Path

    async def run(self) -> None:
        """Feed the function until cancelled."""
        streams = client("dynamodbstreams", self.resources.aws_url)
        arn = await asyncio.to_thread(self.resources.stream_arn, self.trigger.stream or "")
        while True:
            iterator = await asyncio.to_thread(self._iterator, streams, arn)
            try:
                await self._feed(streams, arn, iterator)
            except streams.exceptions.ExpiredIteratorException:
                continue  # the machine slept; go on from the checkpoint

    async def _feed(self, streams: Any, arn: str, iterator: str) -> None:
        while True:
            answer = await asyncio.to_thread(
                streams.get_records, ShardIterator=iterator, Limit=self.trigger.batch_size
            )
            records = [_to_event_record(record, arn) for record in answer["Records"]]
            if records:
                await self._deliver(records)
                self.checkpoint.write_text(records[-1]["dynamodb"]["SequenceNumber"])
            else:
                await asyncio.sleep(_POLL_S)
            iterator = answer["NextShardIterator"]

    def _iterator(self, streams: Any, arn: str) -> str:
        shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        request = {"StreamArn": arn, "ShardId": shards[0]["ShardId"]}
        if self.checkpoint.exists():
            request["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER"
            request["SequenceNumber"] = self.checkpoint.read_text()
        else:
            request["ShardIteratorType"] = "TRIM_HORIZON"
        iterator: str = streams.get_shard_iterator(**request)["ShardIterator"]
        return iterator

    async def _deliver(self, records: list[dict[str, Any]]) -> None:
        attempt = 0
        while records:
            rest = await self._call(records)
            if len(rest) < len(records):
                attempt = 0  # a shorter batch is a new one
            records = rest
            if not records:
                return
            if attempt >= (self.trigger.max_retries or 0):
                await asyncio.to_thread(self._give_up, records[0])
                records = records[1:]
                attempt = 0
                continue
            await asyncio.sleep(min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2**attempt))
            attempt += 1

    async def _call(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the records that are left, the first failed one in front."""
        try:
            answer = await self.invoker.invoke(
                self.function_name, {"Records": records}, self.function.timeout_s
            )
        except InvocationError:
            return records
        failures = {item["itemIdentifier"] for item in (answer or {}).get("batchItemFailures", [])}
        for index, record in enumerate(records):
            if record["dynamodb"]["SequenceNumber"] in failures:
                return records[index:]
        return []

    def _give_up(self, record: dict[str, Any]) -> None:
        description = {
            "functionName": self.function_name,
            "eventSourceArn": record["eventSourceARN"],
            "eventID": record["eventID"],
            "sequenceNumber": record["dynamodb"]["SequenceNumber"],
            "condition": "RetryAttemptsExhausted",
        }
        client("sqs", self.resources.aws_url).send_message(
            QueueUrl=self.resources.queue_url(self.trigger.on_failure or ""),
            MessageBody=json.dumps(description),
        )


def _to_event_record(record: dict[str, Any], arn: str) -> dict[str, Any]:
    """Return a stream record in the form in which Lambda hands it to a function."""
    change = dict(record["dynamodb"])
    created = change.get("ApproximateCreationDateTime")
    if isinstance(created, datetime):
        change["ApproximateCreationDateTime"] = created.timestamp()
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "eventSourceARN": arn,
        "dynamodb": change,
    }
