"""People, their sessions and their passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from paypulse.accounts import AccessClaims, StoredSession, User
    from paypulse.notification_settings import SettingsChange
    from paypulse.pages import Page


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

    def set_reconnect_required(self, user: User) -> bool:
        """Note that Google took back the grant that `user` was read with.

        Returns:
            False, and nothing is noted, when the user has disconnected or connected anew since.
        """
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
