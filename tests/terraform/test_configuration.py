"""The configuration without an account: format, validity, plan, security rules."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devstack.terraform import ROOT, Terraform

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = ROOT / "terraform"


def test_it_is_formatted(program: str) -> None:
    done = subprocess.run(
        [program, "fmt", "-check", "-recursive", "-list=true", str(FOLDER)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.split() == []


def test_it_is_valid(configuration: Terraform) -> None:
    answer = json.loads(configuration.run("validate", "-json"))

    assert answer["diagnostics"] == []


def test_what_must_hold_of_every_plan(configuration: Terraform) -> None:
    assert "0 failed" in configuration.run("test")


def test_it_is_valid_and_plans_with_the_newest_provider(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    program = setting("TERRAFORM_6", "a Terraform that serves the provider's version 6")
    newest = Terraform(tmp_path_factory.mktemp("newest"), program)
    newest.prepare()

    assert json.loads(newest.run("validate", "-json"))["diagnostics"] == []
    assert "0 to change, 0 to destroy" in newest.run("plan")


def test_checkov_finds_nothing_unexplained() -> None:
    program = setting("CHECKOV", "checkov, in an environment of its own")
    done = subprocess.run(
        [program, "-d", str(FOLDER), "--framework", "terraform", "--skip-download", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads(done.stdout)["results"]

    assert results["parsing_errors"] == []
    assert [named(each) for each in results["failed_checks"]] == []
    assert [named(each) for each in results["skipped_checks"] if not reason(each)] == []


def test_every_variable_and_output_is_described() -> None:
    undescribed = [
        block for block in iter_blocks("variable", "output") if "description" not in block
    ]

    assert undescribed == []


def setting(name: str, what: str) -> str:
    """Return a program that the environment names, or skip the test."""
    program = os.environ.get(name)  # noqa: TID251 - the tests' own setting
    if not program or not shutil.which(program):
        pytest.skip(f"{name} names no program: {what}")
    return program


def named(check: dict[str, Any]) -> str:
    return f"{check['check_id']} {check['resource']}"


def reason(check: dict[str, Any]) -> str:
    text: str = check["check_result"].get("suppress_comment", "")
    return text if "No comment" not in text else ""


def iter_blocks(*kinds: str) -> Iterator[str]:
    for path in sorted(Path(FOLDER).rglob("*.tf")):
        for block in path.read_text().split("\n}\n"):
            if block.lstrip().startswith(kinds):
                yield f"{path.relative_to(FOLDER)}: {block.strip()}"
