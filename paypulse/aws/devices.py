"""Devices in the table Devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paypulse.aws.items import from_item, is_key, to_item, translated
from paypulse.clock import from_text, to_text
from paypulse.devices import Device

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BY_ENDPOINT = "endpoint-index"
# For a row without its values: whoever wrote it, it must not stop an erasure.
_UNKNOWN = {"token": "", "registered_at": "1970-01-01T00:00:00.000Z", "session_id": ""}


class DynamoDevices:
    """Implements `DeviceStore`."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def put(self, device: Device) -> None:
        row = {
            **_key(device.user_id, device.device_id),
            "token": device.token,
            "name": device.name,
            "endpoint": device.endpoint,
            "registered_at": to_text(device.registered_at),
            "session_id": device.session_id,
        }
        with translated():
            self._client.put_item(TableName=self._table, Item=to_item(row))

    def get(self, user_id: str, device_id: str) -> Device | None:
        if not is_key(device_id):
            return None
        with translated():
            answer = self._client.get_item(
                TableName=self._table,
                Key=to_item(_key(user_id, device_id)),
                ConsistentRead=True,
            )
        return _to_device(from_item(answer["Item"])) if "Item" in answer else None

    def all_of(self, user_id: str) -> list[Device]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="UserID = :user",
            ExpressionAttributeValues=to_item({":user": user_id}),
            ConsistentRead=True,
        )
        with translated():
            return [_to_device(from_item(item)) for page in pages for item in page["Items"]]

    def at_endpoint(self, endpoint: str) -> list[tuple[str, str]]:
        with translated():
            answer = self._client.query(
                TableName=self._table,
                IndexName=_BY_ENDPOINT,
                KeyConditionExpression="endpoint = :endpoint",
                ExpressionAttributeValues=to_item({":endpoint": endpoint}),
            )
        rows = [from_item(item) for item in answer["Items"]]
        return [(row["UserID"], row["DeviceID"]) for row in rows]

    def remove(self, user_id: str, device_id: str) -> None:
        with translated():
            self._client.delete_item(TableName=self._table, Key=to_item(_key(user_id, device_id)))

    def remove_unrenewed(self, device: Device) -> bool:
        try:
            with translated():
                self._client.delete_item(
                    TableName=self._table,
                    Key=to_item(_key(device.user_id, device.device_id)),
                    ConditionExpression="registered_at = :read",
                    ExpressionAttributeValues=to_item({":read": to_text(device.registered_at)}),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _key(user_id: str, device_id: str) -> dict[str, str]:
    return {"UserID": user_id, "DeviceID": device_id}


def _to_device(item: dict[str, Any]) -> Device:
    row = {**_UNKNOWN, **item}
    return Device(
        user_id=row["UserID"],
        device_id=row["DeviceID"],
        token=row["token"],
        name=row.get("name"),
        registered_at=from_text(row["registered_at"]),
        session_id=row["session_id"],
        endpoint=row.get("endpoint"),
    )
