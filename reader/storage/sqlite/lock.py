"""One writer at a time, among threads and among programs on one machine."""

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
except ImportError:  # not a POSIX system: SQLite's own locks must do
    fcntl = None  # type: ignore[assignment]

Wait: TypeAlias = Callable[[], bool]
"""Asked while another has the lock; True means to go on waiting."""
_SECONDS_BETWEEN_TRIES = 0.1


class BusyError(ReaderError):
    """Another newsreader is writing."""


def NOT_AT_ALL() -> bool:  # noqa: N802 - used like a constant
    """Do not wait."""
    return False


@contextlib.contextmanager
def held(threads: threading.Lock, file: Path | None, wait: Wait) -> Iterator[None]:
    """Hold ``threads`` and, where there is one, the lock on ``file``, which is made; should we end, the system lets go.

    A folder can be locked as well, which leaves nothing behind in it.
    Raises BusyError when another has it and ``wait`` says no, at once or after a while.
    """
    _until(lambda: threads.acquire(timeout=_SECONDS_BETWEEN_TRIES), wait)
    try:
        with contextlib.ExitStack() as stack:
            if file is not None and fcntl is not None:
                # A file of its own: SQLite's locks on the index would be lost when any other handle of it is closed.
                handle = _opened(file)
                if handle is not None:
                    stack.callback(os.close, handle)
                    _until(lambda: _try(handle), wait)
            yield
    finally:
        threads.release()


def _opened(file: Path) -> int | None:
    how = os.O_RDONLY if file.is_dir() else os.O_RDWR | os.O_CREAT
    try:
        return os.open(file, how | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError:  # a full disk, say: SQLite's own locks must do
        return None


def _until(acquired: Callable[[], bool], wait: Wait) -> None:
    while not acquired():
        if not wait():
            raise BusyError("Another newsreader is reading this folder just now.", "It will be there in a moment.")


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(_SECONDS_BETWEEN_TRIES)
        return False
    except OSError:  # a file system without locks: SQLite's own must do, if it has any
        return True
    return True
