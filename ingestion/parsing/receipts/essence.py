"""What of a mail's text is worth a model's tokens: rows with numbers, labels and names.

A third of a receipt's text is greetings, conditions and advertising, which say nothing that a model
is asked for. Rows stay as they are printed, since answers are compared with them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingestion.parsing.receipts.rows import Row

_HEAD_ROWS = 3  # say what kind of mail it is
_LONGEST_LABEL = 45
_LONGEST_SENTENCE = 300
_DIGIT = re.compile(r"\d")
_RULE = re.compile(r"^[\W_]*$")
# Addresses, opening hours, companies' capital: numbers that are nobody's purchase.
_ELSEWHERE = re.compile(
    r"(?i)https?:|www\.|@|org\.? ?n(?:r|ummer)|aktiekapital|share capital|registered (?:in|office)"
    r"|\btel(?:efon)?\b|ring (?:oss|kundservice)|öppettider|unsubscribe|avregistrera|copyright|©"
)
_AD = re.compile(
    r"(?i)^(?:du kanske|kanske gillar|rekommender|andra (?:har )?köp|kunder som|you (?:may|might)"
    r"|recommended|customers (?:also|who)|missa inte|populärt just|mer från|fler tips|more for you)"
)


def essence_of(rows: Sequence[Row]) -> str:
    """Return the text that a model reads; each row as in `Page.text`, once."""
    return "\n".join(dict.fromkeys(_worth_reading(rows)))


def _worth_reading(rows: Sequence[Row]) -> Iterator[str]:
    for index, row in enumerate(rows):
        text = row.text
        if index > len(rows) // 3 and _AD.match(text):
            return
        if index < _HEAD_ROWS or _says_something(text):
            yield text[:_LONGEST_SENTENCE] if index < _HEAD_ROWS else text


def _says_something(text: str) -> bool:
    if _RULE.match(text) or _ELSEWHERE.search(text):
        return False
    return len(text) <= (_LONGEST_SENTENCE if _DIGIT.search(text) else _LONGEST_LABEL)
