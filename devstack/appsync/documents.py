"""Parsed and validated documents, kept by their text, with AppSync's validation messages."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)

from devstack.appsync.errors import RequestRefused, format_locations, make_error
from devstack.appsync.selection import iter_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, GraphQLSchema

UNPARSABLE = "Unable to parse GraphQL query."  # graphql-over-http #81, by the AppSync team

_MAX_TOKENS = 15_000  # graphql-java's default, which AppSync runs on (recalled)
_MAX_KEPT = 1_000

# graphql-core's wording -> graphql-java's classification, which AppSync prints.
_KINDS = (
    (re.compile(r"^Cannot query field"), "FieldUndefined"),
    (re.compile(r"^Unknown argument"), "UnknownArgument"),
    (re.compile(r"is required, but it was not provided"), "MissingFieldArgument"),
    (re.compile(r"^Unknown type"), "UnknownType"),
    (re.compile(r"must have a selection of subfields"), "SubSelectionRequired"),
    (re.compile(r"must not have a selection"), "SubSelectionNotAllowed"),
    (re.compile(r"^Unknown fragment"), "UndefinedFragment"),
    (re.compile(r"^Variable '\$\w+' is not defined"), "UndefinedVariable"),
    (re.compile(r"^Variable '\$\w+' is never used"), "UnusedVariable"),
    (re.compile(r"used in position expecting type"), "VariableTypeMismatch"),
    (re.compile(r"^Unknown directive"), "UnknownDirective"),
    (re.compile(r"^Fragment .* is never used"), "UnusedFragment"),
    (re.compile(r"^Fields .* conflict"), "FieldsConflict"),
    (re.compile(r"."), "WrongType"),
)
_UNDEFINED = re.compile(r"^Cannot query field '(\w+)' on type '(\w+)'")


@dataclass(frozen=True, eq=False)
class Document:
    """One document that can be executed, or the errors why not."""

    text: str
    ast: DocumentNode
    operations: Mapping[str, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode]
    errors: tuple[dict[str, Any], ...]

    def get_operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation to run.

        Raises:
            RequestRefused: several operations and no name, or no operation of that name.
        """
        if name:
            found = self.operations.get(name)
        elif len(self.operations) == 1:
            found = next(iter(self.operations.values()))
        else:
            raise _malformed("Missing operation name.")
        if found is None:
            raise _malformed(f"Unknown operation named '{name}'.")
        return found


class DocumentCache:
    """Parses and validates each document once."""

    def __init__(self, schema: GraphQLSchema, *, introspection: bool) -> None:
        self._schema = schema
        self._introspection = introspection
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def load(self, text: str) -> Document:
        """Return the document for its text.

        Raises:
            RequestRefused: it cannot be parsed.
        """
        document = self._kept.get(text)
        if document is None:
            document = self._kept[text] = self._parse(text)
            if len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(text)
        return document

    def _parse(self, text: str) -> Document:
        try:
            ast = parse(text, max_tokens=_MAX_TOKENS)
        except (GraphQLError, RecursionError):
            raise _malformed(UNPARSABLE) from None
        operations: dict[str, OperationDefinitionNode] = {}
        fragments: dict[str, FragmentDefinitionNode] = {}
        for node in ast.definitions:
            if isinstance(node, OperationDefinitionNode):
                operations[node.name.value if node.name else ""] = node
            elif isinstance(node, FragmentDefinitionNode):
                fragments[node.name.value] = node
        errors = self._validate(ast)
        if not errors and not self._introspection:
            errors = _find_introspection(operations.values(), fragments)
        return Document(text, ast, operations, fragments, tuple(errors))

    def _validate(self, ast: DocumentNode) -> list[dict[str, Any]]:
        found = validate(self._schema, ast, specified_rules, hide_suggestions=True)
        if not found:
            return []
        paths = _PathVisitor()
        visit(ast, paths)
        return [_show_validation_error(error, paths.found) for error in found]


def _malformed(message: str) -> RequestRefused:
    return RequestRefused(400, "MalformedHttpRequestException", message)


def _show_validation_error(error: GraphQLError, paths: Mapping[int, str]) -> dict[str, Any]:
    """Return `Validation error of type FieldUndefined: … @ 'path/to/field'`.

    Source:
        graphql-over-http #81, amplify-swift #1589. AppSync leaves `errorType` out of these; we say
        ValidationError, so that every error has one.
    """
    kind = next(kind for pattern, kind in _KINDS if pattern.search(error.message))
    reason = error.message.rstrip(".")
    if match := _UNDEFINED.match(error.message):
        reason = f"Field '{match[1]}' in type '{match[2]}' is undefined"
    at = paths.get(id(error.nodes[0]), "") if error.nodes else ""
    message = f"Validation error of type {kind}: {reason}" + (f" @ '{at}'" if at else "")
    return make_error(
        message, error_type="ValidationError", locations=format_locations(error.locations)
    )


class _PathVisitor(Visitor):
    """Notes for every node which field it lies in."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[int, str] = {}
        self._inside: list[str] = []

    def enter(self, node: Any, *_: Any) -> None:
        if isinstance(node, FieldNode | FragmentDefinitionNode):
            self._inside.append(node.name.value)
        self.found[id(node)] = "/".join(self._inside)

    def leave(self, node: Any, *_: Any) -> None:
        if isinstance(node, FieldNode | FragmentDefinitionNode):
            self._inside.pop()


def _find_introspection(operations: Any, fragments: Any) -> list[dict[str, Any]]:
    """Return errors for `__schema` and `__type`: to the client they do not exist."""
    names = {OperationType.QUERY: "Query", OperationType.MUTATION: "Mutation"}
    return [
        make_error(
            f"Validation error of type FieldUndefined: Field '{node.name.value}' in type "
            f"'{names.get(operation.operation, 'Subscription')}' is undefined @ "
            f"'{node.name.value}'",
            error_type="ValidationError",
            locations=_locate(node),
        )
        for operation in operations
        for node in iter_fields(operation.selection_set.selections, fragments)
        if node.name.value in ("__schema", "__type")
    ]


def _locate(node: FieldNode) -> list[dict[str, Any]] | None:
    if node.loc is None:
        return None
    at = node.loc.source.get_location(node.loc.start)
    return format_locations([at])
