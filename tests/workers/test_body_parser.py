from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from reader.content.blocks import plain_text
from reader.content.body import parse_body
from reader.workers.body_parser import MAX_INLINE, BodyParser
from reader.workers.sandbox import SandboxLimits


@pytest.fixture(scope="module")
def bodies() -> Iterator[BodyParser]:
    with closing(BodyParser()) as parser:
        yield parser


PAGE = (
    "<!DOCTYPE html><html><head><title>News</title></head><body><nav><a href='/'>Home</a> <a href='/w'>World</a></nav>"
    "<article><h1>Title</h1>"
    + "".join(f"<p>Paragraph {n} of what the court has said about cameras in shops and streets.</p>" for n in range(9))
    + "</article><footer>Subscribe to our newsletter. Copyright.</footer></body></html>"
)


def test_a_short_body_is_parsed_without_a_worker() -> None:
    with closing(BodyParser(tasks="no_such_module")) as bodies:
        assert plain_text(bodies.parse_body("Some *words*.", "markdown")) == "Some words."
        assert "cannot be shown" in plain_text(bodies.parse_body("x" * (MAX_INLINE + 1), "markdown"))


def test_a_long_body_parses_the_same_in_the_sandbox(bodies: BodyParser) -> None:
    source = "<p>Some <b>words</b> and <a href='/x'>a link</a>.</p>" * (MAX_INLINE // 20)
    assert bodies.parse_body(source, "html", "https://a.example/") == parse_body(source, "html", "https://a.example/")


def test_a_whole_web_page_is_reduced_to_its_article(bodies: BodyParser) -> None:
    text = plain_text(bodies.parse_body(PAGE, "html", "https://a.example/"))
    assert "Paragraph 8 of what the court has said" in text
    assert "Subscribe" not in text
    assert "World" not in text


def test_a_web_page_without_an_article_is_shown_whole(bodies: BodyParser) -> None:
    assert plain_text(bodies.parse_body("<html><body><p>Hi.</p></body></html>", "html")) == "Hi."


def test_a_body_that_takes_too_long_becomes_a_message() -> None:
    with closing(BodyParser(0, limits=SandboxLimits(0.05), tasks="tests.workers.hostile_tasks")) as bodies:
        (block,) = bodies.parse_body("anything", "markdown")
    assert plain_text((block,)).startswith("The text of this document cannot be shown.")
    assert "within 0.05 s" in plain_text((block,))


def test_a_closed_parser_returns_a_message() -> None:
    ended = BodyParser()
    ended.close()
    assert "cannot be shown" in plain_text(ended.parse_body("x" * (MAX_INLINE + 1), "markdown"))
