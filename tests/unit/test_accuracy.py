from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devstack.accuracy import CorpusError, Labelled, compare, load_corpus, measure, score
from devstack.accuracy_report import show

SAMPLES = Path(__file__).parents[1] / "corpus" / "mails"
FIELDS: dict[str, Any] = {
    "vendor": "Lampan",
    "category": "miscellaneous",
    "orderNumber": "5512-88",
    "orderDate": "2025-05-05",
    "currency": "SEK",
    "total": 448,
    "tax": None,
    "shipping": 49,
    "discount": None,
}
ITEM: dict[str, Any] = {"name": "Bordslampa, vit", "quantity": 1, "unitPrice": 399, "total": 399}


def labelled(**changes: Any) -> Labelled:
    label = {"expected": "ok", "fields": FIELDS, "items": [ITEM], "details": {}, **changes}
    return Labelled("lamp", "dev", b"", label)


def record(**changes: Any) -> dict[str, Any]:
    read = {"outcome": "ok", "fields": FIELDS, "items": [ITEM], "details": {}, "status": "OK"}
    return {**read, "flags": [], **changes}


def test_record_like_its_label_is_all_right() -> None:
    total = score([compare(labelled(), record())])

    assert total.all_right.ratio == 1
    assert total.items_f1 == 1
    assert total.wrong_but_ok.count == 0


def test_value_that_differs_is_wrong_though_the_status_says_ok() -> None:
    total = score([compare(labelled(), record(fields={**FIELDS, "total": 399}))])

    assert total.fields["total"].ratio == 0
    assert total.fields["shipping"].ratio == 1
    assert total.wrong_but_ok.count == 1
    assert total.facts_wrong_but_ok.ratio == 1


def test_value_to_review_is_no_wrong_fact() -> None:
    read = record(fields={**FIELDS, "total": 399}, status="NEEDS_REVIEW")
    total = score([compare(labelled(), read)])

    assert total.wrong_but_ok.of == 0
    assert total.needs_review.ratio == 1


def test_value_that_is_missing_is_not_right_and_not_shown_as_wrong() -> None:
    total = score([compare(labelled(), record(fields={**FIELDS, "shipping": None}))])

    assert total.fields["shipping"].ratio == 0
    assert total.wrong_but_ok.count == 0


def test_value_that_the_mail_does_not_have_is_wrong() -> None:
    total = score([compare(labelled(), record(fields={**FIELDS, "tax": 80}))])

    assert total.fields["tax"].ratio == 0
    assert total.wrong_but_ok.count == 1


def test_receipt_that_was_not_recognised_has_no_value_right() -> None:
    read = record(outcome="not_an_invoice", fields=None, items=[], status=None)
    total = score([compare(labelled(), read)])

    assert total.outcome.ratio == 0
    assert total.fields["total"].ratio == 0
    assert total.items_labelled.ratio == 0


def test_receipt_made_of_a_newsletter_shows_only_wrong_values() -> None:
    newsletter = labelled(expected="not_an_invoice", fields=None, items=[])
    total = score([compare(newsletter, record())])

    assert total.wrong_but_ok.ratio == 1
    assert total.fields["total"].of == 0


@pytest.mark.parametrize(
    ("name", "is_right"),
    [("bordslampa vit", True), ("Bordslampa, vitt", True), ("Golvlampa, svart", False)],
)
def test_item_is_known_by_a_name_that_is_much_alike(name: str, is_right: bool) -> None:
    total = score([compare(labelled(), record(items=[{**ITEM, "name": name}]))])

    assert total.items_read.count == is_right


def test_item_with_another_sum_is_neither_read_nor_found() -> None:
    total = score([compare(labelled(), record(items=[{**ITEM, "total": 39}]))])

    assert total.items_read.ratio == 0
    assert total.items_labelled.ratio == 0


def test_item_read_twice_costs_precision_only() -> None:
    total = score([compare(labelled(), record(items=[ITEM, ITEM]))])

    assert total.items_read.ratio == 0.5
    assert total.items_labelled.ratio == 1


def test_mail_that_contradicts_itself_is_expected_to_need_review() -> None:
    total = score([compare(labelled(expect_review=True), record())])

    assert total.review_expected.ratio == 0


def test_samples_are_exactly_right() -> None:
    mails = [mail for mail in load_corpus(SAMPLES) if mail.name.startswith("s_")]

    total = score(measure(mails))

    assert total.mails == 8
    assert total.all_right.ratio == 1


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    mails = tmp_path / "mails"
    mails.mkdir()
    for name in ("seen", "unseen"):
        (mails / f"{name}.eml").write_bytes(
            b"From: Lampan <order@lampan.example>\nSubject: Your order 5512-88\n"
            b"Date: Mon, 05 May 2025 10:00:00 +0200\n\nLampa | 399,00 kr\nTotalt: 399,00 kr\n"
        )
        label = {"expected": "ok", "fields": {**FIELDS, "total": 1}, "items": [], "details": {}}
        (mails / f"{name}.json").write_text(json.dumps(label))
    (tmp_path / "split.json").write_text(json.dumps({"dev": ["seen"], "held-out": ["unseen"]}))
    return tmp_path


def test_errors_of_held_out_mails_are_shown_only_when_asked_for(corpus: Path) -> None:
    listed = show(corpus, "all", errors=True, held_out_errors=False)
    revealed = show(corpus, "held-out", errors=False, held_out_errors=True)

    assert "seen: OK" in listed
    assert "total: 399, expected 1" in listed
    assert "unseen" not in listed
    assert "unseen: OK" in revealed


def test_split_measures_one_part(corpus: Path) -> None:
    shown = show(corpus, "held-out", errors=True, held_out_errors=False)

    assert "| mails |  | 1 |" in shown
    assert "seen" not in shown


@pytest.mark.parametrize(
    ("breakage", "message"),
    [
        (lambda folder: (folder / "mails" / "seen.json").unlink(), "seen.eml has no label"),
        (lambda folder: (folder / "split.json").write_text('{"dev": [], "held-out": []}'), "part"),
        (lambda folder: [path.unlink() for path in folder.glob("mails/*.eml")], "holds no mails"),
    ],
    ids=["no label", "no part", "no mails"],
)
def test_corpus_that_cannot_be_read_says_why(corpus: Path, breakage: Any, message: str) -> None:
    breakage(corpus)

    with pytest.raises(CorpusError, match=message):
        load_corpus(corpus)
