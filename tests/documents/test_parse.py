from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reader.core.model import Article, Image, Links, Provider, Related
from reader.core.text import clean
from reader.documents.files import MAX_BYTES
from reader.documents.parse import ParsedDocument, parse_document


def _article(header: str, body: str = "", path: bytes = b"news/a.md") -> Article:
    """Return a document without problems."""
    parsed = parse_document(path, f"---\n{header}\n---\n{body}".encode())
    assert parsed.problems == ()
    assert parsed.article is not None
    return parsed.article


def _problems(header: str) -> tuple[Article, list[tuple[int, str, str]]]:
    """Return a document that is listed despite its problems."""
    parsed = parse_document(b"a.md", f"---\n{header}\n---\n".encode())
    assert parsed.article is not None
    return parsed.article, [(each.line, each.field, each.message) for each in parsed.problems]


def test_every_field_of_a_seed_is_read(seeds: Path) -> None:
    parsed = parse_document(b"seed.txt", (seeds / "000_439b3d3d7c838329.txt").read_bytes())
    article = parsed.article
    url = (
        "https://www.caixinglobal.com/2021-07-28/"
        "chinas-top-court-rules-facial-recognition-without-consent-is-illegal-in-civil-cases-101746900.html"
    )
    assert article is not None
    assert parsed.problems == ()
    assert article.path == "seed.txt"
    assert article.title.startswith("China’s Top Court Rules Facial Recognition Without Consent")
    assert article.excerpt.startswith("China’s Supreme People’s Court on Wednesday ruled")
    assert (article.category, article.type, article.published) == ("news", "article", False)
    assert article.published_at == datetime(2021, 7, 28, 12, 38, tzinfo=UTC)
    assert article.links == Links(original=url, web=url)
    assert (article.quality, article.heat) == (32, None)
    assert article.provider == Provider("Caixin Global", "caixinglobal.com")
    assert article.topics == ("Computer Vision", "AI")
    image = "https://img.caixin.com/2021-07-28/1627455046564912_560_373.jpg"
    assert article.images == (Image(image, 560, 373, is_cached=True),)
    (related,) = article.related
    assert related.title == "Remark AI Finishes in Top 5 in Recent NIST Computer Vision Test"
    assert 'artificial intelligence ("AI") solutions' in related.excerpt
    assert related.published_at == datetime(2021, 7, 28, 15, tzinfo=UTC)
    assert related.links.best.startswith("https://markets.businessinsider.com/news/stocks/remark-ai")
    assert (related.type, related.quality, related.heat) == ("article", 64, None)
    assert related.provider == Provider("Business Insider", "businessinsider.com")
    assert article.secured is not None
    assert article.secured.size == 400
    assert article.secured.text.endswith(";OvPMJtU3rLp9E9n1pFEyrg==")
    assert article.extra == {}


def test_related_items_have_all_their_fields() -> None:
    article = _article(
        "related:\n"
        "  - title: t\n    excerpt: |\n      one\n      two\n    publishedDateTime: 2021-01-02\n"
        "    originalUrl: http://a.example/1\n    webUrl: http://a.example/2\n    ampWebUrl: http://a.example/3\n"
        "    cdnAmpWebUrl: http://a.example/4\n    type: video\n    quality: '64'\n    heat: 2.5\n"
        "    provider: {name: P, domain: p.example, images: [{url: /p.png}], authors: [{name: A}, B]}\n"
        "    images: [{url: /i.png, width: 3, height: 4, title: T, attribution: by X}]\n    other: [1]\n"
    )
    assert article.related == (
        Related(
            title="t",
            excerpt="one\ntwo",
            published_at=datetime(2021, 1, 2, tzinfo=UTC),
            precision="day",
            links=Links(*(f"http://a.example/{n}" for n in range(1, 5))),
            type="video",
            provider=Provider("P", "p.example", (Image("/p.png"),), ("A", "B")),
            quality=64,
            heat=2.5,
            images=(Image("/i.png", 3, 4, "T", "by X"),),
            extra={"other": [1]},
        ),
    )


