"""Ends the app when its terminal is gone (window closed, connection lost) or the system asks it to end.

Textual reads from a lost terminal forever, at the full speed of a core, and may block forever
on a write to it. So a thread checks the terminal, and handles signals instead of the event loop,
which may be blocked. It asks the app to quit, and ends the process if that does not happen.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from threading import Event, Thread
from types import FrameType

_SECONDS_BETWEEN_CHECKS = 2.0
"""A process that does not lead the terminal's session gets no signal."""
_PATIENCE = 5.0
"""Seconds that the app has to save everything."""


class Hangup:
    """Watches the terminal that is open as ``descriptor``.

    When it is gone, or the process has to end, a thread calls ``quit_app``, which may raise RuntimeError if the app has
    ended already. If it does not end in time, ``cleanup`` is called, which may raise OSError, and the process exits.
    """

    def __init__(self, quit_app: Callable[[], object], cleanup: Callable[[], object], descriptor: int = 0) -> None:
        self._quit = quit_app
        self._cleanup = cleanup
        self._descriptor = descriptor
        self._signaled = Event()
        self._signal = int(signal.SIGHUP)

    def watch(self) -> None:
        """Start watching. Call this in the main thread."""
        for each in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(each, self._on_signal)
        Thread(target=self._watch_terminal, name="hangup", daemon=True).start()

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self._signal = number
        self._signaled.set()

    def _watch_terminal(self) -> None:
        while not self._signaled.wait(_SECONDS_BETWEEN_CHECKS) and os.isatty(self._descriptor):
            pass
        with contextlib.suppress(RuntimeError):
            self._quit()
        Event().wait(_PATIENCE)  # usually the process has ended by then
        with contextlib.suppress(OSError):
            self._cleanup()
        os._exit(128 + self._signal)  # the shell's exit status for a signal
