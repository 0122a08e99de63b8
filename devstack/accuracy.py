"""`paypulse accuracy`: what the reader gets right on mails that a person has labelled.

The corpus has two parts that share no template. The reader may be improved by looking at `dev`;
of `held-out` only the sums are looked at, so that they say how mails are read that nobody has
seen. Labels have the form of the record that `paypulse extract` prints.
"""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devstack.extraction import read_as_deployed
from ingestion.parsing.extract import extract_mail
from paypulse.errors import PayPulseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CORPUS = Path(__file__).parents[1] / "tests" / "accuracy"
DEV, HELD_OUT = "dev", "held-out"
FIELDS = (
    *("vendor", "category", "orderNumber", "orderDate", "currency"),
    *("total", "tax", "shipping", "discount"),
)
# What a person acts on; vendor and category are seen to be wrong at a glance.
_FACTS = frozenset(FIELDS) - {"vendor", "category"}
# Names of items are the same from here: a mail may print a variant beside the name or below it.
_SAME_NAME = 0.85
# Differences of binary fractions, not of money.
_SAME_AMOUNT = 0.005


class CorpusError(PayPulseError):
    """The corpus cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A mail with what a person read from it."""

    name: str
    part: str
    content: bytes
    label: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One value beside its label; None is a value that is not there."""

    name: str
    read: Any
    expected: Any
    is_right: bool

    @property
    def is_wrong(self) -> bool:
        """Whether a value is shown that is not the label's; one that is missing is none."""
        return self.read is not None and not self.is_right


@dataclass(frozen=True, slots=True)
class Result:
    """One mail's record beside its label."""

    mail: Labelled
    record: Mapping[str, Any]
    fields: tuple[Check, ...]
    details: tuple[Check, ...]
    items: tuple[Check, ...]
    milliseconds: float

    @property
    def expected(self) -> str:
        """The outcome that the label gives."""
        return str(self.mail.label["expected"])

    @property
    def outcome_is_right(self) -> bool:
        """Whether the mail was taken for what it is."""
        return bool(self.record["outcome"] == self.expected)

    @property
    def is_receipt(self) -> bool:
        """Whether the label has values."""
        return self.mail.label["fields"] is not None

    @property
    def status(self) -> str | None:
        """The record's status; None when the mail was taken for no receipt."""
        status: str | None = self.record["status"]
        return status

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every value that is shown or expected."""
        return self.fields + self.details + self.items


@dataclass(slots=True)
class Share:
    """So many of so many."""

    count: int = 0
    of: int = 0

    def add(self, hit: bool) -> None:
        """Count one more."""
        self.count += hit
        self.of += 1

    @property
    def ratio(self) -> float:
        """Between 0 and 1; nothing of nothing is 0."""
        return self.count / self.of if self.of else 0.0


@dataclass(slots=True)
class Score:
    """What a number of results come to."""

    mails: int = 0
    outcome: Share = field(default_factory=Share)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    fields: dict[str, Share] = field(default_factory=dict)
    details: Share = field(default_factory=Share)
    items_read: Share = field(default_factory=Share)  # precision
    items_labelled: Share = field(default_factory=Share)  # recall
    wrong_but_ok: Share = field(default_factory=Share)  # of the values in receipts with status OK
    wrong_kinds: Counter[str] = field(default_factory=Counter)  # what those values are
    facts_wrong_but_ok: Share = field(default_factory=Share)  # of the receipts with status OK
    needs_review: Share = field(default_factory=Share)  # of the receipts that were recognised
    review_expected: Share = field(default_factory=Share)  # of the mails that contradict themselves
    all_right: Share = field(default_factory=Share)  # of all mails: outcome and every value
    milliseconds: list[float] = field(default_factory=list)

    @property
    def items_f1(self) -> float:
        """The harmonic mean of the items' precision and recall."""
        precision, recall = self.items_read.ratio, self.items_labelled.ratio
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def load_corpus(folder: Path = CORPUS) -> list[Labelled]:
    """Return the mails of a corpus.

    Args:
        folder: `mails/<name>.eml` beside `<name>.json`, and `split.json`: the names in each part.
            A folder of mails with their labels and no split is one `dev` part.

    Raises:
        CorpusError: there are no mails, or one has no label or is in no part.
    """
    mails = folder / "mails" if (folder / "mails").is_dir() else folder
    paths = sorted(mails.glob("*.eml"))
    if not paths:
        raise CorpusError(f"{mails} holds no mails: <name>.eml beside its label <name>.json")
    split = folder / "split.json"
    parts = _parts(split) if split.is_file() else {path.stem: DEV for path in paths}
    return [_labelled(path, parts) for path in paths]


def _labelled(path: Path, parts: Mapping[str, str]) -> Labelled:
    label = path.with_suffix(".json")
    if not label.is_file():
        raise CorpusError(f"{path.name} has no label: write {label.name} beside it")
    if path.stem not in parts:
        raise CorpusError(f"{path.name} is in no part: name it in split.json")
    expected = json.loads(label.read_text(encoding="utf-8"))
    return Labelled(path.stem, parts[path.stem], path.read_bytes(), expected)


