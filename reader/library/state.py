"""The person's marks: never derived from anything, never lost.

A mark belongs to the article's identity (:func:`reader.urls.article_id`), so it
survives moving, renaming and downloading the document anew. A mark is on disk when
the call returns (WAL with synchronous=FULL).
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from reader.errors import ReaderError, reason
from reader.library.database import Database, StorageError, prepared, set_aside
from reader.text import show_path

log = logging.getLogger(__name__)

VERSION = 1
_NOT_KEPT = "Marks are not kept in this run."
_APPLICATION_ID = 0x6E657753  # "newS": tells our file from another program's
_SCHEMA = """
CREATE TABLE marks (id INTEGER PRIMARY KEY, read INTEGER NOT NULL, changed_at INTEGER NOT NULL);
CREATE TABLE session (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


_CHANGES = "marks-changes"


class Marked(NamedTuple):
    """What came of marking."""

    changed: set[int]
    """The numbers of the articles that were not so before; never marked is unread."""
    version: int
    """See :meth:`State.version`."""


def number(article_id: str) -> int:
    """Return an article's identity as the signed 64-bit number that the tables hold."""
    return int.from_bytes(bytes.fromhex(article_id), "big", signed=True)


class State:
    """The marks of one person. Use :meth:`open`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> tuple[State, str]:
        """Return the state kept at ``path`` and, when something had to be done about it, a sentence that says what.

        A damaged file is set aside, never deleted. Where nothing can be kept (newer
        version, no permission, disk full), the state lives in memory for this run.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(_ready(path)), ""
        except StorageError as error:
            log.warning("state file %s", show_path(path), exc_info=error)
            if not error.damaged:
                return cls.in_memory(), f"{error.message} {_NOT_KEPT}"
        except ReaderError as error:
            return cls.in_memory(), str(error)
        except OSError as error:
            return cls.in_memory(), f"{show_path(path)} cannot be used: {reason(error)}. {_NOT_KEPT}"
        try:
            aside = set_aside(path)
            state = cls(_ready(path))
            saved = state.take_in(_salvage(aside))
            return (
                state,
                f"The file of marks was damaged. It was set aside as {show_path(aside)}; marks saved: {saved:,}.",
            )
        except (OSError, ReaderError) as error:
            log.warning("state file %s", show_path(path), exc_info=error)
            return cls.in_memory(), f"{show_path(path)} is damaged and cannot be moved. {_NOT_KEPT}"

    @classmethod
    def in_memory(cls) -> State:
        """Return a state that ends with the program."""
        return cls(prepared(None, _prepare, durable=False))

    def mark_read(self, ids: Iterable[str], *, read: bool) -> Marked:
        """Mark articles read or unread, all or none of them; on disk when this returns. Raises StorageError."""
        now = time.time_ns() // 1_000_000
        keys = [number(id_) for id_ in ids]
        with self._database.write() as db:
            before = _read_among(db, keys)
            db.executemany(
                "INSERT INTO marks (id, read, changed_at) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET read = excluded.read, changed_at = excluded.changed_at "
                "WHERE read <> excluded.read",
                [(key, int(read), now) for key in keys],
            )
            return Marked({key for key in keys if (key in before) != read}, _count_change(db))

    def version(self) -> int:
        """Return a number that rises with every change of marks, whoever makes it. Raises StorageError."""
        with self._database.read() as db:
            return _version(db)

    def carry(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Give the marks of each first identity to the second as well, unless it has its own. Raises StorageError."""
        with self._database.write() as db:
            db.executemany(
                "INSERT OR IGNORE INTO marks (id, read, changed_at) "
                "SELECT ?2, read, changed_at FROM marks WHERE id = ?1",
                list(pairs),
            )
            _count_change(db)

    def take_in(self, marks: Mapping[int, tuple[int, int]]) -> int:
        """Keep marks as they were read from another file, and return how many. Raises StorageError."""
        with self._database.write() as db:
            query = "INSERT OR REPLACE INTO marks (id, read, changed_at) VALUES (?, ?, ?)"
            db.executemany(query, [(key, read, changed) for key, (read, changed) in marks.items()])
            _count_change(db)
        return len(marks)

    def read_among(self, ids: Iterable[str]) -> frozenset[str]:
        """Return which of ``ids`` are marked read. Raises StorageError."""
        wanted = {number(id_): id_ for id_ in ids}
        with self._database.read() as db:
            return frozenset(wanted[key] for key in _read_among(db, wanted))

    def all_read(self) -> list[int]:
        """Return the numbers (see :func:`number`) of every article marked read. Raises StorageError."""
        with self._database.read() as db:
            return [key for (key,) in db.execute("SELECT id FROM marks WHERE read")]

    def remember(self, name: str, value: str) -> None:
        """Keep a small fact about the session, such as the last folder. Raises StorageError."""
        with self._database.write() as db:
            db.execute("INSERT OR REPLACE INTO session (name, value) VALUES (?, ?)", [name, value])

    def recall(self, name: str) -> str | None:
        """Return what :meth:`remember` kept, or None. Raises StorageError."""
        with self._database.read() as db:
            row = db.execute("SELECT value FROM session WHERE name = ?", [name]).fetchone()
            return None if row is None else str(row[0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _read_among(db: sqlite3.Connection, keys: Iterable[int]) -> set[int]:
    query = "SELECT id FROM marks WHERE read AND id IN (SELECT value FROM json_each(?))"
    return {key for (key,) in db.execute(query, [json.dumps([*keys])])}


def _version(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT value FROM session WHERE name = ?", [_CHANGES]).fetchone()
    return 0 if row is None else int(row[0])


def _count_change(db: sqlite3.Connection) -> int:
    version = _version(db) + 1
    db.execute("INSERT OR REPLACE INTO session (name, value) VALUES (?, ?)", [_CHANGES, str(version)])
    return version


def _ready(path: Path) -> Database:
    if path.exists() and path.stat().st_size:
        _inspect(path)
    # Made by SQLite it, and the journal after it, would have the common permissions; what one reads is one's own
    # business.
    path.touch(mode=0o600)
    path.chmod(0o600)
    return prepared(path, _prepare, durable=True)


def _inspect(path: Path) -> None:
    """Refuse a file of a newer version or of another program, without changing a byte of it.

    Raises ReaderError, of which StorageError says whether the file is damaged.
    """
    if not path.with_name(path.name + "-wal").exists():
        # No journal: nobody has it open. Read as a file that does not change, it gets no journal from us, which a
        # reader without the right to write leaves behind. Damage is another matter: it is looked at twice.
        with contextlib.suppress(StorageError):
            _judge(path, "immutable=1")
            return
    _judge(path, "mode=ro")


def _judge(path: Path, how: str) -> None:
    db: sqlite3.Connection | None = None
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)
        db.execute("BEGIN")  # one look at the file, not one with and one without what another instance writes
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (owner,) = db.execute("PRAGMA application_id").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and owner != _APPLICATION_ID:
            raise ReaderError(
                f"{show_path(path)} belongs to another program.",
                "It is left as it is, and marks are not kept in this run. Set NEWSREADER_DATA_DIR to another folder.",
            )
        if version > VERSION:
            raise ReaderError(
                f"The file of marks was written by a newer newsreader (format {version}, this one knows {VERSION}).",
                "It is left as it is, and marks are not kept in this run. Update newsreader to use it.",
            )
        if tables:
            db.execute("SELECT id, read, changed_at FROM marks LIMIT 1").fetchone()
            if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("database disk image is malformed")
    except sqlite3.Error as error:
        # A file with our mark whose tables cannot be read is damaged, whatever SQLite calls it.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # ours, above, has none
        raise StorageError(path, error, damaged=code in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT}) from error
    finally:
        if db is not None:
            db.close()


def _salvage(path: Path) -> dict[int, tuple[int, int]]:
    """Return the marks of a damaged file that can still be read, from its beginning and from its end."""
    found: dict[int, tuple[int, int]] = {}
    for order in ("ASC", "DESC"):
        with (
            contextlib.suppress(sqlite3.Error),
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db,
        ):
            for row in db.execute(f"SELECT id, read, changed_at FROM marks ORDER BY id {order}"):  # noqa: S608 - constants
                if all(isinstance(value, int) for value in row):
                    found[row[0]] = (int(bool(row[1])), row[2])
    return found


def _prepare(database: Database) -> None:
    """Create the tables of an empty file."""
    with database.write() as db:
        if db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            return
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={VERSION}")
