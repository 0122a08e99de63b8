"""AppSync refuses SDL that other servers take; the uploaded file keeps to what it accepts.

Source: `aws-appsync-community` #38 (block strings), #410 (comments before enum values),
`serverless-appsync-plugin` #317, #340, #590 (definitions, `extend`, interfaces joined by `&`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from graphql import (
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
)
from graphql.language.ast import NonNullTypeNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import DefinitionNode, InputValueDefinitionNode

SDL_FILE = Path(__file__).parents[2] / "schema.graphql"
ACCEPTED = (
    SchemaDefinitionNode,
    ObjectTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    EnumTypeDefinitionNode,
    UnionTypeDefinitionNode,
)
DIRECTIVES = {"aws_api_key", "aws_iam", "aws_lambda", "aws_subscribe", "deprecated"}
MAX_BYTES = 1_000_000


def find_problems(sdl: str) -> list[str]:
    """Return what AppSync would refuse."""
    definitions = parse(sdl).definitions
    problems = [
        f"{type(each).__name__} of {_name(each)}: AppSync takes types, inputs, enums and unions"
        for each in definitions
        if not isinstance(each, ACCEPTED)
    ]
    if '"""' in sdl:
        problems.append("a description in block strings: write it as # comments")
    if len(sdl.encode()) > MAX_BYTES:
        problems.append("more than one megabyte")
    problems += [f"{name}: no such directive" for name in _directives(sdl) - DIRECTIVES]
    for definition in definitions:
        if isinstance(definition, EnumTypeDefinitionNode):
            problems += _enum_problems(sdl, definition)
        if isinstance(definition, ObjectTypeDefinitionNode) and definition.interfaces:
            problems.append(f"{_name(definition)}: interfaces")
        problems += [
            f"{_name(definition)}: {value.name.value} is non-null and has a default value"
            for value in _input_values(definition)
            if value.default_value is not None and isinstance(value.type, NonNullTypeNode)
        ]
    return problems


def _name(definition: DefinitionNode) -> str:
    return definition.name.value if hasattr(definition, "name") and definition.name else "(none)"


def _directives(sdl: str) -> set[str]:
    return set(re.findall(r"@(\w+)", re.sub(r"#.*", "", sdl)))


def _enum_problems(sdl: str, enum: EnumTypeDefinitionNode) -> Iterator[str]:
    assert enum.loc is not None
    if "#" in sdl[enum.loc.start : enum.loc.end]:
        yield f"{enum.name.value}: comments between enum values"


def _input_values(definition: DefinitionNode) -> Iterator[InputValueDefinitionNode]:
    if isinstance(definition, InputObjectTypeDefinitionNode):
        yield from definition.fields or ()
    if isinstance(definition, ObjectTypeDefinitionNode):
        for field in definition.fields or ():
            yield from field.arguments or ()


def test_appsync_takes_the_schema() -> None:
    assert find_problems(SDL_FILE.read_text()) == []


@pytest.mark.parametrize(
    "sdl",
    [
        '"""Words."""\ntype Query { a: Int }',
        "scalar Date type Query { a: Date }",
        "directive @mine on FIELD_DEFINITION type Query { a: Int @mine }",
        "type Query { a: Int } extend type Query { b: Int }",
        "interface A { a: Int } type Query implements A { a: Int }",
        "enum A {\n  # The first.\n  B\n}\ntype Query { a: A }",
        "type Query { a(first: Int! = 3): Int }",
        "input A { b: Int! = 3 } type Query { a(b: A): Int }",
    ],
    ids=[
        "block string",
        "scalar",
        "directive",
        "extend",
        "interface",
        "comment before enum value",
        "non-null argument with default",
        "non-null input field with default",
    ],
)
def test_the_lint_finds_what_appsync_refuses(sdl: str) -> None:
    assert find_problems(sdl)
