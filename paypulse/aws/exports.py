"""What an export takes at AWS: its row, the user's rows and documents, and the archive."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from paypulse.aws.items import from_item, is_key, to_item, translated
from paypulse.clock import from_text, to_text
from paypulse.data_exports import (
    ROW_KEPT_FOR,
    DataExport,
    DataExportError,
    DataExportStatus,
)
from paypulse.documents import user_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_PART_BYTES = 8 * 1024 * 1024  # S3 wants at least 5 MB, and takes at most 10,000 parts
_CHUNK_BYTES = 64 * 1024
_NOT_OVER = "NOT #status IN (:ready, :failed)"


class DynamoExports:
    """Implements `DataExportStore`; DynamoDB removes rows some time after `ExpiresAt`."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, export: DataExport) -> None:
        row = {
            "UserID": export.user_id,
            "ExportID": export.export_id,
            "status": export.status.value,
            "asked_at": to_text(export.asked_at),
            "with_documents": export.with_documents,
            "ExpiresAt": int((export.asked_at + ROW_KEPT_FOR).timestamp()),
        }
        with translated():
            self._client.put_item(TableName=self._table, Item=to_item(row))

    def get(self, user_id: str, export_id: str) -> DataExport | None:
        if not is_key(export_id):
            return None
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(user_id, export_id), ConsistentRead=True
            )
        return _to_export(from_item(answer["Item"])) if "Item" in answer else None

    def start(self, user_id: str, export_id: str) -> DataExport | None:
        values = {":to": DataExportStatus.RUNNING.value}
        return self._change(user_id, export_id, "SET #status = :to", values)

    def finish(self, export: DataExport, *, now: datetime) -> DataExport | None:
        return self._change(
            export.user_id,
            export.export_id,
            "SET #status = :to, finished_at = :now",
            {":to": DataExportStatus.READY.value, ":now": to_text(now)},
        )

    def fail(
        self, export: DataExport, error: DataExportError, *, now: datetime
    ) -> DataExport | None:
        return self._change(
            export.user_id,
            export.export_id,
            "SET #status = :to, finished_at = :now, #error = :error",
            {
                ":to": DataExportStatus.FAILED.value,
                ":now": to_text(now),
                ":error": error.value,
            },
        )

    def _change(
        self, user_id: str, export_id: str, expression: str, values: dict[str, Any]
    ) -> DataExport | None:
        """Change a row that is there and not over; None when it is not so."""
        names = {"#status": "status"} | ({"#error": "error"} if "#error" in expression else {})
        over = {":ready": DataExportStatus.READY.value, ":failed": DataExportStatus.FAILED.value}
        try:
            with translated():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id, export_id),
                    UpdateExpression=expression,
                    ConditionExpression=f"attribute_exists(ExportID) AND {_NOT_OVER}",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=to_item(values | over),
                    ReturnValues="ALL_NEW",
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return _to_export(from_item(answer["Attributes"]))


class TableRecords:
    """Implements `UserRecords`: the rows of a table, by its key UserID."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self.name = table
        self._client = client

    def read(self, user_id: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression="UserID = :user",
            ExpressionAttributeValues=to_item({":user": user_id}),
            ConsistentRead=True,
        )
        with translated():
            for page in pages:
                yield from map(from_item, page["Items"])


class UserDocuments:
    """Implements `UserFiles`: the current versions of a user's documents."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    def read(self, user_id: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        prefix = user_prefix(user_id)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        with translated("S3"):
            for page in pages:
                for found in page.get("Contents", ()):
                    key = found["Key"]
                    yield key.removeprefix(prefix), self._content(key)

    def _content(self, key: str) -> Iterator[bytes]:
        with translated("S3"):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            yield from body.iter_chunks(_CHUNK_BYTES)


class S3Archives:
    """Implements `ArchiveStore`: uploads in parts, so that an archive never is in memory whole."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    @contextmanager
    def create(self, key: str) -> Iterator[_Upload]:
        upload = _Upload(self._bucket, key, self._client)
        try:
            yield upload
            upload.complete()
        except BaseException:
            upload.abort()  # what is left of an upload costs money and is seen by nobody
            raise

    def link(self, key: str, filename: str, *, seconds: int) -> str:
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentType": "application/zip",
                "ResponseContentDisposition": f'attachment; filename="{filename}"',
            },
            ExpiresIn=seconds,
        )


class _Upload:
    """Implements `ArchiveWriter`: a file that can be written to, and not gone back in."""

    def __init__(self, bucket: str, key: str, client: S3Client) -> None:
        self._where: Any = {"Bucket": bucket, "Key": key}
        self._client = client
        self._waiting = bytearray()
        self._parts: list[Any] = []
        with translated("S3"):
            answer = client.create_multipart_upload(**self._where, ContentType="application/zip")
        self._where["UploadId"] = answer["UploadId"]

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) >= _PART_BYTES:
            self._send(_PART_BYTES)
        return len(data)

    def flush(self) -> None:
        """Do nothing: a part has its size, and the last one goes with `complete`."""

    def close(self) -> None:
        """Do nothing: whether the archive is to be kept is not known yet."""

    def complete(self) -> None:
        self._send(len(self._waiting))
        with translated("S3"):
            self._client.complete_multipart_upload(
                **self._where, MultipartUpload={"Parts": self._parts}
            )

    def abort(self) -> None:
        with translated("S3"):
            self._client.abort_multipart_upload(**self._where)

    def _send(self, size: int) -> None:
        number = len(self._parts) + 1
        with translated("S3"):
            answer = self._client.upload_part(
                **self._where, PartNumber=number, Body=bytes(self._waiting[:size])
            )
        del self._waiting[:size]
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})


def _key(user_id: str, export_id: str) -> dict[str, Any]:
    return to_item({"UserID": user_id, "ExportID": export_id})


def _to_export(row: dict[str, Any]) -> DataExport:
    finished, error = row.get("finished_at"), row.get("error")
    return DataExport(
        user_id=row["UserID"],
        export_id=row["ExportID"],
        status=DataExportStatus(row["status"]),
        asked_at=from_text(row["asked_at"]),
        with_documents=row["with_documents"],
        finished_at=from_text(finished) if finished else None,
        error=DataExportError(error) if error else None,
    )
