"""The emulator's search box, against what Gmail documents and does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.google.search import SearchableMail, parse_query

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
RECEIVED_AT = datetime(2026, 1, 20, 13, 31, tzinfo=UTC)
MAIL = SearchableMail(
    sender='"Wallenstam Kundservice" <kundservice@wallenstam.se>',
    recipients="Ronja <ronja@example.com>",
    copies="bo@example.org",
    subject="Din hyresavi för februari",
    message_id="abc.1@wallenstam.se",
    body="Hej! Här kommer avin. Betala senast den 31 januari.",
    filenames=("Hyresavi_1297112086.pdf",),
    received_at=RECEIVED_AT,
    size=200_000,
    label_ids=frozenset({"INBOX", "UNREAD"}),
)


def matches(query: str) -> bool:
    return parse_query(query, NOW)(MAIL)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from:kundservice@wallenstam.se",
        "from:wallenstam.se",
        "FROM:Wallenstam",
        "from: kundservice",
        "to:ronja@example.com",
        "to:bo@example.org",
        "cc:bo",
        "subject:hyresavi",
        "subject:HYRESAVI",
        "subject:(hyresavi februari)",
        'subject:"hyresavi för"',
        "hyresavi wallenstam",
        '"betala senast"',
        "has:attachment",
        "filename:pdf",
        "filename:Hyresavi_1297112086.pdf",
        "-from:ikea.com",
        "-subject:faktura",
        "from:(ikea.com OR wallenstam.se)",
        "from:(ikea.com | wallenstam.se)",
        "from:{ikea.com wallenstam.se}",
        "{from:ikea.com from:wallenstam.se} subject:hyresavi",
        "(from:ikea.com subject:kvitto) OR (from:wallenstam.se subject:hyresavi)",
        "subject:faktura OR subject:hyresavi from:wallenstam.se",
        "hyresavi AND februari",
        "-(from:ikea.com hyresavi)",
        "-{from:ikea.com from:h.m}",
        "rfc822msgid:abc.1@wallenstam.se",
        "in:inbox is:unread larger:100k smaller:1m label:INBOX in:anywhere",
        "after:2026/01/20",
        "after:2026-1-19 before:2026/01/21",
        "newer_than:12d older_than:11d",
        "newer_than:1m",
        "newer_than:1y",
        "from:(wallenstam.se",
        'subject:"hyresavi',
    ],
)
def test_query_finds_the_mail(query: str) -> None:
    assert matches(query)


@pytest.mark.parametrize(
    "query",
    [
        "from:allenstam.se",
        "from:se.wallenstam",
        "from:ronja",
        "subject:hyres",
        "subject:(hyresavi mars)",
        'subject:"februari hyresavi"',
        "wallenstam -hyresavi",
        "-has:attachment",
        "filename:docx",
        "from:(ikea.com OR h.m)",
        "{from:ikea.com from:h.m}",
        "subject:hyresavi OR subject:faktura from:ikea.com",
        "-{from:ikea.com from:wallenstam.se}",
        "is:read",
        "in:trash",
        "larger:1m",
        "before:2026/01/20",
        "after:2026/01/21",
        "newer_than:11d",
        "older_than:12d",
        "rfc822msgid:abc",
        "https://example.com/nowhere",
        "{}",
    ],
)
def test_query_does_not_find_the_mail(query: str) -> None:
    assert not matches(query)


def test_dates_begin_at_midnight_in_gmails_zone() -> None:
    midnight = datetime(2026, 1, 20, 8, tzinfo=UTC)
    early = [midnight - timedelta(seconds=1), midnight]

    found = [parse_query("after:2026/01/20", NOW)(with_time(instant)) for instant in early]

    assert found == [False, True]


def test_seconds_since_the_epoch_are_exact() -> None:
    at = int(RECEIVED_AT.timestamp())

    assert matches(f"after:{at}")
    assert not matches(f"after:{at + 1}")
    assert matches(f"before:{at + 1}")
    assert not matches(f"before:{at}")


@given(st.text(alphabet='ab:-(){}"| ORfromsubject/0123456789', max_size=60))
def test_any_text_is_a_query(query: str) -> None:
    assert parse_query(query, NOW)(MAIL) in (True, False)


def with_time(received_at: datetime) -> SearchableMail:
    return SearchableMail("", "", "", "", "", "", (), received_at, 0, frozenset())
