from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from paypulse.mail import SenderAuthentication
from paypulse.money import Money
from paypulse.rental import NoticeOutcome, NoticeReading, ReadingFlag
from paypulse.rental_invoices import (
    InvoiceStatus,
    InvoiceWarning,
    find_warnings,
    name_invoice,
    name_namesake,
    payment_qr,
)
from tests.factories import (
    make_document,
    make_invoice,
    make_notice,
    make_reading,
    make_summary,
)

BEFORE = date(2025, 12, 30)


def test_a_clean_notice_has_no_warnings() -> None:
    earlier = make_summary(make_document(content=b"december"), due_on=BEFORE)

    warnings = find_warnings(make_reading(), make_document(), [earlier])

    assert warnings == ()


def test_a_changed_bankgiro_is_a_warning() -> None:
    earlier = make_summary(make_document(content=b"december"), due_on=BEFORE)

    warnings = find_warnings(make_reading(bankgiro="991-2346"), make_document(), [earlier])

    assert warnings == (InvoiceWarning.BANKGIRO_CHANGED,)


def test_bankgiro_is_compared_with_the_last_notice_before_only() -> None:
    long_ago = make_summary(
        make_document(content=b"2024"), due_on=date(2024, 1, 30), bankgiro="111-1111"
    )
    last = make_summary(make_document(content=b"december"), due_on=BEFORE)
    later = make_summary(
        make_document(content=b"later"), due_on=date(2026, 3, 30), bankgiro="222-2222"
    )

    warnings = find_warnings(make_reading(), make_document(), [later, long_ago, last])

    assert warnings == ()


def test_another_senders_notices_are_no_comparison() -> None:
    document = make_document(content=b"garage")
    source = replace(document.source, sender="faktura@parkering.example")
    garage = make_summary(replace(document, source=source), due_on=BEFORE, bankgiro="777-7777")

    assert find_warnings(make_reading(), make_document(), [garage]) == ()


def test_a_second_notice_for_the_month_is_a_warning() -> None:
    first = make_summary(make_document(content=b"first"), due_on=date(2026, 1, 2))

    warnings = find_warnings(make_reading(), make_document(), [first])

    assert warnings == (InvoiceWarning.SECOND_NOTICE_FOR_MONTH,)


@pytest.mark.parametrize(
    ("outcome", "warning"),
    [
        (NoticeOutcome.INVALID_OCR, InvoiceWarning.INVALID_OCR),
        (NoticeOutcome.INCONSISTENT_TOTAL, InvoiceWarning.INCONSISTENT_TOTAL),
    ],
)
def test_what_the_reading_found_is_a_warning(
    outcome: NoticeOutcome, warning: InvoiceWarning
) -> None:
    assert find_warnings(make_reading(outcome), make_document(), []) == (warning,)


def test_a_missing_ocr_is_told_apart_from_a_wrong_one() -> None:
    reading = make_reading(NoticeOutcome.INVALID_OCR, ocr=None)

    assert find_warnings(reading, make_document(), []) == (InvoiceWarning.MISSING_OCR,)


def test_scripts_in_a_document_are_a_warning() -> None:
    flags = frozenset({ReadingFlag.ACTIVE_CONTENT})
    reading = NoticeReading(NoticeOutcome.OK, make_notice(), flags)

    assert find_warnings(reading, make_document(), []) == (InvoiceWarning.ACTIVE_CONTENT,)


def test_an_unproved_sender_is_a_warning() -> None:
    document = make_document(authentication=SenderAuthentication.NONE)

    assert find_warnings(make_reading(), document, []) == (InvoiceWarning.UNVERIFIED_SENDER,)


def test_any_warning_asks_for_review() -> None:
    invoice = replace(make_invoice(), warnings=(InvoiceWarning.BANKGIRO_CHANGED,))

    assert invoice.status is InvoiceStatus.NEEDS_REVIEW


@pytest.mark.parametrize(
    ("filename", "ocr", "expected"),
    [
        ("Hyresavi_1297112086.pdf", "999", "Invoice_1297112086"),
        ("Hyresavi 2026-01 nr 1297112086.pdf", "999", "Invoice_1297112086"),
        ("Hyresavi.pdf", "1297112086", "Invoice_1297112086"),
    ],
)
def test_an_invoice_is_named_by_its_file_then_by_its_ocr(
    filename: str, ocr: str, expected: str
) -> None:
    assert name_invoice(make_document(filename=filename), make_notice(ocr=ocr)) == expected


def test_a_notice_without_any_number_is_named_by_its_content() -> None:
    document = make_document(filename="Hyresavi.pdf")

    name = name_invoice(document, make_notice(ocr=None))

    assert name == f"Invoice_{document.document_id}"


def test_namesakes_get_different_ids() -> None:
    one, other = make_document(content=b"one"), make_document(content=b"other")

    assert name_namesake("Invoice_1", one) != name_namesake("Invoice_1", other)


def test_payment_qr_follows_usingqr() -> None:
    payload = json.loads(payment_qr(make_invoice(total=Money(1_143_550))) or "")

    assert payload == {
        "uqr": 1,
        "tp": 1,
        "nme": "Wallenstam AB",
        "cc": "SE",
        "iref": "1297112086",
        "ddt": "20260130",
        "due": 11435.5,
        "pt": "BG",
        "acc": "555-1234",
    }


def test_payment_qr_is_withheld_until_reviewed() -> None:
    invoice = replace(make_invoice(), warnings=(InvoiceWarning.BANKGIRO_CHANGED,))

    assert payment_qr(invoice) is None
