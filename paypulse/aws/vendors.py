"""The vendors of receipts in the table VendorConfig, one row each; attributes as in their files."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from paypulse.aws.items import error_code, from_item, to_item, translated
from paypulse.errors import ConfigurationError
from paypulse.vendors import parse_vendor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from paypulse.vendors import VendorConfig

_CACHE_S = 300.0


class DynamoVendors:
    """Implements `VendorStore`: a small table that does not grow with users, read whole."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client
        self._vendors: tuple[VendorConfig, ...] = ()
        self._read_at = float("-inf")

    def all(self) -> tuple[VendorConfig, ...]:
        if time.monotonic() - self._read_at > _CACHE_S:
            self._vendors = tuple(self._readable())
            self._read_at = time.monotonic()
        return self._vendors

    def rows(self) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table, ConsistentRead=True
        )
        with self._explained():
            return [from_item(item) for page in pages for item in page["Items"]]

    def put(self, row: Mapping[str, Any]) -> None:
        with self._explained():
            self._client.put_item(TableName=self._table, Item=to_item(row))

    def _readable(self) -> Iterator[VendorConfig]:
        for row in self.rows():
            try:
                yield parse_vendor(row)
            except ValueError as error:
                from aws_lambda_powertools.logging import Logger

                Logger().error(
                    "vendor left out: its configuration is wrong",
                    extra={"vendor": row["vendor_id"], "reason": str(error)},
                )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Name the table and what to do where AWS refuses for good."""
        from botocore.exceptions import ClientError

        try:
            with translated():
                yield
        except ClientError as error:
            raise ConfigurationError(
                f"table {self._table}: DynamoDB answers {error_code(error)}; check that it exists"
                " in this account and region, and that these credentials may use it"
            ) from error
