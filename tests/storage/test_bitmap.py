"""Sets of row numbers: whichever way they come, they are the same sets."""

from __future__ import annotations

import random
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.storage.sqlite.index import fulltext
from reader.storage.sqlite.search import bitmap


def _decimals(rowids: list[int]) -> str:
    return "".join(str(rowid + bitmap.ADDED) for rowid in rowids)


@given(st.sets(st.integers(0, 2_500_000)), st.integers(1, 1000))
def test_numbers_written_one_after_another_are_their_set(rowids: set[int], beyond: int) -> None:
    size = max(rowids, default=0) + beyond
    assert bitmap.from_decimals(_decimals(sorted(rowids)), size) == bitmap.from_rows(sorted(rowids), size)


@pytest.mark.parametrize("size", [4_200, 99_999, 100_001, 1_000_000, 1_000_001, 3_123_456])
def test_very_many_numbers_are_their_set_too(size: int) -> None:
    dice = random.Random(size)
    rowids = sorted({0, size - 1, *dice.sample(range(size), min(size // 2, 20_000) + 2_100), *range(4_199)})
    assert bitmap.from_decimals(_decimals(rowids), size) == bitmap.from_rows(rowids, size)
    # Millions of which there is none at all.
    late = list(range(size - 4_200, size))
    assert bitmap.from_decimals(_decimals(late), size) == bitmap.from_rows(late, size)


def test_what_has_more_digits_is_handed_over_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(":memory:") as db:
        for statement in fulltext.SCHEMA.split(";"):
            db.execute(statement)
        for rowid in (3, 5, bitmap.MOST_DECIMAL + 7):
            db.execute("INSERT INTO words (rowid, title) VALUES (?, 'climate')", [rowid])
        assert bitmap.to_rows(fulltext.matching(db, '"climate"', bitmap.MOST_DECIMAL)).tolist() == [3, 5]
        asked: list[int] = []
        monkeypatch.setattr(bitmap, "from_rows", lambda rowids, _size: asked.extend(rowids) or 0)
        fulltext.matching(db, '"climate"', bitmap.MOST_DECIMAL + 8)
    assert asked == [3, 5, bitmap.MOST_DECIMAL + 7]
