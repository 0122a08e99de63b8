"""`paypulse graphiql`: the page on this machine, the API anywhere."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import uvicorn
from rich.console import Console

from devstack.graphiql.page import INSTALL_COMMAND, Api, create_app, is_installed
from devstack.running import listen
from paypulse.errors import ConfigurationError

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def serve(endpoint: str, api_key: str | None, port: int) -> None:
    """Serve the page until Ctrl-C; the browser talks to the API directly.

    Raises:
        ConfigurationError: the endpoint is no GraphQL address, the page's packages are not
            installed, or the port is taken.
    """
    _check(endpoint)
    if not is_installed():
        raise ConfigurationError(
            f"GraphiQL is not installed: get Node.js 20 or newer, then {INSTALL_COMMAND}"
        )
    with listen(port) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        Console(highlight=False).print(f"GraphiQL  {address}\nfor       {endpoint}\nCtrl-C stops")
        app = create_app(Api(endpoint, api_key))
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def _check(endpoint: str) -> None:
    """Refuse what is no address, and addresses to which a token would go in clear."""
    try:
        url = urlsplit(endpoint)
        here = url.hostname in _LOOPBACK
    except ValueError:
        url, here = urlsplit(""), False
    if not url.hostname or not (url.scheme == "https" or (here and url.scheme == "http")):
        raise ConfigurationError(
            f"{endpoint!r} is no https address; one looks like"
            " https://….appsync-api.eu-north-1.amazonaws.com/graphql"
        )