def _parts(split: Path) -> dict[str, str]:
    given = json.loads(split.read_text(encoding="utf-8"))
    return {name: part for part in (DEV, HELD_OUT) for name in given[part]}


def measure(mails: Sequence[Labelled], *, warm: bool = True) -> list[Result]:
    """Read every mail and compare it with its label.

    Args:
        mails: What to read.
        warm: Read everything once before, so that times are those of a warm function.
    """
    for mail in mails if warm else ():
        extract_mail(mail.name, mail.content, read_as_deployed)
    return [_measured(mail) for mail in mails]


def _measured(mail: Labelled) -> Result:
    began = time.perf_counter()
    record = extract_mail(mail.name, mail.content, read_as_deployed)
    milliseconds = (time.perf_counter() - began) * 1000
    return compare(mail, record, milliseconds)


def compare(mail: Labelled, record: Mapping[str, Any], milliseconds: float = 0.0) -> Result:
    """Return a record beside its label, value by value."""
    label = mail.label
    read_fields, expected_fields = record["fields"] or {}, label["fields"] or {}
    fields = tuple(
        _check(name, read_fields.get(name), expected_fields.get(name)) for name in FIELDS
    )
    read, expected = record["details"], label.get("details") or {}
    details = tuple(
        _check(name, read.get(name), expected.get(name))
        for name in dict.fromkeys((*expected, *read))
    )
    items = tuple(_check_items(record["items"], label.get("items") or []))
    return Result(mail, record, fields, details, items, milliseconds)


def _check(name: str, read: Any, expected: Any) -> Check:
    return Check(name, read, expected, _is_same(name, read, expected))


def _is_same(name: str, read: Any, expected: Any) -> bool:
    if read is None or expected is None:
        return read is expected
    if isinstance(read, (int, float)) and isinstance(expected, (int, float)):
        return abs(read - expected) < _SAME_AMOUNT
    if name in ("vendor", "restaurant", "plan"):
        return (
            isinstance(read, str) and isinstance(expected, str) and _bare(read) == _bare(expected)
        )
    return bool(read == expected)


def _kind_of(name: str) -> str:
    if name in ("item", "vendor", "category"):
        return name
    return "number, date or amount" if name in _FACTS else "detail"


def _check_items(read: Sequence[Any], expected: Sequence[Any]) -> Iterator[Check]:
    """Pair each item with the label that it fits; the rest stand alone, on either side."""
    left = list(expected)
    for item in read:
        fitting = next((label for label in left if _is_same_item(item, label)), None)
        if fitting is not None:
            left.remove(fitting)
        yield Check("item", item, fitting, fitting is not None)
    for label in left:
        yield Check("item", None, label, is_right=False)


def _is_same_item(read: Mapping[str, Any], label: Mapping[str, Any]) -> bool:
    return (
        _is_same("quantity", read["quantity"], label["quantity"])
        and _is_same("total", read["total"], label["total"])
        and _is_same_name(str(read["name"]), str(label["name"]))
    )


def _is_same_name(read: str, label: str) -> bool:
    one, other = _bare(read), _bare(label)
    return one == other or SequenceMatcher(None, one, other).ratio() >= _SAME_NAME


def _bare(text: str) -> str:
    """Return a name without case, blanks and punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def score(results: Sequence[Result]) -> Score:
    """Add the results up."""
    total = Score(mails=len(results), fields={name: Share() for name in FIELDS})
    for result in results:
        _add_outcome(total, result)
        _add_values(total, result)
        _add_trust(total, result)
        total.milliseconds.append(result.milliseconds)
    return total


def _add_outcome(total: Score, result: Result) -> None:
    total.outcome.add(result.outcome_is_right)
    total.confusion[result.expected, str(result.record["outcome"])] += 1
    total.all_right.add(result.outcome_is_right and all(check.is_right for check in result.checks))


def _add_values(total: Score, result: Result) -> None:
    if not result.is_receipt:
        return
    for check in result.fields:
        total.fields[check.name].add(check.is_right)
    for check in result.details:
        total.details.add(check.is_right)
    for check in result.items:
        if check.read is not None:
            total.items_read.add(check.is_right)
        if check.expected is not None:
            total.items_labelled.add(check.is_right)


def _add_trust(total: Score, result: Result) -> None:
    if result.status is not None:
        total.needs_review.add(result.status == "NEEDS_REVIEW")
    if result.mail.label.get("expect_review"):
        total.review_expected.add(result.status == "NEEDS_REVIEW")
    if result.status != "OK":
        return
    for check in result.checks:
        if check.read is not None:
            total.wrong_but_ok.add(check.is_wrong)
            total.wrong_kinds[_kind_of(check.name)] += check.is_wrong
    wrong = (check.is_wrong for check in result.fields if check.name in _FACTS)
    total.facts_wrong_but_ok.add(any(wrong))
