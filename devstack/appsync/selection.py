"""`info.selectionSetList` and `info.selectionSetGraphQL` of a resolver's event.

Source:
    https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference-js.html: aliased
    fields appear under their alias, fragments are flattened in the list and kept in the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, print_ast
from graphql.execution.values import get_directive_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from graphql import (
        FragmentDefinitionNode,
        GraphQLResolveInfo,
        SelectionNode,
        SelectionSetNode,
    )


def list_selections(info: GraphQLResolveInfo[Any]) -> list[str]:
    """Return paths of the selected fields, parents first: `author`, `author/name`.

    Fields left out by `@skip` and `@include` are left out here too (recalled; a function that
    trusts the list is then tested against the shorter one).
    """
    found: dict[str, None] = {}
    for node in info.field_nodes:
        if node.selection_set:
            for path in _iter_paths(node.selection_set, "", info):
                found[path] = None
    return list(found)


def print_selections(info: GraphQLResolveInfo[Any]) -> str:
    """Return the selection set as written in the document, reformatted."""
    sets = [node.selection_set for node in info.field_nodes if node.selection_set]
    return "\n".join(print_ast(selection_set) for selection_set in sets)


def iter_fields(
    selections: Iterable[SelectionNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """Yield the fields of a selection set with all fragments opened, whatever their type."""
    for selection in selections:
        if isinstance(selection, FieldNode):
            yield selection
        elif isinstance(selection, InlineFragmentNode):
            yield from iter_fields(selection.selection_set.selections, fragments)
        elif isinstance(selection, FragmentSpreadNode):
            opened = fragments[selection.name.value].selection_set.selections
            yield from iter_fields(opened, fragments)


def _iter_paths(
    selection_set: SelectionSetNode, prefix: str, info: GraphQLResolveInfo[Any]
) -> Iterator[str]:
    for selection in selection_set.selections:
        if not _is_included(selection, info):
            continue
        if isinstance(selection, FieldNode):
            path = prefix + (selection.alias or selection.name).value
            yield path
            if selection.selection_set:
                yield from _iter_paths(selection.selection_set, f"{path}/", info)
        elif isinstance(selection, InlineFragmentNode):
            yield from _iter_paths(selection.selection_set, prefix, info)
        elif isinstance(selection, FragmentSpreadNode):
            fragment = info.fragments[selection.name.value]
            yield from _iter_paths(fragment.selection_set, prefix, info)


def _is_included(node: SelectionNode, info: GraphQLResolveInfo[Any]) -> bool:
    if not node.directives:
        return True
    skip = get_directive_values(GraphQLSkipDirective, node, info.variable_values)
    include = get_directive_values(GraphQLIncludeDirective, node, info.variable_values)
    return not (skip and skip["if"]) and (include is None or bool(include["if"]))


def name_by_field(
    value: Any,
    selections: Iterable[SelectionNode],
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Any:
    """Return a piece of a response with aliases undone: what subscribers can select from.

    Only what the mutation selected is in a response, so only that can be delivered
    (`platform_facts.md` 5.4).
    """
    if isinstance(value, list):
        nodes = list(selections)
        return [name_by_field(item, nodes, fragments) for item in value]
    if not isinstance(value, dict):
        return value
    named: dict[str, Any] = {}
    for node in iter_fields(selections, fragments):
        key = (node.alias or node.name).value
        if key in value:
            inner = node.selection_set.selections if node.selection_set else ()
            piece = name_by_field(value[key], inner, fragments)
            known = named.get(node.name.value)
            if isinstance(known, dict) and isinstance(piece, dict):
                piece = known | piece
            named[node.name.value] = piece
    return named
