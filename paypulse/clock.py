"""The system clock, and instants as text."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current instant in UTC; the `Clock` of every deployed function."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


def to_text(instant: datetime) -> str:
    """Write an instant as AWSDateTime: `2026-01-30T08:30:00.000Z`; sorts as it reads."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote."""
    return datetime.fromisoformat(text)
