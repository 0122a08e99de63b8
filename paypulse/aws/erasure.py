"""What erasing a user takes at AWS: rows of tables, versions of objects, and the receipt."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from paypulse.aws.items import cancellation_codes, to_item, translated
from paypulse.clock import to_text
from paypulse.data_exports import export_prefix
from paypulse.documents import user_prefix
from paypulse.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from paypulse.receipts import Category

RECEIPT_KEPT_FOR = timedelta(days=365)


class UserRows:
    """Implements `UserData`: the rows of one table that is keyed by UserID."""

    def __init__(self, table: str, sort_key: str, client: DynamoDBClient) -> None:
        self._table = table
        self._sort_key = sort_key
        self._client = client

    def erase(self, user_id: str, *, has_time: Callable[[], bool]) -> int:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="UserID = :user",
            ProjectionExpression="UserID, #sort",
            ExpressionAttributeNames={"#sort": self._sort_key},
            ExpressionAttributeValues=to_item({":user": user_id}),
            ConsistentRead=True,
        )
        erased = 0
        with translated():
            for page in pages:
                for key in page["Items"]:
                    if not has_time():
                        return erased
                    self._client.delete_item(TableName=self._table, Key=key)
                    erased += 1
        return erased


class UserPurchases:
    """Implements `UserData`: retail invoices, each together with its row of details.

    Details are not keyed by user: whoever deletes their invoice first can never find them again.
    """

    def __init__(
        self, table: str, detail_tables: Mapping[Category, str], client: DynamoDBClient
    ) -> None:
        self._table = table
        self._tables_by_name = {sub.value: name for sub, name in detail_tables.items()}
        self._client = client

    def erase(self, user_id: str, *, has_time: Callable[[], bool]) -> int:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="UserID = :user",
            ProjectionExpression="UserID, InvoiceID, sub_type, revision",
            ExpressionAttributeValues=to_item({":user": user_id}),
            ConsistentRead=True,
        )
        erased = 0
        with translated():
            for page in pages:
                for row in page["Items"]:
                    if not has_time():
                        return erased
                    self._delete(row)
                    erased += 1
        return erased

    def _delete(self, row: Mapping[str, Any]) -> None:
        """Delete both rows, or neither when the invoice changed: the next sweep finds it."""
        invoice: dict[str, Any] = {
            "TableName": self._table,
            "Key": {"UserID": row["UserID"], "InvoiceID": row["InvoiceID"]},
            "ConditionExpression": "attribute_not_exists(revision)",
        }
        if "revision" in row:
            invoice["ConditionExpression"] = "revision = :seen"
            invoice["ExpressionAttributeValues"] = {":seen": row["revision"]}
        deletes: list[Any] = [{"Delete": invoice}]
        detail_table = self._tables_by_name.get(row.get("sub_type", {}).get("S"))
        if detail_table:  # else nobody can say where it is, and nothing was written there
            key = {"InvoiceID": row["InvoiceID"]}
            deletes.append({"Delete": {"TableName": detail_table, "Key": key}})
        try:
            self._client.transact_write_items(TransactItems=deletes)
        except self._client.exceptions.TransactionCanceledException as error:
            if "ConditionalCheckFailed" not in cancellation_codes(error):
                raise


class UserObjects:
    """Implements `UserData`: every version and delete marker of documents and archives."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    def erase(self, user_id: str, *, has_time: Callable[[], bool]) -> int:
        prefixes = (user_prefix(user_id), export_prefix(user_id))
        return sum(self._erase_below(prefix, has_time) for prefix in prefixes)

    def _erase_below(self, prefix: str, has_time: Callable[[], bool]) -> int:
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        erased = 0
        with translated("S3"):
            for page in pages:
                found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                if not found:
                    continue
                if not has_time():
                    break
                self._delete(found)
                erased += len(found)
        return erased

    def _delete(self, versions: list[Any]) -> None:
        """Delete a page of versions, at most 1000, which is also the most that S3 takes."""
        objects: Any = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
        answer = self._client.delete_objects(
            Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True}
        )
        if answer.get("Errors"):
            raise TransientError(f"S3 did not delete {len(answer['Errors'])} versions")


class DynamoReceipts:
    """Implements `ErasureReceipts`; DynamoDB removes them some time after `ExpiresAt`."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, receipt_id: str, *, now: datetime) -> None:
        row = {
            "ReceiptID": receipt_id,
            "state": "QUEUED",
            "asked_at": to_text(now),
            "ExpiresAt": int((now + RECEIPT_KEPT_FOR).timestamp()),
        }
        with translated():
            self._client.put_item(TableName=self._table, Item=to_item(row))

    def finish(self, receipt_id: str, *, now: datetime) -> None:
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=to_item({"ReceiptID": receipt_id}),
                    UpdateExpression="SET #state = :done, finished_at = :now",
                    ConditionExpression="#state = :queued",
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues=to_item(
                        {":done": "DONE", ":queued": "QUEUED", ":now": to_text(now)}
                    ),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return


def parse_user_tables(text: str) -> dict[str, str]:
    """Read the setting USER_TABLES, `Table:SortKey,…`, as sort keys by table."""
    return dict(entry.split(":") for entry in text.split(","))
