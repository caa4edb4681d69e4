"""A query -> the set of articles that match, as a number (:mod:`reader.storage.sqlite.search.bitmap`).

Each condition is one question to SQLite, with everything a person or a document wrote as
a parameter, or one look at a column; ``And``, ``Or`` and ``Not`` put the sets together.
What has been found is remembered until lists change, so that a query that grows by a key
asks for what is new in it.
"""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Protocol, TypeAlias

from reader.core.errors import ReaderError
from reader.core.ordering import Sort
from reader.core.text import show_path
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
"""Asked now and then whether to give up, from within SQLite too: it must be quick, and never raise."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_STEPS_BETWEEN_STOPS = 5000
"""Of SQLite's virtual machine: a fraction of a millisecond."""
_REMEMBERED = 64
"""Conditions; at a million articles one takes 125 kB."""
_FEW = 20_000
"""Articles that are looked at one by one where all would have to be otherwise."""
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
    """A search was given up because nobody waits for it any more."""

    def __init__(self) -> None:
        super().__init__("The search was given up.")


class MarkSource(Protocol):
    """What the person says of articles, as sets of row numbers. Each method may raise ReaderError."""

    def read(self) -> int:
        """Return the articles that are read."""

    def starred(self) -> int:
        """Return the starred ones."""

    def tagged(self, tag: str | None = None) -> int:
        """Return those with a tag, in whatever case, or with any tag."""

    def tags_with(self, phrase: list[str], *, prefix: bool) -> int:
        """Return those with a tag in which these words stand in a row; with ``prefix`` the last may go on."""


class PageSource(Protocol):
    """What is known of fetched pages, as sets of row numbers; ``lists`` tells one state of the lists from another."""

    def with_page(self, lists: object) -> int:
        """Return the articles that have a page. Raises ReaderError."""

    def with_words(self, lists: object, phrase: list[str], *, prefix: bool) -> int:
        """Return those in whose pages these words stand in a row. Raises ReaderError."""


class IndexSnapshot:
    """The index between two changes of its lists. One thread uses it at a time."""

    def __init__(self, db: sqlite3.Connection, generation: int) -> None:
        self.generation = generation
        self.token = object()
        """For others to know this state again."""
        order = sort_orders.order(db, Sort())
        (last,) = db.execute("SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'files'").fetchone()
        self.size = int(last) + 1
        """Row numbers and slots are below this: none is given twice."""
        self.everything = bitmap.from_rows(order, self.size)
        """What lists show."""
        self._orders: dict[Sort, array[int]] = {Sort(): order}
        self._columns: dict[ColumnField, array[int]] = {}
        self._odd_names: int | None = None
        self._found: OrderedDict[object, int] = OrderedDict()
        # What has a slot of its own is found there, and not under its row number.
        self._moved = [(r, s) for r, s in db.execute("SELECT rowid, slot FROM slots") if s < self.size]
        self._in_place = self.everything & ~bitmap.from_rows(
            [rowid for rowid, _ in self._moved if rowid < self.size], self.size
        )

    def order(self, db: sqlite3.Connection, sort: Sort) -> array[int]:
        """Return the row numbers of all articles in the order of ``sort``."""
        if sort not in self._orders:
            self._orders = {Sort(): self._orders[Sort()], sort: sort_orders.order(db, sort)}
        return self._orders[sort]

    def column(self, db: sqlite3.Connection, field: ColumnField) -> array[int]:
        """Return the codes of ``field`` by row number."""
        if field not in self._columns:
            self._columns[field] = columns.read(db, field)
        return self._columns[field]

    def odd_names(self, db: sqlite3.Connection) -> int:
        """Return the articles whose file names need a look of their own."""
        if self._odd_names is None:
            self._odd_names = substrings.non_ascii_names(db, self.size) & self.everything
        return self._odd_names

    def remembered(self, key: object, find: Callable[[], int]) -> int:
        """Return what ``find`` found for ``key`` before, or finds now."""
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = find()
            if len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        else:
            self._found.move_to_end(key)
        return found

    def forget_found(self) -> None:
        """Forget what :meth:`remembered` remembers."""
        self._found.clear()

    def rows(self, slots: int) -> int:
        """Return the articles whose words are under these numbers."""
        found = slots & self._in_place
        if self._moved:
            held = slots.to_bytes((self.size >> 3) + 1, "little")
            there = [rowid for rowid, slot in self._moved if held[slot >> 3] >> (slot & 7) & 1]
            found |= bitmap.from_rows(there, self.size) & self.everything
        return found

    def row_of(self) -> dict[int, int]:
        """Return the row number of each slot that is none."""
        return {slot: rowid for rowid, slot in self._moved}


