"""Terraform finds its provider in a mirror, and its owner keeps the last word."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.terraform_mirror import PROVIDER, configure, find_mirror


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "place" / "vendor" / "providers"
    (folder / PROVIDER).mkdir(parents=True)
    return folder


def told(folder: Path, environment: dict[str, str], mirror: Path | None) -> str:
    (file,) = configure(folder, environment, mirror).values()
    return Path(file).read_text()


def test_a_mirror_is_found_below_a_usual_place(mirror: Path, tmp_path: Path) -> None:
    assert find_mirror([tmp_path / "absent", tmp_path / "place"]) == mirror


def test_a_place_may_be_the_mirror_itself(mirror: Path) -> None:
    assert find_mirror([mirror]) == mirror


def test_a_folder_of_other_providers_is_no_mirror(tmp_path: Path) -> None:
    (tmp_path / "registry.terraform.io" / "hashicorp" / "random").mkdir(parents=True)

    assert find_mirror([tmp_path]) is None


def test_the_mirror_serves_the_provider_and_the_registry_the_rest(
    mirror: Path, tmp_path: Path
) -> None:
    text = told(tmp_path, {"TF_CLI_CONFIG_FILE": str(tmp_path / "absent")}, mirror)

    assert f'filesystem_mirror {{\n    path    = "{mirror}"' in text
    assert f'direct {{\n    exclude = ["{PROVIDER}"]' in text


def test_a_configuration_that_is_named_but_absent_is_no_error(tmp_path: Path) -> None:
    assert told(tmp_path, {"TF_CLI_CONFIG_FILE": str(tmp_path / "absent")}, None) == ""


def test_what_the_owner_has_configured_is_kept(mirror: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("disable_checkpoint = true\n")

    text = told(tmp_path, {"TF_CLI_CONFIG_FILE": str(own)}, mirror)

    assert text.startswith("disable_checkpoint = true\n")
    assert str(mirror) in text


def test_the_owner_decides_where_providers_come_from(mirror: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text('provider_installation {\n  network_mirror { url = "https://m.example/" }\n}\n')

    assert told(tmp_path, {"TF_CLI_CONFIG_FILE": str(own)}, mirror) == own.read_text()
