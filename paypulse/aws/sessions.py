"""Sessions in the table Sessions; DynamoDB removes them some time after `ExpiresAt`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from paypulse.accounts import StoredSession
from paypulse.aws.items import from_item, to_item, translated
from paypulse.clock import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoSessions:
    """Implements `SessionStore`."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, session: StoredSession) -> None:
        row = {
            "UserID": session.user_id,
            "SessionID": session.session_id,
            "RefreshHash": session.refresh_hash,
            "CreatedAt": to_text(session.created_at),
            "ExpiresAt": int(session.expires_at.timestamp()),
        }
        with translated():
            self._client.put_item(TableName=self._table, Item=to_item(row))

    def get(self, user_id: str, session_id: str) -> StoredSession | None:
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(user_id, session_id), ConsistentRead=True
            )
        return _to_session(from_item(answer["Item"])) if "Item" in answer else None

    def rotate(
        self, user_id: str, session_id: str, old_hash: str, new_hash: str, *, now: datetime
    ) -> bool:
        values = {":old": old_hash, ":new": new_hash, ":now": int(now.timestamp())}
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id, session_id),
                    UpdateExpression="SET RefreshHash = :new",
                    ConditionExpression=(
                        "RefreshHash = :old AND attribute_not_exists(Ended) AND ExpiresAt > :now"
                    ),
                    ExpressionAttributeValues=to_item(values),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def end(self, user_id: str, session_id: str) -> None:
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id, session_id),
                    UpdateExpression="SET Ended = :yes",
                    ConditionExpression="attribute_exists(SessionID)",
                    ExpressionAttributeValues=to_item({":yes": True}),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def end_all(self, user_id: str, *, keep: str | None = None) -> int:
        sessions = self._all_of(user_id)
        live = [each for each in sessions if not each.ended and each.session_id != keep]
        for session in live:
            self.end(user_id, session.session_id)
        return len(live)

    def _all_of(self, user_id: str) -> Iterator[StoredSession]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="UserID = :user",
            ExpressionAttributeValues=to_item({":user": user_id}),
            ConsistentRead=True,
        )
        with translated():
            for page in pages:
                yield from (_to_session(from_item(item)) for item in page["Items"])


def _key(user_id: str, session_id: str) -> dict[str, Any]:
    return to_item({"UserID": user_id, "SessionID": session_id})


def _to_session(row: dict[str, Any]) -> StoredSession:
    return StoredSession(
        user_id=row["UserID"],
        session_id=row["SessionID"],
        refresh_hash=row["RefreshHash"],
        created_at=from_text(row["CreatedAt"]),
        expires_at=datetime.fromtimestamp(row["ExpiresAt"], UTC),
        ended=row.get("Ended", False),
    )
