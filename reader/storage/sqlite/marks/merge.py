"""Marks of the tables as a whole, and marks from elsewhere merged with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable

from reader.core.marks import Entry, Mark, Marks, Spelling, Thing


def marks_of(entries: Iterable[Entry]) -> Marks:
    """Return what :func:`entries` yields as a whole."""
    marks: dict[tuple[int, str], Mark] = {}
    spellings: dict[str, Spelling] = {}
    things: dict[tuple[str, str], Thing] = {}
    for entry in entries:
        if len(entry) == 2:
            spellings[entry[0]] = entry[1]
        elif len(entry) == 3:
            marks[entry[0], entry[1]] = entry[2]
        else:
            things[entry[0], entry[1]] = Thing(*entry[2:])
    return Marks(marks, spellings, things)


def entries(db: sqlite3.Connection) -> Generator[Entry]:
    """Yield every tag's key with its spelling, in order, then every thing by kind and name, then every mark.

    Those go by the identity as it is written, then by name. It is one look at the file,
    whatever is changed meanwhile. Raises sqlite3.Error.
    """
    begun = not db.in_transaction
    if begun:
        db.execute("BEGIN")
    try:
        for key, shown, at in db.execute("SELECT key, shown, written_at FROM spellings ORDER BY key"):
            yield key, Spelling(at, shown)
        yield from db.execute("SELECT kind, name, changed_at, value FROM kept ORDER BY kind, name")
        for half in (">=", "<"):  # written in hexadecimal, the negative ones come after the others
            query = f"SELECT id, what, changed_at, value FROM marks WHERE id {half} 0 ORDER BY id, what"  # noqa: S608
            for id_, what, at, value in db.execute(query):
                yield id_, what, Mark(at, bool(value))
    finally:
        if begun and db.in_transaction:
            db.execute("ROLLBACK")


def take_in(db: sqlite3.Connection, marks: Marks, token: int, *, later: bool = False) -> tuple[int, bool]:
    """Merge marks with those of the tables, as :meth:`reader.core.marks.Marks.merged` does.

    With ``later``, what is not later stays out, instead of the greater value holding.
    Each that changes gets ``token``. Return how many did, and whether anything has
    changed at all, spellings and things included. Raises sqlite3.Error.
    """
    before = db.total_changes
    db.executemany(
        "INSERT INTO marks (id, what, value, changed_at, token) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT (id, what) DO UPDATE SET "
        "value = excluded.value, changed_at = excluded.changed_at, token = excluded.token "
        "WHERE excluded.changed_at > changed_at "
        "OR NOT ?6 AND excluded.changed_at = changed_at AND excluded.value > value",
        ((id_, what, int(mark.value), mark.at, token, later) for (id_, what), mark in marks.marks.items()),
    )
    taken = db.total_changes - before
    db.executemany(
        "INSERT INTO spellings (key, shown, written_at) VALUES (?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET shown = excluded.shown, written_at = excluded.written_at "
        "WHERE excluded.written_at < written_at OR excluded.written_at = written_at AND excluded.shown < shown",
        ((key, spelling.shown, spelling.at) for key, spelling in marks.spellings.items()),
    )
    db.executemany(
        "INSERT INTO kept (kind, name, value, changed_at, token) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT (kind, name) DO UPDATE SET "
        "value = excluded.value, changed_at = excluded.changed_at, token = excluded.token "
        "WHERE excluded.changed_at > changed_at "
        "OR NOT ?6 AND excluded.changed_at = changed_at AND excluded.value > value",
        ((kind, name, thing.value, thing.at, token, later) for (kind, name), thing in marks.things.items()),
    )
    return taken, db.total_changes > before
