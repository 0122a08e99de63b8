"""Use case: start an ingestion run and answer at once; the work is done by a queue's worker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from paypulse.accounts import GmailStatus
from paypulse.errors import ErrorType, RequestError, TransientError
from paypulse.rental_invoices import due_month
from paypulse.runs import IngestionRun, RunError, RunKind, RunOutcome, RunStatus, new_run_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from paypulse.accounts import User
    from paypulse.ports.accounts import UserStore
    from paypulse.ports.clock import Clock
    from paypulse.ports.invoices import RentalInvoiceStore, RunStore
    from paypulse.receipts import Category


# How far back the first search for receipts looks; `backfillInvoices` looks further.
FIRST_WINDOW = timedelta(days=30)
# Gmail's index lags, and a mail may be received a little before it can be found.
OVERLAP = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarter:
    """Everything that starting a run needs."""

    runs: RunStore
    users: UserStore
    invoices: RentalInvoiceStore
    enqueue: Callable[[IngestionRun], None]
    clock: Clock
    time_zone: str

    def today(self) -> date:
        """Return the day that it is for the users."""
        return self.clock().astimezone(ZoneInfo(self.time_zone)).date()

    def start(
        self,
        user_id: str,
        kind: RunKind,
        *,
        month: str | None = None,
        since: date | None = None,
        until: date | None = None,
        category: Category | None = None,
        correlation_id: str | None = None,
    ) -> IngestionRun:
        """Write a run and queue its work.

        A month whose notice is there already is answered at once: ALREADY_PRESENT. A RETAIL run
        without days looks from where the last such run was done.

        Args:
            month: For LATEST_RENTAL, the due month (`2026-01`); this month if left out.
            since: Only mail received on or after this day.
            until: Only mail received on or before this day.
            category: Only receipts of this category's vendors.
            correlation_id: The request's; the run's own id if left out.

        Raises:
            RequestError: GMAIL_NOT_CONNECTED, GMAIL_TOKEN_EXPIRED, or DEPENDENCY_FAILURE when
                the queue does not take the work; the run is then marked as failed.
        """
        user = self._require_gmail(user_id)
        now = self.clock()
        run = replace(
            _new_run(user_id, kind, now, None), since=since, until=until, category=category
        )
        run = replace(run, correlation_id=correlation_id or run.run_id)
        run = self._look_first(run, month, user)
        self.runs.add(run)
        if run.is_over:
            return run
        try:
            self.enqueue(run)
        except TransientError:
            self.runs.fail(user_id, run.run_id, RunError.QUEUE_UNAVAILABLE, now=self.clock())
            raise RequestError(
                ErrorType.DEPENDENCY_FAILURE, "The work could not be queued. Try again."
            ) from None
        return run

    def prepare(
        self, user_id: str, kind: RunKind, *, scheduled_at: datetime
    ) -> IngestionRun | None:
        """Write a schedule's run.

        A schedule may fire twice for the same instant; that is one run. None when the account
        has been closed since.
        """
        user = self.users.get(user_id)
        if user is None:
            return None
        seed = f"{user_id} {scheduled_at.isoformat()} {kind.value}"
        run = _new_run(user_id, kind, scheduled_at, seed)
        return self.runs.add(self._look_first(run, None, user))

    def _look_first(self, run: IngestionRun, month: str | None, user: User) -> IngestionRun:
        """Give a run what it needs to know, or end it when what it looks for is there."""
        if run.kind is RunKind.RETAIL:
            return self._with_window(run, user)
        if run.kind is not RunKind.LATEST_RENTAL:
            return run
        today = run.started_at.astimezone(ZoneInfo(self.time_zone)).date()
        run = replace(run, due_month=month or due_month(today))
        if not self.invoices.has_due_month(run.user_id, run.due_month or ""):
            return run
        return replace(
            run,
            status=RunStatus.SUCCEEDED,
            outcome=RunOutcome.ALREADY_PRESENT,
            finished_at=run.started_at,
            listed=True,
        )

    def _with_window(self, run: IngestionRun, user: User) -> IngestionRun:
        """Let a run without days of its own begin where the last one was done.

        A single category does so too, but moves nothing: the others were not looked at.
        """
        if run.since is not None or run.until is not None:
            return run
        window = user.retail_window
        begins = window.fetched_at - OVERLAP if window else run.started_at - FIRST_WINDOW
        since = begins.astimezone(ZoneInfo(self.time_zone)).date()
        return replace(run, since=since, moves_window=run.category is None)

    def _require_gmail(self, user_id: str) -> User:
        user = self.users.get(user_id)
        match user.gmail_status if user else GmailStatus.NOT_CONNECTED:
            case GmailStatus.NOT_CONNECTED:
                raise RequestError(ErrorType.GMAIL_NOT_CONNECTED, "Connect a Gmail account first.")
            case GmailStatus.RECONNECT_REQUIRED:
                raise RequestError(
                    ErrorType.GMAIL_TOKEN_EXPIRED,
                    "Google no longer accepts the connection. Connect Gmail again.",
                )
            case GmailStatus.CONNECTED:
                pass
        assert user is not None  # noqa: S101 - whoever is connected is there; this is for mypy
        return user


def _new_run(user_id: str, kind: RunKind, now: datetime, seed: str | None) -> IngestionRun:
    run_id = new_run_id(now, seed)
    return IngestionRun(
        user_id=user_id,
        run_id=run_id,
        correlation_id=run_id,
        kind=kind,
        status=RunStatus.QUEUED,
        started_at=now,
        updated_at=now,
    )
