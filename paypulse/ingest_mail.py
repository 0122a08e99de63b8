"""Use case: bring what a run is after from Gmail into the bucket, page by page.

Safe to run twice, late, or side by side: the ledger decides who works on a message, the run row
remembers the page, and a bucket object is only written where none lies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from paypulse.accounts import GmailStatus
from paypulse.errors import MessagesWithheld, RateLimited, ReconnectRequired, TransientError
from paypulse.ledger import (
    WITHHELD_FOR,
    DocumentOutcome,
    MailOutcome,
    Settlement,
    settle,
)
from paypulse.runs import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from paypulse.accounts import User
    from paypulse.close_runs import RunCloser
    from paypulse.documents import Document
    from paypulse.ledger import Claim
    from paypulse.mail import Mail
    from paypulse.ports.accounts import UserStore
    from paypulse.ports.clock import Clock
    from paypulse.ports.gmail import Mailbox, MailCollector
    from paypulse.ports.invoices import DocumentStore, Ledger, RunStore
    from paypulse.runs import IngestionRun

BATCH_SIZE = 50  # Gmail does not recommend larger batches


@dataclass(frozen=True, slots=True)
class Parcel:
    """A document on its way into the bucket; `namesake_key` is for when its key is taken."""

    document: Document
    content: bytes
    namesake_key: str


@dataclass(frozen=True, slots=True)
class SortedMail:
    """What to keep of a mail: parcels, or none and how it ends."""

    mail: Mail
    parcels: tuple[Parcel, ...] = ()
    refusal: Settlement | None = None
    vendor: str = ""  # whose mail it is, for the run's counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """Everything that a run needs."""

    make_collector: Callable[[IngestionRun, User], MailCollector]
    open_mailbox: Callable[[str], AbstractContextManager[Mailbox]]
    ledger: Ledger
    runs: RunStore
    users: UserStore
    documents: DocumentStore
    closer: RunCloser
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Work:
    """One call's work on a run."""

    collector: MailCollector
    mailbox: Mailbox
    has_time: Callable[[], bool]
    using: Ingestion


def ingest(
    user_id: str, run_id: str, *, has_time: Callable[[], bool], using: Ingestion
) -> float | None:
    """Work on a run until it is listed to the end, or the time or Gmail's quota is used up.

    Returns:
        None when there is nothing left to do, or the account has been closed; else after how
        many seconds to go on.

    Raises:
        TransientError: Gmail or AWS failed for now; the run keeps its place.
    """
    user = using.users.get(user_id)
    if user is None:
        return None
    run = using.runs.start(user_id, run_id, now=using.clock())
    if run is None or run.is_over:
        return None
    try:
        with using.open_mailbox(user_id) as mailbox:
            work = _Work(using.make_collector(run, user), mailbox, has_time, using)
            run = _look_at_history(run, user, work)
            while not run.listed:
                next_run = _work_on_page(run, work)
                if next_run is None:
                    return 0.0
                run = next_run
    except RateLimited as limit:
        return limit.retry_after_s
    except ReconnectRequired:
        if not using.users.set_reconnect_required(user) and _is_connected(user_id, using):
            raise TransientError("The mailbox was connected anew meanwhile; start over.") from None
        using.runs.fail(user_id, run_id, RunError.RECONNECT_REQUIRED, now=using.clock())
        return None
    using.closer.close_if_complete(user_id, run_id)
    return None


def _is_connected(user_id: str, using: Ingestion) -> bool:
    user = using.users.get(user_id)
    return user is not None and user.gmail_status is GmailStatus.CONNECTED


def _look_at_history(run: IngestionRun, user: User, work: _Work) -> IngestionRun:
    """Keep where the history stands, and end a run at once when it says that nothing came.

    Which of the new mails are receipts is the search's to say: reading a message only to see
    who sent it costs ten times as much.
    """
    if not run.moves_window or run.listed or run.history_id is not None:
        return run
    using = work.using
    run = using.runs.note_history(run, work.mailbox.history_id(), now=using.clock())
    known = user.retail_window.history_id if user.retail_window else None
    if known is None or work.mailbox.has_new_mail(known):
        return run
    using.runs.count_page(run, found=0, mine=0, now=using.clock())
    return using.runs.turn_page(run, None, now=using.clock())


