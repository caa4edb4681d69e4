from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.html.page_head import PageHead
from reader.extraction.json_ld import article_body, as_html, script_text
from reader.extraction.page_tree import read_page

SENTENCE = "This is a sentence of a text that was written by somebody who took time. "


def head_of(*things: object, kind: str = "application/ld+json") -> PageHead:
    scripts = "".join(
        f"<script type='{kind}'>{thing if isinstance(thing, str) else json.dumps(thing)}</script>" for thing in things
    )
    parsed = read_page(f"<html><head>{scripts}</head><body><p>x</p></body></html>")
    assert parsed is not None
    return parsed.head


def drawn(thing: object, attributes: str = "type=application/json") -> str:
    parsed = read_page(f"<html><body><script {attributes}>{json.dumps(thing)}</script><p>x</p></body></html>")
    assert parsed is not None
    return script_text(parsed.tree)


def test_an_article_is_found_wherever_it_is_in_the_graph() -> None:
    found = head_of(
        {
            "@graph": [
                {"@type": "WebSite", "name": "S"},
                {"mainEntity": {"@type": ["Thing", "NewsArticle"], "headline": "H"}},
            ]
        },
        {
            "@type": "http://schema.org/BlogPosting",
            "headline": "Other",
            "author": [{"name": "A &amp; B"}, "C", {"name": "C"}, "https://x.org/d", {"name": None}],
            "publisher": {"name": ["P"]},
            "datePublished": "2024-01-02",
            "image": [{"contentUrl": " https://x.org/i.jpg "}],
            "articleBody": "Text.",
        },
    )
    assert [found.first(field) for field in ("title", "site", "date")] == ["H", "P", "2024-01-02"]
    assert next(found.values("author")) == ["A & B", "C", "C", "https://x.org/d"]
    assert (found.first("image"), article_body(found.objects)) == ("https://x.org/i.jpg", "Text.")


def test_objects_that_name_others_by_id_and_what_readers_wrote() -> None:
    found = head_of(
        {
            "@graph": [
                {"@type": "Article", "author": [{"@id": "#a"}, {"@id": "#b"}], "publisher": {"@id": "#p"}},
                {"@type": "Person", "@id": "#a", "name": "A", "worksFor": {"@type": "Thing", "@id": "#p"}},
                {"@id": "#p", "name": "P", "comment": [{"@type": "Article", "headline": "Spam"}]},
            ]
        }
    )
    assert [found.first(field) for field in ("author", "site", "title")] == ["A", "P", ""]


def test_names_of_one_field_are_read_in_their_order() -> None:
    page = (
        "<title>A - Site</title><meta name=twitter:title property=og:title content=A><meta itemprop=datePublished "
        "content=2024-01-02><meta name=keywords content=x><meta name=keywords content=y><meta name=mood content=z>"
    )
    head = read_page(page).head
    assert list(head.values("title")) == [["A"], ["A"], ["A - Site"]]
    assert head.first("date") == "2024-01-02"
    assert next(head.values("keywords")) == ["x, y"]
    assert list(head.others()) == [("mood", ["z"])]
    assert head.first("author") == ""


def test_the_longest_body_wins_and_errors_do_not_matter() -> None:
    found = head_of({"@type": "Article", "articleBody": "a"}, {"@type": "Article", "articleBody": "longer"})
    assert article_body(found.objects) == "longer"
    assert head_of('<!-- {"@type": "Article", "headline": "a\nb"} -->').first("title") == "a\nb"
    broken = head_of("{", "[" * 100_000, "nan", "[]", "null", '{"@type": 5}', '{"@type": "Recipe", "name": "R"}')
    assert (broken.texts, article_body(broken.objects)) == ({}, "")
    assert not head_of({"@type": "Article", "headline": "x"}, kind="text/plain").texts


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["@type", "author", "name", "image", "url", "headline", "articleBody", "text"]), inner
            )
        ),
    )
)
def test_any_json_is_accepted(thing: object) -> None:
    found = head_of({"@type": "Article", "author": thing, "image": thing, "publisher": thing}, thing)
    assert all(isinstance(text, str) for texts in found.texts.values() for text in texts)
    assert isinstance(article_body(found.objects), str)
    assert isinstance(drawn(thing), str)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a\n\nb & c\n", "<p>a</p><p>b &amp; c</p>"),
        ("<p>a</p>", "<p>a</p>"),
        ("&lt;p&gt;a&lt;/p&gt;", "<p>a</p>"),
        ("1 &lt; 2", "<p>1 &lt; 2</p>"),
        ("", ""),
    ],
)
def test_a_body_in_any_form_becomes_html(body: str, expected: str) -> None:
    assert as_html(body) == expected


def test_text_is_found_in_the_data_of_scripts() -> None:
    long = SENTENCE * 10
    assert drawn({"props": {"post": {"title": long, "contentHtml": f"<p>{long}</p>"}}}) == f"<p>{long}</p>"
    parts = {"blocks": [{"type": "p", "text": SENTENCE}] * 10}
    assert drawn(parts) == f"<p>{SENTENCE.strip()}</p>" * 10
    slate = {"body": [{"type": "p", "children": [{"text": SENTENCE}, {"text": "More."}, {"x": 1}]}] * 8}
    assert drawn(slate).count("More.") == 8
    assert drawn([SENTENCE] * 3) == ""


def test_data_is_not_text() -> None:
    assert drawn({"body": "eyJhIjoxfQ" * 200}) == ""
    assert drawn({"body": json.dumps({"a": SENTENCE * 10})}) == ""
    assert drawn({"body": SENTENCE}) == ""
    assert drawn({"body": SENTENCE * 10}, "type=text/javascript") == ""
