"""Runs operations: authorisation of every field, limits, resolvers, AppSync's errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import execute

from devstack.appsync import mapping
from devstack.appsync.batching import Batches, Outcome
from devstack.appsync.config import (
    ROOT_TYPES,
    InvocationError,
    LambdaSource,
    PublishSource,
    SubscribeSource,
)
from devstack.appsync.errors import ResolverError, format_error, format_path, make_unauthorized
from devstack.appsync.mapping import Extensions
from devstack.appsync.selection import list_selections, print_selections

if TYPE_CHECKING:
    from graphql import ExecutionResult, GraphQLAbstractType, GraphQLResolveInfo
    from graphql.pyutils import Path

    from devstack.appsync.auth import Caller
    from devstack.appsync.config import ApiConfig, Invoker
    from devstack.appsync.documents import Document
    from devstack.appsync.schema import ApiSchema, FieldPlan

LOG = logging.getLogger(__name__)

_RESOLVERS_PER_REQUEST = 10_000  # Service Quotas


@dataclass(eq=False)
class RequestContext:
    """One operation on its way.

    Args:
        caller: Whose authorisation counts.
        headers: Of the HTTP request or the WebSocket handshake, lower-case.
        variables: As sent, before coercion: events carry plain JSON.
        deadline: On the event loop's clock; None where nothing can wait.
        replays_event: The values come from a published event, no resolver runs.
        extensions: What resolver code asked for besides its results.
        arguments: Of the subscription field, once it has been resolved.
        selections: List and text of a field's selection set, by its nodes.
        resolved: Resolvers run so far.
        batches: Where batched resolvers wait for each other.
    """

    caller: Caller
    headers: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    deadline: float | None = None
    replays_event: bool = False
    extensions: Extensions = field(default_factory=Extensions)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    selections: dict[tuple[int, ...], tuple[list[str], str]] = field(default_factory=dict)
    resolved: int = 0
    batches: Batches | None = None


class Executor:
    """Runs documents against one API."""

    def __init__(self, config: ApiConfig, api: ApiSchema, invoker: Invoker) -> None:
        self._config = config
        self._api = api
        self._invoker = invoker
        self._max_resolvers = config.max_resolvers or _RESOLVERS_PER_REQUEST

    async def run(
        self, document: Document, operation_name: str | None, context: RequestContext
    ) -> dict[str, Any]:
        """Return the response to a query, a mutation or the start of a subscription."""
        context.deadline = asyncio.get_running_loop().time() + self._config.request_timeout_s
        context.batches = Batches(lambda source, events: self._call(source, events, context))
        result = self._execute(document, operation_name, context, None)
        if isinstance(result, Awaitable):
            result = await result
        return self._show(result)

    def replay(
        self,
        document: Document,
        operation_name: str | None,
        context: RequestContext,
        event: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return what a subscriber's selection shows of an event."""
        result = self._execute(document, operation_name, context, event)
        if isinstance(result, Awaitable):  # pragma: no cover - replaying never waits
            raise TypeError("An event was resolved asynchronously.")
        return self._show(result)

    def _execute(
        self,
        document: Document,
        operation_name: str | None,
        context: RequestContext,
        root: Mapping[str, Any] | None,
    ) -> Awaitable[ExecutionResult] | ExecutionResult:
        return execute(
            self._api.schema,
            document.ast,
            root,
            context,
            dict(context.variables),
            operation_name,
            field_resolver=self._resolve,
            type_resolver=_find_type,
            hide_suggestions=True,
        )

    def _show(self, result: ExecutionResult) -> dict[str, Any]:
        response: dict[str, Any] = {"data": result.data}
        if result.errors:
            response["errors"] = [format_error(e, self._api.schema) for e in result.errors]
        return response

    def _resolve(
        self, parent: Any, info: GraphQLResolveInfo[RequestContext], /, **arguments: Any
    ) -> Any:
        context = info.context
        plan = self._api.plans[info.parent_type.name][info.field_name]
        self._check(plan, info, context)
        if info.parent_type is self._api.schema.subscription_type:
            context.arguments = arguments
        if plan.source is None or context.replays_event:
            return _read_member(parent, info)
        context.resolved += 1
        if context.resolved > self._max_resolvers:
            raise ResolverError(
                f"The limit of {self._max_resolvers} resolvers was reached.",
                "ResolverExecutionLimitReached",
            )
        return self._run_source(plan, _make_ctx(parent, info, arguments), context)

    def _check(
        self, plan: FieldPlan, info: GraphQLResolveInfo[RequestContext], context: RequestContext
    ) -> None:
        caller = context.caller
        type_name, field_name = info.parent_type.name, info.field_name
        if caller.mode not in plan.allowed or plan.coordinate in caller.denied_fields:
            # A denied field is null as AppSync documents it; that its resolver does not run and
            # that an error says so is the stricter of the recalled readings.
            raise make_unauthorized(type_name, field_name)
        if type_name in ROOT_TYPES and not caller.may_call(plan.coordinate):
            raise make_unauthorized(type_name, field_name)
        if self._config.max_depth and _measure_depth(info.path) > self._config.max_depth:
            raise ResolverError(
                f"The query depth limit of {self._config.max_depth} was reached.",
                "QueryDepthLimitReached",
            )

    def _run_source(self, plan: FieldPlan, ctx: mapping.Context, context: RequestContext) -> Any:
        source = plan.source
        if isinstance(source, PublishSource):
            # A NONE data source answers with the payload of the request.
            payload = mapping.make_publish_request(ctx)["payload"]
            return mapping.answer_publish({**ctx, "result": payload})
        if isinstance(source, SubscribeSource):
            payload = mapping.make_subscribe_request(ctx)["payload"]
            mapping.answer_subscribe({**ctx, "result": payload}, context.extensions)
            return None
        if isinstance(source, LambdaSource):
            return self._run_lambda(source, ctx, context)
        raise TypeError(f"{plan.coordinate} has an unknown kind of data source.")

    def _run_lambda(
        self, source: LambdaSource, ctx: mapping.Context, context: RequestContext
    ) -> Awaitable[Any]:
        request = mapping.make_invoke_request(ctx)
        if request["operation"] == "Invoke" or context.batches is None:
            answer: Awaitable[Outcome] = self._call(source, request["payload"], context)
        else:
            # Put in line now, not when awaited: that is how siblings meet in one batch.
            name = f"{ctx['info']['parentTypeName']}.{ctx['info']['fieldName']}"
            answer = context.batches.add(name, source, request["payload"])
        return _finish(source, ctx, answer, context.extensions)

    async def _call(self, source: LambdaSource, payload: Any, context: RequestContext) -> Outcome:
        """Invoke a function within what is left of the request's time."""
        loop = asyncio.get_running_loop()
        left_s = (context.deadline or loop.time()) - loop.time()
        try:
            async with asyncio.timeout(max(left_s, 0)) as limit:
                result = await self._invoker.invoke(source.function_name, payload, left_s)
        except InvocationError as error:
            LOG.warning("%s did not answer: %s", source.function_name, error)
            return Outcome(error={"message": error.message, "type": error.error_type})
        except Exception as fault:
            if isinstance(fault, TimeoutError) and limit.expired():
                return Outcome(overdue=True)
            # Whatever breaks an invoker is, for the API, a function that does not answer; raised,
            # it would leave the other items of a batch waiting.
            LOG.exception("%s could not be invoked", source.function_name)
            return Outcome(error={"message": str(fault), "type": "Lambda:Unhandled"})
        return Outcome(result)


