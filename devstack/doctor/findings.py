"""What a check found out, and how that is shown."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence


class State(StrEnum):
    """How it stands."""

    OK = "ok"
    WARNING = "warning"  # something that not everyone needs is missing
    PROBLEM = "problem"  # what was asked for will not work


_COLOURS = {State.OK: "green", State.WARNING: "yellow", State.PROBLEM: "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` is what to do, a command where there is one."""

    what: str
    state: State
    found: str
    remedy: str = ""

    def __post_init__(self) -> None:
        """Nobody is told of a fault without being told what to do."""
        if (self.state is State.OK) == bool(self.remedy):
            raise ValueError(f"{self.what}: a remedy is for what is not ok, and only for that")


def ok(what: str, found: str) -> Finding:
    """Return that all is well."""
    return Finding(what, State.OK, found)


def warning(what: str, found: str, remedy: str) -> Finding:
    """Return that something is missing which not everyone needs."""
    return Finding(what, State.WARNING, found, remedy)


def problem(what: str, found: str, remedy: str) -> Finding:
    """Return that something will not work."""
    return Finding(what, State.PROBLEM, found, remedy)


def is_ready(findings: Sequence[Finding]) -> bool:
    """Tell whether there is no problem."""
    return all(finding.state is not State.PROBLEM for finding in findings)


def as_table(findings: Sequence[Finding]) -> Table:
    """Return the findings for people."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in ("what", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    for each in findings:
        colour = _COLOURS[each.state]
        state = f"[{colour}]{each.state}[/{colour}]"
        table.add_row(state, escape(each.what), escape(each.found), escape(each.remedy))
    return table


def summary(findings: Sequence[Finding]) -> str:
    """Return the verdict in a line."""
    counts = {state: sum(each.state is state for each in findings) for state in State}
    warnings, problems = (
        f"{counts[state]} {state}{'' if counts[state] == 1 else 's'}"
        for state in (State.WARNING, State.PROBLEM)
    )
    if is_ready(findings):
        return f"No problem: make run and make test can do their work. {warnings.capitalize()}."
    return f"{problems.capitalize()}, {warnings}."


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings for programs."""
    answer = {"ready": is_ready(findings), "findings": [asdict(each) for each in findings]}
    return json.dumps(answer, indent=2, ensure_ascii=False)
