"""Pages to read, and what tests of the reading view do with them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from tests.tui.helpers import Reader, full_text

PARAGRAPHS = "\n\n".join(
    f"## Part {number}\n\nThis is paragraph {number}, with [link {number}](https://example.org/{number}) in it. "
    + "It goes on for a while, so that the text is longer than any screen. " * 3
    for number in range(1, 31)
)


def keep(folder: Path, title: str, markdown: str, words: int = 2000) -> None:
    """Store a page for the article with this title."""
    from reader.indexing.refresh import refresh

    library = Library.open(folder, Paths.from_environment())
    for _ in refresh(library):
        pass
    (row,) = (row for row in library.articles.rows(library.articles.order(Sort()).rowids) if row.title == title)
    now = datetime.now(UTC)
    url = row.links.best
    library.pages.put(
        Page(row.id, "original", url, url, Extract(parse_markdown(markdown), words, byline="Ann Author"), now, now),
        b"<html>",
    )
    library.close()


def line(reader: Reader, at: int) -> str:
    """Return a line of the screen without the scroll bar."""
    return reader.lines[at][:-1].strip()


async def read(reader: Reader) -> str:
    await reader.press("f")
    assert reader.focus == "text"
    return full_text(reader.reader_view)


def link_of(reader: Reader) -> str:
    """Return the URL of the text that is read."""
    text = reader.reader_view.text
    assert text is not None
    return text.links.best
