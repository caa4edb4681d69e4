"""Evaluates a query to the set of matching articles, a :mod:`reader.storage.sqlite.search.bitmap`.

Each condition is one SQL query, with all input passed as parameters, or one scan of a column. ``And``, ``Or`` and
``Not`` combine the sets. Results are cached until the lists change, so that extending a query by a key evaluates
only what is new.
"""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Protocol, TypeAlias

from reader.core.errors import ReaderError
from reader.core.ordering import Sort
from reader.core.text import show_path
from reader.core.times import to_micros
from reader.core.tokenize import fold_case, is_single_character, words
from reader.documents.index_record import BODY, IMAGES, PUBLISHED, RELATED
from reader.query.ast import (
    And,
    DateCondition,
    HasCondition,
    IsCondition,
    Node,
    Not,
    NumberCondition,
    NumberRange,
    Or,
    SubstringCondition,
    UnknownCondition,
    ValueCondition,
    WordsCondition,
)
from reader.query.dates import date_range
from reader.query.fields import ValueField
from reader.storage.sqlite.database import Database
from reader.storage.sqlite.index import columns, fulltext, sort_orders
from reader.storage.sqlite.index.columns import ColumnField
from reader.storage.sqlite.search import bitmap, ranges, substrings

Stop: TypeAlias = Callable[[], bool]
"""Returns whether to cancel. Called repeatedly, also by SQLite, so it must be fast and never raise."""

_STEPS_BETWEEN_STOPS = 5000
"""Instructions of SQLite's virtual machine between calls of a Stop: a fraction of a millisecond."""
_CACHE_SIZE = 64
"""Cached conditions. With a million articles, one takes 125 kB."""
_MAX_CHECKED = 20_000
"""Up to this many candidates are checked one by one for a substring, instead of scanning all articles."""
_COLUMN: dict[ValueField, ColumnField] = {
    "source": "source",
    "domain": "domain",
    "topic": "topics",
    "type": "type",
    "category": "category",
    "lang": "lang",
}
_FLAG = {"related": RELATED, "images": IMAGES, "body": BODY, "problems": columns.PROBLEMS}


class StoppedError(ReaderError):
    """A search was canceled because its results are no longer needed."""

    def __init__(self) -> None:
        super().__init__("The search was canceled.")


class MarkSource(Protocol):
    """Sets of articles by their marks. Each method may raise ReaderError."""

    def read(self) -> int:
        """Return the read articles."""

    def starred(self) -> int:
        """Return the starred articles."""

    def tagged(self, tag: str | None = None) -> int:
        """Return the articles with a tag, ignoring case, or with any tag."""

    def tags_with(self, phrase: list[str], *, prefix: bool) -> int:
        """Return the articles with a tag that contains the phrase; with ``prefix``, its last word is a prefix."""


class PageSource(Protocol):
    """Sets of articles by their fetched pages. ``lists`` identifies a state of the lists."""

    def with_page(self, lists: object) -> int:
        """Return the articles with a page. Raises ReaderError."""

    def with_words(self, lists: object, phrase: list[str], *, prefix: bool) -> int:
        """Return the articles with a page that contains the phrase. Raises ReaderError."""


class IndexSnapshot:
    """The index between two changes of its lists. Not thread-safe."""

    def __init__(self, db: sqlite3.Connection, generation: int) -> None:
        self.generation = generation
        self.token = object()
        """Identifies this state for other caches."""
        order = sort_orders.load_order(db, Sort())
        (last,) = db.execute("SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'files'").fetchone()
        self.size = int(last) + 1
        """All row ids and slots are below this size; they share one sequence."""
        self.everything = bitmap.from_rows(order, self.size)
        """All articles in the lists."""
        self._orders: dict[Sort, array[int]] = {Sort(): order}
        self._columns: dict[ColumnField, array[int]] = {}
        self._special_names: int | None = None
        self._results: OrderedDict[object, int] = OrderedDict()
        # The words of an article with its own slot are there, and no longer at its row id.
        self._slots = [(r, s) for r, s in db.execute("SELECT rowid, slot FROM slots") if s < self.size]
        self._without_slot = self.everything & ~bitmap.from_rows(
            [rowid for rowid, _ in self._slots if rowid < self.size], self.size
        )

    def order(self, db: sqlite3.Connection, sort: Sort) -> array[int]:
        """Return the row ids of all articles in the order of ``sort``."""
        if sort not in self._orders:
            self._orders = {Sort(): self._orders[Sort()], sort: sort_orders.load_order(db, sort)}
        return self._orders[sort]

    def column(self, db: sqlite3.Connection, field: ColumnField) -> array[int]:
        """Return the codes of ``field`` by row id."""
        if field not in self._columns:
            self._columns[field] = columns.load(db, field)
        return self._columns[field]

    def special_names(self, db: sqlite3.Connection) -> int:
        """Return the articles whose file names must be compared one by one."""
        if self._special_names is None:
            self._special_names = substrings.special_names(db, self.size) & self.everything
        return self._special_names

    def cached(self, key: object, find: Callable[[], int]) -> int:
        """Return the cached result for ``key``, or the result of ``find``."""
        rows = self._results.get(key)
        if rows is None:
            rows = self._results[key] = find()
            if len(self._results) > _CACHE_SIZE:
                self._results.popitem(last=False)
        else:
            self._results.move_to_end(key)
        return rows

    def clear_cache(self) -> None:
        """Discard the results of :meth:`cached`."""
        self._results.clear()

    def rows(self, slots: int) -> int:
        """Return the articles whose words are in ``slots``."""
        rows = slots & self._without_slot
        if self._slots:
            data = slots.to_bytes((self.size >> 3) + 1, "little")
            rowids = [rowid for rowid, slot in self._slots if data[slot >> 3] >> (slot & 7) & 1]
            rows |= bitmap.from_rows(rowids, self.size) & self.everything
        return rows

    def row_of(self) -> dict[int, int]:
        """Return the row ids of all slots that differ from theirs."""
        return {slot: rowid for rowid, slot in self._slots}


