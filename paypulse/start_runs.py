"""Use case: start an ingestion run and answer at once; the work is done by a queue's worker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from paypulse.accounts import GmailStatus
from paypulse.errors import ErrorType, RequestError, TransientError
from paypulse.rental_invoices import due_month
from paypulse.runs import IngestionRun, RunError, RunKind, RunOutcome, RunStatus, new_run_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from paypulse.ports import Clock, RentalInvoiceStore, RunStore, UserStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarter:
    """Everything that starting a run needs."""

    runs: RunStore
    users: UserStore
    invoices: RentalInvoiceStore
    enqueue: Callable[[IngestionRun], None]
    clock: Clock
    time_zone: str

    def start(
        self,
        user_id: str,
        kind: RunKind,
        *,
        month: str | None = None,
        since: date | None = None,
        correlation_id: str | None = None,
    ) -> IngestionRun:
        """Write a run and queue its work.

        A month whose notice is there already is answered at once: ALREADY_PRESENT.

        Args:
            month: For LATEST_RENTAL, the due month (`2026-01`); this month if left out.
            since: Only mail received on or after this day.
            correlation_id: The request's; the run's own id if left out.

        Raises:
            RequestError: GMAIL_NOT_CONNECTED, GMAIL_TOKEN_EXPIRED, or DEPENDENCY_FAILURE when
                the queue does not take the work; the run is then marked as failed.
        """
        self._require_gmail(user_id)
        now = self.clock()
        run = replace(_new_run(user_id, kind, now, None), since=since)
        run = replace(run, correlation_id=correlation_id or run.run_id)
        run = self._look_first(run, month)
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

    def prepare(self, user_id: str, *, scheduled_at: datetime) -> IngestionRun | None:
        """Write a schedule's run for this month's notice.

        A schedule may fire twice for the same instant; that is one run. None when the account
        has been closed since.
        """
        if self.users.get(user_id) is None:
            return None
        seed = f"{user_id} {scheduled_at.isoformat()}"
        run = _new_run(user_id, RunKind.LATEST_RENTAL, scheduled_at, seed)
        return self.runs.add(self._look_first(run, None))

    def _look_first(self, run: IngestionRun, month: str | None) -> IngestionRun:
        """End a run at once when the notice that it looks for is there."""
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

    def _require_gmail(self, user_id: str) -> None:
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
                return


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
