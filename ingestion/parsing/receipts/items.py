"""What was bought: tables with and without a header, lines of text, and blocks of labels.

Several readings may be possible; which is right the sums decide (`sums.py`).
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from itertools import accumulate, permutations
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.item_blocks import read_blocks
from ingestion.parsing.receipts.item_lines import read_rows
from ingestion.parsing.receipts.item_stacks import read_prices_first, read_stacks
from ingestion.parsing.receipts.item_tables import read_tables
from ingestion.parsing.receipts.raw_items import MAX_ITEMS, ItemReading, amount_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingestion.parsing.receipts.rows import Row

_AD = re.compile(
    r"(?i)^(?:du kanske (?:också )?gillar|kanske gillar du|rekommender"
    r"|andra (?:har )?köp(?:te|t)|you may also|"
    r"recommended|customers also|tips från|missa inte|populärt just"
    r" nu|veckans erbjudanden|mer från|"
    r"fler tips|you might (?:also )?like|passa på|inspiration|relaterade"
    r" produkter|more for you)"
)


_COUNT_BEFORE = re.compile(r"^(?P<count>[1-9]\d?)\s+(?P<name>[^\W\d_].*)$")


def find_items(rows: Sequence[Row]) -> Iterator[ItemReading]:
    """Yield the possible readings, the most particular first; mostly the first is right."""
    rows = _without_ads(rows)
    readings: tuple[Callable[[Sequence[Row]], ItemReading], ...] = (
        read_tables,
        partial(read_rows, name="cells", loose=False),
        read_blocks,
        partial(read_rows, name="lines", loose=True),
        read_stacks,
        read_prices_first,
        partial(read_rows, name="names of sums", loose=True, named_like_sums=True),
    )
    found: list[ItemReading] = []
    for read in readings:
        reading = read(rows)
        if reading.items:
            found.append(_tidied(reading))
            yield found[-1]
    yield from _together(found)


def _together(readings: Sequence[ItemReading]) -> Iterator[ItemReading]:
    """Yield readings of parts of a mail, put together: a table above, lines below."""
    for one, other in permutations(readings, 2):
        taken = one.rows | {item.row for item in one.items}
        more = [item for item in other.items if item.row not in taken]
        if more and len(one.items) + len(more) <= MAX_ITEMS:
            items = sorted([*one.items, *more], key=lambda item: item.row)
            rows = one.rows | {row for row in other.rows if row not in one.rows}
            yield ItemReading(items, rows, f"{one.name} and {other.name}", is_patched=True)


def _tidied(reading: ItemReading) -> ItemReading:
    """Leave out what was not bought; take counts that stand before every name."""
    reading.items = [item for item in reading.items if item.quantity != 0]
    counts = [_COUNT_BEFORE.match(item.name) for item in reading.items]
    if len(counts) > 1 and all(counts) and not any(item.quantity for item in reading.items):
        for item, count in zip(reading.items, counts, strict=True):
            if count is not None:
                item.quantity, item.name = Decimal(count["count"]), count["name"]
    return _without_subtotal(_without_headings(_without_deductions(reading)))


def _without_headings(reading: ItemReading) -> ItemReading:
    """Leave out a row that is the sum of those below it: `Elnät 646,49`, then its four parts."""
    amounts = [amount_of(item) for item in reading.items]
    heads: set[int] = set()
    for at, amount in enumerate(amounts):
        below = list(accumulate(amounts[at + 1 :]))
        item = reading.items[at]
        bare = item.quantity is None and item.unit is None
        if amount > 0 and bare and amount in below[1:]:
            heads.add(at)
    if not heads or len(reading.items) - len(heads) < 2:
        return reading
    kept = [item for at, item in enumerate(reading.items) if at not in heads]
    return ItemReading(kept, reading.rows, reading.name)


def _without_subtotal(reading: ItemReading) -> ItemReading:
    """Leave a last row that is the sum of the others to the sums, whatever it is called."""
    amounts = [amount_of(item) for item in reading.items]
    if len(amounts) < 3 or amounts[-1] != sum(amounts[:-1]):
        return reading
    row = reading.items[-1].row
    return ItemReading(reading.items[:-1], reading.rows - {row}, reading.name)


def _without_deductions(reading: ItemReading) -> ItemReading:
    """Leave negative rows beside positive ones to the sums: they are discounts."""
    taken_off = [item for item in reading.items if amount_of(item) < 0]
    if not taken_off or len(taken_off) == len(reading.items):
        return reading
    rows = {item.row for item in taken_off}
    return ItemReading(
        [item for item in reading.items if item.row not in rows], reading.rows - rows, reading.name
    )


def _without_ads(rows: Sequence[Row]) -> Sequence[Row]:
    for index, row in enumerate(rows):
        if _AD.match(row.text) and index > len(rows) // 3:
            return rows[:index]
    return rows
