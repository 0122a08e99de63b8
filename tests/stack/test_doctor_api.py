"""`paypulse doctor --endpoint`: an API from outside, the dev stack's."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from devstack.doctor.api import check_api, realtime_url
from devstack.doctor.findings import State
from devstack.running import API_KEY
from devstack.serving import serving
from paypulse.clock import utc_now
from tests.stack.test_commands import paypulse

if TYPE_CHECKING:
    from pathlib import Path

    from devstack.doctor.findings import Finding
    from devstack.running import DevStack


async def look(endpoint: str, api_key: str | None, **ahead: float) -> dict[str, Finding]:
    found = await check_api(endpoint, api_key, lambda: utc_now() + timedelta(**ahead))
    return {each.what: each for each in found}


async def test_an_api_that_works_is_ok_in_every_respect(stack: DevStack) -> None:
    found = await look(stack.internal_graphql_url, API_KEY)

    assert {what: each.state for what, each in found.items()} == {
        "API": State.OK,
        "clock": State.OK,
        "real time": State.OK,
    }


async def test_a_wrong_key_is_told_without_repeating_it(stack: DevStack) -> None:
    found = await look(stack.internal_graphql_url, "da2-wrong")

    assert found["API"].state is found["real time"].state is State.PROBLEM
    assert "does not accept the API key" in found["API"].found
    assert "da2-wrong" not in repr(found)


async def test_without_a_key_an_api_still_answers(stack: DevStack) -> None:
    found = await look(stack.internal_graphql_url, None)

    assert (found["API"].state, found["real time"].state) == (State.OK, State.WARNING)


@pytest.mark.parametrize(
    ("seconds", "state"), [(60, State.WARNING), (-60, State.WARNING), (600, State.PROBLEM)]
)
async def test_a_clock_that_is_wrong_is_told(stack: DevStack, seconds: int, state: State) -> None:
    found = (await look(stack.internal_graphql_url, API_KEY, seconds=seconds))["clock"]

    assert found.state is state
    assert ("ahead of" in found.found) == (seconds > 0)


async def test_a_certificate_of_our_own_is_told_apart_from_silence(stack: DevStack) -> None:
    found = await look(stack.graphql_url, API_KEY)

    assert "certificate" in found["API"].found


async def test_nobody_there_and_somebody_else_there_are_problems() -> None:
    async def hello(_request: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    nobody = await look("http://127.0.0.1:9/graphql", API_KEY)
    with serving(Starlette(routes=[Route("/", hello, methods=["POST"])])) as url:
        somebody = await look(url, None)

    assert (nobody["API"].state, somebody["API"].state) == (State.PROBLEM, State.PROBLEM)
    assert "does not answer" in nobody["API"].found
    assert "no answer of an AppSync API" in somebody["API"].found


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (
            "https://x1.appsync-api.eu-north-1.amazonaws.com/graphql",
            "wss://x1.appsync-realtime-api.eu-north-1.amazonaws.com/graphql",
        ),
        ("https://api.example.com/graphql", "wss://api.example.com/graphql/realtime"),
        ("http://127.0.0.1:4000/graphql", "ws://127.0.0.1:4000/graphql/realtime"),
    ],
)
def test_subscriptions_have_an_address_of_their_own(endpoint: str, expected: str) -> None:
    assert realtime_url(endpoint) == expected


def test_the_command_tells_programs_how_this_machine_stands(
    stack: DevStack, tmp_path: Path
) -> None:
    result = paypulse(
        "doctor",
        "--json",
        "--endpoint",
        stack.internal_graphql_url,
        "--api-key",
        API_KEY,
        folder=tmp_path,
    )

    report = json.loads(result.stdout)
    found = {each["what"]: each["state"] for each in report["findings"]}
    assert result.returncode == (0 if report["ready"] else 1)
    assert (found[".venv"], found["MiniStack"], found["API"]) == ("ok", "ok", "ok")
    assert API_KEY not in result.stdout


def test_the_command_fails_where_something_that_is_needed_is_broken(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GOOGLE_CLIENT_ID=1-a.apps.googleusercontent.com\n")

    result = paypulse("doctor", folder=tmp_path)

    assert result.returncode == 1
    assert "without GOOGLE_CLIENT_SECRET" in result.stdout


def test_an_endpoint_that_is_no_address_is_told_so(tmp_path: Path) -> None:
    result = paypulse("doctor", "--endpoint", "http://api.example.com/graphql", folder=tmp_path)

    assert result.returncode == 1
    assert "is no https address" in result.stderr
