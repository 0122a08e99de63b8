"""Mails of the emulated Gmail: read from `.eml` files, and received as Gmail receives."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING

from devstack.google.search import SearchableMail
from ingestion.gmail.headers import addresses, decoded, parameter, raw_fields

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message
    from pathlib import Path

AUTHSERV_ID = "mx.google.com"
INBOX = ("INBOX", "UNREAD")
# Labels as Google's own export names them, in `X-Gmail-Labels`.
_EXPORTED_LABELS = {
    "inbox": "INBOX",
    "sent": "SENT",
    "drafts": "DRAFT",
    "spam": "SPAM",
    "trash": "TRASH",
    "unread": "UNREAD",
    "category purchases": "CATEGORY_PURCHASES",
    "category promotions": "CATEGORY_PROMOTIONS",
    "category updates": "CATEGORY_UPDATES",
}

_LINE_END = re.compile(rb"\r?\n")


@dataclass(frozen=True)
class StoredMessage:
    """A message in a mailbox."""

    id: str  # 16 hexadecimal digits, as Gmail's
    raw: bytes  # with CRLF
    received_at: datetime
    label_ids: tuple[str, ...] = INBOX
    history_id: int = 0  # given by the mailbox that takes it in

    @cached_property
    def parsed(self) -> Message:
        """The MIME tree; for a tree too deep to parse, the header."""
        try:
            return message_from_bytes(self.raw, policy=compat32)
        except RecursionError:
            return BytesHeaderParser(policy=compat32).parsebytes(self.raw)

    @cached_property
    def searchable(self) -> SearchableMail:
        """What the search box looks at."""
        parts = [part for part in self.parsed.walk() if not part.is_multipart()]
        names = [attachment_name(part) for part in parts]
        return SearchableMail(
            sender=_text(self.parsed, "from"),
            recipients=_text(self.parsed, "to"),
            copies=f"{_text(self.parsed, 'cc')} {_text(self.parsed, 'bcc')}",
            subject=_text(self.parsed, "subject"),
            message_id=_text(self.parsed, "message-id").strip("<> "),
            body=" ".join(_body(part) for part in parts if part.get_content_maintype() == "text"),
            filenames=tuple(name for name in names if name),
            received_at=self.received_at,
            size=len(self.raw),
            label_ids=frozenset(self.label_ids),
        )


def load_folder(path: Path) -> list[StoredMessage]:
    """Return the mails of every `.eml` file below a folder, oldest first.

    Ids come from the contents: loading again, or from another place, gives the same ones. Two
    equal files are two messages, as they would be in Gmail.
    """
    messages: dict[str, StoredMessage] = {}
    for file in sorted(file for file in path.rglob("*") if file.suffix.lower() == ".eml"):
        modified_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        message = receive(file.read_bytes(), modified_at, taken=messages)
        messages[message.id] = message
    return in_order(messages.values())


def in_order(messages: Iterable[StoredMessage]) -> list[StoredMessage]:
    """Return the messages oldest first; the id decides between equal instants."""
    return sorted(messages, key=lambda message: (message.received_at, message.id))


def receive(
    content: bytes, fallback_at: datetime, *, taken: Iterable[str] = (), use_date: bool = True
) -> StoredMessage:
    """Return the message that Gmail would keep for these bytes; damaged ones are kept too.

    Args:
        content: RFC 5322, any line ends.
        fallback_at: When it arrived, for a mail whose Date header is missing or damaged.
        taken: Ids that other messages have.
        use_date: False for a mail that arrives now, whatever its Date header says.
    """
    raw = _LINE_END.sub(b"\r\n", content)
    copy, taken = 0, set(taken)
    while (id_ := _id(raw, copy)) in taken:
        copy += 1
    header = BytesHeaderParser(policy=compat32).parsebytes(raw)
    received_at = (_date(header) if use_date else None) or fallback_at
    return StoredMessage(id_, _stamp(header) + raw, received_at, _labels(header))


def attachment_name(part: Message) -> str:
    """Return the name under which Gmail lists a part, "" for what is not an attachment."""
    return parameter(part, "content-disposition", "filename") or parameter(
        part, "content-type", "name"
    )


def _labels(header: Message) -> tuple[str, ...]:
    """Return the labels that an exported mail brings; a new one lies in the inbox, unread.

    Gmail decides by itself what a purchase is; here the mail has to say so.
    """
    names = ",".join(raw_fields(header, "x-gmail-labels")).lower().split(",")
    labels = (_EXPORTED_LABELS.get(name.strip()) for name in names)
    return tuple(label for label in labels if label) or INBOX


def _id(raw: bytes, copy: int) -> str:
    return hashlib.sha256(raw + b"\0" * copy).hexdigest()[:16]


def _date(header: Message) -> datetime | None:
    fields = raw_fields(header, "date")
    try:
        date = parsedate_to_datetime(fields[0]) if fields else None
        # UTC where the sender does not say. The round trip refuses years that no clock shows.
        return date.astimezone(UTC) if date and date.tzinfo else date and date.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError):
        return None


def _stamp(header: Message) -> bytes:
    """Return the results that the receiving server puts on top; nothing where they are there.

    A mail exported from Gmail carries them. Samples and mails written by hand do not, and without
    them every one would count as unproved: the emulator is the server that received them, so it
    vouches for them. A test that wants a mail to fail writes its own field under our name, which
    is left as it is.
    """
    for value in raw_fields(header, "authentication-results"):
        if value.split(";")[0].strip().lower() == AUTHSERV_ID:
            return b""
    senders = [address for field in raw_fields(header, "from") for address in addresses(field)]
    domain = senders[0].rpartition("@")[2] if len(senders) == 1 else ""
    if not domain.isascii() or not domain:
        return f"Authentication-Results: {AUTHSERV_ID}; none\r\n".encode()
    return (
        f"Authentication-Results: {AUTHSERV_ID};\r\n"
        f"       dkim=pass header.i=@{domain} header.s=emulator header.b=ZW11bGF0;\r\n"
        f"       spf=pass ({AUTHSERV_ID}: domain of {domain} designates 127.0.0.1 as permitted"
        f" sender) smtp.mailfrom={domain};\r\n"
        f"       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from={domain}\r\n"
    ).encode()


def _text(message: Message, name: str) -> str:
    return " ".join(decoded(value) for value in raw_fields(message, name))


def _body(part: Message) -> str:
    try:
        content = part.get_payload(decode=True)
        charset = parameter(part, "content-type", "charset") or "utf-8"
        text = content.decode(charset, "replace") if isinstance(content, bytes) else ""
    except (ValueError, LookupError, TypeError):
        return ""
    return re.sub(r"<[^>]*>", " ", text) if part.get_content_subtype() == "html" else text
