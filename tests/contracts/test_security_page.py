"""docs/security.md names what exists: tests, tables, functions' limits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devstack.manifest import load_stack
from paypulse.attempts import (
    EXPORTS,
    FROM_ADDRESS,
    SIGN_UPS,
    TAKEN_ADDRESSES,
    WRONG_LOG_INS,
)
from paypulse.data_exports import AVAILABLE_FOR
from tests.contracts.named_tests import find_named_tests, has_test

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()


@pytest.mark.parametrize("named", find_named_tests(PAGE), ids=str)
def test_a_test_that_the_page_names_exists(named: str) -> None:
    assert has_test(named)


def test_every_threat_names_a_test() -> None:
    table = PAGE.partition("## Who might want what")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| **")]

    assert len(rows) > 10
    assert [row for row in rows if "::test_" not in row] == []


def test_every_file_of_tests_that_the_page_names_exists() -> None:
    files = set(re.findall(r"`(\w+/test_\w+\.py)", PAGE))

    assert [file for file in files if not (ROOT / "tests" / file).exists()] == []


def test_every_table_with_a_persons_rows_is_on_the_page() -> None:
    stack = load_stack()
    tables = {*stack.tables_keyed_by("UserID"), "Users", "RateLimits", "Erasures"}

    assert {table for table in tables if table not in PAGE} == set()


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    assert f"{WRONG_LOG_INS.most} tries an account and {FROM_ADDRESS.most} a network" in PAGE
    assert f"come across {TAKEN_ADDRESSES.most} taken addresses an hour" in PAGE
    assert SIGN_UPS.most <= TAKEN_ADDRESSES.most
    assert f"offered for {AVAILABLE_FOR.total_seconds() / 3600:.0f} hours" in PAGE
    assert EXPORTS.most == 5
    assert "archive too, five a day" in PAGE
