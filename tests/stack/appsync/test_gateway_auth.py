"""The three doors: API key, Lambda authorizer, signature; and what each refusal looks like."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devstack.appsync.config import LambdaAuthorizerConfig, LambdaSource
from tests.stack.appsync.gateway_harness import (
    ACCESS_KEY,
    API_KEY,
    SECRET_KEY,
    FixedClock,
    Server,
    authorize,
    crash,
    make_config,
    serve,
    sign,
)

ME = "{ me { id } }"
STATUS = "{ status { ok } }"
PUBLISH = (
    "mutation($input: PublishInput!) { publishInvoiceEvent(input: $input) { eventId userId } }"
)
EVENT = {"input": {"eventId": "e1", "userId": "anna"}}
REFUSED = {
    "errors": [
        {
            "errorType": "UnauthorizedException",
            "message": "You are not authorized to make this call.",
        }
    ]
}


async def send(server: Server, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    async with server.http.post(server.url, data=data, headers=headers) as response:
        return response.status, await response.json()


async def test_api_key_opens_fields_annotated_for_it() -> None:
    async with serve({"status": {"ok": True}}) as server:
        status, answer = await send(server, {"query": STATUS}, {"x-api-key": API_KEY})

        assert (status, answer) == (200, {"data": {"status": {"ok": True}}})
        assert server.functions.events("status")[0]["identity"] is None


async def test_wrong_api_key_is_refused_before_the_query_is_read() -> None:
    async with serve() as server:
        assert await send(server, "{", {"x-api-key": "da2-other"}) == (401, REFUSED)


async def test_request_without_credentials_is_refused() -> None:
    async with serve() as server:
        status, answer = await send(server, {"query": ME}, {})

        assert status == 401
        assert answer["errors"][0]["errorType"] == "UnauthorizedException"
        assert answer["errors"][0]["message"] == "Valid authorization header not provided."


async def test_authorizer_is_told_about_the_request() -> None:
    async with serve({"me": {"id": "anna"}}) as server:
        body = {"query": "query Me { me { id } }", "operationName": "Me", "variables": {"a": 1}}
        await send(server, body, {"authorization": "anna:s1", "x-app": "ios"})

        (event,) = server.functions.events("authorizer")
        assert event["authorizationToken"] == "anna:s1"
        assert event["requestHeaders"]["x-app"] == "ios"
        context = event["requestContext"]
        assert context.keys() == {
            "apiId", "accountId", "requestId", "queryString", "operationName", "variables",
        }  # fmt: skip
        assert context["queryString"] == "query Me { me { id } }"
        assert (context["operationName"], context["variables"]) == ("Me", {"a": 1})


async def test_resolver_context_becomes_the_identity() -> None:
    async with serve({"me": {"id": "anna"}}) as server:
        await server.post(ME)

        assert server.functions.events("me")[0]["identity"] == {
            "resolverContext": {
                "userId": "anna", "email": "anna@example.com", "sessionId": "s1",
            }
        }  # fmt: skip


async def test_token_refused_by_the_authorizer_gets_401() -> None:
    async with serve() as server:
        assert await send(server, {"query": ME}, {"authorization": "no-session"}) == (401, REFUSED)


@pytest.mark.parametrize(
    "answer",
    [
        crash(),
        None,
        {"isAuthorized": "true"},
        {"isAuthorized": True, "resolverContext": {"nested": {"a": 1}}},
        {"isAuthorized": True, "resolverContext": {"list": [1]}},
    ],
    ids=["crash", "nothing", "text instead of true", "nested context", "list in context"],
)
async def test_authorizer_that_does_not_answer_properly_refuses(answer: Any) -> None:
    async with serve({"authorizer": answer}) as server:
        assert await send(server, {"query": ME}, {"authorization": "anna:s1"}) == (401, REFUSED)


async def test_slow_authorizer_refuses() -> None:
    async def wait(_event: Any) -> Any:
        await asyncio.sleep(30)

    async with serve({"authorizer": wait}, authorizer_timeout_s=0.05) as server:
        assert await send(server, {"query": ME}, {"authorization": "anna:s1"}) == (401, REFUSED)


@pytest.mark.parametrize(
    "token", ["Bearer anna:s1", "bearer anna:s1", "x" * 2049, "not the form"], ids=str
)
async def test_authorizer_is_not_called_for(token: str) -> None:
    authorizer = LambdaAuthorizerConfig("authorizer", validation_regex=r"^\w+:\w+$")
    async with serve(authorizer=authorizer) as server:
        status, _ = await send(server, {"query": ME}, {"authorization": token})

        assert status == 401
        assert server.functions.events("authorizer") == []


async def test_answer_is_kept_for_its_time_to_live_and_no_longer() -> None:
    clock = FixedClock()
    authorizer = LambdaAuthorizerConfig("authorizer", ttl_s=60)
    async with serve({"me": None}, authorizer=authorizer, clock=clock) as server:
        await server.post(ME)
        clock.now += timedelta(seconds=59)
        await server.post(ME)
        assert len(server.functions.events("authorizer")) == 1

        clock.now += timedelta(seconds=2)
        await server.post(ME)
        assert len(server.functions.events("authorizer")) == 2


async def test_ttl_override_of_zero_is_never_kept() -> None:
    def answer(event: Any) -> Any:
        return authorize(event) | {"ttlOverride": 0}

    async with serve({"authorizer": answer, "me": None}) as server:
        await server.post(ME)
        await server.post(ME)

        assert len(server.functions.events("authorizer")) == 2


async def test_refusal_is_kept_too() -> None:
    async with serve() as server:
        for _ in range(2):
            await send(server, {"query": ME}, {"authorization": "nobody"})

        assert len(server.functions.events("authorizer")) == 1


async def test_requests_with_one_token_wait_for_one_call() -> None:
    async with serve({"me": None}) as server:
        await asyncio.gather(*(server.post(ME) for _ in range(20)))

        assert len(server.functions.events("authorizer")) == 1


@pytest.mark.parametrize(
    "name",
    ["User.email", "arn:aws:appsync:eu-north-1:000000000000:apis/x/types/User/fields/email"],
    ids=["by name", "by ARN"],
)
async def test_denied_field_is_null_whatever_the_function_answers(name: str) -> None:
    def answer(event: Any) -> Any:
        return authorize(event) | {"deniedFields": [name]}

    me = {"id": "anna", "email": "anna@example.com"}
    async with serve({"authorizer": answer, "me": me}) as server:
        response = await server.post("{ me { id email } }")

        assert response["data"] == {"me": {"id": "anna", "email": None}}
        assert response["errors"][0]["message"] == "Not Authorized to access email on type User"


async def test_denied_field_does_not_run_its_resolver() -> None:
    def answer(event: Any) -> Any:
        return authorize(event) | {"deniedFields": ["Query.me"]}

    async with serve({"authorizer": answer, "me": {"id": "anna"}}) as server:
        await server.post(ME)

        assert server.functions.events("me") == []


async def test_signature_of_botocore_is_accepted() -> None:
    async with serve() as server:
        body = json.dumps({"query": PUBLISH, "variables": EVENT})
        status, answer = await send(server, body, sign(server.url, body))

        assert status == 200
        assert answer == {"data": {"publishInvoiceEvent": {"eventId": "e1", "userId": "anna"}}}


async def test_signature_with_session_token_needs_that_token() -> None:
    async with serve() as server:
        body = json.dumps({"query": PUBLISH, "variables": EVENT})
        right = sign(server.url, body, access_key="AKIDSESSION", token="token-1")
        wrong = sign(server.url, body, access_key="AKIDSESSION", token="token-2")

        assert (await send(server, body, right))[0] == 200
        assert (await send(server, body, wrong))[0] == 403


@pytest.mark.parametrize(
    ("options", "error_type"),
    [
        ({"secret": "guessed"}, "InvalidSignatureException"),
        ({"access_key": "AKIDUNKNOWN"}, "UnrecognizedClientException"),
        ({"service": "execute-api"}, "InvalidSignatureException"),
    ],
    ids=["wrong secret", "unknown key", "other service"],
)
async def test_wrong_signature_is_refused(options: dict[str, str], error_type: str) -> None:
    async with serve() as server:
        body = json.dumps({"query": PUBLISH, "variables": EVENT})
        status, answer = await send(server, body, sign(server.url, body, **options))

        assert (status, answer["errors"][0]["errorType"]) == (403, error_type)


async def test_body_changed_after_signing_is_refused() -> None:
    async with serve() as server:
        body = json.dumps({"query": PUBLISH, "variables": EVENT})
        headers = sign(server.url, body)

        assert (await send(server, body.replace("anna", "bert"), headers))[0] == 403


async def test_signature_of_ten_minutes_ago_is_refused() -> None:
    clock = FixedClock(datetime.now(UTC) + timedelta(minutes=10))  # noqa: TID251 - botocore signs now
    async with serve(clock=clock) as server:
        body = json.dumps({"query": PUBLISH, "variables": EVENT})
        status, answer = await send(server, body, sign(server.url, body))

        assert status == 403
        assert "Signature expired" in answer["errors"][0]["message"]


async def test_signature_for_another_region_is_refused() -> None:
    async with serve(region="us-east-1") as server:
        body = json.dumps({"query": PUBLISH, "variables": EVENT})

        assert (await send(server, body, sign(server.url, body)))[0] == 403


async def test_garbled_authorization_is_refused_not_a_fault() -> None:
    async with serve() as server:
        for garbled in (
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=a,SignedHeaders=,Signature=",
        ):
            status, _ = await send(server, {"query": ME}, {"authorization": garbled})
            assert status == 403


async def test_iam_policy_limits_the_root_fields() -> None:
    async with serve() as server:
        for field, expected in (
            ("publishInvoiceEvent", None),
            ("publishIngestionEvent", "Unauthorized"),
        ):
            query = PUBLISH.replace("publishInvoiceEvent", field)
            body = json.dumps({"query": query, "variables": EVENT})
            _, answer = await send(server, body, sign(server.url, body, access_key="AKIDLIMITED"))
            found = answer["errors"][0]["errorType"] if "errors" in answer else None
            assert found == expected


async def test_iam_identity_names_the_role() -> None:
    sdl = "type Query { who: String @aws_iam }"
    config: dict[str, Any] = {"sdl": sdl, "data_sources": {"Query.who": LambdaSource("who")}}
    async with serve({"who": "me"}, **config) as server:
        body = json.dumps({"query": "{ who }"})
        await send(server, body, sign(server.url, body))

        identity = server.functions.events("who")[0]["identity"]
        assert identity["userArn"].endswith("assumed-role/send-invoice-notification/worker")
        assert identity["sourceIp"] == ["127.0.0.1"]
        assert identity["cognitoIdentityId"] is None


async def test_token_wins_over_an_api_key_in_the_same_request() -> None:
    async with serve({"status": {"ok": True}}) as server:
        headers = {"x-api-key": API_KEY, "authorization": "refused"}

        assert await send(server, {"query": STATUS}, headers) == (401, REFUSED)


async def test_browser_preflight_lists_what_amplify_sends() -> None:
    async with serve() as server, server.http.options(server.url) as response:
        assert response.status == 200
        assert response.headers["access-control-allow-origin"] == "*"
        allowed = response.headers["access-control-allow-headers"].split(",")
        assert set(allowed) >= {
            "x-api-key", "authorization", "content-type", "x-amz-user-agent", "x-amz-date",
            "x-amz-security-token",
        }  # fmt: skip


async def test_refusals_can_be_read_by_a_browser() -> None:
    async with serve() as server, server.http.post(server.url, data="{}") as response:
        assert response.status == 401
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["x-amzn-errortype"] == "UnauthorizedException"


def test_secrets_of_the_harness_differ() -> None:
    assert len({API_KEY, ACCESS_KEY, SECRET_KEY}) == 3
    assert make_config().default_mode == "AWS_LAMBDA"
