"""What carries out the orders of a :class:`reader.fetching.remote.FetchClient`, wherever that runs."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from reader.core.errors import ReaderError
from reader.core.events import BulkProgress, FetchResult, ImageFetched, Notice, OnFetchEvent
from reader.core.model import Links
from reader.fetching.addresses import find_target
from reader.fetching.article_locks import ArticleLocks
from reader.fetching.bulk import BulkFetch
from reader.fetching.fetch_article import ArticleFetcher, Capture, LibraryThread, client_options
from reader.fetching.run_once import EXTRACTOR_PROCESSES, MEGABYTE
from reader.workers.sandbox import SandboxPool

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.library.library import Library
    from reader.web.client import Fetcher

log = logging.getLogger(__name__)

_OWN_FAULT = "Something went wrong in newsreader itself."
_LOGGED = "The log file has the details."
_CANCELLED = "Cancelled."
BEAT = 1.0
"""Seconds between two signs of life while something is under way."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """An article that is being fetched, and how."""

    task: asyncio.Task[None]
    links: Links | None
    force: bool
    archive: bool


class FetchService:
    """Fetches what it is ordered to, in a loop of its own; :meth:`order` and :meth:`close` are for other threads."""

    def __init__(
        self,
        library: Library,
        settings: FetchSettings,
        tell: OnFetchEvent,
        beat: Callable[[int], None] = lambda _: None,
    ) -> None:
        """``beat`` is told how many orders were taken: after each, and every second while something is under way."""
        self._beat = beat
        self._taken = 0
        self._beating: asyncio.Task[None] | None = None
        self._library = library
        self._settings = settings
        self._tell = tell
        self._guard = threading.Lock()
        self._early: list[tuple[str, dict[str, Any]]] = []
        """Orders that came before there was a loop."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._over = threading.Event()
        self._sorry: ReaderError | None = None
        """Why nothing can be fetched at all."""
        self._end: asyncio.Event | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: dict[str, _Asked] = {}
        self._pictures: dict[str, asyncio.Task[None]] = {}
        self._bulk: BulkFetch | None = None
        self._gathering: asyncio.Task[None] | None = None

    def order(self, what: str, values: dict[str, Any]) -> None:
        """Begin what is ordered: ask, cancel, gather, pause, go_on, stop, image or drop_image."""
        with self._guard:
            sorry = self._sorry
            if sorry is not None:
                self._taken += 1
            elif self._loop is None:
                self._early.append((what, values))
            elif not self._closing:
                self._loop.call_soon_threadsafe(self._take, what, values)
        if sorry is not None:
            self._apologize(sorry, what, values)
            self._beat(self._taken)

    def _apologize(self, error: ReaderError, what: str, values: dict[str, Any]) -> None:
        if what == "ask":
            self._tell(FetchResult(values["id"], "failed", "", 0, (), error.message, 0.0, hint=error.hint))
        elif what == "image":
            self._tell(ImageFetched(values["url"], str(error)))
        elif what == "gather":
            self._tell(_unfinished(len(values["ids"]), str(error)))

    def close(self) -> None:
        """End :meth:`run`, whatever is under way."""
        with self._guard:
            self._closing = True
            self._over.set()
            if self._loop is not None and self._end is not None:
                self._loop.call_soon_threadsafe(self._end.set)

    def run(self) -> None:
        """Carry out orders until :meth:`close`."""
        try:
            asyncio.run(self._run())
        except ReaderError as error:  # there can be no client: settings that contradict the environment, say
            log.warning("nothing can be fetched", exc_info=error)
            with self._guard:
                self._sorry = error
                early, self._early = self._early, []
                self._taken += len(early)
            for what, values in early:
                self._apologize(error, what, values)
            self._beat(self._taken)
            self._over.wait()

    async def _run(self) -> None:
        self._disk = LibraryThread()
        self._extractor = SandboxPool(min(EXTRACTOR_PROCESSES, os.cpu_count() or 1))
        self._end = asyncio.Event()
        self._extractor.prestart()
        from reader.web.client import Fetcher
        from reader.web.robots import Robots
        from reader.web.transport.pool import Priority
        from reader.web.wayback import newest_capture

        try:
            async with Fetcher(client_options(self._settings)) as fetcher:
                self._fetcher: Fetcher = fetcher
                self._library.pages.limit = self._settings.cache_mb * MEGABYTE
                many = fetcher.at_priority(
                    Priority.BULK
                )  # the article that somebody opens meanwhile does not wait for any of them
                self._robots = Robots(many)
                self._under_way = ArticleLocks()
                self._fetching = self._fetching_by(fetcher, partial(newest_capture, fetcher))
                self._fetching_many = self._fetching_by(many, partial(newest_capture, many))
                self._listen()
                await self._end.wait()
                for task in list(self._tasks):
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            with self._guard:
                self._loop = None  # nothing can be ordered of it from here on
            self._extractor.close()
            self._disk.close()

    def _fetching_by(self, fetcher: Fetcher, capture: Capture) -> ArticleFetcher:
        return ArticleFetcher(
            fetcher,
            self._extractor,
            self._library.pages,
            self._disk,
            capture,
            archive=self._settings.archive,
            under_way=self._under_way,
        )

    def _listen(self) -> None:
        with self._guard:
            self._loop = asyncio.get_running_loop()
            early, self._early = self._early, []
            if self._closing and self._end is not None:
                self._end.set()
        for what, values in early:
            self._take(what, values)

    def _take(self, what: str, values: dict[str, Any]) -> None:
        self._carry_out(what, values)
        self._taken += 1
        self._beat(self._taken)

    def _carry_out(self, what: str, values: dict[str, Any]) -> None:
        if what == "ask":
            self._take_ask(**values)
        elif what == "cancel":
            if (asked := self._asked.get(values["id"])) is not None:
                asked.task.cancel()
        elif what == "gather":
            self._take_gather(values["ids"])
        elif what == "image":
            self._take_image(values["url"])
        elif what == "drop_image":
            if (picture := self._pictures.get(values["url"])) is not None:
                picture.cancel()
        elif self._bulk is not None:
            if what == "pause":
                self._bulk.pause()
            elif what == "go_on":
                self._bulk.resume()
            elif what == "stop":
                self._bulk.stop()

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._beating is None or self._beating.done():
            self._beating = asyncio.get_running_loop().create_task(self._beat_on())
        return task

    async def _beat_on(self) -> None:
        while self._tasks:
            self._beat(self._taken)
            await asyncio.sleep(BEAT)

    def _say_notice(self) -> None:
        pages = self._library.pages
        if pages.notice:
            notice, pages.notice = pages.notice, ""
            self._tell(Notice(notice, warning=True))

    # One article.

    def _take_ask(self, *, id: str, links: dict[str, str] | None, force: bool, archive: bool) -> None:  # noqa: A002
        former = self._asked.get(id)
        given = None if links is None else Links(**links)
        if former is not None and not former.task.cancelling():
            if (former.force or not force) and (former.archive or not archive):
                return  # the answer to that is the answer to this
            # It begins anew, with all that was wished; what is replaced says nothing.
            given, force, archive = given or former.links, force or former.force, archive or former.archive
        before = None if former is None else former.task
        task = self._begin(self._ask(id, given, force=force, archive=archive, after=before))
        self._asked[id] = _Asked(task, given, force, archive)
        task.add_done_callback(partial(self._ask_ended, id))
        if before is not None:
            before.cancel()

    def _ask_ended(self, id_: str, task: asyncio.Task[None]) -> None:
        """WebResponse for one that was cancelled, perhaps before it had begun, unless another has taken its place."""
        if (asked := self._asked.get(id_)) is not None and asked.task is task:
            self._answer(FetchResult(id_, "failed", "", 0, (), _CANCELLED, 0.0, cancelled=True))

    async def _ask(
        self, id_: str, links: Links | None, *, force: bool, archive: bool, after: asyncio.Task[None] | None
    ) -> None:
        if after is not None:
            await asyncio.wait([after])
        try:
            what = await self._disk.run(find_target, self._library, id_, links)
            got = (await self._fetching.fetch(what, force=force, archive=archive, tell=self._tell)).got
        except ReaderError as error:
            got = FetchResult(id_, "failed", "", 0, (), error.message, 0.0, hint=error.hint)
        except Exception:
            log.exception("fetching %s failed", id_)
            got = FetchResult(id_, "failed", "", 0, (), _OWN_FAULT, 0.0, hint=_LOGGED)
        if (asked := self._asked.get(id_)) is not None and asked.task is asyncio.current_task():
            self._answer(got)

    def _answer(self, got: FetchResult) -> None:
        self._asked.pop(got.id, None)  # first: who hears it may ask again
        self._say_notice()
        self._tell(got)

    # Many.

    def _take_gather(self, ids: list[str]) -> None:
        if self._bulk is not None and self._gathering is not None:
            self._begin(self._join(self._bulk, ids))
            return
        self._bulk = BulkFetch(self._fetching_many, self._library, self._disk, self._robots, self._tell)
        self._gathering = self._begin(self._gather(self._bulk, ids))

    async def _gather(self, bulk: BulkFetch, ids: list[str]) -> None:
        try:
            await bulk.add(ids)
            await bulk.run()
        except ReaderError as error:
            self._tell(_unfinished(len(ids), str(error)))
        except Exception:
            log.exception("gathering failed")
            self._tell(_unfinished(len(ids), f"{_OWN_FAULT} {_LOGGED}"))
        finally:
            if self._bulk is bulk:
                self._bulk = self._gathering = None
            self._say_notice()

    async def _join(self, bulk: BulkFetch, ids: list[str]) -> None:
        try:
            joined = await bulk.add(ids)
        except ReaderError as error:
            self._tell(Notice(str(error), warning=True))
            return
        if joined:
            return
        if self._gathering is not None and self._bulk is bulk:  # it is about to end
            await asyncio.wait([self._gathering])
        self._take_gather(ids)

    # Images.

    def _take_image(self, url: str) -> None:
        if url in self._pictures:
            return
        task = self._begin(self._picture(url))
        self._pictures[url] = task
        task.add_done_callback(lambda done: self._forget_picture(url, done))

    def _forget_picture(self, url: str, task: asyncio.Task[None]) -> None:
        if self._pictures.get(url) is task:  # cancelled, perhaps before it had begun
            del self._pictures[url]
            self._tell(ImageFetched(url))

    async def _picture(self, url: str) -> None:
        error = ""
        try:
            pages = self._library.pages
            if await self._disk.run(pages.image, url) is None:
                answer = await self._fetcher.image(url)
                await self._disk.run(pages.put_image, url, answer.body, answer.content_type)
        except ReaderError as failure:
            error = str(failure)
        except Exception:
            log.exception("an image could not be fetched")
            error = f"{_OWN_FAULT} {_LOGGED}"
        self._pictures.pop(url, None)
        self._tell(ImageFetched(url, error))


def _unfinished(left: int, told: str) -> BulkProgress:
    return BulkProgress(0, 0, 0, left, 0.0, paused=False, finished=True, summary=told)
