"""What the article pane shows: a document, or how a document describes a related item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from reader.content.blocks import Block
from reader.content.page import Page
from reader.core.model import Image, Json, Links, Number, Related

if TYPE_CHECKING:
    pass

_NO_LINKS = Links()


@dataclass(frozen=True, slots=True)
class RelatedItem:
    """An entry in the list of related items."""

    title: str
    source: str
    published_at: datetime | None
    quality: Number | None
    heat: Number | None
    excerpt: str
    links: Links
    rowid: int | None = None
    """The row of the item's document, if it is in this folder."""
    related: Related | None = None
    """How the document describes it; None for a member of a collection."""


@dataclass(frozen=True, slots=True)
class ArticleContent:
    """Everything that the pane shows of one article."""

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
    """How many of the last items are members of a collection, not related articles."""
    secured_bytes: int | None = None
    published: bool | None = None
    extra: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    path: str = ""
    rowid: int | None = None
    id: str = ""
    tags: tuple[str, ...] = ()
    """The user's own tags."""
    page: Page | None = None
    """The fetched original, if there is one."""
    failure: str = ""
    """Why the last fetch of the original failed."""
    described_by: str = ""
    """The title of the document that describes this item, if it is not a document of its own."""
