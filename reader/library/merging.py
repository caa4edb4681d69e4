"""Marks of the tables as a whole, and marks from elsewhere merged with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable

from reader.library.marks import Entry, Mark, Marks, Spelling


def marks_of(entries: Iterable[Entry]) -> Marks:
    """Return what :func:`entries` yields as a whole."""
    marks: dict[tuple[int, str], Mark] = {}
    spellings: dict[str, Spelling] = {}
    for entry in entries:
        if len(entry) == 2:
            spellings[entry[0]] = entry[1]
        else:
            marks[entry[0], entry[1]] = entry[2]
    return Marks(marks, spellings)


def entries(db: sqlite3.Connection) -> Generator[Entry]:
    """Yield every tag's key with its spelling, in order, then number, name and mark of every mark.

    Those go by the identity as it is written, then by name. It is one look at the file,
    whatever is changed meanwhile. Raises sqlite3.Error.
    """
    begun = not db.in_transaction
    if begun:
        db.execute("BEGIN")
    try:
        for key, shown, at in db.execute("SELECT key, shown, written_at FROM spellings ORDER BY key"):
            yield key, Spelling(at, shown)
        for half in (">=", "<"):  # written in hexadecimal, the negative ones come after the others
            query = f"SELECT id, what, changed_at, value FROM marks WHERE id {half} 0 ORDER BY id, what"  # noqa: S608
            for id_, what, at, value in db.execute(query):
                yield id_, what, Mark(at, bool(value))
    finally:
        if begun and db.in_transaction:
            db.execute("ROLLBACK")


def take_in(db: sqlite3.Connection, marks: Marks, token: int) -> tuple[int, bool]:
    """Merge marks with those of the tables, as :meth:`reader.library.marks.Marks.merged` does.

    Each that changes gets ``token``. Return how many did, and whether anything has
    changed at all, spellings included. Raises sqlite3.Error.
    """
    before = db.total_changes
    db.executemany(
        "INSERT INTO marks (id, what, value, changed_at, token) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id, what) DO UPDATE SET "
        "value = excluded.value, changed_at = excluded.changed_at, token = excluded.token "
        "WHERE excluded.changed_at > changed_at OR excluded.changed_at = changed_at AND excluded.value > value",
        ((id_, what, int(mark.value), mark.at, token) for (id_, what), mark in marks.marks.items()),
    )
    taken = db.total_changes - before
    db.executemany(
        "INSERT INTO spellings (key, shown, written_at) VALUES (?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET shown = excluded.shown, written_at = excluded.written_at "
        "WHERE excluded.written_at < written_at OR excluded.written_at = written_at AND excluded.shown < shown",
        ((key, spelling.shown, spelling.at) for key, spelling in marks.spellings.items()),
    )
    return taken, db.total_changes > before
