"""Retail invoices in the table RetailInvoices, their details in one table for each category.

Keys and indexes are the owner's. Row, detail row, the outcome in the ledger and the markers of
content and order change in one transaction, and only when nobody else changed the row meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from paypulse.aws.document_maps import document_from_map, document_to_map
from paypulse.aws.filed_documents import FiledDocuments
from paypulse.aws.items import cancellation_codes, from_item, is_key, to_item, translated
from paypulse.aws.receipts import (
    details_from_map,
    details_to_map,
    item_from_map,
    item_to_map,
    money_from_map,
    money_to_map,
    receipt_from_map,
    receipt_to_map,
)
from paypulse.clock import from_text, to_text
from paypulse.errors import ChangedMeanwhile, TransientError
from paypulse.money import Money
from paypulse.pages import Page, decode_cursor, encode_cursor
from paypulse.receipts import Category, Discovery
from paypulse.retail_invoices import (
    CorrectableField,
    InvoiceType,
    OrderMark,
    PurchaseAmount,
    PurchaseDetail,
    RetailFilter,
    RetailInvoice,
    detail_of,
)
from paypulse.vendors import comparable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from paypulse.documents import Document
    from paypulse.ledger import LedgerDocument

_BY_DAY = "invoice_date-index"
_BY_CATEGORY = "sub_type-invoice_date-index"
_BATCH_GET = 100
_BATCH_GET_ATTEMPTS = 4  # a call does what fits into 16 MB, and into the capacity
_AMOUNTS = (
    CorrectableField.TOTAL,
    CorrectableField.TAX,
    CorrectableField.SHIPPING,
    CorrectableField.DISCOUNT,
)


class DynamoRetailInvoices:
    """Implements `RetailInvoiceStore`."""

    def __init__(
        self,
        table: str,
        detail_tables: Mapping[Category, str],
        ledger_table: str,
        client: DynamoDBClient,
    ) -> None:
        self._table = table
        self._detail_tables = detail_tables
        self._ledger_table = ledger_table
        self._filed = FiledDocuments(ledger_table, client)
        self._client = client

    def save(
        self,
        invoice: RetailInvoice,
        *,
        was: RetailInvoice | None,
        filed: tuple[Document, LedgerDocument] | None = None,
        order: OrderMark | None = None,
    ) -> LedgerDocument | None:
        changes = {"row": self._put(invoice, was), "detail": self._put_detail(invoice)}
        if was is not None and was.receipt.category is not invoice.receipt.category:
            changes["old detail"] = self._delete_detail(was)
        if filed:
            document, row = filed
            changes["content"] = self._filed.mark_content(document, invoice.invoice_id, again=True)
            changes["outcome"] = self._filed.record(document, row)
        if order:
            changes["order"] = self._mark_order(invoice, order)
        failed = self._transact(changes)
        if not failed:
            return filed[1] if filed else None
        if filed and "outcome" in failed:
            return self._filed.recorded(*filed)
        if filed and "content" in failed:
            return self._filed.record_duplicate(*filed)
        raise ChangedMeanwhile(f"invoice {invoice.invoice_id}: {', '.join(failed)}")

    def attach(self, document: Document, row: LedgerDocument, order: OrderMark) -> LedgerDocument:
        """Let a mail about an order wait for the order's invoice."""
        waiting = OrderMark(order.order_key, None, (*order.waiting, document), order.revision)
        changes = {
            "outcome": self._filed.record(document, row),
            "order": self._put_order(document.user_id, waiting),
        }
        failed = self._transact(changes)
        if "outcome" in failed:
            return self._filed.recorded(document, row)
        if failed:
            raise ChangedMeanwhile(f"order {order.order_key}")
        return row

    def find_order(self, user_id: str, order_key: str) -> OrderMark:
        row = self._filed.read(user_id, _order_id(order_key))
        waiting = tuple(document_from_map(user_id, each) for each in row.get("waiting", ()))
        return OrderMark(order_key, row.get("invoice_id"), waiting, row.get("revision", 0))

    def find_orders(self, user_id: str, order_keys: Iterable[str]) -> dict[str, str]:
        keys = [{"UserID": user_id, "MessageID": _order_id(key)} for key in set(order_keys)]
        rows = self._read_many({self._ledger_table: keys})
        return {
            row["MessageID"].removeprefix("order#"): row["invoice_id"]
            for row in rows
            if "invoice_id" in row
        }

    def get(self, user_id: str, invoice_id: str) -> RetailInvoice | None:
        if not is_key(invoice_id):
            return None
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(user_id, invoice_id), ConsistentRead=True
            )
        return to_retail_invoice(from_item(answer["Item"])) if "Item" in answer else None

    def list_page(
        self,
        user_id: str,
        first: int,
        after: str | None,
        *,
        chosen: RetailFilter,
        oldest_first: bool = False,
    ) -> Page[RetailInvoice]:
        request = _list_request(user_id, chosen, oldest_first=oldest_first)
        list_name = f"{request['IndexName']}{'+' if oldest_first else '-'}"
        if after:
            day, invoice_id = decode_cursor(list_name, after, 2)
            start = {"UserID": user_id, "InvoiceID": invoice_id, "invoice_date": day}
            if chosen.category:
                start["UserID_SubType"] = _category_key(user_id, chosen.category)
            request["ExclusiveStartKey"] = to_item(start)
        # One more than asked for tells whether another page follows, whatever the filter drops.
        request["Limit"] = first + 1
        rows: list[dict[str, Any]] = []
        for row in self._query_all(request):
            rows.append(row)
            if len(rows) > first:
                break
        shown = rows[:first]
        return Page(
            tuple(to_retail_invoice(row) for row in shown),
            tuple(encode_cursor(list_name, row["invoice_date"], row["InvoiceID"]) for row in shown),
            len(rows) > first,
        )

    def counts(self, user_id: str) -> dict[Category, int]:
        counts = dict.fromkeys(Category, 0)
        request = _list_request(user_id, RetailFilter(), oldest_first=False)
        for row in self._query_all({**request, "ProjectionExpression": "sub_type"}):
            counts[Category(row["sub_type"])] += 1
        return counts

    def amounts(self, user_id: str, first_day: date, last_day: date) -> Iterator[PurchaseAmount]:
        chosen = RetailFilter(first_day=first_day, last_day=last_day)
        request = _list_request(user_id, chosen, oldest_first=True)
        wanted = (
            "sub_type, vendor_name, vendor_id, invoice_date, invoice_type, total_amount, currency"
        )
        for row in self._query_all({**request, "ProjectionExpression": wanted}):
            total = row.get("total_amount")
            yield PurchaseAmount(
                category=Category(row["sub_type"]),
                vendor=row["vendor_name"],
                vendor_id=row["vendor_id"],
                day=date.fromisoformat(row["invoice_date"]),
                type=InvoiceType(row["invoice_type"]),
                total=None if total is None else Money(total, row["currency"]),
            )

    def details(self, user_id: str, invoices: Mapping[str, Category]) -> dict[str, PurchaseDetail]:
        keys: dict[str, list[dict[str, str]]] = {}
        for invoice_id, category in invoices.items():
            keys.setdefault(self._detail_tables[category], []).append({"InvoiceID": invoice_id})
        return {
            row["InvoiceID"]: _to_detail(row, invoices[row["InvoiceID"]])
            for row in self._read_many(keys, consistent=True)
            if row["UserID"] == user_id  # the key alone says nothing about whose it is
        }

    def delete(self, invoice: RetailInvoice) -> None:
        row = {
            "Delete": {
                "TableName": self._table,
                "Key": _key(invoice.user_id, invoice.invoice_id),
                "ConditionExpression": "revision = :seen",
                "ExpressionAttributeValues": to_item({":seen": invoice.revision}),
            }
        }
        changes = {"row": row, "detail": self._delete_detail(invoice)}
        if invoice.order_key:
            order = self.find_order(invoice.user_id, invoice.order_key)
            if order.invoice_id == invoice.invoice_id:
                freed = replace(order, invoice_id=None)
                changes["order"] = self._put_order(invoice.user_id, freed)
        if failed := self._transact(changes):
            raise ChangedMeanwhile(f"invoice {invoice.invoice_id}: {', '.join(failed)}")

    def _put(self, invoice: RetailInvoice, was: RetailInvoice | None) -> Any:
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": to_item(_to_row(invoice, was.revision + 1 if was else 1)),
            "ConditionExpression": "attribute_not_exists(InvoiceID)",
        }
        if was is not None:
            put["ConditionExpression"] = "revision = :seen"
            put["ExpressionAttributeValues"] = to_item({":seen": was.revision})
        return {"Put": put}

    def _put_detail(self, invoice: RetailInvoice) -> Any:
        return {
            "Put": {
                "TableName": self._detail_tables[invoice.receipt.category],
                "Item": to_item(_detail_to_row(detail_of(invoice))),
                "ConditionExpression": "attribute_not_exists(InvoiceID) OR UserID = :user",
                "ExpressionAttributeValues": to_item({":user": invoice.user_id}),
            }
        }

    def _delete_detail(self, invoice: RetailInvoice) -> Any:
        return {
            "Delete": {
                "TableName": self._detail_tables[invoice.receipt.category],
                "Key": to_item({"InvoiceID": invoice.invoice_id}),
                "ConditionExpression": "attribute_not_exists(InvoiceID) OR UserID = :user",
                "ExpressionAttributeValues": to_item({":user": invoice.user_id}),
            }
        }

    def _mark_order(self, invoice: RetailInvoice, order: OrderMark) -> Any:
        claimed = OrderMark(order.order_key, invoice.invoice_id, (), order.revision)
        return self._put_order(invoice.user_id, claimed)

    def _put_order(self, user_id: str, order: OrderMark) -> Any:
        row = {
            "UserID": user_id,
            "MessageID": _order_id(order.order_key),
            "invoice_id": order.invoice_id,
            "waiting": [document_to_map(document) for document in order.waiting],
            "revision": order.revision + 1,
        }
        put: dict[str, Any] = {
            "TableName": self._ledger_table,
            "Item": to_item(row),
            "ConditionExpression": "attribute_not_exists(MessageID)",
        }
        if order.revision:
            put["ConditionExpression"] = "revision = :seen"
            put["ExpressionAttributeValues"] = to_item({":seen": order.revision})
        return {"Put": put}

    def _transact(self, changes: dict[str, Any]) -> list[str]:
        """Write all or nothing, and return the names of the changes that stood in the way."""
        try:
            with translated():
                self._client.transact_write_items(TransactItems=list(changes.values()))
        except self._client.exceptions.TransactionCanceledException as error:
            codes = cancellation_codes(error)
            failed = [
                name
                for name, code in zip(changes, codes, strict=True)
                if code == "ConditionalCheckFailed"
            ]
            if not failed:
                raise
            return failed
        return []

    def _read_many(
        self, keys: Mapping[str, Sequence[dict[str, str]]], *, consistent: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows with these keys of these tables; a hundred of them are one call."""
        wanted = [(table, to_item(key)) for table, of in keys.items() for key in of]
        for start in range(0, len(wanted), _BATCH_GET):
            pending: Any = {}
            for table, key in wanted[start : start + _BATCH_GET]:
                empty = {"Keys": [], "ConsistentRead": consistent}
                pending.setdefault(table, empty)["Keys"].append(key)
            for _ in range(_BATCH_GET_ATTEMPTS):
                with translated():
                    answer = self._client.batch_get_item(RequestItems=pending)
                for items in answer["Responses"].values():
                    yield from (from_item(item) for item in items)
                pending = answer.get("UnprocessedKeys")
                if not pending:
                    break
            else:
                raise TransientError("DynamoDB: left keys of a batch unread")

    def _query_all(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            with translated():
                answer = self._client.query(TableName=self._table, **request)
            yield from (from_item(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def parse_detail_tables(text: str) -> dict[Category, str]:
    """Read the setting RETAIL_DETAIL_TABLES, `sub-type:Table,…`."""
    pairs = (entry.split(":") for entry in text.split(","))
    return {Category(sub_type): table for sub_type, table in pairs}


def to_retail_invoice(row: Mapping[str, Any]) -> RetailInvoice:
    """Return the invoice in a row of the table, or in a record of its stream."""
    return RetailInvoice(
        user_id=row["UserID"],
        invoice_id=row["InvoiceID"],
        type=InvoiceType(row["invoice_type"]),
        discovered_by=Discovery(row["discovered_by"]),
        vendor_id=row["vendor_id"],
        documents=tuple(document_from_map(row["UserID"], each) for each in row["documents"]),
        readings={
            entry["document_id"]: receipt_from_map(entry["receipt"]) for entry in row["readings"]
        },
        invoice_date=date.fromisoformat(row["invoice_date"]),
        created_at=from_text(row["created_at"]),
        updated_at=from_text(row["updated_at"]),
        corrections={
            CorrectableField(name): _correction_from(CorrectableField(name), value)
            for name, value in row["corrections"].items()
        },
        reviewed=row["reviewed"],
        order_key=row.get("order_key"),
        extractor_version=row["extractor_version"],
        revision=row["revision"],
    )


def _to_row(invoice: RetailInvoice, revision: int) -> dict[str, Any]:
    receipt = invoice.receipt
    return {
        "UserID": invoice.user_id,
        "InvoiceID": invoice.invoice_id,
        "UserID_SubType": _category_key(invoice.user_id, receipt.category),
        "sub_type": receipt.category.value,
        "vendor_name": receipt.vendor,
        "vendor_key": comparable(receipt.vendor),
        "vendor_id": invoice.vendor_id,
        "invoice_date": invoice.invoice_date.isoformat(),
        "total_amount": receipt.total.minor_units if receipt.total else None,
        "currency": receipt.total.currency if receipt.total else receipt.currency,
        "order_id": receipt.order_number,
        "invoice_type": invoice.type.value,
        "status": invoice.status.value,
        "warnings": [warning.value for warning in invoice.warnings],
        # What happens because of this row is logged under the run that brought its last document.
        "correlation_id": invoice.documents[-1].correlation_id if invoice.documents else None,
        "s3_path": invoice.documents[0].key if invoice.documents else None,
        "documents": [document_to_map(document) for document in invoice.documents],
        "readings": [
            {"document_id": document_id, "receipt": receipt_to_map(reading)}
            for document_id, reading in invoice.readings.items()
        ],
        "corrections": {
            name.value: _correction_to(name, value) for name, value in invoice.corrections.items()
        },
        "reviewed": invoice.reviewed,
        "discovered_by": invoice.discovered_by.value,
        "order_key": invoice.order_key,
        "extractor_version": invoice.extractor_version,
        "created_at": to_text(invoice.created_at),
        "updated_at": to_text(invoice.updated_at),
        "revision": revision,
    }


def _detail_to_row(detail: PurchaseDetail) -> dict[str, Any]:
    return {
        "InvoiceID": detail.invoice_id,
        "UserID": detail.user_id,
        "vendor_name": detail.vendor,
        "order_id": detail.order_number,
        "items": [item_to_map(item) for item in detail.items],
        "details": details_to_map(detail.details),
        "tax": money_to_map(detail.tax),
        "delivery_fee": money_to_map(detail.delivery_fee),
        "discount": money_to_map(detail.discount),
        "payment_method": detail.payment_method,
    }


def _to_detail(row: Mapping[str, Any], category: Category) -> PurchaseDetail:
    return PurchaseDetail(
        user_id=row["UserID"],
        invoice_id=row["InvoiceID"],
        category=category,
        vendor=row["vendor_name"],
        order_number=row.get("order_id"),
        details=details_from_map(row["details"]),
        items=tuple(item_from_map(item) for item in row["items"]),
        tax=money_from_map(row.get("tax")),
        delivery_fee=money_from_map(row.get("delivery_fee")),
        discount=money_from_map(row.get("discount")),
        payment_method=row.get("payment_method"),
    )


def _correction_to(name: CorrectableField, value: Any) -> Any:
    if name in _AMOUNTS:
        return money_to_map(value)
    match name:
        case CorrectableField.INVOICE_DATE:
            return value.isoformat()
        case CorrectableField.ITEMS:
            return [item_to_map(item) for item in value]
        case _:
            return value


def _correction_from(name: CorrectableField, value: Any) -> Any:
    if name in _AMOUNTS:
        return money_from_map(value)
    match name:
        case CorrectableField.INVOICE_DATE:
            return date.fromisoformat(value)
        case CorrectableField.CATEGORY:
            return Category(value)
        case CorrectableField.ITEMS:
            return tuple(item_from_map(item) for item in value)
        case _:
            return value


def _list_request(user_id: str, chosen: RetailFilter, *, oldest_first: bool) -> dict[str, Any]:
    values: dict[str, Any] = {
        ":owner": _category_key(user_id, chosen.category) if chosen.category else user_id,
        ":first": (chosen.first_day or date.min).isoformat(),
        ":last": (chosen.last_day or date.max).isoformat(),
    }
    owner = "UserID_SubType" if chosen.category else "UserID"
    request: dict[str, Any] = {
        "IndexName": _BY_CATEGORY if chosen.category else _BY_DAY,
        "KeyConditionExpression": f"{owner} = :owner AND invoice_date BETWEEN :first AND :last",
        "ScanIndexForward": oldest_first,
    }
    filters = []
    if chosen.status:
        values[":status"] = chosen.status.value
        filters.append("#status = :status")
        request["ExpressionAttributeNames"] = {"#status": "status"}
    if chosen.vendor:
        # Half of a surrogate pair cannot be sent, and is in no name.
        vendor = chosen.vendor.encode(errors="replace").decode()
        values |= {":vendor": comparable(vendor), ":vendor_id": vendor}
        filters.append("(vendor_key = :vendor OR vendor_id = :vendor_id)")
    if filters:
        request["FilterExpression"] = " AND ".join(filters)
    request["ExpressionAttributeValues"] = to_item(values)
    return request


def _key(user_id: str, invoice_id: str) -> dict[str, Any]:
    return to_item({"UserID": user_id, "InvoiceID": invoice_id})


def _category_key(user_id: str, category: Category) -> str:
    return f"{user_id}_{category.value}"


def _order_id(order_key: str) -> str:
    return f"order#{order_key}"
