"""Python twins of the resolver code in `terraform/appsync`.

Each pair of functions does what the `request` and `response` of one file do, on the same `ctx`.
The JS is the definition; `tests/stack/appsync/test_gateway_js_twins.py` runs both on the same
cases. What `extensions` would tell AppSync is noted in `Extensions`, for the gateway to do.

    invoke.js       make_invoke_request     answer_invoke
    end_session.js  make_invoke_request     answer_end_session
    publish.js      make_publish_request    answer_publish
    subscribe.js    make_subscribe_request  answer_subscribe
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from devstack.appsync.config import ROOT_TYPES
from devstack.appsync.errors import (
    DEPENDENCY_FAILURE,
    INTERNAL_SERVER_ERROR,
    MASKED_MESSAGE,
    ResolverError,
    make_unauthorized,
)
from devstack.appsync.filters import to_subscription_filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devstack.appsync.filters import Filter

Context = dict[str, Any]

# The subscriptions that end_session.js names.
SESSION_SUBSCRIPTIONS = ("onInvoiceEvent", "onIngestionEvent")

_INFO = ("fieldName", "parentTypeName", "variables", "selectionSetList", "selectionSetGraphQL")


class Invalidation(NamedTuple):
    """One `extensions.invalidateSubscriptions` call."""

    subscription_field: str
    payload: Mapping[str, Any]


@dataclass
class Extensions:
    """What resolver code asked of AppSync besides its result.

    Source:
        https://docs.aws.amazon.com/appsync/latest/devguide/extensions-js.html
    """

    subscription_filter: Filter | None = None
    invalidation_filter: Filter | None = None
    invalidations: list[Invalidation] = field(default_factory=list)


def make_invoke_request(ctx: Context) -> dict[str, Any]:
    """Return the Lambda request: the direct-resolver event, batched below the root types."""
    return {
        "operation": "Invoke" if ctx["info"]["parentTypeName"] in ROOT_TYPES else "BatchInvoke",
        "payload": {
            "arguments": ctx["args"],
            "identity": ctx["identity"],
            "source": ctx["source"],
            "request": ctx["request"],
            "prev": ctx["prev"],
            "stash": ctx["stash"],
            "info": {name: ctx["info"][name] for name in _INFO},
        },
    }


def answer_invoke(ctx: Context) -> Any:
    """Return the function's result.

    Raises:
        ResolverError: typed by the function, or masked when there is no answer.
    """
    if ctx.get("error"):
        cause = ctx["error"].get("type") or ""
        passing = "Timeout" in cause or "TooManyRequests" in cause
        raise ResolverError(
            MASKED_MESSAGE, DEPENDENCY_FAILURE if passing else INTERNAL_SERVER_ERROR
        )
    result = ctx["result"]
    if isinstance(result, dict) and result.keys() == {"error"}:
        error = result["error"]
        if isinstance(error, dict) and error.get("type"):
            raise ResolverError(error.get("message") or "", error["type"], None, error.get("info"))
    return result


def answer_end_session(ctx: Context, extensions: Extensions) -> Any:
    """Return the function's result, and end the subscriptions of the session or the user."""
    result = answer_invoke(ctx)
    every = (ctx["args"].get("input") or {}).get("allSessions")
    key = "sessionId" if ctx["info"]["fieldName"] == "logOut" and not every else "userId"
    ended = ((ctx["identity"] or {}).get("resolverContext") or {}).get(key)
    refused = isinstance(result, dict) and bool(result.get("userErrors"))
    if ended and result is not None and not refused:
        extensions.invalidations += [
            Invalidation(name, {key: ended}) for name in SESSION_SUBSCRIPTIONS
        ]
    return result


def make_publish_request(ctx: Context) -> dict[str, Any]:
    """Return the request to the NONE data source: the input is the event."""
    return {"payload": ctx["args"]["input"]}


def answer_publish(ctx: Context) -> Any:
    """Return the event."""
    return ctx["result"]


def make_subscribe_request(_ctx: Context) -> dict[str, Any]:
    """Return an empty request: a subscription has no result of its own."""
    return {"payload": None}


def answer_subscribe(ctx: Context, extensions: Extensions) -> None:
    """Set the filters of the new subscription from the caller's identity.

    Raises:
        ResolverError: the caller is not a user with a session.
    """
    caller = (ctx["identity"] or {}).get("resolverContext") or {}
    user_id, session_id = caller.get("userId"), caller.get("sessionId")
    if not user_id or not session_id:
        raise make_unauthorized(ctx["info"]["parentTypeName"], ctx["info"]["fieldName"])
    extensions.subscription_filter = to_subscription_filter({"userId": {"eq": user_id}})
    extensions.invalidation_filter = to_subscription_filter(
        {"or": [{"sessionId": {"eq": session_id}}, {"userId": {"eq": user_id}}]}
    )
