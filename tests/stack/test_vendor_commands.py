"""`paypulse vendors`, as processes: from a folder to a table and back."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from devstack.manifest import load_stack
from devstack.resources import _table_request
from devstack.vendor_files import FOLDER
from tests.factories import make_vendor_record
from tests.stack.test_commands import paypulse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Aws


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The repository's folder, free to change."""
    return shutil.copytree(FOLDER, tmp_path / "vendor_configs")


@pytest.fixture
def table(aws: Aws, user_id: str) -> tuple[str, ...]:
    """The options that name an empty table."""
    name = f"VendorConfig-{user_id}"
    request = _table_request(name, load_stack().tables["VendorConfig"])
    aws.client("dynamodb").create_table(**request)
    return ("--table", name, "--endpoint-url", aws.url)


def add(folder: Path, place: str, **changes: object) -> None:
    record = make_vendor_record("lampan", invoice_sub_type="technology") | changes
    (folder / place).write_text(json.dumps({"$schema": "../schema.json"} | record))


def test_files_of_the_repository_are_sound() -> None:
    result = paypulse("vendors", "check")

    assert result.returncode == 0, result.stdout
    assert re.match(r"\d+ vendors, 0 with problems: .*11 travel", result.stdout)


@pytest.mark.parametrize(
    ("place", "changes", "told"),
    [
        ("technology/lampan.json", {"active": "yes"}, "lampan: active: 'yes' is not of type"),
        ("technology/lampan.json", {"parser": "html"}, "lampan: .*'parser' was unexpected"),
        ("technology/lampan.json", {"vendor_id": "lampa"}, "must be the file's name, lampan"),
        ("clothing/lampan.json", {}, "must be the folder's name, clothing"),
        ("travel/coop.json", {}, "another category has a file of this name"),
        (
            "technology/lampan.json",
            {"email_patterns": ["noreply@cdon.com"]},
            "lampan: its mails are claimed by cdon too",
        ),
    ],
)
def test_check_names_the_file_and_what_is_wrong(
    folder: Path, place: str, changes: dict[str, object], told: str
) -> None:
    add(folder, place, **changes)

    result = paypulse("vendors", "check", "--folder", folder)

    assert result.returncode == 1
    assert re.search(told, result.stdout)


def test_check_names_a_file_that_is_no_json_and_checks_the_rest(folder: Path) -> None:
    (folder / "travel" / "omio.json").write_text("{,}")
    add(folder, "technology/lampan.json", active="yes")

    result = paypulse("vendors", "check", "--folder", folder)

    assert result.returncode == 1
    assert "omio: is no JSON" in result.stdout
    assert ", 2 with problems" in result.stdout


def test_folder_that_is_none_is_told_in_a_line(tmp_path: Path) -> None:
    result = paypulse("vendors", "check", "--folder", tmp_path / "absent")

    assert result.returncode == 1
    assert re.fullmatch(r"paypulse: .*absent is no folder; .*\n", result.stderr)


def test_push_updates_deactivates_and_lists(folder: Path, table: tuple[str, ...]) -> None:
    def push(*options: str) -> str:
        result = paypulse("vendors", "push", "--folder", folder, *table, *options)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    count = len(list(folder.glob("*/*.json")))
    nothing = f"0 created, 0 updated, {count} unchanged, 0 deactivated, 0 failed\n"

    assert push("--dry-run").endswith(
        f"would be: {count} created, 0 updated, 0 unchanged, 0 deactivated, 0 failed\n"
    )
    assert f"{count} created, 0 updated" in push()
    assert push() == nothing
    add(folder, "technology/lampan.json")
    assert "created      lampan\n1 created" in push()
    add(folder, "technology/lampan.json", vendor_name="Lampan AB")
    assert "updated      lampan\n0 created, 1 updated" in push()
    (folder / "technology" / "lampan.json").unlink()
    assert push() == nothing
    assert "deactivated  lampan\n" in push("--deactivate-missing")
    listed = paypulse("vendors", "list", *table)
    assert listed.returncode == 0
    assert re.search(r"technology +lampan +Lampan AB +no +order@lampan\.example", listed.stdout)
    assert re.search(r"clothing +jack&jones +Jack & Jones +yes", listed.stdout)


def test_push_fails_for_the_broken_file_alone(folder: Path, table: tuple[str, ...]) -> None:
    add(folder, "technology/lampan.json", active="yes")

    result = paypulse("vendors", "push", "--folder", folder, *table)

    assert result.returncode == 1
    assert "failed       lampan: active: 'yes' is not of type 'boolean'" in result.stdout
    assert "0 deactivated, 1 failed" in result.stdout


def test_list_shows_a_row_that_cannot_be_read(aws: Aws, table: tuple[str, ...]) -> None:
    item = {"vendor_id": {"S": "trasig"}, "vendor_name": {"S": "Trasig"}}
    aws.client("dynamodb").put_item(TableName=table[1], Item=item)

    result = paypulse("vendors", "list", *table)

    assert result.returncode == 1
    assert "trasig: invoice_sub_type" in result.stdout


def test_list_shows_the_files(folder: Path) -> None:
    result = paypulse("vendors", "list", "--files", "--folder", folder)

    assert result.returncode == 0
    assert re.search(r"travel +ryanair +Ryanair +yes +itinerary@ryanair\.com", result.stdout)


@pytest.mark.parametrize("command", ["push", "list"])
def test_table_that_is_not_there_is_told_in_a_line(aws: Aws, command: str) -> None:
    result = paypulse("vendors", command, "--table", "Absent", "--endpoint-url", aws.url)

    assert result.returncode == 1
    assert re.fullmatch(r"paypulse: table Absent: .*ResourceNotFound.*\n", result.stderr)


@pytest.mark.parametrize("command", ["push", "list"])
def test_missing_credentials_are_told_in_a_line(command: str) -> None:
    result = paypulse("vendors", command)

    assert result.returncode == 1
    assert result.stderr.startswith("paypulse: AWS credentials and a region are needed: ")
    assert result.stderr.count("\n") == 1
