"""Work queues (SQS); a message holds ids and nothing more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from paypulse.aws.items import translated
from paypulse.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs import SQSClient

_BATCH = 10


class WorkQueue:
    """Sends JSON messages to one queue."""

    def __init__(self, url: str, client: SQSClient) -> None:
        self._url = url
        self._client = client

    def send(self, message: dict[str, Any], delay_s: int = 0) -> None:
        """Queue one message."""
        with translated("SQS"):
            self._client.send_message(
                QueueUrl=self._url, MessageBody=json.dumps(message), DelaySeconds=delay_s
            )

    def hide(self, receipt_handle: str, seconds: int) -> None:
        """Deliver a received message again after this time instead of the queue's own."""
        with translated("SQS"):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def send_all(self, messages: Sequence[dict[str, Any]]) -> None:
        """Queue many messages.

        Raises:
            TransientError: some were not taken; sending all of them again is harmless.
        """
        for start in range(0, len(messages), _BATCH):
            entries: Any = [
                {"Id": str(index), "MessageBody": json.dumps(message)}
                for index, message in enumerate(messages[start : start + _BATCH])
            ]
            with translated("SQS"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise TransientError(f"SQS did not take {len(answer['Failed'])} messages")
