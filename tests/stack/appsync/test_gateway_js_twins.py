"""The resolver code that AppSync runs and the gateway's twin of it, on the same cases."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from devstack.appsync import mapping
from devstack.appsync.errors import ResolverError
from devstack.appsync.filters import matches, to_subscription_filter
from devstack.appsync.mapping import Extensions

HERE = Path(__file__).parent
CODE = HERE.parents[2] / "terraform" / "appsync"
NODE = shutil.which("node")

USER = {"resolverContext": {"userId": "u1", "sessionId": "s1", "email": "a@example.com"}}


def make_ctx(**overrides: Any) -> dict[str, Any]:
    info = {
        "fieldName": "me",
        "parentTypeName": "Query",
        "variables": {"a": None},
        "selectionSetList": ["id"],
        "selectionSetGraphQL": "{\n  id\n}",
    }
    ctx = {
        "args": {"input": {"eventId": "e1", "total": 1}, "first": None},
        "identity": USER,
        "source": None,
        "request": {"headers": {"host": "x"}, "domainName": None},
        "prev": None,
        "stash": {},
        "result": None,
        "error": None,
    }
    return ctx | overrides | {"info": info | overrides.get("info", {})}


def error(type_: str | None) -> dict[str, Any]:
    return {"error": {"message": "secret detail", "type": type_}}


RESULTS: dict[str, dict[str, Any]] = {
    "plain object": {"result": {"id": "1"}},
    "null": {},
    "list": {"result": [1, 2]},
    "empty list": {"result": []},
    "text": {"result": "error"},
    "zero": {"result": 0},
    "typed error": {"result": {"error": {"type": "NOT_FOUND", "message": "Gone."}}},
    "typed error with info": {
        "result": {"error": {"type": "X", "message": "Y", "info": {"retryAfter": 3}}}
    },
    "field called error beside others": {"result": {"error": {"type": "A"}, "id": "1"}},
    "field called error without type": {"result": {"error": {"message": "m"}}},
    "field called error with null": {"result": {"error": None}},
    "crash": error("Lambda:Unhandled"),
    "time limit": error("Lambda:ExecutionTimeoutException"),
    "throttled": error("Lambda:TooManyRequestsException"),
    "unknown type": error(None),
    "result with userErrors": {"result": {"userErrors": [{"code": "X"}]}},
    "result without userErrors": {"result": {"userErrors": []}},
}
IDENTITIES: dict[str, Any] = {
    "user": USER,
    "no identity": None,
    "iam": {"userArn": "arn", "accountId": "1"},
    "empty context": {"resolverContext": {}},
    "user without session": {"resolverContext": {"userId": "u1"}},
    "session without user": {"resolverContext": {"sessionId": "s1"}},
}


ARGUMENTS: dict[str, Any] = {
    "of all sessions": {"input": {"allSessions": True}},
    "of this session": {"input": {"allSessions": False}},
    "of unsaid sessions": {"input": {"allSessions": None}},
    "without input": {},
}


def make_cases() -> list[tuple[str, str, str, dict[str, Any]]]:
    cases = []
    for file in ("invoke", "end_session", "publish", "subscribe"):
        parents = ("Mutation",) if file == "end_session" else ("Query", "Mutation", "Invoice")
        for parent in parents:
            ctx = make_ctx(source={"id": "1"}, info={"parentTypeName": parent})
            cases.append((f"{file} request {parent}", file, "request", ctx))
        for name, given in RESULTS.items():
            for field in ("logOut", "deleteUser"):
                info = {"parentTypeName": "Mutation", "fieldName": field}
                ctx = make_ctx(info=info, **given)
                cases.append((f"{file} {field} {name}", file, "response", ctx))
        for name, args in ARGUMENTS.items():
            for field in ("logOut", "deleteUser"):
                info = {"parentTypeName": "Mutation", "fieldName": field}
                ctx = make_ctx(info=info, args=args, result={"userErrors": []})
                cases.append((f"{file} {field} {name}", file, "response", ctx))
        for name, identity in IDENTITIES.items():
            ctx = make_ctx(identity=identity, result={"userErrors": []})
            cases.append((f"{file} {name}", file, "response", ctx))
    return cases


CASES = make_cases()


def run_twin(file: str, handler: str, ctx: dict[str, Any]) -> dict[str, Any]:
    """Return what the Python twin does, in the form in which run.mjs reports."""
    extensions = Extensions()
    twins: dict[tuple[str, str], Any] = {
        ("invoke", "request"): lambda: mapping.make_invoke_request(ctx),
        ("invoke", "response"): lambda: mapping.answer_invoke(ctx),
        ("end_session", "request"): lambda: mapping.make_invoke_request(ctx),
        ("end_session", "response"): lambda: mapping.answer_end_session(ctx, extensions),
        ("publish", "request"): lambda: mapping.make_publish_request(ctx),
        ("publish", "response"): lambda: mapping.answer_publish(ctx),
        ("subscribe", "request"): lambda: mapping.make_subscribe_request(ctx),
        ("subscribe", "response"): lambda: mapping.answer_subscribe(ctx, extensions),
    }
    outcome: dict[str, Any] = {"result": None, "raised": None}
    try:
        outcome["result"] = twins[file, handler]()
    except ResolverError as raised:
        outcome["raised"] = {
            "message": raised.message,
            "errorType": raised.error_type,
            "data": raised.data,
            "errorInfo": raised.error_info,
        }
        if raised.error_type == "Unauthorized":
            outcome["raised"] = {"unauthorized": True}
    noted: list[Any] = []
    if extensions.subscription_filter:
        noted.append(["filter", extensions.subscription_filter])
    if extensions.invalidation_filter:
        noted.append(["invalidationFilter", extensions.invalidation_filter])
    noted += [
        ["invalidate", {"subscriptionField": one.subscription_field, "payload": one.payload}]
        for one in extensions.invalidations
    ]
    return {**outcome, "noted": noted}


def open_filters(noted: list[Any]) -> list[Any]:
    """Do what AppSync's toSubscriptionFilter does with what the stand-in noted."""
    return [
        [kind, to_subscription_filter(given["filterOf"]) if "filterOf" in given else given]
        for kind, given in noted
    ]


