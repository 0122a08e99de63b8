"""Receipts: what can be read from an order mail, how surely, and from where.

A reading keeps its evidence: for each value where it came from and the words that it stands on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from paypulse.money import Money


class Category(StrEnum):
    """What was bought; the value is the sub-type in keys, paths and vendor configs."""

    FOOD_DELIVERY = "food-delivery"
    CLOTHING = "clothing"
    TECHNOLOGY = "technology"
    SUBSCRIPTIONS = "subscriptions"
    GROCERY = "grocery"
    UTILITY = "utility"
    MISCELLANEOUS = "miscellaneous"
    TRAVEL = "travel"


class BillingPeriod(StrEnum):
    """How often a subscription is paid; the value is what `ReceiptDetails` holds."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class Discovery(StrEnum):
    """How PayPulse came to a purchase."""

    VENDOR_CONFIG = "VENDOR_CONFIG"  # a vendor's configuration claims the mail
    SWEEP = "SWEEP"  # the mail looks like a receipt; nobody knows the sender
    MANUAL = "MANUAL"  # entered by its owner


class ReceiptOutcome(StrEnum):
    """What reading a mail came to; every mail ends in exactly one."""

    OK = "ok"
    REFUND = "refund"  # amounts are what comes back, positive
    NOT_AN_INVOICE = "not_an_invoice"


class ReceiptStatus(StrEnum):
    """Whether a receipt's values were checked."""

    OK = "OK"
    NEEDS_REVIEW = "NEEDS_REVIEW"


class DocumentType(StrEnum):
    """What the mail calls itself."""

    ORDER_CONFIRMATION = "order_confirmation"
    RECEIPT = "receipt"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class ValueSource(StrEnum):
    """Where a value was read."""

    JSON_LD = "JSON_LD"
    MICRODATA = "MICRODATA"
    LAYOUT = "LAYOUT"
    MODEL = "MODEL"
    MAIL_HEADER = "MAIL_HEADER"
    VENDOR_CONFIG = "VENDOR_CONFIG"
    DERIVED = "DERIVED"  # calculated, or concluded from the rest
    USER = "USER"  # entered or corrected by the owner


class ReceiptWarning(StrEnum):
    """Why a receipt needs a look; each is a sentence in the app."""

    TOTAL_MISSING = "TOTAL_MISSING"
    TOTAL_UNVERIFIED = "TOTAL_UNVERIFIED"  # nothing to check it against
    TOTAL_DOES_NOT_ADD_UP = "TOTAL_DOES_NOT_ADD_UP"
    TAX_IMPLAUSIBLE = "TAX_IMPLAUSIBLE"
    CURRENCY_MISSING = "CURRENCY_MISSING"
    SEVERAL_CURRENCIES = "SEVERAL_CURRENCIES"
    DATE_IMPLAUSIBLE = "DATE_IMPLAUSIBLE"
    DATE_UNSURE = "DATE_UNSURE"  # one among several, and no label says which is the order's
    ORDER_NUMBER_MISSING = "ORDER_NUMBER_MISSING"
    ORDER_NUMBER_UNSURE = "ORDER_NUMBER_UNSURE"  # one among several that the document names
    LEGS_UNSURE = "LEGS_UNSURE"  # the document has more times than the legs that were read
    DETAILS_UNSURE = "DETAILS_UNSURE"  # read from a sentence, where no label says what it is
    KIND_UNSURE = "KIND_UNSURE"  # little says that it is a receipt, or a refund, at all
    CATEGORY_UNSURE = "CATEGORY_UNSURE"  # a guess among several; the vendor is not known
    ITEMS_MISSING = "ITEMS_MISSING"
    ITEMS_DO_NOT_ADD_UP = "ITEMS_DO_NOT_ADD_UP"
    MARKUP_CONTRADICTS_TEXT = "MARKUP_CONTRADICTS_TEXT"
    MODEL_CONTRADICTS_TEXT = "MODEL_CONTRADICTS_TEXT"
    PDF_CONTRADICTS_TEXT = "PDF_CONTRADICTS_TEXT"  # another total than the body, or another PDF
    HIDDEN_TEXT = "HIDDEN_TEXT"  # amounts or orders to a machine that no reader sees
    DIRECTION_TRICKS = "DIRECTION_TRICKS"  # characters that make text read otherwise than written
    TEXT_LEFT_OUT = "TEXT_LEFT_OUT"  # a limit was met; see the signals
    DOCUMENTS_DIFFER = "DOCUMENTS_DIFFER"  # the mails of one purchase name different totals
    UNVERIFIED_SENDER = "UNVERIFIED_SENDER"  # nobody vouches for who sent it


