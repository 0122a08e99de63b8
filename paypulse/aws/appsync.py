"""Publishing to AppSync's subscribers: a mutation over HTTPS, signed with the function's role.

Subscribers receive at most what the mutation selects, so it selects every field.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from paypulse.clock import to_text
from paypulse.errors import ConfigurationError, PayPulseError, TransientError

if TYPE_CHECKING:
    from paypulse.events import IngestionEvent, InvoiceEvent
    from paypulse.money import Money
    from paypulse.runs import IngestionRun

PUBLISH_INVOICE = """
mutation PublishInvoiceEvent($input: PublishInvoiceEventInput!) {
  publishInvoiceEvent(input: $input) {
    eventId type kind userId invoiceId title
    total { amount minorUnits currency }
    category dueDate invoiceDate status warnings occurredAt
  }
}
"""
PUBLISH_INGESTION = """
mutation PublishIngestionEvent($input: PublishIngestionEventInput!) {
  publishIngestionEvent(input: $input) {
    eventId userId runId kind status outcome error
    found stored parsed skipped failed remaining
    byVendor { vendor count } dateRange { start end } occurredAt
  }
}
"""


class PublishRefused(PayPulseError):  # noqa: N818 - AppSync's answer
    """AppSync took the mutation and refused it; sending it again would not help."""


class AppSyncPublisher:
    """Implements `EventPublisher`; signs for the region that the function runs in."""

    def __init__(self, graphql_url: str) -> None:
        import boto3
        import urllib3

        self._url = graphql_url
        self._session = boto3.Session()
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=10), retries=False)

    def publish_invoice(self, event: InvoiceEvent) -> None:
        self._send(PUBLISH_INVOICE, _invoice_input(event))

    def publish_ingestion(self, event: IngestionEvent) -> None:
        self._send(PUBLISH_INGESTION, _ingestion_input(event))

    def _send(self, mutation: str, input_: dict[str, Any]) -> None:
        import urllib3

        body = json.dumps({"query": mutation, "variables": {"input": input_}}).encode()
        try:
            answer = self._http.request("POST", self._url, body=body, headers=self._sign(body))
        except urllib3.exceptions.HTTPError as error:
            raise TransientError(f"AppSync: {type(error).__name__}") from error
        if answer.status == 429 or answer.status >= 500:
            raise TransientError(f"AppSync answered {answer.status}")
        errors = answer.json().get("errors")
        if answer.status != 200 or errors:
            types = sorted({str(error.get("errorType")) for error in errors or []})
            raise PublishRefused(f"AppSync answered {answer.status} {', '.join(types)}")

    def _sign(self, body: bytes) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest("POST", self._url, {"content-type": "application/json"}, body)
        credentials = self._session.get_credentials()
        if credentials is None:
            raise ConfigurationError("no AWS credentials: give the function a role")
        SigV4Auth(credentials, "appsync", self._session.region_name).add_auth(request)
        return dict(request.headers.items())


def _invoice_input(event: InvoiceEvent) -> dict[str, Any]:
    return {
        "eventId": event.event_id,
        "type": event.type.value,
        "kind": event.kind.value,
        "userId": event.user_id,
        "invoiceId": event.invoice_id,
        "title": event.title,
        "category": event.category.name if event.category else None,
        "total": _money(event.total) if event.total else None,
        "dueDate": event.due_on.isoformat() if event.due_on else None,
        "invoiceDate": event.invoice_date.isoformat() if event.invoice_date else None,
        "status": event.status.value,
        "warnings": [warning.value for warning in event.warnings],
        "occurredAt": to_text(event.occurred_at),
    }


def _ingestion_input(event: IngestionEvent) -> dict[str, Any]:
    run: IngestionRun = event.run
    return {
        "eventId": event.event_id,
        "userId": run.user_id,
        "runId": run.run_id,
        "kind": run.kind.value,
        "status": run.status.value,
        "outcome": run.outcome.value if run.outcome else None,
        "error": run.error.value if run.error else None,
        "found": run.found,
        "stored": run.stored,
        "parsed": run.parsed,
        "skipped": run.skipped,
        "failed": run.failed,
        "remaining": run.remaining,
        "byVendor": [
            {"vendor": vendor, "count": count} for vendor, count in sorted(run.by_vendor.items())
        ],
        "dateRange": _days(run),
        "occurredAt": to_text(event.occurred_at),
    }


def _days(run: IngestionRun) -> dict[str, str | None] | None:
    if run.since is None and run.until is None:
        return None
    first, last = run.since, run.until
    return {
        "start": first.isoformat() if first else None,
        "end": last.isoformat() if last else None,
    }


def _money(money: Money) -> dict[str, Any]:
    return {
        "amount": money.amount,
        "minorUnits": money.minor_units if money.fits_int else None,
        "currency": money.currency,
    }
