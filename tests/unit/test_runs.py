from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from paypulse.runs import (
    STALLED_AFTER,
    IngestionRun,
    RunError,
    RunKind,
    RunStatus,
    final_status,
    new_run_id,
)
from tests.factories import NOW

RUN = IngestionRun("user_1", "run_1", RunKind.RENTAL, RunStatus.RUNNING, NOW, NOW)


def test_run_ids_sort_by_time() -> None:
    assert new_run_id(NOW) < new_run_id(NOW + timedelta(seconds=1))


def test_the_same_seed_gives_the_same_run() -> None:
    assert new_run_id(NOW, "user_1 daily") == new_run_id(NOW, "user_1 daily")


def test_a_run_that_stopped_moving_is_shown_as_failed() -> None:
    seen = RUN.seen_at(NOW + STALLED_AFTER)

    assert (seen.status, seen.error) == (RunStatus.FAILED, RunError.STALLED)


def test_a_run_that_moves_is_shown_as_it_is() -> None:
    assert RUN.seen_at(NOW + timedelta(minutes=1)) == RUN


def test_a_run_is_complete_when_all_is_listed_and_settled() -> None:
    assert replace(RUN, listed=True).is_complete
    assert not replace(RUN, listed=True, remaining=1).is_complete
    assert not RUN.is_complete


def test_one_failure_makes_a_run_partial() -> None:
    assert final_status(replace(RUN, parsed=3, failed=1)) is RunStatus.PARTIAL
    assert final_status(replace(RUN, parsed=3)) is RunStatus.SUCCEEDED
