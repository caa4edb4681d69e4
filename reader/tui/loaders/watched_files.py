"""A thread that looks for changes of the files that the user edits: config.toml and views.toml."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)


def file_version(path: Path) -> tuple[int, int, int] | None:
    """Return what distinguishes versions of a file; None if there is none."""
    try:
        info = os.stat(path)  # follows symbolic links
    except OSError:
        return None
    # The time of its last change is also that of its permissions: it may have become readable.
    return info.st_ctime_ns, info.st_size, info.st_ino


class WatchedFiles:
    """Calls a function for each file, again and again, in one thread. A function that fails is not called again."""

    def __init__(self, interval: float, on_failure: Callable[[str], object]) -> None:
        """``on_failure`` gets the name of a file whose function failed, in the thread."""
        self._interval = interval
        self._on_failure = on_failure
        self._checks: dict[str, Callable[[], None]] = {}
        self._guard = threading.Lock()
        self._closed = threading.Event()

    def watch(self, name: str, check: Callable[[], None]) -> None:
        """Call ``check`` from now on; ``name`` is the name of the file. For any thread."""
        with self._guard:
            is_first = not self._checks
            self._checks[name] = check
        if is_first:
            threading.Thread(target=self._watch, name="files", daemon=True).start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(self._interval):
            with self._guard:
                checks = list(self._checks.items())
            for name, check in checks:
                try:
                    check()
                except Exception:  # an error that ends the thread would go unnoticed
                    log.exception("%s is no longer followed", name)
                    self._checks[name] = lambda: None
                    self._on_failure(name)
