"""Feeds are read in a sandboxed process, which may fail as feeds do."""

from __future__ import annotations

import pytest

from reader.feeds.discover import FoundFeed
from reader.feeds.feed_tasks import feed_sandbox, find_in_worker, parse_in_worker
from reader.feeds.model import FeedError
from reader.feeds.parse import parse_feed
from reader.workers.sandbox import SandboxLimits, SandboxPool

URL = "https://example.org/feed"
FEED = b"""<rss version="2.0"><channel><title>F</title><item><title>x</title><link>/1</link>
<pubDate>2020-05-25T04:45:26Z</pubDate><enclosure url="/a.mp3" type="audio/mpeg"/></item></channel></rss>"""


@pytest.mark.usefixtures("shared_sandboxes")
async def test_a_worker_reads_feeds_and_finds_them_in_pages() -> None:
    pool = feed_sandbox()
    assert await parse_in_worker(pool, FEED, url=URL) == parse_feed(FEED, url=URL)
    with pytest.raises(FeedError, match="a web page, not a feed") as error:
        await parse_in_worker(pool, b"<html></html>")
    assert error.value.hint
    page = b"<link rel=alternate type='application/rss+xml' href=feed>"
    assert await find_in_worker(pool, page, URL) == [FoundFeed(URL, "", "rss")]


async def test_a_feed_that_takes_too_long_is_refused() -> None:
    pool = SandboxPool(limits=SandboxLimits(seconds=0.2), tasks="reader.feeds.feed_tasks")
    try:
        with pytest.raises(FeedError, match="could not be read within"):
            await parse_in_worker(pool, b"<rss><channel>" + b"<item><title>a &x; b</title></item>" * 200_000)
    finally:
        pool.close()
