"""Backups of the file of marks, beside it: made by SQLite itself, looked over, and the oldest let go.

A copy of the file alone would lack what is still in its journal. A backup has no
journal: it is one file that may be copied anywhere.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path
from reader.storage.sqlite.database import Database, StorageError, free_name, sync
from reader.storage.sqlite.marks.schema import changes_of, inspect, reading

Kind = Literal["daily", "before-import", "before-update"]
_KEPT: dict[Kind, int | None] = {"daily": 7, "before-import": 3, "before-update": None}
"""How many of each are kept: all of those made before a change of the tables."""
_NAME = re.compile(r"\.(daily|before-import|before-update)-(\d{8}T\d{6}Z)(?:-\d+)?", re.ASCII)
_STAMP = "%Y%m%dT%H%M%SZ"
_DAY = 86_400.0
_PART = ".part"


class Backup(NamedTuple):
    """A backup there is."""

    made_at: datetime
    path: Path
    kind: Kind


def every(path: Path) -> list[Backup]:
    """Return the backups of the file at ``path``, the newest first. Raises OSError."""
    found: list[Backup] = []
    for each in path.parent.iterdir():
        if each.name.startswith(path.name) and (parts := _NAME.fullmatch(each.name[len(path.name) :])):
            with contextlib.suppress(ValueError):  # the 45th of a month: no name of ours
                made_at = datetime.strptime(parts[2], _STAMP).replace(tzinfo=UTC)
                kind = next(kind for kind in _KEPT if kind == parts[1])
                found.append(Backup(made_at, each, kind))
    return sorted(found, key=lambda backup: (backup.made_at, backup.path.stat().st_mtime_ns), reverse=True)


def newest_good(path: Path) -> Backup | None:
    """Return the newest backup that is whole and that this version understands. Raises OSError."""
    for backup in every(path):
        with contextlib.suppress(ReaderError):
            if inspect(backup.path):
                return backup
    return None


def due(database: Database, path: Path, now: float) -> bool:
    """Return whether marks were changed since the last daily backup and that is a day old; ``now`` is in seconds.

    Raises StorageError and OSError.
    """
    last = next((backup for backup in every(path) if backup.kind == "daily"), None)
    # Either way: a clock that was set back must not make a backup of every start.
    if last is not None and abs(now - last.made_at.timestamp()) < _DAY:
        return False
    with database.read() as db:
        changes = changes_of(db)
    return changes != (0 if last is None else _changes_in(last.path))


def _changes_in(path: Path) -> int:
    """Return the number of changes that a backup knows of; -1 for one that cannot be read, which is none."""
    try:
        with closing(reading(path)) as db:
            return changes_of(db)
    except (sqlite3.Error, ValueError):
        return -1


def make(database: Database, path: Path, kind: Kind) -> Path:
    """Make a backup of ``database``, which lives at ``path``, and return where; older ones beyond those kept go.

    Others can read and write meanwhile. The caller holds the lock on the folder. Raises
    ReaderError, and then nothing has changed: a damaged file is no backup, and takes the
    place of none.
    """
    # Left by one that was killed; each is a part of a copy.
    for part in path.parent.glob(f"{path.name}.*{_PART}"):
        part.unlink(missing_ok=True)
    target = free_name(path.with_name(f"{path.name}.{kind}-{time.strftime(_STAMP, time.gmtime())}"))
    part = target.with_name(target.name + _PART)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with database.aside() as source:
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
            f"No backup of the marks could be made as {show_path(target)}: {describe_error(error)}.",
            "Make room on the disk, or see that the folder can be written.",
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
        # As what it is, and not as a failure of the file it is made of.
        raise OSError(None, str(error)) from error


def _rotate(path: Path, kind: Kind, made: Path) -> None:
    kept = _KEPT[kind]
    if kept is not None:
        others = [backup.path for backup in every(path) if backup.kind == kind and backup.path != made]
        for old in others[kept - 1 :]:
            old.unlink(missing_ok=True)
