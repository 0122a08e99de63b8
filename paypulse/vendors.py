"""Vendors: whose mails are receipts, by sender and subject. Their files are in `vendor_configs`."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from paypulse.receipts import Category, VendorHints

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_ADDRESS = re.compile(r"[^\s@<>]*@[a-z0-9.-]+\.[a-z]{2,}")
_VENDOR_ID = re.compile(r"[a-z0-9][a-z0-9_.&-]{0,60}")
_LOGO = re.compile(r"https://[^\s<>\"]{3,500}")
# The same bounds as in `vendor_configs/schema.json`: hints are sent with every mail.
_MAX_TRANSLATIONS = 40
_MAX_LABEL = 80
_MAX_HEADER = 300
_MAX_EXAMPLES = 2
_MAX_EXAMPLE = 4000
_EXACTLY, _BY_DOMAIN = 2, 1  # how closely a sender fits


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
    logo_url: str | None = None
    hints: VendorHints = field(default_factory=VendorHints)

    def claims(self, sender: str, subject: str) -> bool:
        """Tell whether a mail is this vendor's receipt."""
        if not self.active or not self.sender_match(sender):
            return False
        return not self.subject_rules or any(rule.matches(subject) for rule in self.subject_rules)

    def sender_match(self, sender: str) -> int:
        """Return how closely a sender's address fits: 2 exactly, 1 by its domain, 0 not at all."""
        address = sender.strip().lower()
        if address in self.email_patterns:
            return _EXACTLY
        domain = f"@{address.rpartition('@')[2]}"
        return _BY_DOMAIN if "@" in address and domain in self.email_patterns else 0


def find_vendor(vendors: Iterable[VendorConfig], sender: str, subject: str) -> VendorConfig | None:
    """Return the one vendor whose receipt a mail is.

    An exact address goes before a domain. Where several still fit there is no answer: a purchase
    under the wrong name is worse than one that waits for a better rule.
    """
    fitting = [vendor for vendor in vendors if vendor.claims(sender, subject)]
    closest = max((vendor.sender_match(sender) for vendor in fitting), default=0)
    best = [vendor for vendor in fitting if vendor.sender_match(sender) == closest]
    return best[0] if len(best) == 1 else None


def find_sender(vendors: Iterable[VendorConfig], sender: str) -> VendorConfig | None:
    """Return the one vendor that writes from exactly this address, whatever its mail is about.

    It names a receipt that was found without `find_vendor`, by what it says.
    """
    fitting = [each for each in vendors if each.active and each.sender_match(sender) == _EXACTLY]
    return fitting[0] if len(fitting) == 1 else None


def contested_by(vendor: VendorConfig, others: Iterable[VendorConfig]) -> tuple[str, ...]:
    """Return the ids of the vendors that keep this one from its own mails.

    Those are tried with every sender and every subject of its rules; see `find_vendor`.
    """
    everyone = [vendor, *(other for other in others if other.vendor_id != vendor.vendor_id)]
    rivals: set[str] = set()
    for sender in _senders(vendor):
        for subject in _subjects(vendor):
            if vendor.claims(sender, subject) and not find_vendor(everyone, sender, subject):
                rivals |= {each.vendor_id for each in everyone if each.claims(sender, subject)}
    return tuple(sorted(rivals - {vendor.vendor_id}))


def _senders(vendor: VendorConfig) -> Iterator[str]:
    for pattern in vendor.email_patterns:
        yield f"x{pattern}" if pattern.startswith("@") else pattern


def _subjects(vendor: VendorConfig) -> Iterator[str]:
    for rule in vendor.subject_rules:
        if rule.logic is KeywordLogic.AND:
            yield " ".join(rule.keywords)
        else:
            yield from rule.keywords
    if not vendor.subject_rules:
        yield ""


def comparable(text: str) -> str:
    """Return text for comparison: composed letters, one case, single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def parse_vendor(record: Mapping[str, Any]) -> VendorConfig:
    """Return the vendor that a configuration describes.

    Args:
        record: In the form of `vendor_configs/schema.json`; lists may be sets, as DynamoDB has.

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
        subject_rules=tuple(_rule(entry) for entry in _entries(record, "subject_keywords")),
        parser_type=_text(record, "parser_type"),
        active=record.get("active", True) is True,
        logo_url=_logo(record),
        hints=_hints(record),
    )


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is missing")
    return value


def _entries(record: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = record.get(name, ())
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} must be a list")  # noqa: TRY004 - wrong data, not a wrong call
    return value


def _patterns(record: Mapping[str, Any], vendor_id: str) -> tuple[str, ...]:
    patterns = tuple(str(pattern).lower() for pattern in _entries(record, "email_patterns"))
    if not patterns or not all(_ADDRESS.fullmatch(pattern) for pattern in patterns):
        raise ValueError(f"email_patterns of {vendor_id!r} must be addresses, or @domain")
    return patterns


def _rule(entry: Any) -> SubjectRule:
    if isinstance(entry, str):
        return SubjectRule((_keyword(entry),))
    if not isinstance(entry, dict):
        raise ValueError("subject_keywords has an odd entry")  # noqa: TRY004 - as above
    keywords = tuple(_keyword(word) for word in _entries(entry, "keywords"))
    if not keywords:
        raise ValueError("subject_keywords has a rule without a keyword")
    logic = entry.get("logic", "OR")
    if logic not in list(KeywordLogic):
        raise ValueError(f"subject_keywords: logic must be AND or OR, not {logic!r}")
    return SubjectRule(keywords, KeywordLogic(logic))


def _keyword(word: Any) -> str:
    if not isinstance(word, str) or not word.strip():
        raise ValueError("subject_keywords holds an empty keyword")
    return word


def _logo(record: Mapping[str, Any]) -> str | None:
    url = record.get("logo_url") or None
    if url is not None and not (isinstance(url, str) and _LOGO.fullmatch(url)):
        raise ValueError("logo_url must begin with https://")
    return url


def _hints(record: Mapping[str, Any]) -> VendorHints:
    translations = record.get("field_translations", {})
    if not isinstance(translations, dict) or len(translations) > _MAX_TRANSLATIONS:
        raise ValueError(f"field_translations must be at most {_MAX_TRANSLATIONS} labels")
    return VendorHints(
        field_translations={
            _line(label, "field_translations", _MAX_LABEL): _line(
                meaning, "field_translations", _MAX_LABEL
            )
            for label, meaning in translations.items()
        },
        header_hint=_line(record.get("header_hint", ""), "header_hint", _MAX_HEADER),
        examples=_examples(record),
    )


def _line(value: Any, name: str, longest: int) -> str:
    """Return text on one line: hints stand in lists, where a break would begin another entry."""
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError(f"{name} must hold text of at most {longest} characters")
    return " ".join(value.split())


def _examples(record: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    entries = _entries(record, "examples")
    if len(entries) > _MAX_EXAMPLES:
        raise ValueError(f"examples must be at most {_MAX_EXAMPLES}")
    examples = []
    for entry in entries:
        values = entry if isinstance(entry, dict) else {}
        text, answer = values.get("text"), values.get("answer")
        if not isinstance(text, str) or not text.strip() or not isinstance(answer, dict):
            raise ValueError("examples must each have a text and an answer")
        written = json.dumps(answer, ensure_ascii=False)
        if max(len(text), len(written)) > _MAX_EXAMPLE:
            raise ValueError(f"examples must be of at most {_MAX_EXAMPLE} characters each")
        examples.append((text, written))
    return tuple(examples)
