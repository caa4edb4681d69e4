"""Lists of feeds: read from what other programs write, and written so that they can be read again."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.core.text import clean
from reader.core.urls import canonical_url, safe_url
from reader.feeds.model import FeedError
from reader.feeds.opml import OpmlFeed, read_feed_list, write_opml


def opml(*outlines: str) -> bytes:
    """Return a list of these outlines."""
    return f'<opml version="2.0"><head><title>T</title></head><body>{"".join(outlines)}</body></opml>'.encode()


def test_folders_become_groups() -> None:
    found = read_feed_list(
        opml(
            '<outline text="Top" type="rss" xmlUrl="https://a.example/f" htmlUrl="https://a.example/"/>',
            '<outline text="News"><outline text="World/Europe">',
            '<outline TEXT="B &amp; C" Type="RSS" XMLURL="feed://b.example/f" category="/x,y z"/></outline>',
            "<outline title='D' type='atom' url='https://d.example/f'></outline></outline>",
            '<outline text="Empty"/><outline xmlUrl="https://e.example/f"/>',
        )
    )
    assert found.feeds == (
        OpmlFeed("https://a.example/f", "Top", "", "https://a.example/"),
        OpmlFeed("http://b.example/f", "B & C", "News/World-Europe", "", ("x", "y z")),
        OpmlFeed("https://d.example/f", "D", "News"),
        OpmlFeed("https://e.example/f"),
    )
    assert found.warnings == ()


def test_nothing_in_a_list_is_run() -> None:
    found = read_feed_list(
        opml(
            '<outline text="Script" type="rss" xmlUrl="exec:~/bin/feed.sh"/>',
            '<outline text="Pipe" type="rss" xmlUrl="|~/bin/feed.py"/>',
            '<outline text="Filter" type="rss" xmlUrl="filter:sed s/a/b/:https://a.example/f"/>',
            '<outline text="Command" type="rss" xmlUrl="https://a.example/f" filtercmd="~/bin/keep.pl"/>',
            '<outline text="File" type="rss" xmlUrl="file:///etc/passwd"/>',
            '<outline text="Secret" type="rss" xmlUrl="https://ann:hunter2@a.example/f"/>',
            '<outline text="None" type="rss"/>',
            '<outline text="Once" type="rss" xmlUrl="https://a.example/f"/>',
            '<outline text="Twice" type="rss" xmlUrl="http://a.example/f"/>',
        )
    )
    assert [each.title for each in found.feeds] == ["Once"]
    assert found.warnings == (
        "“Script” is left out: newsreader runs no commands that a list names.",
        "“Pipe” is left out: newsreader runs no commands that a list names.",
        "“Filter” is left out: newsreader runs no commands that a list names.",
        "“Command” is left out: newsreader runs no filters that a list names.",
        "“File” is left out: Only URLs that start with http:// or https:// can be opened.",
        "“Secret” is left out: The URL contains a user name or a password.",
        "“None” is left out: its outline has no xmlUrl.",
        "1 repeated feed is left out.",
    )


def test_a_broken_list_is_read_as_far_as_it_goes() -> None:
    broken = (
        b"<?xml version='1.0' encoding='iso-8859-1'?><!-- <outline xmlUrl='https://no.example/'/> --><opml><body>\n"
        b"<outline text='A & B \xfc'><outline text='x' xmlUrl='https://a.example/?a=1&b=2' /><b></outline>"
        b"<outline text=unquoted xmlUrl=https://b.example/f type=rss /><outline text='cut' xmlUrl='https://c"
    )
    found = read_feed_list(broken)
    assert found.feeds == (
        OpmlFeed("https://a.example/?a=1&b=2", "x", "A & B ü"),
        OpmlFeed("https://b.example/f", "unquoted"),
    )
    assert found.warnings == ("The list ends early or is damaged; what could be read counts.",)


def test_newsboats_urls_are_read() -> None:
    found = read_feed_list(
        b'# my feeds\nhttps://a.example/f "~A \\"quoted\\" title" news "two words"\nhttps://b.example/f !hidden\n'
        b'"exec:curl https://c.example" "~C"\n"filter:~/bin/f:https://d.example/f"\n'
        b'"query:Unread:unread = \\"yes\\""\n\n'
    )
    assert found.feeds == (
        OpmlFeed("https://a.example/f", 'A "quoted" title', "news", "", ("news", "two words")),
        OpmlFeed("https://b.example/f"),
    )
    assert [each.partition(":")[0] for each in found.warnings] == [
        "“C” is left out",
        "“filter",
        "“Unread” is left out",
    ]


@pytest.mark.parametrize(
    "data", [b"", b"hello\nworld", b"<html><body><p>A page</p></body></html>", b"\x00\xff", b"\x7fELF\0\n|x\n", b"{}"]
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(FeedError, match="not a list of feeds"):
        read_feed_list(data)


def test_an_empty_list_says_so() -> None:
    assert read_feed_list(opml()).warnings == ("The list names no feeds.",)


def test_hostile_lists_take_linear_time() -> None:
    start = time.process_time()
    for part in (
        "<outline text='a'>",
        "<outline '",
        "<!--",
        '<outline a="',
        "<outline a/",
        "</outline>",
        '"',
        "<outline a=b ",
    ):
        with contextlib.suppress(FeedError):
            read_feed_list(f"<opml>{part * (300_000 // len(part))}".encode())
    assert time.process_time() - start < 10


def _safe(text: str) -> str:
    try:
        return safe_url(f"https://example.org/{text}")
    except ReaderError:
        return ""


NAMES = st.text(max_size=12).map(clean)
TOPICS = st.lists(
    NAMES.map(lambda name: name.replace(",", " ").strip("/ ")).map(clean).filter(bool), max_size=2, unique=True
)
FOLDERS = st.lists(NAMES.map(lambda name: name.replace("/", "-")).filter(bool), max_size=3).map("/".join)
FEEDS = st.lists(
    st.builds(
        OpmlFeed,
        st.text(max_size=12).map(_safe).filter(bool),
        NAMES,
        FOLDERS,
        st.just("") | st.text(max_size=5).map(_safe),
        TOPICS.map(tuple),
    ),
    max_size=8,
    unique_by=lambda feed: canonical_url(feed.url),
)


@settings(max_examples=50)
@given(FEEDS)
def test_what_is_written_is_read_again(feeds: list[OpmlFeed]) -> None:
    found = read_feed_list(write_opml(feeds))
    assert sorted(found.feeds, key=lambda feed: feed.url) == sorted(feeds, key=lambda feed: feed.url)
    assert write_opml(found.feeds) == write_opml(read_feed_list(write_opml(found.feeds)).feeds)
