"""manage_devices: devices for push, and what a user wants to be told."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from devstack.ministack import client
from paypulse.accounts import User
from paypulse.aws.devices import DynamoDevices
from paypulse.aws.users import DynamoUsers
from paypulse.devices import MAX_DEVICES, Device
from resolvers import get_user_profile, manage_devices
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Aws
    from tests.outboxes import RunningOutbox

type Caller = dict[str, str]


@pytest.fixture
def new_caller(aws: Aws) -> Callable[[], Caller]:
    def make() -> Caller:
        user_id = f"user_{uuid.uuid4()}"
        user = User(user_id, f"{user_id}@example.com", "Ronja", "hash", NOW)
        DynamoUsers("Users", aws.client("dynamodb")).add(user)
        return {"userId": user_id, "email": user.email, "sessionId": "s1"}

    return make


@pytest.fixture
def caller(new_caller: Callable[[], Caller]) -> Caller:
    return new_caller()


@pytest.fixture
def token() -> str:
    return secrets.token_hex(32)


@pytest.fixture
def mutate(outbox: RunningOutbox, ask: Callable[..., Any]) -> Callable[..., Any]:
    """Call a mutation for a caller with this input."""

    def call(caller: Caller, mutation: str, /, **input_: Any) -> Any:
        return ask(manage_devices.handler, f"Mutation.{mutation}", {"input": input_}, caller)

    return call


@pytest.fixture
def me(ask: Callable[..., Any], load_event: Any, context: Any) -> Callable[[Caller], Any]:
    """Ask for the profile with the devices."""

    def call(caller: Caller) -> Any:
        event = load_event("appsync_mutation")
        event["info"] |= {"parentTypeName": "Query", "fieldName": "me"}
        event["info"]["selectionSetList"] = ["id", "devices", "devices/id"]
        event["arguments"] = {}
        event["identity"] = {"resolverContext": caller}
        return get_user_profile.handler(event, context)

    return call


@pytest.fixture
def endpoints(aws: Aws) -> Callable[[Caller], dict[str, str | None]]:
    """Return a caller's endpoints by device, as the table has them."""

    def read(caller: Caller) -> dict[str, str | None]:
        items = aws.client("dynamodb").query(
            TableName="Devices",
            KeyConditionExpression="UserID = :user",
            ExpressionAttributeValues={":user": {"S": caller["userId"]}},
        )["Items"]
        return {item["DeviceID"]["S"]: item.get("endpoint", {}).get("S") for item in items}

    return read


def attributes_of(aws: Aws, endpoint: str | None) -> dict[str, str] | None:
    sns = client("sns", aws.url)
    try:
        found: dict[str, str] = sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]
    except sns.exceptions.NotFoundException:
        return None
    return found


def test_a_device_is_registered_and_shown_without_its_token(
    mutate: Callable[..., Any], me: Callable[[Caller], Any], caller: Caller, token: str
) -> None:
    answer = mutate(caller, "registerDevice", deviceId="phone", token=token, name=" Min iPhone ")

    shown = me(caller)["devices"]
    assert answer["userErrors"] == []
    assert shown == [answer["device"]]
    assert (shown[0]["id"], shown[0]["name"]) == ("phone", "Min iPhone")
    assert shown[0].keys() == {"id", "name", "registeredAt"}


def test_registering_again_keeps_the_endpoint_and_switches_it_on(
    aws: Aws,
    mutate: Callable[..., Any],
    endpoints: Callable[[Caller], dict[str, str]],
    caller: Caller,
    token: str,
) -> None:
    mutate(caller, "registerDevice", deviceId="phone", token=token)
    before = endpoints(caller)
    aws.client("sns").set_endpoint_attributes(
        EndpointArn=before["phone"], Attributes={"Enabled": "false"}
    )

    mutate(caller, "registerDevice", deviceId="phone", token=token.upper())

    attributes = attributes_of(aws, before["phone"])
    assert endpoints(caller) == before
    assert attributes is not None
    assert attributes["Enabled"] == "true"


def test_a_new_token_replaces_the_old_endpoint(
    aws: Aws,
    mutate: Callable[..., Any],
    endpoints: Callable[[Caller], dict[str, str]],
    caller: Caller,
    token: str,
) -> None:
    mutate(caller, "registerDevice", deviceId="phone", token=token)
    old = endpoints(caller)["phone"]

    mutate(caller, "registerDevice", deviceId="phone", token=secrets.token_hex(32))

    assert attributes_of(aws, old) is None
    assert attributes_of(aws, endpoints(caller)["phone"]) is not None


