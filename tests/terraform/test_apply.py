"""`terraform apply` with the real provider onto MiniStack, and the system that comes of it."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import time
from contextlib import contextmanager, suppress
from datetime import date
from email.message import EmailMessage
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen
from zipfile import ZipFile

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from reportlab.pdfgen.canvas import Canvas

from devstack.applied import Applied, Keys, applied, serving_api
from devstack.journey import Endpoints, Person, wait_for, wait_until
from devstack.manifest import load_stack
from devstack.ministack import REGION
from devstack.sample_mailbox import notice_mail
from devstack.vendor_files import read_folder
from paypulse.aws.vendors import DynamoVendors
from paypulse.clock import utc_now
from paypulse.push_vendors import Change, push_vendors
from tests.terraform.denials import (
    is_denied,
    iter_forbidden,
    iter_forbidden_to_guests,
    platform_application,
    somebody_elses_application,
)

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
PDF_ROWS: tuple[tuple[str, ...], ...] = (
    ("Kvitto",),
    ("Ordernummer: 5512-88",),
    ("Orderdatum: 2025-05-05",),
    ("Artikel", "Antal", "Summa"),
    ("Lampa", "2", "399,00"),
    ("Glödlampa", "1", "20,00"),
    ("Totalt", "", "419,00 kr"),
    ("varav moms 25 %", "", "83,80 kr"),
)
IN_2025 = {"startDate": "2025-01-01", "endDate": "2025-12-31"}
CHANGED = "invoice { id category } userErrors { code }"
# How long anything may take on a busy machine; what goes well takes seconds.
LIMIT_S = 180
PASSWORD = "a-long-password"
SCHEDULED = [
    name
    for name, function in STACK.functions.items()
    if any(trigger.schedule for trigger in function.triggers)
]
# What moved.tf.example is about: keys of the manifest, and what they are called later.
RENAMED = {"VendorConfig": "Shops", "get_rental_invoice": "get_one_invoice"}
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


@pytest.fixture(scope="module")
def vendors(system: Applied) -> set[str]:
    """The vendors that have been pushed, as after a deployment."""
    store = DynamoVendors("VendorConfig", system.client("dynamodb"))
    pushed = push_vendors(read_folder(), store=store, clock=utc_now)
    return {each.vendor_id for each in pushed if each.change is Change.CREATED}


def test_a_second_plan_changes_nothing_of_ours(second_plan: dict[str, dict[str, Any]]) -> None:
    unknown = [address for address in second_plan if not address.startswith(tuple(KNOWN_CHANGES))]

    assert unknown == []


def test_a_changed_zip_updates_its_function_and_nothing_else(
    system: Applied, second_plan: dict[str, Any]
) -> None:
    with edited(system.terraform.folder, "dist/build.json") as (build,):
        described = json.loads(build.read_text())
        described["functions"]["get_invoices"]["sha256"] = "another"
        build.write_text(json.dumps(described))

        changes = system.terraform.changes()

    assert {
        address: change["actions"]
        for address, change in changes.items()
        if not address.startswith(tuple(KNOWN_CHANGES))
    } == {
        'aws_s3_object.function["get_invoices"]': ["update"],
        'module.function["get_invoices"].aws_lambda_function.this': ["update"],
    }


def test_what_is_renamed_in_the_manifest_keeps_its_data(
    system: Applied, second_plan: dict[str, Any]
) -> None:
    """With the blocks of moved.tf.example, and with `names`. What goes holds none."""
    root = system.terraform.folder
    variables = "terraform/terraform.tfvars.json"
    with edited(root, "paypulse/stack.yaml", "dist/build.json", variables) as files:
        for old, new in RENAMED.items():
            for file in files:
                file.write_text(re.sub(rf"\b{old}\b", new, file.read_text()))
        given = json.loads(files[-1].read_text())
        names = {new: old for old, new in RENAMED.items()}
        files[-1].write_text(json.dumps({**given, "names": names}))
        moved = root / "terraform" / "moved.tf"
        moved.write_text((root / "terraform" / "moved.tf.example").read_text())
        changes = system.terraform.changes()
        moved.unlink()

    gone = {address for address, change in changes.items() if "delete" in change["actions"]}
    assert gone == {
        'aws_appsync_datasource.function["get_rental_invoice"]',
        'aws_cloudwatch_metric_alarm.this["errors/get_rental_invoice"]',
        'aws_cloudwatch_metric_alarm.this["throttles/get_rental_invoice"]',
    }
    assert 'module.function["get_one_invoice"].aws_lambda_function.this' in changes


@pytest.mark.parametrize("function", SCHEDULED)
def test_a_schedule_finds_whom_it_is_for(
    system: Applied, endpoints: Endpoints, function: str
) -> None:
    """Before there are any: MiniStack asks for a right to send batches that IAM does not know."""
    event = {"source": "aws.events", "time": "2026-11-20T08:30:00Z"}

    answer = system.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(event).encode()
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
    system: Applied, endpoints: Endpoints, vendors: set[str]
) -> None:
    email = open_mailbox(system, "newcomer", [])
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
    assert {each["id"] for each in answer["vendors"]} == vendors
    assert len(answer["ingestionRuns"]["edges"]) == 1
    assert me["me"] == {"devices": [], "notificationSettings": {"email": True, "language": "EN"}}
    assert disconnected["disconnectGmail"]["userErrors"] == left["logOut"]["userErrors"] == []


async def test_the_journey_of_receipts_from_mail_to_event_query_correction_and_deletion(
    system: Applied, endpoints: Endpoints, vendors: set[str]
) -> None:
    email = open_mailbox(system, "collector", [ORDER_MAIL.encode(), pdf_mail()])
    async with Person(endpoints) as person:
        await person.sign_up_or_log_in("Collector", "collector@example.com", PASSWORD)
        await person.connect_gmail(email)
        with on_any_endpoint(system, "manage_devices"):
            await person.register_device("phone", "c" * 64)
        await person.subscribe()
        run_id = await person.ingest_receipts(**IN_2025)
        run = [each async for each in person.follow(run_id, LIMIT_S)][-1]
        assert (run["status"], run["found"], run["parsed"]) == ("SUCCEEDED", 2, 2), run
        await wait_until(lambda: len(told(person, "ADDED")) == 2, LIMIT_S)
        read = {each["orderNumber"]: each for each in await receipts(person)}
        page, document = [
            await asyncio.to_thread(download, system, read[number]["document"]["url"])
            for number in ("A100200", "5512-88")
        ]
        corrected = await person.ask(
            f"""mutation ($id: ID!) {{
                  correctInvoice(input: {{id: $id, category: GROCERY}}) {{ {CHANGED} }}
                  reparseInvoice(input: {{id: $id}}) {{ {CHANGED} }} }}""",
            id=read["A100200"]["id"],
        )
        await wait_until(lambda: told(person, "UPDATED") >= {read["A100200"]["id"]}, LIMIT_S)
        archive = ZipFile(BytesIO(await asyncio.to_thread(download, system, await export(person))))
        deleted = await person.ask(
            "mutation ($id: ID!) { deleteInvoice(input: {id: $id}) { userErrors { code } } }",
            id=read["5512-88"]["id"],
        )
        await wait_until(lambda: told(person, "DELETED") == {read["5512-88"]["id"]}, LIMIT_S)
        left = await receipts(person)
        with on_any_endpoint(system, "delete_user"):
            await person.delete_user(PASSWORD)
            await forgotten(system, person.user_id)

    assert {number: each["total"]["amount"] for number, each in read.items()} == {
        "A100200": "899.00",
        "5512-88": "419.00",
    }
    assert [item["name"] for item in read["A100200"]["detail"]["items"]] == ["Kabel"]
    assert [item["name"] for item in read["5512-88"]["detail"]["items"]] == ["Lampa", "Glödlampa"]
    assert b"A100200" in page
    assert document.startswith(b"%PDF")
    for answer in (*corrected.values(), deleted["deleteInvoice"]):
        assert answer["userErrors"] == []
    assert [(each["id"], each["category"]) for each in left] == [(read["A100200"]["id"], "GROCERY")]
    assert b"A100200" in archive.read("tables/RetailInvoices.json")


async def receipts(person: Person) -> list[dict[str, Any]]:
    """Return a person's receipts with what only their category has."""
    answer = await person.ask(
        """{ retailInvoices { edges { node { id category orderNumber total { amount }
               document { url } detail {
                 ... on TechnologyDetail { items { name } }
                 ... on GroceryDetail { items { name } } } } } } }"""
    )
    return [edge["node"] for edge in answer["retailInvoices"]["edges"]]


