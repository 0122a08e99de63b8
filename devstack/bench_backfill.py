"""The figure of `paypulse bench` about memory: a backfill, from a hundred mails to thousands.

The function runs as it does on the dev stack, in a process of its own, against the Gmail emulator
and MiniStack. Only what comes after the bucket is left out: nothing reads the documents.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from base64 import encodebytes
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from devstack.figures import Figure
from devstack.google.accounts import GoogleAccount
from devstack.google.mailbox import StoredMessage, receive
from devstack.google.server import create_app
from devstack.google_keys import LOCAL_CLIENT_ID, GoogleKeys
from devstack.journey import StepFailed
from devstack.manifest import load_stack
from devstack.ministack import MiniStack, client, function_environment
from devstack.resources import Resources
from devstack.serving import free_port, serving
from devstack.vendor_files import load_vendors
from devstack.workers import Workers
from paypulse.accounts import User
from paypulse.aws.queues import WorkQueue
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.runs import DynamoRuns
from paypulse.aws.secrets import SecretGrants
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.gmail_grant import READ_SCOPE, GmailGrant
from paypulse.runs import RunKind
from paypulse.start_runs import RunStarter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paypulse.runs import IngestionRun

SIZES = (100, 1_000, 3_000)
_FUNCTION = "fetch_retail_invoices"
_EMAIL = "backfill@gmail.example"
_SENDER = "Elgiganten <donotreply@elgiganten.se>"
# A call stops a minute before its time is up: it works for 5 s, then queues its continuation.
_CALL_S = 65.0
_ROWS = 120  # 12 kB of HTML, as shops send it
_LARGE_EVERY = 50
_SUBJECT = "=?utf-8?q?Orderbekr=C3=A4ftelse?="
_TEXT_PART = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=part\r\n\r\n"
    b"--part\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
)
_PICTURE = (
    b"--part\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment; filename=vara.png\r\n\r\n"
) + encodebytes(bytes(1_500_000))
_END = b"--part--\r\n"


@dataclass(frozen=True, slots=True)
class Backfill:
    """What one backfill took."""

    messages: int
    calls: int
    peak_mb: float


def measure_backfill(sizes: Sequence[int] = SIZES, *, call_s: float = _CALL_S) -> Figure:
    """Measure a backfill of each size, which takes a minute and a half.

    Args:
        sizes: How many messages, the fewest first.
        call_s: The function's time for one call.
    """
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="paypulse-bench-")))
        aws = MiniStack(folder / "aws", free_port())
        aws.start()
        open_.callback(aws.stop)
        runs = [asyncio.run(_backfill(aws.url, folder, size, call_s)) for size in sizes]
    first, last = runs[0], runs[-1]
    peaks = ", ".join(f"{each.peak_mb:.0f} MB" for each in runs)
    names = ", ".join(f"{each.messages:,}" for each in runs)
    return Figure(
        f"peak memory of a backfill's process: {names} messages",
        "≤ 1.2× from first to last",
        f"{last.peak_mb / first.peak_mb:.2f}× ({peaks}; the last in {last.calls} calls)",
        last.peak_mb <= 1.2 * first.peak_mb,
    )


async def _backfill(aws_url: str, folder: Path, size: int, call_s: float) -> Backfill:
    account = GoogleAccount.with_mails(
        _EMAIL, f"{size:021}", LOCAL_CLIENT_ID, [_received(number) for number in range(size)]
    )
    with serving(create_app([account])) as google_url:
        stack = load_stack()
        # Our own quota would make the largest take half an hour; the emulator has none.
        variables = {"gmail_units_per_minute": "100000000", **GoogleKeys().variables(google_url)}
        stack = stack.model_copy(update={"variables": {**stack.variables, **variables}})
        resources = Resources(stack, aws_url)
        resources.create_stores()
        load_vendors(aws_url)
        run, queue_url = _start(resources, _grant(google_url), size)
        function = stack.functions[_FUNCTION]
        environment = function_environment(
            _FUNCTION, resources.environment(function, ""), aws_url, "test", "test"
        )
        workers = Workers({_FUNCTION: function}, {_FUNCTION: environment}, folder / f"logs-{size}")
        try:
            calls = await _work_off(workers, aws_url, queue_url, call_s)
        finally:
            await workers.stop()
        done = DynamoRuns("IngestionRuns", client("dynamodb", aws_url)).get(run.user_id, run.run_id)
        if done is None or not done.listed or (done.found, done.stored) != (size, size):
            raise StepFailed(f"the backfill of {size} messages did not end well: {done}")
        return Backfill(size, calls, workers.max_memory_mb(_FUNCTION))


async def _work_off(workers: Workers, aws_url: str, queue_url: str, call_s: float) -> int:
    """Hand the queue's messages to the function as SQS does, until there are none; the calls."""
    sqs, calls = client("sqs", aws_url), 0
    while messages := sqs.receive_message(QueueUrl=queue_url).get("Messages"):
        records = [
            {
                "messageId": each["MessageId"],
                "receiptHandle": each["ReceiptHandle"],
                "body": each["Body"],
            }
            for each in messages
        ]
        answer = await workers.invoke(_FUNCTION, {"Records": records}, call_s)
        if answer["batchItemFailures"]:
            raise StepFailed(f"{_FUNCTION} failed; see its log")
        for each in messages:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=each["ReceiptHandle"])
        calls += 1
    return calls


