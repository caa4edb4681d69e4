"""A fetched page as a new document: its text, with front matter as documents usually have it, and its name. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reader.content.page import Page
from reader.core.times import format_iso
from reader.core.urls import display_host, shorten_url
from reader.documents.writing import ENDING, as_markdown_body, escaped, fields_of, indented, item_of, slug

_MOST_NAMES = 100
_TITLE_CELLS = 60


def document_text(page: Page) -> str:
    """Return the document: title, date, URLs, publisher and image of the page, and its text as Markdown."""
    extract, domain = page.extract, display_host(page.final_url)
    date = "" if extract.published_at is None else f"publishedDateTime: {format_iso(extract.published_at)}"
    web = "" if page.final_url == page.url else page.final_url
    lines = [
        "---",
        *fields_of([("title", escaped(_title(page)))]),
        *filter(None, [date]),
        *fields_of([("originalUrl", page.url), ("webUrl", web), ("type", "article")]),
        "provider:",
        *indented(fields_of([("name", escaped(extract.site or domain)), ("domain", domain)])),
    ]
    if extract.byline:
        lines += ["authors:", *indented(item_of([("name", escaped(extract.byline))]))]
    if extract.image is not None:
        lines += ["images:", *indented(item_of([("url", extract.image.url)]))]
    return "\n".join((*lines, "---", "", as_markdown_body(extract.markdown)))


def _title(page: Page) -> str:
    return page.extract.title or shorten_url(page.final_url, _TITLE_CELLS)


def file_names(page: Page) -> Iterator[str]:
    """Yield names for the document, each to be used if there is a file of the one before."""
    date = (page.extract.published_at or page.fetched_at).date().isoformat()
    stem = f"{date}-{slug(_title(page)) or 'page'}"
    yield stem + ENDING
    yield from (f"{stem}-{number}{ENDING}" for number in range(2, _MOST_NAMES))
