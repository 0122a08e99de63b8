"""Devices for push, and what the user wants to be told."""

from __future__ import annotations

import strawberry

from resolvers.schema.enums import Language
from resolvers.schema.fields import described
from resolvers.schema.scalars import AWSDateTime
from resolvers.schema.shared import UserError

_REMINDER_DAYS = (
    "How many days before a rent notice is due to remind of it, 0 to 14, at most five; 0 is the"
    " due day itself."
)


@strawberry.type(description="A device that gets pushes.")
class Device:
    id: strawberry.ID = described("As the app named it.")
    name: str | None = described("What the user calls it.")
    registered_at: AWSDateTime = described("When it was registered or renewed.")


@strawberry.type(description="What the user wants to be told, and how.")
class NotificationSettings:
    push: bool = described("Push to the registered devices.")
    email: bool = described(
        "E-mail to the account's address. A first mail asks to confirm it; until then, and after"
        " its unsubscribe link was used, none comes. Set it again to begin anew."
    )
    discreet: bool = described("Neither amounts nor names in pushes and e-mails.")
    language: Language = described("Of pushes and e-mails.")
    reminder_days: list[int] = described(_REMINDER_DAYS)


@strawberry.input(description="A device to register or to renew.")
class RegisterDeviceInput:
    device_id: strawberry.ID = described(
        "The app's own name for the device, the same at every start: 1 to 64 letters, digits,"
        " dots, hyphens or underscores."
    )
    token: str = described("The APNS token in hexadecimal.")
    name: str | None = described("What the user calls the device; at most 60 characters.")


@strawberry.type(description="A registered device, or what stood in its way.")
class RegisterDevicePayload:
    device: Device | None = described("The device.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.input(description="A device to let go.")
class UnregisterDeviceInput:
    device_id: strawberry.ID = described("As it was registered; one that is not there is fine.")


@strawberry.type(description="A device that gets no more pushes.")
class UnregisterDevicePayload:
    device_id: strawberry.ID | None = described("Which one.")
    user_errors: list[UserError] = described("What to put right.")


@strawberry.input(description="What should become different; what is left out stays.")
class UpdateNotificationSettingsInput:
    push: bool | None = described("Push to the registered devices.")
    email: bool | None = described("E-mail to the account's address.")
    discreet: bool | None = described("Neither amounts nor names in pushes and e-mails.")
    language: Language | None = described("Of pushes and e-mails.")
    reminder_days: list[int] | None = described(_REMINDER_DAYS)


@strawberry.type(description="The settings as they are now, or what stood in their way.")
class UpdateNotificationSettingsPayload:
    notification_settings: NotificationSettings | None = described("The settings.")
    user_errors: list[UserError] = described("What to put right.")
