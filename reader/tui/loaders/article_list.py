"""An order of articles with its first rows, in a worker thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from reader.core.ordering import list_key
from reader.query.parser import format_query
from reader.storage.sqlite.search.evaluate import StoppedError

if TYPE_CHECKING:
    from reader.core.model import Counts, Row
    from reader.core.ordering import ArticleOrder, Sort
    from reader.query.ast import Query
    from reader.tui.session import Session

_SCREENS_AHEAD = 4
"""Screens of rows that come with an order,"""
_SCREENS_FOUND = 2
"""and with the answer to a query that is still being written: the next key wants other rows."""


class ListRequest(NamedTuple):
    """What the list is to show."""

    sort: Sort
    query: Query | None
    selected_rowid: int
    """The article to stay selected, or -1."""
    height: int
    """Rows on the screen."""
    lost: tuple[int, str] | None = None
    """Row number and id of an article to find again."""
    retained: Sequence[int] = ()
    """Articles that stay although they may not match."""
    restore_position: bool = False
    """Whether the position at which the list was left is wanted."""


class LoadedList(NamedTuple):
    """The order, and what the first frame of it needs."""

    order: ArticleOrder
    rows: list[Row]
    counts: Counts
    selected_index: int | None
    """Where the article is that was to stay selected."""
    recovered_index: int | None
    """Where the lost article is, if it is there again."""
    has_other_types: bool
    saved_changes: int
    """How many changes of marks were on disk when the rows were read."""
    unmatched: frozenset[int]
    """Articles of the order that no longer match, and stay until the selection moves on."""
    name: str
    """The name of the list in the table of positions."""
    position: tuple[int, int] | None
    """Index and line of the screen of the article at which the list was left."""


def load_list(session: Session, request: ListRequest, stop: Callable[[], bool]) -> LoadedList | None:
    """Return the list, or None once ``stop`` says that nobody waits for it. Raises ReaderError."""
    library, query = session.library, request.query
    saved_changes = session.saved_changes
    unmatched: frozenset[int] = frozenset()
    if query is None:
        order = library.articles.order(request.sort)
    else:
        try:
            found = library.search.run(query, request.sort, stop=stop)
            unmatched = found.unmatched(request.retained)
            order = found.order(stop, unmatched)
        except StoppedError:
            return None
    selected = order.index_of(request.selected_rowid)
    recovered = _find_lost(session, order, request.lost)
    name = list_key(order.sort, "" if query is None else format_query(query))
    counts = library.counts()
    # An article may be missing from a folder that was not read to its end, and no neighbor is to take its place.
    position = library.positions.index_in(name, order) if request.restore_position and counts.complete else None
    first = position[0] if position is not None else (selected if recovered is None else recovered) or 0
    rows = library.articles.rows(_rowids_to_read(order, first, request))
    return LoadedList(
        order,
        rows,
        counts,
        selected,
        recovered,
        library.articles.has_other_types(),
        saved_changes,
        unmatched,
        name,
        position,
    )


def load_rows(session: Session, rowids: Sequence[int]) -> tuple[list[Row], int]:
    """Return rows, and how many changes of marks were on disk when they were read. Raises ReaderError."""
    saved_changes = session.saved_changes
    return session.library.articles.rows(rowids), saved_changes


def _find_lost(session: Session, order: ArticleOrder, lost: tuple[int, str] | None) -> int | None:
    if lost is None:
        return None
    rowid, id_ = lost
    indexes = map(order.index_of, (rowid, *(session.library.articles.rowids(id_) if id_ else ())))
    return next((index for index in indexes if index is not None), None)


def _rowids_to_read(order: ArticleOrder, first: int, request: ListRequest) -> list[int]:
    """Return the rows around ``first``, and those at both ends, where a key may lead before others are asked for."""
    height = request.height
    screens = _SCREENS_FOUND if request.query is not None and not first else _SCREENS_AHEAD
    start = max(0, first - _SCREENS_AHEAD // 2 * height)
    near = order.rowids[start : start + screens * height]
    return list(dict.fromkeys([*near, *order.rowids[:height], *order.rowids[-height:]]))
