"""Vendors of receipts."""

from __future__ import annotations

import strawberry

from resolvers.schema.enums import Category
from resolvers.schema.fields import described
from resolvers.schema.scalars import AWSURL


@strawberry.type(description="A shop whose receipts are read.")
class Vendor:
    id: strawberry.ID = described("Never changes.")
    name: str = described("As shown to people.")
    category: Category = described("What it sells.")
    active: bool = described("Whether its mails are looked for; its invoices stay in any case.")
    logo_url: AWSURL | None = described("Its logo.")


@strawberry.input(description="Which vendors to list.")
class VendorFilter:
    category: Category | None = described("Only those that sell this.")
    active: bool | None = described("Only those whose mails are looked for, or only the others.")
