"""`terraform apply` with the real provider onto MiniStack, and the system that comes of it."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from contextlib import contextmanager, suppress
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen
from zipfile import ZipFile

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from devstack.applied import Applied, Keys, applied, serving_api
from devstack.journey import Endpoints, Person, wait_for
from devstack.manifest import load_stack
from devstack.ministack import ACCOUNT_ID, REGION
from devstack.sample_mailbox import notice_mail
from devstack.vendor_files import read_folder
from paypulse.aws.vendors import DynamoVendors
from paypulse.clock import utc_now
from paypulse.push_vendors import Change, push_vendors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STACK = load_stack()
ORDER_MAIL = """\
From: Elgiganten <donotreply@elgiganten.se>
Subject: =?utf-8?q?Orderbekr=C3=A4ftelse?=
Date: Tue, 04 Mar 2025 09:00:00 +0000
Content-Type: text/html; charset=utf-8

<html><body><p>Ordernummer: A100200</p><p>Orderdatum: 2025-03-04</p>
<table><tr><th>Artikel</th><th>Antal</th><th>Pris</th></tr>
<tr><td>Kabel</td><td>1</td><td>899,00 kr</td></tr></table>
<table><tr><td>Delsumma</td><td>899,00 kr</td></tr><tr><td>Frakt</td><td>0,00 kr</td></tr>
<tr><td>Totalt</td><td>899,00 kr</td></tr></table></body></html>
"""
LIMIT_S = 60
PASSWORD = "a-long-password"
# What a second plan may still want to change, and why: each is MiniStack's, none is ours.
KNOWN_CHANGES = {
    "aws_cloudwatch_metric_alarm.": "the provider's protocol reads no period and no actions back",
    'aws_s3_object.layer["ingestion"]': "an upload in parts loses its tags",
}


@pytest.fixture(scope="module")
def system(program: str, dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    with applied(tmp_path_factory.mktemp("applied"), dist, program) as made:
        yield made


@pytest.fixture(scope="module")
def second_plan(system: Applied) -> dict[str, dict[str, Any]]:
    """What a plan right after the apply wants to change; read before anything is used."""
    return system.terraform.changes()


@pytest.fixture(scope="module")
def endpoints(system: Applied, second_plan: dict[str, Any]) -> Iterator[Endpoints]:
    with serving_api(system) as made:
        yield made


def test_a_second_plan_changes_nothing_of_ours(second_plan: dict[str, dict[str, Any]]) -> None:
    unknown = [address for address in second_plan if not address.startswith(tuple(KNOWN_CHANGES))]

    assert unknown == []


def test_the_schedule_looks_for_connected_users(system: Applied, endpoints: Endpoints) -> None:
    """Before there are any: MiniStack asks for a right to send batches that IAM does not know."""
    event = {"source": "aws.events", "time": "2026-11-20T08:30:00Z"}

    answer = system.client("lambda").invoke(
        FunctionName="fetch_latest_invoice", Payload=json.dumps(event).encode()
    )

    assert "FunctionError" not in answer, answer["Payload"].read()


async def test_the_journey_from_sign_up_to_event_query_and_deletion(
    system: Applied, endpoints: Endpoints
) -> None:
    mails = [notice_mail(date(2026, month, 28), month).as_bytes() for month in (1, 2, 3)]
    email = open_mailbox(system, "tenant", mails)

    async with Person(endpoints) as person:
        await person.sign_up_or_log_in("Tenant", "tenant@example.com", PASSWORD)
        await person.connect_gmail(email)
        await person.subscribe()
        runs = [run async for run in person.follow(await person.ingest(), LIMIT_S)]
        await wait_for(person.invoice_events, len(mails), LIMIT_S)
        (year,) = await person.years()
        one = await person.ask(
            "query ($id: ID!) { rentalInvoice(id: $id) { document { url } } }",
            id=year["invoices"][0]["id"],
        )
        document = download(system, one["rentalInvoice"]["document"]["url"])
        deleted = await person.ask(
            """mutation ($input: DeleteUserInput!) {
                 deleteUser(input: $input) { userErrors { code } } }""",
            input={"password": PASSWORD},
        )

    assert (runs[-1]["status"], runs[-1]["found"], runs[-1]["parsed"]) == ("SUCCEEDED", 3, 3)
    assert {each["id"] for each in year["invoices"]} == {
        event.values["invoiceId"] for event in person.invoice_events
    }
    assert document.startswith(b"%PDF")
    assert deleted["deleteUser"]["userErrors"] == []
    await forgotten(system, person.user_id)


async def test_the_rest_of_the_api_is_within_its_grants(
    system: Applied, endpoints: Endpoints
) -> None:
    email = open_mailbox(system, "newcomer", [])
    vendors = push_vendors(
        read_folder(), store=DynamoVendors("VendorConfig", system.client("dynamodb")), clock=utc_now
    )
    pushed = {each.vendor_id for each in vendors if each.change is Change.CREATED}
    async with Person(endpoints) as person:
        await person.sign_up_or_log_in("Newcomer", "newcomer@example.com", PASSWORD)
        archive = ZipFile(BytesIO(await asyncio.to_thread(download, system, await export(person))))
        await person.log_in("newcomer@example.com", PASSWORD)
        await person.connect_gmail(email)
        runs = [run async for run in person.follow(await person.ingest(latest=True), LIMIT_S)]
        answer = await person.ask(
            """{ me { id } rentalInvoices { edges { cursor } } rentalInvoice(id: "none") { id }
                 failedDocuments { edges { cursor } } vendors { id }
                 ingestionRuns { edges { node { id failures { reason } } } } }"""
        )
        await person.update_notifications(email=True, language="EN")
        me = await person.ask("{ me { devices { id } notificationSettings { email language } } }")
        disconnected = await person.ask(
            "mutation { disconnectGmail(input: {}) { userErrors { code } } }"
        )
        left = await person.ask("mutation { logOut(input: {}) { userErrors { code } } }")

    assert "account.json" in archive.namelist()
    assert runs[-1]["outcome"] == "NOT_YET_SENT"
    assert answer["rentalInvoice"] is None
    assert {each["id"] for each in answer["vendors"]} == pushed
    assert len(answer["ingestionRuns"]["edges"]) == 1
    assert me["me"] == {"devices": [], "notificationSettings": {"email": True, "language": "EN"}}
    assert disconnected["disconnectGmail"]["userErrors"] == left["logOut"]["userErrors"] == []


async def test_receipts_are_within_their_grants(system: Applied, endpoints: Endpoints) -> None:
    push_vendors(
        read_folder(), store=DynamoVendors("VendorConfig", system.client("dynamodb")), clock=utc_now
    )
    email = open_mailbox(system, "shopper", [ORDER_MAIL.encode()])
    select = "invoice { id category detail { __typename } document { url } } userErrors { code }"
    async with Person(endpoints) as person:
        await person.sign_up_or_log_in("Shopper", "shopper@example.com", PASSWORD)
        await person.connect_gmail(email)
        started = await person.ask(
            """mutation { ingestRetailInvoices(
                 input: {startDate: "2025-01-01", endDate: "2025-12-31"}) { run { id } } }"""
        )
        run_id = started["ingestRetailInvoices"]["run"]["id"]
        runs = [run async for run in person.follow(run_id, LIMIT_S)]
        read = await person.ask(
            """{ retailInvoices { edges { node { id refundOf detail { __typename } } } }
                 retailInvoiceCounts { count }
                 spending(filter: {period: YEAR, groupBy: VENDOR, from: "2025-01-01"}) { period }
                 rent: spending(filter: {period: YEAR, groupBy: RENT_LINE}) { period } }"""
        )
        ((id_, detail),) = [
            (edge["node"]["id"], edge["node"]["detail"]) for edge in read["retailInvoices"]["edges"]
        ]
        added = await person.ask(
            f"""mutation {{ addInvoice(input: {{requestId: "1", vendor: "Torget", category: TRAVEL,
                  invoiceDate: "2025-01-15", total: {{amount: "10.00", currency: "SEK"}}}})
                {{ {select} }} }}"""
        )
        corrected = await person.ask(
            f"""mutation ($id: ID!) {{
                  correctInvoice(input: {{id: $id, category: GROCERY}}) {{ {select} }}
                  reparseInvoice(input: {{id: $id}}) {{ {select} }} }}""",
            id=id_,
        )
        link = corrected["correctInvoice"]["invoice"]["document"]["url"]
        document = await asyncio.to_thread(download, system, link)
        deleted = await person.ask(
            "mutation ($id: ID!) { deleteInvoice(input: {id: $id}) { userErrors { code } } }",
            id=id_,
        )
        gone = await person.ask("query ($id: ID!) { retailInvoice(id: $id) { id } }", id=id_)

    assert (runs[-1]["status"], runs[-1]["parsed"]) == ("SUCCEEDED", 1)
    assert detail == {"__typename": "TechnologyDetail"}
    for answer in (added["addInvoice"], *corrected.values(), deleted["deleteInvoice"]):
        assert answer["userErrors"] == []
    assert corrected["correctInvoice"]["invoice"]["detail"] == {"__typename": "GroceryDetail"}
    assert b"A100200" in document
    assert gone["retailInvoice"] is None


async def export(person: Person) -> str:
    """Have an archive made of what is kept of the person, and return its link."""
    asked = await person.ask("mutation { exportMyData(input: {}) { export { id status url } } }")
    made = asked["exportMyData"]["export"]
    async with asyncio.timeout(LIMIT_S):
        while made["status"] in {"QUEUED", "RUNNING"}:
            await asyncio.sleep(0.5)
            document = "query ($id: ID!) { dataExport(id: $id) { id status url } }"
            made = (await person.ask(document, id=made["id"]))["dataExport"]
    url: str = made["url"]
    return url


@pytest.mark.parametrize("function", STACK.functions)
def test_what_is_not_granted_is_denied(
    system: Applied, endpoints: Endpoints, function: str
) -> None:
    register(system, function)

    forbidden = dict(iter_forbidden(system, function))

    assert forbidden
    assert {action: is_denied(call) for action, call in forbidden.items()} == dict.fromkeys(
        forbidden, True
    )


@pytest.fixture(scope="module")
def guest(system: Applied) -> Keys:
    """What anyone gets who knows the identity pool's id, which every copy of the app tells."""
    cognito = boto3.client(
        "cognito-identity",
        endpoint_url=system.aws_url,
        region_name=REGION,
        verify=str(system.certificate.authority),
        config=Config(signature_version=UNSIGNED),
    )
    identity = cognito.get_id(IdentityPoolId=system.outputs["identity_pool_id"])["IdentityId"]
    keys = cognito.get_credentials_for_identity(IdentityId=identity)["Credentials"]
    return Keys(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])


