"""What stack.yaml describes, made in MiniStack; making it again changes nothing.

Functions are registered with MiniStack so that its own S3 notifications, queue mappings and
schedules call them; the calls are passed on to our worker processes. Streams are read by
`devstack.streams`, because MiniStack drops the records that a function reports as failed.
"""

from __future__ import annotations

import io
import json
import secrets
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devstack.google_keys import GoogleKeys
from devstack.ministack import ACCOUNT_ID, REGION, client

if TYPE_CHECKING:
    from devstack.manifest import Function, Index, Stack, Table

_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/paypulse-local"
_TWO_WEEKS_S = "1209600"
_SNS = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}"
_PLATFORM = "APNS_SANDBOX"


@dataclass(frozen=True, slots=True)
class Resources:
    """Makes the stack's resources and tells the values of environment variables."""

    stack: Stack
    aws_url: str
    keys: GoogleKeys = field(default_factory=GoogleKeys)

    def create(self, invoke_url: str) -> None:
        """Make everything; `invoke_url` is where MiniStack passes calls of functions on to."""
        self.create_stores()
        for name, function in self.stack.functions.items():
            self._create_function(name, function, invoke_url)
        self._connect_bucket_triggers()

    def make_keys(self) -> dict[str, tuple[str, str]]:
        """Return a new key pair for every function; those of an earlier start end.

        Of IAM users, because MiniStack knows them: it opens no link that was signed with others.
        """
        return {name: self._make_key(name) for name in self.stack.functions}

    def _make_key(self, name: str) -> tuple[str, str]:
        iam = self._client("iam")
        try:
            iam.create_user(UserName=name)
        except iam.exceptions.EntityAlreadyExistsException:
            for old in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
                iam.delete_access_key(UserName=name, AccessKeyId=old["AccessKeyId"])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def create_stores(self) -> None:
        """Make tables, queues, secrets and buckets, without anything that acts on them."""
        for name, table in self.stack.tables.items():
            self._create_table(name, table)
        for name in sorted(self.stack.queues, key=self._has_dead_letter):
            self._create_queue(name)
        self._create_secrets()
        for bucket in self.stack.buckets:
            self._create_bucket(bucket)
        self._create_channels()

    def environment(self, function: Function, graphql_url: str) -> dict[str, str]:
        """Return the values of a function's variables."""
        values = {}
        for name in function.env:
            source = self.stack.environment[name]
            kind, key = next(iter(source.model_dump(exclude_unset=True).items()))
            match kind:
                case "table":
                    values[name] = key
                case "bucket":
                    values[name] = self.stack.bucket_name(key)
                case "queue":
                    values[name] = self.queue_url(key)
                case "secret":
                    secret = self.stack.secrets[key]
                    values[name] = secret.name or secret.prefix or ""
                case "topic":
                    values[name] = self.topic_arn(key)
                case "push_application":
                    values[name] = self.push_application_arn(key)
                case "variable":
                    values[name] = self.stack.variables[key]
                case "api":
                    values[name] = graphql_url
                case "keyed_by":
                    tables = self.stack.tables_keyed_by(key)
                    values[name] = ",".join(f"{table}:{sort}" for table, sort in tables.items())
                case "details_of":
                    details = self.stack.detail_tables(key)
                    values[name] = ",".join(f"{sub}:{table}" for sub, table in details.items())
        return values

    def queue_url(self, queue: str) -> str:
        """Return where a queue is reached."""
        return f"{self.aws_url}/{ACCOUNT_ID}/{queue}"

    def topic_arn(self, topic: str) -> str:
        """Return the ARN of a topic."""
        return f"{_SNS}:{self.stack.topics[topic].name}"

    def push_application_arn(self, application: str) -> str:
        """Return the ARN of a platform application."""
        return f"{_SNS}:app/{_PLATFORM}/{self.stack.push_applications[application].name}"

    def stream_arn(self, table: str) -> str:
        """Return the ARN of a table's stream."""
        answer = self._client("dynamodb").describe_table(TableName=table)
        arn: str = answer["Table"]["LatestStreamArn"]
        return arn

    def _client(self, service: str) -> Any:
        return client(service, self.aws_url)

    def _has_dead_letter(self, queue: str) -> bool:
        return self.stack.queues[queue].dead_letter is not None

    def _create_table(self, name: str, table: Table) -> None:
        dynamodb = self._client("dynamodb")
        try:
            dynamodb.create_table(**_table_request(name, table))
        except dynamodb.exceptions.ResourceInUseException:
            return
        if table.ttl:
            dynamodb.update_time_to_live(
                TableName=name,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": table.ttl},
            )

    def _create_queue(self, name: str) -> None:
        queue = self.stack.queues[name]
        attributes = {"VisibilityTimeout": str(queue.visibility_s)}
        if queue.dead_letter:
            target = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue.dead_letter}"
            policy = {"deadLetterTargetArn": target, "maxReceiveCount": queue.max_receives}
            attributes["RedrivePolicy"] = json.dumps(policy)
        else:
            attributes["MessageRetentionPeriod"] = _TWO_WEEKS_S
        self._client("sqs").create_queue(QueueName=name, Attributes=attributes)

    def _create_secrets(self) -> None:
        manager = self._client("secretsmanager")
        first_key = {"kid": "local-1", "key": secrets.token_urlsafe(48)}
        # The one that is there stays, or every session would end.
        with suppress(manager.exceptions.ResourceExistsException):
            manager.create_secret(
                Name=self.stack.secrets["jwt_keys"].name,
                SecretString=json.dumps({"keys": [first_key]}),
            )
        for key, value in self.keys.secrets().items():
            self._set_secret(manager, str(self.stack.secrets[key].name), value)

    def _set_secret(self, manager: Any, name: str, value: str | None) -> None:
        """Give a secret this value, or none, as Terraform leaves it; what was there before goes."""
        given = {} if value is None else {"SecretString": value}
        try:
            manager.create_secret(Name=name, **given)
        except manager.exceptions.ResourceExistsException:
            if manager.get_secret_value(SecretId=name).get("SecretString") == value:
                return
            manager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
            manager.create_secret(Name=name, **given)

    def _create_bucket(self, bucket: str) -> None:
        s3, name = self._client("s3"), self.stack.bucket_name(bucket)
        try:
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        except s3.exceptions.BucketAlreadyOwnedByYou:
            return
        status = "Enabled" if self.stack.buckets[bucket].versioning else "Suspended"
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        rules: Any = [
            {
                "ID": prefix,
                "Status": "Enabled",
                "Filter": {"Prefix": prefix},
                "Expiration": {"Days": days},
                "NoncurrentVersionExpiration": {"NoncurrentDays": days},
            }
            for prefix, days in self.stack.buckets[bucket].expires_after_days.items()
        ]
        if rules:
            s3.put_bucket_lifecycle_configuration(
                Bucket=name, LifecycleConfiguration={"Rules": rules}
            )

    def _create_channels(self) -> None:
        sns = self._client("sns")
        for topic in self.stack.topics.values():
            sns.create_topic(Name=topic.name)
        for application in self.stack.push_applications.values():
            sns.create_platform_application(
                Name=application.name,
                Platform=_PLATFORM,
                Attributes={"PlatformPrincipal": "local", "PlatformCredential": "local"},
            )

    def _create_function(self, name: str, function: Function, invoke_url: str) -> None:
        awslambda = self._client("lambda")
        environment = {"Variables": {"MINISTACK_LAMBDA_PROXY_URL": invoke_url}}
        try:
            awslambda.create_function(
                FunctionName=name,
                Runtime="python3.12",
                Role=_ROLE,
                Handler=function.handler,
                Code={"ZipFile": _empty_zip()},
                Timeout=function.timeout_s,
                MemorySize=function.memory_mb,
                Environment=environment,
            )
        except awslambda.exceptions.ResourceConflictException:
            awslambda.update_function_configuration(FunctionName=name, Environment=environment)
            return
        self._set_on_failure(name, function)
        for trigger in function.triggers:
            if trigger.queue:
                awslambda.create_event_source_mapping(
                    FunctionName=name,
                    EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{trigger.queue}",
                    BatchSize=trigger.batch_size,
                    FunctionResponseTypes=["ReportBatchItemFailures"],
                )
            if trigger.schedule:
                self._create_schedule(trigger.schedule, name)

    def _set_on_failure(self, name: str, function: Function) -> None:
        if function.on_failure is None:
            return
        target = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{function.on_failure}"
        self._client("lambda").put_function_event_invoke_config(
            FunctionName=name,
            MaximumRetryAttempts=2,
            DestinationConfig={"OnFailure": {"Destination": target}},
        )

    def _create_schedule(self, schedule: str, function: str) -> None:
        events = self._client("events")
        rule = self.stack.schedules[schedule]
        events.put_rule(
            Name=schedule, ScheduleExpression=rule.expression, Description=rule.description
        )
        events.put_targets(
            Rule=schedule, Targets=[{"Id": function, "Arn": _function_arn(function)}]
        )

    def _connect_bucket_triggers(self) -> None:
        for bucket in self.stack.buckets:
            configurations = [
                {
                    "LambdaFunctionArn": _function_arn(name),
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {
                        "Key": {
                            "FilterRules": [
                                {"Name": "prefix", "Value": trigger.prefix},
                                {"Name": "suffix", "Value": trigger.suffix},
                            ]
                        }
                    },
                }
                for name, function in self.stack.functions.items()
                for trigger in function.triggers
                if trigger.bucket == bucket
            ]
            self._client("s3").put_bucket_notification_configuration(
                Bucket=self.stack.bucket_name(bucket),
                NotificationConfiguration={"LambdaFunctionConfigurations": configurations},
            )


