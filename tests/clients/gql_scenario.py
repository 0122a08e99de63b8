"""The scenario through gql: HTTP and AppSync WebSocket; API key, session and signature."""

from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.appsync_auth import (
    AppSyncApiKeyAuthentication,
    AppSyncAuthentication,
    AppSyncIAMAuthentication,
    AppSyncJWTAuthentication,
)
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport
from gql.transport.exceptions import TransportQueryError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

STEPS = json.loads((Path(__file__).parent / "scenario.json").read_text())["steps"]
NAME = "gql"


class GqlScenario:
    """Walks the steps of scenario.json that are meant for gql.

    Args:
        given: What the clients in Node get too: endpoint, operations, publishers, values, …
        authority: Signed the server's certificate.
    """

    def __init__(self, given: dict[str, Any], authority: Path) -> None:
        self._given = given
        self._values = dict(given["values"])
        self._trust = ssl.create_default_context(cafile=authority)
        self._host = urlsplit(given["endpoint"]).netloc
        self._credentials = Credentials(given["accessKeyId"], given["secretAccessKey"])
        self._heard: dict[str, list[Any]] = {}
        self._following: dict[str, asyncio.Task[None]] = {}
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        for task in self._following.values():
            task.cancel()
        await asyncio.gather(*self._following.values(), return_exceptions=True)
        await self._exit.aclose()

    async def walk(self) -> list[str]:
        """Return the titles of the steps, all of them passed."""
        passed = []
        for raw in STEPS:
            if NAME not in raw.get("only", [NAME]):
                continue
            step = _fill(raw, self._values)
            data, errors = await self._perform(step)
            self._check(step, data, errors)
            passed.append(step["title"])
        return passed

    async def _perform(self, step: dict[str, Any]) -> tuple[Any, list[Any]]:
        if "ask" in step:
            document = self._given["operations"][step["ask"]]
            return await self._run(document, step.get("variables", {}), step["as"])
        if "publish" in step:
            document = self._given["publishers"][step["publish"]]
            return await self._run(document, {"input": step["input"]}, step["as"])
        if "follow" in step:
            return await self._follow(step["follow"], step["as"], probed="error" not in step)
        if "ended" in step:
            async with asyncio.timeout(self._limit_s):
                await self._following[step["ended"]]
            return {}, []
        return await self._receive(step), []

    @property
    def _limit_s(self) -> float:
        return float(self._given["limitMs"]) / 1000

    async def _run(self, document: str, variables: Any, mode: str) -> tuple[Any, list[Any]]:
        headers = {
            "apiKey": {"x-api-key": self._given["apiKey"]},
            "session": {"Authorization": self._values.get("token", "")},
            "iam": {},
        }[mode]
        sign = [self._sign] if mode == "iam" else []
        transport = AIOHTTPTransport(
            self._given["endpoint"],
            headers=headers,
            ssl=self._trust,
            client_session_args={"middlewares": sign},
        )
        request = gql(document)
        request.variable_values = variables
        async with Client(transport=transport, fetch_schema_from_transport=False) as session:
            try:
                return await session.execute(request), []
            except TransportQueryError as error:
                return error.data, error.errors or []

    async def _sign(self, request: Any, handler: Callable[..., Any]) -> Any:
        """Sign a request as an AWS client does; runs inside aiohttp."""
        body = await request.body.as_bytes()
        signed = AWSRequest("POST", str(request.url), data=body)
        SigV4Auth(self._credentials, "appsync", self._given["region"]).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return await handler(request)

    async def _follow(self, name: str, mode: str, *, probed: bool) -> tuple[Any, list[Any]]:
        """Follow; returns when a probe has come through, since gql does not tell."""
        url = self._given["endpoint"].replace("https", "wss", 1)
        transport = AppSyncWebsocketsTransport(url, auth=self._auth(mode), ssl=self._trust)
        session = await self._exit.enter_async_context(
            Client(transport=transport, fetch_schema_from_transport=False)
        )
        events = session.subscribe(gql(self._given["operations"][name]))
        if not probed:
            try:
                await anext(events)
            except TransportQueryError as error:
                (payload,) = error.errors or [{}]  # gql hands the whole payload over as one error
                return None, payload["errors"]
            raise AssertionError(f"{name} was not refused")
        heard = self._heard[name] = []
        stands = asyncio.Event()
        self._following[name] = asyncio.create_task(_gather(events, heard, stands))
        publisher, input_ = self._given["probes"][name]
        async with asyncio.timeout(self._limit_s):
            while not stands.is_set():
                probe = {"input": input_ | {"userId": self._values["userId"]}}
                await self._run(self._given["publishers"][publisher], probe, "iam")
                await asyncio.sleep(0.02)
        return {}, []

    def _auth(self, mode: str) -> AppSyncAuthentication:
        if mode == "apiKey":
            return AppSyncApiKeyAuthentication(self._host, self._given["apiKey"])
        if mode == "iam":
            return AppSyncIAMAuthentication(
                self._host, credentials=self._credentials, region_name=self._given["region"]
            )
        return AppSyncJWTAuthentication(self._host, self._values["token"])

    async def _receive(self, step: dict[str, Any]) -> Any:
        heard = self._heard[step["receive"]]
        async with asyncio.timeout(self._limit_s):
            while True:
                for data in heard:
                    if all(at(data, path) == value for path, value in step["expect"].items()):
                        return data
                await asyncio.sleep(0.01)

    def _check(self, step: dict[str, Any], data: Any, errors: list[Any]) -> None:
        if "error" in step:
            found = [error.get("errorType", "") for error in errors]
            assert any(step["error"] in each for each in found), (step["title"], data, errors)
            return
        assert not errors, (step["title"], errors)
        for path, value in step.get("expect", {}).items():
            assert at(data, path) == value, (step["title"], path, data)
        for name, path in step.get("keep", {}).items():
            self._values[name] = at(data, path)


async def _gather(events: AsyncIterator[Any], heard: list[Any], stands: asyncio.Event) -> None:
    async for data in events:
        if next(iter(data.values()))["eventId"] == "probe":
            stands.set()
        else:
            heard.append(data)


def at(data: Any, path: str) -> Any:
    """Return what lies at a path like `years.0.id`; None where there is nothing."""
    for key in path.split("."):
        if isinstance(data, list):
            data = data[int(key)] if int(key) < len(data) else None
        else:
            data = data.get(key) if isinstance(data, dict) else None
    return data


def _fill(node: Any, values: dict[str, Any]) -> Any:
    if isinstance(node, str) and node.startswith("${"):
        return values[node[2:-1]]
    if isinstance(node, list):
        return [_fill(each, values) for each in node]
    if isinstance(node, dict):
        return {key: _fill(value, values) for key, value in node.items() if key != "keep"} | (
            {"keep": node["keep"]} if "keep" in node else {}
        )
    return node
