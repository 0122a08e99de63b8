"""What a person is told on a locked screen or by e-mail, in Swedish and English.

Pure: an event, an invoice or a state goes in, a text comes out. What speaks against paying stands
first, whatever else is left out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import quote

from paypulse.accounts import GmailStatus
from paypulse.events import InvoiceEventType, InvoiceKind
from paypulse.notification_settings import Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from paypulse.accounts import User
    from paypulse.events import InvoiceEvent
    from paypulse.money import Money
    from paypulse.notification_settings import NotificationSettings
    from paypulse.rental_invoices import RentalInvoice

# A notice that was due longer ago than this is history that a search has brought up.
STILL_NEWS = timedelta(days=3)
# A receipt is looked for weekly; one that is older was found by looking far back.
RECEIPT_STILL_NEWS = timedelta(days=8)

_LONGEST_NAME = 60
_LONGEST_LINK = 1000  # a push holds 4096 bytes in all


class Category(StrEnum):
    """Apple's category of a push: which buttons the app offers with it."""

    INVOICE = "INVOICE"
    RECEIPT = "RECEIPT"
    INVOICE_WARNING = "INVOICE_WARNING"
    REMINDER = "REMINDER"
    RECONNECT_GMAIL = "RECONNECT_GMAIL"


@dataclass(frozen=True, slots=True)
class Notification:
    """One message, ready to be shown.

    Args:
        key: The same however often it is made, so that it is delivered once.
        subject: For a mail: ASCII, as SNS asks for.
        collapse_id: A later push with it replaces this one; at most 64 bytes.
        link: Opens the place in the app.
        by_email: Whether it is worth a mail too.
    """

    key: str
    category: Category
    title: str
    body: str
    subject: str
    collapse_id: str
    link: str
    by_email: bool = True


@dataclass(frozen=True, slots=True)
class _Words:
    new: Mapping[str, str]
    look_first: str
    due: str
    due_in: str
    due_tomorrow: str
    due_today: str
    reconnect: tuple[str, str]
    # Subjects are ASCII, so the Swedish ones do without å, ä and ö.
    subjects: Mapping[Category, str]
    months: str
    warnings: Mapping[str, str]
    other_warning: str


# `new` by the values of InvoiceKind.
_WORDS = {
    Language.SV: _Words(
        new={"RENTAL": "Ny hyresavi", "RETAIL": "Nytt kvitto"},
        look_first="⚠️ Granska innan du betalar",
        due="förfaller {day}",
        due_in="Hyran förfaller om {days} dagar",
        due_tomorrow="Hyran förfaller i morgon",
        due_today="Hyran förfaller i dag",
        reconnect=(
            "Anslut Gmail igen",
            "Nya avier hittas inte, för Google godtar inte längre anslutningen.",
        ),
        subjects={
            Category.INVOICE: "Ny hyresavi",
            Category.RECEIPT: "Nytt kvitto",
            Category.INVOICE_WARNING: "Granska hyresavin innan du betalar",
            Category.REMINDER: "Hyran ska snart betalas",
            Category.RECONNECT_GMAIL: "Anslut Gmail igen",
        },
        months="januari februari mars april maj juni juli augusti september oktober november"
        " december",
        warnings={
            "INVALID_OCR": "OCR-numrets kontrollsiffra är fel.",
            "MISSING_OCR": "OCR-numret gick inte att läsa.",
            "INCONSISTENT_TOTAL": "Raderna stämmer inte med summan.",
            "BANKGIRO_CHANGED": "Bankgirot är ett annat än på förra avin.",
            "SECOND_NOTICE_FOR_MONTH": "Det finns redan en avi för månaden.",
            "UNVERIFIED_SENDER": "Avsändaren är inte bekräftad.",
            "ACTIVE_CONTENT": "Dokumentet innehåller skript; de har inte körts.",
        },
        other_warning="Något behöver granskas.",
    ),
    Language.EN: _Words(
        new={"RENTAL": "New rent notice", "RETAIL": "New receipt"},
        look_first="⚠️ Look before you pay",
        due="due {day}",
        due_in="Rent is due in {days} days",
        due_tomorrow="Rent is due tomorrow",
        due_today="Rent is due today",
        reconnect=(
            "Connect Gmail again",
            "New notices are not found, because Google no longer accepts the connection.",
        ),
        subjects={
            Category.INVOICE: "New rent notice",
            Category.RECEIPT: "New receipt",
            Category.INVOICE_WARNING: "Look at the rent notice before you pay",
            Category.REMINDER: "Rent is due soon",
            Category.RECONNECT_GMAIL: "Connect Gmail again",
        },
        months="January February March April May June July August September October November"
        " December",
        warnings={
            "INVALID_OCR": "The check digit of the OCR number is wrong.",
            "MISSING_OCR": "The OCR number could not be read.",
            "INCONSISTENT_TOTAL": "The rows do not add up to the total.",
            "BANKGIRO_CHANGED": "The bankgiro is not the one on the last notice.",
            "SECOND_NOTICE_FOR_MONTH": "There is another notice for the month.",
            "UNVERIFIED_SENDER": "The sender is not confirmed.",
            "ACTIVE_CONTENT": "The document holds scripts; they were not run.",
        },
        other_warning="Something needs a look.",
    ),
}


