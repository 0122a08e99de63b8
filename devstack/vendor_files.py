"""The files in `vendor_configs/`, read and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devstack.ministack import client
from paypulse.aws.vendors import DynamoVendors
from paypulse.clock import utc_now
from paypulse.errors import ConfigurationError
from paypulse.push_vendors import Change, VendorFile, contested, push_vendors
from paypulse.vendors import parse_vendor

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parents[1] / "vendor_configs"
TABLE = "VendorConfig"


def read_folder(folder: Path = FOLDER) -> list[VendorFile]:
    """Read `<category>/<vendor_id>.json`, all of them, each with what is wrong with it.

    Raises:
        ConfigurationError: this is no folder.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"{folder} is no folder; --folder takes one like vendor_configs")
    files = sorted(folder.glob("*/*.json"), key=lambda file: (file.stem, file.parent.name))
    names = [file.stem for file in files]
    return contested([_read(file, twice=names.count(file.stem) > 1) for file in files])


def load_vendors(aws_url: str) -> None:
    """Bring the files into the table of an emulator; files that are gone are deactivated.

    Raises:
        ConfigurationError: a file is wrong; the message has a line for each.
    """
    store = DynamoVendors(TABLE, client("dynamodb", aws_url))
    pushed = push_vendors(read_folder(), store=store, clock=utc_now, deactivate_missing=True)
    failed = [each for each in pushed if each.change is Change.FAILED]
    if failed:
        raise ConfigurationError(
            "\n".join(f"vendor_configs: {each.vendor_id}: {each.reason}" for each in failed)
        )


def _read(file: Path, *, twice: bool) -> VendorFile:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        return VendorFile(file.stem, {}, (f"cannot be opened: {error.strerror}",))
    except ValueError as error:
        return VendorFile(file.stem, {}, (f"is no JSON: {error}",))
    if not isinstance(record, dict):
        return VendorFile(file.stem, {}, ("is no JSON object",))
    problems = [*_schema_problems(record), *_name_problems(record, file)]
    if twice:
        problems.append("another category has a file of this name")
    return VendorFile(file.stem, record, tuple(dict.fromkeys(problems)))


def _name_problems(record: dict[str, Any], file: Path) -> list[str]:
    problems = []
    if record.get("vendor_id") != file.stem:
        problems.append(f"vendor_id must be the file's name, {file.stem}")
    if record.get("invoice_sub_type") != file.parent.name:
        problems.append(f"invoice_sub_type must be the folder's name, {file.parent.name}")
    return problems


def _schema_problems(record: dict[str, Any]) -> list[str]:
    """Return what the schema says, and what the functions would say where it says nothing."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 60 ms

    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    problems = [
        f"{_place(error.absolute_path)}{error.message}"
        for error in sorted(Draft202012Validator(schema).iter_errors(record), key=str)
    ]
    if not problems:
        try:
            parse_vendor(record)
        except ValueError as error:
            problems.append(str(error))
    return problems


def _place(path: Sequence[str | int]) -> str:
    return f"{'.'.join(map(str, path))}: " if path else ""
