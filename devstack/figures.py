"""A measured figure, as `paypulse bench` publishes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside its budget."""

    what: str
    budget: str
    measured: str
    met: bool
