"""This machine: Python, MiniStack, ports, programs, the state folder, room on the disk."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from devstack.doctor.findings import Finding, ok, problem, warning
from devstack.ministack import MiniStack
from devstack.serving import free_port, listen
from devstack.terraform import Terraform
from devstack.terraform_mirror import find_mirror
from paypulse.errors import ConfigurationError

_PYTHON = (3, 12)
_NODE = 20
_TERRAFORM = (1, 11)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_MEGABYTE = 1_000_000
# A sample mailbox needs about 10 MB; a real one of ten years perhaps 1 GB.
_NEEDED_MB, _WISHED_MB = 200, 2_000
_PROGRAM_LIMIT_S = 20


def check_python(version: tuple[int, ...]) -> Finding:
    """Look at the interpreter that runs this."""
    shown = ".".join(map(str, version[:3]))
    if version[:2] < _PYTHON:
        return problem(
            "Python", f"{shown} is too old", "install Python 3.12 or newer, then make clean setup"
        )
    return ok("Python", shown)


def check_ministack() -> Finding:
    """Start it in a folder of its own, and stop it."""
    with tempfile.TemporaryDirectory(prefix="paypulse-doctor-") as folder:
        aws = MiniStack(Path(folder), free_port())
        began = time.monotonic()
        try:
            aws.start()
        except (ConfigurationError, OSError) as error:
            log = Path(folder) / "ministack.log"
            said = log.read_text(errors="replace").strip().splitlines() if log.is_file() else []
            found = f"does not start: {said[-1] if said else error}"
            return problem("MiniStack", found, "rm -f .venv-ministack/.ready && make setup")
        took = time.monotonic() - began
        aws.stop()
    return ok("MiniStack", f"starts in {took:.1f} s")


def check_ports(first: int) -> Finding:
    """Look whether `make run` finds its three ports free; or running already."""
    what, ports = "ports", range(first, first + 3)
    taken = [port for port in ports if not _is_free(port)]
    if not taken:
        return ok(what, f"{ports[0]} to {ports[-1]} are free")
    if first in taken and _is_dev_stack(first):
        return ok(what, f"PayPulse runs at http://127.0.0.1:{first}/")
    listed = ", ".join(map(str, taken))
    return problem(what, f"{listed} taken by another program", 'make run ARGS="--port 4100"')


def _is_free(port: int) -> bool:
    try:
        listen(port).close()
    except (ConfigurationError, OSError):
        return False
    return True


def _is_dev_stack(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/_graphiql/settings.json", timeout=2) as answer:
            return "endpoint" in json.loads(answer.read())
    except (OSError, ValueError):
        return False


def check_node(path: str | None = None) -> Finding:
    """Look for Node.js with npm, which only the page and the clients' tests need."""
    what, remedy = "Node.js", f"install Node.js {_NODE} or newer with npm, then make setup"
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if not node or not npm:
        missing = "npm" if node else "node"
        return warning(what, f"no {missing}: no GraphiQL page, no make test-clients", remedy)
    version = _said(node, "--version")
    if _numbers(version)[:1] < (_NODE,):
        return warning(what, f"{version or 'unknown version'} is too old for the page", remedy)
    return ok(what, version)


def check_chromium(path: str | None = None) -> Finding:
    """Look for a browser, which only one of the clients' tests needs."""
    for name in CHROMIUMS:
        if found := shutil.which(name, path=path):
            return ok("Chromium", found)
    return warning(
        "Chromium", "none: make test-clients skips the browser", "apt-get install chromium"
    )


def check_terraform(program: str, *, online: bool) -> list[Finding]:
    """Look for Terraform, and whether its provider can be had; only deploying needs them."""
    what = "Terraform"
    version = _said(program, "version", "-json")
    try:
        number = str(json.loads(version)["terraform_version"])
    except (ValueError, KeyError, TypeError):
        remedy = (
            "install Terraform 1.11 or newer: https://developer.hashicorp.com/terraform/install"
        )
        return [warning(what, f"no {program}: no make check-terraform, no deploying", remedy)]
    if _numbers(number)[:2] < _TERRAFORM:
        return [warning(what, f"{number} is too old", "install Terraform 1.11 or newer")]
    return [ok(what, number), _check_provider(program, online=online)]


def _check_provider(program: str, *, online: bool) -> Finding:
    what, mirror = "Terraform's AWS provider", find_mirror()
    if mirror is None and not online:
        remedy = "paypulse doctor --online asks the registry"
        return warning(what, "no mirror on this machine, and the registry was not asked", remedy)
    with tempfile.TemporaryDirectory(prefix="paypulse-doctor-") as folder:
        terraform = Terraform(Path(folder), program)
        terraform.prepare()
        try:
            terraform.run("init", "-backend=false", "-input=false")
        except ConfigurationError as error:
            said = str(error).strip().splitlines()
            remedy = "see docs/deploy.md, at its end: from where CI takes the provider"
            return warning(what, said[-1] if said else "cannot be had", remedy)
    return ok(what, f"from the mirror {mirror}" if mirror else "from the registry")


def check_state(folder: Path) -> Finding:
    """Look whether a state folder can be read, what it weighs, and who else may look into it."""
    what = str(folder)
    if not folder.exists():
        return ok(what, "not there yet; make run makes it")
    size = 0
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink() or not path.exists():  # a running stack takes files away
            continue
        if not os.access(path, os.R_OK | os.W_OK):
            return problem(what, f"{path} cannot be read and written", f"chown -R $USER {folder}")
        if path.parent.name == "state" and path.suffix == ".json" and not _is_json(path):
            remedy = f"rm -rf {folder}, or make run ARGS=--reset: what it holds is lost"
            return problem(what, f"{path} is damaged", remedy)
        size += path.lstat().st_size if path.is_file() else 0
    found = f"{size / _MEGABYTE:.0f} MB"
    if folder.stat().st_mode & 0o077:
        return warning(what, f"{found}, open to others on this machine", f"chmod 700 {folder}")
    return ok(what, found)


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_bytes())
    except (OSError, ValueError):
        return False
    return True


def check_disk(folder: Path) -> Finding:
    """Look at the room left where state is kept."""
    megabytes = shutil.disk_usage(folder.resolve()).free // _MEGABYTE
    found, remedy = f"{megabytes:,} MB free", f"make room on the disk of {folder.resolve()}"
    if megabytes < _NEEDED_MB:
        return problem("disk", found, remedy)
    return warning("disk", found, remedy) if megabytes < _WISHED_MB else ok("disk", found)


def _said(*command: str) -> str:
    """Return what a program printed; "" where it cannot be run."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PROGRAM_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
