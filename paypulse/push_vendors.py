"""Bring the vendors' files into the table VendorConfig; pushing again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from paypulse.clock import to_text
from paypulse.errors import ConfigurationError, TransientError
from paypulse.vendors import contested_by, parse_vendor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from paypulse.ports.clock import Clock
    from paypulse.ports.invoices import VendorStore
    from paypulse.vendors import VendorConfig

# Written by the push itself, so they are no difference between a file and its row.
_TIMES = {"created_at", "updated_at"}


@dataclass(frozen=True, slots=True)
class VendorFile:
    """A vendor's configuration in a file, and what is wrong with it."""

    vendor_id: str  # the file's name
    record: Mapping[str, Any]  # empty when the file is no JSON object
    problems: tuple[str, ...] = ()


class Change(StrEnum):
    """What a push did to a vendor's row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DEACTIVATED = "deactivated"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PushedVendor:
    """A vendor and what became of its row."""

    vendor_id: str
    change: Change
    reason: str = ""  # of a failure


@dataclass(frozen=True, slots=True)
class _Step:
    vendor_id: str
    change: Change
    row: Mapping[str, Any]
    reason: str = ""


def push_vendors(
    files: Sequence[VendorFile],
    *,
    store: VendorStore,
    clock: Clock,
    deactivate_missing: bool = False,
    dry_run: bool = False,
) -> Iterator[PushedVendor]:
    """Write what differs, one vendor at a time, and yield what became of each.

    A file with a problem leaves its row as it is, and keeps none of the others waiting. No row is
    ever removed: invoices refer to it.

    Args:
        files: All that there are, sound or not.
        store: The table.
        clock: For `created_at` and `updated_at`.
        deactivate_missing: Deactivate the rows whose file is gone; else they stay as they are.
        dry_run: Write nothing, yield what would happen.

    Raises:
        ConfigurationError: the table cannot be read, or there are no files at all.
    """
    if not files:
        raise ConfigurationError("there are no vendor files; name their folder with --folder")
    rows = {row["vendor_id"]: row for row in store.rows()}
    gone = [rows[key] for key in sorted(rows.keys() - {file.vendor_id for file in files})]
    steps = [_step(file, rows.get(file.vendor_id)) for file in files]
    if deactivate_missing:
        steps += [
            _Step(row["vendor_id"], Change.DEACTIVATED, {**row, "active": False})
            for row in gone
            if row.get("active") is not False
        ]
    else:
        steps = [_uncontested(step, gone) for step in steps]
    now = to_text(clock())
    for step in steps:
        reason = step.reason
        if step.change not in (Change.FAILED, Change.UNCHANGED) and not dry_run:
            created = rows.get(step.vendor_id, {}).get("created_at", now)
            reason = _write(store, {**step.row, "created_at": created, "updated_at": now})
        yield PushedVendor(step.vendor_id, Change.FAILED if reason else step.change, reason)


def contested(files: Sequence[VendorFile]) -> list[VendorFile]:
    """Return the files, each with what else keeps its vendor from its own mails."""
    vendors = {file.vendor_id: parse_vendor(file.record) for file in files if not file.problems}
    found = []
    for file in files:
        rivals = (
            contested_by(vendors[file.vendor_id], vendors.values()) if not file.problems else ()
        )
        problems = (f"its mails are claimed by {', '.join(rivals)} too",) if rivals else ()
        found.append(VendorFile(file.vendor_id, file.record, (*file.problems, *problems)))
    return found


def _step(file: VendorFile, row: Mapping[str, Any] | None) -> _Step:
    if file.problems:
        return _Step(file.vendor_id, Change.FAILED, {}, "; ".join(file.problems))
    record = {key: value for key, value in file.record.items() if key != "$schema"}
    if row is None:
        return _Step(file.vendor_id, Change.CREATED, record)
    if record == {key: value for key, value in row.items() if key not in _TIMES}:
        return _Step(file.vendor_id, Change.UNCHANGED, record)
    stopped = record.get("active") is False and row.get("active") is not False
    return _Step(file.vendor_id, Change.DEACTIVATED if stopped else Change.UPDATED, record)


def _uncontested(step: _Step, gone: Sequence[Mapping[str, Any]]) -> _Step:
    """Fail a vendor whose mails a row without a file would claim too: neither would get them."""
    if step.change is Change.FAILED:
        return step
    rivals = contested_by(parse_vendor(step.row), _readable(gone))
    if not rivals:
        return step
    reason = (
        f"its mails are claimed by {', '.join(rivals)} too, which the table alone knows;"
        " push with --deactivate-missing"
    )
    return _Step(step.vendor_id, Change.FAILED, {}, reason)


def _readable(rows: Sequence[Mapping[str, Any]]) -> Iterator[VendorConfig]:
    for row in rows:
        try:
            yield parse_vendor(row)
        except ValueError:
            continue  # a broken row claims nothing


def _write(store: VendorStore, row: Mapping[str, Any]) -> str:
    """Write a row and return why it could not be."""
    try:
        store.put(row)
    except (ConfigurationError, TransientError) as error:
        return str(error)
    return ""
