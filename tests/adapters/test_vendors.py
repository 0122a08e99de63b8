"""The table VendorConfig: reading it whole, and bringing files into it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from devstack.manifest import load_stack
from devstack.resources import _table_request
from paypulse.aws.vendors import DynamoVendors
from paypulse.errors import ConfigurationError, TransientError
from paypulse.push_vendors import Change, VendorFile, push_vendors
from paypulse.receipts import Category
from tests.factories import NOW, make_vendor_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conftest import Aws


@pytest.fixture
def table(aws: Aws, user_id: str) -> str:
    """A table of the test's own, as stack.yaml describes it."""
    name = f"VendorConfig-{user_id}"
    request = _table_request(name, load_stack().tables["VendorConfig"])
    aws.client("dynamodb").create_table(**request)
    return name


@pytest.fixture
def store(aws: Aws, table: str) -> DynamoVendors:
    return DynamoVendors(table, aws.client("dynamodb"))


def make_file(vendor_id: str, **changes: Any) -> VendorFile:
    changes = {"email_patterns": [f"order@{vendor_id}.example"]} | changes
    return VendorFile(vendor_id, make_vendor_record(vendor_id, **changes))


def push(store: DynamoVendors, *files: VendorFile, **options: Any) -> dict[str, Change]:
    clock = options.pop("clock", lambda: NOW)
    pushed = push_vendors(files, store=store, clock=clock, **options)
    return {each.vendor_id: each.change for each in pushed}


def rows(store: DynamoVendors) -> dict[str, Any]:
    return {row["vendor_id"]: row for row in store.rows()}


def test_vendor_comes_back_as_its_file_says(store: DynamoVendors) -> None:
    hints = {
        "field_translations": {"Summa": "total"},
        "header_hint": "Din order",
        "examples": [{"text": "Summa | 1,00 kr", "answer": {"isReceipt": True}}],
    }
    logo = "https://lampan.example/logo.png"
    rules = ["Kvitto", {"keywords": ["Order", "klar"], "logic": "AND"}]
    push(store, make_file("lampan", subject_keywords=rules, logo_url=logo, **hints))

    (vendor,) = store.all()

    assert (vendor.vendor_id, vendor.vendor_name) == ("lampan", "Lampan")
    assert (vendor.category, vendor.logo_url) == (Category.MISCELLANEOUS, logo)
    assert vendor.claims("order@lampan.example", "Order 1 klar")
    assert vendor.hints.field_translations == {"Summa": "total"}
    assert vendor.hints.header_hint == "Din order"
    assert vendor.hints.examples == (("Summa | 1,00 kr", '{"isReceipt": true}'),)


def test_row_written_by_hand_with_sets_is_read(aws: Aws, table: str) -> None:
    item = {
        "vendor_id": {"S": "lampan"},
        "vendor_name": {"S": "Lampan"},
        "invoice_sub_type": {"S": "technology"},
        "email_patterns": {"SS": ["order@lampan.example", "kvitto@lampan.example"]},
        "subject_keywords": {"SS": ["Kvitto"]},
        "parser_type": {"S": "html"},
        "active": {"BOOL": True},
        "logo_url": {"S": ""},
    }
    aws.client("dynamodb").put_item(TableName=table, Item=item)

    (vendor,) = DynamoVendors(table, aws.client("dynamodb")).all()

    assert vendor.claims("kvitto@lampan.example", "Kvitto 1")
    assert vendor.logo_url is None


def test_broken_row_is_left_out_told_and_keeps_no_other_waiting(
    store: DynamoVendors, caplog: pytest.LogCaptureFixture
) -> None:
    push(store, make_file("lampan"))
    store.put({"vendor_id": "trasig", "vendor_name": "Trasig", "invoice_sub_type": "cars"})

    vendors = store.all()

    assert [vendor.vendor_id for vendor in vendors] == ["lampan"]
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.__dict__["vendor"] == "trasig"
    assert "invoice_sub_type" in record.__dict__["reason"]


def test_table_of_several_pages_is_read_whole(aws: Aws, table: str, store: DynamoVendors) -> None:
    for number in range(5):
        store.put({"vendor_id": f"stor{number}", "note": "x" * 300_000})

    first_page = aws.client("dynamodb").scan(TableName=table)
    assert len(first_page["Items"]) < 5
    assert len(store.rows()) == 5


def test_vendors_are_kept_for_some_minutes(aws: Aws, table: str, store: DynamoVendors) -> None:
    push(store, make_file("lampan"))
    store.all()

    push(store, make_file("lampan", active=False))

    assert [vendor.active for vendor in store.all()] == [True]
    assert [v.active for v in DynamoVendors(table, aws.client("dynamodb")).all()] == [False]


def test_table_that_is_not_there_is_named(aws: Aws) -> None:
    store = DynamoVendors("Absent", aws.client("dynamodb"))

    with pytest.raises(ConfigurationError, match=r"table Absent: .*ResourceNotFound"):
        store.rows()


