"""Notices what changes in a folder while it is open, where the system tells."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

log = logging.getLogger(__name__)

_STEP = 60
"""Milliseconds of quiet that end a change."""
_AT_MOST = 500
"""Milliseconds after which changes are told although they go on."""
_QUIET = 300
"""Milliseconds of quiet that end a large change."""
_LARGE = 500
"""Paths; as many are waited for to be all there, as after `git pull`."""
_SECONDS_GATHERED = 2.0
"""For so long at most: what never ends is to be seen as well."""

_MOST_FAILURES = 5
"""In a row, between which nothing was told."""


class UnwatchedError(Exception):
    """The system does not tell of changes here; the message says why, fit to follow a colon."""


def watch(root: Path, folders: frozenset[bytes], stop: Event) -> Iterator[set[bytes]]:
    """Yield the paths, relative to ``root``, of what came, went or changed directly in ``folders``, until ``stop``.

    A path may be a file's or a folder's, and may have vanished again. What changes
    together comes together. The first set, mostly empty, tells that from now on nothing
    is missed. The empty path is the folder itself: anything may have changed. Raises UnwatchedError.
    """
    from watchfiles import watch as changes

    top = os.fsencode(root)
    # Folder by folder rather than the whole tree: hidden ones, such as .git, are none of our business.
    every = [os.fsdecode(os.path.join(top, folder) if folder else top) for folder in folders]
    places = [place for place in every if _is_text(place)]
    if not places:
        raise UnwatchedError("the name of the folder is not UTF-8")
    if len(places) < len(every):
        log.warning("folders whose names are not UTF-8 are not watched: %d", len(every) - len(places))
    failures, missed = 0, False
    while not stop.is_set():
        try:
            for paths in _told(changes, top, places, stop):
                yield {b""} if missed else paths
                failures, missed = 0 if paths else failures, False
        except OSError as error:
            raise UnwatchedError(str(error)) from error
        except RuntimeError as error:
            # Among others, a file whose name is not UTF-8 has changed. What else has, nobody knows.
            failures += 1
            if failures > _MOST_FAILURES:
                raise UnwatchedError(str(error)) from error
            log.warning("watching begins anew", exc_info=error)
            missed = True
            stop.wait(failures)


def _told(
    changes: Callable[..., Iterator[set[tuple[Any, str]]]], top: bytes, places: list[str], stop: Event
) -> Iterator[set[bytes]]:
    gathered: set[bytes] = set()
    listening, since = False, 0.0
    for found in changes(
        *[place for place in places if os.path.isdir(place)],
        watch_filter=None,
        recursive=False,
        step=_STEP,
        debounce=_AT_MOST,
        rust_timeout=_QUIET,
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        if not gathered:
            since = time.monotonic()
        gathered |= {relative for _, path in found if (relative := _below(top, path)) is not None}
        quiet = not found or len(gathered) < _LARGE or time.monotonic() > since + _SECONDS_GATHERED
        if (gathered and quiet) or not listening:
            listening = True
            yield gathered
            gathered = set()
    if gathered:  # told to stop meanwhile
        yield gathered


def _is_text(path: str) -> bool:
    """Return whether watchfiles takes ``path``: one name in other bytes would end the watching of all."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _below(top: bytes, path: str) -> bytes | None:
    """Return ``path`` relative to ``top``; its folder's when its name is not text; None for what is hidden."""
    relative = os.path.relpath(os.fsencode(path), top)
    if b"\xef\xbf\xbd" in relative:  # U+FFFD: the bytes were lost on their way
        relative = os.path.dirname(relative)
    if relative == b".":
        return b""
    return None if any(part.startswith(b".") for part in relative.split(b"/")) else relative
