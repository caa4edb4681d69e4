"""The file of fetched pages in use: read and written as it is now, whoever has put it aside or deleted it."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from reader.core.errors import describe_error
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database, StorageError, corruption_error, file_identity
from reader.storage.sqlite.pages import eviction
from reader.storage.sqlite.pages.recovery import open_or_recover, rebuild

_Answer = TypeVar("_Answer")
_RENEWALS = 3


class PageFile:
    """What :class:`reader.storage.sqlite.pages.store.PageStore` reads and writes by. Any thread may."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file = file_identity(database.path)
        self._renewing = threading.RLock()
        self._checkpointing = threading.Lock()
        self._former: list[Database] = []
        self.notice = ""
        """What had to be done about the file, in a sentence for the person."""

    def close(self) -> None:
        """Close the file."""
        self._database.close()
        for former in self._former:
            former.close()

    def _checkpoint(self, *, whole: bool = False) -> None:
        path = self._database.path
        if path is None:
            return
        whole = whole or _is_longer(path.with_name(path.name + "-wal"), eviction.JOURNAL_BYTES)
        if not whole:
            return
        try:
            # By one at a time; another that is at it does our part as well.
            with lock.locked(self._checkpointing, path.with_name(path.name + ".lock"), lock.NO_WAIT):
                self._database.checkpoint(truncate=True)
        except lock.BusyError:
            return

    def _read(self, act: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        def run(database: Database) -> _Answer:
            with database.read() as db:
                return _sound(database, db, act)

        return self._try(run)

    def _write(self, act: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        def run(database: Database) -> _Answer:
            with database.write() as db:
                return _sound(database, db, act)

        answer = self._try(run)
        self._checkpoint()
        return answer

    def _try(self, run: Callable[[Database], _Answer]) -> _Answer:
        """Run it on the file as it is now; one that turns out to be damaged is set aside first."""
        for _ in range(_RENEWALS):
            database = self._current()
            try:
                return run(database)
            except StorageError as error:
                if database is not self._database:  # another thread has renewed it meanwhile
                    continue
                if not error.damaged or database.path is None:
                    raise
                self._renew(database, damaged=True)
        return run(self._database)

    def _current(self) -> Database:
        """Return the file of that name: another process may have set ours aside, or somebody have deleted it."""
        database = self._database
        if database.path is not None and file_identity(database.path) != self._file:
            self._renew(database, damaged=False)
        return self._database

    def _renew(self, database: Database, *, damaged: bool) -> None:
        path = database.path
        assert path is not None
        with self._renewing:
            if self._database is not database:
                return
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with lock.locked(threading.Lock(), path.with_name(path.name + ".lock"), lambda: True):
                    if damaged and file_identity(path) == self._file:
                        renewed, self.notice = rebuild(path)
                    else:
                        renewed, notice = open_or_recover(path, locked=True)
                        self.notice = notice or self.notice
            except OSError as error:
                raise StorageError(path, sqlite3.OperationalError(describe_error(error))) from error
            # Others may be at work with it; it is closed with the rest.
            self._former.append(database)
            self._database, self._file = renewed, file_identity(path)


def _sound(database: Database, db: sqlite3.Connection, act: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
    """Return what ``act`` finds; values that nobody has written are damage like any other."""
    try:
        return act(db)
    except (zlib.error, ValueError, KeyError, TypeError, OverflowError) as error:
        raise StorageError(database.path, corruption_error()) from error


def _is_longer(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size > size
    except OSError:  # there is none
        return False
