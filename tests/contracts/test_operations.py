"""`operations/` fits `schema.graphql`, and the documentation and examples fit `operations/`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from graphql import (
    FragmentDefinitionNode,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)

from devstack.appsync.schema import PRELUDE
from devstack.graphiql.operations import FOLDER, load_operations
from devstack.graphiql.page import HERE
from paypulse.errors import ErrorType

ROOT = Path(__file__).parents[2]
SCHEMA = build_schema(PRELUDE + (ROOT / "schema.graphql").read_text())
OPERATIONS = load_operations()
FILES = sorted(FOLDER.glob("*.graphql"))
IOS_GUIDE = (ROOT / "docs" / "ios.md").read_text()
# Called by functions, never by an app.
INTERNAL = {"publishInvoiceEvent", "publishIngestionEvent"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_fits_the_schema(name: str) -> None:
    errors = validate(SCHEMA, parse(OPERATIONS[name].document))

    assert [error.message for error in errors] == []


def test_files_fit_the_schema_together() -> None:
    """As code generators read them: all files at once, each name defined once."""
    document = parse("\n".join(path.read_text() for path in FILES))
    names = [
        node.name.value
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode) and node.name
    ]

    assert [error.message for error in validate(SCHEMA, document)] == []
    assert len(names) == len(set(names))


def test_every_field_an_app_may_call_has_an_operation() -> None:
    offered = {
        field
        for type_ in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type)
        if type_
        for field in type_.fields
    }
    called = {
        selection.name.value  # type: ignore[union-attr]
        for operation in OPERATIONS.values()
        for node in parse(operation.document).definitions
        if isinstance(node, OperationDefinitionNode)
        for selection in node.selection_set.selections
    }

    assert called == offered - INTERNAL


def test_every_operation_says_what_it_does() -> None:
    assert [name for name, each in OPERATIONS.items() if not each.document.startswith("# ")] == []


def test_examples_are_operations_whose_variables_fit() -> None:
    examples = json.loads((HERE / "examples.json").read_text())

    assert {each["operation"] for each in examples} <= OPERATIONS.keys()
    for each in examples:
        declared = set(re.findall(r"\$(\w+):", OPERATIONS[each["operation"]].document))
        assert set(each.get("variables", {})) <= declared


def test_ios_guide_names_only_operations_that_exist() -> None:
    kinds = {name: each.kind.capitalize() for name, each in OPERATIONS.items()}
    named = re.findall(r"\b([A-Z]\w+?)(Query|Mutation|Subscription)\(", IOS_GUIDE)

    assert named
    assert [(name, kind) for name, kind in named if kinds.get(name) != kind] == []


def test_ios_guide_has_a_place_for_every_operation() -> None:
    table = IOS_GUIDE.partition("## Which operation for which screen")[2].partition("\n## ")[0]

    assert set(re.findall(r"`(\w+)`", table)) == OPERATIONS.keys()


def test_documents_of_the_ios_guide_fit_the_schema() -> None:
    documents = re.findall(
        r'"""\n(\s+(?:query|mutation|subscription) .*?)"""', IOS_GUIDE, re.DOTALL
    )

    assert len(documents) > 1
    for document in documents:
        assert [error.message for error in validate(SCHEMA, parse(document))] == []


def test_prelude_of_the_ios_guide_completes_the_schema() -> None:
    (prelude,) = re.findall(r"```graphql\n(scalar .*?)```", IOS_GUIDE, re.DOTALL)

    assert build_schema(prelude + (ROOT / "schema.graphql").read_text()).query_type


def test_ios_guide_explains_every_error_type() -> None:
    assert [type_ for type_ in ErrorType if f"`{type_}`" not in IOS_GUIDE] == []
