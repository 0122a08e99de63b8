"""`/connect`: a page on which someone connects their Gmail, as the app does on an iPhone.

It logs in through the API, sends the browser to Google, and hands over what comes back. Only the
browser that began a sign-in can end it: its state is in a cookie too.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from gql.transport.exceptions import TransportError, TransportQueryError
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from devstack.connect_gmail import Attempt, SignIn
from devstack.journey import Endpoints, Person
from paypulse.errors import PayPulseError

if TYPE_CHECKING:
    from starlette.requests import Request

PATH = "/connect"
CALLBACK = f"{PATH}/callback"
_COOKIE = "paypulse_connect"
_LIFETIME_S = 600
_MOST_ATTEMPTS = 20
_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui; max-width: 32rem; margin: 3rem auto; padding: 1rem }
label { display: block; margin: .75rem 0 }
input:not([type=checkbox]) { display: block; width: 100%; font: inherit; padding: .4rem;
  box-sizing: border-box }
button { font: inherit; padding: .4rem 1rem }
.fault { border-left: 4px solid #d70015; padding-left: .75rem }
"""


@dataclass(frozen=True, slots=True)
class _Begun:
    attempt: Attempt
    person: Person
    confirms_switch: bool
    expires_at: float  # by time.monotonic()


@dataclass(slots=True)
class ConnectPage:
    """The page's routes.

    Args:
        base_url: The one address at which the page answers, and to which Google sends back.
        sign_in: With Google, or with its emulator.
        endpoints: Of the API.
        demo: E-mail and password that the form holds already.
    """

    base_url: str
    sign_in: SignIn
    endpoints: Endpoints
    demo: tuple[str, str] | None = None
    _begun: dict[str, _Begun] = field(default_factory=dict)

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route(PATH, self._form),
            Route(PATH, self._begin, methods=["POST"]),
            Route(CALLBACK, self._end),
        ]

    async def _form(self, request: Request) -> Response:
        # The cookie belongs to one name of this machine, and no other site's name may stand for it.
        if not self._is_here(request):
            return RedirectResponse(f"{self.base_url}{PATH}", 302)
        return self._render(self._fields())

    async def _begin(self, request: Request) -> Response:
        origin = request.headers.get("origin", self.base_url)
        if not self._is_here(request) or origin != self.base_url:
            return self._fault("This form was sent from another page.", 403)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        person = Person(self.endpoints)
        email = form.get("email", "").strip()
        try:
            await person.sign_up_or_log_in(email.partition("@")[0], email, form.get("password", ""))
        except (PayPulseError, TransportError) as error:
            return self._fault(f"No account was opened: {_said(error)}", 400)
        begun = _Begun(
            Attempt(), person, "switch" in form, expires_at=time.monotonic() + _LIFETIME_S
        )
        self._remember(begun)
        reply = RedirectResponse(self.sign_in.address(begun.attempt), 303)
        reply.set_cookie(
            _COOKIE, begun.attempt.state, _LIFETIME_S, path=PATH, httponly=True, samesite="lax"
        )
        return reply

    async def _end(self, request: Request) -> Response:
        state, cookie = request.query_params.get("state", ""), request.cookies.get(_COOKIE, "")
        mine = self._is_here(request) and secrets.compare_digest(state.encode(), cookie.encode())
        begun = self._begun.pop(state, None) if mine else None
        if begun is None or begun.expires_at < time.monotonic():
            return self._fault("This sign-in was not begun in this browser, or took too long.", 400)
        if "code" not in request.query_params:
            reason = request.query_params.get("error", "no code")
            return self._fault(f"Google says {reason}: nothing was connected.", 400)
        try:
            tokens = await self.sign_in.exchange(begun.attempt, request.query_params["code"])
            mailbox = await begun.person.hand_over(tokens, confirms_switch=begun.confirms_switch)
        except (PayPulseError, TransportError) as error:
            return self._fault(_said(error), 400)
        return self._render(
            f"<p><b>{escape(mailbox)}</b> is connected to {escape(begun.person.email)}.</p>"
            f'<p>Next: <a href="/">open GraphiQL</a>, log in with that account, run'
            " IngestInvoices.</p>"
        )

    def _is_here(self, request: Request) -> bool:
        return str(request.base_url) == f"{self.base_url}/"

    def _remember(self, begun: _Begun) -> None:
        while len(self._begun) >= _MOST_ATTEMPTS:
            del self._begun[next(iter(self._begun))]
        self._begun[begun.attempt.state] = begun

    def _fields(self) -> str:
        email, password = self.demo or ("", "")
        return (
            '<form method="post">'
            "<p>Your PayPulse account on this machine; a new one is opened if there is none.</p>"
            '<label>E-mail <input name="email" type="email" autocomplete="username" required'
            f' value="{escape(email)}"></label>'
            '<label>Password <input name="password" type="password" required'
            f' autocomplete="current-password" value="{escape(password)}"></label>'
            '<label><input name="switch" type="checkbox"> Replace another Gmail account that is'
            " connected</label><button>Sign in with Google</button></form>"
        )

    def _fault(self, message: str, status: int) -> Response:
        return self._render(
            f'<p class="fault" role="alert">{escape(message)}</p>'
            f'<p><a href="{PATH}">Start again</a></p>',
            status,
        )

    def _render(self, content: str, status: int = 200) -> Response:
        google = urlsplit(self.sign_in.endpoints.authorize_uri)
        where = "Google" if google.scheme == "https" else "the emulator, which grants at once"
        origin = f"{google.scheme}://{google.netloc}"
        headers = {
            "cache-control": "no-store",
            # The callback's address holds a code. Not "no-referrer": then browsers send the form
            # with the origin "null".
            "referrer-policy": "same-origin",
            # A form's target may redirect: to Google, and from the emulator back here.
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline';"
            f" form-action 'self' {origin}; base-uri 'none'; frame-ancestors 'none'",
        }
        return HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>PayPulse · Gmail</title><style>{_STYLE}</style><h1>Connect Gmail</h1>"
            f"<p>You sign in with {where}. PayPulse asks to read mail, nothing else.</p>{content}",
            status,
            headers,
        )


def _said(error: Exception) -> str:
    """Return what an error says to people."""
    if isinstance(error, TransportQueryError) and error.errors:
        return " ".join(str(each.get("message", each)) for each in error.errors)
    return str(error)
