"""`paypulse extract`: documents from files to the terminal."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from devstack.tables import make_console
from devstack.vendor_files import read_folder
from ingestion.parsing.extract import extract_mail, extract_notice
from ingestion.parsing.receipts.message import read_message
from ingestion.parsing.receipts.reader import KnownVendor, read_receipt_mail
from paypulse.vendors import find_sender, find_vendor, parse_vendor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingestion.parsing.receipts.message import MailText
    from paypulse.receipts import ReceiptReading
    from paypulse.vendors import VendorConfig

_COLUMNS = {
    "rent_notice": ("dueDate", "totalAmount", "hyra", "moms", "ocr"),
    "retail_email": ("vendor", "category", "orderNumber", "orderDate", "currency", "total"),
}


def print_all(files: Sequence[Path], output: str) -> int:
    """Print a record for every file and return the exit code.

    Args:
        files: What to read.
        output: "jsonl" or "table".

    Returns:
        0 when every file got an outcome, 1 when one could not be opened.
    """
    unopened: list[Path] = []
    records = _records(files, unopened)
    if output == "table":
        found = list(records)
        for kind, columns in _COLUMNS.items():
            if of_kind := [record for record in found if record["kind"] == kind]:
                make_console().print(_table(of_kind, columns))
    else:
        for record in records:
            print(json.dumps(record, ensure_ascii=False), flush=True)
    return 1 if unopened else 0


def _records(files: Sequence[Path], unopened: list[Path]) -> Iterator[dict[str, Any]]:
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            print(f"paypulse: cannot open {file}: {error.strerror}", file=sys.stderr)
            unopened.append(file)
            continue
        if file.suffix.lower() == ".eml":
            yield extract_mail(str(file), content, read_as_deployed)
        else:
            yield extract_notice(str(file), content)


def _table(records: list[dict[str, Any]], columns: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", no_wrap=True)
    for heading in ("outcome", *columns):
        table.add_column(heading, no_wrap=True)
    for record in records:
        fields = record["fields"] or {}
        values = ("" if fields.get(name) is None else str(fields[name]) for name in columns)
        table.add_row(Path(record["file"]).name, record["outcome"], *values)
    return table


@cache
def _vendors() -> tuple[VendorConfig, ...]:
    return tuple(parse_vendor(file.record) for file in read_folder() if not file.problems)


def read_as_deployed(content: bytes) -> ReceiptReading:
    """Read a mail as the function does: a vendor that has a file names itself and its category."""
    mail = read_message(content)
    return read_receipt_mail(mail, known=known_vendor(mail))


def known_vendor(mail: MailText) -> KnownVendor | None:
    """Return the vendor in `vendor_configs/` whose mail it is."""
    vendor = find_vendor(_vendors(), mail.sender, mail.subject)
    vendor = vendor or find_sender(_vendors(), mail.sender)
    return KnownVendor(vendor.vendor_name, vendor.category, vendor.hints) if vendor else None
