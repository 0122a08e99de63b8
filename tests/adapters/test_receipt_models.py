"""The model as a deployed function builds it: key, budget and metrics, on AWS and Gemini."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from devstack.serving import serving
from ingestion._receipt_models import ModelSettings, ReceiptModels
from ingestion.parsing.receipts.reader import KnownVendor, read_receipt
from paypulse.aws.rate_limits import DynamoSpendingCounters
from paypulse.aws.secrets import OptionalSecret
from paypulse.receipts import Category, ModelAnswer, NoReading, ReceiptStatus, VendorHints
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

    from tests.adapters.conftest import EmulatedGoogle
    from tests.conftest import Aws

METHOD = "models.generateContent"
TEXT = "Order 7001\nUllmössa | 1 | 249,00 kr\nFrakt | 39,00 kr\nAtt betala | 288,00 kr"
UNVERIFIED = (
    b"From: Lampan <order@lampan.example>\nSubject: Kvitto 88120\n"
    b"Date: Mon, 05 May 2025 10:00:00 +0200\nContent-Type: text/html; charset=utf-8\n\n"
    b"<p>Tack! Order: 88120</p><p>Totalt: 459,00 kr</p>"
)


@pytest.fixture
def secret(aws: Aws, user_id: str) -> str:
    """A secret without a value, as Terraform leaves it."""
    name = f"gemini-api-key-{user_id}"
    aws.client("secretsmanager").create_secret(Name=name)
    return name


@pytest.fixture
def fill_in(aws: Aws, secret: str) -> Callable[[str], None]:
    def put(text: str) -> None:
        aws.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=text)

    return put


@pytest.fixture
def make_models(
    aws: Aws, secret: str, google_emulator: EmulatedGoogle
) -> Iterator[Callable[..., ReceiptModels]]:
    made: list[ReceiptModels] = []

    def make(daily_tokens: int = 100_000, url: str = google_emulator.url) -> ReceiptModels:
        models = ReceiptModels(
            ModelSettings(secret, "gemini-test, gemini-next", daily_tokens, "RateLimits", url),
            key=OptionalSecret(secret, aws.client("secretsmanager")),
            counters=DynamoSpendingCounters("RateLimits", aws.client("dynamodb")),
        )
        made.append(models)
        return models

    yield make
    for models in made:
        models.close()


def ask(models: ReceiptModels, user_id: str, **options: Any) -> ModelAnswer | NoReading:
    model = models.for_user(user_id, **options)
    assert model is not None
    return model(TEXT, category=Category.CLOTHING)


def metrics(output: str) -> list[dict[str, Any]]:
    """Return the lines that CloudWatch takes for metrics."""
    return [line for line in map(json.loads, output.splitlines()) if "_aws" in line]


@pytest.mark.parametrize("text", [None, "  "], ids=["no value", "a blank one"])
def test_without_a_key_there_is_no_model(
    make_models: Callable[..., ReceiptModels],
    fill_in: Callable[[str], None],
    user_id: str,
    text: str | None,
) -> None:
    if text is not None:
        fill_in(text)

    assert make_models().for_user(user_id) is None


def test_with_a_key_the_first_model_of_the_settings_answers(
    make_models: Callable[..., ReceiptModels], fill_in: Callable[[str], None], user_id: str
) -> None:
    fill_in("invented-key")

    answer = ask(make_models(), user_id)

    assert isinstance(answer, ModelAnswer)
    assert answer.model_id == "gemini-test"


def test_retired_model_is_replaced_by_the_next_of_the_settings(
    google_emulator: EmulatedGoogle,
    make_models: Callable[..., ReceiptModels],
    fill_in: Callable[[str], None],
    user_id: str,
) -> None:
    fill_in("invented-key")
    google_emulator.fault(METHOD, status=404)

    answer = ask(make_models(), user_id)

    assert isinstance(answer, ModelAnswer)
    assert answer.model_id == "gemini-next"


def test_budget_of_a_user_is_one_for_all_instances(
    google_emulator: EmulatedGoogle,
    make_models: Callable[..., ReceiptModels],
    fill_in: Callable[[str], None],
    user_id: str,
) -> None:
    fill_in("invented-key")
    instances = [make_models(1_200) for _ in range(8)]

    answers = [ask(models, user_id) for models in instances]
    someone_else = ask(instances[0], f"{user_id}-2")

    assert isinstance(answers[0], ModelAnswer)
    assert answers[-1] is NoReading.OVER_BUDGET
    assert google_emulator.calls(METHOD) < 8
    assert isinstance(someone_else, ModelAnswer)


def test_next_day_has_a_budget_of_its_own(
    make_models: Callable[..., ReceiptModels], fill_in: Callable[[str], None], user_id: str
) -> None:
    fill_in("invented-key")
    models = make_models(1_200)
    while ask(models, user_id, clock=lambda: NOW) is not NoReading.OVER_BUDGET:
        pass

    answer = ask(models, user_id, clock=lambda: NOW + timedelta(days=1))

    assert isinstance(answer, ModelAnswer)


def test_spent_tokens_are_a_metric_of_the_function(
    make_models: Callable[..., ReceiptModels],
    fill_in: Callable[[str], None],
    user_id: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test-parse_retail_invoice")
    fill_in("invented-key")

    answer = ask(make_models(), user_id)

    assert isinstance(answer, ModelAnswer)
    (line,) = metrics(capsys.readouterr().out)
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert (described["Namespace"], described["Dimensions"]) == ("PayPulse", [["service"]])
    assert (line["service"], line["ModelTokens"]) == (
        "test-parse_retail_invoice",
        [float(answer.tokens)],
    )


def test_reading_that_was_not_given_is_logged_and_counted_by_its_reason(
    google_emulator: EmulatedGoogle,
    make_models: Callable[..., ReceiptModels],
    fill_in: Callable[[str], None],
    user_id: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    fill_in("wrong-key")
    google_emulator.fault(METHOD, status=403, times=9)

    assert ask(make_models(), user_id) is NoReading.REFUSED

    (line,) = metrics(capsys.readouterr().out)
    assert (line["reason"], line["ModelGaveNoReading"]) == ("REFUSED", [1.0])
    records = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [record.__dict__["reason"] for record in records] == ["REFUSED"]
    assert "wrong-key" not in caplog.text


def test_receipt_is_read_with_the_model_and_its_vendors_hints(
    make_models: Callable[..., ReceiptModels], fill_in: Callable[[str], None], user_id: str
) -> None:
    fill_in("invented-key")
    hints = VendorHints(
        {"Totalt": "total", "Beställnings-ID": "order number"},
        "Din beställning",
        (("Totalt: 1,00 kr", '{"isReceipt": true, "fields": [], "items": []}'),),
    )
    known = KnownVendor("Lampan", Category.TECHNOLOGY, hints)
    with recording() as (url, bodies):
        reading = read_receipt(
            UNVERIFIED, known=known, model=make_models(url=url).for_user(user_id)
        )

    (body,) = bodies
    instruction = body["systemInstruction"]["parts"][0]["text"]
    assert "Beställnings-ID = order number" in instruction
    assert "Din beställning" in instruction
    turns = [turn["parts"][0]["text"] for turn in body["contents"]]
    assert "Totalt: 1,00 kr" in turns[2]
    assert "459,00 kr" in turns[-1]
    assert reading.receipt is not None
    assert (reading.receipt.status, reading.model) == (ReceiptStatus.OK, "gemini-test")


def test_text_of_a_mail_never_reaches_the_instruction(
    make_models: Callable[..., ReceiptModels], fill_in: Callable[[str], None], user_id: str
) -> None:
    fill_in("invented-key")
    with recording() as (url, bodies):
        read_receipt(UNVERIFIED, model=make_models(url=url).for_user(user_id))

    (body,) = bodies
    assert "Lampan" not in body["systemInstruction"]["parts"][0]["text"]


@contextmanager
def recording() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve an API that keeps what it is asked and says that the total is right."""
    bodies: list[dict[str, Any]] = []

    async def generate(request: Request) -> JSONResponse:
        bodies.append(await request.json())
        total = {"name": "total", "quote": "Totalt: 459,00 kr", "value": "459,00 kr"}
        answer = json.dumps({"isReceipt": True, "fields": [total], "items": []})
        content = {"role": "model", "parts": [{"text": answer}]}
        return JSONResponse({"candidates": [{"content": content, "finishReason": "STOP"}]})

    path = "/{version}/models/{model}:generateContent"
    with serving(Starlette(routes=[Route(path, generate, methods=["POST"])])) as url:
        yield url, bodies
