"""One event and two hundred subscribers, through the running gateway.

How long it takes is measured by `make bench`.
"""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp

from devstack.graphiql.operations import load_operations
from devstack.ministack import REGION
from tests.stack.appsync.gateway_harness import sign
from tests.stack.test_clients import PUBLISHER, PUBLISHERS

if TYPE_CHECKING:
    from devstack.journey import Person
    from devstack.running import DevStack
    from tests.stack.test_journey import NewPerson

SUBSCRIBERS = 200
LIMIT_S = 20
ON_INVOICE = load_operations()["OnInvoice"].document


async def test_two_hundred_subscribers_hear_one_event_and_nobody_else_does(
    stack: DevStack, new_person: NewPerson
) -> None:
    async with new_person() as owner, new_person() as stranger, AsyncExitStack() as exit_:
        http = await exit_.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        each = (_subscribe(http, exit_, owner) for _ in range(SUBSCRIBERS))
        sockets = await asyncio.gather(*each)
        deaf = await _subscribe(http, exit_, stranger)

        await _publish(http, stack, owner.user_id)
        async with asyncio.timeout(LIMIT_S):
            events = await asyncio.gather(*map(_next, sockets))

        titles = [event["payload"]["data"]["onInvoiceEvent"]["title"] for event in events]
        assert titles == ["For all"] * SUBSCRIBERS
        heard_by_stranger = asyncio.create_task(_next(deaf))
        done, _ = await asyncio.wait([heard_by_stranger], timeout=0.1)
        heard_by_stranger.cancel()
        assert not done


async def _subscribe(
    http: aiohttp.ClientSession, exit_: AsyncExitStack, person: Person
) -> aiohttp.ClientWebSocketResponse:
    url = person.endpoints.realtime
    authorization = {"host": urlsplit(url).netloc, "Authorization": person.access_token}
    header = base64.urlsafe_b64encode(json.dumps(authorization).encode()).decode().rstrip("=")
    socket = await exit_.enter_async_context(
        http.ws_connect(url, protocols=["graphql-ws", f"header-{header}"])
    )
    await socket.send_json({"type": "connection_init"})
    assert (await _next(socket))["type"] == "connection_ack"
    data = json.dumps({"query": ON_INVOICE})
    payload = {"data": data, "extensions": {"authorization": authorization}}
    await socket.send_json({"id": "1", "type": "start", "payload": payload})
    assert (await _next(socket))["type"] == "start_ack"
    return socket


async def _publish(http: aiohttp.ClientSession, stack: DevStack, user_id: str) -> None:
    event = {"eventId": "1", "userId": user_id, "invoiceId": "1", "title": "For all"}
    body = json.dumps({"query": PUBLISHERS["publishInvoiceEvent"], "variables": {"input": event}})
    key, secret = stack.function_keys[PUBLISHER]
    url = stack.internal_graphql_url
    headers = sign(url, body, access_key=key, secret=secret, region=REGION)
    async with http.post(stack.internal_graphql_url, data=body, headers=headers) as response:
        assert "errors" not in await response.json()


async def _next(socket: aiohttp.ClientWebSocketResponse) -> Any:
    """Return the next message that is no keep-alive."""
    while (message := await socket.receive_json())["type"] == "ka":
        pass
    return message
