"""export_user_data: everything that is kept of a person, in one archive, and nobody else's."""

from __future__ import annotations

import io
import json
import tracemalloc
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from paypulse.accounts import User
from paypulse.aws.erasure import UserObjects
from paypulse.aws.exports import DynamoExports, S3Archives
from paypulse.aws.items import to_item
from paypulse.aws.users import DynamoUsers
from paypulse.clock import utc_now
from paypulse.data_exports import (
    AVAILABLE_FOR,
    STALLED_AFTER,
    DataExport,
    DataExportStatus,
    export_prefix,
)
from paypulse.documents import user_prefix
from paypulse.errors import TransientError
from paypulse.export_data import write_export
from resolvers import export_user_data, signup_user
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Aws
    from tests.handlers.conftest import Context

BUCKET = "rental-invoices-bucket"
PASSWORD = "hyran-betald-i-tid"
PDF = b"%PDF-1.4 " + bytes(range(256)) * 400

type Ask = Callable[..., Any]


@dataclass
class Someone:
    """A person with an account, who asks."""

    user_id: str
    email: str
    refresh_token: str
    ask: Ask

    def export(self, **input_: Any) -> Any:
        field = "Mutation.exportMyData"
        return self._ask(field, {"input": input_})

    def see(self, export_id: str) -> Any:
        return self._ask("Query.dataExport", {"id": export_id})

    def _ask(self, field: str, arguments: dict[str, Any]) -> Any:
        caller = {"userId": self.user_id, "email": self.email, "sessionId": "s1"}
        return self.ask(export_user_data.handler, field, arguments, caller)


@pytest.fixture
def new_person(ask: Ask) -> Callable[[], Someone]:
    def make() -> Someone:
        email = f"{uuid.uuid4().hex}@example.com"
        account = {"name": "Ronja", "email": email, "password": PASSWORD}
        answer = ask(signup_user.handler, "Mutation.signUp", {"input": account})
        session = answer["session"]
        return Someone(session["userId"], email, session["refreshToken"], ask)

    return make


@pytest.fixture
def someone(new_person: Callable[[], Someone]) -> Someone:
    return new_person()


@pytest.fixture
def deliver(
    aws: Aws, load_event: Callable[[str], dict[str, Any]], context: Context
) -> Callable[[], Any]:
    """Hand the worker what lies in its queue, all of it, and return what it could not do."""

    def call(times: int = 1) -> Any:
        sqs, url = aws.client("sqs"), aws.resources.queue_url("export_user_data")
        failed = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                event = load_event("sqs_message")
                event["Records"][0].update(
                    body=message["Body"], receiptHandle=message["ReceiptHandle"]
                )
                for _ in range(times):
                    failed += export_user_data.handler(event, context)["batchItemFailures"]
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return failed

    return call


@pytest.fixture(autouse=True)
def _nothing_waits(queued: Callable[[str], Any]) -> None:
    queued("export_user_data")


@pytest.fixture
def leave_traces(aws: Aws) -> Callable[[Someone], None]:
    """Write a row of every kind that a table can hold, and documents."""

    def write(someone: Someone) -> None:
        dynamodb = aws.client("dynamodb")
        for table, sort_key in aws.stack.tables_keyed_by("UserID").items():
            if table in {"Sessions", "DataExports"}:
                continue
            for name in ("a", "b"):
                row = {
                    "UserID": someone.user_id,
                    sort_key: name,
                    "amount": 886_500,
                    "tenant": "Åsa Öberg",
                    "push_token": "canary-push",
                    "deep": {"list": [{"api_secret": "canary-secret", "kept": True}]},
                    "flags": {"x", "y"},
                }
                dynamodb.put_item(TableName=table, Item=to_item(row))
        for name in ("rental/avi åäö.pdf", "retail/grocery/ica_2026-01-02_ab12.html"):
            key = f"{user_prefix(someone.user_id)}{name}"
            aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=PDF)

    return write


def download(url: str) -> ZipFile:
    with urlopen(url, timeout=5) as answer:
        return ZipFile(io.BytesIO(answer.read()))


