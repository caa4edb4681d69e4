"""What there is to read of an article: its page, if one is kept; else its own text; else its excerpt. In a worker."""

from __future__ import annotations

from dataclasses import replace

from reader.content.page import Page
from reader.core.urls import article_id
from reader.library.library import Library
from reader.tui.widgets.article_pane.content import ArticleContent, load_content
from reader.tui.widgets.reader.lines import ReaderText, excerpt_blocks, with_excerpt
from reader.workers.body_parser import BodyParser


def load_text(library: Library, subject: ArticleContent | int, bodies: BodyParser) -> ReaderText:
    """Return the text of a document, by its row number, or of a related item.

    Raises ReaderError when the document is gone or can no longer be read.
    """
    if isinstance(subject, int):
        subject = load_content(library, subject, bodies)
    id_, page = subject.id, subject.page
    if not id_ and subject.links.best:
        id_ = article_id(subject.links.best, b"")
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
