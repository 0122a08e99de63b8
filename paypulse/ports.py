"""What the use cases need from outside, each contract stated once.

Implementations are in `paypulse.aws`, `paypulse.google`, `paypulse.credentials` and
`ingestion`. Unless a method says otherwise: reads are strongly consistent, absence is None, and
every call may raise `TransientError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from paypulse.accounts import AccessClaims, StoredSession, User
    from paypulse.data_exports import DataExport, DataExportError
    from paypulse.devices import Device
    from paypulse.documents import Document
    from paypulse.events import IngestionEvent, InvoiceEvent
    from paypulse.gmail_grant import GmailGrant, TokenInfo
    from paypulse.ingest_mail import SortedMail
    from paypulse.ledger import Claims, LedgerDocument, LedgerEntry, Settlement
    from paypulse.mail import Mail, MessagePage, RawMail, ReceiptMail
    from paypulse.notification_settings import SettingsChange
    from paypulse.notifications import Notification
    from paypulse.pages import Page
    from paypulse.receipts import Category
    from paypulse.rental import NoticeReading
    from paypulse.rental_invoices import (
        DueInvoice,
        InvoiceStatus,
        InvoiceWarning,
        NoticeSummary,
        RentalInvoice,
    )
    from paypulse.retail_invoices import (
        OrderMark,
        PurchaseAmount,
        PurchaseDetail,
        RetailFilter,
        RetailInvoice,
    )
    from paypulse.runs import IngestionRun, RunError, RunOutcome, RunStatus
    from paypulse.vendors import VendorConfig


class Clock(Protocol):
    """The time; injected so that tests can choose it."""

    def __call__(self) -> datetime:
        """Return the current instant, zone-aware, in UTC."""
        ...


class UserStore(Protocol):
    """Accounts (table Users)."""

    def add(self, user: User) -> bool:
        """Open the account; False when the e-mail address has one already."""
        ...

    def get(self, user_id: str, *, erasing_too: bool = False) -> User | None:
        """Return the account; one that is being erased is as absent as none, unless asked for."""
        ...

    def find_by_email(self, email: str) -> User | None:
        """Return the account of a lower-cased address; None for one that is being erased."""
        ...

    def set_password(self, user: User, password_hash: str) -> bool:
        """Replace the password's hash; False when it is no longer the one in `user`."""
        ...

    def set_connected(self, user_id: str, gmail_email: str, *, now: datetime) -> None:
        """Note which mailbox is connected."""
        ...

    def set_disconnected(self, user_id: str) -> None:
        """Note that no mailbox is connected; schedules pass the user by."""
        ...

    def set_reconnect_required(self, user_id: str) -> None:
        """Note that Google took the grant back; no effect on a user who is not connected."""
        ...

    def change_notifications(self, user_id: str, change: SettingsChange) -> User | None:
        """Change what the user is told, and return the account; None when there is none."""
        ...

    def set_email_subscription(self, user_id: str, subscription: str | None) -> None:
        """Note the e-mail subscription, empty while it is made; None forgets it."""
        ...

    def mark_erasing(self, user_id: str) -> None:
        """Close the account for good: no log-in, no schedule; absent is fine."""
        ...

    def remove(self, user_id: str) -> None:
        """Forget the account and that its address was taken; absent is fine."""
        ...

    def move_retail_window(
        self, user_id: str, to: datetime, *, mailbox: str, history_id: str | None
    ) -> None:
        """Note that everything up to here has its outcome; never moves back."""
        ...

    def set_discovery(self, user_id: str, *, enabled: bool) -> None:
        """Choose whether receipts of unknown senders are looked for.

        Switching it on makes the next run look as far back as the first one.
        """
        ...

    def list_connected(self, after: str | None) -> Page[str]:
        """Return one page of the ids of users with a working connection; eventually consistent."""
        ...


