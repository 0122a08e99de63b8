"""Enums of the contract: the domain's own, each value described."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import strawberry

from paypulse import (
    accounts,
    data_exports,
    errors,
    events,
    ledger,
    mail,
    notification_settings,
    receipts,
    rental,
    rental_invoices,
    retail_invoices,
    runs,
    spending,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum


def _described(
    domain: type[StrEnum], description: str, values: Mapping[str, str], *more: type[StrEnum]
) -> Any:
    """Return a GraphQL enum with the members of domain enums; each must be described."""
    known = {name: member for each in (*more, domain) for name, member in each.__members__.items()}
    if set(values) != set(known):
        raise TypeError(f"{domain.__name__}: describe exactly {sorted(known)}")
    members = {
        name: strawberry.enum_value(known[name].value, description=text)
        for name, text in values.items()
    }
    enum: type[Enum] = Enum(domain.__name__, members)  # type: ignore[misc]  # named at run time
    return strawberry.enum(enum, description=description)


DataExportStatus = _described(
    data_exports.DataExportStatus,
    "Where an export stands.",
    {
        "QUEUED": "Waiting for a worker.",
        "RUNNING": "Being written.",
        "READY": "It can be downloaded.",
        "FAILED": "There is none; `error` says why. Ask for another.",
        "EXPIRED": "Its day is over. Ask for another.",
    },
)
DataExportError = _described(
    data_exports.DataExportError,
    "Why an export failed.",
    {
        "TOO_LARGE": "It takes too long with the documents; ask for one without.",
        "STALLED": "It stopped moving.",
    },
)
UserErrorCode = _described(
    errors.UserErrorCode,
    "What the caller can put right.",
    {
        "INVALID_INPUT": "A field has a value that is not allowed.",
        "MISSING_FIELDS": "A field is empty that must not be.",
        "NOT_FOUND": "There is nothing of the caller's with this id.",
        "INVALID_EMAIL": "The e-mail address is not one.",
        "WEAK_PASSWORD": "The password is too short, too long, or among the first to be guessed.",
        "INVALID_PASSWORD": "This is not the account's password.",
        "USER_ALREADY_EXISTS": "No account can be opened for this address; log in if it is yours.",
        "GMAIL_TOKEN_REJECTED": "Google does not accept the token, or it is not for PayPulse.",
        "GMAIL_SCOPE_MISSING": "The user did not allow reading mail.",
        "ACCOUNT_SWITCH_UNCONFIRMED": "Another Google account is connected; confirm the switch.",
    },
)
GmailStatus = _described(
    accounts.GmailStatus,
    "Where a user stands with Gmail.",
    {
        "NOT_CONNECTED": "No mailbox is connected.",
        "CONNECTED": "A mailbox is connected and read.",
        "RECONNECT_REQUIRED": "Google took the permission back; only the user can renew it.",
    },
)
Language = _described(
    notification_settings.Language,
    "A language of pushes and e-mails.",
    {"SV": "Swedish.", "EN": "English."},
)
InvoiceStatus = _described(
    rental_invoices.InvoiceStatus,
    "Whether an invoice can be taken as it is.",
    {
        "OK": "Nothing speaks against it.",
        "NEEDS_REVIEW": "At least one warning: look before paying.",
    },
)
InvoiceWarning = _described(
    rental_invoices.InvoiceWarning,
    "A reason to look before paying, or before trusting a receipt.",
    {
        "INVALID_OCR": "The check digit of the OCR number is wrong.",
        "MISSING_OCR": "No OCR number could be read.",
        "INCONSISTENT_TOTAL": "The rows do not add up to the total.",
        "BANKGIRO_CHANGED": "The sender's last notice named another bankgiro.",
        "SECOND_NOTICE_FOR_MONTH": "There is another notice for the same month.",
        "UNVERIFIED_SENDER": "Nobody proved who sent the document.",
        "ACTIVE_CONTENT": "The document holds scripts or actions. They were not run.",
        "TOTAL_MISSING": "No total could be read.",
        "TOTAL_UNVERIFIED": "There was nothing to check the total against.",
        "TOTAL_DOES_NOT_ADD_UP": "Items, shipping and discount do not make the total.",
        "TAX_IMPLAUSIBLE": "The tax is no usual share of the total.",
        "CURRENCY_MISSING": "No currency could be read.",
        "SEVERAL_CURRENCIES": "Amounts stand there in several currencies.",
        "DATE_IMPLAUSIBLE": "The date lies too far from that of the mail.",
        "DATE_UNSURE": "Several dates stand there; this is one of them.",
        "ORDER_NUMBER_UNSURE": "The document names several order numbers; this is one of them.",
        "ORDER_NUMBER_MISSING": "No order number could be read.",
        "ITEMS_MISSING": "No items could be read.",
        "ITEMS_DO_NOT_ADD_UP": "The prices of the items do not make their sum.",
        "MARKUP_CONTRADICTS_TEXT": "What the mail tells machines differs from what people see.",
        "MODEL_CONTRADICTS_TEXT": "Two readings of the mail differ.",
        "PDF_CONTRADICTS_TEXT": "The attached PDF names another total than the mail.",
        "HIDDEN_TEXT": "The mail holds text that nobody sees.",
        "DIRECTION_TRICKS": "Characters make text look otherwise than it is written.",
        "TEXT_LEFT_OUT": "The mail was too long to be read whole.",
        "KIND_UNSURE": "It may be no receipt, or no refund, at all.",
        "LEGS_UNSURE": "There may be more legs than were read.",
        "DETAILS_UNSURE": "A detail was read from a sentence, not beside a label.",
        "CATEGORY_UNSURE": "What was bought does not say clearly which category it is.",
        "DOCUMENTS_DIFFER": "The mails about this purchase name different totals.",
    },
    receipts.ReceiptWarning,
)
RentLineKind = _described(
    rental.RentLineKind,
    "What a row of a rent notice is for.",
    {
        "RENT": "Base rent (hyra).",
        "COLD_WATER": "Cold water (kallvatten).",
        "HOT_WATER": "Hot water (varmvatten).",
        "ELECTRICITY": "Electricity (el).",
        "VAT": "VAT (mervärdesskatt).",
        "RETROACTIVE_RENT": "Rent for earlier months (retroaktiv hyra).",
        "PARKING": "Parking or garage.",
        "BROADBAND": "Broadband or cable TV.",
        "REBATE": "A rebate or deduction.",
        "OTHER": "Any other row.",
    },
)
SenderAuthentication = _described(
    mail.SenderAuthentication,
    "What the receiving mail server found out about the sender (RFC 8601).",
    {
        "PASS": "The sender is who they say.",
        "FAIL": "The check failed.",
        "NONE": "There was no check.",
    },
)
RunKind = _described(
    runs.RunKind,
    "What a run looks for.",
    {
        "RENTAL": "Every rent notice in the mailbox.",
        "LATEST_RENTAL": "The rent notice of one month.",
        "RETAIL": "Receipts, since the last such run or in a range of days.",
        "BACKFILL": "The whole mailbox from a day on: rent notices and receipts.",
    },
)
RunStatus = _described(
    runs.RunStatus,
    "Where a run stands.",
    {
        "QUEUED": "Waiting for a worker.",
        "RUNNING": "At work.",
        "SUCCEEDED": "Every message has its outcome, none failed.",
        "PARTIAL": "Every message has its outcome, at least one failed.",
        "FAILED": "Could not be carried out; `error` says why.",
    },
)
RunOutcome = _described(
    runs.RunOutcome,
    "The answer of a run that looks for one month's notice.",
    {
        "INGESTED": "It has arrived.",
        "ALREADY_PRESENT": "It was there before.",
        "NOT_YET_SENT": "It is not in the mailbox yet.",
    },
)
RunError = _described(
    runs.RunError,
    "Why a run could not be carried out.",
    {
        "RECONNECT_REQUIRED": "Google no longer accepts the connection.",
        "GMAIL_NOT_CONNECTED": "No mailbox is connected.",
        "QUEUE_UNAVAILABLE": "The work could not be queued.",
        "STALLED": "It stopped moving; start another, nothing is lost.",
    },
)
MailOutcome = _described(
    ledger.MailOutcome,
    "What became of a message.",
    {
        "STORED": "It brought at least one invoice.",
        "NOT_AN_INVOICE": "It brought none.",
        "UNTRUSTED_SENDER": "It claims a known sender's address without proof.",
        "DUPLICATE": "Its document was there already.",
        "FAILED": "It could not be had, or its document not be read.",
    },
)
DocumentOutcome = _described(
    ledger.DocumentOutcome,
    "What became of a document.",
    {
        "OK": "It was read.",
        "INVALID_OCR": "It was read; the OCR number's check digit is wrong.",
        "INCONSISTENT_TOTAL": "It was read; the rows do not add up to the total.",
        "UNREADABLE": "It is broken, empty, or a picture without text.",
        "ENCRYPTED": "It needs a password.",
        "NOT_A_RENT_NOTICE": "It is something else.",
        "DUPLICATE": "The same document was there already.",
        "PROCESSING_FAILED": "Reading it failed several times.",
        "WITHHELD": "Gmail lists the mail but does not give it out; later runs ask again.",
        "UNTRUSTED_SENDER": "Its sender could not be proved.",
        "NO_DOCUMENT": "The mail carries no PDF.",
        "TOO_LARGE": "The mail carries more than PayPulse opens.",
        "NEEDS_REVIEW": "It was read; not all values could be checked.",
        "NOT_A_RECEIPT": "It is another of the shop's mails.",
        "ATTACHED": "It is no receipt itself, but about a purchase that is known.",
    },
)
InvoiceEventType = _described(
    events.InvoiceEventType,
    "What happened to an invoice.",
    {
        "ADDED": "It arrived.",
        "UPDATED": "It changed, for example by a new warning.",
        "DELETED": "It was removed.",
    },
)
InvoiceKind = _described(
    events.InvoiceKind,
    "Which list an invoice belongs to.",
    {"RENTAL": "Rent notices.", "RETAIL": "Receipts."},
)
Category = _described(
    receipts.Category,
    "What was bought.",
    {
        "FOOD_DELIVERY": "Restaurant meals brought home.",
        "CLOTHING": "Clothes and shoes.",
        "TECHNOLOGY": "Computers, telephones and electronics.",
        "SUBSCRIPTIONS": "What is paid again and again, software and memberships among it.",
        "GROCERY": "Food and household goods.",
        "UTILITY": "Electricity, heating, telephone and broadband.",
        "MISCELLANEOUS": "Anything else.",
        "TRAVEL": "Journeys.",
    },
)
InvoiceType = _described(
    retail_invoices.InvoiceType,
    "Which way the money went.",
    {"PURCHASE": "To the shop.", "REFUND": "Back from the shop; amounts are positive."},
)
InvoiceOrder = _described(
    retail_invoices.InvoiceOrder,
    "Which end of a list comes first.",
    {"NEWEST_FIRST": "The latest day.", "OLDEST_FIRST": "The earliest day."},
)
CorrectableField = _described(
    retail_invoices.CorrectableField,
    "What the owner of a receipt may correct.",
    {
        "VENDOR": "The shop's name.",
        "CATEGORY": "What was bought.",
        "ORDER_NUMBER": "The order number.",
        "INVOICE_DATE": "The day of the purchase.",
        "TOTAL": "What was paid.",
        "TAX": "The tax in it.",
        "SHIPPING": "What shipping cost.",
        "DISCOUNT": "What was taken off.",
        "PAYMENT_METHOD": "How it was paid.",
        "ITEMS": "The items, all together.",
    },
)
Discovery = _described(
    receipts.Discovery,
    "How PayPulse came to a purchase.",
    {
        "VENDOR_CONFIG": "By a mail of a known vendor.",
        "SWEEP": "By a mail that looks like a receipt, of a sender that nobody knows.",
        "MANUAL": "Its owner entered it.",
    },
)
ValueSource = _described(
    receipts.ValueSource,
    "Where a value was read.",
    {
        "JSON_LD": "In the mail's structured data (JSON-LD).",
        "MICRODATA": "In the mail's structured data (microdata).",
        "LAYOUT": "In the mail's visible text.",
        "MODEL": "In the visible text, by a language model.",
        "MAIL_HEADER": "In the mail's header.",
        "VENDOR_CONFIG": "It is known of the vendor.",
        "DERIVED": "It follows from other values.",
        "USER": "The owner said so.",
    },
)
BillingPeriod = _described(
    receipts.BillingPeriod,
    "How often a subscription is paid.",
    {
        "WEEKLY": "Every week.",
        "MONTHLY": "Every month.",
        "QUARTERLY": "Every three months.",
        "YEARLY": "Every year.",
    },
)
PeriodLength = _described(
    spending.PeriodLength,
    "How long a period of spending is.",
    {
        "MONTH": "A calendar month.",
        "QUARTER": "Three months, from January, April, July or October.",
        "YEAR": "A calendar year.",
    },
)
SpendingGroup = _described(
    spending.SpendingGroup,
    "What is added up together.",
    {
        "CATEGORY": "Receipts by category.",
        "VENDOR": "Receipts by the shop's name.",
        "RENT_LINE": "Rent notices by what their rows are for.",
    },
)
