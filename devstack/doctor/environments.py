"""Whether what is installed is what the lock files say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from devstack.doctor.findings import Finding, ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment below the project's folder, and the lock file that it is made from."""

    folder: str
    lock: str
    needed_for: str = ""  # "" where `make run` or `make test` need it
    remedy: str = ""


ENVIRONMENTS = (
    Environment(".venv", "requirements/dev.txt", remedy="rm -f .venv/.ready && make setup"),
    Environment(
        ".venv-ministack",
        "requirements/ministack.txt",
        remedy="rm -f .venv-ministack/.ready && make setup",
    ),
    Environment(
        ".venv-checkov",
        "requirements/checkov.txt",
        "make check-terraform",
        "rm -f .venv-checkov/.ready && make .venv-checkov/.ready",
    ),
)


def check_environments(root: Path) -> list[Finding]:
    """Compare the Python environments of a project's folder with their lock files."""
    return [_check(root, each) for each in ENVIRONMENTS]


def _check(root: Path, environment: Environment) -> Finding:
    wanted = locked(root / environment.lock)
    sites = list((root / environment.folder).glob("lib/python*/site-packages"))
    if not sites:
        found = "is not there"
    elif differences := _differences(wanted, installed(sites[0])):
        found = f"is not what {environment.lock} says: {_listed(differences)}"
    else:
        return ok(environment.folder, f"{len(wanted)} packages, as in {environment.lock}")
    if environment.needed_for:
        found = f"{found}; only {environment.needed_for} needs it"
        return warning(environment.folder, found, environment.remedy)
    return problem(environment.folder, found, environment.remedy)


def locked(file: Path) -> dict[str, str]:
    """Return the versions that a lock file names for this machine."""
    requirements = [
        Requirement(line.rstrip("\\ "))
        for line in file.read_text().splitlines()
        if line and not line.startswith(("#", " ", "-"))
    ]
    return {
        canonicalize_name(each.name): next(iter(each.specifier)).version
        for each in requirements
        if each.marker is None or each.marker.evaluate()
    }


def installed(site: Path) -> dict[str, str]:
    """Return the versions in a folder of packages."""
    return {
        canonicalize_name(each.metadata["Name"]): each.version
        for each in distributions(path=[str(site)])
    }


def _differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    return [
        f"{name} {found.get(name, 'is missing')} instead of {version}"
        for name, version in sorted(wanted.items())
        if found.get(name) != version
    ]


def check_packages_of_page(folder: Path) -> Finding:
    """Compare GraphiQL's npm packages with their lock file."""
    what, remedy = "GraphiQL's page", f"npm ci --ignore-scripts --prefix {folder}"
    try:
        wanted = _npm_versions(folder / "package-lock.json")
        found = _npm_versions(folder / "node_modules" / ".package-lock.json")
    except OSError:
        return warning(what, "its packages are not installed; the API works without", remedy)
    if differences := _differences(wanted, found):
        return warning(what, f"is not what its lock file says: {_listed(differences)}", remedy)
    return ok(what, f"{len(wanted)} packages, as in its lock file")


def _npm_versions(file: Path) -> dict[str, str]:
    packages: dict[str, Any] = json.loads(file.read_text())["packages"]
    return {
        name: each["version"]
        for name, each in packages.items()
        if name and not each.get("optional") and "version" in each
    }


def _listed(differences: list[str]) -> str:
    more = len(differences) - _SHOWN
    return ", ".join(differences[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
