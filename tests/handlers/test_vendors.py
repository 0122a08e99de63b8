"""get_invoices: the shops whose receipts are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devstack.vendor_files import load_vendors, read_folder
from resolvers import get_invoices

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Aws

type Answer = list[dict[str, Any]]


@pytest.fixture
def vendors(
    aws: Aws, ask: Callable[..., Any], user_id: str
) -> Callable[[dict[str, Any] | None], Answer]:
    """Ask for vendors, of which the table holds those of the repository."""
    load_vendors(aws.url)
    caller = {"userId": user_id, "email": "ronja@example.com", "sessionId": "s1"}
    return lambda chosen: ask(get_invoices.handler, "Query.vendors", {"filter": chosen}, caller)


def test_all_vendors_come_by_name(vendors: Callable[..., Answer]) -> None:
    found = vendors(None)

    assert {each["id"] for each in found} == {file.vendor_id for file in read_folder()}
    names = [each["name"].casefold() for each in found]
    assert names == sorted(names)
    assert found[0].keys() == {"id", "name", "category", "active", "logoUrl"}


def test_filters_choose_by_category_and_activity(vendors: Callable[..., Answer]) -> None:
    food = vendors({"category": "FOOD_DELIVERY"})

    assert [each["id"] for each in food] == ["dominos", "foodora"]
    assert {each["category"] for each in food} == {"FOOD_DELIVERY"}
    assert vendors({"category": "FOOD_DELIVERY", "active": True}) == food
    assert vendors({"active": False}) == []
    assert vendors({"category": None, "active": None}) == vendors(None)
