"""The real-time WebSocket protocol, as gql, Amplify and the iOS client speak it.

Source:
    https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html and the
    measured tables in `platform_facts.md` B1 and B2.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected, WebSocketState

from devstack.appsync.auth import Operation
from devstack.appsync.errors import MASKED_MESSAGE, RequestRefused
from devstack.appsync.gateway import CONNECT, SubscriptionRefused
from devstack.appsync.requests import parse_request
from devstack.appsync.sigv4 import ALGORITHM, SignedRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.websockets import WebSocket

    from devstack.appsync.auth import Caller
    from devstack.appsync.gateway import Gateway
    from devstack.appsync.subscriptions import Subscription

LOG = logging.getLogger(__name__)

PROTOCOL = "graphql-ws"
_HEADER_PROTOCOL = "header-"
_UNAUTHORIZED_CLOSE = 4401


async def serve_socket(gateway: Gateway, socket: WebSocket) -> None:
    """Serve one WebSocket from handshake to close."""
    protocols = [
        name.strip() for name in socket.headers.get("sec-websocket-protocol", "").split(",")
    ]
    if PROTOCOL not in protocols:
        await socket.close(1002)  # before accept: the handshake is refused
        return
    await socket.accept(subprotocol=PROTOCOL)
    connection = Connection(gateway, socket)
    gateway.metrics.connections += 1
    try:
        header = _find_header(protocols, socket.url.query)
        await connection.serve(_lower(dict(socket.headers)) if header is None else header)
    except WebSocketDisconnect:
        LOG.debug("client went away")
    finally:
        gateway.metrics.connections -= 1
        connection.forget()


def _find_header(protocols: list[str], query: str) -> dict[str, str] | None:
    """Return the authorisation headers that browsers cannot send as headers.

    gql puts them into `?header=` as plain base64, so that "+" may arrive as a space; Amplify for
    JavaScript into a sub-protocol as base64url without padding. None where there is neither:
    AWS's Swift libraries (Amplify, Apollo Extensions) send ordinary headers.
    """
    encoded = next(
        (
            name.removeprefix(_HEADER_PROTOCOL)
            for name in protocols
            if name.startswith(_HEADER_PROTOCOL)
        ),
        None,
    )
    if encoded is None:
        encoded = dict(parse_qsl(query, keep_blank_values=True)).get("header")
    if encoded is None:
        return None
    text = encoded.replace(" ", "+").replace("-", "+").replace("_", "/")
    try:
        content = json.loads(base64.b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return _lower(content)


def _lower(headers: Any) -> dict[str, str]:
    if not isinstance(headers, dict):
        return {}
    return {str(name).lower(): str(value) for name, value in headers.items()}


class Connection:
    """One client: reads its messages, and writes to it from a bounded queue.

    A client that does not read fills its queue and is disconnected; nobody waits for it.
    """

    def __init__(self, gateway: Gateway, socket: WebSocket) -> None:
        self._gateway = gateway
        self._socket = socket
        self._config = gateway.config
        self._queue: asyncio.Queue[str] = asyncio.Queue(self._config.send_queue_size)
        self._overrun = asyncio.Event()
        self._live: dict[str, Subscription] = {}
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._path = socket.url.path.removesuffix("/realtime")
        self._headers = {name.lower(): value for name, value in socket.headers.items()}

    async def serve(self, header: Mapping[str, str]) -> None:
        """Authenticate, then exchange messages until either side has enough."""
        try:
            await self._authenticate(header, f"{self._path}/connect", "{}", CONNECT)
        except RequestRefused as refused:
            await self._refuse(refused)
            return
        tasks = [
            asyncio.create_task(job)
            for job in (self._read(), self._write(), self._keep_alive(), self._overrun.wait())
        ]
        try:
            await asyncio.wait(
                tasks,
                timeout=self._config.max_connection_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for task in (*tasks, *self._starting.values()):
                task.cancel()
            ended = await asyncio.gather(*tasks, *self._starting.values(), return_exceptions=True)
            _log_faults(ended)
        if not self._overrun.is_set() and self._socket.client_state is WebSocketState.CONNECTED:
            # The client may have gone between the look and the word.
            with contextlib.suppress(WebSocketDisconnected):
                await self._socket.close(1000)

    def forget(self) -> None:
        """Take all subscriptions of this connection off the hub."""
        for subscription in self._live.values():
            self._gateway.hub.remove(subscription)
        self._live.clear()

    async def _authenticate(
        self, header: Mapping[str, str], path: str, body: str, operation: Operation
    ) -> Caller:
        # The host is part of every authorisation object; a signature for another host is void.
        host = header.get("host")
        signed = header.get("authorization", "").startswith(ALGORITHM)
        if not host or (signed and host != self._headers.get("host")):
            raise RequestRefused(400, "BadRequestException", "The host is missing or not ours.")
        request = SignedRequest("POST", path, "", header, body.encode())
        source_ip = self._socket.client.host if self._socket.client else ""
        return await self._gateway.authenticator.authenticate(
            request, operation, source_ip=source_ip
        )

    async def _refuse(self, refused: RequestRefused) -> None:
        """Say `connection_error` once the client has greeted, as AppSync does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._config.init_timeout_s):
                await self._socket.receive_text()
        error = refused.as_error() | {"errorCode": refused.status}
        await self._socket.send_text(
            json.dumps({"type": "connection_error", "payload": {"errors": [error]}})
        )
        await self._socket.close(_UNAUTHORIZED_CLOSE)

    def _send(self, message: Mapping[str, Any]) -> None:
        self._send_text(json.dumps(message, separators=(",", ":")))

    def _send_text(self, text: str) -> None:
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            if not self._overrun.is_set():
                LOG.warning("client does not read; disconnected")
                self._gateway.metrics.slow_clients += 1
                self._overrun.set()

    async def _write(self) -> None:
        while True:
            await self._socket.send_text(await self._queue.get())

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._config.keepalive_s)
            self._send({"type": "ka"})

    async def _read(self) -> None:
        async with asyncio.timeout(self._config.init_timeout_s) as silence:
            while True:
                text = await self._socket.receive_text()
                silence.reschedule(None)
                try:
                    message = json.loads(text)
                except (ValueError, RecursionError):
                    message = None
                self._handle(message if isinstance(message, dict) else {})

    def _handle(self, message: Mapping[str, Any]) -> None:
        kind, id_ = message.get("type"), message.get("id")
        if kind == "connection_init":
            timeout_ms = self._config.connection_timeout_ms
            self._send({"type": "connection_ack", "payload": {"connectionTimeoutMs": timeout_ms}})
            self._send({"type": "ka"})
        elif kind == "start" and isinstance(id_, str) and id_:
            self._begin(id_, message.get("payload"))
        elif kind == "stop" and isinstance(id_, str):
            self._stop(id_)
        else:
            self._send_error(id_, _unsupported("unknown"))

    def _begin(self, id_: str, payload: Any) -> None:
        limit = self._config.max_subscriptions_per_connection
        if id_ in self._live or id_ in self._starting:
            # aws re:Post QU2tphAPAwQ1WpEp0DlTtGog names the type.
            self._send_error(
                id_, RequestRefused(400, "DuplicatedOperationError", f"{id_} is in use")
            )
        elif len(self._live) + len(self._starting) >= limit:
            # aws-appsync-realtime-client-ios notes both as observed.
            message = f"Max number of {limit} subscriptions reached"
            self._send_error(id_, RequestRefused(400, "MaxSubscriptionsReachedError", message))
        else:
            # A task of its own: a slow authorizer holds up this subscription only.
            task = asyncio.create_task(self._start(id_, payload))
            self._starting[id_] = task
            task.add_done_callback(lambda done: self._settle(id_, done))

    def _settle(self, id_: str, task: asyncio.Task[None]) -> None:
        if self._starting.get(id_) is task:  # the id may be in use again after a stop
            del self._starting[id_]
        if not task.cancelled() and (fault := task.exception()):
            LOG.error("subscription could not be started", exc_info=fault)
            self._send_error(id_, RequestRefused(500, "InternalFailure", MASKED_MESSAGE))

    async def _start(self, id_: str, payload: Any) -> None:
        try:
            subscription = await self._subscribe(id_, payload)
        except RequestRefused as refused:
            self._send_error(id_, refused)
        except SubscriptionRefused as refused:
            self._send({"type": "error", "id": id_, "payload": {"errors": refused.errors}})
        else:
            self._live[id_] = subscription
            self._send({"type": "start_ack", "id": id_})
            self._gateway.hub.add(subscription)

    async def _subscribe(self, id_: str, payload: Any) -> Subscription:
        data = payload.get("data") if isinstance(payload, dict) else None
        if not isinstance(data, str):
            raise _unsupported("unknown")
        extensions = payload.get("extensions")
        sent = extensions.get("authorization") if isinstance(extensions, dict) else None
        # Apollo Extensions for Swift names no host beside a token.
        header = {"host": self._headers.get("host", ""), **_lower(sent)}
        request = parse_request(data)
        operation = Operation(request.query, request.operation_name, request.variables)
        caller = await self._authenticate(header, self._path, data, operation)
        prefix = f'{{"type":"data","id":{json.dumps(id_)},"payload":'
        return await self._gateway.subscribe(
            request,
            caller,
            self._headers | header,
            deliver=lambda shown: self._send_text(f"{prefix}{shown}}}"),
            end=lambda: self._stop(id_),
        )

    def _stop(self, id_: str) -> None:
        """End a subscription, or one that is still starting, and confirm it."""
        if task := self._starting.pop(id_, None):
            task.cancel()
        if subscription := self._live.pop(id_, None):
            self._gateway.hub.remove(subscription)
        self._send({"type": "complete", "id": id_})

    def _send_error(self, id_: Any, refused: RequestRefused) -> None:
        message: dict[str, Any] = {"type": "error"}
        if isinstance(id_, str):
            message["id"] = id_
        error = refused.as_error() | {"errorCode": refused.status}
        self._send(message | {"payload": {"errors": [error]}})


def _log_faults(ended: list[Any]) -> None:
    """Log what ended a connection, unless it was the client or the clock."""
    for fault in ended:
        if isinstance(fault, Exception) and not isinstance(
            fault, WebSocketDisconnect | TimeoutError
        ):
            LOG.error("connection ended by a fault", exc_info=fault)


def _unsupported(kind: str) -> RequestRefused:
    """Return AppSync's answer to what it does not know; wording seen in public reports."""
    message = f"{kind} not supported through the realtime channel"
    return RequestRefused(400, "UnsupportedOperation", message)
