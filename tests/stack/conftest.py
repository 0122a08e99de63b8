"""The whole dev stack, once for all tests, in a thread of its own with its own event loop."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

from devstack.journey import Person
from devstack.running import DevStack, Options
from devstack.showing import endpoints

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

PASSWORD = "a-long-password"
_START_LIMIT_S = 60
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevStack]:
    """A running dev stack with an empty mailbox, on free ports and fresh data."""
    folder: Path = tmp_path_factory.mktemp("stack")
    (folder / "mailbox").mkdir()
    options = Options(
        port=0,
        state=folder / "state",
        mailbox=folder / "mailbox",
        tls=True,
        variables={"password_rounds": "4"},  # the fewest; the demo uses as many as deployed
    )
    running = DevStack(options)
    loop = asyncio.new_event_loop()
    started, stop = threading.Event(), asyncio.Event()
    failure: list[BaseException] = []

    async def serve() -> None:
        try:
            async with running:
                started.set()
                await stop.wait()
        except BaseException as error:
            failure.append(error)
            raise
        finally:
            started.set()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(_START_LIMIT_S), "the stack did not start"
    if failure:
        raise failure[0]
    yield running
    loop.call_soon_threadsafe(stop.set)
    thread.join(_START_LIMIT_S)
    loop.close()
    assert not failure


@pytest.fixture
def new_mailbox(stack: DevStack) -> Callable[..., str]:
    """Make a Google account that holds these mails, and return its address."""

    def make(*mails: bytes) -> str:
        email = f"mailbox{next(_numbers)}@gmail.example"
        _control(stack, "accounts", json.dumps({"email": email}).encode())
        for mail in mails:
            _control(stack, f"mailboxes/{email}/messages?dated=true", mail)
        return email

    return make


@pytest.fixture
def new_person(stack: DevStack) -> Callable[[], AbstractAsyncContextManager[Person]]:
    """Make someone with an account of their own, logged in."""

    @asynccontextmanager
    async def make() -> AsyncIterator[Person]:
        number = next(_numbers)
        async with Person(endpoints(stack)) as person:
            email = f"person{number}@example.com"
            await person.sign_up_or_log_in(f"Person {number}", email, PASSWORD)
            yield person

    return make


@pytest.fixture
def google(stack: DevStack) -> Callable[[str, bytes], None]:
    """Steer the Google emulator: path below `_control`, body."""
    return lambda path, body: _control(stack, path, body)


def _control(stack: DevStack, path: str, body: bytes) -> None:
    url = f"{stack.google_url}/_control/{path}"
    with urlopen(Request(url, body), timeout=10):
        return
