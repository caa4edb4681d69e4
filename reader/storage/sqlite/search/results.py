"""The results of a search: their number, the first of them quickly, and all of them in order."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from reader.core.ordering import ArticleOrder, Sort
from reader.core.tokenize import is_single_character, words
from reader.query.ast import Node, Query
from reader.storage.sqlite.index import bitmap, fulltext
from reader.storage.sqlite.search.evaluate import Searcher, Stop, StoppedError

_FIRST_CHUNK, _NEXT_CHUNK = 1024, 1 << 16
"""The first chunk of an order is small, because it mostly contains enough rows for a first screen."""
_RANK_ALL_LIMIT = 1000
"""With fewer matches, ranking all of them is the fastest way to find the best."""
_BEST_FACTOR = 4
"""How many times more best matches to request than wanted: some may not match the rest of the query."""
_WEIGHTS = (10.0, 5.0, 2.0, 2.0, 1.0, 1.0)
"""The BM25 weights of title, excerpt, source, topics, body, and authors with other fields."""


@dataclass(eq=False)
class SearchResults:
    """The results of a query, for the lists as they were when it was run."""

    query: Query
    everything: ArticleOrder
    """All articles, in the order of the view; equally relevant matches are in this order too."""
    rows: int
    """The set of matching articles (:mod:`reader.storage.sqlite.index.bitmap`), ignoring ``limit:``."""
    known: int
    """The set of ``everything``."""
    size: int
    """All row ids are below this number."""
    ranking: Ranking | None
    """Sorts by relevance."""
    _ranked: array[int] | None = field(default=None, init=False)

    @property
    def sort(self) -> Sort:
        """The order of the view."""
        return self.everything.sort

    @cached_property
    def count(self) -> int:
        """The number of articles in the view."""
        matches = self.rows.bit_count()
        return matches if self.query.limit is None else min(matches, self.query.limit)

    @property
    def limited_rows(self) -> int:
        """The set of the articles in the view."""
        if self.count == self.rows.bit_count():
            return self.rows
        return bitmap.from_rows(self.order().rowids, self.size)

    def first(self, count: int, stop: Stop | None = None) -> array[int]:
        """Return the first row ids of the view, faster than all of them. Raises StoppedError and StorageError."""
        count = min(count, self.count)
        if self.ranking is None:
            return self._first_matching(count, stop)
        if self._ranked is None and self.rows.bit_count() > _RANK_ALL_LIMIT:
            scores = self.ranking.scores(stop, _BEST_FACTOR * count + _RANK_ALL_LIMIT)
            in_order = [rowid for rowid in self.everything.rowids if rowid in scores and self._mask[rowid]]
            if len(in_order) >= count:
                return array("I", sorted(in_order, key=scores.__getitem__)[:count])
        return self.order(stop).rowids[:count]

    def order(self, stop: Stop | None = None, unmatched: Collection[int] = ()) -> ArticleOrder:
        """Return all row ids of the view in order. Raises StoppedError and StorageError.

        ``unmatched`` articles (see :meth:`unmatched`) are included as if they matched.
        """
        if unmatched:
            query = self.query
            if query.limit is not None:
                query = replace(query, limit=self.count + len(unmatched))
            return replace(self, query=query, rows=self.rows | bitmap.from_rows(unmatched, self.size)).order(stop)
        if self.ranking is None:
            return ArticleOrder(self.sort, self._first_matching(self.count, stop))
        if self._ranked is None:
            scores = self.ranking.scores(stop)
            matching = self._first_matching(self.rows.bit_count(), stop)
            self._ranked = array("I", sorted(matching, key=lambda rowid: scores.get(rowid, 0.0)))
        return ArticleOrder(self.sort, self._ranked[: self.count])

    def unmatched(self, rowids: Sequence[int]) -> frozenset[int]:
        """Return the rows of ``rowids`` that are in the lists but do not match."""
        given = bitmap.from_rows([rowid for rowid in rowids if rowid < self.size], self.size)
        unmatched = given & self.known & ~self.rows
        return frozenset(bitmap.to_rows(unmatched)) if unmatched else frozenset()

    @cached_property
    def _mask(self) -> bytes:
        return bitmap.to_mask(self.rows, self.size)

    def _first_matching(self, count: int, stop: Stop | None) -> array[int]:
        order = self.everything.rowids
        if self.rows.bit_count() == len(order):  # everything
            return order[:count]
        mask = self._mask
        matching = array("I")
        start, chunk = 0, _FIRST_CHUNK
        while start < len(order) and len(matching) < count:
            if stop is not None and stop():
                raise StoppedError
            matching.extend([rowid for rowid in order[start : start + chunk] if mask[rowid]])
            start, chunk = start + chunk, _NEXT_CHUNK
        return matching[:count]


class Ranking(NamedTuple):
    """Scores articles by BM25: lower is better, and all scores are negative."""

    searcher: Searcher
    match: str

    def scores(self, stop: Stop | None, limit: int | None = None) -> dict[int, float]:
        """Return the score of each matching row. Raises StoppedError and StorageError.

        With ``limit``, return fewer scores than that: the best, and all that are equal to one of them.
        """
        with self.searcher.snapshot(stop) as (db, snapshot):
            by_slot = fulltext.bm25_scores(db, self.match, _WEIGHTS, snapshot.size, limit=limit)
            if limit is not None:
                # Leave out the last score: beyond the limit there may be more rows with it.
                last = max(by_slot.values(), default=0.0)
                by_slot = {slot: score for slot, score in by_slot.items() if score < last}
            row_of = {slot: rowid for rowid, slot in snapshot.slots}
        if not row_of:
            return by_slot
        dead = {*row_of.values()}
        scores = {slot: score for slot, score in by_slot.items() if slot not in dead}
        return scores | {row_of[slot]: score for slot, score in by_slot.items() if slot in row_of}


def ranking_for(searcher: Searcher, where: Node | None) -> Ranking | None:
    """Return the ranking by the words in ``where``, or None if it has none.

    A word counts most in the title, less in the excerpt, and least in the body.
    """
    from reader.query.completion import query_words

    matches: dict[str, None] = {}
    for word in query_words(where, ("any", "title", "excerpt", "body", "text")):
        phrase = words(word.text)
        if phrase:
            prefix = word.prefix and not is_single_character(phrase[-1])
            matches[fulltext.expression(phrase, fulltext.columns_of(word.field), prefix=prefix)] = None
    return Ranking(searcher, " OR ".join(f"({match})" for match in matches)) if matches else None
