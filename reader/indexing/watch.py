"""Watch an open folder for changes, where the operating system reports them."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

log = logging.getLogger(__name__)

_MAX_FAILURES = 5
"""Failures in a row without a reported change in between."""
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""See :func:`os.fsdecode`."""
POLL_SECONDS = 1.0
"""The shortest interval at which a folder is read that has files whose names are not UTF-8."""
_POLL_SHARE = 20
"""How many times longer than reading these folders the interval is at least."""
_STEP = 60
"""Milliseconds without a change that end a group of changes."""
_DEBOUNCE = 500
"""Milliseconds after which changes are reported although more follow."""
_QUIET = 300
"""Milliseconds without a change that end a large group."""
_LARGE = 500
"""Paths; a group this large, as from `git pull`, is collected until it has ended."""
_MAX_SECONDS = 2.0
"""How long a large group is collected at most."""


class UnwatchedError(Exception):
    """The system does not report changes here; the message says why, in words that follow a colon."""


def watch(
    root: Path, folders: frozenset[bytes], stop: Event, poll_seconds: float = POLL_SECONDS
) -> Iterator[set[bytes]]:
    """Yield the paths of what was created, removed or changed directly in ``folders``, until ``stop`` is set.

    Paths are relative to ``root``; they are files or folders and may have vanished again. Related changes come
    together. The first set, usually empty, means that from now on no change is missed. The empty path is the folder
    itself: anything may have changed. Raises UnwatchedError.
    """
    top = os.fsencode(root)
    # The folders one by one instead of the whole tree: hidden ones, such as .git, do not matter.
    every = [os.fsdecode(os.path.join(top, folder) if folder else top) for folder in folders]
    # One name that is not UTF-8 would end the watching of all folders.
    watchable = [path for path in every if not _NOT_UTF8.search(path)]
    if not watchable:
        raise UnwatchedError("the name of the folder is not UTF-8")
    if len(watchable) < len(every):
        log.warning("folders whose names are not UTF-8 are not watched: %d", len(every) - len(watchable))
    polled = _PolledFolders(top, poll_seconds)
    failures, missed = 0, False
    while not stop.is_set():
        try:
            for paths in _changes(top, watchable, polled, stop):
                yield {b""} if missed else paths
                failures, missed = 0 if paths else failures, False
        except OSError as error:
            raise UnwatchedError(str(error)) from error
        except RuntimeError as error:
            # Other changes may be lost with it. If a file whose name is not UTF-8 has changed, it would happen again.
            odd = {path for path in watchable if _has_odd_name(path)}
            if odd:
                log.warning("folders with files whose names are not UTF-8 are polled: %d", len(odd))
                polled.add(odd)
                watchable, missed = [path for path in watchable if path not in odd], True
                continue
            failures += 1
            if failures > _MAX_FAILURES:
                raise UnwatchedError(str(error)) from error
            log.warning("watching starts again", exc_info=error)
            missed = True
            stop.wait(failures)


class _PolledFolders:
    """Finds changes in folders by reading them again."""

    def __init__(self, top: bytes, seconds: float) -> None:
        self._top = top
        self._seconds = seconds
        self._seen: dict[bytes, set[tuple[bytes, int, int, int]]] = {}
        """Folder -> what is in it: name, inode, time and size of each entry."""
        self._next = 0.0

    def add(self, folders: Iterable[str]) -> None:
        """Read ``folders`` from now on; later changes are found."""
        self._seen |= {folder: _entries(folder) for folder in map(os.fsencode, folders)}

    def changes(self) -> set[bytes]:
        """Return the relative paths of what has changed, if it is time to look."""
        began = time.monotonic()
        if not self._seen or began < self._next:
            return set()
        changed: set[bytes] = set()
        for folder, before in self._seen.items():
            self._seen[folder] = now = _entries(folder)
            changed |= {os.path.join(folder, name) for name, *_ in before ^ now}
        took = time.monotonic() - began
        self._next = began + max(self._seconds, _POLL_SHARE * took)
        return {relative for path in changed if (relative := _relative(self._top, path)) is not None}


def _entries(folder: bytes) -> set[tuple[bytes, int, int, int]]:
    entries = set()
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            with contextlib.suppress(OSError):  # it has vanished
                status = entry.stat(follow_symlinks=False)
                is_folder = entry.is_dir(follow_symlinks=False)  # what changes in it is reported for itself
                changed = (0, 0) if is_folder else (status.st_mtime_ns, status.st_size)
                entries.add((entry.name, status.st_ino, *changed))
    return entries


def _has_odd_name(folder: str) -> bool:
    try:
        return any(_NOT_UTF8.search(name) for name in os.listdir(folder))
    except OSError:
        return False


def _changes(top: bytes, folders: list[str], polled: _PolledFolders, stop: Event) -> Iterator[set[bytes]]:
    import watchfiles  # lazy: there is none for some platforms

    collected: set[bytes] = set()
    is_listening, since = False, 0.0
    for reported in watchfiles.watch(
        *[folder for folder in folders if os.path.isdir(folder)],
        watch_filter=None,
        recursive=False,
        step=_STEP,
        debounce=_DEBOUNCE,
        rust_timeout=_QUIET,
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        if not collected:
            since = time.monotonic()
        paths = (_relative(top, os.fsencode(path)) for _, path in reported)
        collected |= polled.changes().union(path for path in paths if path is not None)
        has_ended = not reported or len(collected) < _LARGE or time.monotonic() > since + _MAX_SECONDS
        if (collected and has_ended) or not is_listening:
            is_listening = True
            yield collected
            collected = set()
    if collected:
        yield collected


def _relative(top: bytes, path: bytes) -> bytes | None:
    """Return ``path`` relative to ``top``; its folder if its name is not UTF-8; None for hidden files."""
    relative = os.path.relpath(path, top)
    if b"\xef\xbf\xbd" in relative:  # U+FFFD: watchfiles has lost the bytes
        relative = os.path.dirname(relative)
    if relative == b".":
        return b""
    return None if any(part.startswith(b".") for part in relative.split(b"/")) else relative
