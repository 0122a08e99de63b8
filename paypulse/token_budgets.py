"""What a user's mails may cost in tokens of a model, counted for everyone who spends them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paypulse.ports.clock import Clock
    from paypulse.ports.models import SpendingCounters


@dataclass(frozen=True, slots=True)
class DailyTokenBudget:
    """Implements `TokenBudget`: so many tokens for one user on one day, by UTC.

    A call's answer may be longer than was set aside, so each call that is under way at the end
    may exceed the budget by one answer. What is settled after midnight counts for the new day.
    """

    counters: SpendingCounters
    clock: Clock
    user_id: str
    most: int

    def reserve(self, tokens: int) -> bool:
        """Set tokens aside for a call."""
        day = self._today()
        return self.counters.add(
            self._key(day), tokens, most=self.most, until=day + timedelta(days=1)
        )

    def settle(self, reserved: int, spent: int) -> None:
        """Count what a call cost."""
        if spent != reserved:
            self.counters.correct(self._key(self._today()), spent - reserved)

    def _today(self) -> datetime:
        now = self.clock().astimezone(UTC)
        return now.replace(hour=0, minute=0, second=0, microsecond=0)

    def _key(self, day: datetime) -> str:
        user = hashlib.sha256(self.user_id.encode()).hexdigest()[:32]
        return f"gemini-tokens#{user}#{day:%Y%m%d}"
