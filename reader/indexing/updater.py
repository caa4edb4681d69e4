"""Keeps the index of an open folder up to date: compares it at the start, on demand, and whenever something changes."""

from __future__ import annotations

import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from reader.core.errors import ReaderError
from reader.core.events import Progress, describe_outcome
from reader.core.text import clean
from reader.documents.files import check_folder
from reader.indexing.events import (
    INDEX_DAMAGED,
    FolderAway,
    IndexChanged,
    IndexReplaced,
    IndexUnwritable,
    MarksChanged,
    Notice,
    UpdaterMessage,
)
from reader.indexing.refresh import refresh
from reader.indexing.watch import UnwatchedError, watch
from reader.library.library import Library
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.lock import BusyError

log = logging.getLogger(__name__)

_SECONDS_UNTIL_TOLD = 1.0
_SECONDS_UNTIL_TRIED_AGAIN = 5.0
_SECONDS_BETWEEN_LOOKS = 0.4
"""At what other instances have changed."""


@dataclass(slots=True)
class _Request:
    """What to look at."""

    paths: set[bytes] | None
    """None for everything."""
    told: bool = False
    """Whether the person has asked, and wants to hear what came of it."""

    def add(self, other: _Request) -> None:
        """Make this request one for both."""
        self.told |= other.told
        self.paths = None if self.paths is None or other.paths is None else self.paths | other.paths


