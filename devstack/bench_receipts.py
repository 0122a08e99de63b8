"""Figures of `paypulse bench` about reading receipts: time, tokens, hostile mails."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devstack.accuracy import CORPUS, load_corpus, measure
from devstack.extraction import known_vendor
from devstack.figures import Figure
from devstack.hostile_mails import SHAPES
from ingestion.parsing.receipts.message import read_message
from ingestion.parsing.receipts.reader import read_receipt_mail
from paypulse.receipts import NoReading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devstack.accuracy import Labelled
    from paypulse.receipts import Category, VendorHints

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
    """Count what is sent to a model that never answers; nothing for what is read without it."""
    raw = asked_raw = sent = 0
    for mail in mails:
        message = read_message(mail.content)
        if not message.html.strip():
            continue
        model = _Listening()
        read_receipt_mail(message, known=known_vendor(message), model=model)
        tokens = len(_TOKEN.findall(message.html))
        raw += tokens
        asked_raw += tokens if model.heard else 0
        sent += sum(len(_TOKEN.findall(text)) for text in model.heard)
    share = f"{sent / raw:.1%} ({sent / asked_raw:.1%} of the mails that it is asked about)"
    return Figure(
        "text sent to a model, compared with the tokens of all HTML (estimated)",
        "≤ 8 %",
        share.replace("%", " %"),
        sent <= 0.08 * raw,
    )


@dataclass(slots=True)
class _Listening:
    """A model that only keeps what it is asked."""

    heard: list[str] = field(default_factory=list)

    def __call__(
        self,
        text: str,
        *,
        category: Category,  # noqa: ARG002 - a model's signature
        hints: VendorHints | None = None,  # noqa: ARG002 - as above
    ) -> NoReading:
        self.heard.append(text)
        return NoReading.UNAVAILABLE


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
