"""Feeds as they are listed: their folders, and how they are."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.feeds.folders import FeedFolders
from reader.feeds.overview import Health, health_of, listed_feeds, outermost
from reader.feeds.subscriptions import Subscription
from reader.storage.sqlite.feeds.store import FeedState, FeedStore, StoredEntry

NOW = dt.datetime(2026, 11, 30, 12).astimezone().timestamp()
FAILED = FeedState(failures=2, failing_since=NOW - 3600, failure="It is down.", next_due=NOW + 1800)


@pytest.mark.parametrize(
    ("feed", "state", "health"),
    [
        (Subscription("https://a.example"), FeedState(), Health()),
        (
            Subscription("https://a.example"), FAILED,
            Health(
                "trouble", "It is down. Since 2026-11-30 11:00, 2 times in a row; tried again in 30 minutes, at 12:30."
            ),
        ),
        (Subscription("https://a.example", paused=True), FAILED, Health("paused", "paused. It is down.")),
        (
            Subscription("https://a.example", mute_until=dt.date(2026, 12, 1)), FeedState(),
            Health("muted", "muted: new articles count as read until 2026-12-01."),
        ),
        (Subscription("https://a.example", mute_until=dt.date(2026, 11, 30)), FeedState(), Health()),
    ],
)  # fmt: skip
def test_how_a_feed_is_is_said_in_words(feed: Subscription, state: FeedState, health: Health) -> None:
    assert health_of(feed, state, NOW) == health


def _entry(path: str) -> StoredEntry:
    return StoredEntry(0, path, (), "", None, 0, None, None)


def test_a_feed_keeps_the_folders_that_it_had_under_other_names(tmp_path: Path) -> None:
    store, _ = FeedStore.open(tmp_path / "feeds.db")
    with contextlib.closing(store):
        lwn = Subscription("https://lwn.example/rss", title="LWN", group="Linux")
        other = Subscription("https://b.example", folder=str(tmp_path / "elsewhere"))
        plain = Subscription("https://c.example")
        store.save(lwn.key, [_entry("Linux/LWN/1.md"), _entry("News/Old/2.md"), _entry("News/Old/3.md")])
        store.save(other.key, [_entry("b.example/1.md")])
        store.save_state(plain.key, FeedState(title="The \x1b[31mC"))
        found = listed_feeds([lwn, other, plain], FeedFolders(tmp_path / "news"), tmp_path / "news", store, NOW)
        assert [(each.title, each.folders) for each in found] == [
            ("The [31mC", ("c.example",)),
            ("LWN", ("Linux/LWN", "News/Old")),
        ]


@settings(max_examples=50)
@given(st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=4).map("/".join), max_size=8))
def test_outermost_folders_contain_all_and_not_each_other(folders: list[str]) -> None:
    found = outermost(folders)
    assert all(any(f"{each}/".startswith(f"{one}/") for one in found) for each in folders)
    assert not any(one != other and one.startswith(f"{other}/") for one in found for other in found)
    assert len(set(found)) == len(found)
