"""Header fields of mails as they really come: 8-bit, folded, encoded twice, forged.

Stands on the old (`compat32`) message API on purpose: it hands over what is there, where the new
one interprets, and raises on some of what senders and forgers write.
"""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLD = re.compile(r"[\r\n]+")
# Whole and plain; a quoted local part does not occur among landlords and shops.
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+\.[^\s@<>()\[\],;:\\\"]+")


def raw_fields(message: Message, name: str) -> list[str]:
    """Return the values of every field of this name, top to bottom, unfolded, not decoded."""
    return [value for field, value in all_fields(message) if field == name.lower()]


def all_fields(message: Message) -> Iterator[tuple[str, str]]:
    """Yield (lower-case name, unfolded value) of every header field, top to bottom."""
    for name, value in message.raw_items():
        yield name.lower(), _FOLD.sub("", _characters(str(value)))


def decoded(value: str) -> str:
    """Return a header's text with its RFC 2047 words decoded."""
    try:
        chunks = decode_header(value)
    except (HeaderParseError, ValueError):
        return value  # broken base64 inside a word: better as written than not at all
    return "".join(_chunk_text(chunk, charset) for chunk, charset in chunks)


def parameter(message: Message, header: str, name: str) -> str:
    """Return a parameter such as `filename`: RFC 2231 in parts, RFC 2047 or plain 8-bit."""
    values = raw_fields(message, header)
    if not values:
        return ""
    # A message of its own, since the original would replace 8-bit characters in parameters.
    holder = Message()
    holder[header] = values[0]
    try:
        value = holder.get_param(name, header=header)
        return decoded(collapse_rfc2231_value(value)) if value is not None else ""
    except (ValueError, TypeError, LookupError):
        # For instance a continuation numbered twice, or a charset with a NUL in its name.
        return ""


def addresses(value: str) -> list[str]:
    """Return the addresses in From, lower-cased, each once, in order.

    Only what stands where an address stands counts: not in a quoted name, not in a comment, not in
    an encoded word. `"kundservice@wallenstam.se" <x@evil.example>` is from x@evil.example.
    """
    found = (_address_of(entry) for entry in _entries(value))
    return list(dict.fromkeys(address for address in found if address))


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


def _chunk_text(chunk: bytes | str, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    try:
        return chunk.decode(charset or "latin-1", "replace")
    except (LookupError, ValueError):
        # Unknown charsets are mostly misspelt UTF-8; ValueError: a NUL in the name.
        return chunk.decode("utf-8", "replace")


def _entries(value: str) -> Iterator[str]:
    """Yield what lies between the commas of an address list, without names and comments.

    An angle address keeps its brackets. The phrase before a group's colon is dropped.
    """
    entry, depth, quoted, angle = "", 0, False, False
    characters = iter(value)
    for char in characters:
        if char == "\\" and (quoted or depth):
            next(characters, "")
        elif quoted:
            quoted = char != '"'
        elif depth or char == "(":
            depth += (char == "(") - (char == ")")
        elif char == '"':
            quoted = True
            entry += '"'  # marks that a quoted string stood here: no address can hold it
        elif angle:
            angle = char != ">"
            entry += char
        elif char in ",;":
            yield entry
            entry = ""
        elif char == ":":
            entry = ""
        else:
            angle = char == "<"
            entry += char
    yield entry


def _address_of(entry: str) -> str:
    # Two pairs of brackets: readers disagree on which counts, so none does.
    brackets = re.findall(r"<([^<>]*)>", entry)
    candidate = brackets[0] if len(brackets) == 1 else "" if brackets else entry
    candidate = candidate.strip()
    return candidate.lower() if _ADDRESS.fullmatch(candidate) else ""
