"""The gateway over HTTP and WebSocket."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from devstack.appsync.auth import Operation
from devstack.appsync.errors import RequestRefused
from devstack.appsync.gateway import Gateway
from devstack.appsync.realtime import serve_socket
from devstack.appsync.requests import GraphQLRequest, parse_request
from devstack.appsync.sigv4 import SignedRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from devstack.appsync.config import ApiConfig, Invoker

# What Amplify sends; "*" would not cover Authorization (`platform_facts.md` B3).
ALLOWED_HEADERS = (
    "authorization",
    "content-type",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-user-agent",
    "x-api-key",
    "x-amz-content-sha256",
    "x-amz-target",
)
CORS_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": ",".join(ALLOWED_HEADERS),
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-expose-headers": "x-amzn-requestid,x-amzn-errortype,date",
    "access-control-max-age": "172800",
}


def create_app(api: ApiConfig, invoker: Invoker, *, routes: Sequence[BaseRoute] = ()) -> Starlette:
    """Return the gateway of one API as an ASGI application.

    `POST /graphql`, and WebSockets at `/graphql` (gql) and `/graphql/realtime` (Amplify). The
    `Gateway` itself is at `app.state.gateway`.

    Args:
        api: The API.
        invoker: Calls the functions behind it.
        routes: More routes, for example a GraphiQL page; the gateway's own come first.

    Raises:
        GatewayConfigError: the API description contradicts itself.
    """
    gateway = Gateway(api, invoker)

    async def post(request: Request) -> Response:
        return await _answer(gateway, request)

    async def socket(websocket: WebSocket) -> None:
        await serve_socket(gateway, websocket)

    app = Starlette(
        routes=[
            Route("/graphql", post, methods=["POST"]),
            Route("/graphql", _answer_preflight, methods=["OPTIONS"]),
            WebSocketRoute("/graphql", socket),
            WebSocketRoute("/graphql/realtime", socket),
            *routes,
        ]
    )
    app.state.gateway = gateway
    return app


async def _answer(gateway: Gateway, request: Request) -> Response:
    body = await request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers.setdefault("x-amzn-trace-id", _new_trace())  # AppSync's edge adds one to every request
    try:
        response = await _run(gateway, request, headers, body)
    except RequestRefused as refused:
        return _respond({"errors": [refused.as_error()]}, refused.status, refused.error_type)
    return _respond(response)


def _new_trace() -> str:
    """Return a trace header: the second in hex, and 96 random bits.

    Source:
        https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    """
    return f"Root=1-{int(time.time()):08x}-{uuid4().hex[:24]}"


async def _run(
    gateway: Gateway, request: Request, headers: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    """Authenticate before looking at the query: a stranger learns nothing from its errors."""
    signed = SignedRequest("POST", request.url.path, request.url.query, headers, body)
    asked: GraphQLRequest | RequestRefused
    try:
        asked = parse_request(body)
        operation = Operation(asked.query, asked.operation_name, asked.variables)
    except RequestRefused as refused:
        asked, operation = refused, Operation()
    source_ip = request.client.host if request.client else ""
    caller = await gateway.authenticator.authenticate(signed, operation, source_ip=source_ip)
    if isinstance(asked, RequestRefused):
        raise asked
    return await gateway.execute(asked, caller, headers)


async def _answer_preflight(_request: Request) -> Response:
    return Response(status_code=200, headers=CORS_HEADERS)


def _respond(content: dict[str, Any], status: int = 200, error_type: str | None = None) -> Response:
    headers = CORS_HEADERS | {"x-amzn-requestid": str(uuid4())}
    if error_type:
        headers["x-amzn-errortype"] = error_type
    # ASCII, since half a surrogate pair in a text could not be encoded otherwise.
    body = json.dumps(content, separators=(",", ":")).encode()
    return Response(body, status, headers, "application/json;charset=UTF-8")