def rows(archive: ZipFile, name: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads(archive.read(name))
    return content


def test_the_archive_holds_every_row_of_every_table_and_every_document(
    someone: Someone,
    aws: Aws,
    deliver: Callable[[], Any],
    leave_traces: Callable[[Someone], None],
) -> None:
    leave_traces(someone)

    asked = someone.export()
    waiting = someone.see(asked["export"]["id"])
    failed = deliver()
    ready = someone.see(asked["export"]["id"])

    assert (asked["userErrors"], failed) == ([], [])
    assert (waiting["status"], waiting["url"]) == ("QUEUED", None)
    assert ready["status"] == "READY"
    archive = download(ready["url"])
    assert archive.testzip() is None
    keyed = aws.stack.tables_keyed_by("UserID")
    assert set(archive.namelist()) == {
        "README.txt",
        "account.json",
        *(f"tables/{table}.json" for table in keyed),
        "documents/rental/avi åäö.pdf",
        "documents/retail/grocery/ica_2026-01-02_ab12.html",
    }
    assert archive.read("documents/rental/avi åäö.pdf") == PDF
    for table in keyed:
        found = rows(archive, f"tables/{table}.json")
        assert {row["UserID"] for row in found} == {someone.user_id}
        assert len(found) == (1 if table in {"Sessions", "DataExports"} else 2)
    (invoice, _) = rows(archive, "tables/RentalInvoices.json")
    assert (invoice["amount"], invoice["tenant"]) == (886_500, "Åsa Öberg")
    assert invoice["flags"] == ["x", "y"]
    assert invoice["deep"] == {"list": [{"kept": True}]}
    (account,) = rows(archive, "account.json")
    assert account["Email"] == someone.email


def test_nothing_in_the_archive_opens_the_account(
    someone: Someone,
    aws: Aws,
    deliver: Callable[[], Any],
    leave_traces: Callable[[Someone], None],
) -> None:
    leave_traces(someone)
    dynamodb = aws.client("dynamodb")
    key = {"UserID": {"S": someone.user_id}}
    account = dynamodb.get_item(TableName="Users", Key=key)["Item"]
    (session,) = dynamodb.query(
        TableName="Sessions",
        KeyConditionExpression="UserID = :user",
        ExpressionAttributeValues={":user": {"S": someone.user_id}},
    )["Items"]
    secrets = {account["Password"]["S"], session["RefreshHash"]["S"], someone.refresh_token}

    export_id = someone.export()["export"]["id"]
    deliver()

    archive = download(someone.see(export_id)["url"])
    text = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    assert session["SessionID"]["S"] in text  # the row is there, without its secret
    assert not [secret for secret in (*secrets, "canary-push", "canary-secret") if secret in text]


def test_documents_may_be_left_out(
    someone: Someone, deliver: Callable[[], Any], leave_traces: Callable[[Someone], None]
) -> None:
    leave_traces(someone)

    export_id = someone.export(withDocuments=False)["export"]["id"]
    deliver()

    names = download(someone.see(export_id)["url"]).namelist()
    assert "tables/RentalInvoices.json" in names
    assert not [name for name in names if name.startswith("documents/")]


def test_two_exports_side_by_side_are_two_archives(
    someone: Someone, deliver: Callable[[], Any], leave_traces: Callable[[Someone], None]
) -> None:
    leave_traces(someone)

    ids = [someone.export()["export"]["id"] for _ in range(2)]
    deliver()

    links = [someone.see(export_id)["url"] for export_id in ids]
    assert len(set(ids)) == 2
    assert all(len(rows(download(link), "tables/MailLedger.json")) == 2 for link in links)


def test_a_second_delivery_changes_nothing(
    someone: Someone, aws: Aws, deliver: Callable[..., Any]
) -> None:
    export_id = someone.export()["export"]["id"]

    assert deliver(times=2) == []

    versions = aws.client("s3").list_object_versions(
        Bucket=BUCKET, Prefix=export_prefix(someone.user_id)
    )
    assert someone.see(export_id)["status"] == "READY"
    assert len(versions["Versions"]) == 1


def test_another_users_export_is_as_absent_as_none(
    new_person: Callable[[], Someone], deliver: Callable[[], Any]
) -> None:
    owner, stranger = new_person(), new_person()
    export_id = owner.export()["export"]["id"]
    deliver()

    assert owner.see(export_id)["status"] == "READY"
    assert stranger.see(export_id) is None
    assert stranger.see("export_unknown") is None
    assert stranger.see("x" * 2000) is None


def test_exports_are_limited_by_the_day(someone: Someone) -> None:
    answers = [someone.export() for _ in range(6)]

    assert all(answer["userErrors"] == [] for answer in answers[:5])
    assert answers[5]["error"]["type"] == "RATE_LIMITED"
    assert 0 < answers[5]["error"]["info"]["retryAfterS"] <= 86_400


def test_an_archive_that_cannot_be_written_in_time_is_told_and_leaves_nothing(
    someone: Someone,
    aws: Aws,
    context: Context,
    deliver: Callable[[], Any],
    leave_traces: Callable[[Someone], None],
) -> None:
    leave_traces(someone)
    export_id = someone.export()["export"]["id"]
    context.remaining_ms = 19_000

    assert deliver() == []

    s3, prefix = aws.client("s3"), export_prefix(someone.user_id)
    answer = someone.see(export_id)
    assert (answer["status"], answer["error"], answer["url"]) == ("FAILED", "TOO_LARGE", None)
    assert "Versions" not in s3.list_object_versions(Bucket=BUCKET, Prefix=prefix)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix)


