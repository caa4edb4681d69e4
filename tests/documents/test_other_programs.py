"""Documents of other programs: which of their fields give the reader's own, and that both paths to the index agree."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.model import Article
from reader.core.times import format_iso
from reader.documents.body_start import first_paragraph
from reader.documents.fast_record import fast_record, index_record
from reader.documents.field_names import ALTERNATIVES, FieldNames
from reader.documents.index_record import full_record
from reader.documents.parse import parse_document
from reader.documents.resolve import ReadingOptions

_words = st.sampled_from(
    ["Some words. ", "a [link](https://a.org/b) ", "*strong* ", "`code` ", "<b>bold</b> ", "![](i.png) "]
)
_texts = st.lists(_words, min_size=1, max_size=30).map("".join)
_blocks = st.tuples(
    st.sampled_from(["", "# ", "> ", "- ", "    ", "<div>", "<!-- ", "```\n", "| a |\n|--|\n"]), _texts
).map("".join)
"""Blocks of Markdown, some unclosed."""


def _article(document: str, path: bytes = b"a.md") -> Article:
    return parse_document(path, document.encode()).article


def _date(article: Article) -> tuple[str, str]:
    assert article.published_at is not None
    return article.published_at.isoformat(), article.precision


def test_jekyll() -> None:
    article = _article(
        "---\nlayout: post\ntitle: Rel\ndate: 2017-10-21 21:31:40 +0200\ncategories: [release]\ntags: a, b\n"
        "description: D\nauthor: Ann\ncanonical_url: https://example.org/x\n---\n\nBody.\n"
    )
    assert _date(article) == ("2017-10-21T19:31:40+00:00", "time")
    assert (article.topics, article.excerpt, article.links.original) == (
        ("release", "a", "b"),
        "D",
        "https://example.org/x",
    )
    assert (article.provider.authors, article.extra) == (("Ann",), {"layout": "post"})


def test_an_obsidian_clipping() -> None:
    article = _article(
        '---\ntitle: "T"\nsource: "https://example.org/c"\nauthor:\n  - "[[A B]]"\n  - "[[people/c|C D]]"\n'
        'published: 2025-12-01\ncreated: 2025-12-16\ndescription: "D"\ntags:\n  - "#clippings"\n---\n\nBody.\n'
    )
    assert _date(article) == ("2025-12-01T00:00:00+00:00", "day")
    assert (article.provider.authors, article.topics) == (("A B", "C D"), ("clippings",))
    assert (article.links.original, article.published, article.extra) == (
        "https://example.org/c",
        None,
        {"created": "2025-12-16"},
    )


def test_zola() -> None:
    article = _article(
        '+++\ntitle = "T"\ndate = 2023-01-10\nauthors = ["Team"]\n'
        '[taxonomies]\ntags = ["release"]\nother = ["x"]\n+++\n'
    )
    assert (_date(article)[1], article.topics, article.provider.authors) == ("day", ("release",), ("Team",))
    assert article.extra == {"taxonomies": {"other": ["x"]}}


def test_a_published_date_is_no_flag() -> None:
    document = b"---\ndate: 2024-01-01\npublished: 2024-01-02\n---\n"
    parsed = parse_document(b"a.md", document)
    assert (parsed.problems, parsed.article.extra) == ((), {"published": "2024-01-02"})
    assert _date(parsed.article)[0] == "2024-01-01T00:00:00+00:00"
    assert index_record(b"a.md", document) == full_record(b"a.md", document)


def test_a_published_flag_is_not_a_date() -> None:
    article = _article("---\ntitle: T\npublished: true\ndate: 2024-01-02\ncover_image: https://a.org/i.png\n---\n")
    assert (article.published, _date(article)[0]) == (True, "2024-01-02T00:00:00+00:00")
    assert [image.url for image in article.images] == ["https://a.org/i.png"]


@pytest.mark.parametrize("key", ["PubDate", "pub-date", "pub_date", "PUB DATE"])
def test_case_and_separators_do_not_count(key: str) -> None:
    assert _date(_article(f"---\n{key}: 2024-01-02\n---\n"))[1] == "day"


def test_own_fields_come_first() -> None:
    parsed = parse_document(
        b"a.md", b"---\ndate: 2001-01-01\npublishedDateTime: 2024-01-02T03:04:05Z\ntags: x\ntopics: [y]\n---\n"
    )
    assert _date(parsed.article)[0] == "2024-01-02T03:04:05+00:00"
    assert (parsed.article.topics, parsed.article.extra) == (("y",), {"date": "2001-01-01", "tags": "x"})
    assert parsed.origins == {"title": "the name of the file"}


def test_a_category_is_a_topic_unless_the_document_is_of_a_hub() -> None:
    assert _article("---\ncategory: news\n---\n").topics == ("news",)
    hub = _article("---\ncategory: news\nquality: 1\n---\n")
    assert (hub.topics, hub.category) == ((), "news")


@pytest.mark.parametrize(
    ("path", "document", "moment"),
    [
        (b"2024-05-06-post.md", "---\ntitle: Post\n---\n", "2024-05-06T00:00:00+00:00"),
        (b"20240506-x.md", "---\ntitle: Post\n---\n", "2024-05-06T00:00:00+00:00"),
        (b"20240506_title.md", "---\ntitle: Post\n---\n", "2024-05-06T00:00:00+00:00"),
        (b"x/20240506/index.md", "---\ntitle: Post\n---\n", "2024-05-06T00:00:00+00:00"),
        (b"note 20240506T1230.md", "---\ntitle: Post\n---\n", "2024-05-06T00:00:00+00:00"),
        (b"202405061230 note.md", "---\ntitle: Post\n---\n", "2024-05-06T00:00:00+00:00"),
        (b"20249999-2024-05-06.md", "---\ntitle: Post\n---\n", "2024-05-06T00:00:00+00:00"),
        (b"x/2021-08-26-welcome/index.md", "---\ntitle: Post\n---\n", "2021-08-26T00:00:00+00:00"),
        (b"2021-08-26-x.md", "---\ndate: 2020-01-02\n---\n", "2020-01-02T00:00:00+00:00"),
        (b"a.md", "---\nlastmod: 2020-01-02\n---\n", "2020-01-02T00:00:00+00:00"),
        (b"a.md", "---\nlast_update:\n  date: 2020-01-02\n---\n", "2020-01-02T00:00:00+00:00"),
        (b"a.md", "---\ndate:\n  start_date: 2020-01-02\n---\n", "2020-01-02T00:00:00+00:00"),
        (b"a.md", "---\nDate:\n  start: 2020-01-02\n  end:\n---\n", "2020-01-02T00:00:00+00:00"),
    ],
)
def test_where_a_date_is_found(path: bytes, document: str, moment: str) -> None:
    assert _date(_article(document, path))[0] == moment


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("20240506-some_title.md", "Some title"),
        ("20240506 x.md", "X"),
        ("202405061230 x.md", "X"),
        ("20240506.md", "20240506"),
        ("2024-05-06.md", "2024-05-06"),
        ("a/20240506-trip/index.md", "Trip"),
    ],
)
def test_a_day_in_digits_is_no_part_of_a_title(path: str, title: str) -> None:
    article = _article("", path.encode())
    assert (article.title, _date(article)) == (title, ("2024-05-06T00:00:00+00:00", "day"))


@pytest.mark.parametrize(
    "name",
    ["19891231-x", "20240230-x", "120240506", "2024050612", "202405062530", "a20240506", "20240506a", "20241301"],
)
def test_other_digits_are_no_day(name: str) -> None:
    assert _article("", f"{name}.md".encode()).published_at is None


def test_a_day_in_digits_is_not_later_than_next_year() -> None:
    year = datetime.now().astimezone().year
    dated = {added: _article("", f"{year + added}0102-x.md".encode()).published_at for added in (0, 1, 2)}
    assert [added for added, date in dated.items() if date] == [0, 1]


def test_the_time_of_an_update_is_known_beside_the_date() -> None:
    article = _article("---\ndate: 2020-01-02\nupdated: 2021-01-02\n---\n")
    assert article.updated_at is not None
    assert (_date(article)[0][:4], article.updated_at.year) == ("2020", 2021)


@pytest.mark.parametrize(
    ("body", "title", "rest"),
    [
        ("# A *heading* #\n\nText.", "A heading", "Text."),
        ("A heading\n=====\nText.", "A heading", "Text."),
        ("Text.\n\n# Later", "A", "Text.\n\n# Later"),
        ("#tag #other\n\n# H\n\nText.", "H", "#tag #other\n\nText."),
        ("[![build](a.svg)](b) ![x](c)\n# H\nText.", "H", "[![build](a.svg)](b) ![x](c)\nText."),
        (
            "<p align=center>\n  <img src=a>\n</p>\n\n# H\n\nText.",
            "H",
            "<p align=center>\n  <img src=a>\n</p>\n\nText.",
        ),
        ("<h1 align=center>H</h1>\n\n## Later\n\n- b\n", "H", "## Later\n\n- b"),
        (
            "import A from 'a';\n\nexport const a = {\n  b: 1\n};\n\n# H\n",
            "H",
            "import A from 'a';\n\nexport const a = {\n  b: 1\n};",
        ),
    ],
)
def test_a_title_may_be_the_heading_of_the_body(body: str, title: str, rest: str) -> None:
    article = _article(body)
    assert (article.title, article.body.strip()) == (title, rest)


@pytest.mark.parametrize(
    ("path", "body", "title", "rest"),
    [
        (b"a.org", "\n* TODO [#A] A *heading*  :tag:b:\nText.", "A heading", "Text."),
        (b"a.org", "Text.\n* Later", "A", "Text.\n* Later"),
        (b"a.html", "<body><p>x</p><h1 id=h>A <em>heading</em>\n</h1><p>Text.", "A heading", "<body><p>x</p><p>Text."),
    ],
)
def test_headings_of_other_formats(path: bytes, body: str, title: str, rest: str) -> None:
    article = _article(body, path)
    assert (article.title, article.body) == (title, rest)
    assert index_record(path, body.encode()) == full_record(path, body.encode())


@given(st.lists(_blocks, min_size=1, max_size=8), st.lists(_blocks, max_size=8))
def test_later_blocks_do_not_change_the_excerpt(first: list[str], later: list[str]) -> None:
    excerpt = first_paragraph("\n\n".join(first), "markdown")
    if excerpt:
        assert first_paragraph("\n\n".join([*first, "---", *later]), "markdown") == excerpt


def test_an_excerpt_may_be_the_first_paragraph() -> None:
    article = _article("# T\n\n> quoted\n\nFirst *words*.\n\nMore.\n")
    assert (article.excerpt, article.excerpt_is_from_body) == ("First words.", True)
    assert len(_article("word " * 1_000).excerpt) < 600


@pytest.mark.parametrize(
    ("written", "topics"),
    [
        ("a, b c, d", ("a", "b c", "d")),
        ("'#a #b'", ("a", "b")),
        ("#a #b", ("a", "b")),
        ("#a, #b/c", ("a", "b/c")),
        ("a; b", ("a", "b")),
        ("R&amp;D, b", ("R&D", "b")),
        ("# a", ()),
        ("#a b", ()),
        ("a b", ("a b",)),
        ("[a, '#b', '[[c]]']", ("a", "b", "c")),
    ],
)
def test_topics_of_a_text(written: str, topics: tuple[str, ...]) -> None:
    assert _article(f"---\ntags: {written}\n---\n").topics == topics
    assert _article(f"---\ntopics: {written}\n---\n").topics == topics


def test_a_page_needs_no_header() -> None:
    article = _article(
        "<!doctype html><html><head><title>T</title><meta name=description content='D'>"
        "<meta name=author content=Ann></head><body><p>Text</p>",
        b"a.html",
    )
    assert (article.title, article.excerpt, article.provider.authors) == ("T", "D", ("Ann",))


def test_only_web_addresses_are_addresses() -> None:
    article = _article("---\npermalink: /2024/x/\nsource: Reuters\nlink: https://a.org/x\n---\n")
    assert article.links.original == "https://a.org/x"
    assert article.extra == {"permalink": "/2024/x/", "source": "Reuters"}


def test_a_date_that_cannot_be_read_is_a_problem_of_its_key() -> None:
    parsed = parse_document(b"a.md", b"---\ntitle: T\nDate: 03/04/2024\n---\n")
    assert [(problem.line, problem.field) for problem in parsed.problems] == [(3, "Date")]
    assert parsed.article.published_at is None


def test_the_user_may_add_names_and_say_how_dates_are_read() -> None:
    options = ReadingOptions(FieldNames({"publishedDateTime": ("when", "category"), "topics": ("about",)}), "dmy")
    document = b"---\nwhen: 03/04/2024\nabout: x\n---\n"
    parsed = parse_document(b"a.md", document, options)
    assert (_date(parsed.article)[0], parsed.article.topics) == ("2024-04-03T00:00:00+00:00", ("x",))
    assert parsed.origins == {"title": "the name of the file", "publishedDateTime": "when", "topics": "about"}
    for each in (document, b"---\ntitle: x\ncategory: 2020-01-02\n---\n"):
        assert index_record(b"a.md", each, options) == full_record(b"a.md", each, options)
    assert full_record(b"a.md", b"---\ntitle: x\ncategory: 2020-01-02\n---\n", options)[0].published_at is not None


def test_the_order_of_day_and_month_holds_for_names_of_files() -> None:
    options, path = ReadingOptions(order="dmy"), b"03-04-2020-tide.md"
    article = parse_document(path, b"Body.", options).article
    assert (article.title, _date(article)[0]) == ("Tide", "2020-04-03T00:00:00+00:00")
    for document in (b"Body.", b"---\nlang: en\n---\nBody."):
        assert index_record(path, document, options) == full_record(path, document, options)


_OTHER_NAMES = [name for names in ALTERNATIVES.values() for name in names]
_OWN_NAMES = [*ALTERNATIVES, "category", "published", "name", "provider", "quality", "lang", "webUrl", "related"]
_ODD_NAMES = ["foo", "Title", "Language", "LANG", "locale", "Topics", "image_alt", "coverAlt", "when"]
_KEYS = st.sampled_from(_OTHER_NAMES) | st.sampled_from(_OWN_NAMES) | st.sampled_from(_ODD_NAMES)
_DATES = ["2024-01-02", "2024-1-2 9:5", "12:30 PM 2024-01-02", "03/04/2024", "2 mai 2024", "January 2024 10:00", "2024"]
_LISTS = [
    "[a, b]",
    "[never closed",
    "'[a'",
    "[[a]]",
    "\n  - a\n  - '#b'",
    "\n- a\n- [[b]]",
    "'#a #b'",
    "'x, y'",
    "x, y",
]
_BLOCKS = [
    "\n  date: 2020-01-02",
    "\n  name: P\n  authors: A",
    "\n  authors:\n    - A <a@b.org>",
    "\n  start: 2020-01-02",
]
_OTHERS = [
    "#a, #b",
    "A B, C D; E",
    "!x y",
    "true",
    "https://a.org/b",
    "/x",
    "",
    "1.50",
    "~",
    "&amp;quot;",
    "{a: b}",
    "a: b",
    "|\n  x",
    "a#b C++",
]
_VALUES = st.sampled_from([*_DATES, *_LISTS, *_BLOCKS, *_OTHERS])
_BODIES = st.sampled_from(
    [
        "",
        "Text.",
        "# Heading\n\nText.",
        "Heading\n===\n",
        "<p>Text",
        "<!-- a -->\n\n# B {#b}",
        "#+TITLE: x",
        ":date: x",
        "---\n",
    ]
)
_PATHS = st.sampled_from(
    [b"2020-01-02-x.md", b"03-04-2020-x.txt", b"31.12.2020.html", b"2020/01/02/index.md", b"a.org", b"a.rst", b"a.HTM"]
)
_OPTIONS = st.sampled_from(
    [
        *(ReadingOptions(), ReadingOptions(order="dmy"), ReadingOptions(roots=((b"2020/", b"vault/"),))),
        ReadingOptions(FieldNames({"publishedDateTime": ("when", "category"), "topics": ("foo",)}), "mdy"),
    ]
)


@given(_PATHS, st.lists(st.tuples(_KEYS, _VALUES), max_size=6), _BODIES, _OPTIONS)
def test_both_paths_agree_on_the_names_of_other_programs(
    path: bytes, fields: list[tuple[str, str]], body: str, options: ReadingOptions
) -> None:
    lines = "".join(f"{key}:{' ' * (not value.startswith(chr(10)))}{value}\n" for key, value in fields)
    data = f"---\n{lines}---\n{body}".encode()
    found = fast_record(path, data, options)
    if found is not None:
        assert (found, ()) == full_record(path, data, options)


@pytest.mark.parametrize("name", [name for names in ALTERNATIVES.values() for name in names if "." in name])
def test_both_paths_agree_on_inner_names(name: str) -> None:
    outer, _, inner = name.partition(".")
    value = "https://a.org/x" if inner == "url" else "2020-01-02"
    data = f"---\n{outer}:\n  {inner}: {value}\n---\nText.\n".encode()
    assert index_record(b"a.md", data) == full_record(b"a.md", data)
    assert {name, outer} & set(parse_document(b"a.md", data).origins.values())


def test_the_cover_of_a_theme_is_an_image() -> None:
    article = _article("---\ncover:\n  image: a.png\n  alt: A\n---\n")
    assert [(image.url, image.title) for image in article.images] == [("a.png", "A")]


@pytest.mark.parametrize(
    ("fields", "title", "attribution"),
    [
        ("image: a.png\nimage_alt: A", "A", ""),
        ("heroImage: a.png\nheroImageAlt: A", "A", ""),
        ("cover: a.png\ncover-alt-text: A\ncover_credit: Ann", "A", "Ann"),
        ("featured_image: a.png\nfeatured_image_caption: A", "A", ""),
        ("cover:\n  image: a.png\n  caption: A\n  attribution: Ann", "A", "Ann"),
    ],
)
def test_the_text_of_an_image_belongs_to_it(fields: str, title: str, attribution: str) -> None:
    article = _article(f"---\n{fields}\nthumbnail_alt: B\n---\n")
    assert [(image.url, image.title, image.attribution) for image in article.images] == [("a.png", title, attribution)]
    assert article.extra == {"thumbnail_alt": "B"}


def test_common_documents_take_the_fast_path() -> None:
    document = b"---\ntitle: T\npublishedDateTime: 2024-01-02\nlang: en\nfoo: bar\n---\n# Heading\n\nText.\n"
    found = fast_record(b"a.md", document)
    assert found is not None
    assert (found, ()) == full_record(b"a.md", document)
    assert found.words[5].split() == ["en", "·", "bar"]
    assert datetime.fromtimestamp((found.published_at or 0) / 1e6).day == 2  # noqa: DTZ006 - of the local time zone


_FORMATS = Path(__file__).parents[1] / "data" / "formats"
_EXPECTED: dict[str, tuple[str, str | None, tuple[str, ...], str, str, tuple[str, ...]]] = {
    "jekyll-2023-05-06-harbour.md": (
        "The harbour opens again", "2023-05-06T06:30:00Z", ("local", "harbour", "ships"),
        "After the storm, ships come in.", "https://blog.example/harbour", ("Ada Meer",),
    ),
    "hugo.md": ("Tide tables", "2023-05-06T06:30:00Z", ("tides", "sea"), "When the water comes.", "", ()),
    "hugo-json.md": (
        "Driftwood", "2023-05-06T06:30:00Z", ("wood", "beach"), "What the sea brings.", "", ("Jo Kelp",),
    ),
    "multimarkdown.mkd": (
        "Two tides a day", "2023-05-06", ("tides", "moon"), "The moon pulls, and the earth turns below.", "",
        ("Ina Strand",),
    ),
    "zola.md": ("Two lighthouses", "2023-05-06", ("light", "coast"), "One is red.", "", ("Bo Lund",)),
    "astro.mdx": ("Knots", "2023-05-06", ("rope",), "Six that hold.", "", ()),
    "docusaurus.md": (
        "Install the buoy", "2023-05-26", ("install", "buoy"), "Screw it to the chain.", "", ("ada", "bo"),
    ),
    "docs-site.md": ("Read the chart", "2023-05-06", (), "How to read the chart.", "", ()),
    "obsidian-clipping.md": (
        "Fog at noon", "2023-05-06", ("clippings", "weather"), "Nobody saw it come.", "https://news.example/fog",
        ("Cem Ege",),
    ),
    "dev-to.md": (
        "Parse a tide table", "2023-05-06T06:30:00Z", ("python", "parsing"), "Start with the header.",
        "https://dev.example/tide", (),
    ),
    "omnivore.md": (
        "The long pier", "2023-05-06T00:00:00Z", ("piers",), "It has a train.", "https://reader.example/me/pier",
        ("Dana Port",),
    ),
    "hexo.md": ("Salt", "2023-05-06T08:30:00Z", ("salt", "sea", "kitchen"), "Dry it in the sun.", "", ()),
    "hexo-json.md": ("Sand", "2023-05-06", ("sand",), "Wash it off.", "", ()),
    "pelican.md": (
        "Gulls: a warning", "2023-05-06T08:30:00Z", ("birds", "gulls", "chips"), "They watch you.", "", ("Eve Quay",),
    ),
    "json.md": ("Ropes", "2023-05-06", ("rope", "knot"), "All about ropes.", "", ()),
    "toml-in-dashes.md": ("Anchors", "2023-05-06", ("anchor",), "Drop it slowly.", "", ()),
    "notes.org": ("Log of the week", "2023-05-06", ("log", "wind"), "Mostly wind.", "", ("Finn Mast",)),
    "pelican.rst": ("Reefs", "2023-05-06T08:30:00Z", ("reef", "rock"), "Mind the rocks.", "", ("Gil Shoal",)),
    "page.html": (
        "Crab season", "2023-05-06T06:30:00Z", ("crabs",), "It starts today.", "https://quay.example/crab",
        ("Hal Brine",),
    ),
    "2023-05-06.md": ("A day at the beach", "2023-05-06", (), "No header, only text.", "", ()),
    "broken.md": (
        "Pass or fail: the new exam", "2023-05-06", ("exam",), "Half of them passed.", "", ("@harbourmaster",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(path.name for path in _FORMATS.iterdir()))
def test_a_document_of_each_format_gives_its_fields(name: str) -> None:
    path, data = name.encode(), (_FORMATS / name).read_bytes()
    parsed = parse_document(path, data)
    article = parsed.article
    date = article.published_at and format_iso(article.published_at, article.precision)
    found = (article.title, date, article.topics, article.excerpt, article.links.best, article.provider.authors)
    assert found == _EXPECTED[name]
    assert bool(parsed.problems) == (name == "broken.md")
    assert index_record(path, data) == full_record(path, data)


@pytest.mark.parametrize(
    ("path", "document", "expected"),
    [
        (  # Nikola
            b"a.md",
            "<!--\n.. title: Low: tide\n.. date: 2020-02-04 22:48:51 UTC+01:00\n"
            ".. tags: sea, mud\n.. link:\n-->\n\nBody.\n",
            ("Low: tide", "2020-02-04T21:48:51Z", ("sea", "mud"), (), "Body."),
        ),
        (  # Logseq
            b"a.md",
            "title:: [[Low tide]]\ntags:: #sea #[[wet mud]]\nauthor:: [[Ann B]]\n"
            "created:: [[Aug 28th, 2025]]\n\n- Body\n",
            ("Low tide", "2025-08-28", ("sea", "wet mud"), ("Ann B",), ""),
        ),
        (  # Org with ox-hugo
            b"a.org",
            "#+TITLE: T\n#+DATE: [2014-May-05 Mon]\n#+FILETAGS: :a:b:\n"
            "#+HUGO_TAGS: c d\n#+HUGO_CATEGORIES: e\n\nBody.\n",
            ("T", "2014-05-05", ("a", "b", "c", "d", "e"), (), "Body."),
        ),
        (  # reStructuredText: values of more than one line, directives
            b"a.rst",
            "Tide\n====\n\n:date: 2014-05-05\n:summary: One\n  and two.\n:tags: a\n\n.. image:: x.png\n",
            ("Tide", "2014-05-05", ("a",), (), "One and two."),
        ),
        (  # Hugo
            b"a.org",
            "#+title: T\n#+tags[]: a b\n\nBody.\n",
            ("T", None, ("a", "b"), (), "Body."),
        ),
        (  # ABlog
            b"a.rst",
            ".. post:: Feb 04, 2020\n   :tags: sea, mud\n   :author: Ann\n\nLow tide\n========\n\nBody.\n",
            ("Low tide", "2020-02-04", ("sea", "mud"), ("Ann",), "Body."),
        ),
        (  # Sphinx and docutils
            b"a.rst",
            ".. _tide:\n.. A comment\n   of two lines\n\n:orphan:\n\n========\nLow tide\n========\n"
            ":Date: $Date: 2020-02-04 $\n\nBody.\n",
            ("Low tide", "2020-02-04", (), (), "Body."),
        ),
        (  # PEPs
            b"pep-0008.rst",
            "PEP: 8\nTitle: Low tide\nAuthor: Ann <ann@example.org>\nCreated: 04-Feb-2020\nStatus: Final\n  at last\n"
            "\nIt\n==\n\nBody.\n",
            ("Low tide", "2020-02-04", (), ("Ann",), "Body."),
        ),
        (b"a.rst", "Low tide\n===\n\n.. sectionauthor:: Ann\n\nBody.\n", ("Low tide", None, (), (), "Body.")),
        (b"a.rst", ".. note::\n\n   Seen\n\nLow tide\n", ("A", None, (), (), "Low tide")),
        (  # MkDocs
            b"a.md",
            "---\ndate:\n  created: 2023-12-31\n  updated: 2024-01-02\n---\n\n# Low tide\n\nBody.\n",
            ("Low tide", "2023-12-31", (), (), "Body."),
        ),
        (  # Zola and Hugo: fields of the theme
            b"a.md",
            '+++\ntitle = "T"\n[extra]\nauthor = "Ann"\ntags = ["a"]\ndescription = "D"\n+++\n',
            ("T", None, ("a",), ("Ann",), "D"),
        ),
        (b"a.md", "---\ntaxonomy:\n  category: x\n  tag: [a, b]\n---\n", ("A", None, ("x", "a", "b"), (), "")),  # Grav
        (  # Hexo: categories below categories
            b"a.md",
            "---\ncategories:\n  - - a\n    - b\n  - c\n---\n",
            ("A", None, ("a", "b", "c"), (), ""),
        ),
        (  # tags that are mappings; a link without quotes, which YAML takes for a list in a list
            b"a.md",
            "---\ntags:\n  - label: a\n    permalink: /a\n  - b\nauthor: [[Ann B]]\n---\n",
            ("A", None, ("a", "b"), ("Ann B",), ""),
        ),
        (  # Pelican: topics in the order of the header, several authors
            b"a.rst",
            "Tide\n====\n\n:tags: a, b\n:category: c\n:authors: Ann Bee, Cid Dee\n\nBody.\n",
            ("Tide", None, ("a", "b", "c"), ("Ann Bee", "Cid Dee"), "Body."),
        ),
        (
            b"a.md",
            "---\nauthor: Ann Bee, of the crew; Cid\n---\n",
            ("A", None, (), ("Ann Bee, of the crew", "Cid"), ""),
        ),
        (b"a.md", "---\nauthor: Ann Bee, of the crew\n---\n", ("A", None, (), ("Ann Bee, of the crew",), "")),
        (  # web clippers
            b"a.md",
            "---\ncreated: 2024-05-15T00:42:49 (UTC -05:00)\nauthor: Ann <ann@example.org>\n---\n",
            ("A", "2024-05-15T05:42:49Z", (), ("Ann",), ""),
        ),
        (  # Docusaurus and MDX: comments and modules before the text
            b"2021/04/15/a.mdx",
            "---\nid: x\n---\n\n<!--\nLicense\n-->\n\n# Low tide {#low}\n\n"
            "import A from '@a';\n\n<!--more-->\n\nBody.\n",
            ("Low tide", "2021-04-15", (), (), "Body."),
        ),
        (b"2015-8-5-low-tide.md", "Body.", ("Low tide", "2015-08-05", (), (), "Body.")),
        (b"release-2022.1.3.md", "Body.", ("Release 2022.1.3", None, (), (), "Body.")),
        (b"02-02-2020-low-tide.md", "Body.", ("Low tide", "2020-02-02", (), (), "Body.")),
        (b"low tide 31.01.2020.md", "Body.", ("Low tide 31.01.2020", "2020-01-31", (), (), "Body.")),
        (b"01-02-2020-low-tide.md", "Body.", ("01 02 2020 low tide", None, (), (), "Body.")),
        (b"31-02-2020-low-tide.md", "Body.", ("31 02 2020 low tide", None, (), (), "Body.")),
    ],
)
def test_headers_and_bodies_of_more_programs(
    path: bytes, document: str, expected: tuple[str, str | None, tuple[str, ...], tuple[str, ...], str]
) -> None:
    parsed = parse_document(path, document.encode())
    article = parsed.article
    date = article.published_at and format_iso(article.published_at, article.precision)
    assert (article.title, date, article.topics, article.provider.authors, article.excerpt) == expected
    assert parsed.problems == ()
    assert index_record(path, document.encode()) == full_record(path, document.encode())


def test_related_may_be_links_of_obsidian() -> None:
    for written in (
        '"[[Low tide]]"',
        '["[[Low tide]]", "[[Mud|mud]]"]',
        "\n  - [[Low tide]]\n  - [[Mud]]",
        "[[Low tide]]",
    ):
        document = f"---\ntitle: T\nrelated: {written}\n---\n".encode()
        parsed = parse_document(b"a.md", document)
        assert (parsed.article.related, parsed.problems, [*parsed.article.extra]) == ((), (), ["related"])
        assert index_record(b"a.md", document) == full_record(b"a.md", document)


def test_the_first_url_of_a_list_is_the_address_and_the_others_stay() -> None:
    article = _article("---\nurl: [note, 'https://a.org/x', 'https://a.org/y']\n---\n")
    assert (article.links.original, article.extra) == ("https://a.org/x", {"url": ["note", "https://a.org/y"]})


@pytest.mark.parametrize(
    ("body", "title"),
    [("# C#", "C#"), ("# F# ##", "F#"), ("    # code", "A"), ("* item\n---", "A"), ("1. item\n---", "A")],
)
def test_which_lines_are_headings(body: str, title: str) -> None:
    assert _article(body).title == title


def test_a_date_in_a_page_may_be_in_its_body() -> None:
    page = "<html><body><time itemprop=datePublished datetime=2024-01-02>2 Jan</time><p>Text</p></body></html>"
    assert _date(_article(page, b"a.html"))[1] == "day"


@pytest.mark.parametrize(
    "body",
    [
        *(
            "# a" + " " * 200_000 + "b",
            "# a" + " #" * 100_000 + "b",
            " \t\n" * 100_000 + "a",
            "a\n" + "-" * 200_000 + "x",
        ),
        *("<!---->" * 50_000 + "<!--", "&nbsp;" * 50_000, "import " + "a" * 200_000, "# " + "[" * 200_000),
        *("#a " * 70_000 + "b", "![](" * 50_000, "![](a) " * 30_000, "export a\n" * 20_000, "<b\n" * 50_000 + "b"),
        *("import '" + "' " * 50_000, "<h1>" * 50_000),
    ],
)
def test_the_time_that_a_body_takes_is_linear(body: str) -> None:
    before = time.process_time()
    _article(body)
    assert time.process_time() - before < 2


def test_many_dates_of_unknown_form_take_no_time() -> None:
    related = "".join(f"  - title: a\n    publishedDateTime: Summer 2020 {count}\n" for count in range(800))
    keys = "".join(f"date{'_' * count}: Winter {count} 2020\n" for count in range(300))
    for document in (f"---\nrelated:\n{related}---\n", f"---\n{keys}---\n"):
        before = time.process_time()
        index_record(b"a.md", document.encode())
        assert time.process_time() - before < 3