class SessionStore(Protocol):
    """Log-ins (table Sessions)."""

    def add(self, session: StoredSession) -> None:
        """Keep a new session."""
        ...

    def get(self, user_id: str, session_id: str) -> StoredSession | None:
        """Return the session, also when it has ended."""
        ...

    def rotate(
        self, user_id: str, session_id: str, old_hash: str, new_hash: str, *, now: datetime
    ) -> bool:
        """Swap the refresh token; False when `old_hash` is not the live session's current one."""
        ...

    def end(self, user_id: str, session_id: str) -> None:
        """End the session; absent or ended already is fine."""
        ...

    def end_all(self, user_id: str, *, keep: str | None = None) -> int:
        """End every session of the user but `keep`, and return how many were live."""
        ...


class AttemptCounters(Protocol):
    """Counters of attempts (table RateLimits)."""

    def count(self, key: str, *, most: int, until: datetime) -> bool:
        """Count one more, atomically; False when `most` are counted already.

        The counter is forgotten some time after `until`.
        """
        ...

    def uncount(self, key: str) -> None:
        """Count one less; absent is fine."""
        ...

    def forget(self, key: str) -> None:
        """Begin at nought again; absent is fine."""
        ...


class Passwords(Protocol):
    """Password hashing."""

    @property
    def unknown_user_hash(self) -> str:
        """A hash that no password matches, so that refusing takes equally long."""
        ...

    def hash(self, password: str) -> str:
        """Return a salted hash."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether the hash took another amount of work than one made now."""
        ...

    def verify(self, password: str, password_hash: str) -> bool:
        """Tell whether the password is the hashed one."""
        ...


class TokenIssuer(Protocol):
    """Signs access tokens."""

    def issue(self, user: User, session_id: str, *, now: datetime) -> tuple[str, datetime]:
        """Return an access token and the instant at which it expires."""
        ...


class TokenVerifier(Protocol):
    """Checks access tokens."""

    def verify(self, token: str, *, now: datetime) -> AccessClaims | None:
        """Return what the token says, or None when it is not ours or not valid now."""
        ...


class GrantStore(Protocol):
    """Gmail grants by user (Secrets Manager, `gmail/user/{user_id}`)."""

    def get(self, user_id: str) -> GmailGrant | None:
        """Return the user's grant, or None when no mailbox is connected."""
        ...

    def put(self, user_id: str, grant: GmailGrant) -> None:
        """Keep the grant, replacing an earlier one whole."""
        ...

    def delete(self, user_id: str) -> None:
        """Forget the grant at once; absent is fine."""
        ...


class GrantLocks(Protocol):
    """Who may change a user's Gmail grant (table Users); see `paypulse.grant_lock`."""

    def acquire(self, user_id: str, *, now: datetime, until: datetime) -> str | None:
        """Take the lock until then and return its holder's name.

        None while another one's time has not passed, and for an account that is gone.
        """
        ...

    def release(self, user_id: str, holder: str) -> None:
        """Give the lock back; one that somebody else has taken over stays."""
        ...


class GoogleAccounts(Protocol):
    """Google's word on OAuth tokens (tokeninfo, userinfo, revoke)."""

    def inspect(self, access_token: str) -> TokenInfo:
        """Return what the token is good for and whose it is.

        Raises:
            TokenRejected: expired, taken back, damaged, or without an owner.
            DependencyError: Google did not answer as it should.
        """
        ...

    def revoke(self, token: str) -> None:
        """Take back the grant behind an access or refresh token; a dead one is fine.

        Raises:
            DependencyError: Google did not answer as it should.
        """
        ...


class Mailbox(Protocol):
    """One user's Gmail, read-only."""

    def search(self, query: str, page: str | None) -> MessagePage:
        """Return one page of the messages that match, newest first.

        Args:
            query: In the syntax of Gmail's search box.
            page: `MessagePage.next_page` of the page before, None for the first.

        Raises:
            ReconnectRequired: Google no longer accepts the grant.
            RateLimited: the quota is used up and cannot be waited out here.
        """
        ...

    def history_id(self) -> str:
        """Return where the mailbox's history stands now; raises as `search` does."""
        ...

    def has_new_mail(self, since: str) -> bool:
        """Tell whether mail was added since a history id; also True when Gmail has forgotten.

        Raises as `search` does.
        """
        ...

    def fetch(self, message_ids: Sequence[str]) -> Iterator[RawMail]:
        """Yield the messages that still exist, in no fixed order; at most 50 ids a call.

        A message that was deleted meanwhile is left out. Raises as `search` does.
        """
        ...


