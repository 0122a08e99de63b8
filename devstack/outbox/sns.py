"""SNS for the functions: MiniStack's, and what it lacks.

MiniStack keeps topics, subscriptions, platform applications and endpoints, and takes publishes
without delivering them to a device or an address. Every call is passed on to it; in front of that
stands what SNS would refuse, and behind it what SNS would deliver:

- a push to an endpoint that is switched off or gone is refused;
- an address that is subscribed with other attributes is refused;
- a mail goes to the addresses whose filter policy lets it through, and only to them.

Sources: Amazon SNS API reference, "Publish" and "Subscribe"; developer guide, "Filter policies".
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.sax.saxutils import escape

import urllib3
from starlette.responses import Response

from devstack.ministack import client
from devstack.outbox.messages import Email, Outbox, Push
from paypulse.clock import to_text, utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

_LARGEST_PAYLOAD = 4096  # bytes that Apple takes
_LONGEST_SUBJECT = 100
_PASSED_ON = ("authorization", "content-type", "x-amz-date", "x-amz-security-token")


class _Refused(Exception):  # noqa: N818 - SNS's answer
    """SNS would refuse the call."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Sns:
    """Answers SNS's query protocol."""

    def __init__(self, aws_url: str, outbox: Outbox) -> None:
        self._aws_url = aws_url
        self._outbox = outbox
        self._http = urllib3.PoolManager(retries=False)

    async def answer(self, request: Request) -> Response:
        """Answer one call."""
        body = await request.body()
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        call = dict(parse_qsl(body.decode(), keep_blank_values=True))
        try:
            status, content, messages = await asyncio.to_thread(self._work, call, headers, body)
        except _Refused as refused:
            return Response(_error(refused), 400, media_type="text/xml")
        for message in messages:
            self._outbox.add(message)
        return Response(content, status, media_type="text/xml")

    def _work(
        self, call: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes, list[Push | Email]]:
        """Pass a call on, and return MiniStack's answer and what is to be delivered."""
        messages: list[Push | Email] = []
        match call.get("Action"):
            case "Publish" if "TargetArn" in call:
                messages.append(self._push(call))
            case "Publish":
                messages += self._emails(call)
            case "Subscribe":
                messages += self._confirmation(call)
        answer = self._http.request("POST", self._aws_url, body=body, headers=dict(headers))
        return answer.status, answer.data, messages if answer.status == 200 else []

    def _push(self, call: Mapping[str, str]) -> Push:
        sns, endpoint = client("sns", self._aws_url), call["TargetArn"]
        try:
            attributes = sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]
        except sns.exceptions.NotFoundException:
            reason = "No endpoint found for the target arn specified"
            raise _invalid(f"TargetArn Reason: {reason}") from None
        if attributes["Enabled"] != "true":
            raise _Refused("EndpointDisabled", "Endpoint is disabled")
        payload = _apns_payload(call, platform=endpoint.split(":")[5].split("/")[1])
        alert = payload["aps"]["alert"]
        return Push(
            endpoint=endpoint,
            token=attributes["Token"],
            title=alert["title"],
            body=alert["body"],
            category=payload["aps"].get("category", ""),
            link=payload.get("link", ""),
            collapse_id=_attributes(call).get("AWS.SNS.MOBILE.APNS.COLLAPSE_ID", ""),
            payload=payload,
            sent_at=to_text(utc_now()),
        )

    def _emails(self, call: Mapping[str, str]) -> list[Email]:
        subject = call.get("Subject", "AWS Notification Message")
        if not subject.isascii() or not subject.isprintable() or len(subject) > _LONGEST_SUBJECT:
            raise _invalid("Subject")
        sns, attributes = client("sns", self._aws_url), _attributes(call)
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=call["TopicArn"])
        addresses = []
        for each in (each for page in pages for each in page["Subscriptions"]):
            arn = each["SubscriptionArn"]
            policy = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"].get(
                "FilterPolicy"
            )
            if each["Protocol"] == "email" and _lets_through(policy, attributes):
                addresses.append(each["Endpoint"])
        now = to_text(utc_now())
        return [Email(address, subject, call["Message"], now) for address in addresses]

    def _confirmation(self, call: Mapping[str, str]) -> list[Email]:
        """Return the mail with which SNS asks a new address; MiniStack has confirmed it already.

        An address that is there is left as it is, so other attributes are refused.
        """
        sns = client("sns", self._aws_url)
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=call["TopicArn"])
        for each in (each for page in pages for each in page["Subscriptions"]):
            if each["Endpoint"] == call["Endpoint"]:
                arn = each["SubscriptionArn"]
                found = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
                asked = _entries(call, "Attributes")
                if any(found.get(name) != value for name, value in asked.items()):
                    raise _invalid(
                        "Attributes Reason: Subscription already exists with different attributes"
                    )
                return []
        subject = "AWS Notification - Subscription Confirmation"
        text = "On AWS this mail asks to confirm the subscription; here that has been done."
        return [Email(call["Endpoint"], subject, text, to_text(utc_now()))]


def _apns_payload(call: Mapping[str, str], platform: str) -> dict[str, Any]:
    if call.get("MessageStructure") != "json":
        raise _invalid("MessageStructure Reason: this outbox knows json only")
    message = json.loads(call["Message"])
    if "default" not in message or platform not in message:
        raise _invalid("Message Structure - No default entry in JSON message body")
    text = message[platform]
    if len(text.encode()) > _LARGEST_PAYLOAD:
        raise _invalid("Message too long")
    payload: dict[str, Any] = json.loads(text)
    return payload


def _lets_through(policy: str | None, attributes: Mapping[str, str]) -> bool:
    """Tell whether a filter policy lets a message through; it knows lists of exact texts."""
    for name, allowed in json.loads(policy or "{}").items():
        if not all(isinstance(each, str) for each in allowed):
            raise _invalid("FilterPolicy Reason: this outbox knows exact texts only")
        if attributes.get(name) not in allowed:
            return False
    return True


def _attributes(call: Mapping[str, str]) -> dict[str, str]:
    """Return the message's attributes."""
    prefix, number, found = "MessageAttributes.entry", 1, {}
    while f"{prefix}.{number}.Name" in call:
        value = call.get(f"{prefix}.{number}.Value.StringValue", "")
        found[call[f"{prefix}.{number}.Name"]] = value
        number += 1
    return found


def _entries(call: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Return a map that the query protocol has flattened."""
    number, found = 1, {}
    while f"{prefix}.entry.{number}.key" in call:
        found[call[f"{prefix}.entry.{number}.key"]] = call[f"{prefix}.entry.{number}.value"]
        number += 1
    return found


def _invalid(what: str) -> _Refused:
    return _Refused("InvalidParameter", f"Invalid parameter: {what}")


def _error(refused: _Refused) -> str:
    return (
        '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error>'
        f"<Type>Sender</Type><Code>{refused.code}</Code><Message>{escape(str(refused))}</Message>"
        f"</Error><RequestId>{uuid4()}</RequestId></ErrorResponse>"
    )
