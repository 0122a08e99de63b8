"""Messages in the forms of Gmail's API: raw, full, metadata, minimal."""

from __future__ import annotations

import base64
from email.message import Message
from typing import TYPE_CHECKING, Any

from devstack.google.mailbox import attachment_name
from ingestion.gmail.headers import all_fields, decoded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from devstack.google.mailbox import StoredMessage

_SNIPPET_CHARACTERS = 180


def message_json(
    message: StoredMessage, form: str, only_headers: Collection[str] = ()
) -> dict[str, Any]:
    """Return a message as `messages.get` gives it.

    Args:
        message: The message.
        form: raw, full, metadata or minimal.
        only_headers: For metadata; none means all.
    """
    body: dict[str, Any] = {
        "id": message.id,
        "threadId": message.id,
        "labelIds": list(message.label_ids),
        "historyId": str(message.history_id),
        "internalDate": str(int(message.received_at.timestamp() * 1000)),
        "sizeEstimate": len(message.raw),
    }
    if form == "raw":
        return {**body, "raw": base64.urlsafe_b64encode(message.raw).decode()}
    body["snippet"] = " ".join(message.searchable.body.split())[:_SNIPPET_CHARACTERS]
    if form == "full":
        body["payload"] = _part_json(message.parsed, "")
    elif form == "metadata":
        wanted = {name.lower() for name in only_headers}
        headers = _headers_json(message.parsed)
        body["payload"] = {
            "mimeType": message.parsed.get_content_type(),
            "headers": [h for h in headers if not wanted or h["name"].lower() in wanted],
        }
    return body


def attachment(message: StoredMessage, attachment_id: str) -> bytes | None:
    """Return the content of an attachment; its id is made of where it is in the message."""
    for part_id, part in _leaves(message.parsed, ""):
        if _attachment_id(part_id) == attachment_id and attachment_name(part):
            return _content(part)
    return None


def _part_json(part: Message, part_id: str) -> dict[str, Any]:
    name = attachment_name(part)
    json: dict[str, Any] = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": name,
        "headers": _headers_json(part),
    }
    if part.is_multipart():
        inner = [(_inner_id(part_id, at), child) for at, child in enumerate(_children(part))]
        return {
            **json,
            "body": {"size": 0},
            "parts": [_part_json(child, id_) for id_, child in inner],
        }
    content = _content(part)
    body: dict[str, Any] = {"size": len(content)}
    if name:
        body["attachmentId"] = _attachment_id(part_id)
    else:
        body["data"] = base64.urlsafe_b64encode(content).decode()
    return {**json, "body": body}


def _leaves(part: Message, part_id: str) -> Iterator[tuple[str, Message]]:
    if not part.is_multipart():
        yield part_id, part
    for at, child in enumerate(_children(part)):
        yield from _leaves(child, _inner_id(part_id, at))


def _children(part: Message) -> list[Message]:
    if not part.is_multipart():
        return []
    return [child for child in part.get_payload() if isinstance(child, Message)]


def _inner_id(part_id: str, at: int) -> str:
    return f"{part_id}.{at}" if part_id else str(at)


def _attachment_id(part_id: str) -> str:
    return "ANGjdJ" + base64.urlsafe_b64encode(part_id.encode()).decode().rstrip("=")


def _headers_json(part: Message) -> list[dict[str, str]]:
    return [{"name": name.title(), "value": decoded(value)} for name, value in all_fields(part)]


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError):
        return b""
    return content if isinstance(content, bytes) else b""
