"""Event files, and the context that Lambda hands a function."""

from __future__ import annotations

import copy
import itertools
import json
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devstack.google.accounts import GoogleAccount
from devstack.google.server import create_app
from devstack.google_keys import LOCAL_CLIENT_ID
from devstack.serving import serving
from ingestion import fetch_invoices, fetch_latest_invoice
from paypulse.aws import clients
from paypulse.aws.retail_invoices import DynamoRetailInvoices
from paypulse.receipts import Category
from paypulse.retail_invoices import InvoiceType
from resolvers import delete_user, gmail_store_tokens, manage_devices
from tests.factories import make_receipt_document, make_retail_invoice
from tests.handlers.tenants import Inboxes, Tenant
from tests.outboxes import running_outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paypulse.retail_invoices import RetailInvoice
    from tests.conftest import Aws
    from tests.outboxes import RunningOutbox

EVENTS = Path(__file__).parents[1] / "events"


@dataclass
class Context:
    """As much of Lambda's context as the functions use."""

    aws_request_id: str = "request-1"
    function_name: str = "function"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:000000000000:function:function"
    remaining_ms: int = 300_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def load_event() -> Callable[[str], dict[str, Any]]:
    """Return an event from its file, free to change."""

    def load(name: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
        return copy.deepcopy(event)

    return load


@pytest.fixture
def ask(
    load_event: Callable[[str], dict[str, Any]], context: Context, function_variables: None
) -> Callable[..., Any]:
    """Call an AppSync-facing handler as invoke.js does."""

    def call(
        handler: Any, field: str, arguments: dict[str, Any], caller: dict[str, str] | None = None
    ) -> Any:
        event = load_event("appsync_mutation")
        event["info"]["parentTypeName"], event["info"]["fieldName"] = field.split(".")
        event["arguments"] = arguments
        event["identity"] = {"resolverContext": caller} if caller else None
        return handler(event, context)

    return call


@pytest.fixture
def queued(aws: Aws) -> Callable[[str], list[dict[str, Any]]]:
    """Return, and take, what lies in a queue."""

    def take(queue: str) -> list[dict[str, Any]]:
        sqs, found = aws.client("sqs"), []
        url = aws.resources.queue_url(queue)
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return take


@pytest.fixture(scope="module")
def inboxes(function_variables: None) -> Iterator[Inboxes]:
    """Google's emulator, known to every function that speaks with Google."""
    modules = (gmail_store_tokens, fetch_invoices, fetch_latest_invoice, delete_user)
    first = GoogleAccount.with_mails("nobody@gmail.example", "1001", LOCAL_CLIENT_ID)
    with serving(create_app([first])) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_BASE_URL", url)
        for module in modules:
            module._build.cache_clear()
        yield Inboxes(url)
    for module in modules:
        module._build.cache_clear()


@pytest.fixture
def new_tenant(
    aws: Aws,
    inboxes: Inboxes,
    context: Context,
    ask: Callable[..., Any],
    load_event: Callable[[str], dict[str, Any]],
) -> Callable[..., Tenant]:
    """Make someone with an account, and with a mailbox that holds these mails if there are any."""

    def make(*mails: bytes) -> Tenant:
        email = f"{uuid.uuid4().hex}@example.com"
        tenant = Tenant(email, aws, inboxes, context, ask, load_event)
        tenant.session = tenant.sign_up()["session"]
        if mails:
            tenant.connect(inboxes.new(*mails))
        return tenant

    return make


@pytest.fixture
def tenant(new_tenant: Callable[..., Tenant]) -> Tenant:
    return new_tenant()


@pytest.fixture
def retail_store(aws: Aws) -> DynamoRetailInvoices:
    details = aws.stack.detail_tables("RetailInvoices")
    return DynamoRetailInvoices(
        "RetailInvoices",
        {Category(sub_type): table for sub_type, table in details.items()},
        "MailLedger",
        aws.client("dynamodb"),
    )


@pytest.fixture
def keep_receipt(retail_store: DynamoRetailInvoices, user_id: str) -> Callable[..., RetailInvoice]:
    """Keep an invoice of the user's and return it as it is read; messages are numbered."""
    numbers = itertools.count()

    def save(
        type_: InvoiceType = InvoiceType.PURCHASE,
        category: Category = Category.TECHNOLOGY,
        **receipt: Any,
    ) -> RetailInvoice:
        document = make_receipt_document(user_id, message_id=f"m{next(numbers)}", category=category)
        invoice = make_retail_invoice(document, type_=type_, category=category, **receipt)
        retail_store.save(invoice, was=None)
        return replace(invoice, revision=1)

    return save


@pytest.fixture(scope="session")
def outbox(aws: Aws, function_variables: None) -> Iterator[RunningOutbox]:
    """SNS as the functions meet it in the dev stack."""
    with running_outbox(aws.url) as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_SNS", running.url)
        clients.sns.cache_clear()
        manage_devices._build.cache_clear()
        yield running