@pytest.mark.parametrize(
    ("header", "path", "title"),
    [
        ("title: The Title\nname: Name", b"a.md", "The Title"),
        ("title: ''\nname: Jane Doe", b"a.md", "Jane Doe"),
        ("title: ~", b"sub/2021-07-28-top-court_rules.md", "Top court rules"),
        ("title: ' '", b"2021-07-28.md", "2021-07-28"),
        ("name: ''", b"---.md", "(no title)"),
        ("x: 1", b"caf\xe9\x1b[2J\n.md", "Caf\ufffd[2J"),
        ("title: Q&amp;amp;A &lt;b&gt; &#27;[2J", b"a.md", "Q&A <b> [2J"),
        ("title: |\n  two\n  lines", b"a.md", "two lines"),
        ("title: no", b"a.md", "no"),
        ("title: 2021-07-28", b"a.md", "2021-07-28"),
        ('title: "\\e]52;c;x\\a[/nope] [@click=app.quit]\\u202e"', b"a.md", "]52;c;x[/nope] [@click=app.quit]"),
    ],
)
def test_a_title_is_one_safe_line_and_found_somewhere(header: str, path: bytes, title: str) -> None:
    assert _article(header, path=path).title == title


@pytest.mark.parametrize(
    ("header", "title"),
    [
        ("title: t", "t"),
        ("name: n", "n"),
        ("webUrl: http://a.example/", "http://a.example/"),
        ("type: x", "(no title)"),
    ],
)
def test_a_related_item_has_a_title_too(header: str, title: str) -> None:
    assert _article(f"related: [{{{header}}}]").related[0].title == title


@pytest.mark.parametrize(
    ("written", "heat"), [("-1", None), ("'-1'", None), ("~", None), ("", None), ("0", 0), ("'39'", 39), ("39.5", 39.5)]
)
def test_heat_is_a_number_from_0_and_minus_1_means_unknown(written: str, heat: float | None) -> None:
    assert _article(f"heat: {written}").heat == heat
    assert _article(f"related: [{{heat: {written}}}]").related[0].heat == heat


def test_unambiguous_values_are_coerced() -> None:
    article = _article(
        "quality: '39'\npublished: 'yes'\ntopics: AI\nprovider: The Star\n"
        "images: http://a.example/i.png\nrelated: {title: only one}\n"
    )
    assert (article.quality, article.published, article.topics) == (39, True, ("AI",))
    assert article.provider == Provider("The Star")
    assert article.images == (Image("http://a.example/i.png"),)
    assert [each.title for each in article.related] == ["only one"]


def test_topics_have_no_blanks_or_duplicates() -> None:
    assert _article("topics: [AI, '', ~, AI, 5, 'a\n\n  b']").topics == ("AI", "5", "a b")


def test_lists_and_fields_may_be_null() -> None:
    article = _article("topics:\nimages: ~\nrelated: [~]\nprovider: ~\nsecured: ~\noriginalUrl: ' '")
    assert (article.topics, article.images, article.related, article.secured) == ((), (), (), None)
    assert (article.provider, article.links.best) == (Provider(), "")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("[WIP]", "[WIP]"),
        ("[a, 'b' ] # a comment", "[a, 'b' ]"),
        ("[[A note]]", "[[A note]]"),
        ("{a: b}", "{a: b}"),
        ("[😀&amp;, é]", "[😀&, é]"),
        ('["a", [b]]', '["a", [b]]'),
    ],
)
def test_brackets_on_one_line_are_text_where_a_field_has_text(written: str, text: str) -> None:
    for field in ("title", "headline", "PageTitle", "name"):
        assert _article(f"{field}: {written}").title == text
    article = _article(
        f"excerpt: {written}\ntype: {written}\nprovider:\n  name: {written}\nquality: 1\ncategory: {written}"
    )
    assert {article.excerpt, article.type, article.provider.name, article.category} == {text}
    assert _article(f"related:\n  - title: {written}").related[0].title == text
    assert _article(f"related: [{{title: {written.partition(' #')[0]}}}]").related[0].title == text


