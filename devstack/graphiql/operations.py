"""The documents of `operations/`, each made complete with the fragments that it uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    Node,
    OperationDefinitionNode,
    Visitor,
    parse,
    visit,
)

FOLDER = Path(__file__).parents[2] / "operations"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the app.

    Args:
        name: What the client calls it.
        kind: query, mutation or subscription.
        document: The text to send: the operation with its comment, then its fragments.
    """

    name: str
    kind: str
    document: str


def load_operations(folder: Path = FOLDER) -> dict[str, Operation]:
    """Return every operation by name, in the order of files and lines.

    Raises:
        GraphQLSyntaxError: a file is no GraphQL document.
        KeyError: a fragment is defined nowhere.
    """
    found: list[OperationDefinitionNode] = []
    fragments: dict[str, FragmentDefinitionNode] = {}
    for path in sorted(folder.glob("*.graphql")):
        for node in parse(path.read_text()).definitions:
            if isinstance(node, FragmentDefinitionNode):
                fragments[node.name.value] = node
            elif isinstance(node, OperationDefinitionNode) and node.name:
                found.append(node)
    return {node.name.value: _complete(node, fragments) for node in found if node.name}


def _complete(
    operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> Operation:
    used: dict[str, FragmentDefinitionNode] = {}
    waiting = _spreads(operation)
    while waiting:
        name = waiting.pop(0)
        if name not in used:
            used[name] = fragments[name]
            waiting += _spreads(fragments[name])
    texts = [_comment(operation) + _text(operation), *map(_text, used.values())]
    assert operation.name is not None  # noqa: S101 - for mypy; only named ones come here
    return Operation(operation.name.value, operation.operation.value, "\n\n".join(texts) + "\n")


class _Spreads(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.names.append(node.name.value)


def _spreads(node: Node) -> list[str]:
    visitor = _Spreads()
    visit(node, visitor)
    return visitor.names


def _text(node: Node) -> str:
    assert node.loc is not None  # noqa: S101 - for mypy; parsed nodes have one
    return node.loc.source.body[node.loc.start : node.loc.end]


def _comment(node: Node) -> str:
    """Return the comment lines right above a definition."""
    assert node.loc is not None  # noqa: S101 - as above
    lines = node.loc.source.body[: node.loc.start].splitlines(keepends=True)
    first = len(lines)
    while first and lines[first - 1].startswith("#"):
        first -= 1
    return "".join(lines[first:])
