"""Use cases: registering a device for push, and letting it go again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from paypulse.accounts import require_user
from paypulse.errors import ErrorType, RequestError, UserError, UserErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from paypulse.ports.accounts import UserStore
    from paypulse.ports.clock import Clock
    from paypulse.ports.notifications import DeviceStore, PushSender

# More than anyone carries; the app's id changes when it is installed anew, so old ones gather.
MAX_DEVICES = 10

_DEVICE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Apple calls the token opaque and of variable length; it is written in hexadecimal.
_TOKEN = re.compile(r"(?:[0-9a-f]{2}){32,100}")


@dataclass(frozen=True, slots=True)
class Device:
    """A device that wants pushes; without an endpoint while it is being registered.

    Args:
        session_id: The log-in that registered it: pushes end with it.
        token: Apple's name of the app on this device, in lower-case hexadecimal.
    """

    user_id: str
    device_id: str
    token: str
    name: str | None
    registered_at: datetime
    session_id: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDesk:
    """Everything that registering needs."""

    users: UserStore
    devices: DeviceStore
    push: PushSender
    clock: Clock


def register(
    user_id: str,
    session_id: str,
    device_id: str,
    token: str,
    name: str | None,
    *,
    desk: DeviceDesk,
) -> Device:
    """Register the device, or renew it: apps do so at every start.

    Written down first, so that an erasure finds the endpoint even if the rest fails. A token is
    one app on one phone: whoever was registered with it before is no longer, since the phone now
    shows what it gets to someone else.

    Raises:
        UserError: INVALID_INPUT, one of the texts is not of its form.
        RequestError: INVALID_TOKEN, there is no such account any more.
        RequestError: DEPENDENCY_FAILURE, this deployment has no push service.
    """
    device = Device(
        user_id,
        _check_id(device_id),
        _check_token(token),
        _check_name(name),
        desk.clock(),
        session_id,
    )
    if not desk.push.is_available:
        raise RequestError(ErrorType.DEPENDENCY_FAILURE, "Push notifications are not set up here.")
    require_user(desk.users.get(user_id))
    known = desk.devices.get(user_id, device_id)
    if known and known.token != device.token:
        forget(known, devices=desk.devices, push=desk.push)
        known = None
    desk.devices.put(replace(device, endpoint=known.endpoint if known else None))
    endpoint = desk.push.open_endpoint(device.token)
    device = replace(device, endpoint=endpoint)
    desk.devices.put(device)
    for other_user, other_id in desk.devices.at_endpoint(endpoint):
        if (other_user, other_id) != (user_id, device_id):
            desk.devices.remove(other_user, other_id)
    _remove_oldest(user_id, desk)
    return device


def unregister(user_id: str, device_id: str, *, desk: DeviceDesk) -> None:
    """Let the device go; one that is not there is fine."""
    if not _DEVICE_ID.fullmatch(device_id):
        return  # no such device can be there
    device = desk.devices.get(user_id, device_id)
    if device is not None:
        forget(device, devices=desk.devices, push=desk.push)


def forget(device: Device, *, devices: DeviceStore, push: PushSender) -> None:
    """Remove a device and its endpoint; the row last, so that a failed attempt can be repeated."""
    endpoint = device.endpoint
    if endpoint is None and device.token and push.is_available:
        # What a broken attempt left, if anything; unless somebody else has it by now.
        left = push.open_endpoint(device.token)
        endpoint = None if devices.at_endpoint(left) else left
    if endpoint is not None:
        push.close_endpoint(endpoint)
    devices.remove(device.user_id, device.device_id)


@dataclass(frozen=True, slots=True)
class UserDevices:
    """Implements `UserData`: a user's devices and their endpoints."""

    devices: DeviceStore
    push: PushSender

    def erase(self, user_id: str, *, has_time: Callable[[], bool]) -> int:
        """Let every device go, until the time is up, and return how many went."""
        erased = 0
        for device in self.devices.all_of(user_id):
            if not has_time():
                break
            forget(device, devices=self.devices, push=self.push)
            erased += 1
        return erased


def _remove_oldest(user_id: str, desk: DeviceDesk) -> None:
    devices = sorted(desk.devices.all_of(user_id), key=lambda each: each.registered_at)
    for device in devices[:-MAX_DEVICES]:
        forget(device, devices=desk.devices, push=desk.push)


def _check_id(device_id: str) -> str:
    if not _DEVICE_ID.fullmatch(device_id):
        raise _invalid("deviceId", "Give 1 to 64 letters, digits, dots, hyphens or underscores.")
    return device_id


def _check_token(token: str) -> str:
    lowered = token.strip().lower()
    if not _TOKEN.fullmatch(lowered):
        raise _invalid("token", "Give the APNS token in hexadecimal, 64 to 200 digits.")
    return lowered


def _check_name(name: str | None) -> str | None:
    trimmed = (name or "").strip()
    if len(trimmed) > 60 or not trimmed.isprintable():
        raise _invalid("name", "Give a name of at most 60 characters, in one line.")
    return trimmed or None


def _invalid(field: str, message: str) -> UserError:
    return UserError(UserErrorCode.INVALID_INPUT, message, ("input", field))
