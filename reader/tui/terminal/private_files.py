"""Private temporary files for other programs, deleted at the end."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tempfile

_PREFIX = "private-"


class PrivateFolder:
    """A folder of this process below ``cache``, or in the system's temporary directory if that cannot be written to."""

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def write(self, name: str, text: str) -> Path:
        """Write ``text`` to the file ``name``, and return its path. Raises OSError."""
        if self._folder is None or not Path(self._folder.name).is_dir():  # caches may be cleaned
            import tempfile  # lazy: every start looks for leftovers, and few need this

            place = self._cache if self._cache is not None and os.access(self._cache, os.W_OK) else None
            self._folder = tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=place)
        path = Path(self._folder.name, name)
        path.write_text(text, "utf-8", "replace")
        return path

    def remove(self) -> None:
        """Delete all files. May raise OSError. A proper exit does it by itself."""
        if self._folder is not None:
            self._folder.cleanup()


def remove_leftovers(cache: Path) -> None:
    """Delete the files of processes that were killed. Never raises OSError."""
    for folder in cache.glob(f"{_PREFIX}*"):
        process = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if process.isdecimal() and not _is_running(int(process)):
            import shutil

            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        with contextlib.suppress(PermissionError):  # another user's
            os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    return True
