"""Use case: what filing any document has in common: attempts, the outcome, the message's end.

A second delivery of the same event finds the document done. One whose reading ends the process
is given an outcome on the third delivery, so that it can never loop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from paypulse.ledger import MAX_READING_ATTEMPTS, DocumentOutcome, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.close_runs import RunCloser
    from paypulse.documents import Document
    from paypulse.ledger import LedgerDocument
    from paypulse.ports.clock import Clock
    from paypulse.ports.invoices import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingDesk:
    """Everything that filing any document needs."""

    ledger: Ledger
    closer: RunCloser
    clock: Clock


def file_once(
    document: Document,
    read_and_record: Callable[[LedgerDocument], LedgerDocument],
    desk: FilingDesk,
) -> DocumentOutcome:
    """File a document unless it has its outcome, and settle its message when it was the last.

    Args:
        document: The document, which is in the bucket.
        read_and_record: Reads it, keeps the outcome in the ledger, and returns its row with it.

    Returns:
        The document's outcome, also when an earlier delivery has found it.

    Raises:
        TransientError: nothing was changed for good; deliver again.
    """
    row = desk.ledger.begin_document(document, now=desk.clock())
    if row.outcome is None:
        if row.attempts > MAX_READING_ATTEMPTS:
            row = replace(row, outcome=DocumentOutcome.PROCESSING_FAILED)
            desk.ledger.record_document(document, row)
        else:
            row = read_and_record(row)
    _settle_message(document, desk)
    return row.outcome or DocumentOutcome.PROCESSING_FAILED


def _settle_message(document: Document, desk: FilingDesk) -> None:
    entry = desk.ledger.get(document.user_id, document.source.message_id)
    if entry is None or not entry.is_complete:
        return
    desk.ledger.settle(entry, settle(entry), now=desk.clock())
    if entry.run_id:
        desk.closer.close_if_complete(entry.user_id, entry.run_id)
