"""What the article pane shows: a document, or what a document says of a related item.

Made in a worker from the library; the pane only draws it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from reader.content.blocks import Block
from reader.content.page import Page
from reader.core.model import Image, Json, Links, Number, Related

_NO_LINKS = Links()


@dataclass(frozen=True, slots=True)
class RelatedItem:
    """One entry of the list of related items."""

    title: str
    source: str
    published_at: datetime | None
    quality: Number | None
    heat: Number | None
    excerpt: str
    links: Links
    rowid: int | None = None
    """The document of this folder that the item is, if it is one."""
    related: Related | None = None
    """What the document says of it; None for a member of a collection."""


@dataclass(frozen=True, slots=True)
class ArticleContent:
    """Everything the pane draws of one article."""

    title: str
    source: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    type: str = ""
    category: str = ""
    quality: Number | None = None
    heat: Number | None = None
    topics: tuple[str, ...] = ()
    excerpt: str = ""
    blocks: tuple[Block, ...] = ()
    images: tuple[Image, ...] = ()
    links: Links = _NO_LINKS
    items: tuple[RelatedItem, ...] = ()
    members: int = 0
    """How many of the last items are members of a collection rather than related articles."""
    secured_bytes: int | None = None
    published: bool | None = None
    extra: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    path: str = ""
    rowid: int | None = None
    id: str = ""
    tags: tuple[str, ...] = ()
    """The person's own."""
    page: Page | None = None
    """Its original, where that is kept."""
    failure: str = ""
    """Why there is none, when it was asked for last."""
    described_by: str = ""
    """For what is no document here: the title of the document that tells of it."""
