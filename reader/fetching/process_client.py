"""Fetching in a process of its own, so that HTTP, TLS and extraction never take time from the screen.

The first command starts the process. It ends after a minute without work, and no later than this process. If
the index or the pages are in memory, where another process cannot see them, a thread does the work instead.
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
from typing import TYPE_CHECKING, Any, get_args

from reader.config.settings import FetchSettings
from reader.core.errors import ReaderError, describe_error
from reader.core.events import (
    BulkProgress,
    DownloadProgress,
    Failure,
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

_KINDS: dict[str, Callable[..., FetchEvent]] = {kind.__name__: kind for kind in get_args(FetchEvent)}
_HEARTBEAT = "heartbeat"
_ENDED = "The process that fetches pages ended unexpectedly."
_HUNG = "The process that fetches pages stopped responding and was ended."
_RETRY = "Try again; the log file may say more."
_STOPPING = frozenset({"cancel", "stop", "pause", "cancel_image"})


class FetchClient:
    """Sends commands to the process that fetches. No method blocks; events come from another thread."""

    def __init__(
        self,
        library: Library,
        settings: FetchSettings,
        on_event: OnFetchEvent,
        timings: FetchTimings | None = None,
        *,
        in_thread: bool = False,
    ) -> None:
        """Create a client; the first command starts the process or, with ``in_thread``, a thread."""
        self._library = library
        self._settings = settings
        self._on_event = on_event
        self._timings = timings or FetchTimings()
        self._in_thread = in_thread
        self._commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._delivery = threading.Lock()
        """Held while an event is passed on, so that none comes after :meth:`close`."""
        self._has_thread = False
        self._is_outdated = False
        """Whether the process or thread was started with earlier settings."""
        self._closed = False
        self._processes = ProcessGroup()
        self.process: ManagedProcess | None = None
        self.service: FetchService | None = None
        """The service in a thread, if it cannot be in a process."""
        self._outstanding = _Outstanding(self._timings)

    def fetch(self, id_: str, links: Links | None = None, *, force: bool = False, archive: bool = False) -> None:
        """Fetch the original of an article; the events are FetchAttempted and one FetchResult.

        A stored page that was checked within the last hour is the result, unless ``force``. With ``archive``, the
        newest archived copy is tried if all URLs fail. ``links`` come before those of the article's documents;
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

    def download(self, url: str, path: Path, *, accepts_pages: bool) -> None:
        """Download a file to ``path``, or go on with it; the events are DownloadProgress, the last one finished.

        :meth:`cancel` cancels it by its path.
        """
        self._send("download", {"url": url, "path": str(path), "accepts_pages": accepts_pages})

    def change_settings(self, settings: FetchSettings) -> None:
        """Fetch with other settings: what is running is completed first, unless they allow no fetching."""
        self._send("settings", {"settings": settings})

    def close(self) -> None:
        """End the process at once; everything stored is complete. No event comes after this."""
        with self._delivery, self._changed:
            self._closed = True
            self._changed.notify_all()
            service = self.service
        self._commands.put(None)
        self._processes.close()
        if service is not None:
            service.send(None)

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
            if command[0] == "settings":
                self._change_settings(command[1]["settings"])
                continue
            if self._is_outdated and not self._outstanding.is_pending:
                self._end_outdated()
            with self._changed:
                idle = self.process is None and self.service is None
                if idle and (command[0] in _STOPPING or command[0] == "resume"):
                    continue  # there is nothing to stop
                self._outstanding.add(*command)
                self._changed.notify_all()
            if refusal := self._settings.refusal:
                self._fail_pending(refusal, "")
                continue
            try:
                self._pass_on(command)
            except OSError as error:
                self._on_exit(self.process, f"No process to fetch with could be started: {describe_error(error)}.")
            except ReaderError as error:
                self._fail_pending(error.message, error.hint)

    def _change_settings(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._is_outdated = self.process is not None or self.service is not None
        if settings.refusal and self._is_outdated:
            self._end_outdated()
            self._fail_pending(settings.refusal, "")

    def _end_outdated(self) -> None:
        """End the process that has earlier settings; the next command starts another."""
        with self._changed:
            process, self.process = self.process, None
            service, self.service = self.service, None
            self._is_outdated = False
            if not self._outstanding.is_pending:
                self._outstanding = _Outstanding(self._timings)
            self._changed.notify_all()
        if process is not None:
            self._processes.end(process)
        if service is not None:
            service.send(None)

    def _pass_on(self, command: Command) -> None:
        if self.service is None and self.process is None:
            self._start()
        with self._changed:
            process, service = self.process, self.service
        if service is not None:
            service.send(command)
        elif process is not None:
            try:
                process.send(command)
            except ProcessEndedError:
                self._on_exit(process, _ENDED)

    def _start(self) -> None:
        """Start the process, or a thread if a process could not see the library. Raises OSError, ReaderError."""
        library = self._library
        if notice := library.pages.notice:
            library.pages.notice = ""
            self._receive(Notice(notice, warning=True))
        if self._in_thread or library.pages.in_memory or (library.index.in_memory and library.folder.only is None):
            self._start_thread()
            return
        process = self._processes.start("reader.fetching.process_client")
        with self._changed:
            self.process = process
        threading.Thread(target=self._watch, args=(process,), name="fetching-watchdog", daemon=True).start()
        try:
            # Not as arguments, which other users can see: a proxy may have a password.
            process.send((os.fspath(library.target), asdict(self._settings), asdict(self._timings)))
        except ProcessEndedError:
            return  # _read() notices
        finally:
            threading.Thread(target=self._read, args=(process,), name="fetching-events", daemon=True).start()

    def _start_thread(self) -> None:
        from reader.fetching.service import FetchService

        service = FetchService(self._library, self._settings, self._receive, timings=self._timings)
        threading.Thread(target=service.run, name="fetching-service", daemon=True).start()
        with self._changed:
            self.service, closed = service, self._closed
        if closed:
            service.send(None)

    # The threads that read events and watch the process.

    def _read(self, process: ManagedProcess) -> None:
        try:
            for kind, values in process.events(log):
                with self._changed:
                    if self.process is process:
                        self._outstanding.note_message(values if kind == _HEARTBEAT else 0)
                if kind != _HEARTBEAT:
                    self._receive(_decode(kind, values))
        except ProcessEndedError:
            pass  # _on_exit logs an unexpected end
        except (TypeError, ValueError, KeyError) as error:
            log.warning("the fetching process sent something else", exc_info=error)
        self._on_exit(process, _ENDED)

    def _watch(self, process: ManagedProcess) -> None:
        """End a process that hangs, as it would never send its results or handle a command to stop, or has no work."""
        with self._changed:
            while self.process is process and not self._closed:
                outstanding, interval = self._outstanding, self._timings.check_interval
                limit = outstanding.silence_limit()
                if limit is None:
                    outstanding.silence = 0.0
                    has_changed = self._changed.wait(self._timings.idle) or self.process is not process
                    if has_changed or self._outstanding.silence_limit() is not None:
                        continue
                    self.process, self._outstanding = None, _Outstanding(self._timings)
                    break  # the next command starts another process
                if outstanding.silence >= limit:
                    break
                begin = time.monotonic()
                self._changed.wait(interval)
                outstanding.silence += min(time.monotonic() - begin, interval)
            else:
                return
        if limit is None:
            self._processes.end(process)
        else:
            self._on_exit(process, _HUNG)

    def _receive(self, event: FetchEvent) -> None:
        with self._changed:
            self._outstanding.remove(event)
        self._deliver([event])

    def _deliver(self, events: list[FetchEvent]) -> None:
        with self._delivery:
            for event in events:
                if not self._closed:
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
            failed, self._outstanding = self._outstanding, _Outstanding(self._timings)
        self._deliver(failed.failures(why, hint))


class _Outstanding:
    """What was requested and has no result yet, and how long its process may be silent."""

    def __init__(self, timings: FetchTimings) -> None:
        self.silence = 0.0
        """Seconds since the last message of the process."""
        self._timings = timings
        self._sent = 0
        self._accepted = 0
        """Commands that the process has accepted."""
        self._last_stop = 0
        """The number of the last command that stops something."""
        self._articles: set[str] = set()
        self._images: set[str] = set()
        self._downloads: set[str] = set()
        self._bulk: BulkProgress | None = None

    @property
    def is_pending(self) -> bool:
        """Whether a result is expected."""
        return bool(self._articles or self._images or self._downloads or self._bulk is not None)

    def add(self, name: str, values: dict[str, Any]) -> None:
        """Add what a command requests."""
        self._sent += 1
        if name in _STOPPING:
            self._last_stop = self._sent
        if name == "fetch":
            self._articles.add(values["id"])
        elif name == "fetch_image":
            self._images.add(values["url"])
        elif name == "download":
            self._downloads.add(values["path"])
        elif name == "fetch_all":
            bulk = self._bulk or BulkProgress()
            self._bulk = bulk._replace(left=bulk.left + len(values["ids"]))

    def remove(self, event: FetchEvent) -> None:
        """Remove what an event completes."""
        if isinstance(event, FetchResult):
            self._articles.discard(event.id)
        elif isinstance(event, ImageFetched):
            self._images.discard(event.url)
        elif isinstance(event, DownloadProgress) and event.finished:
            self._downloads.discard(event.path)
        elif isinstance(event, BulkProgress):
            self._bulk = None if event.finished else event

    def failures(self, why: str, hint: str) -> list[FetchEvent]:
        """Return the events that report all pending requests as failed."""
        events: list[FetchEvent] = [FetchResult(id_, "failed", error=why, hint=hint) for id_ in self._articles]
        events += [ImageFetched(url, why) for url in self._images]
        events += [DownloadProgress(path, finished=True, error=f"{why} {hint}".rstrip()) for path in self._downloads]
        if self._bulk is not None:
            summary = f"{why} {hint}".rstrip()
            events.append(self._bulk._replace(finished=True, paused=False, rate=0.0, summary=summary))
        return events

    def note_message(self, accepted: int) -> None:
        """Record a message, and how many commands the process had accepted."""
        self.silence = 0.0
        self._accepted = max(self._accepted, accepted)

    def silence_limit(self) -> float | None:
        """Return how many seconds the process may be silent; None if nothing is expected from it."""
        if not self._accepted:
            return self._timings.startup_limit if self.is_pending or self._sent else None
        if self._last_stop > self._accepted:
            return self._timings.stop_limit
        return self._timings.silence_limit if self.is_pending or self._sent > self._accepted else None


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
        target, settings, timings = parent.receive()
    except ProcessEndedError:
        return
    library = Library.open(Path(target), Paths.from_environment())
    service = FetchService(
        library,
        FetchSettings(**settings),
        lambda event: parent.send(event_message(event)),
        lambda accepted: parent.send((_HEARTBEAT, accepted)),
        FetchTimings(**timings),
    )
    parent.serve(service.send)  # may end at once: pages are stored in one step
    service.run()
