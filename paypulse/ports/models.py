"""What a model may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class TokenBudget(Protocol):
    """How many tokens of a model may still be spent."""

    def reserve(self, tokens: int) -> bool:
        """Set tokens aside for a call, atomically; False when that many are not left."""
        ...

    def settle(self, reserved: int, spent: int) -> None:
        """Replace what was set aside for a call by what it cost, which may be more."""
        ...


class SpendingCounters(Protocol):
    """Counters of what was spent (table RateLimits)."""

    def add(self, key: str, amount: int, *, most: int, until: datetime) -> bool:
        """Add an amount, atomically; False, and nothing is added, when it would exceed `most`.

        The counter is forgotten some time after `until`.
        """
        ...

    def correct(self, key: str, difference: int) -> None:
        """Add a difference, which may be negative, whatever the limit; absent is fine."""
        ...
