"""Use case: change what a user is told, and keep the e-mail subscription in step with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from paypulse.accounts import require_user
from paypulse.attempts import EMAIL_SUBSCRIPTIONS
from paypulse.errors import UserError, UserErrorCode
from paypulse.notification_settings import MAX_REMINDER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paypulse.accounts import User
    from paypulse.attempts import Attempts
    from paypulse.notification_settings import NotificationSettings, SettingsChange
    from paypulse.ports.accounts import UserStore
    from paypulse.ports.notifications import EmailTopic

_MOST_REMINDERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsDesk:
    """Everything that changing settings needs."""

    users: UserStore
    emails: EmailTopic
    attempts: Attempts


def change_notifications(
    user_id: str, change: SettingsChange, *, desk: SettingsDesk
) -> NotificationSettings:
    """Change the settings.

    Asking again repairs: a subscription that the user ended with a mail's own link, or one that
    an earlier attempt did not finish.

    Raises:
        UserError: INVALID_INPUT, reminder days outside 0 to 14 or more than five.
        RequestError: INVALID_TOKEN, there is no such account any more.
        TooManyAttempts: e-mail was switched on too often; each time may send a confirmation.
    """
    _check_days(change.reminder_days)
    user = require_user(desk.users.get(user_id))
    if change.email:
        desk.attempts.admit(EMAIL_SUBSCRIPTIONS, user_id)
        _subscribe(user, desk)
    changed = require_user(desk.users.change_notifications(user_id, change))
    if change.email is False:
        end_subscription(changed, users=desk.users, emails=desk.emails)
    return changed.notifications


def end_subscription(user: User, *, users: UserStore, emails: EmailTopic) -> bool:
    """End the user's e-mail subscription; False when there was none."""
    if user.email_subscription is None:
        return False
    subscription = user.email_subscription or emails.find(user.email)
    if subscription:
        emails.unsubscribe(subscription)
    users.set_email_subscription(user.user_id, None)
    return True


@dataclass(frozen=True, slots=True)
class UserSubscription:
    """Implements `UserData`: a user's e-mail subscription."""

    users: UserStore
    emails: EmailTopic

    def erase(self, user_id: str, *, has_time: Callable[[], bool]) -> int:
        """End the subscription, and return whether there was one."""
        user = self.users.get(user_id, erasing_too=True)
        if user is None or not has_time():
            return 0
        return int(end_subscription(user, users=self.users, emails=self.emails))


def _subscribe(user: User, desk: SettingsDesk) -> None:
    """Subscribe; noted before, so that an erasure looks for it whatever happens in between."""
    if user.email_subscription is None:
        desk.users.set_email_subscription(user.user_id, "")
    subscription = desk.emails.subscribe(user.user_id, user.email)
    desk.users.set_email_subscription(user.user_id, subscription)


def _check_days(days: Sequence[int] | None) -> None:
    if days is None:
        return
    if len(set(days)) > _MOST_REMINDERS or not all(0 <= day <= MAX_REMINDER_DAY for day in days):
        raise UserError(
            UserErrorCode.INVALID_INPUT,
            f"Choose at most {_MOST_REMINDERS} days, each 0 to {MAX_REMINDER_DAY} days before the"
            " due date.",
            ("input", "reminderDays"),
        )
