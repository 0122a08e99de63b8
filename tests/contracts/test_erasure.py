"""Erasing and exporting reach every table of the manifest, also those that are added later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from devstack.manifest import STACK_FILE, load_stack
from devstack.resources import Resources
from paypulse.aws.erasure import parse_user_tables
from paypulse.erase_users import SETTLES_IN
from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

STACK = load_stack()
DELETE_USER = STACK.functions["delete_user"]
# Erased last, by the use case itself: its row keeps new work from starting until then.
ACCOUNTS = "Users"
SQS_LONGEST_DELAY_S = 900


@pytest.mark.parametrize("name", STACK.tables)
def test_a_table_is_erased_or_says_why_it_holds_nothing_of_users(name: str) -> None:
    table = STACK.tables[name]
    keyed = {*STACK.tables_keyed_by("UserID"), ACCOUNTS}
    erased = name in keyed or bool(table.details_of and table.details_of.table in keyed)

    assert erased != bool(table.no_user_data)


def test_the_worker_is_told_of_every_table_keyed_by_user() -> None:
    values = Resources(STACK, "http://127.0.0.1:9").environment(DELETE_USER, "")

    assert parse_user_tables(values["USER_TABLES"]) == STACK.tables_keyed_by("UserID")


def test_the_worker_may_delete_from_every_table_that_it_is_told_of() -> None:
    details = STACK.detail_tables("RetailInvoices").values()
    told = {*STACK.tables_keyed_by("UserID"), *details, ACCOUNTS}

    assert {name for name in told if DELETE_USER.grants.tables.get(name) != "read_write"} == set()


def test_the_worker_may_erase_every_bucket() -> None:
    assert DELETE_USER.grants.buckets == dict.fromkeys(STACK.buckets, "erase")


def test_the_worker_may_end_every_subscription_and_remove_every_endpoint() -> None:
    assert DELETE_USER.grants.topics == dict.fromkeys(STACK.topics, "subscribe")
    assert DELETE_USER.grants.push_applications == dict.fromkeys(
        STACK.push_applications, "register"
    )


def test_whatever_is_in_flight_has_ended_when_the_last_sweep_begins() -> None:
    fetching = max(
        each.timeout_s
        for each in STACK.functions.values()
        if each.module.startswith("ingestion.fetch")
    )
    # Lambda reads a new object three times, with waits of one and two minutes.
    reading = 3 * STACK.functions["parse_invoice"].timeout_s + 60 + 120

    assert fetching + reading < SETTLES_IN.total_seconds() <= SQS_LONGEST_DELAY_S


def test_an_export_in_flight_has_ended_when_the_last_sweep_begins() -> None:
    assert STACK.functions["export_user_data"].timeout_s < SETTLES_IN.total_seconds()


def test_an_export_may_read_every_table_that_is_erased() -> None:
    granted = STACK.functions["export_user_data"].grants.tables

    assert {*STACK.tables_keyed_by("UserID"), ACCOUNTS} <= granted.keys()


def test_a_new_table_must_be_erasable_or_give_its_reason(tmp_path: Path) -> None:
    values = yaml.safe_load(STACK_FILE.read_text())
    values["tables"]["Wishes"] = {**values["tables"]["Idempotency"]}
    del values["tables"]["Wishes"]["no_user_data"]
    changed = tmp_path / "stack.yaml"
    changed.write_text(yaml.safe_dump(values))

    with pytest.raises(ConfigurationError, match=r"tables\.Wishes: is not keyed by UserID"):
        load_stack(changed)
