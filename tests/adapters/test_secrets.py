from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from paypulse.aws.secrets import Secret, SecretGrants
from paypulse.gmail_grant import READ_SCOPE, GmailGrant
from tests.factories import NOW

if TYPE_CHECKING:
    from tests.conftest import Aws

GRANT = GmailGrant(
    access_token="ya29.a",
    refresh_token="1//r",
    expires_at=NOW + timedelta(hours=1),
    scopes=("openid", READ_SCOPE),
    google_user_id="1042",
    google_email="ronja@gmail.example",
    connected_at=NOW,
)


def test_a_grant_comes_back_as_it_was(aws: Aws, user_id: str) -> None:
    grants = SecretGrants("gmail/user/", aws.client("secretsmanager"))
    assert grants.get(user_id) is None

    grants.put(user_id, GRANT)
    renewed = replace(GRANT, access_token="ya29.b", refresh_token=None)
    grants.put(user_id, renewed)

    assert grants.get(user_id) == renewed


def test_a_grant_is_forgotten_at_once_and_can_come_again(aws: Aws, user_id: str) -> None:
    grants = SecretGrants("gmail/user/", aws.client("secretsmanager"))
    grants.put(user_id, GRANT)

    for _ in range(2):
        grants.delete(user_id)
    assert grants.get(user_id) is None

    grants.put(user_id, GRANT)
    assert grants.get(user_id) == GRANT


def test_a_secret_is_read_once_until_a_fresh_value_is_asked_for(aws: Aws, user_id: str) -> None:
    manager = aws.client("secretsmanager")
    manager.create_secret(Name=user_id, SecretString="old")
    secret = Secret(user_id, manager)
    assert secret.value() == "old"

    manager.put_secret_value(SecretId=user_id, SecretString="new")

    assert secret.value() == "old"
    assert secret.value(fresh=True) == "new"
