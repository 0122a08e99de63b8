"""The repository agrees with itself: generated files are current, locked files are clean."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from devstack import sample_mailbox
from devstack.generated import with_functions
from devstack.manifest import load_stack

ROOT = Path(__file__).parents[2]
LOCKED = sorted((ROOT / "requirements").glob("*.txt"))


def test_the_sample_mailbox_is_what_its_generator_writes(tmp_path: Path) -> None:
    sample_mailbox.write(tmp_path)

    written = {file.name: file.read_bytes() for file in tmp_path.glob("*.eml")}
    assert written == {file.name: file.read_bytes() for file in sample_mailbox.FOLDER.glob("*.eml")}


def test_the_table_of_functions_is_current() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()

    assert with_functions(text, load_stack()) == text
    assert "| `authorizer` |" in text


@pytest.mark.parametrize("file", LOCKED, ids=lambda file: file.name)
def test_locked_requirements_have_hashes_and_no_addresses(file: Path) -> None:
    text = file.read_text()
    pinned = re.findall(r"^[A-Za-z0-9._-]+(?:\[[^]]*\])?==", text, re.MULTILINE)

    assert pinned
    assert "://" not in text
    assert text.count("--hash=sha256:") >= len(pinned)


def test_every_direct_requirement_is_locked() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    locked = (ROOT / "requirements" / "dev.txt").read_text()
    for requirements in extras.values():
        for requirement in requirements:
            name = re.split(r"[\[<>=;]", requirement)[0]
            assert name == "paypulse" or f"\n{name}" in locked, requirement


def test_the_readme_names_only_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / "README.md").read_text()))

    assert named
    assert named <= targets


def test_no_tracked_file_names_a_place_on_one_machine() -> None:
    found = subprocess.run(
        ["git", "grep", "-nIE", r"/(home|root|Users)/[a-z]"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    ours = [line for line in found.splitlines() if not line.startswith("tests/contracts/")]

    assert ours == []
