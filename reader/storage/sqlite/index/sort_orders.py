"""The order of every article, ready made: for each sort a run of row numbers that is read in one go.

Whoever writes the index keeps these up to date, so that opening a list or changing its
sort costs a few milliseconds whether it has five articles or a million. A small change
is patched into them; a large one has SQLite sort everything once.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from reader.core.ordering import SORT_KEYS, Sort, SortKey, index_in

SCHEMA = """
CREATE TABLE orders (
    sort TEXT PRIMARY KEY,
    rowids BLOB NOT NULL -- of 4 bytes each, in this machine's order
) WITHOUT ROWID;
"""

_COLUMNS: dict[SortKey, str] = {"quality": "quality", "heat": "heat", "date": "published_at"}
SORTS = [Sort(by, reverse) for by in SORT_KEYS for reverse in (False, True)]
_SINGLY = 32
"""So many row numbers are looked for one by one; more are filtered out in one pass."""
_WORTH_PATCHING = 64
"""One article patched in costs as much as sorting so many."""

Place: TypeAlias = tuple[bool, float, bool, int, str, int]
"""What an article's place in an order depends on; places compare as articles are listed."""


def make(db: sqlite3.Connection) -> None:
    """Sort everything anew. Raises sqlite3.Error."""
    for sort in SORTS:
        keep(db, sort, computed(db, sort))


def computed(db: sqlite3.Connection, sort: Sort) -> array[int]:
    """Return the row numbers of all articles, sorted anew. Raises sqlite3.Error."""
    column = _COLUMNS[sort.by]
    terms = [f"{column} ASC NULLS LAST" if sort.reverse else f"{column} DESC"]  # of NULLs, DESC makes the last
    if sort.by != "date":
        terms.append("published_at DESC")
    # One step of SQLite from the first row to the last, during which other threads run: row numbers are
    # strung together as hexadecimal digits in there.
    ordered = f"SELECT rowid FROM articles ORDER BY {', '.join(terms)}, title COLLATE NOCASE, rowid"  # noqa: S608
    query = f"SELECT group_concat(printf('%08x', rowid), '') FROM ({ordered})"  # noqa: S608 - constants
    (digits,) = db.execute(query).fetchone()
    rowids = array("I", bytes.fromhex(digits or ""))
    if sys.byteorder == "little":  # the digits are big-endian
        rowids.byteswap()
    return rowids


def is_worth_patching(changed: int, articles: int) -> bool:
    """Return whether to patch ``changed`` articles into orders of so many, rather than to sort anew."""
    return changed * _WORTH_PATCHING <= articles


def patch(db: sqlite3.Connection, changed: Collection[int]) -> None:
    """Bring the orders up to date after the articles ``changed`` came, changed or went. Raises sqlite3.Error."""
    marks = ",".join(map(str, changed))  # row numbers: integers of ours
    fresh = db.execute(f"{_VALUES} WHERE rowid IN ({marks})").fetchall()
    for sort in SORTS:
        rowids = order(db, sort)
        _take_out(rowids, changed)
        places = sorted(_place(sort, values) for values in fresh)

        def place_at(at: int, sort: Sort = sort, rowids: Sequence[int] = rowids) -> Place:
            return _place(sort, db.execute(f"{_VALUES} WHERE rowid = ?", [rowids[at]]).fetchone())

        keep(db, sort, merged(rowids, places, place_at))


def length(db: sqlite3.Connection) -> int:
    """Return how many articles are in the orders. Raises sqlite3.Error."""
    found = db.execute("SELECT length(rowids) FROM orders LIMIT 1").fetchone()
    return 0 if found is None else int(found[0]) // array("I").itemsize


def order(db: sqlite3.Connection, sort: Sort) -> array[int]:
    """Return the row numbers of all articles in the order of ``sort``. Raises sqlite3.Error."""
    rowids = array("I")
    kept = db.execute("SELECT rowids FROM orders WHERE sort = ?", [_name(sort)]).fetchone()
    if kept is not None:
        rowids.frombytes(kept[0])
    return rowids


def merged(rowids: array[int], places: Sequence[Place], place_at: Callable[[int], Place]) -> array[int]:
    """Return ``rowids`` with articles put in where they belong. Pure but for ``place_at``.

    ``places`` are the new ones', in order; ``place_at`` gives the place of an article
    that is there already, by its position.
    """

    class Places:
        def __len__(self) -> int:
            return len(rowids)

        def __getitem__(self, at: int) -> Place:
            return place_at(at)

    there = Places()
    result, start = array("I"), 0
    for place in places:
        at = bisect_left(there, place, lo=start)
        result += rowids[start:at]
        result.append(place[-1])
        start = at
    return result + rowids[start:]


_VALUES = "SELECT rowid, quality, heat, published_at, title FROM articles"
_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _place(sort: Sort, values: tuple[int, float | None, float | None, int | None, str]) -> Place:
    """Return what SQLite compares in :func:`make`: NOCASE knows the capitals of ASCII, and bytes otherwise."""
    rowid, quality, heat, published_at, title = values
    value = {"quality": quality, "heat": heat, "date": published_at}[sort.by]
    when = (published_at is None, -(published_at or 0)) if sort.by != "date" else (False, 0)
    ordered = value or 0
    return (value is None, ordered if sort.reverse else -ordered, *when, title.translate(_FOLD), rowid)


def _take_out(rowids: array[int], gone: Collection[int]) -> None:
    """Take row numbers out of an order."""
    if len(gone) > _SINGLY:
        among = frozenset(gone)
        rowids[:] = array("I", [rowid for rowid in rowids if rowid not in among])
        return
    for rowid in gone:
        at = index_in(rowids, rowid)
        if at is not None:
            del rowids[at]


def _name(sort: Sort) -> str:
    return str(sort)


def keep(db: sqlite3.Connection, sort: Sort, rowids: array[int]) -> None:
    """Have an order for :func:`order`. Raises sqlite3.Error."""
    db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?)", [_name(sort), rowids.tobytes()])


def duplicates(db: sqlite3.Connection) -> list[int]:
    """Return every article of which there is another copy that comes before it by quality. Raises sqlite3.Error.

    Copies are documents of one identity. Of those that are alike, the one found first is the better.
    """
    repeated = "SELECT id FROM articles GROUP BY id HAVING count(*) > 1"
    query = f"SELECT id, rowid, quality, heat, published_at, title FROM articles WHERE id IN ({repeated})"  # noqa: S608
    best: dict[int, Place] = {}
    worse: list[int] = []
    for id_, *values in db.execute(query):
        place = _place(Sort(), (values[0], values[1], values[2], values[3], values[4]))
        other = best.get(id_)
        if other is None or place < other:
            best[id_] = place
        if other is not None:
            worse.append(max(place, other)[-1])
    return worse
