"""Documents in the invoices bucket."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from paypulse.aws.items import error_code, translated
from paypulse.documents import from_metadata, hash_content, to_metadata

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_s3 import S3Client

    from paypulse.documents import Document
    from paypulse.ports.clock import Clock

LINK_LIFETIME = timedelta(minutes=15)
# Rent notices are a few hundred kB; the parser refuses what is larger than it reads.
MAX_BYTES = 30 * 1024 * 1024


class S3Documents:
    """Implements `DocumentStore`."""

    def __init__(self, bucket: str, client: S3Client, clock: Clock) -> None:
        self._bucket = bucket
        self._client = client
        self._clock = clock

    def put(
        self, document: Document, content: bytes, *, namesake_key: str, again: bool = False
    ) -> bool:
        for key in (document.key, namesake_key):
            if self._put_new(key, document, content):
                return True
            there = self._metadata_at(key)
            if there.get("sha256") == document.sha256:
                ours = there.get("message-id") == to_metadata(document)["message-id"]
                if ours and again:
                    self._put(key, document, content)
                return ours
        # Both names taken by other content: someone wrote the second by hand, as it has our hash.
        raise FileExistsError(f"{namesake_key!r} holds another document")

    def get(self, key: str, version_id: str | None = None) -> tuple[Document, bytes] | None:
        request: dict[str, Any] = {"Bucket": self._bucket, "Key": key}
        if version_id:
            request["VersionId"] = version_id
        try:
            with translated("S3"):
                answer = self._client.get_object(**request)
                content = answer["Body"].read(MAX_BYTES)
        except self._client.exceptions.ClientError as error:
            if error_code(error) in {"NoSuchKey", "NoSuchVersion", "404"}:
                return None
            raise
        document = from_metadata(
            key, answer["Metadata"], hash_content(content), answer["LastModified"]
        )
        return (document, content) if document else None

    def erase(self, key: str) -> None:
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=key
        )
        with translated("S3"):
            for page in pages:
                for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    if each["Key"] == key:  # a longer key begins with it, too
                        self._client.delete_object(
                            Bucket=self._bucket, Key=key, VersionId=each["VersionId"]
                        )

    def link(self, key: str, filename: str) -> tuple[str, datetime]:
        expires_at = self._clock() + LINK_LIFETIME
        ascii_name = re.sub(r"[^\w.() +-]", "_", filename, flags=re.ASCII)
        url = self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentType": _content_type(key),
                "ResponseContentDisposition": (
                    f"inline; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(filename)}"
                ),
            },
            ExpiresIn=int(LINK_LIFETIME.total_seconds()),
        )
        return url, expires_at

    def _put_new(self, key: str, document: Document, content: bytes) -> bool:
        try:
            self._put(key, document, content, IfNoneMatch="*")
        except self._client.exceptions.ClientError as error:
            if error_code(error) in {"PreconditionFailed", "ConditionalRequestConflict"}:
                return False
            raise
        return True

    def _put(self, key: str, document: Document, content: bytes, **more: Any) -> None:
        with translated("S3"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=content,
                ContentType=_content_type(key),
                Metadata=to_metadata(document),
                **more,
            )

    def _metadata_at(self, key: str) -> dict[str, str]:
        with translated("S3"):
            return self._client.head_object(Bucket=self._bucket, Key=key)["Metadata"]


def _content_type(key: str) -> str:
    return "application/pdf" if key.endswith(".pdf") else "text/html; charset=utf-8"
