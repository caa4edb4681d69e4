"""A text file that both the user and newsreader edit."""

from __future__ import annotations

import os
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from reader.core.atomic_write import write_atomically
from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path
from reader.storage.sqlite import lock

Signature: TypeAlias = tuple[int, int, int] | None
"""Distinguishes versions of a file; None for no file."""
_MAX_BYTES = 64_000_000
_LOCK_SECONDS = 3.0


class EditedFile:
    """The file at ``path``; ``contents`` is what it stores, for messages. Thread-safe; methods may block."""

    def __init__(self, path: Path, contents: str) -> None:
        self._path = path
        self._contents = contents
        self._lock = threading.Lock()
        self._seen: Signature = None
        self.shown = show_path(path)
        """The path for messages."""

    def has_changed(self) -> bool:
        """Return whether the file has changed since it was last read. Raises nothing."""
        return self.signature() != self._seen

    def signature(self) -> Signature:
        """Return what distinguishes the present version of the file. Raises nothing."""
        try:
            info = os.stat(self._path)  # follows symbolic links
        except OSError:
            return None
        return info.st_mtime_ns, info.st_size, info.st_ino

    def read(self) -> tuple[Signature, str]:
        """Return the text, empty if there is no file. Raises ReaderError."""
        signature = self._seen = self.signature()
        try:
            if signature is not None and not os.path.isfile(self._path):  # opening a pipe would block
                raise ReaderError(
                    f"{self.shown} is not a regular file.", f"{self._contents} are stored there: move it away."
                )
            with self._path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
            if len(data) > _MAX_BYTES:
                raise ReaderError(f"{self.shown} is longer than {_MAX_BYTES:,} bytes.", "Shorten it.")
            return signature, data.decode("utf-8-sig")
        except FileNotFoundError:
            return signature, ""
        except UnicodeDecodeError as error:
            raise ReaderError(f"{self.shown} is not UTF-8: byte {error.start}.", "Save it as UTF-8.") from None
        except OSError as error:
            raise ReaderError(
                f"{self.shown} cannot be read: {describe_error(error)}.", "Check its permissions."
            ) from error

    def write(self, text: str) -> Signature:
        """Replace the text, and return what distinguishes this version. Raises ReaderError."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ReaderError(f"{show_path(self._path.parent)} cannot be created: {describe_error(error)}.") from error
        write_atomically(self._path, [text.encode()])
        self._seen = self.signature()
        return self._seen

    def exclusive(self) -> AbstractContextManager[None]:
        """Exclude other threads and windows. Raises ReaderError if one of them takes too long."""
        deadline = time.monotonic() + _LOCK_SECONDS
        folder = self._path.parent if self._path.parent.is_dir() else None
        busy = ReaderError(f"Another newsreader is writing {self.shown}.", "Try again in a moment.")
        return lock.locked(self._lock, folder, lambda: time.monotonic() < deadline, busy)