def _work_on_page(run: IngestionRun, work: _Work) -> IngestionRun | None:
    """Take in one page of search results; None when the time ran out on the way."""
    if not work.has_time():
        return None
    using = work.using
    page = work.mailbox.search(work.collector.query(run), run.page or None)
    found = page.message_ids
    claims = using.ledger.claim(run.user_id, found, run.run_id, now=using.clock())
    using.runs.count_page(
        run,
        found=len(found),
        mine=len(claims.mine),
        elsewhere=claims.elsewhere,
        now=using.clock(),
    )
    # Oldest first, so that documents arrive in the order in which they were sent.
    waiting = list(reversed(claims.mine))
    for start in range(0, len(waiting), BATCH_SIZE):
        if not work.has_time():
            return None
        _fetch_batch(run, waiting[start : start + BATCH_SIZE], work)
    return using.runs.turn_page(run, page.next_page, now=using.clock())


def _fetch_batch(run: IngestionRun, claims: Sequence[Claim], work: _Work) -> None:
    waiting = {claim.message_id: claim for claim in claims}
    try:
        for raw in work.mailbox.fetch(list(waiting)):
            claim = waiting.pop(raw.message_id)
            _take_in(run, work.collector.sort(run.user_id, raw), work.using, claim)
    except MessagesWithheld as withheld:
        claims = [waiting.pop(message_id) for message_id in withheld.message_ids]
        if any(_may_still_come(claim, work.using) for claim in claims):
            raise
        # One message that Gmail never gives out must not hold up a whole mailbox.
        for claim in claims:
            failure = Settlement(MailOutcome.FAILED, DocumentOutcome.WITHHELD)
            _settle(run, claim.message_id, failure, work.using)
    for message_id in waiting:  # deleted between the search and now
        _settle(run, message_id, Settlement(MailOutcome.NOT_AN_INVOICE), work.using)


def _may_still_come(claim: Claim, using: Ingestion) -> bool:
    return claim.attempts == 1 and using.clock() - claim.since < WITHHELD_FOR


def _take_in(run: IngestionRun, found: SortedMail, using: Ingestion, claim: Claim) -> None:
    mail, count = found.mail, len(found.parcels)
    if not using.ledger.expect_documents(run.user_id, mail, count, now=using.clock()):
        return
    if found.refusal is not None:
        _settle(run, mail.message_id, found.refusal, using)
        return
    for parcel in found.parcels:
        _store(run, parcel, using, is_retry=claim.attempts > 1)
    using.ledger.mark_stored(
        run.user_id, mail.message_id, run.run_id, vendor=found.vendor, now=using.clock()
    )
    entry = using.ledger.get(run.user_id, mail.message_id)
    if entry is not None and entry.is_complete:  # nothing is left to be read
        using.ledger.settle(entry, settle(entry), now=using.clock())


def _store(run: IngestionRun, parcel: Parcel, using: Ingestion, *, is_retry: bool) -> None:
    """Put a document into the bucket; one that another mail brought has its outcome at once."""
    document = replace(parcel.document, correlation_id=run.correlation_id)
    if not using.documents.put(
        document, parcel.content, namesake_key=parcel.namesake_key, again=is_retry
    ):
        row = using.ledger.begin_document(document, now=using.clock())
        using.ledger.record_document(document, replace(row, outcome=DocumentOutcome.DUPLICATE))


def _settle(run: IngestionRun, message_id: str, settlement: Settlement, using: Ingestion) -> None:
    entry = using.ledger.get(run.user_id, message_id)
    if entry is not None:
        using.ledger.settle(entry, settlement, now=using.clock())
