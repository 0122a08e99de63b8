"""The record that `paypulse extract` prints for a document.

Its form is the "Result format" of the samples, by which accuracy is measured.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ingestion.parsing.hyresavi import HyresaviParser
from paypulse.rental import RentLineKind

if TYPE_CHECKING:
    from paypulse.money import Money
    from paypulse.ports import RentNoticeParser
    from paypulse.rental import NoticeReading, RentNotice

_KIND_OF_FIELD = {
    "hyra": RentLineKind.RENT,
    "el": RentLineKind.ELECTRICITY,
    "kallvatten": RentLineKind.COLD_WATER,
    "varmvatten": RentLineKind.HOT_WATER,
}


def extract_notice(file: str, pdf: bytes, parse: RentNoticeParser | None = None) -> dict[str, Any]:
    """Return the record of one rent notice, ready for JSON.

    Args:
        file: The path as given; its stem becomes `fields["filename"]`.
        pdf: The file's bytes, whatever they are.
        parse: The parser to use.

    Returns:
        `file, kind, outcome, fields, items, details, flags, rows`; amounts in kronor, `fields`
        None and `rows` empty for the outcomes that keep no values.
    """
    reading = (parse or HyresaviParser())(pdf)
    return to_record(file, reading)


def to_record(file: str, reading: NoticeReading) -> dict[str, Any]:
    """Write a reading as the record of `file`."""
    notice = reading.notice
    return {
        "file": file,
        "kind": "rent_notice",
        "outcome": reading.outcome.value,
        "fields": None if notice is None else _to_fields(PurePath(file).stem, notice),
        "items": [],
        "details": {},
        "flags": sorted(flag.value for flag in reading.flags),
        "rows": [
            {"label": line.label, "amount": _to_kronor(line.amount)}
            for line in (notice.lines if notice else ())
        ],
    }


def _to_fields(stem: str, notice: RentNotice) -> dict[str, Any]:
    amounts = {field: _to_kronor(notice.amount_of(kind)) for field, kind in _KIND_OF_FIELD.items()}
    return {
        "dueDate": notice.due_on.isoformat(),
        "dueYear": notice.due_on.year,
        "dueMonth": notice.due_on.month,
        "totalAmount": _to_kronor(notice.total),
        "ocr": notice.ocr,
        **amounts,
        "moms": _to_kronor(notice.vat),
        "filename": stem,
    }


def _to_kronor(money: Money) -> int | float:
    """Write whole kronor as an int, others with their öre."""
    whole, ore = divmod(money.minor_units, 100)
    return whole if ore == 0 else money.minor_units / 100
