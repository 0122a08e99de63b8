"""Closing a run once every message that it found has its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from paypulse.runs import RunKind, RunOutcome, final_status

if TYPE_CHECKING:
    from paypulse.ports import Clock, RentalInvoiceStore, RunStore
    from paypulse.runs import IngestionRun


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCloser:
    """Closes runs; whoever settles a run's last message calls it."""

    runs: RunStore
    invoices: RentalInvoiceStore
    clock: Clock

    def close_if_complete(self, user_id: str, run_id: str) -> None:
        """Close the run when nothing remains; closing twice changes nothing."""
        run = self.runs.get(user_id, run_id)
        if run is not None and run.is_complete:
            self.runs.close(run, final_status(run), self._outcome(run), now=self.clock())

    def _outcome(self, run: IngestionRun) -> RunOutcome | None:
        if run.kind is not RunKind.LATEST_RENTAL or run.due_month is None:
            return None
        arrived = self.invoices.has_due_month(run.user_id, run.due_month)
        return RunOutcome.INGESTED if arrived else RunOutcome.NOT_YET_SENT
