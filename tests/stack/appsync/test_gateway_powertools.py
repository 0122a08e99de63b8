"""Powertools' resolver on the gateway's events, unchanged."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import AppSyncResolver

from tests.stack.appsync.gateway_harness import serve


def make_handler() -> Any:
    app: Any = AppSyncResolver()  # type: ignore[no-untyped-call]  # as Powertools publishes it

    @app.resolver(type_name="Query", field_name="invoices")
    def invoices() -> Any:
        user = app.current_event["identity"]["resolverContext"]["userId"]
        wanted = app.current_event.info.selection_set_list
        return [{"id": f"{user}-{n}", "label": ",".join(wanted)} for n in range(3)]

    @app.resolver(type_name="Query", field_name="numbers")
    def numbers(first: int, after: str | None = None) -> Any:
        return [first, len(after or "")]

    @app.batch_resolver(type_name="Invoice", field_name="detail")
    def details(event: list[Any]) -> Any:
        return [{"__typename": "FoodDetail", "id": one.source["id"]} for one in event]

    return lambda event: app.resolve(event, None)


def make_answers() -> dict[str, Any]:
    handler = make_handler()
    return dict.fromkeys(("invoices", "numbers", "detail"), handler)


async def test_single_resolver_reads_arguments_identity_and_selection() -> None:
    async with serve(make_answers()) as server:
        answer = await server.post('{ invoices { id label } numbers(after: "abc") }')

        assert answer["data"]["invoices"][0] == {"id": "anna-0", "label": "id,label"}
        assert answer["data"]["numbers"] == [2, 3]


async def test_batch_resolver_answers_every_item() -> None:
    async with serve(make_answers()) as server:
        answer = await server.post("{ invoices { detail { ... on FoodDetail { id } } } }")

        found = [one["detail"]["id"] for one in answer["data"]["invoices"]]
        assert found == ["anna-0", "anna-1", "anna-2"]
        assert [len(events) for events in server.functions.events("detail")] == [2, 1]
