"""What the bytes of a PDF say before any PDF library opens it.

A document of two kilobytes can occupy pdfium for hours (forms that draw forms that draw forms)
or fill its memory (a stream that inflates a thousandfold, twice). pdfium offers no time limit,
so both are counted here first. Active content is only reported: nothing in PayPulse runs it.
"""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass

from paypulse.rental import NoticeOutcome, ReadingFlag

# The largest notices with logos and advertising stay below 2 MB; Gmail's own limit is 25 MB.
MAX_BYTES = 10_000_000
# A full-page 24-bit logo inflates to about 30 MB.
MAX_INFLATED_BYTES = 64_000_000
# Drawing operations after unfolding nested forms; pdfium needs about 0.7 s for this many.
MAX_FORM_DRAWS = 100_000
# Ordinary notices have up to thirty.
MAX_STREAMS = 20_000
# Mail gateways append signatures and padding after the end marker; viewers accept 1 KB.
_TAIL_BYTES = 1024

_STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
_DRAWS = re.compile(rb"/[^\s/<>\[\]()]+\s+Do\b")
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
# Two compressing filters in a row: nobody needs it, bombs are made of it.
_CHAINED = re.compile(rb"\[[^\[\]]{0,200}/(?:Fl|LZW)\w*[^\[\]/]{0,200}/(?:Fl|LZW)")
_ACTIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|SubmitForm|ImportData|RichMedia|Movie|Sound|AA)(?![\w.+-])"
)
# Deflate gains at most 1032:1, so that a file this small stays within the budget, and one without
# any of these words neither nests nor acts. Most notices are such files.
_HARMLESS_BYTES = MAX_INFLATED_BYTES // 1032
_WORTH_UNFOLDING = re.compile(
    rb"/(?:ObjStm|Form|Type3|OpenAction|AA|JavaScript|JS|Launch|SubmitForm|ImportData|RichMedia"
    rb"|Movie|Sound|LZW)|/[^\s/<>\[\]()]{0,40}#|\[\s*/(?:Fl|ASCII|A85|AHx|RunLength|RL)"
)
_OPEN_ACTION = re.compile(
    rb"/OpenAction\s*(?:(?P<number>\d+)\s+\d+\s+R|(?P<direct>.{0,300}))", re.DOTALL
)
# Jumping to a page on opening is what LibreOffice and Word write into every file.
_GO_TO_PAGE = re.compile(
    rb"\s*(?:\[|/|\(|<<(?:(?!/S\s*/(?!GoTo\b)).){0,300}/S\s*/GoTo\b)", re.DOTALL
)
_UPDATE_BEGINS = re.compile(rb"\A\s*\d+(?:\s|\Z)|\bobj\b|xref|trailer|<<")
_LINEARIZED = re.compile(rb"/Linearized\b[^>]*?/L\s+(\d+)", re.DOTALL)


class Refused(Exception):  # noqa: N818 - an outcome reached early, not a fault
    """This document is settled without reading further."""

    def __init__(self, outcome: NoticeOutcome, *flags: ReadingFlag) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.flags = frozenset(flags)


@dataclass(frozen=True, slots=True)
class PdfFacts:
    """What a look at the bytes found."""

    active_content: bool
    has_type3_fonts: bool


def examine(pdf: bytes) -> PdfFacts:
    """Check that `pdf` is complete and safe to open, without opening it.

    Raises:
        Refused: it is no PDF, is too large, lacks its end, or would unfold beyond the limits.
    """
    if len(pdf) > MAX_BYTES:
        raise Refused(NoticeOutcome.UNREADABLE, ReadingFlag.TOO_LARGE)
    start = pdf.find(b"%PDF-", 0, _TAIL_BYTES)
    if start < 0:
        cut_in_header = pdf != b"" and b"%PDF-".startswith(pdf)
        raise Refused(NoticeOutcome.UNREADABLE, *([ReadingFlag.TRUNCATED] if cut_in_header else []))
    if not _is_complete(pdf):
        raise Refused(NoticeOutcome.UNREADABLE, ReadingFlag.TRUNCATED)
    if len(pdf) <= _HARMLESS_BYTES and not _WORTH_UNFOLDING.search(pdf):
        return PdfFacts(active_content=False, has_type3_fonts=False)
    objects = _unfold(pdf)
    return PdfFacts(
        active_content=_ACTIVE.search(objects) is not None or _acts_on_opening(objects),
        has_type3_fonts=b"/Type3" in objects,
    )


