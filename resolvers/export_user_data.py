"""`export_user_data`: `Mutation.exportMyData` queues an archive, the queue's messages write it.

Event: AppSync's, or SQS with a body `{"userId", "exportId", "correlationId"}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger

from paypulse.attempts import Attempts
from paypulse.aws import batches, clients
from paypulse.aws.erasure import parse_user_tables
from paypulse.aws.exports import DynamoExports, S3Archives, TableRecords, UserDocuments
from paypulse.aws.queues import WorkQueue
from paypulse.aws.rate_limits import DynamoAttemptCounters
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.data_exports import AVAILABLE_FOR
from paypulse.export_data import ExportDesk, Exporter, request_export, write_export
from paypulse.settings import load_settings, warm_up
from resolvers import _shapes
from resolvers._app import Fields

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from paypulse.data_exports import DataExport

# Left of Lambda's time when an archive is given up: a part and the row fit into it.
_RESERVE_MS = 20_000

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    users_table: str
    rate_limits_table: str
    data_exports_table: str
    user_tables: str
    invoices_bucket: str
    export_user_data_queue: str


@dataclass(frozen=True, slots=True)
class _Office:
    desk: ExportDesk
    exporter: Exporter
    queue: WorkQueue


@cache
def _build() -> _Office:
    settings = load_settings(Settings)
    dynamodb, s3 = clients.dynamodb(), clients.s3()
    users = DynamoUsers(settings.users_table, dynamodb)
    exports = DynamoExports(settings.data_exports_table, dynamodb)
    queue = WorkQueue(settings.export_user_data_queue, clients.sqs())
    desk = ExportDesk(
        users=users,
        exports=exports,
        attempts=Attempts(DynamoAttemptCounters(settings.rate_limits_table, dynamodb), utc_now),
        enqueue=lambda export: queue.send(
            {
                "userId": export.user_id,
                "exportId": export.export_id,
                "correlationId": fields.correlation_id,
            }
        ),
        clock=utc_now,
    )
    exporter = Exporter(
        users=users,
        exports=exports,
        account=TableRecords(settings.users_table, dynamodb),
        tables=[TableRecords(table, dynamodb) for table in parse_user_tables(settings.user_tables)],
        documents=UserDocuments(settings.invoices_bucket, s3),
        archives=S3Archives(settings.invoices_bucket, s3),
        clock=utc_now,
    )
    return _Office(desk, exporter, queue)


@fields.mutation("exportMyData")
def export_my_data(input_: dict[str, Any]) -> dict[str, Any]:
    """Queue an archive of everything that is kept of the caller."""
    with_documents = input_.get("withDocuments") is not False
    export = request_export(
        fields.caller.user_id, with_documents=with_documents, desk=_build().desk
    )
    return {"export": _shape(export)}


@fields.query("dataExport")
def data_export(id: str) -> dict[str, Any] | None:  # noqa: A002 - the argument's name
    """Return one of the caller's exports."""
    export = _build().desk.exports.get(fields.caller.user_id, id)
    return _shape(export) if export else None


def _shape(export: DataExport) -> dict[str, Any]:
    return _shapes.data_export(export, utc_now(), _link)


def _link(export: DataExport) -> str | None:
    """Return a link that is good for what is left of the archive's day."""
    if export.available_until is None:
        return None
    left_s = int((export.available_until - utc_now()).total_seconds())
    filename = f"paypulse-{export.asked_at:%Y-%m-%d}.zip"
    seconds = max(1, min(left_s, int(AVAILABLE_FOR.total_seconds())))
    return _build().exporter.archives.link(export.key, filename, seconds=seconds)


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Answer a field, or write the archives that the messages name."""
    if "Records" not in event:
        return fields(event, context)
    return batches.each(event, lambda message: _work_on(message, context), _build().queue)


def _work_on(message: dict[str, Any], context: LambdaContext) -> None:
    export = write_export(
        message["userId"],
        message["exportId"],
        has_time=lambda: context.get_remaining_time_in_millis() > _RESERVE_MS,
        using=_build().exporter,
    )
    status = export.status.value if export else "nothing to do"
    Logger().info("export", extra={"export": message["exportId"], "status": status})


warm_up(_build)
