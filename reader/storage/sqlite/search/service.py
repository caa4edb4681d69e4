"""Runs the queries of a library: matching articles in order, and counts of their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import compress, islice
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from reader.core.ordering import ArticleOrder, Sort
from reader.core.text import show_path
from reader.core.tokenize import fold_case
from reader.query.ast import DateCondition, Query
from reader.storage.sqlite.index import columns
from reader.storage.sqlite.index.columns import ColumnField
from reader.storage.sqlite.search import bitmap
from reader.storage.sqlite.search.evaluate import IndexSnapshot, QueryEvaluator, Stop
from reader.storage.sqlite.search.mark_sets import MarkRowSets
from reader.storage.sqlite.search.results import SearchResults, ranking_for

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from reader.storage.sqlite.index.reader import Index
    from reader.storage.sqlite.search.page_sets import PageRowSets

ValueKind: TypeAlias = Literal["source", "domain", "topic", "type", "category", "lang", "tag", "folder"]
_CHUNK = 1 << 16
"""How many articles are counted before other threads, such as the UI thread, may run."""


class ValueCount(NamedTuple):
    """A value and the number of articles with it."""

    value: str
    articles: int


class Tallies(NamedTuple):
    """The numbers of articles in the built-in views."""

    all: int
    unread: int
    starred: int
    today: int
    """Articles dated today in the local time zone."""


class SearchService:
    """Runs queries on one index with the marks and pages of its articles. Thread-safe."""

    def __init__(self, index: Callable[[], Index], marks: MarkRowSets, pages: PageRowSets) -> None:
        """``index`` returns the present index, which may be replaced."""
        self._index = index
        self._marks = marks
        self._pages = pages

    def run(self, query: Query, sort: Sort, now: datetime | None = None, stop: Stop | None = None) -> SearchResults:
        """Return the results of ``query``, in its own order or else in that of ``sort``.

        ``now`` is an aware time. Raises StoppedError once ``stop`` returns true, and ReaderError.
        """
        searcher = self._index().searcher()
        with searcher.snapshot(stop) as (db, snapshot):
            rows = self._matching(db, snapshot, query, now, stop)
            own = query.sort if isinstance(query.sort, Sort) else sort
            order, known = snapshot.order(db, own), snapshot.everything
        ranking = ranking_for(searcher, query.where) if query.sort == "relevance" else None
        return SearchResults(query, ArticleOrder(own, order), rows, known=known, size=snapshot.size, ranking=ranking)

    def values(
        self, kind: ValueKind, within: Query | None = None, now: datetime | None = None, stop: Stop | None = None
    ) -> list[ValueCount]:
        """Return the values of all articles or of those in ``within``, the most frequent first.

        Values that differ only in case are counted together, in the spelling that sorts first. ``limit:`` is ignored.
        Raises StoppedError once ``stop`` returns true, and ReaderError.
        """
        with self._index().searcher().snapshot(stop) as (db, snapshot):
            rows = self._matching(db, snapshot, within or Query(), now, stop)
            if kind == "tag":
                return _most_frequent_first((tag, (tagged & rows).bit_count()) for _, tag, tagged in self._marks.tags())
            field: ColumnField = "topics" if kind == "topic" else kind
            column = snapshot.column(db, field)
            counts: Counter[int] = Counter()
            codes = iter(
                column if rows == snapshot.everything else compress(column, bitmap.to_mask(rows, snapshot.size))
            )
            while chunk := [*islice(codes, _CHUNK)]:
                counts.update(chunk)
            if kind == "folder":
                return _folder_counts(self._index().folder_paths(), counts)
            texts = columns.label_texts(db, field)
        if kind == "topic":
            topics: Counter[str] = Counter()
            for code, count in counts.items():
                for topic in dict.fromkeys(texts.get(code, "").split("\n")):
                    topics[topic] += count
            return _most_frequent_first(topics.items())
        return _most_frequent_first((texts.get(code, ""), count) for code, count in counts.items())

    def tallies(self, now: datetime | None = None, stop: Stop | None = None) -> Tallies:
        """Return the numbers of all, unread, starred and today's articles. Raises StoppedError and ReaderError."""
        with self._index().searcher().snapshot(stop) as (db, snapshot):
            self._marks.refresh(snapshot.token)
            everything = snapshot.everything
            today = self._matching(db, snapshot, Query(DateCondition("in", "today")), now, stop)
            unread = everything & ~self._marks.read()
            starred = everything & self._marks.starred()
        return Tallies(everything.bit_count(), unread.bit_count(), starred.bit_count(), today.bit_count())

    def _matching(
        self, db: sqlite3.Connection, snapshot: IndexSnapshot, query: Query, now: datetime | None, stop: Stop | None
    ) -> int:
        self._marks.refresh(snapshot.token)
        evaluator = QueryEvaluator(db, snapshot, self._marks, self._pages, now=now or datetime.now(UTC), stop=stop)
        return evaluator.matching(query.where) & snapshot.everything


def _folder_counts(paths: dict[int, bytes], counts: Counter[int]) -> list[ValueCount]:
    """Return the folders by name, each with the number of articles in it and its subfolders."""
    articles: Counter[str] = Counter()
    spellings: dict[str, str] = {}
    for code, count in counts.items():
        path = show_path(paths.get(code, b"")) if code else ""
        while path:
            key = fold_case(path)
            spellings[key] = min(path, spellings.get(key, path))
            articles[key] += count
            path = path.rpartition("/")[0]
    return sorted((ValueCount(spellings[key], count) for key, count in articles.items()), key=lambda each: each.value)


def _most_frequent_first(counts: Iterable[tuple[str, int]]) -> list[ValueCount]:
    """Combine values that differ only in case; sort them by number of articles, then by name."""
    combined: dict[str, ValueCount] = {}
    for value, count in counts:
        if value and count:
            key = fold_case(value)
            spelling, articles = combined.get(key, (value, 0))
            combined[key] = ValueCount(min(value, spelling), articles + count)
    return [each for _, each in sorted(combined.items(), key=lambda pair: (-pair[1].articles, pair[0]))]