def platform_application(system: Applied) -> str:
    """Return the ARN of the one that Terraform has made."""
    found = system.client("sns").list_platform_applications()["PlatformApplications"]
    (arn,) = (
        each["PlatformApplicationArn"]
        for each in found
        if "/PayPulse" in each["PlatformApplicationArn"]
    )
    return str(arn)


def somebody_elses_application(system: Applied) -> str:
    """Return the ARN of a platform application that is not ours."""
    answer = system.client("sns").create_platform_application(
        Name="SomebodyElses", Platform="APNS", Attributes={"PlatformCredential": "p8"}
    )
    arn: str = answer["PlatformApplicationArn"]
    return arn


@contextmanager
def on_any_resource(system: Applied, role: str) -> Iterator[None]:
    """Let a role do what it may do on any resource, for as long as the block lasts.

    MiniStack judges CreatePlatformEndpoint as if it were about no resource in particular.
    """
    iam = system.client("iam")
    policy = iam.get_role_policy(RoleName=role, PolicyName="push-endpoint")["PolicyDocument"]
    for statement in policy["Statement"]:
        statement["Resource"] = "*"
    iam.put_role_policy(RoleName=role, PolicyName="wide", PolicyDocument=json.dumps(policy))
    yield
    iam.delete_role_policy(RoleName=role, PolicyName="wide")


