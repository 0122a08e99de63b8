"""What is generated and checked in: the schema, the sample mailbox, the table of functions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from devstack import sample_mailbox
from devstack.manifest import load_stack
from resolvers.schema.export import appsync_sdl

if TYPE_CHECKING:
    from devstack.manifest import Function, Stack

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "schema.graphql"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
_TABLE = re.compile(r"(<!-- functions -->\n).*?(<!-- /functions -->)", re.DOTALL)


def write_all() -> list[str]:
    """Write everything anew and return the names of what was written."""
    SCHEMA.write_text(appsync_sdl())
    ARCHITECTURE.write_text(with_functions(ARCHITECTURE.read_text(), load_stack()))
    sample_mailbox.write()
    return [SCHEMA.name, "docs/architecture.md", "devstack/mailbox/"]


def with_functions(text: str, stack: Stack) -> str:
    """Return a text with the table of the manifest's functions in its place."""
    rows = "".join(_row(name, function) for name, function in stack.functions.items())
    table = f"| function | started by | does |\n|---|---|---|\n{rows}"
    return _TABLE.sub(lambda match: match[1] + table + match[2], text)


def _row(name: str, function: Function) -> str:
    return f"| `{name}` | {', '.join(_starters(function))} | {function.description} |\n"


def _starters(function: Function) -> list[str]:
    starters = [f"`{field.partition('.')[2]}`" for field in function.fields]
    for trigger in function.triggers:
        kind = next(
            kind for kind in ("queue", "schedule", "bucket", "stream") if getattr(trigger, kind)
        )
        subject = f"`{trigger.prefix}*{trigger.suffix}`" if kind == "bucket" else ""
        starters.append(subject or f"{kind} {getattr(trigger, kind)}")
    return starters or ["AppSync, for every token"]
