"""The messages that were delivered, latest last."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 500


@dataclass(frozen=True, slots=True)
class Push:
    """What a device shows.

    Args:
        payload: What Apple would get.
        replaced: A later push with the same collapse id took its place on the screen.
    """

    endpoint: str
    token: str
    title: str
    body: str
    category: str
    link: str
    collapse_id: str
    payload: dict[str, Any]
    sent_at: str
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Email:
    """What an inbox shows."""

    address: str
    subject: str
    body: str
    sent_at: str


@dataclass(slots=True)
class Outbox:
    """Keeps what was delivered since the start, and tells a listener."""

    pushes: deque[Push] = field(default_factory=lambda: deque(maxlen=_KEPT))
    emails: deque[Email] = field(default_factory=lambda: deque(maxlen=_KEPT))
    on_message: Callable[[Push | Email], None] = lambda _message: None

    def add(self, message: Push | Email) -> None:
        """Deliver a message."""
        if isinstance(message, Push):
            for index, each in enumerate(self.pushes):
                if (each.endpoint, each.collapse_id) == (message.endpoint, message.collapse_id):
                    self.pushes[index] = replace(each, replaced=True)
            self.pushes.append(message)
        else:
            self.emails.append(message)
        self.on_message(message)

    def as_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything, oldest first."""
        return {
            "pushes": [asdict(each) for each in self.pushes],
            "emails": [asdict(each) for each in self.emails],
        }
