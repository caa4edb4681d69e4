"""Backups of the file of marks, stored beside it: made by SQLite, verified and rotated.

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
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from reader.core.atomic_write import sync
from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database, StorageError, free_name
from reader.storage.sqlite.marks.schema import inspect, mark_version, open_read_only

BackupKind: TypeAlias = Literal["daily", "before-import", "before-update"]
_MAX_BACKUPS: dict[BackupKind, int | None] = {"daily": 7, "before-import": 3, "before-update": None}
"""Number of backups of each kind; None keeps all."""
_NAME = re.compile(r"\.(daily|before-import|before-update)-(\d{8}T\d{6}Z)(?:-\d+)?", re.ASCII)
_STAMP = "%Y%m%dT%H%M%SZ"
_DAY = 86_400.0
_PART = ".part"
_LOCK_TIMEOUT = 20.0
"""Seconds."""
_threads = threading.Lock()


class Backup(NamedTuple):
    """An existing backup."""

    made_at: datetime
    path: Path
    kind: BackupKind


@contextlib.contextmanager
def exclusive_access(path: Path) -> Iterator[None]:
    """Hold the lock for backing up and repairing the file at ``path``. Raises ReaderError after a timeout."""
    until = time.monotonic() + _LOCK_TIMEOUT
    with contextlib.ExitStack() as stack:
        try:
            # Lock the folder rather than a file in it, so that a read-only folder stays without a trace.
            stack.enter_context(lock.locked(_threads, path.parent, lambda: time.monotonic() < until))
        except lock.BusyError as error:
            raise ReaderError(
                "Another newsreader is repairing or backing up the file of marks.",
                f"It did not finish within {_LOCK_TIMEOUT:.0f} seconds; try again in a moment.",
            ) from error
        yield


def every(path: Path) -> list[Backup]:
    """Return the backups of the file at ``path``, newest first. Raises OSError."""
    found: list[Backup] = []
    for each in path.parent.iterdir():
        if each.name.startswith(path.name) and (parts := _NAME.fullmatch(each.name[len(path.name) :])):
            with contextlib.suppress(ValueError):  # not a calendar date, so not our file
                made_at = datetime.strptime(parts[2], _STAMP).replace(tzinfo=UTC)
                kind = next(kind for kind in _MAX_BACKUPS if kind == parts[1])
                found.append(Backup(made_at, each, kind))
    return sorted(found, key=lambda backup: (backup.made_at, backup.path.stat().st_mtime_ns), reverse=True)


def newest_good(path: Path) -> Backup | None:
    """Return the newest backup that is intact and of a supported format. Raises OSError."""
    for backup in every(path):
        with contextlib.suppress(ReaderError):
            if inspect(backup.path):
                return backup
    return None


def is_due(database: Database, path: Path, now: float) -> bool:
    """Return whether marks have changed since the last daily backup and that is a day old; ``now`` is in seconds.

    Raises StorageError and OSError.
    """
    last = next((backup for backup in every(path) if backup.kind == "daily"), None)
    # In both directions: a clock that was set back must not cause a backup at every start.
    if last is not None and abs(now - last.made_at.timestamp()) < _DAY:
        return False
    with database.read() as db:
        version = mark_version(db)
    return version != (0 if last is None else _mark_version_in(last.path))


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
    # Partial copies, left by a process that was killed.
    for part in path.parent.glob(f"{path.name}.*{_PART}"):
        part.unlink(missing_ok=True)
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
            part.unlink(missing_ok=True)
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
                raise sqlite3.DatabaseError("the file of marks is damaged")
    except sqlite3.Error as error:
        # Not to be mistaken for a failure of the source database.
        raise OSError(None, str(error)) from error


def _rotate(path: Path, kind: BackupKind, made: Path) -> None:
    limit = _MAX_BACKUPS[kind]
    if limit is not None:
        others = [backup.path for backup in every(path) if backup.kind == kind and backup.path != made]
        for old in others[limit - 1 :]:
            old.unlink(missing_ok=True)
