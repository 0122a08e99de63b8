"""Whether the sender of a mail is proved, by the word of the server that received it (RFC 8601).

    Authentication-Results: mx.google.com;
        dkim=pass header.i=@wallenstam.se header.s=s1 header.b=Ab12Cd;
        spf=pass (google.com: domain of x@wallenstam.se designates 192.0.2.1) smtp.mailfrom=x@...;
        dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=wallenstam.se

Anyone can write such a field into a mail. Only the receiving server's own is worth something, and
as every server adds its fields on top, that is the topmost with its name. SPF is not looked at:
it speaks of the envelope, which the reader of a mail never sees. ARC fields speak of hops that we
have no reason to trust.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.gmail.headers import all_fields
from paypulse.mail import SenderAuthentication

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message

GMAIL_AUTHSERV_ID = "mx.google.com"

_HOP_BY = re.compile(r"\bby\s+([^\s;]+)", re.IGNORECASE)
_METHOD = re.compile(r"\s*([a-z0-9-]+)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)\b", re.IGNORECASE)
_PROPERTY = re.compile(
    r'([a-z]+\.[a-z0-9-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Result:
    """One method's result, such as `dkim=pass header.i=@wallenstam.se`."""

    method: str
    outcome: str
    properties: Mapping[str, str]

    def speaks_for(self, domain: str) -> bool:
        claimed = (
            self.properties.get("header.from")
            if self.method == "dmarc"
            else self.properties.get("header.d") or self.properties.get("header.i")
        )
        return _aligned((claimed or "").rpartition("@")[2], domain)


def authenticate_sender(
    message: Message, sender: str, authserv_id: str = GMAIL_AUTHSERV_ID
) -> SenderAuthentication:
    """Return what the receiving server found out about the sender.

    Args:
        message: With its header fields in the order in which they came.
        sender: The address in From; "" when there is none to rely on.
        authserv_id: The name under which the receiving server writes its results.
    """
    results = list(_results(_trusted_field(message, authserv_id)))
    domain = sender.rpartition("@")[2]
    passed = [result for result in results if result.outcome == "pass"]
    if any(r.method in ("dmarc", "dkim") and r.speaks_for(domain) for r in passed):
        return SenderAuthentication.PASS
    if any(r.method in ("dmarc", "dkim") and r.outcome == "fail" for r in results):
        return SenderAuthentication.FAIL
    return SenderAuthentication.NONE


def _trusted_field(message: Message, authserv_id: str) -> str:
    """Return the receiving server's own results, without comments; "" when there are none.

    Its field stands above the Received fields of earlier hops; what follows the first hop below
    its own came with the mail.
    """
    received_by_us = False
    for name, value in all_fields(message):
        if name == "received":
            if received_by_us:
                return ""
            hop = _HOP_BY.search(_without_comments(value))
            received_by_us = hop is not None and hop[1].lower() == authserv_id
        elif name == "authentication-results":
            text = _without_comments(value)
            words = text.partition(";")[0].replace('"', " ").lower().split()
            if words[:1] == [authserv_id]:
                return text.partition(";")[2]
    return ""


def _results(text: str) -> Iterator[_Result]:
    for entry in _split(text):
        method = _METHOD.match(entry)
        if method:
            properties = {
                name.lower(): (quoted or plain).lower()
                for name, quoted, plain in _PROPERTY.findall(entry, method.end())
            }
            yield _Result(method[1].lower(), method[2].lower(), properties)


def _split(text: str) -> list[str]:
    """Return the parts between semicolons, other than those in quotes."""
    return re.findall(r'(?:[^;"]|"(?:[^"\\]|\\.)*"?)+', text)


def _without_comments(value: str) -> str:
    kept, depth, quoted = [], 0, False
    characters = iter(value)
    for char in characters:
        if char == "\\":
            escaped = char + next(characters, "")
            kept.append("" if depth else escaped)
        elif not quoted and (depth or char == "("):
            depth += (char == "(") - (char == ")")
            kept.append(" ")
        else:
            quoted ^= char == '"'
            kept.append(char)
    return "".join(kept)


def _aligned(claimed: str, domain: str) -> bool:
    """Return whether a proof for one domain is a proof for the other.

    The same, or one below the other (`mail.wallenstam.se` and `wallenstam.se`); never a mere
    ending such as `evilwallenstam.se`, never a top-level domain. Two that are siblings under one
    organisation need the public suffix list; the server's DMARC result covers them.
    """
    claimed, domain = claimed.rstrip("."), domain.rstrip(".")
    if "." not in claimed or "." not in domain:
        return False
    return claimed == domain or claimed.endswith(f".{domain}") or domain.endswith(f".{claimed}")
