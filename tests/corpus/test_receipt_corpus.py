"""Every stored mail against what a person read from it, and the invented ones as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devstack.extraction import print_all
from ingestion.parsing.extract import extract_mail
from tests.corpus.make_receipts import make_all, measure

MAILS = Path(__file__).parent / "mails"
FILES = sorted(MAILS.glob("*.eml"))
# What is wrong while it looks right must be rarer than this.
MOST_WRONG_BUT_OK = 0.01
# Well below what is measured, so that a change has room; a real loss shows.
LEAST = {
    "outcome": 0.97,
    "vendor": 0.97,
    "category": 0.95,
    "orderNumber": 0.95,
    "orderDate": 0.97,
    "currency": 0.98,
    "total": 0.98,
    "tax": 0.97,
    "shipping": 0.97,
    "discount": 0.97,
    "items": 0.93,
    "legs": 0.90,
    "passengers": 0.90,
    "dueDate": 0.95,
    "consumptionKwh": 0.95,
    "nextBillingDate": 0.95,
}


def expected_of(mail: Path) -> dict[str, Any]:
    return json.loads(mail.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("mail", FILES, ids=lambda mail: mail.stem)
def test_mail_gives_the_expected_record(mail: Path) -> None:
    expected = expected_of(mail)

    record = extract_mail(expected["file"], mail.read_bytes())

    assert record["outcome"] == expected["expected"]
    assert record["fields"] == expected["fields"]
    assert record["items"] == expected["items"]
    assert record["details"] == expected["details"]
    assert record["documentType"] == expected["documentType"]
    assert record["flags"] == sorted(expected.get("flags", []))
    assert record["status"] == expected.get("status", "OK")


def test_all_eight_samples_are_there() -> None:
    categories = {
        expected_of(mail)["fields"]["category"] for mail in FILES if mail.stem.startswith("s_")
    }

    assert len(categories) == 8


def test_record_is_json_of_the_documented_form() -> None:
    record = json.loads(json.dumps(extract_mail("a.eml", FILES[0].read_bytes())))

    assert list(record) == [
        *("file", "kind", "outcome", "documentType", "fields", "items", "details", "flags"),
        "status",
    ]


@pytest.fixture(scope="module")
def accuracy() -> tuple[Any, Any]:
    return measure(make_all(1) + make_all(2))


@pytest.mark.parametrize("name", LEAST)
def test_invented_mails_are_read_as_well_as_before(name: str, accuracy: tuple[Any, Any]) -> None:
    right, total = accuracy

    assert total[name] >= 10
    assert right[name] / total[name] >= LEAST[name]


def test_wrong_values_seldom_look_right(accuracy: tuple[Any, Any]) -> None:
    wrong, looks_right = accuracy[0]["wrong but OK"], accuracy[1]["wrong but OK"]

    assert wrong / looks_right <= MOST_WRONG_BUT_OK


def test_command_reads_mails_and_notices(capsys: pytest.CaptureFixture[str]) -> None:
    notice = MAILS.parent / "rent" / "Hyresavi_1301559025.pdf"

    code = print_all([MAILS / "s_food.eml", notice], "jsonl")

    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert [record["kind"] for record in records] == ["retail_email", "rent_notice"]


def test_command_shows_mails_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_all([MAILS / "s_food.eml", MAILS / "n_delivery.eml"], "table") == 0
    assert "PB-2201" in capsys.readouterr().out
