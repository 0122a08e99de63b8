from __future__ import annotations

import pytest

from paypulse.accounts import normalise_email
from paypulse.errors import UserError


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" Ronja@Example.COM ", "ronja@example.com"), ("a+b@sub.example.se", "a+b@sub.example.se")],
)
def test_addresses_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert normalise_email(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "ronja", "ronja@", "@example.com", "a b@example.com", "a@b", "a@@example.com"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(UserError) as refusal:
        normalise_email(typed)

    assert refusal.value.field == ("input", "email")
