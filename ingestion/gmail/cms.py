"""The content of S/MIME messages that are signed and not encrypted (RFC 5652).

Landlords and authorities that sign "opaquely" send one part, application/pkcs7-mime, and the mail
proper lies inside it. Reading it needs five steps through the DER (or, from OpenSSL, BER) tree and
no cryptography: the signature is not what we rely on, the receiving server's DKIM result is.

    SEQUENCE { OID signedData, [0] { SEQUENCE { version, digests,
        SEQUENCE { OID data, [0] { OCTET STRING <the mail> } }, ... } } }
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_OCTET_STRING = 0x04
_OCTET_STRING_IN_PIECES = 0x24
_CONSTRUCTED = 0x20
_END_OF_CONTENTS = 0x00
_MAX_DEPTH = 8  # the content lies six levels down


class _Element(NamedTuple):
    tag: int
    body: bytes  # up to the end of the enclosing element where the length is indefinite
    indefinite: bool


def signed_content(cms: bytes) -> bytes | None:
    """Return what was signed, or None when this is encrypted, damaged, or something else."""
    try:
        content_type, explicit = _children(_element(cms), 2)
        if content_type.body != _SIGNED_DATA:
            return None
        (signed_data,) = _children(explicit, 1)
        _version, _digests, encapsulated = _children(signed_data, 3)
        _type, explicit = _children(encapsulated, 2)
        (octets,) = _children(explicit, 1)
        return b"".join(_octets(octets, _MAX_DEPTH))
    except (ValueError, IndexError):
        return None


def _octets(element: _Element, depth: int) -> Iterator[bytes]:
    if element.tag == _OCTET_STRING:
        yield element.body
    elif element.tag == _OCTET_STRING_IN_PIECES and depth:
        for piece in _iter_children(element):
            yield from _octets(piece, depth - 1)
    else:
        raise ValueError("not an octet string")


def _children(element: _Element, number: int) -> list[_Element]:
    """Return the first so many elements inside; ValueError when there are fewer."""
    children = []
    for child in _iter_children(element):
        children.append(child)
        if len(children) == number:
            return children
    raise ValueError("too few elements")


def _iter_children(element: _Element) -> Iterator[_Element]:
    start = 0
    while start < len(element.body):
        child = _element(element.body, start)
        if element.indefinite and child.tag == _END_OF_CONTENTS:
            return
        yield child
        start = _end(element.body, start)


def _element(data: bytes, start: int = 0) -> _Element:
    tag = data[start]
    begin, length = _length(data, start + 1)
    if length is None:
        return _Element(tag, data[begin:], indefinite=True)
    if begin + length > len(data):
        raise ValueError("cut short")
    return _Element(tag, data[begin : begin + length], indefinite=False)


def _length(data: bytes, at: int) -> tuple[int, int | None]:
    """Return where the body begins and how long it is; None for an indefinite length."""
    first = data[at]
    if first < 0x80:
        return at + 1, first
    if first == 0x80:
        return at + 1, None
    width = first & 0x7F
    return at + 1 + width, int.from_bytes(data[at + 1 : at + 1 + width])


def _end(data: bytes, start: int) -> int:
    """Return where the element that starts here ends."""
    begin, length = _length(data, start + 1)
    if length is not None:
        return begin + length
    if not data[start] & _CONSTRUCTED:
        raise ValueError("a primitive element has a length")
    # Walk with a count instead of recursion; the depth is the sender's choice.
    open_, at = 1, begin
    while open_:
        inner, inner_length = _length(data, at + 1)
        if inner_length is None:
            open_ += 1
        elif data[at] == _END_OF_CONTENTS and inner_length == 0:
            open_ -= 1
        at = inner + (inner_length or 0)
    return at
