"""Queries of a library: what matches, in which order, and which values the matches have, with their counts."""

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
from reader.storage.sqlite.search.results import SearchResults, best_first

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from reader.storage.sqlite.index.reader import Index
    from reader.storage.sqlite.search.page_sets import PageRowSets

ValueKind: TypeAlias = Literal["source", "domain", "topic", "type", "category", "lang", "tag", "folder"]
_AT_ONCE = 1 << 16
"""Articles that are counted before another thread, such as that of the screen, may go on."""


class ValueCount(NamedTuple):
    """A value, and how many articles have it."""

    value: str
    articles: int


class Tallies(NamedTuple):
    """How many articles there are of each of the usual kinds."""

    all: int
    unread: int
    starred: int
    today: int
    """Those dated today, in the time zone of the person."""


class SearchService:
    """Answers what is asked of the articles of one index, seen with one person's marks. Any thread may ask."""

    def __init__(self, index: Callable[[], Index], marks: MarkRowSets, pages: PageRowSets) -> None:
        """``index`` gives the present one: it may be renewed."""
        self._index = index
        self._marks = marks
        self._pages = pages

    def run(self, query: Query, sort: Sort, now: datetime | None = None, stop: Stop | None = None) -> SearchResults:
        """Return what matches ``query``, in its own order or else in that of ``sort``.

        ``now`` is an aware time. Raises StoppedError once ``stop`` tells so, and ReaderError.
        """
        searcher = self._index().searcher()
        with searcher.snapshot(stop) as (db, snapshot):
            rows = self._matching(db, snapshot, query, now, stop)
            ranked = query.sort == "relevance"
            own = query.sort if isinstance(query.sort, Sort) else sort
            order, known = snapshot.order(db, own), snapshot.everything
        rank = best_first(searcher, query.where) if ranked else None
        return SearchResults(query, ArticleOrder(own, order), rows, known=known, size=snapshot.size, rank=rank)

    def values(
        self, kind: ValueKind, within: Query | None = None, now: datetime | None = None, stop: Stop | None = None
    ) -> list[ValueCount]:
        """Return the values that the articles of ``within`` have, or all articles; those of most articles first.

        Values that differ in case alone are one, in the spelling that comes first in the
        alphabet. ``limit:`` does not count. Raises StoppedError once ``stop`` tells so, and ReaderError.
        """
        with self._index().searcher().snapshot(stop) as (db, snapshot):
            rows = self._matching(db, snapshot, within or Query(), now, stop)
            if kind == "tag":
                found = [(shown, (its & rows).bit_count()) for _, shown, its in self._marks.tags()]
                return _in_order(found)
            field: ColumnField = "topics" if kind == "topic" else kind
            column = snapshot.column(db, field)
            counted: Counter[int] = Counter()
            codes = iter(
                column if rows == snapshot.everything else compress(column, bitmap.to_mask(rows, snapshot.size))
            )
            while part := [*islice(codes, _AT_ONCE)]:
                counted.update(part)
            if kind == "folder":
                return _folders(self._index().folder_paths(), counted)
            texts = columns.texts(db, field)
        if kind == "topic":
            topics: Counter[str] = Counter()
            for code, count in counted.items():
                for topic in dict.fromkeys(texts.get(code, "").split("\n")):
                    topics[topic] += count
            return _in_order(topics.items())
        return _in_order((texts.get(code, ""), count) for code, count in counted.items())

    def tallies(self, now: datetime | None = None, stop: Stop | None = None) -> Tallies:
        """Return how many articles there are, unread, starred and of today. Raises StoppedError and ReaderError."""
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
        question = QueryEvaluator(db, snapshot, self._marks, self._pages, now=now or datetime.now(UTC), stop=stop)
        return question.matching(query.where) & snapshot.everything


def _folders(paths: dict[int, bytes], counted: Counter[int]) -> list[ValueCount]:
    """Return folders by name, each with the articles in it and in the folders below it."""
    articles: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for code, count in counted.items():
        path = show_path(paths.get(code, b"")) if code else ""
        while path:
            key = fold_case(path)
            spelled[key] = min(path, spelled.get(key, path))
            articles[key] += count
            path = path.rpartition("/")[0]
    return sorted((ValueCount(spelled[key], count) for key, count in articles.items()), key=lambda each: each.value)


def _in_order(counted: Iterable[tuple[str, int]]) -> list[ValueCount]:
    """Return values with articles, those of most first, then by alphabet."""
    together: dict[str, ValueCount] = {}
    for value, count in counted:
        if value and count:
            key = fold_case(value)
            other = together.get(key)
            former, before = other or (value, 0)
            together[key] = ValueCount(min(value, former), before + count)
    return [each for _, each in sorted(together.items(), key=lambda pair: (-pair[1].articles, pair[0]))]
