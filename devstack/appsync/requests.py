"""The GraphQL request inside an HTTP body or a `start` message."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devstack.appsync.documents import UNPARSABLE
from devstack.appsync.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class GraphQLRequest:
    """A document with its variables."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None


def parse_request(body: str | bytes) -> GraphQLRequest:
    """Read `{"query": …, "variables": …, "operationName": …}`.

    Raises:
        RequestRefused: anything else, with the errors that AppSync gives.

    Source:
        graphql-over-http #81, by the AppSync team.
    """
    if not body:
        raise _malformed("Request body is empty.")
    try:
        content = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _malformed(UNPARSABLE) from None
    if not isinstance(content, dict):
        raise _malformed(UNPARSABLE)
    query, variables = content.get("query"), content.get("variables")
    name = content.get("operationName")
    if not isinstance(query, str) or not isinstance(variables, dict | None):
        raise _malformed(UNPARSABLE)
    if not isinstance(name, str | None):
        raise _malformed(UNPARSABLE)
    return GraphQLRequest(query, variables or {}, name or None)


def _refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads but JSON does not know."""
    raise ValueError(name)


def _malformed(message: str) -> RequestRefused:
    return RequestRefused(400, "MalformedHttpRequestException", message)
