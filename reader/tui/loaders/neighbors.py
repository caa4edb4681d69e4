"""What leads from a document to others of the folder: its story, who cites it, its copies. For worker threads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.tui.widgets.article_pane.content import ArticleContent, ItemSection, RelatedItem, SectionKind

if TYPE_CHECKING:
    from reader.core.model import Row
    from reader.library.library import Library
    from reader.stories.model import Similar
    from reader.tui.session import Session

_MOST = 40
"""Articles of a story that the pane lists, and documents that cite an article; a query lists all of them."""
_MOST_WORDS = 5
"""Shared words that are shown."""
_LEAST_ALIKE = 0.07
"""The least score of a similar text: those below share a word or two that many texts have, such as “killed”."""
_OF_EDGES: tuple[SectionKind, ...] = ("cited by", "shared", "duplicate")
"""The sections that are made of edges, in their order."""


async def say_none(session: Session, words: str) -> None:
    """Show ``words``, which say that an article has no story or the like, or that it may have one in a moment."""
    are_known = await session.background.run(session.library.stories.are_known)
    session.show_message(words if are_known else "Stories are still being found: try again in a moment.")


def with_neighbors(library: Library, content: ArticleContent, *, with_similar: bool = False) -> ArticleContent:
    """Return a document with its story before its related items, and what else is linked with it behind them.

    ``with_similar`` adds the nearest articles by text. Raises ReaderError.
    """
    own = content.rowid
    if own is None:
        return content
    story = library.stories.of(own) if content.story else None
    all_others = [] if story is None else [rowid for rowid in story.rowids if rowid != own]
    place = 0 if story is None else story.rowids.index(own)
    others, skipped = around(all_others, place)
    edges = library.stories.edges(own, with_story=False)
    listed = {kind: [(edge.rowid, "") for edge in edges if edge.kind == kind] for kind in _OF_EDGES}
    if with_similar:
        listed["similar"] = alike(library.stories.nearest(own, _MOST // 2))
    rows = _rows(library, [*others, *(rowid for found in listed.values() for rowid, _ in found[:_MOST])])
    items = [RelatedItem(rows[rowid], rowid) for rowid in others if rowid in rows]
    sections = [ItemSection("story", len(items), len(all_others), skipped)] * bool(items)
    items += content.items
    sections += content.sections
    for kind, found in listed.items():
        shown = [RelatedItem(rows[rowid], rowid, reason) for rowid, reason in found if rowid in rows]
        items += shown
        sections += [ItemSection(kind, len(shown), len(found))] * bool(shown)
    before = set(all_others[:place])
    saved = _saved(library, rows, content.items)
    return replace(
        content,
        items=tuple(item._replace(is_saved=item.rowid in saved) for item in items),
        sections=tuple(sections),
        place_in_story=sum(rowid in rows and rowid in before for rowid in others),
        heat_reason="" if content.heat_estimate is None else library.stories.explain_heat(own),
    )


def around(rowids: Sequence[int], place: int) -> tuple[list[int], int]:
    """Return the first article of a story and those around a place, and how many are left out between them."""
    start = max(1, min(place - _MOST // 2, len(rowids) - _MOST + 1))
    return [*rowids[:1], *rowids[start : start + _MOST - 1]], start - 1


def alike(nearest: Iterable[Similar]) -> list[tuple[int, str]]:
    """Return those of the nearest articles that are similar enough, with the words that they share.

    Single letters and digits tell nothing.
    """
    similar = ((each.rowid, each.words) for each in nearest if each.score >= _LEAST_ALIKE)
    shared = {rowid: [word for word in words if len(word) > 1 or not word.isascii()] for rowid, words in similar}
    return [(rowid, f"in both: {', '.join(words[:_MOST_WORDS])}") for rowid, words in shared.items() if words]


def _rows(library: Library, rowids: Iterable[int]) -> dict[int, Row]:
    wanted = list(dict.fromkeys(rowids))
    return {row.rowid: row for row in library.articles.rows(wanted)} if wanted else {}


def _saved(library: Library, rows: dict[int, Row], items: Iterable[RelatedItem]) -> set[int]:
    """Return which documents have a saved page: those of ``rows``, and of ``items``."""
    others = _rows(library, (item.rowid for item in items if item.rowid is not None and item.rowid not in rows))
    ids = {rowid: row.id for rowid, row in (rows | others).items()}
    try:
        saved = library.pages.which_have_page(list(ids.values())) if ids else frozenset()
    except ReaderError:  # the pages report it
        return set()
    return {rowid for rowid, id_ in ids.items() if id_ in saved}
