"""The real schema: every field in every authorisation mode, over HTTP and over WebSocket.

What must be refused is worked out from the directives in schema.graphql alone; the functions
behind the fields are stand-ins that answer whatever the type says.
"""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from graphql import build_schema, get_named_type

from devstack.appsync.config import LambdaSource
from devstack.appsync.schema import PRELUDE
from devstack.manifest import load_stack
from devstack.running import _data_sources
from tests.stack.appsync.gateway_harness import API_KEY, Server, serve, sign
from tests.stack.appsync.gateway_modes import (
    MODES,
    TypedAnswers,
    expected_modes,
    find_routes,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

SDL = (Path(__file__).parents[2] / "schema.graphql").read_text()
SCHEMA = build_schema(PRELUDE + SDL)
SOURCES = _data_sources(load_stack())
ROUTES = find_routes(SDL)
USER = "anna:s1"
LIMIT_S = 5
# Nobody we know, and an authorisation that AppSync never passes on.
STRANGERS: dict[str, dict[str, str]] = {
    "nothing": {},
    "another key": {"x-api-key": "da2-guessed"},
    "a malformed token": {"authorization": "anna"},
    "Bearer": {"authorization": f"Bearer {USER}"},
}
assert SCHEMA.subscription_type
assert SCHEMA.mutation_type
SUBSCRIPTIONS = list(SCHEMA.subscription_type.fields)


@asynccontextmanager
async def gateway() -> AsyncIterator[tuple[Server, TypedAnswers]]:
    """The gateway with the real schema and its real data sources."""
    answers = TypedAnswers(SDL)
    names = {each.function_name for each in SOURCES.values() if isinstance(each, LambdaSource)}
    config = {"sdl": SDL, "data_sources": SOURCES}
    async with serve(dict.fromkeys(names, answers), **config) as server:
        yield server, answers


def credentials(server: Server, mode: str, body: str, path: str = "") -> dict[str, str]:
    return {
        "API_KEY": {"x-api-key": API_KEY},
        "AWS_LAMBDA": {"authorization": USER},
        "AWS_IAM": sign(server.url + path, body),
    }[mode]


async def ask(server: Server, document: str, headers: dict[str, str] | str) -> tuple[int, Any]:
    """Return status and answer; `headers` may be a mode instead."""
    body = json.dumps({"query": document})
    if isinstance(headers, str):
        headers = credentials(server, headers, body)
    async with server.http.post(server.url, data=body, headers=headers) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("mode", MODES.values())
async def test_every_field_answers_exactly_the_modes_it_names(mode: str) -> None:
    wrong = []
    async with gateway() as (server, answers):
        for route in ROUTES:
            answers.route = route
            _, answer = await ask(server, route.document, mode)
            found = [error["message"] for error in answer.get("errors", ())]
            refused = [message for message in found if message.startswith("Not Authorized")]
            expected = route.refusal(mode)
            if refused != ([expected] if expected else []):
                wrong.append((str(route), expected, found))

    assert wrong == []


@pytest.mark.parametrize("mode", MODES.values())
async def test_a_refused_field_never_reaches_its_function(mode: str) -> None:
    refused = [route for route in ROUTES if len(route.steps) == 1 and route.refusal(mode)]
    async with gateway() as (server, _):
        for route in refused:
            await ask(server, route.document, mode)

        called = {name for name, _ in server.functions.calls}
        assert called <= {"authorizer"}
    assert refused


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
async def test_no_root_field_answers_a_stranger(headers: dict[str, str]) -> None:
    roots = [route for route in ROUTES if len(route.steps) == 1]
    async with gateway() as (server, _):
        answers = [await ask(server, route.document, headers) for route in roots]

        assert {status for status, _ in answers} == {401}
        assert {answer["errors"][0]["errorType"] for _, answer in answers} == {
            "UnauthorizedException"
        }
        assert {name for name, _ in server.functions.calls} <= {"authorizer"}


@pytest.mark.parametrize("mode", MODES.values())
@pytest.mark.parametrize("field", SUBSCRIPTIONS)
async def test_subscription_opens_exactly_to_the_modes_it_names(field: str, mode: str) -> None:
    type_ = SCHEMA.subscription_type
    assert type_
    allowed = mode in expected_modes(type_, field, "AWS_LAMBDA")

    async with gateway() as (server, _):
        answer = await start(server, f"subscription {{ {field} {{ eventId }} }}", mode)

    if allowed:
        assert answer["type"] == "start_ack"
    else:
        assert answer["type"] == "error"
        assert [error["message"] for error in answer["payload"]["errors"]] == [
            f"Not Authorized to access {field} on type Subscription"
        ]


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
async def test_no_stranger_is_let_onto_the_realtime_channel(headers: dict[str, str]) -> None:
    async with gateway() as (server, _):
        answer = await greet(server, {"host": server.host, **headers})

    assert answer["type"] == "connection_error"


@pytest.mark.parametrize("field", SUBSCRIPTIONS)
async def test_a_subscriber_receives_every_field_of_the_event(field: str) -> None:
    """A field that the subscriber's mode does not open would arrive as null, with an error."""
    publisher, selection = _publisher(field)
    async with gateway() as (server, _):
        subscription = f"subscription {{ {field} {{ {selection} }} }}"
        async with opened(server, subscription, "AWS_LAMBDA") as socket:
            assert (await _next(socket))["type"] == "start_ack"
            _, published = await ask(server, _publish(publisher, selection), "AWS_IAM")
            event = await _next(socket)

    assert "errors" not in published
    assert event["payload"] == {"data": {field: published["data"][publisher]}}
    assert None not in event["payload"]["data"][field].values()


def test_the_table_covers_every_object_type_an_answer_may_hold() -> None:
    covered = {route.steps[-1].type_name for route in ROUTES} | {"Subscription"}
    types = {
        name
        for name, type_ in SCHEMA.type_map.items()
        if hasattr(type_, "fields") and type_.ast_node and type_.ast_node.kind.startswith("object")
    }

    assert types == covered
    assert len(ROUTES) > 150


def _publisher(field: str) -> tuple[str, str]:
    """Return the mutation behind a subscription, and a selection of all of its fields."""
    type_ = SCHEMA.subscription_type
    assert type_
    node = type_.fields[field].ast_node
    assert node
    (subscribe,) = [each for each in node.directives or () if each.name.value == "aws_subscribe"]
    (mutation,) = subscribe.arguments[0].value.values  # type: ignore[union-attr]
    event: Any = get_named_type(type_.fields[field].type)
    parts = [
        f"{name} {{ {' '.join(inner.fields)} }}" if hasattr(inner, "fields") else name
        for name, inner in ((n, get_named_type(f.type)) for n, f in event.fields.items())
    ]
    return mutation.value, " ".join(parts)


def _publish(mutation: str, selection: str) -> str:
    """Return a mutation that sets every field."""
    assert SCHEMA.mutation_type
    argument: Any = get_named_type(SCHEMA.mutation_type.fields[mutation].args["input"].type)
    return f"mutation {{ {mutation}(input: {_literal(argument)}) {{ {selection} }} }}"


def _literal(type_: Any) -> str:
    samples = {"ID": '"anna"', "String": '"1.00"', "Int": "1", "AWSDate": '"2026-05-04"'}
    fields = []
    for name, field in type_.fields.items():
        inner: Any = get_named_type(field.type)
        if hasattr(inner, "fields"):
            value = _literal(inner)
        elif hasattr(inner, "values"):
            value = next(iter(inner.values))
        else:
            value = samples.get(inner.name, '"2026-05-04T12:00:00Z"')
        fields.append(f"{name}: {value}")
    return f"{{ {', '.join(fields)} }}"


async def greet(server: Server, header: dict[str, str]) -> Any:
    """Connect, say hello, and return the answer."""
    url = f"{server.ws_url}/realtime"
    async with server.http.ws_connect(url, protocols=_protocols(header)) as socket:
        await socket.send_json({"type": "connection_init"})
        return await _next(socket)


async def start(server: Server, document: str, mode: str) -> Any:
    """Start a subscription and return the answer."""
    async with opened(server, document, mode) as socket:
        return await _next(socket)


@asynccontextmanager
async def opened(
    server: Server, document: str, mode: str
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A connection with a subscription on its way."""
    connect = {"host": server.host, **credentials(server, mode, "{}", "/connect")}
    url = f"{server.ws_url}/realtime"
    async with server.http.ws_connect(url, protocols=_protocols(connect)) as socket:
        await socket.send_json({"type": "connection_init"})
        assert (await _next(socket))["type"] == "connection_ack"
        data = json.dumps({"query": document})
        authorization = {"host": server.host, **credentials(server, mode, data)}
        extensions = {"authorization": authorization}
        payload = {"data": data, "extensions": extensions}
        await socket.send_json({"id": "1", "type": "start", "payload": payload})
        yield socket


def _protocols(header: dict[str, str]) -> list[str]:
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return ["graphql-ws", f"header-{encoded}"]


async def _next(socket: aiohttp.ClientWebSocketResponse) -> Any:
    """Return the next message that is no keep-alive."""
    async with asyncio.timeout(LIMIT_S):
        while (message := await socket.receive_json())["type"] == "ka":
            pass
    return message
