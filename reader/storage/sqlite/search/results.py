"""What a search has found: how many articles, the first of them soon, and all of them as a view."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reader.core.ordering import ArticleOrder
from reader.core.tokenize import is_single_character, words
from reader.query.ast import Node, Query
from reader.storage.sqlite.index import fulltext
from reader.storage.sqlite.search import bitmap

if TYPE_CHECKING:
    from reader.storage.sqlite.search.evaluate import IndexSnapshot, Searcher, Stop

_AT_ONCE = 1 << 16
_MANY = 1000
"""Articles; of fewer, the best are found soonest by sorting them all."""
_AHEAD = 4
"""So many times as many of the best are asked for as are wanted: some may not match the rest of the query."""
_WEIGHTS = (10.0, 5.0, 2.0, 2.0, 1.0)
"""What a word counts in title, excerpt, source, topics and body."""


class SearchResults:
    """The answer to a query. It stands for the lists as they were when it was asked."""

    def __init__(
        self, query: Query, everything: ArticleOrder, rows: int, *, known: int, size: int, rank: _Rank | None
    ) -> None:
        """``rank``, for those who want the best match first, tells how well articles match.

        ``known`` is ``everything`` as a set; all its row numbers are below ``size``.
        """
        self.query = query
        self.sort = everything.sort
        """The order of the view, and of equal matches."""
        self.rows = rows
        """The articles that match, as a set (:mod:`reader.storage.sqlite.search.bitmap`), ``limit:`` or not."""
        matches = rows.bit_count()
        self.count = matches if query.limit is None else min(matches, query.limit)
        """How many the view has."""
        self._order = everything.rowids
        self._known = known
        self._size = size
        self._rank = rank
        self._mask: bytes | None = None
        self._ranked: array[int] | None = None

    def first(self, count: int, stop: Stop | None = None) -> array[int]:
        """Return the first rows of the view, much sooner than all of them. Raises StoppedError and StorageError."""
        count = min(count, self.count)
        if self._rank is None:
            return self._listed(count, stop)
        if self._ranked is None and self.rows.bit_count() > _MANY:
            best = self._rank.best(self.rows, count, stop)
            if best is not None:
                listed = [rowid for rowid in self._order if rowid in best]
                return array("I", sorted(listed, key=best.__getitem__)[:count])
        return self.order(stop).rowids[:count]

    def order(self, stop: Stop | None = None, unmatched: Collection[int] = ()) -> ArticleOrder:
        """Return all of them in order, and where they would stand those that are :meth:`unmatched`.

        Raises StoppedError and StorageError.
        """
        if unmatched:
            return self._with(unmatched).order(stop)
        if self._rank is None:
            return ArticleOrder(self.sort, self._listed(self.count, stop))
        if self._ranked is None:
            scores = self._rank.scores(stop)
            listed = self._listed(self.rows.bit_count(), stop)
            self._ranked = array("I", sorted(listed, key=lambda rowid: scores.get(rowid, 0.0)))
        return ArticleOrder(self.sort, self._ranked[: self.count])

    def unmatched(self, held: Sequence[int]) -> frozenset[int]:
        """Return those of ``held`` that are in the lists and do not match."""
        unmatched = (
            bitmap.from_rows([rowid for rowid in held if rowid < self._size], self._size) & self._known & ~self.rows
        )
        return frozenset(bitmap.to_rows(unmatched)) if unmatched else frozenset()

    def _with(self, unmatched: Collection[int]) -> SearchResults:
        """Return what is found, and ``unmatched``."""
        query = self.query if self.query.limit is None else replace(self.query, limit=self.count + len(unmatched))
        rows = self.rows | bitmap.from_rows(unmatched, self._size)
        everything = ArticleOrder(self.sort, self._order)
        return SearchResults(query, everything, rows, known=self._known, size=self._size, rank=self._rank)

    def _listed(self, count: int, stop: Stop | None) -> array[int]:
        from reader.storage.sqlite.search.evaluate import StoppedError

        order = self._order
        if self.rows.bit_count() == len(order):  # everything
            return order[:count]
        if self._mask is None:
            self._mask = bitmap.to_mask(self.rows, self._size)
        mask = self._mask
        found = array("I")
        # A small piece first: mostly the first screens are in it.
        start, step = 0, 1024
        while start < len(order) and len(found) < count:
            if stop is not None and stop():
                raise StoppedError
            found.extend([rowid for rowid in order[start : start + step] if mask[rowid]])
            start, step = start + step, _AT_ONCE
        return found[:count]


class _Rank:
    """How well articles match, by BM25: the lower the better, all below 0."""

    def __init__(self, searcher: Searcher, match: str) -> None:
        self._searcher = searcher
        self._match = match

    def scores(self, stop: Stop | None) -> dict[int, float]:
        """Return the score of each row that matches. Raises StoppedError and StorageError."""
        with self._searcher.snapshot(stop) as (db, snapshot):
            return _of_rows(fulltext.scored(db, self._match, _WEIGHTS, snapshot.size), snapshot)

    def best(self, rows: int, count: int, stop: Stop | None) -> dict[int, float] | None:
        """Return the score of the best of ``rows``, ``count`` or more, and of all that are as good as one of them.

        None when it would take a look at all of them. Raises StoppedError and StorageError.
        """
        most = _AHEAD * count + _MANY
        with self._searcher.snapshot(stop) as (db, snapshot):
            of_slots = fulltext.scored(db, self._match, _WEIGHTS, snapshot.size, most=most)
            # Of those that are as good as the last, there may be more.
            last = max(of_slots.values(), default=0.0)
            scores = _of_rows({slot: score for slot, score in of_slots.items() if score < last}, snapshot)
        among = bitmap.to_mask(rows, snapshot.size)
        found = {rowid: score for rowid, score in scores.items() if among[rowid]}
        return found if len(found) >= count else None


def best_first(searcher: Searcher, where: Node | None) -> _Rank | None:
    """Return what tells how well articles match ``where``.

    A word in the title counts for more than one in the excerpt, that for more than one in
    the body. None when ``where`` asks for no words.
    """
    from reader.query.completion import query_words

    asked = query_words(where, ("any", "title", "excerpt", "body", "text"))
    matches: dict[str, None] = {}
    for each in asked:
        phrase = words(each.text)
        if phrase:
            of_columns = {"any": fulltext.COLUMNS, "text": ("body",)}.get(each.field, (each.field,))
            match = fulltext.expression(phrase, of_columns, prefix=each.prefix and not is_single_character(phrase[-1]))
            matches[match] = None
    if not matches:
        return None
    match = " OR ".join(f"({each})" for each in matches)

    return _Rank(searcher, match)


def _of_rows(of_slots: dict[int, float], snapshot: IndexSnapshot) -> dict[int, float]:
    """Return the scores by row; the lower the better, and all below 0."""
    moved = snapshot.row_of()
    if not moved:
        return of_slots
    hidden = {*moved.values()}
    scores = {slot: score for slot, score in of_slots.items() if slot not in hidden}
    return scores | {moved[slot]: score for slot, score in of_slots.items() if slot in moved}
