"""Columns of codes: codes written in place, with more room, or as wider numbers are the same as in a dict."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.storage.sqlite.index import columns

_CODES = st.dictionaries(st.integers(0, 9), st.sampled_from([0, 1, 255, 256, 65_535, 65_536, 1 << 32]), max_size=4)


@given(st.lists(_CODES, max_size=6), st.sampled_from([0, 3]), st.sampled_from([0, 1000]))
def test_a_patched_column_has_the_codes_given_last(changes: list[dict[int, int]], room: int, in_place: int) -> None:
    with closing(sqlite3.connect(":memory:")) as db, pytest.MonkeyPatch.context() as patched:
        db.executescript(columns.SCHEMA)
        patched.setattr(columns, "_ROOM", room)
        patched.setattr(columns, "_MOST_IN_PLACE", in_place)
        expected = dict.fromkeys(range(10), 0)
        for codes in changes:
            columns.patch(db, "topics", codes)
            expected |= codes
            column = columns.load(db, "topics")
            assert [*column[:10]] == list(expected.values())[: len(column)]
            assert not any(list(expected.values())[len(column) :])


def test_a_code_is_written_in_place_even_beyond_the_last_article() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(columns.SCHEMA)
        columns.patch(db, "source", {90_000: 7})
        before = db.total_changes
        columns.patch(db, "source", {5: 1, 90_001: 2})
        assert db.total_changes == before  # no row is written as a whole
        column = columns.load(db, "source")
        assert (column[5], column[90_000], column[90_001]) == (1, 7, 2)
