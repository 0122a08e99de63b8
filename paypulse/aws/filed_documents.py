"""What the ledger knows of documents that are being filed, for the stores of invoices.

A content marker, `content#<sha256>`, makes the same document one invoice whichever mail brings it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from paypulse.aws.items import from_item, to_item, translated
from paypulse.aws.ledger import record_document
from paypulse.ledger import DocumentOutcome, LedgerDocument

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from paypulse.documents import Document


class FiledDocuments:
    """Rows and markers in the table MailLedger."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def mark_content(self, document: Document, invoice_id: str, *, again: bool = False) -> Any:
        """Return the write that claims a content; `again` allows the invoice that has it."""
        condition = "attribute_not_exists(MessageID)"
        marker = {**_content_key(document), "invoice_id": invoice_id}
        put: dict[str, Any] = {"TableName": self._table, "Item": to_item(marker)}
        if again:
            condition += " OR invoice_id = :invoice"
            put["ExpressionAttributeValues"] = to_item({":invoice": invoice_id})
        return {"Put": {**put, "ConditionExpression": condition}}

    def record(self, document: Document, row: LedgerDocument) -> Any:
        """Return the write that keeps a document's outcome."""
        return record_document(self._table, document, row)

    def record_duplicate(self, document: Document, row: LedgerDocument) -> LedgerDocument:
        """Keep that another document with this content is an invoice already."""
        marker = self.read(document.user_id, f"content#{document.sha256}")
        duplicate = replace(
            row, outcome=DocumentOutcome.DUPLICATE, invoice_id=marker.get("invoice_id")
        )
        change = self.record(document, duplicate)["Update"]
        try:
            with translated():
                self._client.update_item(**change)
        except self._client.exceptions.ConditionalCheckFailedException:
            return self.recorded(document, duplicate)
        return duplicate

    def recorded(self, document: Document, fallback: LedgerDocument) -> LedgerDocument:
        """Return the outcome that another delivery has recorded."""
        entry = self.read(document.user_id, document.source.message_id)
        values = entry.get("documents", {}).get(document.document_id)
        if not values or "outcome" not in values:
            return fallback
        return replace(
            fallback,
            outcome=DocumentOutcome(values["outcome"]),
            invoice_id=values.get("invoice_id"),
        )

    def read(self, user_id: str, message_id: str) -> dict[str, Any]:
        """Return a row or marker as it is; {} where there is none."""
        with translated():
            answer = self._client.get_item(
                TableName=self._table,
                Key=to_item({"UserID": user_id, "MessageID": message_id}),
                ConsistentRead=True,
            )
        return from_item(answer.get("Item", {}))


def _content_key(document: Document) -> dict[str, str]:
    return {"UserID": document.user_id, "MessageID": f"content#{document.sha256}"}
