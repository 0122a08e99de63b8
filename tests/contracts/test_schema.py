"""The contract is complete: exported, described, and readable by those who may ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)

from paypulse import errors
from resolvers.schema.export import appsync_sdl
from tests.contracts.contract import build_contract

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SCHEMA = build_contract()
TYPES = [
    type_
    for type_ in SCHEMA.type_map.values()
    if not type_.name.startswith("__")
    and isinstance(type_, GraphQLObjectType | GraphQLInputObjectType | GraphQLEnumType)
]
ROOTS = ("Query", "Mutation", "Subscription")
MODES = {"aws_api_key": "API_KEY", "aws_lambda": "AWS_LAMBDA", "aws_iam": "AWS_IAM"}


def test_schema_graphql_is_a_fresh_export() -> None:
    assert (ROOT / "schema.graphql").read_text() == appsync_sdl()


def described() -> Iterator[tuple[str, str | None]]:
    for type_ in TYPES:
        yield type_.name, type_.description
        if isinstance(type_, GraphQLEnumType):
            for name, value in type_.values.items():
                yield f"{type_.name}.{name}", value.description
            continue
        for name, field in type_.fields.items():
            yield f"{type_.name}.{name}", field.description
            if isinstance(field, GraphQLField):
                for argument, definition in field.args.items():
                    yield f"{type_.name}.{name}({argument})", definition.description


def test_every_type_field_argument_and_value_is_described() -> None:
    assert [name for name, text in described() if not text] == []


def test_every_mutation_takes_one_input_and_returns_a_payload() -> None:
    mutation = SCHEMA.mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        (argument,) = field.args.items()
        capital = name[0].upper() + name[1:]
        assert argument[0] == "input"
        assert str(argument[1].type) == f"{capital}Input!"
        if not name.startswith("publish"):
            payload = get_named_type(field.type)
            assert payload.name.endswith("Payload")
            assert isinstance(payload, GraphQLObjectType)
            assert str(payload.fields["userErrors"].type) == "[UserError!]!"
            others = [each for key, each in payload.fields.items() if key != "userErrors"]
            assert not any(str(each.type).endswith("!") for each in others)


def test_query_arguments_are_single_words() -> None:
    query = SCHEMA.query_type
    assert query is not None
    names = {argument for field in query.fields.values() for argument in field.args}

    assert names == {"id", "first", "after", "filter"}


def test_no_required_argument_has_a_default() -> None:
    """AppSync refuses `Int! = 1`."""
    for type_ in TYPES:
        if isinstance(type_, GraphQLObjectType):
            for field in type_.fields.values():
                for argument in field.args.values():
                    required = str(argument.type).endswith("!")
                    assert not required or is_required_argument(argument)


def modes_of(node: object) -> set[str]:
    directives = getattr(node, "directives", None) or ()
    return {MODES[each.name.value] for each in directives if each.name.value in MODES}


def reachable(type_: GraphQLNamedType, seen: set[str]) -> Iterator[GraphQLObjectType]:
    if type_.name in seen:
        return
    seen.add(type_.name)
    if isinstance(type_, GraphQLUnionType):
        for member in type_.types:
            yield from reachable(member, seen)
    if isinstance(type_, GraphQLObjectType):
        yield type_
        for field in type_.fields.values():
            yield from reachable(get_named_type(field.type), seen)


def root_fields() -> Iterator[tuple[str, GraphQLField]]:
    for name in ROOTS:
        root = SCHEMA.type_map[name]
        assert isinstance(root, GraphQLObjectType)
        for field_name, field in root.fields.items():
            yield f"{name}.{field_name}", field


@pytest.mark.parametrize("name", [name for name, _ in root_fields()])
def test_every_type_behind_a_field_carries_what_the_field_needs(name: str) -> None:
    field = dict(root_fields())[name]
    needed = modes_of(field.ast_node) or {"AWS_LAMBDA"}

    for type_ in reachable(get_named_type(field.type), set()):
        allowed = modes_of(type_.ast_node) or {"AWS_LAMBDA"}
        assert needed <= allowed, f"{type_.name} cannot be read by {needed - allowed}"


def test_a_subscription_returns_what_its_mutations_return() -> None:
    subscription, mutation = SCHEMA.subscription_type, SCHEMA.mutation_type
    assert subscription is not None
    assert mutation is not None
    for field in subscription.fields.values():
        assert field.ast_node is not None
        (link,) = [each for each in field.ast_node.directives if each.name.value == "aws_subscribe"]
        for value in link.arguments[0].value.values:  # type: ignore[attr-defined]
            assert mutation.fields[value.value].type == field.type


def test_events_are_nullable_but_for_their_ids() -> None:
    """A subscriber receives null for what the mutation did not select."""
    for name in ("InvoiceEvent", "IngestionEvent"):
        event = SCHEMA.type_map[name]
        assert isinstance(event, GraphQLObjectType)
        required = {key for key, each in event.fields.items() if str(each.type).endswith("!")}
        assert all(key.endswith("Id") for key in required)


def test_every_error_code_is_in_the_contract() -> None:
    codes = SCHEMA.type_map["UserErrorCode"]
    assert isinstance(codes, GraphQLEnumType)

    assert set(codes.values) == {code.value for code in errors.UserErrorCode}
