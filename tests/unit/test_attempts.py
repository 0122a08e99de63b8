from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from paypulse.attempts import Attempts, Limit, network_of
from paypulse.common_passwords import COMMON_PASSWORDS, is_common
from paypulse.errors import TooManyAttempts

LIMIT = Limit("log-in", 2)
START = datetime(2026, 1, 20, 8, 30, tzinfo=UTC)  # a window begins


class Counters:
    """`AttemptCounters` in memory."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def count(self, key: str, *, most: int, until: datetime) -> bool:
        assert until > START
        if self.counts.get(key, 0) >= most:
            return False
        self.counts[key] = self.counts.get(key, 0) + 1
        return True

    def forget(self, key: str) -> None:
        self.counts.pop(key, None)


class Time:
    """A clock that is set by hand."""

    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
def attempts(time: Time, counters: Counters) -> Attempts:
    return Attempts(counters, time)


def test_over_the_limit_the_answer_says_when_the_window_ends(
    attempts: Attempts, time: Time
) -> None:
    time.now = START + timedelta(minutes=14, seconds=30.5)
    attempts.admit(LIMIT, "ronja")
    attempts.admit(LIMIT, "ronja")

    with pytest.raises(TooManyAttempts) as refusal:
        attempts.admit(LIMIT, "ronja")

    assert refusal.value.retry_after_s == 30
    assert refusal.value.info == {"retryAfterS": 30}


def test_a_stranger_who_keeps_trying_locks_nobody_out_beyond_the_window(
    attempts: Attempts, time: Time
) -> None:
    for _ in range(2):
        attempts.admit(LIMIT, "ronja")
    for second in range(0, 900, 30):
        time.now = START + timedelta(seconds=second)
        with pytest.raises(TooManyAttempts):
            attempts.admit(LIMIT, "ronja")

    time.now = START + timedelta(minutes=15)

    attempts.admit(LIMIT, "ronja")


def test_each_subject_and_each_limit_has_a_counter_of_its_own(attempts: Attempts) -> None:
    for subject in ("ronja", "birk"):
        for limit in (LIMIT, Limit("sign-up", 2)):
            attempts.admit(limit, subject)
            attempts.admit(limit, subject)


def test_counters_name_nobody(attempts: Attempts, counters: Counters) -> None:
    attempts.admit(LIMIT, "ronja@example.com")

    (key,) = counters.counts
    assert "ronja" not in key


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", None),
        ("unknown", None),
        ("203.0.113.7:443", None),
    ],
)
def test_an_ipv6_host_counts_with_its_whole_network(address: str, network: str | None) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize("password", ["1234567890", "Password123", "QWERTYUIOP", "Lösenord123"])
def test_a_password_that_is_guessed_first_is_common_in_any_case(password: str) -> None:
    assert is_common(password)


def test_no_common_password_is_written_in_a_way_that_never_matches() -> None:
    assert {each for each in COMMON_PASSWORDS if each != each.casefold()} == set()


def test_a_sentence_is_not_common() -> None:
    assert not is_common("hyran-betald-i-tid")
