"""A fetched page as a new document: its text, with front matter as documents usually have it, and its name (pure)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator

from reader.content.page import Page
from reader.core.times import format_iso
from reader.core.urls import display_host, shorten_url

_SLUG_BYTES = 100
_NOT_WORD = re.compile(r"[\W_]+")


def document_text(page: Page) -> str:
    """Return the document: title, date, URLs, publisher and image of the page, and its text as Markdown."""
    head = "\n".join(_fields(page))
    return f"---\n{head}\n---\n\n{page.extract.markdown}"


def _fields(page: Page) -> Iterator[str]:
    extract = page.extract
    yield f"title: {_quoted(title_of(page))}"
    if extract.published_at is not None:
        yield f"publishedDateTime: {format_iso(extract.published_at)}"
    yield f"originalUrl: {_quoted(page.url)}"
    if page.final_url != page.url:
        yield f"webUrl: {_quoted(page.final_url)}"
    yield "type: article"
    yield "provider:"
    domain = display_host(page.final_url)
    yield f"  name: {_quoted(extract.site or domain)}"
    yield f"  domain: {domain}"
    if extract.byline:
        yield f"  authors:\n    - name: {_quoted(extract.byline)}"
    if extract.image is not None:
        yield f"images:\n  - url: {_quoted(extract.image.url)}"


def title_of(page: Page) -> str:
    """Return the title of a page, or its URL if it has none."""
    return page.extract.title or shorten_url(page.final_url, 60)


def file_names(page: Page) -> Iterator[str]:
    """Yield names for the document, each to be used if there is a file of the one before."""
    date = (page.extract.published_at or page.fetched_at).date().isoformat()
    words = _NOT_WORD.sub("-", unicodedata.normalize("NFC", title_of(page)).lower()).strip("-")
    slug = words.encode()[:_SLUG_BYTES].decode("utf-8", "ignore").strip("-") or "page"
    yield f"{date}-{slug}.md"
    yield from (f"{date}-{slug}-{number}.md" for number in range(2, 100))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a string of JSON is one of YAML
