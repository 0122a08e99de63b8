"""Receipts and spending: what a caller sees, and what no one else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from paypulse.money import Money
from paypulse.receipts import (
    Category,
    Leg,
    ReceiptDetails,
    ReceiptItem,
    ReceiptStatus,
    ReceiptWarning,
)
from paypulse.retail_invoices import (
    CorrectableField,
    InvoiceType,
    OrderMark,
    RetailInvoice,
)
from resolvers import get_invoices, get_rental_invoice

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.aws.retail_invoices import DynamoRetailInvoices
    from tests.conftest import Aws
    from tests.handlers.conftest import Context

type Ask = Callable[..., Any]
type Keep = Callable[..., RetailInvoice]

STRANGER = {"userId": "user_stranger", "email": "s@example.com", "sessionId": "s2"}


@pytest.fixture
def caller(user_id: str) -> dict[str, str]:
    return {"userId": user_id, "email": "ronja@example.com", "sessionId": "s1"}


@pytest.fixture
def select(ask: Ask, load_event: Callable[[str], dict[str, Any]], context: Context) -> Ask:
    """Ask as `ask` does, with a selection of one's own."""

    def call(handler: Any, field: str, arguments: Any, caller: Any, *paths: str) -> Any:
        event = load_event("appsync_mutation")
        event["info"]["parentTypeName"], event["info"]["fieldName"] = field.split(".")
        event["info"]["selectionSetList"] = list(paths)
        event["arguments"] = arguments
        event["identity"] = {"resolverContext": caller}
        return handler(event, context)

    return call


@pytest.fixture
def ask_details(
    ask: Ask, load_event: Callable[[str], dict[str, Any]], context: Context
) -> Callable[..., list[Any]]:
    """Ask for the details of invoices as invoke.js does: in one batch."""

    def call(sources: list[dict[str, Any]], *callers: dict[str, str] | None) -> list[Any]:
        events = []
        for index, source in enumerate(sources):
            event = load_event("appsync_mutation")
            event["info"]["parentTypeName"], event["info"]["fieldName"] = "RetailInvoice", "detail"
            event["source"] = source
            caller = callers[index % len(callers)]
            event["identity"] = {"resolverContext": caller} if caller else None
            events.append(event)
        answers: list[Any] = get_invoices.handler(events, context)
        return answers

    return call


def source_of(invoice: RetailInvoice) -> dict[str, str]:
    return {"id": invoice.invoice_id, "category": invoice.receipt.category.name}


def days_of(answer: dict[str, Any]) -> list[str]:
    return [edge["node"]["invoiceDate"] for edge in answer["edges"]]


# Lists


@pytest.fixture
def year(keep_receipt: Keep, retail_store: DynamoRetailInvoices) -> list[RetailInvoice]:
    """Four purchases: two of technology, one of groceries, one to review."""
    return [
        keep_receipt(ordered_on=date(2025, 12, 24)),
        keep_receipt(ordered_on=date(2026, 1, 15), vendor="Elgiganten"),
        keep_receipt(category=Category.GROCERY, ordered_on=date(2026, 2, 1), vendor="ICA Kvantum"),
        keep_receipt(
            ordered_on=date(2026, 3, 31),
            status=ReceiptStatus.NEEDS_REVIEW,
            warnings=(ReceiptWarning.TOTAL_UNVERIFIED,),
        ),
    ]


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize(
    ("chosen", "days"),
    [
        ({}, ["2026-03-31", "2026-02-01", "2026-01-15", "2025-12-24"]),
        ({"order": "OLDEST_FIRST"}, ["2025-12-24", "2026-01-15", "2026-02-01", "2026-03-31"]),
        ({"category": "TECHNOLOGY", "year": 2026}, ["2026-03-31", "2026-01-15"]),
        ({"vendor": "ica  KVANTUM"}, ["2026-02-01"]),
        ({"from": "2026-01-15", "to": "2026-02-01"}, ["2026-02-01", "2026-01-15"]),
        ({"status": "NEEDS_REVIEW"}, ["2026-03-31"]),
        ({"category": "TRAVEL"}, []),
        ({"vendor": "\ud800"}, []),
    ],
    ids=ascii,
)
def test_filters_choose_by_category_shop_day_and_status(
    ask: Ask, caller: dict[str, str], chosen: dict[str, Any], days: list[str]
) -> None:
    answer = ask(get_invoices.handler, "Query.retailInvoices", {"filter": chosen}, caller)

    assert days_of(answer) == days


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize("order", ["NEWEST_FIRST", "OLDEST_FIRST"])
def test_pages_follow_each_other_without_gaps(ask: Ask, caller: dict[str, str], order: str) -> None:
    arguments: dict[str, Any] = {"first": 3, "filter": {"order": order}}
    first = ask(get_invoices.handler, "Query.retailInvoices", arguments, caller)
    arguments["after"] = first["pageInfo"]["endCursor"]
    second = ask(get_invoices.handler, "Query.retailInvoices", arguments, caller)

    days = days_of(first) + days_of(second)
    assert days == sorted(set(days), reverse=order == "NEWEST_FIRST")
    assert len(days) == 4
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("retailInvoices", {"first": 101}),
        ("retailInvoices", {"after": "nonsense"}),
        ("retailInvoices", {"filter": {"from": "2026-02-30"}}),
        ("retailInvoices", {"filter": {"year": 26}}),
        ("retailInvoices", {"filter": {"from": "2026-02-01", "to": "2026-01-01"}}),
        ("rentalInvoices", {"filter": {"year": 2026, "dueTo": "2025-12-31"}}),
        ("spending", {"filter": {"period": "MONTH", "groupBy": "VENDOR", "from": "1900-01-01"}}),
        ("spending", {"filter": {"period": "MONTH", "groupBy": "VENDOR", "to": "tomorrow"}}),
    ],
    ids=str,
)
def test_impossible_arguments_are_named(
    ask: Ask, caller: dict[str, str], field: str, arguments: dict[str, Any]
) -> None:
    answer = ask(get_invoices.handler, f"Query.{field}", arguments, caller)

    assert answer["error"]["type"] == "VALIDATION_FAILED"


