"""Mutual exclusion among threads and among programs on one machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from reader.core.errors import ReaderError

KeepWaiting: TypeAlias = Callable[[], bool]
"""Called while another program holds the lock; returns whether to keep waiting."""
_SECONDS_BETWEEN_TRIES = 0.1
_MAX_OFFSET = 2**62
"""File offsets are signed 64-bit numbers, and some systems add one to them."""


class BusyError(ReaderError):
    """Another newsreader holds the lock."""


def NO_WAIT() -> bool:  # noqa: N802 - used like a constant
    """Do not wait for the lock."""
    return False


@contextlib.contextmanager
def locked(
    threads: threading.Lock, file: Path | None, keep_waiting: KeepWaiting, busy: ReaderError | None = None
) -> Iterator[None]:
    """Hold ``threads`` and, if given, the lock on ``file``, which is created; it is released if the process dies.

    ``file`` may also be a folder, in which no file is created. Raises BusyError if another program holds the lock and
    ``keep_waiting`` returns False.
    """
    busy = busy or BusyError("Another newsreader is reading this folder.", "Try again in a moment.")
    _acquire(lambda: threads.acquire(timeout=_SECONDS_BETWEEN_TRIES), keep_waiting, busy)
    try:
        with contextlib.ExitStack() as stack:
            # Not the database itself: closing any other handle of it would release SQLite's locks.
            if file is not None and (handle := _open(file)) is not None:
                stack.callback(os.close, handle)
                _acquire(lambda: _try_lock(handle), keep_waiting, busy)
            yield
    finally:
        threads.release()


def _open(file: Path) -> int | None:
    flags = os.O_RDONLY if os.path.isdir(file) else os.O_RDWR | os.O_CREAT
    try:
        return os.open(file, flags, 0o600)
    except OSError:  # such as a full disk: SQLite's own locks have to suffice
        return None


def _acquire(try_once: Callable[[], bool], keep_waiting: KeepWaiting, busy: ReaderError) -> None:
    while not try_once():
        if not keep_waiting():
            raise busy


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(_SECONDS_BETWEEN_TRIES)
        return False
    except OSError:  # a file system without locks: SQLite's own have to suffice
        return True
    return True


class Leases:
    """The leases of articles that this program holds: only one program at a time fetches an article. Thread-safe.

    A lease is a lock on one byte of an empty file. The operating system releases it when the program ends, even if it
    crashes. On POSIX, such a lock belongs to the whole process, and closing the file releases it.
    """

    def __init__(self, path: Path | None) -> None:
        """``path`` is the lock file, which the first lease creates; None if no other program shares the pages."""
        self._path = path
        self._guard = threading.Lock()
        self._handle: int | None = None

    def acquire(self, number: int) -> bool:
        """Acquire the lease of an article by its number; return False if another program has it.

        Where locks are unavailable, return True: it is better to fetch twice than not at all.
        """
        with self._guard:
            handle = self._open()
            if handle is None:
                return True
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number % _MAX_OFFSET)
            except (BlockingIOError, PermissionError):  # both mean that another program has it
                return False
            except OSError:
                return True
            return True

    def release(self, number: int) -> None:
        """Release the lease of an article."""
        with self._guard:
            if self._handle is not None:
                with contextlib.suppress(OSError):  # a file system without locks, so none was acquired
                    fcntl.lockf(self._handle, fcntl.LOCK_UN, 1, number % _MAX_OFFSET)

    def close(self) -> None:
        """Release all leases."""
        with self._guard:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None

    def _open(self) -> int | None:
        if self._handle is None and self._path is not None:
            with contextlib.suppress(OSError):
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._handle
