"""What all our SQLite files share: connections per thread, transactions, errors, quarantine of damaged files."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, TypeAlias

from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path

Connect: TypeAlias = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Lends a connection."""
_BUSY_SECONDS = 5.0
_JOURNAL_BYTES = 32 << 20
_UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class StorageError(ReaderError):
    """One of our files cannot be used; the message says which one and why."""

    def __init__(self, path: Path | None, error: sqlite3.Error, *, damaged: bool = False) -> None:
        where = show_path(path) if path is not None else "newsreader's memory"
        code = getattr(error, "sqlite_errorcode", None)  # errors of misusing the module have none
        super().__init__(f"{where} cannot be used: {describe_error(error)}.")
        # A missing table means that the file was deleted or replaced.
        is_missing = "no such table" in str(error)
        is_no_text = "could not decode to utf-8" in str(error).lower()
        self.damaged = damaged or is_missing or is_no_text or (code is not None and code & 0xFF in _DAMAGE)
        self.unwritable = code is not None and code & 0xFF in _UNWRITABLE


_FAILURES = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises: its messages may quote damaged bytes that are not text."""


def _storage_error(path: Path | None, error: Exception) -> StorageError:
    return StorageError(path, error if isinstance(error, sqlite3.Error) else corruption_error())


def corruption_error() -> sqlite3.DatabaseError:
    """Return the error that SQLite itself raises for a damaged file."""
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


class _Borrowed(NamedTuple):
    """A connection, and the lock that its user holds."""

    db: sqlite3.Connection
    lock: threading.RLock


class Database:
    """A SQLite file, or memory if there is no path, with many reading threads and one writer at a time.

    Each thread has its own connection to a file; all threads share the one connection to
    memory. Every connection has a lock, held while it is in use: closing a connection in use
    would crash the process.
    """

    def __init__(self, path: Path | None, *, durable: bool) -> None:
        """Unless ``durable``, a power failure may lose the latest writes, and :meth:`checkpoint` must be called."""
        self.path = path
        self.damaged = False
        """Whether the file turned out to be damaged in use."""
        self._durable = durable
        self._local = threading.local()
        self._guard = threading.Lock()
        self._closed = False
        self._connections: list[_Borrowed] = []
        self._memory = self._connect() if path is None else None

    def _connect(self) -> _Borrowed:
        db: sqlite3.Connection | None = None
        try:
            db = sqlite3.connect(
                ":memory:" if self.path is None else self.path,
                timeout=_BUSY_SECONDS,
                isolation_level=None,  # write() begins transactions explicitly
                check_same_thread=False,  # close() runs in another thread than some connections were opened in
            )
            _use_wal(db)
            db.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'NORMAL'}")
            db.execute("PRAGMA trusted_schema=OFF")
            if not self._durable:
                # Before 3.51.3, SQLite can lose data if two connections checkpoint at once: only one writer does it.
                db.execute("PRAGMA wal_autocheckpoint=0")
        except _FAILURES as error:
            if db is not None:
                db.close()
            raise _storage_error(self.path, error) from error
        borrowed = _Borrowed(db, threading.RLock())
        with self._guard:
            if self._closed:
                db.close()
            else:
                self._connections.append(borrowed)
        return borrowed

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for reading. SQLite's errors are raised as StorageError."""
        borrowed: _Borrowed | None = self._memory or getattr(self._local, "borrowed", None)
        if borrowed is None:
            borrowed = self._local.borrowed = self._connect()
        try:
            with borrowed.lock:
                yield borrowed.db
        except _FAILURES as error:
            failure = _storage_error(self.path, error)
            if not self._durable and isinstance(error, sqlite3.IntegrityError):
                failure.damaged = True  # our statements break no constraint, so the stored rows are inconsistent
            self.damaged = self.damaged or failure.damaged
            raise failure from error

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside one transaction, which is rolled back if anything is raised.

        Nested calls in the same thread join the outer transaction. Waits up to five seconds for
        another writer. SQLite's errors are raised as StorageError.
        """
        with self.read() as db:
            if _in_transaction(db):
                yield db
                return
            # IMMEDIATE: a transaction that starts with a read could not wait for its turn to write.
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                # Some errors end the transaction themselves. One left open would swallow all later writes.
                if _in_transaction(db):
                    db.execute("ROLLBACK")
                raise

    def is_shared(self) -> bool:
        """Return whether other connections see everything that this thread has written."""
        if self.path is None:
            return False
        with self.read() as db:
            return not _in_transaction(db)

    @contextlib.contextmanager
    def dedicated_connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a new connection for one long query, and close it. The database must have a file."""
        borrowed = self._connect()
        try:
            with borrowed.lock:
                yield borrowed.db
        except _FAILURES as error:
            raise _storage_error(self.path, error) from error
        finally:
            with self._guard:
                if borrowed in self._connections:
                    self._connections.remove(borrowed)
            borrowed.db.close()

    @contextlib.contextmanager
    def existing_connection(self) -> Iterator[sqlite3.Connection]:
        """Lend an open connection of any thread: by now, the path may lead to another file."""
        with self._guard:
            if not self._connections:
                raise StorageError(self.path, sqlite3.ProgrammingError("it was never opened"))
            borrowed = self._connections[0]
        try:
            with borrowed.lock:
                yield borrowed.db
        except _FAILURES as error:
            raise _storage_error(self.path, error) from error

    def checkpoint(self, *, truncate: bool = False) -> None:
        """Move what was written from the journal to the main file if the journal is long; ``truncate`` always does.

        Readers may keep it from completing. Only one caller at a time may do this.
        """
        if self.path is None:
            return
        with self.read() as db:
            if _in_transaction(db):
                return
            if not truncate and not self._is_journal_long():
                return
            db.execute("PRAGMA busy_timeout=0")
            try:
                db.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if truncate else 'PASSIVE'})")
            finally:
                db.execute(f"PRAGMA busy_timeout={int(_BUSY_SECONDS * 1000)}")

    def _is_journal_long(self) -> bool:
        assert self.path is not None
        try:
            return self.path.with_name(self.path.name + "-wal").stat().st_size > _JOURNAL_BYTES
        except OSError:
            return False

    def close(self) -> None:
        """Close every connection of every thread; later calls raise StorageError.

        Waits a few seconds for each connection in use; one that is still in use then, because
        the disk does not respond, is left open until the process ends.
        """
        with self._guard:
            self._closed = True
            connections, self._connections = self._connections, []
        for borrowed in connections:
            if borrowed.lock.acquire(timeout=_BUSY_SECONDS):
                with contextlib.suppress(sqlite3.Error):
                    borrowed.db.close()
                borrowed.lock.release()


def open_database(path: Path | None, prepare: Callable[[Database], None], *, durable: bool) -> Database:
    """Return the database at ``path``, or in memory, after ``prepare`` has created its tables; closed if that fails."""
    database = Database(path, durable=durable)
    try:
        prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _in_transaction(db: sqlite3.Connection) -> bool:
    return db.in_transaction  # a function, since mypy assumes that the attribute does not change


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to a write-ahead log, waiting for other writers.

    SQLite itself does not wait here: of two instances that create a file at the same time, one would fail.
    """
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def quarantine(path: Path) -> Path:
    """Rename a damaged file, together with its journal, and return its new path. Raises OSError."""
    target = free_name(path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"))
    path.rename(target)
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(target.with_name(target.name + suffix))
    return target


def free_name(path: Path) -> Path:
    """Return ``path``, with a number appended if the name is taken."""
    target, count = path, 1
    while target.exists():
        count += 1
        target = path.with_name(f"{path.name}-{count}")
    return target


def file_identity(path: Path | None) -> tuple[int, int] | None:
    """Return what distinguishes a file from another of the same name; None if there is no file."""
    try:
        info = path.stat() if path is not None else None
    except OSError:
        return None
    return None if info is None else (info.st_dev, info.st_ino)
