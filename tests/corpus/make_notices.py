"""Notices as other producers would write them, and files that are no notices.

`Page` is a list of placed pieces of text, so that one layout can be written in any order, by words
or glyphs, rotated or shifted; `write` makes it a PDF.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from devstack.sample_notices import SAMPLE_ROWS, format_kronor, make_giro_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

OCR = "1297112086"
GIRO = make_giro_line(OCR, 886500, "555-1234")


@dataclass(frozen=True)
class Piece:
    """A piece of text with its baseline's start in points from the top left corner."""

    x: float
    y: float
    text: str
    size: float = 10
    font: str = "Helvetica"


@dataclass
class Page:
    """The pieces of one page."""

    pieces: list[Piece] = field(default_factory=list)

    def put(self, x: float, y: float, text: str, size: float = 10, font: str = "Helvetica") -> Page:
        self.pieces.append(Piece(x, y, text, size, font))
        return self

    def right(self, x: float, y: float, text: str, size: float = 10) -> Page:
        return self.put(x - stringWidth(text, "Helvetica", size), y, text, size)


def classic_page(
    rows: Sequence[tuple[str, str]] | None = None,
    *,
    total: str = "8 865",
    due: str = "Förfallodatum: 2025-03-31",
    title: str = "Hyresavi",
    giro: str | None = GIRO,
    total_label: str = "Totalt att betala:",
    extra: Iterable[Piece] = (),
) -> Page:
    """Return the first layout of the samples: a table on the left, a summary beside it."""
    page = Page()
    page.put(60, 70, "Wallenstam", 18).put(370, 70, title, 15).put(370, 88, "Avser april 2025")
    page.put(60, 130, "Ronja Tallbacka").put(60, 144, "Ljungvägen 9")
    for line, (label, amount) in enumerate(rows or sample_rows()):
        page.put(60, 240 + 16 * line, label).right(310, 240 + 16 * line, amount)
    page.put(370, 240, due)
    page.put(370, 266, total_label).put(370, 284, total, 13)
    page.put(370, 310, "Moms: 148")
    page.put(340, 650, "Wallenstam AB").put(340, 666, "Bankgiro 555-1234")
    if giro:
        page.put(60, 800, giro)
    page.pieces.extend(extra)
    return page


def list_page(rows: Sequence[tuple[str, str]] | None = None, *, total: str = "8 865") -> Page:
    """Return the second layout: everything below each other, the total in the amount column."""
    page = Page()
    page.put(60, 70, "Wallenstam", 18).put(370, 70, "HYRESAVI", 15)
    listed = rows or sample_rows()
    for line, (label, amount) in enumerate(listed):
        page.put(60, 240 + 16 * line, label).right(310, 240 + 16 * line, amount)
    foot = 240 + 16 * len(listed) + 14
    page.put(60, foot, "Moms: 148")
    page.put(60, foot + 24, "Totalt att betala:", 11).right(310, foot + 24, total, 11)
    page.put(60, foot + 48, "Förfallodatum: 2025-03-31")
    page.put(340, 650, "Wallenstam AB").put(340, 666, "Bankgiro 555-1234")
    return page.put(60, 800, GIRO)


def sample_rows() -> list[tuple[str, str]]:
    return [(label, format_kronor(amount)) for label, amount in SAMPLE_ROWS]


def as_words(page: Page) -> Page:
    """Split every piece into words, each placed by itself."""
    pieces = page.pieces
    return Page([word for each in pieces for word in _split(each, each.text.split(" "), " ")])


def as_glyphs(page: Page) -> Page:
    """Split every piece into glyphs, without spaces."""
    return Page([glyph for piece in page.pieces for glyph in _split(piece, list(piece.text), "")])


def _split(piece: Piece, parts: list[str], separator: str) -> Iterable[Piece]:
    x = piece.x
    for part in parts:
        if part.strip():
            yield replace(piece, x=x, text=part)
        x += stringWidth(part + separator, piece.font, piece.size)


def shuffled(page: Page, seed: int = 1) -> Page:
    pieces = list(page.pieces)
    random.Random(seed).shuffle(pieces)  # noqa: S311 - a test's order, not a secret
    return Page(pieces)


def scaled(page: Page, factor: float) -> Page:
    return Page(
        [
            replace(piece, x=piece.x * factor, y=piece.y * factor, size=piece.size * factor)
            for piece in page.pieces
        ]
    )


def with_font(page: Page, font: str) -> Page:
    return Page([replace(piece, font=font) for piece in page.pieces])


