"""What a function loads when it starts, in a fresh interpreter without any environment."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from devstack.manifest import load_stack

ROOT = Path(__file__).parents[2]
STACK = load_stack()
# What no AppSync-facing function may load at import; boto3 comes with its first use.
HEAVY = [
    "boto3",
    "bcrypt",
    "google",
    "graphql",
    "pdfplumber",
    "pydantic",
    "pypdfium2",
    "strawberry",
]
FORBIDDEN = {
    "resolvers": HEAVY,
    "ingestion": ["graphql", "pdfplumber", "pydantic", "pypdfium2", "strawberry"],
}


@pytest.mark.parametrize("name", STACK.functions)
def test_importing_a_handler_loads_nothing_heavy_and_reads_no_settings(name: str) -> None:
    module = STACK.functions[name].module
    heavy = FORBIDDEN[module.partition(".")[0]]
    program = f"import sys, {module}\nprint([name for name in {heavy!r} if name in sys.modules])"

    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"


def test_the_import_contract_names_every_domain_module() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = [each for each in config["contracts"] if "standard library" in each["name"]]
    folder = ROOT / "paypulse"
    modules = {f"paypulse.{file.stem}" for file in folder.glob("[!_]*.py")}
    packages = {f"paypulse.{file.parent.name}" for file in folder.glob("*/__init__.py")}
    adapters = set(contract["forbidden_modules"])

    assert set(contract["source_modules"]) == (modules | packages) - adapters