def test_an_account_that_was_closed_meanwhile_gets_no_archive(
    someone: Someone, aws: Aws, deliver: Callable[[], Any]
) -> None:
    someone.export()
    DynamoUsers("Users", aws.client("dynamodb")).mark_erasing(someone.user_id)

    assert deliver() == []

    found = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=export_prefix(someone.user_id))
    assert found["KeyCount"] == 0


def test_archives_are_erased_with_the_account(
    someone: Someone, aws: Aws, deliver: Callable[[], Any]
) -> None:
    someone.export()
    deliver()
    objects = UserObjects(BUCKET, aws.client("s3"))

    assert objects.erase(someone.user_id, has_time=lambda: True) == 1
    assert objects.erase(someone.user_id, has_time=lambda: True) == 0


def test_the_bucket_forgets_archives_and_their_old_versions_after_a_day(aws: Aws) -> None:
    answer = aws.client("s3").get_bucket_lifecycle_configuration(Bucket=BUCKET)

    (rule,) = [each for each in answer["Rules"] if each["Filter"]["Prefix"] == "exports/"]
    assert rule["Status"] == "Enabled"
    assert rule["Expiration"]["Days"] == 1
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1


@pytest.fixture
def exports(aws: Aws) -> DynamoExports:
    return DynamoExports("DataExports", aws.client("dynamodb"))


def test_an_archive_is_offered_for_a_day(
    someone: Someone, exports: DynamoExports, deliver: Callable[[], Any]
) -> None:
    export_id = someone.export()["export"]["id"]
    deliver()
    export = exports.get(someone.user_id, export_id)
    assert export is not None
    assert export.finished_at is not None

    almost, over = (export.finished_at + AVAILABLE_FOR - timedelta(seconds=1) * n for n in (1, 0))

    assert export.seen_at(almost).status is DataExportStatus.READY
    assert export.seen_at(over).status is DataExportStatus.EXPIRED
    assert export.seen_at(over).available_until is None


def test_an_export_that_nobody_finishes_is_shown_as_failed() -> None:
    export = DataExport("user_1", "export_1", DataExportStatus.RUNNING, NOW)

    assert export.seen_at(NOW + STALLED_AFTER - timedelta(seconds=1)) == export
    assert export.seen_at(NOW + STALLED_AFTER).status is DataExportStatus.FAILED


class ManyDocuments:
    """`UserFiles` of somebody who has kept everything: 40 MB, made up on the way."""

    def read(self, _user_id: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        for number in range(40):
            yield f"rental/{number}.pdf", (bytes(65_536) for _ in range(16))


@pytest.mark.usefixtures("function_variables")
def test_a_large_archive_never_is_in_memory_whole(aws: Aws, user_id: str) -> None:
    now = utc_now()
    DynamoUsers("Users", aws.client("dynamodb")).add(
        User(user_id, f"{user_id}@example.com", "Ronja", "hash", NOW)
    )
    exporter = replace(export_user_data._build().exporter, documents=ManyDocuments())
    exporter.exports.add(DataExport(user_id, "export_1", DataExportStatus.QUEUED, now))
    tracemalloc.start()

    export = write_export(user_id, "export_1", has_time=lambda: True, using=exporter)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert export is not None
    size = aws.client("s3").head_object(Bucket=BUCKET, Key=export.key)["ContentLength"]
    assert size > 40 * 1024 * 1024
    assert peak < 30 * 1024 * 1024


def test_what_is_left_of_a_broken_upload_is_thrown_away(aws: Aws, user_id: str) -> None:
    s3, key = aws.client("s3"), f"{export_prefix(user_id)}export_1.zip"

    def break_off() -> None:
        with S3Archives(BUCKET, s3).create(key) as target:
            target.write(bytes(9 * 1024 * 1024))
            raise TransientError("DynamoDB: ThrottlingException")

    with pytest.raises(TransientError):
        break_off()

    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET, Prefix=key)
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["KeyCount"] == 0


def test_an_export_is_for_those_who_are_logged_in(ask: Ask) -> None:
    answer = ask(export_user_data.handler, "Mutation.exportMyData", {"input": {}})

    assert answer["error"]["type"] == "INVALID_TOKEN"
