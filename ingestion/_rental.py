"""What the two functions that fetch rent notices build and do alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from aws_lambda_powertools.logging import Logger

from ingestion.gmail.credentials import open_mailbox
from ingestion.gmail.mime import read_mail
from paypulse.aws import clients
from paypulse.aws.documents import S3Documents
from paypulse.aws.ledger import DynamoLedger
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.secrets import Secret, SecretGrants
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.close_runs import RunCloser
from paypulse.google.endpoints import GoogleEndpoints
from paypulse.ingest_rental import RentalIngestion, ingest, load_landlords

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from paypulse.aws.queues import WorkQueue

# Left of Lambda's time when work stops: one batch of mails and the hand-over fit into it.
_RESERVE_MS = 60_000
_MAX_DELAY_S = 900  # the longest that SQS delays a message


class RentalSettings(Protocol):
    """The environment that both functions have."""

    @property
    def users_table(self) -> str: ...  # noqa: D102 - see stack.yaml
    @property
    def ingestion_runs_table(self) -> str: ...  # noqa: D102
    @property
    def rental_invoices_table(self) -> str: ...  # noqa: D102
    @property
    def mail_ledger_table(self) -> str: ...  # noqa: D102
    @property
    def invoices_bucket(self) -> str: ...  # noqa: D102
    @property
    def gmail_grant_prefix(self) -> str: ...  # noqa: D102
    @property
    def google_client_id_secret(self) -> str: ...  # noqa: D102
    @property
    def google_base_url(self) -> str: ...  # noqa: D102
    @property
    def landlords(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class RentalWorker:
    """Works on runs, and queues their continuation when a call's time is not enough."""

    ingestion: RentalIngestion
    queue: WorkQueue

    def work_on(self, user_id: str, run_id: str, context: LambdaContext) -> None:
        """Work on one run until it is done or handed over."""

        def has_time() -> bool:
            return context.get_remaining_time_in_millis() > _RESERVE_MS

        wait_s = ingest(user_id, run_id, has_time=has_time, using=self.ingestion)
        Logger().info("run worked on", extra={"run": run_id, "continues": wait_s is not None})
        if wait_s is not None:
            delay_s = min(_MAX_DELAY_S, math.ceil(wait_s))
            self.queue.send({"userId": user_id, "runId": run_id}, delay_s=delay_s)


def build_worker(settings: RentalSettings, queue: WorkQueue) -> RentalWorker:
    """Return a worker on the AWS adapters and the real Gmail client."""
    dynamodb, secrets = clients.dynamodb(), clients.secrets_manager()
    runs = DynamoRuns(settings.ingestion_runs_table, dynamodb)
    base_url = settings.google_base_url
    ingestion = RentalIngestion(
        landlords=load_landlords(settings.landlords),
        open_mailbox=partial(
            open_mailbox,
            grants=SecretGrants(settings.gmail_grant_prefix, secrets),
            client_id=Secret(settings.google_client_id_secret, secrets).value,
            clock=utc_now,
            endpoints=GoogleEndpoints.at(base_url) if base_url else GoogleEndpoints(),
        ),
        read_mail=read_mail,
        ledger=DynamoLedger(settings.mail_ledger_table, settings.ingestion_runs_table, dynamodb),
        runs=runs,
        users=DynamoUsers(settings.users_table, dynamodb),
        documents=S3Documents(settings.invoices_bucket, clients.s3(), utc_now),
        closer=RunCloser(
            runs=runs,
            invoices=DynamoRentalInvoices(
                settings.rental_invoices_table, settings.mail_ledger_table, dynamodb
            ),
            clock=utc_now,
        ),
        clock=utc_now,
    )
    return RentalWorker(ingestion, queue)


def message_ids(message: dict[str, Any]) -> tuple[str, str]:
    """Return the user and the run that a queue message names."""
    return message["userId"], message["runId"]
