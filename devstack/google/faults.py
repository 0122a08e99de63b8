"""Faults on demand, and a count of what was asked: how tests and the demo steer the emulator."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from devstack.google.replies import Reply, api_error, oauth_error

# https://developers.google.com/workspace/gmail/api/reference/quota, as of May 2026
QUOTA_UNITS = {
    "users.getProfile": 1,
    "users.watch": 100,
    "users.stop": 50,
    "labels.list": 1,
    "history.list": 2,
    "messages.list": 5,
    "messages.get": 20,
    "messages.attachments.get": 20,
}
OAUTH_METHODS = frozenset({"authorize", "token", "tokeninfo", "userinfo", "revoke"})
GEMINI_METHODS = frozenset({"models.generateContent", "models.get"})


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next calls of one method."""

    method: str  # as in QUOTA_UNITS or OAUTH_METHODS, or "batch" for the envelope
    status: int | None = None  # None: only slow
    reason: str = ""  # such as userRateLimitExceeded, or invalid_grant for "token"
    times: int = 1
    retry_after_s: float | None = None
    delay_s: float = 0.0
    message_id: str = ""  # only calls for this message

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Fault:
        """Return the fault that a request describes; TypeError or ValueError for any other."""
        fault = cls(**fields)
        if fault.method not in {*QUOTA_UNITS, *OAUTH_METHODS, *GEMINI_METHODS, "batch"}:
            raise ValueError(f"no method {fault.method!r}")
        return fault

    def reply(self) -> Reply | None:
        """Return the answer to give instead; None when the call goes on."""
        if self.status is None and not self.reason:
            return None
        if self.method in OAUTH_METHODS:
            return oauth_error(self.reason or "internal_failure", "On demand.", self.status or 400)
        return api_error(self.status or 403, self.reason, retry_after_s=self.retry_after_s)


@dataclass(slots=True)
class Traffic:
    """Counts calls and holds the faults that wait for them."""

    calls: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    _faults: list[Fault] = field(default_factory=list)

    def expect(self, fault: Fault) -> None:
        """Let the next calls of its method fail."""
        self._faults.append(fault)

    def note(self, method: str, message_id: str = "") -> Fault | None:
        """Count a call; return the fault that it meets, if any."""
        self.calls[method] += 1
        self.units[method] += QUOTA_UNITS.get(method, 0)
        for fault in self._faults:
            if fault.method == method and fault.message_id in ("", message_id):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Forget counts and faults."""
        self.calls.clear()
        self.units.clear()
        self._faults.clear()

    def report(self) -> dict[str, Any]:
        """Return calls and quota units per method, and the units in all."""
        return {
            "calls": dict(self.calls),
            "units": {method: units for method, units in self.units.items() if units},
            "totalUnits": self.units.total(),
        }
