"""What was spent, for charts."""

from __future__ import annotations

import strawberry

from resolvers.schema.enums import Category, PeriodLength, SpendingGroup
from resolvers.schema.fields import described
from resolvers.schema.scalars import AWSDate
from resolvers.schema.shared import Money


@strawberry.input(description="What to add up.")
class SpendingFilter:
    period: PeriodLength = described("How long each period is.")
    from_: AWSDate | None = described(
        "The first day; the beginning of `to`'s year if left out.", name="from"
    )
    to: AWSDate | None = described("The last day; the end of this year if left out.")
    group_by: SpendingGroup = described("What is added up together.")
    category: Category | None = described("Only this category; not with RENT_LINE.")
    vendor: str | None = described("Only this shop, by name or id; not with RENT_LINE.")


@strawberry.type(description="What was spent on one thing, in one currency.")
class SpendingEntry:
    key: str = described("Stable: GROCERY, COLD_WATER, or the shop's name in small letters.")
    label: str = described("What to show, in English unless it is a name.")
    category: Category | None = described("Of receipts, where it is one alone.")
    sum: Money = described("What was paid less what came back.")
    average: Money | None = described("`sum` over `count`; null without a purchase.")
    count: int = described("Purchases, or rent notices; refunds do not count.")


@strawberry.type(description="One period of spending.")
class SpendingPeriod:
    period: str = described("2026-01, 2026-Q1 or 2026.")
    start: AWSDate = described("Its first day, as far as asked for.")
    end: AWSDate = described("Its last day, as far as asked for.")
    entries: list[SpendingEntry] = described(
        "Largest sum first; one for each currency: they are never added to each other."
    )
    without_total: int = described("Invoices whose total was not found; they are in no sum.")
