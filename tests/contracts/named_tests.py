"""Tests that a page of documentation names, as `folder/test_file.py::test_name`."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]


def find_named_tests(page: str) -> list[str]:
    """Return each test that a page names, once."""
    return sorted(set(re.findall(r"`((?:\w+/)+test_\w+\.py::test_\w+)`", page)))


def has_test(named: str) -> bool:
    """Return whether there is such a test."""
    file, _, name = named.partition("::")
    path = TESTS / file
    return path.is_file() and bool(
        re.search(rf"^(?:async )?def {name}\(", path.read_text(), re.MULTILINE)
    )
