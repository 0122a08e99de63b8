"""SNS up to the publish call on MiniStack, and behind the dev stack's outbox."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from devstack.ministack import client
from paypulse.aws.sns import SnsEmails, SnsPush
from paypulse.notification_settings import NotificationSettings
from paypulse.notifications import remind_of
from tests.factories import make_invoice
from tests.outboxes import running_outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Aws
    from tests.outboxes import RunningOutbox

REMINDER = remind_of(make_invoice(), 3, make_invoice().due_on, NotificationSettings())


@pytest.fixture(scope="module")
def outbox(aws: Aws) -> Iterator[RunningOutbox]:
    with running_outbox(aws.url) as running:
        yield running


@pytest.fixture
def sns(aws: Aws) -> Any:
    """MiniStack itself."""
    return aws.client("sns")


@pytest.fixture(params=["MiniStack", "outbox"])
def push(aws: Aws, outbox: RunningOutbox, request: pytest.FixtureRequest) -> SnsPush:
    url = aws.url if request.param == "MiniStack" else outbox.url
    return SnsPush(aws.resources.push_application_arn("ios"), client("sns", url))


@pytest.fixture
def emails(aws: Aws, outbox: RunningOutbox) -> SnsEmails:
    return SnsEmails(aws.resources.topic_arn("new_invoice"), client("sns", outbox.url))


@pytest.fixture
def token() -> str:
    return secrets.token_hex(32)


@pytest.fixture
def address() -> str:
    return f"{secrets.token_hex(8)}@example.com"


def test_a_token_has_one_endpoint(push: SnsPush, token: str) -> None:
    first, second, other = (push.open_endpoint(each) for each in (token, token, "ab" * 32))

    assert first == second != other


def test_an_endpoint_that_was_switched_off_works_again(push: SnsPush, sns: Any, token: str) -> None:
    endpoint = push.open_endpoint(token)
    sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})

    assert push.open_endpoint(token) == endpoint
    attributes = sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]
    assert (attributes["Enabled"], attributes["Token"]) == ("true", token)


def test_an_endpoint_that_was_made_otherwise_is_found(
    aws: Aws, push: SnsPush, sns: Any, token: str
) -> None:
    made = sns.create_platform_endpoint(
        PlatformApplicationArn=aws.resources.push_application_arn("ios"),
        Token=token,
        CustomUserData="made by hand",
    )

    assert push.open_endpoint(token) == made["EndpointArn"]


def test_a_push_is_taken(push: SnsPush, token: str) -> None:
    assert push.send(push.open_endpoint(token), REMINDER)


def test_a_push_to_what_is_gone_is_told(push: SnsPush, token: str) -> None:
    endpoint = push.open_endpoint(token)
    push.close_endpoint(endpoint)
    push.close_endpoint(endpoint)

    assert not push.send(endpoint, REMINDER)


def test_a_push_carries_text_link_category_and_collapse_id(
    aws: Aws, outbox: RunningOutbox, token: str
) -> None:
    push = SnsPush(aws.resources.push_application_arn("ios"), client("sns", outbox.url))
    for _ in range(2):
        push.send(push.open_endpoint(token), REMINDER)

    replaced, shown = outbox.pushes_to(token)
    assert (replaced.replaced, shown.replaced) == (True, False)
    assert shown.collapse_id == REMINDER.collapse_id
    assert shown.payload == {
        "aps": {
            "alert": {"title": REMINDER.title, "body": REMINDER.body},
            "sound": "default",
            "category": "REMINDER",
        },
        "link": "paypulse://invoices/rental/Invoice_1297112086",
    }


def test_a_push_to_a_device_that_is_switched_off_is_told(
    aws: Aws, outbox: RunningOutbox, sns: Any, token: str
) -> None:
    push = SnsPush(aws.resources.push_application_arn("ios"), client("sns", outbox.url))
    endpoint = push.open_endpoint(token)
    sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})

    assert not push.send(endpoint, REMINDER)
    assert outbox.pushes_to(token) == []


def test_a_deployment_without_apples_key_has_no_push() -> None:
    assert not SnsPush("", client("sns", "http://127.0.0.1:9")).is_available


def test_a_mail_reaches_its_user_and_nobody_else(
    emails: SnsEmails, outbox: RunningOutbox, user_id: str, address: str
) -> None:
    other = f"other-{address}"
    emails.subscribe(user_id, address)
    emails.subscribe(f"{user_id}-other", other)

    emails.send(user_id, REMINDER)

    (mail,) = outbox.emails_to(address)
    assert mail.subject == REMINDER.subject
    assert mail.body.startswith(REMINDER.title)
    assert outbox.emails_to(other) == []


def test_an_address_is_subscribed_once(
    emails: SnsEmails, outbox: RunningOutbox, user_id: str, address: str
) -> None:
    first, second = (emails.subscribe(user_id, address) for _ in range(2))
    emails.send(user_id, REMINDER)

    assert first == second == emails.find(address)
    assert len(outbox.emails_to(address)) == 1


def test_an_address_whose_account_is_another_now_gets_the_new_ones_mails_only(
    emails: SnsEmails, outbox: RunningOutbox, sns: Any, user_id: str, address: str
) -> None:
    subscription = emails.subscribe("user_erased", address)

    assert emails.subscribe(user_id, address) == subscription
    emails.send("user_erased", REMINDER)
    assert outbox.emails_to(address) == []
    emails.send(user_id, REMINDER)
    assert len(outbox.emails_to(address)) == 1
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert json.loads(attributes["FilterPolicy"]) == {"userId": [user_id]}


def test_who_has_unsubscribed_gets_nothing_and_twice_is_fine(
    emails: SnsEmails, outbox: RunningOutbox, user_id: str, address: str
) -> None:
    subscription = emails.subscribe(user_id, address)
    for _ in range(2):
        emails.unsubscribe(subscription)
    emails.send(user_id, REMINDER)

    assert emails.find(address) is None
    assert outbox.emails_to(address) == []
