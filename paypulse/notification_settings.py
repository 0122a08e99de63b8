"""What a user wants to be told, how, and in which language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# How long before the due date a reminder may come, in days.
MAX_REMINDER_DAY = 14


class Language(StrEnum):
    """The language of pushes and e-mails."""

    SV = "SV"
    EN = "EN"


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """What a user wants; the defaults are those of a new account.

    Args:
        discreet: Neither amounts nor names, since others may see a locked screen.
        reminder_days: How many days before the due date to remind, latest first; 0 is the day.
    """

    push: bool = True
    email: bool = False
    discreet: bool = False
    language: Language = Language.SV
    reminder_days: tuple[int, ...] = (3,)


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """What should become different; None leaves it as it is."""

    push: bool | None = None
    email: bool | None = None
    discreet: bool | None = None
    language: Language | None = None
    reminder_days: tuple[int, ...] | None = None
