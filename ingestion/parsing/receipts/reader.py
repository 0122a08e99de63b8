"""A mail's bytes to its receipt: the whole reading, in the order in which it happens."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts
from ingestion.parsing.receipts.classify import (
    categorize,
    classify,
    document_type,
    is_document,
    looks_like_refund,
)
from ingestion.parsing.receipts.combine import combine, status_of
from ingestion.parsing.receipts.forwarding import find_original, is_answer, without_quoted
from ingestion.parsing.receipts.labels import MoneyKind
from ingestion.parsing.receipts.layout import Layout, read_layout
from ingestion.parsing.receipts.markup import Markup
from ingestion.parsing.receipts.message import MailText, read_message
from ingestion.parsing.receipts.page import read_html, read_text
from ingestion.parsing.receipts.pdf_page import read_pdf
from ingestion.parsing.receipts.structured import read_markup
from ingestion.parsing.receipts.vendor_names import payee, principal, vendor_name
from ingestion.parsing.receipts.with_pdfs import with_pdfs
from ingestion.parsing.receipts.word_models import (
    category_features,
    load_model,
    outcome_features,
)
from paypulse.receipts import (
    Category,
    ReadingSignal,
    ReceiptOutcome,
    ReceiptReading,
    ReceiptStatus,
    ReceiptWarning,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ingestion.parsing.receipts.rows import Page, Row
    from paypulse.receipts import Receipt, ReceiptModel, VendorHints

# What hidden text is only for a machine to read.
_HEAD_ROWS = 6  # in which a payment service says whom it has paid
_ORDERS = re.compile(
    r"(?i)\b(?:ignore|disregard|override|system prompt|instructions?"
    r"|as an ai|assistant|ignorera|bortse från|instruktion\w*|json"
    r"|total\s*[:=]|category\s*[:=])\b"
)
_LIMITS = frozenset(
    {
        ReadingSignal.TOO_LARGE,
        ReadingSignal.TOO_DEEP,
        ReadingSignal.TIME_LIMIT,
        ReadingSignal.TOO_MANY_PARTS,
    }
)
# Doubts that a model's answer does not settle; alone they are not worth its price.
_NOT_ASKED = frozenset(
    {
        ReceiptWarning.CATEGORY_UNSURE,
        ReceiptWarning.DETAILS_UNSURE,
        ReceiptWarning.LEGS_UNSURE,
    }
)
_SUPPLIED = re.compile(
    r"(?i)\b(?:el(?:nät|handel|räkning|faktura|avtal|förbrukning)?|energi\w*|kwh|vatten\w*|va|avlopp"
    r"|renhållning|avfall\w*|sophämtning|fjärrvärme\w*|fjernvarme|bredband\w*|fiber|mobil\w*"
    r"|telefon\w*|surf|gas\w*|naturgas|strøm\w*|internet|broadband|water|waste|electricity|phone"
    r"|sotning|slam\w*|nätavgift)\b"
)
# From here a model's answer counts for more than the rules': measured on rounds of mails that
# neither had seen (docs/accuracy.md).
_FEW_WORDS = 20  # say nothing; bodies of real mails have more
_SURE_GUESS, _LIKELY_GUESS = 0.7, 0.5
_TITLE_ROWS, _TITLE_CHARACTERS = 3, 150


@dataclass(frozen=True, slots=True)
class KnownVendor:
    """What a vendor configuration says about the sender."""

    name: str
    category: Category
    hints: VendorHints | None = None  # for the model


@dataclass(frozen=True, slots=True)
class MailReading:
    """A mail, read but not yet judged."""

    mail: MailText
    page: Page
    layout: Layout
    markup: Markup
    sent_on: date | None


def read_receipt(
    content: bytes, *, known: KnownVendor | None = None, model: ReceiptModel | None = None
) -> ReceiptReading:
    """Return what a mail says about a purchase; any bytes get an outcome.

    PDFs that it carries are read too: for their values where the body has none, beside it for
    what they confirm or contradict.

    Args:
        content: The message, RFC 5322.
        known: The vendor whose mail it is, by sender and subject; its name and category count.
        model: A further reader, asked when the others leave something open.
    """
    return read_receipt_mail(read_message(content), known=known, model=model)


def read_receipt_mail(
    mail: MailText, *, known: KnownVendor | None = None, model: ReceiptModel | None = None
) -> ReceiptReading:
    """Return what a mail says about a purchase that was taken apart before; as `read_receipt`."""
    read = read_mail_text(mail)
    reading, rows = _judge(read, known), read.page.rows
    if read.mail.pdfs:
        attached = [read_pdf_text(pdf, read.mail, read.sent_on) for pdf in read.mail.pdfs]
        judged = [_judge(pdf, known) for pdf in attached]
        together = with_pdfs(reading, judged)
        if reading.receipt is None and together.receipt is not None:
            rows = [row for pdf in attached for row in pdf.page.rows]
        reading = together
    return _with_model(reading, model, rows, known)


def read_receipt_pdf(
    content: bytes,
    *,
    known: KnownVendor | None = None,
    model: ReceiptModel | None = None,
    subject: str = "",
    sent_on: date | None = None,
) -> ReceiptReading:
    """Return what a PDF says about a purchase; any bytes get an outcome.

    A PDF that cannot be read is `not_an_invoice`, and `unread_pdf` says why.

    Args:
        content: The file.
        known: As in `read_receipt`.
        model: As in `read_receipt`.
        subject: Of the mail that brought it; may name the order.
        sent_on: The day of that mail; completes dates without a year.
    """
    read = read_pdf_text(content, MailText(subject=subject), sent_on)
    reading = _judge(read, known)
    if reading.receipt is not None:
        reading = replace(reading, signals=reading.signals | {ReadingSignal.FROM_PDF})
    return _with_model(reading, model, read.page.rows, known)


def _judge(read: MailReading, known: KnownVendor | None) -> ReceiptReading:
    outcome, agreed = _outcome(read)
    signals = _signals(read)
    if outcome is ReceiptOutcome.NOT_AN_INVOICE:
        number = read.layout.order_number
        named = number.value if number else read.markup.order_number
        return ReceiptReading(outcome, signals=frozenset(signals), order_number=named)
    mail, markup, text = read.mail, read.markup, read.page.text
    if known:
        vendor, category, is_sure = known.name, known.category, True
    else:
        head = [mail.subject, *(row.text for row in read.page.rows[:_HEAD_ROWS])]
        vendor = payee(head) or vendor_name(mail.sender_name, mail.sender, markup.vendor, text)
        category, is_sure = _category(read)
        seller = principal(mail.sender_name, [mail.subject, *(row.text for row in read.page.rows)])
        vendor, is_sure = seller or vendor, is_sure and seller != ""
    receipt = combine(
        read.layout,
        markup,
        vendor=vendor,
        category=category,
        document=document_type(mail.subject, text, outcome),
        sent_on=read.sent_on,
    )
    warnings = [] if is_sure else [ReceiptWarning.CATEGORY_UNSURE]
    if not agreed or (not known and not _is_surely(outcome, read)):
        warnings.append(ReceiptWarning.KIND_UNSURE)
    receipt = _with_warnings(receipt, read, signals, warnings)
    return ReceiptReading(outcome, receipt, frozenset(signals))


def _with_model(
    reading: ReceiptReading,
    model: ReceiptModel | None,
    rows: Sequence[Row],
    known: KnownVendor | None,
) -> ReceiptReading:
    receipt = reading.receipt
    if model is None or receipt is None:
        return reading
    questions = [each for each in receipt.warnings if each not in _NOT_ASKED]
    if status_of(questions) is ReceiptStatus.OK:
        return reading
    from ingestion.parsing.receipts.essence import essence_of
    from ingestion.parsing.receipts.second_reading import with_model

    return with_model(reading, model, essence_of(rows), known.hints if known else None)


def read_pdf_text(pdf: bytes, mail: MailText, sent_on: date | None) -> MailReading:
    """Read a PDF as if it were the body of the mail that brought it; its first rows are a title."""
    page = read_pdf(pdf)
    title = " ".join(row.text for row in page.rows[:_TITLE_ROWS])[:_TITLE_CHARACTERS]
    own = MailText(
        mail.sender_name,
        mail.sender,
        f"{title}\n{mail.subject}".strip(),
        signals=set(mail.signals),
    )
    domain = mail.sender.rpartition("@")[2]
    layout = read_layout(page.rows, subject=own.subject, domain=domain, near=sent_on)
    return MailReading(own, page, layout, Markup(), sent_on)


def read_mail_text(mail: MailText) -> MailReading:
    """Read a mail's rows, markup and layout."""
    page = read_html(mail.html) if mail.html.strip() else read_text(mail.text)
    if not page.rows and mail.text.strip():
        page = read_text(mail.text)
    sent_on = mail.sent_at.date() if mail.sent_at else None
    original = find_original(page.rows, sent_on)
    if original is not None and is_answer(mail.subject, page.rows[: original.begins_at]):
        page.rows, original = page.rows[: original.begins_at], None
    if original is not None:
        mail.sender_name, mail.sender = original.sender_name, original.sender
        mail.subject = original.subject or mail.subject
        sent_on = original.sent_on or sent_on
        page.rows = page.rows[original.body_from :]
        mail.signals.add(ReadingSignal.FORWARDED)
    page.rows = without_quoted(page.rows)
    markup, broken = read_markup(page.scripts, page.microdata)
    if broken:
        page.signals.add(ReadingSignal.BROKEN_MARKUP)
    domain = mail.sender.rpartition("@")[2]
    layout = read_layout(page.rows, subject=mail.subject, domain=domain, near=sent_on)
    if mail.html and mail.text.strip() and not layout.sums.adds_up:
        plain = read_layout(
            read_text(mail.text).rows, subject=mail.subject, domain=domain, near=sent_on
        )
        if _explains(plain, layout, page):
            layout.sums = plain.sums
    return MailReading(mail, page, layout, markup, sent_on)