def test_a_phone_that_someone_else_logs_in_on_is_theirs_alone(
    aws: Aws,
    mutate: Callable[..., Any],
    endpoints: Callable[[Caller], dict[str, str]],
    new_caller: Callable[[], Caller],
    token: str,
) -> None:
    first, second = new_caller(), new_caller()
    mutate(first, "registerDevice", deviceId="phone", token=token)

    mutate(second, "registerDevice", deviceId="phone", token=token)
    mutate(first, "unregisterDevice", deviceId="phone")  # late, from a queue of the app's

    assert endpoints(first) == {}
    assert attributes_of(aws, endpoints(second)["phone"]) is not None


def test_a_device_that_is_let_go_leaves_nothing_and_twice_is_fine(
    aws: Aws,
    mutate: Callable[..., Any],
    endpoints: Callable[[Caller], dict[str, str]],
    caller: Caller,
    token: str,
) -> None:
    mutate(caller, "registerDevice", deviceId="phone", token=token)
    endpoint = endpoints(caller)["phone"]

    answers = [mutate(caller, "unregisterDevice", deviceId="phone") for _ in range(2)]

    assert answers == [{"deviceId": "phone", "userErrors": []}] * 2
    assert endpoints(caller) == {}
    assert attributes_of(aws, endpoint) is None


@pytest.mark.parametrize("device_id", ["", "ö" * 2000])
def test_what_cannot_be_there_is_let_go_without_a_word(
    mutate: Callable[..., Any], caller: Caller, device_id: str
) -> None:
    answer = mutate(caller, "unregisterDevice", deviceId=device_id)

    assert answer["userErrors"] == []


def test_the_device_registered_longest_ago_makes_room(
    mutate: Callable[..., Any], endpoints: Callable[[Caller], dict[str, str]], caller: Caller
) -> None:
    for number in range(MAX_DEVICES + 1):
        token = secrets.token_hex(32)
        mutate(caller, "registerDevice", deviceId=f"phone-{number}", token=token)

    assert endpoints(caller).keys() == {f"phone-{at}" for at in range(1, MAX_DEVICES + 1)}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("deviceId", ""),
        ("deviceId", "a" * 65),
        ("deviceId", "phone#2"),
        ("token", "nothing hexadecimal"),
        ("token", "ab" * 31),
        ("token", "ab" * 101),
        ("name", "a" * 61),
        ("name", "two\nlines"),
    ],
)
def test_what_is_no_device_is_refused_and_kept_nowhere(
    mutate: Callable[..., Any],
    endpoints: Callable[[Caller], dict[str, str]],
    caller: Caller,
    field: str,
    value: str,
) -> None:
    input_ = {"deviceId": "phone", "token": "ab" * 32, field: value}

    (error,) = mutate(caller, "registerDevice", **input_)["userErrors"]

    assert (error["code"], error["field"]) == ("INVALID_INPUT", ["input", field])
    assert endpoints(caller) == {}


def test_sns_being_down_is_told_and_registering_again_mends_it(
    outbox: RunningOutbox,
    mutate: Callable[..., Any],
    endpoints: Callable[[Caller], dict[str, str]],
    caller: Caller,
    token: str,
) -> None:
    outbox.is_down = True
    try:
        failed = mutate(caller, "registerDevice", deviceId="phone", token=token)
    finally:
        outbox.is_down = False
    left = endpoints(caller)

    mutate(caller, "registerDevice", deviceId="phone", token=token)

    assert failed["error"]["type"] == "DEPENDENCY_FAILURE"
    assert left == {"phone": None}  # so that an erasure would look for the endpoint
    assert endpoints(caller)["phone"] is not None


def test_what_a_broken_attempt_left_is_not_taken_from_who_has_it_now(
    aws: Aws,
    outbox: RunningOutbox,
    mutate: Callable[..., Any],
    endpoints: Callable[[Caller], dict[str, str]],
    new_caller: Callable[[], Caller],
    token: str,
) -> None:
    first, second = new_caller(), new_caller()
    DynamoDevices("Devices", aws.client("dynamodb")).put(
        Device(first["userId"], "phone", token, None, NOW, "s1")
    )
    mutate(second, "registerDevice", deviceId="phone", token=token)

    mutate(first, "unregisterDevice", deviceId="phone")

    assert endpoints(first) == {}
    assert attributes_of(aws, endpoints(second)["phone"]) is not None


