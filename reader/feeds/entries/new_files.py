"""New files of one folder that are written together: each is complete or absent, and all are flushed to disk at once.

Flushing each file by itself takes most of the time of a first sync: a file system such as ext4 commits its journal for
each. Linux can flush a whole file system in one call, which is much faster for many files.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import threading
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path

from reader.core.atomic_write import sync
from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path

_MANY = 8
"""With fewer files, each is flushed by itself: other programs may have written much to the file system."""
_FLUSHED_WHOLE = {0xEF53, 0x58465342, 0x9123683E, 0xF2F52010}
"""ext2 to ext4, XFS, Btrfs and F2FS. Of others, such as those of networks, it is not known what the call guarantees."""
_REPORTS_FAILURES = (5, 8)
"""The version of Linux since which the call reports that a file could not be written."""


class NewFiles:
    """Files below ``root`` in ``folder``, a path with ``/`` between its parts.

    They have the usual permissions of new files, or if they are ``private``, only their owner can read them.
    """

    def __init__(self, root: Path, folder: str, *, private: bool = False) -> None:
        self._root = root
        self._mode = 0o600 if private else 0o666
        """Without what the umask takes away."""
        self._folder = os.path.join(root, folder)
        self._is_there = False
        self._prefix = f".newsreader-{os.urandom(6).hex()}-"
        self._waiting: dict[str, str] = {}
        """The temporary names of files by their names."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, name: str, data: bytes) -> None:
        """Write a file under a temporary name. Raises ReaderError."""
        part = os.path.join(self._folder, f"{self._prefix}{len(self._waiting)}.tmp")
        try:
            if not self._is_there:
                self._create_folder()
            self._waiting[name] = part
            with open(part, "xb", buffering=0, opener=self._open) as file:
                while data:
                    data = data[file.write(data) :]
        except OSError as error:
            raise self._error(name, error) from error

    def keep(self) -> None:
        """Give the files their names, and make them durable; none replaces another. Raises ReaderError."""
        if not self._waiting:
            return
        name = next(iter(self._waiting))
        try:
            if len(self._waiting) < _MANY or not flush_file_system(self._folder):
                for part in self._waiting.values():
                    sync(Path(part))
            for name, part in self._waiting.items():
                target = os.path.join(self._folder, name)
                if os.path.lexists(target):  # written by another program in the meantime
                    os.unlink(part)
                else:
                    os.rename(part, target)
            sync(Path(self._folder))
        except OSError as error:
            raise self._error(name, error) from error
        self._waiting.clear()

    def discard(self) -> None:
        """Remove the files that have no names yet. Raises nothing."""
        for part in self._waiting.values():
            with suppress(OSError):
                os.unlink(part)
        self._waiting.clear()

    def _create_folder(self) -> None:
        folder = Path(self._folder)
        is_new = not folder.is_dir()
        folder.mkdir(parents=True, exist_ok=True)
        if is_new:
            for each in (each for each in folder.parents if each == self._root or self._root in each.parents):
                sync(each)
        self._is_there = True

    def _open(self, path: str, flags: int) -> int:
        return os.open(path, flags | os.O_CLOEXEC, self._mode)

    def _error(self, name: str, error: OSError) -> ReaderError:
        file = show_path(os.path.join(self._folder, name))
        return ReaderError(f"{file} could not be written: {describe_error(error)}.")


def flush_file_system(folder: str) -> bool:
    """Flush the file system of a folder to disk; return whether that is possible. Raises OSError."""
    libc = _libc()
    if libc is None:
        return False
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        status = ctypes.create_string_buffer(1024)  # larger than struct statfs, which begins with the type
        if libc.fstatfs(handle, status) or ctypes.c_long.from_buffer(status).value not in _FLUSHED_WHOLE:
            return False
        _flushes(os.fstat(handle).st_dev).flush(libc, handle)
    finally:
        os.close(handle)
    return True


class Flushes:
    """The flushes of one file system: threads that wait while one is running share the next."""

    def __init__(self) -> None:
        self._running = threading.Lock()
        self._tickets = count(1)
        self.latest = 0
        """The ticket of the thread that came last."""
        self._done = 0
        """The last ticket that a flush has served."""

    def flush(self, libc: ctypes.CDLL, handle: int) -> None:
        """Flush the file system that has an open file. Raises OSError."""
        mine = self.latest = next(self._tickets)
        with self._running:
            if self._done >= mine:
                return
            latest = self.latest
            if libc.syncfs(handle):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
            self._done = latest


@cache
def _flushes(_device: int) -> Flushes:
    return Flushes()


@cache
def _libc() -> ctypes.CDLL | None:
    """Return the C library if it can flush file systems."""
    version = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) if sys.platform == "linux" else ()
    if version < _REPORTS_FAILURES:
        return None
    with suppress(OSError):
        libc = ctypes.CDLL(None, use_errno=True)
        return libc if hasattr(libc, "syncfs") and hasattr(libc, "fstatfs") else None
    return None