@pytest.fixture(scope="module")
def javascript() -> list[dict[str, Any]]:
    if NODE is None:
        pytest.skip("Node is not installed: the resolver code itself cannot be run here")
    given = [
        {"file": str(CODE / f"{file}.js"), "handler": handler, "ctx": ctx}
        for _, file, handler, ctx in CASES
    ]
    done = subprocess.run(
        [NODE, str(HERE / "js" / "run.mjs")],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    outcomes: list[dict[str, Any]] = json.loads(done.stdout)
    return outcomes


@pytest.mark.parametrize("number", range(len(CASES)), ids=[name for name, *_ in CASES])
def test_twin_does_what_the_javascript_does(number: int, javascript: Any) -> None:
    _, file, handler, ctx = CASES[number]
    theirs = javascript[number]

    assert run_twin(file, handler, ctx) == theirs | {"noted": open_filters(theirs["noted"])}


@pytest.mark.parametrize(
    ("input_", "ended"),
    [({}, {"sessionId": "s1"}), ({"allSessions": True}, {"userId": "u1"})],
    ids=["one session", "all sessions"],
)
def test_log_out_ends_the_subscriptions_of_the_sessions_it_ends(
    input_: dict[str, bool], ended: dict[str, str]
) -> None:
    info = {"parentTypeName": "Mutation", "fieldName": "logOut"}
    ctx = make_ctx(info=info, args={"input": input_}, result={"endedSessions": 1})

    noted = run_twin("end_session", "response", ctx)["noted"]

    assert [each["payload"] for _, each in noted] == [ended, ended]


FORBIDDEN = {
    "try or throw": r"\b(try|catch|finally|throw)\b",
    "counting loops": r"\bfor\s*\([^)]*;|\bwhile\b|\bdo\b|\bcontinue\b",
    "classes, this, new": r"\b(class|this|new)\b",
    "async code": r"\b(async|await|yield|Promise)\b",
    "increments": r"\+\+|--",
    "in operator": r"\b\w+ in \w+",
    "regular expressions": r"(?<![<*/])/(?![/*])[^/\n]+/[gimsuy]*\s*[.;,)]",
    "functions as values": r"=>|\bfunction\s*\(",
}


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("path", sorted(CODE.glob("*.js")), ids=lambda path: path.name)
def test_code_keeps_to_what_appsync_can_run(path: Path, what: str) -> None:
    """https://docs.aws.amazon.com/appsync/latest/devguide/supported-features.html."""
    code = "\n".join(
        line for line in path.read_text().splitlines() if not line.strip().startswith("//")
    )

    assert re.findall(FORBIDDEN[what], code) == []


def test_filter_conversion_gives_the_groups_of_the_documentation() -> None:
    condition = {
        "percentageUp": {"lte": 50, "gte": 20},
        "and": [{"title": {"ne": "Book1"}}, {"downvotes": {"gt": 2000}}],
        "or": [{"author": {"eq": "Admin"}}, {"isPublished": {"eq": False}}],
    }

    groups = to_subscription_filter(condition)["filterGroup"]

    assert [[rule["operator"] for rule in group["filters"]] for group in groups] == [
        ["lte", "ne", "gt", "eq"], ["lte", "ne", "gt", "eq"],
        ["gte", "ne", "gt", "eq"], ["gte", "ne", "gt", "eq"],
    ]  # fmt: skip
    assert [group["filters"][3]["fieldName"] for group in groups] == [
        "author", "isPublished", "author", "isPublished",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("operator", "operand", "passing", "failing"),
    [
        ("eq", "a", "a", "b"), ("eq", 1, 1, True), ("ne", "a", "b", "a"), ("ne", "a", "b", None),
        ("le", 5, 5, 6), ("lt", 5, 4, 5), ("ge", 5, 5, 4), ("gt", 5, 6, 5), ("gt", 5, 6, "x"),
        ("contains", "b", "abc", "xyz"), ("contains", 1, [1, 2], [3]),
        ("notContains", "b", "xyz", "abc"), ("beginsWith", "ab", "abc", "cab"),
        ("in", ["a", "b"], "a", "c"), ("notIn", ["a", "b"], "c", "a"),
        ("between", [1, 5], 3, 6), ("containsAny", [1, 2], [2, 9], [9]), ("unheard of", 1, None, 1),
    ],
)  # fmt: skip
def test_filter_operators(operator: str, operand: Any, passing: Any, failing: Any) -> None:
    rule = {"filterGroup": [{"filters": [
        {"fieldName": "a.b", "operator": operator, "value": operand}]}]}  # fmt: skip

    assert not matches(rule, {"a": {"b": failing}})
    assert passing is None or matches(rule, {"a": {"b": passing}})
    assert not matches(rule, {"a": None})
