from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from paypulse.accounts import StoredSession
from paypulse.aws.sessions import DynamoSessions
from tests.factories import NOW

if TYPE_CHECKING:
    from tests.conftest import Aws


@pytest.fixture
def sessions(aws: Aws) -> DynamoSessions:
    return DynamoSessions("Sessions", aws.client("dynamodb"))


@pytest.fixture
def session(sessions: DynamoSessions, user_id: str) -> StoredSession:
    session = StoredSession(user_id, "s1", "hash-1", NOW, NOW + timedelta(days=60))
    sessions.add(session)
    return session


def test_a_session_comes_back_as_it_was(sessions: DynamoSessions, session: StoredSession) -> None:
    assert sessions.get(session.user_id, "s1") == session


def test_a_refresh_token_works_once(sessions: DynamoSessions, session: StoredSession) -> None:
    first = sessions.rotate(session.user_id, "s1", "hash-1", "hash-2", now=NOW)
    again = sessions.rotate(session.user_id, "s1", "hash-1", "hash-3", now=NOW)

    assert (first, again) == (True, False)


def test_an_ended_or_expired_session_is_not_renewed(
    sessions: DynamoSessions, session: StoredSession
) -> None:
    late = NOW + timedelta(days=61)
    assert not sessions.rotate(session.user_id, "s1", "hash-1", "hash-2", now=late)

    sessions.end(session.user_id, "s1")

    assert not sessions.rotate(session.user_id, "s1", "hash-1", "hash-2", now=NOW)


def test_ending_a_session_that_is_not_there_makes_none(
    sessions: DynamoSessions, user_id: str
) -> None:
    sessions.end(user_id, "unknown")

    assert sessions.get(user_id, "unknown") is None


def test_all_sessions_end_together(sessions: DynamoSessions, session: StoredSession) -> None:
    other = StoredSession(session.user_id, "s2", "hash", NOW, session.expires_at)
    sessions.add(other)
    sessions.end(session.user_id, "s1")

    assert sessions.end_all(session.user_id) == 1
    found = sessions.get(session.user_id, "s2")
    assert found is not None
    assert found.ended
