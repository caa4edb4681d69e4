"""What our SQLite files have in common: opening, one connection a thread, setting a damaged file aside."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path

_BUSY_SECONDS = 5.0
_JOURNAL_BYTES = 32 << 20
_UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class StorageError(ReaderError):
    """A file of ours cannot be used; the message says which and why."""

    def __init__(self, path: Path | None, error: sqlite3.Error, *, damaged: bool = False) -> None:
        where = show_path(path) if path is not None else "newsreader's memory"
        code = getattr(error, "sqlite_errorcode", None)  # misuse of the module has none
        super().__init__(f"{where} cannot be used: {describe_error(error)}.")
        # A table of ours that is not there: somebody has deleted the file, or put another in its place.
        missing = "no such table" in str(error)
        no_text = "could not decode to utf-8" in str(error).lower()
        self.damaged = damaged or missing or no_text or (code is not None and code & 0xFF in _DAMAGE)
        self.unwritable = code is not None and code & 0xFF in _UNWRITABLE


_FAILURES = (sqlite3.Error, UnicodeDecodeError)
"""What comes out of SQLite: its own words may quote what is damaged, and not be text."""


def _failure(path: Path | None, error: Exception) -> StorageError:
    return StorageError(path, error if isinstance(error, sqlite3.Error) else malformed())


def malformed() -> sqlite3.DatabaseError:
    """Return what SQLite says of a damaged file where it does not find the words itself."""
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


class _Lent(NamedTuple):
    """A connection, and the lock that whoever uses it holds."""

    db: sqlite3.Connection
    lock: threading.RLock


class Database:
    """A SQLite file that many threads read and one at a time writes; or, without a path, memory.

    A connection belongs to the thread that made it, as SQLite likes best. Memory has
    one connection, which the threads take turns with. Each has a lock that is held while
    it is lent: to close one that is in use would end the process.
    """

    def __init__(self, path: Path | None, *, durable: bool) -> None:
        """Without ``durable``, a lost power supply may cost what was written last, and :meth:`checkpoint` is needed."""
        self.path = path
        self.damaged = False
        """Whether the file turned out to be bad while it was used."""
        self._durable = durable
        self._local = threading.local()
        self._guard = threading.Lock()
        self._closed = False
        self._all: list[_Lent] = []
        self._memory = self._connect() if path is None else None

    def _connect(self) -> _Lent:
        db: sqlite3.Connection | None = None
        try:
            db = sqlite3.connect(
                ":memory:" if self.path is None else self.path,
                timeout=_BUSY_SECONDS,
                isolation_level=None,  # transactions are begun by hand, in write()
                check_same_thread=False,  # close() runs in another thread than some were opened in
            )
            _use_wal(db)
            db.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'NORMAL'}")
            db.execute("PRAGMA trusted_schema=OFF")
            if not self._durable:
                # SQLite before 3.51.3 can lose data when two connections do so at once: one writer asks for it.
                db.execute("PRAGMA wal_autocheckpoint=0")
        except _FAILURES as error:
            if db is not None:
                db.close()
            raise _failure(self.path, error) from error
        lent = _Lent(db, threading.RLock())
        with self._guard:
            if self._closed:
                db.close()
            else:
                self._all.append(lent)
        return lent

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for reading. Whatever goes wrong in it comes out as StorageError."""
        lent: _Lent | None = self._memory or getattr(self._local, "lent", None)
        if lent is None:
            lent = self._local.lent = self._connect()
        try:
            with lent.lock:
                yield lent.db
        except _FAILURES as error:
            failure = _failure(self.path, error)
            if not self._durable and isinstance(error, sqlite3.IntegrityError):
                failure.damaged = True  # nothing of ours is asked to break a rule: the rows there contradict each other
            self.damaged = self.damaged or failure.damaged
            raise failure from error

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside one transaction: all of it is kept, or, when anything raises, nothing.

        Inside another of the same thread it is a part of that one. Waits up to five
        seconds for another writer. Whatever goes wrong comes out as StorageError.
        """
        with self.read() as db:
            if _is_inside(db):
                yield db
                return
            # IMMEDIATE: a transaction that begins by reading cannot wait for its turn to write.
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                # Some errors end the transaction themselves. One left open would take in all that is written later,
                # and never keep it.
                if _is_inside(db):
                    db.execute("ROLLBACK")
                raise

    def is_shared(self) -> bool:
        """Return whether everything that this thread has written is there for other connections too."""
        if self.path is None:
            return False
        with self.read() as db:
            return not _is_inside(db)

    @contextlib.contextmanager
    def aside(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection of its own for one long question, closed afterwards. The database must have a file."""
        lent = self._connect()
        try:
            with lent.lock:
                yield lent.db
        except _FAILURES as error:
            raise _failure(self.path, error) from error
        finally:
            with self._guard:
                if lent in self._all:
                    self._all.remove(lent)
            lent.db.close()

    @contextlib.contextmanager
    def open_already(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection made before, whichever thread's: the file's name may lead to another file by now."""
        with self._guard:
            if not self._all:
                raise StorageError(self.path, sqlite3.ProgrammingError("it was never opened"))
            lent = self._all[0]
        try:
            with lent.lock:
                yield lent.db
        except _FAILURES as error:
            raise _failure(self.path, error) from error

    def checkpoint(self, *, whole: bool = False) -> None:
        """Hand what was written over to the main file, once it has become much; ``whole`` also empties the journal.

        As far as others, who may be reading, allow. To be called by one at a time.
        """
        if self.path is None:
            return
        with self.read() as db:
            if _is_inside(db):
                return
            if not whole and not self._journal_is_long():
                return
            db.execute("PRAGMA busy_timeout=0")
            try:
                db.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if whole else 'PASSIVE'})")
            finally:
                db.execute(f"PRAGMA busy_timeout={int(_BUSY_SECONDS * 1000)}")

    def _journal_is_long(self) -> bool:
        assert self.path is not None
        try:
            return self.path.with_name(self.path.name + "-wal").stat().st_size > _JOURNAL_BYTES
        except OSError:
            return False

    def close(self) -> None:
        """Close every connection, whichever thread made it; whoever asks for one afterwards gets a StorageError.

        Waits for those that are in use, for at most a few seconds each; one that is still
        in use then (a disk that does not answer) is left to the end of the process.
        """
        with self._guard:
            self._closed = True
            every, self._all = self._all, []
        for lent in every:
            if lent.lock.acquire(timeout=_BUSY_SECONDS):
                with contextlib.suppress(sqlite3.Error):
                    lent.db.close()
                lent.lock.release()


def prepared(path: Path | None, prepare: Callable[[Database], None], *, durable: bool) -> Database:
    """Return the database at ``path``, or in memory, after ``prepare`` has made its tables; closed when that fails."""
    database = Database(path, durable=durable)
    try:
        prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _is_inside(db: sqlite3.Connection) -> bool:
    """Return whether a transaction is open."""
    return db.in_transaction


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to a write-ahead log, waiting as for any other change.

    For this one SQLite does not wait itself: two instances that make a file at the same time would be refused.
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


def set_aside(path: Path) -> Path:
    """Move a damaged file, with the journal that belongs to it, out of the way, and return where it went.

    Raises OSError.
    """
    target = free_name(path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"))
    path.rename(target)
    for tail in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + tail).rename(target.with_name(target.name + tail))
    return target


def free_name(path: Path) -> Path:
    """Return ``path``, or where there is something of that name, one with a number added that is free."""
    target, count = path, 1
    while target.exists():
        count += 1
        target = path.with_name(f"{path.name}-{count}")
    return target


def sync(path: Path) -> None:
    """Have the disk keep what was written to a file, or the names in a folder. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():  # not every file system can do that with folders
            raise
    finally:
        os.close(handle)


def identity(path: Path | None) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name; None when there is none."""
    try:
        info = path.stat() if path is not None else None
    except OSError:
        return None
    return None if info is None else (info.st_dev, info.st_ino)
