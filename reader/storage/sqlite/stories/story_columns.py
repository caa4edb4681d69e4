"""The story of each article and its place in it, as columns that are loaded in one read."""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Collection, Mapping

from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.index import columns

_SELECT = "SELECT a.rowid, number, story_rank FROM articles a JOIN stories s ON s.id = a.story"
_TYPECODES: dict[columns.StoryField, str] = {"story": "I", "story rank": "H"}
_MOST_IN_PLACE = 1000
"""More codes than these are stored with the whole column."""
_ROOM = 1000
"""So many articles that come later have a place already: a column that becomes longer is written as a whole."""


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
    length = max(found, default=-1) + 1
    for index, field in enumerate(_TYPECODES):
        _store(db, field, {rowid: found.get(rowid, (0, 0))[index] for rowid in changed}, length)


def _store(db: sqlite3.Connection, field: columns.StoryField, codes: Mapping[int, int], length: int) -> None:
    """Store the codes of some articles in a column that has at least this length then."""
    size = array(_TYPECODES[field]).itemsize
    query = "SELECT rowid, length(codes) FROM columns WHERE field = ?"
    place, stored = db.execute(query, [field]).fetchone() or (0, 0)
    if place and size * length <= stored and len(codes) <= _MOST_IN_PLACE:
        with db.blobopen("columns", "codes", place) as blob:
            for rowid, code in codes.items():
                if rowid * size < stored:
                    data = code.to_bytes(size, sys.byteorder)
                    blob.seek(rowid * size)
                    if blob.read(size) != data:  # most articles are alone
                        blob.seek(rowid * size)
                        blob.write(data)
        return
    column = columns.load(db, field) or array(_TYPECODES[field])  # an empty column has a type code of its own
    before = column[:]
    if len(column) < length:
        column.extend([0] * (length + _ROOM - len(column)))
    for rowid, code in codes.items():
        if rowid < len(column):
            column[rowid] = code
    if column != before:
        columns.store(db, field, column)
