"""Fetch the originals of many articles: a few at a time, spread over hosts, politely.

Only articles without a page are requested and each page is stored when it arrives, so that an interrupted bulk fetch
can be started again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.events import BulkProgress, FetchResult
from reader.core.text import format_count
from reader.core.urls import display_host
from reader.fetching.context import open_context
from reader.fetching.fetch_article import NO_URL, ArticleFetcher, Outcome
from reader.fetching.fetch_target import FetchTarget, find_target
from reader.fetching.politeness import FIRST_WAIT, Politeness

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.library.library import Library
    from reader.web.robots import Robots

log = logging.getLogger(__name__)

_MAX_REQUEUES = 2
"""How often an article is queued again because its host is busy."""
_SECONDS_BETWEEN_PROGRESS = 0.1
_RATE_SECONDS = 10.0
_INTERNAL_ERROR = "Internal error in newsreader; the log file has the details"


@dataclass(frozen=True, slots=True)
class BulkLimits:
    """How much a bulk fetch does at the same time, and how long it waits."""

    parallel: int = 6
    """Articles: fewer than the client's connections, so that an article that the user opens does not wait."""
    per_host: int = 2
    lookahead: int = 1_000
    """Articles whose hosts are looked up together, so that there are many to choose from."""
    first_wait: float = FIRST_WAIT
    """See :class:`reader.fetching.politeness.Politeness`."""
    claimed_wait: float = 1.0
    """Seconds until an article that another process is fetching is checked again."""


