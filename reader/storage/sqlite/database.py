"""What all SQLite files share: a few connections for all threads, transactions, errors, quarantine of damaged files."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from reader.core.atomic_write import make_private
from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path

Connect: TypeAlias = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Lends a connection."""
_BUSY_SECONDS = 5.0
_JOURNAL_BYTES = 32 << 20
_MOST_IDLE = 2
"""How many idle connections stay open."""
_CACHE_KIB = 2_000
"""SQLite's default."""
_LEAST_BYTES_FREE = 64 << 10
"""With less, SQLite cannot open a file: the index of its journal alone takes 32 KiB."""
_UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class StorageError(ReaderError):
    """A file of newsreader cannot be used; the message says which one and why."""

    def __init__(self, path: Path | None, error: sqlite3.Error, *, damaged: bool = False) -> None:
        where = show_path(path) if path is not None else "newsreader's memory"
        code = getattr(error, "sqlite_errorcode", None)  # errors of misusing the module have none
        super().__init__(f"{where} cannot be used: {_reason(path, error, code)}.")
        # A missing table means that the file was deleted or replaced.
        is_missing = "no such table" in str(error)
        is_no_text = "could not decode to utf-8" in str(error).lower()
        self.damaged = damaged or is_missing or is_no_text or (code is not None and code & 0xFF in _DAMAGE)
        self.unwritable = code is not None and code & 0xFF in _UNWRITABLE
        self.is_closed = False
        """Whether the reason is only that the database was closed, as at the end."""


def _reason(path: Path | None, error: sqlite3.Error, code: int | None) -> str:
    """Return why SQLite failed. On a full disk it often says "disk I/O error", since its journal cannot grow."""
    if code is not None and code & 0xFF == sqlite3.SQLITE_IOERR and path is not None:
        with contextlib.suppress(OSError):
            if shutil.disk_usage(path.parent).free < _LEAST_BYTES_FREE:
                return describe_error(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        if code == sqlite3.SQLITE_IOERR_SHMSIZE:
            return f"{describe_error(error)}; is the disk full?"
    return describe_error(error)


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


class _Lent(threading.local):
    borrowed: _Borrowed | None = None
    """The connection that the thread uses now."""


class Database:
    """A SQLite file, or memory if there is no path, with many reading threads and one writer at a time.

    A thread borrows a connection to a file while it reads or writes; all threads share the one
    connection to memory. Every connection has a lock, held while it is in use: closing a connection
    in use would crash the process.
    """

    def __init__(self, path: Path | None, *, durable: bool, cache_kib: int = _CACHE_KIB) -> None:
        """Unless ``durable``, a power failure may lose the latest writes, and :meth:`checkpoint` must be called.

        Each connection caches up to ``cache_kib`` KiB of the file.
        """
        self.path = path
        self._cache_kib = cache_kib
        self.damaged = False
        """Whether the file turned out to be damaged in use."""
        self._durable = durable
        self._lent = _Lent()
        self._guard = threading.Lock()
        self._closed = False
        self._connections: list[_Borrowed] = []
        self._idle: list[_Borrowed] = []
        """Those of them to lend, the last used one last: its cache is the warmest."""
        self._file: tuple[int, int] | None = None
        if path is not None:
            make_private(path)  # SQLite gives the journal the same permissions
            for suffix in ("-wal", "-shm"):
                if os.path.exists(each := path.with_name(path.name + suffix)):
                    make_private(each)
        self._memory = self._connect() if path is None else None

    def _connect(self) -> _Borrowed:
        db: sqlite3.Connection | None = None
        try:
            db = sqlite3.connect(
                ":memory:" if self.path is None else self.path,
                timeout=_BUSY_SECONDS,
                isolation_level=None,  # write() begins transactions explicitly
                cached_statements=64,  # each takes 4 KB or more; more hardly save a preparation
                check_same_thread=False,  # close() runs in another thread than some connections were opened in
            )
            _use_wal(db)
            db.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'NORMAL'}")
            db.execute("PRAGMA trusted_schema=OFF")
            db.execute(f"PRAGMA cache_size=-{self._cache_kib}")
            if not self._durable:
                # Before 3.51.3, SQLite can lose data if two connections checkpoint at once: only one writer does it.
                db.execute("PRAGMA wal_autocheckpoint=0")
                # The file would stay as long as it was, and every transaction be followed by a checkpoint.
                db.execute(f"PRAGMA journal_size_limit={_JOURNAL_BYTES // 2}")
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
                self._file = self._file or file_identity(self.path)
        return borrowed

    def _take(self) -> _Borrowed:
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        # Only open connections still lead to a file that was deleted or replaced.
        first = self._connections[:1]
        return first[0] if first and not self.is_current() else self._connect()

    def _give_back(self, borrowed: _Borrowed) -> None:
        with borrowed.lock:  # of a deleted file, another thread may use it too
            with self._guard:
                if borrowed in self._idle:
                    return
                if self._closed or self._is_useful(borrowed):
                    self._idle.append(borrowed)
                    return
                self._connections.remove(borrowed)
            borrowed.db.close()

    def _is_useful(self, borrowed: _Borrowed) -> bool:
        # The first is the one that is shared once the file is deleted. An open transaction would swallow later writes.
        is_wanted = len(self._idle) < _MOST_IDLE or borrowed is self._connections[0]
        return is_wanted and not _in_transaction(borrowed.db)

    def is_current(self) -> bool:
        """Return whether the path leads to the open file, which may have been deleted or replaced."""
        return file_identity(self.path) == self._file

    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """Yield a connection for reading, the same in nested calls. SQLite's errors are raised as StorageError."""
        return self._lend(self._memory or self._lent.borrowed)

    @contextlib.contextmanager
    def _lend(self, borrowed: _Borrowed | None) -> Iterator[sqlite3.Connection]:
        """Yield ``borrowed``, or if it is None a connection that the thread gives back at the end."""
        taken = None
        try:
            if borrowed is None:
                borrowed = taken = self._lent.borrowed = self._take()
            with borrowed.lock:
                yield borrowed.db
        except _FAILURES as error:
            failure = _storage_error(self.path, error)
            if not self._durable and isinstance(error, sqlite3.IntegrityError):
                failure.damaged = True  # the statements break no constraint, so the stored rows are inconsistent
            self.damaged = self.damaged or failure.damaged
            failure.is_closed = self._closed
            raise failure from error
        finally:
            if taken is not None:
                self._lent.borrowed = None
                self._give_back(taken)

    def select(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
        """Return the rows that a query returns. Raises StorageError."""
        with self.read() as db:
            return db.execute(query, parameters).fetchall()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside one transaction, which is rolled back if anything is raised.

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
        """Return whether other connections see everything this thread has written."""
        if self.path is None:
            return False
        with self.read() as db:
            return not _in_transaction(db)

    @contextlib.contextmanager
    def dedicated_connection(self) -> Iterator[sqlite3.Connection]:
        """Yield a new connection for one long query, and close it. The database must have a file."""
        borrowed = self._connect()
        try:
            with self._lend(borrowed) as db:
                yield db
        finally:
            with self._guard:
                if borrowed in self._connections:
                    self._connections.remove(borrowed)
            borrowed.db.close()

    def existing_connection(self) -> AbstractContextManager[sqlite3.Connection]:
        """Yield an open connection of any thread: the path may lead to another file by now."""
        with self._guard:
            if not self._connections:
                raise StorageError(self.path, sqlite3.ProgrammingError("it was never opened"))
            return self._lend(self._connections[0])

    def shrink(self) -> None:
        """Free what connections cache, and let each cache as little as a new one, after much was read or written."""
        for borrowed in self._connections[:]:
            with borrowed.lock, contextlib.suppress(sqlite3.Error):  # one that has failed or been closed caches nothing
                borrowed.db.execute(f"PRAGMA cache_size=-{self._cache_kib}")
                borrowed.db.execute("PRAGMA shrink_memory")

    def checkpoint(self, *, truncate: bool = False) -> None:
        """Move what was written from the journal to the main file if the journal is long; ``truncate`` always does.

        Readers may keep it from completing. Only one caller at a time may do this.
        """
        if self.path is None:
            return
        with self.read() as db:
            if _in_transaction(db):
                return
            if not truncate and not self.has_longer_journal(_JOURNAL_BYTES):
                return
            db.execute("PRAGMA busy_timeout=0")
            try:
                db.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if truncate else 'PASSIVE'})")
            finally:
                db.execute(f"PRAGMA busy_timeout={int(_BUSY_SECONDS * 1000)}")

    def has_longer_journal(self, size: int) -> bool:
        """Return whether the journal beside the file is longer than ``size`` bytes."""
        try:
            return self.path is not None and self.path.with_name(self.path.name + "-wal").stat().st_size > size
        except OSError:  # it does not exist
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


