"""Fetching in a process of its own, so that httpx, TLS and the reading of pages never share the screen's time.

The process is started by the first order, and ends when its pipe does. Where what it
keeps could not be seen from here (the index or the pages live in memory), a thread
does its work instead.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

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
from reader.workers import process as processes
from reader.workers.json_channel import event_sender, forward_log, serve_commands

if TYPE_CHECKING:
    from reader.fetching.service import FetchService
    from reader.library.library import Library

log = logging.getLogger(__name__)

Order: TypeAlias = tuple[str, dict[str, Any]]
"""What a :class:`reader.fetching.service.FetchService` shall do, as plain values."""
_NICE = 5
_KINDS: dict[str, Callable[..., FetchEvent]] = {
    kind.__name__: kind for kind in (FetchAttempted, FetchResult, BulkProgress, ImageFetched, Notice)
}
_ENDED = "The process that fetches has ended without a word."
_HUNG = "The process that fetches did not answer any more, and was ended."
_AGAIN = "Try again; the log file may say more."
_BEAT = "beat"
"""The line by which the process says that it is there, and how many orders it has taken."""
PATIENCE = 30.0
"""Seconds of silence, while something is under way, after which the process is taken for hung;"""
PATIENCE_TO_STOP = 5.0
"""and while an order to stop something is not taken, once it has taken another."""
_LOOK = 1.0
"""Seconds between two looks at that, and the most that one counts for: while the whole program is suspended, nothing
is heard, and nothing is wrong."""
_STOPPING = frozenset({"cancel", "stop", "pause", "drop_image"})


class FetchClient:
    """The process that fetches. Nothing here waits: orders are carried out, and news told, by threads of its own."""

    def __init__(self, library: Library, paths: Paths | None, settings: FetchSettings, tell: OnFetchEvent) -> None:
        """``tell`` is called by a thread; nothing is started before the first order."""
        self._library = library
        self._paths = paths
        self._settings = settings
        self._tell = tell
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._begun = False
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._service: FetchService | None = None
        self._articles: set[str] = set()
        """What was ordered of the present process and not answered yet: articles,"""
        self._images: set[str] = set()
        """images by their addresses,"""
        self._gathered: BulkProgress | None = None
        """and how far it was with the many."""
        self._stirred = threading.Condition(self._guard)
        """Told when there is something to watch over, or no more."""
        self._sent = 0
        """Orders sent to the present process;"""
        self._taken = 0
        """those that it has taken;"""
        self._to_stop = 0
        """the number of the last that is to stop something;"""
        self._heard = False
        """whether it has taken any;"""
        self._silence = 0.0
        """and the seconds since it was heard, as far as they count."""

    def fetch(self, id_: str, links: Links | None = None, *, force: bool = False, archive: bool = False) -> None:
        """Fetch the original of an article; the answer is a FetchResult, with FetchAttempted before it.

        A page that is kept and was looked at within the hour is the answer at once, unless
        ``force``. ``archive`` asks for the newest Wayback capture where the article's own
        addresses fail. ``links`` are asked before those of its documents, and needed
        for an article that no document is of, such as a related item.
        """
        addresses = None if links is None else asdict(links)
        self._order("ask", {"id": id_, "links": addresses, "force": force, "archive": archive})

    def cancel(self, id_: str) -> None:
        """Stop fetching an article; the answer is a FetchResult. Nothing when it is not being fetched."""
        self._order("cancel", {"id": id_})

    def fetch_all(self, ids: Iterable[str]) -> None:
        """Fetch every one of these articles that has no page, told as BulkProgress, at most ten times a second.

        While others are being gathered these join them.
        """
        self._order("gather", {"ids": [*ids]})

    def pause(self) -> None:
        """Begin no further article of those that are gathered; what is under way ends."""
        self._order("pause", {})

    def resume(self) -> None:
        """End a pause."""
        self._order("go_on", {})

    def stop(self) -> None:
        """Give up what is gathered. What was fetched is kept, and the next :meth:`gather` goes on from there."""
        self._order("stop", {})

    def fetch_image(self, url: str) -> None:
        """Fetch an image and keep it, unless it is kept; the answer is a ImageFetched."""
        self._order("image", {"url": url})

    def cancel_image(self, url: str) -> None:
        """Give an image up that nobody looks for any more; what is told then is a ImageFetched all the same."""
        self._order("drop_image", {"url": url})

    def close(self) -> None:
        """End it at once: whatever is kept is kept whole."""
        with self._guard:
            self._closed = True
            self._stirred.notify_all()
            process, service = self._process, self._service
        self._orders.put(None)
        if process is not None:
            processes.end(process)
        if service is not None:
            service.close()

    # Threads of our own from here on.

    def _order(self, what: str, values: dict[str, Any]) -> None:
        with self._guard:
            if self._closed:
                return
            begins, self._begun = not self._begun, True
        self._orders.put((what, values))
        if begins:
            threading.Thread(target=self._obey, name="fetching", daemon=True).start()

    def _obey(self) -> None:
        while (order := self._orders.get()) is not None:
            with self._guard:
                idle = self._process is None and self._service is None
            if idle and order[0] in {"cancel", "pause", "go_on", "stop", "drop_image"}:
                continue  # nobody has anything to stop
            self._note(order)
            if refusal := self._settings.refusal:
                self._give_up(refusal, "")
                continue
            try:
                self._pass_on(order)
            except OSError as error:
                self._fell(self._process, f"No process to fetch with could be started: {describe_error(error)}.")
            except ReaderError as error:
                self._give_up(error.message, error.hint)

    def _pass_on(self, order: Order) -> None:
        if self._service is None and self._process is None:
            self._start()
        with self._guard:
            process, service = self._process, self._service
            self._sent += 1
            if order[0] in _STOPPING:
                self._to_stop = self._sent
            self._stirred.notify_all()
        if service is not None:
            service.order(*order)
        elif process is not None:
            assert process.stdin is not None
            try:
                _write(process.stdin, order)
            except (BrokenPipeError, ValueError):
                self._fell(process, _ENDED)

    def _start(self) -> None:
        """Begin where the work can be seen from here. Raises OSError, ReaderError."""
        library, paths = self._library, self._paths
        if notice := library.pages.notice:
            library.pages.notice = ""
            self._hear(Notice(notice, warning=True))
        if paths is None or library.pages.in_memory or (library.index.in_memory and library.folder.only is None):
            from reader.fetching.service import FetchService

            service = FetchService(library, self._settings, self._hear)
            threading.Thread(target=service.run, name="fetching-here", daemon=True).start()
            with self._guard:
                self._service, closed = service, self._closed
            if closed:
                service.close()
            return
        process = processes.start("reader.fetching.remote")
        with self._guard:
            self._process, closed = process, self._closed
            self._sent = self._taken = self._to_stop = 0
            self._heard, self._silence = False, 0.0
        if closed:
            processes.end(process)
            return
        threading.Thread(target=self._watch, args=(process,), name="fetching-watch", daemon=True).start()
        # Through the pipe and not as arguments, which others can see: a proxy may have a password.
        places = {name: os.fspath(getattr(paths, name)) for name in ("cache", "data", "config")}
        assert process.stdin is not None
        _write(process.stdin, ("begin", {"target": os.fspath(library.target), "paths": places,
                                         "settings": asdict(self._settings)}))  # fmt: skip
        threading.Thread(target=self._read, args=(process,), name="fetching-news", daemon=True).start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                kind, values = json.loads(line)
                self._lives(process, values if kind == _BEAT else 0)
                if kind == _BEAT:
                    continue
                if forward_log(kind, values, log):
                    continue
                if kind == "FetchResult":
                    values["failures"] = tuple(Failure(*each) for each in values["failures"])
                self._hear(_KINDS[kind](**values))
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.warning("the process that fetches cannot be heard", exc_info=error)
        self._fell(process, _ENDED)

    def _lives(self, process: subprocess.Popen[bytes], taken: int) -> None:
        with self._guard:
            if self._process is process:
                self._silence = 0.0
                self._taken = max(self._taken, taken)
                self._heard = self._heard or taken > 0

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """End a process that hangs: what it owes would never come, and it would hear of no order to stop."""
        with self._guard:
            while self._process is process and not self._closed:
                patience = self._patience()
                if patience is None:
                    self._silence = 0.0
                    self._stirred.wait()
                    continue
                if self._silence >= patience:
                    break
                begun = time.monotonic()
                self._stirred.wait(_LOOK)
                self._silence += min(time.monotonic() - begun, _LOOK)
            else:
                return
        self._fell(process, _HUNG)

    def _patience(self) -> float | None:
        """Return for how long silence is no wonder; None when nothing is owed."""
        if self._to_stop > self._taken and self._heard:
            return PATIENCE_TO_STOP
        owed = self._articles or self._images or self._gathered is not None or self._sent > self._taken
        return PATIENCE if owed else None

    def _hear(self, news: FetchEvent) -> None:
        with self._guard:
            if self._closed:
                return
            if isinstance(news, FetchResult):
                self._articles.discard(news.id)
            elif isinstance(news, ImageFetched):
                self._images.discard(news.url)
            elif isinstance(news, BulkProgress):
                self._gathered = None if news.finished else news
        self._tell(news)

    def _note(self, order: Order) -> None:
        what, values = order
        with self._guard:
            if what == "ask":
                self._articles.add(values["id"])
            elif what == "image":
                self._images.add(values["url"])
            elif what == "gather":
                left = len(values["ids"]) + (self._gathered.left if self._gathered else 0)
                self._gathered = (self._gathered or _NOTHING)._replace(left=left)

    def _fell(self, process: subprocess.Popen[bytes] | None, why: str) -> None:
        """A process has ended, or none could be started: the next order starts another."""
        with self._guard:
            if self._closed or self._process is not process:
                return  # it was noticed at the other pipe
            self._process = None
            self._stirred.notify_all()
        if process is not None:
            log.warning("%s", why)
            processes.end(process)
        self._give_up(why, _AGAIN)

    def _give_up(self, why: str, hint: str) -> None:
        """WebResponse whatever was ordered."""
        with self._guard:
            articles, self._articles = self._articles, set()
            images, self._images = self._images, set()
            gathered, self._gathered = self._gathered, None
        for id_ in articles:
            self._tell(FetchResult(id_, "failed", "", 0, (), why, 0.0, hint=hint))
        for url in images:
            self._tell(ImageFetched(url, why))
        if gathered is not None:
            self._tell(gathered._replace(finished=True, paused=False, rate=0.0, summary=f"{why} {hint}".rstrip()))


_NOTHING = BulkProgress(0, 0, 0, 0, 0.0, paused=False, finished=False, summary="")


def _write(pipe: Any, order: Order) -> None:
    pipe.write(json.dumps(order).encode() + b"\n")
    pipe.flush()


def main() -> None:
    """Fetch what the lines of the pipe ask for, until it is closed; the first line says where and how."""
    from reader.fetching.service import FetchService
    from reader.library.library import Library

    send = event_sender()

    def tell(news: FetchEvent) -> None:
        send(type(news).__name__, news._asdict())

    processes.lower_priority(_NICE)
    first = sys.stdin.buffer.readline()
    if not first:
        return
    _, values = json.loads(first)
    values["settings"]["allow_hosts"] = tuple(values["settings"]["allow_hosts"])
    paths = Paths(**{name: Path(place) for name, place in values["paths"].items()})
    library = Library.open(Path(values["target"]), paths)
    if library.folder.only is not None:  # its index is in memory, here as there
        from reader.indexing.refresh import refresh

        for _ in refresh(library):
            pass
    service = FetchService(library, FetchSettings(**values["settings"]), tell, lambda taken: send(_BEAT, taken))

    # Whatever is kept is kept in one step: to end at once costs nothing.
    serve_commands(lambda line: service.order(*json.loads(line)))
    service.run()
