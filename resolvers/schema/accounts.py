"""Accounts, sessions and the connected mailbox."""

from __future__ import annotations

import strawberry

from resolvers.schema.devices import Device, NotificationSettings
from resolvers.schema.directives import BEFORE_LOG_IN
from resolvers.schema.enums import GmailStatus
from resolvers.schema.fields import described
from resolvers.schema.ingestion import IngestionRun
from resolvers.schema.scalars import AWSDateTime, AWSEmail
from resolvers.schema.shared import UserError


@strawberry.type(description="A log-in.", directives=BEFORE_LOG_IN)
class Session:
    access_token: str = described("Send it bare as `Authorization`, without `Bearer`.")
    token_type: str = described("Always `Bearer`: whoever holds the token is the user.")
    expires_at: AWSDateTime = described("When the access token stops working.")
    refresh_token: str = described("Swap it once for a new session with `refreshSession`.")
    user_id: strawberry.ID = described("Whose session it is.")
    name: str = described("The user's name, for a greeting.")


@strawberry.type(description="A session, or what stood in its way.", directives=BEFORE_LOG_IN)
class SessionPayload:
    session: Session | None = described("The session, when all went well.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.input(description="A new account.")
class SignUpInput:
    name: str = described("What to call the user; 1 to 100 characters.")
    email: str = described("The address to log in with.")
    password: str = described("At least 10 characters, at most 72 bytes.")


@strawberry.input(description="Who wants to log in.")
class LogInInput:
    email: str = described("The account's address; upper and lower case are the same.")
    password: str = described("The account's password.")


@strawberry.input(description="A session to renew.")
class RefreshSessionInput:
    refresh_token: str = described("The last one received. An older one ends the session.")


@strawberry.input(description="What to end.")
class LogOutInput:
    all_sessions: bool | None = described("Every session of the user, not only this one.")


@strawberry.type(description="The end of a session.")
class LogOutPayload:
    ended_sessions: int | None = described("How many sessions ended.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.input(description="A new password.")
class ChangePasswordInput:
    current_password: str = described("The password so far.")
    new_password: str = described("At least 10 characters, at most 72 bytes.")


@strawberry.type(description="A changed password, or what stood in its way.")
class ChangePasswordPayload:
    ended_sessions: int | None = described("How many other sessions ended; this one goes on.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.input(description="An account to erase, with everything that belongs to it.")
class DeleteUserInput:
    password: str = described("The account's password, once more.")


@strawberry.type(description="An erasure that has begun, or what stood in its way.")
class DeleteUserPayload:
    receipt_id: strawberry.ID | None = described("Quote it when you ask about the erasure.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.type(description="The connection to a mailbox.")
class GmailConnection:
    status: GmailStatus = described("Where the user stands with Gmail.")
    email: AWSEmail | None = described("The connected address.")
    connected_at: AWSDateTime | None = described("Since when.")


@strawberry.type(description="What is looked for in the mailbox.")
class IngestionSettings:
    discover_receipts: bool = described(
        "Whether receipts of senders that no vendor configuration knows are looked for. Mails are"
        " judged inside PayPulse; what reads like no receipt is not kept."
    )


@strawberry.type(description="The caller.")
class User:
    id: strawberry.ID = described("Stable for the life of the account.")
    name: str = described("What to call the user.")
    email: AWSEmail = described("The address to log in with.")
    created_at: AWSDateTime = described("When the account was opened.")
    gmail: GmailConnection = described("The connected mailbox.")
    last_ingestion_run: IngestionRun | None = described("The latest run, whatever its state.")
    devices: list[Device] = described("The devices that get pushes, latest registered first.")
    notification_settings: NotificationSettings = described("What the user wants to be told.")
    ingestion_settings: IngestionSettings = described("What is looked for in the mailbox.")


@strawberry.input(description="What the app got from Google.")
class ConnectGmailInput:
    access_token: str = described("Google's access token, with the scope gmail.readonly.")
    refresh_token: str | None = described(
        "Google's refresh token; when left out, the stored one stays."
    )
    expires_in: int | None = described("For how many seconds the access token is good.")
    scopes: list[str] | None = described("What the app asked for; what Google granted decides.")
    confirm_switch: bool | None = described("Replace another Google account.")


@strawberry.type(description="A connected mailbox, or what stood in its way.")
class ConnectGmailPayload:
    gmail: GmailConnection | None = described("The connection.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.input(description="How to let go of the mailbox.")
class DisconnectGmailInput:
    revoke: bool | None = described(
        "Take the permission back at Google too; yes unless told otherwise."
    )


@strawberry.type(description="The mailbox that was let go.")
class DisconnectGmailPayload:
    gmail: GmailConnection | None = described("The connection as it is now.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.input(description="What to look for in the mailbox.")
class UpdateIngestionSettingsInput:
    discover_receipts: bool = described("Whether to look for receipts of unknown senders too.")


@strawberry.type(description="The settings as they are now.")
class UpdateIngestionSettingsPayload:
    ingestion_settings: IngestionSettings | None = described("The settings.")
    user_errors: list[UserError] = described("What to put right.")