def test_second_push_changes_nothing(store: DynamoVendors) -> None:
    files = (make_file("lampan"), make_file("soffan"))
    first = push(store, *files)
    before = rows(store)

    second = push(store, *files, clock=lambda: NOW + timedelta(days=1))

    assert set(first.values()) == {Change.CREATED}
    assert set(second.values()) == {Change.UNCHANGED}
    assert rows(store) == before


def test_changed_file_updates_its_row_alone(store: DynamoVendors) -> None:
    push(store, make_file("lampan"), make_file("soffan"))

    changed = make_file("lampan", vendor_name="Lampan AB")
    changes = push(store, changed, make_file("soffan"), clock=lambda: NOW + timedelta(days=1))

    assert changes == {"lampan": Change.UPDATED, "soffan": Change.UNCHANGED}
    row = rows(store)["lampan"]
    assert row["vendor_name"] == "Lampan AB"
    assert (row["created_at"][:10], row["updated_at"][:10]) == ("2026-01-20", "2026-01-21")


def test_attribute_that_a_file_no_longer_has_leaves_the_row(store: DynamoVendors) -> None:
    push(store, make_file("lampan", header_hint="Din order"))

    changes = push(store, make_file("lampan"))

    assert changes == {"lampan": Change.UPDATED}
    assert "header_hint" not in rows(store)["lampan"]


def test_file_that_says_inactive_deactivates(store: DynamoVendors) -> None:
    push(store, make_file("lampan"))

    assert push(store, make_file("lampan", active=False)) == {"lampan": Change.DEACTIVATED}
    assert push(store, make_file("lampan", active=False)) == {"lampan": Change.UNCHANGED}
    assert push(store, make_file("lampan")) == {"lampan": Change.UPDATED}


def test_row_whose_file_is_gone_stays_unless_told_otherwise(store: DynamoVendors) -> None:
    push(store, make_file("lampan"), make_file("soffan"))

    assert push(store, make_file("soffan")) == {"soffan": Change.UNCHANGED}
    assert rows(store)["lampan"]["active"] is True
    first, second = (push(store, make_file("soffan"), deactivate_missing=True) for _ in range(2))

    assert first == {"soffan": Change.UNCHANGED, "lampan": Change.DEACTIVATED}
    assert second == {"soffan": Change.UNCHANGED}
    assert rows(store)["lampan"]["active"] is False


def test_file_with_a_problem_leaves_its_row_and_keeps_no_other_waiting(
    store: DynamoVendors,
) -> None:
    push(store, make_file("lampan"))
    before = rows(store)["lampan"]

    changes = push(
        store,
        VendorFile("lampan", {}, ("is no JSON",)),
        make_file("soffan"),
        deactivate_missing=True,
    )

    assert changes == {"lampan": Change.FAILED, "soffan": Change.CREATED}
    assert rows(store)["lampan"] == before


def test_row_that_cannot_be_written_keeps_no_other_waiting(aws: Aws, table: str) -> None:
    class OnceThrottled(DynamoVendors):
        def put(self, row: Mapping[str, Any]) -> None:
            if row["vendor_id"] == "lampan":
                raise TransientError("DynamoDB: ThrottlingException")
            super().put(row)

    store = OnceThrottled(table, aws.client("dynamodb"))

    pushed = list(
        push_vendors((make_file("lampan"), make_file("soffan")), store=store, clock=lambda: NOW)
    )

    assert [each.change for each in pushed] == [Change.FAILED, Change.CREATED]
    assert pushed[0].reason == "DynamoDB: ThrottlingException"
    assert set(rows(store)) == {"soffan"}


def test_dry_run_tells_and_writes_nothing(store: DynamoVendors) -> None:
    push(store, make_file("lampan"))

    changes = push(
        store,
        make_file("lampan", vendor_name="Lampan AB"),
        make_file("soffan"),
        dry_run=True,
    )

    assert changes == {"lampan": Change.UPDATED, "soffan": Change.CREATED}
    assert set(rows(store)) == {"lampan"}
    assert rows(store)["lampan"]["vendor_name"] == "Lampan"


def test_vendor_whose_mails_a_row_without_a_file_claims_too_is_not_pushed(
    store: DynamoVendors,
) -> None:
    senders = {"email_patterns": ["order@lampan.example"]}
    push(store, make_file("lampan_old", **senders))

    (pushed,) = push_vendors([make_file("lampan", **senders)], store=store, clock=lambda: NOW)

    assert pushed.change is Change.FAILED
    assert "lampan_old" in pushed.reason
    assert push(store, make_file("lampan", **senders), deactivate_missing=True) == {
        "lampan": Change.CREATED,
        "lampan_old": Change.DEACTIVATED,
    }


def test_empty_folder_deactivates_nobody(store: DynamoVendors) -> None:
    push(store, make_file("lampan"))

    with pytest.raises(ConfigurationError, match="no vendor files"):
        push(store, deactivate_missing=True)

    assert rows(store)["lampan"]["active"] is True
