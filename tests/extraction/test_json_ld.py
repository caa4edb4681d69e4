from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.extraction.json_ld import StructuredData, as_html, script_text, structured_data
from reader.extraction.page_tree import read_page

SENTENCE = "This is a sentence of a text that was written by somebody who took time. "


def data_of(*things: object, kind: str = "application/ld+json") -> StructuredData:
    scripts = "".join(
        f"<script type='{kind}'>{thing if isinstance(thing, str) else json.dumps(thing)}</script>" for thing in things
    )
    parsed = read_page(f"<html><head>{scripts}</head><body><p>x</p></body></html>")
    assert parsed is not None
    return structured_data(parsed.tree)


def drawn(thing: object, attributes: str = "type=application/json") -> str:
    parsed = read_page(f"<html><body><script {attributes}>{json.dumps(thing)}</script><p>x</p></body></html>")
    assert parsed is not None
    return script_text(parsed.tree)


def test_an_article_is_found_wherever_it_is_in_the_graph() -> None:
    found = data_of(
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
    assert (found.headline, found.author, found.publisher, found.published) == ("H", "A & B, C", "P", "2024-01-02")
    assert (found.image, found.body) == ("https://x.org/i.jpg", "Text.")


def test_objects_that_name_others_by_id_and_what_readers_wrote() -> None:
    found = data_of(
        {
            "@graph": [
                {"@type": "Article", "author": [{"@id": "#a"}, {"@id": "#b"}], "publisher": {"@id": "#p"}},
                {"@type": "Person", "@id": "#a", "name": "A", "worksFor": {"@type": "Thing", "@id": "#p"}},
                {"@id": "#p", "name": "P", "comment": [{"@type": "Article", "headline": "Spam"}]},
            ]
        }
    )
    assert (found.author, found.publisher, found.headline) == ("A", "P", "")


def test_the_longest_body_wins_and_errors_do_not_matter() -> None:
    assert (
        data_of({"@type": "Article", "articleBody": "a"}, {"@type": "Article", "articleBody": "longer"}).body
        == "longer"
    )
    assert data_of('<!-- {"@type": "Article", "headline": "a\nb"} -->').headline == "a b"
    assert (
        data_of("{", "[" * 100_000, "nan", "[]", "null", '{"@type": 5}', '{"@type": "Recipe", "name": "R"}')
        == StructuredData()
    )
    assert data_of({"@type": "Article", "headline": "x"}, kind="text/plain") == StructuredData()


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
    assert isinstance(
        data_of({"@type": "Article", "author": thing, "image": thing, "publisher": thing}, thing), StructuredData
    )
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
