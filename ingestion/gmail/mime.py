"""Takes mails apart: who wrote, what about, and the PDFs, wherever they hide.

Every mail gets an answer. Damage costs the damaged part, not the mail and not the run.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import TYPE_CHECKING

from ingestion.gmail.authentication import authenticate_sender
from ingestion.gmail.cms import signed_content
from ingestion.gmail.headers import addresses, decoded, parameter, raw_fields
from paypulse.mail import Attachment, LeftOut, Mail

if TYPE_CHECKING:
    from paypulse.mail import RawMail

# Gmail refuses to send more than 25 MB, so nothing larger is a rent notice; and the parser's
# Lambda has to hold it.
MAX_PDF_BYTES = 25 * 1024 * 1024
# Real mails have under 50 parts; a mail with thousands is an attack on whoever reads it.
MAX_PARTS = 500
# multipart/signed in multipart/mixed in a forwarded mail in a forwarded mail makes 8.
MAX_DEPTH = 20
# A landlord sends one, a collected forwarding a dozen.
MAX_PDFS = 50
# S3 keys end at 1,024 bytes, of which the name is one part.
MAX_NAME_CHARACTERS = 120

_PDF_TYPES = ("application/pdf", "application/x-pdf")
_CMS_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_CHARACTERS_OUT = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def read_mail(raw: RawMail) -> Mail:
    """Return what PayPulse uses of a mail; implements `paypulse.ports.gmail.MailReader`."""
    message, too_deep = _parsed(raw.content)
    contents = _Contents()
    if too_deep:
        contents.leave_out(LeftOut.TOO_DEEP)
    contents.read(message, depth=0)
    sender = _sender(message)
    return Mail(
        message_id=raw.message_id,
        sender=sender,
        subject=_subject(message),
        received_at=raw.received_at,
        authentication=authenticate_sender(message, sender),
        pdfs=tuple(contents.pdfs),
        left_out=tuple(contents.left_out),
    )


def _parsed(content: bytes) -> tuple[Message, bool]:
    """Return the message, or only its header when its parts are nested without end."""
    try:
        return message_from_bytes(content, policy=compat32), False
    except RecursionError:
        return BytesHeaderParser(policy=compat32).parsebytes(content), True


def _sender(message: Message) -> str:
    """Return the address in From, "" where it is missing or not certain.

    Two From fields are a known way to show one sender and prove another. Several authors are
    legal; when they belong to different domains, nobody knows whose the proof is.
    """
    fields = raw_fields(message, "from")
    found = addresses(fields[0]) if len(fields) == 1 else []
    domains = {address.rpartition("@")[2] for address in found}
    return found[0] if len(domains) == 1 else ""


def _subject(message: Message) -> str:
    fields = raw_fields(message, "subject")
    return " ".join(decoded(fields[0]).split()) if fields else ""


@dataclass(slots=True)
class _Contents:
    """What was found while walking through a mail."""

    pdfs: list[Attachment] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    _parts: int = 0
    _hashes: set[bytes] = field(default_factory=set)

    def leave_out(self, reason: LeftOut) -> None:
        if reason not in self.left_out:
            self.left_out.append(reason)

    def read(self, part: Message, depth: int) -> None:
        """Take the PDFs from a part and all that it holds."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            self.leave_out(LeftOut.TOO_MANY_PARTS)
        elif depth > MAX_DEPTH:
            self.leave_out(LeftOut.TOO_DEEP)
        elif (forwarded := _encoded_mail(part)) is not None:
            self.read(_parsed(forwarded)[0], depth + 1)
        elif part.is_multipart():
            # multipart/* and message/rfc822 alike: the forwarded mail is the only element.
            for inner in part.get_payload():
                if isinstance(inner, Message):
                    self.read(inner, depth + 1)
        else:
            self._read_leaf(part, depth)

    def _read_leaf(self, part: Message, depth: int) -> None:
        content = _content(part)
        kind = part.get_content_type()
        name = _name(part)
        if kind in _CMS_TYPES or name.lower().endswith(".p7m"):
            self._read_cms(content, depth)
        elif kind in _PDF_TYPES or name.lower().endswith(".pdf") or content.startswith(b"%PDF-"):
            self._keep(name, content)

    def _read_cms(self, content: bytes, depth: int) -> None:
        inner = signed_content(content)
        if inner is None:
            self.leave_out(LeftOut.ENCRYPTED)
        else:
            self.read(_parsed(inner)[0], depth + 1)

    def _keep(self, name: str, content: bytes) -> None:
        digest = hashlib.sha256(content).digest()
        if digest in self._hashes:
            return
        if len(content) > MAX_PDF_BYTES:
            self.leave_out(LeftOut.TOO_LARGE)
        elif len(self.pdfs) >= MAX_PDFS:
            self.leave_out(LeftOut.TOO_MANY_PARTS)
        else:
            self._hashes.add(digest)
            position = len(self.pdfs) + 1
            self.pdfs.append(Attachment(_pdf_name(name) or f"document_{position}.pdf", content))


def _encoded_mail(part: Message) -> bytes | None:
    """Return a forwarded mail that was sent in base64; None for any other part.

    RFC 2046 forbids it and some senders do it. The parser takes the base64 for the text of a mail
    without a header.
    """
    encoding = "".join(raw_fields(part, "content-transfer-encoding")).strip().lower()
    if part.get_content_type() != "message/rfc822" or encoding != "base64":
        return None
    inner = part.get_payload()
    mail = inner[0] if isinstance(inner, list) and inner else part
    if not isinstance(mail, Message) or mail.keys():
        return None
    mail["Content-Transfer-Encoding"] = encoding
    return _content(mail)


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, TypeError, LookupError):
        # What the standard library raises on uuencoded text with damaged lines.
        return b""
    return content if isinstance(content, bytes) else b""


def _name(part: Message) -> str:
    """Return the name that the sender gave, "" for none; `name` is the older place for it."""
    return parameter(part, "content-disposition", "filename") or parameter(
        part, "content-type", "name"
    )


def _pdf_name(name: str) -> str:
    """Return a name that is safe in keys and paths and ends in `.pdf`, "" when nothing is left.

    The ending decides which function S3 starts, and its comparison is by case.
    """
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(
        char if unicodedata.category(char) not in _CHARACTERS_OUT else " " for char in last
    )
    stem = re.sub(r"\.pdf$", "", " ".join(visible.split()), flags=re.IGNORECASE)
    stem = stem.strip(" .")[:MAX_NAME_CHARACTERS]
    return f"{stem}.pdf" if stem else ""