def test_all_eight_categories_are_counted(
    ask: Ask, caller: dict[str, str], keep_receipt: Keep
) -> None:
    keep_receipt()
    keep_receipt()
    keep_receipt(category=Category.TRAVEL)

    counts = ask(get_invoices.handler, "Query.retailInvoiceCounts", {}, caller)

    assert len(counts) == 8
    assert {each["category"]: each["count"] for each in counts if each["count"]} == {
        "TECHNOLOGY": 2,
        "TRAVEL": 1,
    }


# One invoice


def test_one_receipt_has_its_values_evidence_documents_and_source(
    select: Ask, caller: dict[str, str], keep_receipt: Keep
) -> None:
    invoice = keep_receipt()

    found = select(
        get_rental_invoice.handler,
        "Query.retailInvoice",
        {"id": invoice.invoice_id},
        caller,
        "fields",
        "document",
    )

    assert found["vendor"] == "Elgiganten"
    assert found["total"] == {"amount": "948.00", "minorUnits": 94800, "currency": "SEK"}
    assert (found["type"], found["category"], found["status"]) == ("PURCHASE", "TECHNOLOGY", "OK")
    assert found["items"][0]["quantity"] == 1.0
    assert found["fields"] == [
        {"name": "total", "value": "948.00", "source": "LAYOUT", "quote": "Totalt 948,00 kr"}
    ]
    assert found["document"]["filename"] == "Orderbekräftelse.html"
    assert "X-Amz-Signature" in found["document"]["url"]
    assert found["documents"] == [found["document"]]
    assert found["source"]["sender"] == "donotreply@elgiganten.se"
    assert (found["corrected"], found["reviewed"]) == ([], False)


def test_half_a_kilo_is_half_a_kilo(ask: Ask, caller: dict[str, str], keep_receipt: Keep) -> None:
    cheese = ReceiptItem("Ost", Decimal("0.512"), Money(12_900), Money(6_605))
    invoice = keep_receipt(category=Category.GROCERY, items=(cheese,))

    found = ask(
        get_rental_invoice.handler, "Query.retailInvoice", {"id": invoice.invoice_id}, caller
    )

    assert found["items"][0]["quantity"] == 0.512


def test_an_amount_beyond_graphqls_int_keeps_its_decimal_form(
    ask: Ask, caller: dict[str, str], keep_receipt: Keep
) -> None:
    invoice = keep_receipt(total=Money(2**31, "IDR"))

    found = ask(
        get_rental_invoice.handler, "Query.retailInvoice", {"id": invoice.invoice_id}, caller
    )

    assert found["total"] == {"amount": "21474836.48", "minorUnits": None, "currency": "IDR"}


def test_what_the_owner_said_counts_and_is_named(
    ask: Ask, caller: dict[str, str], keep_receipt: Keep, retail_store: DynamoRetailInvoices
) -> None:
    kept = retail_store.get(caller["userId"], keep_receipt().invoice_id)
    assert kept is not None
    retail_store.save(replace(kept, corrections={CorrectableField.TOTAL: Money(90_000)}), was=kept)

    found = ask(get_rental_invoice.handler, "Query.retailInvoice", {"id": kept.invoice_id}, caller)

    assert found["total"]["amount"] == "900.00"
    assert found["corrected"] == ["TOTAL"]


