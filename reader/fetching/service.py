"""Carries out the commands of a :class:`reader.fetching.remote.FetchClient`, in its process or in a thread."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from reader.core.errors import ReaderError
from reader.core.events import BulkProgress, FetchResult, ImageFetched, Notice, OnFetchEvent
from reader.core.model import Links
from reader.fetching.addresses import find_target
from reader.fetching.article_locks import ArticleLocks
from reader.fetching.bulk import BulkFetch
from reader.fetching.context import (
    EXTRACTOR_PROCESSES,
    MEGABYTE,
    FetchContext,
    FetchTimings,
    LibraryThread,
    client_options,
)
from reader.fetching.fetch_article import ArticleFetcher
from reader.workers.sandbox import SandboxPool

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.library.library import Library
    from reader.web.client import WebClient

log = logging.getLogger(__name__)

Command: TypeAlias = tuple[str, dict[str, Any]]
"""The name of a command and its arguments as plain values."""
_INTERNAL_ERROR = "Internal error in newsreader. The log file has the details."
_LOGGED = "The log file has the details."


@dataclass(frozen=True, slots=True)
class _ArticleTask:
    """A running fetch of one article."""

    task: asyncio.Task[None]
    links: Links | None
    force: bool
    archive: bool


class FetchService:
    """Runs commands on an event loop of its own. Other threads call :meth:`send` and :meth:`close`."""

    def __init__(
        self,
        library: Library,
        settings: FetchSettings,
        on_event: OnFetchEvent,
        on_heartbeat: Callable[[int], None] = lambda _: None,
        timings: FetchTimings | None = None,
    ) -> None:
        """``on_heartbeat`` receives the number of accepted commands: after each, and regularly during work."""
        self._library = library
        self._settings = settings
        self._on_event = on_event
        self._on_heartbeat = on_heartbeat
        self._timings = timings or FetchTimings()
        self._accepted = 0
        self._guard = threading.Lock()
        self._queued: list[Command] = []
        """Commands from before there was a loop."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._closed = threading.Event()
        self._end: asyncio.Event | None = None
        self._startup_error: ReaderError | None = None
        self._heartbeat: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._articles: dict[str, _ArticleTask] = {}
        self._images: dict[str, asyncio.Task[None]] = {}
        self._bulk: BulkFetch | None = None
        self._bulk_task: asyncio.Task[None] | None = None

    def send(self, name: str, values: dict[str, Any]) -> None:
        """Start a command: fetch, cancel, fetch_all, pause, resume, stop, fetch_image or cancel_image."""
        with self._guard:
            error = self._startup_error
            if error is not None:
                self._accepted += 1
            elif self._loop is None:
                self._queued.append((name, values))
            elif not self._closing:
                self._loop.call_soon_threadsafe(self._accept, name, values)
        if error is not None:
            self._fail_command(error, name, values)
            self._on_heartbeat(self._accepted)

    def close(self) -> None:
        """End :meth:`run` at once."""
        with self._guard:
            self._closing = True
            self._closed.set()
            if self._loop is not None and self._end is not None:
                self._loop.call_soon_threadsafe(self._end.set)

    def run(self) -> None:
        """Carry out commands until :meth:`close`."""
        try:
            asyncio.run(self._run())
        except ReaderError as error:  # there can be no client, for example because of an invalid proxy
            log.warning("nothing can be fetched", exc_info=error)
            with self._guard:
                self._startup_error = error
                queued, self._queued = self._queued, []
                self._accepted += len(queued)
            for name, values in queued:
                self._fail_command(error, name, values)
            self._on_heartbeat(self._accepted)
            self._closed.wait()

    def _fail_command(self, error: ReaderError, name: str, values: dict[str, Any]) -> None:
        if name == "fetch":
            self._on_event(_failure(values["id"], error))
        elif name == "fetch_image":
            self._on_event(ImageFetched(values["url"], str(error)))
        elif name == "fetch_all":
            self._on_event(_unfinished(len(values["ids"]), str(error)))

    async def _run(self) -> None:
        self._library_thread = LibraryThread()
        self._extractor = SandboxPool(min(EXTRACTOR_PROCESSES, os.cpu_count() or 1))
        self._end = asyncio.Event()
        self._extractor.prestart()
        from reader.web.client import WebClient  # after the extractor has begun to start
        from reader.web.robots import Robots
        from reader.web.transport.request_slots import Priority

        try:
            async with WebClient(client_options(self._settings)) as client:
                self._client: WebClient = client
                self._library.pages.limit = self._settings.cache_mb * MEGABYTE
                bulk_client = client.at_priority(Priority.BULK)
                self._robots = Robots(bulk_client)
                locks = ArticleLocks()
                self._fetcher = self._create_fetcher(client, locks)
                self._bulk_fetcher = self._create_fetcher(bulk_client, locks)
                self._accept_queued()
                await self._end.wait()
                for task in list(self._tasks):
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            with self._guard:
                self._loop = None
            self._extractor.close()
            self._library_thread.close()

    def _create_fetcher(self, client: WebClient, locks: ArticleLocks) -> ArticleFetcher:
        from reader.web.wayback import newest_capture

        find_capture = partial(newest_capture, client)
        context = FetchContext(client, self._extractor, self._library.pages, self._library_thread, find_capture)
        return ArticleFetcher(context, archive=self._settings.archive, locks=locks)

    def _accept_queued(self) -> None:
        with self._guard:
            self._loop = asyncio.get_running_loop()
            queued, self._queued = self._queued, []
            if self._closing and self._end is not None:
                self._end.set()
        for name, values in queued:
            self._accept(name, values)

    def _accept(self, name: str, values: dict[str, Any]) -> None:
        if name == "fetch":
            self._start_article(**values)
        elif name == "cancel":
            if (running := self._articles.get(values["id"])) is not None:
                running.task.cancel()
        elif name == "fetch_all":
            self._start_bulk(values["ids"])
        elif name == "fetch_image":
            self._start_image(values["url"])
        elif name == "cancel_image":
            if (task := self._images.get(values["url"])) is not None:
                task.cancel()
        elif self._bulk is not None:
            {"pause": self._bulk.pause, "resume": self._bulk.resume, "stop": self._bulk.stop}[name]()
        self._accepted += 1
        self._on_heartbeat(self._accepted)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._heartbeat is None or self._heartbeat.done():
            self._heartbeat = asyncio.get_running_loop().create_task(self._send_heartbeats())
        return task

    async def _send_heartbeats(self) -> None:
        while self._tasks:
            self._on_heartbeat(self._accepted)
            await asyncio.sleep(self._timings.heartbeat)

    def _pass_on_notice(self) -> None:
        pages = self._library.pages
        if pages.notice:
            notice, pages.notice = pages.notice, ""
            self._on_event(Notice(notice, warning=True))

    # One article.

    def _start_article(self, *, id: str, links: dict[str, str] | None, force: bool, archive: bool) -> None:  # noqa: A002
        previous = self._articles.get(id)
        given = None if links is None else Links(**links)
        if previous is not None and not previous.task.cancelling():
            if (previous.force or not force) and (previous.archive or not archive):
                return  # the running fetch does all of it
            # Start again with the options of both; the previous task reports nothing.
            given, force, archive = given or previous.links, force or previous.force, archive or previous.archive
        before = None if previous is None else previous.task
        task = self._start(self._fetch_article(id, given, force=force, archive=archive, after=before))
        self._articles[id] = _ArticleTask(task, given, force, archive)
        task.add_done_callback(partial(self._on_article_done, id))
        if before is not None:
            before.cancel()

    def _is_current(self, id_: str, task: asyncio.Task[Any] | None) -> bool:
        """Return whether ``task`` is the one that reports the result of an article."""
        return (running := self._articles.get(id_)) is not None and running.task is task

    def _on_article_done(self, id_: str, task: asyncio.Task[None]) -> None:
        """Report a task that was canceled, perhaps before it had begun."""
        if self._is_current(id_, task):
            self._report(FetchResult(id_, "failed", "", 0, (), "Canceled.", 0.0, cancelled=True))

    async def _fetch_article(
        self, id_: str, links: Links | None, *, force: bool, archive: bool, after: asyncio.Task[None] | None
    ) -> None:
        if after is not None:
            await asyncio.wait([after])
        try:
            target = await self._library_thread.run(find_target, self._library, id_, links)
            outcome = await self._fetcher.fetch(target, force=force, archive=archive, on_attempt=self._on_event)
            result = outcome.result
        except ReaderError as error:
            result = _failure(id_, error)
        except Exception:
            log.exception("fetching %s failed", id_)
            result = _failure(id_, ReaderError(_INTERNAL_ERROR, _LOGGED))
        if self._is_current(id_, asyncio.current_task()):
            self._report(result)

    def _report(self, result: FetchResult) -> None:
        self._articles.pop(result.id, None)  # first: the receiver may request it again
        self._pass_on_notice()
        self._on_event(result)

    # Many articles.

    def _start_bulk(self, ids: list[str]) -> None:
        if self._bulk is not None and self._bulk_task is not None:
            self._start(self._join_bulk(self._bulk, ids))
            return
        self._bulk = BulkFetch(self._bulk_fetcher, self._library, self._robots, self._on_event)
        self._bulk_task = self._start(self._run_bulk(self._bulk, ids))

    async def _run_bulk(self, bulk: BulkFetch, ids: list[str]) -> None:
        try:
            await bulk.add(ids)
            await bulk.run()
        except ReaderError as error:
            self._on_event(_unfinished(len(ids), str(error)))
        except Exception:
            log.exception("a bulk fetch failed")
            self._on_event(_unfinished(len(ids), f"{_INTERNAL_ERROR} {_LOGGED}"))
        finally:
            if self._bulk is bulk:
                self._bulk = self._bulk_task = None
            self._pass_on_notice()

    async def _join_bulk(self, bulk: BulkFetch, ids: list[str]) -> None:
        try:
            joined = await bulk.add(ids)
        except ReaderError as error:
            self._on_event(Notice(str(error), warning=True))
            return
        if joined:
            return
        if self._bulk_task is not None and self._bulk is bulk:  # it is ending
            await asyncio.wait([self._bulk_task])
        self._start_bulk(ids)

    # Images.

    def _start_image(self, url: str) -> None:
        if url in self._images:
            return
        task = self._start(self._fetch_image(url))
        self._images[url] = task
        task.add_done_callback(partial(self._on_image_done, url))

    def _on_image_done(self, url: str, task: asyncio.Task[None]) -> None:
        """Report a task that was canceled, perhaps before it had begun."""
        if self._images.get(url) is task:
            del self._images[url]
            self._on_event(ImageFetched(url))

    async def _fetch_image(self, url: str) -> None:
        error = ""
        try:
            pages = self._library.pages
            if await self._library_thread.run(pages.image, url) is None:
                response = await self._client.image(url)
                await self._library_thread.run(pages.put_image, url, response.body, response.content_type)
        except ReaderError as failure:
            error = str(failure)
        except Exception:
            log.exception("an image could not be fetched")
            error = f"{_INTERNAL_ERROR} {_LOGGED}"
        self._images.pop(url, None)
        self._on_event(ImageFetched(url, error))


def _failure(id_: str, error: ReaderError) -> FetchResult:
    return FetchResult(id_, "failed", "", 0, (), error.message, 0.0, hint=error.hint)


def _unfinished(left: int, summary: str) -> BulkProgress:
    return BulkProgress(0, 0, 0, left, 0.0, paused=False, finished=True, summary=summary)
