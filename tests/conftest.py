"""AWS for the tests of adapters and handlers: one MiniStack for all of them, made from stack.yaml.

Every test works with users of its own, so nothing has to be cleaned between tests.
"""

from __future__ import annotations

import socket
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from devstack.google_keys import GoogleKeys
from devstack.manifest import Stack, load_stack
from devstack.ministack import MiniStack, client, function_environment
from devstack.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Aws:
    """A running MiniStack with the stack's tables, bucket, queues and secrets."""

    url: str
    stack: Stack
    resources: Resources

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        return client(service, self.url)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    ministack = MiniStack(tmp_path_factory.mktemp("aws"), port)
    ministack.start()
    # Nobody answers there: a test that needs Google says where its emulator is.
    nowhere = GoogleKeys().variables("http://127.0.0.1:9")
    stack = load_stack()
    stack = stack.model_copy(update={"variables": {**stack.variables, **nowhere}})
    resources = Resources(stack, ministack.url)
    resources.create_stores()
    yield Aws(ministack.url, resources.stack, resources)
    ministack.stop()


@pytest.fixture(scope="session")
def function_variables(aws: Aws) -> Iterator[None]:
    """Set what the functions find in their environment, so that handlers run in this process."""
    values: dict[str, str] = {}
    for function in aws.stack.functions.values():
        values |= aws.resources.environment(function, "http://127.0.0.1:9/graphql")
    values["PASSWORD_ROUNDS"] = "4"  # the fewest; the demo uses as many as deployed
    environment = function_environment("tests", values, aws.url, "test", "test")
    environment.pop("AWS_LAMBDA_FUNCTION_NAME")  # nothing is warmed up at import
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def user_id() -> str:
    """Someone no other test knows."""
    return f"user_{uuid.uuid4()}"
