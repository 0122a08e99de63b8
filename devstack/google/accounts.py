"""The Google accounts of the emulator, each with its mailbox and the history of its changes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from devstack.google.mailbox import in_order, receive
from devstack.google.search import parse_query

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from devstack.google.mailbox import StoredMessage

_FIRST_HISTORY_ID = 1_000
_HIDDEN_LABELS = {"SPAM", "TRASH"}


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a mailbox's history."""

    history_id: int
    kind: str  # messagesAdded or messagesDeleted, as in the API
    message: StoredMessage


@dataclass
class GoogleAccount:
    """A person at Google. State is in memory; made again from the same mails it is the same."""

    email: str
    google_user_id: str
    client_id: str  # the app that the account lets in
    messages: dict[str, StoredMessage] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    history_id: int = _FIRST_HISTORY_ID
    oldest_history_id: int = _FIRST_HISTORY_ID  # Gmail forgets after about a week

    @classmethod
    def with_mails(
        cls, email: str, google_user_id: str, client_id: str, mails: Sequence[StoredMessage] = ()
    ) -> GoogleAccount:
        """Return an account whose mailbox holds these mails."""
        account = cls(email, google_user_id, client_id)
        for mail in in_order(mails):
            account.add(mail)
        return account

    def add(self, mail: StoredMessage) -> StoredMessage:
        """Take a mail in and return it as it is kept."""
        self.history_id += 1
        kept = replace(mail, history_id=self.history_id)
        self.messages[kept.id] = kept
        self.changes.append(Change(self.history_id, "messagesAdded", kept))
        return kept

    def deliver(self, content: bytes, now: datetime, *, dated: bool = False) -> StoredMessage:
        """Receive a mail; `dated` keeps the instant of its Date header instead of now."""
        return self.add(receive(content, now, taken=self.messages, use_date=dated))

    def delete(self, message_id: str) -> bool:
        """Delete a message for good; False when there is none."""
        message = self.messages.pop(message_id, None)
        if message is None:
            return False
        self.history_id += 1
        self.changes.append(Change(self.history_id, "messagesDeleted", message))
        return True

    def forget_history(self) -> None:
        """Forget all changes so far, as Gmail does after a while."""
        self.oldest_history_id = self.history_id
        self.changes.clear()

    def search(
        self, query: str, now: datetime, *, labels: Collection[str], hidden_too: bool
    ) -> list[StoredMessage]:
        """Return the messages that match, newest first."""
        matches = parse_query(query, now)
        hidden = set() if hidden_too or "in:anywhere" in query else _HIDDEN_LABELS - set(labels)
        return [
            message
            for message in reversed(in_order(self.messages.values()))
            if set(labels) <= set(message.label_ids)
            and not hidden & set(message.label_ids)
            and matches(message.searchable)
        ]
