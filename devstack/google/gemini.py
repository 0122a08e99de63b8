"""Gemini's `generateContent`: a deterministic stand-in that answers from the layout reader.

Its answers keep to the schema that the request carries. Faults come through `/_control/faults` with
the method `models.generateContent`; besides HTTP statuses these reasons are known:

    invalidJson   the candidate's text is cut in the middle
    safety        the candidate was stopped for safety
    blocked       the prompt was blocked
    nonsense      an answer that fits the schema and has nothing to do with the mail
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.google.replies import api_error
from ingestion.parsing.receipts.labels import MoneyKind
from ingestion.parsing.receipts.layout import Layout, read_layout
from ingestion.parsing.receipts.rows import Row

if TYPE_CHECKING:
    from starlette.requests import Request

    from devstack.google.faults import Fault, Traffic

METHOD = "models.generateContent"
_GET_METHOD = "models.get"
_MAIL = re.compile(r"<<<MAIL-(?P<name>[0-9a-f]{12})\n(?P<text>.*)\nMAIL-(?P=name)>>>", re.DOTALL)
_NONSENSE = {
    "isReceipt": True,
    "fields": [
        {"name": "total", "quote": "Totalt | 1,00 kr", "value": "1,00 kr"},
        {"name": "orderNumber", "quote": "Order NONSENSE-1", "value": "NONSENSE-1"},
    ],
    "items": [{"quote": "Ingenting | 1,00 kr", "name": "Ingenting", "total": "1,00 kr"}],
}


class Gemini:
    """The routes of the Generative Language API that PayPulse uses."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic

    def routes(self) -> list[Route]:
        """Return the routes; google-genai asks under `/v1`, older ones under `/v1beta`."""
        path = "/{version:str}/models/{model:str}"
        return [
            Route(f"{path}:generateContent", self._generate, methods=["POST"]),
            Route(path, self._describe),
        ]

    async def _describe(self, request: Request) -> Response:
        fault = self._traffic.note(_GET_METHOD)
        if not request.headers.get("x-goog-api-key"):
            return api_error(403, message="API key missing.").response()
        if fault is not None and (failed := _failed(fault)) is not None:
            return failed
        return JSONResponse({"name": f"models/{request.path_params['model']}"})

    async def _generate(self, request: Request) -> Response:
        fault = self._traffic.note(METHOD)
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
        if not request.headers.get("x-goog-api-key"):
            return api_error(403, message="API key missing.").response()
        if fault is not None and (failed := _failed(fault)) is not None:
            return failed
        try:
            body = await request.json()
            text = body["contents"][-1]["parts"][0]["text"]
        except (ValueError, LookupError, TypeError):
            return api_error(400).response()
        answer = json.dumps(answer_for(text, body.get("generationConfig", {})), ensure_ascii=False)
        if fault is not None and fault.reason == "invalidJson":
            answer = answer[: len(answer) // 2]
        if fault is not None and fault.reason == "nonsense":
            answer = json.dumps(_NONSENSE, ensure_ascii=False)
        return _candidate(answer, len(text), request.path_params["model"])


def _failed(fault: Fault) -> Response | None:
    if fault.status is not None:
        return api_error(fault.status, fault.reason, retry_after_s=fault.retry_after_s).response()
    if fault.reason == "safety":
        return JSONResponse({"candidates": [{"finishReason": "SAFETY", "index": 0}]})
    if fault.reason == "blocked":
        return JSONResponse({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    return None


def _candidate(answer: str, prompt_characters: int, model: str) -> Response:
    prompt, output = prompt_characters // 3, len(answer) // 3
    content = {"role": "model", "parts": [{"text": answer}]}
    usage = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": output,
        "totalTokenCount": prompt + output,
    }
    return JSONResponse(
        {
            "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
            "usageMetadata": usage,
            "modelVersion": model,
        }
    )


def answer_for(prompt: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return what the layout reader finds in the mail of a prompt, in the schema's words."""
    mail = _MAIL.search(prompt)
    text = mail["text"] if mail else prompt
    rows = [_row(line) for line in text.split("\n") if line.strip()]
    layout = read_layout(rows, subject=text.split("\n", 1)[0], domain="", near=None)
    allowed = _allowed(config)
    fields = [
        {"name": name, "quote": quote, "value": value}
        for name, quote, value in _values(layout, text)
        if name in allowed
    ]
    items = [
        {"quote": item.quote, "name": item.name}
        for item in layout.sums.items
        if item.name in item.quote
    ]
    return {"isReceipt": bool(fields), "fields": fields, "items": items}


def _row(line: str) -> Row:
    cells = tuple(cell.strip() for cell in line.split(" | "))
    return Row(cells, cells)


def _allowed(config: dict[str, Any]) -> set[str]:
    schema = config.get("responseSchema") or config.get("response_schema") or {}
    try:
        return set(schema["properties"]["fields"]["items"]["properties"]["name"]["enum"])
    except (KeyError, TypeError):
        return set()


def _values(layout: Layout, text: str) -> list[tuple[str, str, str]]:
    sums = layout.sums
    parts = {
        "total": sums.total_quote,
        "tax": sums.quotes.get(MoneyKind.TAX, ""),
        "shipping": sums.quotes.get(MoneyKind.SHIPPING, ""),
        "discount": sums.quotes.get(MoneyKind.DISCOUNT, ""),
        "serviceFee": sums.quotes.get(MoneyKind.SERVICE_FEE, ""),
        "tip": sums.quotes.get(MoneyKind.TIP, ""),
        "deposit": sums.quotes.get(MoneyKind.DEPOSIT, ""),
    }
    found = [
        (name, quote, quote.split(" | ")[-1].rpartition(": ")[2])
        for name, quote in parts.items()
        if quote and "\n" not in quote
    ]
    for name, read in (("orderNumber", layout.order_number), ("plan", layout.plan)):
        if read is not None and read.value in read.quote and "\n" not in read.quote:
            found.append((name, read.quote, read.value))
    return [(name, quote, value) for name, quote, value in found if quote in text]
