"""Columns of codes: codes written in place, with more room, or as wider numbers are the same as in a dict."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from reader.storage.sqlite.index import columns

_ROWS = st.sampled_from([0, 1, 2, 1000, 1001, 2500, 4000])
_CODES = st.dictionaries(_ROWS, st.sampled_from([0, 1, 255, 256, 65_535, 65_536, 1 << 32]), max_size=4)
_MANY = st.sampled_from([0, 1, 300]).map(lambda code: dict.fromkeys(range(1500), code))


@given(st.lists(_CODES | _MANY, max_size=6))
def test_a_patched_column_has_the_codes_given_last(changes: list[dict[int, int]]) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(columns.SCHEMA)
        expected: dict[int, int] = {}
        for codes in changes:
            columns.patch(db, "topics", codes)
            expected |= codes
        column = columns.load(db, "topics")
        found = {rowid: code for rowid, code in enumerate(column) if code}
        assert found == {rowid: code for rowid, code in expected.items() if code}


def test_a_code_is_written_in_place_even_beyond_the_last_article() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(columns.SCHEMA)
        columns.patch(db, "source", {90_000: 7})
        before = db.total_changes
        columns.patch(db, "source", {5: 1, 90_001: 2})
        assert db.total_changes == before  # no row is written as a whole
        column = columns.load(db, "source")
        assert (column[5], column[90_000], column[90_001]) == (1, 7, 2)
