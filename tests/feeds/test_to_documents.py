"""Entries become documents that the reader reads back as the same articles, under names that every system takes."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.blocks import plain_text
from reader.content.body import parse_body
from reader.content.html.builder import parse_html
from reader.core.model import Image
from reader.core.text import clean
from reader.core.urls import safe_url
from reader.documents.parse import parse_document
from reader.documents.scalars import author_name, undecorated
from reader.feeds.entries.to_documents import NO_DATE, document_of, slug
from reader.feeds.folders import folder_name, folders_of
from reader.feeds.model import Enclosure, FeedEntry, FeedImage, FeedLink, ParsedFeed
from reader.feeds.subscriptions import Subscription

SEEN = datetime(2026, 11, 29, 12, tzinfo=UTC)
FEED = ParsedFeed(title="A & B", url="https://www.a.example/")
MINE = Subscription("https://a.example/feed", topics=("mine",))
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40).map(clean)
tricky = st.sampled_from([
    "AT&amp;T", "a: b", "- x", "# x", "'q' \"q\"", "\\n", "---", "[WIP]", "null", "1.10", "&amp;amp;", "{{ x }}",
    "Tom &copy= Jerry", "%%", "@x", "`x`", "| x", "a\u2028b", "x #y",
])  # fmt: skip
texts = st.one_of(words, tricky.map(clean))
paths = st.text(string.ascii_letters + string.digits + "/-_~&=?;", max_size=30)
urls = st.builds(lambda host, path: safe_url(f"https://{host}.example/{path}"), st.sampled_from("abc"), paths)
zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
moments = st.datetimes(datetime(1995, 1, 1), datetime(2026, 11, 1), timezones=zones).map(  # noqa: DTZ001 - as documented
    lambda moment: moment.replace(microsecond=0)
)
html = st.lists(
    st.one_of(
        texts.map(lambda text: f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>"),
        urls.map(lambda url: f'<p><a href="{url}">link</a> <b>bold</b></p>'),
        st.just("<ul><li>one<li>two</ul>"),
        st.just("<blockquote>said</blockquote><pre>code {{ x }}</pre>"),
    ),
    max_size=4,
).map("".join)


@st.composite
def entries(draw: st.DrawFn) -> FeedEntry:
    published = draw(st.none() | moments)
    return FeedEntry(
        id=draw(st.one_of(urls, words)),
        title=draw(texts),
        url=draw(st.one_of(st.just(""), urls)),
        published=published.astimezone(UTC) if published else None,
        published_text=published.isoformat() if published else "",
        authors=tuple(draw(st.lists(texts, max_size=3))),
        topics=tuple(draw(st.lists(texts, max_size=3))),
        excerpt=draw(texts),
        content_html=draw(html),
        images=tuple(FeedImage(url, 10, 20) for url in draw(st.lists(urls, max_size=2))),
        enclosures=tuple(Enclosure(url, "audio/mpeg", 5, 60) for url in draw(st.lists(urls, max_size=2))),
        related=tuple(FeedLink(url, "More") for url in draw(st.lists(urls, max_size=2))),
        kind=draw(st.sampled_from(["article", "audio", "video"])),
    )


def unique(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, values)))


@given(entries())
def test_a_document_is_read_back_as_the_same_article(entry: FeedEntry) -> None:
    document = document_of(entry, FEED, MINE, SEEN, folder="G/A")
    path = next(document.paths())
    found = parse_document(path.encode(), document.data)
    article = found.article
    assert found.problems == ()
    assert article.title == entry.title or not entry.title
    if entry.excerpt:
        assert article.excerpt == entry.excerpt
    assert article.published_at == (entry.published or SEEN)
    assert (article.links.original, article.links.web, article.type) == (entry.url, entry.url, entry.kind)
    assert (article.provider.name, article.provider.domain) == ("A & B", "a.example")
    assert article.provider.authors == unique([author_name(each) for each in entry.authors])
    assert article.topics == unique([undecorated(each) for each in ("mine", *entry.topics)])
    assert article.images == tuple(Image(each.url, 10, 20) for each in entry.images)
    assert [each.links.web for each in article.related] == [each.url for each in entry.related]
    assert article.extra.get("feed") == MINE.key
    assert article.extra.get("guid", "") == entry.id or clean(entry.id) != entry.id
    assert article.extra.get("dateNote") == (None if entry.published else NO_DATE)
    assert len(article.extra.get("enclosures", ())) == len(entry.enclosures)  # type: ignore[arg-type]
    assert body_text(article.body, article.body_format) == body_text(entry.content_html, "html")


def body_text(source: str, body_format: str) -> list[str]:
    blocks = parse_html(source) if body_format == "html" else parse_body(source, "markdown")
    return [line for text in plain_text(blocks).split("\n") if (line := clean(text))]


@given(entries(), words, words)
def test_names_are_safe_on_every_file_system(entry: FeedEntry, title: str, group: str) -> None:
    mine = replace(MINE, title=title, group=group)
    document = document_of(entry, FEED, mine, SEEN, folder=folders_of([mine])[mine.key])
    candidates = document.paths()
    for path in (next(candidates), next(candidates), next(candidates)):
        for name in path.split("/"):
            assert 0 < len(name.encode()) <= 120
            assert not re.search(r'[\x00-\x1f<>:"\\|?*]', name)
            assert name[0] not in ". "
            assert name[-1] not in ". "
            assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name)
        assert re.match(r"\d{4}-\d\d-\d\d-", path.rpartition("/")[2])


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Why “Rust”? It’s fast.", "why-rust-its-fast"),
        ("Übermäßig große Ämter", "übermäßig-große-ämter"),
        ("中国最高法院", "中国最高法院"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con"),
        ("…", ""),
    ],
)
def test_the_name_is_made_of_the_title(title: str, name: str) -> None:
    assert slug(title) == name


def test_a_long_title_is_cut_between_words() -> None:
    name = slug("word " * 100)
    assert name.endswith("word")
    assert 70 < len(name) < 100


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("CON", "CON -"),
        ("aux.md", "aux.md -"),
        (" .hidden", "hidden"),
        ("a/b:c", "a b c"),
        ("Ends…", "Ends"),
        ("///", ""),
    ],
)
def test_the_folder_is_named_after_the_feed(title: str, name: str) -> None:
    assert folder_name(title) == name


def test_no_two_feeds_share_a_folder_even_if_case_does_not_count() -> None:
    feeds = [Subscription(f"https://{n}.example/", title=title) for n, title in enumerate(("News", "news", "NEWS."))]
    folders = [each.casefold() for each in folders_of(feeds).values()]
    assert folders[0] == "news"
    assert len(set(folders)) == 3


def test_the_date_in_the_name_is_that_of_the_feed_in_any_zone() -> None:
    moment = datetime(2026, 5, 4, 1, tzinfo=timezone(timedelta(hours=9)))
    entry = FeedEntry(title="A", published=moment.astimezone(UTC), published_text=moment.isoformat())
    document = document_of(entry, FEED, MINE, SEEN, folder="A")
    assert next(document.paths()) == "A/2026-05-04-a.md"
    assert b"publishedDateTime: 2026-05-04T01:00:00+09:00\n" in document.data


def test_a_date_in_the_future_counts_as_now_and_says_so() -> None:
    future = datetime(2033, 1, 1, tzinfo=UTC)
    entry = FeedEntry(title="A", published=future, published_text="2033-01-01T00:00:00+00:00")
    article = parse_document(b"a.md", document_of(entry, FEED, MINE, SEEN, folder="A").data).article
    assert article.published_at == SEEN
    assert "2033-01-01" in str(article.extra["dateNote"])


def test_a_header_stays_readable_whatever_the_feed_lists() -> None:
    entry = FeedEntry(
        title="A" * 5_000,
        excerpt="b" * 9_000,
        topics=tuple(f"{n} " + "t" * 900 for n in range(500)),
        enclosures=tuple(Enclosure(f"https://a.example/{n}/{'x' * 2000}") for n in range(500)),
    )
    found = parse_document(b"a.md", document_of(entry, FEED, MINE, SEEN, folder="A").data)
    assert found.problems == ()
    assert len(found.article.topics) > 10


def test_enclosures_may_be_left_out() -> None:
    entry = FeedEntry(title="A", enclosures=(Enclosure("https://a.example/1.mp3"),))
    assert b"1.mp3" not in document_of(entry, FEED, replace(MINE, enclosures="none"), SEEN, folder="A").data
