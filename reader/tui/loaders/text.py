"""The text of the reader: the fetched page, else the document's own text, else its excerpt. For worker threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from reader.content.page import Page
from reader.core.errors import ReaderError
from reader.core.urls import article_id
from reader.library.library import Library
from reader.tui.loaders.article import load_content
from reader.tui.widgets.article_pane.content import ArticleContent
from reader.tui.widgets.reader.lines import ReaderLayout, ReaderText, excerpt_blocks, lay_out_text, with_excerpt
from reader.workers.body_parser import BodyParser


class LoadedText(NamedTuple):
    """A text, laid out, and where it was left."""

    text: ReaderText
    layout: ReaderLayout
    position: int | None


def load_reader(
    library: Library,
    bodies: Callable[[], BodyParser],
    source: ArticleContent | int,
    width: int,
    shown: ReaderText | None = None,
) -> LoadedText:
    """Return the text of a document, by its row number, or of other content, for ``width`` cells.

    ``shown`` is the text on the screen, which has a page by now or stays. Without it, raises ReaderError when the
    document is gone or cannot be read any more.
    """
    try:
        text = load_text(library, source, bodies())
    except ReaderError:
        if shown is None:
            raise
        text = None
    if shown is not None and (text is None or text.id != shown.id):  # the document is gone, or of another article now
        text = with_cached_page(library, shown)
    assert text is not None
    layout = lay_out_text(text, width, datetime.now().astimezone())
    return LoadedText(text, layout, library.positions.article(text.id, "text") if text.id else None)


def load_text(library: Library, subject: ArticleContent | int, bodies: BodyParser) -> ReaderText:
    """Return the text of a document, by its row number, or of a related item.

    Raises ReaderError when the document is gone or can no longer be read.
    """
    is_loaded = not isinstance(subject, int)
    if isinstance(subject, int):
        subject = load_content(library, subject, bodies)
    id_, page = subject.id, subject.page
    if not id_ and subject.links.best:
        id_ = article_id(subject.links.best, b"")
    if id_ and is_loaded:  # a page may have come since
        page = library.pages.page(id_)
    return _of_page(subject, page, id_) if page is not None else _of_document(subject, id_)


def with_cached_page(library: Library, text: ReaderText) -> ReaderText:
    """Return a text as it is shown, or the page of its article if that is kept by now. Raises ReaderError."""
    page = library.pages.page(text.id) if text.id else None
    if page is None:
        return text
    extract = page.extract
    return replace(
        text,
        kind="page",
        blocks=extract.blocks,
        byline=extract.byline or text.byline,
        page=page,
    )


def _of_page(subject: ArticleContent, page: Page, id_: str) -> ReaderText:
    extract = page.extract
    return ReaderText(
        id=id_,
        title=subject.title or extract.title,
        kind="page",
        blocks=extract.blocks,
        source=subject.source or extract.site,
        byline=extract.byline or ", ".join(subject.authors),
        published_at=subject.published_at or extract.published_at,
        links=subject.links,
        rowid=subject.rowid,
        page=page,
        images=(extract.image,) if extract.image is not None else subject.images,
    )


def _of_document(subject: ArticleContent, id_: str) -> ReaderText:
    return ReaderText(
        id=id_,
        title=subject.title,
        kind="body" if subject.blocks else "excerpt",
        blocks=with_excerpt(subject.excerpt, subject.blocks) if subject.blocks else excerpt_blocks(subject.excerpt),
        source=subject.source,
        byline=", ".join(subject.authors),
        published_at=subject.published_at,
        links=subject.links,
        rowid=subject.rowid,
        images=subject.images,
    )