class IndexUpdater:
    """Does the keeping, in :meth:`run`, wherever that is called; the other methods are for other threads."""

    def __init__(
        self, library: Library, tell: Callable[[UpdaterMessage], None], *, nice: int = 0, watching: bool = True
    ) -> None:
        """Without ``watching``, changes are found at the start and on demand only."""
        self.idle = threading.Event()
        """Set while there is nothing to do."""
        self._watching = watching
        self._library = library
        self._tell = tell
        self._nice = nice
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._current: _Request | None = None
        """What is being carried out."""
        self._asking = threading.Lock()
        """Held while somebody asks, so that what is asked for is told once."""
        self._generation = self._marks = -1
        self._waited = 0.0
        """Since when this refresh has been waiting for another instance; infinity when that was told."""
        self._watched: frozenset[bytes] = frozenset()
        self._unwatch = threading.Event()
        self._compared = False
        """Whether the folder was compared since the start."""
        self._lost = False
        """Whether the folder could not be read the last time."""
        self._away: bool | None = None
        """What the person was told of that; None for nothing yet."""
        self._failed = False
        """Whether the last refresh failed, and the person was told."""
        self._again_at = math.inf
        """When to try again what failed."""
        self._unwatched = False
        """Whether the person was told that changes are not noticed here."""

    def refresh(self) -> None:
        """Compare the whole folder anew, once a refresh under way has come to its end, and say what came of it."""
        self.idle.clear()
        with self._asking:
            current = self._current
            whole = current is not None and current.paths is None
            if current is not None and whole:
                current.told = True  # what it finds is what was asked for; the other sees what it came too early for
            self._requests.put(_Request(None, told=not whole))
        if self._waited == math.inf:
            self._waited = 1.0  # say again what it waits for

    def close(self) -> None:
        """End after the batch that is under way."""
        self._closed.set()
        self._unwatch.set()
        self._requests.put(None)

    def run(self) -> None:
        """Keep the index up to date until :meth:`close`."""
        request: _Request | None = _Request(None)
        self._watch()  # what is known, so that nothing is missed while it is compared
        while not self._closed.is_set():
            if request is not None:
                self._guarded(request)
                self._compared = True
                self._watch()
            else:
                self._look()
            request = self._next()
            if request is None and self._lost and not self._closed.is_set():
                request = self._back()
            if request is None and time.monotonic() > self._again_at:
                request = _Request(None)
            if request is not None and request.paths is None:
                self._again_at = math.inf

    def _back(self) -> _Request | None:
        """Return that everything is to be looked at, once a folder that was gone can be read again."""
        try:
            check_folder(self._library.folder)
        except ReaderError:
            return None
        self._lost = False
        return _Request(None)

    def _next(self) -> _Request | None:
        """Return everything that is to be looked at, as one request; None when nothing came for a while."""
        try:
            if self._requests.empty():
                self.idle.set()
            request = self._requests.get(timeout=_SECONDS_BETWEEN_LOOKS)
            self.idle.clear()
        except queue.Empty:
            return None
        while request is not None and not self._requests.empty():
            further = self._requests.get()
            if further is None:
                return None  # closed
            request.add(further)
        return request

    def _guarded(self, request: _Request) -> None:
        """Carry a request out; whatever goes wrong becomes a sentence."""
        try:
            self._refresh(request)
        except StorageError as error:
            if error.damaged and self._library.renew():
                self._tell(IndexReplaced())
                self._tell(Notice(INDEX_DAMAGED, warning=True))
                self._requests.put(_Request(None))
            elif error.unwritable and not self._library.index.in_memory:
                log.warning("the index cannot be written", exc_info=error)
                self._closed.set()
                self._tell(IndexUnwritable(str(error)))
            else:
                self._give_up(str(error), request)
        except ReaderError as error:
            # UpdaterEvent once: a folder that is gone is looked for until it is back.
            if not self._lost or request.told:
                self._tell(Notice(str(error), warning=True))
            self._lost = True
            self._say_away(gone=True)
            self._watched = frozenset()
            self._unwatch.set()
        except Exception as error:
            log.exception("the refresh failed")
            words = f"Something went wrong in newsreader itself: {clean(str(error))}. The log file has the details."
            self._give_up(words, request)

    def _give_up(self, words: str, request: _Request) -> None:
        """OnUpdaterEvent of a refresh that failed, once, and try again in a while."""
        if not self._failed or request.told:
            self._tell(Notice(words, warning=True))
        self._failed = True
        self._tell(Progress(finished=True))  # for the time being
        self._again_at = time.monotonic() + _SECONDS_UNTIL_TRIED_AGAIN

    def _say_away(self, *, gone: bool) -> None:
        if self._away is not gone:
            self._away = gone
            self._tell(FolderAway(gone))
            if gone:
                self._tell(Progress(finished=True))

    def _refresh(self, request: _Request) -> None:
        self._waited = 0.0
        progress = Progress()
        self._now_at(request)
        try:
            for progress in refresh(self._library, self._closed, paths=request.paths, wait=self._wait, nice=self._nice):
                if progress.shown:
                    self._generation = self._library.index.generation()
                if progress.finished:
                    self._now_at(None)  # whoever asks on hearing it wants it done anew
                self._tell(progress)
        except BusyError:  # closed while another was writing
            return
        finally:
            self._now_at(None)
        self._failed = False
        self._say_away(gone=False)  # also where another updater, which is no more, has said that it is
        self._look()
        if request.told:
            self._tell(Notice(f"{describe_outcome(progress).capitalize()}."))

    def _now_at(self, request: _Request | None) -> None:
        with self._asking:
            self._current = request

    def _wait(self) -> bool:
        """While another instance is writing: show what it has written so far, and say once why there is no more."""
        self._look()
        self._look_over_shoulder()
        if not self._waited:
            self._waited = time.monotonic()
        elif time.monotonic() > self._waited + _SECONDS_UNTIL_TOLD:
            self._waited = math.inf
            self._tell(Notice("Another newsreader is reading this folder; what it has read shows here too."))
        return not self._closed.is_set()

    def _look(self) -> None:
        """OnUpdaterEvent when another instance has changed the index, or anybody the marks."""
        try:
            generation = self._library.index.generation()
            marks = self._library.marks.version()
        except ReaderError:
            return  # the next refresh or mark meets it too, and says so
        if generation != self._generation:
            self._generation = generation
            self._tell(IndexChanged())
        if marks != self._marks:
            self._marks = marks
            self._tell(MarksChanged(marks))

    def _look_over_shoulder(self) -> None:
        """OnUpdaterEvent how far the instance is that is writing."""
        with contextlib.suppress(StorageError):
            reading = self._library.index.read_progress()
            if reading is not None:
                seconds = max(0.0, time.time() - reading.began)
                done, total, before = reading.done, reading.total, reading.before
                self._tell(Progress(done, total, seconds=seconds, before=before, walking=reading.walking))

    # Watching.

    def _watch(self) -> None:
        """Watch the folders there are now."""
        if not self._watching or self._lost:
            return
        try:
            folders = self._library.articles.folders()
        except StorageError:
            return
        if folders == self._watched or self._closed.is_set() or self._unwatched:
            return
        # The first time, what is known is compared right away. Later, changes may have come before a folder was watched
        # (while it was read for the first time, say), or between two watchers.
        again = self._compared
        self._unwatch.set()
        self._unwatch = threading.Event()
        self._watched = folders
        threading.Thread(target=self._notice, args=(folders, self._unwatch, again), name="watch", daemon=True).start()

    def _notice(self, folders: frozenset[bytes], stop: threading.Event, again: bool) -> None:
        try:
            for paths in watch(self._library.folder.root, folders, stop):
                if again or paths:
                    self._requests.put(_Request(None if again or b"" in paths else paths))
                again = False
        except UnwatchedError as error:
            log.warning("the folder is not watched", exc_info=error)
            if not self._unwatched:
                self._unwatched = True
                self._tell(
                    Notice(f"Changes are not noticed by themselves here: {clean(str(error))}. r looks for them.")
                )
        except ImportError as error:
            log.warning("the folder is not watched", exc_info=error)
            self._unwatched = True
        except Exception:  # in a thread of a process whose stderr nobody sees
            log.exception("the folder is no longer watched")
            self._unwatched = True
            self._tell(Notice("Changes are no longer noticed by themselves; r looks for them.", warning=True))
