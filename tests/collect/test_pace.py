from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.collect.pace import Pace, back_off, retry_after
from tests.collect.site import PATIENT, Clock


def test_requests_to_one_host_keep_their_distance(clock: Clock):
    pace = Pace(2.0, clock, clock.sleep)
    for _ in range(3):
        pace.wait("a")
    assert clock.sleeps == [0.5, 0.5]


def test_another_host_need_not_wait(clock: Clock):
    pace = Pace(0.1, clock, clock.sleep)
    pace.wait("a")
    pace.wait("b")
    assert clock.sleeps == []


def test_time_spent_elsewhere_counts(clock: Clock):
    pace = Pace(1.0, clock, clock.sleep)
    pace.wait("a")
    clock.now += 0.75
    pace.wait("a")
    assert clock.sleeps == [0.25]


def test_a_complaint_doubles_the_distance_and_a_wish_is_honoured(clock: Clock):
    pace = Pace(1.0, clock, clock.sleep)
    pace.slow_down("a")
    pace.wait("a")
    pace.wait("a")
    pace.at_least("a", 10)
    pace.at_least("a", 3)
    pace.wait("a")
    pace.wait("a")
    assert clock.sleeps == [2.0, 2.0, 10.0]


def test_no_wish_holds_a_run_up_for_more_than_a_minute(clock: Clock):
    pace = Pace(1.0, clock, clock.sleep)
    pace.at_least("a", 1e9)
    pace.wait("a")
    pace.wait("a")
    assert clock.sleeps == [60.0]


@pytest.mark.parametrize("attempt", range(12))
def test_back_off_grows_with_jitter_and_has_an_end(attempt: int):
    longest = min(120.0, 2.0 * 2**attempt)
    waits = {back_off(attempt) for _ in range(20)}
    assert len(waits) > 1
    assert all(longest / 2 <= wait <= longest for wait in waits)


def test_retry_after_is_seconds_or_a_date():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert retry_after("7", now) == 7
    assert retry_after(format_datetime(now + timedelta(seconds=90), usegmt=True), now) == 90
    assert retry_after(format_datetime(now - timedelta(days=1), usegmt=True), now) == 0


@PATIENT
@given(st.text())
def test_any_other_retry_after_is_none_or_some_seconds(value: str):
    seconds = retry_after(value)
    assert seconds is None or seconds >= 0
