"""What the words of a mail say about it: two linear models, trained from the labelled mails.

Rules (`classify.py`) know the words that somebody thought of; a model weighs all that occur. On
mails that neither has seen, each is wrong where the other is right, so that one checks the other:
where they differ, the receipt asks for a look. `make train` renews the weights; no library is
needed to apply them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_WORD = re.compile(r"[^\W\d_]{2,}")
_HEAD_CHARACTERS, _TEXT_CHARACTERS = 400, 6_000
_STEM = 4  # of an item's name, its first and last letters: Swedish puts words together


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest answer of a model."""

    label: str
    probability: float
    known: int  # how many of the features it has a weight for


@dataclass(frozen=True, slots=True)
class WordModel:
    """A multinomial logistic regression over features that are there or not."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    weights: Mapping[str, Sequence[float]]

    def guess(self, features: Iterable[str]) -> Guess:
        """Return the likeliest label."""
        scores = list(self.bias)
        known = [self.weights[feature] for feature in features if feature in self.weights]
        for weights in known:
            for at, weight in enumerate(weights):
                scores[at] += weight
        most = max(scores)
        shares = [exp(score - most) for score in scores]
        return Guess(self.labels[scores.index(most)], 1 / sum(shares), len(known))


@cache
def load_model(name: str) -> WordModel:
    """Return the model of `<name>_words.json`, beside this module."""
    stored = json.loads(Path(__file__).with_name(f"{name}_words.json").read_text())
    return WordModel(tuple(stored["labels"]), tuple(stored["bias"]), stored["weights"])


def outcome_features(subject: str, text: str, facts: Collection[str]) -> set[str]:
    """Return what tells a receipt from a refund and from neither: subject and first lines."""
    head = _words(text[:_HEAD_CHARACTERS])
    return {*_named("s", _words(subject)), *_named("h", head), *(f"f:{fact}" for fact in facts)}


def category_features(
    sender: str, text: str, items: Sequence[str], facts: Collection[str]
) -> set[str]:
    """Return what tells what was bought: the sender, all words, those of the items once more."""
    features = {f"t:{word}" for word in _words(text[:_TEXT_CHARACTERS])}
    features |= {f"d:{word}" for word in _words(sender)} | {f"f:{fact}" for fact in facts}
    for word in (word for item in items for word in _words(item)):
        features |= {f"i:{word}", f"b:{word[:_STEM]}", f"e:{word[-_STEM:]}"}
    return features


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _named(place: str, words: Sequence[str]) -> Iterator[str]:
    yield from (f"{place}:{word}" for word in words)
    yield from (f"{place}:{one} {two}" for one, two in pairwise(words))