def _is_complete(pdf: bytes) -> bool:
    """Tell whether the file has its end; half a payment document must not be trusted.

    pdfium rebuilds a file that is cut off, and then reads a notice whose last objects are
    missing. A cut inside an appended revision leaves the end marker of the revision before.
    """
    tail = pdf.rstrip(b"\0 \t\r\n\f")[-_TAIL_BYTES:]
    end = tail.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in tail[:end]:
        return False
    if _UPDATE_BEGINS.search(tail[end + len(b"%%EOF") :]):
        return False
    linearized = _LINEARIZED.search(pdf, 0, _TAIL_BYTES)
    return linearized is None or int(linearized[1]) <= len(pdf)


def _unfold(pdf: bytes) -> bytes:
    """Return everything outside streams plus the object streams, counting what the rest holds."""
    outside: list[bytes] = []
    inflated = position = streams = 0
    form_draws, page_draws = 1, 1
    while (begin := _STREAM.search(pdf, position)) and streams <= MAX_STREAMS:
        streams += 1
        dictionary = _unescape(pdf[max(position, begin.start() - 2000) : begin.start()])
        outside.append(pdf[position : begin.start()])
        end = pdf.find(b"endstream", begin.end())
        position = len(pdf) if end < 0 else end + len(b"endstream")
        own = dictionary[max(0, dictionary.rfind(b"obj")) :]
        body = _inflate(pdf[begin.end() : len(pdf) if end < 0 else end], own, inflated)
        inflated += len(body)
        draws = len(_DRAWS.findall(body))
        if b"/Form" in own:
            form_draws *= max(1, draws)
        else:
            page_draws = max(page_draws, draws)
        if b"/ObjStm" in own:
            outside.append(body)
    objects = _unescape(b"\n".join([*outside, pdf[position:]]))
    too_large = inflated >= MAX_INFLATED_BYTES or streams > MAX_STREAMS
    if too_large or form_draws * page_draws > MAX_FORM_DRAWS or _CHAINED.search(objects):
        raise Refused(NoticeOutcome.UNREADABLE, ReadingFlag.TOO_LARGE)
    return objects


def _inflate(body: bytes, dictionary: bytes, inflated_before: int) -> bytes:
    """Decompress a stream within what is left of the budget; what cannot be stays as it is."""
    left = MAX_INFLATED_BYTES - inflated_before
    if left <= 0:
        return b""
    try:
        if b"/A85" in dictionary or b"/ASCII85" in dictionary:
            body = base64.a85decode(body.strip().removesuffix(b"~>"))
        return zlib.decompressobj().decompress(body, left)
    except (ValueError, zlib.error):
        return body


def _unescape(objects: bytes) -> bytes:
    """Undo `#xx` in names: `/J#53` is `/JS` to a viewer."""
    if b"#" not in objects:
        return objects
    return _NAME_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), objects)


def _acts_on_opening(objects: bytes) -> bool:
    """Tell whether opening the document would do more than show a page."""
    action = _OPEN_ACTION.search(objects)
    if action is None:
        return False
    if action["number"] is None:
        return _GO_TO_PAGE.match(action["direct"]) is None
    target = re.search(rb"(?<!\d)" + action["number"] + rb"\s+\d+\s+obj", objects)
    return target is None or _GO_TO_PAGE.match(objects, target.end()) is None
