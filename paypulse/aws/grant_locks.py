"""Locks on Gmail grants, as two attributes of the user's row in the table Users."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from paypulse.aws.items import to_item, translated
from paypulse.clock import to_text

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoGrantLocks:
    """Implements `GrantLocks`: one conditional write each."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def acquire(self, user_id: str, *, now: datetime, until: datetime) -> str | None:
        holder = uuid.uuid4().hex
        values = {":holder": holder, ":until": to_text(until), ":now": to_text(now)}
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=to_item({"UserID": user_id}),
                    UpdateExpression="SET grant_lock = :holder, grant_locked_until = :until",
                    ConditionExpression=(
                        "attribute_exists(UserID) AND"
                        " (attribute_not_exists(grant_lock) OR grant_locked_until <= :now)"
                    ),
                    ExpressionAttributeValues=to_item(values),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return holder

    def release(self, user_id: str, holder: str) -> None:
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=to_item({"UserID": user_id}),
                    UpdateExpression="REMOVE grant_lock, grant_locked_until",
                    ConditionExpression="grant_lock = :holder",
                    ExpressionAttributeValues=to_item({":holder": holder}),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return
