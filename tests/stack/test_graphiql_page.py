"""What the GraphiQL page is made of; that it works is shown by the browser in test_clients.py."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner

from devstack import cli
from devstack.graphiql import page
from devstack.graphiql.page import ASSETS, HERE, Api, create_app
from devstack.serving import serving
from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

REMOTE = "https://abc.appsync-api.eu-north-1.amazonaws.com/graphql"
INDEX = (HERE / "index.html").read_text()


@contextmanager
def served(api: Api | None = None) -> Iterator[str]:
    with serving(create_app(api or Api(REMOTE, "da2-key"))) as url:
        yield url


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as response:
            return response.status, dict(response.headers), response.read()
    except HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def test_page_tells_how_to_install_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ASSETS, "graphiql.js", Path("nowhere"))
    with served() as url:
        status, _, body = get(f"{url}/")

    assert status == 503
    assert page.INSTALL_COMMAND.encode() in body


def test_page_loads_nothing_from_elsewhere() -> None:
    files = [INDEX, *(ASSETS[name].read_text() for name in ASSETS if ASSETS[name].parent == HERE)]
    named = re.findall(r'(?:src|href)="([^"]+)"', INDEX)

    assert {each.removeprefix("/_assets/") for each in named} <= ASSETS.keys()
    assert not re.search(r"(?:src|href|url|import)[=(\s]*[\"']?https?://", "\n".join(files))


@pytest.mark.parametrize(
    "path", ["page.py", "package.json", "..%2fpage.py", "node_modules/react/index.js", "nothing"]
)
def test_only_listed_files_are_served(path: str) -> None:
    with served() as url:
        assert get(f"{url}/_assets/{path}")[0] == 404
        assert get(f"{url}/_assets/app.js")[0] == 200


@pytest.mark.skipif(not page.is_installed(), reason=f"needs Node.js: {page.INSTALL_COMMAND}")
def test_page_may_reach_itself_and_its_api_only() -> None:
    with served() as url:
        _, headers, _ = get(f"{url}/")

    policy = headers["content-security-policy"]
    (reachable,) = re.findall(r"connect-src ([^;]+)", policy)
    assert reachable.split() == [
        "'self'",
        "https://abc.appsync-api.eu-north-1.amazonaws.com",
        "wss://abc.appsync-realtime-api.eu-north-1.amazonaws.com",
    ]
    assert "script-src" not in policy
    assert "default-src 'self';" in policy


def test_settings_hold_the_api_and_no_demo_account_for_a_remote_one() -> None:
    with served() as url:
        _, headers, body = get(f"{url}/_graphiql/settings.json")
    settings: dict[str, Any] = json.loads(body)

    assert (settings["endpoint"], settings["apiKey"]) == (REMOTE, "da2-key")
    assert (settings["demo"], settings["services"]) == (None, None)
    assert headers["cache-control"] == "no-store"
    assert "fragment RunFields" in settings["examples"][0]["query"]


def test_another_name_for_this_machine_is_refused() -> None:
    """Else a page elsewhere could read the API key by way of its own domain (DNS rebinding)."""
    with served() as url:
        assert get(f"{url}/_graphiql/settings.json", Host="evil.example")[0] == 400


def test_schema_comes_with_descriptions() -> None:
    with served() as url:
        _, _, body = get(f"{url}/_graphiql/schema.json")
    types = {each["name"]: each for each in json.loads(body)["__schema"]["types"]}

    assert types["RentalInvoice"]["description"]
    assert all(field["description"] for field in types["RentalInvoice"]["fields"])


@pytest.mark.parametrize(
    "endpoint", ["graphql", "http://example.com/graphql", "ftp://x/graphql", "https://", "http://["]
)
def test_command_refuses_what_is_no_safe_address(endpoint: str) -> None:
    result = CliRunner().invoke(cli.app, ["graphiql", "--endpoint", endpoint])

    assert isinstance(result.exception, ConfigurationError)
    assert "no https address" in str(result.exception)
