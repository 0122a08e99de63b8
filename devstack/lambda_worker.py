"""One Lambda function as a process: events in on stdin, answers out on stdout, line by line.

Like Lambda, it answers one event at a time and keeps the module loaded between them. What the
function prints goes to stderr.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from dataclasses import dataclass
from typing import Any, TextIO

from devstack.process_memory import peak_mb


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda hands a function besides the event."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: int
    deadline: float  # by time.monotonic()

    @property
    def invoked_function_arn(self) -> str:
        """An ARN of the right form."""
        return f"arn:aws:lambda:eu-west-1:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """How much time is left."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def main(handler_path: str, function_name: str, memory_mb: str) -> None:
    """Answer events until stdin ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    module, _, attribute = handler_path.rpartition(".")
    handler = getattr(importlib.import_module(module), attribute)
    _write(answers, {"ready": True})
    for line in sys.stdin:
        call = json.loads(line)
        context = Context(
            function_name,
            call["requestId"],
            int(memory_mb),
            time.monotonic() + call["timeoutS"],
        )
        answer = _answer(handler, call["event"], context)
        _write(answers, {**answer, "maxMemoryMb": peak_mb()})


def _write(answers: TextIO, answer: dict[str, Any]) -> None:
    json.dump(answer, answers, ensure_ascii=False)
    answers.write("\n")
    answers.flush()


def _answer(handler: Any, event: Any, context: Context) -> dict[str, Any]:
    try:
        result = handler(event, context)
        json.dumps(result)  # as Lambda does: what is no JSON is the function's error
    except Exception as error:  # noqa: BLE001 - Lambda reports any exception of the function
        import traceback  # noqa: PLC0415 - only on failure

        traceback.print_exc()
        return {"errorType": type(error).__name__, "errorMessage": str(error)}
    return {"result": result}


if __name__ == "__main__":
    main(*sys.argv[1:])
