"""Our own reader of XML finds the same as feedparser, in every feed that it reads."""

from __future__ import annotations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reader.feeds.formats import feedparser_feed, xml_feed
from reader.feeds.model import FeedError, ParsedFeed
from reader.feeds.parse import parse_feed
from tests.feeds.generated import ATOM, RDF, RSS

URLS = st.sampled_from(["", "https://example.org/feeds/a.xml"])


DAMAGE = st.sampled_from([
    "", "", "&nbsp;", "& ", "\x01", "</b>", "&#1;", "<item>", "</titel>", "<br>", "<title>", "<![CDATA[",
    "<new:x new:y='1'/>",
])  # fmt: skip


@settings(max_examples=300)
@given(RSS | ATOM | RDF, URLS)
def test_the_fast_path_equals_feedparser(source: str, url: str) -> None:
    data = source.encode()
    is_fast = xml_feed.read(feedparser_feed.to_utf8(data), url) is not None
    event("fast" if is_fast else "left to feedparser")
    if is_fast:
        assert parse_feed(data, url=url) == parse_feed(data, url=url, fast=False)


@settings(max_examples=100)
@given(RSS | ATOM | RDF, DAMAGE, st.integers(0, 2000), st.booleans())
def test_what_is_mended_is_read_alike(source: str, damage: str, at: int, is_cut: bool) -> None:
    at = source.find(">", at) + 1
    data = (source[:at] + damage + ("" if is_cut else source[at:])).encode()
    assert _outcome(data, fast=True) == _outcome(data, fast=False)


def _outcome(data: bytes, *, fast: bool) -> ParsedFeed | str:
    try:
        return parse_feed(data, fast=fast)
    except FeedError as error:
        return error.message


ITEM = "<item><title>Plain</title><description>&lt;p&gt;x&lt;/p&gt;</description></item>"


@pytest.mark.parametrize("damage", ["", "&nbsp;", "a & b", "\x08", "&#2;", "&eacute;&unknown;"])
def test_usual_feeds_are_read_by_ourselves_even_if_they_are_damaged(
    damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("left to feedparser")

    monkeypatch.setattr(feedparser_feed, "read", refuse)
    data = f"<rss version='2.0'><channel><title>T{damage}</title>{ITEM * 3}</channel></rss>".encode()
    assert len(parse_feed(data).entries) == 3
    assert len(parse_feed(data[: data.rindex(b"<description>")]).entries) == 2
