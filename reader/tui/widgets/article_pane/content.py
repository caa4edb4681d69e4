"""What the article pane shows: a document, or how a document describes a related item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from reader.content.blocks import Block
from reader.content.page import Page
from reader.core.model import Article, Related, Row


class RelatedItem(NamedTuple):
    """An entry in the list of related items."""

    described: Related | Row
    """How the document describes it or, for a member of a collection, how the index does."""
    rowid: int | None = None
    """The row of the item's document, if it is in this folder."""


@dataclass(frozen=True, slots=True)
class ArticleContent:
    """Everything that the pane shows of one article."""

    article: Article
    """The article without its body and related articles, which are separate."""
    blocks: tuple[Block, ...] = ()
    items: tuple[RelatedItem, ...] = ()
    members: int = 0
    """How many of the last items are members of a collection, not related articles."""
    rowid: int | None = None
    id: str = ""
    tags: tuple[str, ...] = ()
    """The user's own tags."""
    page: Page | None = None
    """The fetched original without its text, if there is one."""
    failure: str = ""
    """Why the last fetch of the original failed."""
    described_by: str = ""
    """The title of the document that describes this item, if it is not a document of its own."""
