"""Queue messages one by one, with a partial batch response.

What `handle_one` raises keeps the message in its queue: it is delivered again after a growing
wait, and lies in the dead letter queue after the fifth time.
Source: AWS Lambda developer guide, "Reporting batch item failures for Lambda functions with an
Amazon SQS trigger".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from paypulse.aws.queues import WorkQueue

_FIRST_WAIT_S = 30
_LONGEST_WAIT_S = 900


def each(
    event: dict[str, Any], handle_one: Callable[[dict[str, Any]], None], queue: WorkQueue
) -> dict[str, Any]:
    """Hand every message's body to `handle_one` and report those that failed."""
    logger = Logger()
    failed = []
    for record in event["Records"]:
        try:
            message = json.loads(record["body"])
            # What the request was logged under that this is the work of.
            logger.set_correlation_id(message.get("correlationId"))
            handle_one(message)
        except Exception:
            # Any failure must stay with its own message; the others are done.
            logger.exception("message failed", extra={"message_id": record["messageId"]})
            failed.append({"itemIdentifier": record["messageId"]})
            queue.hide(record["receiptHandle"], _wait_s(record))
    return {"batchItemFailures": failed}


def _wait_s(record: dict[str, Any]) -> int:
    received = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
    return int(min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** (received - 1)))
