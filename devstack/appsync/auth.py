"""Who is calling: API key, Lambda authorizer or signature, over HTTP and WebSocket alike."""

from __future__ import annotations

import asyncio
import fnmatch
import hmac
import json
import logging
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from devstack.appsync import sigv4
from devstack.appsync.config import AuthMode
from devstack.appsync.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devstack.appsync.config import ApiConfig, IamCredential, Invoker, LambdaAuthorizerConfig
    from devstack.appsync.sigv4 import SignedRequest

LOG = logging.getLogger(__name__)

NOT_AUTHORIZED = "You are not authorized to make this call."  # amplify-js #9513
NO_CREDENTIALS = "Valid authorization header not provided."  # amplify-js #4373

_MAX_TOKEN_CHARS = 2048
_MAX_CONTEXT_BYTES = 5 * 1024 * 1024
_MAX_CACHED_ANSWERS = 10_000


@dataclass(frozen=True)
class Caller:
    """An authenticated caller.

    Args:
        mode: How it was authenticated.
        identity: `ctx.identity` of the resolvers; None for an API key.
        denied_fields: `Type.field`, forced to null by the authorizer.
        allowed_fields: Root fields of the `appsync:GraphQL` permission; None for all.
    """

    mode: AuthMode
    identity: Mapping[str, Any] | None = None
    denied_fields: frozenset[str] = frozenset()
    allowed_fields: frozenset[str] | None = None

    def may_call(self, coordinate: str) -> bool:
        """Return whether the IAM policy, if there is one, lists a root field."""
        if self.allowed_fields is None:
            return True
        return any(fnmatch.fnmatchcase(coordinate, pattern) for pattern in self.allowed_fields)


@dataclass(frozen=True)
class Operation:
    """What the authorizer is told about the request."""

    query: str = ""
    name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


class Authenticator:
    """Decides who is calling.

    `Authorization` wins over `x-api-key` when a request carries both (recalled; the stricter of
    the two orders, because a bad token is then never excused by a public key).
    """

    def __init__(self, config: ApiConfig, invoker: Invoker) -> None:
        self._config = config
        self._authorizer = (
            LambdaAuthorizer(config, config.authorizer, invoker) if config.authorizer else None
        )

    async def authenticate(
        self, request: SignedRequest, operation: Operation, *, source_ip: str
    ) -> Caller:
        """Return the caller of a request.

        Raises:
            RequestRefused: nobody that we know.
        """
        authorization = request.headers.get("authorization", "")
        if authorization.startswith(sigv4.ALGORITHM):
            return self._authenticate_iam(request, source_ip)
        if authorization:
            return await self._authenticate_token(authorization, request, operation)
        if key := request.headers.get("x-api-key"):
            return self._authenticate_key(key)
        raise RequestRefused(401, "UnauthorizedException", NO_CREDENTIALS)

    def _authenticate_key(self, key: str) -> Caller:
        known = [hmac.compare_digest(key.encode(), k.encode()) for k in self._config.api_keys]
        if not any(known):
            raise RequestRefused(401, "UnauthorizedException", NOT_AUTHORIZED)
        return Caller(AuthMode.API_KEY)

    async def _authenticate_token(
        self, token: str, request: SignedRequest, operation: Operation
    ) -> Caller:
        # AppSync never calls the authorizer for a Bearer token (amplify-category-api #2128).
        if self._authorizer is None or token[:7].lower() == "bearer ":
            raise RequestRefused(401, "UnauthorizedException", NO_CREDENTIALS)
        return await self._authorizer.authorize(token, request.headers, operation)

    def _authenticate_iam(self, request: SignedRequest, source_ip: str) -> Caller:
        credential = sigv4.verify(
            request,
            self._config.iam_credentials,
            now=self._config.clock(),
            region=self._config.region,
        )
        identity = _make_iam_identity(credential, self._config.account_id, source_ip)
        return Caller(AuthMode.AWS_IAM, identity, allowed_fields=credential.allowed_fields)


def _make_iam_identity(
    credential: IamCredential, account_id: str, source_ip: str
) -> dict[str, Any]:
    """Return `ctx.identity` of the AWS_IAM mode (Resolver context reference)."""
    return {
        "accountId": account_id,
        "cognitoIdentityPoolId": None,
        "cognitoIdentityId": None,
        "cognitoIdentityAuthType": None,
        "cognitoIdentityAuthProvider": None,
        "sourceIp": [source_ip],
        "username": credential.principal_arn.rpartition(":")[2],
        "userArn": credential.principal_arn,
    }