class MailReader(Protocol):
    """Takes a message apart."""

    def __call__(self, raw: RawMail) -> Mail:
        """Return what PayPulse uses; damaged MIME yields what can be read, never an error."""
        ...


class MailCollector(Protocol):
    """Knows which mails a run is after, and what to keep of each."""

    def query(self, run: IngestionRun) -> str:
        """Return the Gmail search that finds them all."""
        ...

    def sort(self, user_id: str, raw: RawMail) -> SortedMail:
        """Return what to keep of a mail, or how it ends."""
        ...


class ReceiptMailReader(Protocol):
    """Takes a mail apart into what a receipt is read from."""

    def __call__(self, raw: RawMail) -> ReceiptMail:
        """Return the mail with its bodies as a page; any bytes at all get one."""
        ...


class RentNoticeParser(Protocol):
    """Reads rent notices."""

    def __call__(self, pdf: bytes) -> NoticeReading:
        """Return the document's outcome; any bytes at all get one, none raise."""
        ...


class DocumentStore(Protocol):
    """The invoices bucket."""

    def put(
        self, document: Document, content: bytes, *, namesake_key: str, again: bool = False
    ) -> bool:
        """Store the document; False when another message brought the same one before.

        A message's document is not written twice, unless `again` asks for a new event. Another
        document under its key is kept; this one then goes to `namesake_key`.
        """
        ...

    def get(self, key: str, version_id: str | None = None) -> tuple[Document, bytes] | None:
        """Return the document, or None when it is gone or no rent notice's key."""
        ...

    def erase(self, key: str) -> None:
        """Remove every version of the document; absent is fine."""
        ...

    def link(self, key: str, filename: str) -> tuple[str, datetime]:
        """Return a link that opens the document in a browser, and when it stops working."""
        ...


class Ledger(Protocol):
    """The mail ledger (table MailLedger); see `paypulse.ledger` for the states of a row."""

    def claim(
        self, user_id: str, message_ids: Sequence[str], run_id: str, *, now: datetime
    ) -> Claims:
        """Claim the messages that this run should work on, in the order given.

        Left out are those that are settled for good, at work in a live run, or stored already
        by this one.
        """
        ...

    def expect_documents(self, user_id: str, mail: Mail, count: int, *, now: datetime) -> bool:
        """Note how many documents of the mail go to the bucket; before the first one does.

        False when another delivery has settled the message meanwhile, or its user was erased.
        """
        ...

    def mark_stored(
        self, user_id: str, message_id: str, run_id: str, *, vendor: str = "", now: datetime
    ) -> None:
        """Note that they are all there, and count the message as stored, by vendor; once."""
        ...

    def begin_document(self, document: Document, *, now: datetime) -> LedgerDocument:
        """Count one more attempt at reading; a document that was put by hand gets a row."""
        ...

    def record_document(self, document: Document, row: LedgerDocument) -> None:
        """Keep the outcome of a document that became no invoice; the first outcome stays."""
        ...

    def get(self, user_id: str, message_id: str) -> LedgerEntry | None:
        """Return the row of a message."""
        ...

    def settle(self, entry: LedgerEntry, settlement: Settlement, *, now: datetime) -> None:
        """End a message and count it in its run, in one transaction; once."""
        ...

    def list_failed(self, user_id: str, first: int, after: str | None) -> Page[LedgerEntry]:
        """Return a page of the messages that need attention, latest first.

        Raises:
            RequestError: VALIDATION_FAILED, `after` is no cursor of this list.
        """
        ...


