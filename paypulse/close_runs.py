"""Closing a run once every message that it found has its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from paypulse.runs import RunKind, RunOutcome, final_status

if TYPE_CHECKING:
    from paypulse.ports.accounts import UserStore
    from paypulse.ports.clock import Clock
    from paypulse.ports.invoices import RentalInvoiceStore, RunStore
    from paypulse.runs import IngestionRun


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCloser:
    """Closes runs; whoever settles a run's last message calls it."""

    runs: RunStore
    users: UserStore
    invoices: RentalInvoiceStore
    clock: Clock

    def close_if_complete(self, user_id: str, run_id: str) -> None:
        """Close the run when nothing remains; closing twice changes nothing."""
        run = self.runs.get(user_id, run_id)
        if run is None or not run.is_complete:
            return
        # First the window: closed twice it stays where it is, forgotten it would lag a week.
        if run.moves_window and not run.failed and not run.elsewhere:
            self._move_window(run)
        self.runs.close(run, final_status(run), self._outcome(run), now=self.clock())

    def _move_window(self, run: IngestionRun) -> None:
        """Let the next run begin where this one began: all before it has its outcome.

        A run with a failure leaves the window where it is. The next one looks there again, and
        knows everything but the failures from the ledger.
        """
        user = self.users.get(run.user_id)
        if user is not None and user.gmail_email is not None:
            self.users.move_retail_window(
                run.user_id, run.started_at, mailbox=user.gmail_email, history_id=run.history_id
            )

    def _outcome(self, run: IngestionRun) -> RunOutcome | None:
        if run.kind is not RunKind.LATEST_RENTAL or run.due_month is None:
            return None
        arrived = self.invoices.has_due_month(run.user_id, run.due_month)
        return RunOutcome.INGESTED if arrived else RunOutcome.NOT_YET_SENT
