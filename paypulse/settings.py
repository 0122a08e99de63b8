"""Typed settings from environment variables: one dataclass per function, field `x` from `X`."""

from __future__ import annotations

import os
from dataclasses import fields
from typing import TYPE_CHECKING, get_type_hints

from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def load_settings[T](cls: type[T], environ: Mapping[str, str] | None = None) -> T:
    """Fill a settings dataclass whose fields are `str` or `int`.

    Raises:
        ConfigurationError: a variable is missing or no number; the message names it and the
            place that provides it.
    """
    source = os.environ if environ is None else environ  # noqa: TID251 - the one place
    hints = get_type_hints(cls)
    values: dict[str, str | int] = {}
    for field in fields(cls):  # type: ignore[arg-type]  # every settings class is a dataclass
        name = field.name.upper()
        text = source.get(name)
        if text is None:
            raise ConfigurationError(
                f"{cls.__module__}: environment variable {name} is not set; "
                f"list it under the function's `env` in paypulse/stack.yaml"
            )
        values[field.name] = _convert(text, hints[field.name], name)
    return cls(**values)


def _convert(text: str, type_: type, name: str) -> str | int:
    if type_ is not int:
        return text
    try:
        return int(text)
    except ValueError:
        raise ConfigurationError(
            f"environment variable {name} must be a whole number, not {text!r}; "
            f"mend its value in paypulse/stack.yaml"
        ) from None


def warm_up(build: Callable[[], object]) -> None:
    """Build a function's collaborators during Lambda's init phase, and nowhere else."""
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:  # noqa: TID251 - set by Lambda itself
        build()
