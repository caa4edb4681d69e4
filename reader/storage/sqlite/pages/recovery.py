"""Recovery of a page file that is damaged or has another format.

The readable pages of a damaged file are copied to a new file, which replaces it only when it
is complete. Nothing is lost if the program is killed in between.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import Any

from reader.core.atomic_write import sync
from reader.core.text import format_count, show_path
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database, StorageError, delete_quarantined, file_identity, quarantine, remove
from reader.storage.sqlite.pages.schema import PageRow, is_ours, open_page_file, page_of, put

log = logging.getLogger(__name__)


def lock_path(path: Path) -> Path:
    """Return the lock file of the page file at ``path``, held to checkpoint or recover it."""
    return path.with_name(path.name + ".lock")


def open_or_recover(path: Path, *, locked: bool = False) -> tuple[Database, str]:
    """Return the page file with its tables, and a notice of any recovery. Raises StorageError and OSError.

    ``locked`` means that the caller holds the lock of the file.
    """
    if not path.is_dir() and not _was_interrupted(path):
        try:
            return open_page_file(path), ""
        except StorageError as error:
            if not error.damaged:
                raise
            log.warning("%s It is set aside and rebuilt.", error.message)
    if locked:
        return _recover(path)
    before = file_identity(path)
    with lock.locked(threading.Lock(), lock_path(path), lambda: True):
        if file_identity(path) != before:  # another process was faster
            return open_page_file(path), ""
        return _recover(path)


def _recover(path: Path) -> tuple[Database, str]:
    if not _was_interrupted(path):
        return rebuild(path)
    database = _replace_with_copy(path)
    return database, "The page cache was damaged; the pages that could be saved are back."


def rebuild(path: Path) -> tuple[Database, str]:
    """Set an unusable file aside and return a new one, with the pages that could be read, and a notice.

    The caller holds the lock of the file. Raises StorageError and OSError, and leaves the file
    in its place then.
    """
    remove_leftovers(path)
    if _is_foreign(path):
        aside, database = quarantine(path), open_page_file(path)
        cause = "was written by another version of newsreader, or another program,"
        saved = 0
    else:
        copied = _copy_readable(path)
        aside = quarantine(path)
        database = _replace_with_copy(path)
        # Programs that have not noticed the damage may have stored more pages in the meantime.
        saved = len(copied | _copy_pages(aside, database, copied))
        cause = "was damaged,"
    delete_quarantined(path, aside)
    rest = f"{format_count(saved, 'page')} could be saved." if saved else "Its pages can be fetched again."
    return database, f"The page cache {cause} and is set aside as {show_path(aside)}. {rest}"


def _copy_readable(path: Path) -> Set[int]:
    """Copy all readable pages to a new file, whose final name means that it is complete; return their ids."""
    target = _partial_copy(path)
    try:
        with contextlib.closing(open_page_file(target)) as database:
            copied = _copy_pages(path, database, frozenset())
            database.checkpoint(truncate=True)
        sync(target)
        target.rename(_complete_copy(path))
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one to report
            remove_leftovers(path)
        raise
    sync(path.parent)
    return copied


def _copy_pages(path: Path, database: Database, known: Set[int]) -> Set[int]:
    """Copy every intact page of a damaged file, except ``known`` ones, to ``database``; return their ids."""
    copied = set()
    for row in _intact_rows(path, known):
        with database.write() as db:
            put(db, row)
        database.checkpoint()
        copied.add(row.id)
    return copied


def _replace_with_copy(path: Path) -> Database:
    """Rename the complete copy to ``path``, from where the damaged file has been moved away, and open it."""
    for suffix in ("-wal", "-shm"):  # left by the damaged file; SQLite would apply them to the copy
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    _complete_copy(path).rename(path)
    return open_page_file(path)


def _was_interrupted(path: Path) -> bool:
    """Return whether a process died after it set the file aside and before it put the copy in its place."""
    return not path.exists() and _complete_copy(path).exists()


def _partial_copy(path: Path) -> Path:
    return path.with_name(f"{path.name}.rescuing")


def _complete_copy(path: Path) -> Path:
    return path.with_name(f"{path.name}.rescued")


def remove_leftovers(path: Path) -> None:
    """Remove the copies that an interrupted recovery left, if the file itself exists. Raises OSError."""
    if not path.exists():
        return
    remove(_partial_copy(path))
    remove(_complete_copy(path))


def _is_foreign(path: Path) -> bool:
    """Return whether the file is undamaged but of another format or program, or is not a regular file."""
    if not path.is_file():
        return True
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            return not is_ours(db)
    except sqlite3.Error:
        return False


def _intact_rows(path: Path, known: Set[int]) -> Iterator[PageRow]:
    """Yield every intact page of a damaged file, except ``known`` ones."""
    if not path.is_file():
        return
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA trusted_schema=OFF")
            if not is_ours(db):
                return
            ids = dict.fromkeys(id_ for query in _ID_QUERIES for id_ in _ids_until_damage(db, query))
            for id_ in ids.keys() - known:
                row = _intact_row(db, id_)
                if row is not None:
                    yield row
    except (sqlite3.Error, UnicodeDecodeError) as error:
        log.warning("%s cannot be read any further", show_path(path), exc_info=error)


_ID_QUERIES = (
    "SELECT id FROM texts ORDER BY id",
    "SELECT id FROM texts ORDER BY id DESC",
    "SELECT id FROM pages ORDER BY id",
    "SELECT id FROM pages ORDER BY id DESC",
)
"""Read in both directions, since a query stops at the first damaged place."""


def _ids_until_damage(db: sqlite3.Connection, query: str) -> Iterator[int]:
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        yield from (id_ for (id_,) in db.execute(query) if isinstance(id_, int))


def _intact_row(db: sqlite3.Connection, id_: int) -> PageRow | None:
    query = "SELECT id, fetched_at, checked_at, bytes, facts, blocks, body FROM pages JOIN texts USING (id)"
    try:
        found: Sequence[Any] | None = db.execute(f"{query} WHERE id = ?", [id_]).fetchone()
        if found is None:
            return None
        row = PageRow(*found)
        page_of("0" * 16, row.fetched_at, row.checked_at, row.facts, row.text)
        zlib.decompress(row.body)
    except (sqlite3.Error, zlib.error, ValueError, KeyError, TypeError, OverflowError):
        return None
    return row
