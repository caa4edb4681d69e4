"""The end of a program whose terminal is gone (a window closed, a connection broken), or that the system asks to end.

Textual reads from a terminal that is gone for ever, at the full speed of a core, and may
wait for ever to write to it, as it does while somebody reads nothing from the other end.
So a thread looks whether it is there, and listens to signals in the place of the event
loop, which may be the one that waits. It asks the app to leave, and ends the process when
nothing comes of that.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from threading import Event, Thread
from types import FrameType

_SECONDS_BETWEEN_LOOKS = 2.0
"""For a program that is not told: one that does not lead the terminal's session."""
_PATIENCE = 5.0
"""Seconds that the app has to write what is to be kept."""


class Hangup:
    """Watches the terminal open as ``descriptor``; has ``leave`` called, in a thread, when it is gone or all shall end.

    ``leave`` may raise RuntimeError when the app has left already. ``tidy`` is called when it has not, after a while,
    before the process is ended; it may raise OSError.
    """

    def __init__(self, leave: Callable[[], object], tidy: Callable[[], object], descriptor: int = 0) -> None:
        self._leave = leave
        self._tidy = tidy
        self._descriptor = descriptor
        self._told = Event()
        self._signal = int(signal.SIGHUP)

    def watch(self) -> None:
        """Begin. To be called in the main thread."""
        for each in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(each, self._tell)
        Thread(target=self._look, name="hangup", daemon=True).start()

    def _tell(self, number: int, _: FrameType | None) -> None:
        self._signal = number
        self._told.set()

    def _look(self) -> None:
        while not self._told.wait(_SECONDS_BETWEEN_LOOKS) and os.isatty(self._descriptor):
            pass
        with contextlib.suppress(RuntimeError):
            self._leave()
        Event().wait(_PATIENCE)  # mostly the process has ended by then
        with contextlib.suppress(OSError):
            self._tidy()
        os._exit(128 + self._signal)  # as a shell calls the end by a signal
