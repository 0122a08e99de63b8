"""Calls that nothing in the applied system may make, each on something that is really there."""

from __future__ import annotations

import json
import secrets as randomness
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from devstack.manifest import load_stack
from devstack.ministack import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from devstack.applied import Applied, Keys
    from devstack.manifest import Grants

    type Calls = Iterator[tuple[str, Callable[[], Any]]]

STACK = load_stack()
_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedException"}


class Unauthorized(Exception):  # noqa: N818 - AppSync's own name for it
    """The gateway refused a signed mutation."""


def is_denied(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in _DENIED
    except Unauthorized:
        return True
    return False


def iter_forbidden(system: Applied, graphql_url: str, function: str) -> Calls:
    """Yield calls that a function has no grant for: of every kind that some function has."""
    grants, keys = STACK.functions[function].grants, system.function_keys(function)
    yield from _tables(system, keys, grants)
    yield from _documents(system, keys, grants)
    yield from _queues(system, keys, function)
    yield from _secrets(system, keys, grants)
    yield from _messages(system, keys, grants)
    for mutation in ("publishInvoiceEvent", "publishIngestionEvent"):
        if mutation not in grants.publish:
            yield mutation, lambda m=mutation: _publish(graphql_url, keys, m)
    functions = system.client("lambda", keys)
    yield "Invoke", lambda: functions.invoke(FunctionName="authorizer", Payload=b"{}")
    yield "ListRoles", lambda: system.client("iam", keys).list_roles()


def _tables(system: Applied, keys: Keys, grants: Grants) -> Calls:
    dynamodb = system.client("dynamodb", keys)
    for table, described in STACK.tables.items():
        access = grants.tables.get(table)
        key = {name: {"S": "x"} for name in described.key}
        if access != "read_whole":
            yield f"Scan {table}", lambda t=table: dynamodb.scan(TableName=t)
        if access not in {"read", "read_write"}:
            yield f"GetItem {table}", lambda t=table, k=key: dynamodb.get_item(TableName=t, Key=k)
        if access != "read_write":
            yield f"PutItem {table}", lambda t=table, k=key: dynamodb.put_item(TableName=t, Item=k)
            yield (
                f"DeleteItem {table}",
                lambda t=table, k=key: dynamodb.delete_item(TableName=t, Key=k),
            )
        for index, shape in described.indexes.items():
            if index not in grants.indexes.get(table, []):
                yield (
                    f"Query {table} {index}",
                    lambda t=table, i=index, a=shape.key[0]: dynamodb.query(
                        TableName=t,
                        IndexName=i,
                        KeyConditionExpression="#key = :key",
                        ExpressionAttributeNames={"#key": a},
                        ExpressionAttributeValues={":key": {"S": "x"}},
                    ),
                )


def _documents(system: Applied, keys: Keys, grants: Grants) -> Calls:
    s3, bucket = system.client("s3", keys), system.outputs["invoices_bucket"]
    access = grants.buckets.get("invoices")
    if access not in {"read", "read_write", "read_erase", "export"}:
        yield "GetObject", lambda: s3.get_object(Bucket=bucket, Key="invoices/x")
    if access != "read_write":
        yield "PutObject", lambda: s3.put_object(Bucket=bucket, Key="invoices/x", Body=b"")
    if access not in {"erase", "read_erase"}:
        yield "DeleteObject", lambda: s3.delete_object(Bucket=bucket, Key="invoices/x")


def _queues(system: Applied, keys: Keys, function: str) -> Calls:
    sqs, described = system.client("sqs", keys), STACK.functions[function]
    sends = {
        *described.grants.queues,
        described.on_failure,
        *(trigger.on_failure for trigger in described.triggers),
    }
    receives = {trigger.queue for trigger in described.triggers}
    for queue in STACK.queues:
        url = queue_url(system, queue)
        if queue not in sends:
            yield (
                f"SendMessage {queue}",
                lambda u=url: sqs.send_message(QueueUrl=u, MessageBody="x"),
            )
        if queue not in receives:
            yield f"ReceiveMessage {queue}", lambda u=url: sqs.receive_message(QueueUrl=u)


def _secrets(system: Applied, keys: Keys, grants: Grants) -> Calls:
    secrets = system.client("secretsmanager", keys)
    for key, secret in STACK.secrets.items():
        name, access = secret.name or f"{secret.prefix}someone", grants.secrets.get(key)
        if access is None:
            yield f"GetSecretValue {key}", lambda n=name: secrets.get_secret_value(SecretId=n)
        if access not in {"update", "manage"}:
            yield (
                f"PutSecretValue {key}",
                lambda n=name: secrets.put_secret_value(SecretId=n, SecretString="x"),
            )
        if access != "manage":
            yield f"DeleteSecret {key}", lambda n=name: secrets.delete_secret(SecretId=n)


def _messages(system: Applied, keys: Keys, grants: Grants) -> Calls:
    sns, topic = system.client("sns", keys), system.outputs["notification_topic_arn"]
    application = platform_application(system)
    endpoint = f"{application.replace(':app/', ':endpoint/')}/x"
    topics, push = grants.topics.get("new_invoice"), grants.push_applications.get("ios")
    if topics != "publish":
        yield "Publish", lambda: sns.publish(TopicArn=topic, Message="x")
    if topics != "subscribe":
        yield (
            "Subscribe",
            lambda: sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com"),
        )
    if push != "register":
        yield (
            "CreatePlatformEndpoint",
            lambda: sns.create_platform_endpoint(
                PlatformApplicationArn=application, Token=randomness.token_hex(32)
            ),
        )
    if push != "send":
        yield "Publish to a device", lambda: sns.publish(TargetArn=endpoint, Message="x")


def _publish(graphql_url: str, keys: Keys, mutation: str) -> None:
    """Send a publish mutation as a function would.

    Raises:
        Unauthorized: it was refused for want of the right.
    """
    about = "invoiceId" if mutation == "publishInvoiceEvent" else "runId"
    input_type = f"{mutation[0].upper()}{mutation[1:]}Input!"
    document = f"mutation ($input: {input_type}) {{ {mutation}(input: $input) {{ eventId }} }}"
    variables = {"input": {"eventId": "e", "userId": "u", about: "x"}}
    body = json.dumps({"query": document, "variables": variables}).encode()
    signed = AWSRequest("POST", graphql_url, {"content-type": "application/json"}, body)
    credentials = Credentials(keys.key_id, keys.secret, keys.token)
    SigV4Auth(credentials, "appsync", REGION).add_auth(signed)
    with urlopen(Request(graphql_url, body, dict(signed.headers.items()))) as answer:
        errors = json.load(answer).get("errors", [])
    if {error["errorType"] for error in errors} == {"Unauthorized"}:
        raise Unauthorized


def iter_forbidden_to_guests(system: Applied, guest: Keys) -> Calls:
    """Yield what a guest might try."""
    dynamodb, s3 = system.client("dynamodb", guest), system.client("s3", guest)
    sns, sqs = system.client("sns", guest), system.client("sqs", guest)
    bucket, topic = system.outputs["invoices_bucket"], system.outputs["notification_topic_arn"]
    application = platform_application(system)
    other = somebody_elses_application(system)
    queue = queue_url(system, "delete_user")
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


def queue_url(system: Applied, queue: str) -> str:
    url: str = system.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    return url


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
