"""Mails that a person forwarded by hand: the original's header stands in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.parsing.receipts.amounts import find_amounts
from ingestion.parsing.receipts.dates import find_dates
from ingestion.parsing.receipts.message import sender_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ingestion.parsing.receipts.rows import Row

_BEGIN = re.compile(
    r"(?i)^[\s>*-]*(?:-{2,}\s*)?(?:forwarded message|vidarebefordrat"
    r" (?:meddelande|brev|mejl|mail)|begin forwarded message"
    r"|påbörja vidarebefordrat|början på vidarebefordrat|ursprungligt"
    r" meddelande|original message|originalmeddelande|vidarebefordrat"
    r" e-postmeddelande|start på videresendt (?:besked|mail)|videresendt meddelelse"
    r"|videresendt melding|begynnelse på videresendt melding|weitergeleitete nachricht"
    r"|anfang der weitergeleiteten nachricht|ursprüngliche nachricht)\s*:?\s*(?:-{2,})?\s*$"
)
_HEADER = re.compile(
    r"(?i)^[\s>*]*(?P<name>från|from|avsändare|datum|date|skickat|sent|fra|von|dato|sendt|gesendet"
    r"|ämne|subject|emne|betreff|till|to|til|an|kopia|kopi|cc|svar till|reply-to|antwort an"
    r"|svar til)\s*\*?:\*?\s*(?P<value>.*)$"
)
_NAMES = {
    "från": "from",
    "from": "from",
    "avsändare": "from",
    "datum": "date",
    "date": "date",
    "skickat": "date",
    "sent": "date",
    "fra": "from",
    "von": "from",
    "dato": "date",
    "sendt": "date",
    "gesendet": "date",
    "ämne": "subject",
    "emne": "subject",
    "betreff": "subject",
    "subject": "subject",
}
_REPLY = re.compile(
    r"(?i)^[\s>*]*(?:(?:den|on|am|le)\s.{6,60}\b(?:skrev|wrote|schrieb|écrit)\b.{0,60}:"
    r"|.{2,60}\bskrev(?: den| følgende)?\b.{6,40}:)\s*$"
)
_ANSWER = re.compile(r"(?i)\s*(?:sv|re|aw|antw|vs)\s*:")
_SEARCHED_ROWS = 40


@dataclass(frozen=True, slots=True)
class Original:
    """The forwarded mail's header, and the row at which its body begins."""

    sender_name: str
    sender: str
    subject: str
    sent_on: date | None
    begins_at: int
    body_from: int


def find_original(rows: Sequence[Row], near: date | None) -> Original | None:
    """Return the innermost original; None for a mail that was not forwarded by hand."""
    found: Original | None = None
    index = 0
    while index < min(len(rows), _SEARCHED_ROWS + (found.body_from if found else 0)):
        original = _header_at(rows, index, near)
        if original is not None:
            found = original
            index = original.body_from
        else:
            index += 1
    return found


def is_answer(subject: str, above: Sequence[Row]) -> bool:
    """Tell whether a mail answers what it quotes, and says what it costs above the quotation."""
    return bool(_ANSWER.match(subject)) and any(find_amounts(row.text) for row in above)


def without_quoted(rows: list[Row]) -> list[Row]:
    """Cut off the letter that an answer quotes below itself: `Den 16 mars skrev Lisa:`."""
    for index, row in enumerate(rows):
        if index > 2 and _REPLY.match(row.text):
            return rows[:index]
    return rows


def _header_at(rows: Sequence[Row], start: int, near: date | None) -> Original | None:
    announced = bool(_BEGIN.match(rows[start].text))
    index = start + 1 if announced else start
    fields: dict[str, str] = {}
    end = index
    while end < len(rows) and end - index < 10:
        lines = [" ".join(cell for cell in rows[end].cells if cell)]
        match = _HEADER.match(lines[0])
        if match is None:
            break
        name = _NAMES.get(match["name"].lower())
        if name:
            fields.setdefault(name, match["value"].strip())
        end += 1
    # Without its announcement (Outlook) only a whole header counts: receipts have "Från:" too.
    if "from" not in fields or ("date" not in fields and "subject" not in fields):
        return None
    name, address = sender_of(re.sub(r"\[?mailto:([^\]>\s]+)\]?", r"<\1>", fields["from"]))
    if not announced and ("date" not in fields or "subject" not in fields):
        return None
    days = find_dates(fields.get("date", ""), near)
    return Original(
        name, address, fields.get("subject", ""), days[0].day if days else None, start, end
    )
