"""`get_user_profile`: `Query.me`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from paypulse.aws import clients
from paypulse.aws.devices import DynamoDevices
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.users import DynamoUsers
from paypulse.clock import to_text, utc_now
from paypulse.settings import load_settings, warm_up
from resolvers import _shapes
from resolvers._app import Fields

if TYPE_CHECKING:
    from paypulse.ports.accounts import UserStore
    from paypulse.ports.invoices import RunStore
    from paypulse.ports.notifications import DeviceStore

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    users_table: str
    ingestion_runs_table: str
    devices_table: str


@cache
def _build() -> tuple[UserStore, RunStore, DeviceStore]:
    settings = load_settings(Settings)
    return (
        DynamoUsers(settings.users_table, clients.dynamodb()),
        DynamoRuns(settings.ingestion_runs_table, clients.dynamodb()),
        DynamoDevices(settings.devices_table, clients.dynamodb()),
    )


@fields.query("me")
def me() -> dict[str, Any] | None:
    """Return the caller, or null when the account is gone."""
    users, runs, devices = _build()
    user = users.get(fields.caller.user_id)
    if user is None:
        return None
    latest = runs.list_page(user.user_id, 1, None).items
    registered = devices.all_of(user.user_id) if fields.selects("devices") else []
    return {
        "id": user.user_id,
        "name": user.name,
        "email": user.email,
        "createdAt": to_text(user.created_at),
        "gmail": _shapes.gmail_connection(user),
        "lastIngestionRun": _shapes.ingestion_run(latest[0], utc_now()) if latest else None,
        "devices": [
            _shapes.device(each)
            for each in sorted(registered, key=lambda each: each.registered_at, reverse=True)
        ],
        "notificationSettings": _shapes.notification_settings(user.notifications),
        "ingestionSettings": _shapes.ingestion_settings(user),
    }


handler = fields
warm_up(_build)
