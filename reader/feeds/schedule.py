"""When a feed is fetched next. Pure; times are seconds since 1970, intervals are minutes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from reader.core.times import local_time, time_from_now
from reader.feeds.model import ParsedFeed
from reader.storage.sqlite.feeds.store import FeedState

LEAST, MOST = 30.0, 1440.0
"""Between these, the interval adapts to how often a feed changes."""
UNASKED = 60.0
"""Without being asked, a feed is fetched at most this often."""
MOVES = 3
"""After this many permanent redirects to the same URL in a row, the address is changed."""
_FASTER, _SLOWER = 0.5, 1.5
_TEMPORARY, _LASTING = 240.0, 7 * 1440.0
"""The longest time between attempts, without and with an answer of the server that it is wrong to ask."""
PAGES_WANTED = timedelta(days=7)
"""For so long, the page of an article is tried if the feed says that it is always fetched."""
_MOST_MISSED = 7 * 24


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response says about the next request."""

    is_changed: bool = False
    max_age: float | None = None
    """Seconds for which the response is fresh (Cache-Control)."""
    retry_after: float | None = None
    """Seconds for which the host asks not to be contacted."""


def is_due(state: FeedState, now: float, interval: int, *, paused_until: float, asked: bool) -> bool:
    """Return whether a feed is to be fetched; ``interval`` is yours, 0 if you set none.

    ``paused_until`` is that of its host, which applies even if you ``asked`` for the feed.
    """
    if paused_until > now:
        return False
    if asked or not state.checked_at:
        return True
    least = _own(interval) if interval else UNASKED
    if now < state.checked_at:  # a clock that was set back must not keep a feed from being fetched
        return True
    return now >= max(state.next_due, state.checked_at + 60.0 * least)


def after_answer(state: FeedState, now: float, interval: int, answer: Answer, feed: ParsedFeed | None) -> FeedState:
    """Return the state after a response; ``feed`` is what it contained, None if that had not changed."""
    adapted = state.interval
    if state.checked_at:
        adapted = min(max(adapted * (_FASTER if answer.is_changed else _SLOWER), LEAST), MOST)
    minutes = _own(interval) if interval else max(adapted, UNASKED)
    asked = [(answer.max_age or 0.0) / 60.0]
    if feed is not None and feed.ttl_minutes:
        asked.append(float(feed.ttl_minutes))
    due = now + 60.0 * max(minutes, min(max(asked), MOST))
    if feed is not None:
        due = after_skipped(due, feed.skip_hours, feed.skip_days)
    return replace(
        state,
        checked_at=now,
        changed_at=now if answer.is_changed else state.changed_at,
        interval=adapted,
        next_due=due,
        failures=0,
        failing_since=0.0,
        failure="",
    )


def after_failure(
    state: FeedState, now: float, failure: str, *, is_lasting: bool = False, retry_after: float | None = None
) -> FeedState:
    """Return the state after a failure, a sentence: each further one doubles the time until the next attempt."""
    minutes = min(UNASKED * 2 ** min(state.failures, 20), _LASTING if is_lasting else _TEMPORARY)
    return replace(
        state,
        checked_at=now,
        next_due=now + max(60.0 * minutes, retry_after or 0.0),
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        failure=failure,
    )


def after_redirect(state: FeedState, moved_to: str) -> FeedState:
    """Return the state after a permanent redirect, or none if ``moved_to`` is empty."""
    times = state.moved_times + 1 if moved_to and moved_to == state.moved_to else int(bool(moved_to))
    return replace(state, moved_to=moved_to, moved_times=times)


def after_skipped(due: float, hours: tuple[int, ...], days: tuple[int, ...]) -> float:
    """Return the first time from ``due`` on that is in none of the hours (0 to 23) and days (0 is Monday), in UTC."""
    if not hours and not days:
        return due
    moment = datetime.fromtimestamp(due, UTC)
    for _ in range(_MOST_MISSED):
        if moment.hour not in hours and moment.weekday() not in days:
            return max(due, moment.timestamp())  # rounding must not move it back
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due  # the feed excludes the whole week


def is_page_due(first_seen: datetime, failed_at: datetime, now: datetime) -> bool:
    """Return whether a page that could not be fetched is tried again: each time, the article is twice as old."""
    return now - first_seen >= 2 * (failed_at - first_seen)


def describe_trouble(state: FeedState, now: float) -> str:
    """Return what is wrong with a feed, since when, and when it is tried again; empty if nothing is."""
    if not state.failures:
        return ""
    again = time_from_now(state.next_due, now) if state.next_due > now else "with the next sync"
    times = "" if state.failures == 1 else f", {state.failures} times in a row"
    return f"{state.failure} Since {local_time(state.failing_since)}{times}; tried again {again}."


def _own(interval: int) -> float:
    return max(float(interval), LEAST)
