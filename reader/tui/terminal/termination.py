"""Ends the app when its terminal is gone (window closed, connection lost) or the system asks it to end.

Textual reads from a lost terminal forever, using a whole core, and may block forever on a write to it. So a thread
checks the terminal, and handles signals instead of the event loop, which may be blocked. It asks the app to quit, and
ends the process if that does not happen.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Thread

_SECONDS_BETWEEN_CHECKS = 2.0
"""Seconds between checks: a process that does not lead the terminal's session gets no signal."""
_PATIENCE = 0.8
"""Seconds that the app has to save everything."""
_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


def watch_terminal(quit_app: Callable[[int], object], cleanup: Callable[[], object]) -> None:
    """Start to watch the terminal that is standard input, and signals. Call this in the main thread.

    When the terminal is gone, or the process has to end, a thread calls ``quit_app`` with the exit status, 128 and the
    number of the signal; it may raise RuntimeError if the app has already ended. If the app does not end in time,
    ``cleanup`` is called, which may raise OSError, and the process exits.
    """
    received: SimpleQueue[int] = SimpleQueue()

    def watch() -> None:
        number = int(signal.SIGHUP)
        while os.isatty(0):
            with contextlib.suppress(Empty):
                number = received.get(timeout=_SECONDS_BETWEEN_CHECKS)
                break
        status = 128 + number  # the shell's exit status for a signal
        try:
            with contextlib.suppress(RuntimeError):
                quit_app(status)
            Event().wait(_PATIENCE)  # usually the process has ended by then
            with contextlib.suppress(OSError):
                cleanup()
        finally:  # whatever went wrong, a process without a terminal must not stay
            os._exit(status)

    for each in _SIGNALS:
        signal.signal(each, lambda number, _: received.put(number))
    Thread(target=watch, name="termination", daemon=True).start()
