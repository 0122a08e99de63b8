"""Use case: connecting a user's Gmail, and letting it go again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from paypulse.errors import TokenRejected, UserError, UserErrorCode
from paypulse.gmail_grant import READ_SCOPE, GmailGrant

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.gmail_grant import TokenInfo
    from paypulse.grant_lock import GrantLock
    from paypulse.ports.accounts import UserStore
    from paypulse.ports.clock import Clock
    from paypulse.ports.gmail import GoogleAccounts, GrantStore


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxDesk:
    """Everything that connecting needs; `client_id` reads our Google OAuth client id."""

    users: UserStore
    grants: GrantStore
    google: GoogleAccounts
    lock: GrantLock
    client_id: Callable[[], str]
    clock: Clock


@dataclass(frozen=True, slots=True)
class TokenOffer:
    """What the app got from Google and hands to us."""

    access_token: str
    refresh_token: str | None
    expires_in_s: int
    confirms_switch: bool = False


def connect(user_id: str, offer: TokenOffer, *, desk: MailboxDesk) -> GmailGrant:
    """Check the tokens with Google and keep them; a missing refresh token keeps the stored one.

    Raises:
        UserError: Google refuses the token, it was made for another app, it does not allow
            reading mail, or it belongs to another Google account and the switch is unconfirmed.
        DependencyError: Google did not answer.
        TransientError: a worker is changing the grant right now.
    """
    info = _inspect(offer.access_token, desk)
    with desk.lock.held(user_id):
        return _keep(user_id, offer, info, desk)


def _keep(user_id: str, offer: TokenOffer, info: TokenInfo, desk: MailboxDesk) -> GmailGrant:
    stored = desk.grants.get(user_id)
    switches = stored is not None and stored.google_user_id != info.google_user_id
    if switches and not offer.confirms_switch:
        raise UserError(
            UserErrorCode.ACCOUNT_SWITCH_UNCONFIRMED,
            "Another Google account is connected. Confirm that it should be replaced.",
            ("input", "confirmSwitch"),
        )
    kept = stored.refresh_token if stored and not switches else None
    refresh_token = offer.refresh_token or kept
    if refresh_token is None:
        raise UserError(
            UserErrorCode.GMAIL_TOKEN_REJECTED,
            "The first connection needs a refresh token. Sign in with Google again.",
            ("input", "refreshToken"),
        )
    now = desk.clock()
    grant = GmailGrant(
        access_token=offer.access_token,
        refresh_token=refresh_token,
        expires_at=now + timedelta(seconds=min(offer.expires_in_s, info.expires_in_s)),
        scopes=info.scopes,
        google_user_id=info.google_user_id,
        google_email=info.email,
        connected_at=now,
    )
    desk.grants.put(user_id, grant)
    desk.users.set_connected(user_id, info.email, now=now)
    return grant


def disconnect(user_id: str, *, revoke: bool, desk: MailboxDesk) -> bool:
    """Take the grant back at Google, if asked to, and forget it; False when none was there.

    The account is marked first, so that no schedule picks it up while the rest happens; the
    secret goes last, so that a failed attempt can be repeated.

    Raises:
        DependencyError: Google did not answer; the grant is kept, try again.
        TransientError: a worker is changing the grant right now.
    """
    desk.users.set_disconnected(user_id)
    with desk.lock.held(user_id):
        grant = desk.grants.get(user_id)
        if grant is None:
            return False
        if revoke:
            desk.google.revoke(grant.refresh_token or grant.access_token)
        desk.grants.delete(user_id)
        return True


def _inspect(access_token: str, desk: MailboxDesk) -> TokenInfo:
    try:
        info = desk.google.inspect(access_token)
    except TokenRejected:
        raise _rejected("Google does not accept this token. Sign in with Google again.") from None
    if info.audience != desk.client_id():
        raise _rejected("This token was made for another app.")
    if not info.email or not info.email_verified:
        raise _rejected("Google has not verified this account's e-mail address.")
    if READ_SCOPE not in info.scopes:
        raise UserError(
            UserErrorCode.GMAIL_SCOPE_MISSING,
            "Reading mail was not allowed. Sign in with Google again and tick Gmail.",
            ("input", "accessToken"),
        )
    return info


def _rejected(message: str) -> UserError:
    return UserError(UserErrorCode.GMAIL_TOKEN_REJECTED, message, ("input", "accessToken"))
