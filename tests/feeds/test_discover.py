"""The feeds of web pages."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.feeds.discover import FoundFeed, find_feeds
from reader.feeds.model import FeedError
from reader.feeds.parse import parse_feed

URL = "https://example.org/blog/post"
CHANNEL = "UC0123456789abcdefghijkl"
OTHER = f"UC{'x' * 22}"
MIX = f"RD{'x' * 20}"


def test_declared_feeds_come_first_and_those_of_comments_after_them() -> None:
    page = b"""<!doctype html><html><head><title>T</title><base href="/base/">
    <link rel="alternate" type="application/rss+xml" title="Example &raquo; Comments Feed" href="/comments/feed/">
    <LINK REL="Alternate" TYPE="application/atom+xml; charset=utf-8" HREF="atom.xml" TITLE="All posts">
    <link rel=alternate type=application/feed+json href=https://json.example/feed.json>
    <link rel="alternate" type="application/json" title="JSON" href="https://example.org/wp-json/wp/v2/pages/2">
    <link rel="alternate" type="application/json+oembed" href="/oembed?url=feed">
    <link rel="alternate" hreflang="de" href="/de/"><link rel="stylesheet" href="/feed.css">
    <link rel="alternate" type="application/rss+xml" href="javascript:feed()">
    </head><body><a href="/tags/feed">About feeds</a> <a href="/rss.xml"><img alt=""> RSS </a>
    <a href="/base/atom.xml">Atom</a> <a href="/news">News</a></body></html>"""
    assert find_feeds(page, URL) == [
        FoundFeed("https://example.org/base/atom.xml", "All posts", "atom"),
        FoundFeed("https://json.example/feed.json", "", "json"),
        FoundFeed("https://example.org/comments/feed/", "Example » Comments Feed", "rss"),
        FoundFeed("https://example.org/tags/feed", "About feeds", "", is_declared=False),
        FoundFeed("https://example.org/rss.xml", "RSS", "rss", is_declared=False),
    ]


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ('<a href="feed://example.org/x.rss">x</a>', "http://example.org/x.rss"),
        ('<a href="feed:https://example.org/x.rss">x</a>', "https://example.org/x.rss"),
        ('<a href="/?feed=rss2">x</a>', "https://example.org/?feed=rss2"),
        ('<a href="/news.atom">x</a>', "https://example.org/news.atom"),
        ('<a href="/syndication">RSS feed</a>', "https://example.org/syndication"),
        ('<a href="/s" title="RSS"><svg></svg></a>', "https://example.org/s"),
        ('<link rel="alternate" type="text/xml" href="/rss">', "https://example.org/rss"),
        ('<link rel="feed" href="/f">', "https://example.org/f"),
        ('<a href="/feedback">x</a>', ""),
        ('<a href="/help/feed.html">x</a>', ""),
        ('<a href="#feed">Feed</a>', ""),
        ('<link rel="alternate" type="text/xml" href="/sitemap.xml">', ""),
        ('<link rel="alternate stylesheet" type="application/rss+xml" href="/x">', ""),
    ],
)
def test_what_is_a_feed(link: str, address: str) -> None:
    assert [each.url for each in find_feeds(f"<body>{link}</body>", URL)] == ([address] if address else [])


@pytest.mark.parametrize(
    ("url", "page", "query"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}/videos", "", f"channel_id={CHANNEL}"),
        ("https://www.youtube.com/@name", f'<script>{{"externalId":"{CHANNEL}"}}</script>', f"channel_id={CHANNEL}"),
        ("https://m.youtube.com/c/name", f'<meta itemprop="identifier" content="{CHANNEL}">', f"channel_id={CHANNEL}"),
        (
            "https://www.youtube.com/@name",
            f'"browseId":"UC{"x" * 22}" "externalId":"{CHANNEL}"',
            f"channel_id={CHANNEL}",
        ),
        (
            f"https://www.youtube.com/watch?v=x&list=RD{'x' * 20}",
            f'"externalChannelId":"{CHANNEL}"',
            f"channel_id={CHANNEL}",
        ),
        ("https://www.youtube.com/user/name", "", "user=name"),
        ("https://www.youtube.com/playlist?list=PL0123456789ab", "", "playlist_id=PL0123456789ab"),
    ],
)
def test_pages_of_youtube_have_feeds(url: str, page: str, query: str) -> None:
    feed = f"https://www.youtube.com/feeds/videos.xml?{query}"
    assert [each.url for each in find_feeds(page, url)] == [feed]
    assert find_feeds(page, url.replace("youtube.com", "youtube.com.example")) == []


PIECES = [
    "<a href='x.rss'", ">", "<link rel=alternate type=application/rss+xml href=", "</a>", "<head>", "'", '"',
    "<base href=//", "feed", "&#", "\x00", "[", "https://",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_page_is_searched(page: str) -> None:
    for each in find_feeds(page, URL):
        assert each.url.startswith(("http://", "https://"))


def test_hostile_pages_take_linear_time() -> None:
    start = time.process_time()
    for part in ("<a href='/feed'>", "<head>", "<link rel=alternate href=", '"externalId":"UC', "/channel/"):
        find_feeds(part * (500_000 // len(part)), "https://www.youtube.com/@x")
    assert time.process_time() - start < 20


@pytest.mark.parametrize("part", [b"<a href='/feed'>x ", b"<!-- x -->", b"<p", b"<a xmlns="])
def test_a_large_page_is_not_read_as_a_feed(part: bytes) -> None:
    start = time.process_time()
    with pytest.raises(FeedError, match="web page"):
        parse_feed(b"<!-- x -->" * 9 + b"<!doctype html>" + part * (3_000_000 // len(part)))
    assert time.process_time() - start < 3
