"""Counters of attempts in the table RateLimits; DynamoDB removes them after `ExpiresAt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paypulse.aws.items import to_item, translated

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoAttemptCounters:
    """Implements `AttemptCounters`: one conditional write an attempt."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def count(self, key: str, *, most: int, until: datetime) -> bool:
        values = {":one": 1, ":most": most, ":until": int(until.timestamp())}
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(key),
                    UpdateExpression="SET ExpiresAt = :until ADD Attempts :one",
                    ConditionExpression="attribute_not_exists(Attempts) OR Attempts < :most",
                    ExpressionAttributeValues=to_item(values),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def uncount(self, key: str) -> None:
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(key),
                    UpdateExpression="ADD Attempts :less",
                    ConditionExpression="Attempts > :none",
                    ExpressionAttributeValues=to_item({":less": -1, ":none": 0}),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def forget(self, key: str) -> None:
        with translated():
            self._client.delete_item(TableName=self._table, Key=_key(key))


def _key(key: str) -> dict[str, Any]:
    return to_item({"CounterID": key})
