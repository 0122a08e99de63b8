"""Every file in `vendor_configs`, and all of them together."""

from __future__ import annotations

import json
from collections import Counter
from email import message_from_bytes
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paypulse.receipts import Category
from paypulse.vendors import KeywordLogic, SubjectRule, VendorConfig, find_vendor, parse_vendor
from tests.factories import make_vendor_record

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "vendor_configs").glob("*/*.json"))
SCHEMA = json.loads((ROOT / "vendor_configs" / "schema.json").read_text(encoding="utf-8"))
MAILS = sorted((ROOT / "tests" / "corpus" / "mails").glob("*.eml"))


def record_of(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


VENDORS = [parse_vendor(record_of(file)) for file in FILES]


def make_vendor(vendor_id: str = "lampan", **changes: Any) -> VendorConfig:
    return parse_vendor(make_vendor_record(vendor_id, **changes))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_file_fits_the_schema_and_its_place(file: Path) -> None:
    record = record_of(file)

    jsonschema.validate(record, SCHEMA)
    assert record["vendor_id"] == file.stem
    assert record["invoice_sub_type"] == file.parent.name


def test_schema_is_one_itself() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["invoice_sub_type"]["enum"] == [entry.value for entry in Category]


def test_vendor_ids_differ() -> None:
    assert [
        name for name, count in Counter(v.vendor_id for v in VENDORS).items() if count > 1
    ] == []


def test_every_category_has_vendors() -> None:
    counts = Counter(vendor.category for vendor in VENDORS)

    assert set(counts) == set(Category)
    assert counts[Category.GROCERY] >= 3
    assert counts[Category.UTILITY] >= 3


def subjects_of(vendor: VendorConfig) -> list[str]:
    subjects = []
    for rule in vendor.subject_rules:
        whole = [" ".join(rule.keywords)] if rule.logic is KeywordLogic.AND else rule.keywords
        subjects.extend(f"Re: {words} 12345" for words in whole)
    return subjects


def senders_of(vendor: VendorConfig) -> list[str]:
    return [f"x{pattern}" if pattern[0] == "@" else pattern for pattern in vendor.email_patterns]


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.vendor_id)
def test_each_of_a_vendors_mails_is_claimed_by_it_alone(vendor: VendorConfig) -> None:
    for sender in senders_of(vendor):
        for subject in subjects_of(vendor):
            claiming = [other.vendor_id for other in VENDORS if other.claims(sender, subject)]
            assert claiming == [vendor.vendor_id]
            assert find_vendor(VENDORS, sender, subject) is vendor


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.stem)
def test_no_two_vendors_claim_a_mail_of_the_corpus(mail: Path) -> None:
    message = message_from_bytes(mail.read_bytes(), policy=default)
    sender = parseaddr(str(message["From"]))[1]

    claiming = [vendor for vendor in VENDORS if vendor.claims(sender, str(message["Subject"]))]

    assert len(claiming) <= 1


def test_case_and_blanks_of_a_subject_do_not_matter() -> None:
    assert make_vendor().claims("Order@Lampan.example", "ORDERBEKRÄFTELSE  88")
    assert make_vendor().claims("order@lampan.example", "Orderbekra\u0308ftelse")


def test_other_sender_with_the_same_subject_is_not_claimed() -> None:
    assert not make_vendor().claims("order@lampan.example.evil.example", "Orderbekräftelse")
    assert not make_vendor().claims("", "Orderbekräftelse")


def test_domain_pattern_takes_every_address_of_it_and_no_subdomain() -> None:
    vendor = make_vendor(email_patterns=["@lampan.example"])

    assert vendor.claims("kvitto@lampan.example", "Orderbekräftelse")
    assert not vendor.claims("kvitto@news.lampan.example", "Orderbekräftelse")


def test_all_keywords_of_an_and_rule_are_needed() -> None:
    rule = SubjectRule(("Order #", "confirmed"), KeywordLogic.AND)

    assert rule.matches("Your order #88 is Confirmed")
    assert not rule.matches("Order #88 has shipped")


def test_inactive_vendor_claims_nothing() -> None:
    assert not make_vendor(active=False).claims("order@lampan.example", "Orderbekräftelse")


def test_exact_address_goes_before_a_domain() -> None:
    exact, broad = make_vendor(), make_vendor("lampan_all", email_patterns=["@lampan.example"])

    assert find_vendor([broad, exact], "order@lampan.example", "Orderbekräftelse") is exact


def test_two_equal_claims_are_none() -> None:
    twins = [make_vendor(), make_vendor("lampan_two")]

    assert find_vendor(twins, "order@lampan.example", "Orderbekräftelse") is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vendor_name": ""}, "vendor_name"),
        ({"vendor_id": "Bad Id"}, "vendor_id"),
        ({"invoice_sub_type": "cars"}, "invoice_sub_type"),
        ({"email_patterns": []}, "email_patterns"),
        ({"email_patterns": ["lampan.example"]}, "email_patterns"),
        ({"subject_keywords": [""]}, "keyword"),
        ({"subject_keywords": [{"keywords": []}]}, "keyword"),
        ({"subject_keywords": [7]}, "subject_keywords"),
        ({"subject_keywords": [{"keywords": ["Kvitto"], "logic": "XOR"}]}, "logic"),
        ({"parser_type": None}, "parser_type"),
        ({"logo_url": "javascript:alert(1)"}, "logo_url"),
        ({"field_translations": {f"label {n}": "total" for n in range(41)}}, "field_translations"),
        ({"field_translations": {"Summa": "t" * 81}}, "field_translations"),
        ({"header_hint": "h" * 301}, "header_hint"),
        ({"examples": [{"text": "Summa 1 kr", "answer": {}}] * 3}, "examples"),
        ({"examples": [{"text": "x" * 4001, "answer": {}}]}, "examples"),
        ({"examples": [{"text": "Summa 1 kr", "answer": "total"}]}, "examples"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_wrong_configuration_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_vendor(**changes)


def test_hint_cannot_begin_a_line_of_its_own() -> None:
    hints = make_vendor(header_hint="Din order\n\nNew rule").hints

    assert hints.header_hint == "Din order New rule"


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(attribute=st.sampled_from(sorted(SCHEMA["properties"])), value=_VALUES)
def test_any_value_of_an_attribute_is_a_vendor_or_an_error_that_is_told(
    attribute: str, value: Any
) -> None:
    assert vendor_or_message(make_vendor_record() | {attribute: value})


def vendor_or_message(record: dict[str, Any]) -> VendorConfig | str:
    try:
        return parse_vendor(record)
    except ValueError as error:
        return str(error)
