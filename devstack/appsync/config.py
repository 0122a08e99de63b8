"""One AppSync API, described: schema, data sources, authorisation, limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from devstack.appsync.errors import GatewayConfigError
from paypulse.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

ROOT_TYPES = ("Query", "Mutation", "Subscription")


class AuthMode(StrEnum):
    """The authorisation modes that the gateway serves."""

    API_KEY = "API_KEY"
    AWS_LAMBDA = "AWS_LAMBDA"
    AWS_IAM = "AWS_IAM"


class InvocationError(Exception):
    """A function did not answer: it crashed, ran out of time, or was throttled.

    Args:
        error_type: As AppSync names it in `ctx.error.type`: `Lambda:Unhandled` for an exception
            of the function, `Lambda:ExecutionTimeoutException` for its time limit,
            `Lambda:TooManyRequestsException` for throttling.
        message: What the service said; never shown to a client (`invoke.js` masks it).
    """

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message


class Invoker(Protocol):
    """Calls Lambda functions."""

    async def invoke(self, function_name: str, payload: Any, timeout_s: float) -> Any:
        """Return the function's answer to one synchronous invocation.

        Args:
            function_name: As the manifest names it.
            payload: The event, plain JSON; not shared with later calls.
            timeout_s: How long the gateway waits; the call is cancelled after that.

        Raises:
            InvocationError: there is no answer.
        """
        ...


@dataclass(frozen=True)
class LambdaSource:
    """A Lambda function behind a field, with the code of `terraform/appsync/invoke.js`.

    Args:
        function_name: The function.
        max_batch_size: Items in one BatchInvoke, 1 to 2,000; 0 for root fields, which are invoked
            one by one.
        ends_session: Use `end_session.js`, which also ends live subscriptions.
    """

    function_name: str
    max_batch_size: int = 0
    ends_session: bool = False


@dataclass(frozen=True)
class PublishSource:
    """A NONE data source with `publish.js`: the input becomes the event."""


@dataclass(frozen=True)
class SubscribeSource:
    """A NONE data source with `subscribe.js`: the filter comes from the caller's identity."""


DataSource = LambdaSource | PublishSource | SubscribeSource


@dataclass(frozen=True)
class LambdaAuthorizerConfig:
    """The AWS_LAMBDA mode: which function decides, and for how long its answer counts.

    Args:
        function_name: The authorizer.
        ttl_s: `authorizerResultTtlInSeconds`, 0 to 3,600; `ttlOverride` in an answer wins.
        validation_regex: `identityValidationExpression`; a token that does not match is refused
            without a call.
    """

    function_name: str
    ttl_s: float = 300
    validation_regex: str | None = None


@dataclass(frozen=True)
class IamCredential:
    """A key pair that may sign requests.

    Args:
        secret_access_key: The secret.
        principal_arn: Who it is; becomes `identity.userArn`.
        session_token: Must come with every request when set.
        allowed_fields: `Type.field` patterns (`*` allowed) of the `appsync:GraphQL` permission;
            None allows every root field.
    """

    secret_access_key: str
    principal_arn: str
    session_token: str | None = None
    allowed_fields: frozenset[str] | None = None


def _no_credential(_access_key_id: str) -> IamCredential | None:
    return None


@dataclass(frozen=True)
class ApiConfig:
    """Everything that one API needs.

    Limits are AppSync's (Service Quotas); see `platform_facts.md` 3.2.

    Args:
        sdl: The schema without definitions of AWS scalars and directives.
        data_sources: By `Type.field`. A root field without one resolves to null, as in AppSync.
        api_keys: Keys that are valid now.
        default_mode: What unannotated types and fields accept.
        authorizer: The AWS_LAMBDA mode, if the API has it.
        iam_credentials: Finds the credential of an access key id; None if there is none.
        region: When set, signatures for another region are refused.
        request_timeout_s: A whole request, all its resolvers together.
        max_depth: Query depth limit, scalars included; 0 for none.
        max_resolvers: Resolver count limit of one request; 0 for AppSync's own 10,000.
        introspection: Whether `__schema` and `__type` answer.
        max_subscriptions_per_connection: AppSync's default quota.
        max_payload_bytes: Events above it are dropped and counted.
        send_queue_size: Messages that a client may be behind before it is disconnected.
        connection_timeout_ms: Told to clients in `connection_ack`.
        keepalive_s: Between two `ka` messages.
        max_connection_s: AppSync ends a connection after about a day.
        init_timeout_s: How long a new connection may stay silent.
        authorizer_timeout_s: AppSync's own limit for the authorizer.
        api_id: Shown to the authorizer.
        account_id: Shown to the authorizer and to IAM callers.
        clock: The time, for signatures and caches.
    """

    sdl: str
    data_sources: Mapping[str, DataSource]
    api_keys: Collection[str] = ()
    default_mode: AuthMode = AuthMode.AWS_LAMBDA
    authorizer: LambdaAuthorizerConfig | None = None
    iam_credentials: Callable[[str], IamCredential | None] = _no_credential
    region: str | None = None
    request_timeout_s: float = 30
    max_depth: int = 0
    max_resolvers: int = 0
    introspection: bool = True
    max_subscriptions_per_connection: int = 100
    max_payload_bytes: int = 240 * 1024
    send_queue_size: int = 256
    connection_timeout_ms: int = 300_000
    keepalive_s: float = 60
    max_connection_s: float = 24 * 3600
    init_timeout_s: float = 15
    authorizer_timeout_s: float = 10
    api_id: str = "paypulselocal"
    account_id: str = "000000000000"
    clock: Callable[[], datetime] = utc_now

    def __post_init__(self) -> None:
        for name, source in self.data_sources.items():
            _check_source(name, source)
        if self.authorizer and self.authorizer.validation_regex is not None:
            re.compile(self.authorizer.validation_regex)


def _check_source(name: str, source: DataSource) -> None:
    type_name, dot, field_name = name.partition(".")
    if not dot or not field_name:
        raise GatewayConfigError(f"Data source {name!r} is not named Type.field.")
    if isinstance(source, SubscribeSource) and type_name != "Subscription":
        raise GatewayConfigError(f"{name}: subscribe.js belongs on a field of Subscription.")
    if isinstance(source, PublishSource) and type_name != "Mutation":
        raise GatewayConfigError(f"{name}: publish.js belongs on a field of Mutation.")
    if not isinstance(source, LambdaSource):
        return
    if source.ends_session and type_name != "Mutation":
        raise GatewayConfigError(f"{name}: only mutations can end subscriptions.")
    # invoke.js chooses BatchInvoke by the parent type, so the two must agree.
    batched = type_name not in ROOT_TYPES
    if batched != (source.max_batch_size > 0) or source.max_batch_size > 2000:
        raise GatewayConfigError(
            f"{name}: fields of {', '.join(ROOT_TYPES)} have max_batch_size 0, fields of other "
            f"types 1 to 2,000; this one has {source.max_batch_size}."
        )