def test_a_guest_may_register_a_device_for_push(system: Applied, guest: Keys) -> None:
    sns, application = system.client("sns", guest), platform_application(system)
    role = system.client("sts", guest).get_caller_identity()["Arn"].split("/")[1]

    with on_any_resource(system, role):
        endpoint = sns.create_platform_endpoint(PlatformApplicationArn=application, Token="a" * 64)

    assert role == "WallenstamAppIdentityRole"
    assert "/APNS/PayPulse/" in endpoint["EndpointArn"]


def test_a_guest_may_register_it_with_our_application_alone(system: Applied) -> None:
    """What the applied policy says, by IAM's own simulator: see `on_any_resource` for why."""
    role = system.client("iam").get_role(RoleName="WallenstamAppIdentityRole")["Role"]["Arn"]

    decisions = {
        application: system.client("iam").simulate_principal_policy(
            PolicySourceArn=role,
            ActionNames=["sns:CreatePlatformEndpoint"],
            ResourceArns=[application],
        )["EvaluationResults"][0]["EvalDecision"]
        for application in (platform_application(system), somebody_elses_application(system), "*")
    }

    assert list(decisions.values()) == ["allowed", "implicitDeny", "implicitDeny"]


def test_a_guest_may_do_nothing_else(system: Applied, guest: Keys) -> None:
    """The role of old read every table, with every password's hash."""
    calls = dict(iter_guest_calls(system, guest))

    assert len(calls) >= 12
    assert {call for call, make in calls.items() if not is_denied(make)} == set()


