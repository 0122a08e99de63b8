"""Live subscriptions: who gets which event, and whose subscriptions end.

Rules: `platform_facts.md` 5.4. Nothing here waits for a client: delivery hands text to a
connection's queue.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devstack.appsync.execution import RequestContext
from devstack.appsync.filters import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from devstack.appsync.auth import Caller
    from devstack.appsync.documents import Document
    from devstack.appsync.execution import Executor
    from devstack.appsync.filters import Filter
    from devstack.appsync.mapping import Invalidation
    from devstack.appsync.schema import ApiSchema

LOG = logging.getLogger(__name__)


@dataclass
class Metrics:
    """Counts since the start, after AppSync's CloudWatch metrics.

    Args:
        inbound_message_error: Events dropped for their size (InboundMessageError).
        published: Events that subscriptions were linked to.
        delivered: Messages handed to connections.
        invalidated: Subscriptions ended by a mutation (InvalidationSuccess).
        slow_clients: Connections closed because their client did not read.
        connections: Open now.
    """

    inbound_message_error: int = 0
    published: int = 0
    delivered: int = 0
    invalidated: int = 0
    slow_clients: int = 0
    connections: int = 0


@dataclass(eq=False)
class Subscription:
    """One accepted `start`.

    Args:
        deliver: Takes the JSON text of a `data` payload.
        end: Tells the client that there will be no more.
        event_filter: Set by the resolver; the arguments filter when it is None.
        invalidation_filter: Set by the resolver; without it nothing ends the subscription.
    """

    field_name: str
    document: Document
    operation_name: str | None
    variables: Mapping[str, Any]
    arguments: Mapping[str, Any]
    caller: Caller
    deliver: Callable[[str], None]
    end: Callable[[], None]
    event_filter: Filter | None = None
    invalidation_filter: Filter | None = None
    view: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        # Subscribers with the same view see the same text of an event: it is made once.
        self.view = (
            self.document.text,
            self.operation_name,
            json.dumps(self.variables, sort_keys=True),
            self.caller.mode,
            self.caller.denied_fields,
            self.caller.allowed_fields,
        )

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Return whether an event passes the subscription's filter.

        A filter set by the resolver replaces the one made of the arguments.
        """
        if self.event_filter is not None:
            return matches(self.event_filter, event)
        return all(event.get(name) == value for name, value in self.arguments.items())


class SubscriptionHub:
    """All subscriptions of an API."""

    def __init__(self, api: ApiSchema, executor: Executor, max_payload_bytes: int) -> None:
        self._links = api.subscriptions
        self._executor = executor
        self._max_payload_bytes = max_payload_bytes
        self._by_field: dict[str, set[Subscription]] = {}
        self.metrics = Metrics()

    def add(self, subscription: Subscription) -> None:
        """Deliver events to a subscription from now on."""
        self._by_field.setdefault(subscription.field_name, set()).add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Deliver no more; harmless when it has gone already."""
        self._by_field.get(subscription.field_name, set()).discard(subscription)

    def publish(self, mutation_field: str, event: Mapping[str, Any]) -> None:
        """Deliver what a mutation selected of its result to the linked subscriptions."""
        fields = self._links.get(mutation_field, ())
        if not fields:
            return
        self.metrics.published += 1
        text = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > self._max_payload_bytes:
            LOG.warning(
                "event of %s dropped: over %d bytes", mutation_field, self._max_payload_bytes
            )
            self.metrics.inbound_message_error += 1
            return
        for name in fields:
            self._deliver(name, event)

    def _deliver(self, field_name: str, event: Mapping[str, Any]) -> None:
        shown: dict[tuple[Any, ...], str] = {}
        for subscription in tuple(self._by_field.get(field_name, ())):
            if not subscription.wants(event):
                continue
            if subscription.view not in shown:
                shown[subscription.view] = self._show(subscription, event)
            subscription.deliver(shown[subscription.view])
            self.metrics.delivered += 1

    def _show(self, subscription: Subscription, event: Mapping[str, Any]) -> str:
        """Return the payload for one view: its selection of what the mutation selected."""
        context = RequestContext(
            subscription.caller, variables=subscription.variables, replays_event=True
        )
        root = {subscription.field_name: event}
        return _dump(
            self._executor.replay(subscription.document, subscription.operation_name, context, root)
        )

    def invalidate(self, invalidation: Invalidation) -> None:
        """End the subscriptions of one field whose invalidation filter matches the payload."""
        for subscription in tuple(self._by_field.get(invalidation.subscription_field, ())):
            chosen = subscription.invalidation_filter
            if chosen is not None and matches(chosen, invalidation.payload):
                self.remove(subscription)
                subscription.end()
                self.metrics.invalidated += 1


def _dump(value: Any) -> str:
    """Return JSON in ASCII: half a surrogate pair in a text could not be sent otherwise."""
    return json.dumps(value, separators=(",", ":"))
