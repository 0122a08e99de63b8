"""The whole system, running: MiniStack, functions, gateway and Google emulator.

async with DevStack(Options()) as stack:
    ...  # stack.graphql_url answers
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from starlette.responses import JSONResponse
from starlette.routing import Route

from devstack import connect_page
from devstack.appsync.app import create_app as create_gateway
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
from devstack.certificates import Certificate, find_or_make
from devstack.connect_gmail import SignIn
from devstack.google.accounts import GoogleAccount
from devstack.google.mailbox import load_folder
from devstack.google.server import create_app as create_google
from devstack.google_keys import LOCAL_CLIENT_ID, GoogleClient, GoogleKeys
from devstack.graphiql import page
from devstack.journey import Endpoints
from devstack.manifest import Stack, load_stack
from devstack.ministack import ACCOUNT_ID, REGION, MiniStack, function_environment
from devstack.outbox import page as outbox_page
from devstack.outbox.messages import Outbox
from devstack.outbox.sns import Sns
from devstack.resources import Resources
from devstack.serving import free_port, listen
from devstack.streams import StreamMapping
from devstack.vendor_files import load_vendors
from devstack.workers import Workers
from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp

ROOT = Path(__file__).parents[1]
SAMPLE_MAILBOX = ROOT / "devstack" / "mailbox"
GOOGLE_EMAIL = "ronja.tallbacka@gmail.example"
_LONGEST_S = 900.0  # no function may take longer
# Local only: these open what anyone on this machine may use anyway.
API_KEY = "da2-paypulselocaldevelopment0"
DEMO_NAME = "Ronja Tallbacka"
DEMO_EMAIL = "ronja@paypulse.example"
DEMO_PASSWORD = "hyran-betald-i-tid"  # noqa: S105 - printed for everyone to use


@dataclass(frozen=True, slots=True)
class Options:
    """How to run.

    Args:
        port: Of the gateway; AWS and Google follow on the next two. 0 takes any free ports.
        state: Where data is kept between runs.
        reset: Forget what is there.
        mailbox: A folder of `.eml` files, the mailbox of the demo's Google account.
        tls: Answer at https and wss, with a certificate of our own.
        variables: Take the place of those of `stack.yaml`.
        keys: With which Google's own services are used instead of the emulator.
    """

    port: int = 4000
    state: Path = Path(".paypulse")
    reset: bool = False
    mailbox: Path = SAMPLE_MAILBOX
    tls: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    keys: GoogleKeys = field(default_factory=GoogleKeys)


@dataclass(slots=True)
class DevStack:
    """Starts everything on entry and stops it on exit, in the right order."""

    options: Options
    stack: Stack = field(init=False)
    aws: MiniStack = field(init=False)
    resources: Resources = field(init=False)
    account: GoogleAccount = field(init=False)
    ports: tuple[int, int, int] = field(init=False)
    # Access key id and secret of each function.
    function_keys: dict[str, tuple[str, str]] = field(init=False)
    gateway: Any = field(init=False)
    certificate: Certificate | None = field(default=None, init=False)
    outbox: Outbox = field(default_factory=Outbox, init=False)
    _internal_port: int = field(default=0, init=False)
    _exit: AsyncExitStack = field(default_factory=AsyncExitStack, init=False)

    @property
    def page_url(self) -> str:
        """Where GraphiQL is."""
        return f"{'https' if self.options.tls else 'http'}://127.0.0.1:{self.ports[0]}/"

    @property
    def graphql_url(self) -> str:
        """Where queries and mutations go."""
        return f"{self.page_url}graphql"

    @property
    def realtime_url(self) -> str:
        """Where subscriptions go."""
        return self.graphql_url.replace("http", "ws", 1)

    @property
    def internal_graphql_url(self) -> str:
        """The same as `graphql_url`, never over TLS: for the functions and our own clients."""
        return f"{self._base_url}/graphql"

    @property
    def internal_realtime_url(self) -> str:
        """The same as `realtime_url`, never over TLS."""
        return self.internal_graphql_url.replace("http", "ws", 1)

    @property
    def outbox_url(self) -> str:
        """Where pushes and e-mails are shown."""
        return f"{self.page_url}outbox"

    @property
    def connect_url(self) -> str:
        """Where people connect their Gmail; never over TLS, as Google sends back to loopback."""
        return f"{self._base_url}{connect_page.PATH}"

    @property
    def google_url(self) -> str:
        """Where the Google emulator answers."""
        return f"http://127.0.0.1:{self.ports[2]}"

    async def __aenter__(self) -> Self:
        """Start everything.

        Raises:
            ConfigurationError: a port is taken, the mailbox is no folder, MiniStack is missing, or
                a vendor's file is wrong.
        """
        try:
            await self._start()
        except BaseException:
            await self._exit.aclose()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Stop everything; MiniStack last, because it writes its data then."""
        await self._exit.aclose()

    async def _start(self) -> None:
        self.account = _load_account(self.options.mailbox)
        if self.options.reset:
            shutil.rmtree(self.options.state, ignore_errors=True)
        state = self.options.state.resolve()
        state.mkdir(mode=0o700, parents=True, exist_ok=True)  # tokens and keys will be in it
        gateway_socket, google_socket, internal_socket = self._take_ports()
        self.stack = self._load_stack()
        self.aws = MiniStack(state / "aws", self.ports[1])
        await asyncio.to_thread(self.aws.start)
        self._exit.push_async_callback(asyncio.to_thread, self.aws.stop)
        self.resources = Resources(self.stack, self.aws.url, self.options.keys)
        token = secrets.token_urlsafe(16)
        await asyncio.to_thread(self.resources.create, f"{self._base_url}/_functions/{token}")
        vendors = self._spawn(asyncio.to_thread(load_vendors, self.aws.url))
        self.function_keys = await asyncio.to_thread(self.resources.make_keys)
        workers = self._make_workers(state / "logs", f"{self._base_url}/_sns/{token}")
        self._exit.push_async_callback(workers.stop)
        await self._serve(create_google([self.account]), google_socket)
        routes = [
            Route(f"/_functions/{token}", _pass_on_to(workers), methods=["POST"]),
            Route(f"/_sns/{token}", Sns(self.aws.url, self.outbox).answer, methods=["POST"]),
            *outbox_page.routes(self.outbox),
            *self._connect_page().routes(),
            *page.routes(
                page.Api(
                    api_key=API_KEY,
                    demo=(DEMO_EMAIL, DEMO_PASSWORD),
                    services=self.options.keys.services(),
                )
            ),
        ]
        app = create_gateway(self._api_config(), workers, routes=routes)
        self.gateway = app.state.gateway
        if internal_socket:
            self.certificate = find_or_make(state / "tls")
            await self._serve(app, internal_socket)
        await self._serve(app, gateway_socket, self.certificate)
        self._start_streams(workers, state)
        self._spawn(workers.warm_up())
        await vendors

    def _load_stack(self) -> Stack:
        stack, keys = load_stack(), self.options.keys
        variables = {**stack.variables, **keys.variables(self.google_url), **self.options.variables}
        return stack.model_copy(update={"variables": variables})

    @property
    def _base_url(self) -> str:
        return f"http://127.0.0.1:{self._internal_port}"

    def _connect_page(self) -> connect_page.ConnectPage:
        keys = self.options.keys
        client = keys.client or GoogleClient(LOCAL_CLIENT_ID, "")
        callback = f"{self._base_url}{connect_page.CALLBACK}"
        return connect_page.ConnectPage(
            self._base_url,
            SignIn(client, keys.endpoints(self.google_url), callback),
            Endpoints(
                self.internal_graphql_url, self.internal_realtime_url, self.google_url, API_KEY
            ),
            # Whoever uses this machine knows the demo's password: no place for real mail.
            demo=None if keys.client else (DEMO_EMAIL, DEMO_PASSWORD),
        )

    def _take_ports(self) -> tuple[socket.socket, socket.socket, socket.socket | None]:
        first = self.options.port
        gateway = listen(first)
        aws_port = first + 1 if first else free_port()
        google = listen(first + 2 if first else 0)
        # The functions know nothing of our certificate: they get a listener in clear, on loopback.
        internal = listen(0) if self.options.tls else None
        for each in filter(None, (gateway, google, internal)):
            self._exit.callback(each.close)
        self.ports = (gateway.getsockname()[1], aws_port, google.getsockname()[1])
        self._internal_port = (internal or gateway).getsockname()[1]
        return gateway, google, internal

    def _make_workers(self, logs: Path, sns_url: str) -> Workers:
        environments = {
            name: function_environment(
                name,
                self.resources.environment(function, self.internal_graphql_url),
                self.aws.url,
                *self.function_keys[name],
                sns_url=sns_url,
            )
            for name, function in self.stack.functions.items()
        }
        return Workers(self.stack.functions, environments, logs)

    def _api_config(self) -> ApiConfig:
        from resolvers.schema.export import documented_sdl  # noqa: PLC0415 - 200 ms of Strawberry

        api = self.stack.api
        by_key = {
            key: _credential(name, secret) for name, (key, secret) in self.function_keys.items()
        }
        return ApiConfig(
            sdl=documented_sdl(),
            data_sources=_data_sources(self.stack),
            api_keys={API_KEY},
            authorizer=LambdaAuthorizerConfig(
                api.authorizer.function, api.authorizer.cache_ttl_s, api.authorizer.token_pattern
            ),
            iam_credentials=by_key.get,
            region=REGION,
            request_timeout_s=api.limits.request_timeout_s,
            max_depth=api.limits.max_depth,
            max_resolvers=api.limits.max_resolvers,
            introspection=api.limits.introspection,
            account_id=ACCOUNT_ID,
        )

    async def _serve(
        self, app: ASGIApp, listener: socket.socket, certificate: Certificate | None = None
    ) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            ws_per_message_deflate=False,  # AppSync does not compress either
            ssl_certfile=certificate.certificate if certificate else None,
            ssl_keyfile=certificate.key if certificate else None,
        )
        server = _Server(config)
        task = self._spawn(server.serve(sockets=[listener]))
        self._exit.push_async_callback(_stop_server, server, task)
        while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(0.005)

    def _start_streams(self, workers: Workers, state: Path) -> None:
        for name, function in self.stack.functions.items():
            for trigger in function.triggers:
                if trigger.stream:
                    checkpoint = state / f"stream-{name}-{trigger.stream}"
                    mapping = StreamMapping(
                        name, function, trigger, self.resources, workers, checkpoint
                    )
                    self._spawn(mapping.run())

    def _spawn(self, coroutine: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.create_task(coroutine)
        self._exit.push_async_callback(_cancel, task)
        return task


class _Server(uvicorn.Server):
    """Leaves signals to the dev stack, which has more to stop than this."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _pass_on_to(workers: Workers) -> Callable[[Request], Awaitable[JSONResponse]]:
    """Return the endpoint to which MiniStack passes calls on: from S3, SQS and schedules."""

    async def invoke(request: Request) -> JSONResponse:
        name = request.headers["x-amzn-lambda-function-name"]
        try:
            return JSONResponse(await workers.invoke(name, await request.json(), _LONGEST_S))
        except InvocationError as error:
            # MiniStack takes any other status than 200 for a failure, and tries again.
            body = {"errorType": error.error_type, "errorMessage": error.message}
            return JSONResponse(body, status_code=500)

    return invoke


def _data_sources(stack: Stack) -> dict[str, DataSource]:
    sources: dict[str, DataSource] = {}
    for name, function in stack.functions.items():
        for each in function.fields:
            ends_session = each in stack.api.ends_session
            sources[each] = LambdaSource(name, ends_session=ends_session)
        for each, size in function.batch_fields.items():
            sources[each] = LambdaSource(name, max_batch_size=size)
    sources.update(dict.fromkeys(stack.api.publish, PublishSource()))
    sources.update(dict.fromkeys(stack.api.subscribe, SubscribeSource()))
    return sources


def _load_account(mailbox: Path) -> GoogleAccount:
    if not mailbox.is_dir():
        raise ConfigurationError(f"{mailbox} is no folder; --mailbox takes one with .eml files")
    return GoogleAccount.with_mails(
        GOOGLE_EMAIL, "100000000000000000001", LOCAL_CLIENT_ID, load_folder(mailbox)
    )


def _credential(function: str, secret: str) -> IamCredential:
    return IamCredential(
        secret_access_key=secret,
        principal_arn=f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{function}/{function}",
    )


async def _stop_server(server: _Server, task: asyncio.Task[Any]) -> None:
    server.should_exit = True
    server.force_exit = True  # subscribers are told by the closing socket
    await asyncio.wait([task], timeout=5)


async def _cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait([task], timeout=5)
