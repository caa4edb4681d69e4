"""The results of a search: their number, the first of them quickly, and all of them in order."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import replace

from reader.core.ordering import ArticleOrder
from reader.core.tokenize import is_single_character, words
from reader.query.ast import Node, Query
from reader.storage.sqlite.index import fulltext
from reader.storage.sqlite.search import bitmap
from reader.storage.sqlite.search.evaluate import IndexSnapshot, Searcher, Stop, StoppedError

_FIRST_CHUNK, _NEXT_CHUNK = 1024, 1 << 16
"""The first chunk of an order is small, because it mostly contains enough rows for a first screen."""
_RANK_ALL_LIMIT = 1000
"""With fewer matches, ranking all of them is the fastest way to find the best."""
_BEST_FACTOR = 4
"""How many times more best matches to request than wanted: some may not match the rest of the query."""
_WEIGHTS = (10.0, 5.0, 2.0, 2.0, 1.0)
"""The BM25 weights of title, excerpt, source, topics and body."""


class SearchResults:
    """The results of a query, for the lists as they were when it was run."""

    def __init__(
        self, query: Query, everything: ArticleOrder, rows: int, *, known: int, size: int, ranking: _Ranking | None
    ) -> None:
        """``known`` is ``everything`` as a set; all its row ids are below ``size``.

        ``ranking`` sorts by relevance.
        """
        self.query = query
        self.sort = everything.sort
        """The order of the view, and of equally relevant matches."""
        self.rows = rows
        """The set of matching articles (:mod:`reader.storage.sqlite.search.bitmap`), ignoring ``limit:``."""
        matches = rows.bit_count()
        self.count = matches if query.limit is None else min(matches, query.limit)
        """The number of articles in the view."""
        self._order = everything.rowids
        self._known = known
        self._size = size
        self._ranking = ranking
        self._mask: bytes | None = None
        self._ranked: array[int] | None = None

    def first(self, count: int, stop: Stop | None = None) -> array[int]:
        """Return the first row ids of the view, faster than all of them. Raises StoppedError and StorageError."""
        count = min(count, self.count)
        if self._ranking is None:
            return self._first_matching(count, stop)
        if self._ranked is None and self.rows.bit_count() > _RANK_ALL_LIMIT:
            best = self._ranking.best(self.rows, count, stop)
            if best is not None:
                in_order = [rowid for rowid in self._order if rowid in best]
                return array("I", sorted(in_order, key=best.__getitem__)[:count])
        return self.order(stop).rowids[:count]

    def order(self, stop: Stop | None = None, unmatched: Collection[int] = ()) -> ArticleOrder:
        """Return all row ids of the view in order. Raises StoppedError and StorageError.

        ``unmatched`` articles (see :meth:`unmatched`) are included as if they matched.
        """
        if unmatched:
            return self._including(unmatched).order(stop)
        if self._ranking is None:
            return ArticleOrder(self.sort, self._first_matching(self.count, stop))
        if self._ranked is None:
            scores = self._ranking.scores(stop)
            matching = self._first_matching(self.rows.bit_count(), stop)
            self._ranked = array("I", sorted(matching, key=lambda rowid: scores.get(rowid, 0.0)))
        return ArticleOrder(self.sort, self._ranked[: self.count])

    def unmatched(self, rowids: Sequence[int]) -> frozenset[int]:
        """Return the rows of ``rowids`` that are in the lists but do not match."""
        given = bitmap.from_rows([rowid for rowid in rowids if rowid < self._size], self._size)
        unmatched = given & self._known & ~self.rows
        return frozenset(bitmap.to_rows(unmatched)) if unmatched else frozenset()

    def _including(self, unmatched: Collection[int]) -> SearchResults:
        query = self.query if self.query.limit is None else replace(self.query, limit=self.count + len(unmatched))
        rows = self.rows | bitmap.from_rows(unmatched, self._size)
        everything = ArticleOrder(self.sort, self._order)
        return SearchResults(query, everything, rows, known=self._known, size=self._size, ranking=self._ranking)

    def _first_matching(self, count: int, stop: Stop | None) -> array[int]:
        order = self._order
        if self.rows.bit_count() == len(order):  # everything
            return order[:count]
        if self._mask is None:
            self._mask = bitmap.to_mask(self.rows, self._size)
        mask = self._mask
        matching = array("I")
        start, chunk = 0, _FIRST_CHUNK
        while start < len(order) and len(matching) < count:
            if stop is not None and stop():
                raise StoppedError
            matching.extend([rowid for rowid in order[start : start + chunk] if mask[rowid]])
            start, chunk = start + chunk, _NEXT_CHUNK
        return matching[:count]


class _Ranking:
    """Scores articles by BM25: lower is better, and all scores are negative."""

    def __init__(self, searcher: Searcher, match: str) -> None:
        self._searcher = searcher
        self._match = match

    def scores(self, stop: Stop | None) -> dict[int, float]:
        """Return the score of each matching row. Raises StoppedError and StorageError."""
        with self._searcher.snapshot(stop) as (db, snapshot):
            return _by_row(fulltext.bm25_scores(db, self._match, _WEIGHTS, snapshot.size), snapshot)

    def best(self, rows: int, count: int, stop: Stop | None) -> dict[int, float] | None:
        """Return the scores of at least ``count`` best of ``rows``, and of all that are equal to one of them.

        Return None if that requires the scores of all rows. Raises StoppedError and StorageError.
        """
        limit = _BEST_FACTOR * count + _RANK_ALL_LIMIT
        with self._searcher.snapshot(stop) as (db, snapshot):
            by_slot = fulltext.bm25_scores(db, self._match, _WEIGHTS, snapshot.size, limit=limit)
            # Leave out the last score: beyond the limit there may be more rows with it.
            last = max(by_slot.values(), default=0.0)
            scores = _by_row({slot: score for slot, score in by_slot.items() if score < last}, snapshot)
        mask = bitmap.to_mask(rows, snapshot.size)
        best = {rowid: score for rowid, score in scores.items() if mask[rowid]}
        return best if len(best) >= count else None


def ranking_for(searcher: Searcher, where: Node | None) -> _Ranking | None:
    """Return the ranking by the words in ``where``, or None if it has none.

    A word counts most in the title, less in the excerpt, and least in the body.
    """
    from reader.query.completion import query_words

    matches: dict[str, None] = {}
    for word in query_words(where, ("any", "title", "excerpt", "body", "text")):
        phrase = words(word.text)
        if phrase:
            columns = {"any": fulltext.COLUMNS, "text": ("body",)}.get(word.field, (word.field,))
            match = fulltext.expression(phrase, columns, prefix=word.prefix and not is_single_character(phrase[-1]))
            matches[match] = None
    return _Ranking(searcher, " OR ".join(f"({match})" for match in matches)) if matches else None


def _by_row(by_slot: dict[int, float], snapshot: IndexSnapshot) -> dict[int, float]:
    """Return the scores by row id."""
    row_of = snapshot.row_of()
    if not row_of:
        return by_slot
    dead = {*row_of.values()}
    scores = {slot: score for slot, score in by_slot.items() if slot not in dead}
    return scores | {row_of[slot]: score for slot, score in by_slot.items() if slot in row_of}
