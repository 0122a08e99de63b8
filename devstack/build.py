"""`paypulse build`: the functions as zips and their packages as layers, for AWS Lambda.

The same input gives the same bytes, whatever machine builds: wheels are chosen for Lambda's
platform from the locked requirements, entries have one date and order, and bytecode is checked
by hash instead of by date. `dist/build.json` tells Terraform what there is.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import grimp
from uv import find_uv_bin

from devstack.manifest import load_stack
from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

type Architecture = Literal["arm64", "x86_64"]

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
PYTHON_VERSION = (3, 12)
_PYTHON = ".".join(map(str, PYTHON_VERSION))
# Each folder of functions is also a layer, with the packages of the lock file of this name.
FOLDERS = ("resolvers", "ingestion")
# Lambda's Python brings these.
PROVIDED = frozenset({"boto3", "botocore", "python-dateutil", "s3transfer", "six"})

_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
_MEGABYTE = 1024 * 1024
_ZIP_BUDGET = 1 * _MEGABYTE
_LAYER_BUDGETS = {"resolvers": 30 * _MEGABYTE, "ingestion": 120 * _MEGABYTE}
# The first day that a zip can name.
_DATE = (1980, 1, 1, 0, 0, 0)
_READ_ONLY = 0o644 << 16
# Describes all of Google's services, 114 MB; Gmail is the one that we call.
_DISCOVERY_DOCUMENTS = "googleapiclient/discovery_cache/documents"
_KEPT_DOCUMENTS = frozenset({"gmail.v1.json"})


@dataclass(frozen=True, slots=True)
class Artifact:
    """One zip, and what it may weigh.

    Args:
        name: Of the function or the layer.
        file: Below the build folder.
        sha256: Of the zip, in base64, as Lambda tells it.
        size: In bytes: of the zip for a function, unzipped for a layer.
        budget: What `size` must not exceed.
    """

    name: str
    file: str
    sha256: str
    size: int
    budget: int


@dataclass(frozen=True, slots=True)
class Build:
    """Everything that one build made."""

    architecture: Architecture
    functions: tuple[Artifact, ...]
    layers: tuple[Artifact, ...]

    @property
    def over_budget(self) -> tuple[Artifact, ...]:
        """What weighs more than it may."""
        return tuple(each for each in (*self.functions, *self.layers) if each.size > each.budget)


def build(architecture: Architecture = "arm64", dist: Path = DIST) -> Build:
    """Build every function of the manifest and every layer.

    Raises:
        ConfigurationError: packages could not be fetched, or there is no Python 3.12 to compile
            with; the message says what to do.
    """
    functions = load_stack().functions
    graph = grimp.build_graph(
        "paypulse", *FOLDERS, exclude_type_checking_imports=True, cache_dir=None
    )
    shutil.rmtree(dist, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="paypulse-build-") as folder:
        work = Path(folder)
        layers = [
            _build_layer(layer, architecture, work / layer, dist)
            for layer in FOLDERS
            if any(_folder(function.module) == layer for function in functions.values())
        ]
        zips = []
        for name, function in functions.items():
            modules = {function.module, *graph.find_upstream_modules(function.module)}
            zips.append(_build_function(name, modules, work / name, dist))
    result = Build(architecture, tuple(zips), tuple(layers))
    _describe(result, {name: _folder(each.module) for name, each in functions.items()}, dist)
    return result


def _folder(module: str) -> str:
    return module.partition(".")[0]


def _build_layer(layer: str, architecture: Architecture, folder: Path, dist: Path) -> Artifact:
    packages = folder / "python"
    _install(layer, architecture, packages)
    _strip(packages)
    _compile(packages, "/opt/python")
    size = sum(path.stat().st_size for path in _files(folder))
    file = Path("layers") / f"{layer}.zip"
    return Artifact(layer, str(file), _zip(folder, dist / file), size, _LAYER_BUDGETS[layer])


def _build_function(name: str, modules: Iterable[str], folder: Path, dist: Path) -> Artifact:
    for source in _sources(modules):
        target = folder / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    _compile(folder, "/var/task")
    file = Path("functions") / f"{name}.zip"
    sha256 = _zip(folder, dist / file)
    return Artifact(name, str(file), sha256, (dist / file).stat().st_size, _ZIP_BUDGET)


def _sources(modules: Iterable[str]) -> Iterator[Path]:
    """Yield the files of modules, of the packages around them, and the data beside them."""
    packages = set()
    for module in modules:
        path = ROOT.joinpath(*module.split("."))
        packages |= {path, *path.parents} if path.is_dir() else set(path.parents)
        if not path.is_dir():
            yield path.with_suffix(".py")
    for package in packages:
        if ROOT in package.parents:
            yield package / "__init__.py"
            yield from package.glob("*.json")


def _install(layer: str, architecture: Architecture, target: Path) -> None:
    """Install the locked packages for Lambda's platform, checked by their hashes."""
    target.mkdir(parents=True)
    requirements = target.parent / "requirements.txt"
    requirements.write_text(_without_provided((ROOT / "requirements" / f"{layer}.txt").read_text()))
    command = [
        find_uv_bin(),
        *("pip", "install", "--quiet", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--link-mode", "copy"),
        *("--python-platform", _PLATFORMS[architecture], "--python-version", _PYTHON),
        *("--target", str(target), "--requirements", str(requirements)),
    ]
    _run(command, f"the packages of requirements/{layer}.txt could not be installed")
    requirements.unlink()


def _without_provided(lock: str) -> str:
    """Leave out what Lambda brings; a requirement is a line and the indented ones after it."""
    entries = re.split(r"^(?=[\w-]+==)", lock, flags=re.MULTILINE)
    return "".join(entry for entry in entries if entry.partition("==")[0] not in PROVIDED)


def _strip(packages: Path) -> None:
    """Remove what no function reads: commands, tests, notes of the installer, other services."""
    shutil.rmtree(packages / "bin", ignore_errors=True)
    for pattern in ("**/tests", "*.dist-info/sboms"):
        for folder in list(packages.glob(pattern)):
            shutil.rmtree(folder)
    for name in ("INSTALLER", "RECORD", "REQUESTED", "uv_cache.json"):
        for path in packages.glob(f"*.dist-info/{name}"):
            path.unlink()
    (packages / ".lock").unlink(missing_ok=True)
    for document in (packages / _DISCOVERY_DOCUMENTS).glob("*"):
        if document.name not in _KEPT_DOCUMENTS:
            document.unlink()


def _compile(folder: Path, mounted_at: str) -> None:
    """Compile for Lambda's Python; tracebacks name the place where Lambda has the files.

    One process, in one order, with one hash seed: the bytecode is the same every time.
    """
    command = [
        find_uv_bin(),
        *("run", "--quiet", "--no-project", "--python", _PYTHON),
        *("python", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(folder), "-p", mounted_at, str(folder)),
    ]
    _run(command, f"Python {_PYTHON} could not compile {folder.name}")


def _run(command: list[str], failure: str) -> None:
    environment = os.environ | {"PYTHONHASHSEED": "0"}  # noqa: TID251 - handed on, not read
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigurationError(f"{failure}: {(done.stderr or done.stdout).strip()}")


def _zip(folder: Path, target: Path) -> str:
    """Pack a folder and return the SHA-256 of the zip in base64."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in _files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _DATE)
            entry.external_attr = _READ_ONLY
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return base64.b64encode(hashlib.sha256(target.read_bytes()).digest()).decode()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _describe(result: Build, layers: dict[str, str], dist: Path) -> None:
    """Write what Terraform needs to know."""
    functions = {
        each.name: {"file": each.file, "sha256": each.sha256, "layers": [layers[each.name]]}
        for each in result.functions
    }
    described = {
        "architecture": result.architecture,
        "functions": functions,
        "layers": {each.name: {"file": each.file, "sha256": each.sha256} for each in result.layers},
    }
    (dist / "build.json").write_text(json.dumps(described, indent=2) + "\n")


def print_build(architecture: Architecture = "arm64", dist: Path = DIST) -> int:
    """Build, print what everything weighs, and return 1 if something is over its budget."""
    from rich.console import Console  # noqa: PLC0415 - only where something is shown
    from rich.table import Table  # noqa: PLC0415

    result = build(architecture, dist)
    table = Table("", "size", "budget", "sha256", title=f"Python {_PYTHON}, {architecture}")
    for kind, artifacts in (("function", result.functions), ("layer", result.layers)):
        for each in artifacts:
            table.add_row(f"{kind} {each.name}", _kb(each.size), _kb(each.budget), each.sha256[:12])
    console = Console()
    console.print(table)
    console.print(f"Functions are weighed as zips, layers unzipped. In {dist}.")
    for each in result.over_budget:
        console.print(f"[red]{each.name} is {_kb(each.size - each.budget)} over its budget")
    return 1 if result.over_budget else 0


def _kb(size: int) -> str:
    return f"{size / 1024:,.0f} kB"
