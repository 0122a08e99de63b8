"""The mail ledger: one row for every message seen, with what became of it.

A row is claimed before any work and settled after it, so a message is neither lost nor handled
twice, whatever is delivered again, late or out of order:

    CLAIMED ──▶ FETCHED (its PDFs go to S3) ──▶ SETTLED (every PDF has an outcome)
        └──────────────────────────────────────────▲  (no PDF, untrusted sender, …)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# A claim older than this belongs to a run that died; another run may take the message over.
STALE_AFTER = timedelta(minutes=15)
# A document whose reading died this often gets an outcome instead of a further try: Lambda
# delivers an event three times, so the third delivery still reaches the user.
MAX_READING_ATTEMPTS = 2
# While a run is young Gmail's errors are waited out; then the message alone fails, not the run.
WITHHELD_FOR = timedelta(minutes=3)


class LedgerState(StrEnum):
    """How far the work on a message has come."""

    CLAIMED = "CLAIMED"
    FETCHED = "FETCHED"
    SETTLED = "SETTLED"


class MailOutcome(StrEnum):
    """What became of a message in the end."""

    STORED = "STORED"
    NOT_AN_INVOICE = "NOT_AN_INVOICE"
    UNTRUSTED_SENDER = "UNTRUSTED_SENDER"
    DUPLICATE = "DUPLICATE"
    FAILED = "FAILED"


class DocumentOutcome(StrEnum):
    """What became of one document; the readings of `NoticeOutcome`, and what else may happen."""

    OK = "OK"
    INVALID_OCR = "INVALID_OCR"
    INCONSISTENT_TOTAL = "INCONSISTENT_TOTAL"
    UNREADABLE = "UNREADABLE"
    ENCRYPTED = "ENCRYPTED"
    NOT_A_RENT_NOTICE = "NOT_A_RENT_NOTICE"
    DUPLICATE = "DUPLICATE"
    PROCESSING_FAILED = "PROCESSING_FAILED"  # reading it ended the process, several times
    WITHHELD = "WITHHELD"  # Gmail lists the mail, but answers with errors when asked for it
    UNTRUSTED_SENDER = "UNTRUSTED_SENDER"
    NO_DOCUMENT = "NO_DOCUMENT"  # the mail carries no PDF
    TOO_LARGE = "TOO_LARGE"  # the mail carries more than PayPulse opens
    NEEDS_REVIEW = "NEEDS_REVIEW"  # a receipt whose values could not all be checked
    NOT_A_RECEIPT = "NOT_A_RECEIPT"  # a shop's other mail: an offer, a delivery, a password
    ATTACHED = "ATTACHED"  # no receipt itself, but about a purchase that is known


# Documents that the user should know about; those with values are also invoices to review.
# A receipt to review is found among the receipts, by its status; an offer is nobody's concern.
NEEDS_ATTENTION = frozenset(DocumentOutcome) - {
    DocumentOutcome.OK,
    DocumentOutcome.DUPLICATE,
    DocumentOutcome.NEEDS_REVIEW,
    DocumentOutcome.NOT_A_RECEIPT,
    DocumentOutcome.ATTACHED,
}
# Read into an invoice, but the user should look at it.
_REVIEWED = (DocumentOutcome.INCONSISTENT_TOTAL, DocumentOutcome.INVALID_OCR)
_BECAME_INVOICE = frozenset(
    {
        DocumentOutcome.OK,
        DocumentOutcome.NEEDS_REVIEW,
        DocumentOutcome.ATTACHED,
        *_REVIEWED,
    }
)
_FAILURES = (
    DocumentOutcome.PROCESSING_FAILED,
    DocumentOutcome.UNREADABLE,
    DocumentOutcome.ENCRYPTED,
)
# How many runs try a message that failed for a reason that may pass.
MAX_CLAIMS = {DocumentOutcome.PROCESSING_FAILED: 3, DocumentOutcome.WITHHELD: 10}


@dataclass(frozen=True, slots=True)
class LedgerDocument:
    """One PDF of a message."""

    document_id: str
    filename: str
    key: str
    attempts: int = 0
    outcome: DocumentOutcome | None = None
    flags: tuple[str, ...] = ()
    invoice_id: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The row of one message."""

    user_id: str
    message_id: str
    state: LedgerState
    claimed_at: datetime
    attempts: int = 1
    run_id: str | None = None
    sender: str = ""
    received_at: datetime | None = None
    expected_documents: int = 0
    documents: Mapping[str, LedgerDocument] = field(default_factory=dict)
    outcome: MailOutcome | None = None
    reason: DocumentOutcome | None = None
    settled_at: datetime | None = None

    @property
    def is_retryable(self) -> bool:
        """Whether the next run tries the message again."""
        if self.outcome is not MailOutcome.FAILED or self.reason is None:
            return False
        return self.attempts < MAX_CLAIMS.get(self.reason, 0)

    @property
    def is_complete(self) -> bool:
        """Whether every document of the message has an outcome."""
        done = [doc for doc in self.documents.values() if doc.outcome is not None]
        return self.state is not LedgerState.CLAIMED and len(done) >= self.expected_documents


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a message since then; `attempts` counts the runs that have tried."""

    message_id: str
    attempts: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """What a run may work on, and how many of the messages are in work elsewhere."""

    mine: tuple[Claim, ...]
    elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a message ends: its outcome, and the reason that the user is shown."""

    outcome: MailOutcome
    reason: DocumentOutcome | None = None

    @property
    def needs_attention(self) -> bool:
        """Whether the message belongs to the user's failed documents."""
        return self.reason in NEEDS_ATTENTION


def settle(entry: LedgerEntry) -> Settlement:
    """Derive how a message ends from the outcomes of its documents.

    The best document decides; a leaflet beside a notice is no failure, but a second document
    that could not be read stays visible as the reason.
    """
    outcomes = {doc.outcome for doc in entry.documents.values() if doc.outcome is not None}
    failed = next((reason for reason in _FAILURES if reason in outcomes), None)
    reviewed = next((reason for reason in _REVIEWED if reason in outcomes), None)
    if outcomes & _BECAME_INVOICE:
        return Settlement(MailOutcome.STORED, failed or reviewed)
    if failed:
        return Settlement(MailOutcome.FAILED, failed)
    if DocumentOutcome.DUPLICATE in outcomes:
        return Settlement(MailOutcome.DUPLICATE)
    if DocumentOutcome.NOT_A_RENT_NOTICE in outcomes:
        return Settlement(MailOutcome.NOT_AN_INVOICE, DocumentOutcome.NOT_A_RENT_NOTICE)
    if DocumentOutcome.NOT_A_RECEIPT in outcomes:
        return Settlement(MailOutcome.NOT_AN_INVOICE, DocumentOutcome.NOT_A_RECEIPT)
    return Settlement(MailOutcome.NOT_AN_INVOICE, DocumentOutcome.NO_DOCUMENT)
