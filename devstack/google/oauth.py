"""Google's OAuth endpoints: authorize, token, tokeninfo, userinfo, revoke.

`POST /_control/grants` hands out what the sign-in on an iPhone would.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import RedirectResponse
from starlette.routing import Route

from devstack.google.authorization import AuthorizationCodes, back, problem_of
from devstack.google.replies import Reply, oauth_error
from devstack.google.tokens import DEFAULT_SCOPES, EMAIL_SCOPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from devstack.google.accounts import GoogleAccount
    from devstack.google.faults import Traffic
    from devstack.google.tokens import Token, TokenOffice
    from paypulse.ports.clock import Clock

    type Accounts = Mapping[str, GoogleAccount]
    type Form = Mapping[str, str]


class OAuthEndpoints:
    """Answers as oauth2.googleapis.com and openidconnect.googleapis.com do."""

    def __init__(
        self,
        accounts: Accounts,
        tokens: TokenOffice,
        traffic: Traffic,
        clock: Clock,
        client_secret: str,
    ) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._traffic = traffic
        self._clock = clock
        self._client_secret = client_secret
        self._codes = AuthorizationCodes(clock)

    def routes(self) -> list[Route]:
        """Return the routes, under the paths that the endpoints have at Google."""
        both = ["GET", "POST"]
        return [
            Route("/o/oauth2/v2/auth", self._authorize),
            Route("/token", self._endpoint("token", self._token), methods=["POST"]),
            Route("/tokeninfo", self._endpoint("tokeninfo", self._tokeninfo), methods=both),
            Route("/revoke", self._endpoint("revoke", self._revoke), methods=["POST"]),
            *(
                Route(path, self._endpoint("userinfo", self._userinfo), methods=both)
                for path in ("/userinfo", "/v1/userinfo", "/oauth2/v3/userinfo")
            ),
            *(
                Route(path, self._endpoint("userinfo", self._userinfo_v1), methods=both)
                for path in ("/oauth2/v1/userinfo", "/oauth2/v2/userinfo")
            ),
        ]

    def grant(self, account: GoogleAccount, scopes: str, lifetime_s: float | None) -> Reply:
        """Return the tokens of a new consent."""
        consent = self._tokens.consent(account, scopes.split() or DEFAULT_SCOPES)
        tokens = self._token_reply(consent, lifetime_s)
        refresh_token = self._tokens.refresh_token(consent)
        return Reply(200, {**(tokens.body or {}), "refresh_token": refresh_token})

    def _endpoint(
        self, method: str, answer: Callable[[Form, str], Reply]
    ) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            fault = self._traffic.note(method)
            if fault is not None:
                await asyncio.sleep(fault.delay_s)
            form = parse_qsl((await request.body()).decode("utf-8", "replace"))
            fields = {**request.query_params, **dict(form)}
            bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
            reply = fault.reply() if fault else None
            return (reply or answer(fields, bearer)).response()

        return handle

    async def _authorize(self, request: Request) -> Response:
        """Grant what is asked for, as whoever `login_hint` names or the first account."""
        asked = dict(request.query_params)
        problem = problem_of(asked)
        if problem:
            return oauth_error(problem, "Access blocked.").response()
        fault = self._traffic.note("authorize")
        if fault is not None:
            return RedirectResponse(back(asked, error=fault.reason or "access_denied"), 302)
        first = next(iter(self._accounts.values()))
        account = self._accounts.get(asked.get("login_hint", ""), first)
        if asked.get("client_id") != account.client_id:
            return oauth_error("invalid_client", "The OAuth client was not found.", 401).response()
        return RedirectResponse(self._codes.grant(account, asked), 302)

    def _token(self, form: Form, _bearer: str) -> Reply:
        kind = form.get("grant_type")
        if kind not in {"refresh_token", "authorization_code"}:
            return oauth_error("unsupported_grant_type", f"Invalid grant_type: {kind}")
        if form.get("client_id") not in {a.client_id for a in self._accounts.values()}:
            return oauth_error("invalid_client", "The OAuth client was not found.", 401)
        if self._client_secret and form.get("client_secret") != self._client_secret:
            return oauth_error("invalid_client", "The provided client secret is invalid.", 401)
        return self._refreshed(form) if kind == "refresh_token" else self._exchanged(form)

    def _exchanged(self, form: Form) -> Reply:
        consent = self._codes.redeem(
            form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier", "")
        )
        if consent is None or form.get("client_id") != consent.account.client_id:
            return oauth_error("invalid_grant", "Malformed auth code.")
        reply = self.grant(consent.account, consent.scopes, None)
        if consent.offline:
            return reply
        return Reply(200, {k: v for k, v in (reply.body or {}).items() if k != "refresh_token"})

    def _refreshed(self, form: Form) -> Reply:
        token = self._tokens.read_refresh(form.get("refresh_token", ""))
        if token is None or self._owner(token) is None:
            return oauth_error("invalid_grant", "Token has been expired or revoked.")
        if form.get("client_id") != token.client_id:
            return oauth_error("unauthorized_client", "Unauthorized", 401)
        if not set(form.get("scope", "").split()) <= set(token.scopes):
            return oauth_error("invalid_scope", "Some requested scopes were invalid.")
        return self._token_reply(token, None)

    def _token_reply(self, token: Token, lifetime_s: float | None) -> Reply:
        lifetime_s = self._tokens.lifetime_s if lifetime_s is None else lifetime_s
        return Reply(
            200,
            {
                "access_token": self._tokens.access_token(token, lifetime_s),
                "expires_in": int(lifetime_s),
                "scope": " ".join(token.scopes),
                "token_type": "Bearer",
            },
        )

    def _tokeninfo(self, fields: Form, bearer: str) -> Reply:
        token = self._tokens.read_access(fields.get("access_token") or bearer)
        owner = self._owner(token) if token else None
        if token is None or owner is None:
            return oauth_error("invalid_token", "Invalid Value")
        # Numbers and truth are text here, as at Google.
        facts = {
            "azp": token.client_id,
            "aud": token.client_id,
            "scope": " ".join(token.scopes),
            "exp": str(int(token.expires_at)),
            "expires_in": str(int(self._tokens.left_s(token, self._clock()))),
            "access_type": "offline",
        }
        if "openid" in token.scopes or EMAIL_SCOPES & set(token.scopes):
            facts["sub"] = owner.google_user_id
        if EMAIL_SCOPES & set(token.scopes):
            facts |= {"email": owner.email, "email_verified": "true"}
        return Reply(200, facts)

    def _userinfo(self, _fields: Form, bearer: str) -> Reply:
        return self._profile(bearer, {"id": "sub", "verified": "email_verified"})

    def _userinfo_v1(self, _fields: Form, bearer: str) -> Reply:
        return self._profile(bearer, {"id": "id", "verified": "verified_email"})

    def _profile(self, bearer: str, names: Mapping[str, str]) -> Reply:
        token = self._tokens.read_access(bearer)
        owner = self._owner(token) if token else None
        if token is None or owner is None:
            return oauth_error("invalid_request", "Invalid Credentials", 401)
        facts: dict[str, Any] = {names["id"]: owner.google_user_id}
        if EMAIL_SCOPES & set(token.scopes):
            facts |= {"email": owner.email, names["verified"]: True}
        return Reply(200, facts)

    def _revoke(self, fields: Form, _bearer: str) -> Reply:
        if self._tokens.revoke(fields.get("token", "")):
            return Reply(200, {})
        return oauth_error("invalid_token", "Token expired or revoked")

    def _owner(self, token: Token) -> GoogleAccount | None:
        return next(
            (a for a in self._accounts.values() if a.google_user_id == token.google_user_id), None
        )
