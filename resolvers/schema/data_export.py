"""Exports of everything that is kept of the caller."""

from __future__ import annotations

import strawberry

from resolvers.schema.enums import DataExportError, DataExportStatus
from resolvers.schema.fields import described
from resolvers.schema.scalars import AWSURL, AWSDateTime
from resolvers.schema.shared import UserError


@strawberry.type(description="An archive of everything that is kept of the caller.")
class DataExport:
    id: strawberry.ID = described("Sorts by time.")
    status: DataExportStatus = described("Where it stands.")
    error: DataExportError | None = described("Why it failed.")
    asked_at: AWSDateTime = described("When it was asked for.")
    finished_at: AWSDateTime | None = described("When it ended.")
    url: AWSURL | None = described(
        "Downloads the archive (zip) without a log-in. When it is refused, ask for another."
    )
    available_until: AWSDateTime | None = described("When the archive goes: after 24 hours.")


@strawberry.input(description="What to export.")
class ExportMyDataInput:
    with_documents: bool | None = described(
        "The original documents too; yes unless told otherwise."
    )


@strawberry.type(description="An export that has begun, or what stood in its way.")
class ExportMyDataPayload:
    export: DataExport | None = described("The export; ask for it with `dataExport` until READY.")
    user_errors: list[UserError] = described("What to put right.")