def test_a_refund_leads_to_its_purchase(
    select: Ask, caller: dict[str, str], keep_receipt: Keep, retail_store: DynamoRetailInvoices
) -> None:
    bought = retail_store.get(caller["userId"], keep_receipt().invoice_id)
    assert bought is not None
    assert bought.order_key is not None
    retail_store.save(bought, was=bought, order=OrderMark(bought.order_key))
    refund = keep_receipt(InvoiceType.REFUND)

    one = select(
        get_rental_invoice.handler,
        "Query.retailInvoice",
        {"id": refund.invoice_id},
        caller,
        "refundOf",
    )
    page = select(
        get_invoices.handler,
        "Query.retailInvoices",
        {},
        caller,
        "edges/node",
        "edges/node/refundOf",
    )

    assert one["refundOf"] == bought.invoice_id
    by_type = {edge["node"]["type"]: edge["node"]["refundOf"] for edge in page["edges"]}
    assert by_type == {"REFUND": bought.invoice_id, "PURCHASE": None}


def test_another_users_receipts_are_as_absent_as_none(ask: Ask, keep_receipt: Keep) -> None:
    invoice = keep_receipt()
    field = "Query.retailInvoice"

    guessed = ask(get_rental_invoice.handler, field, {"id": invoice.invoice_id}, STRANGER)
    absent = ask(get_rental_invoice.handler, field, {"id": "retail_0"}, STRANGER)
    counts = ask(get_invoices.handler, "Query.retailInvoiceCounts", {}, STRANGER)

    assert guessed is absent is None
    assert ask(get_invoices.handler, "Query.retailInvoices", {}, STRANGER)["edges"] == []
    assert {each["count"] for each in counts} == {0}


@pytest.mark.parametrize("id_", ["", "\ud800", "x" * 2000])
def test_an_id_that_can_be_none_is_as_absent_as_any(
    ask: Ask, caller: dict[str, str], id_: str
) -> None:
    assert ask(get_rental_invoice.handler, "Query.retailInvoice", {"id": id_}, caller) is None


# Details, in batches


