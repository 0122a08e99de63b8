"""Ingestion runs: what a user asked for, how far it is, and how it ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from paypulse.receipts import Category

# A run that has not moved for this long has died; its messages are taken over by the next one.
STALLED_AFTER = timedelta(minutes=30)
KEPT_FOR = timedelta(days=90)


class RunKind(StrEnum):
    """What a run looks for."""

    RENTAL = "RENTAL"  # every rent notice in the mailbox
    LATEST_RENTAL = "LATEST_RENTAL"  # the notice that is due this month
    RETAIL = "RETAIL"  # receipts, since the last such run or in a range of days
    BACKFILL = "BACKFILL"  # the whole mailbox from a day on: notices and receipts


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"  # finished, with at least one message that failed
    FAILED = "FAILED"  # could not be carried out; `error` says why


class RunOutcome(StrEnum):
    """The answer of a run that looks for one month's notice."""

    INGESTED = "INGESTED"
    ALREADY_PRESENT = "ALREADY_PRESENT"
    NOT_YET_SENT = "NOT_YET_SENT"


class RunError(StrEnum):
    """Why a whole run failed."""

    RECONNECT_REQUIRED = "RECONNECT_REQUIRED"
    GMAIL_NOT_CONNECTED = "GMAIL_NOT_CONNECTED"
    QUEUE_UNAVAILABLE = "QUEUE_UNAVAILABLE"
    STALLED = "STALLED"


@dataclass(frozen=True, slots=True)
class IngestionRun:
    """One run; `found` = `parsed` + `skipped` + `failed` + `remaining`, counted in messages."""

    user_id: str
    run_id: str
    kind: RunKind
    status: RunStatus
    started_at: datetime
    updated_at: datetime
    found: int = 0
    stored: int = 0
    parsed: int = 0
    skipped: int = 0
    failed: int = 0
    remaining: int = 0
    # The page of search results in work, and whether its messages are in the counts already.
    page: str = ""
    counted_page: str | None = None
    listed: bool = False
    due_month: str | None = None  # "2026-01", for LATEST_RENTAL
    since: date | None = None  # only mail received on or after this day
    until: date | None = None  # only mail received on or before this day
    category: Category | None = None  # only receipts of this category's vendors
    # A RETAIL run without a range or category of its own: when it is done, the next one begins
    # where it began, at the mailbox's `history_id` of then.
    moves_window: bool = False
    history_id: str | None = None
    by_vendor: Mapping[str, int] = field(default_factory=dict)  # messages stored by this run
    elsewhere: int = 0  # messages that another run was working on, so nobody knows their end
    outcome: RunOutcome | None = None
    error: RunError | None = None
    finished_at: datetime | None = None
    # What everything that comes of the run is logged under: the request that asked for it, or the
    # run itself where a schedule did.
    correlation_id: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to the run."""
        return self.status in {RunStatus.SUCCEEDED, RunStatus.PARTIAL, RunStatus.FAILED}

    @property
    def is_complete(self) -> bool:
        """Whether all messages are listed and settled, so that the run can be closed."""
        return not self.is_over and self.listed and self.remaining <= 0

    def seen_at(self, now: datetime) -> IngestionRun:
        """Return the run as shown to people: one that stopped moving has failed."""
        if self.is_over or now - self.updated_at < STALLED_AFTER:
            return self
        return replace(
            self, status=RunStatus.FAILED, error=RunError.STALLED, finished_at=self.updated_at
        )


def new_run_id(now: datetime, seed: str | None = None) -> str:
    """Return an id that sorts by time; the same `seed` gives the same id.

    A schedule that fires twice for the same day thereby starts one run, not two.
    """
    unique = uuid.uuid4() if seed is None else uuid.uuid5(uuid.NAMESPACE_URL, seed)
    return f"run_{now:%Y%m%dT%H%M%S}_{unique.hex[:12]}"


def final_status(run: IngestionRun) -> RunStatus:
    """Return how a complete run ends."""
    return RunStatus.PARTIAL if run.failed else RunStatus.SUCCEEDED