def iter_guest_calls(system: Applied, guest: Keys) -> Iterator[tuple[str, Any]]:
    """Yield what a guest might try, on things that are really there."""
    dynamodb, s3 = system.client("dynamodb", guest), system.client("s3", guest)
    sns, sqs = system.client("sns", guest), system.client("sqs", guest)
    bucket, topic = system.outputs["invoices_bucket"], system.outputs["notification_topic_arn"]
    application = platform_application(system)
    other = somebody_elses_application(system)
    queue = sqs_url(system, "delete_user")
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/delete_user"
    yield "Scan", lambda: dynamodb.scan(TableName="Users")
    yield "GetItem", lambda: dynamodb.get_item(TableName="Users", Key={"UserID": {"S": "x"}})
    yield "ListTables", dynamodb.list_tables
    yield "GetObject", lambda: s3.get_object(Bucket=bucket, Key="invoices/x")
    yield "PutObject", lambda: s3.put_object(Bucket=bucket, Key="invoices/x", Body=b"")
    yield "ListObjects", lambda: s3.list_objects_v2(Bucket=bucket)
    yield "SendMessage", lambda: sqs.send_message(QueueUrl=queue, MessageBody="{}")
    yield (
        "GetSecretValue",
        lambda: system.client("secretsmanager", guest).get_secret_value(
            SecretId="PayPulseAppJWTSecret"
        ),
    )
    yield "Invoke", lambda: system.client("lambda", guest).invoke(FunctionName="delete_user")
    yield "ListRoles", lambda: system.client("iam", guest).list_roles()
    yield (
        "AssumeRole",
        lambda: system.client("sts", guest).assume_role(RoleArn=role, RoleSessionName="guest"),
    )
    yield "ListGraphqlApis", lambda: system.client("appsync", guest).list_graphql_apis()
    yield "Publish", lambda: sns.publish(TopicArn=topic, Message="x")
    yield (
        "Subscribe",
        lambda: sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="thief@example.com"),
    )
    yield (
        "ListEndpointsByPlatformApplication",
        lambda: sns.list_endpoints_by_platform_application(PlatformApplicationArn=application),
    )
    yield (
        "CreatePlatformEndpoint of another application",
        lambda: sns.create_platform_endpoint(PlatformApplicationArn=other, Token="b" * 64),
    )


def test_destroy_leaves_nothing(system: Applied, endpoints: Endpoints) -> None:
    system.terraform.run("destroy", "-input=false", "-auto-approve")

    assert left_over(system) == {}


def open_mailbox(system: Applied, name: str, mails: list[bytes]) -> str:
    """Make a Google account that holds these mails, and return its address."""
    email = f"{name}@gmail.example"
    control = f"{system.google_url}/_control"
    urlopen(
        Request(f"{control}/accounts", json.dumps({"email": email}).encode()), timeout=10
    ).close()
    for mail in mails:
        url = f"{control}/mailboxes/{email}/messages?dated=true"
        urlopen(Request(url, mail), timeout=10).close()
    return email


def download(system: Applied, url: str) -> bytes:
    trusted = ssl.create_default_context(cafile=system.certificate.authority)
    with urlopen(url, timeout=10, context=trusted) as answer:
        content: bytes = answer.read()
    return content


async def forgotten(system: Applied, user_id: str) -> None:
    """Wait until nothing of a user's is left but the account's own row, which goes last."""
    deadline = time.monotonic() + LIMIT_S
    while (left := await asyncio.to_thread(rows_and_documents, system, user_id)) != (0, 0):
        assert time.monotonic() < deadline, f"{left} rows and documents are left"
        await asyncio.sleep(0.5)


def rows_and_documents(system: Applied, user_id: str) -> tuple[int, int]:
    dynamodb, s3 = system.client("dynamodb"), system.client("s3")
    rows = sum(
        dynamodb.query(
            TableName=table,
            KeyConditionExpression="UserID = :user",
            ExpressionAttributeValues={":user": {"S": user_id}},
        )["Count"]
        for table in STACK.tables_keyed_by("UserID")
    )
    versions = s3.list_object_versions(
        Bucket=system.outputs["invoices_bucket"], Prefix=f"invoices/{user_id}/"
    )
    return rows, len(versions.get("Versions", [])) + len(versions.get("DeleteMarkers", []))


