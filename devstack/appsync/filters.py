"""Subscription filters: AppSync's filter groups, how they are made and when they match.

Source:
    https://docs.aws.amazon.com/appsync/latest/devguide/transformation-helpers-in-utils-transform-js.html
    (conversion) and .../aws-appsync-real-time-enhanced-filtering.html (operators).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

Filter = Mapping[str, Any]

_MAX_NESTING = 5


def to_subscription_filter(condition: Mapping[str, Any]) -> dict[str, Any]:
    """Return `{"filterGroup": [...]}` for a condition object.

    Entries of one object are joined by AND, operators of one field by OR, as AppSync documents
    it; `and` and `or` hold lists of conditions. Groups are alternatives.
    """
    return {"filterGroup": [{"filters": list(group)} for group in _alternatives(condition)]}


def _alternatives(condition: Mapping[str, Any]) -> list[tuple[dict[str, Any], ...]]:
    factors = [_factor(name, value) for name, value in condition.items()]
    return [tuple(itertools.chain(*parts)) for parts in itertools.product(*factors)]


def _factor(name: str, value: Any) -> list[tuple[dict[str, Any], ...]]:
    if name == "or":
        return [group for condition in value for group in _alternatives(condition)]
    if name == "and":
        parts = itertools.product(*(_alternatives(condition) for condition in value))
        return [tuple(itertools.chain(*groups)) for groups in parts]
    return [
        ({"fieldName": name, "operator": operator, "value": operand},)
        for operator, operand in value.items()
    ]


def matches(filter_: Filter, event: Mapping[str, Any]) -> bool:
    """Return whether an event passes: every filter of at least one group.

    A field that the event does not have, or has as null, passes no operator, `ne` included: an
    event whose owner is unknown reaches nobody (the stricter reading).
    """
    return any(
        all(_passes(rule, event) for rule in group["filters"]) for group in filter_["filterGroup"]
    )


def _passes(rule: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    value: Any = event
    for name in str(rule["fieldName"]).split(".", _MAX_NESTING):
        value = value.get(name) if isinstance(value, Mapping) else None
    operator = _OPERATORS.get(rule["operator"])
    if value is None or operator is None:
        return False
    try:
        return bool(operator(value, rule["value"]))
    except TypeError:
        return False  # numbers and texts cannot be ordered against each other


def _equal(value: Any, operand: Any) -> bool:
    # In GraphQL true is not 1, although in Python it is.
    return isinstance(value, bool) == isinstance(operand, bool) and bool(value == operand)


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": _equal,
    "ne": lambda value, operand: not _equal(value, operand),
    "le": lambda value, operand: value <= operand,
    "lt": lambda value, operand: value < operand,
    "ge": lambda value, operand: value >= operand,
    "gt": lambda value, operand: value > operand,
    "contains": lambda value, operand: operand in value,
    "notContains": lambda value, operand: operand not in value,
    "beginsWith": lambda value, operand: isinstance(value, str) and value.startswith(operand),
    "in": lambda value, operand: any(_equal(value, one) for one in operand),
    "notIn": lambda value, operand: not any(_equal(value, one) for one in operand),
    "between": lambda value, operand: operand[0] <= value <= operand[1],
    "containsAny": lambda value, operand: any(one in value for one in operand),
}
