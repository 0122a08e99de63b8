"""Receipts in a mailbox: how to find them, whose they are, what to keep of each mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from paypulse.documents import Document, DocumentSource, ReceiptOrigin, hash_content, retail_key
from paypulse.ingest_mail import Parcel, SortedMail
from paypulse.ledger import DocumentOutcome, MailOutcome, Settlement
from paypulse.mail import LeftOut, SenderAuthentication
from paypulse.receipts import Discovery, ReadingSignal
from paypulse.rental_mail import landlord_clauses
from paypulse.retail_invoices import shop_domain
from paypulse.runs import RunKind
from paypulse.vendors import find_sender, find_vendor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from paypulse.mail import RawMail, ReceiptMail
    from paypulse.ports.gmail import ReceiptMailReader
    from paypulse.receipts import Category
    from paypulse.rental_mail import RentalCollector
    from paypulse.runs import IngestionRun
    from paypulse.vendors import VendorConfig

# What Gmail itself takes for a purchase, whoever sent it.
_SWEEP = "category:purchases"
# Mail that the user wrote is none of a shop.
_NOT_OWN = "-in:sent -in:drafts"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetailCollector:
    """Receipts, for `MailboxCollector`.

    `judge` reads a mail and PDFs on the spot, without any service: the category of a receipt, or
    None for anything else. It decides about senders that no configuration knows, and whether the
    receipt is in the body or in an attached PDF.
    """

    vendors: Sequence[VendorConfig]
    read: ReceiptMailReader
    judge: Callable[[ReceiptMail, Sequence[bytes]], Category | None]
    discovers: bool

    def terms(self, run: IngestionRun) -> list[str]:
        """Return what the search looks for, any of it."""
        senders = {
            pattern.removeprefix("@")
            for vendor in self.vendors
            if vendor.active and run.category in (None, vendor.category)
            for pattern in vendor.email_patterns
        }
        terms = [f"from:{sender}" for sender in sorted(senders)]
        return [*terms, _SWEEP] if self.discovers and run.category is None else terms

    def sort(self, user_id: str, raw: RawMail) -> SortedMail:
        """Return the mail's page or its PDFs, or why there is nothing to keep."""
        found = self.read(raw)
        vendor = find_vendor(self.vendors, found.mail.sender, found.mail.subject)
        if vendor is not None:
            return self._of_vendor(user_id, found, vendor)
        return self._of_unknown(user_id, found)

    def _of_vendor(self, user_id: str, found: ReceiptMail, vendor: VendorConfig) -> SortedMail:
        if found.mail.authentication is not SenderAuthentication.PASS:
            refusal = Settlement(MailOutcome.UNTRUSTED_SENDER, DocumentOutcome.UNTRUSTED_SENDER)
            return SortedMail(found.mail, refusal=refusal)
        origin = _origin(found, vendor.category, vendor.vendor_id, Discovery.VENDOR_CONFIG)
        return self._kept(user_id, found, origin, vendor.vendor_id)

    def _of_unknown(self, user_id: str, found: ReceiptMail) -> SortedMail:
        """Keep what reads like a receipt and is proved to come from its sender."""
        proved = found.mail.authentication is SenderAuthentication.PASS
        pdfs = [pdf.content for pdf in found.mail.pdfs]
        category = self.judge(found, pdfs) if self.discovers and proved else None
        if category is None:
            return SortedMail(found.mail, refusal=Settlement(MailOutcome.NOT_AN_INVOICE))
        # The original sender of a forwarded mail may be known.
        vendor = find_vendor(self.vendors, found.sender, found.subject)
        vendor = vendor or find_sender(self.vendors, found.sender)
        vendor_id = vendor.vendor_id if vendor else ""
        category = vendor.category if vendor else category
        origin = _origin(found, category, vendor_id, Discovery.SWEEP)
        return self._kept(user_id, found, origin, vendor_id or shop_domain(found.sender))

    def _kept(
        self, user_id: str, found: ReceiptMail, origin: ReceiptOrigin, vendor: str
    ) -> SortedMail:
        """Keep the body, unless the receipt is only in the PDFs beside it."""
        mail = found.mail
        if mail.pdfs and (not found.has_body or self.judge(found, ()) is None):
            parcels = tuple(
                _parcel(
                    user_id, found, replace(origin, part=f"pdf{number}"), pdf.filename, pdf.content
                )
                for number, pdf in enumerate(mail.pdfs, start=1)
            )
            return SortedMail(mail, parcels, vendor=vendor)
        if not found.has_body:
            return SortedMail(mail, refusal=_without_body(mail.left_out), vendor=vendor)
        name = f"{vendor} {found.mail.received_at:%Y-%m-%d}.html"
        parcel = _parcel(user_id, found, origin, name, found.page)
        return SortedMail(mail, (parcel,), vendor=vendor)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxCollector:
    """Implements `MailCollector`: receipts, and for a BACKFILL rent notices too.

    A notice that turns up among the receipts is taken as what it is: its message is seen once.
    """

    rental: RentalCollector
    retail: RetailCollector
    time_zone: str

    def query(self, run: IngestionRun) -> str:
        """Return the one Gmail search over all senders that the run is about."""
        terms = self.retail.terms(run)
        if run.kind is RunKind.BACKFILL:
            terms = [*landlord_clauses(self.rental.landlords), *terms]
        return " ".join(["{" + " ".join(terms) + "}", _NOT_OWN, *_period(run, self.time_zone)])

    def sort(self, user_id: str, raw: RawMail) -> SortedMail:
        """Return what the one that the mail is for makes of it."""
        mail = self.rental.read_mail(raw)
        if any(landlord.sent(mail) for landlord in self.rental.landlords):
            return self.rental.sort(user_id, raw)
        return self.retail.sort(user_id, raw)


