"""A list of articles with its first rows, loaded in a worker thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from reader.core.errors import ReaderError
from reader.core.ordering import list_key, with_folded
from reader.query.parser import format_query
from reader.storage.sqlite.search.evaluate import StoppedError

if TYPE_CHECKING:
    from reader.core.model import Counts, ListField, OriginalState, Row
    from reader.core.ordering import ArticleOrder, Sort
    from reader.library.library import Library
    from reader.query.ast import Query
    from reader.tui.session import Session

_SCREENS_AHEAD = 4
"""Screens of rows that are loaded with a list,"""
_SCREENS_FOUND = 2
"""and with the results of a query that is being typed: the next key needs other rows."""


class ListRequest(NamedTuple):
    """What the list is to show."""

    sort: Sort | None
    """None for the usual order."""
    query: Query | None
    selected_rowid: int
    """The article that stays selected, or -1."""
    height: int
    """Rows on the screen."""
    lost: tuple[int, str] | None = None
    """Row id and article id of a lost article to find again."""
    retained: Sequence[int] = ()
    """Articles that stay although they may not match."""
    restore_position: bool = False
    """Whether to restore the saved position of the list."""
    is_grouped: bool = False
    """Whether the list has a row for each story."""


class LoadedList(NamedTuple):
    """The list, and what its first frame needs."""

    order: ArticleOrder
    rows: list[Row]
    counts: Counts
    selected_index: int | None
    """The index of the article that stays selected; None if it is gone."""
    recovered_index: int | None
    """The index of the lost article if it is back."""
    fields: frozenset[ListField]
    """What any of its articles has."""
    saved_changes: int
    """How many mark changes were on disk when the rows were read."""
    unmatched: frozenset[int]
    """Articles of the list that no longer match; they stay until the selection moves on."""
    name: str
    """The name of the list in the table of positions."""
    position: tuple[int, int] | None
    """The saved position: the index of an article and its line on the screen."""
    matching: int | None
    """The set of row ids that match the query (:mod:`reader.storage.sqlite.index.bitmap`); None without a query."""


def load_counts(library: Library, matching: int | None) -> Counts:
    """Return the numbers of the top bar, given the set of row ids that match the query."""
    counts = library.counts()
    if matching is None:
        return counts
    marks = library.marks.row_sets()
    finds_hidden = bool(counts.hidden and matching & marks.hidden())
    return replace(counts, finds_hidden=finds_hidden, unread_found=(matching & ~marks.read()).bit_count())


async def count(session: Session) -> None:
    """Update the numbers of the top bar."""
    session.set_counts(await session.background.run(load_counts, session.library, session.matching))


def load_list(session: Session, request: ListRequest, stop: Callable[[], bool]) -> LoadedList | None:
    """Return the list, or None once ``stop`` returns true. Raises ReaderError."""
    library, query = session.library, request.query
    sort = request.sort or library.articles.usual_sort()
    saved_changes = session.saved_changes
    unmatched: frozenset[int] = frozenset()
    has_values: Callable[[ListField], bool] | None = None
    matching: int | None = None
    if query is None:
        order = library.articles.order(sort)
    else:
        try:
            found = library.search.run(query, sort, stop=stop)
            unmatched = found.unmatched(request.retained)
            order = found.order(stop, unmatched)
            matching = found.limited_rows
            has_values = partial(library.search.has_values, rows=found.limited_rows)
        except StoppedError:
            return None
    if request.is_grouped:
        order = library.articles.grouped(order)
    selected = order.index_of(request.selected_rowid)
    recovered = _find_lost(session, order, request.lost)
    name = list_key(order.sort, "" if query is None else format_query(query))
    counts = load_counts(library, matching)
    # An article may be missing because the folder was not fully read; do not select a neighbor in that case.
    position = library.positions.index_in(name, order) if request.restore_position and counts.complete else None
    first = position[0] if position is not None else (selected if recovered is None else recovered) or 0
    rows = with_originals(library, library.articles.rows(_rowids_to_read(order, first, request)))
    return LoadedList(
        order,
        rows,
        counts,
        selected,
        recovered,
        library.articles.fields(rows, has_values),
        saved_changes,
        unmatched,
        name,
        position,
        matching,
    )


def load_rows(session: Session, rowids: Sequence[int]) -> tuple[list[Row], int]:
    """Return rows, and how many mark changes were on disk when they were read. Raises ReaderError."""
    saved_changes = session.saved_changes
    return with_originals(session.library, session.library.articles.rows(rowids)), saved_changes


def with_originals(library: Library, rows: Sequence[Row]) -> list[Row]:
    """Return ``rows`` with what is known of their originals now; unchanged if the pages cannot be read."""
    ids = [row.id for row in rows]
    states: dict[str, OriginalState]
    try:
        states = dict.fromkeys(library.pages.which_failed(ids), "failed")
        states.update(dict.fromkeys(library.pages.which_have_page(ids), "saved"))
    except ReaderError:  # the pages report it
        return list(rows)
    return [row if row.original == (now := states.get(row.id, "")) else replace(row, original=now) for row in rows]


def _find_lost(session: Session, order: ArticleOrder, lost: tuple[int, str] | None) -> int | None:
    if lost is None:
        return None
    rowid, id_ = lost
    indexes = map(order.index_of, (rowid, *(session.library.index.rowids_by_id(id_) if id_ else ())))
    return next((index for index in indexes if index is not None), None)


def _rowids_to_read(order: ArticleOrder, first: int, request: ListRequest) -> list[int]:
    """Return the row ids around ``first``, and at both ends, where a key may lead before they are requested."""
    height = request.height
    screens = _SCREENS_FOUND if request.query is not None and not first else _SCREENS_AHEAD
    start = max(0, first - _SCREENS_AHEAD // 2 * height)
    near = order.rowids[start : start + screens * height]
    return with_folded(order, [*near, *order.rowids[:height], *order.rowids[-height:]])
