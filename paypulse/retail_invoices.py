"""Retail invoices: one purchase, read from the mails about it, with what its owner corrected."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from paypulse.mail import SenderAuthentication
from paypulse.receipts import (
    Discovery,
    DocumentType,
    Evidence,
    ReceiptDetails,
    ReceiptStatus,
    ReceiptWarning,
    ValueSource,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from paypulse.documents import Document
    from paypulse.money import Money
    from paypulse.ports.invoices import RetailInvoiceStore
    from paypulse.receipts import Category, Receipt, ReceiptItem

# Stored with every invoice, so that a better reader knows what to read again.
EXTRACTOR_VERSION = "receipts-3"

_IDS = uuid.UUID("b6f1c0a4-5b0e-4d0c-9a53-6f3c1b0f6f0e")
# What says more about what was paid comes first.
_STRENGTH = {
    DocumentType.INVOICE: 2,
    DocumentType.RECEIPT: 2,
    DocumentType.CREDIT_NOTE: 2,
    DocumentType.ORDER_CONFIRMATION: 1,
}
# Country-code domains with a level of their own, such as .co.uk and .com.qa.
_SECOND_LEVEL = re.compile(r"(?:co|com|org|net|gov|ac)")


class InvoiceType(StrEnum):
    """Which way the money went."""

    PURCHASE = "PURCHASE"
    REFUND = "REFUND"


class InvoiceOrder(StrEnum):
    """Which end of a list comes first."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


class CorrectableField(StrEnum):
    """What the owner may correct; the value is the field's name in the API and in evidence."""

    VENDOR = "vendor"
    CATEGORY = "category"
    ORDER_NUMBER = "orderNumber"
    INVOICE_DATE = "invoiceDate"
    TOTAL = "total"
    TAX = "tax"
    SHIPPING = "shipping"
    DISCOUNT = "discount"
    PAYMENT_METHOD = "paymentMethod"
    ITEMS = "items"


# Where each stands in `Receipt`.
_ATTRIBUTES = {
    CorrectableField.VENDOR: "vendor",
    CorrectableField.CATEGORY: "category",
    CorrectableField.ORDER_NUMBER: "order_number",
    CorrectableField.INVOICE_DATE: "ordered_on",
    CorrectableField.TOTAL: "total",
    CorrectableField.TAX: "tax",
    CorrectableField.SHIPPING: "shipping",
    CorrectableField.DISCOUNT: "discount",
    CorrectableField.PAYMENT_METHOD: "payment_method",
    CorrectableField.ITEMS: "items",
}


@dataclass(frozen=True, slots=True)
class RetailInvoice:
    """A purchase or a refund as kept for its owner.

    `readings` are what was read, by document id, and `corrections` what the owner says instead.
    Neither ever changes the other, so that reading again keeps what the owner said.
    """

    user_id: str
    invoice_id: str
    type: InvoiceType
    discovered_by: Discovery
    vendor_id: str  # "" for a sender that no configuration knows
    documents: tuple[Document, ...]  # in the order in which they were received
    readings: Mapping[str, Receipt]  # a manual invoice has one, under ""
    invoice_date: date
    created_at: datetime
    updated_at: datetime
    corrections: Mapping[CorrectableField, Any] = field(default_factory=dict)
    reviewed: bool = False  # the owner looked and says that it is right
    order_key: str | None = None
    extractor_version: str = EXTRACTOR_VERSION
    revision: int = 0

    @property
    def receipt(self) -> Receipt:
        """The values that count: what was read from all documents, corrected."""
        return corrected(combine_readings(list(self.readings.values())), self.corrections)

    @property
    def warnings(self) -> tuple[ReceiptWarning, ...]:
        """What asks for a look; nothing once the owner has looked."""
        if self.reviewed:
            return ()
        found = list(self.receipt.warnings)
        if self.discovered_by is not Discovery.MANUAL and not all(
            document.source.authentication is SenderAuthentication.PASS
            for document in self.documents
        ):
            found.append(ReceiptWarning.UNVERIFIED_SENDER)
        return tuple(dict.fromkeys(found))

    @property
    def status(self) -> ReceiptStatus:
        """OK for what was checked, by the reader or by the owner."""
        if self.reviewed or self.discovered_by is Discovery.MANUAL:
            return ReceiptStatus.OK
        if ReceiptWarning.UNVERIFIED_SENDER in self.warnings:
            return ReceiptStatus.NEEDS_REVIEW
        return self.receipt.status


@dataclass(frozen=True, slots=True)
class PurchaseDetail:
    """A row of a detail table: what stands behind one purchase's total."""

    user_id: str
    invoice_id: str
    category: Category
    vendor: str
    order_number: str | None
    details: ReceiptDetails
    items: tuple[ReceiptItem, ...]
    tax: Money | None
    delivery_fee: Money | None
    discount: Money | None
    payment_method: str | None


@dataclass(frozen=True, slots=True)
class PurchaseAmount:
    """As much of an invoice as adding up spending needs; `total` None was not found."""

    category: Category
    vendor: str
    vendor_id: str
    day: date
    type: InvoiceType
    total: Money | None


@dataclass(frozen=True, slots=True)
class RetailFilter:
    """Which invoices to list; what is None does not matter."""

    category: Category | None = None
    vendor: str | None = None  # its name or id, in any case
    first_day: date | None = None
    last_day: date | None = None
    status: ReceiptStatus | None = None


@dataclass(frozen=True, slots=True)
class OrderMark:
    """What is known of an order number: its invoice, and mails that came before it."""

    order_key: str
    invoice_id: str | None = None
    waiting: tuple[Document, ...] = ()
    revision: int = 0


