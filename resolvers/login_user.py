"""`login_user`: `Mutation.logIn` and `refreshSession` with the API key, the rest with a session."""

from __future__ import annotations

from typing import Any

from paypulse import accounts
from resolvers import _sessions, _shapes
from resolvers._app import Fields
from resolvers._sessions import Settings

__all__ = ["Settings", "handler"]

fields = Fields()


@fields.mutation("logIn")
def log_in(input_: dict[str, Any]) -> dict[str, Any]:
    """Open a session."""
    session = accounts.log_in(
        input_["email"], input_["password"], source=fields.source, desk=_sessions.desk()
    )
    return {"session": _shapes.session(session)}


@fields.mutation("refreshSession")
def refresh_session(input_: dict[str, Any]) -> dict[str, Any]:
    """Swap a refresh token for a new session."""
    session = accounts.refresh_session(
        input_["refreshToken"], source=fields.source, desk=_sessions.desk()
    )
    return {"session": _shapes.session(session)}


@fields.mutation("logOut")
def log_out(input_: dict[str, Any]) -> dict[str, Any]:
    """End the caller's session, or all of the caller's."""
    caller = fields.caller
    ended = accounts.log_out(
        caller.user_id,
        caller.session_id,
        all_sessions=bool(input_.get("allSessions")),
        sessions=_sessions.desk().sessions,
    )
    return {"endedSessions": ended}


@fields.mutation("changePassword")
def change_password(input_: dict[str, Any]) -> dict[str, Any]:
    """Replace the password and end the caller's other sessions."""
    caller = fields.caller
    ended = accounts.change_password(
        caller.user_id,
        caller.session_id,
        input_["currentPassword"],
        input_["newPassword"],
        desk=_sessions.desk(),
    )
    return {"endedSessions": ended}


handler = fields
_sessions.warm_up_desk()
