"""Which articles have arrived since rules last ran on the index, and since the user last left the folder.

Row ids grow with each document that comes into the folder, and are never used again.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from reader.storage.sqlite.database import Database

_RULES, _LEFT = "rules_below", "left_below"
_NOTE = "INSERT INTO facts SELECT ?, ? WHERE {} ON CONFLICT DO UPDATE SET value = max(value, excluded.value)"


class Arrivals(NamedTuple):
    """The articles that rules have not seen."""

    ids: dict[int, int]
    """Their ids (see :func:`reader.core.marks.id_to_int`) by row id."""
    last: int
    """The highest row id of all articles."""


def load(database: Database) -> Arrivals:
    """Return what has arrived. Raises StorageError."""
    with database.read() as db:
        seen = db.execute("SELECT value FROM facts WHERE name = ?", [_RULES]).fetchone() or (0,)
        ids = dict(db.execute("SELECT rowid, id FROM articles WHERE rowid > ?", seen).fetchall())
    return Arrivals(ids, max(ids, default=seen[0]))


def mark_seen(database: Database, last: int) -> None:
    """Note that rules have seen the articles up to the row id ``last``. Raises StorageError."""
    with database.write() as db:
        db.execute(_NOTE.format("1"), [_RULES, last])


def begin(db: sqlite3.Connection, last: int) -> None:
    """Note that the folder was read completely for the first time: only what comes after ``last`` is new."""
    db.execute(_NOTE.format("1"), [_LEFT, last])


def left_at(database: Database) -> int | None:
    """Return the highest row id when the user last left the folder; None if that is not known. Raises StorageError."""
    return next((last for (last,) in database.select("SELECT value FROM facts WHERE name = ?", [_LEFT])), None)


def leave(database: Database, last: int) -> None:
    """Note that the user leaves the folder, of which articles up to the row id ``last`` are listed.

    Of a folder that was never read completely, nothing is noted. Raises StorageError.
    """
    with database.write() as db:
        db.execute(_NOTE.format("(SELECT value FROM facts WHERE name = 'complete')"), [_LEFT, last])
