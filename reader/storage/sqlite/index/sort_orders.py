"""Precomputed sort orders: one array of row ids of all articles for each sort.

The index writer keeps them up to date, so that a list opens or changes its sort in a few milliseconds,
with five articles or a million. Small changes are patched in; after large ones SQLite sorts everything.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from itertools import filterfalse
from math import inf
from typing import TypeAlias

from reader.core.ordering import SORT_KEYS, Sort, SortKey, index_in

SCHEMA = """
CREATE TABLE orders (
    sort TEXT PRIMARY KEY,
    rowids BLOB NOT NULL -- 4 bytes each, in native byte order
) WITHOUT ROWID;
"""

SORT_VALUES: dict[SortKey, str] = {
    "quality": "quality", "heat": "ifnull(heat, heat_estimate)", "date": "published_at"
}  # fmt: skip
"""What of the table ``articles`` each sort key stands for."""
SORTS = [Sort(by, reverse) for by in SORT_KEYS for reverse in (False, True)]
HEAT_SORTS = [sort for sort in SORTS if sort.by == "heat"]
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
        rowids = load_order(db, sort)
        _remove_rows(rowids, changed)
        keys = sorted(_order_key(sort, values) for values in present)

        @cache  # the articles of a story have one heat, and often are beside each other
        def key_at(index: int, sort: Sort = sort, rowids: Sequence[int] = rowids) -> OrderKey:
            return _order_key(sort, db.execute(f"{_SORT_VALUES} WHERE rowid = ?", [rowids[index]]).fetchone())

        store_order(db, sort, _insert_sorted(rowids, keys, key_at))


def article_count(db: sqlite3.Connection) -> int:
    """Return the number of articles in the orders. Raises sqlite3.Error."""
    row = db.execute("SELECT length(rowids) FROM orders LIMIT 1").fetchone()
    return 0 if row is None else int(row[0]) // array("I").itemsize


def load_order(db: sqlite3.Connection, sort: Sort) -> array[int]:
    """Return the row ids of all articles in the order of ``sort``. Raises sqlite3.Error."""
    rowids = array("I")
    row = db.execute("SELECT rowids FROM orders WHERE sort = ?", [str(sort)]).fetchone()
    if row is not None:
        rowids.frombytes(row[0])
    return rowids


def has_values(db: sqlite3.Connection, by: SortKey) -> bool:
    """Return whether any article has a value to sort by: the first one then has. Raises sqlite3.Error."""
    query = f"SELECT 1 FROM articles WHERE rowid = ? AND {SORT_VALUES[by]} IS NOT NULL"  # noqa: S608 - constants
    return any(db.execute(query, [rowid]).fetchone() for rowid in load_order(db, Sort(by))[:1])


def store_order(db: sqlite3.Connection, sort: Sort, rowids: array[int]) -> None:
    """Store an order for :func:`load_order`. Raises sqlite3.Error."""
    db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?)", [str(sort), rowids.tobytes()])


def _insert_sorted(rowids: array[int], keys: Sequence[OrderKey], key_at: Callable[[int], OrderKey]) -> array[int]:
    """Return the order ``rowids`` with the articles of ``keys``, which are sorted, inserted.

    ``key_at`` returns the key of the article at an index of ``rowids``.
    """
    result, start = array("I"), 0
    for key in keys:
        index = bisect_left(range(len(rowids)), key, lo=start, key=key_at)
        result += rowids[start:index]
        result.append(key[-1])
        start = index
    return result + rowids[start:]


_SORT_VALUES = f"SELECT rowid, quality, {SORT_VALUES['heat']}, published_at, title FROM articles"  # noqa: S608
_LOWER_ASCII = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _order_key(sort: Sort, values: tuple[int, float | None, float | None, int | None, str]) -> OrderKey:
    """Return a key that compares like SQLite in :func:`sorted_rowids`: NOCASE folds only ASCII letters."""
    rowid, quality, heat, published_at, title = values
    value = {"quality": quality, "heat": heat, "date": published_at}[sort.by]
    date = (published_at is None, -(published_at or 0)) if sort.by != "date" else (False, 0)
    number = value or 0
    return (value is None, number if sort.reverse else -number, *date, title.translate(_LOWER_ASCII), rowid)


def _remove_rows(rowids: array[int], removed: Collection[int]) -> None:
    if len(removed) > _SEARCH_LIMIT:
        unwanted = frozenset(removed)
        rowids[:] = array("I", filterfalse(unwanted.__contains__, rowids))
        return
    for rowid in removed:
        index = index_in(rowids, rowid)
        if index is not None:
            del rowids[index]
