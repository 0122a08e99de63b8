"""A mistake in stack.yaml names the file, the key and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from devstack.manifest import STACK_FILE, load_stack
from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

type Change = Callable[[dict[str, Any]], object]

MISTAKES: dict[str, tuple[Change, str]] = {
    "misspelt key": (
        lambda stack: stack["functions"]["authorizer"].update(timeot_s=3),
        r"functions\.authorizer\.timeot_s: .*remove it, or correct its spelling",
    ),
    "missing key": (
        lambda stack: stack["functions"]["authorizer"].pop("handler"),
        r"functions\.authorizer\.handler: .*add it",
    ),
    "wrong type": (
        lambda stack: stack["functions"]["authorizer"].update(timeout_s="soon"),
        r"functions\.authorizer\.timeout_s: .*found 'soon'; correct the value",
    ),
    "unknown table": (
        lambda stack: stack["functions"]["authorizer"]["grants"]["tables"].update(Usres="read"),
        r"functions\.authorizer\.grants\.tables: no table named 'Usres'; known are .*Users",
    ),
    "unknown topic": (
        lambda stack: stack["functions"]["authorizer"]["grants"].update(topics={"news": "publish"}),
        r"functions\.authorizer\.grants\.topics: no topic named 'news'; known are new_invoice",
    ),
    "unknown push application": (
        lambda stack: stack["functions"]["authorizer"]["grants"].update(
            push_applications={"android": "send"}
        ),
        r"functions\.authorizer\.grants\.push_applications: no push_application named 'android'",
    ),
    "unknown variable": (
        lambda stack: stack["functions"]["authorizer"]["env"].append("USRS_TABLE"),
        r"functions\.authorizer\.env: no environment named 'USRS_TABLE'",
    ),
    "field owned twice": (
        lambda stack: stack["functions"]["signup_user"]["fields"].append("Query.me"),
        r"Query\.me belongs to signup_user already",
    ),
    "queue too impatient": (
        lambda stack: stack["queues"]["fetch_invoices"].update(visibility_s=60),
        r"set visibility_s to at least 1800",
    ),
    "stream of a table without one": (
        lambda stack: stack["tables"]["IngestionRuns"].pop("stream"),
        r"table IngestionRuns has no stream",
    ),
    "nowhere to put what failed": (
        lambda stack: stack["functions"]["parse_invoice"].pop("on_failure"),
        r"needs on_failure; name a queue",
    ),
    "scan of users' rows": (
        lambda stack: stack["functions"]["get_invoices"]["grants"]["tables"].update(
            RentalInvoices="read_whole"
        ),
        r"RentalInvoices holds users' rows, so it may not be scanned",
    ),
    "two sources": (
        lambda stack: stack["environment"]["USERS_TABLE"].update(bucket="invoices"),
        r"environment\.USERS_TABLE: .*exactly one of",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_file_key_and_remedy(mistake: str, tmp_path: Path) -> None:
    change, expected = MISTAKES[mistake]
    stack = yaml.safe_load(STACK_FILE.read_text())
    change(stack)
    file = tmp_path / "stack.yaml"
    file.write_text(yaml.safe_dump(stack, sort_keys=False))

    with pytest.raises(ConfigurationError, match=expected) as refusal:
        load_stack(file)

    assert str(refusal.value).startswith(str(file))


def test_a_file_that_is_no_yaml_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("functions: [")

    with pytest.raises(ConfigurationError, match="not valid YAML"):
        load_stack(file)


def test_the_manifest_of_the_project_is_in_order() -> None:
    assert load_stack().functions
