"""Secrets, read at run time through a short cache, and the Gmail grants among them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from paypulse.aws.items import translated
from paypulse.clock import from_text, to_text
from paypulse.gmail_grant import GmailGrant

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CACHE_S = 300.0


class Secret:
    """One named secret; read again after five minutes, or when `fresh` is asked for."""

    def __init__(self, name: str, client: SecretsManagerClient) -> None:
        self._name = name
        self._client = client
        self._value = ""
        self._read_at = float("-inf")

    def value(self, *, fresh: bool = False) -> str:
        """Return the secret's text."""
        if fresh or time.monotonic() - self._read_at > _CACHE_S:
            with translated("Secrets Manager"):
                answer = self._client.get_secret_value(SecretId=self._name)
            self._value = answer["SecretString"]
            self._read_at = time.monotonic()
        return self._value


class OptionalSecret:
    """One named secret that nobody need fill in; asked for again after five minutes."""

    def __init__(self, name: str, client: SecretsManagerClient) -> None:
        self._secret = Secret(name, client)
        self._missing = client.exceptions.ResourceNotFoundException
        self._missed_at = float("-inf")

    def value(self) -> str | None:
        """Return the secret's text; None where it has none."""
        if time.monotonic() - self._missed_at <= _CACHE_S:
            return None
        try:
            text = self._secret.value().strip()
        except (self._missing, KeyError):
            text = ""  # AWS finds no version; MiniStack answers without a text
        if not text:
            self._missed_at = time.monotonic()
        return text or None


class SecretGrants:
    """Implements `GrantStore`; never cached, because workers refresh tokens for each other."""

    def __init__(self, prefix: str, client: SecretsManagerClient) -> None:
        self._prefix = prefix
        self._client = client

    def get(self, user_id: str) -> GmailGrant | None:
        try:
            with translated("Secrets Manager"):
                answer = self._client.get_secret_value(SecretId=self._name(user_id))
        except self._client.exceptions.ResourceNotFoundException:
            return None
        return _to_grant(json.loads(answer["SecretString"]))

    def put(self, user_id: str, grant: GmailGrant) -> None:
        text = json.dumps(_from_grant(grant))
        with translated("Secrets Manager"):
            try:
                self._client.put_secret_value(SecretId=self._name(user_id), SecretString=text)
            except self._client.exceptions.ResourceNotFoundException:
                self._client.create_secret(Name=self._name(user_id), SecretString=text)

    def delete(self, user_id: str) -> None:
        try:
            with translated("Secrets Manager"):
                self._client.delete_secret(
                    SecretId=self._name(user_id), ForceDeleteWithoutRecovery=True
                )
        except self._client.exceptions.ResourceNotFoundException:
            return

    def _name(self, user_id: str) -> str:
        return f"{self._prefix}{user_id}"


def _from_grant(grant: GmailGrant) -> dict[str, Any]:
    values = {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expires_at": to_text(grant.expires_at),
        "scope": " ".join(grant.scopes),
        "token_type": "Bearer",
        "created_at": to_text(grant.connected_at),
        "google_user_id": grant.google_user_id,
        "google_email": grant.google_email,
    }
    return {key: value for key, value in values.items() if value is not None}


def _to_grant(values: dict[str, Any]) -> GmailGrant:
    return GmailGrant(
        access_token=values["access_token"],
        refresh_token=values.get("refresh_token"),
        expires_at=from_text(values["expires_at"]),
        scopes=tuple(values["scope"].split()),
        google_user_id=values["google_user_id"],
        google_email=values["google_email"],
        connected_at=from_text(values["created_at"]),
    )
