"""One short example per category, shown to the model before the mail. Everything is invented."""

from __future__ import annotations

import json

from paypulse.receipts import Category

type Example = tuple[str, str]  # the mail's text, the answer as JSON


def _example(text: str, fields: dict[str, str], items: list[dict[str, str]]) -> Example:
    lines = text.split("\n")
    quoted = [
        {"name": name, "quote": next(line for line in lines if value in line), "value": value}
        for name, value in fields.items()
    ]
    return text, json.dumps(
        {"isReceipt": True, "fields": quoted, "items": items}, ensure_ascii=False
    )


EXAMPLES: dict[Category, Example] = {
    Category.FOOD_DELIVERY: _example(
        "Kvitto 4410\nFalafelrulle | 1 | 95,00 kr\nServiceavgift | 5,00 kr\nTotalt | 100,00 kr",
        {"orderNumber": "4410", "serviceFee": "5,00 kr", "total": "100,00 kr"},
        [{"quote": "Falafelrulle | 1 | 95,00 kr", "name": "Falafelrulle", "total": "95,00 kr"}],
    ),
    Category.CLOTHING: _example(
        "Order 7001\nUllmössa, svart | 1 | 249,00 kr\nFrakt | 39,00 kr\nAtt betala | 288,00 kr",
        {"orderNumber": "7001", "shipping": "39,00 kr", "total": "288,00 kr"},
        [{"quote": "Ullmössa, svart | 1 | 249,00 kr", "name": "Ullmössa", "total": "249,00 kr"}],
    ),
    Category.TECHNOLOGY: _example(
        "Ordernummer: T-88\nUSB-kabel | 2 | 99,00 kr | 198,00 kr\nSumma | 198,00 kr",
        {"orderNumber": "T-88", "total": "198,00 kr"},
        [
            {
                "quote": "USB-kabel | 2 | 99,00 kr | 198,00 kr",
                "name": "USB-kabel",
                "quantity": "2",
                "unitPrice": "99,00 kr",
                "total": "198,00 kr",
            }
        ],
    ),
    Category.SUBSCRIPTIONS: _example(
        "Receipt 2210-4\nPlan | Basic\nAmount paid | $9.00\nNext billing date | June 3, 2025",
        {
            "orderNumber": "2210-4",
            "plan": "Basic",
            "total": "$9.00",
            "nextBillingDate": "June 3, 2025",
        },
        [],
    ),
    Category.GROCERY: _example(
        "Kvitto MK1\nGurka | 1 | 16,90 kr\nPant | 2,00 kr\nTotalt | 18,90 kr",
        {"orderNumber": "MK1", "deposit": "2,00 kr", "total": "18,90 kr"},
        [{"quote": "Gurka | 1 | 16,90 kr", "name": "Gurka", "total": "16,90 kr"}],
    ),
    Category.UTILITY: _example(
        (
            "Fakturanummer: 5512\nFörbrukning: 310 kWh\nAtt betala:"
            " 512,00 kr\nFörfallodatum: 2025-05-30"
        ),
        {
            "orderNumber": "5512",
            "consumptionKwh": "310 kWh",
            "total": "512,00 kr",
            "dueDate": "2025-05-30",
        },
        [],
    ),
    Category.MISCELLANEOUS: _example(
        "Beställning 31\nDoftljus | 1 | 79,00 kr\nSumma att betala | 79,00 kr",
        {"orderNumber": "31", "total": "79,00 kr"},
        [{"quote": "Doftljus | 1 | 79,00 kr", "name": "Doftljus", "total": "79,00 kr"}],
    ),
    Category.TRAVEL: _example(
        "Bokningsnummer: QX81PL\nTåg 91 Umeå C – Luleå C\nTotalpris | 410,00 kr",
        {"bookingReference": "QX81PL", "total": "410,00 kr"},
        [],
    ),
}
