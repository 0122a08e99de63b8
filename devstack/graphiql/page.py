"""The GraphiQL page as routes: `/`, `/_assets/…` and `/_graphiql/…`.

Everything comes from this folder or from `node_modules` beside it (`npm ci`), never from another
host; only the listed files are served.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from devstack.graphiql.operations import load_operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

HERE = Path(__file__).parent
_PACKAGES = HERE / "node_modules"

# What the page loads, by its path below /_assets/.
ASSETS = {
    "react.js": _PACKAGES / "react/umd/react.production.min.js",
    "react-dom.js": _PACKAGES / "react-dom/umd/react-dom.production.min.js",
    "graphiql.js": _PACKAGES / "graphiql/graphiql.min.js",
    "graphiql.css": _PACKAGES / "graphiql/graphiql.min.css",
    **{
        name: HERE / name
        for name in ("app.css", "app.js", "appsync.js", "live.js", "session.js", "icon.svg")
    },
}

INSTALL_COMMAND = "npm ci --prefix devstack/graphiql"
NOT_INSTALLED = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>PayPulse</title>
<style>
  body {{ font: 16px/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 1rem }}
  :root {{ color-scheme: light dark }}
</style>
<h1>GraphiQL is not installed</h1>
<p>The API itself runs: only this page is missing. Install Node.js 20 or newer with npm, then run
this in the project's folder and load the page again:</p>
<pre>{INSTALL_COMMAND}</pre>
"""


@dataclass(frozen=True, slots=True)
class Api:
    """The API that the page talks to.

    Args:
        endpoint: Its GraphQL address; `/graphql` is the host that the page came from.
        api_key: For what comes before a session.
        demo: E-mail and password of the demo account, where there is one.
        services: Who answers for Google, where that is known.
    """

    endpoint: str = "/graphql"
    api_key: str | None = None
    demo: tuple[str, str] | None = None
    services: Mapping[str, str] | None = None


def routes(api: Api) -> list[BaseRoute]:
    """Return the page's routes."""

    async def page(_request: Request) -> Response:
        if not is_installed():
            return HTMLResponse(NOT_INSTALLED, status_code=503)
        policy = {"content-security-policy": _policy(api.endpoint), "cache-control": "no-cache"}
        return FileResponse(HERE / "index.html", headers=policy)

    async def settings(_request: Request) -> Response:
        return JSONResponse(_settings(api), headers={"cache-control": "no-store"})

    return [
        Route("/", page),
        Route("/_assets/{name}", _asset),
        Route("/_graphiql/settings.json", settings),
        Route("/_graphiql/schema.json", _schema),
    ]


def create_app(api: Api) -> Starlette:
    """Return the page alone, for an API elsewhere."""
    # Another site could otherwise read the API key by pointing a name of its own at loopback.
    only_loopback = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=routes(api), middleware=[only_loopback])


def is_installed() -> bool:
    """Return whether the packages are there."""
    return all(path.is_file() for path in ASSETS.values())


async def _asset(request: Request) -> Response:
    path = ASSETS.get(request.path_params["name"])
    if path is None or not path.is_file():
        return Response("not found", status_code=404)
    return FileResponse(path, headers={"cache-control": "no-cache"})


async def _schema(_request: Request) -> Response:
    return Response(_introspection(), media_type="application/json")


def _settings(api: Api) -> dict[str, Any]:
    return {
        "endpoint": api.endpoint,
        "apiKey": api.api_key,
        "demo": dict(zip(("email", "password"), api.demo, strict=True)) if api.demo else None,
        "services": dict(api.services) if api.services else None,
        "examples": _examples(),
    }


@cache
def _examples() -> list[dict[str, str]]:
    operations = load_operations()
    return [
        {
            "query": operations[each["operation"]].document,
            "variables": json.dumps(each.get("variables", {}), indent=2),
        }
        for each in json.loads((HERE / "examples.json").read_text())
    ]


@cache
def _introspection() -> bytes:
    """Return the documented schema: a deployed API has no descriptions, or no introspection."""
    from graphql import build_schema, introspection_from_schema  # noqa: PLC0415 - on demand

    from devstack.appsync.schema import PRELUDE  # noqa: PLC0415
    from resolvers.schema.export import documented_sdl  # noqa: PLC0415 - 200 ms of Strawberry

    schema = build_schema(PRELUDE + documented_sdl())
    return json.dumps(introspection_from_schema(schema)).encode()


def _policy(endpoint: str) -> str:
    """Return the page's content security policy: nothing but itself and the API."""
    reachable = ["'self'"]
    if host := urlsplit(endpoint).netloc:
        realtime = host.replace(".appsync-api.", ".appsync-realtime-api.")
        reachable += [f"{urlsplit(endpoint).scheme}://{host}", f"wss://{realtime}"]
        if endpoint.startswith("http:"):
            reachable.append(f"ws://{realtime}")
    return "; ".join(
        [
            "default-src 'self'",
            f"connect-src {' '.join(reachable)}",
            "style-src 'self' 'unsafe-inline'",  # CodeMirror places its lines by style attributes
            "img-src 'self' data:",
            "font-src 'self' data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
