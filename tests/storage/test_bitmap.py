"""Sets of row ids: every way to build a set gives the same one."""

from __future__ import annotations

import random
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.storage.sqlite.index import bitmap


def _select(rowids: list[int], size: int) -> int:
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE found (rowid INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO found VALUES (?)", [[rowid] for rowid in rowids])
        return bitmap.select_rows(db, "SELECT rowid FROM found WHERE :value = ''", "", size)


@settings(deadline=None)
@given(st.sets(st.integers(0, 2_500_000)), st.integers(1, 1000))
def test_select_rows_equals_from_rows(rowids: set[int], beyond: int) -> None:
    size = max(rowids, default=0) + beyond
    assert _select(sorted(rowids), size) == bitmap.from_rows(sorted(rowids), size)


@pytest.mark.parametrize("size", [4_200, 99_999, 100_001, 1_000_000, 1_000_001, 3_123_456])
def test_select_rows_equals_from_rows_for_large_sets(size: int) -> None:
    dice = random.Random(size)
    rowids = sorted({0, size - 1, *dice.sample(range(size), min(size // 2, 20_000) + 2_100), *range(4_199)})
    assert _select(rowids, size) == bitmap.from_rows(rowids, size)
    # The first millions are empty.
    late = list(range(size - 4_200, size))
    assert _select(late, size) == bitmap.from_rows(late, size)


def test_only_row_ids_below_the_size_are_selected() -> None:
    assert bitmap.to_rows(_select([3, 5, 999_999, 1_000_000, 1_000_001], 1_000_001)).tolist() == [
        3,
        5,
        999_999,
        1_000_000,
    ]


def test_row_ids_with_nine_digits_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rowids = [3, 5, bitmap.MAX_DECIMAL_SIZE + 7]
    assert bitmap.to_rows(_select(rowids, bitmap.MAX_DECIMAL_SIZE)).tolist() == [3, 5]
    asked: list[int] = []
    monkeypatch.setattr(bitmap, "from_rows", lambda rowids, _size: asked.extend(rowids) or 0)
    _select(rowids, bitmap.MAX_DECIMAL_SIZE + 8)
    assert asked == rowids
