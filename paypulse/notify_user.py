"""Use case: bring a notification to every device of a user, and by e-mail.

Each delivery stands alone: it is done once, it fails without stopping the others, and what the
caller does again on failure is only what failed. Where a process dies between sending and
remembering, a push is sent again, and its collapse id lets it replace the first one on the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.accounts import User
    from paypulse.devices import Device
    from paypulse.notifications import Notification
    from paypulse.ports.accounts import SessionStore, UserStore
    from paypulse.ports.notifications import DeviceStore, EmailTopic, Once, PushSender


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Everything that notifying needs."""

    users: UserStore
    sessions: SessionStore
    devices: DeviceStore
    push: PushSender
    emails: EmailTopic
    once: Once


def notify(user_id: str, make: Callable[[User], Notification | None], *, using: Notifier) -> None:
    """Tell the user, as they wish to be told; an account that is gone is told nothing.

    Args:
        make: Returns what to tell this user, None for nothing.

    Raises:
        ExceptionGroup: some deliveries failed; all of them can be tried again.
    """
    user = using.users.get(user_id)
    notification = make(user) if user else None
    if user is None or notification is None:
        return
    work: list[Callable[[], None]] = []
    if user.notifications.push:
        work += [
            partial(
                using.once,
                f"{notification.key} push {device.device_id}",
                partial(_push, device, notification, using),
            )
            for device in using.devices.all_of(user_id)
        ]
    if user.notifications.email and notification.by_email:
        send = partial(using.emails.send, user_id, notification)
        work.append(partial(using.once, f"{notification.key} e-mail", send))
    attempt_all(*work)


def attempt_all(*work: Callable[[], None]) -> None:
    """Do all of it, whatever fails.

    Raises:
        ExceptionGroup: what failed.
    """
    failures = []
    for each in work:
        try:
            each()
        except Exception as error:  # noqa: BLE001 - raised below, with the others
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(work)} deliveries failed", failures)


def _push(device: Device, notification: Notification, using: Notifier) -> None:
    """Push to one device.

    One that takes no more, or whose session has ended, is forgotten, unless it was renewed just
    now: after a log-out or a new password a phone tells its holder nothing.
    """
    if device.endpoint is None:
        return
    if _is_logged_in(device, using) and using.push.send(device.endpoint, notification):
        return
    if using.devices.remove_unrenewed(device):
        using.push.close_endpoint(device.endpoint)


def _is_logged_in(device: Device, using: Notifier) -> bool:
    session = using.sessions.get(device.user_id, device.session_id)
    return session is not None and not session.ended
