"""The outbox as a page, `/outbox`, and as JSON, `/outbox.json`."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from devstack.outbox.messages import Email, Outbox, Push

_HEADERS = {
    "cache-control": "no-store",
    # Text of mails stands on the page: nothing of it may run or be fetched.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_STYLE = """
:root { color-scheme: light dark; --card: #fff; --page: #f2f2f7; --line: #d1d1d6; --dim: #6c6c70 }
@media (prefers-color-scheme: dark) {
  :root { --card: #1c1c1e; --page: #000; --line: #38383a; --dim: #98989d }
}
body { font: 16px/1.4 system-ui; background: var(--page); margin: 0 auto; padding: 1rem;
  max-width: 40rem }
h1 { font-size: 1.4rem } h2 { font-size: 1rem; color: var(--dim); margin: 1.5rem 0 .5rem }
article { background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  padding: .75rem 1rem; margin: .5rem 0; overflow-wrap: anywhere }
article.replaced { opacity: .5 }
b { display: block } small { color: var(--dim) } p { margin: .2rem 0; white-space: pre-line }
"""


def routes(outbox: Outbox) -> list[BaseRoute]:
    """Return the two routes; they answer only to a name of this machine."""

    async def page(request: Request) -> Response:
        if not _is_local(request):
            return PlainTextResponse("only for this machine", 421)
        return HTMLResponse(_render(outbox), headers=_HEADERS)

    async def as_json(request: Request) -> Response:
        if not _is_local(request):
            return PlainTextResponse("only for this machine", 421)
        return JSONResponse(outbox.as_json(), headers=_HEADERS)

    return [Route("/outbox", page), Route("/outbox.json", as_json)]


def _is_local(request: Request) -> bool:
    # Another site could otherwise read it by pointing a name of its own at loopback.
    return request.url.hostname in {"127.0.0.1", "localhost"}


def _render(outbox: Outbox) -> str:
    pushes = sorted(outbox.pushes, key=lambda each: (each.endpoint, each.sent_at), reverse=True)
    devices = "".join(
        _device(list(group)) for _, group in groupby(pushes, key=lambda each: each.endpoint)
    )
    emails = "".join(_email(each) for each in reversed(outbox.emails))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta http-equiv="refresh" content="3">'
        f"<title>PayPulse outbox</title><style>{_STYLE}</style>"
        f"<h1>Outbox</h1>{devices}<h2>E-mail</h2>{emails}"
        + ("" if devices or emails else "<p>Nothing has been sent since the start.</p>")
    )


def _device(pushes: Iterable[Push]) -> str:
    cards = list(pushes)
    heading = f"<h2>Device {escape(cards[0].token[:8])}…</h2>"
    return heading + "".join(_push(each) for each in cards)


def _push(push: Push) -> str:
    state, note = ("replaced", " · replaced") if push.replaced else ("", "")
    return (
        f'<article class="{state}"><b>{escape(push.title)}</b><p>{escape(push.body)}</p>'
        f"<small>{escape(push.category)} · {escape(push.link)} · {escape(push.sent_at)}{note}"
        "</small></article>"
    )


def _email(email: Email) -> str:
    return (
        f"<article><b>{escape(email.subject)}</b><p>{escape(email.body)}</p>"
        f"<small>to {escape(email.address)} · {escape(email.sent_at)}</small></article>"
    )
