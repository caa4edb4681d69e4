"""Who is just now fetching an article: one program of those that share the file of fetched pages.

A claim is a lock on one byte of a file, which never has any: the system gives it back when
its program ends, however that ends. (POSIX: such a lock is the whole program's, and is
gone when the program closes the file.)
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system: each fetches for itself
    fcntl = None  # type: ignore[assignment]

_BYTES = 2**62
"""Places there are: offsets of files are signed numbers of 64 bits, and some systems add one."""


class Leases:
    """The claims of this program; any thread may ask."""

    def __init__(self, path: Path | None) -> None:
        """``path``: the file to lock, which is made by the first claim; None where nobody shares."""
        self._path = path
        self._guard = threading.Lock()
        self._handle: int | None = None

    def acquire(self, number: int) -> bool:
        """Claim an article, by its number; False when another program has it.

        Where nothing can be locked (no such system, file system or right), True: rather twice than not at all.
        """
        with self._guard:
            handle = self._opened()
            if handle is None:
                return True
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number % _BYTES)
            except (BlockingIOError, PermissionError):  # both mean that another has it
                return False
            except OSError:
                return True
            return True

    def release(self, number: int) -> None:
        """Give a claim back."""
        with self._guard:
            if self._handle is None:
                return
            try:
                fcntl.lockf(self._handle, fcntl.LOCK_UN, 1, number % _BYTES)
            except OSError:  # a file system without locks: there was none
                return

    def close(self) -> None:
        """Give all back."""
        with self._guard:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None

    def _opened(self) -> int | None:
        if self._handle is None and self._path is not None and fcntl is not None:
            try:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
            except OSError:
                return None
        return self._handle
