"""Fetching in a process of its own, so that HTTP, TLS and extraction never take time from the screen.

The process is started by the first command and ends with this process at the latest. If the index or the pages are
in memory, where another process cannot see them, a thread does the work instead.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reader.config.settings import FetchSettings
from reader.core.errors import ReaderError, describe_error
from reader.core.events import (
    BulkProgress,
    Failure,
    FetchAttempted,
    FetchEvent,
    FetchResult,
    ImageFetched,
    Notice,
    OnFetchEvent,
)
from reader.core.model import Links
from reader.core.paths import Paths
from reader.fetching.context import FetchTimings
from reader.workers.process import (
    ManagedProcess,
    ParentConnection,
    ProcessEndedError,
    ProcessGroup,
    event_message,
    lower_priority,
)

if TYPE_CHECKING:
    from reader.fetching.service import Command, FetchService
    from reader.library.library import Library

log = logging.getLogger(__name__)

_KINDS: dict[str, Callable[..., FetchEvent]] = {
    kind.__name__: kind for kind in (FetchAttempted, FetchResult, BulkProgress, ImageFetched, Notice)
}
_HEARTBEAT = "heartbeat"
_ENDED = "The process that fetches pages ended unexpectedly."
_HUNG = "The process that fetches pages stopped responding and was ended."
_RETRY = "Try again; the log file may say more."
_STOPPING = frozenset({"cancel", "stop", "pause", "cancel_image"})
_NO_PROGRESS = BulkProgress(0, 0, 0, 0, 0.0, paused=False, finished=False, summary="")


class FetchClient:
    """Sends commands to the process that fetches. No method blocks; events come from another thread."""

    def __init__(
        self,
        library: Library,
        paths: Paths | None,
        settings: FetchSettings,
        on_event: OnFetchEvent,
        timings: FetchTimings | None = None,
    ) -> None:
        """Create a client; the first command starts the process. Without ``paths``, a thread does the work."""
        self._library = library
        self._paths = paths
        self._settings = settings
        self._on_event = on_event
        self._timings = timings
        self._commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._has_thread = False
        self._closed = False
        self._processes = ProcessGroup()
        self.process: ManagedProcess | None = None
        self._service: FetchService | None = None
        self._pending = _Pending()
        self._watchdog = _Watchdog(timings)

    @property
    def uses_thread(self) -> bool:
        """Whether a thread of this process does the work."""
        return self._service is not None

    def fetch(self, id_: str, links: Links | None = None, *, force: bool = False, archive: bool = False) -> None:
        """Fetch the original of an article; the events are FetchAttempted and one FetchResult.

        A stored page that was checked within the last hour is the result, unless ``force``. With ``archive``, the
        newest archived copy is tried if all addresses fail. ``links`` come before those of the article's documents;
        an article without a document, such as a related item, needs them.
        """
        values = None if links is None else asdict(links)
        self._send("fetch", {"id": id_, "links": values, "force": force, "archive": archive})

    def cancel(self, id_: str) -> None:
        """Cancel the fetch of an article, if one is running; the event is its FetchResult."""
        self._send("cancel", {"id": id_})

    def fetch_all(self, ids: Iterable[str]) -> None:
        """Fetch those of these articles that have no page; the events are BulkProgress, at most ten a second.

        They join a running bulk fetch.
        """
        self._send("fetch_all", {"ids": [*ids]})

    def pause(self) -> None:
        """Start no further article of the bulk fetch; running ones are completed."""
        self._send("pause", {})

    def resume(self) -> None:
        """End a pause."""
        self._send("resume", {})

    def stop(self) -> None:
        """Stop the bulk fetch. The pages fetched by then are stored."""
        self._send("stop", {})

    def fetch_image(self, url: str) -> None:
        """Fetch and store an image, unless it is stored; the event is ImageFetched."""
        self._send("fetch_image", {"url": url})

    def cancel_image(self, url: str) -> None:
        """Cancel the fetch of an image; the event is ImageFetched all the same."""
        self._send("cancel_image", {"url": url})

    def close(self) -> None:
        """End the process at once; everything stored is complete."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            service = self._service
        self._commands.put(None)
        self._processes.close()
        if service is not None:
            service.close()

    def _send(self, name: str, values: dict[str, Any]) -> None:
        with self._changed:
            if self._closed:
                return
            needs_thread, self._has_thread = not self._has_thread, True
        self._commands.put((name, values))
        if needs_thread:
            threading.Thread(target=self._run_commands, name="fetching", daemon=True).start()

    # The thread that passes on commands.

    def _run_commands(self) -> None:
        while (command := self._commands.get()) is not None:
            with self._changed:
                idle = self.process is None and self._service is None
            if idle and (command[0] in _STOPPING or command[0] == "resume"):
                continue  # there is nothing to stop
            with self._changed:
                self._pending.add(*command)
            if refusal := self._settings.refusal:
                self._fail_pending(refusal, "")
                continue
            try:
                self._pass_on(command)
            except OSError as error:
                self._on_exit(self.process, f"No process to fetch with could be started: {describe_error(error)}.")
            except ReaderError as error:
                self._fail_pending(error.message, error.hint)

    def _pass_on(self, command: Command) -> None:
        if self._service is None and self.process is None:
            self._start()
        with self._changed:
            process, service = self.process, self._service
            self._watchdog.sent(stops=command[0] in _STOPPING)
            self._changed.notify_all()
        if service is not None:
            service.send(*command)
        elif process is not None:
            try:
                process.send(command)
            except ProcessEndedError:
                self._on_exit(process, _ENDED)

    def _start(self) -> None:
        """Start the process, or a thread if a process could not see the library. Raises OSError, ReaderError."""
        library, paths = self._library, self._paths
        if notice := library.pages.notice:
            library.pages.notice = ""
            self._receive(Notice(notice, warning=True))
        if paths is None or library.pages.in_memory or (library.index.in_memory and library.folder.only is None):
            self._start_thread()
            return
        process = self._processes.start("reader.fetching.remote")
        with self._changed:
            self.process = process
            self._watchdog = _Watchdog(self._timings)
        threading.Thread(target=self._watch, args=(process,), name="fetching-watchdog", daemon=True).start()
        begin = {
            "target": os.fspath(library.target),
            "paths": {name: os.fspath(getattr(paths, name)) for name in ("cache", "data", "config")},
            "settings": asdict(self._settings),
            "timings": None if self._timings is None else asdict(self._timings),
        }
        try:
            # Not as arguments, which other users can see: a proxy may have a password.
            process.send(begin)
        except ProcessEndedError:
            return  # _read() notices
        finally:
            threading.Thread(target=self._read, args=(process,), name="fetching-events", daemon=True).start()

    def _start_thread(self) -> None:
        from reader.fetching.service import FetchService

        service = FetchService(self._library, self._settings, self._receive, timings=self._timings)
        threading.Thread(target=service.run, name="fetching-service", daemon=True).start()
        with self._changed:
            self._service, closed = service, self._closed
        if closed:
            service.close()

    # The threads that read events and watch the process.

    def _read(self, process: ManagedProcess) -> None:
        try:
            for kind, values in process.events(log):
                with self._changed:
                    if self.process is process:
                        self._watchdog.heard(values if kind == _HEARTBEAT else 0)
                if kind != _HEARTBEAT:
                    self._receive(_decode(kind, values))
        except ProcessEndedError:
            pass  # _on_exit logs an end that was not asked for
        except (TypeError, KeyError) as error:
            log.warning("the fetching process sent something else", exc_info=error)
        self._on_exit(process, _ENDED)

    def _watch(self, process: ManagedProcess) -> None:
        """End a process that hangs: it would never send its results, nor hear a command to stop."""
        with self._changed:
            while self.process is process and not self._closed:
                watchdog = self._watchdog
                limit = watchdog.limit(is_pending=self._pending.is_pending)
                if limit is None:
                    watchdog.silence = 0.0
                    self._changed.wait()
                    continue
                if watchdog.silence >= limit:
                    break
                begin = time.monotonic()
                self._changed.wait(watchdog.timings.check_interval)
                watchdog.silence += min(time.monotonic() - begin, watchdog.timings.check_interval)
            else:
                return
        self._on_exit(process, _HUNG)

    def _receive(self, event: FetchEvent) -> None:
        with self._changed:
            if self._closed:
                return
            self._pending.remove(event)
        self._on_event(event)

    def _on_exit(self, process: ManagedProcess | None, why: str) -> None:
        """Fail what is pending of a process that has ended or could not be started; the next command starts another."""
        with self._changed:
            if self._closed or self.process is not process:
                return  # another thread has noticed
            self.process = None
            self._changed.notify_all()
        if process is not None:
            log.warning("%s", why)
            self._processes.end(process)
        self._fail_pending(why, _RETRY)

    def _fail_pending(self, why: str, hint: str) -> None:
        with self._changed:
            pending, self._pending = self._pending, _Pending()
        for event in pending.failures(why, hint):
            self._on_event(event)


