"""Invoices, events and what needs attention, as tables for the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devstack.outbox.messages import Email, Push

# Wide enough for every column where the output is no terminal and has no width of its own.
_WIDTH_WITHOUT_TERMINAL = 110


_EVENTS_SHOWN = 14


def make_console() -> Console:
    """Return a console that fits the terminal, or a log."""
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(highlight=False, width=width)


def invoices(year: dict[str, Any]) -> Table:
    """Return the invoices of a year; amounts in kronor."""
    table = _table(f"Rent {year['year']}", ("due", "number"))
    for heading in ("rent", "water", "el", "VAT", "total"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("look before paying", style="yellow")
    for each in year["invoices"]:
        cold, hot = (each[name]["amount"] for name in ("coldWater", "hotWater"))
        table.add_row(
            each["dueDate"],
            _number(each["id"]),
            each["rent"]["amount"],
            _add(cold, hot),
            each["electricity"]["amount"],
            each["vat"]["amount"],
            f"[bold]{each['total']['amount']}[/bold]",
            _words(each["warnings"]),
        )
    return table


def receipts(found: Sequence[dict[str, Any]]) -> Table:
    """Return the receipts; what a refund gave back is negative."""
    table = _table("Receipts", ("day", "shop", "category", "number"))
    for heading in ("items", "total"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("worth a look", style="yellow")
    for each in found:
        sign = "-" if each["type"] == "REFUND" else ""
        table.add_row(
            each["invoiceDate"],
            each["vendor"],
            each["category"].lower().replace("_", "-"),
            each["orderNumber"],
            str(len(each["items"])),
            f"[bold]{sign}{each['total']['amount']}[/bold] {each['total']['currency']}",
            _words(each["warnings"]),
        )
    return table


def outbox(pushes: Sequence[Push], emails: Sequence[Email]) -> Table:
    """Return what was sent to devices and addresses."""
    table = _table("Outbox", ("to",))
    table.add_column("says")
    for push in pushes:
        said = f"[bold]{escape(push.title)}[/bold]\n{escape(push.body)}"
        table.add_row("push", said)
    for email in emails:
        table.add_row("e-mail", f"[bold]{escape(email.subject)}[/bold]\n{escape(email.body)}")
    return table


def attention(failed: Sequence[dict[str, Any]]) -> Table:
    """Return the documents that need attention."""
    table = _table("Needs attention", ("received", "from", "document"))
    table.add_column("what is wrong", style="yellow")
    table.add_column("kept as", no_wrap=True)
    for each in failed:
        table.add_row(
            (each["receivedAt"] or "")[:10],
            each["sender"] or "",
            each["filename"] or "–",
            _words([each["reason"]]),
            _number(each["invoiceId"] or "–"),
        )
    return table


def events(received: Sequence[dict[str, Any]]) -> Table:
    """Return the invoice events that a subscriber received, in order."""
    shown = received[-_EVENTS_SHOWN:]
    title = "Events received live"
    if len(shown) < len(received):
        title += f": the last {len(shown)} of {len(received)}"
    table = _table(title, ("event", "kind", "of", "due or bought"))
    table.add_column("total", justify="right", no_wrap=True)
    table.add_column("worth a look", style="yellow")
    for each in shown:
        table.add_row(
            each["type"],
            each["kind"].lower(),
            each["title"],
            each["dueDate"] or each["invoiceDate"],
            f"{each['total']['amount']} {each['total']['currency']}",
            _words(each["warnings"]),
        )
    return table


def vendors(rows: Sequence[Sequence[str]]) -> Table:
    """Return vendors: category, id, name, whether active, senders."""
    table = _table("Vendors", ("category", "vendor_id", "name", "active"))
    table.add_column("senders", overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def _number(invoice_id: str) -> str:
    return invoice_id.removeprefix("Invoice_")


def _words(codes: Sequence[str]) -> str:
    return ", ".join(code.replace("_", " ").lower() for code in codes)


def _add(*amounts: str) -> str:
    minor = sum(int(amount.replace(".", "")) for amount in amounts)
    return f"{minor // 100}.{minor % 100:02d}"
