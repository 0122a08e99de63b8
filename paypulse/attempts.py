"""Limits on attempts: who may still try, and who has to wait.

Attempts are counted in fixed windows, before the work, so that guesses sent side by side are
counted too. What is refused is not counted: a window ends when it ends, whoever keeps trying.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from paypulse.errors import TooManyAttempts

if TYPE_CHECKING:
    from paypulse.ports.accounts import AttemptCounters
    from paypulse.ports.clock import Clock

_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Limit:
    """How often something may be tried in a window."""

    name: str
    most: int
    window: timedelta = _WINDOW

    def ends_at(self, now: datetime) -> datetime:
        """Return the end of the window that holds `now`."""
        length = int(self.window.total_seconds())
        return datetime.fromtimestamp((int(now.timestamp()) // length + 1) * length, UTC)


# Ten guesses in a quarter of an hour are a thousand a day: too few for any password that is
# allowed, and plenty for someone who has forgotten which one it was.
WRONG_LOG_INS = Limit("log-in", 10)
WRONG_PASSWORDS = Limit("password", 10)  # of a caller who has a session
SIGN_UPS = Limit("sign-up", 5)
# How many addresses that have an account a network may come across: enough for a household that
# has forgotten, too few for a list of addresses to be tried.
TAKEN_ADDRESSES = Limit("taken-address", 5, timedelta(hours=1))
# Switching e-mail on may send a confirmation to an address that nobody has proved yet.
EMAIL_SUBSCRIPTIONS = Limit("e-mail subscription", 5)
# Many people may share an address: an office, or a mobile network.
FROM_ADDRESS = Limit("address", 100)
# An archive reads everything that a user has; who needs it, needs it now and then.
EXPORTS = Limit("export", 5, timedelta(days=1))
# Every app refreshes once an hour, and a refresh token cannot be guessed.
REFRESHES_FROM_ADDRESS = Limit("refresh-address", 1000)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Counts attempts by limit and subject; a subject is kept as a hash alone."""

    counters: AttemptCounters
    clock: Clock

    def admit(self, limit: Limit, subject: str) -> None:
        """Count one more attempt.

        Raises:
            TooManyAttempts: the window has no more of them.
        """
        now = self.clock()
        ends_at = limit.ends_at(now)
        if not self.counters.count(_key(limit, subject, ends_at), most=limit.most, until=ends_at):
            raise TooManyAttempts(math.ceil((ends_at - now).total_seconds()))

    def give_back(self, limit: Limit, subject: str) -> None:
        """Take back one that was counted beforehand and turned out to be no such attempt."""
        self.counters.uncount(_key(limit, subject, limit.ends_at(self.clock())))

    def forget(self, limit: Limit, subject: str) -> None:
        """Forget the window's attempts: the last one succeeded."""
        self.counters.forget(_key(limit, subject, limit.ends_at(self.clock())))


def network_of(address: str) -> str | None:
    """Return what counts as one source: an IPv4 address, or the /64 that an IPv6 host owns.

    None when the text is no address.
    """
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return None
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _key(limit: Limit, subject: str, ends_at: datetime) -> str:
    digest = hashlib.sha256(f"{limit.name} {subject}".encode()).hexdigest()
    return f"{limit.name}#{digest[:32]}#{ends_at:%Y%m%dT%H%M%S}"
