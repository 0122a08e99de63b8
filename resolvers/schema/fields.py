"""Shorthand for described fields and arguments."""

from __future__ import annotations

from typing import Any, Never

import strawberry


def described(description: str, **more: Any) -> Any:
    """Return a field with a description."""
    return strawberry.field(description=description, **more)


def argument(description: str) -> Any:
    """Return what describes an argument, for use in Annotated."""
    return strawberry.argument(description=description)


def answered_by_function() -> Never:
    """Stand for a resolver: AppSync calls the function that stack.yaml names for the field."""
    raise NotImplementedError("the contract has no logic; ask the API")
