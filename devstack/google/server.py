"""The Google emulator as a web application.

One process plays accounts.google.com, oauth2.googleapis.com, openidconnect.googleapis.com and
gmail.googleapis.com; `GoogleEndpoints.at(url)` points PayPulse at it. Each API is a class that
answers, with a list of routes; another (Gemini's) joins by its routes in `create_app`.

Steering, for tests and the demo, under `/_control`:

    POST   faults                        {"method": "messages.get", "status": 429, "times": 3, ...}
    GET    requests                      calls and quota units per method; DELETE starts anew
    POST   accounts                      {"email": ...}; a new one with an empty mailbox
    POST   grants                        {"email": ..., "scopes"?: "a b", "expires_in"?: 3600}
    POST   tokens/expire                 ends all access tokens
    POST   mailboxes/{email}/messages    the body is a raw mail; ?dated=true keeps its Date
    DELETE mailboxes/{email}/messages/{id}
    DELETE mailboxes/{email}/history     from now on, older history ids are answered with 404
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from devstack.google.accounts import GoogleAccount
from devstack.google.batch import MAX_PARTS, parse_batch, render_batch
from devstack.google.faults import Fault, Traffic
from devstack.google.gemini import Gemini
from devstack.google.gmail import Call, Gmail
from devstack.google.oauth import OAuthEndpoints
from devstack.google.replies import api_error
from devstack.google.tokens import TokenOffice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from paypulse.ports.clock import Clock

_TOKEN_LIFETIME_S = 3599.0  # Google's
_FIRST_NEW_USER_ID = 200_000_000_000_000_000_000


def create_app(
    accounts: Sequence[GoogleAccount],
    *,
    clock: Clock | None = None,
    token_lifetime_s: float = _TOKEN_LIFETIME_S,
    client_secret: str = "",
) -> Starlette:
    """Return the emulator.

    Args:
        accounts: Who has a mailbox here; addresses and Google user ids are each different.
        clock: The time; the machine's when there is none.
        token_lifetime_s: How long access tokens last.
        client_secret: What the token endpoint asks for; a public client has none.
    """
    clock = clock or _machine_clock
    by_email = {account.email: account for account in accounts}
    traffic = Traffic()
    tokens = TokenOffice(clock, token_lifetime_s)
    oauth = OAuthEndpoints(by_email, tokens, traffic, clock, client_secret)
    gmail = _GmailRoutes(Gmail(by_email, tokens, traffic, clock), traffic)
    control = _Control(by_email, tokens, traffic, oauth, clock)
    return Starlette(
        routes=[
            *oauth.routes(),
            *gmail.routes(),
            *Gemini(traffic).routes(),
            Mount("/_control", routes=control.routes()),
        ]
    )


def _machine_clock() -> datetime:
    return datetime.fromtimestamp(time(), UTC)


class _GmailRoutes:
    """Gmail over HTTP: single calls and batches."""

    def __init__(self, gmail: Gmail, traffic: Traffic) -> None:
        self._gmail = gmail
        self._traffic = traffic

    def routes(self) -> list[Route]:
        return [
            Route("/gmail/v1/{path:path}", self._call, methods=["GET", "POST"]),
            Route("/batch/gmail/v1", self._batch, methods=["POST"]),
            Route("/batch", self._batch, methods=["POST"]),
        ]

    async def _call(self, request: Request) -> Response:
        target = f"{request.scope['raw_path'].decode()}?{request.url.query}"
        call = Call.parse(request.method, target, request.headers.get("authorization", ""))
        reply, delay_s = self._gmail.answer(call)
        await asyncio.sleep(delay_s)
        return reply.response()

    async def _batch(self, request: Request) -> Response:
        fault = self._traffic.note("batch")
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
            if reply := fault.reply():
                return reply.response()
        try:
            parts = parse_batch(
                request.headers.get("content-type", ""),
                await request.body(),
                request.headers.get("authorization", ""),
            )
        except ValueError:
            return api_error(400, message="Failed to parse batch request.").response()
        if len(parts) > MAX_PARTS:
            return api_error(400, message=f"The batch has more than {MAX_PARTS} calls.").response()
        answers = []
        for part in parts:
            call = Call.parse(part.method, part.target, part.authorization)
            reply, delay_s = self._gmail.answer(call)
            await asyncio.sleep(delay_s)
            answers.append((part, reply))
        content_type, body = render_batch(answers)
        return Response(body, headers={"content-type": content_type})


class _Control:
    """What only the emulator has."""

    def __init__(
        self,
        accounts: dict[str, GoogleAccount],
        tokens: TokenOffice,
        traffic: Traffic,
        oauth: OAuthEndpoints,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._traffic = traffic
        self._oauth = oauth
        self._clock = clock

    def routes(self) -> list[Route]:
        return [
            Route("/faults", self._add_fault, methods=["POST"]),
            Route("/requests", self._requests, methods=["GET", "DELETE"]),
            Route("/accounts", self._add_account, methods=["POST"]),
            Route("/grants", self._grant, methods=["POST"]),
            Route("/tokens/expire", self._end_tokens, methods=["POST"]),
            Route("/mailboxes/{email}/messages", self._deliver, methods=["POST"]),
            Route("/mailboxes/{email}/messages/{id}", self._delete, methods=["DELETE"]),
            Route("/mailboxes/{email}/history", self._forget, methods=["DELETE"]),
        ]

    async def _add_fault(self, request: Request) -> Response:
        try:
            self._traffic.expect(Fault.from_json(await request.json()))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204)

    async def _requests(self, request: Request) -> Response:
        report = self._traffic.report()
        if request.method == "DELETE":
            self._traffic.clear()
        return JSONResponse(report)

    async def _add_account(self, request: Request) -> Response:
        email = (await request.json())["email"]
        if email in self._accounts:
            return api_error(409, message=f"{email} has an account already.").response()
        # All accounts let the same app in: ours.
        client_id = next(iter(self._accounts.values())).client_id
        google_user_id = str(_FIRST_NEW_USER_ID + len(self._accounts))
        self._accounts[email] = GoogleAccount(email, google_user_id, client_id)
        return JSONResponse({"email": email, "googleUserId": google_user_id}, 201)

    async def _grant(self, request: Request) -> Response:
        wanted = await request.json()
        account = self._accounts.get(wanted.get("email", ""))
        if account is None:
            return api_error(404).response()
        reply = self._oauth.grant(account, wanted.get("scopes", ""), wanted.get("expires_in"))
        return reply.response()

    async def _end_tokens(self, _request: Request) -> Response:
        self._tokens.end_access_tokens()
        return Response(status_code=204)

    async def _deliver(self, request: Request) -> Response:
        account = self._accounts.get(request.path_params["email"])
        if account is None:
            return api_error(404).response()
        dated = request.query_params.get("dated") == "true"
        message = account.deliver(await request.body(), self._clock(), dated=dated)
        return JSONResponse({"id": message.id, "historyId": str(message.history_id)}, 201)

    async def _delete(self, request: Request) -> Response:
        account = self._accounts.get(request.path_params["email"])
        deleted = account is not None and account.delete(request.path_params["id"])
        return Response(status_code=204) if deleted else api_error(404).response()

    async def _forget(self, request: Request) -> Response:
        account = self._accounts.get(request.path_params["email"])
        if account is None:
            return api_error(404).response()
        account.forget_history()
        return Response(status_code=204)
