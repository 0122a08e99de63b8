"""The figure about a backfill's memory: what is measured is a backfill that ends well."""

from __future__ import annotations

import re

from devstack.bench_backfill import measure_backfill


def test_a_backfill_that_continues_itself_finds_every_message_and_reports_its_memory() -> None:
    figure = measure_backfill((5, 60), call_s=60.3)

    found = re.search(r"\((\d+) MB, (\d+) MB; the last in (\d+) calls\)", figure.measured)
    assert found is not None, figure
    first_mb, last_mb, calls = map(int, found.groups())
    assert 20 < first_mb < 500
    assert last_mb < 500
    assert calls > 1
