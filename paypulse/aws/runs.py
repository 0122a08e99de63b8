"""Ingestion runs in the table IngestionRuns; run ids sort by time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from paypulse.aws.items import from_item, is_key, to_item, translated
from paypulse.clock import from_text, to_text
from paypulse.pages import Page, decode_cursor, encode_cursor
from paypulse.receipts import Category
from paypulse.runs import (
    KEPT_FOR,
    IngestionRun,
    RunError,
    RunKind,
    RunOutcome,
    RunStatus,
)

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

_LIST = "ingestionRuns"
_OVER = {":succeeded": "SUCCEEDED", ":partial": "PARTIAL", ":failed": "FAILED"}
_NOT_OVER = "attribute_exists(RunID) AND NOT #status IN (:succeeded, :partial, :failed)"


class DynamoRuns:
    """Implements `RunStore`."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, run: IngestionRun) -> IngestionRun:
        try:
            with translated():
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(_to_row(run)),
                    ConditionExpression="attribute_not_exists(RunID)",
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return self.get(run.user_id, run.run_id) or run
        return run

    def get(self, user_id: str, run_id: str) -> IngestionRun | None:
        if not is_key(run_id):
            return None
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(user_id, run_id), ConsistentRead=True
            )
        return to_run(from_item(answer["Item"])) if "Item" in answer else None

    def start(self, user_id: str, run_id: str, *, now: datetime) -> IngestionRun | None:
        values = {":running": RunStatus.RUNNING.value, ":now": to_text(now)}
        expression = "SET #status = :running, updated_at = :now"
        self._change(user_id, run_id, expression, values, _NOT_OVER)
        return self.get(user_id, run_id)

    def note_history(self, run: IngestionRun, history_id: str, *, now: datetime) -> IngestionRun:
        self._change(
            run.user_id,
            run.run_id,
            "SET history_id = :history, updated_at = :now",
            {":history": history_id, ":now": to_text(now)},
            "attribute_exists(RunID) AND attribute_not_exists(history_id)",
        )
        return self.get(run.user_id, run.run_id) or run

    def count_page(
        self, run: IngestionRun, *, found: int, mine: int, elsewhere: int = 0, now: datetime
    ) -> None:
        self._change(
            run.user_id,
            run.run_id,
            "SET counted_page = :page, updated_at = :now"
            " ADD #found :found, skipped :skipped, remaining :mine, elsewhere :elsewhere",
            {
                ":page": run.page,
                ":now": to_text(now),
                ":found": found,
                ":skipped": found - mine,
                ":mine": mine,
                ":elsewhere": elsewhere,
            },
            "attribute_exists(RunID) AND (attribute_not_exists(counted_page)"
            " OR counted_page <> :page) AND page = :page",
        )

    def turn_page(self, run: IngestionRun, next_page: str | None, *, now: datetime) -> IngestionRun:
        expression = "SET updated_at = :now, " + ("page = :next" if next_page else "listed = :next")
        values = {":now": to_text(now), ":next": next_page or True, ":page": run.page}
        self._change(run.user_id, run.run_id, expression, values, "page = :page")
        turned = self.get(run.user_id, run.run_id)
        return turned or replace(run, listed=True)

    def fail(self, user_id: str, run_id: str, error: RunError, *, now: datetime) -> None:
        self._finish(user_id, run_id, RunStatus.FAILED, {"error": error.value}, now)

    def close(
        self, run: IngestionRun, status: RunStatus, outcome: RunOutcome | None, *, now: datetime
    ) -> None:
        more = {"outcome": outcome.value} if outcome else {}
        self._finish(run.user_id, run.run_id, status, more, now)

    def list_page(self, user_id: str, first: int, after: str | None) -> Page[IngestionRun]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "UserID = :user",
            "ExpressionAttributeValues": to_item({":user": user_id}),
            "ScanIndexForward": False,
            "Limit": first,
        }
        if after:
            (run_id,) = decode_cursor(_LIST, after, 1)
            request["ExclusiveStartKey"] = _key(user_id, run_id)
        with translated():
            answer = self._client.query(**request)
        runs = tuple(to_run(from_item(item)) for item in answer["Items"])
        cursors = tuple(encode_cursor(_LIST, run.run_id) for run in runs)
        return Page(runs, cursors, "LastEvaluatedKey" in answer)

    def _finish(
        self, user_id: str, run_id: str, status: RunStatus, more: dict[str, str], now: datetime
    ) -> None:
        sets = "".join(f", #{name} = :{name}" for name in more)
        self._change(
            user_id,
            run_id,
            f"SET #status = :status, updated_at = :now, finished_at = :now{sets}",
            {
                ":status": status.value,
                ":now": to_text(now),
                **{f":{name}": value for name, value in more.items()},
            },
            _NOT_OVER,
        )

    def _change(
        self,
        user_id: str,
        run_id: str,
        expression: str,
        values: dict[str, Any],
        condition: str,
    ) -> None:
        """Update when the condition holds; a run that has moved on stays as it is."""
        text = expression + condition
        names = {f"#{name}": name for name in ("status", "found", "error", "outcome")}
        used = {key: name for key, name in names.items() if key in text}
        all_values = {**values, **(_OVER if condition == _NOT_OVER else {})}
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": _key(user_id, run_id),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": to_item(all_values),
        }
        if used:
            request["ExpressionAttributeNames"] = used
        try:
            with translated():
                self._client.update_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException:
            return


