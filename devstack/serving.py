"""Ports of this machine, web applications on them, and addresses of others."""

from __future__ import annotations

import errno
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn

from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

_LIMIT_S = 30.0
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def listen(port: int) -> socket.socket:
    """Return a socket bound to a loopback port, 0 for any.

    Raises:
        ConfigurationError: the port is taken.
    """
    # With its protocol named: else asyncio leaves Nagle's algorithm on, and answers wait 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise ConfigurationError(
            f"port {port} is taken, perhaps by another dev stack; choose another with --port"
        ) from None
    return listener


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with listen(0) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application from a thread of its own and yield its address."""
    with listen(0) as listener:
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            ws_per_message_deflate=False,  # AppSync does not compress either
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        deadline = time.monotonic() + _LIMIT_S
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            server.force_exit = True
            thread.join(_LIMIT_S)


def check_endpoint(endpoint: str) -> None:
    """Refuse what is no address of an API, and addresses to which a token would go in clear.

    Raises:
        ConfigurationError: it is one of these.
    """
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
