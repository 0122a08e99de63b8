"""The gateway itself, apart from HTTP and WebSocket: one object per API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import OperationType

from devstack.appsync.auth import Authenticator, Operation
from devstack.appsync.documents import DocumentCache
from devstack.appsync.errors import RequestRefused
from devstack.appsync.execution import Executor, RequestContext
from devstack.appsync.schema import build_api_schema
from devstack.appsync.selection import iter_fields, name_by_field
from devstack.appsync.subscriptions import Subscription, SubscriptionHub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from devstack.appsync.auth import Caller
    from devstack.appsync.config import ApiConfig, Invoker
    from devstack.appsync.documents import Document
    from devstack.appsync.requests import GraphQLRequest
    from devstack.appsync.subscriptions import Metrics

CONNECT = Operation(name="DeepDish:Connect")


class SubscriptionRefused(Exception):  # noqa: N818 - an outcome of the request, not a fault of ours
    """A subscription did not start; `errors` go to the client."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(str(errors))
        self.errors = errors


class Gateway:
    """Authenticates, runs and publishes.

    Raises:
        GatewayConfigError: on creation, when the configuration contradicts itself.
    """

    def __init__(self, config: ApiConfig, invoker: Invoker) -> None:
        self.config = config
        self._api = build_api_schema(config)
        self._documents = DocumentCache(self._api.schema, introspection=config.introspection)
        self._executor = Executor(config, self._api, invoker)
        self.authenticator = Authenticator(config, invoker)
        self.hub = SubscriptionHub(self._api, self._executor, config.max_payload_bytes)

    @property
    def metrics(self) -> Metrics:
        """What happened so far."""
        return self.hub.metrics

    async def execute(
        self, request: GraphQLRequest, caller: Caller, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return the response to a query or a mutation, after publishing what it changed.

        Raises:
            RequestRefused: nothing was executed.
        """
        document = self._documents.load(request.query)
        if document.errors:
            return {"data": None, "errors": list(document.errors)}
        operation = document.get_operation(request.operation_name)
        if operation.operation is OperationType.SUBSCRIPTION:
            # Recalled: over HTTP AppSync once answered with MQTT topics, no longer.
            raise RequestRefused(
                400, "UnsupportedOperation", "subscription not supported through this channel"
            )
        context = RequestContext(caller, headers, request.variables)
        response = await self._executor.run(document, request.operation_name, context)
        if operation.operation is OperationType.MUTATION:
            self._publish(document, request.operation_name, response["data"])
            for invalidation in context.extensions.invalidations:
                self.hub.invalidate(invalidation)
        return response

    def _publish(
        self, document: Document, operation_name: str | None, data: Mapping[str, Any] | None
    ) -> None:
        """Hand every mutation field that has a result to the hub, aliases undone."""
        selections = document.get_operation(operation_name).selection_set.selections
        for node in iter_fields(selections, document.fragments):
            result = (data or {}).get((node.alias or node.name).value)
            if isinstance(result, dict):
                inner = node.selection_set.selections if node.selection_set else ()
                event = name_by_field(result, inner, document.fragments)
                self.hub.publish(node.name.value, event)

    async def subscribe(
        self,
        request: GraphQLRequest,
        caller: Caller,
        headers: Mapping[str, str],
        *,
        deliver: Callable[[str], None],
        end: Callable[[], None],
    ) -> Subscription:
        """Return a subscription that is ready to be added to the hub.

        Raises:
            RequestRefused: it is not one subscription.
            SubscriptionRefused: it is invalid, or the caller may not have it.
        """
        document = self._documents.load(request.query)
        if document.errors:
            raise SubscriptionRefused(list(document.errors))
        operation = document.get_operation(request.operation_name)
        kind = operation.operation.value
        if operation.operation is not OperationType.SUBSCRIPTION:
            raise RequestRefused(
                400, "UnsupportedOperation", f"{kind} not supported through the realtime channel"
            )
        context = RequestContext(caller, headers, request.variables)
        response = await self._executor.run(document, request.operation_name, context)
        if errors := response.get("errors"):
            raise SubscriptionRefused(errors)
        node = next(iter_fields(operation.selection_set.selections, document.fragments))
        return Subscription(
            field_name=node.name.value,
            document=document,
            operation_name=request.operation_name,
            variables=request.variables,
            arguments=context.arguments,
            caller=caller,
            deliver=deliver,
            end=end,
            event_filter=context.extensions.subscription_filter,
            invalidation_filter=context.extensions.invalidation_filter,
        )
