"""Words and goods for invented receipts: labels of many shops, in two languages."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wording:
    language: str
    subject: str
    hello: str
    number: str
    date: str
    item: str
    quantity: str
    unit: str
    line: str
    subtotal: str
    shipping: str
    discount: str
    total: str
    tax: str
    fee: str = "Serviceavgift"
    tip: str = "Dricks"
    deposit: str = "Pant"
    gift: str = "Presentkort"
    pieces: str = "st"
    size: str = "Storlek"
    color: str = "Färg"
    due: str = "Förfallodatum"
    usage: str = "Förbrukning"
    period: str = "Period"
    next_billing: str = "Nästa betalning"
    interval: str = "Betalas"
    monthly: str = "månadsvis"
    plan: str = "Abonnemang"
    restaurant: str = "Restaurang"
    passengers: str = "Resenärer"
    reference: str = "Bokningsnummer"


SWEDISH = [
    Wording(
        "sv",
        "Orderbekräftelse {number}",
        "Hej Alva! Tack för din beställning.",
        "Ordernummer",
        "Orderdatum",
        "Artikel",
        "Antal",
        "Pris",
        "Summa",
        "Delsumma",
        "Frakt",
        "Rabatt",
        "Totalt",
        "Varav moms",
    ),
    Wording(
        "sv",
        "Tack för ditt köp!",
        "Hej, här kommer en sammanfattning av ditt köp.",
        "Beställningsnummer",
        "Beställningsdatum",
        "Produkt",
        "Antal",
        "Styckpris",
        "Belopp",
        "Varuvärde",
        "Fraktkostnad",
        "Rabattkod HÖST10",
        "Att betala",
        "varav moms (25%)",
        due="Betalas senast",
        usage="Din förbrukning",
        period="Faktureringsperiod",
        next_billing="Nästa debitering",
        interval="Betalningsperiod",
        monthly="per månad",
        plan="Din plan",
        reference="Bokningsreferens",
        passengers="Passagerare",
    ),
    Wording(
        "sv",
        "Ditt kvitto från {vendor}",
        "Här är ditt kvitto. Spara det gärna.",
        "Order-ID",
        "Köpdatum",
        "Beskrivning",
        "St",
        "À-pris",
        "Totalt",
        "Summa varor",
        "Hemleverans",
        "Kampanjavdrag",
        "Totalsumma",
        "Moms ingår med",
        fee="Plattformsavgift",
        tip="Dricks till kuriren",
        deposit="Pantavgift",
        due="Sista betalningsdag",
        usage="Energiförbrukning",
        period="Avser perioden",
        next_billing="Nästa förnyelse",
        interval="Debiteras",
        monthly="varje månad",
        plan="Prenumeration",
        restaurant="Verksamhet",
        reference="Bokningskod",
        passengers="Resande",
    ),
    Wording(
        "sv",
        "Kvitto på beställning {number}",
        "Hej!",
        "Order nr",
        "Datum för köp",
        "Benämning",
        "Antal",
        "Pris/st",
        "Radsumma",
        "Summa artiklar",
        "Leveranskostnad",
        "Medlemsrabatt",
        "Totalbelopp",
        "Total moms",
        fee="Serviceavgift",
        due="Förfaller",
        usage="Förbrukat",
        period="Förbrukningsperiod",
        next_billing="Nästa betalningsdatum",
        interval="Debitering",
        monthly="månadsvis",
        plan="Medlemskap",
        gift="Inlöst presentkort",
        reference="Bokning",
        passengers="Resenär",
    ),
    Wording(
        "sv",
        "Bekräftelse på din order",
        "Vi har tagit emot din order och packar den snart.",
        "Referensnummer",
        "Beställd",
        "Varor",
        "Antal",
        "Enhetspris",
        "Pris",
        "Mellansumma",
        "Porto",
        "Avdrag",
        "Summa att betala",
        "Moms",
        fee="Hanteringsavgift",
        tip="Dricks (bud)",
        due="Förfallodag",
        usage="Elförbrukning",
        period="Period som faktureras",
        next_billing="Förnyas den",
        interval="Faktureras",
        monthly="1 månad",
        plan="Paket",
    ),
]
ENGLISH = [
    Wording(
        "en",
        "Order confirmation #{number}",
        "Hi Alva, thank you for your order.",
        "Order number",
        "Order date",
        "Item",
        "Qty",
        "Price",
        "Total",
        "Subtotal",
        "Shipping",
        "Discount",
        "Order total",
        "VAT included",
        "Service fee",
        "Tip",
        "Deposit",
        "Gift card",
        "pcs",
        "Size",
        "Colour",
        "Due date",
        "Consumption",
        "Billing period",
        "Next billing date",
        "Billing cycle",
        "Monthly",
        "Plan",
        "Restaurant",
        "Passengers",
        "Booking reference",
    ),
    Wording(
        "en",
        "Your receipt from {vendor}",
        "Thanks for shopping with us.",
        "Order no.",
        "Placed on",
        "Description",
        "Quantity",
        "Unit price",
        "Amount",
        "Items subtotal",
        "Delivery",
        "Promo code SAVE",
        "Amount charged",
        "including VAT",
        "Platform fee",
        "Courier tip",
        "Bottle deposit",
        "Gift card applied",
        "pcs",
        "Size",
        "Color",
        "Payment due",
        "Usage",
        "Service period",
        "Next payment",
        "Billed",
        "every month",
        "Subscription",
        "Store",
        "Travellers",
        "Booking number",
    ),
    Wording(
        "en",
        "Thanks for your purchase",
        "We've received your order and will ship it soon.",
        "Order ID",
        "Purchase date",
        "Product",
        "Qty.",
        "Each",
        "Line total",
        "Merchandise",
        "Postage & packing",
        "Savings",
        "Grand total",
        "Of which VAT",
        "Handling fee",
        "Gratuity",
        "Deposit",
        "Store credit",
        "pcs",
        "Size",
        "Colour",
        "Pay by",
        "Energy used",
        "Usage period",
        "Renews on",
        "Billing",
        "per month",
        "Membership",
        "Restaurant",
        "Traveller",
        "Reservation code",
    ),
    Wording(
        "en",
        "Receipt for order {number}",
        "Hello Alva,",
        "Reference",
        "Date",
        "Details",
        "Quantity",
        "Price each",
        "Amount",
        "Sub-total",
        "Delivery charge",
        "Coupon",
        "Total paid",
        "Tax",
        "Service charge",
        "Tip for driver",
        "Container deposit",
        "Reward points",
        "pcs",
        "Size",
        "Colour",
        "Due by",
        "Electricity used",
        "Period covered",
        "Your next bill",
        "Frequency",
        "monthly",
        "Your plan",
        "Ordered from",
        "Passenger names",
        "PNR",
    ),
]


@dataclass(frozen=True)
class Shop:
    name: str
    sender: str
    goods: list[tuple[str, int]] = field(default_factory=list)  # name, öre


SHOPS: dict[str, list[Shop]] = {
    "food-delivery": [
        Shop(
            "Kebabkungen",
            "hej@kebabkungen.example",
            [
                ("Kebabtallrik", 12900),
                ("Falafelrulle", 9500),
                ("Loka citron 33 cl", 2200),
                ("Vitlökssås", 1000),
                ("Pommes frites stor", 4500),
            ],
        ),
        Shop(
            "Matbudet",
            "kvitto@matbudet.example",
            [
                ("Pad thai med räkor", 14900),
                ("Vårrullar 4 st", 6900),
                ("Ramlösa", 2500),
                ("Sushi 12 bitar", 15900),
            ],
        ),
    ],
    "clothing": [
        Shop(
            "Trådverket",
            "order@tradverket.example",
            [
                ("Linneskjorta Harald", 69900),
                ("Chinos slim", 79900),
                ("Ullstrumpor", 12950),
                ("Täckjacka Fjord", 149900),
            ],
        ),
        Shop(
            "Garderoben",
            "no-reply@garderoben.example",
            [
                ("Klänning Vera", 59900),
                ("Jeans raka", 49900),
                ("T-shirt bomull", 14900),
                ("Sneakers låga", 89900),
            ],
        ),
    ],
    "technology": [
        Shop(
            "Bitbutiken",
            "order@bitbutiken.example",
            [
                ("Trådlös mus M220", 24900),
                ("USB-C-kabel 2 m", 14900),
                ("Skärm 27 tum 4K", 429000),
                ("Mekaniskt tangentbord", 129900),
            ],
        ),
        Shop(
            "Prylhuset Online",
            "info@prylhuset.example",
            [
                ("Hörlurar Q30", 99900),
                ("Powerbank 20000 mAh", 39900),
                ("SSD 1 TB", 109900),
                ("Router AX3000", 89900),
            ],
        ),
    ],
    "subscriptions": [
        Shop(
            "Strömfilm",
            "billing@stromfilm.example",
            [("Strömfilm Premium", 15900), ("Strömfilm Bas", 9900)],
        ),
        Shop(
            "Molnlagring Plus",
            "receipts@molnlagring.example",
            [("Plus 2 TB", 11900), ("Family plan", 16900)],
        ),
    ],
    "grocery": [
        Shop(
            "Skafferiet",
            "kvitto@skafferiet.example",
            [
                ("Havredryck 1 l", 2190),
                ("Ägg 12-pack", 4490),
                ("Bananer 1 kg", 2495),
                ("Kycklingfilé 900 g", 10990),
                ("Kaffe mellanrost 450 g", 5995),
            ],
        ),
        Shop(
            "Matvagnen",
            "order@matvagnen.example",
            [
                ("Gurka", 1690),
                ("Tomater 500 g", 2490),
                ("Filmjölk 1 l", 1850),
                ("Knäckebröd", 2290),
                ("Loka 6-pack", 5490),
            ],
        ),
    ],
    "utility": [
        Shop(
            "Nordelnät",
            "faktura@nordelnat.example",
            [("Elöverföring", 31250), ("Fast nätavgift", 18900), ("Energiskatt", 21040)],
        ),
        Shop(
            "Bergslagens Energi",
            "kundservice@bergslagensenergi.example",
            [("Rörlig elkostnad", 45120), ("Påslag", 1980), ("Månadsavgift", 4900)],
        ),
    ],
    "miscellaneous": [
        Shop(
            "Hemmagruvan",
            "kundservice@hemmagruvan.example",
            [
                ("Stekpanna 28 cm", 39900),
                ("Doftljus vanilj", 7990),
                ("Kökshandduk 2-pack", 9900),
                ("Pärlspel", 14900),
            ],
        ),
        Shop(
            "Bokstaven",
            "order@bokstaven.example",
            [
                ("Pocket: Vinterns hjärta", 8900),
                ("Inbunden: Havets barn", 22900),
                ("Presentpapper", 3900),
            ],
        ),
    ],
    "travel": [
        Shop(
            "Fjällexpressen",
            "biljett@fjallexpressen.example",
            [("Vuxen 2 klass", 49500), ("Ungdom", 29500)],
        ),
        Shop(
            "Kustflyg",
            "booking@kustflyg.example",
            [("Adult ticket", 129900), ("Checked bag", 35000)],
        ),
    ],
}
ENGLISH_GOODS: dict[str, list[tuple[str, int]]] = {
    "food-delivery": [
        ("Chicken tikka masala", 1250),
        ("Garlic naan", 350),
        ("Mango lassi", 420),
        ("Margherita pizza", 1090),
    ],
    "clothing": [
        ("Merino sweater", 8900),
        ("Cotton socks", 650),
        ("Rain jacket", 12999),
        ("Denim shirt", 5490),
    ],
    "technology": [
        ("Wireless keyboard", 5999),
        ("HDMI cable 2 m", 1299),
        ("27 inch monitor", 32900),
        ("Webcam 1080p", 4950),
    ],
    "subscriptions": [("Pro plan", 2000), ("Team workspace", 4900)],
    "grocery": [
        ("Oat milk 1 l", 199),
        ("Free range eggs", 349),
        ("Bananas", 120),
        ("Sourdough bread", 385),
    ],
    "utility": [("Electricity charges", 6120), ("Standing charge", 1830)],
    "miscellaneous": [
        ("Scented candle", 1450),
        ("Paperback: The Long Shore", 999),
        ("Garden gloves", 795),
    ],
    "travel": [("Adult ticket", 8950), ("Seat reservation", 700)],
}
