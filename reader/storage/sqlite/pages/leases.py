"""Leases of articles: of the programs that share a page file, only one fetches an article at a time.

A lease is a lock on one byte of an empty file. The operating system releases it when the
program ends, however it ends. On POSIX, such a lock belongs to the whole process, and closing
the file releases it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

try:
    import fcntl
except ImportError:  # not POSIX: every program fetches for itself
    fcntl = None  # type: ignore[assignment]

_MAX_OFFSET = 2**62
"""File offsets are signed 64-bit numbers, and some systems add one to them."""


class Leases:
    """The leases that this program holds. Thread-safe."""

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
            if self._handle is None:
                return
            try:
                fcntl.lockf(self._handle, fcntl.LOCK_UN, 1, number % _MAX_OFFSET)
            except OSError:  # a file system without locks, so none was acquired
                return

    def close(self) -> None:
        """Release all leases."""
        with self._guard:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None

    def _open(self) -> int | None:
        if self._handle is None and self._path is not None and fcntl is not None:
            try:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
            except OSError:
                return None
        return self._handle
