"""The index updater in a process of its own, so that it never takes time from the screen.

It runs in a thread instead if the index cannot be shared (it is in memory, or a single document is open), or if no
process can be started.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reader.core.events import Notice, Progress
from reader.indexing.events import (
    FolderAway,
    IndexChanged,
    IndexReplaced,
    IndexUnwritable,
    MarksChanged,
    OnUpdaterEvent,
    UpdaterMessage,
)
from reader.workers.process import (
    LOW_PRIORITY,
    ManagedProcess,
    ParentConnection,
    ProcessEndedError,
    ProcessGroup,
    event_message,
    lower_priority,
)

if TYPE_CHECKING:
    from reader.indexing.updater import IndexUpdater
    from reader.library.library import Library

log = logging.getLogger(__name__)

_REFRESH = "refresh"
_KINDS: dict[str, Callable[..., UpdaterMessage]] = {
    kind.__name__: kind
    for kind in (Progress, Notice, IndexChanged, FolderAway, MarksChanged, IndexReplaced, IndexUnwritable)
}


class UpdaterHandle(Protocol):
    """An updater that runs somewhere."""

    def start(self) -> None:
        """Start before there is a listener, if that is useful; otherwise :meth:`listen` starts it."""

    def listen(self, on_event: OnUpdaterEvent) -> None:
        """Have a thread pass on every event, from the first one on."""

    def refresh(self) -> None:
        """Compare the whole folder with the index and report the outcome as a Notice."""

    def close(self) -> None:
        """End it; everything written stays."""


def create_updater(library: Library) -> UpdaterHandle:
    """Return the updater for the index of ``library``, not started."""
    return UpdaterThread(library) if library.index.in_memory else UpdaterProcess(library)


class UpdaterThread:
    """An updater in a thread of this process."""

    def __init__(self, library: Library, *, watching: bool = True) -> None:
        self._library = library
        self._watching = watching
        self.updater: IndexUpdater | None = None

    def start(self) -> None:
        """Do nothing: a thread would only slow down the start of the program."""

    def listen(self, on_event: OnUpdaterEvent) -> None:
        """Start, and pass on every event."""

        def pass_on(message: UpdaterMessage) -> None:
            if isinstance(message, IndexReplaced):
                on_event(IndexChanged())  # this library has been opened again already
            elif isinstance(message, IndexUnwritable):
                _use_memory(self._library, message, on_event)
                self._begin(pass_on)  # the previous updater has ended
            else:
                on_event(message)

        self._begin(pass_on)

    def _begin(self, on_message: Callable[[UpdaterMessage], None]) -> None:
        from reader.indexing.updater import IndexUpdater  # lazy: mostly only the other process needs it

        self.updater = IndexUpdater(self._library, on_message, watching=self._watching)
        threading.Thread(target=self.updater.run, name="updater", daemon=True).start()

    def refresh(self) -> None:
        """Compare the whole folder with the index and report the outcome as a Notice."""
        if self.updater is not None:
            self.updater.refresh()

    def close(self) -> None:
        """End after the current batch."""
        if self.updater is not None:
            self.updater.close()


class UpdaterProcess:
    """An updater in a process of its own, which ends with this process at the latest."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._closed = threading.Event()
        self._processes = ProcessGroup()
        self.process: ManagedProcess | None = None
        self._fallback: UpdaterThread | None = None
        self._guard = threading.Lock()
        self._refresh_requested = False
        """Whether a refresh was requested while nothing was running."""

    def start(self) -> None:
        """Start the process; the pipe buffers its events until there is a listener."""
        if self.process is None:
            with contextlib.suppress(OSError):  # listen() tries again, and reports it
                self.process = self._start()

    def _start(self) -> ManagedProcess:
        return self._processes.start("reader.indexing.remote", os.fspath(self._library.target))

    def listen(self, on_event: OnUpdaterEvent) -> None:
        """Have a thread pass on every event."""
        threading.Thread(target=self._read, args=(on_event,), name="updater", daemon=True).start()

    def refresh(self) -> None:
        """Compare the whole folder with the index and report the outcome as a Notice."""
        with self._guard:
            if self._fallback is not None:
                self._fallback.refresh()
            elif self.process is None:
                self._refresh_requested = True
            else:
                try:
                    self.process.send(_REFRESH)
                except ProcessEndedError:
                    self._refresh_requested = True  # a thread is about to take over

    def close(self) -> None:
        """End it at once; the next start reads again what was not written yet."""
        self._closed.set()
        if self._fallback is not None:
            self._fallback.close()
        self._processes.close()

    def _read(self, on_event: OnUpdaterEvent) -> None:
        try:
            with self._guard:
                process = self.process = self.process or self._start()
                requested, self._refresh_requested = self._refresh_requested, False
            if requested:
                self.refresh()
            self._pass_on_events(process, on_event)
        except (OSError, ProcessEndedError, KeyError, TypeError) as error:
            if not self._closed.is_set():
                log.warning("the updater process has ended; a thread takes over", exc_info=error)
        if self._closed.is_set():
            return
        if self.process is not None:
            self._processes.end(self.process)
        with self._guard:
            self._fallback = UpdaterThread(self._library)
            self._fallback.listen(on_event)
            if self._refresh_requested:
                self._fallback.refresh()
        if self._closed.is_set():  # in the meantime
            self._fallback.close()

    def _pass_on_events(self, process: ManagedProcess, on_event: OnUpdaterEvent) -> None:
        """Pass on events until the process can no longer write the index. Raises ProcessEndedError."""
        for kind, values in process.events(log):
            message = _KINDS[kind](*values)
            if isinstance(message, IndexReplaced):
                self._library.renew()
                on_event(IndexChanged())
            elif isinstance(message, IndexUnwritable):
                _use_memory(self._library, message, on_event)
                return
            else:
                on_event(message)


def _use_memory(library: Library, message: IndexUnwritable, on_event: OnUpdaterEvent) -> None:
    """Continue with an index in memory, and tell the user."""
    library.use_memory()
    on_event(Notice(f"{message.text} The index is kept in memory.", warning=True))
    on_event(IndexChanged())


def main() -> None:
    """Keep the index of a document or folder, the argument, up to date. Every message requests a refresh."""
    from reader.core.paths import Paths
    from reader.indexing.updater import IndexUpdater
    from reader.library.library import Library

    parent = ParentConnection.open()
    parent.forward_logs()
    lower_priority()
    library = Library.open(Path(sys.argv[1]), Paths.from_environment())
    updater = IndexUpdater(library, lambda message: parent.send(event_message(message)), nice=LOW_PRIORITY)
    parent.serve(lambda _: updater.refresh())
    updater.run()
