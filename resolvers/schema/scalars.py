"""AppSync's own scalars; they are part of the service, so the schema defines none.

Source: AWS AppSync developer guide, "Scalar types in GraphQL".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NewType

import strawberry

if TYPE_CHECKING:
    from strawberry.types.scalar import ScalarDefinition

AWSDate = NewType("AWSDate", str)
AWSDateTime = NewType("AWSDateTime", str)
AWSEmail = NewType("AWSEmail", str)
AWSURL = NewType("AWSURL", str)

SCALARS: dict[object, ScalarDefinition] = {
    AWSDate: strawberry.scalar(
        name="AWSDate", description="A day: 2026-01-30.", print_definition=False
    ),
    AWSDateTime: strawberry.scalar(
        name="AWSDateTime",
        description="An instant, in UTC: 2026-01-30T08:30:00.000Z.",
        print_definition=False,
    ),
    AWSEmail: strawberry.scalar(
        name="AWSEmail", description="An e-mail address.", print_definition=False
    ),
    AWSURL: strawberry.scalar(name="AWSURL", description="A link.", print_definition=False),
}
