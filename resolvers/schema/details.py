"""What only one category of receipts has; each member of the union is read when it is asked for."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers.schema.enums import BillingPeriod
from resolvers.schema.fields import described
from resolvers.schema.scalars import AWSDate
from resolvers.schema.shared import Money

_ITEMS = "What was bought, in the receipt's order."
_TAX = "The tax in the total."
_DELIVERY_FEE = "What delivery cost."
_DISCOUNT = "What was taken off; positive."
_PAYMENT_METHOD = "How it was paid, as printed."
_SERVICE_FEE = "The platform's or agent's fee."


@strawberry.type(description="One line of a receipt.")
class RetailItem:
    name: str = described("As printed.")
    quantity: float = described("How many or how much: 1, 1.5. Shown, never added to money.")
    unit_price: Money | None = described("The price of one.")
    total: Money | None = described("The price of the line.")
    size: str | None = described("Its size.")
    color: str | None = described("Its colour.")
    serial: str | None = described("Its serial number.")
    warranty: str | None = described("Its warranty, as printed.")


@strawberry.type(description="A meal that was brought home.")
class FoodDeliveryDetail:
    restaurant: str | None = described("Who cooked it.")
    items: list[RetailItem] = described(_ITEMS)
    delivery_fee: Money | None = described(_DELIVERY_FEE)
    service_fee: Money | None = described(_SERVICE_FEE)
    tip: Money | None = described("The tip.")
    discount: Money | None = described(_DISCOUNT)
    payment_method: str | None = described(_PAYMENT_METHOD)


@strawberry.type(description="Clothes and shoes.")
class ClothingDetail:
    items: list[RetailItem] = described(_ITEMS)
    tax: Money | None = described(_TAX)
    delivery_fee: Money | None = described(_DELIVERY_FEE)
    discount: Money | None = described(_DISCOUNT)
    payment_method: str | None = described(_PAYMENT_METHOD)


@strawberry.type(description="Computers, telephones and electronics.")
class TechnologyDetail:
    items: list[RetailItem] = described(_ITEMS)
    tax: Money | None = described(_TAX)
    delivery_fee: Money | None = described(_DELIVERY_FEE)
    discount: Money | None = described(_DISCOUNT)
    payment_method: str | None = described(_PAYMENT_METHOD)


@strawberry.type(description="What is paid again and again.")
class SubscriptionDetail:
    plan: str | None = described("What is subscribed to.")
    billing_period: BillingPeriod | None = described("How often it is paid.")
    period_start: AWSDate | None = described("The first day that is paid for.")
    period_end: AWSDate | None = described("The last day that is paid for.")
    next_billing_date: AWSDate | None = described("When it is paid next.")
    receipt_number: str | None = described("The receipt's or invoice's number.")
    items: list[RetailItem] = described(_ITEMS)
    tax: Money | None = described(_TAX)
    discount: Money | None = described(_DISCOUNT)
    payment_method: str | None = described(_PAYMENT_METHOD)


@strawberry.type(description="Food and household goods.")
class GroceryDetail:
    store: str = described("The shop's name.")
    items: list[RetailItem] = described(_ITEMS)
    deposit: Money | None = described("Deposit on bottles and cans (pant).")
    delivery_fee: Money | None = described(_DELIVERY_FEE)
    discount: Money | None = described(_DISCOUNT)
    payment_method: str | None = described(_PAYMENT_METHOD)


@strawberry.type(description="Electricity, heating, telephone or broadband.")
class UtilityDetail:
    provider: str = described("Who provides it.")
    items: list[RetailItem] = described(_ITEMS)
    consumption_kwh: float | None = described("How much energy was used, in kWh.")
    period_start: AWSDate | None = described("The first day that is paid for.")
    period_end: AWSDate | None = described("The last day that is paid for.")
    due_date: AWSDate | None = described("When to pay.")
    ocr: str | None = described("The payment reference.")
    tax: Money | None = described(_TAX)
    payment_method: str | None = described(_PAYMENT_METHOD)


@strawberry.type(description="Any other purchase.")
class MiscellaneousDetail:
    items: list[RetailItem] = described(_ITEMS)
    tax: Money | None = described(_TAX)
    delivery_fee: Money | None = described(_DELIVERY_FEE)
    discount: Money | None = described(_DISCOUNT)
    payment_method: str | None = described(_PAYMENT_METHOD)


@strawberry.type(description="One leg of a journey.")
class TravelLeg:
    number: str | None = described("Of the flight, train or bus.")
    origin: str | None = described("Where it begins.")
    destination: str | None = described("Where it ends.")
    departure: str | None = described("Local time as printed: 2026-06-01T08:15, or the day alone.")
    arrival: str | None = described("Local time as printed, like `departure`.")


@strawberry.type(description="A journey.")
class TravelDetail:
    company: str = described("Who sold it.")
    booking_reference: str | None = described("The booking's reference.")
    legs: list[TravelLeg] = described("The legs, in order.")
    passengers: list[str] = described("Who travels.")
    items: list[RetailItem] = described(_ITEMS)
    tax: Money | None = described(_TAX)
    service_fee: Money | None = described(_SERVICE_FEE)
    discount: Money | None = described(_DISCOUNT)
    payment_method: str | None = described(_PAYMENT_METHOD)


RetailDetail = Annotated[
    FoodDeliveryDetail
    | ClothingDetail
    | TechnologyDetail
    | SubscriptionDetail
    | GroceryDetail
    | UtilityDetail
    | MiscellaneousDetail
    | TravelDetail,
    strawberry.union("RetailDetail", description="What only one category has."),
]
