"""What the two functions that notify people build alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
)

from paypulse.aws import clients
from paypulse.aws.devices import DynamoDevices
from paypulse.aws.sessions import DynamoSessions
from paypulse.aws.sns import SnsEmails, SnsPush
from paypulse.aws.users import DynamoUsers
from paypulse.errors import TransientError
from paypulse.notify_user import Notifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

# Streams keep records for a day, and a reminder may be asked for on each of fourteen days.
_REMEMBERED_S = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class NotifierSettings:
    """The environment that both functions have."""

    users_table: str
    sessions_table: str
    devices_table: str
    idempotency_table: str
    push_application: str
    invoice_topic: str


class RememberedWork:
    """Implements `Once` on Powertools' idempotency; call `begin` with every event."""

    def __init__(self, table: str) -> None:
        self._config = IdempotencyConfig(
            event_key_jmespath="key",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=_REMEMBERED_S,
        )

        @idempotent_function(  # type: ignore[untyped-decorator]  # Powertools leaves it out
            data_keyword_argument="named",
            config=self._config,
            persistence_store=DynamoDBPersistenceLayer(table, boto3_client=clients.dynamodb()),
        )
        def do(*, named: dict[str, Any], work: Callable[[], None]) -> None:
            del named  # Powertools reads it
            work()

        self._do: Callable[..., None] = do

    def begin(self, context: LambdaContext) -> None:
        """Let what a killed process left at work be done again when its time would be over."""
        self._config.register_lambda_context(context)

    def __call__(self, key: str, work: Callable[[], None]) -> None:
        """Do the work once; see `Once`."""
        try:
            self._do(named={"key": key}, work=work)
        except IdempotencyAlreadyInProgressError as error:
            raise TransientError("another delivery is at it") from error


def build_notifier(settings: NotifierSettings, once: RememberedWork) -> Notifier:
    """Return a notifier on AWS."""
    dynamodb, sns = clients.dynamodb(), clients.sns()
    return Notifier(
        users=DynamoUsers(settings.users_table, dynamodb),
        sessions=DynamoSessions(settings.sessions_table, dynamodb),
        devices=DynamoDevices(settings.devices_table, dynamodb),
        push=SnsPush(settings.push_application, sns),
        emails=SnsEmails(settings.invoice_topic, sns),
        once=once,
    )
