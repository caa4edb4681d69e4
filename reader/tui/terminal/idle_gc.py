"""When memory is searched for what nobody needs any more: when nobody waits.

Python's own way is to search now and then, in the middle of whatever goes on, and to look
through everything that is old each time: 30 to 40 ms, which a key that is pressed just
then has to wait. Here only what is young is searched on the way, and little at a time:
of a thousand objects that a page leaves, half a millisecond's worth.
"""

from __future__ import annotations

import gc
import time

_YOUNG = 2_000
"""Objects that are made before these are searched, which takes about a millisecond."""
_SELDOM = 500
"""How often that is done before those are searched again which were still in use: 10 ms, after 500 pages."""
_NEVER = 1_000_000
_QUIET = 2.0
"""Seconds without a key or a movement of the mouse after which nobody waits."""


class IdleGC:
    """Searches everything once the person has paused."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._due = True

    def begin(self) -> None:
        """Have what was made up to now left alone: most of it stays until the end.

        Only where the program's start has turned the collector off for us; see :mod:`reader.__main__`.
        """
        if gc.isenabled():
            return
        gc.freeze()
        gc.set_threshold(_YOUNG, _SELDOM, _NEVER)
        gc.enable()

    def act(self) -> None:
        """Note that the person does something."""
        self._last = time.monotonic()
        self._due = True

    def look(self) -> None:
        """Search everything, if the person has done something and has paused since; to be called now and then."""
        if gc.get_freeze_count() and self._due and time.monotonic() > self._last + _QUIET:
            self._due = False
            gc.unfreeze()
            gc.collect()
            gc.freeze()