class RunStore(Protocol):
    """Ingestion runs (table IngestionRuns)."""

    def add(self, run: IngestionRun) -> IngestionRun:
        """Keep a new run, or return the one with that id that is there already."""
        ...

    def get(self, user_id: str, run_id: str) -> IngestionRun | None:
        """Return the run."""
        ...

    def start(self, user_id: str, run_id: str, *, now: datetime) -> IngestionRun | None:
        """Mark a queued run as running and return it as it is now."""
        ...

    def note_history(self, run: IngestionRun, history_id: str, *, now: datetime) -> IngestionRun:
        """Keep where the mailbox's history stood when the run began; the first time counts."""
        ...

    def count_page(
        self, run: IngestionRun, *, found: int, mine: int, elsewhere: int = 0, now: datetime
    ) -> None:
        """Add the page in work to the counts; once a page."""
        ...

    def turn_page(self, run: IngestionRun, next_page: str | None, *, now: datetime) -> IngestionRun:
        """Go on to the next page, or note that the search is listed to its end."""
        ...

    def fail(self, user_id: str, run_id: str, error: RunError, *, now: datetime) -> None:
        """End a run that could not be carried out; no effect on one that is over."""
        ...

    def close(
        self, run: IngestionRun, status: RunStatus, outcome: RunOutcome | None, *, now: datetime
    ) -> None:
        """End a complete run; no effect on one that is over."""
        ...

    def list_page(self, user_id: str, first: int, after: str | None) -> Page[IngestionRun]:
        """Return a page of the user's runs, latest first. Raises as `Ledger.list_failed`."""
        ...


class RentalInvoiceStore(Protocol):
    """Rental invoices (table RentalInvoices)."""

    def add(
        self, invoice: RentalInvoice, row: LedgerDocument, *, namesake_id: str
    ) -> LedgerDocument:
        """Keep the invoice and its document's outcome in one transaction.

        Returns:
            The document's row as it is now: with the invoice's id; with outcome DUPLICATE and
            the id of the invoice that has this content already; or as another delivery left
            it. A different document with the same id is kept, this one gets `namesake_id`.
        """
        ...

    def add_warning(
        self, user_id: str, invoice_id: str, warning: InvoiceWarning, *, now: datetime
    ) -> None:
        """Add a warning to a kept invoice; twice changes nothing."""
        ...

    def get(self, user_id: str, invoice_id: str) -> RentalInvoice | None:
        """Return the user's invoice; another user's is as absent as none."""
        ...

    def all_of(self, user_id: str) -> list[RentalInvoice]:
        """Return all of a user's invoices."""
        ...

    def summaries(self, user_id: str) -> list[NoticeSummary]:
        """Return what all of a user's invoices are compared by."""
        ...

    def due_between(self, user_id: str, first_day: date, last_day: date) -> Iterator[RentalInvoice]:
        """Yield what is due between two days, both included; eventually consistent."""
        ...

    def delete(self, user_id: str, invoice_id: str) -> None:
        """Remove the invoice; absent is fine."""
        ...

    def has_due_month(self, user_id: str, month: str) -> bool:
        """Tell whether a notice is due in `month` (`2026-01`)."""
        ...

    def list_due(self, month: str, after: str | None) -> Page[DueInvoice]:
        """Return a page of everyone's invoices that are due in `month`; eventually consistent."""
        ...

    def list_page(
        self,
        user_id: str,
        first: int,
        after: str | None,
        *,
        due: tuple[date | None, date | None] = (None, None),
        status: InvoiceStatus | None = None,
    ) -> Page[RentalInvoice]:
        """Return a page of invoices, latest due date first; eventually consistent.

        Args:
            due: First and last due date, either may be open.

        Raises:
            RequestError: VALIDATION_FAILED, `after` is no cursor of this list.
        """
        ...


