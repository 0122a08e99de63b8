"""What people are told, word for word, and when they are told nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from paypulse.accounts import GmailStatus, User
from paypulse.aws.sns import apns_message
from paypulse.events import InvoiceEvent, InvoiceEventType, rental_event, retail_event
from paypulse.money import Money
from paypulse.notification_settings import Language, NotificationSettings
from paypulse.notifications import (
    Category,
    ask_to_reconnect,
    is_news,
    remind_of,
    reminder_day,
    tell_invoice,
)
from paypulse.receipts import ReceiptWarning
from paypulse.rental_invoices import InvoiceWarning
from tests.factories import NOW, make_document, make_invoice, make_retail_invoice

SWEDISH = NotificationSettings()
ENGLISH = NotificationSettings(language=Language.EN)
DUE_ON = date(2026, 1, 30)


def make_event(*warnings: InvoiceWarning, **notice: Any) -> InvoiceEvent:
    invoice = replace(make_invoice(**notice), warnings=warnings)
    return rental_event("event-1", InvoiceEventType.ADDED, invoice, NOW)


def test_a_new_notice_is_told_in_swedish() -> None:
    told = tell_invoice(make_event(), SWEDISH)

    assert (told.category, told.title) == (Category.INVOICE, "Ny hyresavi")
    assert told.body == "Wallenstam AB · 8\u00a0865\u00a0kr · förfaller 30 januari"
    assert told.link == "paypulse://invoices/rental/Invoice_1297112086"


def test_a_new_notice_is_told_in_english() -> None:
    told = tell_invoice(make_event(total=Money(886_550)), ENGLISH)

    assert told.title == "New rent notice"
    assert told.body == "Wallenstam AB · SEK 8,865.50 · due 30 January"


@pytest.mark.parametrize(
    ("settings", "title", "warned"),
    [
        (SWEDISH, "⚠️ Granska innan du betalar", "Bankgirot är ett annat än på förra avin. "),
        (ENGLISH, "⚠️ Look before you pay", "The bankgiro is not the one on the last notice. "),
    ],
)
def test_a_warning_stands_before_everything_else(
    settings: NotificationSettings, title: str, warned: str
) -> None:
    told = tell_invoice(make_event(InvoiceWarning.BANKGIRO_CHANGED), settings)

    assert (told.category, told.title) == (Category.INVOICE_WARNING, title)
    assert told.body.startswith(warned + "Wallenstam")


@pytest.mark.parametrize("language", Language)
def test_every_warning_has_words_of_its_own(language: Language) -> None:
    settings = NotificationSettings(language=language)
    bodies = {tell_invoice(make_event(warning), settings).body for warning in InvoiceWarning}

    assert len(bodies) == len(InvoiceWarning)
    assert not [body for body in bodies if "Något behöver" in body or "Something needs" in body]


def test_the_discreet_show_neither_amount_nor_name_but_still_warn() -> None:
    told = tell_invoice(
        make_event(InvoiceWarning.INCONSISTENT_TOTAL), replace(SWEDISH, discreet=True)
    )
    reminded = remind_of(make_invoice(), 3, date(2026, 1, 27), replace(ENGLISH, discreet=True))

    assert told.body == "Raderna stämmer inte med summan. Förfaller 30 januari"
    assert reminded.body == "Due 30 January"


def test_a_printed_name_stays_in_one_short_line() -> None:
    told = tell_invoice(make_event(landlord="Hyres\nvärden\u202e " + "A" * 300), SWEDISH)

    assert told.body.startswith("Hyres värden AAAA")
    assert "\n" not in told.body
    assert len(told.body) < 120


@pytest.mark.parametrize("language", Language)
def test_a_push_with_everything_fits_what_apple_takes(language: Language) -> None:
    event = replace(
        make_event(*InvoiceWarning, landlord="Å" * 300), invoice_id="Invoice_" + "å" * 500
    )
    told = tell_invoice(event, NotificationSettings(language=language))

    message = json.loads(apns_message(told))
    assert len(message["APNS"].encode()) <= 4096
    assert message["APNS"] == message["APNS_SANDBOX"]
    assert len(told.collapse_id.encode()) <= 64
    assert told.link == "paypulse://invoices/rental"


@pytest.mark.parametrize("language", Language)
def test_subjects_are_plain_ascii_as_sns_asks_for(language: Language) -> None:
    settings = NotificationSettings(language=language)
    all_told = [
        tell_invoice(make_event(), settings),
        tell_invoice(make_event(InvoiceWarning.INVALID_OCR), settings),
        remind_of(make_invoice(), 3, DUE_ON, settings),
        ask_to_reconnect(make_user(GmailStatus.RECONNECT_REQUIRED, settings)),
    ]

    subjects = [told.subject for told in all_told if told]
    assert len(set(subjects)) == len(all_told)
    assert all(each.isascii() and 0 < len(each) < 100 for each in subjects)


@pytest.mark.parametrize(("days", "expected"), [(-3, True), (-4, False), (0, True), (60, True)])
def test_what_was_due_long_ago_is_no_news(days: int, *, expected: bool) -> None:
    event = make_event(due_on=NOW.date() + timedelta(days=days))

    assert is_news(event) is expected


def test_a_change_is_news_only_for_its_new_warning() -> None:
    updated = replace(make_event(InvoiceWarning.BANKGIRO_CHANGED), type=InvoiceEventType.UPDATED)

    assert is_news(updated, [])
    assert not is_news(updated, ["BANKGIRO_CHANGED"])
    assert not is_news(replace(updated, warnings=()), ["BANKGIRO_CHANGED"])


def test_a_removal_is_no_news() -> None:
    assert not is_news(replace(make_event(), type=InvoiceEventType.DELETED))


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2026-01-22", None),
        ("2026-01-23", 7),
        ("2026-01-26", 7),  # the schedule did not run on the 23rd
        ("2026-01-27", 3),
        ("2026-01-29", 3),
        ("2026-01-30", 0),
        ("2026-01-31", None),
    ],
)
def test_the_reminder_day_reached_last_counts(today: str, expected: int | None) -> None:
    assert reminder_day(DUE_ON, (7, 3, 0), date.fromisoformat(today)) == expected


def test_who_wants_no_reminders_gets_none() -> None:
    assert reminder_day(DUE_ON, (), DUE_ON) is None


@pytest.mark.parametrize(
    ("today", "title"),
    [
        (27, "Hyran förfaller om 3 dagar"),
        (29, "Hyran förfaller i morgon"),
        (30, "Hyran förfaller i dag"),
    ],
)
def test_a_reminder_says_how_long_there_is(today: int, title: str) -> None:
    reminded = remind_of(make_invoice(), 3, date(2026, 1, today), SWEDISH)

    assert (reminded.category, reminded.title) == (Category.REMINDER, title)


def test_a_reminder_warns_too() -> None:
    invoice = replace(make_invoice(), warnings=(InvoiceWarning.INVALID_OCR,))
    reminded = remind_of(invoice, 3, date(2026, 1, 27), SWEDISH)

    assert reminded.title.startswith("⚠️ ")
    assert reminded.body.startswith("OCR-numrets kontrollsiffra är fel. ")


@pytest.mark.parametrize("warnings", [(), (InvoiceWarning.INVALID_OCR,)])
def test_a_reminder_takes_the_place_of_the_announcement(
    warnings: tuple[InvoiceWarning, ...],
) -> None:
    reminded = remind_of(replace(make_invoice(), warnings=warnings), 3, DUE_ON, SWEDISH)

    assert reminded.collapse_id == tell_invoice(make_event(*warnings), SWEDISH).collapse_id


def test_a_push_without_a_warning_never_takes_the_place_of_one_with() -> None:
    held_up = tell_invoice(make_event(), SWEDISH)
    warning = tell_invoice(make_event(InvoiceWarning.BANKGIRO_CHANGED), SWEDISH)

    assert held_up.collapse_id != warning.collapse_id


def test_reminders_of_one_day_have_one_key_and_of_another_another() -> None:
    invoice = make_invoice(make_document("user_2"))
    keys = [
        remind_of(invoice, day, today, SWEDISH).key
        for day, today in ((3, DUE_ON), (3, date(2026, 1, 27)), (0, DUE_ON))
    ]

    assert keys[0] == keys[1] != keys[2]
    assert keys[0] != remind_of(make_invoice(), 3, DUE_ON, SWEDISH).key


def test_a_lost_connection_is_told_once_for_each_connection() -> None:
    lost = make_user(GmailStatus.RECONNECT_REQUIRED)
    later = replace(lost, gmail_connected_at=NOW + timedelta(days=1))
    first, second, third = (ask_to_reconnect(user) for user in (lost, lost, later))

    assert first is not None
    assert second is not None
    assert third is not None
    assert first.key == second.key != third.key
    assert first.title == "Anslut Gmail igen"


@pytest.mark.parametrize("status", [GmailStatus.CONNECTED, GmailStatus.NOT_CONNECTED])
def test_who_has_connected_again_is_not_asked(status: GmailStatus) -> None:
    assert ask_to_reconnect(make_user(status)) is None


def make_user(status: GmailStatus, settings: NotificationSettings = SWEDISH) -> User:
    return User(
        "user_1",
        "ronja@example.com",
        "Ronja",
        "hash",
        datetime(2026, 1, 1, tzinfo=UTC),
        gmail_status=status,
        gmail_connected_at=NOW,
        notifications=settings,
    )


def make_receipt_event(**changes: Any) -> InvoiceEvent:
    event = retail_event("event-2", InvoiceEventType.ADDED, make_retail_invoice(), NOW)
    return replace(event, **{"invoice_date": NOW.date(), "due_on": None} | changes)


def test_a_receipt_is_told_with_shop_and_amount_and_not_by_mail() -> None:
    told = tell_invoice(make_receipt_event(title="ICA", total=Money(10_268), warnings=()), SWEDISH)

    assert (told.category, told.title) == (Category.RECEIPT, "Nytt kvitto")
    assert told.body == "ICA · 102,68\u00a0kr"
    assert told.link.startswith("paypulse://invoices/retail/retail_")
    assert not told.by_email


def test_the_discreet_are_told_that_there_is_a_receipt_and_no_more() -> None:
    told = tell_invoice(make_receipt_event(warnings=()), replace(ENGLISH, discreet=True))

    assert (told.title, told.body) == ("New receipt", "New receipt")


def test_a_receipt_with_a_warning_asks_for_a_look() -> None:
    told = tell_invoice(make_receipt_event(warnings=(ReceiptWarning.TOTAL_UNVERIFIED,)), ENGLISH)

    assert told.body.startswith("Something needs a look. ")


def test_receipts_of_one_day_take_one_place_on_the_screen() -> None:
    first, second = (
        tell_invoice(make_receipt_event(invoice_id=invoice_id), SWEDISH)
        for invoice_id in ("retail_1", "retail_2")
    )

    assert first.collapse_id == second.collapse_id
    assert first.link != second.link


@pytest.mark.parametrize(("days", "expected"), [(0, True), (8, True), (9, False), (400, False)])
def test_a_receipt_of_long_ago_is_no_news(days: int, *, expected: bool) -> None:
    assert is_news(make_receipt_event(invoice_date=NOW.date() - timedelta(days=days))) is expected


def test_a_receipt_that_changes_is_no_news() -> None:
    event = make_receipt_event(type=InvoiceEventType.UPDATED, warnings=())

    assert not is_news(event)
