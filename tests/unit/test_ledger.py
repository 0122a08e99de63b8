from __future__ import annotations

import pytest

from paypulse.ledger import (
    DocumentOutcome,
    LedgerDocument,
    LedgerEntry,
    LedgerState,
    MailOutcome,
    settle,
)
from tests.factories import NOW


def make_entry(*outcomes: DocumentOutcome | None, expected: int | None = None) -> LedgerEntry:
    documents = {
        str(index): LedgerDocument(str(index), f"{index}.pdf", f"{index}.pdf", 1, outcome)
        for index, outcome in enumerate(outcomes)
    }
    return LedgerEntry(
        "user_1",
        "m1",
        LedgerState.FETCHED,
        NOW,
        expected_documents=len(outcomes) if expected is None else expected,
        documents=documents,
    )


@pytest.mark.parametrize(
    ("outcomes", "outcome", "reason"),
    [
        (["OK"], "STORED", None),
        (["OK", "NOT_A_RENT_NOTICE"], "STORED", None),
        (["OK", "ENCRYPTED"], "STORED", "ENCRYPTED"),
        (["INCONSISTENT_TOTAL"], "STORED", "INCONSISTENT_TOTAL"),
        (["UNREADABLE"], "FAILED", "UNREADABLE"),
        (["NOT_A_RENT_NOTICE", "ENCRYPTED"], "FAILED", "ENCRYPTED"),
        (["PROCESSING_FAILED"], "FAILED", "PROCESSING_FAILED"),
        (["DUPLICATE"], "DUPLICATE", None),
        (["DUPLICATE", "NOT_A_RENT_NOTICE"], "DUPLICATE", None),
        (["NOT_A_RENT_NOTICE"], "NOT_AN_INVOICE", "NOT_A_RENT_NOTICE"),
        ([], "NOT_AN_INVOICE", "NO_DOCUMENT"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else str(value),
)
def test_the_best_document_decides_how_a_message_ends(
    outcomes: list[str], outcome: str, reason: str | None
) -> None:
    settlement = settle(make_entry(*(DocumentOutcome(each) for each in outcomes)))

    assert settlement.outcome == MailOutcome(outcome)
    assert settlement.reason == (DocumentOutcome(reason) if reason else None)


def test_a_message_is_complete_when_every_document_has_an_outcome() -> None:
    assert make_entry(DocumentOutcome.OK, DocumentOutcome.ENCRYPTED).is_complete
    assert not make_entry(DocumentOutcome.OK, None).is_complete
    assert not make_entry(DocumentOutcome.OK, expected=2).is_complete