def test_without_a_push_service_registering_says_so(
    mutate: Callable[..., Any],
    endpoints: Callable[[Caller], dict[str, str]],
    caller: Caller,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUSH_APPLICATION", "")
    manage_devices._build.cache_clear()
    answer = mutate(caller, "registerDevice", deviceId="phone", token=token)
    manage_devices._build.cache_clear()

    assert answer["error"] == {
        "type": "DEPENDENCY_FAILURE",
        "message": "Push notifications are not set up here.",
        "info": None,
    }
    assert endpoints(caller) == {}


def test_a_new_account_has_push_in_swedish_and_a_reminder_of_three_days(
    me: Callable[[Caller], Any], caller: Caller, outbox: RunningOutbox
) -> None:
    assert me(caller)["notificationSettings"] == {
        "push": True,
        "email": False,
        "discreet": False,
        "language": "SV",
        "reminderDays": [3],
    }


def test_settings_change_one_by_one(
    mutate: Callable[..., Any], me: Callable[[Caller], Any], caller: Caller
) -> None:
    name = "updateNotificationSettings"
    mutate(caller, name, discreet=True, language="EN")
    answer = mutate(caller, name, push=False, reminderDays=[0, 7, 7])

    assert answer["notificationSettings"] == me(caller)["notificationSettings"]
    assert answer["notificationSettings"] == {
        "push": False,
        "email": False,
        "discreet": True,
        "language": "EN",
        "reminderDays": [7, 0],
    }


def test_no_reminders_at_all_can_be_chosen(mutate: Callable[..., Any], caller: Caller) -> None:
    answer = mutate(caller, "updateNotificationSettings", reminderDays=[])

    assert answer["notificationSettings"]["reminderDays"] == []


@pytest.mark.parametrize("days", [[-1], [15], [0, 1, 2, 3, 4, 5]])
def test_reminder_days_that_cannot_be_are_refused_and_change_nothing(
    mutate: Callable[..., Any], me: Callable[[Caller], Any], caller: Caller, days: list[int]
) -> None:
    answer = mutate(caller, "updateNotificationSettings", push=False, reminderDays=days)

    assert [error["field"] for error in answer["userErrors"]] == [["input", "reminderDays"]]
    assert me(caller)["notificationSettings"]["push"] is True


def test_e_mail_on_subscribes_the_account_and_off_ends_it(
    aws: Aws, mutate: Callable[..., Any], caller: Caller
) -> None:
    mutate(caller, "updateNotificationSettings", email=True)
    on = subscribed(aws)
    mutate(caller, "updateNotificationSettings", email=False)

    assert caller["email"] in on
    assert caller["email"] not in subscribed(aws)


def test_e_mail_can_be_switched_on_five_times_in_a_quarter_of_an_hour(
    mutate: Callable[..., Any], caller: Caller
) -> None:
    answers = [mutate(caller, "updateNotificationSettings", email=True) for _ in range(6)]

    assert [each.get("error", {}).get("type") for each in answers] == [None] * 5 + ["RATE_LIMITED"]


def test_a_subscription_that_broke_off_is_found_when_e_mail_is_switched_off(
    aws: Aws, mutate: Callable[..., Any], caller: Caller
) -> None:
    """As if the process had died between subscribing and noting the subscription."""
    mutate(caller, "updateNotificationSettings", email=True)
    users = DynamoUsers("Users", aws.client("dynamodb"))
    users.set_email_subscription(caller["userId"], "")

    mutate(caller, "updateNotificationSettings", email=False)

    user = users.get(caller["userId"])
    assert caller["email"] not in subscribed(aws)
    assert user is not None
    assert user.email_subscription is None


def test_an_account_that_is_being_erased_registers_nothing(
    aws: Aws,
    mutate: Callable[..., Any],
    endpoints: Callable[[Caller], dict[str, str]],
    caller: Caller,
    token: str,
) -> None:
    DynamoUsers("Users", aws.client("dynamodb")).mark_erasing(caller["userId"])

    answers = [
        mutate(caller, "registerDevice", deviceId="phone", token=token),
        mutate(caller, "updateNotificationSettings", email=True),
    ]

    assert [answer["error"]["type"] for answer in answers] == ["INVALID_TOKEN"] * 2
    assert endpoints(caller) == {}
    assert caller["email"] not in subscribed(aws)


def subscribed(aws: Aws) -> set[str]:
    pages = aws.client("sns").get_paginator("list_subscriptions_by_topic")
    topic = aws.resources.topic_arn("new_invoice")
    return {
        each["Endpoint"]
        for page in pages.paginate(TopicArn=topic)
        for each in page["Subscriptions"]
    }