def register(system: Applied, function: str) -> None:
    """Call a function, whatever it answers: from then on its keys are known."""
    with suppress(ClientError):
        system.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    time.sleep(0.1)


def iter_forbidden(system: Applied, function: str) -> Iterator[tuple[str, Any]]:
    """Yield calls that a function has no grant for: of every kind that some function has."""
    grants = STACK.functions[function].grants
    keys = system.function_keys(function)
    dynamodb, s3 = system.client("dynamodb", keys), system.client("s3", keys)
    sqs, secrets = system.client("sqs", keys), system.client("secretsmanager", keys)
    bucket = system.outputs["invoices_bucket"]
    for table in STACK.tables:
        if grants.tables.get(table) != "read_whole":
            yield f"Scan {table}", lambda table=table: dynamodb.scan(TableName=table)
        key = {name: {"S": "x"} for name in STACK.tables[table].key}
        if grants.tables.get(table) not in {"read", "read_write"}:
            yield f"GetItem {table}", lambda t=table, k=key: dynamodb.get_item(TableName=t, Key=k)
        if grants.tables.get(table) != "read_write":
            yield f"PutItem {table}", lambda t=table, k=key: dynamodb.put_item(TableName=t, Item=k)
    if grants.buckets.get("invoices") not in {"read", "read_write", "read_erase", "export"}:
        yield "GetObject", lambda: s3.get_object(Bucket=bucket, Key="invoices/x")
    if grants.buckets.get("invoices") != "read_write":
        yield "PutObject", lambda: s3.put_object(Bucket=bucket, Key="invoices/x", Body=b"")
    if grants.buckets.get("invoices") not in {"erase", "read_erase"}:
        yield "DeleteObject", lambda: s3.delete_object(Bucket=bucket, Key="invoices/x")
    for queue in STACK.queues:
        if queue not in grants.queues and queue not in may_fail_to(function):
            url = sqs_url(system, queue)
            yield (
                f"SendMessage {queue}",
                lambda u=url: sqs.send_message(QueueUrl=u, MessageBody="x"),
            )
    for key, secret in STACK.secrets.items():
        if key not in grants.secrets:
            name = secret.name or f"{secret.prefix}someone"
            yield f"GetSecretValue {key}", lambda n=name: secrets.get_secret_value(SecretId=n)
    topic, sns = system.outputs["notification_topic_arn"], system.client("sns", keys)
    if grants.topics.get("new_invoice") != "publish":
        yield "Publish", lambda: sns.publish(TopicArn=topic, Message="x")
    yield "ListRoles", lambda: system.client("iam", keys).list_roles()


def may_fail_to(function: str) -> set[str | None]:
    described = STACK.functions[function]
    return {described.on_failure, *(trigger.on_failure for trigger in described.triggers)}


def sqs_url(system: Applied, queue: str) -> str:
    url: str = system.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    return url


def is_denied(call: Any) -> bool:
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return code in {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
    return False


def left_over(system: Applied) -> dict[str, Any]:
    """Return what is still there of the kinds of things that the configuration makes."""
    client = system.client
    found = {
        "functions": client("lambda").list_functions()["Functions"],
        "layers": client("lambda").list_layers()["Layers"],
        "mappings": client("lambda").list_event_source_mappings()["EventSourceMappings"],
        "tables": client("dynamodb").list_tables()["TableNames"],
        "buckets": client("s3").list_buckets()["Buckets"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "topics": client("sns").list_topics()["Topics"],
        "rules": client("events").list_rules()["Rules"],
        "apis": client("appsync").list_graphql_apis()["graphqlApis"],
        "log groups": client("logs").describe_log_groups()["logGroups"],
        "alarms": client("cloudwatch").describe_alarms()["MetricAlarms"],
        "roles": client("iam").list_roles()["Roles"],
        "repositories": client("ecr").describe_repositories()["repositories"],
        "pools": client("cognito-identity").list_identity_pools(MaxResults=10)["IdentityPools"],
    }
    # Users' grants are made by the functions, not by Terraform: docs/deploy.md, "Teardown".
    secrets = client("secretsmanager").list_secrets()["SecretList"]
    found["secrets"] = [each for each in secrets if not each["Name"].startswith("gmail/user/")]
    return {kind: things for kind, things in found.items() if things}
