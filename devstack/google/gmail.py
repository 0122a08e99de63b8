"""Gmail's API, version 1: the methods that read."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from devstack.google.payloads import attachment, message_json
from devstack.google.replies import Reply, api_error
from devstack.google.tokens import METADATA_SCOPE, READ_SCOPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from devstack.google.accounts import GoogleAccount
    from devstack.google.faults import Fault, Traffic
    from devstack.google.mailbox import StoredMessage
    from devstack.google.tokens import Token, TokenOffice
    from paypulse.ports.clock import Clock

    type Answer = Callable[[Gmail, GoogleAccount, Call], Reply]

_MAX_RESULTS = 500
_USUAL_RESULTS = 100
_WATCH_DAYS_MS = 7 * 24 * 3600 * 1000
_FORMATS = ("minimal", "full", "raw", "metadata")
_LABELS = ("INBOX", "UNREAD", "STARRED", "IMPORTANT", "SENT", "DRAFT", "SPAM", "TRASH")


@dataclass(frozen=True, slots=True)
class Call:
    """One call, whether it came alone or in a batch."""

    method: str  # HTTP
    path: str
    query: Mapping[str, list[str]]
    bearer: str
    ids: tuple[str, ...] = ()  # from the path, below the user's

    @classmethod
    def parse(cls, method: str, target: str, authorization: str) -> Call:
        """Return the call that a request line and its Authorization field make."""
        parts = urlsplit(target)
        bearer = authorization.removeprefix("Bearer ")
        return cls(method, parts.path, parse_qs(parts.query), bearer)

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter of the query."""
        return self.query.get(name, [default])[0]


