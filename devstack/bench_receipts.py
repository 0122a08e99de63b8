"""Figures of `paypulse bench` about reading receipts: time, tokens, hostile mails."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

from devstack.accuracy import CORPUS, load_corpus, measure
from devstack.figures import Figure
from devstack.hostile_mails import SHAPES
from ingestion.parsing.receipts.essence import essence_of
from ingestion.parsing.receipts.message import read_message
from ingestion.parsing.receipts.reader import read_mail_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devstack.accuracy import Labelled

# About what tokenizers make of it: four letters, three digits, or a sign.
_TOKEN = re.compile(r"[^\W\d_]{1,4}|\d{1,3}|[^\w\s]|_")


def measure_receipts() -> list[Figure]:
    """Measure everything about receipts, which takes about ten seconds."""
    mails = load_corpus(CORPUS)
    return [_time(mails), _tokens(mails), *_hostile()]


def _time(mails: Sequence[Labelled]) -> Figure:
    times = [result.milliseconds for result in measure(mails)]
    median = statistics.median(times)
    return Figure(
        f"reading a receipt, warm, median of {len(times)} mails",
        "≤ 15 ms",
        f"{median:.1f} ms (slowest {max(times):.0f} ms)",
        median <= 15,
    )


def _tokens(mails: Sequence[Labelled]) -> Figure:
    raw = sent = 0
    for mail in mails:
        read = read_mail_text(read_message(mail.content))
        if read.mail.html.strip():
            raw += len(_TOKEN.findall(read.mail.html))
            sent += len(_TOKEN.findall(essence_of(read.page.rows)))
    return Figure(
        "text for a model, compared with the tokens of the HTML (estimated, where it is asked)",
        "≤ 8 %",
        f"{sent / raw:.1%}".replace("%", " %"),
        sent <= 0.08 * raw,
    )


def _hostile() -> list[Figure]:
    measured = {shape: _read_in_a_process(shape) for shape in SHAPES}
    slowest = max(measured, key=lambda shape: measured[shape][0])
    largest = max(measured, key=lambda shape: measured[shape][1])
    seconds, megabytes = measured[slowest][0], measured[largest][1]
    return [
        Figure(
            f"time for a hostile mail of 1 MB, the worst of {len(SHAPES)} shapes",
            "≤ 1 s",
            f"{seconds:.2f} s ({slowest})",
            seconds <= 1,
        ),
        Figure(
            f"memory of its process, the worst of {len(SHAPES)} shapes",
            "≤ 150 MB",
            f"{megabytes:.0f} MB ({largest})",
            megabytes <= 150,
        ),
    ]


def _read_in_a_process(shape: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "devstack.hostile_mails", shape]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)
