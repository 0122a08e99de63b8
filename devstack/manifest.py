"""`paypulse/stack.yaml`, typed and checked on load.

Terraform reads the same file with `yamldecode`; what is checked here holds there too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

STACK_FILE = Path(__file__).parents[1] / "paypulse" / "stack.yaml"

# `read_whole` is a scan: only for a small table without users' rows.
Access = Literal["read", "read_write", "read_whole"]
Seconds = Annotated[int, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """Where the value of an environment variable comes from; exactly one of these."""

    table: str | None = None
    bucket: str | None = None
    queue: str | None = None
    secret: str | None = None
    topic: str | None = None
    push_application: str | None = None
    variable: str | None = None
    api: Literal["graphql_url"] | None = None
    # `Table:SortKey,…` of every table with this partition key and a sort key.
    keyed_by: str | None = None
    # `sub-type:Table,…` of the tables with details of this one's rows.
    details_of: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(
                "give exactly one of table, bucket, queue, secret, topic, push_application,"
                " variable, api, keyed_by, details_of"
            )
        return self


class Authorizer(_Part):
    """The Lambda authorizer and what AppSync does around it."""

    function: str
    cache_ttl_s: Annotated[int, Field(ge=0, le=3600)]
    token_pattern: str


class Limits(_Part):
    """What AppSync refuses."""

    request_timeout_s: Seconds
    max_depth: Annotated[int, Field(ge=1, le=75)]
    max_resolvers: Annotated[int, Field(ge=1, le=10_000)]
    introspection: bool


class Api(_Part):
    """The GraphQL API."""

    name: str
    default_authentication: Literal["AWS_LAMBDA"]
    authorizer: Authorizer
    limits: Limits
    publish: list[str]
    subscribe: list[str]
    ends_session: list[str]


class Trigger(_Part):
    """What starts a function; exactly one of queue, schedule, bucket, stream."""

    queue: str | None = None
    schedule: str | None = None
    bucket: str | None = None
    stream: str | None = None
    batch_size: Annotated[int, Field(ge=1, le=1000)] = 1
    max_retries: Annotated[int, Field(ge=0, le=10_000)] | None = None
    on_failure: str | None = None
    prefix: str = ""
    suffix: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if len({"queue", "schedule", "bucket", "stream"} & self.model_fields_set) != 1:
            raise ValueError("give exactly one of queue, schedule, bucket, stream")
        return self


class Grants(_Part):
    """What a function may touch; Terraform turns each line into IAM actions."""

    tables: dict[str, Access] = {}
    indexes: dict[str, list[str]] = {}
    buckets: dict[str, Literal["read", "read_write", "read_erase", "erase", "export"]] = {}
    queues: dict[str, Literal["send"]] = {}
    secrets: dict[str, Literal["read", "update", "manage"]] = {}
    topics: dict[str, Literal["publish", "subscribe"]] = {}
    push_applications: dict[str, Literal["register", "send"]] = {}
    streams: list[str] = []
    publish: list[str] = []


class Function(_Part):
    """One Lambda function."""

    handler: str
    description: str
    timeout_s: Annotated[int, Field(gt=0, le=900)]
    memory_mb: Annotated[int, Field(ge=128, le=10_240)]
    authorizes_api: bool = False
    fields: list[str] = []
    batch_fields: dict[str, Annotated[int, Field(ge=1, le=2000)]] = {}
    triggers: list[Trigger] = []
    env: list[str] = []
    grants: Grants = Grants()
    on_failure: str | None = None

    @property
    def module(self) -> str:
        """The Python module of the handler."""
        return self.handler.rpartition(".")[0]


class Capacity(_Part):
    """Provisioned capacity units."""

    read: Annotated[int, Field(ge=1)]
    write: Annotated[int, Field(ge=1)]


class Autoscaling(_Part):
    """Target tracking for read and write capacity."""

    min: Annotated[int, Field(ge=1)]
    max: Annotated[int, Field(ge=1)]
    target_percent: Annotated[int, Field(ge=20, le=90)]
    cooldown_s: Annotated[int, Field(ge=0)]


# A list, because Terraform forgets the order of a map. All keys are strings.
Key = Annotated[list[str], Field(min_length=1, max_length=2)]


class Index(_Part):
    """A global secondary index; partition key first, then the sort key."""

    key: Key
    projection: Literal["ALL", "KEYS_ONLY"] = "ALL"
    capacity: Capacity | None = None


class DetailsOf(_Part):
    """The table whose rows these details belong to, and the category that has them."""

    table: str
    sub_type: str


class Table(_Part):
    """A DynamoDB table; partition key first, then the sort key."""

    key: Key
    billing: Literal["PAY_PER_REQUEST", "PROVISIONED"]
    capacity: Capacity | None = None
    autoscaling: Autoscaling | None = None
    stream: Literal["NEW_AND_OLD_IMAGES"] | None = None
    ttl: str | None = None
    indexes: dict[str, Index] = {}
    # Why erasing a user need not look into a table that is not keyed by UserID.
    no_user_data: str | None = None
    details_of: DetailsOf | None = None


class Bucket(_Part):
    """An S3 bucket, named by a variable."""

    variable: str
    versioning: bool = False
    # Prefix of keys => after how many days S3 removes what lies there, old versions included.
    expires_after_days: dict[str, Annotated[int, Field(ge=1)]] = {}


class Queue(_Part):
    """An SQS queue; one without `dead_letter` holds what failed, for two weeks."""

    visibility_s: Seconds = 30
    max_receives: Annotated[int, Field(ge=1)] | None = None
    dead_letter: str | None = None


class Secret(_Part):
    """A secret by name, or a family of secrets by prefix."""

    name: str | None = None
    prefix: str | None = None


class Topic(_Part):
    """An SNS topic."""

    name: str


class PushApplication(_Part):
    """An SNS platform application: the app, as Apple's push service knows it."""

    name: str


