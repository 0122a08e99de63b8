"""The command: every check, in the order in which things are needed."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devstack.doctor import api, environments, google, machine
from devstack.doctor.findings import Finding, as_json, as_table, is_ready, summary
from devstack.google_keys import ENV_FILE, read_keys
from devstack.graphiql.page import HERE as PAGE
from devstack.serving import check_endpoint
from devstack.tables import make_console
from paypulse.clock import utc_now
from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parents[2]
_STATES = (Path(".paypulse"), Path(".paypulse-google"))


@dataclass(frozen=True, slots=True)
class Questions:
    """What to look at beyond what is always looked at.

    Args:
        port: The first of the three that `make run` takes.
        online: Ask Google about the keys, and the registry about Terraform's provider.
        endpoint: Of an API to look at.
        api_key: Of that API.
        terraform: The program.
    """

    port: int = 4000
    online: bool = False
    endpoint: str | None = None
    api_key: str | None = None
    terraform: str = "terraform"


def examine(questions: Questions) -> Iterator[Finding]:
    """Yield what every check found out.

    Raises:
        ConfigurationError: the endpoint is no address of an API.
    """
    if questions.endpoint:
        check_endpoint(questions.endpoint)
    yield machine.check_python(tuple(sys.version_info[:3]))
    yield from environments.check_environments(_ROOT)
    yield machine.check_ministack()
    yield machine.check_ports(questions.port)
    yield from google.check_keys(ENV_FILE)
    if questions.online:
        yield from _ask_google()
    for folder in _STATES:
        yield machine.check_state(folder)
    yield machine.check_disk(Path())
    yield machine.check_node()
    yield environments.check_packages_of_page(PAGE)
    yield machine.check_chromium()
    yield from machine.check_terraform(questions.terraform, online=questions.online)
    if questions.endpoint:
        yield from asyncio.run(api.check_api(questions.endpoint, questions.api_key, utc_now))


def _ask_google() -> list[Finding]:
    try:
        return google.ask_google(read_keys())
    except ConfigurationError:
        return []  # its form is wrong, which has been said


def print_findings(questions: Questions, *, as_data: bool) -> int:
    """Print everything and return the exit code: 1 where there is a problem."""
    if as_data:
        findings = list(examine(questions))
        print(as_json(findings))
    else:
        console = make_console()
        with console.status("looking around, which takes a few seconds ..."):
            findings = list(examine(questions))
        console.print(as_table(findings))
        console.print(summary(findings))
    return 0 if is_ready(findings) else 1