def open_database(
    path: Path | None, prepare: Callable[[Database], None], *, durable: bool, cache_kib: int = _CACHE_KIB
) -> Database:
    """Return the database at ``path``, or in memory, after ``prepare`` has created its tables; closed if that fails."""
    database = Database(path, durable=durable, cache_kib=cache_kib)
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


def json_array(numbers: Iterable[int]) -> str:
    """Return numbers as JSON, to be read by SQLite's ``json_each``."""
    return f"[{','.join(map(str, numbers))}]"


def quarantine(path: Path) -> Path:
    """Rename a damaged file, together with its journal, and return its new path. Raises OSError."""
    target = free_name(path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"))
    path.rename(target)
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(target.with_name(target.name + suffix))
    return target


def remove(path: Path) -> None:
    """Remove an unfinished file with its journals, if it exists. Raises OSError."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def delete_quarantined(path: Path, newest: Path | None = None) -> None:
    """Delete the files that :func:`quarantine` has set aside, except ``newest`` and its journal. Raises OSError."""
    for each in path.parent.glob(f"{path.name}.damaged-*"):
        if each.is_file() and (newest is None or each.name.removesuffix("-wal").removesuffix("-shm") != newest.name):
            each.unlink(missing_ok=True)


def free_name(path: Path) -> Path:
    """Return ``path``, with a number appended if the name is taken."""
    target, count = path, 1
    while target.exists():
        count += 1
        target = path.with_name(f"{path.name}-{count}")
    return target


def file_identity(path: Path | str | None) -> tuple[int, int] | None:
    """Return what distinguishes a file from another of the same name; None if there is no file."""
    try:
        info = os.stat(path) if path is not None else None
    except OSError:
        return None
    return None if info is None else (info.st_dev, info.st_ino)


_ROWS_OF_STATEMENT = 16


def insert_rows(db: sqlite3.Connection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Insert rows, several with a statement, which takes about half as long as one by one. Raises sqlite3.Error.

    The transaction must be rolled back after an error, as some rows may have been inserted: without ``OR FAIL``,
    SQLite opens a savepoint for each statement, which makes FTS5 flush its buffered words.
    """
    left = [*rows]
    marks = f"({', '.join('?' * len(left[0]))})" if left else ""
    while left:
        count = _ROWS_OF_STATEMENT if len(left) >= _ROWS_OF_STATEMENT else 1
        end = len(left) - len(left) % count
        query = f"INSERT OR FAIL INTO {table} VALUES {', '.join([marks] * count)}"  # noqa: S608 - constants
        db.executemany(query, [tuple(chain.from_iterable(left[at : at + count])) for at in range(0, end, count)])
        left = left[end:]
