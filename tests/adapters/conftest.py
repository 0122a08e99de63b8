"""The Google emulator, served over HTTP, with one account that the tests fill."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import time
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from devstack.google.accounts import GoogleAccount
from devstack.google.server import create_app
from devstack.serving import serving
from ingestion.gmail.credentials import open_mailbox
from paypulse.gmail_grant import READ_SCOPE, GmailGrant
from paypulse.google.endpoints import GoogleEndpoints
from paypulse.grant_lock import GrantLock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from ingestion.gmail.mailbox import GmailMailbox

EMAIL = "ronja@example.com"
GOOGLE_USER_ID = "108234567890123456789"
CLIENT_ID = "paypulse-ios.apps.example"


@dataclass
class AdjustableClock:
    """The machine's time at the start, moved on by whoever waits."""

    now: datetime = field(default_factory=lambda: datetime.fromtimestamp(int(time()), UTC))
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


class GrantsInMemory:
    """A `GrantStore` for one user."""

    def __init__(self) -> None:
        self.grants: dict[str, GmailGrant] = {}

    def get(self, user_id: str) -> GmailGrant | None:
        return self.grants.get(user_id)

    def put(self, user_id: str, grant: GmailGrant) -> None:
        self.grants[user_id] = grant

    def delete(self, user_id: str) -> None:
        self.grants.pop(user_id, None)


class LocksInMemory:
    """`GrantLocks` for one process."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[str, datetime]] = {}

    def acquire(self, user_id: str, *, now: datetime, until: datetime) -> str | None:
        if user_id in self.held and self.held[user_id][1] > now:
            return None
        self.held[user_id] = (f"holder until {until}", until)
        return self.held[user_id][0]

    def release(self, user_id: str, holder: str) -> None:
        if self.held.get(user_id, ("", None))[0] == holder:
            del self.held[user_id]


@dataclass
class EmulatedGoogle:
    """The running emulator, its clock, and a user's grants."""

    url: str
    clock: AdjustableClock
    grants: GrantsInMemory
    locks: LocksInMemory = field(default_factory=LocksInMemory)
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def endpoints(self) -> GoogleEndpoints:
        return GoogleEndpoints.at(self.url)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        reply = self.http.request(method, f"{self.url}/_control/{path}", body=content)
        assert reply.status < 300, reply.data
        return json.loads(reply.data) if reply.data else None

    def fault(self, method: str, **fields: Any) -> None:
        self.control("POST", "faults", {"method": method, **fields})

    def calls(self, method: str) -> int:
        return int(self.control("GET", "requests")["calls"].get(method, 0))

    def deliver(self, subject: str, body: str = "Hej") -> str:
        mail = f"From: Kundservice <kundservice@wallenstam.se>\r\nSubject: {subject}\r\n\r\n{body}"
        reply = self.control("POST", f"mailboxes/{EMAIL}/messages", mail.encode())
        return str(reply["id"])

    def deliver_many(self, number: int) -> list[str]:
        return [self.deliver(f"Hyresavi {at}") for at in range(number)]

    def connect(self, **fields: Any) -> GmailGrant:
        """Let the user `user_1` connect the mailbox."""
        tokens = self.control("POST", "grants", {"email": EMAIL, **fields})
        grant = GmailGrant(
            access_token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
            expires_at=self.clock() + timedelta(seconds=tokens["expires_in"]),
            scopes=(READ_SCOPE,),
            google_user_id=GOOGLE_USER_ID,
            google_email=EMAIL,
            connected_at=self.clock(),
        )
        self.grants.put("user_1", grant)
        return grant

    def mailbox(self, **options: Any) -> GmailMailbox:
        defaults: dict[str, Any] = {
            "user_id": "user_1",
            "grants": self.grants,
            "lock": GrantLock(locks=self.locks, clock=self.clock, sleep=self.clock.sleep),
            "deadline_s": 120.0,
            "client_id": CLIENT_ID,
            "endpoints": self.endpoints,
        }
        return self._open.enter_context(
            open_mailbox(clock=self.clock, sleep=self.clock.sleep, **{**defaults, **options})
        )

    def close(self) -> None:
        self._open.close()
        self.http.clear()


@dataclass
class CurrentApp:
    """Hands requests to the app of the running test: a server takes 0.2 s to stop."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def google_server() -> Iterator[tuple[CurrentApp, str]]:
    current = CurrentApp()
    with serving(current) as url:
        yield current, url


@pytest.fixture
def google_emulator(google_server: tuple[CurrentApp, str]) -> Iterator[EmulatedGoogle]:
    """Google with one account, its mailbox empty; every test has its own."""
    current, url = google_server
    clock = AdjustableClock()
    account = GoogleAccount.with_mails(EMAIL, GOOGLE_USER_ID, CLIENT_ID)
    current.app = create_app([account], clock=clock)
    google = EmulatedGoogle(url, clock, GrantsInMemory())
    yield google
    google.close()
