"""The time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """The time; injected so that tests can choose it."""

    def __call__(self) -> datetime:
        """Return the current instant, zone-aware, in UTC."""
        ...
