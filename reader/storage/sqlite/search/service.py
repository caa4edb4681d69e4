"""Runs the queries of a library: matching articles in order, and counts of their values."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, compress
from typing import TYPE_CHECKING, NamedTuple

from reader.core.model import ListField
from reader.core.ordering import ArticleOrder, Sort
from reader.core.text import show_path
from reader.core.tokenize import fold_case
from reader.query.ast import DateCondition, IsCondition, Query, ValueField, finds_hidden
from reader.storage.sqlite.index import bitmap, columns
from reader.storage.sqlite.search.evaluate import COLUMN_OF, IndexSnapshot, QueryEvaluator, Searcher, Stop
from reader.storage.sqlite.search.results import SearchResults, ranking_for
from reader.storage.sqlite.search.row_sets import MarkRowSets, PageRowSets
from reader.storage.sqlite.stories import story_rows

if TYPE_CHECKING:
    from reader.storage.sqlite.index.folder_index import Index

_CHUNK = 1 << 14
"""How many articles are counted before other threads, such as the UI thread, may run: about a millisecond."""


class Count(NamedTuple):
    """A number of articles, and how many of them are unread."""

    articles: int
    unread: int


class ValueCount(NamedTuple):
    """A value and the number of articles with it."""

    value: str
    articles: int
    unread: int
    """How many of the articles are unread."""


class ViewCounts(NamedTuple):
    """The numbers of articles in the built-in views."""

    all: Count
    unread: Count
    starred: Count
    today: Count
    """Articles dated today in the local time zone."""
    new: Count
    """Articles that have arrived since the user last left the folder."""


class SearchService:
    """Runs queries on one index with the marks and pages of its articles. Thread-safe."""

    def __init__(
        self, index: Callable[[], Index], marks: MarkRowSets, pages: PageRowSets, new_of: Callable[[int], int]
    ) -> None:
        """``index`` returns the current index, which may be replaced; for ``new_of`` see :class:`QueryEvaluator`."""
        self._new_of = new_of
        self._index = index
        self._marks = marks
        self._pages = pages
        self._current: tuple[Index, Searcher] | None = None

    def searcher(self) -> Searcher:
        """Return the searcher of the current index, which caches its results."""
        index = self._index()
        if self._current is None or self._current[0] is not index:
            self._current = (index, Searcher(index.database))
        return self._current[1]

    def run(self, query: Query, sort: Sort, now: datetime | None = None, stop: Stop | None = None) -> SearchResults:
        """Return the results of ``query``, in its own order or else in that of ``sort``.

        Hidden articles are left out unless it asks for them.
        ``now`` is an aware time. Raises StoppedError once ``stop`` returns true, and ReaderError.
        """
        searcher = self.searcher()
        with searcher.snapshot(stop) as (db, snapshot):
            rows = self._evaluator(db, snapshot, now, stop).matching(query.where)
            if not finds_hidden(query.where):
                rows &= ~self._marks.hidden()
            own = query.sort if isinstance(query.sort, Sort) else sort
            order, known = snapshot.order(db, own), snapshot.everything
        ranking = ranking_for(searcher, query.where) if query.sort == "relevance" else None
        return SearchResults(query, ArticleOrder(own, order), rows, known=known, size=snapshot.size, ranking=ranking)

    def matching(
        self, queries: Sequence[Query], among: Iterable[int] | None = None, more_duplicates: Iterable[int] = ()
    ) -> tuple[list[int], int]:
        """Return the articles that each query finds, hidden ones too, and those of ``among`` that are listed.

        Both as sets of row ids; without ``among``, all that are listed. As what is done to an article concerns all with
        its id, ``is:duplicate`` finds copies of articles with other ids only, and also ``more_duplicates``.
        Raises ReaderError.
        """
        with self.searcher().snapshot() as (db, snapshot):

            def known(rowids: Iterable[int]) -> int:
                return bitmap.from_rows([rowid for rowid in rowids if rowid < snapshot.size], snapshot.size)

            duplicates = known(chain(story_rows.copies_of_others(db), more_duplicates))
            evaluator = replace(self._evaluator(db, snapshot, None), duplicates=duplicates)
            everything = snapshot.everything
            if among is not None:
                everything &= known(among)
            return [evaluator.matching(query.where) for query in queries], everything

    def has_values(self, field: ListField, rows: int) -> bool:
        """Return whether any article of ``rows`` has ``field``; the type of any in the folder counts.

        Raises ReaderError.
        """
        if field == "type":
            return self._index().has_values(field)
        with self.searcher().snapshot() as (db, snapshot):
            return bool(self._evaluator(db, snapshot, None, None).having(field) & rows)

    def values(self, kind: ValueField) -> list[ValueCount]:
        """Return the values of all articles that are not hidden, the most frequent first; of ``tag``, of all.

        Values that differ only in case are counted together, in the spelling that sorts first. Raises ReaderError.
        """
        with self.searcher().snapshot() as (db, snapshot):
            self._marks.refresh(snapshot.token)
            everything, read = snapshot.everything, self._marks.read()
            if kind == "tag":
                tags = ((tag, _count(tagged & everything, read)) for tag, tagged in self._marks.tags())
                return _most_frequent_first(ValueCount(tag, *count) for tag, count in tags)
            field = COLUMN_OF[kind]
            counts: Counter[int] = Counter()
            unread: Counter[int] = Counter()
            hidden = self._marks.hidden()
            column, is_unread = snapshot.column(db, field), bitmap.to_mask(everything & ~read & ~hidden, snapshot.size)
            is_shown = bitmap.to_mask(everything & ~hidden, snapshot.size) if hidden else b""
            for start in range(0, len(column), _CHUNK):
                chunk = column[start : start + _CHUNK]
                counts.update(compress(chunk, is_shown[start : start + _CHUNK]) if hidden else chunk)
                unread.update(compress(chunk, is_unread[start : start + _CHUNK]))
            paths = self._index().folder_paths() if kind == "folder" else {}
            texts = columns.label_texts(db, field) if kind != "folder" else {}
        by_code = ((code, Count(articles, unread[code])) for code, articles in counts.items())
        if kind == "folder":
            return _folder_counts(paths, by_code)
        parts = ((text, count) for code, count in by_code for text in dict.fromkeys(texts.get(code, "").split("\n")))
        return _most_frequent_first(ValueCount(text, *count) for text, count in parts)

    def view_counts(self, now: datetime | None = None) -> ViewCounts:
        """Return the numbers of the built-in views, without hidden articles; ``now`` is aware. Raises ReaderError."""
        with self.searcher().snapshot() as (db, snapshot):
            evaluator = self._evaluator(db, snapshot, now)
            today = evaluator.matching(DateCondition("in", "today"))
            new = evaluator.matching(IsCondition("new"))
            everything = snapshot.everything & ~self._marks.hidden()
            read, starred = self._marks.read(), self._marks.starred()
        views = everything, everything & ~read, everything & starred, everything & today, everything & new
        return ViewCounts(*(_count(rows, read) for rows in views))

    def _evaluator(
        self, db: sqlite3.Connection, snapshot: IndexSnapshot, now: datetime | None, stop: Stop | None = None
    ) -> QueryEvaluator:
        self._marks.refresh(snapshot.token)
        now = now or datetime.now(UTC)
        return QueryEvaluator(db, snapshot, self._marks, self._pages, now, stop, self._new_of)


def _count(rows: int, read: int) -> Count:
    return Count(rows.bit_count(), (rows & ~read).bit_count())


def _folder_counts(paths: dict[int, bytes], counts: Iterable[tuple[int, Count]]) -> list[ValueCount]:
    """Return the folders by name, each with the articles in it and its subfolders."""
    found: list[ValueCount] = []
    for code, count in counts:
        path = show_path(paths.get(code, b"")) if code else ""
        while path:
            found.append(ValueCount(path, *count))
            path = path.rpartition("/")[0]
    return sorted(_combined(found).values(), key=lambda each: each.value)


def _most_frequent_first(counts: Iterable[ValueCount]) -> list[ValueCount]:
    """Combine values that differ only in case; sort them by number of articles, then by name."""
    combined = _combined(counts).items()
    return [each for _, each in sorted(combined, key=lambda pair: (-pair[1].articles, pair[0]))]


def _combined(counts: Iterable[ValueCount]) -> dict[str, ValueCount]:
    """Return the counts by case-folded value, those of equal values added up."""
    by_value: dict[str, list[int]] = {}
    for value, articles, unread in counts:
        if value and articles:
            sums = by_value.setdefault(value, [0, 0])
            sums[0] += articles
            sums[1] += unread
    combined: dict[str, ValueCount] = {}
    for value, (articles, unread) in by_value.items():
        key = fold_case(value)
        other = combined.get(key, ValueCount(value, 0, 0))
        combined[key] = ValueCount(min(value, other.value), articles + other.articles, unread + other.unread)
    return combined
