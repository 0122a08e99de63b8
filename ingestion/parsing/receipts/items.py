"""What was bought: tables with and without a header, lines of text, and blocks of labels.

Several readings may be possible; which is right the sums decide (`sums.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.item_blocks import read_blocks
from ingestion.parsing.receipts.item_lines import read_rows
from ingestion.parsing.receipts.item_tables import read_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parsing.receipts.raw_items import ItemReading
    from ingestion.parsing.receipts.rows import Row

_AD = re.compile(
    r"(?i)^(?:du kanske (?:också )?gillar|kanske gillar du|rekommender"
    r"|andra (?:har )?köp(?:te|t)|you may also|"
    r"recommended|customers also|tips från|missa inte|populärt just"
    r" nu|veckans erbjudanden|mer från|"
    r"fler tips|you might (?:also )?like|passa på|inspiration|relaterade"
    r" produkter|more for you)"
)


def find_items(rows: Sequence[Row]) -> list[ItemReading]:
    """Return the possible readings, the most particular first."""
    rows = _without_ads(rows)
    tables = read_tables(rows)
    readings = [
        tables,
        read_rows(rows, "cells", loose=False),
        read_blocks(rows),
        read_rows(rows, "lines", loose=True),
    ]
    return [reading for reading in readings if reading.items]


def _without_ads(rows: Sequence[Row]) -> Sequence[Row]:
    for index, row in enumerate(rows):
        if _AD.match(row.text) and index > len(rows) // 3:
            return rows[:index]
    return rows
