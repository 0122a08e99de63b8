"""`delete_user`: `Mutation.deleteUser` closes the account; the queue's messages erase it.

Event: AppSync's, or SQS with a body `{"userId", "receiptId", "settled",
"correlationId"}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger

from paypulse.attempts import Attempts
from paypulse.aws import batches, clients
from paypulse.aws.devices import DynamoDevices
from paypulse.aws.erasure import (
    DynamoReceipts,
    UserObjects,
    UserPurchases,
    UserRows,
    parse_user_tables,
)
from paypulse.aws.queues import WorkQueue
from paypulse.aws.rate_limits import DynamoAttemptCounters
from paypulse.aws.retail_invoices import parse_detail_tables
from paypulse.aws.secrets import SecretGrants
from paypulse.aws.sessions import DynamoSessions
from paypulse.aws.sns import SnsEmails, SnsPush
from paypulse.aws.users import DynamoUsers
from paypulse.change_notifications import UserSubscription
from paypulse.clock import utc_now
from paypulse.credentials.passwords import BcryptPasswords
from paypulse.devices import UserDevices
from paypulse.erase_users import Eraser, Erasure, ErasureDesk, erase, request_erasure
from paypulse.google.endpoints import GoogleEndpoints
from paypulse.google.oauth import GoogleOAuth
from paypulse.settings import load_settings, warm_up
from resolvers._app import Fields

if TYPE_CHECKING:
    from datetime import timedelta

    from aws_lambda_powertools.utilities.typing import LambdaContext

# Left of Lambda's time when a sweep stops: a page of deletions and the hand-over fit into it.
_RESERVE_MS = 30_000

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    users_table: str
    sessions_table: str
    rate_limits_table: str
    erasures_table: str
    user_tables: str
    retail_invoices_table: str
    retail_detail_tables: str
    devices_table: str
    push_application: str
    invoice_topic: str
    invoices_bucket: str
    gmail_grant_prefix: str
    google_base_url: str
    delete_user_queue: str


@dataclass(frozen=True, slots=True)
class _Office:
    desk: ErasureDesk
    eraser: Eraser
    queue: WorkQueue


@cache
def _build() -> _Office:
    settings = load_settings(Settings)
    dynamodb = clients.dynamodb()
    users = DynamoUsers(settings.users_table, dynamodb)
    sessions = DynamoSessions(settings.sessions_table, dynamodb)
    receipts = DynamoReceipts(settings.erasures_table, dynamodb)
    queue = WorkQueue(settings.delete_user_queue, clients.sqs())
    base_url = settings.google_base_url
    desk = ErasureDesk(
        users=users,
        sessions=sessions,
        passwords=BcryptPasswords(),
        attempts=Attempts(DynamoAttemptCounters(settings.rate_limits_table, dynamodb), utc_now),
        receipts=receipts,
        enqueue=lambda erasure: _enqueue(erasure, queue, fields.correlation_id),
        clock=utc_now,
    )
    tables = parse_user_tables(settings.user_tables)
    del tables[settings.retail_invoices_table]  # goes with its details
    eraser = Eraser(
        users=users,
        sessions=sessions,
        grants=SecretGrants(settings.gmail_grant_prefix, clients.secrets_manager()),
        google=GoogleOAuth(GoogleEndpoints.at(base_url) if base_url else GoogleEndpoints()),
        # Objects first: a row without its document is of no use to anyone. And endpoints before
        # the rows that name them.
        places=[
            UserSubscription(users, SnsEmails(settings.invoice_topic, clients.sns())),
            UserDevices(
                DynamoDevices(settings.devices_table, dynamodb),
                SnsPush(settings.push_application, clients.sns()),
            ),
            UserObjects(settings.invoices_bucket, clients.s3()),
            UserPurchases(
                settings.retail_invoices_table,
                parse_detail_tables(settings.retail_detail_tables),
                dynamodb,
            ),
            *(UserRows(table, sort_key, dynamodb) for table, sort_key in tables.items()),
        ],
        receipts=receipts,
        clock=utc_now,
    )
    return _Office(desk, eraser, queue)


@fields.mutation("deleteUser")
def delete_user(input_: dict[str, Any]) -> dict[str, Any]:
    """Close the caller's account and queue its erasure."""
    desk = _build().desk
    return {"receiptId": request_erasure(fields.caller.user_id, input_["password"], desk=desk)}


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Answer the field, or work on the erasures that the messages name."""
    if "Records" not in event:
        return fields(event, context)
    return batches.each(event, lambda message: _work_on(message, context), _build().queue)


def _work_on(message: dict[str, Any], context: LambdaContext) -> None:
    office = _build()
    erasure = Erasure(message["userId"], message["receiptId"], settled=message["settled"])
    sweep = erase(
        erasure,
        has_time=lambda: context.get_remaining_time_in_millis() > _RESERVE_MS,
        using=office.eraser,
    )
    Logger().info(
        "swept",
        extra={
            "receipt": erasure.receipt_id,
            "continues": sweep.next is not None,
            "google_answered": sweep.google_answered,
        },
    )
    if sweep.next is not None:
        correlation_id = message.get("correlationId") or erasure.receipt_id
        _enqueue(sweep.next, office.queue, correlation_id, sweep.wait)


def _enqueue(
    erasure: Erasure, queue: WorkQueue, correlation_id: str, wait: timedelta | None = None
) -> None:
    message = {
        "userId": erasure.user_id,
        "receiptId": erasure.receipt_id,
        "settled": erasure.settled,
        "correlationId": correlation_id,
    }
    queue.send(message, delay_s=int(wait.total_seconds()) if wait else 0)


warm_up(_build)
