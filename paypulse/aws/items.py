"""DynamoDB items as plain Python values, and DynamoDB's errors as ours."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paypulse.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.exceptions import ClientError

# What may go away by itself: capacity, conflicts between transactions, and AWS's own faults.
_TRANSIENT = {
    "InternalError",
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "SlowDown",
    "Throttled",
    "Throttling",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}


# DynamoDB's limit for a sort key, in bytes.
_MAX_KEY = 1024


def is_key(text: str) -> bool:
    """Tell whether a text that a client sent can be a key at all; if not, nothing is there."""
    try:
        return 0 < len(text.encode()) <= _MAX_KEY
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` in DynamoDB's form; keys whose value is None are left out."""
    from boto3.dynamodb.types import TypeSerializer

    serialize = TypeSerializer().serialize
    return {key: serialize(value) for key, value in values.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a DynamoDB item as Python values, whole numbers as int."""
    from boto3.dynamodb.types import TypeDeserializer

    deserialize = TypeDeserializer().deserialize
    return {key: _plain(deserialize(value)) for key, value in item.items()}


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value)
        case list():
            return [_plain(entry) for entry in value]
        case dict():
            return {key: _plain(entry) for key, entry in value.items()}
        case _:
            return value


@contextmanager
def translated(service: str = "DynamoDB") -> Iterator[None]:
    """Turn failures that may pass into `TransientError`; others stay what they are."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error_code(error) in _TRANSIENT or _is_conflict(error):
            raise TransientError(f"{service}: {error_code(error)}") from error
        raise
    except BotoCoreError as error:
        raise TransientError(f"{service}: {type(error).__name__}") from error


def error_code(error: ClientError) -> str:
    """Return AWS's name of the error."""
    return error.response.get("Error", {}).get("Code", "")


def cancellation_codes(error: ClientError) -> list[str]:
    """Return, per action of a cancelled transaction, why: "None" where it was not at fault."""
    reasons: Any = error.response.get("CancellationReasons", [])
    return [reason.get("Code", "None") for reason in reasons]


def _is_conflict(error: ClientError) -> bool:
    transient = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
    return bool(transient & set(cancellation_codes(error)))
