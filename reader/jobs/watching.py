"""Notices what changes in a folder while it is open, where the system tells."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

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


class UnwatchedError(Exception):
    """The system does not tell of changes here; the message says why, fit to follow a colon."""


def watch(root: Path, folders: frozenset[bytes], stop: Event) -> Iterator[set[bytes]]:
    """Yield the paths, relative to ``root``, of what came, went or changed directly in ``folders``, until ``stop``.

    A path may be a file's or a folder's, and may have vanished again. What changes
    together comes together. The first set, mostly empty, tells that from now on nothing
    is missed. Raises UnwatchedError.
    """
    from watchfiles import watch as changes

    top = os.fsencode(root)
    # Folder by folder rather than the whole tree: hidden ones, such as .git, are none of our business.
    places = [os.fsdecode(os.path.join(top, folder) if folder else top) for folder in folders]
    gathered: set[bytes] = set()
    listening, since = False, 0.0
    try:
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
    except (OSError, RuntimeError) as error:
        raise UnwatchedError(str(error)) from error


def _below(top: bytes, path: str) -> bytes | None:
    """Return ``path`` relative to ``top``; its folder's when its name is not text; None for what is hidden."""
    relative = os.path.relpath(os.fsencode(path), top)
    if b"\xef\xbf\xbd" in relative:  # U+FFFD: the bytes were lost on their way
        relative = os.path.dirname(relative)
    if relative == b".":
        return b""
    return None if any(part.startswith(b".") for part in relative.split(b"/")) else relative