def _key(user_id: str, run_id: str) -> dict[str, Any]:
    return to_item({"UserID": user_id, "RunID": run_id})


def _to_row(run: IngestionRun) -> dict[str, Any]:
    return {
        "UserID": run.user_id,
        "RunID": run.run_id,
        "kind": run.kind.value,
        "status": run.status.value,
        "started_at": to_text(run.started_at),
        "updated_at": to_text(run.updated_at),
        "found": run.found,
        "stored": run.stored,
        "parsed": run.parsed,
        "skipped": run.skipped,
        "failed": run.failed,
        "remaining": run.remaining,
        "page": run.page,
        "listed": run.listed,
        "due_month": run.due_month,
        "since": run.since.isoformat() if run.since else None,
        "until": run.until.isoformat() if run.until else None,
        "category": run.category.value if run.category else None,
        "moves_window": run.moves_window,
        "by_vendor": dict(run.by_vendor),
        "elsewhere": run.elsewhere,
        "outcome": run.outcome.value if run.outcome else None,
        "finished_at": to_text(run.finished_at) if run.finished_at else None,
        "correlation_id": run.correlation_id,
        "ExpiresAt": int((run.started_at + KEPT_FOR).timestamp()),
    }


def to_run(row: dict[str, Any]) -> IngestionRun:
    """Return the run in a row of the table, or in a record of its stream."""
    finished, outcome, error = row.get("finished_at"), row.get("outcome"), row.get("error")
    return IngestionRun(
        user_id=row["UserID"],
        run_id=row["RunID"],
        kind=RunKind(row["kind"]),
        status=RunStatus(row["status"]),
        started_at=from_text(row["started_at"]),
        updated_at=from_text(row["updated_at"]),
        found=row["found"],
        stored=row["stored"],
        parsed=row["parsed"],
        skipped=row["skipped"],
        failed=row["failed"],
        remaining=row["remaining"],
        page=row["page"],
        counted_page=row.get("counted_page"),
        listed=row["listed"],
        due_month=row.get("due_month"),
        since=date.fromisoformat(row["since"]) if "since" in row else None,
        until=date.fromisoformat(row["until"]) if "until" in row else None,
        category=Category(row["category"]) if "category" in row else None,
        moves_window=row.get("moves_window", False),
        history_id=row.get("history_id"),
        by_vendor=row.get("by_vendor", {}),
        elsewhere=row.get("elsewhere", 0),
        outcome=RunOutcome(outcome) if outcome else None,
        error=RunError(error) if error else None,
        finished_at=from_text(finished) if finished else None,
        correlation_id=row.get("correlation_id", row["RunID"]),
    )
