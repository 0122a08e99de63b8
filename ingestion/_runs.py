"""What the functions that fetch mail build and do alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger

from ingestion.gmail.credentials import open_mailbox
from ingestion.gmail.mime import read_mail
from ingestion.gmail.quota import QuotaWindow
from paypulse.aws import clients
from paypulse.aws.documents import S3Documents
from paypulse.aws.grant_locks import DynamoGrantLocks
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.secrets import OptionalSecret, Secret, SecretGrants
from paypulse.aws.users import DynamoUsers
from paypulse.clock import from_text, utc_now
from paypulse.close_runs import RunCloser
from paypulse.google.endpoints import GoogleEndpoints
from paypulse.grant_lock import GrantLock
from paypulse.ingest_mail import Ingestion, ingest
from paypulse.rental_mail import RentalCollector, load_landlords
from paypulse.start_runs import RunStarter

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from paypulse.accounts import User
    from paypulse.aws.queues import WorkQueue
    from paypulse.ports.accounts import UserStore
    from paypulse.ports.gmail import MailCollector
    from paypulse.ports.invoices import RentalInvoiceStore, RunStore
    from paypulse.runs import IngestionRun, RunKind

# Left of Lambda's time when work stops: one batch of mails and the hand-over fit into it.
_RESERVE_S = 60.0
_FAN_OUT_RESERVE_MS = 30_000
# Google's client holds about nine times the size of the mails in a batch.
_BATCH_SIZE = 10
_MAX_DELAY_S = 900  # the longest that SQS delays a message


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """The environment that all of them have."""

    users_table: str
    ingestion_runs_table: str
    rental_invoices_table: str
    mail_ledger_table: str
    invoices_bucket: str
    gmail_grant_prefix: str
    google_client_id_secret: str
    google_client_secret_secret: str
    gmail_units_per_minute: int
    google_base_url: str
    landlords: str


@dataclass(frozen=True, slots=True)
class RunWorker:
    """Works on runs, and queues their continuation when a call's time is not enough."""

    make_ingestion: Callable[[float], Ingestion]
    queue: WorkQueue
    runs: RunStore
    users: UserStore
    invoices: RentalInvoiceStore

    def work_on(
        self, user_id: str, run_id: str, correlation_id: str, context: LambdaContext
    ) -> None:
        """Work on one run until it is done or handed over."""
        Logger().set_correlation_id(correlation_id)

        def time_left_s() -> float:
            return max(0.0, context.get_remaining_time_in_millis() / 1000 - _RESERVE_S)

        wait_s = ingest(
            user_id,
            run_id,
            has_time=lambda: time_left_s() > 0,
            using=self.make_ingestion(time_left_s()),
        )
        Logger().info("run worked on", extra={"run": run_id, "continues": wait_s is not None})
        if wait_s is not None:
            delay_s = min(_MAX_DELAY_S, math.ceil(wait_s))
            message = {"userId": user_id, "runId": run_id, "correlationId": correlation_id}
            self.queue.send(message, delay_s=delay_s)


@dataclass(frozen=True, slots=True)
class ScheduledRuns:
    """Starts a schedule's run for every connected user, one message each."""

    worker: RunWorker
    kind: RunKind
    time_zone: str

    def fan_out(self, after: str | None, scheduled_at: str, context: LambdaContext) -> None:
        """Queue a message for every connected user, page by page, handing over in good time."""
        worker = self.worker
        while True:
            page = worker.users.list_connected(after)
            messages = [{"userId": user_id, "scheduledAt": scheduled_at} for user_id in page.items]
            worker.queue.send_all(messages)
            after = page.end_cursor
            if not page.has_next:
                return
            if context.get_remaining_time_in_millis() < _FAN_OUT_RESERVE_MS:
                worker.queue.send({"fanOut": after, "scheduledAt": scheduled_at})
                return

    def handle(self, message: dict[str, Any], context: LambdaContext) -> None:
        """Do what a queue's message asks for.

        `{"userId", "runId", "correlationId"}` from a client's request, `{"userId",
        "scheduledAt"}` from the schedule, or `{"fanOut", "scheduledAt"}` where a fan-out goes on at
        a cursor.
        """
        if "fanOut" in message:
            self.fan_out(message["fanOut"], message["scheduledAt"], context)
        elif "scheduledAt" in message:
            scheduled_at = from_text(message["scheduledAt"])
            run = self._starter().prepare(message["userId"], self.kind, scheduled_at=scheduled_at)
            if run is not None:
                self.worker.work_on(run.user_id, run.run_id, run.correlation_id, context)
        else:
            self.worker.work_on(*message_ids(message), context)

    def _starter(self) -> RunStarter:
        worker = self.worker

        def enqueue(run: IngestionRun) -> None:
            worker.queue.send(
                {"userId": run.user_id, "runId": run.run_id, "correlationId": run.correlation_id}
            )

        return RunStarter(
            runs=worker.runs,
            users=worker.users,
            invoices=worker.invoices,
            enqueue=enqueue,
            clock=utc_now,
            time_zone=self.time_zone,
        )


def rental_collector(settings: FetchSettings) -> RentalCollector:
    """Return what looks for rent notices."""
    return RentalCollector(landlords=load_landlords(settings.landlords), read_mail=read_mail)


def build_worker(
    settings: FetchSettings,
    queue: WorkQueue,
    make_collector: Callable[[IngestionRun, User], MailCollector],
) -> RunWorker:
    """Return a worker on the AWS adapters and the real Gmail client."""
    dynamodb, secrets = clients.dynamodb(), clients.secrets_manager()
    runs = DynamoRuns(settings.ingestion_runs_table, dynamodb)
    users = DynamoUsers(settings.users_table, dynamodb)
    invoices = DynamoRentalInvoices(
        settings.rental_invoices_table, settings.mail_ledger_table, dynamodb
    )
    base_url = settings.google_base_url
    open_user = partial(
        open_mailbox,
        grants=SecretGrants(settings.gmail_grant_prefix, secrets),
        lock=GrantLock(locks=DynamoGrantLocks(settings.users_table, dynamodb), clock=utc_now),
        client_id=Secret(settings.google_client_id_secret, secrets).value,
        client_secret=OptionalSecret(settings.google_client_secret_secret, secrets).value,
        clock=utc_now,
        endpoints=GoogleEndpoints.at(base_url) if base_url else GoogleEndpoints(),
        batch_size=_BATCH_SIZE,
    )

    def make_ingestion(time_left_s: float) -> Ingestion:
        return Ingestion(
            make_collector=make_collector,
            open_mailbox=partial(
                open_user,
                deadline_s=time_left_s,
                quota=QuotaWindow(utc_now, settings.gmail_units_per_minute),
            ),
            ledger=DynamoLedger(
                settings.mail_ledger_table, settings.ingestion_runs_table, dynamodb
            ),
            runs=runs,
            users=users,
            documents=S3Documents(settings.invoices_bucket, clients.s3(), utc_now),
            closer=RunCloser(runs=runs, users=users, invoices=invoices, clock=utc_now),
            clock=utc_now,
        )

    return RunWorker(make_ingestion, queue, runs, users, invoices)


def message_ids(message: dict[str, Any]) -> tuple[str, str, str]:
    """Return the user and the run that a queue message names, and what to log them under."""
    run_id = message["runId"]
    return message["userId"], run_id, message.get("correlationId") or run_id
