"""Our own reader of XML finds the same as feedparser, in every feed that it reads."""

from __future__ import annotations

from hypothesis import event, given, settings
from hypothesis import strategies as st

from reader.feeds.formats import feedparser_feed, xml_feed
from reader.feeds.parse import parse_feed
from tests.feeds.generated import ATOM, RDF, RSS

URLS = st.sampled_from(["", "https://example.org/feeds/a.xml"])


@settings(max_examples=300)
@given(RSS | ATOM | RDF, URLS)
def test_the_fast_path_equals_feedparser(source: str, url: str) -> None:
    data = source.encode()
    is_fast = xml_feed.read(feedparser_feed.to_utf8(data), url) is not None
    event("fast" if is_fast else "left to feedparser")
    if is_fast:
        assert parse_feed(data, url=url) == parse_feed(data, url=url, fast=False)
