"""Access to a person's Gmail, and what reads its mails and their documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from paypulse.gmail_grant import GmailGrant, TokenInfo
    from paypulse.ingest_mail import SortedMail
    from paypulse.mail import Mail, MessagePage, RawMail, ReceiptMail
    from paypulse.rental import NoticeReading
    from paypulse.runs import IngestionRun


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

        Raises:
            MessagesWithheld: after all others, when Gmail does not give out some that exist.
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
