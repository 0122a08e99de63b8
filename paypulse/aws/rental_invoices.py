"""Rental invoices in the table RentalInvoices.

Keys and indexes are the owner's; `due_date-index` is added, because a page of a user's invoices
by due date must cost one query however many there are.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from paypulse.aws.filed_documents import FiledDocuments
from paypulse.aws.items import cancellation_codes, from_item, is_key, to_item, translated
from paypulse.clock import from_text, to_text
from paypulse.documents import Document, DocumentSource
from paypulse.errors import ChangedMeanwhile
from paypulse.mail import SenderAuthentication
from paypulse.money import Money
from paypulse.pages import Page, decode_cursor, encode_cursor
from paypulse.rental import NoticeOutcome, RentLine, RentLineKind, RentNotice
from paypulse.rental_invoices import (
    DueInvoice,
    InvoiceStatus,
    InvoiceWarning,
    NoticeSummary,
    RentalInvoice,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from paypulse.ledger import LedgerDocument

_BY_DUE_DATE = "due_date-index"
_BY_DUE_MONTH = "due_date_year-due_date_month-index"
# Invoices of a month read at once: the index has one unit of read capacity.
_MONTH_PAGE = 100


class DynamoRentalInvoices:
    """Implements `RentalInvoiceStore`."""

    def __init__(self, table: str, ledger_table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._filed = FiledDocuments(ledger_table, client)
        self._client = client

    def add(
        self, invoice: RentalInvoice, row: LedgerDocument, *, namesake_id: str
    ) -> LedgerDocument:
        for invoice_id in (invoice.invoice_id, namesake_id):
            filed = replace(row, invoice_id=invoice_id)
            taken = self._write(replace(invoice, invoice_id=invoice_id), filed)
            match taken:
                case None:
                    return filed
                case "invoice":
                    continue
                case "content":
                    return self._filed.record_duplicate(invoice.document, row)
                case _:
                    return self._filed.recorded(invoice.document, filed)
        raise FileExistsError(f"{namesake_id!r} is the id of another document")

    def add_warning(
        self, user_id: str, invoice_id: str, warning: InvoiceWarning, *, now: datetime
    ) -> None:
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id, invoice_id),
                    UpdateExpression=(
                        "SET warnings = list_append(warnings, :warnings), updated_at = :now,"
                        " #status = :review"
                    ),
                    ConditionExpression=(
                        "attribute_exists(InvoiceID) AND NOT contains(warnings, :warning)"
                    ),
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues=to_item(
                        {
                            ":warnings": [warning.value],
                            ":warning": warning.value,
                            ":now": to_text(now),
                            ":review": InvoiceStatus.NEEDS_REVIEW.value,
                        }
                    ),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def withdraw_warning(
        self, user_id: str, invoice_id: str, warning: InvoiceWarning, *, now: datetime
    ) -> None:
        invoice = self.get(user_id, invoice_id)
        if invoice is None or warning not in invoice.warnings:
            return
        left = tuple(each for each in invoice.warnings if each is not warning)
        values = {
            ":seen": [each.value for each in invoice.warnings],
            ":left": [each.value for each in left],
            ":now": to_text(now),
            ":status": replace(invoice, warnings=left).status.value,
        }
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id, invoice_id),
                    UpdateExpression="SET warnings = :left, updated_at = :now, #status = :status",
                    ConditionExpression="warnings = :seen",
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues=to_item(values),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ChangedMeanwhile(f"invoice {invoice_id}: changed while it was read") from None

    def get(self, user_id: str, invoice_id: str) -> RentalInvoice | None:
        if not is_key(invoice_id):
            return None
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(user_id, invoice_id), ConsistentRead=True
            )
        return to_invoice(from_item(answer["Item"])) if "Item" in answer else None

    def all_of(self, user_id: str) -> list[RentalInvoice]:
        request = {
            "KeyConditionExpression": "UserID = :user",
            "ExpressionAttributeValues": to_item({":user": user_id}),
            "ConsistentRead": True,
        }
        return [to_invoice(row) for row in self._query_all(request)]

    def summaries(self, user_id: str) -> list[NoticeSummary]:
        request = {
            "KeyConditionExpression": "UserID = :user",
            "ExpressionAttributeValues": to_item({":user": user_id}),
            "ProjectionExpression": (
                "UserID, InvoiceID, due_date, bankgiro, sender, content_sha256, warnings"
            ),
            "ConsistentRead": True,
        }
        return [_to_summary(row) for row in self._query_all(request)]

    def due_between(self, user_id: str, first_day: date, last_day: date) -> Iterator[RentalInvoice]:
        request = _page_request(user_id, (first_day, last_day), None)
        yield from (to_invoice(row) for row in self._query_all(request))

    def delete(self, user_id: str, invoice_id: str) -> None:
        with translated():
            self._client.delete_item(TableName=self._table, Key=_key(user_id, invoice_id))

    def has_due_month(self, user_id: str, month: str) -> bool:
        request = {
            "IndexName": _BY_DUE_DATE,
            "KeyConditionExpression": "UserID = :user AND begins_with(due_date, :month)",
            "ExpressionAttributeValues": to_item({":user": user_id, ":month": month}),
            "Limit": 1,
        }
        with translated():
            answer = self._client.query(TableName=self._table, **request)  # type: ignore[arg-type]
        return bool(answer["Items"])

    def list_due(self, month: str, after: str | None) -> Page[DueInvoice]:
        year, month_of_year = month.split("-")
        index_key = {"due_date_year": year, "due_date_month": month_of_year}
        request: dict[str, Any] = {
            "IndexName": _BY_DUE_MONTH,
            "KeyConditionExpression": "due_date_year = :year AND due_date_month = :month",
            "ExpressionAttributeValues": to_item({":year": year, ":month": month_of_year}),
            "ProjectionExpression": "UserID, InvoiceID, due_date",
            "Limit": _MONTH_PAGE,
        }
        if after:
            user_id, invoice_id = decode_cursor(_BY_DUE_MONTH, after, 2)
            request["ExclusiveStartKey"] = {**_key(user_id, invoice_id), **to_item(index_key)}
        with translated():
            answer = self._client.query(TableName=self._table, **request)
        rows = [from_item(item) for item in answer["Items"]]
        return Page(
            tuple(
                DueInvoice(row["UserID"], row["InvoiceID"], date.fromisoformat(row["due_date"]))
                for row in rows
            ),
            tuple(encode_cursor(_BY_DUE_MONTH, row["UserID"], row["InvoiceID"]) for row in rows),
            "LastEvaluatedKey" in answer,
        )

    def list_page(
        self,
        user_id: str,
        first: int,
        after: str | None,
        *,
        due: tuple[date | None, date | None] = (None, None),
        status: InvoiceStatus | None = None,
    ) -> Page[RentalInvoice]:
        request = _page_request(user_id, due, status)
        if after:
            due_date, invoice_id = decode_cursor(_BY_DUE_DATE, after, 2)
            request["ExclusiveStartKey"] = {
                **_key(user_id, invoice_id),
                **to_item({"due_date": due_date}),
            }
        # One more than asked for tells whether another page follows, whatever the filter drops.
        request["Limit"] = first + 1
        rows: list[dict[str, Any]] = []
        for row in self._query_all(request):
            rows.append(row)
            if len(rows) > first:
                break
        shown = rows[:first]
        return Page(
            tuple(to_invoice(row) for row in shown),
            tuple(encode_cursor(_BY_DUE_DATE, row["due_date"], row["InvoiceID"]) for row in shown),
            len(rows) > first,
        )

    def _write(self, invoice: RentalInvoice, row: LedgerDocument) -> str | None:
        """Write all or nothing; return what was in the way: invoice, content or outcome."""
        document = invoice.document
        changes: list[Any] = [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": to_item(_to_row(invoice)),
                    "ConditionExpression": "attribute_not_exists(InvoiceID)",
                }
            },
            self._filed.mark_content(document, invoice.invoice_id),
            self._filed.record(document, row),
        ]
        try:
            with translated():
                self._client.transact_write_items(TransactItems=changes)
        except self._client.exceptions.TransactionCanceledException as error:
            codes = cancellation_codes(error)
            for cause in ("outcome", "content", "invoice"):  # the strongest reason first
                index = ("invoice", "content", "outcome").index(cause)
                if codes[index] == "ConditionalCheckFailed":
                    return cause
            raise
        return None

    def _query_all(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            with translated():
                answer = self._client.query(TableName=self._table, **request)
            yield from (from_item(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _key(user_id: str, invoice_id: str) -> dict[str, Any]:
    return to_item({"UserID": user_id, "InvoiceID": invoice_id})


def _page_request(
    user_id: str, due: tuple[date | None, date | None], status: InvoiceStatus | None
) -> dict[str, Any]:
    first_day, last_day = due
    values = {
        ":user": user_id,
        ":first": (first_day or date.min).isoformat(),
        ":last": (last_day or date.max).isoformat(),
    }
    request: dict[str, Any] = {
        "IndexName": _BY_DUE_DATE,
        "KeyConditionExpression": "UserID = :user AND due_date BETWEEN :first AND :last",
        "ScanIndexForward": False,
    }
    if status:
        values[":status"] = status.value
        request["FilterExpression"] = "#status = :status"
        request["ExpressionAttributeNames"] = {"#status": "status"}
    request["ExpressionAttributeValues"] = to_item(values)
    return request


def _to_row(invoice: RentalInvoice) -> dict[str, Any]:
    notice, document = invoice.notice, invoice.document
    return {
        "UserID": invoice.user_id,
        "InvoiceID": invoice.invoice_id,
        "due_date": notice.due_on.isoformat(),
        "due_date_year": f"{notice.due_on:%Y}",
        "due_date_month": f"{notice.due_on:%m}",
        "currency": notice.total.currency,
        "total": notice.total.minor_units,
        "ocr": notice.ocr,
        "landlord": notice.landlord,
        "bankgiro": notice.bankgiro,
        "stated_vat": notice.stated_vat.minor_units if notice.stated_vat else None,
        "lines": [
            {"kind": line.kind.value, "label": line.label, "amount": line.amount.minor_units}
            for line in notice.lines
        ],
        "outcome": invoice.outcome.value,
        "status": invoice.status.value,
        "warnings": [warning.value for warning in invoice.warnings],
        "object_key": document.key,
        "filename": document.filename,
        "content_sha256": document.sha256,
        "message_id": document.source.message_id,
        "sender": document.source.sender,
        "received_at": to_text(document.source.received_at),
        "authentication": document.source.authentication.value,
        "correlation_id": document.correlation_id,
        "extractor_version": invoice.extractor_version,
        "created_at": to_text(invoice.created_at),
        "updated_at": to_text(invoice.updated_at),
    }


def to_invoice(row: dict[str, Any]) -> RentalInvoice:
    """Return the invoice in a row of the table, or in a record of its stream."""
    return RentalInvoice(
        user_id=row["UserID"],
        invoice_id=row["InvoiceID"],
        notice=_to_notice(row),
        outcome=NoticeOutcome(row["outcome"]),
        warnings=tuple(InvoiceWarning(value) for value in row["warnings"]),
        document=Document(
            user_id=row["UserID"],
            key=row["object_key"],
            filename=row["filename"],
            sha256=row["content_sha256"],
            source=DocumentSource(
                message_id=row["message_id"],
                sender=row["sender"],
                received_at=from_text(row["received_at"]),
                authentication=SenderAuthentication(row["authentication"]),
            ),
            correlation_id=row.get("correlation_id"),
        ),
        created_at=from_text(row["created_at"]),
        updated_at=from_text(row["updated_at"]),
        extractor_version=row["extractor_version"],
    )


def _to_summary(row: dict[str, Any]) -> NoticeSummary:
    return NoticeSummary(
        user_id=row["UserID"],
        invoice_id=row["InvoiceID"],
        due_on=date.fromisoformat(row["due_date"]),
        bankgiro=row.get("bankgiro"),
        sender=row["sender"],
        sha256=row["content_sha256"],
        warnings=tuple(InvoiceWarning(value) for value in row["warnings"]),
    )


def _to_notice(row: dict[str, Any]) -> RentNotice:
    currency = row["currency"]
    stated_vat = row.get("stated_vat")
    return RentNotice(
        due_on=date.fromisoformat(row["due_date"]),
        total=Money(row["total"], currency),
        ocr=row.get("ocr"),
        landlord=row.get("landlord"),
        bankgiro=row.get("bankgiro"),
        lines=tuple(
            RentLine(RentLineKind(line["kind"]), line["label"], Money(line["amount"], currency))
            for line in row["lines"]
        ),
        stated_vat=None if stated_vat is None else Money(stated_vat, currency),
    )
