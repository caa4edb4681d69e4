from __future__ import annotations

from collections.abc import Iterator

import pytest

from reader.content.blocks import plain_text
from reader.content.body import parse_body
from reader.workers import body_parser as bodies_module
from reader.workers.body_parser import SHORT, BodyParser
from reader.workers.sandbox import SandboxPool


@pytest.fixture
def bodies() -> Iterator[BodyParser]:
    made = BodyParser()
    yield made
    made.close()


PAGE = (
    "<!DOCTYPE html><html><head><title>News</title></head><body><nav><a href='/'>Home</a> <a href='/w'>World</a></nav>"
    "<article><h1>Title</h1>"
    + "".join(f"<p>Paragraph {n} of what the court has said about cameras in shops and streets.</p>" for n in range(9))
    + "</article><footer>Subscribe to our newsletter. Copyright.</footer></body></html>"
)


def test_a_short_body_is_parsed_without_a_worker(bodies: BodyParser) -> None:
    assert plain_text(bodies.parse_body("Some *words*.", "markdown")) == "Some words."
    assert bodies._extractor is None


def test_a_long_body_says_the_same_by_a_worker(bodies: BodyParser) -> None:
    source = "<p>Some <b>words</b> and <a href='/x'>a link</a>.</p>" * (SHORT // 20)
    assert bodies.parse_body(source, "html", "https://a.example/") == parse_body(source, "html", "https://a.example/")


def test_of_a_whole_page_the_article_is_left(bodies: BodyParser) -> None:
    text = plain_text(bodies.parse_body(PAGE, "html", "https://a.example/"))
    assert "Paragraph 8 of what the court has said" in text
    assert "Subscribe" not in text
    assert "World" not in text


def test_a_page_without_an_article_is_shown_as_it_is(bodies: BodyParser) -> None:
    assert plain_text(bodies.parse_body("<html><body><p>Hi.</p></body></html>", "html")) == "Hi."


def test_what_takes_too_long_says_so(bodies: BodyParser, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies._extractor = SandboxPool(seconds=0.05, tasks="tests.workers.hostile_tasks")
    monkeypatch.setattr(bodies_module, "SHORT", 0)
    (block,) = bodies.parse_body("anything", "markdown")
    assert plain_text((block,)).startswith("The text of this document cannot be shown.")
    assert "within 0.05 s" in plain_text((block,))


def test_after_the_end_it_is_said_as_well() -> None:
    ended = BodyParser()
    ended.close()
    assert "cannot be shown" in plain_text(ended.parse_body("x" * (SHORT + 1), "markdown"))
