"""The values of a receipt in the making, with their evidence and warnings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from paypulse.money import Money
from paypulse.receipts import (
    Evidence,
    ReceiptWarning,
    ValueSource,
)

if TYPE_CHECKING:
    from datetime import date

    from ingestion.parsing.receipts.layout import Layout
    from ingestion.parsing.receipts.markup import Markup


@dataclass(slots=True)
class Combination:
    """Collects the values of a receipt with their evidence and warnings."""

    layout: Layout
    markup: Markup
    sent_on: date | None
    currency: str | None = None
    warnings: list[ReceiptWarning] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)

    def warn(self, warning: ReceiptWarning) -> None:
        """Note a warning once."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def keep(self, name: str, value: Any, source: ValueSource, quote: str = "") -> None:
        """Note where a value comes from."""
        self.evidence.append(Evidence(name, str(value), source, quote[:400]))

    def money(self, minor: int | None) -> Money | None:
        """Return an amount in the receipt's currency."""
        return None if minor is None else Money(minor, self.currency or "SEK")