def _explains(plain: Layout, layout: Layout, page: Page) -> bool:
    """Tell whether the text part makes sums of what the page shows: no amount may be its own."""
    if not plain.sums.adds_up or plain.sums.total != layout.sums.total:
        return False
    shown, text = _amounts_shown(page), page.text
    return all(
        (item.total is None or abs(item.total) in shown) and item.name in text
        for item in plain.sums.items
    )


def _category(read: MailReading) -> tuple[Category, bool]:
    hints: list[Category] = []
    layout = read.layout
    if read.markup.is_trip or (layout.legs and layout.passengers):
        hints.extend([Category.TRAVEL, Category.TRAVEL])
    elif any(leg.departure for leg in layout.legs):
        hints.append(Category.TRAVEL)
    billed = layout.ocr is not None and layout.due_on is not None
    if layout.consumption_kwh is not None or (billed and _SUPPLIED.search(read.page.text)):
        hints.append(Category.UTILITY)
    elif layout.period is not None and layout.due_on is None and not hints:
        hints.append(Category.SUBSCRIPTIONS)
    if layout.sums.parts.get(MoneyKind.TIP):
        hints.append(Category.FOOD_DELIVERY)
    if layout.next_billing_on is not None:
        hints.append(Category.SUBSCRIPTIONS)
    items = layout.sums.items
    if any("serial" in item.attributes or "warranty" in item.attributes for item in items):
        hints.append(Category.TECHNOLOGY)
    if 2 * sum("size" in item.attributes for item in items) > len(items):
        hints.append(Category.CLOTHING)
    mail, domain = read.mail, read.mail.sender.rpartition("@")[2]
    names = [item.name for item in items] + [item.name for item in read.markup.items]
    ruled, is_sure = categorize(
        mail.sender_name, domain, mail.subject, read.page.text, hints, names
    )
    features = category_features(
        f"{mail.sender_name} {domain}", read.page.text, names, facts_of(read)
    )
    guess = load_model("category").guess(features)
    if guess.known < _FEW_WORDS:
        return ruled, is_sure
    told = Category(guess.label)
    if told is ruled or guess.probability < _LIKELY_GUESS:
        return ruled, is_sure
    return (ruled if is_sure else told), False


