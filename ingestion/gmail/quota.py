"""Gmail's quota, kept from our side so that Google rarely has to refuse."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from paypulse.ports.clock import Clock

PROFILE_UNITS = 1
HISTORY_UNITS = 2
LIST_UNITS = 5
GET_UNITS = 20  # any format; raw carries the attachments too

# Per user and project and minute, for projects made since May 2026 (older ones: 15,000).
# https://developers.google.com/workspace/gmail/api/reference/quota
DEFAULT_UNITS_PER_MINUTE = 6_000

_WINDOW = timedelta(minutes=1)


@dataclass(slots=True)
class QuotaWindow:
    """The units that one mailbox has used in the last minute.

    A sliding window and not a bucket that refills steadily: a full bucket plus a minute's refill
    is twice what Google allows in a minute, and a bucket small enough to be safe wastes a sixth of
    the rate. Keep one per mailbox for as long as the process lives; other processes that read the
    same mailbox are not seen here, Google's 429 speaks for them.
    """

    clock: Clock
    units_per_minute: int = DEFAULT_UNITS_PER_MINUTE
    _used: deque[tuple[datetime, int]] = field(default_factory=deque)

    def wait_s(self, units: int) -> float:
        """Return how long to wait until this many units are free; 0 when they are."""
        now = self.clock()
        while self._used and self._used[0][0] <= now - _WINDOW:
            self._used.popleft()
        excess = sum(used for _, used in self._used) + units - self.units_per_minute
        free_at = now
        for at, used in self._used:
            if excess <= 0:
                break
            excess -= used
            free_at = at + _WINDOW
        # A single call above the whole quota waits for an empty window, no longer.
        return (free_at - now).total_seconds()

    def use(self, units: int) -> None:
        """Count units as used now."""
        self._used.append((self.clock(), units))
