"""Full garbage collection only while the user is idle.

Python would run it at any time: 30 to 40 ms, for which a key would have to wait. Here only young
objects are collected meanwhile: half a millisecond for the thousand objects that a page leaves.
"""

from __future__ import annotations

import gc
import time

_YOUNG_THRESHOLD = 2_000
"""Allocations between collections of the youngest generation, which take about a millisecond."""
_MIDDLE_THRESHOLD = 500
"""Those collections between collections of the middle generation: 10 ms, about every 500 pages."""
_NEVER = 1_000_000
_IDLE_SECONDS = 2.0
"""Seconds without input after which the user is idle."""


class IdleGC:
    """Collects garbage once the user has paused."""

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
        gc.set_threshold(_YOUNG_THRESHOLD, _MIDDLE_THRESHOLD, _NEVER)
        gc.enable()

    def note_activity(self) -> None:
        """Note input of the user."""
        self._last = time.monotonic()
        self._due = True

    def collect_if_idle(self) -> None:
        """Collect all garbage if the user was active and has paused since; call this periodically."""
        if gc.get_freeze_count() and self._due and time.monotonic() > self._last + _IDLE_SECONDS:
            self._due = False
            gc.unfreeze()
            gc.collect()
            gc.freeze()
