"""The index updater in a process of its own, so that it never takes time from the screen.

It runs in a thread instead if the index cannot be shared (it is in memory, or a single document is open), or if no
process can be started.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from reader.core.events import IndexChanged, IndexReplaced, IndexUnwritable, Notice, OnUpdaterEvent, UpdaterMessage
from reader.core.paths import Paths
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
_KINDS: dict[str, Callable[..., UpdaterMessage]] = {kind.__name__: kind for kind in get_args(UpdaterMessage)}


class UpdaterHandle:
    """The updater of a library's index: a process, which ends no later than this one, or a thread."""

    def __init__(
        self, library: Library, *, in_thread: bool = False, watching: bool = True, grouping: bool = True
    ) -> None:
        """Create an updater, not started. ``watching`` and ``grouping`` hold for a thread only."""
        self._library = library
        self._in_thread = in_thread or library.index.in_memory
        self._watching = watching
        self._grouping = grouping
        self._closed = False
        self._guard = threading.Lock()
        self._processes = ProcessGroup()
        self._refresh_requested = False
        """Whether a refresh was requested while nothing was running."""
        self.process: ManagedProcess | None = None
        self.updater: IndexUpdater | None = None
        """The updater in a thread, if there is one."""

    def start(self) -> None:
        """Start a process before there is a listener; the pipe buffers its events.

        A thread would only slow down the start of the program: :meth:`listen` starts it.
        """
        if not self._in_thread and self.process is None:
            with contextlib.suppress(OSError):  # listen() tries again, and reports it
                self.process = self._start()

    def _start(self) -> ManagedProcess:
        paths = self._library.paths or Paths.from_environment()
        places = (self._library.target, paths.cache, paths.data, paths.config)
        return self._processes.start("reader.indexing.process_client", *map(os.fspath, places))

    def listen(self, on_event: OnUpdaterEvent) -> None:
        """Start a thread that passes on every event, from the first one on."""
        self._on_event = on_event
        if self._in_thread:
            self._run_in_thread()
        else:
            threading.Thread(target=self._read, name="updater", daemon=True).start()

    def refresh(self) -> None:
        """Compare the whole folder with the index and report the outcome as a Notice."""
        with self._guard:
            if self.updater is not None:
                self.updater.refresh()
            elif self.process is None:
                self._refresh_requested = True
            else:
                try:
                    self.process.send(_REFRESH)
                except ProcessEndedError:
                    self._refresh_requested = True  # a thread is about to take over

    def close(self) -> None:
        """End it at once; the next start reads whatever was not written."""
        self._closed = True
        if self.updater is not None:
            self.updater.close()
        self._processes.close()

    def _read(self) -> None:
        """Pass on events of the process until it can no longer write the index; then a thread takes over."""
        try:
            with self._guard:
                process = self.process = self.process or self._start()
                requested, self._refresh_requested = self._refresh_requested, False
            if requested:
                self.refresh()
            for kind, values in process.events(log):
                self._receive(_KINDS[kind](*values))
                if self.updater is not None:
                    break
        except (OSError, ProcessEndedError, KeyError, TypeError, ValueError) as error:
            if not self._closed:
                log.warning("the updater process has ended; a thread takes over", exc_info=error)
        if self._closed:
            return
        if self.process is not None:
            self._processes.end(self.process)
        if self.updater is None:
            self._run_in_thread()

    def _run_in_thread(self) -> None:
        from reader.indexing.updater import IndexUpdater  # lazy: mostly only the other process needs it

        with self._guard:
            self.updater = IndexUpdater(self._library, self._receive, watching=self._watching, grouping=self._grouping)
            threading.Thread(target=self.updater.run, name="updater", daemon=True).start()
            if self._refresh_requested:
                self._refresh_requested = False
                self.updater.refresh()
        if self._closed:  # in the meantime
            self.updater.close()

    def _receive(self, message: UpdaterMessage) -> None:
        if isinstance(message, IndexReplaced):
            if self.updater is None:  # or it has opened the library again
                self._library.renew()
            self._on_event(IndexChanged())
        elif isinstance(message, IndexUnwritable):  # the updater that says so ends
            self._library.use_memory()
            self._on_event(Notice(f"{message.text} The index is kept in memory.", warning=True))
            self._on_event(IndexChanged())
            self._run_in_thread()
        else:
            self._on_event(message)


def _free_memory() -> None:
    """Free what reading and grouping took: the process is idle from now on, for hours perhaps.

    Not in a thread of the app, which collects garbage while the user is idle.
    """
    from reader.workers.malloc import trim_malloc

    gc.collect()
    trim_malloc()


def main() -> None:
    """Keep the index of a document or folder up to date. Every message requests a refresh.

    The arguments are its path and those of newsreader's directories: to find these again takes a library of 600 KB.
    """
    from reader.indexing.updater import IndexUpdater
    from reader.library.library import Library

    parent = ParentConnection.open()
    parent.forward_logs()
    lower_priority()
    target, *directories = map(Path, sys.argv[1:])
    library = Library.open(target, Paths(*directories))
    updater = IndexUpdater(
        library, lambda message: parent.send(event_message(message)), nice=LOW_PRIORITY, free_memory=_free_memory
    )
    parent.serve(lambda _: updater.refresh())
    updater.run()
