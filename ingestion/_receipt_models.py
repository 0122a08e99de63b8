"""The model that reads a user's receipts, as a deployed function uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from ingestion.parsing.receipts.gemini import (
    GeminiConnection,
    GeminiReceiptModel,
    GeminiSettings,
)
from paypulse.aws import clients
from paypulse.aws.rate_limits import DynamoSpendingCounters
from paypulse.aws.secrets import OptionalSecret
from paypulse.clock import utc_now
from paypulse.receipts import NoReading
from paypulse.token_budgets import DailyTokenBudget

if TYPE_CHECKING:
    from paypulse.ports.clock import Clock
    from paypulse.ports.models import SpendingCounters, TokenBudget
    from paypulse.receipts import Category, ModelAnswer, ReceiptModel, VendorHints

_NAMESPACE = "PayPulse"


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What a function needs in its environment to use the model."""

    gemini_api_key_secret: str
    gemini_model: str  # ids, separated by commas: the next is asked when one no longer exists
    gemini_daily_tokens: int  # of one user
    rate_limits_table: str
    gemini_base_url: str


class ReceiptModels:
    """Makes models that share a connection, each within the budget of one user."""

    def __init__(
        self, settings: ModelSettings, *, key: OptionalSecret, counters: SpendingCounters
    ) -> None:
        self._settings = settings
        self._key = key
        self._counters = counters
        self._connection: GeminiConnection | None = None

    def for_user(self, user_id: str, *, clock: Clock = utc_now) -> ReceiptModel | None:
        """Return the model that reads a user's receipts; None where there is no key for it.

        Raises:
            TransientError: Secrets Manager did not answer.
        """
        api_key = self._key.value()
        if api_key is None:
            return None
        budget = DailyTokenBudget(
            self._counters, clock, user_id, self._settings.gemini_daily_tokens
        )
        return _Watched(GeminiReceiptModel(self._connected(api_key), budget=_Metered(budget)))

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self, api_key: str) -> GeminiConnection:
        if self._connection is not None and self._connection.settings.api_key != api_key:
            self.close()  # the key was changed
        if self._connection is None:
            names = self._settings.gemini_model.split(",")
            self._connection = GeminiConnection(
                GeminiSettings(
                    api_key=api_key,
                    model_ids=tuple(name.strip() for name in names if name.strip()),
                    base_url=self._settings.gemini_base_url or None,
                )
            )
        return self._connection


def build_models(settings: ModelSettings) -> ReceiptModels:
    """Return the models on AWS's secrets and counters."""
    return ReceiptModels(
        settings,
        key=OptionalSecret(settings.gemini_api_key_secret, clients.secrets_manager()),
        counters=DynamoSpendingCounters(settings.rate_limits_table, clients.dynamodb()),
    )


@dataclass(frozen=True, slots=True)
class _Metered:
    """A budget that tells CloudWatch what was spent."""

    budget: TokenBudget

    def reserve(self, tokens: int) -> bool:
        return self.budget.reserve(tokens)

    def settle(self, reserved: int, spent: int) -> None:
        if spent:
            _count("ModelTokens", spent)
        self.budget.settle(reserved, spent)


@dataclass(frozen=True, slots=True)
class _Watched:
    """A model that tells the log and CloudWatch when and why it gave no reading."""

    model: ReceiptModel

    def __call__(
        self, text: str, *, category: Category, hints: VendorHints | None = None
    ) -> ModelAnswer | NoReading:
        answer = self.model(text, category=category, hints=hints)
        if isinstance(answer, NoReading):
            Logger().warning("no reading by the model", extra={"reason": answer.value})
            _count("ModelGaveNoReading", 1, reason=answer.value)
        return answer


def _count(name: str, value: int, **dimensions: str) -> None:
    """Log a metric in CloudWatch's embedded format; its dimension `service` is the function."""
    with single_metric(
        name=name, unit=MetricUnit.Count, value=value, namespace=_NAMESPACE
    ) as metric:
        for dimension, text in dimensions.items():
            metric.add_dimension(name=dimension, value=text)
