from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from paypulse.aws.runs import DynamoRuns
from paypulse.runs import IngestionRun, RunError, RunKind, RunOutcome, RunStatus, new_run_id
from tests.factories import NOW

if TYPE_CHECKING:
    from tests.conftest import Aws


@pytest.fixture
def runs(aws: Aws) -> DynamoRuns:
    return DynamoRuns("IngestionRuns", aws.client("dynamodb"))


@pytest.fixture
def run(runs: DynamoRuns, user_id: str) -> IngestionRun:
    run = IngestionRun(
        user_id,
        "run_1",
        RunKind.LATEST_RENTAL,
        RunStatus.QUEUED,
        NOW,
        NOW,
        due_month="2026-01",
        since=date(2026, 1, 1),
    )
    return runs.add(run)


def test_a_run_comes_back_as_it_was(runs: DynamoRuns, run: IngestionRun) -> None:
    assert runs.get(run.user_id, run.run_id) == run


def test_adding_a_run_again_returns_the_one_that_is_there(
    runs: DynamoRuns, run: IngestionRun
) -> None:
    runs.start(run.user_id, run.run_id, now=NOW)

    again = runs.add(run)

    assert again.status is RunStatus.RUNNING


def test_a_page_is_counted_once(runs: DynamoRuns, run: IngestionRun) -> None:
    for _ in range(2):
        runs.count_page(run, found=10, mine=4, now=NOW)

    counted = runs.get(run.user_id, run.run_id)
    assert counted is not None
    assert (counted.found, counted.skipped, counted.remaining) == (10, 6, 4)


def test_pages_follow_each_other_to_the_end(runs: DynamoRuns, run: IngestionRun) -> None:
    runs.count_page(run, found=1, mine=1, now=NOW)
    second = runs.turn_page(run, "token-2", now=NOW)
    runs.count_page(second, found=2, mine=2, now=NOW)
    last = runs.turn_page(second, None, now=NOW)

    assert (second.page, second.listed) == ("token-2", False)
    assert (last.listed, last.found, last.remaining) == (True, 3, 3)


def test_a_late_worker_cannot_turn_a_page_back(runs: DynamoRuns, run: IngestionRun) -> None:
    runs.turn_page(run, "token-2", now=NOW)

    turned = runs.turn_page(run, "token-9", now=NOW)

    assert turned.page == "token-2"


def test_how_a_run_ended_is_not_changed_later(runs: DynamoRuns, run: IngestionRun) -> None:
    runs.close(run, RunStatus.SUCCEEDED, RunOutcome.INGESTED, now=NOW)

    runs.fail(run.user_id, run.run_id, RunError.RECONNECT_REQUIRED, now=NOW)
    started = runs.start(run.user_id, run.run_id, now=NOW)

    assert started is not None
    assert (started.status, started.outcome) == (RunStatus.SUCCEEDED, RunOutcome.INGESTED)


def test_starting_a_run_that_is_not_there_makes_none(runs: DynamoRuns, user_id: str) -> None:
    assert runs.start(user_id, "run_0", now=NOW) is None


def test_runs_come_latest_first_in_pages(runs: DynamoRuns, run: IngestionRun) -> None:
    for minutes in (1, 2, 3):
        at = NOW + timedelta(minutes=minutes)
        runs.add(replace(run, run_id=new_run_id(at), started_at=at))

    first = runs.list_page(run.user_id, 2, None)
    second = runs.list_page(run.user_id, 2, first.end_cursor)

    starts = [each.started_at for each in (*first.items, *second.items)]
    assert starts[:3] == sorted(starts[:3], reverse=True)
    assert len(starts) == 4


@pytest.mark.parametrize("id_", ["", "x" * 2000])
def test_an_impossible_id_is_as_absent_as_any(runs: DynamoRuns, user_id: str, id_: str) -> None:
    assert runs.get(user_id, id_) is None