class ReadingSignal(StrEnum):
    """What else was noticed; worth keeping, and no reason for a look by itself."""

    FORWARDED = "forwarded"
    HIDDEN_TEXT = "hidden_text"
    TEXT_PART_DIFFERS = "text_part_differs"
    BROKEN_MARKUP = "broken_markup"
    WRONG_CHARSET = "wrong_charset"
    NO_TEXT = "no_text"
    FROM_PDF = "from_pdf"  # the values stand in a PDF, not in the mail's body
    PDF_ENCRYPTED = "pdf_encrypted"
    PDF_UNREADABLE = "pdf_unreadable"  # broken, cut off, or a picture without text
    PDF_TOO_LARGE = "pdf_too_large"
    ACTIVE_CONTENT = "active_content"  # JavaScript or launch actions in a PDF; never run
    DATE_FROM_MAIL = "date_from_mail"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_MANY_PARTS = "too_many_parts"
    TIME_LIMIT = "time_limit"


# Why a PDF was not read, the likeliest to be mended by its owner first.
UNREAD_PDF = (
    ReadingSignal.PDF_ENCRYPTED,
    ReadingSignal.PDF_UNREADABLE,
    ReadingSignal.PDF_TOO_LARGE,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One value's origin; `quote` is text that a reader of the mail sees, or ""."""

    name: str
    value: str
    source: ValueSource
    quote: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptItem:
    """One line of a receipt."""

    name: str
    quantity: Decimal
    unit_price: Money | None = None
    total: Money | None = None
    size: str | None = None
    color: str | None = None
    serial: str | None = None
    warranty: str | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a journey; instants are local time as printed, ISO 8601 without a zone."""

    number: str | None = None
    origin: str | None = None
    destination: str | None = None
    departure: str | None = None
    arrival: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiptDetails:
    """What only some categories have."""

    restaurant: str | None = None
    service_fee: Money | None = None
    tip: Money | None = None
    plan: str | None = None
    billing_period: str | None = None  # a `BillingPeriod`
    period_start: date | None = None
    period_end: date | None = None
    next_billing_on: date | None = None
    deposit: Money | None = None
    consumption_kwh: Decimal | None = None
    due_on: date | None = None
    ocr: str | None = None
    booking_reference: str | None = None
    legs: tuple[Leg, ...] = ()
    passengers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The values of one purchase; None is a value that was not found or could not be trusted."""

    vendor: str
    category: Category
    document_type: DocumentType
    order_number: str | None
    ordered_on: date | None
    currency: str | None
    total: Money | None  # with VAT, fees, deposit and tip; after discounts, before gift cards
    tax: Money | None
    shipping: Money | None
    discount: Money | None  # positive
    items: tuple[ReceiptItem, ...] = ()
    details: ReceiptDetails = field(default_factory=ReceiptDetails)
    payment_method: str | None = None
    status: ReceiptStatus = ReceiptStatus.NEEDS_REVIEW
    warnings: tuple[ReceiptWarning, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiptReading:
    """A mail's outcome, with its receipt for the outcomes that have one.

    `order_number` is what a mail that is no receipt itself says about the purchase it belongs to.
    """

    outcome: ReceiptOutcome
    receipt: Receipt | None = None
    signals: frozenset[ReadingSignal] = field(default_factory=frozenset)
    model: str | None = None  # what the model answered: its id, or the reason why it did not
    order_number: str | None = None

    @property
    def unread_pdf(self) -> ReadingSignal | None:
        """Why a PDF that may be the receipt could not be read, where nothing else is one."""
        if self.receipt is not None:
            return None
        return next((signal for signal in UNREAD_PDF if signal in self.signals), None)


class NoReading(StrEnum):
    """Why a model gave no reading; none of it fails the mail."""

    OVER_BUDGET = "OVER_BUDGET"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    TIMEOUT = "TIMEOUT"
    BLOCKED = "BLOCKED"  # the model's own safety rules
    INVALID_ANSWER = "INVALID_ANSWER"
    REFUSED = "REFUSED"  # a wrong key or request: a deployment mistake


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model read: raw values with their quotes, not yet believed."""

    model_id: str
    fields: Mapping[str, Evidence] = field(default_factory=dict)
    items: tuple[Mapping[str, str], ...] = ()
    is_receipt: bool = True
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class VendorHints:
    """What a vendor's configuration tells a model about the vendor's mails; bounded in size."""

    field_translations: Mapping[str, str] = field(default_factory=dict)  # label → its meaning
    header_hint: str = ""  # where in the mail the order stands
    examples: tuple[tuple[str, str], ...] = ()  # a mail's visible text, the answer as JSON


class ReceiptModel(Protocol):
    """A second reader, such as Gemini."""

    def __call__(
        self, text: str, *, category: Category, hints: VendorHints | None = None
    ) -> ModelAnswer | NoReading:
        """Read a receipt from visible text; every failure is a named reason, never an exception.

        Quotes that do not occur in `text` have been dropped together with their values.

        Args:
            text: What a reader of the mail sees.
            category: Which form the answer has.
            hints: Of the vendor whose mail it is; believed, because they are ours.
        """
        ...
