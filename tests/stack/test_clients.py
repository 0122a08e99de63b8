"""The same scenario through three real clients, over TLS: gql, aws-amplify, and the GraphiQL page.

gql needs nothing more; the others skip, with what to install, where it is missing.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from devstack.graphiql.operations import load_operations
from devstack.graphiql.page import INSTALL_COMMAND, Api, create_app, is_installed
from devstack.journey import Person
from devstack.ministack import REGION
from devstack.running import API_KEY, DEMO_EMAIL, DEMO_NAME, DEMO_PASSWORD
from devstack.sample_mailbox import notice_mail
from devstack.serving import serving
from devstack.showing import endpoints
from tests.clients.gql_scenario import STEPS, GqlScenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from devstack.running import DevStack

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "tests" / "clients"
ARTIFACTS = ROOT / "artifacts"
PUBLISHER = "send_invoice_notification"
PUBLISHERS = {
    "publishInvoiceEvent": """mutation Publish($input: PublishInvoiceEventInput!) {
        publishInvoiceEvent(input: $input) {
            eventId userId invoiceId type kind title total { amount minorUnits currency }
            dueDate status warnings occurredAt } }""",
    "publishIngestionEvent": """mutation Publish($input: PublishIngestionEventInput!) {
        publishIngestionEvent(input: $input) {
            eventId userId runId kind status outcome error found stored parsed skipped failed
            remaining occurredAt } }""",
}
PROBES = {
    "OnInvoice": ["publishInvoiceEvent", {"eventId": "probe", "invoiceId": "probe"}],
    "OnRunProgress": ["publishIngestionEvent", {"eventId": "probe", "runId": "probe"}],
}
LIMIT_MS = 20_000
NODE = shutil.which("node")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

needs_amplify = pytest.mark.skipif(
    NODE is None or not (CLIENTS / "node_modules" / "aws-amplify").is_dir(),
    reason="needs Node.js 20 or newer and aws-amplify: npm ci --prefix tests/clients",
)
needs_chromium = pytest.mark.skipif(
    NODE is None
    or CHROMIUM is None
    or not (CLIENTS / "node_modules" / "playwright-core").is_dir()
    or not is_installed(),
    reason="needs Chromium (apt-get install chromium), Node.js 20 or newer,"
    f" `npm ci --prefix tests/clients` and `{INSTALL_COMMAND}`",
)


@pytest.fixture
async def given(stack: DevStack, new_mailbox: Callable[..., str]) -> dict[str, Any]:
    """What a client needs for the scenario: a mailbox with one notice, and no account yet."""
    grant = await _grant(stack, new_mailbox(notice_mail(date(2026, 5, 29), 5).as_bytes()))
    return {
        "endpoint": stack.graphql_url,
        "page": stack.page_url,
        "region": REGION,
        "apiKey": API_KEY,
        "accessKeyId": stack.function_keys[PUBLISHER][0],
        "secretAccessKey": stack.function_keys[PUBLISHER][1],
        "operations": {name: each.document for name, each in load_operations().items()},
        "publishers": PUBLISHERS,
        "probes": PROBES,
        "limitMs": LIMIT_MS,
        "chromium": CHROMIUM,
        "artifacts": str(ARTIFACTS),
        "values": {
            "email": f"{secrets.token_hex(6)}@example.com",
            "password": "a-long-password",
            "googleAccessToken": grant["access_token"],
            "googleRefreshToken": grant["refresh_token"],
        },
    }


async def test_gql_manages_the_scenario(stack: DevStack, given: dict[str, Any]) -> None:
    assert stack.certificate is not None
    async with GqlScenario(given, stack.certificate.authority) as scenario:
        assert await scenario.walk() == steps_for("gql")


@pytest.mark.clients
@needs_amplify
async def test_amplify_manages_the_scenario(stack: DevStack, given: dict[str, Any]) -> None:
    outcome = await run_in_node("amplify_scenario.mjs", stack, given)

    assert outcome == {"passed": steps_for("amplify")}


@pytest.mark.clients
@needs_chromium
async def test_graphiql_manages_the_scenario(
    stack: DevStack, given: dict[str, Any], new_mailbox: Callable[..., str]
) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    mails = [notice_mail(date(2026, month, 28), month).as_bytes() for month in (7, 8, 9, 10)]
    async with Person(endpoints(stack)) as demo:
        await demo.sign_up_or_log_in(DEMO_NAME, DEMO_EMAIL, DEMO_PASSWORD)
        await demo.connect_gmail(new_mailbox(*mails))

    with serving(create_app(Api(stack.graphql_url, API_KEY))) as remote_page:
        given |= {
            "demo": {"email": DEMO_EMAIL, "password": DEMO_PASSWORD},
            "remotePage": remote_page,
        }
        outcome = await run_in_node("page_scenario.mjs", stack, given)

    # Nothing but this machine was asked for anything, and the page had no fault of its own.
    assert outcome == {"passed": steps_for("page"), "outside": [], "faults": []}
    taken = {path.name for path in ARTIFACTS.glob("graphiql-*.png")}
    assert taken >= {
        "graphiql-desktop-light.png", "graphiql-desktop-dark.png", "graphiql-phone.png",
    }  # fmt: skip


@pytest.mark.clients
@needs_chromium
async def test_a_browser_connects_gmail(stack: DevStack, given: dict[str, Any]) -> None:
    given |= {"connectPage": stack.connect_url}

    outcome = await run_in_node("connect_scenario.mjs", stack, given)

    assert f"is connected to {given['values']['email']}" in outcome["said"]


def steps_for(client: str) -> list[str]:
    return [step["title"] for step in STEPS if client in step.get("only", [client])]


async def run_in_node(script: str, stack: DevStack, given: dict[str, Any]) -> Any:
    assert NODE is not None
    assert stack.certificate is not None
    environment = {
        "PATH": os.environ["PATH"],  # noqa: TID251 - Chromium's start script needs it
        "HOME": str(stack.options.state),  # nothing of the user's browser profile
        "NODE_EXTRA_CA_CERTS": str(stack.certificate.authority),
    }
    process = await asyncio.create_subprocess_exec(
        NODE, script,
        cwd=CLIENTS,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(90):
        output, complaint = await process.communicate(json.dumps(given).encode())
    assert output, complaint.decode()
    return json.loads(output)


async def _grant(stack: DevStack, google_email: str) -> Any:
    url = f"{stack.google_url}/_control/grants"
    async with aiohttp.ClientSession() as http, http.post(url, json={"email": google_email}) as it:
        return await it.json()