def is_news(event: InvoiceEvent, warned_before: Iterable[str] = ()) -> bool:
    """Tell whether anyone wants to hear of an event at once.

    News is an invoice that came, or a notice's warning that was not there before. What was due
    more than three days before it came is none, nor is a receipt of more than eight days ago:
    reading a mailbox of years must not ring for hours.
    """
    today = event.occurred_at.date()
    if event.kind is InvoiceKind.RETAIL:
        day = event.invoice_date
        fresh = day is not None and day >= today - RECEIPT_STILL_NEWS
        return fresh and event.type is InvoiceEventType.ADDED
    if event.due_on is None or event.due_on < today - STILL_NEWS:
        return False
    if event.type is InvoiceEventType.UPDATED:
        return bool({warning.value for warning in event.warnings} - set(warned_before))
    return event.type is InvoiceEventType.ADDED


def tell_invoice(event: InvoiceEvent, settings: NotificationSettings) -> Notification:
    """Return what to tell about an event that is news."""
    if event.kind is InvoiceKind.RETAIL:
        return _tell_receipt(event, settings)
    words = _WORDS[settings.language]
    warnings = [warning.value for warning in event.warnings]
    category = Category.INVOICE_WARNING if warnings else Category.INVOICE
    return Notification(
        key=event.event_id,
        category=category,
        title=words.look_first if warnings else words.new[event.kind.value],
        body=_body(warnings, event.title, event.total, event.due_on, settings),
        subject=words.subjects[category],
        collapse_id=_collapse_id(event.kind, event.invoice_id, warnings),
        link=_link(event.kind, event.invoice_id),
    )


def _tell_receipt(event: InvoiceEvent, settings: NotificationSettings) -> Notification:
    """Return what to tell about a receipt.

    A weekly search finds several at once: each push of a day takes the place of the one before.
    The shop has sent a mail already, so there is none from us. What is still to be paid says when.
    """
    words = _WORDS[settings.language]
    warnings = [words.other_warning] if event.warnings else []
    told = _body([], event.title, event.total, event.due_on, settings)
    return Notification(
        key=event.event_id,
        category=Category.RECEIPT,
        title=words.new[event.kind.value],
        body=" ".join([*warnings, *([told] if told else [])]) or words.new[event.kind.value],
        subject=words.subjects[Category.RECEIPT],
        collapse_id=f"retail-{event.occurred_at:%Y-%m-%d}",
        link=_link(event.kind, event.invoice_id),
        by_email=False,
    )


