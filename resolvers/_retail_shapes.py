"""How receipts and spending look in GraphQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from paypulse.clock import to_text
from paypulse.receipts import BillingPeriod, Category
from resolvers._shapes import document, money, source

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from paypulse.money import Money
    from paypulse.receipts import Evidence, Leg, ReceiptItem
    from paypulse.retail_invoices import PurchaseDetail, RetailInvoice
    from paypulse.spending import SpendingEntry, SpendingPeriod
    from resolvers._shapes import Link


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which costly or long parts of an invoice the request selects."""

    evidence: bool = True
    documents: bool = True

    @classmethod
    def by(cls, selects: Callable[[str], bool]) -> Self:
        """Return what is selected."""
        return cls(selects("fields"), selects("document") or selects("documents"))


def retail_invoice(
    invoice: RetailInvoice,
    link: Link,
    *,
    refund_of: str | None = None,
    wanted: Wanted = Wanted(),
) -> dict[str, Any]:
    """Return a `RetailInvoice` but for its `detail`, which a batch answers."""
    receipt = invoice.receipt
    documents = [document(each, link) for each in invoice.documents] if wanted.documents else []
    return {
        "id": invoice.invoice_id,
        "type": invoice.type.value,
        "vendor": receipt.vendor,
        "vendorId": invoice.vendor_id or None,
        "category": receipt.category.name,
        "orderNumber": receipt.order_number,
        "invoiceDate": invoice.invoice_date.isoformat(),
        "total": _money(receipt.total),
        "tax": _money(receipt.tax),
        "shipping": _money(receipt.shipping),
        "discount": _money(receipt.discount),
        "currency": receipt.total.currency if receipt.total else receipt.currency,
        "items": _items(receipt.items),
        "paymentMethod": receipt.payment_method,
        "status": invoice.status.value,
        "warnings": [warning.value for warning in invoice.warnings],
        "fields": [_value(each) for each in receipt.evidence] if wanted.evidence else [],
        "corrected": [each.name for each in invoice.corrections],
        "reviewed": invoice.reviewed,
        "discoveredBy": invoice.discovered_by.value,
        "document": documents[0] if documents else None,
        "documents": documents,
        "source": source(invoice.documents[0]) if invoice.documents else None,
        "refundOf": refund_of,
        "createdAt": to_text(invoice.created_at),
        "updatedAt": to_text(invoice.updated_at),
    }


def detail(value: PurchaseDetail) -> dict[str, Any]:
    """Return the `RetailDetail` of a category; AppSync goes by its `__typename`."""
    name, shape = _DETAILS[value.category]
    common = {
        "__typename": name,
        "items": _items(value.items),
        "discount": _money(value.discount),
        "tax": _money(value.tax),
        "paymentMethod": value.payment_method,
    }
    return common | shape(value)


def spending_period(value: SpendingPeriod) -> dict[str, Any]:
    """Return a `SpendingPeriod`."""
    return {
        "period": value.name,
        "start": value.first_day.isoformat(),
        "end": value.last_day.isoformat(),
        "entries": [_entry(entry) for entry in value.entries],
        "withoutTotal": value.without_total,
    }


def _food_delivery(value: PurchaseDetail) -> dict[str, Any]:
    details = value.details
    return {
        "restaurant": details.restaurant,
        "deliveryFee": _money(value.delivery_fee),
        "serviceFee": _money(details.service_fee),
        "tip": _money(details.tip),
    }


def _shipped(value: PurchaseDetail) -> dict[str, Any]:
    return {"deliveryFee": _money(value.delivery_fee)}


def _subscription(value: PurchaseDetail) -> dict[str, Any]:
    details = value.details
    period = details.billing_period
    return {
        "plan": details.plan,
        "billingPeriod": BillingPeriod(period).name if period in set(BillingPeriod) else None,
        "periodStart": _day(details.period_start),
        "periodEnd": _day(details.period_end),
        "nextBillingDate": _day(details.next_billing_on),
        "receiptNumber": value.order_number,
    }


def _grocery(value: PurchaseDetail) -> dict[str, Any]:
    return {
        "store": value.vendor,
        "deposit": _money(value.details.deposit),
        "deliveryFee": _money(value.delivery_fee),
    }


def _utility(value: PurchaseDetail) -> dict[str, Any]:
    details = value.details
    kwh = details.consumption_kwh
    return {
        "provider": value.vendor,
        "consumptionKwh": None if kwh is None else float(kwh),
        "periodStart": _day(details.period_start),
        "periodEnd": _day(details.period_end),
        "dueDate": _day(details.due_on),
        "ocr": details.ocr,
    }


def _travel(value: PurchaseDetail) -> dict[str, Any]:
    details = value.details
    return {
        "company": value.vendor,
        "bookingReference": details.booking_reference,
        "legs": [_leg(leg) for leg in details.legs],
        "passengers": list(details.passengers),
        "serviceFee": _money(details.service_fee),
    }


_DETAILS: dict[Category, tuple[str, Callable[[PurchaseDetail], dict[str, Any]]]] = {
    Category.FOOD_DELIVERY: ("FoodDeliveryDetail", _food_delivery),
    Category.CLOTHING: ("ClothingDetail", _shipped),
    Category.TECHNOLOGY: ("TechnologyDetail", _shipped),
    Category.SUBSCRIPTIONS: ("SubscriptionDetail", _subscription),
    Category.GROCERY: ("GroceryDetail", _grocery),
    Category.UTILITY: ("UtilityDetail", _utility),
    Category.MISCELLANEOUS: ("MiscellaneousDetail", _shipped),
    Category.TRAVEL: ("TravelDetail", _travel),
}


def _items(items: tuple[ReceiptItem, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": item.name,
            "quantity": float(item.quantity),
            "unitPrice": _money(item.unit_price),
            "total": _money(item.total),
            "size": item.size,
            "color": item.color,
            "serial": item.serial,
            "warranty": item.warranty,
        }
        for item in items
    ]


def _leg(leg: Leg) -> dict[str, Any]:
    return {
        "number": leg.number,
        "origin": leg.origin,
        "destination": leg.destination,
        "departure": leg.departure,
        "arrival": leg.arrival,
    }


def _value(entry: Evidence) -> dict[str, Any]:
    return {
        "name": entry.name,
        "value": entry.value,
        "source": entry.source.value,
        "quote": entry.quote or None,
    }


def _entry(entry: SpendingEntry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "label": entry.label,
        "category": entry.category.name if entry.category else None,
        "sum": money(entry.sum),
        "average": _money(entry.average),
        "count": entry.count,
    }


def _money(value: Money | None) -> dict[str, Any] | None:
    return None if value is None else money(value)


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
