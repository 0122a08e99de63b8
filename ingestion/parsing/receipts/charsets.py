"""Bytes to text by what they are, since what mails declare about it is often wrong."""

from __future__ import annotations

import codecs
import re

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
# What UTF-8 looks like after it was taken for Windows-1252 and encoded once more.
_TWICE = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u2013\u201e\u2026]|\u00e2\u201a\u00ac|\u00e2\u20ac"
)
# Supersets that browsers use in place of the declared charset (WHATWG Encoding).
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}


def decode(content: bytes, declared: str, *, is_html: bool) -> tuple[str, bool]:
    """Return the text, and whether the declared charset was wrong."""
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16")):
        if content.startswith(mark):
            return content.decode(name, "replace").lstrip("\ufeff"), False
    name = _codec(declared) or (_declared_in_markup(content) if is_html else "")
    utf8 = _strictly(content, "utf-8")
    # Text with Swedish letters is valid UTF-8 only when it is UTF-8.
    if utf8 is not None and (not name or name in ("utf-8", "cp1252", "iso8859-15", "cp1250")):
        text, mended = _undo_twice(utf8)
        wrong = mended or (name not in ("", "utf-8") and not content.isascii())
        return text, wrong
    text_or_none = _strictly(content, name) if name else None
    if text_or_none is not None:
        return text_or_none, False
    return content.decode("cp1252", "replace"), bool(name)


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return ""
    try:
        # Python also registers codecs that are no charsets, such as "zip".
        b"a".decode(found)
    except (LookupError, ValueError):
        return found if found.startswith("utf-") else ""
    return _WIDER.get(found, found)


def _declared_in_markup(content: bytes) -> str:
    match = _META.search(content[:4096])
    return _codec(match[1].decode("ascii", "replace")) if match else ""


def _strictly(content: bytes, name: str) -> str | None:
    try:
        return content.decode(name)
    except (UnicodeError, LookupError):
        return None


def _undo_twice(text: str) -> tuple[str, bool]:
    if not _TWICE.search(text):
        return text, False
    try:
        once = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text, False
    return once, True