class Schedule(_Part):
    """An EventBridge rule."""

    expression: Annotated[str, Field(pattern=r"^(cron|rate)\(.+\)$")]
    description: str


class Stack(_Part):
    """The whole system; what begins with `x-` is only there for YAML to point at."""

    @model_validator(mode="before")
    @classmethod
    def _without_anchors(cls, values: Any) -> Any:
        return {key: value for key, value in values.items() if not key.startswith("x-")}

    variables: dict[str, str]
    environment: dict[str, Source]
    api: Api
    functions: dict[str, Function]
    tables: dict[str, Table]
    buckets: dict[str, Bucket]
    queues: dict[str, Queue]
    secrets: dict[str, Secret]
    topics: dict[str, Topic]
    push_applications: dict[str, PushApplication]
    schedules: dict[str, Schedule]

    @property
    def field_owners(self) -> dict[str, str]:
        """The function that answers each `Type.field`."""
        return {
            field: name
            for name, function in self.functions.items()
            for field in (*function.fields, *function.batch_fields)
        }

    def tables_keyed_by(self, attribute: str) -> dict[str, str]:
        """The sort key of every table that has one and this partition key."""
        return {
            name: list(table.key)[1]
            for name, table in self.tables.items()
            if len(table.key) == 2 and next(iter(table.key)) == attribute
        }

    def detail_tables(self, table: str) -> dict[str, str]:
        """The table with the details of each sub-type of this table's rows."""
        return {
            other.details_of.sub_type: name
            for name, other in self.tables.items()
            if other.details_of and other.details_of.table == table
        }

    def bucket_name(self, bucket: str) -> str:
        """The name of a bucket in S3."""
        return self.variables[self.buckets[bucket].variable]


def load_stack(path: Path = STACK_FILE) -> Stack:
    """Read and check the manifest.

    Raises:
        ConfigurationError: with one line for every mistake: file, key, what is wrong and what
            to do.
    """
    try:
        values = yaml.safe_load(path.read_text())
        stack = Stack.model_validate(values)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; the manifest must be there") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: not valid YAML: {error}") from None
    except ValidationError as error:
        lines = [_explain(path, problem) for problem in error.errors(include_url=False)]
        raise ConfigurationError("\n".join(lines)) from None
    problems = _unknown_references(stack) or _broken_rules(stack)
    if problems:
        raise ConfigurationError("\n".join(f"{path}: {problem}" for problem in problems))
    return stack


