"""Mutual exclusion among threads and among programs on one machine."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from reader.core.errors import ReaderError

try:
    import fcntl
except ImportError:  # not POSIX: SQLite's own locks have to suffice
    fcntl = None  # type: ignore[assignment]

KeepWaiting: TypeAlias = Callable[[], bool]
"""Called while another holds the lock; returns whether to keep waiting."""
_SECONDS_BETWEEN_TRIES = 0.1


class BusyError(ReaderError):
    """Another newsreader holds the lock."""


def NO_WAIT() -> bool:  # noqa: N802 - used like a constant
    """Do not wait for the lock."""
    return False


@contextlib.contextmanager
def locked(threads: threading.Lock, file: Path | None, keep_waiting: KeepWaiting) -> Iterator[None]:
    """Hold ``threads`` and, if given, the lock on ``file``, which is created; it is released if the process dies.

    ``file`` may also be a folder, which leaves nothing behind in it. Raises BusyError if
    another holds a lock and ``keep_waiting`` returns False.
    """
    _acquire(lambda: threads.acquire(timeout=_SECONDS_BETWEEN_TRIES), keep_waiting)
    try:
        with contextlib.ExitStack() as stack:
            if file is not None and fcntl is not None:
                # Not the database itself: closing any other handle of it would release SQLite's locks.
                handle = _open(file)
                if handle is not None:
                    stack.callback(os.close, handle)
                    _acquire(lambda: _try_lock(handle), keep_waiting)
            yield
    finally:
        threads.release()


def _open(file: Path) -> int | None:
    flags = os.O_RDONLY if file.is_dir() else os.O_RDWR | os.O_CREAT
    try:
        return os.open(file, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError:  # such as a full disk: SQLite's own locks have to suffice
        return None


def _acquire(try_once: Callable[[], bool], keep_waiting: KeepWaiting) -> None:
    while not try_once():
        if not keep_waiting():
            raise BusyError("Another newsreader is reading this folder.", "Try again in a moment.")


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(_SECONDS_BETWEEN_TRIES)
        return False
    except OSError:  # a file system without locks: SQLite's own have to suffice
        return True
    return True
