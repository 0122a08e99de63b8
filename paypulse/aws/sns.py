"""Pushes and e-mails through SNS.

A push goes to one device's endpoint, never to a topic. E-mail goes through the topic of new
invoices: each address is subscribed with a filter policy that lets through what names its user.

Sources: Amazon SNS developer guide, "Mobile push notifications", "Mobile app attributes for
iOS" and "Subscription filter policies".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from paypulse.aws.items import error_code, translated
from paypulse.errors import TransientError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_sns import SNSClient

    from paypulse.notifications import Notification

_SERVICE = "SNS"
# On the topic: whose message it is.
_USER = "userId"
_REFUSED_ENDPOINT = "No endpoint found"
_OTHER_ATTRIBUTES = "different attributes"
_APNS = "AWS.SNS.MOBILE.APNS"


class SnsPush:
    """Implements `PushSender`; `application` is empty where a deployment has no key of Apple's."""

    def __init__(self, application: str, client: SNSClient) -> None:
        self._application = application
        self._client = client

    @property
    def is_available(self) -> bool:
        return bool(self._application)

    def open_endpoint(self, token: str) -> str:
        endpoint = self._create(token)
        with translated(_SERVICE):
            answer = self._client.get_endpoint_attributes(EndpointArn=endpoint)
            attributes = answer["Attributes"]
            # SNS switches an endpoint off when Apple refuses it; the app vouches for it now.
            if attributes.get("Enabled") != "true" or attributes.get("Token") != token:
                self._client.set_endpoint_attributes(
                    EndpointArn=endpoint, Attributes={"Enabled": "true", "Token": token}
                )
        return endpoint

    def close_endpoint(self, endpoint: str) -> None:
        with translated(_SERVICE):
            self._client.delete_endpoint(EndpointArn=endpoint)

    def send(self, endpoint: str, notification: Notification) -> bool:
        from botocore.exceptions import ClientError

        try:
            with translated(_SERVICE):
                self._client.publish(
                    TargetArn=endpoint,
                    MessageStructure="json",
                    Message=apns_message(notification),
                    MessageAttributes={
                        f"{_APNS}.COLLAPSE_ID": _text(notification.collapse_id),
                        f"{_APNS}.PUSH_TYPE": _text("alert"),
                        f"{_APNS}.PRIORITY": _text("10"),
                    },
                )
        except ClientError as error:
            if _is_gone(error):
                return False
            raise
        return True

    def _create(self, token: str) -> str:
        """Return the token's endpoint; SNS names an existing one even when it refuses."""
        from botocore.exceptions import ClientError

        try:
            with translated(_SERVICE):
                answer = self._client.create_platform_endpoint(
                    PlatformApplicationArn=self._application, Token=token
                )
        except ClientError as error:
            existing = re.search(r"(arn:\S+) already exists", str(error))
            if existing is None:
                raise
            return existing[1]
        return answer["EndpointArn"]


class SnsEmails:
    """Implements `EmailTopic`."""

    def __init__(self, topic: str, client: SNSClient) -> None:
        self._topic = topic
        self._client = client

    def subscribe(self, user_id: str, email: str) -> str:
        from botocore.exceptions import ClientError

        policy = json.dumps({_USER: [user_id]})
        try:
            with translated(_SERVICE):
                return self._subscribe(email, {"FilterPolicy": policy})
        except ClientError as error:
            if error_code(error).startswith("FilterPolicyLimitExceeded"):
                raise TransientError(f"{_SERVICE}: {error_code(error)}") from error
            if _OTHER_ATTRIBUTES not in str(error):
                raise
        # The address is left over from an account that was erased before it was confirmed.
        with translated(_SERVICE):
            subscription = self._subscribe(email, {})
            self._client.set_subscription_attributes(
                SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue=policy
            )
        return subscription

    def find(self, email: str) -> str | None:
        pages = self._client.get_paginator("list_subscriptions_by_topic").paginate(
            TopicArn=self._topic
        )
        with translated(_SERVICE):
            for page in pages:
                for each in page["Subscriptions"]:
                    if each.get("Endpoint") == email and each["SubscriptionArn"].startswith("arn:"):
                        return each["SubscriptionArn"]
        return None

    def unsubscribe(self, subscription: str) -> None:
        from botocore.exceptions import ClientError

        try:
            with translated(_SERVICE):
                self._client.unsubscribe(SubscriptionArn=subscription)
        except ClientError as error:
            # SNS refuses to end what was never confirmed, and forgets it by itself.
            if error_code(error) not in {"InvalidParameter", "NotFound"}:
                raise

    def send(self, user_id: str, notification: Notification) -> None:
        with translated(_SERVICE):
            self._client.publish(
                TopicArn=self._topic,
                Subject=notification.subject,
                Message=f"{notification.title}\n\n{notification.body}\n",
                MessageAttributes={_USER: _text(user_id)},
            )

    def _subscribe(self, email: str, attributes: dict[str, str]) -> str:
        answer = self._client.subscribe(
            TopicArn=self._topic,
            Protocol="email",
            Endpoint=email,
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )
        return answer["SubscriptionArn"]


def apns_message(notification: Notification) -> str:
    """Return what SNS hands on to Apple: one payload for either of Apple's two services.

    Source of the payload's form: Apple, "Generating a remote notification".
    """
    payload = json.dumps(
        {
            "aps": {
                "alert": {"title": notification.title, "body": notification.body},
                "sound": "default",
                "category": notification.category.value,
            },
            "link": notification.link,
        },
        ensure_ascii=False,
    )
    message = {"default": notification.title, "APNS": payload, "APNS_SANDBOX": payload}
    return json.dumps(message, ensure_ascii=False)


def _text(value: str) -> Any:
    return {"DataType": "String", "StringValue": value}


def _is_gone(error: ClientError) -> bool:
    return error_code(error) in {"EndpointDisabled", "NotFound"} or _REFUSED_ENDPOINT in str(error)
