"""Which articles have arrived since rules last ran on the index."""

from __future__ import annotations

from typing import NamedTuple

from reader.storage.sqlite.database import Database

_FACT = "rules_below"


class Arrivals(NamedTuple):
    """The articles that rules have not seen."""

    ids: dict[int, int]
    """Their ids (see :func:`reader.core.marks.id_to_int`) by row id."""
    last: int
    """The highest row id of all articles."""


def load(database: Database) -> Arrivals:
    """Return what has arrived. Raises StorageError."""
    with database.read() as db:
        seen = db.execute("SELECT value FROM facts WHERE name = ?", [_FACT]).fetchone() or (0,)
        ids = dict(db.execute("SELECT rowid, id FROM articles WHERE rowid > ?", seen).fetchall())
    return Arrivals(ids, max(ids, default=seen[0]))


def mark_seen(database: Database, last: int) -> None:
    """Note that rules have seen the articles up to the row id ``last``. Raises StorageError."""
    with database.write() as db:
        db.execute(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
            [_FACT, last],
        )
