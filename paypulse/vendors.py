"""Vendors: whose mails are receipts, by sender and subject. Their files are in `vendor_configs`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from paypulse.receipts import Category

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ADDRESS = re.compile(r"[^\s@<>]*@[a-z0-9.-]+\.[a-z]{2,}")
_VENDOR_ID = re.compile(r"[a-z0-9][a-z0-9_.&-]{0,60}")


class KeywordLogic(StrEnum):
    """How the keywords of one rule belong together."""

    AND = "AND"
    OR = "OR"


@dataclass(frozen=True, slots=True)
class SubjectRule:
    """Keywords that a subject contains: all of them, or one."""

    keywords: tuple[str, ...]
    logic: KeywordLogic = KeywordLogic.OR

    def matches(self, subject: str) -> bool:
        """Tell whether a subject fits; upper and lower case and blanks do not matter."""
        hits = (comparable(keyword) in comparable(subject) for keyword in self.keywords)
        return all(hits) if self.logic is KeywordLogic.AND else any(hits)


@dataclass(frozen=True, slots=True)
class VendorConfig:
    """A shop and how its receipts are told from its other mails."""

    vendor_id: str
    vendor_name: str
    category: Category
    email_patterns: tuple[str, ...]  # whole addresses, or "@shop.se" for all of a domain
    subject_rules: tuple[SubjectRule, ...]  # one that fits is enough; none: every subject fits
    parser_type: str = "html"
    active: bool = True
    hints: Mapping[str, Any] = field(default_factory=dict)  # field_translations, header_hint, …

    def claims(self, sender: str, subject: str) -> bool:
        """Tell whether a mail is this vendor's receipt."""
        if not self.active or not self.sender_match(sender):
            return False
        return not self.subject_rules or any(rule.matches(subject) for rule in self.subject_rules)

    def sender_match(self, sender: str) -> int:
        """Return how closely a sender's address fits: 2 exactly, 1 by its domain, 0 not at all."""
        address = sender.strip().lower()
        if address in self.email_patterns:
            return 2
        domain = f"@{address.rpartition('@')[2]}"
        return 1 if "@" in address and domain in self.email_patterns else 0


def find_vendor(vendors: Iterable[VendorConfig], sender: str, subject: str) -> VendorConfig | None:
    """Return the one vendor whose receipt a mail is.

    An exact address goes before a domain. Where several still fit there is no answer: a purchase
    under the wrong name is worse than one that waits for a better rule.
    """
    fitting = [vendor for vendor in vendors if vendor.claims(sender, subject)]
    closest = max((vendor.sender_match(sender) for vendor in fitting), default=0)
    best = [vendor for vendor in fitting if vendor.sender_match(sender) == closest]
    return best[0] if len(best) == 1 else None


def comparable(text: str) -> str:
    """Return text for comparison: composed letters, one case, single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def parse_vendor(record: Mapping[str, Any]) -> VendorConfig:
    """Return the vendor that a configuration describes.

    Args:
        record: In the form of `vendor_configs/schema.json`.

    Raises:
        ValueError: Something is missing or wrong; the message names the attribute.
    """
    vendor_id = _text(record, "vendor_id")
    if not _VENDOR_ID.fullmatch(vendor_id):
        raise ValueError(f"vendor_id {vendor_id!r} has characters that keys cannot have")
    try:
        category = Category(_text(record, "invoice_sub_type"))
    except ValueError:
        raise ValueError(f"invoice_sub_type of {vendor_id!r} is none of the eight") from None
    return VendorConfig(
        vendor_id=vendor_id,
        vendor_name=_text(record, "vendor_name"),
        category=category,
        email_patterns=_patterns(record, vendor_id),
        subject_rules=tuple(_rule(entry) for entry in record.get("subject_keywords", ())),
        parser_type=_text(record, "parser_type"),
        active=record.get("active", True) is True,
        hints={
            name: record[name]
            for name in ("field_translations", "header_hint", "examples")
            if name in record
        },
    )


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is missing")
    return value


def _patterns(record: Mapping[str, Any], vendor_id: str) -> tuple[str, ...]:
    patterns = tuple(str(pattern).lower() for pattern in record.get("email_patterns", ()))
    if not patterns or not all(_ADDRESS.fullmatch(pattern) for pattern in patterns):
        raise ValueError(f"email_patterns of {vendor_id!r} must be addresses, or @domain")
    return patterns


def _rule(entry: Any) -> SubjectRule:
    if isinstance(entry, str) and entry.strip():
        return SubjectRule((entry,))
    if isinstance(entry, dict):
        keywords = tuple(word for word in entry.get("keywords", ()) if str(word).strip())
        if keywords:
            return SubjectRule(keywords, KeywordLogic(entry.get("logic", "OR")))
    raise ValueError("a subject keyword is empty")
