"""Backups of the marks file, stored beside it: made by SQLite, verified, and rotated by content.

A plain copy of the file would lack what is still in its journal. A backup has no journal: it is
one file that can be copied anywhere.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import threading
import time
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from reader.core.atomic_write import sync
from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database, StorageError, free_name, remove
from reader.storage.sqlite.marks.schema import inspect, mark_version, open_read_only

BackupKind: TypeAlias = Literal["daily", "before-import", "before-update"]
_MAX_BACKUPS: dict[BackupKind, int | None] = {"daily": 7, "before-import": 3, "before-update": None}
"""Number of backups with marks to keep of each kind, besides the one with the most; None keeps all."""
_NAME = re.compile(r"\.(daily|before-import|before-update)-(\d{8}T\d{6}Z)(?:-\d+)?", re.ASCII)
_STAMP = "%Y%m%dT%H%M%SZ"
_DAY = 86_400.0
_PART = ".part"
_PARTIAL = re.compile(r"(\.part|\.restoring)(-wal|-shm|-journal)?$")
_LOCK_TIMEOUT = 20.0
"""Seconds."""
_threads = threading.Lock()


class Backup(NamedTuple):
    """An existing backup."""

    made_at: datetime
    path: Path
    kind: BackupKind


def exclusive_access(path: Path) -> AbstractContextManager[None]:
    """Lock the file at ``path`` for backing up and repairing it. Raises ReaderError after a timeout."""
    until = time.monotonic() + _LOCK_TIMEOUT
    busy = ReaderError(
        "Another newsreader is repairing or backing up the marks file.",
        f"It did not finish within {_LOCK_TIMEOUT:.0f} seconds; try again in a moment.",
    )
    # Lock the folder rather than a file in it, so that nothing is written to a read-only folder.
    return lock.locked(_threads, path.parent, lambda: time.monotonic() < until, busy)


def all_backups(path: Path) -> list[Backup]:
    """Return the backups of the file at ``path``, newest first. Raises OSError."""
    found: list[Backup] = []
    for each in path.parent.iterdir():
        if each.name.startswith(path.name) and (parts := _NAME.fullmatch(each.name[len(path.name) :])):
            with contextlib.suppress(ValueError):  # not a calendar date, so not one of these backups
                made_at = datetime.strptime(parts[2], _STAMP).replace(tzinfo=UTC)
                kind = next(kind for kind in _MAX_BACKUPS if kind == parts[1])
                found.append(Backup(made_at, each, kind))
    return sorted(found, key=lambda backup: (backup.made_at, backup.path.stat().st_mtime_ns), reverse=True)


def newest_good(path: Path, *, with_marks: bool = False) -> Backup | None:
    """Return the newest backup that is intact, of a supported format and has marks. Raises OSError.

    If there is none, return the newest one without marks, or None ``with_marks``.
    """
    good: Backup | None = None
    for backup in all_backups(path):
        with contextlib.suppress(ReaderError):
            found = inspect(backup.path)
            if found.has_marks:
                return backup
            if found.format and not with_marks:
                good = good or backup
    return good


def remove_partial(path: Path) -> None:
    """Remove what killed processes have left of backups and repairs, unless one is being made now. Raises nothing."""
    with contextlib.suppress(OSError, ReaderError):
        if _partial(path):
            with lock.locked(_threads, path.parent, lock.NO_WAIT):
                _remove_partial(path)


def _remove_partial(path: Path) -> None:
    for each in _partial(path):
        each.unlink(missing_ok=True)


def _partial(path: Path) -> list[Path]:
    return [each for each in path.parent.iterdir() if each.name.startswith(path.name) and _PARTIAL.search(each.name)]


def is_due(database: Database, path: Path, now: float) -> bool:
    """Return whether marks have changed since the last daily backup, and it is a day old or has no marks.

    ``now`` is in seconds. Raises StorageError and OSError.
    """
    last = next((backup for backup in all_backups(path) if backup.kind == "daily"), None)
    # In both directions: a clock that was set back must not cause a backup at every start.
    is_fresh = last is not None and abs(now - last.made_at.timestamp()) < _DAY
    if last is not None and is_fresh and _count_marks(last.path):
        return False
    with database.read() as db:
        if is_fresh and not _number_of_marks(db):
            return False
        version = mark_version(db)
    return bool(version) and (last is None or version != _mark_version_in(last.path))


def _mark_version_in(path: Path) -> int:
    """Return the mark version in a backup; -1 if it cannot be read."""
    try:
        with closing(open_read_only(path)) as db:
            return mark_version(db)
    except (sqlite3.Error, ValueError):
        return -1


def make(database: Database, path: Path, kind: BackupKind) -> Path:
    """Back up ``database``, whose file is ``path``, and return the path; the oldest backups are deleted.

    Readers and writers are not blocked. The caller holds :func:`exclusive_access`. Raises
    ReaderError and changes nothing on failure: a damaged file never replaces a backup.
    """
    _remove_partial(path)  # of processes that were killed
    target = free_name(path.with_name(f"{path.name}.{kind}-{time.strftime(_STAMP, time.gmtime())}"))
    part = target.with_name(target.name + _PART)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with database.dedicated_connection() as source:
                _copy(source, part)
            sync(part)
            part.rename(target)
            sync(path.parent)
        finally:
            remove(part)
        _rotate(path, kind, target)
    except StorageError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise ReaderError(
            f"The marks could not be backed up as {show_path(target)}: {describe_error(error)}.",
            "Free some disk space, or check that the folder is writable.",
        ) from error
    return target


def _copy(source: sqlite3.Connection, part: Path) -> None:
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            if copy.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("the marks file is damaged")
    except sqlite3.Error as error:
        # It must not look like a failure of the source database.
        raise OSError(None, str(error)) from error


def _rotate(path: Path, kind: BackupKind, made: Path) -> None:
    """Delete old backups, but neither the one just made, nor any as long as too few newer ones have marks."""
    limit = _MAX_BACKUPS[kind]
    if limit is None:
        return
    others = [backup.path for backup in all_backups(path) if backup.kind == kind and backup.path != made]
    sizes = {each: _count_marks(each) for each in (made, *others)}
    largest = max(sizes, key=sizes.__getitem__)  # the newest of equal ones
    with_marks = int(sizes[made] > 0)
    for each in others:
        if with_marks >= limit and each != largest:
            each.unlink(missing_ok=True)
        with_marks += sizes[each] > 0


def _count_marks(path: Path) -> int:
    """Return the number of marks in a backup; 0 if it cannot be read."""
    with contextlib.suppress(sqlite3.Error), closing(open_read_only(path)) as db:
        return _number_of_marks(db)
    return 0


def _number_of_marks(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM marks").fetchone()[0])
