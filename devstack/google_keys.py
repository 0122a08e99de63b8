"""Keys of your own at Google, from `.env`: with them the dev stack talks to Google itself.

Each alone works too: a client without a key reads a real mailbox offline, a key without a client
lets the real model read the sample mailbox.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from paypulse.errors import ConfigurationError
from paypulse.google.endpoints import GoogleEndpoints

if TYPE_CHECKING:
    from collections.abc import Mapping

ENV_FILE = Path(".env")
NAMES = ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GEMINI_API_KEY", "GEMINI_MODEL")
# The client that the emulator's accounts let in.
LOCAL_CLIENT_ID = "paypulse-local.apps.googleusercontent.com"

_FORMS = {
    "GOOGLE_CLIENT_ID": (
        re.compile(r"[\w-]+\.apps\.googleusercontent\.com"),
        "ends with .apps.googleusercontent.com",
    ),
    "GOOGLE_CLIENT_SECRET": (re.compile(r"[\w.~/+-]{8,}"), "is one word, copied whole"),
    "GEMINI_API_KEY": (re.compile(r"[\w.-]{20,}"), "is one word of about 40 characters"),
    "GEMINI_MODEL": (
        re.compile(r"[a-z0-9.-]+(\s*,\s*[a-z0-9.-]+)*"),
        "is a model's id, or several separated by commas",
    ),
}


@dataclass(frozen=True, slots=True)
class GoogleClient:
    """An OAuth client of the type "Desktop app"."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleKeys:
    """What of Google is real; nothing, unless it is given."""

    client: GoogleClient | None = None
    gemini_api_key: str | None = field(default=None, repr=False)
    gemini_model: str | None = None

    def endpoints(self, emulator_url: str) -> GoogleEndpoints:
        """Return where OAuth and Gmail are."""
        return GoogleEndpoints() if self.client else GoogleEndpoints.at(emulator_url)

    def variables(self, emulator_url: str) -> dict[str, str]:
        """Return the variables of `stack.yaml` that say where Google is; none of them is secret."""
        found = {
            "google_base_url": "" if self.client else emulator_url,
            "gemini_base_url": "" if self.gemini_api_key else emulator_url,
        }
        return found | ({"gemini_model": self.gemini_model} if self.gemini_model else {})

    def services(self) -> dict[str, str]:
        """Return what people should know about who answers."""
        return {
            "Gmail": "Google" if self.client else "emulator",
            "Gemini": "Google" if self.gemini_api_key else "not asked",
        }

    def secrets(self) -> dict[str, str | None]:
        """Return the values of secrets by their key in `stack.yaml`; None for an empty one.

        The model has no key unless there is a real one: the emulated Gemini repeats the layout
        reader, so its agreement would prove nothing.
        """
        return {
            "google_client_id": self.client.id if self.client else LOCAL_CLIENT_ID,
            "google_client_secret": self.client.secret if self.client else None,
            "gemini_api_key": self.gemini_api_key,
        }


def read_keys(file: Path = ENV_FILE) -> GoogleKeys:
    """Return the keys in a file; none where there is no file, or nothing in it.

    Raises:
        ConfigurationError: with a line for each mistake; no value is repeated.
    """
    values = read_values(file)
    problems = [
        f"{file}: {name} does not look right: it {form}; copy it again from Google's console"
        for name, (pattern, form) in _FORMS.items()
        if name in values and not pattern.fullmatch(values[name])
    ]
    client_id, secret = values.get("GOOGLE_CLIENT_ID"), values.get("GOOGLE_CLIENT_SECRET")
    if bool(client_id) != bool(secret):
        given, missing = ("ID", "SECRET") if client_id else ("SECRET", "ID")
        problems.append(
            f"{file}: GOOGLE_CLIENT_{given} is there without GOOGLE_CLIENT_{missing};"
            " give both, or neither to use the emulator"
        )
    if problems:
        raise ConfigurationError("\n".join(problems))
    return GoogleKeys(
        client=GoogleClient(client_id, secret) if client_id and secret else None,
        gemini_api_key=values.get("GEMINI_API_KEY"),
        gemini_model=values.get("GEMINI_MODEL"),
    )


def read_values(file: Path) -> Mapping[str, str]:
    """Return what a file sets, empty values left out.

    Raises:
        ConfigurationError: the file is there and cannot be read.
    """
    if not file.exists():
        return {}
    try:
        values = dotenv_values(file, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{file} cannot be read ({type(error).__name__}); it is a text file, see .env.example"
        ) from None
    return {name: value.strip() for name, value in values.items() if value and value.strip()}
