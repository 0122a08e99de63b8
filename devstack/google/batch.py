"""Batches: many calls in one multipart/mixed request, each answered for itself.

    --===============7330845974216740156==
    Content-Type: application/http
    Content-ID: <b29c5de2-0db4-490b-b421-6a51b598bd22 + 18c3f0a1b2c3d4e5>

    GET /gmail/v1/users/me/messages/18c3f0a1b2c3d4e5?format=raw&alt=json HTTP/1.1
    authorization: Bearer ya29...

https://developers.google.com/workspace/gmail/api/guides/batch
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devstack.google.replies import Reply

MAX_PARTS = 100


@dataclass(frozen=True, slots=True)
class BatchPart:
    """One call of a batch."""

    content_id: str
    method: str
    target: str  # path and query
    authorization: str  # of the part, else of the batch


def parse_batch(content_type: str, body: bytes, authorization: str) -> list[BatchPart]:
    """Return the calls of a batch; ValueError when this is none."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=compat32).parsebytes(head + body)
    if message.get_content_type() != "multipart/mixed" or not message.is_multipart():
        raise ValueError("not a batch")
    return [
        _parse_part(part, authorization)
        for part in message.get_payload()
        if isinstance(part, Message)
    ]


def _parse_part(part: Message, authorization: str) -> BatchPart:
    payload = part.get_payload(decode=True)
    request_line, _, header = (payload if isinstance(payload, bytes) else b"").partition(b"\n")
    method, target, _version = request_line.decode().split()
    fields = BytesParser(policy=compat32).parsebytes(header, headersonly=True)
    return BatchPart(
        str(part["Content-ID"] or ""), method, target, fields["authorization"] or authorization
    )


def render_batch(answers: Sequence[tuple[BatchPart, Reply]]) -> tuple[str, bytes]:
    """Return content type and body of the answer."""
    boundary = f"batch_{secrets.token_urlsafe(16)}"
    rendered = [f"--{boundary}\r\n{_render_part(part, reply)}\r\n" for part, reply in answers]
    body = "".join(rendered) + f"--{boundary}--\r\n"
    return f"multipart/mixed; boundary={boundary}", body.encode()


def _render_part(part: BatchPart, reply: Reply) -> str:
    content = "" if reply.body is None else json.dumps(reply.body)
    lines = [
        "Content-Type: application/http",
        f"Content-ID: {part.content_id.replace('<', '<response-', 1)}",
        "",
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        "Content-Type: application/json; charset=UTF-8",
        f"Content-Length: {len(content)}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
        "",
        content,
    ]
    return "\r\n".join(lines)
