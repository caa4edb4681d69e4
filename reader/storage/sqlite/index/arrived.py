"""Which articles have arrived since rules last ran on the index, and since the user last left the folder.

Row ids grow with each document that comes into the folder, and are never used again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from reader.core.ordering import Sort
from reader.storage.sqlite.database import Database

if TYPE_CHECKING:
    from reader.storage.sqlite.index.folder_index import Index

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


class LastVisit:
    """When the user last left the folder. Methods may be called in any thread and raise StorageError."""

    def __init__(self, index: Callable[[], Index]) -> None:
        """``index`` returns the current index, which may be replaced."""
        self._index = index
        self._known: tuple[Index, int] | None = None

    def left_at(self) -> int | None:
        """Return the highest row id at that time; None if it is not known.

        What was known first counts, although another window may be closed meanwhile.
        """
        index = self._index()
        if self._known is None or self._known[0] is not index:
            found = index.database.select("SELECT value FROM facts WHERE name = ?", [_LEFT])
            if not found:
                return None
            self._known = index, found[0][0]
        return self._known[1]

    def end(self) -> None:
        """Note that the user leaves the folder now: what is listed is not new the next time.

        Of a folder that was never read completely, nothing is noted.
        """
        database, last = self._index().database, max(self._index().order(Sort()), default=0)
        if (self.left_at() or 0) < last:
            with database.write() as db:
                db.execute(_NOTE.format("(SELECT value FROM facts WHERE name = 'complete')"), [_LEFT, last])