def _explain(path: Path, problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "(top level)"
    remedy = {
        "missing": "add it",
        "extra_forbidden": "remove it, or correct its spelling",
    }.get(problem["type"], f"found {problem['input']!r}; correct the value")
    return f"{path}: {key}: {problem['msg']}; {remedy}"


def _unknown_references(stack: Stack) -> list[str]:
    known: dict[str, Mapping[str, object]] = {
        "table": stack.tables,
        "bucket": stack.buckets,
        "queue": stack.queues,
        "secret": stack.secrets,
        "topic": stack.topics,
        "push_application": stack.push_applications,
        "variable": stack.variables,
        "schedule": stack.schedules,
        "stream": stack.tables,
        "function": stack.functions,
        "environment": stack.environment,
    }
    references = [
        *(
            (f"tables.{name}.details_of", "table", table.details_of.table)
            for name, table in stack.tables.items()
            if table.details_of
        ),
        *(
            (f"environment.{name}", kind, str(value))
            for name, source in stack.environment.items()
            for kind, value in source.model_dump(exclude_unset=True).items()
            if kind not in {"api", "keyed_by", "details_of"}
        ),
        *_function_references(stack),
        *(
            (f"queues.{name}.dead_letter", "queue", queue.dead_letter)
            for name, queue in stack.queues.items()
            if queue.dead_letter
        ),
        *((f"buckets.{name}", "variable", b.variable) for name, b in stack.buckets.items()),
        ("api.authorizer.function", "function", stack.api.authorizer.function),
    ]
    return [
        f"{key}: no {kind} named {name!r}; known are {', '.join(sorted(known[kind]))}"
        for key, kind, name in references
        if name not in known[kind]
    ]


def _function_references(stack: Stack) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for name, function in stack.functions.items():
        key = f"functions.{name}"
        grants = function.grants
        found += [(f"{key}.env", "environment", each) for each in function.env]
        found += [(f"{key}.grants.tables", "table", each) for each in grants.tables]
        found += [(f"{key}.grants.indexes", "table", each) for each in grants.indexes]
        found += [(f"{key}.grants.buckets", "bucket", each) for each in grants.buckets]
        found += [(f"{key}.grants.queues", "queue", each) for each in grants.queues]
        found += [(f"{key}.grants.secrets", "secret", each) for each in grants.secrets]
        found += [(f"{key}.grants.topics", "topic", each) for each in grants.topics]
        found += [
            (f"{key}.grants.push_applications", "push_application", each)
            for each in grants.push_applications
        ]
        found += [(f"{key}.grants.streams", "table", each) for each in grants.streams]
        for trigger in function.triggers:
            found += [
                (f"{key}.triggers", kind, value)
                for kind in ("queue", "schedule", "bucket", "stream")
                if (value := getattr(trigger, kind))
            ]
            if trigger.on_failure:
                found.append((f"{key}.triggers.on_failure", "queue", trigger.on_failure))
        if function.on_failure:
            found.append((f"{key}.on_failure", "queue", function.on_failure))
    return found


def _broken_rules(stack: Stack) -> list[str]:
    problems = []
    owners: dict[str, str] = {}
    for name, function in stack.functions.items():
        for field in (*function.fields, *function.batch_fields):
            if field in owners:
                problems.append(
                    f"functions.{name}.fields: {field} belongs to {owners[field]} already;"
                    " leave it with one of them"
                )
            owners[field] = name
        for trigger in function.triggers:
            problems += _trigger_problems(stack, name, function, trigger)
        problems += [
            f"functions.{name}.grants.tables: {table} holds users' rows, so it may not be scanned;"
            " grant read and query it"
            for table, access in function.grants.tables.items()
            if access == "read_whole" and not stack.tables[table].no_user_data
        ]
    problems += [
        f"tables.{name}: is not keyed by UserID, so erasing a user leaves it as it is; give it"
        " that key, or say in no_user_data why nothing of a user's is in it"
        for name, table in stack.tables.items()
        if next(iter(table.key)) != "UserID" and not (table.no_user_data or table.details_of)
    ]
    return problems


def _trigger_problems(stack: Stack, name: str, function: Function, trigger: Trigger) -> list[str]:
    key = f"functions.{name}.triggers"
    problems = []
    if trigger.queue and stack.queues[trigger.queue].visibility_s < 6 * function.timeout_s:
        problems.append(
            f"{key}: queue {trigger.queue} hides a message for less than six times the timeout;"
            f" set visibility_s to at least {6 * function.timeout_s}"
        )
    if trigger.queue and stack.queues[trigger.queue].dead_letter is None:
        problems.append(f"{key}: queue {trigger.queue} has no dead letter queue; give it one")
    if trigger.stream and stack.tables[trigger.stream].stream is None:
        problems.append(f"{key}: table {trigger.stream} has no stream; set its `stream`")
    if trigger.stream and trigger.on_failure is None:
        problems.append(f"{key}: stream {trigger.stream} needs an on_failure queue")
    if (trigger.bucket or trigger.schedule) and function.on_failure is None:
        problems.append(f"{key}: an asynchronous function needs on_failure; name a queue")
    return problems
