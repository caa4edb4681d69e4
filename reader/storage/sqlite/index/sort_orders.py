"""Precomputed sort orders: one array of row ids of all articles for each sort.

The index writer keeps them up to date, so that a list opens or changes its sort in a few milliseconds,
with five articles or a million. Small changes are patched in; after large ones SQLite sorts everything.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, filterfalse, islice
from math import inf
from typing import TypeAlias

from reader.core.ordering import SORT_KEYS, Sort, SortKey, index_in

SCHEMA = """
CREATE TABLE orders ( -- in parts, so that a change writes few of them
    sort TEXT NOT NULL,
    part INTEGER NOT NULL,
    rowids BLOB NOT NULL, -- 4 bytes each, in native byte order
    PRIMARY KEY (sort, part)
) WITHOUT ROWID;
"""

SORT_VALUES: dict[SortKey, str] = {
    "quality": "quality", "heat": "ifnull(heat, heat_estimate)", "date": "published_at"
}  # fmt: skip
"""What of the table ``articles`` each sort key stands for."""
SORTS = [Sort(by, reverse) for by in SORT_KEYS for reverse in (False, True)]
HEAT_SORTS = [sort for sort in SORTS if sort.by == "heat"]
_PART = 8192
"""So many row ids are in a part that is new; twice as many at most."""
_SEARCH_LIMIT = 64
"""Up to this many row ids are searched for one by one; more are filtered out in one pass."""
_PATCH_COST = 64
"""Patching one article takes as long as sorting this many."""

OrderKey: TypeAlias = tuple[bool, float, bool, int, str, int]
"""The sort key of an article. Keys compare the way articles are listed; the last item is the row id."""


def rebuild(db: sqlite3.Connection) -> None:
    """Sort all articles for every order. Raises sqlite3.Error."""
    for sort in SORTS:
        store_order(db, sort, sorted_rowids(db, sort))


def sorted_rowids(db: sqlite3.Connection, sort: Sort) -> array[int]:
    """Sort all articles and return their row ids. Raises sqlite3.Error."""
    # One step of SQLite, which releases the GIL throughout: it joins the row ids as hexadecimal digits.
    ordered = f"SELECT rowid FROM articles ORDER BY {terms(sort)}"  # noqa: S608 - constants
    query = f"SELECT group_concat(printf('%08x', rowid), '') FROM ({ordered})"  # noqa: S608 - constants
    (digits,) = db.execute(query).fetchone()
    rowids = array("I", bytes.fromhex(digits or ""))
    if sys.byteorder == "little":  # the digits are big-endian
        rowids.byteswap()
    return rowids


def rebuild_heat(db: sqlite3.Connection) -> None:
    """Sort all articles of the order by date for both orders by heat. Raises sqlite3.Error.

    Equal heats are in the order by date already: this takes half as long as sorting in SQLite.
    """
    by_date = load_order(db, Sort("date"))
    heats = array("d", [-inf]) * (max(by_date, default=0) + 1)
    for rowid, heat in db.execute(f"SELECT rowid, {SORT_VALUES['heat']} FROM articles"):  # noqa: S608 - constants
        if heat is not None and rowid < len(heats):
            heats[rowid] = heat
    known = [rowid for rowid in by_date if heats[rowid] != -inf]
    unknown = [rowid for rowid in by_date if heats[rowid] == -inf]
    for sort in HEAT_SORTS:
        known.sort(key=heats.__getitem__, reverse=not sort.reverse)
        store_order(db, sort, array("I", known + unknown))


def terms(sort: Sort) -> str:
    """Return the terms for ORDER BY in a query of the table ``articles``."""
    direction = "ASC NULLS LAST" if sort.reverse else "DESC"  # the latter sorts NULLs last already
    date = "" if sort.by == "date" else "published_at DESC, "
    return f"{SORT_VALUES[sort.by]} {direction}, {date}title COLLATE NOCASE, rowid"


def is_worth_patching(changed: int, articles: int) -> bool:
    """Return whether patching ``changed`` articles is faster than sorting all ``articles``."""
    return changed * _PATCH_COST <= articles


def patch(db: sqlite3.Connection, changed: Collection[int], sorts: Iterable[Sort] = SORTS) -> None:
    """Update ``sorts`` after the articles ``changed`` were added, changed or removed. Raises sqlite3.Error."""
    numbers = ",".join(map(str, changed))  # integers, so nothing to escape
    present = db.execute(f"{_SORT_VALUES} WHERE rowid IN ({numbers})").fetchall()
    for sort in sorts:

        @cache  # the articles of a story have one heat, and often are beside each other
        def key_of(rowid: int, sort: Sort = sort) -> OrderKey:
            return _order_key(sort, db.execute(f"{_SORT_VALUES} WHERE rowid = ?", [rowid]).fetchone())

        parts = [*_parts(db, sort)]
        written = _remove(parts, changed)
        is_whole = not parts or not all(parts)
        if is_whole:
            parts = [array("I", chain.from_iterable(parts))]
        for key in sorted(_order_key(sort, values) for values in present):
            written.add(_insert(parts, key, key_of))
        if is_whole or any(len(parts[at]) > 2 * _PART for at in written):
            store_order(db, sort, array("I", chain.from_iterable(parts)))
        else:
            rows = [(parts[at].tobytes(), str(sort), at) for at in written]
            db.executemany("UPDATE orders SET rowids = ? WHERE sort = ? AND part = ?", rows)


def article_count(db: sqlite3.Connection) -> int:
    """Return the number of articles in the orders. Raises sqlite3.Error."""
    (size,) = db.execute("SELECT ifnull(sum(length(rowids)), 0) FROM orders WHERE sort = ?", [str(Sort())]).fetchone()
    return int(size) // array("I").itemsize


def load_order(db: sqlite3.Connection, sort: Sort) -> array[int]:
    """Return the row ids of all articles in the order of ``sort``. Raises sqlite3.Error."""
    rowids = array("I")
    for part in _parts(db, sort):
        rowids += part
    return rowids


def iterate_order(db: sqlite3.Connection, sort: Sort) -> Iterator[int]:
    """Yield the row ids of :func:`load_order`, read as far as they are needed. Raises sqlite3.Error."""
    return chain.from_iterable(_parts(db, sort))


def has_values(db: sqlite3.Connection, by: SortKey) -> bool:
    """Return whether any article has a value to sort by: the first one then has. Raises sqlite3.Error."""
    query = f"SELECT 1 FROM articles WHERE rowid = ? AND {SORT_VALUES[by]} IS NOT NULL"  # noqa: S608 - constants
    return any(db.execute(query, [rowid]).fetchone() for rowid in islice(iterate_order(db, Sort(by)), 1))


def store_order(db: sqlite3.Connection, sort: Sort, rowids: array[int]) -> None:
    """Store an order for :func:`load_order`. Raises sqlite3.Error."""
    db.execute("DELETE FROM orders WHERE sort = ?", [str(sort)])
    starts = range(0, len(rowids), _PART)
    rows = ((str(sort), at, rowids[start : start + _PART].tobytes()) for at, start in enumerate(starts))
    db.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)


def _parts(db: sqlite3.Connection, sort: Sort) -> Iterator[array[int]]:
    """Yield the parts of an order."""
    for (data,) in db.execute("SELECT rowids FROM orders WHERE sort = ? ORDER BY part", [str(sort)]):
        yield array("I", data)


def _insert(parts: list[array[int]], key: OrderKey, key_of: Callable[[int], OrderKey]) -> int:
    """Insert an article into the parts of an order, of which only the first may be empty; return where it is then."""
    at = bisect_left(range(1, len(parts)), key, key=lambda at: key_of(parts[at][0]))
    part = parts[at]
    part.insert(bisect_left(part, key, key=key_of), key[-1])
    return at


_SORT_VALUES = f"SELECT rowid, quality, {SORT_VALUES['heat']}, published_at, title FROM articles"  # noqa: S608
_LOWER_ASCII = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _order_key(sort: Sort, values: tuple[int, float | None, float | None, int | None, str]) -> OrderKey:
    """Return a key that compares like SQLite in :func:`sorted_rowids`: NOCASE folds only ASCII letters."""
    rowid, quality, heat, published_at, title = values
    value = {"quality": quality, "heat": heat, "date": published_at}[sort.by]
    date = (published_at is None, -(published_at or 0)) if sort.by != "date" else (False, 0)
    number = value or 0
    return (value is None, number if sort.reverse else -number, *date, title.translate(_LOWER_ASCII), rowid)


def _remove(parts: Sequence[array[int]], rowids: Collection[int]) -> set[int]:
    """Remove these row ids from the parts of an order; return the numbers of the parts that had some."""
    left, written = {*rowids}, set()
    for at in reversed(range(len(parts))):  # a new article, whose heat was not known yet, is in the last part
        if not left:
            break
        part = parts[at]
        if len(left) > _SEARCH_LIMIT:
            found = left.intersection(part)
            part[:] = array("I", filterfalse(found.__contains__, part))
        else:
            places = sorted((place, rowid) for rowid in left if (place := index_in(part, rowid)) is not None)
            for place, _ in reversed(places):
                del part[place]
            found = {rowid for _, rowid in places}
        left -= found
        if found:
            written.add(at)
    return written
