"""What every function behind AppSync shares: fields, the caller, and how failures are told.

A field's function returns plain JSON. Failures leave in one of two forms:

- what the caller can put right: `userErrors` of the mutation's payload;
- everything else: `{"error": {"type", "message", "info"}}`, which `terraform/appsync/invoke.js`
  turns into a GraphQL error. A failure that we did not name is logged under a reference and
  told as "Something went wrong (ref …)", because AppSync shows messages as they are.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import AppSyncResolver
from aws_lambda_powertools.logging import Logger

from paypulse.attempts import network_of
from paypulse.errors import ErrorType, RequestError, TransientError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.data_classes import AppSyncResolverEvent
    from aws_lambda_powertools.utilities.typing import LambdaContext

type Resolver = Callable[..., Any]
# Answers one field of many objects, in their order; an object is what AppSync calls the source.
type BatchResolver = Callable[[Caller, list[dict[str, Any]]], list[Any]]

# Source: AWS X-Ray developer guide, "Tracing header".
_TRACE = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as the authorizer said."""

    user_id: str
    email: str
    session_id: str


class Fields:
    """The fields of one function; the object itself is the Lambda handler.

    Source of the event's shape: AWS AppSync developer guide, "Direct Lambda resolvers".
    """

    def __init__(self) -> None:
        self._app = AppSyncResolver()  # type: ignore[no-untyped-call]  # Powertools leaves it out
        self._app.exception_handler(Exception)(self._tell)
        self._batches: dict[str, BatchResolver] = {}
        self.names: set[str] = set()
        self._correlation_id = ""

    def query(self, name: str) -> Callable[[Resolver], Resolver]:
        """Answer a field of Query with the function; its parameters are the field's arguments."""

        def register(resolver: Resolver) -> Resolver:
            self._app.resolver(type_name="Query", field_name=name)(resolver)
            self.names.add(f"Query.{name}")
            return resolver

        return register

    def mutation(self, name: str) -> Callable[[Resolver], Resolver]:
        """Answer a field of Mutation; the function gets `input` and returns the payload.

        `userErrors` is added: empty, or what the raised `UserError` says.
        """

        def register(resolver: Resolver) -> Resolver:
            def answer(input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - the argument's name
                try:
                    return {**resolver(input), "userErrors": []}
                except UserError as error:
                    return {"userErrors": [_to_user_error(error)]}

            self._app.resolver(type_name="Mutation", field_name=name)(answer)
            self.names.add(f"Mutation.{name}")
            return resolver

        return register

    def batch(self, name: str) -> Callable[[BatchResolver], BatchResolver]:
        """Answer a field of objects inside an answer (`Type.field`), many objects at once."""

        def register(resolver: BatchResolver) -> BatchResolver:
            self._batches[name] = resolver
            self.names.add(name)
            return resolver

        return register

    @property
    def caller(self) -> Caller:
        """Who asks.

        Raises:
            RequestError: INVALID_TOKEN; a field that needs a caller was reached without one.
        """
        return _caller_of(self._event)

    @property
    def source(self) -> str | None:
        """The network that the request comes from; None where nobody says.

        With an API key there is no `sourceIp`, only `x-forwarded-for`: AppSync's edge adds the
        client's address to what the client sent, and its own behind it. So the last but one is
        the client's, whatever a client writes in front to look like someone else.
        """
        addresses = (self._event.get("identity") or {}).get("sourceIp") or []
        if not addresses:
            headers = (self._event.get("request") or {}).get("headers") or {}
            addresses = headers.get("x-forwarded-for", "").split(",")[-2:]
        return network_of(addresses[0])

    def selects(self, field: str) -> bool:
        """Tell whether the request selects a field of this name, however deep."""
        paths: list[str] = self._event.info.selection_set_list
        return any(field in path.split("/") for path in paths)

    @property
    def correlation_id(self) -> str:
        """The request's id, which all that comes of the request is logged under."""
        return self._correlation_id

    @property
    def _event(self) -> AppSyncResolverEvent:
        event = self._app.current_event
        if event is None:
            raise RuntimeError("there is a caller only while a request is answered")
        return event

    def __call__(self, event: dict[str, Any] | list[dict[str, Any]], context: LambdaContext) -> Any:
        """Answer one AppSync request, or a batch of requests for the same field."""
        first = event[0] if isinstance(event, list) else event
        name = f"{first['info']['parentTypeName']}.{first['info']['fieldName']}"
        self._correlation_id = _correlation_id(first, context)
        self._logger.set_correlation_id(self._correlation_id)
        self._logger.info(name)
        if isinstance(event, list):
            return self._answer_batch(self._batches[name], event)
        return self._app.resolve(event, context)

    def _answer_batch(self, resolver: BatchResolver, events: list[dict[str, Any]]) -> list[Any]:
        """Answer every entry, in order; one that fails has its own error and fails no other.

        A batch comes from one request, so from one caller; entries of another, should there ever
        be any, are answered for themselves.
        """
        try:
            (caller,) = {_caller_of(event) for event in events}
            return resolver(caller, [event["source"] for event in events])
        except TransientError as error:  # a service is down, for all of them
            return [self._tell(error)] * len(events)
        except Exception as error:  # noqa: BLE001 - told to the entry at fault
            if len(events) == 1:
                return [self._tell(error)]
        return [self._answer_batch(resolver, [event])[0] for event in events]

    @cached_property
    def _logger(self) -> Logger:
        return Logger()

    def _tell(self, error: Exception) -> dict[str, Any]:
        match error:
            case UserError():  # in a query: the arguments are wrong
                return _error(ErrorType.VALIDATION_FAILED, error.message)
            case RequestError():
                return _error(error.type, error.message, error.info)
            case TransientError():
                self._logger.warning("dependency failed", exc_info=error)
                message = "A service that we need did not answer. Try again in a minute."
                return _error(ErrorType.DEPENDENCY_FAILURE, message)
        reference = uuid.uuid4().hex[:12]
        self._logger.error("unexpected failure", exc_info=error, extra={"reference": reference})
        return _error(ErrorType.INTERNAL_SERVER_ERROR, f"Something went wrong (ref {reference}).")


def _caller_of(event: Mapping[str, Any]) -> Caller:
    context = (event.get("identity") or {}).get("resolverContext") or {}
    if not context.get("userId"):
        raise RequestError(ErrorType.INVALID_TOKEN, "Log in first.")
    return Caller(context["userId"], context["email"], context["sessionId"])


def _correlation_id(event: Mapping[str, Any], context: LambdaContext) -> str:
    """Return the id of AppSync's trace, which all fields of a request share, or of this call.

    Only where it has the form that AWS gives it: it goes into rows and metadata from here.
    """
    headers = (event.get("request") or {}).get("headers") or {}
    trace = _TRACE.search(headers.get("x-amzn-trace-id", ""))
    return trace[1] if trace else context.aws_request_id


def _error(type_: ErrorType, message: str, info: Mapping[str, int] | None = None) -> dict[str, Any]:
    return {"error": {"type": type_.value, "message": message, "info": info}}


def _to_user_error(error: UserError) -> dict[str, Any]:
    return {"code": error.code.value, "message": error.message, "field": list(error.field) or None}