class RetailInvoiceStore(Protocol):
    """Retail invoices (table RetailInvoices and the eight tables with details)."""

    def save(
        self,
        invoice: RetailInvoice,
        *,
        was: RetailInvoice | None,
        filed: tuple[Document, LedgerDocument] | None = None,
        order: OrderMark | None = None,
    ) -> LedgerDocument | None:
        """Keep the invoice in place of `was`, with all that belongs to it, or nothing of it.

        Args:
            was: The invoice as it was read; None for one that is new.
            filed: The document that this is about, and its outcome.
            order: The order number that this invoice now stands for, as it was read.

        Returns:
            The document's row as it is now: `filed`'s; DUPLICATE with the id of the invoice that
            has this content already; or as another delivery left it.

        Raises:
            ChangedMeanwhile: the invoice or the order is not as it was read.
        """
        ...

    def attach(self, document: Document, row: LedgerDocument, order: OrderMark) -> LedgerDocument:
        """Let a mail about an order wait for the order's invoice; raises as `save` does."""
        ...

    def find_order(self, user_id: str, order_key: str) -> OrderMark:
        """Return what is known of an order number."""
        ...

    def find_orders(self, user_id: str, order_keys: Iterable[str]) -> dict[str, str]:
        """Return the ids of the invoices of these orders; eventually consistent."""
        ...

    def get(self, user_id: str, invoice_id: str) -> RetailInvoice | None:
        """Return the user's invoice; another user's is as absent as none."""
        ...

    def list_page(
        self,
        user_id: str,
        first: int,
        after: str | None,
        *,
        chosen: RetailFilter,
        oldest_first: bool = False,
    ) -> Page[RetailInvoice]:
        """Return a page of invoices, latest first; eventually consistent.

        Raises:
            RequestError: VALIDATION_FAILED, `after` is no cursor of this list.
        """
        ...

    def counts(self, user_id: str) -> dict[Category, int]:
        """Return how many invoices there are in each category; eventually consistent."""
        ...

    def amounts(self, user_id: str, first_day: date, last_day: date) -> Iterator[PurchaseAmount]:
        """Yield what was spent between two days, both included; eventually consistent."""
        ...

    def details(self, user_id: str, invoices: Mapping[str, Category]) -> dict[str, PurchaseDetail]:
        """Return the detail rows that are the user's, by invoice id."""
        ...

    def delete(self, invoice: RetailInvoice) -> None:
        """Remove the invoice, its details, and that its order number stands for it.

        Raises:
            ChangedMeanwhile: the invoice or the order is not as it was read.
        """
        ...


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


class VendorStore(Protocol):
    """The vendors of receipts (table VendorConfig)."""

    def all(self) -> tuple[VendorConfig, ...]:
        """Return every vendor, inactive ones too; up to five minutes old.

        A row that cannot be read is left out and logged under its vendor id.
        """
        ...

    def rows(self) -> list[dict[str, Any]]:
        """Return every row as it stands now, also those that cannot be read."""
        ...

    def put(self, row: Mapping[str, Any]) -> None:
        """Write a vendor's row, replacing an earlier one whole.

        Raises:
            ConfigurationError: the table is missing, or does not take the row.
        """
        ...


class DeviceStore(Protocol):
    """Devices that want pushes (table Devices)."""

    def put(self, device: Device) -> None:
        """Keep the device, replacing an earlier row whole."""
        ...

    def get(self, user_id: str, device_id: str) -> Device | None:
        """Return the user's device."""
        ...

    def all_of(self, user_id: str) -> list[Device]:
        """Return all of a user's devices."""
        ...

    def at_endpoint(self, endpoint: str) -> list[tuple[str, str]]:
        """Return user and device ids of who is at an endpoint; eventually consistent."""
        ...

    def remove(self, user_id: str, device_id: str) -> None:
        """Forget the device; absent is fine."""
        ...

    def remove_unrenewed(self, device: Device) -> bool:
        """Forget the device; False when it has been registered again since it was read."""
        ...


class PushSender(Protocol):
    """The push service (SNS platform application)."""

    @property
    def is_available(self) -> bool:
        """Whether this deployment has one; endpoints can be opened only then."""
        ...

    def open_endpoint(self, token: str) -> str:
        """Return the one endpoint of this token, made when there is none, working again if not."""
        ...

    def close_endpoint(self, endpoint: str) -> None:
        """Remove the endpoint; absent is fine."""
        ...

    def send(self, endpoint: str, notification: Notification) -> bool:
        """Push to one device; False when it takes no more: the app is gone, or its token is."""
        ...


