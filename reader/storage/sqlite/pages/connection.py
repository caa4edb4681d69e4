"""Access to the page file, which is reopened if it was replaced or deleted, and recovered if it is damaged."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias, TypeVar

from reader.core.errors import describe_error
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database, StorageError, corruption_error
from reader.storage.sqlite.pages import eviction
from reader.storage.sqlite.pages.recovery import lock_path, open_or_recover, rebuild

_Result = TypeVar("_Result")
_Lend: TypeAlias = Callable[[Database], AbstractContextManager[sqlite3.Connection]]
_MAX_REOPENS = 3


class PageFile:
    """Transactions on the page file, the base of :class:`reader.storage.sqlite.pages.store.PageStore`. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reopen_lock = threading.RLock()
        self._checkpoint_lock = threading.Lock()
        self._replaced: list[Database] = []
        self.notice = ""
        """What was done to recover the file, in sentences for the user."""

    def close(self) -> None:
        """Close the file."""
        for database in (self._database, *self._replaced):
            database.close()

    def _checkpoint(self, *, force: bool = False) -> None:
        """Empty the write-ahead log if it is long; ``force`` always does."""
        path = self._database.path
        if path is None or not (force or self._database.has_longer_journal(eviction.JOURNAL_BYTES)):
            return
        try:
            # One at a time; if another process is doing it, there is nothing to do.
            with lock.locked(self._checkpoint_lock, lock_path(path), lock.NO_WAIT):
                self._database.checkpoint(truncate=True)
        except lock.BusyError:
            return

    def _read(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        return self._retry(query, lambda database: database.read())

    def _write(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        result = self._retry(query, lambda database: database.write())
        self._checkpoint()
        return result

    def _retry(self, query: Callable[[sqlite3.Connection], _Result], lend: _Lend) -> _Result:
        """Return the result of ``query`` from the current file; if that is damaged, recover it and try again."""
        for _ in range(_MAX_REOPENS):
            database = self._current()
            try:
                return _run(database, query, lend)
            except StorageError as error:
                if database is not self._database:  # another thread has reopened it in the meantime
                    continue
                if not error.damaged or database.path is None:
                    raise
                self._reopen(database, damaged=True)
        return _run(self._database, query, lend)

    def _current(self) -> Database:
        """Return the database, reopened if another process has replaced or deleted its file."""
        database = self._database
        if not database.is_current():
            self._reopen(database, damaged=False)
        return self._database

    def _reopen(self, database: Database, *, damaged: bool) -> None:
        path = database.path
        assert path is not None
        with self._reopen_lock:
            if self._database is not database:
                return
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with lock.locked(threading.Lock(), lock_path(path), lambda: True):
                    if damaged and database.is_current():
                        reopened, self.notice = rebuild(path)
                    else:
                        reopened, notice = open_or_recover(path, locked=True)
                        self.notice = notice or self.notice
            except OSError as error:
                raise StorageError(path, sqlite3.OperationalError(describe_error(error))) from error
            self._replaced.append(database)  # other threads may still use it, so close() closes it
            self._database = reopened


def _run(database: Database, query: Callable[[sqlite3.Connection], _Result], lend: _Lend) -> _Result:
    """Return the result of ``query``; a stored value that cannot be decoded counts as damage."""
    try:
        with lend(database) as db:
            return query(db)
    except (zlib.error, ValueError, KeyError, TypeError, OverflowError) as error:
        raise StorageError(database.path, corruption_error()) from error