async def _finish(
    source: LambdaSource,
    ctx: mapping.Context,
    waiting: Awaitable[Outcome],
    extensions: Extensions,
) -> Any:
    outcome = await waiting
    if outcome.overdue:
        # The request's 30 s are AppSync's own; resolver code does not see them (recalled).
        raise ResolverError("Execution timed out.", "ExecutionTimeout")
    answered = {**ctx, "result": outcome.result, "error": outcome.error}
    if source.ends_session:
        return mapping.answer_end_session(answered, extensions)
    return mapping.answer_invoke(answered)


def _make_ctx(
    parent: Any, info: GraphQLResolveInfo[RequestContext], arguments: Mapping[str, Any]
) -> mapping.Context:
    """Return the context object that resolver code sees.

    Source:
        Powertools `tests/events/appSyncDirectResolver.json`.
    """
    context = info.context
    key = tuple(map(id, info.field_nodes))
    selected = context.selections.get(key)
    if selected is None:  # the same for every item of a list
        selected = context.selections[key] = (list_selections(info), print_selections(info))
    return {
        "args": dict(arguments),
        "identity": context.caller.identity,
        "source": None if info.parent_type.name in ROOT_TYPES else parent,
        "request": {"headers": dict(context.headers), "domainName": None},
        "prev": None,
        "stash": {},
        "info": {
            "fieldName": info.field_name,
            "parentTypeName": info.parent_type.name,
            "variables": dict(context.variables),
            "selectionSetList": selected[0],
            "selectionSetGraphQL": selected[1],
        },
    }


def _read_member(parent: Any, info: GraphQLResolveInfo[RequestContext]) -> Any:
    """Return a field of an object that an earlier resolver answered."""
    if isinstance(parent, Mapping):
        return parent.get(info.field_name)
    if parent is None:
        return None  # a root field without a data source
    # Wording recalled.
    at = format_path(info.path.prev.as_list() if info.path.prev else [])
    raise ResolverError(f"Can't resolve value ({at}) : type mismatch error, expected type OBJECT")


def _find_type(
    value: Any, _info: GraphQLResolveInfo[RequestContext], _type: GraphQLAbstractType
) -> str | None:
    """Return the member of a union: AppSync goes by `__typename` in the value."""
    return value.get("__typename") if isinstance(value, Mapping) else None


def _measure_depth(path: Path | None) -> int:
    depth = 0
    while path is not None:
        depth += isinstance(path.key, str)
        path = path.prev
    return depth
