"""`manage_invoices`: `Mutation.addInvoice`, `correctInvoice`, `deleteInvoice`, `reparseInvoice`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from paypulse import manage_invoices
from paypulse.aws import clients
from paypulse.aws.documents import S3Documents
from paypulse.aws.queues import WorkQueue
from paypulse.aws.rental_invoices import DynamoRentalInvoices
from paypulse.aws.retail_invoices import DynamoRetailInvoices, parse_detail_tables
from paypulse.clock import utc_now
from paypulse.manage_invoices import InvoiceDesk
from paypulse.receipt_input import read_request_id, read_values
from paypulse.retail_invoices import CorrectableField, find_purchases
from paypulse.settings import load_settings, warm_up
from resolvers import _retail_shapes
from resolvers._app import Fields

if TYPE_CHECKING:
    from paypulse.retail_invoices import RetailInvoice

fields = Fields()


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment of the function."""

    rental_invoices_table: str
    retail_invoices_table: str
    retail_detail_tables: str
    mail_ledger_table: str
    invoices_bucket: str
    parse_retail_invoice_queue: str
    time_zone: str


@cache
def _build() -> InvoiceDesk:
    settings = load_settings(Settings)
    dynamodb, ledger_table = clients.dynamodb(), settings.mail_ledger_table
    queue = WorkQueue(settings.parse_retail_invoice_queue, clients.sqs())

    def queue_reading(user_id: str, invoice_id: str) -> None:
        queue.send(
            {
                "userId": user_id,
                "invoiceId": invoice_id,
                "correlationId": fields.correlation_id,
            }
        )

    return InvoiceDesk(
        rental=DynamoRentalInvoices(settings.rental_invoices_table, ledger_table, dynamodb),
        retail=DynamoRetailInvoices(
            settings.retail_invoices_table,
            parse_detail_tables(settings.retail_detail_tables),
            ledger_table,
            dynamodb,
        ),
        documents=S3Documents(settings.invoices_bucket, clients.s3(), utc_now),
        queue_reading=queue_reading,
        clock=utc_now,
        time_zone=settings.time_zone,
    )


@fields.mutation("addInvoice")
def add_invoice(input_: dict[str, Any]) -> dict[str, Any]:
    """Keep a receipt that the caller enters."""
    desk = _build()
    invoice = manage_invoices.add_invoice(
        fields.caller.user_id,
        read_request_id(input_["requestId"]),
        read_values(input_, today=desk.today()),
        is_refund=bool(input_.get("refund")),
        desk=desk,
    )
    return {"invoice": _shape(invoice)}


@fields.mutation("correctInvoice")
def correct_invoice(input_: dict[str, Any]) -> dict[str, Any]:
    """Let what the caller says stand for what was read."""
    desk = _build()
    invoice = manage_invoices.correct_invoice(
        fields.caller.user_id,
        input_["id"],
        read_values(input_, today=desk.today()),
        reset={CorrectableField[name] for name in input_.get("reset") or ()},
        reviewed=input_.get("confirm"),
        desk=desk,
    )
    return {"invoice": _shape(invoice)}


@fields.mutation("deleteInvoice")
def delete_invoice(input_: dict[str, Any]) -> dict[str, Any]:
    """Remove one of the caller's invoices, with its documents."""
    manage_invoices.delete_invoice(fields.caller.user_id, input_["id"], desk=_build())
    return {"invoiceId": input_["id"]}


@fields.mutation("reparseInvoice")
def reparse_invoice(input_: dict[str, Any]) -> dict[str, Any]:
    """Have one of the caller's receipts read again."""
    invoice = manage_invoices.reparse_invoice(fields.caller.user_id, input_["id"], desk=_build())
    return {"invoice": _shape(invoice)}


def _shape(invoice: RetailInvoice) -> dict[str, Any]:
    desk = _build()
    wants_purchase = fields.selects("refundOf")
    purchases = find_purchases(invoice.user_id, [invoice], desk.retail) if wants_purchase else {}
    return _retail_shapes.retail_invoice(
        invoice,
        desk.documents.link,
        refund_of=purchases.get(invoice.invoice_id),
        wanted=_retail_shapes.Wanted.by(fields.selects),
    )


handler = fields
warm_up(_build)
