"""`paypulse vendors`: what the folder and the table say, and the way from one to the other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rich.markup import escape

from devstack import tables
from devstack.vendor_files import read_folder
from paypulse.aws.vendors import DynamoVendors
from paypulse.clock import utc_now
from paypulse.errors import ConfigurationError
from paypulse.push_vendors import Change, push_vendors
from paypulse.vendors import parse_vendor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from paypulse.push_vendors import PushedVendor, VendorFile

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_COLORS = {
    Change.CREATED: "green",
    Change.UPDATED: "green",
    Change.UNCHANGED: "dim",
    Change.DEACTIVATED: "yellow",
    Change.FAILED: "red",
}

console = tables.make_console()


def check(folder: Path) -> int:
    """Print what is wrong with the files, and return the exit code."""
    files = read_folder(folder)
    wrong = _print_problems(files)
    counts = Counter(str(file.record.get("invoice_sub_type")) for file in files)
    told = ", ".join(f"{count} {category}" for category, count in sorted(counts.items()))
    console.print(f"{len(files)} vendors, {wrong} with problems: {told or 'none'}", soft_wrap=True)
    return 1 if wrong or not files else 0


def push(
    folder: Path, store: DynamoVendors, *, deactivate_missing: bool = False, dry_run: bool = False
) -> int:
    """Bring the files into the table, print what changed, and return the exit code."""
    pushed: list[PushedVendor] = []
    for each in push_vendors(
        read_folder(folder),
        store=store,
        clock=utc_now,
        deactivate_missing=deactivate_missing,
        dry_run=dry_run,
    ):
        pushed.append(each)
        if each.change is not Change.UNCHANGED:
            _print_line(each.change, each.vendor_id, each.reason)
    counts = Counter(each.change for each in pushed)
    told = ", ".join(f"{counts[change]} {change}" for change in Change)
    console.print(f"{'would be: ' if dry_run else ''}{told}", soft_wrap=True)
    return 1 if counts[Change.FAILED] else 0


def list_table(store: DynamoVendors) -> int:
    """Print the table's rows, and return the exit code: 1 when one cannot be read."""
    return _print_table(store.rows())


def list_folder(folder: Path) -> int:
    """Print the folder's files, and return the exit code: 1 when one cannot be read."""
    return _print_table([{"vendor_id": f.vendor_id, **f.record} for f in read_folder(folder)])


def open_store(table: str, endpoint_url: str | None, region: str | None) -> DynamoVendors:
    """Return the table: of AWS, by the usual settings, or of an emulator on this machine.

    Raises:
        ConfigurationError: there are no credentials, or no region.
    """
    if endpoint_url and urlsplit(endpoint_url).hostname in _LOOPBACK:
        from devstack.ministack import client  # noqa: PLC0415 - boto3 is 140 ms

        return DynamoVendors(table, client("dynamodb", endpoint_url))
    import boto3  # noqa: PLC0415 - as above

    session = boto3.Session(region_name=region)
    if not session.region_name or session.get_credentials() is None:
        raise ConfigurationError(
            "AWS credentials and a region are needed: set AWS_PROFILE and --region, or name the"
            " dev stack's AWS with --endpoint-url http://127.0.0.1:4001"
        )
    return DynamoVendors(table, session.client("dynamodb", endpoint_url=endpoint_url))


def _print_problems(files: Iterable[VendorFile]) -> int:
    wrong = [file for file in files if file.problems]
    for file in wrong:
        for problem in file.problems:
            _print_line(Change.FAILED, file.vendor_id, problem)
    return len(wrong)


def _print_line(change: Change, vendor_id: str, reason: str = "") -> None:
    color = _COLORS[change]
    text = f"[{color}]{change:<12}[/{color}] {escape(vendor_id)}"
    console.print(f"{text}: {escape(reason)}" if reason else text, soft_wrap=True)


def _print_table(rows: Sequence[Mapping[str, Any]]) -> int:
    readable: list[tuple[str, ...]] = []
    broken: list[tuple[str, str]] = []
    for row in rows:
        try:
            vendor = parse_vendor(row)
        except ValueError as error:
            broken.append((str(row["vendor_id"]), str(error)))
            continue
        senders = ", ".join(vendor.email_patterns)
        active = "yes" if vendor.active else "no"
        readable.append((vendor.category, vendor.vendor_id, vendor.vendor_name, active, senders))
    console.print(tables.vendors(sorted(readable)))
    for vendor_id, reason in sorted(broken):
        _print_line(Change.FAILED, vendor_id, reason)
    console.print(f"{len(rows)} vendors, {len(broken)} of them cannot be read and are passed over")
    return 1 if broken else 0
