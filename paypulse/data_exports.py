"""Exports of a user's data: one archive each, made by a worker and kept for a day."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

AVAILABLE_FOR = timedelta(hours=24)
# Five deliveries of ten minutes with the waits between them; whoever still waits, waits in vain.
STALLED_AFTER = timedelta(minutes=90)
ROW_KEPT_FOR = timedelta(days=7)


class DataExportStatus(StrEnum):
    """Where an export stands."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    READY = "READY"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"  # it was ready, and its day is over


class DataExportError(StrEnum):
    """Why an export failed."""

    TOO_LARGE = "TOO_LARGE"  # more than one call of the function can write
    STALLED = "STALLED"


@dataclass(frozen=True, slots=True)
class DataExport:
    """One archive that a user asked for."""

    user_id: str
    export_id: str
    status: DataExportStatus
    asked_at: datetime
    with_documents: bool = True
    finished_at: datetime | None = None
    error: DataExportError | None = None

    @property
    def key(self) -> str:
        """Where the archive lies in the bucket."""
        return f"{export_prefix(self.user_id)}{self.export_id}.zip"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be done for the export."""
        return self.status in {DataExportStatus.READY, DataExportStatus.FAILED}

    @property
    def available_until(self) -> datetime | None:
        """When the archive goes; None while there is none."""
        if self.status is not DataExportStatus.READY or self.finished_at is None:
            return None
        return self.finished_at + AVAILABLE_FOR

    def seen_at(self, now: datetime) -> DataExport:
        """Return the export as shown to people: past its day, or given up."""
        if self.available_until is not None and now >= self.available_until:
            return replace(self, status=DataExportStatus.EXPIRED)
        if not self.is_over and now - self.asked_at >= STALLED_AFTER:
            return replace(self, status=DataExportStatus.FAILED, error=DataExportError.STALLED)
        return self


def export_prefix(user_id: str) -> str:
    """Return what the keys of all of a user's archives begin with."""
    return f"exports/{user_id}/"


def new_export_id(now: datetime) -> str:
    """Return an id that sorts by time."""
    return f"export_{now:%Y%m%dT%H%M%S}_{uuid.uuid4().hex[:12]}"
