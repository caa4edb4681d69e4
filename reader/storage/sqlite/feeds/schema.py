"""The tables of feeds.db."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
from pathlib import Path

from reader.core.atomic_write import make_private, sync
from reader.core.errors import describe_error
from reader.core.text import show_path
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database, StorageError, open_database, quarantine, remove

_FORMAT = 1
# The column text_length is no longer used; older versions read it.
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
_CHANGES = "CREATE TABLE IF NOT EXISTS change (id TEXT PRIMARY KEY, value TEXT NOT NULL)"
"""Added later; older versions ignore it."""


def open_feeds(path: Path) -> tuple[Database, str]:
    """Return the database at ``path``, and a sentence if it had to be restored. Raises StorageError.

    A file that is missing, empty or damaged is replaced by its backup. What is missing there, documents tell.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(path, sqlite3.OperationalError(describe_error(error))) from error
    with lock.locked(threading.Lock(), path.with_name(f"{path.name}-lock"), lambda: True):
        has_backup = os.path.exists(backup_of(path))
        problem = f"{show_path(path)} was missing" if has_backup and not os.path.exists(path) else ""
        if not problem:
            try:
                return open_database(path, _check if has_backup else _prepare, durable=True), ""
            except StorageError as error:
                if not error.damaged:
                    raise
                try:
                    aside = show_path(os.fsencode(quarantine(path)))
                except OSError:
                    raise error from None
                problem = f"{show_path(path)} was damaged and is now {aside}"
        if restored := _open_backup(path):
            return restored, f"{problem}; its backup is used, and the documents say what is newer."
        return open_database(path, _prepare, durable=True), f"{problem}. The documents say what was known."


def backup_of(path: Path) -> Path:
    """Return the path of the backup of the database at ``path``."""
    return path.with_name(f"{path.name}-backup")


def back_up(database: Database, path: Path) -> None:
    """Replace the backup of the database at ``path``. Raises StorageError and OSError."""
    part = path.with_name(f"{path.name}-part")
    remove(part)
    with database.dedicated_connection() as db:
        db.execute("VACUUM INTO ?", (os.fspath(part),))
    make_private(part)
    sync(part)
    part.replace(backup_of(path))
    sync(path.parent)


def _open_backup(path: Path) -> Database | None:
    """Return a database made of the backup of that at ``path``, which is gone; None if there is none that is intact."""
    part = path.with_name(f"{path.name}-part")
    with contextlib.suppress(OSError, StorageError):
        remove(part)
        shutil.copyfile(backup_of(path), part)
        open_database(part, _check, durable=True).close()
        remove(path)  # its journals
        part.replace(path)
        sync(path.parent)
        return open_database(path, _prepare, durable=True)
    return None


def _check(database: Database) -> None:
    """Bring a file up to date that was written before. Raises StorageError, with ``damaged`` set if it is empty."""
    if not database.select("SELECT 1 FROM sqlite_master LIMIT 1"):
        raise StorageError(database.path, sqlite3.DatabaseError("it is empty"), damaged=True)
    _prepare(database)


def _prepare(database: Database) -> None:
    with database.write() as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            if db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                raise StorageError(database.path, sqlite3.DatabaseError("it belongs to another program"))
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_FORMAT}")
        elif version > _FORMAT:
            raise StorageError(database.path, sqlite3.DatabaseError("it was written by a newer newsreader"))
        db.execute(_CHANGES)
    with database.read() as db:
        (problem,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if problem != "ok":
            raise StorageError(database.path, sqlite3.DatabaseError("it is damaged"), damaged=True)
