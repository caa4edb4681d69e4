"""Feeds as plain values, in which they pass from worker processes to the app."""

from __future__ import annotations

import marshal

from hypothesis import given
from hypothesis import strategies as st

from reader.core.times import from_micros
from reader.feeds.model import Enclosure, FeedEntry, FeedImage, FeedLink, ParsedFeed

TIMES = st.none() | st.integers(-(10**15), 10**15).map(from_micros)
NUMBERS = st.none() | st.integers(0, 10**12)
ENTRIES = st.builds(
    FeedEntry,
    id=st.text(),
    published=TIMES,
    updated=TIMES,
    authors=st.lists(st.text(), max_size=2).map(tuple),
    images=st.lists(st.builds(FeedImage, st.text(), NUMBERS, NUMBERS, st.text()), max_size=2).map(tuple),
    enclosures=st.lists(st.builds(Enclosure, st.text(), st.text(), NUMBERS, NUMBERS), max_size=2).map(tuple),
    related=st.lists(st.builds(FeedLink, st.text()), max_size=2).map(tuple),
)
FEEDS = st.builds(
    ParsedFeed,
    title=st.text(),
    ttl_minutes=NUMBERS,
    skip_days=st.lists(st.integers(0, 6)).map(tuple),
    entries=st.lists(ENTRIES, max_size=3).map(tuple),
    is_complete=st.booleans(),
)


@given(FEEDS)
def test_a_feed_passes_between_processes_unchanged(feed: ParsedFeed) -> None:
    assert ParsedFeed.from_values(marshal.loads(marshal.dumps(feed.to_values()))) == feed
