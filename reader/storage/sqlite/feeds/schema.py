"""The tables of feeds.db."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from pathlib import Path

from reader.core.errors import describe_error
from reader.core.text import show_path
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database, StorageError, open_database, quarantine

_FORMAT = 1
_TABLES = """
CREATE TABLE feed (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    feed INTEGER NOT NULL REFERENCES feed(id),
    path TEXT NOT NULL,
    keys TEXT NOT NULL,
    title TEXT NOT NULL,
    published INTEGER,
    first_seen INTEGER NOT NULL,
    text_hash BLOB,
    text_length INTEGER NOT NULL,
    document_hash BLOB,
    UNIQUE (feed, path)
);
CREATE TABLE host (name TEXT PRIMARY KEY, paused_until REAL NOT NULL);
CREATE TABLE folder (path TEXT PRIMARY KEY);
"""


def open_feeds(path: Path) -> tuple[Database, str]:
    """Return the database at ``path``, and a sentence if a damaged one had to be set aside. Raises StorageError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(path, sqlite3.OperationalError(describe_error(error))) from error
    with lock.locked(threading.Lock(), path.with_name(f"{path.name}-lock"), lambda: True):
        try:
            return open_database(path, _prepare, durable=True), ""
        except StorageError as error:
            if not error.damaged:
                raise
            with contextlib.suppress(OSError):
                aside = show_path(os.fsencode(quarantine(path)))
                notice = f"{show_path(path)} was damaged and is now {aside}. The documents say what was known."
                return open_database(path, _prepare, durable=True), notice
            raise


def _prepare(database: Database) -> None:
    with database.write() as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_FORMAT}")
        elif version > _FORMAT:
            raise StorageError(database.path, sqlite3.DatabaseError("it was written by a newer newsreader"))
    with database.read() as db:
        (problem,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if problem != "ok":
            raise StorageError(database.path, sqlite3.DatabaseError("it is damaged"), damaged=True)