class _Pending:
    """What was requested and has no result yet."""

    def __init__(self) -> None:
        self._articles: set[str] = set()
        self._images: set[str] = set()
        self._bulk: BulkProgress | None = None

    @property
    def is_pending(self) -> bool:
        """Whether there is anything."""
        return bool(self._articles or self._images or self._bulk is not None)

    def add(self, name: str, values: dict[str, Any]) -> None:
        """Add what a command requests."""
        if name == "fetch":
            self._articles.add(values["id"])
        elif name == "fetch_image":
            self._images.add(values["url"])
        elif name == "fetch_all":
            bulk = self._bulk or _NO_PROGRESS
            self._bulk = bulk._replace(left=bulk.left + len(values["ids"]))

    def remove(self, event: FetchEvent) -> None:
        """Remove what an event completes."""
        if isinstance(event, FetchResult):
            self._articles.discard(event.id)
        elif isinstance(event, ImageFetched):
            self._images.discard(event.url)
        elif isinstance(event, BulkProgress):
            self._bulk = None if event.finished else event

    def failures(self, why: str, hint: str) -> list[FetchEvent]:
        """Return the events that everything has failed."""
        events: list[FetchEvent] = [
            FetchResult(id_, "failed", "", 0, (), why, 0.0, hint=hint) for id_ in self._articles
        ]
        events += [ImageFetched(url, why) for url in self._images]
        if self._bulk is not None:
            summary = f"{why} {hint}".rstrip()
            events.append(self._bulk._replace(finished=True, paused=False, rate=0.0, summary=summary))
        return events