@pytest.mark.parametrize(
    ("category", "details", "expected"),
    [
        (
            Category.FOOD_DELIVERY,
            ReceiptDetails(restaurant="Thai House", tip=Money(2_000)),
            {
                "__typename": "FoodDeliveryDetail",
                "restaurant": "Thai House",
                "tip": "20.00",
                "deliveryFee": "49.00",
            },
        ),
        (
            Category.CLOTHING,
            ReceiptDetails(),
            {"__typename": "ClothingDetail", "tax": "189.60", "deliveryFee": "49.00"},
        ),
        (
            Category.TECHNOLOGY,
            ReceiptDetails(),
            {"__typename": "TechnologyDetail", "paymentMethod": "Kort"},
        ),
        (
            Category.SUBSCRIPTIONS,
            ReceiptDetails(
                plan="Premium", billing_period="yearly", next_billing_on=date(2027, 1, 15)
            ),
            {
                "__typename": "SubscriptionDetail",
                "plan": "Premium",
                "billingPeriod": "YEARLY",
                "nextBillingDate": "2027-01-15",
                "periodEnd": None,
                "receiptNumber": "A100200",
            },
        ),
        (
            Category.GROCERY,
            ReceiptDetails(deposit=Money(200)),
            {"__typename": "GroceryDetail", "store": "Elgiganten", "deposit": "2.00"},
        ),
        (
            Category.UTILITY,
            ReceiptDetails(consumption_kwh=Decimal("312.5"), ocr="1234566"),
            {
                "__typename": "UtilityDetail",
                "provider": "Elgiganten",
                "consumptionKwh": 312.5,
                "ocr": "1234566",
            },
        ),
        (
            Category.MISCELLANEOUS,
            ReceiptDetails(),
            {"__typename": "MiscellaneousDetail", "discount": None},
        ),
        (
            Category.TRAVEL,
            ReceiptDetails(
                booking_reference="X7K2QP",
                legs=(Leg("SK123", "ARN", "CPH", "2026-06-01T08:15", None),),
                passengers=("Ronja Tallbacka",),
            ),
            {
                "__typename": "TravelDetail",
                "company": "Elgiganten",
                "bookingReference": "X7K2QP",
                "passengers": ["Ronja Tallbacka"],
                "legs": [
                    {
                        "number": "SK123",
                        "origin": "ARN",
                        "destination": "CPH",
                        "departure": "2026-06-01T08:15",
                        "arrival": None,
                    }
                ],
            },
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Category) else "",
)
def test_each_category_has_details_of_its_own(
    ask_details: Callable[..., list[Any]],
    caller: dict[str, str],
    keep_receipt: Keep,
    category: Category,
    details: ReceiptDetails,
    expected: dict[str, Any],
) -> None:
    invoice = keep_receipt(category=category, details=details)

    (found,) = ask_details([source_of(invoice)], caller)

    assert [item["name"] for item in found["items"]] == ["Hörlurar"]
    shown = {
        name: value["amount"] if isinstance(value, dict) else value
        for name, value in found.items()
        if name in expected
    }
    assert shown == expected


def test_details_come_in_the_order_of_the_invoices(
    ask_details: Callable[..., list[Any]], caller: dict[str, str], keep_receipt: Keep
) -> None:
    categories = [Category.TRAVEL, Category.GROCERY, Category.TRAVEL, Category.UTILITY]
    invoices = [keep_receipt(category=category) for category in categories]

    found = ask_details([source_of(each) for each in invoices], caller)

    assert [each["__typename"] for each in found] == [
        "TravelDetail",
        "GroceryDetail",
        "TravelDetail",
        "UtilityDetail",
    ]


def test_details_of_another_user_are_as_absent_as_none(
    ask_details: Callable[..., list[Any]], keep_receipt: Keep
) -> None:
    assert ask_details(
        [source_of(keep_receipt()), {"id": "retail_0", "category": "TRAVEL"}], STRANGER
    ) == [
        None,
        None,
    ]


def test_an_entry_that_fails_has_its_own_error_and_fails_no_other(
    ask_details: Callable[..., list[Any]], caller: dict[str, str], keep_receipt: Keep, aws: Aws
) -> None:
    good, broken, other = keep_receipt(), keep_receipt(), keep_receipt(category=Category.TRAVEL)
    aws.client("dynamodb").update_item(
        TableName="TechnologyInvoices",
        Key={"InvoiceID": {"S": broken.invoice_id}},
        UpdateExpression="REMOVE details",
    )

    found = ask_details([source_of(each) for each in (good, broken, other)], caller)

    assert [each.get("__typename") for each in found] == [
        "TechnologyDetail",
        None,
        "TravelDetail",
    ]
    assert found[1]["error"]["type"] == "INTERNAL_SERVER_ERROR"
    assert "details" not in found[1]["error"]["message"]


def test_entries_of_two_callers_are_answered_to_each_for_themselves(
    ask_details: Callable[..., list[Any]], caller: dict[str, str], keep_receipt: Keep
) -> None:
    source = source_of(keep_receipt())

    mine, theirs, nobodys = ask_details([source, source, source], caller, STRANGER, None)

    assert mine["__typename"] == "TechnologyDetail"
    assert theirs is None
    assert nobodys["error"]["type"] == "INVALID_TOKEN"


# Spending


def test_spending_is_added_up_by_month_and_category(
    ask: Ask, caller: dict[str, str], keep_receipt: Keep
) -> None:
    keep_receipt(ordered_on=date(2026, 1, 15), total=Money(10_000))
    keep_receipt(ordered_on=date(2026, 1, 31), total=Money(20_000))
    keep_receipt(InvoiceType.REFUND, ordered_on=date(2026, 2, 1), total=Money(5_000))

    chosen = {
        "period": "MONTH",
        "groupBy": "CATEGORY",
        "from": "2026-01-01",
        "to": "2026-02-28",
    }
    months = ask(get_invoices.handler, "Query.spending", {"filter": chosen}, caller)

    assert [(each["period"], each["start"], each["end"]) for each in months] == [
        ("2026-01", "2026-01-01", "2026-01-31"),
        ("2026-02", "2026-02-01", "2026-02-28"),
    ]
    assert months[0]["entries"] == [
        {
            "key": "TECHNOLOGY",
            "label": "Technology",
            "category": "TECHNOLOGY",
            "sum": {"amount": "300.00", "minorUnits": 30000, "currency": "SEK"},
            "average": {"amount": "150.00", "minorUnits": 15000, "currency": "SEK"},
            "count": 2,
        }
    ]
    assert months[1]["entries"][0]["sum"]["amount"] == "-50.00"


def test_nobody_elses_spending_is_added_up(ask: Ask, keep_receipt: Keep) -> None:
    keep_receipt(ordered_on=date(2026, 1, 15))

    chosen = {"period": "YEAR", "groupBy": "VENDOR", "from": "2026-01-01", "to": "2026-12-31"}
    (year,) = ask(get_invoices.handler, "Query.spending", {"filter": chosen}, STRANGER)

    assert (year["period"], year["entries"]) == ("2026", [])