def told(person: Person, kind: str) -> set[str]:
    """Return the invoices of which a kind of event has arrived."""
    events = [event.values for event in person.invoice_events]
    return {event["invoiceId"] for event in events if event["type"] == kind}


def pdf_mail() -> bytes:
    """Return a shop's mail that is nothing but a PDF receipt."""
    file = BytesIO()
    canvas = Canvas(file, invariant=True)
    for line, row in enumerate(PDF_ROWS):
        y = 780 - 22 * line
        for x, text in zip((60, 300), row, strict=False):
            canvas.drawString(x, y, text)
        if len(row) == 3:
            canvas.drawRightString(520, y, row[2])
    canvas.save()
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Elgiganten <donotreply@elgiganten.se>", "Orderbekräftelse"
    mail["Date"] = "Wed, 07 May 2025 10:00:00 +0200"
    mail.set_content("Ditt kvitto är bifogat.")
    mail.add_attachment(
        file.getvalue(), maintype="application", subtype="pdf", filename="kvitto.pdf"
    )
    return mail.as_bytes()


async def test_every_way_to_ask_about_receipts_is_within_its_grants(
    system: Applied, endpoints: Endpoints
) -> None:
    async with Person(endpoints) as person:
        await person.sign_up_or_log_in("Shopper", "shopper@example.com", PASSWORD)
        added = await person.ask(
            f"""mutation {{ addInvoice(input: {{requestId: "1", vendor: "Torget", category: TRAVEL,
                  invoiceDate: "2025-01-15", total: {{amount: "10.00", currency: "SEK"}}}})
                {{ {CHANGED} }} }}"""
        )
        read = await person.ask(
            """query ($id: ID!) { retailInvoice(id: $id) { id refundOf }
                 retailInvoiceCounts { category count }
                 spending(filter: {period: YEAR, groupBy: VENDOR, from: "2025-01-01",
                                   to: "2025-12-31"}) { period }
                 rent: spending(filter: {period: YEAR, groupBy: RENT_LINE, from: "2025-01-01",
                                         to: "2025-12-31"}) { period } }""",
            id=added["addInvoice"]["invoice"]["id"],
        )

    assert added["addInvoice"]["userErrors"] == []
    assert read["retailInvoice"]["id"] == added["addInvoice"]["invoice"]["id"]
    counted = {each["category"]: each["count"] for each in read["retailInvoiceCounts"]}
    assert counted["TRAVEL"] == sum(counted.values()) == 1
    assert read["spending"] == read["rent"] == [{"period": "2025"}]


