"""`paypulse graphiql`: the page on this machine, the API anywhere."""

from __future__ import annotations

import asyncio

import uvicorn
from rich.console import Console

from devstack.graphiql.page import INSTALL_COMMAND, Api, create_app, is_installed
from devstack.serving import check_endpoint, listen
from paypulse.errors import ConfigurationError


def serve(endpoint: str, api_key: str | None, port: int) -> None:
    """Serve the page until Ctrl-C; the browser talks to the API directly.

    Raises:
        ConfigurationError: the endpoint is no GraphQL address, the page's packages are not
            installed, or the port is taken.
    """
    check_endpoint(endpoint)
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