def remind_of(
    invoice: RentalInvoice, day: int, today: date, settings: NotificationSettings
) -> Notification:
    """Return the reminder that belongs to a reminder day, worded for today.

    Its push takes the place of the one that announced the invoice, with or without a warning.
    """
    words = _WORDS[settings.language]
    days = (invoice.due_on - today).days
    near = {0: words.due_today, 1: words.due_tomorrow}
    title = near.get(days, words.due_in.format(days=days))
    warnings = [warning.value for warning in invoice.warnings]
    return Notification(
        key=f"reminder {invoice.user_id} {invoice.invoice_id} {day}",
        category=Category.REMINDER,
        title=f"⚠️ {title}" if warnings else title,
        body=_body(
            warnings, invoice.notice.landlord or "", invoice.notice.total, invoice.due_on, settings
        ),
        subject=words.subjects[Category.REMINDER],
        collapse_id=_collapse_id(InvoiceKind.RENTAL, invoice.invoice_id, warnings),
        link=_link(InvoiceKind.RENTAL, invoice.invoice_id),
    )


def ask_to_reconnect(user: User) -> Notification | None:
    """Return the request to connect Gmail again; None when that has happened meanwhile.

    Its key names the connection that was lost: however many runs notice, it is told once.
    """
    if user.gmail_status is not GmailStatus.RECONNECT_REQUIRED:
        return None
    words = _WORDS[user.notifications.language]
    title, body = words.reconnect
    return Notification(
        key=f"reconnect {user.user_id} {user.gmail_connected_at}",
        category=Category.RECONNECT_GMAIL,
        title=title,
        body=body,
        subject=words.subjects[Category.RECONNECT_GMAIL],
        collapse_id="gmail",
        link="paypulse://gmail",
    )


def reminder_day(due_on: date, days: Iterable[int], today: date) -> int | None:
    """Return the reminder day that was reached last; None before the first and after the due day.

    Not only on the very day: a schedule that did not run yesterday catches up today.
    """
    left = (due_on - today).days
    reached = [day for day in days if 0 <= left <= day]
    return min(reached) if reached else None


def _body(
    warnings: list[str],
    name: str,
    total: Money | None,
    due_on: date | None,
    settings: NotificationSettings,
) -> str:
    """Return the warnings, then the facts that may be shown."""
    words, facts = _WORDS[settings.language], []
    if due_on is not None:
        month = words.months.split()[due_on.month - 1]
        facts.append(words.due.format(day=f"{due_on.day} {month}"))
    if not settings.discreet:
        shown = _clean(name)
        amounts = [_amount(total, settings.language)] if total else []
        facts = [*([shown] if shown else []), *amounts, *facts]
    said = [words.warnings.get(warning, words.other_warning) for warning in warnings]
    line = " · ".join(facts)
    return " ".join([*said, line[:1].upper() + line[1:]])


def _clean(name: str) -> str:
    """Return a name as printed on a document, in one line and short: anyone may have written it."""
    printable = "".join(each if each.isprintable() else " " for each in name)
    words = " ".join(printable.split())
    return words if len(words) <= _LONGEST_NAME else words[: _LONGEST_NAME - 1].rstrip() + "…"


def _amount(total: Money, language: Language) -> str:
    """Write an amount as people do: `8 865 kr`, `SEK 8,865.50`."""
    sign = "-" if total.minor_units < 0 else ""
    whole, minor = divmod(abs(total.minor_units), 100)
    if language is Language.EN:
        return f"{total.currency} {sign}{whole:,}" + (f".{minor:02d}" if minor else "")
    number = sign + f"{whole:,}".replace(",", "\u00a0") + (f",{minor:02d}" if minor else "")
    return f"{number}\u00a0{'kr' if total.currency == 'SEK' else total.currency}"


def _collapse_id(kind: InvoiceKind, invoice_id: str, warnings: list[str]) -> str:
    """Return what the pushes about an invoice have in common.

    Only a warning takes the place of a warning: a push that was held up must not hide one.
    """
    digest = hashlib.sha256(invoice_id.encode()).hexdigest()[:32]
    return f"{kind.value.lower()}-{digest}" + ("-warning" if warnings else "")


def _link(kind: InvoiceKind, invoice_id: str) -> str:
    """Return where the invoice is in the app."""
    folder = kind.value.lower()
    link = f"paypulse://invoices/{folder}/{quote(invoice_id, safe='')}"
    return link if len(link) <= _LONGEST_LINK else f"paypulse://invoices/{folder}"
