"""AppSync's own scalars: which values each accepts, in and out.

Source:
    https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html
"""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from devstack.appsync.errors import ScalarError

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLScalarType, GraphQLSchema

_OFFSET = r"(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?"
_DATE_FORM = re.compile(rf"(\d{{4}}-\d\d-\d\d){_OFFSET}?")
_TIME_FORM = re.compile(rf"{_TIME}{_OFFSET}?")
_DATE_TIME_FORM = re.compile(rf"(\d{{4}}-\d\d-\d\d)T{_TIME}{_OFFSET}")
_EMAIL_FORM = re.compile(r"[^\s@,;<>]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
_PHONE_FORM = re.compile(r"\+?\d[\d \-]{3,25}\d")


def _is_date(text: str) -> bool:
    match = _DATE_FORM.fullmatch(text)
    return match is not None and _is_day(match[1])


def _is_date_time(text: str) -> bool:
    match = _DATE_TIME_FORM.fullmatch(text)
    return match is not None and _is_day(match[1])


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    # "Must contain a scheme and cannot contain two forward slashes in the path."
    return bool(parts.scheme and (parts.netloc or parts.path)) and "//" not in parts.path


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


_TEXT_SCALARS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "AWSDate": ("Date", _is_date),
    "AWSTime": ("Time", _TIME_FORM.fullmatch),
    "AWSDateTime": ("DateTime", _is_date_time),
    "AWSEmail": ("Email", _EMAIL_FORM.fullmatch),
    "AWSURL": ("URL", _is_url),
    "AWSPhone": ("Phone", _PHONE_FORM.fullmatch),
    "AWSIPAddress": ("IPAddress", _is_ip_address),
}

SCALAR_NAMES = (*_TEXT_SCALARS, "AWSTimestamp", "AWSJSON")


def install_scalars(schema: GraphQLSchema) -> None:
    """Give the AWS scalars of a built schema their behaviour."""
    for name, (kind, accepts) in _TEXT_SCALARS.items():
        _install(schema, name, *_make_text_coercers(kind, accepts))
    _install(schema, "AWSTimestamp", _write_timestamp, _read_timestamp)
    _install(schema, "AWSJSON", _write_json, _read_json)


def _install(
    schema: GraphQLSchema, name: str, write: Callable[[Any], Any], read: Callable[[Any], Any]
) -> None:
    scalar: GraphQLScalarType = schema.type_map[name]  # type: ignore[assignment]  # our prelude's
    # Literals go through coerce_input_value too, as long as there is no coercer of their own.
    scalar.coerce_output_value = write
    scalar.coerce_input_value = read


def _make_text_coercers(
    kind: str, accepts: Callable[[str], Any]
) -> tuple[Callable[[Any], str], Callable[[Any], str]]:
    def write(value: Any) -> str:
        if isinstance(value, str) and accepts(value):
            return value
        raise ScalarError(f"Unable to serialize `{value}` as a valid {kind} Object.")

    def read(value: Any) -> str:
        if isinstance(value, str) and accepts(value):
            return value
        raise ScalarError(f"Unable to parse `{value}` as a valid {kind.lower()}.")

    return write, read


def _write_timestamp(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ScalarError(f"Unable to serialize `{value}` as a valid timestamp.")


def _read_timestamp(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ScalarError(f"Unable to parse `{value}` as a valid timestamp.")


def _write_json(value: Any) -> str:
    try:
        if not isinstance(value, str):
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        json.loads(value)
    except (TypeError, ValueError):
        # AppSync wraps a plain string itself; we refuse it, so that what works here works there.
        raise ScalarError(f"Unable to serialize `{value}` as a valid JSON.") from None
    return value


def _read_json(value: Any) -> Any:
    """Return the parsed document: AppSync hands resolvers the value, not the text."""
    if not isinstance(value, str):
        raise ScalarError(f"Unable to parse `{value}` as valid JSON.")
    try:
        return json.loads(value)
    except ValueError:
        raise ScalarError(f"Unable to parse `{value}` as valid JSON.") from None