def facts_of(read: MailReading) -> frozenset[str]:
    """Return what was found in a mail, whatever it says: for the models of its words."""
    layout, sums = read.layout, read.layout.sums
    found = {
        "total": sums.total is not None,
        "items": bool(sums.items),
        "adds": sums.adds_up,
        "number": layout.order_number is not None,
        "tax": MoneyKind.TAX in sums.parts,
        "tip": MoneyKind.TIP in sums.parts,
        "shipping": MoneyKind.SHIPPING in sums.parts,
        "refund": layout.refund,
        "legs": bool(layout.legs),
        "ocr": layout.ocr is not None,
        "due": layout.due_on is not None,
        "period": layout.period is not None,
        "kwh": layout.consumption_kwh is not None,
        "next": layout.next_billing_on is not None,
    }
    return frozenset(name for name, is_there in found.items() if is_there)


def _outcome(read: MailReading) -> tuple[ReceiptOutcome, bool]:
    """Return what a mail is by the rules and by its words, and whether the two agree.

    A surer model decides whether it is a purchase at all; of which kind, the rules do.
    """
    ruled = _outcome_by_rules(read)
    if read.layout.sums.total is None and read.markup.total_minor is None:
        return ReceiptOutcome.NOT_AN_INVOICE, True
    if ruled is not ReceiptOutcome.NOT_AN_INVOICE and read.markup.types:
        return ruled, True  # it says so itself
    features = outcome_features(read.mail.subject, read.page.text, facts_of(read))
    guess = load_model("outcome").guess(features)
    if guess.known < _FEW_WORDS:
        return ruled, True
    told = ReceiptOutcome(guess.label)
    if told is ruled:
        return ruled, True
    none = ReceiptOutcome.NOT_AN_INVOICE
    if guess.probability < _SURE_GUESS or none not in (told, ruled):
        return ruled, False
    if told is none:
        return none, False
    return (ReceiptOutcome.REFUND if read.layout.refund else ReceiptOutcome.OK), False


