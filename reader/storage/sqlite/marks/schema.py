"""Tables of the marks file: creating and upgrading them, and inspecting a file before anything is changed."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from reader.core.errors import ReaderError
from reader.core.marks import LATEST
from reader.core.text import show_path
from reader.storage.sqlite.database import Database, StorageError, corruption_error

FORMAT = 3
"""The version of the tables, raised whenever they change."""
_FORMAT_WITH_TAGS = 2
"""The first format with marks other than "read", and with a history of changes."""
FORMAT_WITH_POSITIONS = 3
"""The first format with reading positions and list positions."""
VERSION_SETTING = "marks-changes"
"""The name in ``session`` of the mark version, which rises with every change of marks."""
_APPLICATION_ID = 0x6E657753  # "newS": distinguishes this file from other programs' files
_SESSION = "CREATE TABLE session (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
# A mark that was never set has no row; a cleared mark keeps its row, with the time. `token` is the change that gave
# the mark its value (see undo.py). Each row spells out the name of its mark, so that a row salvaged from a damaged file
# is meaningful by itself. The same holds for `kept`, the named items (see named_items.py), where an empty value
# means "deleted". The remaining tables are the undo history (see undo.py), where `told` is what a step did and, on a
# second line, the name of the folder that was open.
_MARKS = """
CREATE TABLE marks (
    id INTEGER NOT NULL, what TEXT NOT NULL, value INTEGER NOT NULL, changed_at INTEGER NOT NULL,
    token INTEGER NOT NULL, PRIMARY KEY (id, what)
) WITHOUT ROWID;
CREATE TABLE spellings (key TEXT PRIMARY KEY, shown TEXT NOT NULL, written_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE kept (
    kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, changed_at INTEGER NOT NULL, token INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE steps (
    number INTEGER PRIMARY KEY, told TEXT NOT NULL, undone INTEGER NOT NULL, turn INTEGER NOT NULL,
    size INTEGER NOT NULL
);
CREATE TABLE runs (number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, ids BLOB NOT NULL);
CREATE TABLE changes (
    step INTEGER NOT NULL, what TEXT NOT NULL, value INTEGER NOT NULL, size INTEGER NOT NULL, run INTEGER NOT NULL,
    formers BLOB NOT NULL, UNIQUE (step, what)
);
CREATE TABLE kept_changes (
    step INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
    former INTEGER NOT NULL, PRIMARY KEY (step, kind, name)
) WITHOUT ROWID
"""
_POSITIONS = """
CREATE TABLE positions (id INTEGER PRIMARY KEY, position INTEGER NOT NULL, seen_at INTEGER NOT NULL);
CREATE TABLE places (
    folder TEXT NOT NULL, view TEXT NOT NULL, ids TEXT NOT NULL, at INTEGER NOT NULL, line INTEGER NOT NULL,
    seen_at INTEGER NOT NULL, PRIMARY KEY (folder, view)
) WITHOUT ROWID
"""
_FORMAT_2_COLUMNS = (
    "id, what, value, changed_at, token FROM marks",
    "key, shown, written_at FROM spellings",
    "kind, name, value, changed_at, token FROM kept",
    "number, told, undone, turn, size FROM steps",
    "number, digest, ids FROM runs",
    "step, what, value, size, run, formers FROM changes",
    "step, kind, name, before, after, former FROM kept_changes",
    "name, value FROM session",
)
_COLUMNS = {
    1: ("id, read, changed_at FROM marks", "name, value FROM session"),
    2: _FORMAT_2_COLUMNS,
    3: (
        *_FORMAT_2_COLUMNS,
        "id, position, seen_at FROM positions",
        "folder, view, ids, at, line, seen_at FROM places",
    ),
}
"""What an intact file of each format must be able to answer."""


class Inspection(NamedTuple):
    """What was found in an intact file."""

    format: int = 0
    """0 without tables."""
    has_marks: bool = False
    """Whether there is any mark or named item, cleared ones included: their rows are never deleted."""


class UnsupportedFileError(ReaderError):
    """The file belongs to another program or to a newer version, so it must not be changed."""


def prepare(database: Database) -> None:
    """Create the tables in an empty file or upgrade older ones, in one transaction. Raises StorageError."""
    with database.read() as db:
        if format_of(db) == FORMAT:
            return
    with database.write() as db:
        format_ = format_of(db)
        if format_ == FORMAT:  # another instance was faster
            return
        if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            db.execute(_SESSION)
            _create(db, _MARKS)
            db.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        elif format_ < _FORMAT_WITH_TAGS:
            _upgrade_from_1(db)
        _create(db, _POSITIONS)
        db.execute(f"PRAGMA user_version={FORMAT}")


def _create(db: sqlite3.Connection, tables: str) -> None:
    for statement in tables.split(";"):
        db.execute(statement)


def _upgrade_from_1(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE marks RENAME TO former_marks")
    _create(db, _MARKS)
    db.execute(
        "INSERT INTO marks (id, what, value, changed_at, token) "
        "SELECT id, 'read', read <> 0, max(0, min(CAST(changed_at AS INTEGER), ?)), 0 FROM former_marks",
        [LATEST],
    )
    db.execute("DROP TABLE former_marks")


def format_of(db: sqlite3.Connection) -> int:
    """Return the format of the tables; 0 if there are none."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def setting(db: sqlite3.Connection, name: str) -> str | None:
    """Return a value of ``session``, or None."""
    row = db.execute("SELECT value FROM session WHERE name = ?", [name]).fetchone()
    return None if row is None else str(row[0])


def set_settings(db: sqlite3.Connection, settings: Mapping[str, str]) -> None:
    """Store values in ``session`` by name."""
    db.executemany("INSERT OR REPLACE INTO session (name, value) VALUES (?, ?)", settings.items())


def mark_version(db: sqlite3.Connection) -> int:
    """Return the number that rises with every change of marks."""
    return int(setting(db, VERSION_SETTING) or 0)


def set_mark_version(db: sqlite3.Connection, version: int) -> None:
    """Store the number that rises with every change of marks."""
    set_settings(db, {VERSION_SETTING: str(version)})


def timestamp() -> int:
    """Return the time of a change that is made now, in milliseconds since 1970 (UTC)."""
    return min(max(time.time_ns() // 1_000_000, 0), LATEST)


def open_read_only(path: Path) -> sqlite3.Connection:
    """Return a connection that reads a file and leaves no other file beside it. Raises sqlite3.Error."""
    # Without a journal, no program has the file open. In mode "immutable", SQLite creates no journal either, which a
    # user without write permission could not remove again.
    mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)


def inspect(path: Path) -> Inspection:
    """Return what is in a file, without changing a byte of it.

    Raises UnsupportedFileError for a file of a newer version or another program, and
    StorageError, with ``damaged`` set if applicable, for a file that cannot be read.
    """
    if not path.with_name(path.name + "-wal").exists():
        # Check twice before reporting damage: another instance may just have begun to write.
        with contextlib.suppress(StorageError):
            return _inspect_once(path)
    return _inspect_once(path)


def _inspect_once(path: Path) -> Inspection:
    has_marks = False
    try:
        with contextlib.closing(open_read_only(path)) as db:
            db.execute("BEGIN")  # one snapshot, whatever another instance writes meanwhile
            format_ = format_of(db)
            (owner,) = db.execute("PRAGMA application_id").fetchone()
            (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables and owner != _APPLICATION_ID:
                raise UnsupportedFileError(
                    f"{show_path(path)} belongs to another program.",
                    "It is left as it is, and marks are not saved in this session. "
                    "Set NEWSREADER_DATA_DIR to another folder.",
                )
            if format_ > FORMAT:
                raise newer_format_error(format_)
            if tables:
                for columns in _COLUMNS[format_ or FORMAT]:
                    db.execute(f"SELECT {columns} LIMIT 1").fetchone()
                if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                    raise corruption_error()
                kept = "SELECT 1 FROM kept" if format_ != 1 else "SELECT 1 WHERE false"
                query = f"SELECT EXISTS (SELECT 1 FROM marks) OR EXISTS ({kept})"  # noqa: S608 - constants
                has_marks = bool(db.execute(query).fetchone()[0])
    except UnicodeDecodeError as error:  # SQLite's message quotes damaged bytes
        raise StorageError(path, corruption_error(), damaged=True) from error
    except sqlite3.Error as error:
        # A file with this application id whose tables cannot be read is damaged, whatever SQLite calls it.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # newsreader's own error has no code
        raise StorageError(path, error, damaged=code in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT}) from error
    return Inspection(format_ if tables else 0, has_marks)


def newer_format_error(format_: int) -> UnsupportedFileError:
    """Return the error for a file that only a newer version of newsreader understands."""
    return UnsupportedFileError(
        f"The marks file was written by a newer newsreader (format {format_}, this one supports {FORMAT}).",
        "It is left as it is, and marks are not saved in this session. Update newsreader to use it.",
    )