class LambdaAuthorizer:
    """The AWS_LAMBDA mode: asks the function and keeps its answers.

    Answers are kept by token alone, refusals too, as AppSync keeps them; requests with the same
    token wait for one call.

    Source:
        `platform_facts.md` 4.4; "DeepDish:Connect" as seen in authorizers in public projects.
    """

    def __init__(
        self, config: ApiConfig, authorizer: LambdaAuthorizerConfig, invoker: Invoker
    ) -> None:
        self._config = config
        self._authorizer = authorizer
        self._invoker = invoker
        self._form = re.compile(authorizer.validation_regex or "")
        self._kept: OrderedDict[str, tuple[float, Caller | None]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Caller | None]] = {}

    async def authorize(
        self, token: str, headers: Mapping[str, str], operation: Operation
    ) -> Caller:
        """Return the caller that the token stands for.

        Raises:
            RequestRefused: the token is malformed, or the function refused it or failed.
        """
        if len(token) > _MAX_TOKEN_CHARS or not self._matches(token):
            raise RequestRefused(401, "UnauthorizedException", NOT_AUTHORIZED)
        caller = await self._find(token, headers, operation)
        if caller is None:
            raise RequestRefused(401, "UnauthorizedException", NOT_AUTHORIZED)
        return caller

    def _matches(self, token: str) -> bool:
        return not self._form.pattern or self._form.search(token) is not None

    async def _find(
        self, token: str, headers: Mapping[str, str], operation: Operation
    ) -> Caller | None:
        kept = self._kept.get(token)
        if kept and kept[0] > self._config.clock().timestamp():
            self._kept.move_to_end(token)
            return kept[1]
        task = self._asking.get(token)
        if task is None:
            task = asyncio.create_task(self._ask(token, headers, operation))
            self._asking[token] = task
            task.add_done_callback(lambda _: self._asking.pop(token, None))
        # Shielded: one client going away must not refuse the others that wait.
        return await asyncio.shield(task)

    async def _ask(
        self, token: str, headers: Mapping[str, str], operation: Operation
    ) -> Caller | None:
        event = self._make_event(token, headers, operation)
        limit = self._config.authorizer_timeout_s
        try:
            async with asyncio.timeout(limit):
                answer = await self._invoker.invoke(self._authorizer.function_name, event, limit)
        except Exception:
            # Crash, time limit or a broken invoker: without an answer nobody gets in.
            LOG.exception("the authorizer did not answer")
            return None
        caller, ttl_s = _read_answer(answer, self._authorizer.ttl_s)
        if ttl_s > 0:
            self._kept[token] = (self._config.clock().timestamp() + ttl_s, caller)
            if len(self._kept) > _MAX_CACHED_ANSWERS:
                self._kept.popitem(last=False)
        return caller

    def _make_event(
        self, token: str, headers: Mapping[str, str], operation: Operation
    ) -> dict[str, Any]:
        context = {
            "apiId": self._config.api_id,
            "accountId": self._config.account_id,
            "requestId": str(uuid4()),
            "queryString": operation.query,
            "operationName": operation.name,
            "variables": dict(operation.variables),
        }
        return {
            "authorizationToken": token,
            "requestContext": context,
            "requestHeaders": dict(headers),
        }


def _read_answer(answer: Any, ttl_s: float) -> tuple[Caller | None, float]:
    """Return the caller, None for a refusal, and for how long that counts."""
    if not isinstance(answer, dict):
        return None, 0
    override = answer.get("ttlOverride")
    if isinstance(override, int | float) and not isinstance(override, bool):
        ttl_s = override
    context = answer.get("resolverContext") or {}
    if answer.get("isAuthorized") is not True or not _is_flat(context):
        return None, ttl_s
    denied = frozenset(_read_denied(name) for name in answer.get("deniedFields") or ())
    return Caller(AuthMode.AWS_LAMBDA, {"resolverContext": context}, denied), ttl_s


def _is_flat(context: Any) -> bool:
    """Return whether AppSync would take a `resolverContext`: one level, at most 5 MB."""
    if not isinstance(context, dict):
        return False
    if any(isinstance(value, dict | list) for value in context.values()):
        return False
    return len(json.dumps(context)) <= _MAX_CONTEXT_BYTES


def _read_denied(name: str) -> str:
    """Return `Type.field` for itself or for `arn:…:apis/ID/types/Type/fields/field`."""
    if not name.startswith("arn:"):
        return name
    parts = name.split("/")
    return f"{parts[-3]}.{parts[-1]}"
