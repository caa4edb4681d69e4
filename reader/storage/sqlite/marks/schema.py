"""The tables of the file of marks: making them, bringing older ones up to date, and looking before touching."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from reader.core.errors import ReaderError
from reader.core.marks import LATEST
from reader.core.text import show_path
from reader.storage.sqlite.database import Database, StorageError, malformed
from reader.storage.sqlite.marks import positions

VERSION = 3
"""Raised with every change of the tables."""
_WITH_TAGS = 2
"""The first version whose marks are of more kinds than one, and have a history."""
CHANGES = "marks-changes"
"""The name in ``session`` of the number that rises with every change of marks."""
_APPLICATION_ID = 0x6E657753  # "newS": tells our file from another program's
_SESSION = "CREATE TABLE session (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
# A mark that was never made has no row; one that was taken back has one, with its time. `token` is the change that
# made it what it is (see undo.py). What a mark is called stands in every row, in words, so that what
# can still be read of a damaged file means something by itself. Likewise `kept` (see named_items.py), of which
# an empty value is one that was deleted. The rest is the way back (see undo.py).
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
_SECOND = (
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
    2: _SECOND,
    positions.SINCE: (*_SECOND, *positions.COLUMNS),
}


class NotForUsError(ReaderError):
    """A file that is to be left alone: another program's, or a newer version's."""


def prepare(database: Database) -> None:
    """Create the tables of an empty file, or bring older ones up to date, all or nothing. Raises StorageError."""
    with database.read() as db:
        if version_of(db) == VERSION:
            return
    with database.write() as db:
        version = version_of(db)
        if version == VERSION:  # another instance was quicker
            return
        if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            db.execute(_SESSION)
            _make_marks(db)
            db.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        elif version < _WITH_TAGS:
            _from_first(db)
        positions.make(db)
        db.execute(f"PRAGMA user_version={VERSION}")


def _make_marks(db: sqlite3.Connection) -> None:
    for statement in _MARKS.split(";"):
        db.execute(statement)


def _from_first(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE marks RENAME TO former_marks")
    _make_marks(db)
    db.execute(
        "INSERT INTO marks (id, what, value, changed_at, token) "
        "SELECT id, 'read', read <> 0, max(0, min(CAST(changed_at AS INTEGER), ?)), 0 FROM former_marks",
        [LATEST],
    )
    db.execute("DROP TABLE former_marks")


def version_of(db: sqlite3.Connection) -> int:
    """Return the version of the tables; 0 when there are none."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def changes_of(db: sqlite3.Connection) -> int:
    """Return the number that rises with every change of marks."""
    row = db.execute("SELECT value FROM session WHERE name = ?", [CHANGES]).fetchone()
    return 0 if row is None else int(row[0])


def set_changes(db: sqlite3.Connection, number: int) -> None:
    """Write down the number that rises with every change of marks."""
    db.execute("INSERT OR REPLACE INTO session (name, value) VALUES (?, ?)", [CHANGES, str(number)])


def reading(path: Path) -> sqlite3.Connection:
    """Return a connection for looking at a file, which leaves no trace beside it. Raises sqlite3.Error."""
    # Without a journal nobody has it open. Read as a file that does not change, it gets no journal from us, which a
    # reader without the right to write leaves behind.
    how = "mode=ro" if path.with_name(path.name + "-wal").exists() else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)


def inspect(path: Path) -> int:
    """Return the version of a file, 0 for an empty one, without changing a byte of it.

    Raises NotForUsError for a file of a newer version or of another program, and
    StorageError, which says whether it is damaged, for one that cannot be read.
    """
    if not path.with_name(path.name + "-wal").exists():
        # Damage is looked at twice: another may just have begun to write.
        with contextlib.suppress(StorageError):
            return _judge(path)
    return _judge(path)


def _judge(path: Path) -> int:
    db: sqlite3.Connection | None = None
    try:
        db = reading(path)
        db.execute("BEGIN")  # one look at the file, not one with and one without what another instance writes
        version = version_of(db)
        (owner,) = db.execute("PRAGMA application_id").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and owner != _APPLICATION_ID:
            raise NotForUsError(
                f"{show_path(path)} belongs to another program.",
                "It is left as it is, and marks are not kept in this run. Set NEWSREADER_DATA_DIR to another folder.",
            )
        if version > VERSION:
            raise newer(version)
        if tables:
            for columns in _COLUMNS[version or VERSION]:
                db.execute(f"SELECT {columns} LIMIT 1").fetchone()
            if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise malformed()
    except UnicodeDecodeError as error:  # of SQLite's own words, which quote what is damaged
        raise StorageError(path, malformed(), damaged=True) from error
    except sqlite3.Error as error:
        # A file with our mark whose tables cannot be read is damaged, whatever SQLite calls it.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # ours, above, has none
        raise StorageError(path, error, damaged=code in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT}) from error
    finally:
        if db is not None:
            db.close()
    return version if tables else 0


def newer(version: int) -> NotForUsError:
    """Return what to say of a file that only a newer version understands."""
    return NotForUsError(
        f"The file of marks was written by a newer newsreader (format {version}, this one knows {VERSION}).",
        "It is left as it is, and marks are not kept in this run. Update newsreader to use it.",
    )
