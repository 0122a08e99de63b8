"""A receipt's mail as a page in the bucket: one file that is read again, and safe to open.

The mail's HTML stays as it came, so that a better reader finds all of it. In front stands a policy
that keeps a browser from running or loading anything; behind it, inert, the text alternative:

    <!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" …>
    … the mail's HTML, or its text in <pre> …
    <script type="text/plain" id="paypulse-text">… the mail's text …</script>
"""

from __future__ import annotations

import html
import re

_HEAD = (
    '<!doctype html><meta charset="utf-8">'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
    " style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'\">"
    '<meta name="viewport" content="width=device-width">\n'
)
_TEXT_ONLY = '<pre id="paypulse-text-only" style="white-space: pre-wrap">'
_TEXT = '\n<script type="text/plain" id="paypulse-text">'
_END = "</script>\n"


def write_page(html_body: str, text_body: str) -> bytes:
    """Return the page of a mail's two bodies; either may be empty."""
    shown = html_body or f"{_TEXT_ONLY}{html.escape(text_body)}</pre>"
    # Escaped, so that a mail cannot end the part that holds its text.
    return f"{_HEAD}{shown}{_TEXT}{html.escape(text_body)}{_END}".encode("utf-8", "replace")


def read_page(content: bytes) -> tuple[str, str]:
    """Return (HTML, text) as given to `write_page`; a page put there by hand is all HTML."""
    page = content.decode("utf-8", "replace")
    if not page.startswith(_HEAD) or not page.endswith(_END):
        return page, ""
    shown, _, text = page.removeprefix(_HEAD).removesuffix(_END).rpartition(_TEXT)
    text_only = re.match(re.escape(_TEXT_ONLY), shown)
    return ("" if text_only else shown), html.unescape(text)