class BulkFetch:
    """One run over many articles, by the tasks of one event loop."""

    def __init__(
        self,
        fetcher: ArticleFetcher,
        library: Library,
        robots: Robots,
        on_progress: Callable[[BulkProgress], None],
        *,
        on_result: Callable[[FetchResult], None] = lambda _: None,
        force: bool = False,
        limits: BulkLimits | None = None,
    ) -> None:
        """``on_result`` receives the result of each article; ``force`` also fetches articles that have a page."""
        self._fetcher = fetcher
        self._run_in_library = fetcher.context.run
        self._library = library
        self._limits = limits or BulkLimits()
        self._politeness = Politeness(robots, first_wait=self._limits.first_wait)
        self._on_progress = on_progress
        self._on_result = on_result
        self._force = force
        self._ids: deque[str] = deque()
        """Articles whose hosts have not been looked up."""
        self._known: set[str] = set()
        self._hosts: OrderedDict[str, deque[str]] = OrderedDict()
        """Queued articles by host; the first host is the next one."""
        self._requeued: Counter[str] = Counter()
        """How many times each article was queued again."""
        self._not_before: dict[str, float] = {}
        """When to retry articles that another process is fetching, or that redirect to a busy host."""
        self._active: dict[asyncio.Task[None], str] = {}
        """Running tasks with their hosts."""
        self._changed = asyncio.Event()
        self._paused = False
        self._over = False
        self._stopped = ""
        """Why it ends early, in words; empty if it does not."""
        self._hint = ""
        self._counts = BulkProgress()
        self._queued = 0
        """Number of articles in ``_hosts`` and of those being looked up."""
        self._finished: deque[float] = deque()
        """When the latest articles were finished."""
        self._begin = time.monotonic()
        self._begin_time = datetime.now(UTC)

    async def add(self, ids: Iterable[str]) -> bool:
        """Add articles, those that failed recently last; return False if the run has ended. Raises ReaderError."""
        new = [id_ for id_ in dict.fromkeys(ids) if id_ not in self._known]
        self._known.update(new)
        pages = self._library.pages
        missing = new if self._force else await self._run_in_library(pages.missing, new)
        failed = await self._run_in_library(pages.which_failed, missing)
        if self._over or self._stopped:
            return False
        self._counts = self._counts._replace(cached=self._counts.cached + len(new) - len(missing))
        self._ids.extend(sorted(missing, key=lambda id_: id_ in failed))
        self._changed.set()
        return True

    def pause(self) -> None:
        """Start no further article; running ones are completed."""
        self._paused = True
        self._changed.set()

    def resume(self) -> None:
        """End a pause."""
        self._paused = False
        self._changed.set()

    def stop(self, reason: str = "Stopped", hint: str = "") -> None:
        """End the run; running articles are canceled. The summary begins with ``reason`` and ends with ``hint``."""
        if not self._stopped:
            self._stopped, self._hint = reason, hint
        self._changed.set()

    async def run(self) -> BulkProgress:
        """Fetch until all is done, :meth:`stop` is called, or the task is canceled; return the final progress."""
        reporting = asyncio.create_task(self._report_progress())
        try:
            while not self._stopped:
                self._changed.clear()
                await self._look_up_more()
                if not self._paused and (next_ := self._take_next()) is not None:
                    task = asyncio.create_task(self._fetch(*next_))
                    self._active[task] = next_[0]
                    task.add_done_callback(self._on_done)
                elif self._left() == 0:
                    break
                else:
                    await self._wait()
        finally:
            self._over = True
            reporting.cancel()
            for task in list(self._active):
                task.cancel()
            await asyncio.gather(reporting, *self._active, return_exceptions=True)
        final = self._progress(finished=True)
        self._on_progress(final)
        return final

    # The queue.

    async def _look_up_more(self) -> None:
        """Look up hosts while few articles are queued, or all queued articles wait for busy hosts."""
        while self._ids and not self._stopped and self._needs_more():
            ids = [self._ids.popleft() for _ in range(min(self._limits.lookahead, len(self._ids)))]
            self._queued += len(ids)  # they are in no queue in the meantime
            for target in await self._run_in_library(self._find_targets, ids):
                self._queued -= 1
                await self._enqueue(target)

    def _needs_more(self) -> bool:
        idle = len(self._active) < self._limits.parallel and self._choose_host() is None
        return idle or self._queued < self._limits.lookahead // 2

    def _find_targets(self, ids: Sequence[str]) -> list[FetchTarget | FetchResult]:
        """Return each article with its URLs, or a failure if they are unknown."""
        targets: list[FetchTarget | FetchResult] = []
        for id_ in ids:
            try:
                targets.append(find_target(self._library, id_))
            except ReaderError as error:
                if error.damaged:
                    raise
                targets.append(FetchResult(id_, "failed", error=str(error)))
        return targets

    async def _enqueue(self, target: FetchTarget | FetchResult) -> None:
        if isinstance(target, FetchResult):
            self._count(target)
        elif not target.urls:
            self._count((await self._fetcher.fetch(target, url_check=self._politeness.refusal)).result)
        else:
            self._put(display_host(target.urls[0].url), target.id)

    def _put(self, name: str, id_: str) -> None:
        self._hosts.setdefault(name, deque()).append(id_)
        self._queued += 1

    def _choose_host(self) -> str | None:
        """Return the host to contact now, if there is one."""
        active = [*self._active.values()]
        now = time.monotonic()
        for name in self._hosts:
            limit = self._politeness.parallel_limit(name, self._limits.per_host)
            if self._next_time(name) <= now and active.count(name) < limit:
                return name
        return None

    def _next_time(self, name: str) -> float:
        """Return when the next article of a host may be tried."""
        # Articles that must wait for a reason of their own are at the end of their host's queue.
        return max(self._politeness.not_before(name), self._not_before.get(self._hosts[name][0], 0.0))

    def _take_next(self) -> tuple[str, str] | None:
        """Take the article to start now, and its host; the hosts take turns."""
        name = self._choose_host() if len(self._active) < self._limits.parallel else None
        if name is None:
            return None
        id_ = self._hosts[name].popleft()
        if self._hosts[name]:
            self._hosts.move_to_end(name)
        else:
            del self._hosts[name]
        self._queued -= 1
        return name, id_

    async def _wait(self) -> None:
        """Wait until something has changed, or until a host may be contacted again."""
        now = time.monotonic()
        next_time = min((each for each in map(self._next_time, self._hosts) if each > now), default=None)
        seconds = None if next_time is None or self._paused else max(next_time - now, 0.01)
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    # One article.

    def _on_done(self, task: asyncio.Task[None]) -> None:
        del self._active[task]
        self._changed.set()
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            self._queued += 1  # there is no result: it counts as left
        if isinstance(error, ReaderError):  # a full disk, for example: further pages would be lost
            self.stop(error.message.rstrip("."), error.hint)
        elif error is not None:
            log.error("a bulk fetch failed", exc_info=error)
            self.stop(_INTERNAL_ERROR)

    async def _fetch(self, name: str, id_: str) -> None:
        pages = self._library.pages
        if not await self._run_in_library(pages.acquire_lease, id_):
            self._not_before[id_] = time.monotonic() + self._limits.claimed_wait
            self._put(name, id_)
            return
        try:
            outcome = await self._try(id_)
            if self._requeue_if_busy(name, id_, outcome):
                return
        finally:
            # Not in the library thread: a canceled task cannot wait for it, and this takes no time.
            pages.release_lease(id_)
        self._count(outcome.result)

    async def _try(self, id_: str) -> Outcome:
        (target,) = await self._run_in_library(self._find_targets, [id_])
        if isinstance(target, FetchResult):
            return Outcome(target)
        try:
            return await self._fetcher.fetch(
                target,
                force=self._force,
                since=None if self._force or self._requeued[id_] else self._begin_time,
                url_check=self._politeness.refusal,
                protected_ids=self._known,
            )
        except ReaderError:
            raise
        except Exception:
            # The cause may lie in this article alone, so the others continue.
            log.exception("fetching %s failed", target.id)
            return Outcome(await self._run_in_library(self._record_internal_error, target))

    def _record_internal_error(self, target: FetchTarget) -> FetchResult:
        pages, error = self._library.pages, f"{_INTERNAL_ERROR}."
        url = target.urls[0].url if target.urls else ""
        page = pages.page(target.id)
        if page is None:
            pages.record_failure(target.id, datetime.now(UTC), (), error)
            return FetchResult(target.id, "failed", error=error, requested_url=url)
        words = page.extract.words
        return FetchResult(target.id, "cached", page.final_url, words, error=error, requested_url=url)

    def _requeue_if_busy(self, name: str, id_: str, outcome: Outcome) -> bool:
        """Queue an article again if a host is busy and waiting may help; return whether it was queued."""
        if outcome.retry_after is None:
            if not outcome.result.error:
                self._politeness.record_response(name)
            return False
        busy = outcome.host  # another one than ``name`` after a redirect
        if not self._politeness.record_busy(busy, outcome.retry_after) or self._requeued[id_] >= _MAX_REQUEUES:
            return False
        if busy != name:
            self._not_before[id_] = self._politeness.not_before(busy)
        self._requeued[id_] += 1
        self._put(name, id_)
        return True

    # Progress.

    def _left(self) -> int:
        return len(self._ids) + self._queued + len(self._active)

    def _count(self, result: FetchResult) -> None:
        counts, is_cached = self._counts, result.status == "cached"
        self._counts = counts._replace(
            done=counts.done + (result.status == "fetched"),
            cached=counts.cached + is_cached,
            failed=counts.failed + (result.status == "failed"),
            without_url=counts.without_url + (result.error == NO_URL),
            last=result.id,
            unverified=counts.unverified + (is_cached and bool(result.error)),
        )
        self._finished.append(time.monotonic())
        self._on_result(result)

    async def _report_progress(self) -> None:
        """Report the progress whenever it has changed, but not more often than a user can see."""
        previous: BulkProgress | None = None
        while True:
            progress = self._progress()
            if progress != previous:
                self._on_progress(progress)
                previous = progress
            await asyncio.sleep(_SECONDS_BETWEEN_PROGRESS)

    def _progress(self, *, finished: bool = False) -> BulkProgress:
        now = time.monotonic()
        while self._finished and self._finished[0] < now - _RATE_SECONDS:
            self._finished.popleft()
        seconds = min(_RATE_SECONDS, max(now - self._begin, 1.0))
        left = self._left()
        return self._counts._replace(
            left=left,
            rate=round(len(self._finished) / seconds, 1),
            paused=self._paused and not finished,
            finished=finished,
            summary=self._summary(left) if finished else "",
        )

    def _summary(self, left: int) -> str:
        counts = self._counts
        others = (
            (counts.cached - counts.unverified, "already there"),
            (counts.unverified, "could not be checked again"),
            (counts.failed - counts.without_url, "failed"),
            (counts.without_url, "without a URL"),
            (left, "left"),
        )
        parts = [f"{format_count(counts.done, 'page')} fetched", *(f"{n:,} {what}" for n, what in others if n > 0)]
        summary = f"{', '.join(parts)}."
        return f"{self._stopped}: {summary} {self._hint}".rstrip() if self._stopped else summary


async def fetch_all(
    library: Library,
    settings: FetchSettings,
    ids: Iterable[str],
    on_progress: Callable[[BulkProgress], None],
    on_result: Callable[[FetchResult], None],
    *,
    force: bool = False,
) -> BulkProgress:
    """Open what is needed, fetch these articles and return the final progress.

    ``force`` also fetches articles that have a page. Canceling ends it; pages stored by then stay. Raises ReaderError.
    """
    async with open_context(library, settings) as context:
        from reader.web.robots import Robots

        fetcher = ArticleFetcher(context, archive=settings.archive)
        bulk = BulkFetch(fetcher, library, Robots(context.client), on_progress, on_result=on_result, force=force)
        await bulk.add(ids)
        return await bulk.run()
