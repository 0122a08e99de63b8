"""Every stored notice against the values that a person read from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingestion.parsing.extract import extract_notice

RENT = Path(__file__).parent / "rent"
NOTICES = sorted(RENT.glob("*.pdf"))


def expected_of(pdf: Path) -> dict[str, Any]:
    return json.loads(pdf.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("pdf", NOTICES, ids=lambda path: path.stem)
def test_notice_gives_the_expected_record(pdf: Path) -> None:
    expected = expected_of(pdf)

    record = extract_notice(expected["file"], pdf.read_bytes())

    assert record["outcome"] == expected["expected"]
    assert record["fields"] == expected["fields"]
    assert record["rows"] == expected.get("rows", [])
    assert (record["file"], record["kind"]) == (expected["file"], "rent_notice")


def test_corpus_is_not_empty() -> None:
    assert len(NOTICES) == 6


def test_record_is_json_of_the_documented_form() -> None:
    pdf = NOTICES[0]

    record = json.loads(json.dumps(extract_notice(str(pdf), pdf.read_bytes())))

    assert list(record) == [
        *("file", "kind", "outcome", "fields", "items", "details", "flags", "rows"),
    ]
    assert (record["items"], record["details"], record["flags"]) == ([], {}, [])


def test_whole_kronor_are_integers_and_others_keep_their_ore() -> None:
    pdf = RENT / "Hyresavi_1301559025.pdf"

    fields = extract_notice(str(pdf), pdf.read_bytes())["fields"]

    assert fields["totalAmount"] == 11435.5
    assert isinstance(fields["moms"], int)


def test_file_that_is_no_pdf_is_unreadable() -> None:
    record = extract_notice("menu.pdf", b"Pasta 129 kr\nPizza 119 kr\n")

    assert (record["outcome"], record["fields"], record["rows"]) == ("unreadable", None, [])