def _period(run: IngestionRun, time_zone: str) -> list[str]:
    """Return the days of a run as instants: Gmail reads plain dates in a zone of its own."""
    zone = ZoneInfo(time_zone)

    def starts(day: date) -> int:
        return int(datetime.combine(day, time.min, zone).timestamp())

    terms = [f"after:{starts(run.since) - 1}"] if run.since else []
    if run.until:
        terms.append(f"before:{starts(run.until + timedelta(days=1))}")
    return terms


def _origin(
    found: ReceiptMail, category: Category, vendor_id: str, discovered_by: Discovery
) -> ReceiptOrigin:
    return ReceiptOrigin(
        category=category,
        vendor_id=vendor_id,
        discovered_by=discovered_by,
        sender_name=found.sender_name,
        subject=found.subject,
        sent_at=found.sent_at,
        signals=found.signals,
    )


def _parcel(
    user_id: str, found: ReceiptMail, origin: ReceiptOrigin, filename: str, content: bytes
) -> Parcel:
    mail = found.mail
    sha256 = hash_content(content)
    # Of a forwarded mail the original sender, whom nobody proved; its signals say so.
    forwarded = ReadingSignal.FORWARDED in found.signals
    authentication = SenderAuthentication.NONE if forwarded else mail.authentication
    source = DocumentSource(mail.message_id, found.sender, mail.received_at, authentication)
    key = retail_key(user_id, origin, mail.message_id, f"{mail.received_at:%Y-%m-%d}")
    stem, _, suffix = key.rpartition(".")
    document = Document(user_id, key, filename, sha256, source, origin)
    return Parcel(document, content, f"{stem}_{sha256[:8]}.{suffix}")


def _without_body(left_out: tuple[LeftOut, ...]) -> Settlement:
    if LeftOut.ENCRYPTED in left_out:
        return Settlement(MailOutcome.FAILED, DocumentOutcome.ENCRYPTED)
    if left_out:
        return Settlement(MailOutcome.FAILED, DocumentOutcome.TOO_LARGE)
    return Settlement(MailOutcome.NOT_AN_INVOICE, DocumentOutcome.NO_DOCUMENT)