class Searcher:
    """Lends snapshots of one index, to one thread at a time. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._current: IndexSnapshot | None = None

    @contextmanager
    def snapshot(self, stop: Stop | None = None) -> Generator[tuple[sqlite3.Connection, IndexSnapshot]]:
        """Yield a connection that reads one state of the index, and the snapshot of that state.

        Raises StoppedError once ``stop`` returns true, and StorageError.
        """
        with self._lock, self._database.read() as db:
            if stop is not None:
                if stop():
                    raise StoppedError
                db.set_progress_handler(stop, _STEPS_BETWEEN_STOPS)
            begin = not db.in_transaction
            try:
                if begin:
                    db.execute("BEGIN")
                (generation,) = db.execute("SELECT value FROM facts WHERE name = 'generation'").fetchone()
                if self._current is None or self._current.generation != generation:
                    self._current = IndexSnapshot(db, generation)
                yield db, self._current
            except sqlite3.OperationalError as error:
                if stop is None or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_INTERRUPT:
                    raise
                raise StoppedError from None
            finally:
                if stop is not None:
                    db.set_progress_handler(None, 0)
                if begin and db.in_transaction:
                    db.execute("ROLLBACK")

    def clear_cache(self) -> None:
        """Discard cached results, but not the snapshot. For benchmarks."""
        with self._lock:
            if self._current is not None:
                self._current.clear_cache()


class QueryEvaluator:
    """Evaluates one query on one state of the index."""

    def __init__(
        self,
        db: sqlite3.Connection,
        snapshot: IndexSnapshot,
        marks: MarkSource,
        pages: PageSource,
        *,
        now: datetime,
        stop: Stop | None = None,
    ) -> None:
        """Prepare the evaluation; words like ``today`` are relative to ``now``, an aware time."""
        self._db = db
        self._snapshot = snapshot
        self._marks = marks
        self._pages = pages
        self._now = now
        self._stop = stop

    def matching(self, where: Node | None) -> int:
        """Return the matching articles. Raises sqlite3.Error, StoppedError, and ReaderError from marks and pages."""
        everything = self._snapshot.everything
        return everything if where is None else self._rows(where, everything)

    def _rows(self, node: Node, within: int) -> int:
        """Return the matching articles of ``within``, and possibly others."""
        if self._stop is not None and self._stop():
            raise StoppedError
        everything = self._snapshot.everything
        match node:
            case And(inner):
                # Substrings last: they are only compared in the articles left.
                for part in sorted(inner, key=_is_slow):
                    within &= self._rows(part, within)
                return within
            case Or(inner):
                return reduce(or_, (self._rows(part, within) for part in inner))
            case Not(part):
                return everything & ~self._rows(part, within)
            case WordsCondition(field, text, prefix):
                return self._phrase(field, text, prefix=prefix)
            case ValueCondition(field, value):
                return self._with_value(field, value)
            case SubstringCondition():
                return self._containing(node, within)
            case NumberCondition(field, relation, number):
                return self._range(Sort(field), lambda values: ranges.related(values, relation, number))
            case NumberRange(field, low, high):
                return self._range(Sort(field), lambda values: (values.first_at_most(high), values.first_below(low)))
            case UnknownCondition(field):
                return everything & ~self._range(Sort(field), lambda values: (0, values.known()))
            case DateCondition():
                return self._in_dates(node)
            case IsCondition(state):
                return self._in_state(state)
            case HasCondition(thing):
                if thing == "tags":
                    return self._marks.tagged() & everything
                if thing == "page":
                    return self._pages.with_page(self._snapshot.token) & everything
                return self._with_flag(_FLAG[thing])

    # Words.

    def _phrase(self, field: str, text: str, *, prefix: bool) -> int:
        snapshot = self._snapshot
        phrase = words(text)
        if not phrase:
            return snapshot.everything
        prefix = prefix and not is_single_character(phrase[-1])
        of_columns = {"any": fulltext.COLUMNS, "text": ("body",)}.get(field, (field,))
        rows = snapshot.cached(
            (WordsCondition, of_columns, *phrase, prefix), lambda: self._in_columns(phrase, of_columns, prefix=prefix)
        )
        if field == "any":
            rows |= self._marks.tags_with(phrase, prefix=prefix) & snapshot.everything
        if field in {"any", "text"}:
            rows |= self._pages.with_words(snapshot.token, phrase, prefix=prefix) & snapshot.everything
        return rows

    def _in_columns(self, phrase: list[str], of_columns: tuple[str, ...], *, prefix: bool) -> int:
        db, size = self._db, self._snapshot.size
        match = fulltext.expression(phrase, of_columns, prefix=prefix)
        if len(phrase) == 1:
            slots = fulltext.frequent_set(db, phrase[0], of_columns, prefix=prefix)
            if slots is not None:
                late = fulltext.matching_slots(db, match, size, late=True)
                return self._snapshot.rows(slots & bitmap.full(size) | late)
        return self._snapshot.rows(fulltext.matching_slots(db, match, size))

    # Values.

    def _with_value(self, field: ValueField, value: str) -> int:
        if field == "tag":
            return self._marks.tagged(value) & self._snapshot.everything
        if field == "folder":
            return self._in_folder(value)
        column = _COLUMN[field]

        def find() -> int:
            codes = columns.codes_of(self._db, column, value)
            return self._with_codes(column, codes) if codes else 0

        return self._snapshot.cached((ValueCondition, column, fold_case(value)), find)

    def _in_folder(self, value: str) -> int:
        key = fold_case(value).strip("/")

        def find() -> int:
            folders = self._db.execute("SELECT rowid, path FROM folders")
            folded = ((code, fold_case(show_path(path))) for code, path in folders)
            codes = [code for code, path in folded if not key or path == key or path.startswith(f"{key}/")]
            return self._with_codes("folder", codes)

        return self._snapshot.cached((ValueCondition, "folder", key), find)

    def _with_codes(self, field: ColumnField, codes: list[int]) -> int:
        mask = columns.code_mask(self._snapshot.column(self._db, field), codes)
        return bitmap.from_mask(mask) & self._snapshot.everything

    def _with_flag(self, flag: int) -> int:
        def find() -> int:
            mask = columns.flag_mask(self._snapshot.column(self._db, "flags"), flag)
            return bitmap.from_mask(mask) & self._snapshot.everything

        return self._snapshot.cached((HasCondition, flag), find)

    def _in_state(self, state: str) -> int:
        everything = self._snapshot.everything
        if state == "read":
            return self._marks.read() & everything
        if state == "unread":
            return everything & ~self._marks.read()
        if state == "starred":
            return self._marks.starred() & everything
        if state == "published":
            return self._with_flag(PUBLISHED)
        return self._snapshot.cached(
            IsCondition, lambda: bitmap.from_rows(sort_orders.duplicates(self._db), self._snapshot.size) & everything
        )

    # Numbers and dates.

    def _range(self, sort: Sort, bounds: Callable[[ranges.SortedValues], tuple[int, int]]) -> int:
        """Return the articles between two indexes in a descending order; ``bounds`` returns start and end."""
        order = self._snapshot.order(self._db, sort)
        start, end = bounds(ranges.SortedValues(self._db, sort.by, order))
        if start >= end:
            return 0
        size, everything = self._snapshot.size, self._snapshot.everything
        if (end - start) * 2 > len(order):
            return everything & ~bitmap.from_rows(order[:start] + order[end:], size)
        return bitmap.from_rows(order[start:end], size)

    def _in_dates(self, date: DateCondition) -> int:
        begin, end = date_range(date, self._now)
        low = None if begin is None else to_micros(begin)
        high = None if end is None else to_micros(end)

        def bounds(values: ranges.SortedValues) -> tuple[int, int]:
            start = 0 if high is None else values.first_below(high)
            return start, values.known() if low is None else values.first_below(low)

        return self._range(Sort("date"), bounds)

    # Substrings of paths and URLs.

    def _containing(self, node: SubstringCondition, within: int) -> int:
        part, db, snapshot = fold_case(node.part), self._db, self._snapshot
        size, everything = snapshot.size, snapshot.everything
        if within.bit_count() <= _MAX_CHECKED:
            return bitmap.from_rows(substrings.rows_containing(db, node.field, part, bitmap.to_rows(within)), size)
        if node.field == "url":
            return snapshot.cached(
                (SubstringCondition, "url", part), lambda: substrings.rows_with_url(db, part, size) & everything
            )

        def find() -> int:
            folder_of, special = snapshot.column(db, "folder"), snapshot.special_names(db)
            return substrings.rows_with_path(db, part, size, folder_of, special) & everything

        return snapshot.cached((SubstringCondition, "path", part), find)


def _is_slow(node: Node) -> bool:
    return isinstance(node, SubstringCondition)
