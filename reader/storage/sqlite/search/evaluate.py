"""Evaluates a query to the set of matching articles, a :mod:`reader.storage.sqlite.index.bitmap`.

Each condition is one SQL query, with all input passed as parameters, or one scan of a column. ``And``, ``Or`` and
``Not`` combine the sets. Results are cached until the lists change, so that extending a query by a key evaluates
only what is new.
"""

from __future__ import annotations

import sqlite3
import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import le, lt, or_
from typing import Literal, TypeAlias

from reader.core.errors import ReaderError
from reader.core.ordering import Sort, SortKey
from reader.core.times import to_micros
from reader.core.tokenize import fold_case, is_single_character, words
from reader.documents.index_record import BODY, IMAGES, PUBLISHED, RELATED
from reader.query import ast
from reader.query.dates import date_range
from reader.storage.sqlite.database import Database
from reader.storage.sqlite.index import bitmap, columns, fulltext, sort_orders
from reader.storage.sqlite.index.columns import ColumnField
from reader.storage.sqlite.index.facts import read_fact
from reader.storage.sqlite.search import substrings
from reader.storage.sqlite.search.row_sets import MarkRowSets, PageRowSets
from reader.storage.sqlite.stories import story_rows

_Bound: TypeAlias = tuple[Callable[[float, float], bool], float]
"""A comparison and its right operand; in a descending order it is true from some index on."""

Stop: TypeAlias = Callable[[], bool]
"""Returns whether to cancel. Called repeatedly, also by SQLite, so it must be fast and never raise."""

_STEPS_BETWEEN_STOPS = 5000
"""Instructions of SQLite's virtual machine between calls of a Stop: a fraction of a millisecond."""
_CACHE_SIZE = 64
"""Cached conditions. With a million articles, one takes 125 kB."""
_MAX_CHECKED = 20_000
"""Up to this many candidates are checked one by one for a substring, instead of scanning all articles."""
_BOUNDS: dict[ast.Relation, tuple[Callable[[float, float], bool] | None, Callable[[float, float], bool] | None]] = {
    "=": (le, lt), ">=": (None, lt), ">": (None, le), "<=": (le, None), "<": (lt, None),
}  # fmt: skip
"""By relation: the comparison that is true from the first match on, and the one that is true after the last."""
_SORT_KEYS: dict[str, SortKey] = {"quality": "quality", "heat~": "heat", "date": "date"}
"""The orders in which values are found; that by heat has estimates, too."""
_FLAG = {"related": RELATED, "images": IMAGES, "body": BODY, "problems": columns.PROBLEMS}


_ROWS_IN_STATE = {"duplicate": story_rows.duplicates, "first": story_rows.earliest}
_SIGN_COLUMNS = ("title", "excerpt", "provider_name", "topics", "authors")
"""Where a query that has only signs is looked for: the index stores no other text as written."""
COLUMN_OF: Mapping[ast.ValueField, ColumnField] = {
    "topic": "topics", "author": "authors", "folder": "folder", "source": "source", "domain": "domain", "type": "type",
    "category": "category", "lang": "lang",
}  # fmt: skip
"""The column of each field; tags have none."""


class StoppedError(ReaderError):
    """A search was canceled because its results are no longer needed."""

    def __init__(self) -> None:
        super().__init__("The search was canceled.")


