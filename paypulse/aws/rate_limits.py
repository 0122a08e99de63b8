"""Counters in the table RateLimits; DynamoDB removes them after `ExpiresAt`."""

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


class DynamoSpendingCounters:
    """Implements `SpendingCounters`: one conditional write a change."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, key: str, amount: int, *, most: int, until: datetime) -> bool:
        if amount > most:
            return False
        values = {":amount": amount, ":room": most - amount, ":until": int(until.timestamp())}
        return self._update(
            key,
            "SET ExpiresAt = :until ADD Spent :amount",
            "attribute_not_exists(Spent) OR Spent <= :room",
            values,
        )

    def correct(self, key: str, difference: int) -> None:
        # Without the condition it would make a counter that never expires.
        self._update(
            key, "ADD Spent :difference", "attribute_exists(Spent)", {":difference": difference}
        )

    def _update(self, key: str, update: str, condition: str, values: dict[str, int]) -> bool:
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(key),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=to_item(values),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _key(key: str) -> dict[str, Any]:
    return to_item({"CounterID": key})
