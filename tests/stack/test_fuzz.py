"""Schemathesis against the running stack: whatever is asked, answers are data or typed errors.

A few reproducible examples per field every day; more, and new ones each time, with

    PAYPULSE_FUZZ_EXAMPLES=300 .venv/bin/pytest tests/stack/test_fuzz.py
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from devstack.appsync.schema import PRELUDE
from devstack.journey import Person
from devstack.ministack import REGION
from devstack.running import API_KEY
from devstack.showing import endpoints
from paypulse.errors import ErrorType
from tests.stack.appsync.gateway_harness import sign
from tests.stack.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from devstack.running import DevStack

EXAMPLES = int(os.environ.get("PAYPULSE_FUZZ_EXAMPLES", "0"))  # noqa: TID251 - of this test alone
BOUNDED = settings(
    max_examples=EXAMPLES or 8,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
# What AppSync itself says, and what our functions may say. Never INTERNAL_SERVER_ERROR: that is a
# bug, however well it is masked.
TYPED = {
    "ValidationError",
    "BadRequestException",
    "MalformedHttpRequestException",
    "UnauthorizedException",
} | set(ErrorType) - {ErrorType.INTERNAL_SERVER_ERROR}
# Words of Python, AWS or this machine that no message may show.
UNMASKED = re.compile(
    r"Traceback|File \"|\.py\b|line \d+, in|[A-Za-z]+Error\(|botocore|ClientError|boto3|KeyError"
    r"|DynamoDB|arn:aws|NoneType|object has no attribute"
)
SDL = (Path(__file__).parents[2] / "schema.graphql").read_text()
PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
for scalar, valid in {
    "AWSDate": st.dates().map(str),
    "AWSDateTime": st.datetimes().map(lambda each: f"{each.isoformat()}Z"),
    "AWSEmail": st.emails(),
    "AWSURL": st.just("https://example.com/"),
}.items():
    schemathesis.graphql.scalar(scalar, (valid | PRINTABLE).map(nodes.String))
FIELDS = {
    found.label: found
    for found in (
        each.ok() for each in schemathesis.graphql.from_file(PRELUDE + SDL).get_all_operations()
    )
}
WITH_KEY = {"Mutation.signUp", "Mutation.logIn", "Mutation.refreshSession"}
SIGNED = {"Mutation.publishInvoiceEvent", "Mutation.publishIngestionEvent"}
ENDING = {"Mutation.logOut"}

http = urllib3.PoolManager(retries=False, timeout=35)


@pytest.fixture(scope="module")
def token(stack: DevStack) -> str:
    return open_session(stack, "fuzz@example.com")


@pytest.mark.parametrize("label", FIELDS)
def test_field_answers_anything_with_data_or_typed_errors(
    label: str, stack: DevStack, token: str
) -> None:
    if label in ENDING:
        token = open_session(stack, "fuzz-ending@example.com")

    def headers(body: str) -> dict[str, str]:
        if label in WITH_KEY:
            return {"x-api-key": API_KEY}
        if label in SIGNED:
            key, secret = stack.function_keys["send_invoice_notification"]
            url = stack.internal_graphql_url
            return sign(url, body, access_key=key, secret=secret, region=REGION)
        return {"authorization": token}

    @BOUNDED
    @given(case=FIELDS[label].as_strategy())
    def ask(case: Any) -> None:
        check(stack, json.dumps({"query": case.body}), headers)

    ask()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | PRINTABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PRINTABLE, inner, max_size=4),
    max_leaves=8,
)
BODIES = (
    st.binary(max_size=200)
    | JSON.map(lambda each: json.dumps(each).encode())
    | st.fixed_dictionaries(
        {"query": JSON | st.sampled_from(["{ __typename }", "{ me { id } }"])},
        optional={"variables": JSON, "operationName": JSON, "extensions": JSON},
    ).map(lambda each: json.dumps(each).encode())
)


@settings(BOUNDED, max_examples=EXAMPLES or 60)
@given(body=BODIES)
def test_any_body_is_answered_with_data_or_typed_errors(
    stack: DevStack, token: str, body: bytes
) -> None:
    check(stack, body, lambda _: {"authorization": token})


def check(stack: DevStack, body: str | bytes, headers: Callable[[Any], dict[str, str]]) -> None:
    """Ask, and fail on a 5xx, on what is no GraphQL answer, and on what is not masked."""
    response = http.request("POST", stack.internal_graphql_url, body=body, headers=headers(body))
    assert response.status in {200, 400, 401}, (response.status, response.data)
    answer = response.json()
    assert set(answer) <= {"data", "errors", "extensions"}
    assert response.status == 200 or answer["errors"]
    for error in answer.get("errors", ()):
        assert error["errorType"] in TYPED, error
        assert not UNMASKED.search(error["message"]), error


def open_session(stack: DevStack, email: str) -> str:
    async def sign_up() -> str:
        async with Person(endpoints(stack)) as person:
            await person.sign_up_or_log_in("Fuzz", email, PASSWORD)
            return person.access_token

    return asyncio.run(sign_up())
