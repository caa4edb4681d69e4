"""What feeds say, whatever their format, encoding and state of repair."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.feeds.model import MAX_BYTES, Enclosure, FeedEntry, FeedError, FeedImage, FeedLink, ParsedFeed
from reader.feeds.parse import parse_feed

URL = "https://example.org/feeds/all.xml"


def rss(items: str, channel: str = "", root: str = "") -> bytes:
    """Return a feed of RSS 2.0."""
    return f'<rss version="2.0" {root}><channel><title>Feed</title>{channel}{items}</channel></rss>'.encode()


def atom(entries: str, root: str = "") -> bytes:
    """Return a feed of Atom 1.0."""
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {root}><title>Feed</title>{entries}</feed>'.encode()


def entry_of(data: bytes, url: str = URL) -> FeedEntry:
    """Return the only entry of a feed."""
    (entry,) = parse_feed(data, url=url).entries
    return entry


# Formats


@pytest.mark.parametrize(
    "data",
    [
        b'<rss version="0.91"><channel><title>F</title><item><title>One</title><link>/1</link></item></channel></rss>',
        b'<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://x/d.dtd">'
        b'<rss version="0.91"><channel><title>F</title><item><title>One</title><link>/1</link></item></channel></rss>',
        b'<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel '
        b'rdf:about="x"><title>F</title></channel><item rdf:about="a"><title>One</title><link>/1</link></item></rdf:RDF>',
        b'<rss version="2.0"><channel><title>F</title><item><title>One</title><link>/1</link></item></channel></rss>',
        b'<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>F</title><entry><title>One</title>'
        b'<link rel="alternate" type="text/html" href="/1"/></entry></feed>',
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><entry><title>One</title><link href="/1"/></entry></feed>',
        b'{"version": "https://jsonfeed.org/version/1", "title": "F", "items": [{"id": 1, "title": "One", "url": "/1"}]}',
        b'{"rss": {"version": "2.0", "channel": {"title": "F", "item": [{"title": "One", "guid": {"#value": "/1"}}]}}}',
        b'<CHANNEL><TITLE>F</TITLE><ITEM HREF="/1"><TITLE>One</TITLE></ITEM></CHANNEL>',
        # What a machine has broken:
        b'\n\n garbage <?xml version="1.0"?><rss version="2.0"><channel><title>F</title><item><title>One</title>'
        b"<link>/1</link></item></channel></rss>",
        b'<rss version="2.0"><channel><title>F</title><item><title>One</title><link>/1</link><media:content/>'
        b"<dc:creator>no namespaces</dc:creator></item></channel></rss>",
        b'<rss><rss:channel><rss:title>F</rss:title><rss:item><rss:title>One</rss:title><rss:link>/1</rss:link>'
        b"</rss:item></rss:channel></rss>",
    ],
)  # fmt: skip
def test_every_format_gives_its_entries(data: bytes) -> None:
    feed = parse_feed(data, url=URL)
    assert feed.title == "F"
    assert [(each.title, each.url) for each in feed.entries] == [("One", "https://example.org/1")]
    assert feed.is_complete


def test_atom_says_all_of_this() -> None:
    feed = parse_feed(
        atom(
            """<subtitle>About</subtitle><link href="/"/><link rel="self" href="all.xml"/><icon>/i.png</icon>
            <entry xml:lang="de"><id>tag:example.org,2020:1</id><title type="html">A &lt;b&gt;bold&lt;/b&gt; one</title>
            <link href="one"/><link rel="enclosure" type="audio/mpeg" href="/a.mp3" length="77" title="Episode"/>
            <link rel="related" href="https://other.example/" title="Other"/>
            <published>2020-05-25T04:45:26+02:00</published><updated>2020-05-26T00:00:00Z</updated>
            <author><name>Ann</name></author><author><name>Bob</name><email>bob@example.org</email></author>
            <category term="x1" label="Topic"/><category term="other"/>
            <summary>Short &amp;amp; plain</summary><content type="html">&lt;p&gt;Long&lt;/p&gt;</content></entry>""",
            'xml:base="https://example.org/base/"',
        ),
        url=URL,
    )
    assert (feed.kind, feed.description, feed.url) == ("atom", "About", "https://example.org/")
    assert (feed.self_url, feed.image) == ("https://example.org/base/all.xml", "https://example.org/i.png")
    assert feed.entries == (
        FeedEntry(
            id="tag:example.org,2020:1",
            title="A bold one",
            url="https://example.org/base/one",
            published=datetime(2020, 5, 25, 2, 45, 26, tzinfo=UTC),
            updated=datetime(2020, 5, 26, tzinfo=UTC),
            published_text="2020-05-25T04:45:26+02:00",
            updated_text="2020-05-26T00:00:00+00:00",
            authors=("Ann", "Bob"),
            topics=("Topic", "other"),
            language="de",
            excerpt="Short & plain",
            content_html="<p>Long</p>",
            content_base="https://example.org/base/",
            enclosures=(Enclosure("https://example.org/a.mp3", "audio/mpeg", 77, None, "Episode"),),
            related=(FeedLink("https://other.example/", "Other"),),
            kind="audio",
        ),
    )


def test_a_podcast_says_all_of_this() -> None:
    data = rss(
        """<item><title>Episode</title><guid isPermaLink="false">e1</guid><pubDate>Mon, 25 May 2020 04:45:26 EST</pubDate>
        <enclosure url="https://cdn.example/e1.mp3?a=1&amp;b=2" type="audio/mpeg" length="1000"/>
        <itunes:duration>1:02:03</itunes:duration><itunes:image href="/e1.png"/><itunes:author>Ann</itunes:author>
        <description>Short</description><content:encoded>&lt;p&gt;Show notes&lt;/p&gt;</content:encoded></item>""",
        "<link>https://example.org/</link><language>en_us</language><ttl>60</ttl><itunes:image href='https://x.example/l.png'/>"
        "<skipHours><hour>1</hour><hour>24</hour></skipHours><skipDays><day>Sunday</day></skipDays>",
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:content="http://purl.org/rss/1.0/modules/content/"',
    )
    feed = parse_feed(data, url=URL)
    (entry,) = feed.entries
    assert (feed.language, feed.ttl_minutes, feed.image) == ("en-us", 60, "https://x.example/l.png")
    assert (feed.skip_hours, feed.skip_days) == ((0, 1), (6,))
    assert (entry.id, entry.url, entry.kind, entry.language) == ("e1", "", "audio", "en-us")
    assert entry.published_text == "2020-05-25T04:45:26-05:00"
    assert entry.enclosures == (Enclosure("https://cdn.example/e1.mp3?a=1&b=2", "audio/mpeg", 1000, 3723),)
    assert entry.images == (FeedImage("https://example.org/e1.png"),)
    assert (entry.authors, entry.excerpt, entry.content_html) == (("Ann",), "Short", "<p>Show notes</p>")


def test_media_rss_gives_images_and_videos() -> None:
    entry = entry_of(
        atom(
            """<entry><title>Clip</title><media:group><media:content url="/v.mp4" type="video/mp4" duration="61"/>
            <media:thumbnail url="/t.jpg" width="480" height="360"/><media:description>Said</media:description>
            </media:group></entry>""",
            'xmlns:media="http://search.yahoo.com/mrss/"',
        )
    )
    assert entry.kind == "video"
    assert entry.enclosures == (Enclosure("https://example.org/v.mp4", "video/mp4", None, 61),)
    assert entry.images == (FeedImage("https://example.org/t.jpg", 480, 360),)
    assert entry.excerpt == "Said"


def test_files_without_a_type_are_known_by_their_addresses() -> None:
    media = '<media:content url="{}" {}/>'
    contents = (
        ("/1.jpg?width=140", 'width="140"'),
        ("/2", 'medium="image" type="text/html"'),
        ("/3", 'medium="video"'),
    )
    item = "".join(media.format(*each) for each in contents) + media.format("/page", "")
    episode = '<enclosure url="/4.mp3"/><itunes:duration>61</itunes:duration>'
    entry = entry_of(rss(f"<item>{item}{episode}</item>", root='xmlns:media="http://search.yahoo.com/mrss/"'))
    assert [each.url for each in entry.images] == ["https://example.org/1.jpg?width=140", "https://example.org/2"]
    assert entry.enclosures == (
        Enclosure("https://example.org/4.mp3", duration_seconds=61),
        Enclosure("https://example.org/3"),
    )
    assert entry.kind == "video"


@pytest.mark.parametrize(
    "author",
    [
        *("jane@example.software (Jane Doe)", "Jane Doe <jane@example.software>", "jane@example.org (Jane Doe)"),
        *("Jane Doe jane@example.software", "jane@example.software Jane Doe", "(Jane Doe) jane@example.org"),
    ],
)
def test_an_author_is_named_without_the_address(author: str) -> None:
    assert entry_of(rss(f"<item><author>{escape(author)}</author></item>")).authors == ("Jane Doe",)


@pytest.mark.parametrize(
    "data",
    [
        atom(
            "<author><name>Ann</name></author><entry><title>1</title></entry>"
            "<entry><title>2</title><author><name>Bob</name></author></entry>"
            "<entry><title>3</title><source><title>Another feed</title></source></entry>"
        ),
        json.dumps({
            "version": "https://jsonfeed.org/version/1", "authors": {"name": "Ann"},
            "items": [{"id": 1}, {"id": 2, "author": "Bob"}, {"id": 3, "author": {"name": "Eve"}}],
        }).encode(),
    ],
)  # fmt: skip
def test_entries_have_the_authors_of_the_feed_unless_they_have_others(data: bytes) -> None:
    first, second, third = (each.authors for each in parse_feed(data).entries)
    assert (first, second) == (("Ann",), ("Bob",))
    assert third != ("Ann",)


def test_an_author_without_a_name_is_an_address() -> None:
    for author in ("jane@example.software", "mailto:jane@example.org"):
        assert entry_of(rss(f"<item><author>{author}</author></item>")).authors == (author.removeprefix("mailto:"),)
    assert entry_of(rss("<item><author>Jane (mailto:jane@example.org)</author></item>")).authors == ("Jane",)


def json_feed(**item: Any) -> bytes:
    """Return a JSON feed with an item."""
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Feed", "items": [item]}).encode()


def test_a_json_feed_says_all_of_this() -> None:
    entry = entry_of(
        json_feed(
            id=7,
            url="/7",
            external_url="https://other.example/",
            title="Seven",
            content_html="<p>Long</p>",
            summary="Short",
            image="/i.png",
            date_published="2020-05-25T04:45:26-07:00",
            tags=["a", "A", "b"],
            authors=[{"name": "Ann"}],
            language="de",
            attachments=[{"url": "/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 5, "duration_in_seconds": 9.6}],
        )
    )  # fmt: skip
    assert (entry.id, entry.url, entry.title) == ("7", "https://example.org/7", "Seven")
    assert entry.related == (FeedLink("https://other.example/"),)
    assert entry.published_text == "2020-05-25T04:45:26-07:00"
    assert (entry.topics, entry.authors, entry.language, entry.kind) == (("a", "b"), ("Ann",), "de", "audio")
    assert entry.enclosures == (Enclosure("https://example.org/a.mp3", "audio/mpeg", 5, 9),)
    assert entry.images == (FeedImage("https://example.org/i.png"),)
    assert (entry.excerpt, entry.content_html) == ("Short", "<p>Long</p>")


def test_a_json_feed_that_ends_early_keeps_its_whole_items() -> None:
    whole = json.dumps({"title": "Feed", "items": [{"id": "1"}, {"id": "2"}, {"id": "3"}]})
    feed = parse_feed(whole[: whole.index('"3"')].encode())
    assert (feed.title, [each.id for each in feed.entries], feed.is_complete) == ("Feed", ["1", "2"], False)


# Text


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("<![CDATA[Tom & Jerry]]>", "Tom & Jerry"),
        ("<![CDATA[<em>Bold</em> move]]>", "Bold move"),
        ("&lt;em&gt;Bold&lt;/em&gt; move", "Bold move"),
        ("if a &lt; b", "if a < b"),
        ("the &lt;blink> element", "the <blink> element"),
        ("caf&eacute; &copy;", "café ©"),
        ("it&amp;#8217;s", "it’s"),
        ("one\n\ttwo &#27;[31m\u202ered", "one two [31mred"),
        ("cafÃ©", "café"),
    ],
)
def test_titles_are_one_line_of_plain_text(title: str, expected: str) -> None:
    assert entry_of(rss(f"<item><title>{title}</title></item>")).title == expected


def test_a_title_of_atom_that_is_plain_text_keeps_its_tags() -> None:
    assert entry_of(atom("<entry><title>The &lt;b> element</title></entry>")).title == "The <b> element"


def test_xhtml_is_read_as_html() -> None:
    xhtml = '<div xmlns="http://www.w3.org/1999/xhtml"><p>One &amp; <b>two</b></p></div>'
    entry = entry_of(atom(f'<entry><title/><content type="xhtml">{xhtml}</content></entry>'))
    assert entry.content_html == "<p>One &amp; <b>two</b></p>"
    assert entry.excerpt == "One & two"


def test_an_excerpt_is_short_plain_text() -> None:
    entry = entry_of(
        rss(f"<item><description>&lt;p&gt;Para&lt;/p&gt;&lt;script>x&lt;/script>{'word ' * 500}</description></item>")
    )
    assert entry.excerpt.startswith("Para word word")
    assert entry.excerpt.endswith("word…")
    assert len(entry.excerpt) <= 501


def test_plain_text_becomes_html_with_its_paragraphs() -> None:
    entry = entry_of(atom("<entry><title/><content>One &lt;1>\nline\n\nTwo</content></entry>"))
    assert entry.content_html == "<p>One &lt;1&gt;<br>line</p><p>Two</p>"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("utf-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-16-be"),
        ("iso-8859-1", "cp1252"),
        ("windows-1251", "cp1251"),
        ("gb2312", "gb18030"),
        ("shift_jis", "shift_jis"),
        ("iso-8859-1", "utf-8"),  # the label is wrong
    ],
)
def test_every_encoding_is_read(label: str, codec: str) -> None:
    title = {"cp1251": "Новости дня", "gb18030": "新闻联播", "shift_jis": "新しいニュース"}.get(codec, "Müller – “neu”")
    text = f'<?xml version="1.0" encoding="{label}"?>' + rss(f"<item><title>{title}</title></item>").decode()
    assert entry_of(text.encode(codec)).title == title


def test_encodings_that_python_does_not_know_by_their_names_are_read() -> None:
    text = rss("<item><title>Müller</title></item>").decode()
    assert entry_of(f'<?xml version="1.0" encoding="x-mac-roman"?>{text}'.encode("mac-roman")).title == "Müller"
    assert entry_of(text.encode("utf-32")).title == "Müller"


def test_an_encoding_that_only_the_server_names_is_read() -> None:
    data = rss("<item><title>Новости</title></item>").decode().encode("koi8-r")
    assert parse_feed(data, content_type="text/xml; charset=koi8-r").entries[0].title == "Новости"


def test_one_wrong_byte_does_not_change_all_others() -> None:
    data = rss("<item><title>Müller und Söhne</title></item><item><title>Grüße ?!</title></item>").replace(
        b"?", b"\xfc"
    )
    assert [each.title for each in parse_feed(data).entries] == ["Müller und Söhne", "Grüße \ufffd!"]


# Dates


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, May 25 2020 04:45:26 +0000", "2020-05-25T04:45:26+00:00"),
        ("Mon, 25 May 2020 04:45:26 Z", "2020-05-25T04:45:26+00:00"),
        ("Mon, 25 May 20 04:45 PDT", "2020-05-25T04:45:00-07:00"),
        ("Mo, 25 Mai 2020 04:45:26 +0200", "2020-05-25T04:45:26+02:00"),
        ("Mon, 25 mai 2020 04:45:26 +0200", "2020-05-25T04:45:26+02:00"),
        ("lun., 25 févr. 2019 04:45:26 +0100", "2019-02-25T04:45:26+01:00"),
        ("Wed, 19 Aug 2009 18:28:00 CEST", "2009-08-19T18:28:00+02:00"),
        ("2020-05-25 04:45:26 JST", "2020-05-25T04:45:26+09:00"),
        ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T08:19:53-04:00"),
        ("2020-11-08T16:20:00-05:00Z", "2020-11-08T16:20:00-05:00"),
        ("Sat, 11 04 2020 08:51:49 +0100", "2020-04-11T08:51:49+01:00"),  # 4 November is a Wednesday
        ("Thu, 13 Jul 2023 15:33:12 0000", "2023-07-13T15:33:12+00:00"),  # only feedparser reads it
        ("2020-05-25", "2020-05-25"),
        ("yesterday", ""),
    ],
)
def test_dates_keep_the_zone_of_the_feed(date: str, expected: str) -> None:
    entry = entry_of(rss(f"<item><title>x</title><pubDate>{date}</pubDate></item>"))
    assert entry.published_text == expected
    if "T" in expected:
        assert entry.published == datetime.fromisoformat(expected)


def test_a_day_is_its_first_moment_in_utc() -> None:
    assert entry_of(rss("<item><pubDate>2020-05-25</pubDate></item>")).published == datetime(2020, 5, 25, tzinfo=UTC)


def test_an_entry_that_only_says_when_it_was_updated_is_published_then() -> None:
    entry = entry_of(atom("<entry><title>x</title><updated>2020-05-25T04:45:26Z</updated></entry>"))
    assert entry.published == entry.updated == datetime(2020, 5, 25, 4, 45, 26, tzinfo=UTC)


# Addresses


def test_only_addresses_that_may_be_opened_are_kept() -> None:
    item = "<item><title>x</title><link>{}</link></item>"
    assert entry_of(rss(item.format("javascript:alert(1)"))).url == ""
    assert entry_of(rss(item.format("https://ann:secret@example.org/"))).url == ""
    assert entry_of(rss(item.format("\n https://example.org/a b \n"))).url == "https://example.org/a%20b"
    assert entry_of(rss(item.format("//example.org/x")), url="").url == "https://example.org/x"


def test_a_guid_is_a_link_unless_it_says_that_it_is_none() -> None:
    assert entry_of(rss("<item><guid>https://example.org/1</guid></item>")).url == "https://example.org/1"
    entry = entry_of(rss('<item><guid isPermaLink="false">https://example.org/1</guid></item>'))
    assert (entry.id, entry.url) == ("https://example.org/1", "")
    for number in ("17", "tag 17"):  # the id is the same wherever the feed is
        entry = entry_of(rss(f"<item><guid>{number}</guid></item>"))
        assert (entry.id, entry.url) == (number, "")


def test_the_first_page_of_an_entry_of_atom_is_its_link() -> None:
    links = '<link type="application/json" href="/j"/><link hreflang="de" href="/de"/><link hreflang="en" href="/en"/>'
    assert entry_of(atom(f"<entry><title>x</title>{links}</entry>")).url == "https://example.org/de"


def test_without_an_address_of_the_feed_its_site_is_the_base() -> None:
    data = rss("<item><link>/1</link></item>", "<link>https://example.org/blog/</link>")
    assert entry_of(data, url="").url == "https://example.org/1"


# What is broken or hostile


ITEMS = [
    f"<item><title>T{n}</title><link>/{n}</link><media:group><media:title>M</media:title></media:group><category/>"
    f"<description><![CDATA[<p>Text</p> <br/>]]></description><author>Ann {n}</author></item>"
    for n in range(3)
]
CUT = rss("".join(ITEMS), "", 'xmlns:media="http://search.yahoo.com/mrss/"')


@pytest.mark.parametrize(
    ("end", "titles", "excerpts", "authors"),
    [
        (b"T2", ["T0", "T1"], ["Text", "Text"], 2),
        (b"</link><media", ["T0", "T1"], ["Text", "Text"], 2),
        (b"<media:group>", ["T0", "T1", "T2"], ["Text", "Text", ""], 2),
        (b"</media:group>", ["T0", "T1", "T2"], ["Text", "Text", ""], 2),
        (b"</p>", ["T0", "T1", "T2"], ["Text", "Text", ""], 2),
        (b"<author>", ["T0", "T1", "T2"], ["Text", "Text", "Text"], 2),
        (b"</item></ch", ["T0", "T1", "T2"], ["Text", "Text", "Text"], 3),
        (b"</channel>", ["T0", "T1", "T2"], ["Text", "Text", "Text"], 3),
    ],
)
def test_what_is_whole_counts_if_a_feed_ends_early(
    end: bytes, titles: list[str], excerpts: list[str], authors: int
) -> None:
    feed = parse_feed(CUT[: CUT.rindex(end)])
    assert [each.title for each in feed.entries] == titles
    assert [each.excerpt for each in feed.entries] == excerpts
    assert sum(len(each.authors) for each in feed.entries) == authors
    assert not feed.is_complete
    assert parse_feed(CUT).is_complete


def test_a_single_entry_of_atom_is_a_feed() -> None:
    feed = parse_feed(
        b'<?xml version="1.0"?><!-- <rss> --><entry xmlns="http://www.w3.org/2005/Atom"><title>One</title></entry>'
    )
    assert ([each.title for each in feed.entries], feed.is_complete) == (["One"], True)


def test_a_character_that_is_cut_off_spoils_no_others() -> None:
    data = rss("<item><title>Grüße</title></item><item><title>ü</title></item>")
    feed = parse_feed(data[: data.rindex("ü".encode()) + 1])
    assert [each.title for each in feed.entries] == ["Grüße"]


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "'
    + b"&a;" * 10
    + b'"><!ENTITY c "'
    + b"&b;" * 10
    + b'"><!ENTITY x SYSTEM "file:///etc/hostname">]>'
)


@pytest.mark.parametrize("reference", ["&c;", "&x;"])
@pytest.mark.parametrize("comment", [b"", b"<!-- <rss -->"])
def test_entities_of_a_feed_are_not_expanded(reference: str, comment: bytes) -> None:
    start = LAUGHS.replace(b"<!DOCTYPE", comment + b"<!DOCTYPE")
    feed = parse_feed(start + rss(f"<item><title>one {reference} two</title></item>"))
    assert feed.entries[0].title in {f"one {reference} two", f"one {reference.removesuffix(';')} two"}


def test_entities_that_are_short_texts_are_read() -> None:
    declared = b'<!DOCTYPE rss [<!ENTITY co "Company"><!ENTITY sq "&#179;">]>'
    assert parse_feed(declared + rss("<item><title>&co; m&sq;</title></item>")).entries[0].title == "Company m³"


def test_feedparser_gets_no_address_to_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it fetched")

    monkeypatch.setattr("urllib.request.build_opener", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    for data in (b"https://example.org/feed", b"/etc/hostname"):
        with pytest.raises(FeedError, match="no feed"):
            parse_feed(data, url=URL)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "It is empty."),
        (b" \n", "It is empty."),
        (b"x" * (MAX_BYTES + 1), "larger than 50 MB"),
        (b"<!DOCTYPE html><html><body><p>Hello</p></body></html>", "a web page, not a feed"),
        (b"<opml version='2.0'><body/></opml>", "a list of feeds"),
        (b'{"a": 1}', "no JSON Feed"),
        (b"{broken", "cannot be read as JSON"),
        (b"\x00\x01\x02", "no feed"),
        (b"[1]", "no feed"),
    ],
)
def test_what_is_no_feed_is_refused_with_a_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(FeedError, match=reason):
        parse_feed(data)


@pytest.mark.parametrize("author", ["a" * 100_000, "a@" * 50_000])
def test_an_author_of_any_length_is_read_in_linear_time(author: str) -> None:
    start = time.process_time()
    assert entry_of(rss(f"<item><author>{author}</author></item>")).authors == (author,)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "broken", ["</width>", "</textInput>", "</media:player>", "<tags>", "<media:license/>", "<links>x</links>"]
)
def test_tags_that_feedparser_fails_on_cost_no_entry(broken: str) -> None:
    feed = parse_feed(rss(f"<item><title>A</title></item>{broken}<item>{broken}<title>B</title></item>"))
    assert [each.title for each in feed.entries] == ["A", "B"]


@pytest.mark.parametrize("label", ["utf-16", "UCS-4", "utf\xe1-8", "nonsense", ""])
def test_a_label_that_cannot_be_right_is_ignored(label: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{label}"?>'.encode("latin-1")
    assert entry_of(declaration + rss("<item><title>One</title></item>")).title == "One"
    assert entry_of(b"\n junk" + declaration + rss("<item><title>One</title></item>")).title == "One"


FRAGMENTS = [
    b"</width>", b"</textInput>", b"</media:player>", b"<width>", b"<media:license>", b"</author>", b"</category>", b"<email>",
    b"<rss>", b"<channel>", b"<item>", b"</item>", b"<title>", b"</title>", b"<entry>", b"<content type='xhtml'>", b"<![CDATA[",
    b"]]>", b"&amp;", b"&nbsp;", b"<!--", b"-->", b"<!DOCTYPE x [", b"<!ENTITY y 'z'>", b"]>", b"<link href='", b"'/>",
    b"<media:content url='x' type='y'/>", b"<pubDate>Mon</pubDate>", b"<author><name>", b"\xff\xfe", b"\x00", b'{"items":[',
    b"<image><url>x</url>", b"<itunes:image/>", b"<category/>", b"<tags>", b"<links/>", b"text", b"<media:thumbnail>", b"<feed>",
    b"<enclosure length='1'/>", b"<textInput>", b"<source>", b"<authors>x</authors>", b"<?xml version='1.0' encoding='x'?>",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=5), max_size=25).map(b"".join))
def test_any_bytes_are_a_feed_or_refused(data: bytes) -> None:
    try:
        feed = parse_feed(data, url=URL)
    except FeedError:
        return
    assert ParsedFeed.from_values(feed.to_values()) == feed


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["/x", "2020-05-25", "audio/mpeg"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["url", "name", "mime_type", "#value"]), inner, max_size=3)
    ),
    max_leaves=4,
)
NAMES = [
    "id",
    "url",
    "external_url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "image",
    "date_published",
    "tags",
    "authors",
    "author",
    "language",
    "attachments",
    "guid",
    "link",
    "description",
    "pubDate",
    "enclosure",
]
OBJECTS = st.dictionaries(st.sampled_from(NAMES), VALUES)


@given(OBJECTS, st.lists(OBJECTS | VALUES, max_size=3), st.booleans())
def test_any_json_is_a_feed_or_refused(feed: dict[str, Any], items: list[Any], is_rss: bool) -> None:
    whole = {"rss": {"channel": {**feed, "item": items}}} if is_rss else {**feed, "items": items}
    assert len(parse_feed(json.dumps(whole).encode()).entries) <= len(items)