def detail_of(invoice: RetailInvoice) -> PurchaseDetail:
    """Return the row of the detail table that goes with an invoice."""
    receipt = invoice.receipt
    return PurchaseDetail(
        user_id=invoice.user_id,
        invoice_id=invoice.invoice_id,
        category=receipt.category,
        vendor=receipt.vendor,
        order_number=receipt.order_number,
        details=receipt.details,
        items=receipt.items,
        tax=receipt.tax,
        delivery_fee=receipt.shipping,
        discount=receipt.discount,
        payment_method=receipt.payment_method,
    )


def name_retail_invoice(user_id: str, message_id: str, part: str) -> str:
    """Return the id of the invoice that a part of a message becomes; always the same."""
    return f"retail_{uuid.uuid5(_IDS, f'{user_id}/{message_id}/{part}')}"


def name_manual_invoice(user_id: str, request_id: str) -> str:
    """Return the id of an invoice entered by its owner; a repeated request names the same."""
    return f"manual_{uuid.uuid5(_IDS, f'{user_id}/{request_id}')}"


def order_key(vendor_id: str, sender: str, order_number: str | None) -> str | None:
    """Return what the mails of one purchase have in common, or None without an order number.

    The shop is its vendor id, else its domain: one shop writes from several subdomains.
    """
    bare = re.sub(r"[^0-9A-ZÅÄÖ]", "", (order_number or "").upper())
    shop = vendor_id or shop_domain(sender)
    return f"{shop}#{bare}" if len(bare) >= 4 and shop else None


def find_purchases(
    user_id: str, invoices: Iterable[RetailInvoice], store: RetailInvoiceStore
) -> dict[str, str]:
    """Return what the refunds among these are refunds of, by the refund's id, where known."""
    keys = {
        invoice.invoice_id: invoice.order_key
        for invoice in invoices
        if invoice.type is InvoiceType.REFUND and invoice.order_key is not None
    }
    orders = store.find_orders(user_id, keys.values()) if keys else {}
    return {refund_id: orders[key] for refund_id, key in keys.items() if key in orders}


def shop_domain(sender: str) -> str:
    """Return what one shop's domains share: `mail.shop.co.uk` → `shop.co.uk`."""
    labels = sender.rpartition("@")[2].lower().split(".")
    keep = 3 if len(labels) > 2 and _SECOND_LEVEL.fullmatch(labels[-2]) else 2
    return ".".join(labels[-keep:])


def combine_readings(readings: Sequence[Receipt]) -> Receipt:
    """Return one receipt of the mails about one purchase.

    The document that says most about what was paid decides; the others fill what it leaves
    open. Different totals are a warning, never averaged away.
    """
    ranked = sorted(readings, key=_rank, reverse=True)
    combined = ranked[0]
    for other in ranked[1:]:
        combined = _filled(combined, other)
    return combined


def corrected(receipt: Receipt, corrections: Mapping[CorrectableField, Any]) -> Receipt:
    """Return the receipt with its owner's values in place of those that were read."""
    if not corrections:
        return receipt
    changes: dict[str, Any] = {_ATTRIBUTES[name]: value for name, value in corrections.items()}
    if corrections.get(CorrectableField.TOTAL) is not None:
        changes["currency"] = corrections[CorrectableField.TOTAL].currency
    kept = [entry for entry in receipt.evidence if not _is_about(entry, corrections)]
    said = [
        Evidence(name.value, _text_of(value), ValueSource.USER)
        for name, value in corrections.items()
    ]
    return replace(receipt, **changes, evidence=(*kept, *said))


def invoice_day(receipt: Receipt, document: Document | None, otherwise: date) -> date:
    """Return the day to file a purchase under; every purchase has one."""
    if receipt.ordered_on is not None:
        return receipt.ordered_on
    return document.source.received_at.date() if document else otherwise


def _rank(receipt: Receipt) -> tuple[bool, int, bool, int]:
    return (
        receipt.total is not None,
        _STRENGTH[receipt.document_type],
        receipt.status is ReceiptStatus.OK,
        len(receipt.items),
    )


def _filled(base: Receipt, other: Receipt) -> Receipt:
    changes: dict[str, Any] = {
        name: getattr(other, name)
        for name in ("order_number", "currency", "tax", "shipping", "discount", "payment_method")
        if getattr(base, name) is None
    }
    if base.currency not in (None, other.currency):
        changes = {
            name: value
            for name, value in changes.items()
            if name in {"order_number", "payment_method"}
        }
    if not base.items:
        changes["items"] = other.items
    days = [day for day in (base.ordered_on, other.ordered_on) if day is not None]
    changes["ordered_on"] = min(days, default=None)
    changes["details"] = _filled_details(base.details, other.details)
    filled = replace(base, **changes)
    if base.total is not None and other.total not in (None, base.total):
        filled = replace(
            filled,
            status=ReceiptStatus.NEEDS_REVIEW,
            warnings=(*filled.warnings, ReceiptWarning.DOCUMENTS_DIFFER),
        )
    return filled


def _filled_details(base: ReceiptDetails, other: ReceiptDetails) -> ReceiptDetails:
    names = ReceiptDetails.__dataclass_fields__
    return replace(
        base, **{name: getattr(other, name) for name in names if not getattr(base, name)}
    )


def _is_about(entry: Evidence, corrections: Mapping[CorrectableField, Any]) -> bool:
    name = entry.name.partition("[")[0]
    name = "invoiceDate" if name == "orderDate" else name
    return any(name == corrected_field.value for corrected_field in corrections)


def _text_of(value: Any) -> str:
    if hasattr(value, "amount"):
        return str(value.amount)
    if isinstance(value, tuple):
        return f"{len(value)} items"
    return "" if value is None else str(value)