class _Watchdog:
    """How long one process may be silent."""

    def __init__(self, timings: FetchTimings | None) -> None:
        self.timings = timings or FetchTimings()
        self.silence = 0.0
        """Seconds since the last message of the process."""
        self._sent = 0
        self._accepted = 0
        """Commands that the process has accepted."""
        self._last_stop = 0
        """The number of the last command that stops something."""

    def sent(self, *, stops: bool) -> None:
        """Record that a command is being sent."""
        self._sent += 1
        if stops:
            self._last_stop = self._sent

    def heard(self, accepted: int) -> None:
        """Record a message, and how many commands the process had accepted."""
        self.silence = 0.0
        self._accepted = max(self._accepted, accepted)

    def limit(self, *, is_pending: bool) -> float | None:
        """Return how many seconds the process may be silent; None if nothing is expected from it."""
        if not self._accepted:
            return self.timings.startup_limit if is_pending or self._sent else None
        if self._last_stop > self._accepted:
            return self.timings.stop_limit
        return self.timings.silence_limit if is_pending or self._sent > self._accepted else None


def _decode(kind: str, values: tuple[Any, ...]) -> FetchEvent:
    event = _KINDS[kind](*values)
    if isinstance(event, FetchResult):
        return event._replace(failures=tuple(Failure(*each) for each in event.failures))
    return event


def main() -> None:
    """Carry out the commands of the parent process; its first message says where and how."""
    from reader.fetching.service import FetchService
    from reader.library.library import Library

    parent = ParentConnection.open()
    parent.forward_logs()
    lower_priority()
    try:
        begin = parent.receive()
    except ProcessEndedError:
        return
    library = Library.open(Path(begin["target"]), Paths(**{name: Path(path) for name, path in begin["paths"].items()}))
    timings = begin["timings"]
    service = FetchService(
        library,
        FetchSettings(**begin["settings"]),
        lambda event: parent.send(event_message(event)),
        lambda accepted: parent.send((_HEARTBEAT, accepted)),
        None if timings is None else FetchTimings(**timings),
    )
    parent.serve(lambda command: service.send(*command))  # may end at once: pages are stored in one step
    service.run()
