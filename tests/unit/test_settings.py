from __future__ import annotations

from dataclasses import dataclass

import pytest

from paypulse.errors import ConfigurationError
from paypulse.settings import load_settings


@dataclass
class Settings:
    users_table: str
    lifetime_s: int


def test_settings_come_from_variables_in_upper_case() -> None:
    settings = load_settings(Settings, {"USERS_TABLE": "Users", "LIFETIME_S": "60", "OTHER": "x"})

    assert settings == Settings("Users", 60)


def test_a_missing_variable_is_named_with_its_remedy() -> None:
    with pytest.raises(ConfigurationError, match=r"LIFETIME_S is not set.*stack\.yaml"):
        load_settings(Settings, {"USERS_TABLE": "Users"})


def test_a_number_that_is_none_is_named() -> None:
    with pytest.raises(ConfigurationError, match="LIFETIME_S must be a whole number"):
        load_settings(Settings, {"USERS_TABLE": "Users", "LIFETIME_S": "an hour"})
