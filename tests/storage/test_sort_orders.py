"""Sort orders: sorting in SQLite, patching, and a plain sort in Python give the same order."""

from __future__ import annotations

import sqlite3
from array import array
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.ordering import SORT_KEYS, Sort
from reader.storage.sqlite.index import sort_orders
from reader.storage.sqlite.index.schema import SCHEMA

_COLUMNS = "rowid, id, published_at, quality, heat, type, title, precision, heat_estimate"
_SORTS = [Sort(by, reverse) for by in SORT_KEYS for reverse in (False, True)]
_SCORES = st.none() | st.integers(-2, 2) | st.sampled_from([0.5, 1.0, 10**12, -0.25])
_TITLES = st.text(st.sampled_from("aAbBzZ éÉ人😀-"), max_size=4)
_ROWS = st.tuples(_SCORES, _SCORES, st.none() | st.integers(-3, 3) | st.just(2**53 + 1), _TITLES)
_CHANGES = st.lists(st.tuples(st.integers(1, 12), st.none() | _ROWS), max_size=14)


def _put(db: sqlite3.Connection, rowid: int, row: tuple[Any, ...] | None) -> None:
    db.execute("DELETE FROM articles WHERE rowid = ?", [rowid])
    if row is not None:
        quality, heat, when, title = row
        # Heats that differ by an estimate only, so that both kinds are sorted together.
        heat, estimate = (None, heat) if rowid % 2 else (heat, None)
        values = [rowid, rowid, when, quality, heat, "article", title, 0]
        db.execute(f"INSERT INTO articles ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [*values, estimate])


def _plain_sort(rows: dict[int, tuple[Any, ...]], sort: Sort) -> list[int]:
    """Sort by one key after the other, the last one first."""
    found = sorted(rows)
    found.sort(key=lambda rowid: "".join(c.lower() if c.isascii() else c for c in rows[rowid][3]).encode())

    def by(place: int, reverse: bool) -> None:
        known = [rowid for rowid in found if rows[rowid][place] is not None]
        unknown = [rowid for rowid in found if rows[rowid][place] is None]
        known.sort(key=lambda rowid: rows[rowid][place], reverse=reverse)
        found[:] = known + unknown

    if sort.by != "date":
        by(2, reverse=True)
    by({"quality": 0, "heat": 1, "date": 2}[sort.by], reverse=not sort.reverse)
    return found


@given(
    st.dictionaries(st.integers(1, 12), _ROWS, max_size=12), _CHANGES, st.sampled_from([1, 20]), st.sampled_from([1, 3])
)
def test_rebuilt_and_patched_orders_equal_a_plain_sort(
    rows: dict[int, tuple[Any, ...]], changes: list[tuple[int, tuple[Any, ...] | None]], copies: int, part: int
) -> None:
    # Few changes are looked up one by one, many in one pass.
    rows = {12 * copy + rowid: row for copy in range(copies) for rowid, row in rows.items()}
    changes = [(12 * copy + rowid, row) for copy in range(copies) for rowid, row in changes]
    with closing(sqlite3.connect(":memory:")) as db, pytest.MonkeyPatch.context() as patched:
        patched.setattr(sort_orders, "_PART", part)
        db.executescript(SCHEMA)
        for rowid, row in rows.items():
            _put(db, rowid, row)
        sort_orders.rebuild(db)
        for sort in _SORTS:
            assert list(sort_orders.load_order(db, sort)) == _plain_sort(rows, sort)
        after: dict[int, tuple[Any, ...]] = dict(rows)
        for rowid, row in changes:
            _put(db, rowid, row)
            after.pop(rowid, None)
            if row is not None:
                after[rowid] = row
        sort_orders.patch(db, {rowid for rowid, _ in changes})
        assert sort_orders.article_count(db) == len(after)
        for sort in _SORTS:
            assert list(sort_orders.load_order(db, sort)) == _plain_sort(after, sort)
        for sort in sort_orders.HEAT_SORTS:
            sort_orders.store_order(db, sort, array("I"))
        sort_orders.rebuild_heat(db)
        for sort in sort_orders.HEAT_SORTS:
            assert list(sort_orders.load_order(db, sort)) == _plain_sort(after, sort)


def test_orders_of_a_new_index_are_empty() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        assert sort_orders.article_count(db) == 0
        assert sort_orders.load_order(db, Sort()) == array("I")


def test_few_changes_are_patched_and_many_are_sorted() -> None:
    assert sort_orders.is_worth_patching(1, 100_000)
    assert not sort_orders.is_worth_patching(1, 10)
    assert not sort_orders.is_worth_patching(10_000, 100_000)


def test_one_change_in_a_large_order_writes_one_part() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        for rowid in range(1, 20_001):
            _put(db, rowid, (rowid, rowid, rowid, ""))
        sort_orders.rebuild(db)
        before = db.execute("SELECT * FROM orders").fetchall()
        _put(db, 20_001, (5_000.5, 5_000.5, 5_000, ""))
        sort_orders.patch(db, {20_001})
        after = db.execute("SELECT * FROM orders").fetchall()
    assert len(before) == 18
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 6