def _start(resources: Resources, tokens: dict[str, Any], size: int) -> tuple[IngestionRun, str]:
    """Make a connected user and start their backfill, as the API does; the run and its queue."""
    aws_url, now = resources.aws_url, utc_now()
    dynamodb = client("dynamodb", aws_url)
    users, runs = DynamoUsers("Users", dynamodb), DynamoRuns("IngestionRuns", dynamodb)
    user = User(f"user_{size}", f"{size}@example.com", "Bench", "-", now)
    users.add(user)
    users.set_connected(user.user_id, _EMAIL, now=now)
    grant = GmailGrant(
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        expires_at=now + timedelta(seconds=tokens["expires_in"]),
        scopes=(READ_SCOPE,),
        google_user_id="1",
        google_email=_EMAIL,
        connected_at=now,
    )
    SecretGrants("gmail/user/", client("secretsmanager", aws_url)).put(user.user_id, grant)
    queue_url = resources.queue_url(_FUNCTION)
    queue = WorkQueue(queue_url, client("sqs", aws_url))
    starter = RunStarter(
        runs=runs,
        users=users,
        invoices=DynamoRentalInvoices("RentalInvoices", "MailLedger", dynamodb),
        enqueue=lambda run: queue.send({"userId": run.user_id, "runId": run.run_id}),
        clock=utc_now,
        time_zone="Europe/Stockholm",
    )
    return starter.start(user.user_id, RunKind.BACKFILL, since=_day(0).date()), queue_url


def _grant(google_url: str) -> dict[str, Any]:
    body = json.dumps({"email": _EMAIL}).encode()
    with urlopen(Request(f"{google_url}/_control/grants", body), timeout=10) as answer:  # noqa: S310 - http, loopback
        tokens: dict[str, Any] = json.loads(answer.read())
        return tokens


def _received(number: int) -> StoredMessage:
    """Return an order mail as Gmail keeps it; every fiftieth brings a picture of 1.5 MB."""
    sent_at = _day(number)
    picture = _PICTURE if number % _LARGE_EVERY == 0 else b""
    rows = "".join(
        f"<tr><td>Artikel {number}-{row}</td><td>1</td><td>10,00 kr</td></tr>\r\n"
        for row in range(_ROWS)
    )
    head = (
        f"From: {_SENDER}\r\nSubject: {_SUBJECT} {number}\r\nDate: {format_datetime(sent_at)}\r\n"
    )
    html = f"<table>{rows}</table><p>Totalt: {_ROWS * 10},00 kr</p>\r\n"
    return receive(b"".join((head.encode(), _TEXT_PART, html.encode(), picture, _END)), sent_at)


def _day(number: int) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=10 * number)
