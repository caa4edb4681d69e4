"""The text of the reader: the fetched page, else the document's own text, else its excerpt. For worker threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from reader.content.page import Page
from reader.core.errors import ReaderError
from reader.core.model import Article, Links
from reader.core.urls import article_id, shorten_url
from reader.library.library import Library
from reader.tui.loaders.article import load_content
from reader.tui.widgets.article_pane.content import ArticleContent
from reader.tui.widgets.reader.lines import ReaderLayout, ReaderText, TextImages, lay_out_text
from reader.tui.widgets.text.lines import with_excerpt
from reader.workers.body_parser import BodyParser

_TITLE_CELLS = 60
"""Cells of a URL that stands for a title."""


class LoadedText(NamedTuple):
    """A text, laid out, and where the user left it."""

    text: ReaderText
    layout: ReaderLayout
    position: int | None


def load_reader(
    library: Library,
    bodies: Callable[[], BodyParser],
    source: ArticleContent | int,
    width: int,
    images: Callable[[ReaderText], TextImages],
    *,
    shown: ReaderText | None = None,
) -> LoadedText:
    """Return the text of a document, by its row id, or of other content, for ``width`` cells.

    ``images`` returns what is known of its images. ``shown`` is the text on the screen, which may have a page by now;
    otherwise it stays. Without it, raises ReaderError if the document is gone or can no longer be read.
    """
    try:
        text = load_text(library, source, bodies)
    except ReaderError:
        if shown is None:
            raise
        text = None
    if shown is not None and (text is None or text.id != shown.id):  # the row may belong to another article now
        text = _with_page(shown, _page(library, shown.id))
    assert text is not None
    loaded, note = images(text)
    layout = lay_out_text(text, width, datetime.now().astimezone(), images=loaded, image_note=note)
    return LoadedText(text, layout, library.positions.article(text.id, "text") if text.id else None)


def load_text(library: Library, subject: ArticleContent | int, bodies: Callable[[], BodyParser]) -> ReaderText:
    """Return the text of a document, by its row id, or of a related item or link.

    Raises ReaderError if the document is gone or can no longer be read.
    """
    if isinstance(subject, ArticleContent) and subject.rowid is None:  # it may have a document by now
        rowid = library.index.rowid_by_url(subject.article.links.all_urls())
        subject = subject if rowid is None else rowid
    if isinstance(subject, int):
        subject = load_content(library, subject, bodies)
    article, id_ = subject.article, subject.id
    if not id_ and article.links.best:
        id_ = article_id(article.links.best, b"")
    page = _page(library, id_)
    text = ReaderText(
        id=id_,
        title=article.title,
        kind="body" if subject.blocks else "excerpt",
        blocks=() if page is not None else with_excerpt(article, subject.blocks),
        source=article.source,
        byline=", ".join(article.provider.authors),
        published_at=article.published_at,
        precision=article.precision,
        links=article.links,
        rowid=subject.rowid,
        images=article.images,
    )
    text = _with_page(text, page)
    return text if text.title else replace(text, title=shorten_url(article.links.best, _TITLE_CELLS))


def linked_page(url: str) -> ArticleContent:
    """Return what is known of a page before it is fetched; ``url`` comes from :func:`reader.core.urls.safe_url`."""
    return ArticleContent(Article(path="", title="", links=Links(url)))


def _page(library: Library, id_: str) -> Page | None:
    return library.pages.page(id_) if id_ else None


def _with_page(text: ReaderText, page: Page | None) -> ReaderText:
    if page is None:
        return text
    extract = page.extract
    return replace(
        text,
        title=text.title or extract.title,
        kind="page",
        blocks=extract.blocks,
        source=text.source or extract.site,
        byline=extract.byline or text.byline,
        published_at=text.published_at or extract.published_at,
        precision=text.precision if text.published_at else "time",
        page=page,
        images=(extract.image,) if extract.image is not None else text.images,
    )
