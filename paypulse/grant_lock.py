"""One at a time: whoever changes a user's Gmail grant holds its lock meanwhile.

Workers refresh the same access token side by side, and a user may connect anew or disconnect
while they do. The secret knows no conditional write, so without a lock the last one wins: a
refreshed grant could replace that of another mailbox.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from paypulse.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paypulse.ports.clock import Clock
    from paypulse.ports.gmail import GrantLocks

# Longer than anything that is done under the lock, so that only who died loses it.
HELD_FOR = timedelta(seconds=60)
# Connecting asks Google twice before it; together they fit into the time of its function.
WAITS_FOR = timedelta(seconds=5)
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantLock:
    """Takes the lock, waiting its turn."""

    locks: GrantLocks
    clock: Clock
    sleep: Callable[[float], None] = time.sleep

    @contextmanager
    def held(self, user_id: str) -> Iterator[None]:
        """Hold the lock; what was read before may have changed while waiting.

        Raises:
            TransientError: somebody else holds it for too long, or the account is gone.
        """
        holder = self._acquire(user_id)
        try:
            yield
        finally:
            self.locks.release(user_id, holder)

    def _acquire(self, user_id: str) -> str:
        give_up_at = self.clock() + WAITS_FOR
        wait_s = _FIRST_WAIT_S
        while True:
            now = self.clock()
            holder = self.locks.acquire(user_id, now=now, until=now + HELD_FOR)
            if holder is not None:
                return holder
            if now >= give_up_at:
                raise TransientError("The Gmail connection is being changed elsewhere.")
            self.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
