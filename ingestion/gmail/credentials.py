"""The user's grant as credentials for Google's clients, and the way to an open mailbox."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from google.oauth2.credentials import Credentials
from google_auth_httplib2 import Request
from httplib2 import Http

from ingestion.gmail.mailbox import BATCH_SIZE, GmailMailbox
from ingestion.gmail.patience import Patience
from ingestion.gmail.quota import QuotaWindow
from paypulse.errors import ReconnectRequired, TransientError
from paypulse.google.endpoints import GoogleEndpoints

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.gmail_grant import GmailGrant
    from paypulse.grant_lock import GrantLock
    from paypulse.ports.clock import Clock
    from paypulse.ports.gmail import GrantStore

REFRESH_AHEAD = timedelta(minutes=5)

_LIFETIME_IF_UNSAID = timedelta(hours=1)
_DEADLINE_S = 120.0
_TIMEOUT_S = 60.0  # a batch of 50 mails with attachments takes its time
_TOKEN_TIMEOUT_S = 20.0  # well within the time for which a lock is held


class StoredCredentials(Credentials):
    """Credentials that write themselves back to the store whenever they were refreshed.

    Google's client refreshes in three places (ahead of a call, on a 401, on a 401 inside a batch),
    and all of them end in `refresh`. The expiry is ours to watch, by the injected clock; towards
    the base class the token never expires.
    """

    def __init__(
        self,
        grant: GmailGrant,
        *,
        user_id: str,
        grants: GrantStore,
        lock: GrantLock,
        clock: Clock,
        client_id: str,
        client_secret: str,
        token_uri: str,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        super().__init__(  # type: ignore[no-untyped-call] # google-auth types its classes in part
            token=grant.access_token,
            refresh_token=grant.refresh_token,
            token_uri=token_uri,
            client_id=client_id,
            client_secret=client_secret,
        )
        self._grant = grant
        self._user_id = user_id
        self._grants = grants
        self._lock = lock
        self._clock = clock
        self._http = Http(timeout=min(timeout_s, _TOKEN_TIMEOUT_S))
        self._transport = Request(self._http)

    def close(self) -> None:
        """Close the connection to the token endpoint."""
        self._http.close()

    def keep_fresh(self) -> None:
        """Refresh when less than five minutes are left, where the grant allows it."""
        left = self._grant.expires_at - self._clock()
        # Without a refresh token the rest of the hour is still good.
        if left < REFRESH_AHEAD and (self._grant.refresh_token or left <= timedelta(0)):
            self.refresh(self._transport)

    def refresh(self, request: object) -> None:  # noqa: ARG002 - the base class's signature
        """Get a new access token and keep it, or take the one that another worker has got.

        Raises:
            ReconnectRequired: there is no refresh token, or the user has disconnected meanwhile.
            TransientError: the user has connected anew meanwhile, or another worker takes long.
        """
        if not self._grant.refresh_token:
            raise ReconnectRequired("The access token has ended and there is no refresh token.")
        with self._lock.held(self._user_id):
            stored = self._read()
            if stored.access_token != self._grant.access_token:
                self._use(stored)
                if stored.expires_at - self._clock() >= REFRESH_AHEAD:
                    return
            # Not over `request`: the one that batches bring along has no timeout.
            super().refresh(self._transport)  # type: ignore[no-untyped-call] # see __init__
            refreshed = self._refreshed_grant()
            self._grants.put(self._user_id, refreshed)
            self._use(refreshed)

    def _refreshed_grant(self) -> GmailGrant:
        expires_at = (
            self.expiry.replace(tzinfo=UTC) if self.expiry else self._clock() + _LIFETIME_IF_UNSAID
        )
        self.expiry = None
        return replace(
            self._grant,
            access_token=str(self.token),
            refresh_token=self.refresh_token or self._grant.refresh_token,
            expires_at=expires_at,
        )

    def _read(self) -> GmailGrant:
        # Read again: a run lasts minutes, and what the user did meanwhile must not be undone.
        stored = self._grants.get(self._user_id)
        if stored is None:
            raise ReconnectRequired("The mailbox was disconnected meanwhile.")
        if stored.connected_at != self._grant.connected_at:
            raise TransientError("The mailbox was connected anew meanwhile; start over.")
        return stored

    def _use(self, grant: GmailGrant) -> None:
        self._grant = grant
        self.token = grant.access_token
        self._refresh_token = grant.refresh_token


def open_mailbox(
    user_id: str,
    *,
    grants: GrantStore,
    lock: GrantLock,
    client_id: str | Callable[[], str],
    client_secret: Callable[[], str | None] = lambda: None,
    clock: Clock,
    endpoints: GoogleEndpoints | None = None,
    quota: QuotaWindow | None = None,
    deadline_s: float = _DEADLINE_S,
    sleep: Callable[[float], None] = time.sleep,
    timeout_s: float = _TIMEOUT_S,
    batch_size: int = BATCH_SIZE,
) -> GmailMailbox:
    """Return the user's mailbox, ready to read.

    Args:
        user_id: Ours, not Google's.
        grants: Where the grant is, and where a refreshed one goes.
        lock: Held while the grant is refreshed.
        client_id: The OAuth client that the grant was made for.
        client_secret: Its secret; a public client, such as an iOS app's, has none.
        clock: The time.
        endpoints: Google's, unless the dev stack says otherwise.
        quota: The mailbox's use of the last minute, kept by the caller between runs.
        deadline_s: No wait for Gmail ends later than this, counted from now.
        sleep: How to wait.
        timeout_s: For one HTTP exchange.
        batch_size: Messages asked for at once, at most 50; fewer take less memory.

    Raises:
        ReconnectRequired: no mailbox is connected.
    """
    grant = grants.get(user_id)
    if grant is None:
        raise ReconnectRequired("No mailbox is connected.")
    endpoints = endpoints or GoogleEndpoints()
    credentials = StoredCredentials(
        grant,
        user_id=user_id,
        grants=grants,
        lock=lock,
        clock=clock,
        client_id=client_id() if callable(client_id) else client_id,
        client_secret=client_secret() or "",
        token_uri=endpoints.token_uri,
        timeout_s=timeout_s,
    )
    return GmailMailbox(
        credentials,
        gmail=endpoints.gmail,
        patience=Patience(clock, quota or QuotaWindow(clock), deadline_s, sleep=sleep),
        timeout_s=timeout_s,
        batch_size=batch_size,
    )
