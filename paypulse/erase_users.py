"""Use case: erase a user, and everything that belongs to them.

Asking closes the account at once: no log-in, no session, no schedule. Then a worker sweeps every
place that keeps users' data. Sweeping is deleting what is found, so a sweep that broke off is
simply done again, and twice is as good as once.

An ingestion that was at work when the account was closed may still write. It has ended, retries
included, after `SETTLES_IN`; so the sweeps go on until one finds nothing that long after the
last one. Only then the account's own row goes: until that moment it keeps new work from starting.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from paypulse.accounts import check_password, require_user
from paypulse.errors import DependencyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paypulse.attempts import Attempts
    from paypulse.ports.accounts import Passwords, SessionStore, UserStore
    from paypulse.ports.clock import Clock
    from paypulse.ports.gmail import GoogleAccounts, GrantStore
    from paypulse.ports.user_data import ErasureReceipts, UserData

# A fetch takes at most five minutes; the reading of what it stored last is tried three times,
# a minute each, with waits of one and two minutes. It is also the longest that SQS delays.
SETTLES_IN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Erasure:
    """One sweep to be done; `settled` says that the sweep before lies `SETTLES_IN` back."""

    user_id: str
    receipt_id: str
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep came to: the next one and when, None when nothing is left."""

    next: Erasure | None
    wait: timedelta = timedelta(0)
    google_answered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDesk:
    """Everything that asking for an erasure needs."""

    users: UserStore
    sessions: SessionStore
    passwords: Passwords
    attempts: Attempts
    receipts: ErasureReceipts
    enqueue: Callable[[Erasure], None]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """Everything that a sweep needs; `places` are all that keep data of users."""

    users: UserStore
    sessions: SessionStore
    grants: GrantStore
    google: GoogleAccounts
    places: Sequence[UserData]
    receipts: ErasureReceipts
    clock: Clock


def request_erasure(user_id: str, password: str, *, desk: ErasureDesk) -> str:
    """Close the account, queue its erasure, and return the receipt's id.

    The work is queued first: if anything after it fails, the worker closes the account itself.
    Asking twice gives two receipts for the same erasure.

    Raises:
        UserError: INVALID_PASSWORD.
        RequestError: INVALID_TOKEN, there is no such account any more.
        TooManyAttempts: wrong passwords of this user.
    """
    user = require_user(desk.users.get(user_id, erasing_too=True))
    check_password(user, password, "password", passwords=desk.passwords, attempts=desk.attempts)
    receipt_id = f"erasure_{secrets.token_hex(8)}"
    desk.receipts.add(receipt_id, now=desk.clock())
    desk.enqueue(Erasure(user_id, receipt_id))
    _close(user_id, desk.users, desk.sessions)
    return receipt_id


def erase(erasure: Erasure, *, has_time: Callable[[], bool], using: Eraser) -> Sweep:
    """Sweep every place once, as far as the time allows.

    Google being down keeps the grant for a later sweep, and nothing else.

    Raises:
        TransientError: AWS failed for now; sweep again.
    """
    _close(erasure.user_id, using.users, using.sessions)
    found, google_answered = 0, True
    if has_time():
        found, google_answered = _erase_grant(erasure.user_id, using)
    for place in using.places:
        if has_time():
            found += place.erase(erasure.user_id, has_time=has_time)
    if not has_time():
        rest = replace(erasure, settled=erasure.settled and not found)
        return Sweep(rest, google_answered=google_answered)
    if found or not google_answered or not erasure.settled:
        return Sweep(replace(erasure, settled=True), SETTLES_IN, google_answered)
    using.users.remove(erasure.user_id)
    using.receipts.finish(erasure.receipt_id, now=using.clock())
    return Sweep(None)


def _close(user_id: str, users: UserStore, sessions: SessionStore) -> None:
    """Close the account first: a session that is opened meanwhile cannot be renewed."""
    users.mark_erasing(user_id)
    sessions.end_all(user_id)


def _erase_grant(user_id: str, using: Eraser) -> tuple[int, bool]:
    """Take the grant back at Google and forget it; kept while Google does not answer."""
    grant = using.grants.get(user_id)
    if grant is None:
        return 0, True
    try:
        using.google.revoke(grant.refresh_token or grant.access_token)
    except DependencyError:
        return 0, False
    using.grants.delete(user_id)
    return 1, True
