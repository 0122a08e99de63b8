"""What the directives of an SDL allow, worked out from its text alone.

Independent of the gateway's own tables, so that the two can be compared; usable on any SDL.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from devstack.appsync.schema import PRELUDE

MODES = {"aws_api_key": "API_KEY", "aws_iam": "AWS_IAM", "aws_lambda": "AWS_LAMBDA"}
SAMPLES: dict[str, Any] = {
    "ID": '"id"', "String": '"text"', "Int": "1", "Float": "1.5", "Boolean": "true",
    "AWSDate": '"2026-05-04"', "AWSTime": '"12:00:00"', "AWSDateTime": '"2026-05-04T12:00:00Z"',
    "AWSTimestamp": "1", "AWSEmail": '"a@example.com"', "AWSJSON": '"{}"',
    "AWSURL": '"https://example.com"', "AWSPhone": '"+46701234567"', "AWSIPAddress": '"127.0.0.1"',
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One field on the way from a root: `Type.field`, and the modes that it accepts."""

    type_name: str
    field_name: str
    modes: frozenset[str]


@dataclass(frozen=True)
class Route:
    """A document that resolves one field, and the fields that it passes."""

    document: str
    steps: tuple[Step, ...]

    def refusal(self, mode: str) -> str | None:
        """Return the message that a caller of this mode must get, or None."""
        for step in self.steps:
            if mode not in step.modes:
                return f"Not Authorized to access {step.field_name} on type {step.type_name}"
        return None

    def __str__(self) -> str:
        return "/".join(f"{s.type_name}.{s.field_name}" for s in self.steps[-2:])


def expected_modes(type_: GraphQLObjectType, field: str, default: str) -> frozenset[str]:
    """Return the modes of the field's directives, else the type's, else the default one."""
    for node in (type_.fields[field].ast_node, type_.ast_node):
        directives: tuple[DirectiveNode, ...] = tuple(node.directives or ()) if node else ()
        named = {d.name.value for d in directives if d.name.value.startswith("aws_")}
        named.discard("aws_subscribe")
        if named:
            return frozenset(MODES[name] for name in named if name in MODES)
    return frozenset({default})


def find_routes(sdl: str, default: str = "AWS_LAMBDA") -> list[Route]:
    """Return a route to every field of every object type reachable from Query and Mutation."""
    schema = build_schema(PRELUDE + sdl)
    return [
        _make_route(schema, (*chain, (type_, name)), default)
        for chain, type_ in _find_chains(schema)
        for name in type_.fields
    ]


Chain = tuple[tuple[GraphQLObjectType, str], ...]


def _find_chains(schema: GraphQLSchema) -> list[tuple[Chain, GraphQLObjectType]]:
    roots = [t for t in (schema.query_type, schema.mutation_type) if t]
    found: dict[str, tuple[Chain, GraphQLObjectType]] = {}
    waiting: deque[tuple[Chain, GraphQLObjectType]] = deque(((), root) for root in roots)
    while waiting:
        chain, type_ = waiting.popleft()
        if type_.name in found:
            continue
        found[type_.name] = (chain, type_)
        for name, field in type_.fields.items():
            waiting.extend(((*chain, (type_, name)), member) for member in _members(field))
    return list(found.values())


def _members(field: GraphQLField) -> list[GraphQLObjectType]:
    named = get_named_type(field.type)
    if isinstance(named, GraphQLUnionType):
        return list(named.types)
    return [named] if isinstance(named, GraphQLObjectType) else []


def _make_route(schema: GraphQLSchema, chain: Chain, default: str) -> Route:
    last_type, last_field = chain[-1]
    body = " { __typename }" if _members(last_type.fields[last_field]) else ""
    for depth, (type_, field) in reversed(list(enumerate(chain))):
        inside = f"{field}{_arguments(type_.fields[field])}{body}"
        body = f" {{ ... on {type_.name} {{ {inside} }} }}" if depth else inside
    kind = "mutation" if chain[0][0] is schema.mutation_type else "query"
    return Route(
        f"{kind} {{ {body} }}",
        tuple(
            Step(type_.name, field, expected_modes(type_, field, default)) for type_, field in chain
        ),
    )


class TypedAnswers:
    """A function behind every field: answers a value that fits the field's type.

    Args:
        route: Decides which members unions take and how deep answers go; set it before asking.
    """

    def __init__(self, sdl: str) -> None:
        self._schema = build_schema(PRELUDE + sdl)
        self.route: Route | None = None

    def __call__(self, payload: Any) -> Any:
        if isinstance(payload, list):
            return [self(event) for event in payload]
        info = payload["info"]
        parent: Any = self._schema.type_map[info["parentTypeName"]]
        steps = self.route.steps if self.route else ()
        wanted = {step.type_name for step in steps}
        return _make_value(parent.fields[info["fieldName"]].type, wanted, len(steps))


def _make_value(type_: Any, wanted: set[str], depth: int) -> Any:
    if isinstance(type_, GraphQLNonNull):
        return _make_value(type_.of_type, wanted, depth)
    if isinstance(type_, GraphQLList):
        return [_make_value(type_.of_type, wanted, depth)]
    if isinstance(type_, GraphQLUnionType):
        members = [one for one in type_.types if one.name in wanted]
        return _make_value((members or type_.types)[0], wanted, depth)
    if isinstance(type_, GraphQLObjectType):
        if depth == 0:
            return None
        fields = {
            name: _make_value(field.type, wanted, depth - 1) for name, field in type_.fields.items()
        }
        return fields | {"__typename": type_.name}
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    return json.loads(SAMPLES[type_.name])


def _arguments(field: GraphQLField) -> str:
    given = [
        f"{name}: {_sample(argument.type)}"
        for name, argument in field.args.items()
        if is_required_argument(argument)
    ]
    return f"({', '.join(given)})" if given else ""


def _sample(type_: Any) -> str:
    if isinstance(type_, GraphQLNonNull):
        return _sample(type_.of_type)
    if isinstance(type_, GraphQLList):
        return f"[{_sample(type_.of_type)}]"
    if isinstance(type_, GraphQLEnumType):
        return str(next(iter(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):
        fields = [
            f"{name}: {_sample(field.type)}"
            for name, field in type_.fields.items()
            if is_required_input_field(field)
        ]
        return f"{{{', '.join(fields)}}}"
    return str(SAMPLES[type_.name])
