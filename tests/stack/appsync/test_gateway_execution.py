"""Queries and mutations: events, results, errors and limits, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from graphql import build_client_schema, get_introspection_query

from devstack.appsync.app import create_app
from devstack.appsync.config import InvocationError, LambdaSource, PublishSource, SubscribeSource
from devstack.appsync.errors import GatewayConfigError
from tests.stack.appsync.gateway_harness import API_KEY, crash, serve

from tests.stack.appsync.gateway_harness import Functions, make_config  # isort: skip

TOKEN = {"authorization": "anna:s1"}


async def test_gql_client_gets_data_and_typed_errors() -> None:
    answers = {
        "me": {"id": "anna", "email": "anna@example.com"},
        "invoice": {"error": {"type": "NOT_FOUND", "message": "No invoice.", "info": {"id": "9"}}},
    }
    async with serve(answers) as server:
        transport = AIOHTTPTransport(url=server.url, headers=TOKEN)
        async with Client(transport=transport) as session:
            assert await session.execute(gql("{ me { email } }")) == {
                "me": {"email": "anna@example.com"}
            }
            with pytest.raises(TransportQueryError) as caught:
                await session.execute(gql('{ invoice(id: "9") { id } }'))

    (error,) = caught.value.errors or []
    assert error == {
        "path": ["invoice"],
        "data": None,
        "errorType": "NOT_FOUND",
        "errorInfo": {"id": "9"},
        "locations": [{"line": 2, "column": 3, "sourceName": None}],  # gql reformats
        "message": "No invoice.",
    }


async def test_gql_client_reads_the_schema_by_introspection() -> None:
    async with serve() as server:
        answer = await server.post(get_introspection_query())

        schema = build_client_schema(answer["data"])
        assert {"AWSDate", "InvoiceEvent"} <= schema.type_map.keys()


async def test_function_gets_the_direct_resolver_event() -> None:
    async with serve({"numbers": [1]}) as server:
        query = "query N($a: String) { numbers(after: $a, kind: RETAIL) }"
        await server.post(query, {"a": "x", "unused": None}, headers=TOKEN | {"X-Trace": "7"})

        (event,) = server.functions.events("numbers")
        assert event.keys() == {
            "arguments", "identity", "source", "request", "prev", "stash", "info",
        }  # fmt: skip
        assert event["arguments"] == {"first": 2, "after": "x", "kind": "RETAIL"}
        assert event["source"] is None
        assert event["prev"] is None
        assert event["stash"] == {}
        assert event["request"]["headers"]["x-trace"] == "7"
        assert event["info"] == {
            "fieldName": "numbers",
            "parentTypeName": "Query",
            "variables": {"a": "x", "unused": None},
            "selectionSetList": [],
            "selectionSetGraphQL": "",
        }


async def test_event_lists_the_selection_with_aliases_and_fragments() -> None:
    query = """
    query Q($no: Boolean = false) {
      invoice(id: "1") {
        ident: id
        label @include(if: $no)
        detail { ... on FoodDetail { where: restaurant } }
        ...Lines
      }
    }
    fragment Lines on Invoice { lines { amount } }
    """
    async with serve({"invoice": None}) as server:
        await server.post(query)

        info = server.functions.events("invoice")[0]["info"]
        assert info["selectionSetList"] == [
            "ident", "detail", "detail/where", "lines", "lines/amount",
        ]  # fmt: skip
        assert "ident: id" in info["selectionSetGraphQL"]
        assert "...Lines" in info["selectionSetGraphQL"]


async def test_input_arrives_as_plain_json() -> None:
    async with serve({"echo": "ok"}) as server:
        query = "query E($input: EchoInput!) { echo(input: $input) }"
        await server.post(query, {"input": {"text": "a", "kind": "RENTAL", "note": '{"a":[1]}'}})

        assert server.functions.events("echo")[0]["arguments"] == {
            "input": {"text": "a", "kind": "RENTAL", "note": {"a": [1]}}
        }


async def test_aliases_and_union_members_come_back_named_as_asked() -> None:
    answers = {
        "invoice": lambda event: {"id": event["arguments"]["id"]},
        "detail": lambda events: [
            {"__typename": "FoodDetail", "restaurant": event["source"]["id"]} for event in events
        ],
    }
    async with serve(answers) as server:
        answer = await server.post(
            '{ a: invoice(id: "1") { id } b: invoice(id: "2") { detail { __typename'
            " ... on FoodDetail { place: restaurant } } } }"
        )

        assert answer == {
            "data": {
                "a": {"id": "1"},
                "b": {"detail": {"__typename": "FoodDetail", "place": "2"}},
            }
        }


async def test_union_without_typename_is_an_error() -> None:
    async with serve({"invoices": [{"id": "1"}], "detail": [{"id": "x"}]}) as server:
        answer = await server.post("{ invoices { id detail { __typename } } }")

        assert answer["data"] == {"invoices": [{"id": "1", "detail": None}]}
        assert answer["errors"][0]["message"] == (
            "Could not determine the exact type of Detail. Expected MAP/OBJECT type."
        )


async def test_batch_holds_at_most_the_declared_items_in_order() -> None:
    answers = {
        "invoices": [{"id": str(n)} for n in range(5)],
        "detail": lambda events: [
            {"__typename": "FoodDetail", "id": f"d{event['source']['id']}"} for event in events
        ],
    }
    async with serve(answers) as server:
        answer = await server.post("{ invoices { detail { ... on FoodDetail { id } } } }")

        found = [invoice["detail"]["id"] for invoice in answer["data"]["invoices"]]
        assert found == ["d0", "d1", "d2", "d3", "d4"]
        assert [len(events) for events in server.functions.events("detail")] == [2, 2, 1]


async def test_failed_item_of_a_batch_leaves_the_others_alone() -> None:
    answers = {
        "invoices": [{"id": "1"}, {"id": "2"}],
        "detail": [
            {"__typename": "FoodDetail", "id": "d1"},
            {"error": {"type": "NOT_FOUND", "message": "Gone."}},
        ],
    }
    async with serve(answers) as server:
        answer = await server.post("{ invoices { detail { ... on FoodDetail { id } } } }")

        assert answer["data"] == {"invoices": [{"detail": {"id": "d1"}}, {"detail": None}]}
        (error,) = answer["errors"]
        assert (error["path"], error["errorType"]) == (["invoices", 1, "detail"], "NOT_FOUND")


@pytest.mark.parametrize("wrong", [None, [], [1], {"data": []}], ids=str)
async def test_batch_answer_of_another_length_fails_every_item(wrong: Any) -> None:
    async with serve({"invoices": [{"id": "1"}, {"id": "2"}], "detail": wrong}) as server:
        answer = await server.post("{ invoices { detail { __typename } } }")

        assert [error["errorType"] for error in answer["errors"]] == ["INTERNAL_SERVER_ERROR"] * 2


@pytest.mark.parametrize(
    ("fault", "error_type"),
    [
        (crash("KeyError: 'password'"), "INTERNAL_SERVER_ERROR"),
        (InvocationError("Lambda:ExecutionTimeoutException", "arn:x"), "DEPENDENCY_FAILURE"),
        (InvocationError("Lambda:TooManyRequestsException", "arn:x"), "DEPENDENCY_FAILURE"),
    ],
    ids=["crash", "time limit", "throttled"],
)
async def test_nothing_internal_leaks_from_a_function(fault: Any, error_type: str) -> None:
    async with serve({"me": fault}) as server:
        answer = await server.post("{ me { id } }")

        assert answer["data"] == {"me": None}
        (error,) = answer["errors"]
        assert error["message"] == "Something went wrong."
        assert error["errorType"] == error_type
        assert "password" not in json.dumps(answer)


async def test_fault_of_the_invoker_itself_is_masked() -> None:
    def break_down(_event: Any) -> Any:
        raise RuntimeError("worker pipe /tmp/secret")

    async with serve({"me": break_down}) as server:
        answer = await server.post("{ me { id } }")

        assert answer["errors"][0]["message"] == "Something went wrong."
        assert answer["errors"][0]["errorType"] == "INTERNAL_SERVER_ERROR"


async def test_fault_of_the_invoker_in_a_batch_is_masked_for_every_item() -> None:
    def break_down(_event: Any) -> Any:
        raise RuntimeError("worker pipe /tmp/secret")

    async with serve({"invoices": [{"id": "1"}, {"id": "2"}], "detail": break_down}) as server:
        answer = await server.post("{ invoices { detail { __typename } } }")

        assert [error["message"] for error in answer["errors"]] == ["Something went wrong."] * 2


@pytest.mark.parametrize(
    ("answer", "query", "kind"),
    [
        ({"numbers": 1}, "{ numbers }", "LIST"),
        ({"me": "anna"}, "{ me { id } }", "OBJECT"),
        ({"me": [1]}, "{ me { email } }", "OBJECT"),
    ],
)
async def test_answer_of_another_shape_is_an_error(answer: Any, query: str, kind: str) -> None:
    async with serve(answer) as server:
        (error, *_) = (await server.post(query))["errors"]

        assert error["message"].endswith(f"type mismatch error, expected type {kind}")


async def test_any_text_a_function_answers_can_be_sent() -> None:
    text = "\ud83d half a pair, å and 中"
    async with serve({"me": {"id": text}}) as server:
        assert await server.post("{ me { id } }") == {"data": {"me": {"id": text}}}


async def test_request_that_takes_too_long_ends_with_what_there_is() -> None:
    async def wait(_event: Any) -> Any:
        await asyncio.sleep(30)

    async with serve({"slow": wait, "numbers": [1]}, request_timeout_s=0.1) as server:
        answer = await server.post("{ slow numbers }")

        assert answer["data"] == {"slow": None, "numbers": [1]}
        (error,) = answer["errors"]
        assert (error["errorType"], error["message"]) == (
            "ExecutionTimeout", "Execution timed out.",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "Request body is empty."),
        ("meow", "Unable to parse GraphQL query."),
        ("{}", "Unable to parse GraphQL query."),
        ("[]", "Unable to parse GraphQL query."),
        ('{"query": "{ me { id } }", "variables": {"a": NaN}}', "Unable to parse GraphQL query."),
        ('{"query": "{ me { "}', "Unable to parse GraphQL query."),
        ('{"query": "{ me { id } }", "variables": [1]}', "Unable to parse GraphQL query."),
        (
            '{"query": "query A { shared { id } } query B { shared { id } }"}',
            "Missing operation name.",
        ),
        (
            '{"query": "query A { shared { id } }", "operationName": "C"}',
            "Unknown operation named 'C'.",
        ),
    ],
)
async def test_malformed_request_gets_400(body: str, message: str) -> None:
    async with serve() as server:
        posted = server.http.post(server.url, data=body, headers=TOKEN)
        async with posted as response:
            assert response.status == 400
            assert await response.json() == {
                "errors": [{"errorType": "MalformedHttpRequestException", "message": message}]
            }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "{ me { nope } }",
            (
                "Validation error of type FieldUndefined: Field 'nope' in type 'User' is undefined"
                " @ 'me/nope'"
            ),
        ),
        ("{ me }", "Validation error of type SubSelectionRequired"),
        ("{ me { id { x } } }", "Validation error of type SubSelectionNotAllowed"),
        ("{ invoice { id } }", "Validation error of type MissingFieldArgument"),
        ("{ numbers(last: 1) }", "Validation error of type UnknownArgument"),
        ('{ numbers(first: "x") }', "Validation error of type WrongType"),
        ("{ me { ...Gone } }", "Validation error of type UndefinedFragment"),
    ],
)
async def test_invalid_document_gets_the_wording_of_appsync(query: str, message: str) -> None:
    async with serve() as server:
        answer = await server.post(query)

        assert answer["data"] is None
        error = answer["errors"][0]
        assert error["message"].startswith(message)
        assert error.keys() == {
            "path", "data", "errorType", "errorInfo", "locations", "message",
        }  # fmt: skip
        assert (error["path"], error["errorType"]) == (None, "ValidationError")
        assert error["locations"][0].keys() == {"line", "column", "sourceName"}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "Variable 'input' has coerced Null value for NonNull type 'EchoInput!'"),
        ({"input": {}}, "Variable 'input' has coerced Null value for NonNull type 'String!'"),
        ({"input": {"text": "a", "on": "4 May"}}, "Variable 'input' has an invalid value."),
        ({"input": {"text": "a", "on": "2026-02-30"}}, "Variable 'input' has an invalid value."),
        ({"input": {"text": "a", "kind": "BOTH"}}, "Variable 'input' has an invalid value."),
        ({"input": {"text": "a", "note": "{"}}, "Variable 'input' has an invalid value."),
    ],
)
async def test_wrong_variables_are_refused_before_any_function(
    variables: dict[str, Any], message: str
) -> None:
    async with serve({"echo": "no"}) as server:
        query = "query E($input: EchoInput!) { echo(input: $input) }"
        answer = await server.post(query, variables)

        assert answer["data"] is None
        assert answer["errors"][0]["message"].startswith(message)
        assert server.functions.events("echo") == []


GOOD_SCALARS = [
    ("date", "2026-05-04"), ("date", "1970-01-01Z"), ("date", "1970-01-01+05:30"),
    ("time", "12:30:00.5"), ("time", "12:30Z"), ("dateTime", "2026-05-04T12:00:00Z"),
    ("dateTime", "2026-05-04T12:00+02:00"), ("stamp", 1777888800), ("email", "a@example.com"),
    ("json", '{"a":1}'), ("url", "https://example.com/x?y#z"), ("phone", "+46 70-123 45 67"),
    ("ip", "127.0.0.1"), ("ip", "::1"), ("ip", "10.0.0.0/8"), ("int", 2**31 - 1),
    ("kind", "RENTAL"),
]  # fmt: skip
BAD_SCALARS = [
    ("date", "2026-5-4"), ("date", "2026-02-30"), ("date", "2026-05-04T12:00:00Z"), ("date", 20),
    ("time", "25:00"), ("dateTime", "2026-05-04T12:00:00"), ("dateTime", "2026-05-04"),
    ("dateTime", "2020-05-23T06:4:37.000Z"), ("stamp", "1777888800"), ("stamp", True),
    ("email", "a.example.com"), ("json", "{a}"), ("url", "example.com"), ("url", "https://a/b//c"),
    ("phone", "call me"), ("ip", "256.0.0.1"), ("int", 2**31), ("kind", "BOTH"),
]  # fmt: skip


async def test_good_scalars_pass_unchanged() -> None:
    answers: dict[str, Any] = {}
    async with serve({"scalars": lambda _: answers}) as server:
        for field, value in GOOD_SCALARS:
            answers[field] = value
            answer = await server.post(f"{{ scalars {{ {field} }} }}")
            assert answer == {"data": {"scalars": {field: value}}}


async def test_bad_scalars_are_null_with_the_error_of_appsync() -> None:
    answers: dict[str, Any] = {}
    async with serve({"scalars": lambda _: answers}) as server:
        for field, value in BAD_SCALARS:
            answers[field] = value
            answer = await server.post(f"{{ scalars {{ {field} }} }}")
            assert answer["data"] == {"scalars": {field: None}}, (field, value)
            (error,) = answer["errors"]
            assert error["message"].startswith(f"Can't serialize value (/scalars/{field}) : ")
            assert (error["path"], error["locations"]) == (["scalars", field], None)


async def test_json_objects_leave_as_text() -> None:
    async with serve({"scalars": {"json": {"a": [1, None]}}}) as server:
        answer = await server.post("{ scalars { json } }")

        assert answer["data"]["scalars"]["json"] == '{"a":[1,null]}'


async def test_null_in_a_non_null_field_erases_its_parent() -> None:
    async with serve({"strict": {"id": "1", "name": None}}) as server:
        answer = await server.post("{ strict { id name } }")

        assert answer["data"] == {"strict": None}
        (error,) = answer["errors"]
        assert error["message"] == (
            "Cannot return null for non-nullable type: 'String' within parent 'Strict' "
            "(/strict/name)"
        )
        assert error["path"] == ["strict", "name"]


async def test_query_deeper_than_the_limit_fails_at_that_level_only() -> None:
    async with serve({"me": {"id": "a", "friend": {"id": "b"}}}, max_depth=2) as server:
        answer = await server.post("{ me { id friend { id } } }")

        assert answer["data"] == {"me": {"id": "a", "friend": None}}
        (error,) = answer["errors"]
        assert (error["errorType"], error["path"]) == (
            "QueryDepthLimitReached", ["me", "friend", "id"],
        )  # fmt: skip


async def test_resolvers_over_the_limit_do_not_run() -> None:
    async with serve({"numbers": [1]}, max_resolvers=2) as server:
        answer = await server.post("{ a: numbers b: numbers c: numbers }")

        assert answer["data"] == {"a": [1], "b": [1], "c": None}
        assert answer["errors"][0]["errorType"] == "ResolverExecutionLimitReached"
        assert len(server.functions.events("numbers")) == 2


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { name } } }",
        '{ ...F } fragment F on Query { __type(name: "User") { name } }',
    ],
)
async def test_introspection_can_be_switched_off(query: str) -> None:
    async with serve({"me": None}, introspection=False) as server:
        answer = await server.post(query)
        assert answer["data"] is None
        assert "FieldUndefined: Field '__" in answer["errors"][0]["message"]

        assert await server.post("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_field_without_a_data_source_is_null() -> None:
    async with serve() as server:
        assert await server.post("{ unserved }") == {"data": {"unserved": None}}


async def test_subscription_over_http_is_refused() -> None:
    async with serve() as server:
        answer = await server.post("subscription { onInvoiceEvent { eventId } }")

        assert answer["errors"][0]["errorType"] == "UnsupportedOperation"


async def test_mutation_payload_errors_pass_through() -> None:
    payload = {"token": None, "userErrors": [{"message": "Taken."}]}
    async with serve({"sign_up": payload}) as server:
        answer = await server.post(
            'mutation { signUp(email: "a@example.com") { token userErrors { message } } }',
            headers={"x-api-key": API_KEY},
        )

        assert answer == {"data": {"signUp": payload}}


async def test_mutations_run_one_after_the_other() -> None:
    running: list[str] = []

    async def end(event: Any) -> Any:
        running.append(event["info"]["fieldName"])
        await asyncio.sleep(0.01)
        running.append("done")
        return {"ok": True, "userErrors": []}

    async with serve({"end": end}) as server:
        await server.post("mutation { logOut { ok } deleteUser { ok } }")

        assert running == ["logOut", "done", "deleteUser", "done"]


@pytest.mark.parametrize(
    "overrides",
    [
        {"sdl": "type Query {"},
        {"sdl": "type Query { a: Missing }"},
        {"data_sources": {"Query.gone": LambdaSource("x")}},
        {
            "sdl": "type Query { a: Int } type Subscription"
            ' { s: Int @aws_subscribe(mutations: ["m"]) }',
            "data_sources": {},
        },
        {
            "sdl": "type Query { a: Int } type Mutation { m: String } type Subscription"
            ' { s: Int @aws_subscribe(mutations: ["m"]) }',
            "data_sources": {},
        },
    ],
    ids=["syntax", "unknown type", "no such field", "no such mutation", "other type"],
)
def test_contradictory_description_is_refused(overrides: dict[str, Any]) -> None:
    with pytest.raises(GatewayConfigError):
        create_app(make_config(**overrides), Functions())


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("Queryme", LambdaSource("x")),
        ("Query.me", LambdaSource("x", max_batch_size=5)),
        ("Invoice.detail", LambdaSource("x")),
        ("Invoice.detail", LambdaSource("x", max_batch_size=2001)),
        ("Query.me", SubscribeSource()),
        ("Query.me", PublishSource()),
        ("Query.me", LambdaSource("x", ends_session=True)),
    ],
)
def test_data_source_in_the_wrong_place_is_refused(name: str, source: Any) -> None:
    with pytest.raises(GatewayConfigError):
        make_config(data_sources={name: source})
