"""What the use cases need from outside, each contract stated once.

Implementations are in `paypulse.aws`, `paypulse.google`, `paypulse.credentials` and
`ingestion`. Unless a method says otherwise: reads are strongly consistent, absence is None, and
every call may raise `TransientError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from paypulse.gmail_grant import GmailGrant
    from paypulse.mail import Mail, MessagePage, RawMail
    from paypulse.rental import NoticeReading


class Clock(Protocol):
    """The time; injected so that tests can choose it."""

    def __call__(self) -> datetime:
        """Return the current instant, zone-aware, in UTC."""
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


class RentNoticeParser(Protocol):
    """Reads rent notices."""

    def __call__(self, pdf: bytes) -> NoticeReading:
        """Return the document's outcome; any bytes at all get one, none raise."""
        ...