class EmailTopic(Protocol):
    """The topic of new invoices, where each subscriber gets their own mails only (SNS)."""

    def subscribe(self, user_id: str, email: str) -> str:
        """Subscribe the address to what is for this user, and return the subscription.

        Again is fine. The address gets a mail first, and nothing else until it has confirmed.
        A topic that takes no more subscribers is a `TransientError`: its quota must be raised.
        """
        ...

    def find(self, email: str) -> str | None:
        """Return the confirmed subscription of an address; reads all of them."""
        ...

    def unsubscribe(self, subscription: str) -> None:
        """End the subscription; absent is fine, and unconfirmed ones end by themselves."""
        ...

    def send(self, user_id: str, notification: Notification) -> None:
        """Send a mail to the user's subscription, if there is one."""
        ...


class Once(Protocol):
    """Remembers what has been done (table Idempotency)."""

    def __call__(self, key: str, work: Callable[[], None]) -> None:
        """Do the work unless it was done under this key; what fails counts as not done.

        Raises:
            TransientError: another delivery is at it.
        """
        ...


class UserData(Protocol):
    """One of the places that keep what belongs to users."""

    def erase(self, user_id: str, *, has_time: Callable[[], bool]) -> int:
        """Erase what is there, until the time is up, and return how much it was."""
        ...


class DataExportStore(Protocol):
    """Exports of users' data (table DataExports)."""

    def add(self, export: DataExport) -> None:
        """Keep a new export."""
        ...

    def get(self, user_id: str, export_id: str) -> DataExport | None:
        """Return the user's export; another user's is as absent as none."""
        ...

    def start(self, user_id: str, export_id: str) -> DataExport | None:
        """Mark an export as running; None when it is over or absent."""
        ...

    def finish(self, export: DataExport, *, now: datetime) -> DataExport | None:
        """Note that the archive is there; None when the export is over or absent."""
        ...

    def fail(
        self, export: DataExport, error: DataExportError, *, now: datetime
    ) -> DataExport | None:
        """Note why there is no archive; None when the export is over or absent."""
        ...


class UserRecords(Protocol):
    """The rows of one table, for an export."""

    @property
    def name(self) -> str:
        """What to call the table in the archive."""
        ...

    def read(self, user_id: str) -> Iterator[dict[str, Any]]:
        """Yield the user's rows, each as it is kept."""
        ...


class UserFiles(Protocol):
    """The user's original documents, for an export."""

    def read(self, user_id: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield every document's name and content; read one before asking for the next."""
        ...


class ArchiveWriter(Protocol):
    """A file that can be written to, but not gone back in."""

    def write(self, data: bytes, /) -> int:
        """Write all of it and return how much it was."""
        ...

    def flush(self) -> None:
        """Nothing has to be done yet."""
        ...

    def close(self) -> None:
        """Nothing has to be done yet: the end of `ArchiveStore.create`'s block decides."""
        ...


class ArchiveStore(Protocol):
    """Where archives lie (the invoices bucket, `exports/`)."""

    def create(self, key: str) -> AbstractContextManager[ArchiveWriter]:
        """Return a file that is there when the block ends well, and else never was."""
        ...

    def link(self, key: str, filename: str, *, seconds: int) -> str:
        """Return a link that downloads the archive, at most for so long."""
        ...


class ErasureReceipts(Protocol):
    """Receipts of erasures (table Erasures); they name nobody."""

    def add(self, receipt_id: str, *, now: datetime) -> None:
        """Note that an erasure was asked for."""
        ...

    def finish(self, receipt_id: str, *, now: datetime) -> None:
        """Note that nothing is left; the first time counts."""
        ...


class EventPublisher(Protocol):
    """Publishes to live subscribers."""

    def publish_invoice(self, event: InvoiceEvent) -> None:
        """Send the event to the user's subscribers."""
        ...

    def publish_ingestion(self, event: IngestionEvent) -> None:
        """Send the event to the user's subscribers."""
        ...
