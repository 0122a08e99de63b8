"""A small API, its functions, and a server for it on a loopback port."""

from __future__ import annotations

import asyncio
import inspect
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import uvicorn
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from gql import Client
from gql.transport.appsync_auth import AppSyncApiKeyAuthentication, AppSyncJWTAuthentication
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport

from devstack.appsync.app import create_app
from devstack.appsync.config import (
    ApiConfig,
    DataSource,
    IamCredential,
    InvocationError,
    LambdaAuthorizerConfig,
    LambdaSource,
    PublishSource,
    SubscribeSource,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from devstack.appsync.gateway import Gateway

API_KEY = "da2-testkey"
ACCESS_KEY = "AKIDPUBLISHER"
SECRET_KEY = "publisher-secret"
REGION = "eu-north-1"

SDL = '''
"""Three block quotes, as people read them."""
type Query {
  me: User
  numbers(first: Int = 2, after: String, kind: Kind): [Int!]
  invoices: [Invoice!]
  invoice(id: ID!): Invoice
  echo(input: EchoInput!): String
  scalars: Scalars
  status: Status @aws_api_key
  shared: Shared @aws_api_key @aws_lambda
  slow: String
  strict: Strict
  unserved: String
}

enum Kind { RENTAL RETAIL }
input EchoInput { text: String! kind: Kind note: AWSJSON on: AWSDate }

type User { id: ID! email: AWSEmail secret: String @aws_iam friend: User }
type Status @aws_api_key { ok: Boolean inner: Closed }
type Closed { text: String }
type Shared @aws_api_key @aws_lambda { id: ID onlyLambda: String @aws_lambda }
type Strict { id: ID! name: String! }
type Invoice { id: ID! detail: Detail lines: [Line!] label: String }
type Line { amount: Int! }
union Detail = FoodDetail | TravelDetail
type FoodDetail { id: ID restaurant: String }
type TravelDetail @aws_iam { id: ID destination: String }
type Scalars {
  date: AWSDate time: AWSTime dateTime: AWSDateTime stamp: AWSTimestamp email: AWSEmail
  json: AWSJSON url: AWSURL phone: AWSPhone ip: AWSIPAddress int: Int kind: Kind
}

type UserError @aws_lambda @aws_api_key { message: String! }
type SessionPayload @aws_api_key { token: String userErrors: [UserError!]! }
type EndPayload { ok: Boolean userErrors: [UserError!]! }

input PublishInput { eventId: ID! userId: ID! title: String total: Int note: String }
type InvoiceEvent @aws_iam @aws_lambda {
  eventId: ID!
  userId: ID!
  title: String
  total: Int
  note: String
}

type Mutation {
  signUp(email: AWSEmail!): SessionPayload @aws_api_key
  logOut: EndPayload
  deleteUser: EndPayload
  publishInvoiceEvent(input: PublishInput!): InvoiceEvent @aws_iam
  publishIngestionEvent(input: PublishInput!): InvoiceEvent @aws_iam
}

type Subscription {
  onInvoiceEvent: InvoiceEvent @aws_subscribe(mutations: ["publishInvoiceEvent"])
  onIngestionEvent: InvoiceEvent @aws_subscribe(mutations: ["publishIngestionEvent"])
  onTitle(title: String): InvoiceEvent @aws_subscribe(mutations: ["publishInvoiceEvent"])
}
'''

SOURCES: dict[str, DataSource] = {
    "Query.me": LambdaSource("me"),
    "Query.numbers": LambdaSource("numbers"),
    "Query.invoices": LambdaSource("invoices"),
    "Query.invoice": LambdaSource("invoice"),
    "Query.echo": LambdaSource("echo"),
    "Query.scalars": LambdaSource("scalars"),
    "Query.status": LambdaSource("status"),
    "Query.shared": LambdaSource("shared"),
    "Query.slow": LambdaSource("slow"),
    "Query.strict": LambdaSource("strict"),
    "Invoice.detail": LambdaSource("detail", max_batch_size=2),
    "Mutation.signUp": LambdaSource("sign_up"),
    "Mutation.logOut": LambdaSource("end", ends_session=True),
    "Mutation.deleteUser": LambdaSource("end", ends_session=True),
    "Mutation.publishInvoiceEvent": PublishSource(),
    "Mutation.publishIngestionEvent": PublishSource(),
    "Subscription.onInvoiceEvent": SubscribeSource(),
    "Subscription.onIngestionEvent": SubscribeSource(),
}


def authorize(event: dict[str, Any]) -> dict[str, Any]:
    """Accept `user:session` and answer as the real authorizer does."""
    user, _, session = event["authorizationToken"].partition(":")
    if not session:
        return {"isAuthorized": False}
    context = {"userId": user, "email": f"{user}@example.com", "sessionId": session}
    return {"isAuthorized": True, "resolverContext": context}


@dataclass
class Functions:
    """An in-process `Invoker`: one callable per function, every call noted."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)

    async def invoke(self, function_name: str, payload: Any, timeout_s: float) -> Any:
        assert timeout_s > 0
        payload = json.loads(json.dumps(payload))  # a worker process gets JSON, nothing else
        self.calls.append((function_name, payload))
        answer = self.answers[function_name]
        if isinstance(answer, InvocationError):
            raise answer
        result = answer(payload) if callable(answer) else answer
        return await result if inspect.isawaitable(result) else result

    def events(self, function_name: str) -> list[Any]:
        return [payload for name, payload in self.calls if name == function_name]


@dataclass
class FixedClock:
    now: datetime = datetime(2026, 5, 4, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def find_credential(access_key: str) -> IamCredential | None:
    arn = "arn:aws:sts::000000000000:assumed-role/send-invoice-notification/worker"
    known = {
        ACCESS_KEY: IamCredential(SECRET_KEY, arn),
        "AKIDSESSION": IamCredential(SECRET_KEY, arn, session_token="token-1"),
        "AKIDLIMITED": IamCredential(
            SECRET_KEY, arn, allowed_fields=frozenset({"Mutation.publishInvoiceEvent"})
        ),
    }
    return known.get(access_key)


def make_config(**overrides: Any) -> ApiConfig:
    config = ApiConfig(
        sdl=SDL,
        data_sources=SOURCES,
        api_keys={API_KEY},
        authorizer=LambdaAuthorizerConfig("authorizer"),
        iam_credentials=find_credential,
    )
    return replace(config, **overrides)


@dataclass
class Server:
    """A gateway that listens."""

    host: str
    functions: Functions
    gateway: Gateway
    http: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return f"http://{self.host}/graphql"

    @property
    def ws_url(self) -> str:
        return f"ws://{self.host}/graphql"

    async def post(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        headers: dict[str, str] | None = None,
        user: str = "anna:s1",
    ) -> Any:
        headers = {"authorization": user} if headers is None else headers
        body = {"query": query, "variables": variables}
        async with self.http.post(self.url, json=body, headers=headers) as response:
            return await response.json()

    async def publish(self, selection: str = "eventId userId title total", **event: Any) -> Any:
        query = (
            "mutation Publish($input: PublishInput!) {"
            f" publishInvoiceEvent(input: $input) {{ {selection} }} }}"
        )
        body = json.dumps({"query": query, "variables": {"input": event}})
        headers = sign(self.url, body)
        async with self.http.post(self.url, data=body, headers=headers) as response:
            return await response.json()

    def subscriber(self, user: str = "anna:s1", *, path: str = "") -> Client:
        auth = AppSyncJWTAuthentication(host=self.host, jwt=user)
        transport = AppSyncWebsocketsTransport(url=self.ws_url + path, auth=auth)
        return Client(transport=transport)

    def key_subscriber(self, key: str = API_KEY) -> Client:
        auth = AppSyncApiKeyAuthentication(host=self.host, api_key=key)
        return Client(transport=AppSyncWebsocketsTransport(url=self.ws_url, auth=auth))

    async def wait_for_subscriptions(self, count: int) -> None:
        async with asyncio.timeout(5):
            while sum(map(len, self.gateway.hub._by_field.values())) != count:  # noqa: ASYNC110
                await asyncio.sleep(0.005)


def sign(
    url: str,
    body: str,
    *,
    access_key: str = ACCESS_KEY,
    secret: str = SECRET_KEY,
    token: str | None = None,
    service: str = "appsync",
    region: str = REGION,
) -> dict[str, str]:
    """Return the headers of a request signed by botocore."""
    request = AWSRequest("POST", url, data=body, headers={"content-type": "application/json"})
    SigV4Auth(Credentials(access_key, secret, token), service, region).add_auth(request)
    return dict(request.headers.items())


@asynccontextmanager
async def serve(
    answers: dict[str, Any] | None = None,
    *,
    tls: tuple[Path, Path] | None = None,
    **overrides: Any,
) -> AsyncIterator[Server]:
    """Run a gateway with uvicorn on a free loopback port, over TLS with a certificate and key."""
    functions = Functions({"authorizer": authorize, **(answers or {})})
    app = create_app(make_config(**overrides), functions)
    # With the protocol named, asyncio sets TCP_NODELAY; without, every answer waits 40 ms for an
    # acknowledgement (Nagle), since uvicorn writes head and body apart.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        app,
        log_level="warning",
        lifespan="off",
        ws_per_message_deflate=False,
        ssl_certfile=tls and tls[0],
        ssl_keyfile=tls and tls[1],
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup([listener])
    try:
        async with aiohttp.ClientSession() as http:
            yield Server(host, functions, app.state.gateway, http)
    finally:
        await _stop(server)
        listener.close()


async def _stop(server: uvicorn.Server) -> None:
    """Close everything; quicker than uvicorn's own shutdown, which sleeps between looks."""
    for one in server.servers:
        one.close()
    for connection in tuple(server.server_state.connections):
        connection.shutdown()
    async with asyncio.timeout(5):
        while server.server_state.connections or server.server_state.tasks:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def crash(message: str = "boom at /var/task/secret.py") -> Callable[[Any], Any]:
    def answer(_payload: Any) -> Any:
        raise InvocationError("Lambda:Unhandled", message)

    return answer
