"""Rent notices in a mailbox: who sends them, how to find them, what to keep."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from paypulse.documents import Document, DocumentSource, hash_content, rental_key
from paypulse.ingest_mail import Parcel, SortedMail
from paypulse.ledger import DocumentOutcome, MailOutcome, Settlement
from paypulse.mail import LeftOut, SenderAuthentication
from paypulse.runs import RunKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paypulse.mail import Attachment, Mail, RawMail
    from paypulse.ports.gmail import MailReader
    from paypulse.runs import IngestionRun

# A notice is sent some weeks before its due month ends; a mail older than this is not for it.
LATEST_WINDOW = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Landlord:
    """Who sends rent notices, and what their subject says."""

    name: str
    sender: str
    subject: str

    def sent(self, mail: Mail) -> bool:
        """Tell whether a mail is a rent notice of this landlord by sender and subject."""
        return mail.sender == self.sender and self.subject in mail.subject.lower()


def load_landlords(text: str) -> tuple[Landlord, ...]:
    """Read the landlords from the JSON of the setting LANDLORDS."""
    return tuple(
        Landlord(entry["name"], entry["sender"].lower(), entry["subject"].lower())
        for entry in json.loads(text)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RentalCollector:
    """Implements `MailCollector` for rent notices."""

    landlords: Sequence[Landlord]
    read_mail: MailReader

    def query(self, run: IngestionRun) -> str:
        """Return the one Gmail search that finds every landlord's notices."""
        clauses = landlord_clauses(self.landlords)
        query = clauses[0] if len(clauses) == 1 else "{" + " ".join(clauses) + "}"
        since = _search_from(run)
        return f"{query} after:{since:%Y/%m/%d}" if since else query

    def sort(self, user_id: str, raw: RawMail) -> SortedMail:
        """Return the mail's PDFs, or why there is none to keep."""
        mail = self.read_mail(raw)
        refusal = _refuse(mail, self.landlords)
        if refusal is not None:
            return SortedMail(mail, refusal=refusal)
        return SortedMail(mail, tuple(_parcel(user_id, mail, pdf) for pdf in mail.pdfs))


def landlord_clauses(landlords: Sequence[Landlord]) -> list[str]:
    """Return a clause of a Gmail search for each landlord."""
    return [f'(from:{item.sender} subject:"{item.subject}")' for item in landlords]


def _search_from(run: IngestionRun) -> date | None:
    if run.kind is RunKind.LATEST_RENTAL and run.due_month:
        return date.fromisoformat(f"{run.due_month}-01") - LATEST_WINDOW
    # Gmail reads dates in a zone of its own; a day earlier costs little and misses nothing.
    return run.since - timedelta(days=1) if run.since else None


def _parcel(user_id: str, mail: Mail, pdf: Attachment) -> Parcel:
    sha256 = hash_content(pdf.content)
    document = Document(
        user_id=user_id,
        key=rental_key(user_id, pdf.filename),
        filename=pdf.filename,
        sha256=sha256,
        source=DocumentSource(mail.message_id, mail.sender, mail.received_at, mail.authentication),
    )
    return Parcel(document, pdf.content, rental_key(user_id, pdf.filename, sha256))


def _refuse(mail: Mail, landlords: Sequence[Landlord]) -> Settlement | None:
    """Return how a mail ends that is not worth storing, or None when it is."""
    if not any(landlord.sent(mail) for landlord in landlords):
        return Settlement(MailOutcome.NOT_AN_INVOICE)
    if mail.authentication is not SenderAuthentication.PASS:
        return Settlement(MailOutcome.UNTRUSTED_SENDER, DocumentOutcome.UNTRUSTED_SENDER)
    if mail.pdfs:
        return None
    if LeftOut.ENCRYPTED in mail.left_out:
        return Settlement(MailOutcome.FAILED, DocumentOutcome.ENCRYPTED)
    if mail.left_out:
        return Settlement(MailOutcome.FAILED, DocumentOutcome.TOO_LARGE)
    return Settlement(MailOutcome.NOT_AN_INVOICE, DocumentOutcome.NO_DOCUMENT)
