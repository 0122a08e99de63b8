"""`manage_devices`: `Mutation.registerDevice`, `unregisterDevice`, `updateNotificationSettings`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from paypulse.attempts import Attempts
from paypulse.aws import clients
from paypulse.aws.devices import DynamoDevices
from paypulse.aws.rate_limits import DynamoAttemptCounters
from paypulse.aws.sns import SnsEmails, SnsPush
from paypulse.aws.users import DynamoUsers
from paypulse.change_notifications import SettingsDesk, change_notifications
from paypulse.clock import utc_now
from paypulse.devices import DeviceDesk, register, unregister
from paypulse.notification_settings import Language, SettingsChange
from paypulse.settings import load_settings, warm_up
from resolvers import _shapes
from resolvers._app import Fields

if TYPE_CHECKING:
    from collections.abc import Iterable

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    users_table: str
    devices_table: str
    rate_limits_table: str
    push_application: str
    invoice_topic: str


@cache
def _build() -> tuple[DeviceDesk, SettingsDesk]:
    settings = load_settings(Settings)
    dynamodb, sns = clients.dynamodb(), clients.sns()
    users = DynamoUsers(settings.users_table, dynamodb)
    devices = DeviceDesk(
        users=users,
        devices=DynamoDevices(settings.devices_table, dynamodb),
        push=SnsPush(settings.push_application, sns),
        clock=utc_now,
    )
    choices = SettingsDesk(
        users=users,
        emails=SnsEmails(settings.invoice_topic, sns),
        attempts=Attempts(DynamoAttemptCounters(settings.rate_limits_table, dynamodb), utc_now),
    )
    return devices, choices


@fields.mutation("registerDevice")
def register_device(input_: dict[str, Any]) -> dict[str, Any]:
    """Register a device of the caller's, or renew it."""
    desk, _ = _build()
    device = register(
        fields.caller.user_id,
        fields.caller.session_id,
        input_["deviceId"],
        input_["token"],
        input_.get("name"),
        desk=desk,
    )
    return {"device": _shapes.device(device)}


@fields.mutation("unregisterDevice")
def unregister_device(input_: dict[str, Any]) -> dict[str, Any]:
    """Let a device of the caller's go."""
    desk, _ = _build()
    unregister(fields.caller.user_id, input_["deviceId"], desk=desk)
    return {"deviceId": input_["deviceId"]}


@fields.mutation("updateNotificationSettings")
def update_notification_settings(input_: dict[str, Any]) -> dict[str, Any]:
    """Change what the caller is told."""
    _, desk = _build()
    language = input_.get("language")
    change = SettingsChange(
        push=input_.get("push"),
        email=input_.get("email"),
        discreet=input_.get("discreet"),
        language=Language(language) if language else None,
        reminder_days=_latest_first(input_.get("reminderDays")),
    )
    settings = change_notifications(fields.caller.user_id, change, desk=desk)
    return {"notificationSettings": _shapes.notification_settings(settings)}


def _latest_first(days: Iterable[int] | None) -> tuple[int, ...] | None:
    return None if days is None else tuple(sorted(set(days), reverse=True))


handler = fields
warm_up(_build)