def test_every_function_has_worked_under_its_own_role(
    system: Applied, endpoints: Endpoints
) -> None:
    """The journeys have called all of them, and IAM has refused none of their calls."""
    logs = {name: read_log(system, name) for name in STACK.functions}

    assert [name for name, lines in logs.items() if not any(map(is_report, lines))] == []
    assert {
        name: refused for name, lines in logs.items() if (refused := [*filter(is_refusal, lines)])
    } == {}


def read_log(system: Applied, function: str) -> list[str]:
    group = f"/aws/lambda/{function}"
    pages = system.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"] for page in pages for event in page["events"]]


def is_report(line: str) -> bool:
    """Lambda writes one at the end of each call."""
    return line.startswith("REPORT ")


def is_refusal(line: str) -> bool:
    return "AccessDenied" in line or "AuthorizationError" in line


@contextmanager
def on_any_endpoint(system: Applied, role: str, policy: str = "grants") -> Iterator[None]:
    """Let a role do with any push endpoint what it may do with our application's.

    MiniStack judges all calls but Publish as if they were about no endpoint in particular.
    """
    iam = system.client("iam")
    applied_policy = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    (statement,) = (
        each
        for each in applied_policy["Statement"]
        if "sns:CreatePlatformEndpoint" in each["Action"]
    )
    wide = {**applied_policy, "Statement": [{**statement, "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName="wide", PolicyDocument=json.dumps(wide))
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="wide")


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

    forbidden = dict(iter_forbidden(system, endpoints.graphql, function))

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


def test_a_guest_may_register_a_device_for_push(system: Applied, guest: Keys) -> None:
    sns, application = system.client("sns", guest), platform_application(system)
    role = system.client("sts", guest).get_caller_identity()["Arn"].split("/")[1]

    with on_any_endpoint(system, role, "push-endpoint"):
        endpoint = sns.create_platform_endpoint(PlatformApplicationArn=application, Token="a" * 64)

    assert role == "WallenstamAppIdentityRole"
    assert "/APNS/PayPulse/" in endpoint["EndpointArn"]


@pytest.mark.parametrize("role", ["WallenstamAppIdentityRole", "manage_devices", "delete_user"])
def test_a_device_is_registered_with_our_application_alone(system: Applied, role: str) -> None:
    """What the applied policy says, by IAM's own simulator: see `on_any_endpoint`."""
    arn = system.client("iam").get_role(RoleName=role)["Role"]["Arn"]

    decisions = {
        application: system.client("iam").simulate_principal_policy(
            PolicySourceArn=arn,
            ActionNames=["sns:CreatePlatformEndpoint"],
            ResourceArns=[application],
        )["EvaluationResults"][0]["EvalDecision"]
        for application in (platform_application(system), somebody_elses_application(system), "*")
    }

    assert list(decisions.values()) == ["allowed", "implicitDeny", "implicitDeny"]


def test_a_guest_may_do_nothing_else(system: Applied, guest: Keys) -> None:
    """The role of old read every table, with every password's hash."""
    calls = dict(iter_forbidden_to_guests(system, guest))

    assert len(calls) >= 12
    assert {call for call, make in calls.items() if not is_denied(make)} == set()


def test_destroy_leaves_nothing(system: Applied, endpoints: Endpoints) -> None:
    system.terraform.run("destroy", "-input=false", "-auto-approve")

    assert left_over(system) == {}


@contextmanager
def edited(folder: Path, *names: str) -> Iterator[list[Path]]:
    """Yield files to change, and change them back."""
    files = [folder / name for name in names]
    before = [file.read_bytes() for file in files]
    yield files
    for file, content in zip(files, before, strict=True):
        file.write_bytes(content)


def open_mailbox(system: Applied, name: str, mails: list[bytes]) -> str:
    """Make a Google account that holds these mails, and return its address."""
    email = f"{name}@gmail.example"
    control = f"{system.google_url}/_control"
    urlopen(
        Request(f"{control}/accounts", json.dumps({"email": email}).encode()), timeout=60
    ).close()
    for mail in mails:
        url = f"{control}/mailboxes/{email}/messages?dated=true"
        urlopen(Request(url, mail), timeout=60).close()
    return email


def download(system: Applied, url: str) -> bytes:
    trusted = ssl.create_default_context(cafile=system.certificate.authority)
    with urlopen(url, timeout=60, context=trusted) as answer:
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
    rows += sum(
        dynamodb.scan(
            TableName=table,
            FilterExpression="UserID = :user",
            ExpressionAttributeValues={":user": {"S": user_id}},
        )["Count"]
        for table in STACK.detail_tables("RetailInvoices").values()
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
