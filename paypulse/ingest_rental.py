"""Use case: bring a user's rent notices from Gmail into the bucket, page by page.

Safe to run twice, late, or side by side: the ledger decides who works on a message, the run row
remembers the page, and a bucket object is only written where none lies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from paypulse.documents import Document, DocumentSource, hash_content, rental_key
from paypulse.errors import RateLimited, ReconnectRequired
from paypulse.ledger import DocumentOutcome, MailOutcome, Settlement, settle
from paypulse.mail import LeftOut, SenderAuthentication
from paypulse.runs import RunError, RunKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from paypulse.close_runs import RunCloser
    from paypulse.ledger import Claim
    from paypulse.mail import Attachment, Mail
    from paypulse.ports import (
        Clock,
        DocumentStore,
        Ledger,
        Mailbox,
        MailReader,
        RunStore,
        UserStore,
    )
    from paypulse.runs import IngestionRun

BATCH_SIZE = 50  # Gmail does not recommend larger batches
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
class RentalIngestion:
    """Everything that a run needs."""

    landlords: Sequence[Landlord]
    open_mailbox: Callable[[str], AbstractContextManager[Mailbox]]
    read_mail: MailReader
    ledger: Ledger
    runs: RunStore
    users: UserStore
    documents: DocumentStore
    closer: RunCloser
    clock: Clock


def ingest(
    user_id: str, run_id: str, *, has_time: Callable[[], bool], using: RentalIngestion
) -> float | None:
    """Work on a run until it is listed to the end, or the time or Gmail's quota is used up.

    Returns:
        None when there is nothing left to do, or the account has been closed; else after how
        many seconds to go on.

    Raises:
        TransientError: Gmail or AWS failed for now; the run keeps its place.
    """
    if using.users.get(user_id) is None:
        return None
    run = using.runs.start(user_id, run_id, now=using.clock())
    if run is None or run.is_over:
        return None
    try:
        with using.open_mailbox(user_id) as mailbox:
            while not run.listed:
                next_run = _work_on_page(run, mailbox, has_time, using)
                if next_run is None:
                    return 0.0
                run = next_run
    except RateLimited as limit:
        return limit.retry_after_s
    except ReconnectRequired:
        using.users.set_reconnect_required(user_id)
        using.runs.fail(user_id, run_id, RunError.RECONNECT_REQUIRED, now=using.clock())
        return None
    using.closer.close_if_complete(user_id, run_id)
    return None


def search_query(run: IngestionRun, landlords: Sequence[Landlord]) -> str:
    """Return the one Gmail search that finds every landlord's notices."""
    clauses = [f'(from:{item.sender} subject:"{item.subject}")' for item in landlords]
    query = clauses[0] if len(clauses) == 1 else "{" + " ".join(clauses) + "}"
    since = _search_from(run)
    return f"{query} after:{since:%Y/%m/%d}" if since else query


def _search_from(run: IngestionRun) -> date | None:
    if run.kind is RunKind.LATEST_RENTAL and run.due_month:
        return date.fromisoformat(f"{run.due_month}-01") - LATEST_WINDOW
    # Gmail reads dates in a zone of its own; a day earlier costs little and misses nothing.
    return run.since - timedelta(days=1) if run.since else None


def _work_on_page(
    run: IngestionRun, mailbox: Mailbox, has_time: Callable[[], bool], using: RentalIngestion
) -> IngestionRun | None:
    """Take in one page of search results; None when the time ran out on the way."""
    if not has_time():
        return None
    page = mailbox.search(search_query(run, using.landlords), run.page or None)
    claims = using.ledger.claim(run.user_id, page.message_ids, run.run_id, now=using.clock())
    using.runs.count_page(run, found=len(page.message_ids), mine=len(claims), now=using.clock())
    # Oldest first, so that notices arrive in the order in which they were sent.
    waiting = list(reversed(claims))
    for start in range(0, len(waiting), BATCH_SIZE):
        if not has_time():
            return None
        _fetch_batch(run, waiting[start : start + BATCH_SIZE], mailbox, using)
    return using.runs.turn_page(run, page.next_page, now=using.clock())


def _fetch_batch(
    run: IngestionRun, claims: Sequence[Claim], mailbox: Mailbox, using: RentalIngestion
) -> None:
    waiting = {claim.message_id: claim for claim in claims}
    for raw in mailbox.fetch(list(waiting)):
        claim = waiting.pop(raw.message_id)
        _take_in(run, using.read_mail(raw), using, is_retry=claim.attempts > 1)
    for message_id in waiting:  # deleted between the search and now
        _settle(run, message_id, Settlement(MailOutcome.NOT_AN_INVOICE), using)


def _take_in(run: IngestionRun, mail: Mail, using: RentalIngestion, *, is_retry: bool) -> None:
    refusal = _refuse(mail, using.landlords)
    count = 0 if refusal else len(mail.pdfs)
    if not using.ledger.expect_documents(run.user_id, mail, count, now=using.clock()):
        return
    if refusal is not None:
        _settle(run, mail.message_id, refusal, using)
        return
    for pdf in mail.pdfs:
        _store(run, mail, pdf, using, is_retry=is_retry)
    using.ledger.mark_stored(run.user_id, mail.message_id, run.run_id, now=using.clock())
    entry = using.ledger.get(run.user_id, mail.message_id)
    if entry is not None and entry.is_complete:  # nothing is left to be read
        using.ledger.settle(entry, settle(entry), now=using.clock())


def _store(
    run: IngestionRun, mail: Mail, pdf: Attachment, using: RentalIngestion, *, is_retry: bool
) -> None:
    """Put a document into the bucket; one that another mail brought has its outcome at once."""
    sha256 = hash_content(pdf.content)
    document = Document(
        user_id=run.user_id,
        key=rental_key(run.user_id, pdf.filename),
        filename=pdf.filename,
        sha256=sha256,
        source=DocumentSource(mail.message_id, mail.sender, mail.received_at, mail.authentication),
        correlation_id=run.correlation_id,
    )
    namesake_key = rental_key(run.user_id, pdf.filename, sha256)
    if not using.documents.put(document, pdf.content, namesake_key=namesake_key, again=is_retry):
        row = using.ledger.begin_document(document, now=using.clock())
        using.ledger.record_document(document, replace(row, outcome=DocumentOutcome.DUPLICATE))


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


def _settle(
    run: IngestionRun, message_id: str, settlement: Settlement, using: RentalIngestion
) -> None:
    entry = using.ledger.get(run.user_id, message_id)
    if entry is not None:
        using.ledger.settle(entry, settlement, now=using.clock())