class Gmail:
    """Answers calls from the mailboxes of the accounts."""

    def __init__(
        self,
        accounts: Mapping[str, GoogleAccount],
        tokens: TokenOffice,
        traffic: Traffic,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._traffic = traffic
        self.clock = clock

    def answer(self, call: Call) -> tuple[Reply, float]:
        """Return the answer to a call, and for how many seconds to hold it back."""
        found = _route(call)
        if found is None:
            return api_error(404, message="Method not found."), 0.0
        name, user, ids, answer = found
        fault = self._traffic.note(name, ids[0] if ids else "")
        reply = self._refusal(name, user, call, fault)
        if reply is None:
            owner = self._owner(self._tokens.read_access(call.bearer))
            located = Call(call.method, call.path, call.query, call.bearer, ids)
            reply = answer(self, owner, located) if owner else api_error(401)
        return reply, fault.delay_s if fault else 0.0

    def _refusal(self, name: str, user: str, call: Call, fault: Fault | None) -> Reply | None:
        token = self._tokens.read_access(call.bearer)
        owner = self._owner(token)
        if token is None or owner is None:
            return api_error(401)
        if fault is not None and (reply := fault.reply()):
            return reply
        if user not in ("me", owner.email):
            return api_error(403, "forbidden", f"Delegation denied for {owner.email}")
        return _scope_refusal(name, set(token.scopes), call)

    def _owner(self, token: Token | None) -> GoogleAccount | None:
        return next(
            (
                a
                for a in self._accounts.values()
                if token and a.google_user_id == token.google_user_id
            ),
            None,
        )


def _scope_refusal(name: str, scopes: set[str], call: Call) -> Reply | None:
    if READ_SCOPES & scopes:
        return None
    contents = name == "messages.attachments.get" or (
        name == "messages.get" and call.text("format", "full") in ("full", "raw")
    )
    if METADATA_SCOPE not in scopes or contents:
        return api_error(403, "insufficientPermissions")
    if call.text("q"):
        return api_error(403, "forbidden", "Metadata scope does not support 'q' parameter")
    return None


def _route(call: Call) -> tuple[str, str, tuple[str, ...], Answer] | None:
    for method, pattern, name, answer in _ROUTES:
        match = pattern.fullmatch(call.path)
        if match and method == call.method:
            user, *ids = (unquote(part) for part in match.groups())
            return name, user, tuple(ids), answer
    return None


def _profile(_gmail: Gmail, account: GoogleAccount, _call: Call) -> Reply:
    total = len(account.messages)
    return Reply(
        200,
        {
            "emailAddress": account.email,
            "messagesTotal": total,
            "threadsTotal": total,
            "historyId": str(account.history_id),
        },
    )


def _list_messages(gmail: Gmail, account: GoogleAccount, call: Call) -> Reply:
    found = account.search(
        call.text("q"),
        gmail.clock(),
        labels=call.query.get("labelIds", []),
        hidden_too=call.text("includeSpamTrash") == "true",
    )
    size = _size(call)
    start = _after(found, call.text("pageToken"))
    if start is None:
        return api_error(400, message="Invalid pageToken")
    page = found[start : start + size]
    body: dict[str, Any] = {"resultSizeEstimate": len(found)}
    if page:
        body["messages"] = [{"id": m.id, "threadId": m.id} for m in page]
    if start + size < len(found):
        body["nextPageToken"] = _page_token(page[-1])
    return Reply(200, body)


def _size(call: Call) -> int:
    text = call.text("maxResults", str(_USUAL_RESULTS))
    return min(int(text), _MAX_RESULTS) if text.isdigit() and int(text) else _USUAL_RESULTS


def _page_token(last: StoredMessage) -> str:
    """Return where the next page goes on: a place in time, so that new mail shifts nothing."""
    return base64.urlsafe_b64encode(f"{last.received_at.timestamp()!r} {last.id}".encode()).decode()


def _after(found: list[StoredMessage], token: str) -> int | None:
    """Return how many messages the pages before have shown; None for a token of another make."""
    if not token:
        return 0
    try:
        instant, id_ = base64.urlsafe_b64decode(token).decode().split(" ")
        place = (float(instant), id_)
    except (ValueError, binascii.Error):
        return None
    return sum((message.received_at.timestamp(), message.id) >= place for message in found)


def _get_message(_gmail: Gmail, account: GoogleAccount, call: Call) -> Reply:
    message = account.messages.get(call.ids[0])
    form = call.text("format", "full")
    if message is None:
        return api_error(404)
    if form not in _FORMATS:
        return api_error(400, message=f"Invalid value at 'format', {form!r}")
    return Reply(200, message_json(message, form, call.query.get("metadataHeaders", [])))


def _get_attachment(_gmail: Gmail, account: GoogleAccount, call: Call) -> Reply:
    message = account.messages.get(call.ids[0])
    content = attachment(message, call.ids[1]) if message else None
    if content is None:
        return api_error(404)
    data = base64.urlsafe_b64encode(content).decode()
    return Reply(200, {"size": len(content), "data": data})


def _list_history(_gmail: Gmail, account: GoogleAccount, call: Call) -> Reply:
    start = call.text("startHistoryId")
    if not start.isdigit():
        return api_error(400, message="Invalid startHistoryId")
    if not account.oldest_history_id <= int(start) <= account.history_id:
        return api_error(404)
    page_token = call.text("pageToken")
    place = max(int(start), int(page_token) if page_token.isdigit() else 0)
    kinds = {"messageAdded": "messagesAdded", "messageDeleted": "messagesDeleted"}
    wanted = {kinds.get(kind) for kind in call.query.get("historyTypes", kinds)}
    changes = [c for c in account.changes if c.history_id > place and c.kind in wanted]
    page = changes[: _size(call)]
    body: dict[str, Any] = {"historyId": str(account.history_id)}
    if page:
        body["history"] = [
            {
                "id": str(change.history_id),
                "messages": [{"id": change.message.id, "threadId": change.message.id}],
                change.kind: [{"message": message_json(change.message, "minimal")}],
            }
            for change in page
        ]
    if len(page) < len(changes):
        # The history id is a place in time as well; the client sends both and the later counts.
        body["nextPageToken"] = str(page[-1].history_id)
    return Reply(200, body)


def _list_labels(_gmail: Gmail, _account: GoogleAccount, _call: Call) -> Reply:
    return Reply(200, {"labels": [{"id": id_, "name": id_, "type": "system"} for id_ in _LABELS]})


def _watch(gmail: Gmail, account: GoogleAccount, _call: Call) -> Reply:
    """Accept a watch. Nothing is published, as there is no Pub/Sub here."""
    expiration = int(gmail.clock().timestamp() * 1000) + _WATCH_DAYS_MS
    return Reply(200, {"historyId": str(account.history_id), "expiration": str(expiration)})


def _stop(_gmail: Gmail, _account: GoogleAccount, _call: Call) -> Reply:
    return Reply(204)


_USER = "/gmail/v1/users/([^/]+)"
_ROUTES: list[tuple[str, re.Pattern[str], str, Answer]] = [
    (method, re.compile(_USER + path), name, answer)
    for method, path, name, answer in (
        ("GET", "/profile", "users.getProfile", _profile),
        ("GET", "/messages", "messages.list", _list_messages),
        ("GET", "/messages/([^/]+)", "messages.get", _get_message),
        (
            "GET",
            "/messages/([^/]+)/attachments/([^/]+)",
            "messages.attachments.get",
            _get_attachment,
        ),
        ("GET", "/history", "history.list", _list_history),
        ("GET", "/labels", "labels.list", _list_labels),
        ("POST", "/watch", "users.watch", _watch),
        ("POST", "/stop", "users.stop", _stop),
    )
]
