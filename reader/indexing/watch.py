"""Watch an open folder for changes, where the operating system reports them."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

log = logging.getLogger(__name__)

_MAX_FAILURES = 5
"""Failures in a row without a reported change in between."""


@dataclass(frozen=True, slots=True)
class WatchTimings:
    """How changes are grouped."""

    step: int = 60
    """Milliseconds of quiet that end a change."""
    debounce: int = 500
    """Milliseconds after which changes are reported although they go on."""
    quiet: int = 300
    """Milliseconds of quiet that end a large change."""
    large: int = 500
    """Paths; a change this large, as of `git pull`, is collected until it has ended."""
    max_seconds: float = 2.0
    """How long a large change is collected at most."""


class UnwatchedError(Exception):
    """The system does not report changes here; the message says why, in words that follow a colon."""


def watch(
    root: Path, folders: frozenset[bytes], stop: Event, timings: WatchTimings | None = None
) -> Iterator[set[bytes]]:
    """Yield the paths of what was created, removed or changed directly in ``folders``, until ``stop`` is set.

    Paths are relative to ``root``; they are files or folders and may have vanished again. Related changes come
    together. The first set, usually empty, says that from now on no change is missed. The empty path is the folder
    itself: anything may have changed. Raises UnwatchedError.
    """
    from watchfiles import watch as changes

    top = os.fsencode(root)
    # The folders one by one instead of the whole tree: hidden ones, such as .git, do not matter.
    every = [os.fsdecode(os.path.join(top, folder) if folder else top) for folder in folders]
    watchable = [path for path in every if _is_utf8(path)]
    if not watchable:
        raise UnwatchedError("the name of the folder is not UTF-8")
    if len(watchable) < len(every):
        log.warning("folders whose names are not UTF-8 are not watched: %d", len(every) - len(watchable))
    failures, missed = 0, False
    while not stop.is_set():
        try:
            for paths in _changes(changes, top, watchable, stop, timings or WatchTimings()):
                yield {b""} if missed else paths
                failures, missed = 0 if paths else failures, False
        except OSError as error:
            raise UnwatchedError(str(error)) from error
        except RuntimeError as error:
            # For example, a file whose name is not UTF-8 has changed. Other changes may be lost with it.
            failures += 1
            if failures > _MAX_FAILURES:
                raise UnwatchedError(str(error)) from error
            log.warning("watching starts again", exc_info=error)
            missed = True
            stop.wait(failures)


def _changes(
    changes: Callable[..., Iterator[set[tuple[Any, str]]]],
    top: bytes,
    folders: list[str],
    stop: Event,
    timings: WatchTimings,
) -> Iterator[set[bytes]]:
    collected: set[bytes] = set()
    is_listening, since = False, 0.0
    for reported in changes(
        *[folder for folder in folders if os.path.isdir(folder)],
        watch_filter=None,
        recursive=False,
        step=timings.step,
        debounce=timings.debounce,
        rust_timeout=timings.quiet,
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        if not collected:
            since = time.monotonic()
        collected |= {relative for _, path in reported if (relative := _relative(top, path)) is not None}
        has_ended = not reported or len(collected) < timings.large or time.monotonic() > since + timings.max_seconds
        if (collected and has_ended) or not is_listening:
            is_listening = True
            yield collected
            collected = set()
    if collected:
        yield collected


def _is_utf8(path: str) -> bool:
    """Return whether watchfiles accepts ``path``: one name that is not UTF-8 would end the watching of all folders."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _relative(top: bytes, path: str) -> bytes | None:
    """Return ``path`` relative to ``top``; its folder if its name is not UTF-8; None for hidden files."""
    relative = os.path.relpath(os.fsencode(path), top)
    if b"\xef\xbf\xbd" in relative:  # U+FFFD: watchfiles has lost the bytes
        relative = os.path.dirname(relative)
    if relative == b".":
        return b""
    return None if any(part.startswith(b".") for part in relative.split(b"/")) else relative
