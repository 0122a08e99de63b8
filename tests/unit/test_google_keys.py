"""`.env`: which of Google's services are real, and where keys go."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from devstack.google_keys import NAMES, GoogleClient, GoogleKeys, read_keys
from devstack.manifest import load_stack
from devstack.resources import Resources
from paypulse.errors import ConfigurationError
from paypulse.google.endpoints import GoogleEndpoints

ROOT = Path(__file__).parents[2]
EMULATOR = "http://127.0.0.1:4002"
CLIENT = GoogleClient("1-abc.apps.googleusercontent.com", "GOCSPX-secret-of-a-client")
KEY = "AIza-an-invented-key-of-nobody-at-all00"
OF_GMAIL = ("gmail_store_tokens", "delete_user", "fetch_invoices", "fetch_latest_invoice")
OF_GEMINI = "parse_retail_invoice"


def environments(keys: GoogleKeys) -> dict[str, dict[str, str]]:
    """Return what each function finds in its environment on a dev stack with these keys."""
    stack = load_stack()
    variables = {**stack.variables, **keys.variables(EMULATOR)}
    resources = Resources(stack.model_copy(update={"variables": variables}), "http://127.0.0.1:9")
    return {name: resources.environment(each, "") for name, each in stack.functions.items()}


def written(folder: Path, *lines: str) -> Path:
    file = folder / ".env"
    file.write_text("\n".join(lines))
    return file


def test_without_keys_every_function_is_sent_to_the_emulator() -> None:
    found = environments(GoogleKeys())

    assert {found[name]["GOOGLE_BASE_URL"] for name in OF_GMAIL} == {EMULATOR}
    assert found[OF_GEMINI]["GEMINI_BASE_URL"] == EMULATOR


def test_a_client_alone_makes_gmail_real_and_leaves_receipts_offline() -> None:
    keys = GoogleKeys(client=CLIENT)
    found = environments(keys)

    assert {found[name]["GOOGLE_BASE_URL"] for name in OF_GMAIL} == {""}
    assert found[OF_GEMINI]["GEMINI_BASE_URL"] == EMULATOR
    assert keys.secrets()["gemini_api_key"] is None
    assert keys.endpoints(EMULATOR) == GoogleEndpoints()


def test_a_key_alone_makes_the_model_real_and_leaves_the_mailbox_emulated() -> None:
    keys = GoogleKeys(gemini_api_key=KEY, gemini_model="a-model")
    found = environments(keys)

    assert {found[name]["GOOGLE_BASE_URL"] for name in OF_GMAIL} == {EMULATOR}
    assert (found[OF_GEMINI]["GEMINI_BASE_URL"], found[OF_GEMINI]["GEMINI_MODEL"]) == (
        "",
        "a-model",
    )
    assert keys.secrets()["google_client_secret"] is None
    assert keys.endpoints(EMULATOR).gmail == EMULATOR


def test_an_empty_base_url_means_googles_own_addresses() -> None:
    addresses = [getattr(GoogleEndpoints(), each.name) for each in fields(GoogleEndpoints)]

    assert all(address.startswith("https://") for address in addresses)
    assert {address.split("/")[2] for address in addresses} == {
        "accounts.google.com",
        "oauth2.googleapis.com",
        "openidconnect.googleapis.com",
        "gmail.googleapis.com",
    }


def test_no_key_is_in_the_environment_of_any_function() -> None:
    keys = GoogleKeys(client=CLIENT, gemini_api_key=KEY)
    values = {value for each in environments(keys).values() for value in each.values()}

    assert not {CLIENT.id, CLIENT.secret, KEY} & values
    assert set(keys.secrets().values()) == {CLIENT.id, CLIENT.secret, KEY}


def test_keys_show_neither_secret_nor_api_key_when_they_are_printed() -> None:
    shown = repr(GoogleKeys(client=CLIENT, gemini_api_key=KEY))

    assert CLIENT.secret not in shown
    assert KEY not in shown


def test_keys_are_read_from_the_file(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "# mine",
        f"GOOGLE_CLIENT_ID={CLIENT.id}",
        f'export GOOGLE_CLIENT_SECRET="{CLIENT.secret}"',
        f"GEMINI_API_KEY = {KEY}  # the free one",
        "GEMINI_MODEL=first, second",
        "ANOTHER_TOOLS=thing",
    )

    assert read_keys(file) == GoogleKeys(
        client=CLIENT, gemini_api_key=KEY, gemini_model="first, second"
    )


def test_the_example_names_every_key_and_sets_none() -> None:
    example = ROOT / ".env.example"

    assert read_keys(example) == GoogleKeys()
    lines = example.read_text().splitlines()
    assert [line for line in lines if not line.startswith("#") and line] == [
        f"{name}=" for name in NAMES
    ]


def test_no_file_means_no_keys(tmp_path: Path) -> None:
    assert read_keys(tmp_path / ".env") == GoogleKeys()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("GOOGLE_CLIENT_ID=1.apps.googleusercontent.com", "without GOOGLE_CLIENT_SECRET"),
        ("GOOGLE_CLIENT_SECRET=GOCSPX-12345678", "without GOOGLE_CLIENT_ID"),
        ("GOOGLE_CLIENT_ID=my-client", "ends with .apps.googleusercontent.com"),
        ("GEMINI_API_KEY=too short", "GEMINI_API_KEY does not look right"),
        ("GEMINI_MODEL=models/Gemini", "GEMINI_MODEL does not look right"),
    ],
)
def test_a_mistake_is_told_without_repeating_the_value(
    tmp_path: Path, line: str, told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_keys(written(tmp_path, line))

    assert line.partition("=")[2] not in str(caught.value)


def test_a_file_that_is_no_text_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"GEMINI_API_KEY=\xff\xfe")

    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_keys(file)
