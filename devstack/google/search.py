"""The language of Gmail's search box, as far as PayPulse and its users need it.

    from:(kundservice@wallenstam.se OR order@dustinhome.se) subject:hyresavi -has:attachment
    {from:a from:b} after:2026/01/31 before:1767225600 newer_than:30d filename:pdf "exact words"

Terms beside each other must all hold; OR binds tighter than that, as Gmail's does. Text matches by
whole words, never inside one. Operators that are not Gmail's count as text.
https://support.google.com/mail/answer/7190
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    type Predicate = Callable[[SearchableMail], bool]

# "All dates used in the search query are interpreted as midnight on that date in the PST
# timezone": https://developers.google.com/gmail/api/guides/filtering
_DATES_ZONE = timezone(timedelta(hours=-8))
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "m": timedelta(days=30)}
_UNITS["y"] = timedelta(days=365)
_SIZES = {"": 1, "k": 1024, "m": 1024 * 1024}

_TOKEN = re.compile(r'\s*(-?)(?:([A-Za-z_]\w*):\s*)?(?:"([^"]*)"?|([(){}])|([^\s(){}"]+))')
_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")
_PLACES = {"inbox": "INBOX", "spam": "SPAM", "trash": "TRASH", "sent": "SENT", "unread": "UNREAD"}
_PLACES |= {"draft": "DRAFT", "drafts": "DRAFT"}


@dataclass(frozen=True, slots=True)
class SearchableMail:
    """A mail as the search sees it."""

    sender: str
    recipients: str
    copies: str
    subject: str
    message_id: str
    body: str
    filenames: tuple[str, ...]
    received_at: datetime
    size: int
    label_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Token:
    negated: bool
    operator: str  # lower-case, "" for none
    value: str
    kind: str  # "text", "phrase" or a bracket


def parse_query(query: str, now: datetime) -> Predicate:
    """Return what decides whether a mail matches; any text at all is a query.

    Args:
        query: As typed into the search box.
        now: What `newer_than:` and `older_than:` count from.
    """
    return _Parser(_tokens(query), now).all_of(closing="")


class _Parser:
    """Recursive descent; brackets that do not match end at the end of the query."""

    def __init__(self, tokens: list[_Token], now: datetime) -> None:
        self._tokens = tokens[::-1]
        self._now = now

    def all_of(self, closing: str, operator: str = "") -> Predicate:
        """Parse what lies up to the closing bracket: terms that must all hold."""
        groups: list[list[Predicate]] = []
        joined = False
        while (token := self._next(closing)) is not None:
            if token.kind == "text" and not token.operator and token.value in ("OR", "|"):
                joined = bool(groups)
            elif token.kind != "text" or token.operator or token.value != "AND":
                term = self._term(token, operator)
                if joined:
                    groups[-1].append(term)
                else:
                    groups.append([term])
                joined = False
        return partial(_all, [partial(_any, group) for group in groups])

    def _any_of(self, operator: str) -> Predicate:
        terms: list[Predicate] = []
        while (token := self._next("}")) is not None:
            terms.append(self._term(token, operator))
        return partial(_any, terms)

    def _term(self, token: _Token, inherited: str) -> Predicate:
        operator = token.operator or inherited
        if token.kind == "(":
            term = self.all_of(")", operator)
        elif token.kind == "{":
            term = self._any_of(operator)
        else:
            term = _condition(operator, token.value, self._now)
        return partial(_not, term) if token.negated else term

    def _next(self, closing: str) -> _Token | None:
        while self._tokens:
            token = self._tokens.pop()
            if token.kind not in (")", "}"):
                return token
            if token.kind == closing:
                return None
        return None


def _tokens(query: str) -> list[_Token]:
    tokens = []
    for minus, operator, phrase, bracket, text in _TOKEN.findall(query):
        name, value = operator.lower(), phrase or text
        if name and name not in _CONDITIONS:
            # Not an operator of Gmail's, such as the "https" of an address.
            name, value = "", f"{operator}:{value}"
        kind = bracket or ("text" if text else "phrase")
        tokens.append(_Token(bool(minus), name, value, kind))
    return tokens


def _condition(operator: str, value: str, now: datetime) -> Predicate:
    make = _CONDITIONS.get(operator)
    return make(value, now) if make else partial(_anywhere, _words(value))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _holds(words: list[str], text: str) -> bool:
    """Return whether the words stand in the text, one after the other."""
    there = _words(text)
    return any(there[at : at + len(words)] == words for at in range(len(there) - len(words) + 1))


def _in_field(fields: tuple[str, ...]) -> Callable[[str, datetime], Predicate]:
    def make(value: str, _now: datetime) -> Predicate:
        words = _words(value)
        return lambda mail: any(_holds(words, getattr(mail, field)) for field in fields)

    return make


def _anywhere(words: list[str], mail: SearchableMail) -> bool:
    texts = (mail.subject, mail.sender, mail.recipients, mail.copies, *mail.filenames, mail.body)
    return any(_holds(words, text) for text in texts)


def _after(value: str, _now: datetime) -> Predicate:
    instant = _instant(value)
    return lambda mail: instant is None or mail.received_at >= instant


def _before(value: str, _now: datetime) -> Predicate:
    instant = _instant(value)
    return lambda mail: instant is None or mail.received_at < instant


def _newer_than(value: str, now: datetime) -> Predicate:
    age = _age(value)
    return lambda mail: age is None or mail.received_at > now - age


def _older_than(value: str, now: datetime) -> Predicate:
    age = _age(value)
    return lambda mail: age is None or mail.received_at <= now - age


def _has(value: str, _now: datetime) -> Predicate:
    # drive, document, youtube and the stars do not occur here.
    return lambda mail: value.lower() == "attachment" and bool(mail.filenames)


def _filename(value: str, _now: datetime) -> Predicate:
    words = _words(value)
    return lambda mail: any(_holds(words, name) for name in mail.filenames)


def _place(value: str, _now: datetime) -> Predicate:
    wanted = value.lower()
    if wanted == "anywhere":
        return lambda _mail: True
    if wanted == "read":
        return lambda mail: "UNREAD" not in mail.label_ids
    label = _PLACES.get(wanted, value)
    return lambda mail: label in mail.label_ids


def _category(value: str, _now: datetime) -> Predicate:
    label = f"CATEGORY_{value.upper()}"
    return lambda mail: label in mail.label_ids


def _message_id(value: str, _now: datetime) -> Predicate:
    return lambda mail: mail.message_id == value.strip("<>")


def _size(sign: int) -> Callable[[str, datetime], Predicate]:
    def make(value: str, _now: datetime) -> Predicate:
        parsed = re.fullmatch(r"(\d+)([km]?)b?", value.lower())
        limit = int(parsed[1]) * _SIZES[parsed[2]] if parsed else 0
        return lambda mail: sign * mail.size > sign * limit

    return make


_CONDITIONS: dict[str, Callable[[str, datetime], Predicate]] = {
    "from": _in_field(("sender",)),
    "to": _in_field(("recipients", "copies")),
    "cc": _in_field(("copies",)),
    "bcc": _in_field(("copies",)),
    "subject": _in_field(("subject",)),
    "after": _after,
    "newer": _after,
    "before": _before,
    "older": _before,
    "newer_than": _newer_than,
    "older_than": _older_than,
    "has": _has,
    "filename": _filename,
    "in": _place,
    "is": _place,
    "label": _place,
    "category": _category,
    "rfc822msgid": _message_id,
    "larger": _size(1),
    "smaller": _size(-1),
}


def _instant(value: str) -> datetime | None:
    """Return midnight of a date, or the instant of epoch seconds; None for neither."""
    date = _DATE.fullmatch(value)
    try:
        if date:
            year, month, day = (int(part) for part in date.groups())
            return datetime(year, month, day, tzinfo=_DATES_ZONE)
        return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _age(value: str) -> timedelta | None:
    age = re.fullmatch(r"(\d{1,4})([hdmy])", value.lower())
    return int(age[1]) * _UNITS[age[2]] if age else None


def _all(terms: list[Predicate], mail: SearchableMail) -> bool:
    return all(term(mail) for term in terms)


def _any(terms: list[Predicate], mail: SearchableMail) -> bool:
    return any(term(mail) for term in terms)


def _not(term: Predicate, mail: SearchableMail) -> bool:
    return not term(mail)
