"""Passwords as an app meets them: limits on guessing, and a change that ends other sessions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError

from devstack.journey import ON_INVOICE, Person
from devstack.showing import endpoints
from tests.stack.conftest import PASSWORD

if TYPE_CHECKING:
    from devstack.running import DevStack
    from tests.stack.test_journey import NewPerson

NEW_PASSWORD = "another-long-password"


async def refusal(person: Person, email: str) -> dict[str, Any]:
    """Return the error that a wrong password gets."""
    with pytest.raises(TransportQueryError) as refused:
        await person.log_in(email, "not-the-password")
    (error,) = refused.value.errors or []
    return dict(error)


async def test_guessing_is_answered_with_the_time_to_wait(stack: DevStack) -> None:
    async with Person(endpoints(stack)) as guesser:
        errors = [await refusal(guesser, "guessed@example.com") for _ in range(11)]

    assert [error["errorType"] for error in errors] == ["INVALID_CREDENTIALS"] * 10 + [
        "RATE_LIMITED"
    ]
    assert errors[0]["errorInfo"] is None
    assert 0 < errors[-1]["errorInfo"]["retryAfterS"] <= 900


async def test_a_changed_password_ends_other_sessions_and_all_subscriptions(
    stack: DevStack, new_person: NewPerson
) -> None:
    async with new_person() as person, Person(endpoints(stack)) as thief:
        await thief.log_in(person.email, PASSWORD)
        subscriptions = [asyncio.create_task(follow(each)) for each in (person, thief)]
        await asyncio.sleep(0.3)

        await person.change_password(PASSWORD, NEW_PASSWORD)
        await asyncio.wait(subscriptions, timeout=5)

        assert [each.done() for each in subscriptions] == [True, True]
        with pytest.raises(TransportQueryError, match="INVALID_TOKEN"):
            await thief.refresh_session()
        await person.refresh_session()
        assert (await person.ask("{ me { id } }"))["me"]["id"] == person.user_id
        await asyncio.gather(*subscriptions, return_exceptions=True)


async def follow(person: Person) -> None:
    """Stay subscribed until the subscription ends."""
    async with Client(transport=person._socket()) as session:
        async for _ in session.subscribe(gql(ON_INVOICE)):
            pass
