"""The record that `paypulse extract` prints for a document.

Its form is the "Result format" of the samples, by which accuracy is measured.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ingestion.parsing.hyresavi import HyresaviParser
from paypulse.rental import RentLineKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from paypulse.money import Money
    from paypulse.ports.gmail import RentNoticeParser
    from paypulse.receipts import Leg, Receipt, ReceiptItem, ReceiptReading
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


def extract_mail(
    file: str, content: bytes, read: Callable[[bytes], ReceiptReading] | None = None
) -> dict[str, Any]:
    """Return the record of one order mail, ready for JSON.

    Args:
        file: The path as given.
        content: The message, RFC 5322.
        read: The reading to use; the offline one by default.

    Returns:
        `file, kind, outcome, documentType, fields, items, details, flags, status`; amounts in units
        of the currency, `fields` None for a mail that is no receipt. `flags` are the warnings and
        what else was noticed.
    """
    from ingestion.parsing.receipts.reader import read_receipt

    reading = (read or read_receipt)(content)
    receipt = reading.receipt
    flags = {signal.value for signal in reading.signals}
    if receipt is not None:
        flags |= {warning.value.lower() for warning in receipt.warnings}
    return {
        "file": file,
        "kind": "retail_email",
        "outcome": reading.outcome.value,
        "documentType": receipt.document_type.value if receipt else None,
        "fields": _to_receipt_fields(receipt) if receipt else None,
        "items": [_to_item(item) for item in (receipt.items if receipt else ())],
        "details": _to_details(receipt) if receipt else {},
        "flags": sorted(flags),
        "status": receipt.status.value if receipt else None,
    }


def _to_receipt_fields(receipt: Receipt) -> dict[str, Any]:
    return {
        "vendor": receipt.vendor,
        "category": receipt.category.value,
        "orderNumber": receipt.order_number,
        "orderDate": receipt.ordered_on.isoformat() if receipt.ordered_on else None,
        "currency": receipt.currency,
        "total": _to_units(receipt.total),
        "tax": _to_units(receipt.tax),
        "shipping": _to_units(receipt.shipping),
        "discount": _to_units(receipt.discount),
    }


def _to_item(item: ReceiptItem) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": item.name,
        "quantity": _to_number(item.quantity),
        "unitPrice": _to_units(item.unit_price),
        "total": _to_units(item.total),
    }
    extras = {
        "size": item.size,
        "color": item.color,
        "serial": item.serial,
        "warranty": item.warranty,
    }
    return record | {name: value for name, value in extras.items() if value is not None}


def _to_details(receipt: Receipt) -> dict[str, Any]:
    details = receipt.details
    days = {
        "nextBillingDate": details.next_billing_on,
        "periodStart": details.period_start,
        "periodEnd": details.period_end,
        "dueDate": details.due_on,
    }
    kwh = details.consumption_kwh
    record: dict[str, Any] = {
        "restaurant": details.restaurant,
        "serviceFee": _to_units(details.service_fee),
        "tip": _to_units(details.tip),
        "plan": details.plan,
        "billingPeriod": details.billing_period,
        **{name: day.isoformat() if day else None for name, day in days.items()},
        "deposit": _to_units(details.deposit),
        "consumptionKwh": None if kwh is None else _to_number(kwh),
        "ocr": details.ocr,
        "bookingReference": details.booking_reference,
        "legs": [_to_leg(leg) for leg in details.legs] or None,
        "passengers": list(details.passengers) or None,
    }
    return {name: value for name, value in record.items() if value is not None}


def _to_leg(leg: Leg) -> dict[str, Any]:
    return {
        "number": leg.number,
        "from": leg.origin,
        "to": leg.destination,
        "departure": leg.departure,
        "arrival": leg.arrival,
    }


def _to_units(money: Money | None) -> int | float | None:
    return None if money is None else _to_kronor(money)


def _to_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


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
