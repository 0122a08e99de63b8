"""Terraform's command line, run in a copy: nothing is written beside the configuration."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devstack.build import FOLDERS
from devstack.manifest import load_stack
from devstack.terraform_mirror import configure, find_mirror
from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
# What the configuration reads outside its own folder.
_READS = ("paypulse/stack.yaml", "schema.graphql")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_QUIET = {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}


@dataclass(frozen=True, slots=True)
class Terraform:
    """The configuration, copied into a folder with its state.

    Args:
        folder: Where to work; made when it is not there.
        program: `terraform`, or a program that stands in for it.
        variables: Of the configuration.
        environment: Added to this process's.
    """

    folder: Path
    program: str = "terraform"
    variables: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def prepare(self, dist: Path | None = None) -> None:
        """Copy the configuration, what it reads, and a build; an invented one if none is given."""
        local = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars")
        shutil.copytree(ROOT / "terraform", self._root, ignore=local, dirs_exist_ok=True)
        if dist:
            shutil.copytree(dist, self.folder / "dist", dirs_exist_ok=True)
        else:
            _invent_build(self.folder / "dist")
        for name in _READS:
            target = self.folder / name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(ROOT / name, target)
        variables = self._root / "terraform.tfvars.json"
        variables.write_text(json.dumps(dict(self.variables)))

    def run(self, *arguments: str) -> str:
        """Run a command and return what it printed.

        Raises:
            ConfigurationError: it failed; the message ends with what it said.
        """
        done = self._start(*arguments)
        if done.returncode:
            said = _COLOUR.sub("", done.stdout + done.stderr).strip()[-4000:]
            raise ConfigurationError(f"{self.program} {' '.join(arguments)} failed:\n{said}")
        return done.stdout

    def changes(self) -> dict[str, dict[str, Any]]:
        """Plan, and return what would change: address to its attributes before and after."""
        self.run("plan", "-input=false", "-out=changes")
        plan = json.loads(self.run("show", "-json", "changes"))
        return {
            each["address"]: each["change"]
            for each in plan["resource_changes"]
            if each["change"]["actions"] != ["no-op"] and each["mode"] == "managed"
        }

    def outputs(self) -> dict[str, Any]:
        """Return the values of the outputs."""
        answer = json.loads(self.run("output", "-json"))
        return {name: output["value"] for name, output in answer.items()}

    @property
    def _root(self) -> Path:
        return self.folder / "terraform"

    def _start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [self.program, f"-chdir={self._root}", *arguments]
        inherited = dict(os.environ)  # noqa: TID251 - handed on
        providers = configure(self.folder.resolve(), inherited, find_mirror())
        try:
            return subprocess.run(
                command,
                env={**inherited, **providers, **_QUIET, **self.environment},
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError as error:
            raise ConfigurationError(
                f"{self.program} cannot be run ({error.strerror}): install Terraform 1.11 or newer,"
                " or name the program in the environment variable TERRAFORM"
            ) from None


def _invent_build(dist: Path) -> None:
    """Write what a plan needs to know of a build, without building."""
    functions = load_stack().functions
    described = {
        "architecture": "arm64",
        "layers": {layer: _invented_zip(dist, layer) for layer in FOLDERS},
        "functions": {
            name: {**_invented_zip(dist, name), "layers": [function.module.partition(".")[0]]}
            for name, function in functions.items()
        },
    }
    (dist / "build.json").write_text(json.dumps(described))


def _invented_zip(dist: Path, name: str) -> dict[str, Any]:
    dist.mkdir(parents=True, exist_ok=True)
    (dist / f"{name}.zip").touch()
    return {"file": f"{name}.zip", "sha256": "none"}


def main() -> None:
    """Tell whether Terraform and its provider can be had: exit code 0, or 1 and why not.

    For those who would rather skip its checks than fail: `python -m devstack.terraform [PROGRAM]`.
    """
    *_, program = ("terraform", *sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="paypulse-terraform-") as folder:
        terraform = Terraform(Path(folder), program)
        terraform.prepare()
        try:
            terraform.run("init", "-backend=false", "-input=false")
        except ConfigurationError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
