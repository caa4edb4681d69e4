"""What the article pane shows: a document, or how a document describes a related item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from reader.content.blocks import Block
from reader.content.page import Page
from reader.core.model import Article, Number, Related, Row

SectionKind: TypeAlias = Literal["story", "related", "cited by", "shared", "duplicate", "members", "similar"]
"""Why items are listed: the same story; the document lists them; they list it; both list another; copies of it; members
of a collection; a similar text."""


Described: TypeAlias = Related | Row | Article
"""How a document describes an item, or how the index does; in the timeline of its story, the article itself."""


class RelatedItem(NamedTuple):
    """An entry in the list of related items."""

    described: Described
    rowid: int | None = None
    """The row of the item's document, if it is in this folder."""
    reason: str = ""
    """Why it is listed, in a few words."""
    is_saved: bool = False
    """Whether its page is saved."""


class ItemSection(NamedTuple):
    """Items under one heading."""

    kind: SectionKind
    size: int
    """How many of the items follow,"""
    total: int = 0
    """and how many there are, if those are more."""
    skipped: int = 0
    """How many of the others are left out after the first item; the rest is left out at the end."""


@dataclass(frozen=True, slots=True)
class ArticleContent:
    """Everything that the pane shows of one article."""

    article: Article
    """The article without its body and related articles, which are separate."""
    blocks: tuple[Block, ...] = ()
    items: tuple[RelatedItem, ...] = ()
    sections: tuple[ItemSection, ...] = ()
    """How the items are divided; without any, all are related items."""
    place_in_story: int = 0
    """How many articles of its story came before it, of those among the items."""
    rowid: int | None = None
    id: str = ""
    tags: tuple[str, ...] = ()
    """The user's own tags."""
    page: Page | None = None
    """The fetched original without its text, if there is one."""
    failure: str = ""
    """Why the last fetch of the original failed."""
    story: str = ""
    """The id of its story; empty for none."""
    heat_estimate: Number | None = None
    heat_reason: str = ""
    """How the heat was estimated, such as “~62: 7 sources in 2 days”."""
    quality_estimate: Number | None = None
    described_by: str = ""
    """The title of the document that describes this item, if it is not a document of its own."""


def sections_of(*counts: tuple[SectionKind, int]) -> tuple[ItemSection, ...]:
    """Return a section for each kind that has any items."""
    return tuple(ItemSection(kind, count) for kind, count in counts if count)
