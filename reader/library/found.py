"""What a search has found: how many articles, the first of them soon, and all of them as a view."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from reader.library import bits, fulltext
from reader.library.query import Node, Query
from reader.library.view import View
from reader.words import is_single, words

if TYPE_CHECKING:
    from reader.library.search import Searcher, Snapshot, Stop

_AT_ONCE = 1 << 16
_WEIGHTS = (10.0, 5.0, 2.0, 2.0, 1.0)
"""What a word counts in title, excerpt, source, topics and body."""


class Found:
    """The answer to a query. It stands for the lists as they were when it was asked."""

    def __init__(self, query: Query, everything: View, rows: int, *, size: int, rank: _Rank | None) -> None:
        """``rank``, for those who want the best match first, puts the rows of a view in another order.

        All row numbers of ``everything`` are below ``size``.
        """
        self.query = query
        self.sort = everything.sort
        """The order of the view, and of equal matches."""
        self.rows = rows
        """The articles that match, as a set (:mod:`reader.library.bits`), ``limit:`` or not."""
        matches = rows.bit_count()
        self.count = matches if query.limit is None else min(matches, query.limit)
        """How many the view has."""
        self._order = everything.rowids
        self._size = size
        self._rank = rank
        self._mask: bytes | None = None

    def first(self, count: int, stop: Stop | None = None) -> array[int]:
        """Return the first rows of the view, much sooner than all of them. Raises StoppedError and StorageError."""
        if self._rank is not None:
            return self.view(stop).rowids[:count]
        return self._listed(min(count, self.count), stop)

    def view(self, stop: Stop | None = None, held: Sequence[int] = ()) -> View:
        """Return all of them in order, and where they would stand those of ``held`` that do not match.

        Raises StoppedError and StorageError.
        """
        if len(held):
            return self._with(held).view(stop)
        if self._rank is not None:
            ranked = self._rank(self._listed(self.rows.bit_count(), stop), stop)
            return View(self.sort, ranked[: self.count])
        return View(self.sort, self._listed(self.count, stop))

    def fallen(self, held: Sequence[int]) -> frozenset[int]:
        """Return those of ``held`` that are in the lists and do not match."""
        known = bits.of([rowid for rowid in held if rowid < self._size], self._size) & ~self.rows
        return frozenset(bits.numbers(known & bits.of(self._order, self._size))) if known else frozenset()

    def _with(self, held: Sequence[int]) -> Found:
        """Return what is found, and ``held``."""
        fallen = self.fallen(held)
        query = self.query if self.query.limit is None else replace(self.query, limit=self.count + len(fallen))
        rows = self.rows | (bits.of([*fallen], self._size) if fallen else 0)
        everything = View(self.sort, self._order)
        return Found(query, everything, rows, size=self._size, rank=self._rank)

    def _listed(self, count: int, stop: Stop | None) -> array[int]:
        from reader.library.search import StoppedError

        order = self._order
        if self.rows.bit_count() == len(order):  # everything
            return order[:count]
        if self._mask is None:
            self._mask = bits.mask(self.rows, self._size)
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


_Rank: TypeAlias = "Callable[[array[int], Stop | None], array[int]]"


def best_first(searcher: Searcher, where: Node | None) -> _Rank | None:
    """Return what puts articles in the order of how well they match by BM25, equal ones as they were.

    A word in the title counts for more than one in the excerpt, that for more than one in
    the body. None when ``where`` asks for no words.
    """
    from reader.library.query_help import words_of

    asked = words_of(where, ("any", "title", "excerpt", "body", "text"))
    matches: dict[str, None] = {}
    for each in asked:
        phrase = words(each.text)
        if phrase:
            of_columns = {"any": fulltext.COLUMNS, "text": ("body",)}.get(each.field, (each.field,))
            match = fulltext.expression(phrase, of_columns, prefix=each.prefix and not is_single(phrase[-1]))
            matches[match] = None
    if not matches:
        return None
    match = " OR ".join(f"({each})" for each in matches)

    def ranked(rowids: array[int], stop: Stop | None) -> array[int]:
        with searcher.looking(stop) as (db, snapshot):
            scores = _scores(fulltext.scored(db, match, _WEIGHTS, snapshot.size), snapshot)
        return array("I", sorted(rowids, key=lambda rowid: scores.get(rowid, 0.0)))

    return ranked


def _scores(of_slots: dict[int, float], snapshot: Snapshot) -> dict[int, float]:
    """Return the scores by row; the lower the better, and all below 0."""
    moved = snapshot.row_of()
    if not moved:
        return of_slots
    hidden = {*moved.values()}
    scores = {slot: score for slot, score in of_slots.items() if slot not in hidden}
    return scores | {moved[slot]: score for slot, score in of_slots.items() if slot in moved}
