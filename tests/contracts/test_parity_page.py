"""docs/appsync-parity.md names what exists, and leaves no behaviour without a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devstack.manifest import load_stack
from tests.contracts.named_tests import TESTS, find_named_tests, has_test

PAGE = (Path(__file__).parents[2] / "docs" / "appsync-parity.md").read_text()
ROWS = [
    line
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| behaviour |")
]


@pytest.mark.parametrize("named", find_named_tests(PAGE), ids=str)
def test_a_test_that_the_page_names_exists(named: str) -> None:
    assert has_test(named)


def test_every_behaviour_names_a_test_and_its_differences() -> None:
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in ROWS]

    assert len(cells) > 40
    assert [row[0] for row in cells if len(row) != 5 or not all(row)] == []
    assert [row[0] for row in cells if not find_named_tests(row[3])] == []


def test_every_file_of_the_gateways_tests_is_on_the_page() -> None:
    files = {path.name for path in (TESTS / "stack" / "appsync").glob("test_*.py")}

    assert {name for name in files if name not in PAGE} == set()


def test_only_tests_of_the_clients_lane_are_marked_so() -> None:
    """✱ on the page and the marker in the code say the same."""
    marked = set(re.findall(r"✱ `([^`]+)`", PAGE))
    in_lane = {
        f"{path.relative_to(TESTS)}::{name}"
        for path in TESTS.glob("stack/**/test_*.py")
        for name in re.findall(
            r"@pytest\.mark\.clients\n(?:@.*\n)*(?:async )?def (\w+)", path.read_text()
        )
    }

    assert marked == in_lane
    assert in_lane


def test_every_link_leads_to_an_address_on_the_page() -> None:
    used = set(re.findall(r"\]\[([\w-]+)\]", PAGE))
    given = set(re.findall(r"^\[([\w-]+)\]: https://docs\.aws\.amazon\.com/", PAGE, re.MULTILINE))

    assert used == given


def test_the_limits_on_the_page_are_those_of_the_manifest() -> None:
    limits = load_stack().api.limits

    assert f"{limits.max_depth} levels as `stack.yaml` says" in PAGE
    assert f"{limits.max_resolvers} as `stack.yaml` says" in PAGE
    assert limits.request_timeout_s == 30
