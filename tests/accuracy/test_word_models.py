"""The models of words: trained on the mails that are there, and applied as they were fitted."""

from __future__ import annotations

import json

import pytest

from devstack.train_words import MODELS, digest
from ingestion.parsing.receipts.word_models import (
    WordModel,
    category_features,
    load_model,
    outcome_features,
)

NAMES = ("outcome", "category")


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_trained_on_the_dev_mails_as_they_are(name: str) -> None:
    stored = json.loads((MODELS / f"{name}_words.json").read_text())

    assert stored["trained_on"] == digest(), "run make train"


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_a_weight_for_every_label(name: str) -> None:
    model = load_model(name)

    assert len(model.bias) == len(model.labels)
    assert {len(weights) for weights in model.weights.values()} == {len(model.labels)}


def test_the_label_with_the_greatest_sum_of_weights_is_guessed() -> None:
    model = WordModel(("tea", "coffee"), (0.0, 0.5), {"t:green": (2.0, 0.0), "t:hot": (0.1, 0.2)})

    assert model.guess([]).label == "coffee"
    guess = model.guess({"t:green", "t:hot", "t:unknown"})
    assert guess.label == "tea"
    assert guess.probability == pytest.approx(0.802, abs=0.001)


def test_subject_and_first_lines_tell_a_basket_from_a_receipt() -> None:
    facts = {"total", "items", "adds"}
    basket = outcome_features("Du glömde något i varukorgen", "Din varukorg väntar på dig", facts)
    receipt = outcome_features(
        "Kvitto på ditt köp", "Tack för ditt köp! Här är ditt kvitto.", {*facts, "number", "tax"}
    )

    assert load_model("outcome").guess(basket).label == "not_an_invoice"
    assert load_model("outcome").guess(receipt).label == "ok"


def test_the_names_of_items_tell_what_was_bought() -> None:
    items = ["Mellanmjölk 1,5 l", "Bananer Klass 1", "Ägg 12-pack", "Nötfärs 12 %", "Gul lök"]
    features = category_features("Hyllan hyllan.example", "\n".join(items), items, {"items"})

    assert load_model("category").guess(features).label == "grocery"