def _outcome_by_rules(read: MailReading) -> ReceiptOutcome:
    sums = read.layout.sums
    stated = read.markup.total_minor is not None
    cancelled = (read.markup.status or "").lower().endswith(("cancelled", "canceled"))
    if cancelled and not read.layout.refund:
        return ReceiptOutcome.NOT_AN_INVOICE
    return classify(
        read.mail.subject,
        read.page.text,
        has_total=sums.total is not None or stated,
        has_items=bool(sums.items),
        adds_up=sums.adds_up,
        has_number=read.layout.order_number is not None or read.markup.order_number is not None,
        has_tax=MoneyKind.TAX in sums.parts,
        pays_back=read.layout.refund,
        types=[kind for kind in read.markup.types if kind != "ParcelDelivery"],
    )


def _is_surely(outcome: ReceiptOutcome, read: MailReading) -> bool:
    """Tell whether more than an order's number says that something was paid for, or back."""
    layout, subject = read.layout, read.mail.subject
    if outcome is ReceiptOutcome.REFUND:
        return looks_like_refund(f"{subject}\n{layout.sums.total_quote}", "")
    if MoneyKind.TAX in layout.sums.parts or read.markup.types:
        return True
    return is_document(subject, read.page.text)


def _signals(read: MailReading) -> set[ReadingSignal]:
    signals = read.mail.signals | read.page.signals
    if not read.page.rows:
        signals.add(ReadingSignal.NO_TEXT)
    if _hidden_matters(read):
        signals.add(ReadingSignal.HIDDEN_TEXT)
    if read.mail.html and _text_part_differs(read):
        signals.add(ReadingSignal.TEXT_PART_DIFFERS)
    if read.layout.ordered_on is None and read.markup.ordered_on is None:
        signals.add(ReadingSignal.DATE_FROM_MAIL)
    return signals


def _amounts_shown(page: Page) -> set[int]:
    return {abs(amount.minor) for row in page.rows for amount in find_amounts(row.text)}


def _hidden_matters(read: MailReading) -> bool:
    """Tell a preview line, which newsletters hide too, from text that is meant to mislead."""
    shown = _amounts_shown(read.page)
    for text in read.page.hidden:
        if _ORDERS.search(text):
            return True
        if any(abs(amount.minor) not in shown for amount in find_amounts(text)):
            return True
    return False


def _text_part_differs(read: MailReading) -> bool:
    shown = _amounts_shown(read.page)
    amounts = find_amounts(" ".join(read.mail.text[:20_000].split()))
    return any(abs(amount.minor) not in shown for amount in amounts)


def _with_warnings(
    receipt: Receipt, read: MailReading, signals: set[ReadingSignal], more: list[ReceiptWarning]
) -> Receipt:
    if ReadingSignal.HIDDEN_TEXT in signals:
        more.append(ReceiptWarning.HIDDEN_TEXT)
    if read.page.has_direction_tricks:
        more.append(ReceiptWarning.DIRECTION_TRICKS)
    if signals & _LIMITS:
        more.append(ReceiptWarning.TEXT_LEFT_OUT)
    if not more:
        return receipt
    warnings = (*receipt.warnings, *more)
    return replace(receipt, warnings=warnings, status=ReceiptStatus.NEEDS_REVIEW)
