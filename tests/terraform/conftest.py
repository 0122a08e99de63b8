"""Terraform for these tests: the program that the environment variable TERRAFORM names.

`make test` has none and skips them; `make check-terraform` and `make test-terraform` set it.
"""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import pytest

from devstack.build import Architecture, build
from devstack.terraform import Terraform

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def program() -> str:
    """Terraform's program."""
    name = os.environ.get("TERRAFORM")  # noqa: TID251 - the tests' own setting
    if not name:
        pytest.skip("make check-terraform and make test-terraform run it")
    return name


@pytest.fixture(scope="session")
def dist(program: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build for this machine's processor."""
    folder = tmp_path_factory.mktemp("dist")
    architecture: Architecture = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    build(architecture, folder)
    return folder


@pytest.fixture(scope="session")
def configuration(program: str, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """The configuration, initialised, with an invented build."""
    terraform = Terraform(tmp_path_factory.mktemp("terraform"), program)
    terraform.prepare()
    terraform.run("init", "-backend=false", "-input=false")
    return terraform
