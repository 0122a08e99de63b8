"""The ledger decides who works on a message; these are the races it has to win."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.runs import DynamoRuns
from paypulse.ledger import (
    STALE_AFTER,
    Claim,
    Claims,
    DocumentOutcome,
    LedgerState,
    MailOutcome,
    Settlement,
)
from paypulse.runs import IngestionRun, RunKind, RunStatus
from tests.factories import NOW, make_document, make_mail, make_row

if TYPE_CHECKING:
    from datetime import datetime

    from tests.conftest import Aws

FAILED = Settlement(MailOutcome.FAILED, DocumentOutcome.UNREADABLE)
CRASHED = Settlement(MailOutcome.FAILED, DocumentOutcome.PROCESSING_FAILED)


def settle(
    ledger: DynamoLedger, user_id: str, message_id: str, settlement: Settlement, *, now: datetime
) -> None:
    entry = ledger.get(user_id, message_id)
    assert entry is not None
    ledger.settle(entry, settlement, now=now)


@pytest.fixture
def ledger(aws: Aws) -> DynamoLedger:
    return DynamoLedger("MailLedger", "IngestionRuns", aws.client("dynamodb"))


@pytest.fixture
def runs(aws: Aws, user_id: str) -> DynamoRuns:
    store = DynamoRuns("IngestionRuns", aws.client("dynamodb"))
    for run_id in ("run_1", "run_2"):
        store.add(IngestionRun(user_id, run_id, RunKind.RENTAL, RunStatus.RUNNING, NOW, NOW))
    return store


def test_new_messages_are_claimed_in_order(ledger: DynamoLedger, user_id: str) -> None:
    assert ledger.claim(user_id, ["m2", "m1"], "run_1", now=NOW).mine == (
        Claim("m2", 1, NOW),
        Claim("m1", 1, NOW),
    )


def test_a_message_belongs_to_one_of_many_runs(ledger: DynamoLedger, user_id: str) -> None:
    ids = [f"m{index}" for index in range(30)]

    with ThreadPoolExecutor(4) as pool:
        claimed = list(
            pool.map(lambda run: ledger.claim(user_id, ids, run, now=NOW), ("a", "b", "c", "d"))
        )

    won = [claim.message_id for claims in claimed for claim in claims.mine]
    assert sorted(won) == sorted(ids)


def test_the_same_run_goes_on_with_what_it_claimed(ledger: DynamoLedger, user_id: str) -> None:
    ledger.claim(user_id, ["m1"], "run_1", now=NOW)

    assert ledger.claim(user_id, ["m1"], "run_1", now=NOW).mine == (Claim("m1", 1, NOW),)


def test_a_dead_runs_message_is_taken_over_after_a_while(
    ledger: DynamoLedger, user_id: str
) -> None:
    ledger.claim(user_id, ["m1"], "run_1", now=NOW)
    later = NOW + STALE_AFTER + timedelta(seconds=1)

    assert ledger.claim(user_id, ["m1"], "run_2", now=NOW) == Claims((), elsewhere=1)
    assert ledger.claim(user_id, ["m1"], "run_2", now=later).mine == (Claim("m1", 2, later),)


@pytest.mark.usefixtures("runs")
def test_a_settled_message_is_never_claimed_again(ledger: DynamoLedger, user_id: str) -> None:
    ledger.claim(user_id, ["m1"], "run_1", now=NOW)
    settle(ledger, user_id, "m1", FAILED, now=NOW)

    assert ledger.claim(user_id, ["m1"], "run_2", now=NOW + timedelta(days=1)) == Claims(())


@pytest.mark.usefixtures("runs")
def test_a_failure_that_may_pass_is_tried_by_three_runs(ledger: DynamoLedger, user_id: str) -> None:
    attempts = []
    for number in range(1, 6):
        claims = ledger.claim(user_id, ["m1"], f"run_{number}", now=NOW).mine
        attempts += [claim.attempts for claim in claims]
        settle(ledger, user_id, "m1", CRASHED, now=NOW)

    assert attempts == [1, 2, 3]


def test_settling_counts_a_message_once_however_often_it_happens(
    ledger: DynamoLedger, runs: DynamoRuns, user_id: str
) -> None:
    ledger.claim(user_id, ["m1"], "run_1", now=NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: settle(ledger, user_id, "m1", FAILED, now=NOW), range(8)))

    run = runs.get(user_id, "run_1")
    assert run is not None
    assert (run.failed, run.remaining) == (1, -1)


def test_storing_counts_a_message_once(
    ledger: DynamoLedger, runs: DynamoRuns, user_id: str
) -> None:
    ledger.claim(user_id, ["m1"], "run_1", now=NOW)

    for _ in range(3):
        ledger.mark_stored(user_id, "m1", "run_1", now=NOW)

    run = runs.get(user_id, "run_1")
    assert run is not None
    assert run.stored == 1
    assert ledger.claim(user_id, ["m1"], "run_1", now=NOW) == Claims(())


def test_every_attempt_at_reading_is_counted(ledger: DynamoLedger, user_id: str) -> None:
    document = make_document(user_id)
    ledger.claim(user_id, [document.source.message_id], "run_1", now=NOW)
    ledger.expect_documents(user_id, make_mail(b"pdf"), 1, now=NOW)

    attempts = [ledger.begin_document(document, now=NOW).attempts for _ in range(3)]

    assert attempts == [1, 2, 3]


def test_the_first_outcome_of_a_document_stays(ledger: DynamoLedger, user_id: str) -> None:
    document = make_document(user_id)
    ledger.begin_document(document, now=NOW)

    ledger.record_document(document, make_row(document, DocumentOutcome.ENCRYPTED))
    ledger.record_document(document, make_row(document, DocumentOutcome.UNREADABLE))

    row = ledger.begin_document(document, now=NOW)
    assert row.outcome is DocumentOutcome.ENCRYPTED


def test_a_document_put_by_hand_gets_a_row_of_its_own(ledger: DynamoLedger, user_id: str) -> None:
    document = make_document(user_id, message_id="upload-0123456789abcdef")

    ledger.begin_document(document, now=NOW)

    entry = ledger.get(user_id, "upload-0123456789abcdef")
    assert entry is not None
    assert (entry.state, entry.expected_documents, entry.run_id) == (LedgerState.FETCHED, 1, None)


@pytest.mark.usefixtures("runs")
def test_a_settled_message_expects_no_documents(ledger: DynamoLedger, user_id: str) -> None:
    mail = make_mail(b"pdf")
    ledger.claim(user_id, [mail.message_id], "run_1", now=NOW)
    settle(ledger, user_id, mail.message_id, FAILED, now=NOW)

    assert not ledger.expect_documents(user_id, mail, 1, now=NOW)


@pytest.mark.usefixtures("runs")
def test_failed_messages_come_latest_first_in_pages(ledger: DynamoLedger, user_id: str) -> None:
    ids = [f"m{index}" for index in range(5)]
    ledger.claim(user_id, ids, "run_1", now=NOW)
    for index, message_id in enumerate(ids):
        settle(ledger, user_id, message_id, FAILED, now=NOW + timedelta(minutes=index))

    first = ledger.list_failed(user_id, 3, None)
    second = ledger.list_failed(user_id, 3, first.end_cursor)

    assert [entry.message_id for entry in first.items] == ["m4", "m3", "m2"]
    assert [entry.message_id for entry in second.items] == ["m1", "m0"]
    assert (first.has_next, second.has_next) == (True, False)


@pytest.mark.usefixtures("runs")
def test_messages_without_a_problem_are_not_among_the_failed(
    ledger: DynamoLedger, user_id: str
) -> None:
    ledger.claim(user_id, ["m1"], "run_1", now=NOW)

    settle(ledger, user_id, "m1", Settlement(MailOutcome.STORED), now=NOW)

    assert ledger.list_failed(user_id, 10, None).items == ()


def test_a_message_and_a_run_that_were_erased_are_not_brought_back(
    ledger: DynamoLedger, runs: DynamoRuns, user_id: str, aws: Aws
) -> None:
    mail = make_mail(b"pdf")
    ledger.claim(user_id, [mail.message_id, "m2"], "run_1", now=NOW)
    for table, key in (
        ("MailLedger", ("MessageID", mail.message_id)),
        ("IngestionRuns", ("RunID", "run_1")),
    ):
        aws.client("dynamodb").delete_item(
            TableName=table, Key={"UserID": {"S": user_id}, key[0]: {"S": key[1]}}
        )

    expected = ledger.expect_documents(user_id, mail, 1, now=NOW)
    ledger.mark_stored(user_id, "m2", "run_1", now=NOW)
    settle(ledger, user_id, "m2", FAILED, now=NOW)

    assert not expected
    assert ledger.get(user_id, mail.message_id) is None
    assert runs.get(user_id, "run_1") is None
