"""Errors of the gateway, and how AppSync prints them.

```
GatewayConfigError      the API description contradicts itself; raised while building
RequestRefused          the whole request fails, with a status (authentication, malformed JSON)
ResolverError           one field fails: what `util.error` does in a resolver's code
ScalarError             a value is not what its AWS scalar says
```
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, get_named_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphql import GraphQLSchema
    from graphql.language import SourceLocation

LOG = logging.getLogger(__name__)

MASKED_MESSAGE = "Something went wrong."
INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
DEPENDENCY_FAILURE = "DEPENDENCY_FAILURE"

_NON_NULL = re.compile(r"^Cannot return null for non-nullable field (\w+)\.(\w+)\.$")
_VARIABLE = re.compile(r"^Variable '\$(\w+)' has invalid value")
_NULL_TYPE = re.compile(r"non-null type '([^']+)'")
_MISSING_FIELD = re.compile(r"value of type '(\w+)[\]!]*' to include required field '(\w+)'")


class GatewayConfigError(ValueError):
    """The API description is wrong; nothing can be served."""


class RequestRefused(Exception):  # noqa: N818 - an outcome of the request, not a fault of ours
    """The whole request is refused, before any field is resolved.

    Args:
        status: HTTP status; over a WebSocket it becomes `errorCode`.
        error_type: As AppSync names it, for example `UnauthorizedException`.
        message: Shown to the client; AppSync leaves it out of some errors, hence None.
    """

    def __init__(self, status: int, error_type: str, message: str | None = None) -> None:
        super().__init__(f"{status} {error_type}: {message}")
        self.status = status
        self.error_type = error_type
        self.message = message

    def as_error(self) -> dict[str, Any]:
        """Return the entry for `errors`, in AppSync's two-member form."""
        shown: dict[str, Any] = {"errorType": self.error_type}
        if self.message is not None:
            shown["message"] = self.message
        return shown


class ResolverError(Exception):
    """A field's error, with the members that `util.error` can give.

    Source:
        https://docs.aws.amazon.com/appsync/latest/devguide/built-in-util-js.html
    """

    def __init__(
        self, message: str, error_type: str | None = None, data: Any = None, error_info: Any = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.error_type = error_type
        self.data = data
        self.error_info = error_info


class ScalarError(ValueError):
    """A value does not fit its AWS scalar."""


def make_unauthorized(type_name: str, field_name: str) -> ResolverError:
    """Return the error for a field that the caller's authorisation mode does not reach.

    Source:
        aws-appsync-community #214 and #266 (shape and wording seen live).
    """
    message = f"Not Authorized to access {field_name} on type {type_name}"
    return ResolverError(message, "Unauthorized")


def make_error(
    message: str,
    *,
    error_type: str | None = None,
    path: Sequence[str | int] | None = None,
    locations: Sequence[dict[str, Any]] | None = None,
    data: Any = None,
    error_info: Any = None,
) -> dict[str, Any]:
    """Return one entry of `errors` with every member that AppSync prints."""
    return {
        "path": path,
        "data": data,
        "errorType": error_type,
        "errorInfo": error_info,
        "locations": locations,
        "message": message,
    }


def format_locations(
    locations: Iterable[SourceLocation] | None,
) -> list[dict[str, Any]] | None:
    """Return source locations as AppSync prints them, with an empty `sourceName`."""
    shown = [{"line": at.line, "column": at.column, "sourceName": None} for at in locations or ()]
    return shown or None


def format_error(error: GraphQLError, schema: GraphQLSchema) -> dict[str, Any]:
    """Return an execution error as AppSync prints it.

    Messages of exceptions that are not ours are masked and logged: AppSync would forward them.
    """
    original = error.original_error
    if isinstance(original, ResolverError):
        return _show_resolver_error(error, original)
    if error.path is None:
        return _show_request_error(error, schema)
    return _show_completion_error(error, schema)


def _show_resolver_error(error: GraphQLError, original: ResolverError) -> dict[str, Any]:
    return make_error(
        original.message,
        error_type=original.error_type,
        path=error.path,
        locations=format_locations(error.locations),
        data=original.data,
        error_info=original.error_info,
    )


def _show_request_error(error: GraphQLError, schema: GraphQLSchema) -> dict[str, Any]:
    # Wording: aws-appsync-community #406 (missing value), amplify-swift #278 (wrong value).
    message = error.message
    if match := _VARIABLE.match(message):
        name = match[1]
        if missing := _find_missing_type(message, schema):
            message = f"Variable '{name}' has coerced Null value for NonNull type '{missing}'"
        else:
            reason = message[match.end() :].lstrip(": ")
            message = f"Variable '{name}' has an invalid value. {reason}"
    return make_error(
        message, error_type="ValidationError", locations=format_locations(error.locations)
    )


def _find_missing_type(message: str, schema: GraphQLSchema) -> str | None:
    """Return the type of the value whose absence a message is about."""
    if match := _NULL_TYPE.search(message):
        return match[1]
    if match := _MISSING_FIELD.search(message):
        return str(getattr(schema.get_type(match[1]), "fields", {})[match[2]].type)
    return None


def _show_completion_error(error: GraphQLError, schema: GraphQLSchema) -> dict[str, Any]:
    """Print an error of a value that does not fit the schema; AppSync gives it no location.

    Source:
        amplify-js #5963 ("Can't serialize value") and answers quoted in public projects
        ("Cannot return null for non-nullable type").
    """
    pointer = format_path(error.path or [])
    original = error.original_error
    if match := _NON_NULL.match(error.message):
        type_name = _find_type_name(schema, match[1], match[2])
        message = (
            f"Cannot return null for non-nullable type: '{type_name}' "
            f"within parent '{match[1]}' ({pointer})"
        )
    elif isinstance(original, ScalarError) or " cannot represent " in error.message:
        message = f"Can't serialize value ({pointer}) : {original or error.message}"
    elif error.message.startswith(("Abstract type", "Runtime Object type")):
        # aws-appsync-community #84.
        type_name = error.message.split("'")[1]
        message = f"Could not determine the exact type of {type_name}. Expected MAP/OBJECT type."
    elif error.message.startswith("Expected Iterable"):  # wording recalled
        message = f"Can't resolve value ({pointer}) : type mismatch error, expected type LIST"
    elif original is None or isinstance(original, GraphQLError):
        message = f"Can't resolve value ({pointer}) : {error.message}"
    else:
        LOG.error("unexpected error at %s", pointer, exc_info=original)
        return make_error(
            MASKED_MESSAGE,
            error_type=INTERNAL_SERVER_ERROR,
            path=error.path,
            locations=format_locations(error.locations),
        )
    return make_error(message, path=error.path)


def format_path(path: Iterable[str | int]) -> str:
    """Return a response path the way AppSync writes it in messages: `/list/items[3]/date`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f"/{key}" for key in path)


def _find_type_name(schema: GraphQLSchema, parent: str, field: str) -> str:
    fields = getattr(schema.get_type(parent), "fields", {})
    return str(get_named_type(fields[field].type)) if field in fields else "null"
