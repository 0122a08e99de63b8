"""Fit the models of words: `python fit_words.py SAMPLES FOLDER`, in the training environment."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

# How many mails a word must occur in, and how much it must weigh, to be kept.
_LEAST = {"outcome": (4, 0.03), "category": (3, 0.05)}


def fit(samples: list[tuple[str, list[str]]], least: int, cut: float) -> dict[str, Any]:
    """Return labels, bias and weights, rounded and in a fixed order."""
    counts = Counter(feature for _, features in samples for feature in features)
    rows = [{each: 1 for each in features if counts[each] >= least} for _, features in samples]
    vectorizer = DictVectorizer()
    model = LogisticRegression(C=1, max_iter=3_000, class_weight="balanced")
    model.fit(vectorizer.fit_transform(rows), [label for label, _ in samples])
    weights = {}
    for feature, column in zip(vectorizer.get_feature_names_out(), model.coef_.T, strict=True):
        kept = [round(float(weight), 2) if abs(weight) > cut else 0 for weight in column]
        if any(kept):
            weights[feature] = kept
    bias = [round(float(each), 3) for each in model.intercept_]
    return {"labels": list(model.classes_), "bias": bias, "weights": weights}


def main(samples: Path, folder: Path) -> None:
    """Write `<name>_words.json` for each model."""
    stored = json.loads(samples.read_text())
    for name, (least, cut) in _LEAST.items():
        model = {"trained_on": stored["trained_on"], **fit(stored[name], least, cut)}
        file = folder / f"{name}_words.json"
        file.write_text(json.dumps(model, ensure_ascii=False, separators=(",", ":")) + "\n")
        size = file.stat().st_size // 1000
        print(f"{file.name}: {len(stored[name])} mails, {len(model['weights'])} words, {size} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
