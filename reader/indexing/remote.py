"""The updater of an open folder, in a process of its own, so that the screen never shares its time with it.

Where the index cannot be shared (it lives in memory, or a single document is open), or
no process can be started, the updater runs in a thread instead.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reader.core.events import Progress
from reader.indexing.events import (
    FolderAway,
    IndexChanged,
    IndexReplaced,
    IndexUnwritable,
    MarksChanged,
    Notice,
    OnUpdaterEvent,
    UpdaterMessage,
)
from reader.workers import process as processes
from reader.workers.json_channel import event_sender, forward_log, serve_commands

if TYPE_CHECKING:
    from reader.indexing.updater import IndexUpdater
    from reader.library.library import Library

log = logging.getLogger(__name__)

_NICE = 5
_KINDS: dict[str, Callable[..., UpdaterMessage]] = {
    kind.__name__: kind
    for kind in (Progress, Notice, IndexChanged, FolderAway, MarksChanged, IndexReplaced, IndexUnwritable)
}


class UpdaterHandle(Protocol):
    """A updater at work somewhere; it tells of progress, and what the person should know."""

    def start(self) -> None:
        """Begin before anybody listens; whoever does not call this begins with :meth:`listen`."""

    def listen(self, tell: OnUpdaterEvent) -> None:
        """Have everything told, from the beginning on, by another thread."""

    def refresh(self) -> None:
        """Compare the whole folder anew, and say what came of it."""

    def close(self) -> None:
        """End it; what is written is kept."""


def create_updater(library: Library) -> UpdaterHandle:
    """Return what keeps the index of ``library`` up to date."""
    return UpdaterThread(library) if library.index.in_memory else UpdaterProcess(library)


class UpdaterThread:
    """A updater in a thread of this process."""

    def __init__(self, library: Library, *, watching: bool = True) -> None:
        self._library = library
        self._watching = watching
        self.updater: IndexUpdater | None = None

    def start(self) -> None:
        """Wait for somebody who listens: a thread of this process would only take time from what comes first."""

    def listen(self, tell: OnUpdaterEvent) -> None:
        """Begin, and have everything told."""

        def pass_on(news: UpdaterMessage) -> None:
            if isinstance(news, IndexReplaced):
                tell(IndexChanged())  # the library is this one, and was renewed
            elif isinstance(news, IndexUnwritable):
                _to_memory(self._library, news, tell)
                self._begin(pass_on)  # the other has ended
            else:
                tell(news)

        self._begin(pass_on)

    def _begin(self, tell: Callable[[UpdaterMessage], None]) -> None:
        from reader.indexing.updater import IndexUpdater  # imported late: mostly the other process needs it

        self.updater = IndexUpdater(self._library, tell, watching=self._watching)
        threading.Thread(target=self.updater.run, name="updater", daemon=True).start()

    def refresh(self) -> None:
        """Compare the whole folder anew, and say what came of it."""
        if self.updater is not None:
            self.updater.refresh()

    def close(self) -> None:
        """End it after the batch that is under way."""
        if self.updater is not None:
            self.updater.close()


class UpdaterProcess:
    """A updater in a process of its own. It ends when its pipe does, however this process ends."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._closed = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._instead: UpdaterThread | None = None
        self._asking = threading.Lock()
        self._asked = False
        """Whether somebody has asked while there was nobody to hear it."""

    def start(self) -> None:
        """Begin; the pipe keeps what is told until somebody listens."""
        if self._process is None:
            with contextlib.suppress(OSError):  # listen() tries again, and says so
                self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        return processes.start("reader.indexing.remote", os.fspath(self._library.target))

    def listen(self, tell: OnUpdaterEvent) -> None:
        """Have everything told, by a thread."""
        threading.Thread(target=self._read, args=(tell,), name="updater", daemon=True).start()

    def refresh(self) -> None:
        """Compare the whole folder anew, and say what came of it."""
        with self._asking:
            if self._instead is not None:
                self._instead.refresh()
            elif self._process is None or self._process.stdin is None:
                self._asked = True  # it is about to begin
            else:
                try:
                    self._process.stdin.write(b"\n")
                    self._process.stdin.flush()
                except (OSError, ValueError):
                    self._asked = True  # it has ended, and a thread is about to take its place

    def close(self) -> None:
        """End it at once: what it has not written yet, the next start reads again."""
        self._closed.set()
        if self._instead is not None:
            self._instead.close()
        if self._process is not None:
            processes.end(self._process)

    def _read(self, tell: OnUpdaterEvent) -> None:
        try:
            with self._asking:
                process = self._process = self._process or self._started()
                asked, self._asked = self._asked, False
            if asked:
                self.refresh()
            if self._closed.is_set():  # before this thread came to it: close() had no process to end
                processes.end(process)
                return
            assert process.stdout is not None
            for line in process.stdout:
                kind, values = json.loads(line)
                if forward_log(kind, values, log):
                    continue
                news = _KINDS[kind](**values)
                if isinstance(news, IndexReplaced):
                    self._library.renew()
                    tell(IndexChanged())
                elif isinstance(news, IndexUnwritable):
                    _to_memory(self._library, news, tell)
                    break
                else:
                    tell(news)
        except (OSError, ValueError) as error:
            if not self._closed.is_set():
                log.warning("the updater cannot be heard", exc_info=error)
        if self._closed.is_set():
            return
        if not self._library.index.in_memory:
            log.warning("the updater has ended; a thread takes its place")
        if self._process is not None:
            processes.end(self._process)
        with self._asking:
            self._instead = UpdaterThread(self._library)
            self._instead.listen(tell)
            if self._asked:
                self._instead.refresh()
        if self._closed.is_set():  # meanwhile
            self._instead.close()


def _to_memory(library: Library, news: IndexUnwritable, tell: OnUpdaterEvent) -> None:
    """Go on without a file, and say so."""
    library.use_memory()
    tell(Notice(f"{news.text} The index is kept in memory.", warning=True))
    tell(IndexChanged())


def main() -> None:
    """Keep the index of the folder that is named, until the pipe is closed; every line in it asks for a refresh."""
    from reader.core.paths import Paths
    from reader.indexing.updater import IndexUpdater
    from reader.library.library import Library

    send = event_sender()

    def tell(news: UpdaterMessage) -> None:
        send(type(news).__name__, news._asdict())

    processes.lower_priority(_NICE)
    library = Library.open(Path(sys.argv[1]), Paths.from_environment())
    updater = IndexUpdater(library, tell, nice=_NICE)

    serve_commands(lambda _: updater.refresh())
    updater.run()