def test_brackets_are_lists_and_fields_where_a_field_has_these() -> None:
    article = _article("topics: [a, b]\nauthors: [C]\nprovider: {name: D}\nx: [e]\ndate: [[2024-05-06]]")
    assert (article.topics, article.provider.name, article.extra) == (("a", "b"), "D", {"x": ["e"]})
    assert (article.provider.authors, article.precision) == (("C",), "day")
    assert _article("site: [A]").provider.name == _article("provider: [A]").provider.name == "[A]"


def test_images_need_an_address_and_invalid_sizes_are_unknown() -> None:
    article = _article("images: [{width: 5}, {url: /a.png, width: 0, height: -3}, {url: /b.png, width: 5.7}]")
    assert article.images == (Image("/a.png"), Image("/b.png", width=5))


@pytest.mark.parametrize(
    ("header", "line", "field", "message"),
    [
        ("title: [a,\n  b]", 2, "title", "expected text, found a list"),
        ("title: []", 2, "title", "expected text, found a list"),
        ("a: 1\ntitle:\n  b: c", 4, "title", "expected text, found fields"),
        ("quality: high", 2, "quality", "expected a number, found “high”"),
        ("quality: .nan", 2, "quality", "expected a number, found “.nan”"),
        ("quality: ''", 2, "quality", "expected a number, found “”"),
        ("heat: -7", 2, "heat", "expected 0 or more, or -1 for unknown, found -7"),
        ("published: perhaps", 2, "published", "expected true or false, found “perhaps”"),
        (
            "publishedDateTime: soon",
            2,
            "publishedDateTime",
            "“soon” is not a date such as 2021-07-28T12:38:00Z",
        ),
        ("originalUrl: javascript:alert(1)", 2, "originalUrl", "Only URLs that start with http"),
        ("webUrl: http://me:secret@a.example/", 2, "webUrl", "user name or a password"),
        ("topics: [a, [b]]", 2, "topics[1]", "expected text, found a list"),
        ("topics: {a: b}", 2, "topics[0]", "expected text, found fields"),
        ("provider: [a,\n  b]", 2, "provider", "expected fields, found a list"),
        ("provider:\n  name:\n  - a", 4, "provider.name", "expected text, found a list"),
        ("provider:\n  authors:\n    - [a]", 4, "provider.authors[0]", "expected fields, found a list"),
        ("related: [words]", 2, "related[0]", "expected fields, found “words”"),
        ("related:\n  - title: a\n  - title: b\n    quality: c", 5, "related[1].quality", "found “c”"),
        ("related:\n  - images:\n    - url: /a\n      width: b", 5, "related[0].images[0].width", "found “b”"),
        ("secured: not base64!;x", 2, "secured", "expected base64 ciphertext"),
        ("secured: é", 2, "secured", "expected base64 ciphertext"),
        ("secured: AAAA", 2, "secured", "expected base64 ciphertext"),
        ("secured: AAAA;AAAA", 2, "secured", "16 bytes"),
        ("topics: [" + "a," * 1001 + "]", 2, "topics", "more than 1000 entries"),
        ("title: a\ntitle: b", 3, "title", "appears twice"),
        ("quality: '" + "\x1b[2J" * 99 + "'", 2, "quality", "found “" + "[2J" * 13 + "[”"),
    ],
)
def test_a_value_of_the_wrong_type_is_a_problem(header: str, line: int, field: str, message: str) -> None:
    _, ((found_line, found_field, found),) = _problems(header)
    assert (found_line, found_field) == (line, field)
    assert message in found
    assert found == clean(found)


def test_problems_do_not_cost_the_valid_fields() -> None:
    article, problems = _problems(
        "title: Good\nquality: x\nheat: -5\nrelated:\n  - title: R\n    webUrl: ftp://a\n  - 5"
    )
    assert [(line, field) for line, field, _ in problems] == [
        (3, "quality"),
        (4, "heat"),
        (7, "related[0].webUrl"),
        (8, "related[1]"),
    ]
    assert (article.title, article.quality, article.heat) == ("Good", None, None)
    assert [each.title for each in article.related] == ["R"]


