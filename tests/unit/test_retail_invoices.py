from __future__ import annotations

import pytest

from paypulse.retail_invoices import name_retail_invoice, order_key, shop_domain


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("info@mail.foodora.se", "foodora.se"),
        ("ebooking@qatarairways.com.qa", "qatarairways.com.qa"),
        ("a@shop.co.uk", "shop.co.uk"),
        ("a@mail.shop.co.uk", "shop.co.uk"),
        ("a@foodora.se", "foodora.se"),
        ("", ""),
    ],
)
def test_a_shop_is_its_domain_without_the_part_for_mail(sender: str, domain: str) -> None:
    assert shop_domain(sender) == domain


def test_one_order_number_leads_to_one_key_however_it_is_written() -> None:
    keys = {order_key("ica", "a@ica.se", number) for number in ("AB-1234", "ab 1234", "#AB1234")}

    assert keys == {"ica#AB1234"}


def test_the_same_number_at_another_shop_is_another_order() -> None:
    assert order_key("", "a@ica.se", "12345") != order_key("", "a@coop.se", "12345")


@pytest.mark.parametrize("number", [None, "", "A1", "---"])
def test_what_is_no_order_number_is_no_key(number: str | None) -> None:
    assert order_key("ica", "a@ica.se", number) is None


def test_an_id_depends_on_user_message_and_part_alone() -> None:
    ids = {
        name_retail_invoice(user, message, part)
        for user in ("user_1", "user_2")
        for message in ("m1", "m2")
        for part in ("body", "pdf1")
        for _ in range(2)
    }

    assert len(ids) == 8
