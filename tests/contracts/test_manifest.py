"""The manifest, the schema and the functions agree with each other."""

from __future__ import annotations

import importlib
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLObjectType

from devstack.manifest import load_stack
from paypulse.receipts import Category
from tests.contracts.contract import build_contract

if TYPE_CHECKING:
    from devstack.manifest import Function

STACK = load_stack()
SCHEMA = build_contract()
FUNCTIONS = pytest.mark.parametrize("name", STACK.functions)


def root_fields() -> set[str]:
    roots = (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type)
    return {
        f"{root.name}.{field}"
        for root in roots
        if isinstance(root, GraphQLObjectType)
        for field in root.fields
    }


def test_every_root_field_is_answered_by_exactly_one_source() -> None:
    batched = {field for each in STACK.functions.values() for field in each.batch_fields}
    answered = [*STACK.field_owners, *STACK.api.publish, *STACK.api.subscribe]

    assert sorted(set(answered) - batched) == sorted(root_fields())


def test_a_field_that_is_batched_is_one_of_an_object() -> None:
    for function in STACK.functions.values():
        for name in function.batch_fields:
            type_name, _, field = name.partition(".")
            type_ = SCHEMA.type_map[type_name]
            assert isinstance(type_, GraphQLObjectType)
            assert field in type_.fields
            assert name not in root_fields()


def test_fields_that_end_sessions_are_answered_by_a_function() -> None:
    assert set(STACK.api.ends_session) <= set(STACK.field_owners)


@FUNCTIONS
def test_the_variables_of_a_function_are_its_settings(name: str) -> None:
    function = STACK.functions[name]
    settings = importlib.import_module(function.module).Settings

    assert sorted(function.env) == sorted(field.name.upper() for field in fields(settings))


@FUNCTIONS
def test_the_handler_of_a_function_is_callable_and_named_after_it(name: str) -> None:
    function = STACK.functions[name]
    module = importlib.import_module(function.module)

    assert callable(module.handler)
    assert function.module.rpartition(".")[2] == name


@FUNCTIONS
def test_a_function_registers_the_fields_that_it_owns(name: str) -> None:
    function = STACK.functions[name]
    module = importlib.import_module(function.module)
    registered = getattr(getattr(module, "fields", None), "names", set())

    assert registered == {*function.fields, *function.batch_fields}


@FUNCTIONS
def test_what_a_function_is_granted_is_what_its_variables_name(name: str) -> None:
    """A variable without a grant fails when deployed; a grant without one is too much."""
    function = STACK.functions[name]
    kinds = ("table", "bucket", "queue", "secret", "topic", "push_application")
    named = {kind: set[str]() for kind in kinds}
    for variable in function.env:
        for kind, key in STACK.environment[variable].model_dump(exclude_unset=True).items():
            if kind in named:
                named[kind].add(key)
            if kind == "keyed_by":
                named["table"] |= STACK.tables_keyed_by(key).keys()
            elif kind == "details_of":
                named["table"] |= set(STACK.detail_tables(key).values())

    assert granted(function) <= {(kind, key) for kind, keys in named.items() for key in keys}


def granted(function: Function) -> set[tuple[str, str]]:
    grants = function.grants
    return {
        *(("table", key) for key in grants.tables),
        *(("bucket", key) for key in grants.buckets),
        *(("queue", key) for key in grants.queues),
        *(("secret", key) for key in grants.secrets),
        *(("topic", key) for key in grants.topics),
        *(("push_application", key) for key in grants.push_applications),
    }


def test_every_category_has_a_table_for_its_details() -> None:
    assert set(STACK.detail_tables("RetailInvoices")) == {category.value for category in Category}
