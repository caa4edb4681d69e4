from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.text import clean
from reader.extraction.metadata import Metadata, base_url_of, date_in, read_metadata
from reader.extraction.page_tree import read_page

URL = "https://www.example.org/a/b"


def about(page: str, url: str = URL) -> Metadata:
    parsed = read_page(page)
    assert parsed is not None
    return read_metadata(parsed.tree, parsed.head, url)


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (
            "<title>A bridge is open - The Site</title><meta property=og:site_name content='The Site'>",
            "A bridge is open",
        ),
        (
            "<title>The Site | A bridge is open</title><meta property=og:site_name content='The Site'>",
            "A bridge is open",
        ),
        ("<title>A bridge is now open again | Daily Post</title>x", "A bridge is now open again | Daily Post"),
        ("<title>A bridge - what now?</title><p>x", "A bridge - what now?"),
        ("<title>A bridge is open_新闻网</title><meta property=og:site_name content='新闻网'>", "A bridge is open"),
        ("<title>A bridge is open « Blog</title><h1>A bridge is open</h1>", "A bridge is open"),
        ("<title>The Garden: A frost</title><meta property=og:title content='A frost'><h1>The Garden</h1>", "A frost"),
        ("<h1>Only a heading ¶</h1>", "Only a heading"),
        (f"<title>{'x' * 600}</title><p>x", ""),
        ("<title>a &#27;[31m b &amp;amp; c</title><p>x", "a [31m b &amp; c"),
        ("<p>x", ""),
    ],
)
def test_the_title_is_without_the_site(page: str, title: str) -> None:
    assert about(page).title == title


@pytest.mark.parametrize(
    ("page", "byline"),
    [
        ("<meta name=author content='By Jane Doe'><p>x", "Jane Doe"),
        ("<meta property=article:author content='https://fb.example/jane'><a rel=author>Jane Doe</a>", "Jane Doe"),
        ("<div itemprop=author>x<span itemprop=name>Jane Doe</span></div>", "Jane Doe"),
        ("<div itemprop=author><meta itemprop=name content='Jane Doe'></div>", "Jane Doe"),
        ("<p class='post-author'>von Jane Doe | 3.5.2024</p>", "Jane Doe"),
        ("<p class=byline>김민지 기자 | 2023.02.10 14:20</p>", "김민지"),
        ("<div id=comments><p class=comment-author>Jane Doe</p></div>", ""),
        ("<p class=byline>12</p><p>x", ""),
        (f"<meta name=author content='{'x' * 200}'><p>x", ""),
    ],
)
def test_the_byline(page: str, byline: str) -> None:
    assert about(page).byline == byline


@pytest.mark.parametrize(
    ("page", "day"),
    [
        ("<meta property=article:published_time content=2024-05-03T22:00:00-02:00>", datetime(2024, 5, 4, tzinfo=UTC)),
        ("<span itemprop=datePublished content=2024-05-03></span>", datetime(2024, 5, 3, tzinfo=UTC)),
        ("<p>x</p><time datetime=2024-05-03>yesterday</time>", datetime(2024, 5, 3, tzinfo=UTC)),
        ("<time>3 May 2024</time>", datetime(2024, 5, 3, tzinfo=UTC)),
        ("<h1>T</h1><p>Posted 3 May 2024 by Jane</p>", datetime(2024, 5, 3, tzinfo=UTC)),
        ("<abbr class=published title='2019-05-14T08:02:00+02:00' itemprop=datePublished>8:02</abbr>",
         datetime(2019, 5, 14, 6, 2, tzinfo=UTC)),
        ("<p>3 May 2024</p>", None),
    ],
)  # fmt: skip
def test_the_date(page: str, day: datetime | None) -> None:
    assert about(page).published_at == day


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2024-05-03T10:00:00Z", datetime(2024, 5, 3, 10, tzinfo=UTC)),
        ("2024-05-03 10:00", datetime(2024, 5, 3, 10, tzinfo=UTC)),
        ("2024/05/03 10:00:30", datetime(2024, 5, 3, 10, 0, 30, tzinfo=UTC)),
        ("20240503", datetime(2024, 5, 3, tzinfo=UTC)),
        ("Fri, 03 May 2024 10:00:00 +0200", datetime(2024, 5, 3, 8, tzinfo=UTC)),
        ("May 3rd, 2024", datetime(2024, 5, 3, tzinfo=UTC)),
        ("3. Mai 2024", datetime(2024, 5, 3, tzinfo=UTC)),
        ("Veröffentlicht am 3. Mai 2024", datetime(2024, 5, 3, tzinfo=UTC)),
        ("Posted 2024-05-03 10:00 by Jane", datetime(2024, 5, 3, tzinfo=UTC)),
        ("Posted 3 May 2024, 10:00", datetime(2024, 5, 3, 10, tzinfo=UTC)),
        ("3/4/2024", None),
        ("03.05.2024, 10 Uhr", datetime(2024, 5, 3, tzinfo=UTC)),
        ("2024年5月3日", datetime(2024, 5, 3, tzinfo=UTC)),
        ("2024-02-31", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("", None),
        ("soon", None),
        ("May 2024", None),
    ],
)
def test_the_date_in_a_line(text: str, when: datetime | None) -> None:
    assert date_in(text) == when


