"""What Gemini is asked for: a closed form per category, quotes before values.

Values are words from the mail, never numbers that the model made: the amounts in quotes are parsed
here, by the same code as the layout's.
"""

from __future__ import annotations

from typing import Any

from paypulse.receipts import Category

_BASE = ("orderNumber", "orderDate", "total", "currency", "tax", "shipping", "discount")
_OF_CATEGORY: dict[Category, tuple[str, ...]] = {
    Category.FOOD_DELIVERY: ("restaurant", "serviceFee", "tip"),
    Category.CLOTHING: (),
    Category.TECHNOLOGY: (),
    Category.SUBSCRIPTIONS: ("plan", "billingPeriod", "nextBillingDate"),
    Category.GROCERY: ("deposit",),
    Category.UTILITY: ("consumptionKwh", "dueDate", "ocr"),
    Category.MISCELLANEOUS: (),
    Category.TRAVEL: ("bookingReference",),
}
MAX_VALUE = 200
MAX_FIELDS = 30
MAX_ITEMS = 200


def field_names_of(category: Category) -> tuple[str, ...]:
    """Return the names that an answer for this category may use."""
    return (*_BASE, *_OF_CATEGORY[category])


def response_schema(category: Category) -> dict[str, Any]:
    """Return the schema, in the OpenAPI subset that Gemini accepts."""
    text = {"type": "STRING", "max_length": MAX_VALUE}
    value = {
        "type": "OBJECT",
        "properties": {
            "name": {"type": "STRING", "enum": list(field_names_of(category))},
            "quote": text,
            "value": text,
        },
        "required": ["name", "quote", "value"],
        "property_ordering": ["name", "quote", "value"],
    }
    parts = ["quote", "name", "quantity", "unitPrice", "total"]
    item = {
        "type": "OBJECT",
        "properties": dict.fromkeys(parts, text),
        "required": ["quote", "name"],
        "property_ordering": parts,
    }
    return {
        "type": "OBJECT",
        "properties": {
            "isReceipt": {"type": "BOOLEAN"},
            "fields": {"type": "ARRAY", "items": value, "max_items": MAX_FIELDS},
            "items": {"type": "ARRAY", "items": item, "max_items": MAX_ITEMS},
        },
        "required": ["isReceipt", "fields", "items"],
        "property_ordering": ["isReceipt", "fields", "items"],
    }
