"""People who use the deployed functions as the app, SQS and S3 do, against Google's emulator."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus
from urllib.request import Request, urlopen

from ingestion import fetch_invoices, fetch_latest_invoice, parse_invoice
from paypulse.gmail_grant import READ_SCOPE
from resolvers import (
    get_invoices,
    get_user_profile,
    gmail_store_tokens,
    signup_user,
    start_ingestion,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Aws
    from tests.handlers.conftest import Context

BUCKET = "rental-invoices-bucket"
PASSWORD = "hyran-betald-i-tid"
SCOPES = f"openid https://www.googleapis.com/auth/userinfo.email {READ_SCOPE}"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Inboxes:
    """The emulator of Google, and the mailboxes in it."""

    url: str

    def control(self, path: str, body: Any = None) -> Any:
        """Steer the emulator, or ask it with no body."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}/_control/{path}", content), timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def new(self, *mails: bytes) -> str:
        """Make a Google account that holds these mails, and return its address."""
        email = f"inbox{next(_numbers)}@gmail.example"
        self.control("accounts", {"email": email})
        for mail in mails:
            self.control(f"mailboxes/{email}/messages?dated=true", mail)
        return email

    def calls(self, method: str) -> int:
        """Return how often a method was called so far."""
        return int(self.control("requests")["calls"].get(method, 0))


@dataclass
class Tenant:
    """Someone with an account."""

    email: str
    aws: Aws
    inboxes: Inboxes
    context: Context
    ask_handler: Callable[..., Any]
    load_event: Callable[[str], dict[str, Any]]
    session: dict[str, Any] = field(default_factory=dict)

    @property
    def user_id(self) -> str:
        return str(self.session["userId"])

    def ask(self, handler: Any, field_: str, **arguments: Any) -> Any:
        """Ask for a field as someone who is logged in."""
        caller = {"userId": self.user_id, "email": self.email, "sessionId": "s1"}
        return self.ask_handler(handler, field_, arguments, caller)

    def sign_up(self, **changes: str) -> Any:
        input_ = {"name": "Ronja", "email": self.email, "password": PASSWORD, **changes}
        return self.ask_handler(signup_user.handler, "Mutation.signUp", {"input": input_})

    def connect(self, mailbox: str, **changes: Any) -> Any:
        """Let Google grant access to a mailbox, and hand the tokens over."""
        tokens = self.inboxes.control("grants", {"email": mailbox, "scopes": SCOPES})
        input_ = {
            "accessToken": tokens["access_token"],
            "refreshToken": tokens["refresh_token"],
            "expiresIn": tokens["expires_in"],
            **changes,
        }
        return self.ask(gmail_store_tokens.handler, "Mutation.connectGmail", input=input_)

    def ingest(self, due_month: str | None = None) -> dict[str, Any]:
        """Have a run done, all of it, and return it as the app sees it."""
        if due_month:
            queue, handler = "fetch_latest_invoice", fetch_latest_invoice.handler
            name, input_ = "ingestLatestRentalInvoice", {"dueMonth": due_month}
        else:
            queue, handler = "fetch_invoices", fetch_invoices.handler
            name, input_ = "ingestRentalInvoices", {}
        self.aws.client("sqs").purge_queue(QueueUrl=self.aws.resources.queue_url(queue))
        answer = self.ask(start_ingestion.handler, f"Mutation.{name}", input=input_)
        self.drain(queue, handler)
        for key in self.keys():
            self.parse(key)
        run = self.ask(start_ingestion.handler, "Query.ingestionRun", id=answer["run"]["id"])
        return dict(run)

    def parse(self, *keys: str) -> Any:
        """Hand parse_invoice one event about these objects."""
        event = self.load_event("s3_object_created")
        (record,) = event["Records"]
        event["Records"] = [
            {**record, "s3": {**record["s3"], "object": {"key": quote_plus(key, safe="/")}}}
            for key in keys
        ]
        return parse_invoice.handler(event, self.context)

    def put(self, name: str, content: bytes) -> str:
        """Put a document into the person's folder by hand and return its key."""
        key = f"invoices/{self.user_id}/rental/{name}"
        self.aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)
        return key

    def keys(self) -> list[str]:
        """Return the keys of the person's documents."""
        found = self.aws.client("s3").list_objects_v2(
            Bucket=BUCKET, Prefix=f"invoices/{self.user_id}/"
        )
        return [each["Key"] for each in found.get("Contents", [])]

    def invoices(self) -> list[dict[str, Any]]:
        answer = self.ask(get_invoices.handler, "Query.rentalInvoices")
        return [edge["node"] for edge in answer["edges"]]

    def profile(self) -> dict[str, Any]:
        return dict(self.ask(get_user_profile.handler, "Query.me"))

    def drain(self, queue: str, handler: Any) -> None:
        """Hand a function what lies in its queue, until nothing does."""
        sqs, url = self.aws.client("sqs"), self.aws.resources.queue_url(queue)
        while messages := sqs.receive_message(QueueUrl=url).get("Messages"):
            (message,) = messages
            event = self.load_event("sqs_message")
            event["Records"][0].update(body=message["Body"], receiptHandle=message["ReceiptHandle"])
            failed = handler(event, self.context)["batchItemFailures"]
            if not failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
