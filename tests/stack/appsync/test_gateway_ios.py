"""How AWS's Swift libraries open the real-time channel: authorisation as ordinary headers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.stack.appsync.gateway_harness import API_KEY, Server, serve

ON_INVOICE = "subscription { onInvoiceEvent { eventId } }"


async def start(server: Server, header: dict[str, str], path: str) -> list[str]:
    """Open, greet and start as AppSyncWebSocketClient does; return the kinds of answers."""
    handshake = {**header, "Sec-WebSocket-Protocol": "graphql-ws"}
    async with server.http.ws_connect(server.ws_url + path, headers=handshake) as socket:
        await socket.send_json({"type": "connection_init"})
        # The payload holds no host, and names the library.
        authorization = {**header, "User-Agent": "aws-appsync-apollo-extensions-swift"}
        extensions = {"authorization": authorization}
        payload: Any = {"data": json.dumps({"query": ON_INVOICE}), "extensions": extensions}
        await socket.send_json({"id": "1", "type": "start", "payload": payload})
        kinds = []
        async with asyncio.timeout(5):
            while not kinds or kinds[-1] not in {"start_ack", "error", "connection_error"}:
                kinds.append((await socket.receive_json())["type"])
        return kinds


@pytest.mark.parametrize("path", ["", "/realtime"])
async def test_token_in_ordinary_headers_opens_a_subscription(path: str) -> None:
    async with serve() as server:
        kinds = await start(server, {"authorization": "anna:s1"}, path)

    assert kinds == ["connection_ack", "ka", "start_ack"]


async def test_key_in_ordinary_headers_connects_but_follows_nothing() -> None:
    async with serve() as server:
        kinds = await start(server, {"x-api-key": API_KEY}, "")

    assert kinds == ["connection_ack", "ka", "error"]


@pytest.mark.parametrize("header", [{}, {"authorization": "anna"}, {"x-api-key": "da2-no"}])
async def test_stranger_with_ordinary_headers_is_not_let_in(header: dict[str, str]) -> None:
    async with serve() as server:
        assert await start(server, header, "") == ["connection_error"]
