"""Types that several areas use."""

from __future__ import annotations

import strawberry

from resolvers.schema.directives import BEFORE_LOG_IN, PUBLISHED
from resolvers.schema.enums import UserErrorCode
from resolvers.schema.fields import described
from resolvers.schema.scalars import AWSDate

_MINOR_UNITS = (
    "In minor units, öre for SEK: 886500. Null beyond 21474836.47, where GraphQL's Int ends."
)


@strawberry.type(
    description="Something in the input that the caller can put right.", directives=BEFORE_LOG_IN
)
class UserError:
    code: UserErrorCode = described("What is wrong; switch on this.")
    message: str = described("What is wrong and what to do, in English.")
    field: list[str] | None = described("The path of the input field at fault.")


@strawberry.type(description="An amount of money.", directives=PUBLISHED)
class Money:
    amount: str = described("As a decimal string: 8865.00.")
    minor_units: int | None = described(_MINOR_UNITS)
    currency: str = described("ISO 4217: SEK.")


@strawberry.input(description="An amount of money that an event tells.")
class MoneyInput:
    amount: str = described("As a decimal string: 8865.00.")
    minor_units: int | None = described(_MINOR_UNITS)
    currency: str = described("ISO 4217: SEK.")


@strawberry.type(
    description="Days of which mail is looked at, both included.", directives=PUBLISHED
)
class DateRange:
    start: AWSDate | None = described("The first day.")
    end: AWSDate | None = described("The last day; null while there is none yet.")


@strawberry.input(description="Days of which mail is looked at, as an event tells them.")
class DateRangeInput:
    start: AWSDate | None = described("The first day.")
    end: AWSDate | None = described("The last day; null while there is none yet.")


@strawberry.type(
    description="How many messages of a vendor a run has stored.", directives=PUBLISHED
)
class VendorCount:
    vendor: str = described("The vendor's id, or the domain of a sender that nobody knows.")
    count: int = described("How many.")


@strawberry.input(description="How many messages of a vendor, as an event tells it.")
class VendorCountInput:
    vendor: str = described("The vendor's id, or the domain of a sender that nobody knows.")
    count: int = described("How many.")


@strawberry.type(description="Where a page of a list stands.")
class PageInfo:
    has_next_page: bool = described("Whether more follow; ask with `after: endCursor`.")
    has_previous_page: bool = described("Whether this is not the first page.")
    start_cursor: str | None = described("Cursor of the first item.")
    end_cursor: str | None = described("Cursor of the last item.")
