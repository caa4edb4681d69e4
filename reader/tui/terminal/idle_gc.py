"""Full garbage collection only while the user is idle, and free memory back to the system.

Python would run it at any time and delay a key by 30 to 40 ms. Until the user is idle, only objects that are
younger than the last full collection are collected: a millisecond for the two thousand objects of a page or two, and in
a short pause all of them, since Python's memory never shrinks much after garbage has filled it.
"""

from __future__ import annotations

import gc
import time

from reader.tui.terminal.memory import free_caches
from reader.workers.malloc import trim_malloc

YOUNG_THRESHOLD = 2_000
"""Allocations between collections of the youngest generation, which take about a millisecond."""
MIDDLE_THRESHOLD = 20
"""Young collections between collections of the middle generation, which take a few milliseconds at most."""
_OLD_THRESHOLD = 10
"""Middle collections until one of everything that came after the last pause; a user who never pauses needs it."""
LONG_PAUSE = 2.0
"""Seconds without input after which the user is idle."""
SHORT_PAUSE = 0.3
"""Seconds without input after which younger objects are collected, which takes 10 ms or so, if there are many."""


class IdleGC:
    """Collects garbage after the user has paused."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._due = True

    def start(self) -> None:
        """Exempt the objects that exist now, most of which live until the end.

        Does nothing unless start-up has turned the collector off; see :mod:`reader.__main__`.
        """
        if gc.isenabled():
            return
        gc.freeze()
        gc.set_threshold(YOUNG_THRESHOLD, MIDDLE_THRESHOLD, _OLD_THRESHOLD)
        gc.enable()

    def note_activity(self) -> None:
        """Note user input."""
        self._last = time.monotonic()
        self._due = True

    def collect_if_idle(self) -> None:
        """Collect garbage if the user was active and has paused since; return free memory in any case.

        Call this periodically.
        """
        if not self._due:
            return
        pause = time.monotonic() - self._last
        # The count of frozen objects comes last: it visits each of them, which takes 6 ms or more.
        if pause > LONG_PAUSE and gc.get_freeze_count():
            self._due = False
            free_caches()
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        elif SHORT_PAUSE < pause < LONG_PAUSE and any(gc.get_count()[1:]):  # younger collections have left some
            gc.collect()
        trim_malloc()