def write(
    *pages: Page,
    size: tuple[float, float] = (595, 842),
    prepare: Callable[[Canvas], None] = lambda _: None,
    char_space: float = 0,
) -> bytes:
    """Write pages as PDF with reportlab, in the order of their pieces."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=size, invariant=1)
    for page in pages:
        prepare(canvas)
        for piece in page.pieces:
            canvas.setFont(piece.font, piece.size)
            canvas.drawString(piece.x, size[1] - piece.y, piece.text, charSpace=char_space)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def changed(pdf: bytes, change: Callable[[pikepdf.Pdf], None], **save: object) -> bytes:
    """Open a PDF with pikepdf, change it, and save it."""
    file = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        change(document)
        document.save(file, **save)
    return file.getvalue()


def encrypted(pdf: bytes, *, user: str, owner: str = "owner") -> bytes:
    return changed(pdf, lambda _: None, encryption=pikepdf.Encryption(owner=owner, user=user))


def with_open_action(pdf: bytes, kind: str) -> bytes:
    """Add an action that a viewer would run on opening."""
    actions = {
        "javascript": Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)")),
        "launch": Dictionary(S=Name.Launch, F=pikepdf.String("calc.exe")),
        "uri": Dictionary(S=Name.URI, URI=pikepdf.String("https://example.com")),
    }

    def add(document: pikepdf.Pdf) -> None:
        document.Root.OpenAction = document.make_indirect(actions[kind])

    return changed(pdf, add, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def with_page_jump(pdf: bytes) -> bytes:
    """Add the harmless opening view that office suites write."""

    def add(document: pikepdf.Pdf) -> None:
        document.Root.OpenAction = Array([document.pages[0].obj, Name.XYZ, None, None, 0])

    return changed(pdf, add)


def wrap_in_form(document: pikepdf.Pdf) -> None:
    """Draw the first page's content through a form, at four fifths of its size."""
    page = document.pages[0].obj
    form = _form(document, page.Contents.read_bytes())
    form.Resources = page.Resources
    page.Resources = Dictionary(XObject=Dictionary(Fm=document.make_indirect(form)))
    page.Contents = document.make_stream(b"q .8 0 0 .8 20 90 cm /Fm Do Q")


def forms_of_forms(levels: int = 9, fan_out: int = 10) -> bytes:
    """Return a small file that draws `fan_out ** levels` forms."""
    document = pikepdf.new()
    document.add_blank_page(page_size=(595, 842))
    form = document.make_indirect(_form(document, b"0 0 1 1 re f"))
    for _ in range(levels):
        outer = _form(document, b"/X Do " * fan_out)
        outer.Resources = Dictionary(XObject=Dictionary(X=form))
        form = document.make_indirect(outer)
    document.pages[0].Contents = document.make_stream(b"/X Do")
    document.pages[0].Resources = Dictionary(XObject=Dictionary(X=form))
    return _saved(document)


def inflating(size_bytes: int) -> bytes:
    """Return a small file whose page inflates to `size_bytes`."""
    document = pikepdf.new()
    document.add_blank_page(page_size=(595, 842))
    document.pages[0].Contents = document.make_stream(b" " * size_bytes)
    return _saved(document)


def type3_notice(page: Page) -> bytes:
    """Write a page in a bitmap font as TeX makes them: glyphs with names, no Unicode map."""
    characters = sorted({character for piece in page.pieces for character in piece.text})
    codes = {character: code for code, character in enumerate(characters, start=130)}
    document = pikepdf.new()
    document.add_blank_page(page_size=(595, 842))
    glyph = document.make_stream(b"600 0 0 0 500 700 d1 0 0 500 700 re f")
    names = {character: Name(f"/uni{ord(character):04X}") for character in characters}
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type3,
        FontBBox=[0, 0, 600, 700],
        FontMatrix=[0.001, 0, 0, 0.001, 0, 0],
        CharProcs=Dictionary({str(name): glyph for name in names.values()}),
        Encoding=Dictionary(
            Type=Name.Encoding, Differences=Array([130, *(names[each] for each in characters)])
        ),
        FirstChar=130,
        LastChar=129 + len(characters),
        Widths=[600] * len(characters),
        Resources=Dictionary(),
    )
    shown = "\n".join(
        f"BT /F {piece.size} Tf {piece.x} {842 - piece.y} Td "
        f"<{bytes(codes[each] for each in piece.text).hex()}> Tj ET"
        for piece in page.pieces
    )
    document.pages[0].Resources = Dictionary(Font=Dictionary(F=document.make_indirect(font)))
    document.pages[0].Contents = document.make_stream(shown.encode())
    return _saved(document)


def _form(document: pikepdf.Pdf, content: bytes) -> Stream:
    form = Stream(document, content)
    form.Type, form.Subtype = Name.XObject, Name.Form
    form.BBox = Array([0, 0, 595, 842])
    return form


def _saved(document: pikepdf.Pdf) -> bytes:
    file = BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()
