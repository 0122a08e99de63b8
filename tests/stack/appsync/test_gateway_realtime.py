"""Subscriptions through the real gql client: what arrives, at whom, and when it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from botocore.credentials import Credentials
from gql import Client, gql
from gql.transport.appsync_auth import AppSyncIAMAuthentication
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport
from gql.transport.exceptions import TransportQueryError, TransportServerError

from tests.stack.appsync.gateway_harness import (
    ACCESS_KEY,
    REGION,
    SECRET_KEY,
    Server,
    authorize,
    serve,
)

ON_INVOICE = "subscription { onInvoiceEvent { eventId title } }"
ON_INGESTION = "subscription { onIngestionEvent { eventId } }"


async def collect(client: Client, query: str, count: int | None = None) -> list[Any]:
    """Return the first events that a subscriber gets, or all until the end of the subscription."""
    found: list[Any] = []
    async with client as session:
        async for event in session.subscribe(gql(query)):
            found.append(event)
            if len(found) == count:
                break
    return found


def start(client: Client, query: str, count: int | None = None) -> asyncio.Task[list[Any]]:
    return asyncio.create_task(collect(client, query, count))


async def test_event_reaches_its_owner_and_nobody_else() -> None:
    async with serve() as server:
        anna = start(server.subscriber("anna:s1"), ON_INVOICE, 1)
        bert = start(server.subscriber("bert:s2"), ON_INVOICE, 1)
        await server.wait_for_subscriptions(2)

        await server.publish(eventId="e1", userId="anna", title="Rent")
        await server.publish(eventId="e2", userId="bert", title="Food")

        assert await anna == [{"onInvoiceEvent": {"eventId": "e1", "title": "Rent"}}]
        assert await bert == [{"onInvoiceEvent": {"eventId": "e2", "title": "Food"}}]


@pytest.mark.parametrize("path", ["", "/realtime"])
async def test_both_paths_serve_subscriptions(path: str) -> None:
    async with serve() as server:
        events = start(server.subscriber(path=path), ON_INVOICE, 1)
        await server.wait_for_subscriptions(1)
        await server.publish(eventId="e1", userId="anna")

        assert [event["onInvoiceEvent"]["eventId"] for event in await events] == ["e1"]


async def test_subscriber_gets_only_what_the_mutation_selected() -> None:
    async with serve() as server:
        events = start(server.subscriber(), "subscription { onInvoiceEvent { title total } }", 1)
        await server.wait_for_subscriptions(1)
        await server.publish("userId title", eventId="e1", userId="anna", title="Rent", total=5)

        assert await events == [{"onInvoiceEvent": {"title": "Rent", "total": None}}]


async def test_aliases_of_either_side_do_not_matter() -> None:
    async with serve() as server:
        events = start(server.subscriber(), "subscription { e: onInvoiceEvent { what: title } }", 1)
        await server.wait_for_subscriptions(1)
        await server.publish(
            "owner: userId userId name: title", eventId="e", userId="anna", title="R"
        )

        assert await events == [{"e": {"what": "R"}}]


async def test_event_whose_owner_was_not_selected_reaches_nobody() -> None:
    async with serve() as server:
        events = start(server.subscriber(), ON_INVOICE, 1)
        await server.wait_for_subscriptions(1)
        await server.publish("eventId title", eventId="lost", userId="anna")
        await server.publish(eventId="seen", userId="anna")

        assert [event["onInvoiceEvent"]["eventId"] for event in await events] == ["seen"]


async def test_non_null_field_that_was_not_selected_comes_as_an_error() -> None:
    async with serve() as server, server.subscriber() as session:
        events = session.subscribe(gql(ON_INVOICE))
        first = asyncio.create_task(anext(events))
        await server.wait_for_subscriptions(1)
        await server.publish("userId", eventId="e1", userId="anna")

        with pytest.raises(TransportQueryError, match="non-nullable type: 'ID'"):
            await first


async def test_refused_mutation_publishes_nothing() -> None:
    async with serve() as server:
        events = start(server.subscriber(), ON_INVOICE, 1)
        await server.wait_for_subscriptions(1)
        answer = await server.post(
            'mutation { publishInvoiceEvent(input: {eventId: "x", userId: "anna"})'
            " { eventId userId } }"
        )
        assert answer["errors"][0]["errorType"] == "Unauthorized"
        await server.publish(eventId="right", userId="anna")

        assert [event["onInvoiceEvent"]["eventId"] for event in await events] == ["right"]


async def test_iam_subscriber_signs_both_requests_but_has_no_user() -> None:
    async with serve() as server:
        auth = AppSyncIAMAuthentication(
            host=server.host, region_name=REGION, credentials=Credentials(ACCESS_KEY, SECRET_KEY)
        )
        client = Client(transport=AppSyncWebsocketsTransport(url=server.ws_url, auth=auth))
        # Connected and authenticated; the field itself is for users.
        with pytest.raises(TransportQueryError, match="Not Authorized to access onInvoiceEvent"):
            await collect(client, ON_INVOICE, 1)


async def test_iam_subscriber_with_a_wrong_secret_cannot_connect() -> None:
    async with serve() as server:
        auth = AppSyncIAMAuthentication(
            host=server.host, region_name=REGION, credentials=Credentials(ACCESS_KEY, "wrong")
        )
        client = Client(transport=AppSyncWebsocketsTransport(url=server.ws_url, auth=auth))
        with pytest.raises(TransportServerError, match="InvalidSignatureException"):
            await collect(client, ON_INVOICE, 1)


async def test_wrong_key_cannot_connect() -> None:
    async with serve() as server:
        with pytest.raises(TransportServerError, match="UnauthorizedException"):
            await collect(server.key_subscriber("da2-wrong"), ON_INVOICE, 1)


async def test_api_key_connects_but_may_not_subscribe() -> None:
    async with serve() as server:
        with pytest.raises(TransportQueryError, match="Not Authorized to access onInvoiceEvent"):
            await collect(server.key_subscriber(), ON_INVOICE, 1)


async def test_authorizer_is_asked_at_connect_and_at_start() -> None:
    def answer(event: Any) -> Any:
        return authorize(event) | {"ttlOverride": 0}

    async with serve({"authorizer": answer}) as server:
        events = start(server.subscriber(), ON_INVOICE, 1)
        await server.wait_for_subscriptions(1)
        await server.publish(eventId="e1", userId="anna")
        await events

        connect, begin = (e["requestContext"] for e in server.functions.events("authorizer"))
        assert (connect["operationName"], connect["queryString"]) == ("DeepDish:Connect", "")
        assert "onInvoiceEvent" in begin["queryString"]


async def test_invalid_subscription_is_refused_alone() -> None:
    async with serve() as server, server.subscriber() as session:
        with pytest.raises(TransportQueryError, match="FieldUndefined"):
            await anext(session.subscribe(gql("subscription { onInvoiceEvent { nope } }")))
        events = session.subscribe(gql(ON_INVOICE))
        good = asyncio.create_task(anext(events))
        await server.wait_for_subscriptions(1)
        await server.publish(eventId="e1", userId="anna")

        assert (await good)["onInvoiceEvent"]["eventId"] == "e1"
        await events.aclose()


async def test_query_over_the_socket_is_refused() -> None:
    async with serve() as server, server.subscriber() as session:
        with pytest.raises(TransportQueryError, match="query not supported"):
            await anext(session.subscribe(gql("{ me { id } }")))


async def test_argument_filters_when_no_resolver_does() -> None:
    async with serve() as server:
        events = start(server.subscriber(), 'subscription { onTitle(title: "B") { eventId } }', 1)
        await server.wait_for_subscriptions(1)
        await server.publish(eventId="e1", userId="anna", title="A")
        await server.publish(eventId="e2", userId="bert", title="B")

        assert await events == [{"onTitle": {"eventId": "e2"}}]


async def test_denied_field_is_null_in_events_too() -> None:
    def answer(event: Any) -> Any:
        return authorize(event) | {"deniedFields": ["InvoiceEvent.title"]}

    async with serve({"authorizer": answer}) as server, server.subscriber() as session:
        first = asyncio.create_task(anext(session.subscribe(gql(ON_INVOICE))))
        await server.wait_for_subscriptions(1)
        await server.publish(eventId="e1", userId="anna", title="Secret")

        with pytest.raises(TransportQueryError) as caught:
            await first
        assert caught.value.data == {"onInvoiceEvent": {"eventId": "e1", "title": None}}


async def test_unsubscribing_stops_delivery() -> None:
    async with serve() as server, server.subscriber() as session:
        events = session.subscribe(gql(ON_INVOICE))
        first = asyncio.create_task(anext(events))
        await server.wait_for_subscriptions(1)
        await server.publish(eventId="e1", userId="anna")
        await first
        await events.aclose()
        await server.wait_for_subscriptions(0)


async def test_closing_the_socket_takes_its_subscriptions_away() -> None:
    async with serve() as server:
        client = server.subscriber()
        events = start(client, ON_INVOICE)
        await server.wait_for_subscriptions(1)

        await client.close_async()  # type: ignore[no-untyped-call]  # as gql publishes it
        await asyncio.wait([events])
        await server.wait_for_subscriptions(0)
        assert server.gateway.metrics.connections == 0


OK = {"ok": True, "userErrors": []}


async def test_log_out_ends_the_subscriptions_of_that_session_only() -> None:
    async with serve({"end": OK}) as server:
        here = start(server.subscriber("anna:s1"), ON_INVOICE)
        also = start(server.subscriber("anna:s1"), ON_INGESTION)
        there = start(server.subscriber("anna:s2"), ON_INVOICE, 1)
        await server.wait_for_subscriptions(3)

        await server.post("mutation { logOut { ok } }", user="anna:s1")

        assert (await here, await also) == ([], [])
        await server.publish(eventId="e1", userId="anna")
        assert len(await there) == 1
        assert server.gateway.metrics.invalidated == 2


async def test_account_deletion_ends_all_subscriptions_of_the_user() -> None:
    async with serve({"end": OK}) as server:
        mine = [
            start(server.subscriber("anna:s1"), ON_INVOICE),
            start(server.subscriber("anna:s2"), ON_INGESTION),
        ]
        other = start(server.subscriber("bert:s1"), ON_INVOICE, 1)
        await server.wait_for_subscriptions(3)

        await server.post("mutation { deleteUser { ok } }", user="anna:s1")

        assert await asyncio.gather(*mine) == [[], []]
        await server.publish(eventId="e1", userId="bert")
        assert len(await other) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"ok": None, "userErrors": [{"message": "Wrong password."}]},
        {"error": {"type": "RATE_LIMITED", "message": "Later."}},
        None,
    ],
    ids=["user error", "typed error", "nothing"],
)
async def test_refused_deletion_ends_nothing(answer: Any) -> None:
    async with serve({"end": answer}) as server:
        events = start(server.subscriber(), ON_INVOICE, 1)
        await server.wait_for_subscriptions(1)

        await server.post("mutation { deleteUser { ok userErrors { message } } }")
        await server.publish(eventId="e1", userId="anna")

        assert len(await events) == 1


async def test_event_over_the_size_limit_is_dropped_and_counted() -> None:
    async with serve(max_payload_bytes=1000) as server:
        events = start(server.subscriber(), ON_INVOICE, 1)
        await server.wait_for_subscriptions(1)
        answer = await server.publish(eventId="big", userId="anna", title="x" * 1000)
        await server.publish(eventId="small", userId="anna")

        assert "errors" not in answer
        assert [event["onInvoiceEvent"]["eventId"] for event in await events] == ["small"]
        assert server.gateway.metrics.inbound_message_error == 1


async def test_two_hundred_subscribers_all_receive_one_event() -> None:
    async def subscribe(server: Server) -> list[Any]:
        return await collect(server.subscriber(), ON_INVOICE, 1)

    async with serve() as server:
        waiting = [asyncio.create_task(subscribe(server)) for _ in range(200)]
        await server.wait_for_subscriptions(200)
        await server.publish(eventId="e1", userId="anna")

        assert len(await asyncio.gather(*waiting)) == 200
        assert server.gateway.metrics.delivered == 200
        assert len(server.functions.events("authorizer")) == 1
