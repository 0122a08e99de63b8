"""The metrics that functions log are those that alarms watch."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ALARMS = (ROOT / "terraform" / "alarms.tf").read_text()


def test_alarms_watch_metrics_of_our_own_that_a_function_logs() -> None:
    watched = set(re.findall(r'namespace = "PayPulse", metric = "(\w+)"', ALARMS))
    source = (ROOT / "ingestion" / "_receipt_models.py").read_text()

    assert watched == set(re.findall(r'_count\("(\w+)"', source))
