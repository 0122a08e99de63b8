"""The vendors of `vendor_configs`, for commands that read mails from files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.message import read_message
from ingestion.parsing.receipts.reader import KnownVendor, read_receipt
from paypulse.vendors import find_vendor, parse_vendor

if TYPE_CHECKING:
    from paypulse.receipts import ReceiptReading
    from paypulse.vendors import VendorConfig

FOLDER = Path(__file__).parents[1] / "vendor_configs"


@cache
def load_vendors() -> tuple[VendorConfig, ...]:
    """Return every vendor that has a file."""
    files = sorted(FOLDER.glob("*/*.json"))
    return tuple(parse_vendor(json.loads(file.read_text(encoding="utf-8"))) for file in files)


def read_as_deployed(content: bytes) -> ReceiptReading:
    """Read a mail as the function does: a vendor that has a file names itself and its category."""
    mail = read_message(content)
    vendor = find_vendor(load_vendors(), mail.sender, mail.subject)
    known = KnownVendor(vendor.vendor_name, vendor.category) if vendor else None
    return read_receipt(content, known=known)
