"""The content of the article pane: a document, or how a document describes a related item. For worker threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from reader.core.model import Article, Related
from reader.library.library import Library
from reader.tui.loaders.neighbors import with_neighbors
from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem, sections_of
from reader.tui.widgets.article_pane.lines import PaneLayout, lay_out_pane
from reader.workers.body_parser import BodyParser

if TYPE_CHECKING:
    from reader.images.model import RenderedImage

LeadImages: TypeAlias = "Callable[[ArticleContent], RenderedImage | str]"
"""Returns the image of an article, if it is loaded, or a note about it; for worker threads."""


class LoadedArticle(NamedTuple):
    """What the pane is to show, laid out."""

    content: ArticleContent
    layout: PaneLayout
    position: int | None = None
    """Where the user left the article, if known."""


def load_article(
    library: Library,
    bodies: Callable[[], BodyParser],
    rowid: int,
    width: int,
    lead_of: LeadImages,
    *,
    with_position: bool = True,
    with_similar: bool = False,
) -> LoadedArticle:
    """Return the document ``rowid`` with what leads from it to others, laid out for ``width`` cells.

    Raises ReaderError if it no longer exists or cannot be read.
    """
    content = with_neighbors(library, load_content(library, rowid, bodies), with_similar=with_similar)
    position = library.positions.article(content.id) if with_position and content.id else None
    return LoadedArticle(content, lay_out_pane(content, width, lead_of(content)), position)


def load_content(library: Library, rowid: int, bodies: Callable[[], BodyParser]) -> ArticleContent:
    """Return the document ``rowid``, its body parsed and its related items matched with the folder.

    Raises ReaderError if it is gone or can no longer be read.
    """
    article = library.articles.load(rowid)
    row = next(iter(library.articles.rows([rowid])), None)
    related = tuple(RelatedItem(each, library.index.rowid_by_url(each.links.all_urls())) for each in article.related)
    members = _members(library, rowid, article)
    extra = {name: value for name, value in article.extra.items() if not (name == "items" and members)}
    page = library.pages.page_without_text(row.id) if row else None
    failed = library.pages.failure(row.id) if row and page is None else None
    return ArticleContent(
        replace(article, body="", related=(), extra=extra),
        blocks=bodies().parse_body(article.body, article.body_format, article.links.best) if article.body else (),
        items=related + members,
        sections=sections_of(("related", len(related)), ("members", len(members))),
        rowid=rowid,
        id=row.id if row else "",
        tags=row.tags if row else (),
        page=page,
        failure="" if failed is None else failed.error,
        heat_estimate=row.heat_estimate if row else None,
        quality_estimate=row.quality_estimate if row else None,
        story=row.story if row else "",
    )


def content_of_item(item: RelatedItem, described_by: str) -> ArticleContent:
    """Return the content of a related item, as far as the document ``described_by`` describes it."""
    # Every field of a related article is one of an article, too.
    described = {field.name: getattr(item.described, field.name) for field in fields(Related)}
    return ArticleContent(Article(path="", **described), described_by=described_by)


def _members(library: Library, rowid: int, article: Article) -> tuple[RelatedItem, ...]:
    """Return the members of a collection that are documents in this folder, in the order of the collection."""
    names = article.extra.get("items")
    if not isinstance(names, list):
        return ()
    found = library.articles.collection_members(rowid, [name for name in names if isinstance(name, str)])
    rows = {row.rowid: row for row in library.articles.rows([member for member in found if member is not None])}
    items = tuple(RelatedItem(rows[member], member) for member in found if member in rows)
    # One that cannot be found stays readable by name under "More", with all the others.
    return items if len(items) == len(names) else ()
