"""`gmail_store_tokens`: `Mutation.connectGmail` and `disconnectGmail`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from paypulse import mailboxes
from paypulse.aws import clients
from paypulse.aws.grant_locks import DynamoGrantLocks
from paypulse.aws.secrets import Secret, SecretGrants
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.google.endpoints import GoogleEndpoints
from paypulse.google.oauth import GoogleOAuth
from paypulse.grant_lock import GrantLock
from paypulse.mailboxes import MailboxDesk, TokenOffer
from paypulse.settings import load_settings, warm_up
from resolvers import _shapes
from resolvers._app import Fields

if TYPE_CHECKING:
    from paypulse.accounts import User

# Google's access tokens last an hour.
_DEFAULT_EXPIRES_IN_S = 3600

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    users_table: str
    gmail_grant_prefix: str
    google_client_id_secret: str
    google_base_url: str


@cache
def _build() -> MailboxDesk:
    settings = load_settings(Settings)
    base_url = settings.google_base_url
    endpoints = GoogleEndpoints.at(base_url) if base_url else GoogleEndpoints()
    locks = DynamoGrantLocks(settings.users_table, clients.dynamodb())
    return MailboxDesk(
        users=DynamoUsers(settings.users_table, clients.dynamodb()),
        lock=GrantLock(locks=locks, clock=utc_now),
        grants=SecretGrants(settings.gmail_grant_prefix, clients.secrets_manager()),
        google=GoogleOAuth(endpoints),
        client_id=Secret(settings.google_client_id_secret, clients.secrets_manager()).value,
        clock=utc_now,
    )


@fields.mutation("connectGmail")
def connect_gmail(input_: dict[str, Any]) -> dict[str, Any]:
    """Check the tokens with Google and keep them."""
    expires_in = input_.get("expiresIn")
    offer = TokenOffer(
        access_token=input_["accessToken"],
        refresh_token=input_.get("refreshToken"),
        expires_in_s=_DEFAULT_EXPIRES_IN_S if expires_in is None else expires_in,
        confirms_switch=bool(input_.get("confirmSwitch")),
    )
    mailboxes.connect(fields.caller.user_id, offer, desk=_build())
    return {"gmail": _connection()}


@fields.mutation("disconnectGmail")
def disconnect_gmail(input_: dict[str, Any]) -> dict[str, Any]:
    """Take the permission back at Google and forget it."""
    revoke = input_.get("revoke") is not False
    mailboxes.disconnect(fields.caller.user_id, revoke=revoke, desk=_build())
    return {"gmail": _connection()}


def _connection() -> dict[str, Any] | None:
    user: User | None = _build().users.get(fields.caller.user_id)
    return _shapes.gmail_connection(user) if user else None


handler = fields
warm_up(_build)
