"""What to do when the file of fetched pages is damaged, or of another format.

What can be read of a damaged one goes into a file beside it, which takes its place only
when it is whole: whoever ends the program meanwhile loses nothing.
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
from reader.storage.sqlite.database import Database, StorageError, file_identity, open_database, quarantine
from reader.storage.sqlite.pages.schema import PageRow, is_ours, page_of, prepare, put

log = logging.getLogger(__name__)


def open_or_recover(path: Path, *, locked: bool = False) -> tuple[Database, str]:
    """Return the file with its tables made, and what had to be done about it. Raises StorageError, OSError.

    ``locked`` says that the caller holds the lock of the file.
    """
    if not path.is_dir() and not _was_interrupted(path):
        try:
            return open_database(path, prepare, durable=False), ""
        except StorageError as error:
            if not error.damaged:
                raise
            log.warning("%s It is set aside, and made anew.", error.message)
    if locked:
        return _mended(path)
    before = file_identity(path)
    with lock.locked(threading.Lock(), path.with_name(path.name + ".lock"), lambda: True):
        if file_identity(path) != before:  # another process was quicker
            return open_database(path, prepare, durable=False), ""
        return _mended(path)


def _mended(path: Path) -> tuple[Database, str]:
    if not _was_interrupted(path):
        return rebuild(path)
    database = _put_in_place(path)
    return database, "The file of fetched pages was damaged; what could be saved of it is here again."


def rebuild(path: Path) -> tuple[Database, str]:
    """Set a file that cannot be used aside, and return another, with what can be read of one of ours.

    And what was done, in sentences. For whoever holds the lock of the file. Raises
    StorageError and OSError, and then the file is where it was.
    """
    remove_leftovers(path)
    if _is_strange(path):
        aside, database = quarantine(path), open_database(path, prepare, durable=False)
        what = "was written by another version of newsreader, or another program,"
        saved = 0
    else:
        known = _save(path)
        aside = quarantine(path)
        database = _put_in_place(path)
        # What others, to whom it did not seem damaged, have kept meanwhile.
        saved = len(known | _take_over(aside, database, known))
        what = "was damaged,"
    for former in quarantined_files(path):
        if not former.name.startswith(aside.name):
            former.unlink(missing_ok=True)
    rest = f"{format_count(saved, 'page')} could be saved." if saved else "What was in it can be fetched again."
    return database, f"The file of fetched pages {what} and is set aside as {show_path(aside)}. {rest}"


def _save(path: Path) -> Set[int]:
    """Have all that can be read in a file beside it, whose name says that it is whole, and return which pages."""
    target = _rescuing(path)
    try:
        database = open_database(target, prepare, durable=False)
        try:
            saved = _take_over(path, database, frozenset())
            database.checkpoint(truncate=True)
        finally:
            database.close()
        sync(target)
        target.rename(_rescued(path))
    except BaseException:
        with contextlib.suppress(OSError):  # why it failed is the news
            remove_leftovers(path)
        raise
    sync(path.parent)
    return saved


def _take_over(path: Path, database: Database, known: Set[int]) -> Set[int]:
    """Put every page of a damaged file that is whole into another, but those that are known; return which."""
    saved = set()
    for row in _readable(path, known):
        with database.write() as db:
            put(db, row)
        database.checkpoint()
        saved.add(row.id)
    return saved


def _put_in_place(path: Path) -> Database:
    """Give the file that was saved the name of the damaged one, which is gone from there."""
    for tail in ("-wal", "-shm"):  # of the former: SQLite would take them for this one's
        path.with_name(path.name + tail).unlink(missing_ok=True)
    _rescued(path).rename(path)
    return open_database(path, prepare, durable=False)


def _was_interrupted(path: Path) -> bool:
    """Return whether somebody was ended between setting the former aside and putting the other in its place."""
    return not path.exists() and _rescued(path).exists()


def _rescuing(path: Path) -> Path:
    return path.with_name(f"{path.name}.rescuing")


def _rescued(path: Path) -> Path:
    return path.with_name(f"{path.name}.rescued")


def remove_leftovers(path: Path) -> None:
    """Remove what a rescue that was interrupted has left, where the file itself is there. Raises OSError."""
    if not path.exists():
        return
    for each in (_rescuing(path), _rescued(path)):
        for tail in ("", "-wal", "-shm"):
            each.with_name(each.name + tail).unlink(missing_ok=True)


def _is_strange(path: Path) -> bool:
    """Return whether it is a sound file of another format, or none at all."""
    if not path.is_file():
        return True
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            return not is_ours(db)
    except sqlite3.Error:
        return False


def _readable(path: Path, known: Set[int]) -> Iterator[PageRow]:
    """Yield every page of a damaged file that is whole, but those that are known."""
    if not path.is_file():
        return
    db: sqlite3.Connection | None = None
    try:
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA trusted_schema=OFF")
        if not is_ours(db):
            return
        ids = dict.fromkeys(id_ for query in _EVERY_ID for id_ in _until_damage(db, query))
        for id_ in ids.keys() - known:
            row = _whole_row(db, id_)
            if row is not None:
                yield row
    except (sqlite3.Error, UnicodeDecodeError) as error:
        log.warning("%s cannot be read any further", show_path(path), exc_info=error)
    finally:
        if db is not None:
            db.close()


_EVERY_ID = (
    "SELECT id FROM texts ORDER BY id",
    "SELECT id FROM texts ORDER BY id DESC",
    "SELECT id FROM pages ORDER BY id",
    "SELECT id FROM pages ORDER BY id DESC",
)
"""From both ends: what is damaged in the middle hides what is behind it."""


def _until_damage(db: sqlite3.Connection, query: str) -> Iterator[int]:
    try:
        for (id_,) in db.execute(query):
            if isinstance(id_, int):
                yield id_
    except (sqlite3.Error, UnicodeDecodeError):
        return


def _whole_row(db: sqlite3.Connection, id_: int) -> PageRow | None:
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


def quarantined_files(path: Path | None) -> list[Path]:
    """Return files that were set aside as damaged."""
    return [] if path is None else [each for each in path.parent.glob(f"{path.name}.damaged-*") if each.is_file()]
