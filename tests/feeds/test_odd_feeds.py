"""Feeds that say things in odd ways or places, and broken ones, as in the test feeds of other readers."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from reader.feeds.check import problems_of
from reader.feeds.formats import feedparser_feed
from reader.feeds.formats.repair import balance
from reader.feeds.model import MAX_BYTES, FeedEntry, FeedError, FeedImage
from reader.feeds.parse import parse_feed

START = '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:dc="http://purl.org/dc/elements/1.1/">'
RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'


def item(source: str) -> FeedEntry:
    """Return an item of RSS, which both readers read alike."""
    data = f"{START}<channel><title>F</title><item>{source}</item></channel></rss>".encode()
    feed = parse_feed(data)
    assert feed == parse_feed(data, fast=False)
    return feed.entries[0]


def entry(source: str) -> FeedEntry:
    """Return an entry of Atom, which both readers read alike."""
    data = '<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><author><name>Planet</name></author>'
    data = f"{data}<entry><title>T</title>{source}</entry></feed>"
    feed = parse_feed(data.encode())
    assert feed == parse_feed(data.encode(), fast=False)
    return feed.entries[0]


def test_an_item_of_rdf_without_a_link_is_the_page_that_it_is_about() -> None:
    data = f'{RDF}<channel><title>F</title></channel><item rdf:about="https://example.org/1"><title>T</title></item></rdf:RDF>'
    assert parse_feed(data.encode()).entries[0].url == "https://example.org/1"
    assert not item('<guid isPermaLink="false">https://example.org/1</guid>').url


@pytest.mark.parametrize("element", ["image", "textinput"])
def test_an_item_is_read_wherever_it_is(element: str) -> None:
    data = f"{RDF}<channel><title>F</title></channel><{element}><item><title>T</title></item></{element}></rdf:RDF>"
    feed = parse_feed(data.encode())
    assert feed == parse_feed(data.encode(), fast=False)
    assert [each.title for each in feed.entries] == ["T"]


@pytest.mark.parametrize("rel", ["http://www.iana.org/assignments/relation/alternate", "", "alternate"])
def test_a_link_may_name_its_relation_in_full_or_not(rel: str) -> None:
    assert entry(f'<link rel="{rel}" href="https://example.org/1"/>').url == "https://example.org/1"


def test_a_file_of_atom_without_a_type_is_no_page() -> None:
    (file,) = entry('<link rel="enclosure" href="https://example.org/a.mp3"/>').enclosures
    assert (file.type, file.likely_type) == ("", "audio/mpeg")


def test_an_entry_that_was_taken_from_another_feed_has_the_authors_of_that_feed() -> None:
    assert entry("<source><title>S</title><author><name>Ann</name></author></source>").authors == ("Ann",)
    assert entry("<source><title>S</title></source>").authors == ()


def test_the_subtitle_of_an_episode_serves_as_its_summary() -> None:
    episode = item("<itunes:subtitle>In short</itunes:subtitle>")
    assert (episode.excerpt, episode.content_html) == ("In short", "<p>In short</p>")
    assert item("<itunes:subtitle>In short</itunes:subtitle><description>Long</description>").excerpt == "Long"
    channel = f"{START}<channel><itunes:summary>All of it</itunes:summary></channel></rss>"
    assert parse_feed(channel.encode()).description == "All of it"


@pytest.mark.parametrize(
    "image",
    [
        "<image>https://example.org/i.jpg</image>",
        "<image><url>https://example.org/i.jpg</url><title>Not the title</title><link>https://example.org/</link></image>",
    ],
)
def test_an_item_may_have_an_image_as_a_channel_has_it(image: str) -> None:
    found = item(f"{image}<title>T</title><link>https://example.org/1</link>")
    assert (found.title, found.url, found.images) == (
        "T",
        "https://example.org/1",
        (FeedImage("https://example.org/i.jpg"),),
    )


def test_the_guid_of_an_item_with_an_empty_link_is_its_link() -> None:
    for source in ("<link/><guid>https://example.org/1</guid>", "<guid>https://example.org/1</guid><link> </link>"):
        assert item(source).url == "https://example.org/1"
    assert not item('<link/><guid isPermaLink="false">https://example.org/1</guid>').url


def test_html_that_was_escaped_twice_is_html() -> None:
    found = item("<description><![CDATA[&lt;p&gt;Hi &lt;b&gt;you&lt;/b&gt;&lt;/p&gt;]]></description>")
    assert (found.excerpt, found.content_html) == ("Hi you", "<p>Hi <b>you</b></p>")
    assert item("<description>Use &amp;lt;p&amp;gt;</description>").excerpt == "Use <p>"
    assert item("<description>&lt;i&gt;Use&lt;/i&gt; &amp;lt;p&amp;gt;</description>").excerpt == "Use <p>"


def test_names_of_authors_have_no_markup() -> None:
    names = "<dc:creator>&lt;a href='/a'&gt;Ann Lee&lt;/a&gt; (Bonn), &lt;b&gt;Bob&lt;/b&gt;</dc:creator>"
    assert item(names).authors == ("Ann Lee (Bonn), Bob",)


FIELDS = "<title>A</title><link>https://example.org/1</link><description>D</description>"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("</title>", "</titel>"),
        ("</title>", ""),
        ("</link>", ""),
        ("</description>", "</content></description>"),
        ("</description>", "</b></description>"),
        ("</item>", "</description></item>"),
        ("</item>", ""),
        ("</title>", "</TITLE>"),
        ("<title>", "<title><![CDATA["),
        ("<description>", "<description><![CDATA["),
    ],
)
def test_a_wrong_end_tag_spoils_nothing_else(right: str, wrong: str) -> None:
    section = f"<item>{FIELDS}</item>".replace("https://example.org/1", "<![CDATA[https://example.org/1]]>")
    items = f"<item>{FIELDS}</item>".replace(right, wrong) + section
    feed = parse_feed(f"<rss><channel><title>F</title>{items}</channel></rss>".encode())
    assert feed.title == "F"
    assert [(each.title, each.url, each.excerpt) for each in feed.entries] == [("A", "https://example.org/1", "D")] * 2


def test_links_of_atom_need_no_end() -> None:
    data = b'<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://example.org/"><entry><link href="https://example.org/1">'
    feed = parse_feed(data + b"<summary>S</summary><title>T</title></entry></feed>")
    assert feed.url == "https://example.org/"
    assert [(each.url, each.title, each.excerpt) for each in feed.entries] == [("https://example.org/1", "T", "S")]


def test_markup_that_is_not_escaped_is_read_as_html() -> None:
    html = '<p>One<br>two <img src="i.png"> <b><i>three</b></i></p>'
    feed = parse_feed(
        f"<rss><channel><item><description>{html}</description><title>A</title></item></channel></rss>".encode()
    )
    assert [(each.title, each.excerpt) for each in feed.entries] == [("A", "One two three")]


def test_prefixes_without_namespaces_mean_what_they_mean_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedparser_feed, "read", lambda *_: pytest.fail("read slowly"))
    feed = parse_feed(
        b'<rss><channel><atom:link rel="self" href="https://example.org/f"/><item><guid>/?a=1&amp;b=2</guid>'
        b"<dc:creator>Ann</dc:creator><content:encoded>&lt;p&gt;C&lt;/p&gt;</content:encoded><x:y z:a='1'/></item>"
        b"</channel></rss>"
    )
    assert feed.self_url == "https://example.org/f"
    assert (feed.entries[0].authors, feed.entries[0].content_html) == (("Ann",), "<p>C</p>")
    assert feed.entries[0].id == "/?a=1&b=2"


def test_a_prefix_without_a_namespace_is_read_beside_another_with_the_usual_one() -> None:
    start = b'<rss xmlns:it="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><item><title>T</title>'
    data = start + b'<itunes:image href="https://example.org/i.png"/></item></channel></rss>'
    assert parse_feed(data).entries[0].images == (FeedImage("https://example.org/i.png"),)
    assert parse_feed(data) == parse_feed(data, fast=False)


@pytest.mark.parametrize("piece", [b"<a>", b"</a>", b"<a ", b"<title>", b"<item>", b"<![CDATA[", b"<!--", b"<a></b>"])
def test_tags_are_balanced_in_linear_time(piece: bytes) -> None:
    start = time.process_time()
    balance(b"<rss>" + piece * 30_000)
    assert time.process_time() - start < 5


def test_a_feed_may_be_compressed() -> None:
    feed = f"<rss><channel><title>F</title><item>{FIELDS}</item></channel></rss>".encode()
    assert parse_feed(gzip.compress(feed)) == parse_feed(feed)
    assert problems_of(gzip.compress(feed)) == problems_of(feed)
    with pytest.raises(FeedError, match="cannot be decompressed"):
        parse_feed(b"\x1f\x8b and so on")
    with pytest.raises(FeedError, match="larger than 50 MB"):
        parse_feed(gzip.compress(bytes(MAX_BYTES + 1), 1))


def test_the_first_rss_may_have_no_items() -> None:
    data = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://{}.netscape.com/rdf/simple/0.9/"/>'
    for host in ("channel", "my"):
        assert parse_feed(data.format(host).encode()).entries == ()


def test_values_of_json_may_have_other_types() -> None:
    item = {
        "id": 7,
        "title": 1984,
        "date_published": 1520932969000,
        "tags": "one",
        "attachments": {"url": "https://example.org/a.mp3"},
    }
    found = parse_feed(json.dumps({"items": [item]}).encode()).entries[0]
    assert (found.id, found.title, found.published_text) == ("7", "1984", "2018-03-13T09:22:49+00:00")
    assert (found.topics, [each.url for each in found.enclosures]) == (("one",), ["https://example.org/a.mp3"])
    channel = {"item": {"title": "T", "category": ["a", {"#value": "b"}]}}
    assert parse_feed(json.dumps({"rss": {"channel": channel}}).encode()).entries[0].topics == ("a", "b")
