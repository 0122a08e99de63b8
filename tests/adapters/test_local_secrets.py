"""Keys from `.env` in the local Secrets Manager, where functions read them as deployed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from devstack.google_keys import LOCAL_CLIENT_ID, GoogleClient, GoogleKeys
from paypulse.aws.secrets import OptionalSecret, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Aws

KEYS = GoogleKeys(
    client=GoogleClient("1-abc.apps.googleusercontent.com", "GOCSPX-12345678"),
    gemini_api_key="AIza-an-invented-key-of-nobody-at-all00",
)


@pytest.fixture
def start_with(aws: Aws) -> Iterator[Callable[[GoogleKeys], None]]:
    """Make the secrets as a start of the dev stack with these keys does; the others stay."""
    yield lambda keys: replace(aws.resources, keys=keys).create_stores()
    aws.resources.create_stores()


def held(aws: Aws) -> list[str | None]:
    manager, secrets = aws.client("secretsmanager"), aws.stack.secrets
    return [
        Secret(str(secrets["google_client_id"].name), manager).value(),
        OptionalSecret(str(secrets["google_client_secret"].name), manager).value(),
        OptionalSecret(str(secrets["gemini_api_key"].name), manager).value(),
    ]


def test_keys_are_there_while_the_file_has_them_and_gone_with_it(
    aws: Aws, start_with: Callable[[GoogleKeys], None]
) -> None:
    assert KEYS.client
    start_with(KEYS)
    real = held(aws)
    start_with(GoogleKeys())

    assert real == [KEYS.client.id, KEYS.client.secret, KEYS.gemini_api_key]
    assert held(aws) == [LOCAL_CLIENT_ID, None, None]


def test_another_key_takes_the_place_of_the_first(
    aws: Aws, start_with: Callable[[GoogleKeys], None]
) -> None:
    start_with(KEYS)
    start_with(replace(KEYS, gemini_api_key="another-invented-key-of-nobody"))

    assert held(aws)[2] == "another-invented-key-of-nobody"


def test_starting_again_keeps_the_key_that_signs_sessions(
    aws: Aws, start_with: Callable[[GoogleKeys], None]
) -> None:
    name = str(aws.stack.secrets["jwt_keys"].name)
    before = Secret(name, aws.client("secretsmanager")).value()

    start_with(KEYS)

    assert Secret(name, aws.client("secretsmanager")).value() == before
