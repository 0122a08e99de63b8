"""What `make build` makes: the same bytes every time, small enough, and ready for Lambda."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from devstack.build import Build, build
from devstack.manifest import load_stack

if TYPE_CHECKING:
    from pathlib import Path

# CPython 3.12's, and the flag for bytecode that is never checked against its source.
MAGIC = (3531).to_bytes(2, "little") + b"\r\n"
UNCHECKED_HASH = (1).to_bytes(4, "little")


@pytest.fixture(scope="module")
def arm(program: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Build, Path]:
    """A build for the processor that we deploy to; as slow as Terraform's tests, so with them."""
    folder = tmp_path_factory.mktemp("arm64")
    return build("arm64", folder), folder


def test_the_same_input_gives_the_same_bytes(arm: tuple[Build, Path], tmp_path: Path) -> None:
    _, first = arm

    build("arm64", tmp_path)

    names = {path.relative_to(first) for path in first.rglob("*") if path.is_file()}
    assert names == {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    differing = [n for n in names if (first / n).read_bytes() != (tmp_path / n).read_bytes()]
    assert differing == []


def test_nothing_weighs_more_than_it_may(arm: tuple[Build, Path]) -> None:
    result, _ = arm

    assert result.over_budget == ()


def test_every_function_has_a_zip_with_its_handler(arm: tuple[Build, Path]) -> None:
    _, folder = arm
    described = json.loads((folder / "build.json").read_text())

    for name, function in load_stack().functions.items():
        with zipfile.ZipFile(folder / described["functions"][name]["file"]) as archive:
            assert f"{function.module.replace('.', '/')}.py" in archive.namelist()
            assert "paypulse/stack.yaml" not in archive.namelist()
            assert not any(entry.startswith("devstack/") for entry in archive.namelist())


def test_layers_hold_what_lambda_lacks(arm: tuple[Build, Path]) -> None:
    _, folder = arm
    with zipfile.ZipFile(folder / "layers" / "ingestion.zip") as archive:
        names = archive.namelist()
        machine_code = [archive.read(name) for name in names if name.endswith(".so")]

    documents = [name for name in names if "discovery_cache/documents/" in name]
    assert [name.rpartition("/")[2] for name in documents] == ["gmail.v1.json"]
    assert not any(name.startswith(("python/boto3/", "python/botocore/")) for name in names)
    assert "python/aws_lambda_powertools/__init__.py" in names
    # ELF's e_machine for AArch64.
    assert {code[18:20] for code in machine_code} == {(183).to_bytes(2, "little")}


def test_everything_is_compiled_for_lambdas_python(arm: tuple[Build, Path]) -> None:
    _, folder = arm
    with zipfile.ZipFile(folder / "layers" / "resolvers.zip") as archive:
        names = set(archive.namelist())
        headers = {archive.read(name)[:8] for name in names if name.endswith(".pyc")}

    sources = [name for name in names if name.endswith(".py")]
    assert headers == {MAGIC + UNCHECKED_HASH}
    assert len(sources) == len([name for name in names if name.endswith(".pyc")])
