"""The story of each article and its place in it, as columns that are loaded in one read."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Collection

from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.index import columns

_SELECT = "SELECT a.rowid, number, story_rank FROM articles a JOIN stories s ON s.id = a.story"
_TYPECODES: dict[columns.StoryField, str] = {"story": "I", "story rank": "H"}


def update(db: sqlite3.Connection, changed: Collection[int] | None) -> None:
    """Bring the columns up to date after ``changed`` articles changed; None for all. Raises sqlite3.Error."""
    if changed is None:
        (last,) = db.execute("SELECT ifnull(max(rowid), -1) FROM articles").fetchone()
        numbers, ranks = (array(typecode, [0]) * (last + 1) for typecode in _TYPECODES.values())
        for rowid, number, rank in db.execute(_SELECT):
            numbers[rowid], ranks[rowid] = number, rank
        columns.store(db, "story", numbers)
        columns.store(db, "story rank", ranks)
        return
    rows = db.execute(f"{_SELECT} WHERE a.rowid IN (SELECT value FROM json_each(?))", [json_array(changed)])  # noqa: S608
    found = {rowid: (number, rank) for rowid, number, rank in rows}
    for index, field in enumerate(_TYPECODES):
        columns.patch(db, field, {rowid: found.get(rowid, (0, 0))[index] for rowid in changed})