@given(st.text(max_size=40) | st.from_regex(r"\d{1,4}[-/. ]\d{1,2}[-/. T]\d{1,4}.{0,12}"))
def test_any_text_is_a_time_in_utc_or_none(text: str) -> None:
    when = date_in(text)
    assert when is None or when.utcoffset() == datetime(2024, 1, 1, tzinfo=UTC).utcoffset()


def test_site_and_image() -> None:
    found = about(
        "<meta property=og:image content='/i.jpg'><meta property=og:image:width content='1200px'>"
        "<meta property=og:image:height content=x><meta property=og:image:alt content='An &lt;i&gt;'><p>x"
    )
    assert found.site == "example.org"
    assert found.image is not None
    assert (found.image.url, found.image.width, found.image.height) == ("https://www.example.org/i.jpg", 1200, None)
    assert found.image.title == "An <i>"
    assert about("<meta property=og:image content='javascript:x'><p>x").image is None
    assert about("<p>x", "").site == ""


@pytest.mark.parametrize(
    ("page", "url", "base"),
    [
        ("<p>x", URL, URL),
        ("<base href='/c/'><p>x", URL, "https://www.example.org/c/"),
        ("<base href='javascript:x'><p>x", URL, URL),
        ("<link rel=canonical href='https://x.org/d'><p>x", "", "https://x.org/d"),
        ("<meta property=og:url content='https://x.org/e'><p>x", "", "https://x.org/e"),
        ("<p>x", "", ""),
    ],
)
def test_the_base_of_relative_addresses(page: str, url: str, base: str) -> None:
    parsed = read_page(page)
    assert parsed is not None
    assert base_url_of(parsed.tree, parsed.head, url) == base


@given(st.text(max_size=60))
def test_any_title_is_clean(text: str) -> None:
    import html

    found = about(
        f"<meta property=og:title content='{html.escape(text)}'><meta name=author content='{html.escape(text)}'><p>x"
    )
    assert found.title == clean(found.title)
    assert found.byline == clean(found.byline)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p class=byline>By Ann Lee on March 3, 2025</p>", "Ann Lee"),
        ("<p class=byline>By <a href=/ann>Ann Lee</a>, Senior Reporter</p>", "Ann Lee"),
        ("<p class=byline>By Ann Lee Updated 3 March 2025, 10:00</p>", "Ann Lee"),
        ("<div class=author>Ann Lee <button>Follow</button> 5 min read</div>", "Ann Lee"),
        ("<p class=byline>By Ann Lee<br>Photographs by Bob Ray</p>", "Ann Lee"),
        (
            "<p class=byline>By Ann Lee, Bob Ray and Ida de la Cruz for the Post</p>",
            "Ann Lee, Bob Ray and Ida de la Cruz",
        ),
        ("<span class=author>Von Anna Müller, Holm</span>", "Anna Müller"),
        ("<span class=author>作者：王小明　来源：海岛日报</span>", "王小明"),
        ("<p><a rel=author href=/a>Ann Lee</a> and <a rel=author href=/b>Bob Ray</a></p>", "Ann Lee, Bob Ray"),
        ("<meta name=author content='Ann Lee'><meta name=author content='Bob Ray'>", "Ann Lee, Bob Ray"),
        (
            '<script type="application/ld+json">[{"@type": "Article", "author": {"@id": "#a"}},'
            '{"@type": "Person", "@id": "#a", "name": "Ann Lee"}]</script>',
            "Ann Lee",
        ),
    ],
)
def test_a_byline_has_names_only(markup: str, expected: str) -> None:
    assert about(f"<html><body><h1>A ferry</h1>{markup}</body></html>").byline == expected
