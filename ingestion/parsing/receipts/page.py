"""A mail's body to its rows: HTML or plain text in, `Page` out, whatever comes."""

from __future__ import annotations

import re
from time import monotonic

from ingestion.parsing.receipts.rows import MAX_ROW_CHARACTERS, MAX_ROWS, Page, add_row
from ingestion.parsing.receipts.side_by_side import gaps_to_cells
from ingestion.parsing.receipts.tree_walk import Walker
from ingestion.parsing.receipts.visibility import StyleSheet
from paypulse.receipts import ReadingSignal

MAX_HTML_CHARACTERS = 2 * 1024 * 1024
# lexbor's time grows with the square of the depth; tables in tables in real mails make 60.
MAX_MARKUP_DEPTH = 1_500
TIME_LIMIT_S = 2.0
_NO_END = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dt",
        "dd",
        "option",
        "tbody",
        "thead",
        "tfoot",
        "body",
        "html",
        "head",
    ]
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})\b")


def read_html(html: str) -> Page:
    """Return the rows of a page; any text is a page."""
    from selectolax.lexbor import LexborHTMLParser

    page = Page()
    html = _bounded(html, page.signals)
    tree = LexborHTMLParser(html)
    for script in tree.css("script"):
        if "ld+json" in (script.attributes.get("type") or "").lower():
            page.scripts.append(script.text() or "")
    page.microdata = [node for node in tree.css("[itemscope]") if "itemprop" not in node.attributes]
    root = tree.body or tree.root
    if root is not None:
        walker = Walker(page, StyleSheet(tree, html.count("<")), monotonic() + TIME_LIMIT_S)
        walker.read(root)
    return page


def read_text(text: str) -> Page:
    """Return the rows of a plain-text body: tabs, bars and wide gaps part the cells."""
    page = Page()
    for line in text[:MAX_HTML_CHARACTERS].splitlines()[:MAX_ROWS]:
        stripped = re.sub(r"^[>\s]+", "", line[:MAX_ROW_CHARACTERS])
        add_row(page, gaps_to_cells(stripped), in_table=False)
    return page


def _bounded(html: str, signals: set[ReadingSignal]) -> str:
    """Cut a page where it becomes too long or too deep to be one that a person gets."""
    if len(html) > MAX_HTML_CHARACTERS:
        signals.add(ReadingSignal.TOO_LARGE)
        html = html[:MAX_HTML_CHARACTERS]
    depth = 0
    for tag in _TAG.finditer(html):
        if tag[2].lower() in _NO_END:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > MAX_MARKUP_DEPTH:
            signals.add(ReadingSignal.TOO_DEEP)
            return html[: tag.start()]
    return html
