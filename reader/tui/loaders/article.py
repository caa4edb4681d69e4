"""The content of the article pane: a document, or what a document says of a related item. For worker threads."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from reader.core.model import Article, Related, Row
from reader.library.library import Library
from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem
from reader.tui.widgets.article_pane.lines import PaneLayout, lay_out_pane
from reader.workers.body_parser import BodyParser

if TYPE_CHECKING:
    from reader.images.model import RenderedImage


class LeadImage(NamedTuple):
    """The image in the pane, and its address."""

    url: str
    image: RenderedImage


class LoadedArticle(NamedTuple):
    """What the pane is to show, laid out."""

    content: ArticleContent
    layout: PaneLayout
    position: int | None = None
    """Where the article was left, if it was."""


def load_article(
    library: Library,
    bodies: Callable[[], BodyParser],
    rowid: int,
    width: int,
    *,
    with_position: bool = True,
    lead: LeadImage | None = None,
) -> LoadedArticle:
    """Return the document ``rowid`` for ``width`` cells, with ``lead`` if that is still its image.

    Raises ReaderError when it is gone or cannot be read.
    """
    content = load_content(library, rowid, bodies())
    image = lead.image if lead and content.images and content.images[0].url == lead.url else None
    position = library.positions.article(content.id) if with_position and content.id else None
    return LoadedArticle(content, lay_out_pane(content, width, image=image), position)


def load_related(item: RelatedItem, described_by: str, width: int) -> LoadedArticle:
    """Return what the document titled ``described_by`` says of a related item."""
    content = content_of_item(item, described_by)
    return LoadedArticle(content, lay_out_pane(content, width))


def load_content(library: Library, rowid: int, bodies: BodyParser) -> ArticleContent:
    """Return the document ``rowid``, its body parsed by ``bodies`` and its related items matched with the folder.

    Raises ReaderError when it is gone or can no longer be read.
    """
    article = library.articles.load(rowid)
    row = next(iter(library.articles.rows([rowid])), None)
    related = tuple(_related_item(library, item) for item in article.related)
    members = _members(library, rowid, article)
    extra = {name: value for name, value in article.extra.items() if not (name == "items" and members)}
    page = library.pages.page(row.id) if row else None
    failed = library.pages.failure(row.id) if row and page is None else None
    return ArticleContent(
        title=article.title,
        source=article.source,
        authors=article.provider.authors,
        published_at=article.published_at,
        type=article.type,
        category=article.category,
        quality=article.quality,
        heat=article.heat,
        topics=article.topics,
        excerpt=article.excerpt,
        blocks=bodies.parse_body(article.body, article.body_format, article.links.best) if article.body else (),
        images=article.images,
        links=article.links,
        items=related + members,
        members=len(members),
        secured_bytes=article.secured.size if article.secured else None,
        published=article.published,
        extra=extra,
        path=article.path,
        rowid=rowid,
        id=row.id if row else "",
        tags=row.tags if row else (),
        page=page,
        failure="" if failed is None else failed.error,
    )


def content_of_item(item: RelatedItem, described_by: str) -> ArticleContent:
    """Return a related item as far as the document ``described_by`` describes it."""
    related = item.related
    return ArticleContent(
        title=item.title,
        source=item.source,
        authors=related.provider.authors if related else (),
        published_at=item.published_at,
        type=related.type if related else "",
        quality=item.quality,
        heat=item.heat,
        excerpt=item.excerpt,
        images=related.images if related else (),
        links=item.links,
        extra=related.extra if related else MappingProxyType({}),
        described_by=described_by,
    )


def _related_item(library: Library, related: Related) -> RelatedItem:
    return RelatedItem(
        title=related.title,
        source=related.provider.name or related.provider.domain,
        published_at=related.published_at,
        quality=related.quality,
        heat=related.heat,
        excerpt=related.excerpt,
        links=related.links,
        rowid=library.articles.rowid_by_url(related.links.every()),
        related=related,
    )


def _members(library: Library, rowid: int, article: Article) -> tuple[RelatedItem, ...]:
    """Return the members of a collection that are documents here, in its order."""
    names = article.extra.get("items")
    if not isinstance(names, list):
        return ()
    found = library.articles.collection_members(rowid, [name for name in names if isinstance(name, str)])
    rows = {row.rowid: row for row in library.articles.rows([member for member in found if member is not None])}
    items = tuple(_member_item(rows[member]) for member in found if member in rows)
    # One that cannot be found stays readable by name under "More", with all the others.
    return items if len(items) == len(names) else ()


def _member_item(row: Row) -> RelatedItem:
    return RelatedItem(
        title=row.title,
        source=row.source,
        published_at=row.published_at,
        quality=row.quality,
        heat=row.heat,
        excerpt=row.excerpt,
        links=row.links,
        rowid=row.rowid,
    )