def test_problems_come_in_the_order_of_their_lines_and_of_every_kind() -> None:
    data = b"---\ntitle: t\xff\nquality: x\ntitle: u\n---\n" + b"b" * MAX_BYTES
    problems = parse_document(b"a.md", data).problems
    assert [(each.line, each.field) for each in problems] == [(1, ""), (2, ""), (3, "quality"), (4, "title")]
    assert problems[0].message == "the file is larger than 4 MiB; the rest is not read"


def test_a_secured_payload_is_kept_with_its_size() -> None:
    text = f"{base64.b64encode(b'x' * 100).decode()};{base64.b64encode(b'i' * 16).decode()}"
    secured = _article(f"secured: {text}").secured
    assert secured is not None
    assert (secured.text, secured.size) == (text, 100)


def test_unknown_fields_are_kept_by_name_and_nested_ones_by_path() -> None:
    article = _article(
        "name: Jane\nlength: 12\nratings: {mean: 4.5, of: '5', by: [~, yes, true]}\nnote: |\n  a\n  b\nempty:\n"
        "provider: {name: P, founded: 1999, images: [{url: /p, credit: x}], authors: [{name: A, role: editor}]}\n"
        "images: [{url: /a, credit: y}]\nrelated: [{title: R, mood: good, provider: {name: Q, size: 3}}]\n"
    )
    assert article.extra == {
        "name": "Jane",
        "length": 12,
        "ratings": {"mean": 4.5, "of": "5", "by": [None, "yes", True]},
        "note": "a\nb",
        "empty": None,
        "provider.founded": 1999,
        "provider.images[0].credit": "x",
        "provider.authors[0].role": "editor",
        "images[0].credit": "y",
    }
    assert article.related[0].extra == {"mood": "good", "provider.size": 3}


@pytest.mark.parametrize(
    ("path", "body", "format_"),
    [
        (b"a.md", "plain *text*", "markdown"),
        (b"a.md", "1 < 2", "markdown"),
        (b"a.md", "<https://a.example>", "markdown"),
        (b"a.html", "plain", "html"),
        (b"A.HTM", "plain", "html"),
        (b"a.txt", " &nbsp;<p>x</p>", "html"),
        (b"a.md", "<!DOCTYPE html>", "html"),
        (b"a.md", "<!-- x -->", "html"),
    ],
)
def test_a_body_is_markdown_unless_it_looks_like_html(path: bytes, body: str, format_: str) -> None:
    article = _article("title: t", f"\n\n{body}\n\n", path)
    assert (article.body, article.body_format) == (body, format_)


@pytest.mark.parametrize(
    ("name", "body", "format_"),
    [
        (b"a.md", "<p align=center><img src=x.png></p>\n\n# Title\n\nText", "markdown"),
        (b"a.md", "<div>\n\n- **a**\n\n</div>", "markdown"),
        (b"a.md", "<p>a</p>\n\n<p>- b</p>", "html"),
        (b"a.md", "<pre>a\n\n# b</pre>", "html"),
        (b"a.md", "<html><p>a\n\n# b", "html"),
        (b"a.html", "<p>a\n\n# b", "html"),
        (b"a.mdx", "<Tabs>\n\n**a**", "markdown"),
    ],
)
def test_tags_may_precede_markdown(name: bytes, body: str, format_: str) -> None:
    assert parse_document(name, f"---\ntitle: T\n---\n{body}".encode()).article.body_format == format_


def test_a_body_keeps_its_lines_and_loses_control_characters() -> None:
    assert _article("title: t", "a\x1b[2J\n\n    code\tx\r\n\u202eb").body == "a[2J\n\n    code\tx\nb"


@pytest.mark.parametrize("path", [b"a.yaml", b"A.YML"])
def test_a_yaml_file_is_entirely_a_header(path: bytes) -> None:
    parsed = parse_document(path, b"title: t\n")
    assert parsed == ParsedDocument(Article(path=path.decode(), title="t"), ())
