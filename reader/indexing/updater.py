"""Keeps the index of an open folder up to date: at the start, on request, and whenever something changes."""

from __future__ import annotations

import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reader.core import events
from reader.core.errors import ReaderError
from reader.core.events import Notice, Progress, describe_outcome
from reader.core.text import clean
from reader.documents.files import check_folder
from reader.indexing.refresh import refresh
from reader.indexing.watch import POLL_SECONDS, UnwatchedError, watch
from reader.library.library import Library
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.lock import BusyError

if TYPE_CHECKING:
    from reader.library.rules.run import RuleOutcome

log = logging.getLogger(__name__)


_CHECK_INTERVAL = 0.4
"""Seconds between two checks for changes by other instances."""
_RETRY_INTERVAL = 5.0
"""Seconds until a failed refresh is tried again."""
_BUSY_NOTICE = 1.0
"""Seconds before the notice that another instance is writing the index."""


@dataclass(slots=True)
class _Request:
    """What to compare with the index."""

    paths: set[bytes] | None
    """None for the whole folder."""
    by_user: bool = False
    """Whether the user has requested it and wants to know the outcome."""

    def add(self, other: _Request) -> None:
        """Merge another request into this one."""
        self.by_user |= other.by_user
        self.paths = None if self.paths is None or other.paths is None else self.paths | other.paths


