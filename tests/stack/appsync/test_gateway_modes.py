"""Every field in every authorisation mode: reached or refused exactly as the directives say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devstack.appsync.config import LambdaSource
from tests.stack.appsync.gateway_harness import API_KEY, SDL, SOURCES, Server, serve, sign
from tests.stack.appsync.gateway_modes import MODES, Route, TypedAnswers, find_routes

ROUTES = find_routes(SDL)


async def ask(server: Server, route: Route, mode: str) -> Any:
    body = json.dumps({"query": route.document})
    headers = {
        "API_KEY": {"x-api-key": API_KEY},
        "AWS_LAMBDA": {"authorization": "anna:s1"},
        "AWS_IAM": sign(server.url, body),
    }[mode]
    async with server.http.post(server.url, data=body, headers=headers) as response:
        assert response.status == 200
        return await response.json()


@pytest.mark.parametrize("mode", MODES.values())
async def test_every_field_answers_exactly_the_modes_it_names(mode: str) -> None:
    answers = TypedAnswers(SDL)
    names = [s.function_name for s in SOURCES.values() if isinstance(s, LambdaSource)]
    wrong = []
    async with serve(dict.fromkeys(names, answers)) as server:
        for route in ROUTES:
            answers.route = route
            answer = await ask(server, route, mode)
            found = [error["message"] for error in answer.get("errors", ())]
            refused = [message for message in found if message.startswith("Not Authorized")]
            expected = route.refusal(mode)
            if refused != ([expected] if expected else []):
                wrong.append((str(route), expected, found))

    assert wrong == []


def test_the_table_covers_every_object_type() -> None:
    covered = {(route.steps[-1].type_name, route.steps[-1].field_name) for route in ROUTES}

    assert ("Closed", "text") in covered
    assert ("TravelDetail", "destination") in covered
    assert len(covered) == len(ROUTES) > 40


async def test_refusal_has_the_shape_of_appsync() -> None:
    async with serve({"me": {"id": "anna", "secret": "x"}}) as server:
        answer = await server.post("{\n  me { id secret }\n}")

        assert answer == {
            "data": {"me": {"id": "anna", "secret": None}},
            "errors": [
                {
                    "path": ["me", "secret"],
                    "data": None,
                    "errorType": "Unauthorized",
                    "errorInfo": None,
                    "locations": [{"line": 2, "column": 11, "sourceName": None}],
                    "message": "Not Authorized to access secret on type User",
                }
            ],
        }


async def test_refused_field_does_not_reach_its_function() -> None:
    async with serve({"status": {"ok": True}}) as server:
        await server.post("{ status { ok } }")

        assert server.functions.events("status") == []


async def test_union_member_is_checked_by_its_own_directives() -> None:
    answers = {
        "invoices": [{"id": "1"}, {"id": "2"}],
        "detail": [
            {"__typename": "FoodDetail", "id": "f"},
            {"__typename": "TravelDetail", "id": "t"},
        ],
    }
    async with serve(answers) as server:
        document = "{ invoices { detail { ... on FoodDetail { id } ... on TravelDetail { id } } } }"
        answer = await server.post(document)

        assert answer["data"] == {"invoices": [{"detail": {"id": "f"}}, {"detail": {"id": None}}]}
        assert answer["errors"][0]["message"] == "Not Authorized to access id on type TravelDetail"


@pytest.mark.parametrize("default", ["API_KEY", "AWS_IAM"])
async def test_another_default_mode_closes_unannotated_fields_to_tokens(default: str) -> None:
    async with serve({"me": {"id": "anna"}}, default_mode=default) as server:
        answer = await server.post("{ me { id } }")

        assert answer["data"] == {"me": None}
        assert answer["errors"][0]["errorType"] == "Unauthorized"
