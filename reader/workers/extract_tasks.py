"""Sandbox tasks for pages and document bodies. Arguments and results are plain values."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any, NamedTuple

from reader.content.page import Extract
from reader.core.model import BodyFormat, Image
from reader.core.times import from_micros, to_micros


class ExtractionResult(NamedTuple):
    """The article of a page, if it has one."""

    extract: Extract | None
    stub: str = ""
    """What the page is instead, in words that follow “the page”; empty if it is an article."""

    def to_values(self) -> tuple[Any, ...]:
        """Return the result as plain values."""
        from reader.content.blocks import to_values

        extract = self.extract
        if extract is None:
            return (None, self.stub)
        when = None if extract.published_at is None else to_micros(extract.published_at)
        picture = None if extract.image is None else astuple(extract.image)
        text = (to_values(extract.blocks), extract.words, extract.title, extract.byline, when, extract.site, picture)
        return (text, self.stub)

    @classmethod
    def from_values(cls, plain: Any) -> ExtractionResult:
        """Return a result that was turned into plain values."""
        from reader.content.blocks import from_values

        text, stub = plain
        if text is None:
            return cls(None, stub)
        blocks, words, title, byline, when, site, picture = text
        published_at = None if when is None else from_micros(when)
        image = None if picture is None else Image(*picture)
        return cls(Extract(from_values(blocks), words, title, byline, published_at, site, image), stub)


def _page(body: bytes | str, url: str, charset: str) -> tuple[Any, ...]:
    from reader.extraction.extract import extract_page
    from reader.extraction.page_tree import read_page
    from reader.extraction.stubs.classify import stub_reason

    page = read_page(body, charset)
    found = extract_page(page, url)
    return ExtractionResult(found, stub_reason(found, page)).to_values()


def _markdown_page(body: bytes | str, url: str, charset: str) -> tuple[Any, ...]:
    from reader.content.blocks import Heading
    from reader.content.body import parse_body
    from reader.core.tokenize import words
    from reader.extraction.cleanup import article_text
    from reader.extraction.page_tree import decode

    blocks = parse_body(decode(body, charset), "markdown", url)
    title = article_text(blocks[:1]) if blocks and isinstance(blocks[0], Heading) else ""
    count = len(words(article_text(blocks)))
    text = Extract(blocks[1:] if title else blocks, count, title) if count else None
    return ExtractionResult(text).to_values()


def _blocks(body: str, body_format: BodyFormat, url: str) -> list[Any]:
    from reader.content.blocks import to_values
    from reader.content.body import is_whole_page, parse_body

    if body_format == "html" and is_whole_page(body):
        from reader.extraction.extract import extract

        article = extract(body, url)
        if article is not None:
            return to_values(article.blocks)
    return to_values(parse_body(body, body_format, url))


def _words(body: bytes | str, url: str, charset: str) -> str:
    from reader.extraction.cleanup import article_text
    from reader.extraction.extract import extract

    article = extract(body, url, charset)
    return "" if article is None else article_text(article.blocks)


def prepare() -> None:
    """Import what the tasks need, which would otherwise count toward the limits of the first task."""
    _page("<html><body><article><p>A few words.</p></article></body></html>", "https://example.org/", "")
    _blocks("A few words.", "markdown", "")


TASKS = {"page": _page, "markdown": _markdown_page, "words": _words, "blocks": _blocks}
