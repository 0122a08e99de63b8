"""Google's own clients against the emulator, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from devstack.google.accounts import GoogleAccount
from devstack.google.server import create_app
from ingestion.gmail.failures import GmailRefused
from ingestion.gmail.quota import QuotaWindow
from paypulse.errors import (
    ConfigurationError,
    MessagesWithheld,
    RateLimited,
    ReconnectRequired,
    TransientError,
)
from tests.adapters.conftest import CLIENT_ID, EMAIL, GOOGLE_USER_ID

if TYPE_CHECKING:
    from tests.adapters.conftest import CurrentApp, EmulatedGoogle


def test_search_reads_all_pages_newest_first(google_emulator: EmulatedGoogle) -> None:
    first = google_emulator.deliver("Hyresavi januari")
    google_emulator.clock.sleep(60)
    google_emulator.deliver("Nyhetsbrev")
    google_emulator.clock.sleep(60)
    second = google_emulator.deliver("Hyresavi februari")
    google_emulator.connect()

    page = google_emulator.mailbox().search("from:kundservice@wallenstam.se subject:hyresavi", None)

    assert page.message_ids == (second, first)
    assert page.next_page is None


def test_more_than_a_page_is_read_page_by_page(google_emulator: EmulatedGoogle) -> None:
    delivered = google_emulator.deliver_many(501)
    google_emulator.connect()
    mailbox = google_emulator.mailbox()

    first = mailbox.search("hyresavi", None)
    google_emulator.clock.sleep(60)
    google_emulator.deliver("Hyresavi that arrives between two pages")
    second = mailbox.search("hyresavi", first.next_page)

    assert len(first.message_ids) == 500
    assert second.next_page is None
    assert sorted(first.message_ids + second.message_ids) == sorted(delivered)


def test_empty_search_is_an_empty_page(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect()

    assert google_emulator.mailbox().search("subject:nothing", None).message_ids == ()


def test_fifty_messages_come_in_one_batch_without_the_deleted(
    google_emulator: EmulatedGoogle,
) -> None:
    ids = google_emulator.deliver_many(50)
    google_emulator.control("DELETE", f"mailboxes/ronja@example.com/messages/{ids[7]}")
    google_emulator.connect()

    mails = {mail.message_id: mail for mail in google_emulator.mailbox().fetch(ids)}

    assert set(mails) == {id_ for id_ in ids if id_ != ids[7]}
    assert b"Subject: Hyresavi 3\r\n" in mails[ids[3]].content
    assert mails[ids[3]].received_at == google_emulator.clock()
    assert google_emulator.calls("batch") == 1


def test_smaller_batches_bring_the_same(google_emulator: EmulatedGoogle) -> None:
    ids = google_emulator.deliver_many(5)
    google_emulator.connect()

    mails = list(google_emulator.mailbox(batch_size=2).fetch(ids))

    assert [mail.message_id for mail in mails] == ids
    assert google_emulator.calls("batch") == 3


def test_more_than_fifty_messages_are_refused(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect()

    with pytest.raises(ValueError, match="at most 50"):
        next(google_emulator.mailbox().fetch([str(number) for number in range(51)]))


def test_token_is_refreshed_ahead_of_expiry_and_written_back(
    google_emulator: EmulatedGoogle,
) -> None:
    old = google_emulator.connect(expires_in=299)

    google_emulator.mailbox(client_id=lambda: "paypulse-ios.apps.example").search("", None)

    new = google_emulator.grants.grants["user_1"]
    assert new.access_token != old.access_token
    assert new.expires_at > google_emulator.clock() + timedelta(minutes=50)
    assert replace(new, access_token=old.access_token, expires_at=old.expires_at) == old
    assert google_emulator.calls("messages.list") == 1


def test_token_with_time_left_is_not_refreshed(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect(expires_in=301)

    google_emulator.mailbox().search("", None)

    assert google_emulator.calls("token") == 0


def test_refused_token_is_refreshed_and_the_call_repeated(google_emulator: EmulatedGoogle) -> None:
    google_emulator.deliver("Hyresavi")
    old = google_emulator.connect()
    google_emulator.control("POST", "tokens/expire")

    page = google_emulator.mailbox().search("hyresavi", None)

    assert len(page.message_ids) == 1
    assert google_emulator.grants.grants["user_1"].access_token != old.access_token


def test_token_refused_inside_a_batch_is_refreshed_once(google_emulator: EmulatedGoogle) -> None:
    ids = google_emulator.deliver_many(3)
    old = google_emulator.connect()
    mailbox = google_emulator.mailbox()
    google_emulator.control("POST", "tokens/expire")

    mails = list(mailbox.fetch(ids))

    assert {mail.message_id for mail in mails} == set(ids)
    assert google_emulator.calls("token") == 1
    assert google_emulator.grants.grants["user_1"].access_token != old.access_token


def test_single_refused_part_is_repeated_alone(google_emulator: EmulatedGoogle) -> None:
    ids = google_emulator.deliver_many(3)
    google_emulator.connect()
    google_emulator.fault("messages.get", status=401, message_id=ids[1])

    mails = list(google_emulator.mailbox().fetch(ids))

    assert {mail.message_id for mail in mails} == set(ids)
    assert google_emulator.calls("messages.get") == 4


@pytest.mark.parametrize("when", ["ahead of a call", "on a refusal"])
def test_grant_taken_back_asks_to_reconnect(google_emulator: EmulatedGoogle, when: str) -> None:
    google_emulator.connect(expires_in=200 if when == "ahead of a call" else 3600)
    google_emulator.control("POST", "tokens/expire")
    google_emulator.fault("token", reason="invalid_grant")

    with pytest.raises(ReconnectRequired):
        google_emulator.mailbox().search("", None)


def test_fresh_token_that_is_refused_too_asks_to_reconnect(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect()
    google_emulator.fault("messages.list", status=401, times=2)

    with pytest.raises(ReconnectRequired):
        google_emulator.mailbox().search("", None)


@pytest.mark.parametrize("reason", ["insufficientPermissions", "domainPolicy"])
def test_missing_permission_asks_to_reconnect(google_emulator: EmulatedGoogle, reason: str) -> None:
    google_emulator.connect()
    google_emulator.fault("messages.list", status=403, reason=reason)

    with pytest.raises(ReconnectRequired):
        google_emulator.mailbox().search("", None)


def test_grant_without_the_gmail_scope_asks_to_reconnect(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect(scopes="openid email")

    with pytest.raises(ReconnectRequired):
        google_emulator.mailbox().search("", None)


def test_wrong_client_id_names_the_secret(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect(expires_in=10)

    with pytest.raises(ConfigurationError, match="Google-OAuth-Client-ID"):
        google_emulator.mailbox(client_id="another-app").search("", None)


def test_no_grant_asks_to_connect(google_emulator: EmulatedGoogle) -> None:
    with pytest.raises(ReconnectRequired):
        google_emulator.mailbox()


def test_grant_without_refresh_token_works_until_it_ends(google_emulator: EmulatedGoogle) -> None:
    grant = google_emulator.connect(expires_in=200)
    google_emulator.grants.put("user_1", replace(grant, refresh_token=None))
    mailbox = google_emulator.mailbox()

    mailbox.search("", None)
    google_emulator.clock.sleep(201)

    with pytest.raises(ReconnectRequired):
        mailbox.search("", None)


def test_disconnecting_during_a_run_is_not_undone(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect(expires_in=200)
    mailbox = google_emulator.mailbox()
    google_emulator.grants.delete("user_1")

    with pytest.raises(ReconnectRequired):
        mailbox.search("", None)

    assert google_emulator.grants.get("user_1") is None


def test_connecting_anew_during_a_run_is_not_overwritten(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect(expires_in=200)
    mailbox = google_emulator.mailbox()
    google_emulator.clock.sleep(1)
    newer = google_emulator.connect()

    with pytest.raises(TransientError):
        mailbox.search("", None)

    assert google_emulator.grants.get("user_1") == newer


def test_refreshing_waits_for_whoever_changes_the_grant(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect(expires_in=200)
    clock = google_emulator.clock
    google_emulator.locks.acquire("user_1", now=clock(), until=clock() + timedelta(seconds=3))

    google_emulator.mailbox().search("", None)

    assert sum(clock.waits) >= 3
    assert google_emulator.calls("token") == 1
    assert google_emulator.locks.held == {}


def test_lock_that_is_not_given_back_in_time_is_a_passing_failure(
    google_emulator: EmulatedGoogle,
) -> None:
    old = google_emulator.connect(expires_in=200)
    clock = google_emulator.clock
    google_emulator.locks.acquire("user_1", now=clock(), until=clock() + timedelta(minutes=1))

    with pytest.raises(TransientError, match="changed elsewhere"):
        google_emulator.mailbox().search("", None)

    assert google_emulator.calls("token") == 0
    assert google_emulator.grants.get("user_1") == old


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (429, "rateLimitExceeded"),
        (403, "rateLimitExceeded"),
        (403, "userRateLimitExceeded"),
        (500, "backendError"),
        (503, "backendError"),
    ],
)
def test_busy_google_is_waited_out(
    google_emulator: EmulatedGoogle, status: int, reason: str
) -> None:
    google_emulator.deliver("Hyresavi")
    google_emulator.connect()
    google_emulator.fault("messages.list", status=status, reason=reason, times=3)

    page = google_emulator.mailbox().search("", None)

    assert len(page.message_ids) == 1
    waits = google_emulator.clock.waits
    assert [0.5 <= waits[0] <= 1, 1 <= waits[1] <= 2, 2 <= waits[2] <= 4] == [True] * 3


def test_parts_held_back_are_asked_for_again_alone(google_emulator: EmulatedGoogle) -> None:
    ids = google_emulator.deliver_many(10)
    google_emulator.connect()
    google_emulator.fault("messages.get", status=429, message_id=ids[4], times=2)
    google_emulator.fault("messages.get", status=403, reason="rateLimitExceeded", message_id=ids[5])
    google_emulator.fault("messages.get", status=500, message_id=ids[6])

    mails = list(google_emulator.mailbox().fetch(ids))

    assert sorted(mail.message_id for mail in mails) == sorted(ids)
    assert google_emulator.calls("batch") == 3
    assert google_emulator.calls("messages.get") == 10 + 3 + 1


@pytest.mark.parametrize("status", [400, 500])
def test_readable_mails_come_before_the_error_of_another(
    google_emulator: EmulatedGoogle, status: int
) -> None:
    ids = google_emulator.deliver_many(3)
    google_emulator.connect()
    google_emulator.fault(
        "messages.get", status=status, reason="failure", message_id=ids[1], times=5
    )
    mails = google_emulator.mailbox().fetch(ids)

    readable = {next(mails).message_id, next(mails).message_id}

    assert readable == {ids[0], ids[2]}
    with pytest.raises(MessagesWithheld) as caught:
        next(mails)
    assert caught.value.message_ids == (ids[1],)


def test_wait_that_google_names_is_kept(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect()
    google_emulator.fault("messages.list", status=429, retry_after_s=17)

    google_emulator.mailbox().search("", None)

    assert google_emulator.clock.waits == [17]


def test_wait_beyond_the_deadline_ends_the_run(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect()
    google_emulator.fault("messages.list", status=429, retry_after_s=31)

    with pytest.raises(RateLimited) as caught:
        google_emulator.mailbox(deadline_s=30).search("", None)

    assert (caught.value.service, caught.value.retry_after_s) == ("Gmail", 31)
    assert google_emulator.clock.waits == []


def test_used_up_day_is_not_waited_for(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect()
    google_emulator.fault("messages.list", status=403, reason="dailyLimitExceeded")

    with pytest.raises(RateLimited):
        google_emulator.mailbox(deadline_s=800).search("", None)


def test_quota_is_never_exceeded_in_any_minute(google_emulator: EmulatedGoogle) -> None:
    ids = google_emulator.deliver_many(5)
    google_emulator.connect()
    mailbox = google_emulator.mailbox(
        quota=QuotaWindow(google_emulator.clock, units_per_minute=200)
    )

    for _ in range(3):
        list(mailbox.fetch(ids))

    assert google_emulator.clock.waits == [60]


def test_quota_that_is_free_too_late_ends_the_run(google_emulator: EmulatedGoogle) -> None:
    ids = google_emulator.deliver_many(5)
    google_emulator.connect()
    quota = QuotaWindow(google_emulator.clock, units_per_minute=100)
    list(google_emulator.mailbox(quota=quota).fetch(ids))
    google_emulator.clock.sleep(20)

    with pytest.raises(RateLimited) as caught:
        list(google_emulator.mailbox(quota=quota, deadline_s=39).fetch(ids))

    assert caught.value.retry_after_s == 40


def test_google_that_stays_down_is_a_passing_failure(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect()
    google_emulator.fault("messages.list", status=503, times=100)

    with pytest.raises(TransientError, match="503"):
        google_emulator.mailbox().search("", None)

    assert google_emulator.calls("messages.list") == 5


def test_google_out_of_reach_is_a_passing_failure(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect()
    nowhere = replace(google_emulator.endpoints, gmail="http://127.0.0.1:9")

    with pytest.raises(TransientError, match="nothing"):
        google_emulator.mailbox(endpoints=nowhere).search("", None)


def test_slow_google_is_given_up(google_emulator: EmulatedGoogle) -> None:
    google_emulator.connect()
    google_emulator.fault("messages.list", delay_s=0.5)

    page = google_emulator.mailbox(timeout_s=0.2).search("", None)

    assert page.message_ids == ()
    assert google_emulator.calls("messages.list") == 2


def test_messages_of_errors_hold_nothing_of_the_user(google_emulator: EmulatedGoogle) -> None:
    grant = google_emulator.connect()
    google_emulator.fault("messages.list", status=403, reason="forbidden")

    with pytest.raises(GmailRefused) as caught:
        google_emulator.mailbox().search("from:landlord@example.com", None)

    assert str(caught.value) == "Gmail refuses the call: 403 forbidden"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert grant.access_token not in str(caught.value)


def test_a_token_of_a_client_with_a_secret_is_refreshed_with_it(
    google_emulator: EmulatedGoogle, google_server: tuple[CurrentApp, str]
) -> None:
    google_emulator.connect(expires_in=1)
    account = GoogleAccount.with_mails(EMAIL, GOOGLE_USER_ID, CLIENT_ID)
    google_server[0].app = create_app(
        [account], clock=google_emulator.clock, client_secret="the-secret"
    )

    found = google_emulator.mailbox(client_secret=lambda: "the-secret").search("", None)

    assert found.message_ids == ()
    google_emulator.connect(expires_in=1)
    with pytest.raises(ConfigurationError):
        google_emulator.mailbox().search("", None)