class Searcher:
    """Answers queries of one index. Any thread may ask; they take turns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._current: IndexSnapshot | None = None

    @contextmanager
    def snapshot(self, stop: Stop | None = None) -> Generator[tuple[sqlite3.Connection, IndexSnapshot]]:
        """Lend a connection that sees one state of the index, and what is known of that state.

        Raises StoppedError as soon as ``stop`` says so, and StorageError.
        """
        with self._turn, self._database.read() as db:
            if stop is not None:
                if stop():
                    raise StoppedError
                db.set_progress_handler(stop, _STEPS_BETWEEN_STOPS)
            begun = not db.in_transaction
            try:
                if begun:
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
                if begun and db.in_transaction:
                    db.execute("ROLLBACK")

    def forget(self) -> None:
        """Give back the memory that remembering takes."""
        with self._turn:
            self._current = None

    def forget_found(self) -> None:
        """Forget what was found, though not what is known of the lists; for who measures."""
        with self._turn:
            if self._current is not None:
                self._current.forget_found()


class QueryEvaluator:
    """One query, put to one state of the index."""

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
        """Make ready; ``now``, an aware time, is what words like ``today`` are seen from."""
        self._db = db
        self._current = snapshot
        self._marks = marks
        self._pages = pages
        self._now = now
        self._stop = stop

    def matching(self, where: Node | None) -> int:
        """Return the articles that match. Raises sqlite3.Error, StoppedError, and ReaderError when marks cannot be."""
        everything = self._current.everything
        return everything if where is None else self._found(where, everything)

    def _found(self, node: Node, within: int) -> int:
        """Return which of ``within`` match, and perhaps more articles."""
        if self._stop is not None and self._stop():
            raise StoppedError
        everything = self._current.everything
        match node:
            case And(inner):
                # Parts of addresses last: they are looked for in what is left.
                for part in sorted(inner, key=_is_slow):
                    within &= self._found(part, within)
                return within
            case Or(inner):
                return reduce(or_, (self._found(part, within) for part in inner))
            case Not(part):
                return everything & ~self._found(part, within)
            case WordsCondition(field, text, prefix):
                return self._words(field, text, prefix=prefix)
            case ValueCondition(field, value):
                return self._value(field, value)
            case SubstringCondition():
                return self._part(node, within)
            case NumberCondition(field, relation, number):
                return self._ranged(Sort(field), lambda values: ranges.related(values, relation, number))
            case NumberRange(field, low, high):
                return self._ranged(Sort(field), lambda values: (values.first_at_most(high), values.first_below(low)))
            case UnknownCondition(field):
                return everything & ~self._ranged(Sort(field), lambda values: (0, values.known()))
            case DateCondition():
                return self._date(node)
            case IsCondition(state):
                return self._state(state)
            case HasCondition(thing):
                if thing == "tags":
                    return self._marks.tagged() & everything
                if thing == "page":
                    return self._pages.with_page(self._current.token) & everything
                return self._flagged(_FLAG[thing])

    # Words.

    def _words(self, field: str, text: str, *, prefix: bool) -> int:
        phrase = words(text)
        if not phrase:
            return self._current.everything
        prefix = prefix and not is_single_character(phrase[-1])
        of_columns = {"any": fulltext.COLUMNS, "text": ("body",)}.get(field, (field,))
        found = self._current.remembered(
            (WordsCondition, of_columns, *phrase, prefix), lambda: self._spoken(phrase, of_columns, prefix=prefix)
        )
        if field == "any":
            found |= self._marks.tags_with(phrase, prefix=prefix) & self._current.everything
        if field in {"any", "text"}:
            found |= self._pages.with_words(self._current.token, phrase, prefix=prefix) & self._current.everything
        return found

    def _spoken(self, phrase: list[str], of_columns: tuple[str, ...], *, prefix: bool) -> int:
        db, size = self._db, self._current.size
        match = fulltext.expression(phrase, of_columns, prefix=prefix)
        if len(phrase) == 1:
            known = fulltext.frequent(db, phrase[0], of_columns, prefix=prefix)
            if known is not None:
                return self._current.rows(known & bitmap.full(size) | fulltext.matching(db, match, size, late=True))
        return self._current.rows(fulltext.matching(db, match, size))

    # Values.

    def _value(self, field: ValueField, value: str) -> int:
        if field == "tag":
            return self._marks.tagged(value) & self._current.everything
        if field == "folder":
            return self._in_folder(value)
        column = _COLUMN[field]

        def find() -> int:
            codes = columns.codes_of(self._db, column, value)
            if not codes:
                return 0
            return self._shown(columns.with_codes(self._current.column(self._db, column), codes))

        return self._current.remembered((ValueCondition, column, fold_case(value)), find)

    def _in_folder(self, value: str) -> int:
        key = fold_case(value).strip("/")

        def find() -> int:
            every = self._db.execute("SELECT rowid, path FROM folders")
            shown = ((code, fold_case(show_path(path))) for code, path in every)
            codes = [code for code, path in shown if not key or path == key or path.startswith(f"{key}/")]
            return self._shown(columns.with_codes(self._current.column(self._db, "folder"), codes))

        return self._current.remembered((ValueCondition, "folder", key), find)

    def _flagged(self, flag: int) -> int:
        return self._current.remembered(
            (HasCondition, flag), lambda: self._shown(columns.with_flag(self._current.column(self._db, "flags"), flag))
        )

    def _shown(self, mask: bytes) -> int:
        return bitmap.from_mask(mask) & self._current.everything

    def _state(self, state: str) -> int:
        everything = self._current.everything
        if state == "read":
            return self._marks.read() & everything
        if state == "unread":
            return everything & ~self._marks.read()
        if state == "starred":
            return self._marks.starred() & everything
        if state == "published":
            return self._flagged(PUBLISHED)
        return self._current.remembered(
            IsCondition, lambda: bitmap.from_rows(sort_orders.duplicates(self._db), self._current.size) & everything
        )

    # Numbers and dates.

    def _ranged(self, sort: Sort, bounds: Callable[[ranges.Values], tuple[int, int]]) -> int:
        """Return a part of an order, from the highest down: where it begins, and where it ends."""
        order = self._current.order(self._db, sort)
        start, end = bounds(ranges.Values(self._db, sort.by, order))
        if start >= end:
            return 0
        size, everything = self._current.size, self._current.everything
        if (end - start) * 2 > len(order):
            return everything & ~bitmap.from_rows(order[:start] + order[end:], size)
        return bitmap.from_rows(order[start:end], size)

    def _date(self, date: DateCondition) -> int:
        begin, end = date_range(date, self._now)
        low = None if begin is None else (begin - _EPOCH) // _MICROSECOND
        high = None if end is None else (end - _EPOCH) // _MICROSECOND

        def bounds(values: ranges.Values) -> tuple[int, int]:
            start = 0 if high is None else values.first_below(high)
            return start, values.known() if low is None else values.first_below(low)

        return self._ranged(Sort("date"), bounds)

    # Parts of paths and addresses.

    def _part(self, node: SubstringCondition, within: int) -> int:
        part, db, snapshot = fold_case(node.part), self._db, self._current
        size, everything = snapshot.size, snapshot.everything
        if within.bit_count() <= _FEW:
            return bitmap.from_rows(substrings.rows_containing(db, node.field, part, bitmap.to_rows(within)), size)
        if node.field == "url":
            return snapshot.remembered(
                (SubstringCondition, "url", part), lambda: substrings.with_url(db, part, size) & everything
            )

        def of_paths() -> int:
            folder_of, odd = snapshot.column(db, "folder"), snapshot.odd_names(db)
            return substrings.rows_with_path(db, part, size, folder_of, odd) & everything

        return snapshot.remembered((SubstringCondition, "path", part), of_paths)


def _is_slow(node: Node) -> bool:
    return isinstance(node, SubstringCondition)
