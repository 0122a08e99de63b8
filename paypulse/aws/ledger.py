"""The mail ledger in the table MailLedger.

Besides the rows of messages it holds content markers, `content#<sha256>`, which make the same
document one invoice whichever mail brings it; `paypulse.aws.rental_invoices` writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paypulse.aws.items import cancellation_codes, from_item, to_item, translated
from paypulse.clock import from_text, to_text
from paypulse.ledger import (
    STALE_AFTER,
    Claim,
    Claims,
    DocumentOutcome,
    LedgerDocument,
    LedgerEntry,
    LedgerState,
    MailOutcome,
    Settlement,
)
from paypulse.pages import Page, decode_cursor, encode_cursor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from paypulse.documents import Document
    from paypulse.mail import Mail

_FAILED_INDEX = "failed_at-index"
_BATCH_GET = 100
# Which counter of a run a message ends in.
_COUNTERS = {
    MailOutcome.STORED: "parsed",
    MailOutcome.NOT_AN_INVOICE: "skipped",
    MailOutcome.DUPLICATE: "skipped",
    MailOutcome.UNTRUSTED_SENDER: "failed",
    MailOutcome.FAILED: "failed",
}


class DynamoLedger:
    """Implements `Ledger`."""

    def __init__(self, table: str, runs_table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._runs_table = runs_table
        self._client = client

    def claim(
        self, user_id: str, message_ids: Sequence[str], run_id: str, *, now: datetime
    ) -> Claims:
        known = {row["MessageID"]: row for row in self._read_many(user_id, message_ids)}
        mine, elsewhere = [], 0
        for message_id in message_ids:
            row = known.get(message_id)
            if row is not None and not _is_free(row, run_id, now):
                elsewhere += row["state"] != LedgerState.SETTLED and row.get("run_id") != run_id
                continue
            claim = self._claim_one(user_id, message_id, run_id, row, now)
            if claim:
                mine.append(claim)
            else:
                elsewhere += 1
        return Claims(tuple(mine), elsewhere)

    def expect_documents(self, user_id: str, mail: Mail, count: int, *, now: datetime) -> bool:
        expression = (
            "SET #state = :fetched, fetched_at = :now, expected = :count, sender = :sender,"
            " received_at = :received, documents = if_not_exists(documents, :none)"
        )
        values = {
            ":fetched": LedgerState.FETCHED.value,
            ":now": to_text(now),
            ":count": count,
            ":sender": mail.sender,
            ":received": to_text(mail.received_at),
            ":none": {},
            ":settled": LedgerState.SETTLED.value,
        }
        # Not there: its user was erased since it was claimed.
        condition = "attribute_exists(MessageID) AND #state <> :settled"
        try:
            self._update(user_id, mail.message_id, expression, values, condition=condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def mark_stored(
        self, user_id: str, message_id: str, run_id: str, *, vendor: str = "", now: datetime
    ) -> None:
        mark = {
            "Update": {
                "TableName": self._table,
                "Key": _key(user_id, message_id),
                "UpdateExpression": "SET stored_at = :now",
                "ConditionExpression": "attribute_not_exists(stored_at) AND run_id = :run",
                "ExpressionAttributeValues": to_item({":now": to_text(now), ":run": run_id}),
            }
        }
        count = self._count(user_id, run_id, {"stored": 1}, now)
        if vendor:
            _count_vendor(count["Update"], vendor)
        self._transact([mark, count])

    def begin_document(self, document: Document, *, now: datetime) -> LedgerDocument:
        first = {"filename": document.filename, "key": document.key, "attempts": 1}
        there = self._add_document(document, first)
        if there == {}:
            self._add_upload(document, now)
            there = self._add_document(document, first)
        if there is None:
            return _to_document(document.document_id, first)
        row = self._update(
            document.user_id,
            document.source.message_id,
            "SET documents.#id.attempts = documents.#id.attempts + :one",
            {":one": 1},
            names={"#id": document.document_id},
        )
        return _to_document(document.document_id, row["documents"][document.document_id])

    def record_document(self, document: Document, row: LedgerDocument) -> None:
        change = record_document(self._table, document, row)["Update"]
        try:
            with translated():
                self._client.update_item(**change)
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # another delivery was faster

    def get(self, user_id: str, message_id: str) -> LedgerEntry | None:
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(user_id, message_id), ConsistentRead=True
            )
        return _to_entry(from_item(answer["Item"])) if "Item" in answer else None

    def settle(self, entry: LedgerEntry, settlement: Settlement, *, now: datetime) -> None:
        if entry.state is LedgerState.SETTLED:
            return
        changes = [self._settling(entry, settlement, now)]
        if entry.run_id:
            counts = {_COUNTERS[settlement.outcome]: 1, "remaining": -1}
            changes.append(self._count(entry.user_id, entry.run_id, counts, now))
        self._transact(changes)

    def list_failed(self, user_id: str, first: int, after: str | None) -> Page[LedgerEntry]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": _FAILED_INDEX,
            "KeyConditionExpression": "UserID = :user",
            "ExpressionAttributeValues": to_item({":user": user_id}),
            "ScanIndexForward": False,
            "Limit": first,
        }
        if after:
            failed_at, message_id = decode_cursor(_FAILED_INDEX, after, 2)
            key = {"UserID": user_id, "failed_at": failed_at, "MessageID": message_id}
            request["ExclusiveStartKey"] = to_item(key)
        with translated():
            answer = self._client.query(**request)
        rows = [from_item(item) for item in answer["Items"]]
        return Page(
            tuple(_to_entry(row) for row in rows),
            tuple(encode_cursor(_FAILED_INDEX, row["failed_at"], row["MessageID"]) for row in rows),
            "LastEvaluatedKey" in answer,
        )

    def _read_many(self, user_id: str, message_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        for start in range(0, len(message_ids), _BATCH_GET):
            keys = [_key(user_id, each) for each in message_ids[start : start + _BATCH_GET]]
            pending: Any = {self._table: {"Keys": keys, "ConsistentRead": True}}
            while pending:
                with translated():
                    answer = self._client.batch_get_item(RequestItems=pending)
                yield from (from_item(item) for item in answer["Responses"].get(self._table, []))
                pending = answer.get("UnprocessedKeys")

    def _claim_one(
        self, user_id: str, message_id: str, run_id: str, row: dict[str, Any] | None, now: datetime
    ) -> Claim | None:
        """Write the claim; None when someone else was faster."""
        if row is not None and row.get("run_id") == run_id and row["state"] != "SETTLED":
            return Claim(message_id, row["attempts"], from_text(row["claimed_at"]))
        attempts = (row["attempts"] if row else 0) + 1
        condition = "attribute_not_exists(MessageID)" if row is None else "claimed_at = :seen"
        values: dict[str, Any] = {
            ":claimed": LedgerState.CLAIMED.value,
            ":run": run_id,
            ":now": to_text(now),
            ":attempts": attempts,
        }
        if row is not None:
            values[":seen"] = row["claimed_at"]
        try:
            self._update(
                user_id,
                message_id,
                "SET #state = :claimed, run_id = :run, claimed_at = :now, attempts = :attempts"
                " REMOVE stored_at, settled_at, outcome, reason, failed_at, documents",
                values,
                condition=condition,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return Claim(message_id, attempts, now)

    def _add_document(self, document: Document, values: dict[str, Any]) -> dict[str, Any] | None:
        """Add a document to its message's row; else return the row, empty where there is none."""
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(document.user_id, document.source.message_id),
                    UpdateExpression="SET documents.#id = :values",
                    ConditionExpression=(
                        "attribute_exists(documents) AND attribute_not_exists(documents.#id)"
                    ),
                    ExpressionAttributeNames={"#id": document.document_id},
                    ExpressionAttributeValues=to_item({":values": values}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            answer: Any = error.response
            return from_item(answer.get("Item", {}))
        return None

    def _add_upload(self, document: Document, now: datetime) -> None:
        """Give a document that was put into the bucket by hand a row of its own."""
        row = {
            "UserID": document.user_id,
            "MessageID": document.source.message_id,
            "state": LedgerState.FETCHED.value,
            "claimed_at": to_text(now),
            "attempts": 1,
            "sender": document.source.sender,
            "received_at": to_text(document.source.received_at),
            "expected": 1,
            "documents": {},
        }
        try:
            with translated():
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(row),
                    ConditionExpression="attribute_not_exists(MessageID)",
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # another delivery was faster

    def _settling(self, entry: LedgerEntry, settlement: Settlement, now: datetime) -> Any:
        values: dict[str, Any] = {
            ":settled": LedgerState.SETTLED.value,
            ":outcome": settlement.outcome.value,
            ":now": to_text(now),
        }
        expression = "SET #state = :settled, outcome = :outcome, settled_at = :now"
        if settlement.reason:
            values[":reason"] = settlement.reason.value
            expression += ", reason = :reason"
        if settlement.needs_attention:
            expression += ", failed_at = :now"
        return {
            "Update": {
                "TableName": self._table,
                "Key": _key(entry.user_id, entry.message_id),
                "UpdateExpression": expression,
                "ConditionExpression": "#state <> :settled",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": to_item(values),
            }
        }

    def _count(self, user_id: str, run_id: str, counts: dict[str, int], now: datetime) -> Any:
        adds = ", ".join(f"#{name} :{name}" for name in counts)  # `stored` is a reserved word
        values = {f":{name}": count for name, count in counts.items()}
        return {
            "Update": {
                "TableName": self._runs_table,
                "Key": to_item({"UserID": user_id, "RunID": run_id}),
                "UpdateExpression": f"SET updated_at = :now ADD {adds}",
                # A run that is gone belonged to a user who was erased: bring nothing back.
                "ConditionExpression": "attribute_exists(RunID)",
                "ExpressionAttributeNames": {f"#{name}": name for name in counts},
                "ExpressionAttributeValues": to_item({**values, ":now": to_text(now)}),
            }
        }

    def _transact(self, changes: list[Any]) -> None:
        try:
            with translated():
                self._client.transact_write_items(TransactItems=changes)
        except self._client.exceptions.TransactionCanceledException as error:
            if "ConditionalCheckFailed" not in cancellation_codes(error):
                raise  # else: done already by another delivery

    def _update(
        self,
        user_id: str,
        message_id: str,
        expression: str,
        values: dict[str, Any],
        *,
        condition: str = "",
        names: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": _key(user_id, message_id),
            "UpdateExpression": expression,
            "ExpressionAttributeValues": to_item(values),
            "ReturnValues": "ALL_NEW",
        }
        all_names = dict(names or {})
        if "#state" in expression + condition:
            all_names["#state"] = "state"
        if all_names:
            request["ExpressionAttributeNames"] = all_names
        if condition:
            request["ConditionExpression"] = condition
        with translated():
            answer = self._client.update_item(**request)
        return from_item(answer["Attributes"])


def _count_vendor(update: dict[str, Any], vendor: str) -> None:
    """Count one more of this vendor; ADD cannot reach into a map."""
    update["UpdateExpression"] = update["UpdateExpression"].replace(
        "SET ", "SET by_vendor.#vendor = if_not_exists(by_vendor.#vendor, :zero) + :one, ", 1
    )
    update["ExpressionAttributeNames"] |= {"#vendor": vendor}
    update["ExpressionAttributeValues"] |= to_item({":zero": 0, ":one": 1})


def record_document(table: str, document: Document, row: LedgerDocument) -> Any:
    """Return the write that keeps a document's outcome, for a transaction."""
    values: dict[str, Any] = {
        ":outcome": row.outcome.value if row.outcome else None,
        ":flags": list(row.flags),
        ":invoice": row.invoice_id,
    }
    expression = "SET documents.#id.outcome = :outcome, documents.#id.flags = :flags"
    if row.invoice_id:
        expression += ", documents.#id.invoice_id = :invoice"
    return {
        "Update": {
            "TableName": table,
            "Key": _key(document.user_id, document.source.message_id),
            "UpdateExpression": expression,
            "ConditionExpression": "attribute_not_exists(documents.#id.outcome)",
            "ExpressionAttributeNames": {"#id": document.document_id},
            "ExpressionAttributeValues": to_item(values),
        }
    }


def _key(user_id: str, message_id: str) -> dict[str, Any]:
    return to_item({"UserID": user_id, "MessageID": message_id})


def _is_free(row: dict[str, Any], run_id: str, now: datetime) -> bool:
    """Whether a run may work on a message that has a row already."""
    if row["state"] == LedgerState.SETTLED.value:
        return _to_entry(row).is_retryable
    if row.get("run_id") == run_id:
        return "stored_at" not in row
    return now - from_text(row["claimed_at"]) > STALE_AFTER


def _to_document(document_id: str, values: dict[str, Any]) -> LedgerDocument:
    outcome = values.get("outcome")
    return LedgerDocument(
        document_id=document_id,
        filename=values["filename"],
        key=values["key"],
        attempts=values["attempts"],
        outcome=DocumentOutcome(outcome) if outcome else None,
        flags=tuple(values.get("flags", ())),
        invoice_id=values.get("invoice_id"),
    )


def _to_entry(row: dict[str, Any]) -> LedgerEntry:
    received, settled = row.get("received_at"), row.get("settled_at")
    outcome, reason = row.get("outcome"), row.get("reason")
    return LedgerEntry(
        user_id=row["UserID"],
        message_id=row["MessageID"],
        state=LedgerState(row["state"]),
        claimed_at=from_text(row["claimed_at"]),
        attempts=row["attempts"],
        run_id=row.get("run_id"),
        sender=row.get("sender", ""),
        received_at=from_text(received) if received else None,
        expected_documents=row.get("expected", 0),
        documents={
            key: _to_document(key, values) for key, values in row.get("documents", {}).items()
        },
        outcome=MailOutcome(outcome) if outcome else None,
        reason=DocumentOutcome(reason) if reason else None,
        settled_at=from_text(settled) if settled else None,
    )
