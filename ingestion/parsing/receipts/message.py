"""A mail taken apart for reading: who, when, about what, and the two forms of its body."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.charsets import decode
from paypulse.receipts import ReadingSignal

if TYPE_CHECKING:
    from datetime import datetime

# Receipts are 10 to 300 KB. What lies behind this is not read, and the receipt says so.
MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_PARTS = 200
MAX_DEPTH = 20
# An order comes with one or two; a group's tickets are one each.
MAX_PDFS = 5

_FOLD = re.compile(r"[\r\n]+")


@dataclass(slots=True)
class MailText:
    """What the reading uses of a mail; of a forwarded one, the original."""

    sender_name: str = ""
    sender: str = ""  # the address, lower-cased
    subject: str = ""
    sent_at: datetime | None = None  # with the sender's own offset, where it is given
    html: str = ""
    text: str = ""
    pdfs: tuple[bytes, ...] = ()
    signals: set[ReadingSignal] = field(default_factory=set)


def read_message(content: bytes) -> MailText:
    """Return the mail; bytes that are no mail give an empty one."""
    signals: set[ReadingSignal] = set()
    message = _parsed(content, signals)
    walk = _Walk(signals)
    body = walk.body(message, 0)
    if walk.forwarded is not None and not _speaks_for_itself(body):
        message, body = walk.forwarded
        signals.add(ReadingSignal.FORWARDED)
    name, address = sender_of(_header(message, "from"))
    return MailText(
        sender_name=name,
        sender=address,
        subject=_header(message, "subject"),
        sent_at=parse_instant(_header(message, "date")),
        html="\n".join(body.html),
        text="\n".join(body.text),
        pdfs=tuple(body.pdfs),
        signals=signals,
    )


def sender_of(value: str) -> tuple[str, str]:
    """Return (name, lower-cased address) of a From field."""
    name, address = parseaddr(value)
    if "@" not in address:
        # Names with unquoted commas or at-signs: the address is what stands in brackets, last.
        match = re.search(r"^(.*)<([^<>\s]+@[^<>\s]+)>\s*$", value)
        name, address = (match[1].strip(' "'), match[2]) if match else (value, "")
    return " ".join(name.split()), address.lower()


def parse_instant(value: str) -> datetime | None:
    """Return a Date field's instant."""
    try:
        return parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


@dataclass(slots=True)
class _Body:
    html: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    pdfs: list[bytes] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.html or self.text or self.pdfs)


@dataclass(slots=True)
class _Walk:
    """Collects bodies; `forwarded` is the first mail inside the mail that has one."""

    signals: set[ReadingSignal]
    forwarded: tuple[Message, _Body] | None = None
    _parts: int = 0

    def body(self, part: Message, depth: int) -> _Body:
        found = _Body()
        self._read(part, depth, found)
        return found

    def _read(self, part: Message, depth: int, into: _Body) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            self.signals.add(ReadingSignal.TOO_MANY_PARTS)
        elif depth > MAX_DEPTH:
            self.signals.add(ReadingSignal.TOO_DEEP)
        elif part.get_content_type() == "message/rfc822":
            self._read_forwarded(part, depth)
        elif part.is_multipart():
            for inner in part.get_payload():
                if isinstance(inner, Message):
                    self._read(inner, depth + 1, into)
        else:
            self._read_leaf(part, into)

    def _read_forwarded(self, part: Message, depth: int) -> None:
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        if not isinstance(inner, Message):
            return
        if not inner.keys():
            # Sent in base64, which RFC 2046 forbids: the parser saw a mail without a header.
            inner["Content-Transfer-Encoding"] = _header(part, "content-transfer-encoding")
            inner = _parsed(_bytes_of(inner), self.signals)
        body = self.body(inner, depth + 1)
        # A mail forwarded twice resolves to the innermost, which `body` has found by now.
        if self.forwarded is None and not body.is_empty:
            self.forwarded = (inner, body)

    def _read_leaf(self, part: Message, into: _Body) -> None:
        kind = part.get_content_type()
        if _is_pdf(part, kind):
            if len(into.pdfs) < MAX_PDFS:
                into.pdfs.append(_bytes_of(part))
            else:
                self.signals.add(ReadingSignal.TOO_MANY_PARTS)
            return
        if kind not in ("text/html", "text/plain") or _is_attachment(part):
            return
        content = _bytes_of(part)
        if len(content) > MAX_BODY_BYTES:
            self.signals.add(ReadingSignal.TOO_LARGE)
            content = content[:MAX_BODY_BYTES]
        declared = part.get_param("charset") or ""
        name = declared if isinstance(declared, str) else str(declared[-1])
        text, wrong = decode(content, name, is_html=kind == "text/html")
        if wrong:
            self.signals.add(ReadingSignal.WRONG_CHARSET)
        (into.html if kind == "text/html" else into.text).append(text)


def _speaks_for_itself(body: _Body) -> bool:
    """Tell whether a mail that carries another is more than a few words on top of it."""
    return sum(len(html) for html in body.html) + sum(len(text) for text in body.text) > 20_000


def _is_pdf(part: Message, kind: str) -> bool:
    if kind in ("application/pdf", "application/x-pdf"):
        return True
    return kind == "application/octet-stream" and _file_name(part).lower().endswith(".pdf")


def _file_name(part: Message) -> str:
    """Return an attachment's name, whichever of the three ways its letters are encoded in."""
    try:
        return _decoded(part.get_filename() or "").strip()
    except (ValueError, LookupError, TypeError):
        return ""


def _is_attachment(part: Message) -> bool:
    disposition = str(part.get("content-disposition") or "").strip().lower()
    return disposition.startswith("attachment")


def _parsed(content: bytes, signals: set[ReadingSignal]) -> Message:
    try:
        return message_from_bytes(content, policy=compat32)
    except RecursionError:
        signals.add(ReadingSignal.TOO_DEEP)
        return BytesHeaderParser(policy=compat32).parsebytes(content)


def _bytes_of(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, TypeError, LookupError):
        return b""
    return content if isinstance(content, bytes) else b""


def _header(message: Message, name: str) -> str:
    """Return a header field's text, decoded, on one line; the first where it is there twice."""
    for field_name, value in message.raw_items():
        if field_name.lower() == name:
            return " ".join(_decoded(_FOLD.sub("", _characters(str(value)))).split())
    return ""


def _characters(value: str) -> str:
    """Return 8-bit bytes, which the parser keeps as surrogates, as the characters they mean."""
    try:
        raw = value.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return value
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _decoded(value: str) -> str:
    try:
        chunks = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(_chunk(chunk, charset) for chunk, charset in chunks)


def _chunk(chunk: bytes | str, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    try:
        return chunk.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return chunk.decode("utf-8", "replace")
