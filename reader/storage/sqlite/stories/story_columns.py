"""The story of each article and its place in it, as columns that are loaded in one read."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Collection

from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.index import columns

_SELECT = "SELECT a.rowid, number, story_rank FROM articles a JOIN stories s ON s.id = a.story"
_HIGHEST_RANK = 0xFFFF


def update(db: sqlite3.Connection, changed: Collection[int] | None) -> None:
    """Bring the columns up to date after ``changed`` articles changed; None for all. Raises sqlite3.Error."""
    (last,) = db.execute("SELECT ifnull(max(rowid), -1) FROM articles").fetchone()
    if changed is None:
        numbers, ranks = array("I"), array("H")
        rows = db.execute(_SELECT)
    else:
        numbers, ranks = _loaded(db, "story", "I"), _loaded(db, "story rank", "H")
        rows = db.execute(f"{_SELECT} WHERE a.rowid IN (SELECT value FROM json_each(?))", [json_array(changed)])  # noqa: S608
    before = None if changed is None else (numbers[:], ranks[:])
    for column in (numbers, ranks):
        column.frombytes(bytes(column.itemsize * max(0, last + 1 - len(column))))
    for rowid in changed or ():
        if rowid < len(numbers):
            numbers[rowid] = ranks[rowid] = 0
    for rowid, number, rank in rows:
        numbers[rowid], ranks[rowid] = number, min(rank, _HIGHEST_RANK)
    if (numbers, ranks) != before:  # most articles are alone
        columns.store(db, "story", numbers)
        columns.store(db, "story rank", ranks)


def _loaded(db: sqlite3.Connection, field: columns.StoryField, typecode: str) -> array[int]:
    # An empty column has a type code of its own.
    return columns.load(db, field) or array(typecode)
