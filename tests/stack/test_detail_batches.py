"""`RetailInvoice.detail` with the real schema and data sources: how events reach its function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devstack.manifest import load_stack
from devstack.running import _data_sources
from tests.stack.appsync.gateway_harness import serve

SDL = (Path(__file__).parents[2] / "schema.graphql").read_text()
STACK = load_stack()
DECLARED = STACK.functions["get_invoices"].batch_fields["RetailInvoice.detail"]
QUERY = """
query ($first: Int!) {
  retailInvoices(first: $first) { edges { node { id detail { ... on GroceryDetail { store } } } } }
}
"""


def get_invoices(payload: Any) -> Any:
    """Answer a page of receipts without details, or the details of a batch."""
    if isinstance(payload, list):
        return [
            {"__typename": "GroceryDetail", "store": event["source"]["id"]} for event in payload
        ]
    nodes = [{"id": f"r{number}"} for number in range(payload["arguments"]["first"])]
    return {"edges": [{"cursor": node["id"], "node": node} for node in nodes]}


async def test_details_of_a_page_come_in_batches_of_the_declared_size() -> None:
    async with serve(
        {"get_invoices": get_invoices}, sdl=SDL, data_sources=_data_sources(STACK)
    ) as server:
        answer = await server.post(QUERY, {"first": DECLARED + 1})
        page, *batches = server.functions.events("get_invoices")

    assert "errors" not in answer
    assert isinstance(page, dict)
    assert [len(batch) for batch in batches] == [DECLARED, 1]
    nodes = [edge["node"] for edge in answer["data"]["retailInvoices"]["edges"]]
    assert [node["detail"]["store"] for node in nodes] == [node["id"] for node in nodes]
    (event,) = batches[1]
    assert event["info"]["parentTypeName"] == "RetailInvoice"
    assert event["info"]["selectionSetList"] == ["store"]
    assert event["identity"]["resolverContext"]["userId"] == "anna"


async def test_a_page_without_details_asks_for_none() -> None:
    async with serve(
        {"get_invoices": get_invoices}, sdl=SDL, data_sources=_data_sources(STACK)
    ) as server:
        await server.post("{ retailInvoices(first: 3) { edges { node { id } } } }")

        assert len(server.functions.events("get_invoices")) == 1