def _table_request(name: str, table: Table) -> dict[str, Any]:
    keys = [table.key, *(index.key for index in table.indexes.values())]
    attributes = dict.fromkeys(attribute for key in keys for attribute in key)
    request: dict[str, Any] = {
        "TableName": name,
        "KeySchema": _key_schema(table.key),
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes
        ],
        "BillingMode": table.billing,
        "SSESpecification": {"Enabled": True},
    }
    if table.capacity:
        request["ProvisionedThroughput"] = _throughput(table.capacity)
    if table.stream:
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream}
    if table.indexes:
        request["GlobalSecondaryIndexes"] = [
            _index_request(index_name, index) for index_name, index in table.indexes.items()
        ]
    return request


def _index_request(name: str, index: Index) -> dict[str, Any]:
    request: dict[str, Any] = {
        "IndexName": name,
        "KeySchema": _key_schema(index.key),
        "Projection": {"ProjectionType": index.projection},
    }
    if index.capacity:
        request["ProvisionedThroughput"] = _throughput(index.capacity)
    return request


def _throughput(capacity: Any) -> dict[str, int]:
    return {"ReadCapacityUnits": capacity.read, "WriteCapacityUnits": capacity.write}


def _key_schema(key: list[str]) -> list[dict[str, str]]:
    return [
        {"AttributeName": attribute, "KeyType": kind}
        for attribute, kind in zip(key, ("HASH", "RANGE"), strict=False)
    ]


def _function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"


def _empty_zip() -> bytes:
    """Return the code that MiniStack insists on; it never runs, calls are passed on."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("README", "The dev stack runs this function from the working tree.")
    return buffer.getvalue()