class IndexSnapshot:
    """The index between two changes of its lists. Not thread-safe."""

    def __init__(self, db: sqlite3.Connection, generation: int) -> None:
        self.generation = generation
        self.token = object()
        """Identifies this state for other caches."""
        order = sort_orders.load_order(db, Sort())
        self.size = fulltext.last_slot(db) + 1
        """All row ids and slots are below this size; they share one sequence."""
        self.everything = bitmap.from_rows(order, self.size)
        """All articles in the lists."""
        self._orders: dict[Sort, array[int]] = {Sort(): order}
        self._columns: dict[ColumnField, array[int]] = {}
        self._results: OrderedDict[object, int] = OrderedDict()
        self.slots = [(r, s) for r, s in db.execute("SELECT rowid, slot FROM slots") if s < self.size]
        """Row ids and slots of articles whose words are at their own slot, and no longer at their row id."""
        self._without_slot = self.everything & ~bitmap.from_rows(
            [rowid for rowid, _ in self.slots if rowid < self.size], self.size
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

    def rows(self, slots: int) -> int:
        """Return the articles whose words are in ``slots``."""
        rows = slots & self._without_slot
        if self.slots:
            data = slots.to_bytes((self.size >> 3) + 1, "little")
            rowids = [rowid for rowid, slot in self.slots if data[slot >> 3] >> (slot & 7) & 1]
            rows |= bitmap.from_rows(rowids, self.size) & self.everything
        return rows


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
                generation = read_fact(db, "generation")
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


@dataclass(frozen=True)
class QueryEvaluator:
    """Evaluates one query on one state of the index."""

    db: sqlite3.Connection
    snapshot: IndexSnapshot
    marks: MarkRowSets
    pages: PageRowSets
    now: datetime
    """The aware time that words like ``today`` are relative to."""
    stop: Stop | None
    new_of: Callable[[int], int]
    """Returns those of a set of articles that have come since the user last left the folder."""
    duplicates: int | None = None
    """The articles that ``is:duplicate`` finds, if they are others than usual."""

    def matching(self, where: ast.Node | None) -> int:
        """Return the matching articles. Raises sqlite3.Error, StoppedError, and ReaderError from marks and pages."""
        everything = self.snapshot.everything
        return everything if where is None else everything & self._rows(where, everything)

    def _rows(self, node: ast.Node, within: int) -> int:
        """Return the matching articles of ``within``, and possibly other rows."""
        if self.stop is not None and self.stop():
            raise StoppedError
        match node:
            case ast.And(inner):
                # Substrings last: they are only compared in the articles left.
                for part in sorted(inner, key=lambda part: isinstance(part, ast.SubstringCondition)):
                    within &= self._rows(part, within)
                return within
            case ast.Or(inner):
                return reduce(or_, (self._rows(part, within) for part in inner))
            case ast.Not(part):
                return self.snapshot.everything & ~self._rows(part, within)
            case _:
                return self._satisfying(node, within)

    def _satisfying(self, condition: ast.Leaf, within: int) -> int:
        """Return the articles that satisfy a condition, as :meth:`_rows` does."""
        match condition:
            case ast.WordsCondition(field, text, prefix):
                return self._phrase(field, text, prefix=prefix)
            case ast.ValueCondition(field, value):
                return self._with_value(field, value)
            case ast.SubstringCondition():
                return self._containing(condition, within)
            case ast.StoryCondition():
                return self._of_story(condition)
            case ast.NumberCondition() | ast.NumberRange() | ast.UnknownCondition():
                return self._with_number(condition)
            case ast.DateCondition():
                return self._in_dates(condition)
            case ast.IsCondition(state):
                return self._in_state(state)
            case ast.HasCondition(thing):
                return self._having(thing)

    def having(self, field: SortKey | Literal["source", "topics"]) -> int:
        """Return the articles that have a value of ``field``."""

        def find() -> int:
            if field == "source" or field == "topics":  # noqa: PLR1714 - mypy takes only this for a check
                return bitmap.from_mask(bytes(map(bool, self.snapshot.column(self.db, field))))
            return self._range(field)

        return self.snapshot.cached(("having", field), find)

    # Words.

    def _phrase(self, field: str, text: str, *, prefix: bool) -> int:
        snapshot = self.snapshot
        phrase = words(text)
        if not phrase:
            return self._with_sign(field, text.strip()) if text.strip() else snapshot.everything
        prefix = prefix and not is_single_character(phrase[-1])
        of_columns = fulltext.columns_of(field)
        match, db, size = fulltext.expression(phrase, of_columns, prefix=prefix), self.db, snapshot.size

        def find() -> int:
            slots = fulltext.frequent_set(db, phrase[0], of_columns, prefix=prefix) if len(phrase) == 1 else None
            if slots is None:
                return snapshot.rows(fulltext.matching_slots(db, match, size))
            late = fulltext.matching_slots(db, match, size, late=True)
            return snapshot.rows(slots & (1 << size) - 1 | late)

        rows = snapshot.cached((ast.WordsCondition, of_columns, *phrase, prefix), find)
        if field == "any":
            rows |= self.marks.tags_with(phrase, prefix=prefix)
        if field in {"any", "text"}:
            rows |= self.pages.with_words(snapshot.token, phrase, prefix=prefix)
        return rows

    def _with_sign(self, field: str, sign: str) -> int:
        """Return the articles with ``sign``, which has no letters or digits, in a text that the index has."""
        columns = {"any": _SIGN_COLUMNS, "title": ("title",), "excerpt": ("excerpt",)}.get(field, ())
        where = " OR ".join(f"instr({column}, :sign)" for column in columns) or "0"
        query = f"SELECT rowid FROM articles JOIN details USING (rowid) WHERE {where}"  # noqa: S608 - constants

        def find() -> int:
            rows = self.db.execute(query, {"sign": sign})
            return bitmap.from_rows([rowid for (rowid,) in rows], self.snapshot.size)

        return self.snapshot.cached(("sign", field, sign), find)

    # Values.

    def _with_value(self, field: ast.ValueField, value: str) -> int:
        if field == "tag":
            return self.marks.tagged(value)
        column = COLUMN_OF[field]

        def find() -> int:
            codes = columns.codes_of(self.db, column, value)
            return bitmap.from_mask(columns.code_mask(self.snapshot.column(self.db, column), codes)) if codes else 0

        return self.snapshot.cached((ast.ValueCondition, column, fold_case(value)), find)

    def _having(self, thing: ast.ThingName) -> int:
        if thing == "tags":
            return self.marks.tagged()
        if thing == "page":
            return self.pages.with_page(self.snapshot.token)
        return self._with_flag(_FLAG[thing])

    def _with_flag(self, flag: int) -> int:
        def find() -> int:
            return bitmap.from_mask(columns.flag_mask(self.snapshot.column(self.db, "flags"), flag))

        return self.snapshot.cached((ast.HasCondition, flag), find)

    def _in_state(self, state: str) -> int:
        if state == "read":
            return self.marks.read()
        if state == "unread":
            return self.snapshot.everything & ~self.marks.read()
        if state == "starred":
            return self.marks.starred()
        if state == "hidden":
            return self.marks.hidden()
        if state == "new":
            return self.new_of(self.snapshot.everything)
        if state == "published":
            return self._with_flag(PUBLISHED)
        if state == "duplicate" and self.duplicates is not None:
            return self.duplicates
        return self.snapshot.cached(
            (ast.IsCondition, state), lambda: bitmap.from_rows(_ROWS_IN_STATE[state](self.db), self.snapshot.size)
        )

    # Stories.

    def _of_story(self, condition: ast.StoryCondition) -> int:
        def find() -> int:
            rows = story_rows.members(self.db, condition.id)
            if condition.field == "near":
                rows |= story_rows.linked(self.db, condition.id)
            return bitmap.from_rows(rows, self.snapshot.size)

        return self.snapshot.cached(condition, find)

    def _compared(self, field: Literal["heat", "sources"], relation: ast.Relation, number: float) -> int:
        """Return the articles whose known heat, or whose number of sources, compares to ``number`` like this."""

        def find() -> int:
            if field == "heat":
                # Not in the order by heat, which has estimates, too.
                query = f"SELECT rowid FROM articles WHERE heat {relation} ?"  # noqa: S608 - an operator
                return bitmap.select_rows(self.db, query, number, self.snapshot.size)
            numbers = story_rows.numbers_with_sources(self.db, relation, number)
            column = columns.load(self.db, "story")
            rows = bitmap.from_mask(columns.code_mask(column, numbers))
            if 0 in numbers:
                rows |= self.snapshot.everything & ~bitmap.from_mask(bytes(map(bool, column)))
            return rows

        return self.snapshot.cached((field, relation, number), find)

    # Numbers and dates.

    def _with_number(self, condition: ast.NumberCondition | ast.NumberRange | ast.UnknownCondition) -> int:
        match condition:
            case ast.NumberCondition(("heat" | "sources") as field, relation, number):
                return self._compared(field, relation, number)
            case ast.NumberRange(("heat" | "sources") as field, low, high):
                return self._compared(field, ">=", low) & self._compared(field, "<=", high)
            case ast.NumberCondition(field, relation, number):
                starts, ends = _BOUNDS[relation]
                return self._range(_SORT_KEYS[field], starts and (starts, number), ends and (ends, number))
            case ast.NumberRange(field, low, high):
                return self._range(_SORT_KEYS[field], (le, high), (lt, low))
            case ast.UnknownCondition("heat"):
                return self.snapshot.everything & ~self._compared("heat", ">=", -ast.MAX_NUMBER)
            case ast.UnknownCondition(field):
                return self.snapshot.everything & ~self._range(_SORT_KEYS[field])

    def _range(self, by: SortKey, start: _Bound | None = None, end: _Bound | None = None) -> int:
        """Return the articles between the indexes in descending order where ``start`` and ``end`` become true."""
        order = self.snapshot.order(self.db, Sort(by))
        first = 0 if start is None else self._first(by, order, start)
        last = self._first(by, order, end)
        if first >= last:
            return 0
        size, everything = self.snapshot.size, self.snapshot.everything
        if (last - first) * 2 > len(order):
            return everything & ~bitmap.from_rows(order[:first] + order[last:], size)
        return bitmap.from_rows(order[first:last], size)

    def _first(self, by: SortKey, order: array[int], bound: _Bound | None) -> int:
        """Return the index of the first article whose value is unknown or for which ``bound`` is true."""
        query = f"SELECT {sort_orders.SORT_VALUES[by]} FROM articles WHERE rowid = ?"  # noqa: S608 - constants

        def is_after(index: int) -> bool:
            for rowid in order[index : index + 64]:
                row = self.db.execute(query, [rowid]).fetchone()
                if row is not None:  # else it was deleted, and the order is not updated yet
                    return row[0] is None or (bound is not None and bound[0](row[0], bound[1]))
            return True

        return bisect_left(range(len(order)), True, key=is_after)

    def _in_dates(self, date: ast.DateCondition) -> int:
        begin, end = date_range(date, self.now)
        low = None if begin is None else (lt, to_micros(begin))
        return self._range("date", None if end is None else (lt, to_micros(end)), low)

    # Substrings of paths and URLs.

    def _containing(self, node: ast.SubstringCondition, within: int) -> int:
        part, db, snapshot = fold_case(node.part), self.db, self.snapshot
        if within.bit_count() <= _MAX_CHECKED:
            rowids = substrings.rows_containing(db, node.field, part, bitmap.to_rows(within))
            return bitmap.from_rows(rowids, snapshot.size)

        def find() -> int:
            if node.field == "url":
                return substrings.rows_with_url(db, part, snapshot.size)
            special = snapshot.cached("special names", lambda: substrings.special_names(db, snapshot.size))
            folder_of, special = snapshot.column(db, "folder"), special & snapshot.everything
            return substrings.rows_with_path(db, part, snapshot.size, folder_of, special)

        return snapshot.cached((ast.SubstringCondition, node.field, part), find)
