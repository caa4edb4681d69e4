"""When feeds are fetched next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.feeds.model import ParsedFeed
from reader.feeds.schedule import (
    PAGES_WANTED,
    Answer,
    after_answer,
    after_failure,
    after_redirect,
    after_skipped,
    describe_trouble,
    is_due,
    is_page_due,
)
from reader.storage.sqlite.feeds.store import FeedState

HOUR, DAY = 3600.0, 86_400.0
NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC).timestamp()  # a Sunday
SAME, CHANGED = Answer(), Answer(is_changed=True)


def due(state: FeedState, now: float, interval: int = 0, *, asked: bool = False, paused: float = 0.0) -> bool:
    return is_due(state, now, interval, paused_until=paused, asked=asked)


def test_a_feed_is_fetched_at_most_hourly_unless_asked() -> None:
    state = FeedState()
    assert due(state, NOW)
    for _ in range(10):
        state = after_answer(state, NOW, 0, CHANGED, ParsedFeed())
    assert state.interval == 30.0
    assert not due(state, NOW + HOUR - 1)
    assert due(state, NOW + HOUR)
    assert due(state, NOW + 1, asked=True)


def test_your_interval_may_be_half_an_hour() -> None:
    state = after_answer(FeedState(), NOW, 30, SAME, None)
    assert not due(state, NOW + HOUR / 2 - 1, 30)
    assert due(state, NOW + HOUR / 2, 30)


def test_a_feed_that_seldom_changes_is_fetched_daily() -> None:
    state, now, gaps = FeedState(), NOW, []
    for _ in range(12):
        state = after_answer(state, now, 0, SAME, None)
        gaps.append(state.next_due - now)
        now = state.next_due
    assert gaps == sorted(gaps)
    assert gaps[0] == HOUR
    assert gaps[-1] == DAY


@pytest.mark.parametrize(
    ("answer", "feed", "gap"),
    [
        (Answer(max_age=7200), None, 2 * HOUR),
        (Answer(max_age=60), None, HOUR),
        (CHANGED, ParsedFeed(ttl_minutes=180), 3 * HOUR),
        (CHANGED, ParsedFeed(ttl_minutes=100_000), DAY),
        (CHANGED, ParsedFeed(skip_hours=(13, 14)), 2.5 * HOUR),
        (CHANGED, ParsedFeed(skip_days=(6,)), 11.5 * HOUR),
        (CHANGED, ParsedFeed(skip_days=tuple(range(7))), HOUR),
    ],
)
def test_what_server_and_feed_ask_for_is_respected(answer: Answer, feed: ParsedFeed | None, gap: float) -> None:
    assert after_answer(FeedState(), NOW, 0, answer, feed).next_due - NOW == gap
    assert after_answer(FeedState(), NOW, 30, answer, feed).next_due - NOW in (gap, HOUR / 2, gap - HOUR / 2)


def test_failures_back_off_and_are_forgotten_after_a_success() -> None:
    state, gaps = FeedState(), []
    for _ in range(12):
        state = after_failure(state, NOW, "404 Not Found at a.example.", is_lasting=True)
        gaps.append((state.next_due - NOW) / HOUR)
    assert gaps[:4] == [1, 2, 4, 8]
    assert gaps[-1] == 7 * 24
    assert state.failing_since == NOW
    state = after_answer(state, NOW, 0, SAME, None)
    assert (state.failures, state.failure, state.next_due) == (0, "", NOW + 90 * 60)


def test_without_a_network_no_feed_waits_for_days() -> None:
    state = FeedState()
    for _ in range(50):
        state = after_failure(state, NOW, "unknown host")
    assert state.next_due - NOW == 4 * HOUR


def test_a_pause_of_the_host_applies_even_if_asked() -> None:
    assert not due(FeedState(), NOW, asked=True, paused=NOW + 1)
    assert after_failure(FeedState(), NOW, "429", retry_after=DAY).next_due == NOW + DAY


def test_a_clock_that_was_set_back_stops_nothing() -> None:
    assert due(after_answer(FeedState(), NOW + 30 * DAY, 0, SAME, None), NOW)


def test_only_the_same_permanent_redirect_counts() -> None:
    state = FeedState()
    for target in ("https://b.example/", "https://b.example/", "", "https://b.example/", "https://c.example/"):
        state = after_redirect(state, target)
        assert state.moved_times < 3
    state = after_redirect(after_redirect(state, "https://c.example/"), "https://c.example/")
    assert (state.moved_to, state.moved_times) == ("https://c.example/", 3)


def test_trouble_is_told_in_words() -> None:
    state = after_failure(after_failure(FeedState(), NOW, "It is down."), NOW, "It is down.")
    begin = "It is down. Since 2026-11-29 12:30, 2 times in a row; tried again "
    assert describe_trouble(state, NOW) == f"{begin}at 14:30."
    assert describe_trouble(state, NOW + 1.25 * HOUR) == f"{begin}in 45 minutes, at 14:30."
    assert describe_trouble(state, NOW - DAY) == f"{begin}on 2026-11-29 at 14:30."
    assert describe_trouble(state, NOW + DAY) == f"{begin}with the next sync."
    assert describe_trouble(FeedState(), NOW) == ""


@given(
    st.floats(0, 4e9), st.sets(st.integers(0, 23)).map(tuple), st.sets(st.integers(0, 6)).map(tuple)
)  # fmt: skip
def test_skipped_hours_and_days_are_skipped(moment: float, hours: tuple[int, ...], days: tuple[int, ...]) -> None:
    found = after_skipped(moment, hours, days)
    assert moment <= found <= moment + 7 * DAY
    if len(hours) < 24 and len(days) < 7:
        when = datetime.fromtimestamp(found, UTC)
        assert when.hour not in hours
        assert when.weekday() not in days


@given(st.lists(st.booleans(), max_size=30), st.sampled_from([0, 30, 90, 10_080]))
def test_intervals_stay_in_their_bounds(changes: list[bool], interval: int) -> None:
    state, now = FeedState(), NOW
    for is_changed in changes:
        state = after_answer(state, now, interval, Answer(is_changed), None)
        assert 30.0 <= state.interval <= 1440.0
        assert (state.next_due - now) / 60.0 >= max(interval, 30)
        assert due(state, state.next_due, interval)
        now = state.next_due


@given(st.floats(0.5, 3000.0), st.floats(15.0, 600.0))
def test_a_page_that_fails_is_tried_a_few_times_only(first: float, between: float) -> None:
    seen = datetime(2026, 11, 30, tzinfo=UTC)
    failed, tries, now = seen + timedelta(seconds=first), 0, seen
    while now - seen < PAGES_WANTED:
        now += timedelta(minutes=between)
        if is_page_due(seen, failed, now):
            failed, tries = now + timedelta(seconds=1), tries + 1
    assert 1 <= tries <= 11
