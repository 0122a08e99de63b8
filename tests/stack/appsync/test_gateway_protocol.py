"""The real-time protocol message by message, with a bare WebSocket client."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import websockets

from tests.stack.appsync.gateway_harness import API_KEY, SECRET_KEY, Server, authorize, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Socket = websockets.ClientConnection
ON_INVOICE = "subscription { onInvoiceEvent { eventId } }"


def encode(header: dict[str, str]) -> str:
    """Encode as Amplify does: base64url without padding, as a sub-protocol."""
    return "header-" + base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")


def header(server: Server, user: str = "anna:s1") -> dict[str, str]:
    return {"host": server.host, "Authorization": user}


@asynccontextmanager
async def connect(
    server: Server, sent: dict[str, str] | None = None, path: str = "/realtime"
) -> AsyncIterator[Socket]:
    protocols: Any = ["graphql-ws", encode(header(server) if sent is None else sent)]
    async with websockets.connect(server.ws_url + path, subprotocols=protocols) as socket:
        yield socket


async def send(socket: Socket, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def receive(socket: Socket, kind: str | None = None) -> Any:
    """Return the next message, or the next of a kind."""
    async with asyncio.timeout(5):
        while True:
            message = json.loads(await socket.recv())
            if kind is None or message["type"] == kind:
                return message


async def begin(
    socket: Socket, server: Server, id_: str = "1", query: str = ON_INVOICE, **extra: Any
) -> None:
    authorization = extra.get("authorization", header(server))
    await send(
        socket,
        id=id_,
        type="start",
        payload={
            "data": json.dumps({"query": query, "variables": {}}),
            "extensions": {"authorization": authorization},
        },
    )


async def test_handshake_answers_with_the_protocol_and_the_timeout() -> None:
    async with serve() as server, connect(server) as socket:
        assert socket.subprotocol == "graphql-ws"
        await send(socket, type="connection_init")

        assert await receive(socket) == {
            "type": "connection_ack",
            "payload": {"connectionTimeoutMs": 300_000},
        }
        assert await receive(socket) == {"type": "ka"}


async def test_keep_alive_is_sent_again_and_again() -> None:
    async with serve(keepalive_s=0.02) as server, connect(server) as socket:
        await send(socket, type="connection_init")
        await receive(socket, "connection_ack")

        for _ in range(3):
            await receive(socket, "ka")


async def test_start_is_acknowledged_under_its_own_id() -> None:
    async with serve() as server, connect(server) as socket:
        id_ = "4d0c0b7e-uuid"
        await begin(socket, server, id_)

        assert await receive(socket, "start_ack") == {"type": "start_ack", "id": id_}
        await server.publish(eventId="e1", userId="anna")
        assert await receive(socket, "data") == {
            "type": "data",
            "id": id_,
            "payload": {"data": {"onInvoiceEvent": {"eventId": "e1"}}},
        }
        await send(socket, type="stop", id=id_)
        assert await receive(socket) == {"type": "complete", "id": id_}


async def test_header_in_the_query_string_may_lose_its_plus_signs() -> None:
    async with serve({"authorizer": lambda _: authorize({"authorizationToken": "a:b"})}) as server:
        # "~~~" and "???" make "+" and "/" in base64.
        sent = {"host": server.host, "Authorization": "a:~~~>>>???"}
        encoded = base64.b64encode(json.dumps(sent).encode()).decode()
        assert "+" in encoded
        for one in (encoded, encoded.replace("+", "%20")):
            url = f"{server.ws_url}?header={one}&payload=e30="
            async with websockets.connect(url, subprotocols=["graphql-ws"]) as socket:  # type: ignore[list-item]
                await send(socket, type="connection_init", payload={})
                await receive(socket, "connection_ack")


@pytest.mark.parametrize(
    ("sent", "code", "error_type"),
    [
        ({"x-api-key": "da2-wrong", "host": "?"}, 401, "UnauthorizedException"),
        ({"host": "?"}, 401, "UnauthorizedException"),
        ({"x-api-key": API_KEY}, 400, "BadRequestException"),
        ({}, 400, "BadRequestException"),
        ({"host": "?", "authorization": "nobody"}, 401, "UnauthorizedException"),
    ],
    ids=["wrong key", "no credentials", "no host", "no header", "refused token"],
)
async def test_refused_connection_gets_an_error_that_clients_do_not_retry(
    sent: dict[str, str], code: int, error_type: str
) -> None:
    async with serve() as server:
        sent = {name: value.replace("?", server.host) for name, value in sent.items()}
        async with connect(server, sent) as socket:
            await send(socket, type="connection_init")
            message = await receive(socket)

            assert message["type"] == "connection_error"
            (error,) = message["payload"]["errors"]
            assert (error["errorType"], error["errorCode"]) == (error_type, code)
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()


async def test_signature_made_for_another_host_is_refused() -> None:
    async with serve() as server:
        sent = {
            "host": "elsewhere.example",
            "x-amz-date": "20260504T120000Z",
            "authorization": "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c",
        }
        async with connect(server, sent) as socket:
            await send(socket, type="connection_init")

            assert (await receive(socket))["payload"]["errors"][0]["errorCode"] == 400


@pytest.mark.parametrize(
    "protocols", [None, ["graphql-transport-ws"]], ids=["none", "another protocol"]
)
async def test_socket_without_the_protocol_is_not_accepted(protocols: Any) -> None:
    async with serve() as server:
        with pytest.raises(websockets.InvalidStatus):
            async with websockets.connect(server.ws_url, subprotocols=protocols):
                pass


@pytest.mark.parametrize(
    "garbled", ["header-", "header-####", "header-" + "e" * 30, "header-W10"], ids=str
)
async def test_garbled_header_is_refused_not_a_fault(garbled: str) -> None:
    async with serve() as server:
        protocols: Any = ["graphql-ws", garbled.replace("#", "!")]
        async with websockets.connect(server.ws_url, subprotocols=protocols) as socket:
            await send(socket, type="connection_init")

            assert (await receive(socket))["type"] == "connection_error"


async def test_each_start_is_authorised_by_itself() -> None:
    async with serve() as server, connect(server) as socket:
        await begin(socket, server, "1", authorization=header(server, "nobody"))
        await begin(socket, server, "2", authorization=header(server, "bert:s9"))
        await begin(socket, server, "3", authorization=None)

        answers = {m["id"]: m for m in [await receive(socket) for _ in range(3)]}
        refusal = answers["1"]["payload"]["errors"][0]
        assert (refusal["errorType"], refusal["errorCode"]) == ("UnauthorizedException", 401)
        assert answers["2"]["type"] == "start_ack"
        assert answers["3"]["type"] == "error"


async def test_same_id_cannot_be_used_twice_at_a_time() -> None:
    async with serve() as server, connect(server) as socket:
        await begin(socket, server)
        await receive(socket, "start_ack")
        await begin(socket, server)
        error = await receive(socket, "error")
        assert error["payload"]["errors"][0]["errorType"] == "DuplicatedOperationError"

        await send(socket, type="stop", id="1")
        await receive(socket, "complete")
        await begin(socket, server)
        await receive(socket, "start_ack")


async def test_subscriptions_per_connection_are_limited() -> None:
    async with serve(max_subscriptions_per_connection=2) as server, connect(server) as socket:
        for id_ in ("1", "2"):
            await begin(socket, server, id_)
            await receive(socket, "start_ack")
        await begin(socket, server, "3")

        error = await receive(socket, "error")
        assert error["id"] == "3"
        assert error["payload"]["errors"] == [
            {
                "errorType": "MaxSubscriptionsReachedError",
                "message": "Max number of 2 subscriptions reached",
                "errorCode": 400,
            }
        ]


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        '{"type":"start"}',
        '{"type":"start","id":"1","payload":null}',
        '{"type":"start","id":"1","payload":{"query":"subscription { onTitle { title } }"}}',
        '{"type":"start","id":"1","payload":{"data":"[]"}}',
        '{"type":"subscribe","id":"1"}',
        '{"type":"stop","id":7}',
    ],
)
async def test_message_that_is_not_understood_leaves_the_socket_usable(message: str) -> None:
    async with serve() as server, connect(server) as socket:
        await socket.send(message)
        assert (await receive(socket))["type"] == "error"

        await begin(socket, server, "9")
        await receive(socket, "start_ack")


async def test_slow_authorizer_holds_up_only_its_own_subscription() -> None:
    gate = asyncio.Event()

    async def answer(event: Any) -> Any:
        if event["authorizationToken"] == "slow:s1":
            await gate.wait()
        return authorize(event)

    async with serve({"authorizer": answer}) as server, connect(server) as socket:
        await begin(socket, server, "slow", authorization=header(server, "slow:s1"))
        await begin(socket, server, "quick")

        assert (await receive(socket))["id"] == "quick"
        gate.set()
        assert (await receive(socket))["id"] == "slow"


async def test_stop_while_starting_is_confirmed_and_nothing_follows() -> None:
    gate = asyncio.Event()

    async def answer(event: Any) -> Any:
        if event["authorizationToken"] == "slow:s1":
            await gate.wait()
        return authorize(event)

    async with serve({"authorizer": answer}) as server, connect(server) as socket:
        await begin(socket, server, "1", authorization=header(server, "slow:s1"))
        await send(socket, type="stop", id="1")
        assert await receive(socket) == {"type": "complete", "id": "1"}

        gate.set()
        await begin(socket, server, "2")
        assert (await receive(socket))["id"] == "2"
        await server.wait_for_subscriptions(1)


async def test_stop_of_one_start_does_not_refuse_another_with_the_same_token() -> None:
    gate, asked = asyncio.Event(), asyncio.Event()

    async def answer(event: Any) -> Any:
        if event["authorizationToken"] == "slow:s1":
            asked.set()
            await gate.wait()
        return authorize(event)

    async with serve({"authorizer": answer}) as server, connect(server) as socket:
        for id_ in ("1", "2"):
            await begin(socket, server, id_, authorization=header(server, "slow:s1"))
        await asked.wait()
        await send(socket, type="stop", id="1")
        await receive(socket, "complete")
        gate.set()

        assert await receive(socket) == {"type": "start_ack", "id": "2"}
        assert len(server.functions.events("authorizer")) == 2


async def test_client_that_does_not_read_is_cut_off_and_others_are_not_held_up() -> None:
    small = serve(send_queue_size=4)
    async with small as server, connect(server) as deaf, connect(server) as quick:
        for socket in (deaf, quick):
            await begin(socket, server, query="subscription { onInvoiceEvent { eventId title } }")
            await receive(socket, "start_ack")
        deaf.transport.pause_reading()
        for number in range(200):
            await server.publish(eventId=str(number), userId="anna", title="x" * 200_000)
            message = await receive(quick, "data")
            assert message["payload"]["data"]["onInvoiceEvent"]["eventId"] == str(number)
            if server.gateway.metrics.slow_clients:
                break

        assert server.gateway.metrics.slow_clients == 1
        await server.wait_for_subscriptions(1)
        deaf.transport.abort()


async def test_vanished_client_is_forgotten() -> None:
    async with serve() as server, connect(server) as socket:
        await begin(socket, server)
        await receive(socket, "start_ack")

        socket.transport.abort()
        await server.wait_for_subscriptions(0)


async def test_silent_connection_is_closed() -> None:
    async with serve(init_timeout_s=0.05) as server, connect(server) as socket:
        async with asyncio.timeout(5):
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()


async def test_refused_connection_that_stays_silent_is_told_and_closed() -> None:
    async with serve(init_timeout_s=0.05) as server, connect(server, {"host": "x"}) as socket:
        assert (await receive(socket))["type"] == "connection_error"


async def test_connection_ends_after_its_longest_time() -> None:
    async with serve(max_connection_s=0.05) as server, connect(server) as socket:
        await send(socket, type="connection_init")
        messages = [json.loads(text) async for text in socket]

        assert [message["type"] for message in messages] == ["connection_ack", "ka"]
        assert socket.close_code == 1000


async def test_subscription_request_carries_the_headers_of_the_handshake() -> None:
    assert SECRET_KEY not in API_KEY
    async with serve() as server, connect(server) as socket:
        await begin(socket, server)
        await receive(socket, "start_ack")

        headers = server.functions.events("authorizer")[0]["requestHeaders"]
        assert headers["host"] == server.host
