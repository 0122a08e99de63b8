"""Use cases: enter a receipt by hand, correct one, have one read again, delete an invoice.

Somebody else's invoice is as absent as one that does not exist. Who wrote first wins, and the
other one looks again: nothing is overwritten unseen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from paypulse.errors import ChangedMeanwhile, UserError, UserErrorCode
from paypulse.receipt_input import check_currency
from paypulse.receipts import (
    Discovery,
    DocumentType,
    Receipt,
    ReceiptStatus,
)
from paypulse.rental_invoices import InvoiceWarning, compare, related_to
from paypulse.retail_invoices import (
    CorrectableField,
    InvoiceType,
    RetailInvoice,
    combine_readings,
    corrected,
    invoice_day,
    name_manual_invoice,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import date

    from paypulse.ports.clock import Clock
    from paypulse.ports.invoices import DocumentStore, RentalInvoiceStore, RetailInvoiceStore
    from paypulse.rental_invoices import RentalInvoice

# A reading again and its owner's correction meet once; more at the same moment is unlikely.
_ATTEMPTS = 5
_ID = ("input", "id")
_SECOND = InvoiceWarning.SECOND_NOTICE_FOR_MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDesk:
    """Everything that managing invoices needs; `queue_reading` takes user and invoice id."""

    rental: RentalInvoiceStore
    retail: RetailInvoiceStore
    documents: DocumentStore
    queue_reading: Callable[[str, str], None]
    clock: Clock
    time_zone: str

    def today(self) -> date:
        """Return the day that it is for the owners."""
        return self.clock().astimezone(ZoneInfo(self.time_zone)).date()


def add_invoice(
    user_id: str,
    request_id: str,
    values: Mapping[CorrectableField, Any],
    *,
    is_refund: bool,
    desk: InvoiceDesk,
) -> RetailInvoice:
    """Keep a receipt that its owner enters; a repeated request returns the first one's.

    Args:
        user_id: Whose it is.
        request_id: The client's name for the request.
        values: Vendor, category, day and total, and whatever else is known.
        is_refund: The money came back.
        desk: What it takes.

    Raises:
        UserError: INVALID_INPUT, amounts in several currencies.
    """
    check_currency(values, values[CorrectableField.TOTAL].currency)
    invoice_id = name_manual_invoice(user_id, request_id)
    there = desk.retail.get(user_id, invoice_id)
    if there is not None:
        return there
    now = desk.clock()
    invoice = RetailInvoice(
        user_id=user_id,
        invoice_id=invoice_id,
        type=InvoiceType.REFUND if is_refund else InvoiceType.PURCHASE,
        discovered_by=Discovery.MANUAL,
        vendor_id="",
        documents=(),
        readings={"": _manual_receipt(values)},
        invoice_date=values[CorrectableField.INVOICE_DATE],
        created_at=now,
        updated_at=now,
    )
    try:
        desk.retail.save(invoice, was=None)
    except ChangedMeanwhile:  # the same request, at the same moment
        return _require_retail(user_id, invoice_id, desk)
    return invoice


def correct_invoice(
    user_id: str,
    invoice_id: str,
    values: Mapping[CorrectableField, Any],
    *,
    reset: Collection[CorrectableField],
    reviewed: bool | None,
    desk: InvoiceDesk,
) -> RetailInvoice:
    """Let the owner's values stand for what was read; what was read stays beside them.

    Args:
        user_id: Whose it is.
        invoice_id: A retail invoice.
        values: What the owner says.
        reset: What was read counts again.
        reviewed: Whether the owner says that it is right; None leaves it as it is.
        desk: What it takes.

    Raises:
        UserError: NOT_FOUND, MISSING_FIELDS, or INVALID_INPUT.
        TransientError: too many writers at once; ask again.
    """
    if not values and not reset and reviewed is None:
        raise UserError(UserErrorCode.MISSING_FIELDS, "Say what to correct.", ("input",))
    both = next((field for field in values if field in reset), None)
    if both is not None:
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            "This is corrected and reset at once; do one of them.",
            ("input", both.value),
        )

    def change(was: RetailInvoice) -> RetailInvoice:
        kept = {field: value for field, value in was.corrections.items() if field not in reset}
        return _with_corrections(
            was, {**kept, **values}, was.reviewed if reviewed is None else reviewed
        )

    return _change(user_id, invoice_id, change, desk)


def delete_invoice(user_id: str, invoice_id: str, *, desk: InvoiceDesk) -> None:
    """Remove an invoice, rental or retail, with its documents.

    The documents go first: broken off, it is done again. The ledger keeps the mails' outcomes,
    so that no run brings it back.

    Raises:
        UserError: NOT_FOUND.
        TransientError: too many writers at once; ask again.
    """
    for _ in range(_ATTEMPTS):
        retail = desk.retail.get(user_id, invoice_id)
        if retail is None:
            return _delete_rental(user_id, invoice_id, desk)
        for document in retail.documents:
            desk.documents.erase(document.key)
        try:
            return desk.retail.delete(retail)
        except ChangedMeanwhile:
            continue
    raise ChangedMeanwhile(f"invoice {invoice_id}: changed {_ATTEMPTS} times while it was deleted")


def reparse_invoice(user_id: str, invoice_id: str, *, desk: InvoiceDesk) -> RetailInvoice:
    """Have all documents of a retail invoice read again, and return it as it is until then.

    Raises:
        UserError: NOT_FOUND, or INVALID_INPUT for one that was not read from a document.
        TransientError: the queue does not take the work.
    """
    invoice = _require_retail(user_id, invoice_id, desk)
    if not invoice.documents:
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            "This receipt was entered by hand, so there is nothing to read again. Correct it.",
            _ID,
        )
    desk.queue_reading(user_id, invoice_id)
    return invoice


def _change(
    user_id: str,
    invoice_id: str,
    change: Callable[[RetailInvoice], RetailInvoice],
    desk: InvoiceDesk,
) -> RetailInvoice:
    for _ in range(_ATTEMPTS):
        was = _require_retail(user_id, invoice_id, desk)
        changed = change(was)
        if changed == was:
            return was  # said before
        changed = replace(changed, updated_at=desk.clock())
        try:
            desk.retail.save(changed, was=was)
        except ChangedMeanwhile:
            continue
        return changed
    raise ChangedMeanwhile(
        f"invoice {invoice_id}: changed {_ATTEMPTS} times while it was corrected"
    )


def _with_corrections(
    was: RetailInvoice,
    corrections: Mapping[CorrectableField, Any],
    reviewed: bool,
) -> RetailInvoice:
    receipt = corrected(combine_readings(list(was.readings.values())), corrections)
    check_currency(corrections, receipt.total.currency if receipt.total else receipt.currency)
    first = was.documents[0] if was.documents else None
    return replace(
        was,
        corrections=corrections,
        reviewed=reviewed,
        invoice_date=invoice_day(receipt, first, was.invoice_date),
    )


def _delete_rental(user_id: str, invoice_id: str, desk: InvoiceDesk) -> None:
    rental = desk.rental.get(user_id, invoice_id)
    if rental is None:
        raise _not_found()
    desk.documents.erase(rental.document.key)
    _withdraw_second_notices(rental, desk)
    desk.rental.delete(user_id, invoice_id)


def _withdraw_second_notices(deleted: RentalInvoice, desk: InvoiceDesk) -> None:
    """Let the notice that is left alone in its month be paid without that warning.

    A changed bankgiro stays one, whatever became of the notice that it was compared with.
    """
    summaries = desk.rental.summaries(deleted.user_id)
    left = [each for each in summaries if each.invoice_id != deleted.invoice_id]
    for notice in left:
        if notice.sender == deleted.document.source.sender:
            compared = compare(notice, related_to(notice, left))
            if _SECOND in notice.warnings and _SECOND not in compared:
                desk.rental.withdraw_warning(
                    notice.user_id, notice.invoice_id, _SECOND, now=desk.clock()
                )


def _require_retail(user_id: str, invoice_id: str, desk: InvoiceDesk) -> RetailInvoice:
    invoice = desk.retail.get(user_id, invoice_id)
    if invoice is not None:
        return invoice
    if desk.rental.get(user_id, invoice_id) is not None:
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            "This is a rent notice. Only receipts can be corrected or read again.",
            _ID,
        )
    raise _not_found()


def _not_found() -> UserError:
    return UserError(UserErrorCode.NOT_FOUND, "You have no invoice with this id.", _ID)


def _manual_receipt(values: Mapping[CorrectableField, Any]) -> Receipt:
    total = values[CorrectableField.TOTAL]
    blank = Receipt(
        vendor=values[CorrectableField.VENDOR],
        category=values[CorrectableField.CATEGORY],
        document_type=DocumentType.RECEIPT,
        order_number=None,
        ordered_on=None,
        currency=total.currency,
        total=total,
        tax=None,
        shipping=None,
        discount=None,
        status=ReceiptStatus.OK,
    )
    return corrected(blank, values)
