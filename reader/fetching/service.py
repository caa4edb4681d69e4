"""Carries out the commands of a :class:`reader.fetching.process_client.FetchClient`, in its process or in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from reader.core.errors import ReaderError
from reader.core.events import (
    BulkProgress,
    DownloadProgress,
    FetchEvent,
    FetchResult,
    ImageFetched,
    Notice,
    OnFetchEvent,
)
from reader.core.model import Links
from reader.fetching.article_locks import ArticleLocks
from reader.fetching.bulk import BulkFetch
from reader.fetching.context import FetchContext, FetchTimings, open_context
from reader.fetching.fetch_article import ArticleFetcher
from reader.fetching.fetch_target import find_target

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.library.library import Library

log = logging.getLogger(__name__)

Command: TypeAlias = tuple[str, dict[str, Any]]
"""The name of a command and its arguments as plain values."""
_Task: TypeAlias = "asyncio.Task[FetchEvent | None]"
_INTERNAL_ERROR = ReaderError("Internal error in newsreader.", "The log file has the details.")
_CANCELED = ReaderError("Canceled.")


class _Request(NamedTuple):
    """How to fetch an article."""

    links: Links | None
    force: bool
    archive: bool


class FetchService:
    """Runs commands on an event loop of its own. Other threads call :meth:`send`."""

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
        self._loop = asyncio.new_event_loop()
        self._commands: asyncio.Queue[Command | None] = asyncio.Queue()
        self._heartbeat: asyncio.Task[None] | None = None
        self._tasks: set[_Task] = set()
        self._running: dict[str, _Task] = {}
        """The tasks that will report an article or image, by its id or URL."""
        self._requests: dict[str, _Request] = {}
        """How the articles among them are fetched."""
        self._bulk: BulkFetch | None = None
        self._bulk_task: _Task | None = None

    def send(self, command: Command | None) -> None:
        """Start a command: fetch, cancel, fetch_all, pause, resume, stop, fetch_image, cancel_image or download.

        None ends :meth:`run` at once.
        """
        with contextlib.suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self._commands.put_nowait, command)

    def run(self) -> None:
        """Carry out commands until the end is sent."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._run())

    async def _run(self) -> None:
        first = await self._commands.get()
        if first is None:
            return
        try:
            parses = first[0] not in {"fetch_image", "download"}  # these need no process that parses pages
            async with open_context(self._library, self._settings, prestart=parses) as context:
                self._open(context)
                await self._serve(first, self._accept)
                for task in list(self._tasks):
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
        except ReaderError as error:  # there can be no client, for example because of an invalid proxy
            log.warning("nothing can be fetched", exc_info=error)
            await self._serve(first, partial(self._fail_command, error))

    def _open(self, context: FetchContext) -> None:
        from reader.web.robots import Robots
        from reader.web.transport.request_slots import Priority

        self._client, locks, archive = context.client, ArticleLocks(), self._settings.archive
        self._run_in_library = context.run
        self._fetcher = ArticleFetcher(context, archive=archive, locks=locks)
        bulk_client = context.client.at_priority(Priority.BULK)
        self._bulk_fetcher = ArticleFetcher(replace(context, client=bulk_client), archive=archive, locks=locks)
        self._robots = Robots(bulk_client)

    async def _serve(self, first: Command, handle: Callable[[str, dict[str, Any]], None]) -> None:
        """Pass each command to ``handle`` until the end."""
        command: Command | None = first
        while command is not None:
            handle(*command)
            self._accepted += 1
            self._on_heartbeat(self._accepted)
            command = await self._commands.get()

    def _fail_command(self, error: ReaderError, name: str, values: dict[str, Any]) -> None:
        if name == "fetch":
            self._on_event(_article_failed(values["id"], error))
        elif name == "fetch_image":
            self._on_event(_image_failed(values["url"], error))
        elif name == "download":
            self._on_event(_download_failed(values["path"], error))
        elif name == "fetch_all":
            self._on_event(_bulk_failed(len(values["ids"]), error))

    def _accept(self, name: str, values: dict[str, Any]) -> None:
        if name == "fetch":
            self._start_article(**values)
        elif name == "fetch_image":
            if (url := values["url"]) not in self._running:
                self._start(self._fetch_image(url), partial(_image_failed, url), url)
        elif name == "download":
            path, previous = values["path"], self._running.get(values["path"])
            if previous is None or previous.cancelling():
                self._start(self._download(previous, **values), partial(_download_failed, path), path)
        elif name in {"cancel", "cancel_image"}:
            (key,) = values.values()
            if (task := self._running.get(key)) is not None:
                task.cancel()
        elif name == "fetch_all":
            self._start_bulk(values["ids"])
        elif self._bulk is not None:
            {"pause": self._bulk.pause, "resume": self._bulk.resume, "stop": self._bulk.stop}[name]()

    # Tasks.

    def _start(
        self, work: Coroutine[Any, Any, FetchEvent | None], failed: Callable[[ReaderError], FetchEvent], key: str = ""
    ) -> _Task:
        """Start a task; its result is an event, or ``failed`` makes one from its error.

        A task with a ``key`` reports nothing if there is another one with the same key by then.
        """
        task = self._loop.create_task(work)
        self._tasks.add(task)
        if key:
            self._running[key] = task
        task.add_done_callback(partial(self._on_done, failed, key))
        if self._heartbeat is None or self._heartbeat.done():
            self._heartbeat = self._loop.create_task(self._send_heartbeats())
        return task

    def _on_done(self, failed: Callable[[ReaderError], FetchEvent], key: str, task: _Task) -> None:
        self._tasks.discard(task)
        try:
            event = task.result()
        except asyncio.CancelledError:  # perhaps before it had begun
            event = failed(_CANCELED)
        except ReaderError as error:
            event = failed(error)
        except Exception:
            log.exception("a fetch failed")
            event = failed(_INTERNAL_ERROR)
        if key:
            if self._running.get(key) is not task:
                return
            del self._running[key]  # first: the receiver may request it again
            self._requests.pop(key, None)
        pages = self._library.pages
        if pages.notice:
            notice, pages.notice = pages.notice, ""
            self._on_event(Notice(notice, warning=True))
        if event is not None:
            self._on_event(event)

    async def _send_heartbeats(self) -> None:
        while self._tasks:
            self._on_heartbeat(self._accepted)
            await asyncio.sleep(self._timings.heartbeat)

    # One article.

    def _start_article(self, *, id: str, links: dict[str, str] | None, force: bool, archive: bool) -> None:  # noqa: A002
        previous = self._running.get(id)
        request = _Request(None if links is None else Links(**links), force, archive)
        if previous is not None and not previous.cancelling():
            running = self._requests[id]
            if (running.force or not force) and (running.archive or not archive):
                return  # the running fetch does all of it
            # Start again with the options of both; the previous task reports nothing.
            request = _Request(request.links or running.links, force or running.force, archive or running.archive)
        self._requests[id] = request
        self._start(self._fetch_article(id, request, previous), partial(_article_failed, id), id)
        if previous is not None:
            previous.cancel()

    async def _fetch_article(self, id_: str, request: _Request, previous: _Task | None) -> FetchResult:
        if previous is not None:
            await asyncio.wait([previous])
        target = await self._run_in_library(find_target, self._library, id_, request.links)
        outcome = await self._fetcher.fetch(
            target, force=request.force, archive=request.archive, on_attempt=self._on_event
        )
        return outcome.result

    # Many articles.

    def _start_bulk(self, ids: list[str]) -> None:
        if self._bulk is not None and self._bulk_task is not None:
            self._start(self._join_bulk(self._bulk, ids), lambda error: Notice(str(error), warning=True))
            return
        self._bulk = BulkFetch(self._bulk_fetcher, self._library, self._robots, self._on_event)
        self._bulk_task = self._start(self._run_bulk(self._bulk, ids), partial(_bulk_failed, len(ids)))

    async def _run_bulk(self, bulk: BulkFetch, ids: list[str]) -> None:
        try:
            await bulk.add(ids)
            await bulk.run()
        finally:
            self._bulk = self._bulk_task = None

    async def _join_bulk(self, bulk: BulkFetch, ids: list[str]) -> None:
        if await bulk.add(ids):
            return
        if self._bulk_task is not None and self._bulk is bulk:  # it is ending
            await asyncio.wait([self._bulk_task])
        self._start_bulk(ids)

    # Images.

    async def _fetch_image(self, url: str) -> ImageFetched:
        pages = self._library.pages
        if await self._run_in_library(pages.image, url) is None:
            response = await self._client.image(url)
            await self._run_in_library(pages.put_image, url, response.body, response.content_type)
        return ImageFetched(url)

    # Enclosures.

    async def _download(self, previous: _Task | None, url: str, path: str, *, accepts_pages: bool) -> DownloadProgress:
        from reader.fetching.download import download
        from reader.web.transport.request_slots import Priority

        if previous is not None:
            await asyncio.wait([previous])
        client, limit = self._client.at_priority(Priority.BULK), self._settings.download_mb * 1_000_000
        return await download(client, url, Path(path), limit, accepts_pages=accepts_pages, on_progress=self._on_event)


def _article_failed(id_: str, error: ReaderError) -> FetchResult:
    return FetchResult(id_, "failed", error=error.message, cancelled=error is _CANCELED, hint=error.hint)


def _image_failed(url: str, error: ReaderError) -> ImageFetched:
    return ImageFetched(url, "" if error is _CANCELED else str(error))


def _download_failed(path: str, error: ReaderError) -> DownloadProgress:
    return DownloadProgress(path, finished=True, cancelled=error is _CANCELED, error=str(error))


def _bulk_failed(left: int, error: ReaderError) -> BulkProgress:
    return BulkProgress(left=left, finished=True, summary=str(error))
