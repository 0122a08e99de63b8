"""`make train`: the weights of the models of words, from the dev part of the labelled mails.

The features are taken here, as the reader takes them; `fit_words.py` makes weights of them, in an
environment of its own, because scikit-learn is ten times as large as all the rest.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devstack.accuracy import CORPUS, DEV, load_corpus
from ingestion.parsing.receipts import reader
from ingestion.parsing.receipts.message import read_message
from ingestion.parsing.receipts.word_models import category_features, outcome_features

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingestion.parsing.receipts.reader import MailReading

MODELS = Path(reader.__file__).parent


def samples() -> dict[str, Any]:
    """Return, for each model, the features and the label of every mail that it learns from."""
    outcome, category = [], []
    for mail in load_corpus():
        if mail.part != DEV:
            continue
        for read in _readings(mail.content):
            subject, text, facts = read.mail.subject, read.page.text, reader.facts_of(read)
            features = sorted(outcome_features(subject, text, facts))
            outcome.append([mail.label["expected"], features])
            if mail.label["fields"]:
                sender = f"{read.mail.sender_name} {read.mail.sender.rpartition('@')[2]}"
                items = [item.name for item in read.layout.sums.items]
                items += [item.name for item in read.markup.items]
                features = sorted(category_features(sender, text, items, facts))
                category.append([mail.label["fields"]["category"], features])
    return {"trained_on": digest(), "outcome": outcome, "category": category}


def _readings(content: bytes) -> Iterator[MailReading]:
    """Yield what is judged: the body, or the PDFs where the body names no sum."""
    body = reader.read_mail_text(read_message(content))
    if body.layout.sums.total is not None or not body.mail.pdfs:
        yield body
        return
    for pdf in body.mail.pdfs:
        yield reader.read_pdf_text(pdf, body.mail, body.sent_on)


def digest() -> str:
    """Return what the models must be trained on: a hash of the dev part's mails and labels."""
    parts: Mapping[str, list[str]] = json.loads((CORPUS / "split.json").read_text())
    found = hashlib.sha256()
    for name in sorted(parts[DEV]):
        for kind in ("eml", "json"):
            found.update((CORPUS / "mails" / f"{name}.{kind}").read_bytes())
    return found.hexdigest()[:16]


def write_samples(file: Path) -> None:
    """Write the samples for `fit_words.py`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(samples(), ensure_ascii=False))