class IndexUpdater:
    """Updates an index in :meth:`run`; the other methods are for other threads."""

    def __init__(
        self,
        library: Library,
        on_message: Callable[[events.UpdaterMessage], None],
        *,
        nice: int = 0,
        watching: bool = True,
        grouping: bool = True,
        poll_seconds: float = POLL_SECONDS,
        free_memory: Callable[[], None] = lambda: None,
    ) -> None:
        """Without ``watching``, changes are found at the start and on request; without ``grouping``, no stories.

        ``free_memory`` is called when there is nothing left to do.
        """
        self.idle = threading.Event()
        """Set while there is nothing to do."""
        self._library = library
        self._send = on_message
        self._nice = nice
        self._watching = watching
        self._grouping = grouping
        self._poll_seconds = poll_seconds
        self._free_memory = free_memory
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._guard = threading.Lock()
        """Held to read or change the current request."""
        self._current: _Request | None = None
        """The request of the running refresh."""
        self._generation = self._marks_version = -1
        self._waiting_since = 0.0
        """When this refresh began to wait for another instance; infinity after the notice about it."""
        self._watched: frozenset[bytes] = frozenset()
        self._stop_watching = threading.Event()
        self._has_rested = False
        """Whether there has been nothing to do since the start."""
        self._has_compared = False
        """Whether the folder has been compared since the start."""
        self._is_unreadable = False
        """Whether the folder could not be read last time."""
        self._reported_away: bool | None = None
        """What the last notice about that said; None without one."""
        self._has_failed = False
        """Whether the last refresh failed and a notice said so."""
        self._rules_error = ""
        """Why the rules could not run the last time, as a notice said."""
        self._retry_at = math.inf
        self._is_unwatchable = False
        """Whether changes cannot be watched and a notice said so."""

    def refresh(self) -> None:
        """Compare the whole folder after the running refresh, and report the outcome as a Notice."""
        self.idle.clear()
        with self._guard:
            current = self._current
            is_whole = current is not None and current.paths is None
            if current is not None and is_whole:
                current.by_user = True  # this refresh reports; the next one finds what changed too late for it
            self._requests.put(_Request(None, by_user=not is_whole))
        if self._waiting_since == math.inf:
            self._waiting_since = 1.0  # show again what it waits for

    def close(self) -> None:
        """End after the current batch."""
        self._closed.set()
        self._stop_watching.set()
        self._requests.put(None)

    def run(self) -> None:
        """Keep the index up to date until :meth:`close`."""
        request: _Request | None = _Request(None)
        self._library.marks.store.report_to(lambda text: self._send(Notice(text, warning=True)))
        self._watch_folders()  # before comparing them, so that no change is missed in between
        while not self._closed.is_set():
            if request is not None:
                self._refresh_or_report(request)
                self._has_compared = True
                self._watch_folders()
                if rules := self._library.rules:
                    self._apply_rules(rules.apply_to_new, by_user=request.by_user)
                if self._grouping:
                    self._update_stories()
                if rules and not self._rules_error:
                    self._apply_rules(rules.apply_to_grouped, by_user=False)
                self._library.index.database.shrink()
                self._free_memory()
            else:
                if self._library.index.is_gone() and self._library.renew():
                    self._start_again(events.INDEX_GONE)
                self._check_other_instances()
            request = self._next_request()
            if request is None and self._is_unreadable and not self._closed.is_set():
                with contextlib.suppress(ReaderError):
                    check_folder(self._library.folder)
                    self._is_unreadable, request = False, _Request(None)
            if request is None and time.monotonic() > self._retry_at:
                request = _Request(None)
            if request is not None and request.paths is None:
                self._retry_at = math.inf

    def _next_request(self) -> _Request | None:
        """Wait a moment for requests, and return them as one."""
        try:
            if self._requests.empty():
                self._has_rested = True
                self.idle.set()
            request = self._requests.get(timeout=_CHECK_INTERVAL)
            self.idle.clear()
        except queue.Empty:
            return None
        while request is not None and not self._requests.empty():
            other = self._requests.get()
            if other is None:
                return None  # closed
            request.add(other)
        return request

    def _refresh_or_report(self, request: _Request) -> None:
        """Carry out a request; any failure becomes a message."""
        try:
            self._refresh(request)
        except StorageError as error:
            self._on_storage_error(error, request)
        except ReaderError as error:
            # Reported once: the folder is then checked until it is available again.
            if not self._is_unreadable or request.by_user:
                self._send(Notice(str(error), warning=True))
            self._is_unreadable = True
            self._report_away(gone=True)
            self._watched = frozenset()
            self._stop_watching.set()
        except Exception as error:
            log.exception("the refresh failed")
            message = f"Internal error in newsreader: {clean(str(error))}. The log file has the details."
            self._report_failure(message, request)

    def _on_storage_error(self, error: StorageError, request: _Request) -> None:
        if error.damaged and self._library.renew():
            self._start_again(events.INDEX_DAMAGED)
        elif error.unwritable and not self._library.index.in_memory:
            log.warning("the index cannot be written", exc_info=error)
            self._closed.set()
            self._send(events.IndexUnwritable(str(error)))
        else:
            self._report_failure(str(error), request)

    def _report_failure(self, message: str, request: _Request) -> None:
        """Report a failed refresh once, and schedule another try."""
        if not self._has_failed or request.by_user:
            self._send(Notice(message, warning=True))
        self._has_failed = True
        self._send(Progress(finished=True))
        self._retry_at = time.monotonic() + _RETRY_INTERVAL

    def _report_away(self, *, gone: bool) -> None:
        if self._reported_away is not gone:
            self._reported_away = gone
            self._send(events.FolderAway(gone))
            if gone:
                self._send(Progress(finished=True))

    def _refresh(self, request: _Request) -> None:
        self._waiting_since = 0.0
        progress = Progress()
        self._set_current(request)
        try:
            for progress in refresh(self._library, self._closed, paths=request.paths, wait=self._wait, nice=self._nice):
                if progress.shown:
                    self._generation = self._library.index.generation()
                if progress.finished:
                    self._set_current(None)  # a refresh requested after this event starts again
                self._send(progress)
        except BusyError:  # closed while another instance was writing
            return
        finally:
            self._set_current(None)
        self._has_failed = False
        self._report_away(gone=False)  # also if a previous updater has reported it
        self._check_other_instances()
        if request.by_user:
            self._send(Notice(f"{describe_outcome(progress).capitalize()}."))

    def _apply_rules(self, apply: Callable[[], RuleOutcome], *, by_user: bool) -> None:
        """Run the user's rules on what has arrived; say once why they cannot, and whenever the user asks."""
        try:
            outcome = apply()
        except ReaderError as error:
            if by_user or str(error) != self._rules_error:
                self._rules_error = str(error)
                self._send(Notice(f"No rule has run. {error}", warning=True))
            return
        except Exception:
            log.exception("the rules failed")
            return
        self._rules_error = ""
        if outcome.hidden:
            self._check_other_instances()
            self._send(events.IndexChanged(at_start=not self._has_rested))  # the list has fewer articles now
        if outcome.fetched:
            self._send(events.OriginalsWanted(outcome.fetched_rowids()))

    def _update_stories(self) -> None:
        """Group articles into stories until something else is to be done; lists show the results as they come."""
        from reader.indexing.stories import update_stories  # lazy: mostly nothing is new

        try:
            library = self._library
            for shown in update_stories(library.index, quality=library.estimates_quality, stopped=self._has_other_work):
                if shown:
                    self._check_other_instances()
        except BusyError:
            pass  # the other instance does it
        except ReaderError as error:
            log.warning("stories cannot be stored", exc_info=error)
            if error.damaged and self._library.renew():
                self._start_again(events.INDEX_DAMAGED)
        except Exception:
            log.exception("grouping stories failed")

    def _has_other_work(self) -> bool:
        return self._closed.is_set() or not self._requests.empty()

    def _set_current(self, request: _Request | None) -> None:
        with self._guard:
            self._current = request

    def _wait(self) -> bool:
        """While another instance is writing: show what it has written, and notify the user once."""
        self._check_other_instances()
        self._report_progress_of_others()
        if not self._waiting_since:
            self._waiting_since = time.monotonic()
        elif time.monotonic() > self._waiting_since + _BUSY_NOTICE:
            self._waiting_since = math.inf
            self._send(Notice("Another newsreader is reading this folder; its results appear here too."))
        return not self._closed.is_set()

    def _start_again(self, why: str) -> None:
        """Report that the index was replaced, and read the whole folder."""
        self._send(events.IndexReplaced())
        self._send(Notice(why, warning=True))
        self._requests.put(_Request(None))

    def _check_other_instances(self) -> None:
        """Report changes of the index by other instances, and changes of marks by any."""
        try:
            generation = self._library.index.generation()
            marks_version = self._library.marks.store.version()
        except ReaderError:
            return  # the next refresh or mark reports it
        if generation != self._generation:
            self._generation = generation
            self._send(events.IndexChanged(at_start=not self._has_rested))
        if marks_version != self._marks_version:
            self._marks_version = marks_version
            self._send(events.MarksChanged(marks_version))

    def _report_progress_of_others(self) -> None:
        with contextlib.suppress(StorageError):
            reading = self._library.index.read_progress()
            if reading is not None:
                seconds = max(0.0, time.time() - reading.began)
                done, total, before = reading.done, reading.total, reading.before
                self._send(Progress(done, total, seconds=seconds, before=before, walking=reading.walking))

    # Watching.

    def _watch_folders(self) -> None:
        """Watch the folders that the index knows."""
        if not self._watching or self._is_unreadable:
            return
        try:
            folders = frozenset(self._library.index.folder_paths().values())
        except StorageError:
            return
        if folders == self._watched or self._closed.is_set() or self._is_unwatchable:
            return
        # The first comparison follows anyway. Later, a change may have come before its folder was watched, or between
        # two watchers.
        compare_again = self._has_compared
        self._stop_watching.set()
        self._stop_watching = stop = threading.Event()
        self._watched = folders
        threading.Thread(target=self._watch, args=(folders, stop, compare_again), name="watch", daemon=True).start()

    def _watch(self, folders: frozenset[bytes], stop: threading.Event, compare_again: bool) -> None:
        try:
            for paths in watch(self._library.folder.root, folders, stop, self._poll_seconds):
                if compare_again or paths:
                    self._requests.put(_Request(None if compare_again or b"" in paths else paths))
                compare_again = False
        except UnwatchedError as error:
            log.warning("the folder is not watched", exc_info=error)
            if not self._is_unwatchable:
                self._is_unwatchable = True
                reason = clean(str(error))
                self._send(Notice(f"Changes are not detected automatically: {reason}. Press r to look for them."))
        except ImportError as error:
            log.warning("the folder is not watched", exc_info=error)
            self._is_unwatchable = True
        except Exception:  # stderr of this process is discarded
            log.exception("the folder is no longer watched")
            self._is_unwatchable = True
            self._send(Notice("Changes are no longer detected automatically; press r to look for them.", warning=True))
