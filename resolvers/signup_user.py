"""`signup_user`: `Mutation.signUp`, with the API key."""

from __future__ import annotations

from typing import Any

from paypulse import accounts
from resolvers import _sessions, _shapes
from resolvers._app import Fields
from resolvers._sessions import Settings

__all__ = ["Settings", "handler"]

fields = Fields()


@fields.mutation("signUp")
def sign_up(input_: dict[str, Any]) -> dict[str, Any]:
    """Open an account and its first session."""
    session = accounts.sign_up(
        input_["name"],
        input_["email"],
        input_["password"],
        source=fields.source,
        desk=_sessions.desk(),
    )
    return {"session": _shapes.session(session)}


handler = fields
_sessions.warm_up_desk()
