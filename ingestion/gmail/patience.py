"""How long PayPulse waits for Gmail, and when it gives up."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from ingestion.gmail.failures import SERVICE
from paypulse.errors import PayPulseError, RateLimited

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingestion.gmail.failures import Refusal
    from ingestion.gmail.quota import QuotaWindow
    from paypulse.ports.clock import Clock

_LONGEST_BACKOFF_S = 64.0  # Google's advice for the Gmail API
_ATTEMPTS_WHEN_FAILING = 5  # 5xx and network; waits of 1, 2, 4 and 8 s at most lie between


@dataclass(slots=True)
class Patience:
    """Waits for quota and between attempts, but never beyond the caller's deadline."""

    clock: Clock
    quota: QuotaWindow
    deadline_s: float
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random  # from 0 to 1
    _until: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Start the time that the caller gives."""
        self._until = self.clock() + timedelta(seconds=self.deadline_s)

    def take(self, units: int) -> None:
        """Use this many units, as soon as they are free.

        Raises:
            RateLimited: they are not free before the deadline.
        """
        wait_s = self.quota.wait_s(units)
        if wait_s > 0:
            self._wait(wait_s, RateLimited(SERVICE, wait_s))
        self.quota.use(units)

    def wait_after(self, refusal: Refusal, attempt: int) -> None:
        """Wait until the call may be tried again; `attempt` counts from 0.

        Raises:
            RateLimited: Google asks for a wait that ends after the deadline.
            PayPulseError: trying again is of no use, or was tried often enough.
        """
        wait_s = max(refusal.wait_s(self.clock()), self._backoff_s(attempt))
        if refusal.is_rate or refusal.is_day_quota:
            # No limit on attempts: slowing down always helps in the end.
            self._wait(wait_s, RateLimited(SERVICE, wait_s))
        elif refusal.is_passing and attempt + 1 < _ATTEMPTS_WHEN_FAILING:
            self._wait(wait_s, refusal.error())
        else:
            raise refusal.error()

    def _wait(self, wait_s: float, otherwise: PayPulseError) -> None:
        if self.clock() + timedelta(seconds=wait_s) > self._until:
            raise otherwise
        self.sleep(wait_s)

    def _backoff_s(self, attempt: int) -> float:
        # Half of it is random, so that functions refused together do not come back together.
        return float(min(_LONGEST_BACKOFF_S, 2.0**attempt) * (0.5 + self.jitter() / 2))
