"""Fetch the originals of many articles: a few at a time, spread over hosts, politely.

Only articles without a page are requested and each page is stored when it arrives, so that an interrupted bulk fetch
can be started again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from reader.core.errors import ReaderError
from reader.core.events import BulkProgress, Failure, FetchResult
from reader.core.text import format_count
from reader.core.urls import display_host
from reader.fetching.addresses import FetchTarget, find_target
from reader.fetching.attempt import Outcome
from reader.fetching.context import CrawlPolicy
from reader.fetching.fetch_article import ArticleFetcher
from reader.fetching.politeness import FIRST_WAIT, Politeness

if TYPE_CHECKING:
    from reader.library.library import Library

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
    """Articles whose addresses are looked up together, so that there are many hosts to choose from."""
    host_lookahead: int = 200
    """Articles of one host that are queued with their addresses; of others only the ids are, which are smaller."""
    max_queued: int = 20_000
    """Articles of all hosts that are queued with their addresses."""
    first_wait: float = FIRST_WAIT
    """See :class:`reader.fetching.politeness.Politeness`."""
    claimed_wait: float = 1.0
    """Seconds until an article that another process is fetching is checked again."""


class _Queued(NamedTuple):
    target: FetchTarget
    requeued: int = 0
    not_before: float = 0.0
    """When it may be tried: another process is fetching it, or it redirects to a host that is busy."""


class BulkFetch:
    """One run over many articles, by the tasks of one event loop."""

    def __init__(
        self,
        fetcher: ArticleFetcher,
        library: Library,
        robots: CrawlPolicy,
        on_progress: Callable[[BulkProgress], None],
        *,
        on_result: Callable[[FetchResult], None] = lambda _: None,
        force: bool = False,
        limits: BulkLimits | None = None,
    ) -> None:
        """``on_result`` receives the result of each article; ``force`` also fetches articles that have a page."""
        self._fetcher = fetcher
        self._run_in_library = fetcher.context.library_thread.run
        self._library = library
        self._limits = limits or BulkLimits()
        self._politeness = Politeness(robots, first_wait=self._limits.first_wait)
        self._on_progress = on_progress
        self._on_result = on_result
        self._force = force
        self._ids: deque[str] = deque()
        """Articles whose addresses have not been looked up."""
        self._known: set[str] = set()
        self._hosts: OrderedDict[str, deque[_Queued]] = OrderedDict()
        """Queued articles by host; the first host is the next one."""
        self._overflow: dict[str, deque[str]] = {}
        """Articles behind those, by host."""
        self._active: dict[asyncio.Task[None], str] = {}
        """Running tasks with their hosts."""
        self._changed = asyncio.Event()
        self._paused = False
        self._over = False
        self._stopped = ""
        """Why it ends early, in words; empty if it does not."""
        self._hint = ""
        self._done = self._cached = self._failed = self._unverified = 0
        self._queued = 0
        """Articles in ``_hosts``, and those that are being looked up."""
        self._finished: deque[float] = deque()
        """When the latest articles were finished."""
        self._begin = time.monotonic()
        self._begin_time = datetime.now(UTC)
        self._last = ""

    async def add(self, ids: Iterable[str]) -> bool:
        """Add articles, those that failed recently last; return False if the run has ended. Raises ReaderError."""
        new = [id_ for id_ in dict.fromkeys(ids) if id_ not in self._known]
        self._known.update(new)
        pages = self._library.pages
        missing = new if self._force else await self._run_in_library(pages.missing, new)
        failed = await self._run_in_library(pages.which_failed, missing)
        if self._over or self._stopped:
            return False
        self._cached += len(new) - len(missing)
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
                    self._start(*next_)
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
        """Look up addresses while few articles are queued, or all queued articles wait for busy hosts."""
        while not self._stopped and self._needs_more():
            ids = self._take_ids()
            if not ids:
                return
            self._queued += len(ids)  # they are in no queue in the meantime
            for id_, target in await self._run_in_library(self._find_targets, ids):
                self._queued -= 1
                await self._enqueue(id_, target)

    def _needs_more(self) -> bool:
        limits = self._limits
        idle = len(self._active) < limits.parallel and self._choose_host() is None
        return self._queued < limits.lookahead // 2 or (idle and self._queued < limits.max_queued)

    def _take_ids(self) -> list[str]:
        """Take the articles to look up next: first those of hosts that have few articles queued."""
        limits = self._limits
        ids: list[str] = []
        for name in [*self._overflow]:
            free = limits.host_lookahead - len(self._hosts.get(name, ()))
            if free < limits.host_lookahead // 2:
                continue
            waiting = self._overflow[name]
            ids.extend(waiting.popleft() for _ in range(min(free, len(waiting), limits.lookahead - len(ids))))
            if not waiting:
                del self._overflow[name]
        ids.extend(self._ids.popleft() for _ in range(min(limits.lookahead - len(ids), len(self._ids))))
        return ids

    def _find_targets(self, ids: Sequence[str]) -> list[tuple[str, FetchTarget | str]]:
        """Return each article with its addresses, or with the reason why they are unknown."""
        targets: list[tuple[str, FetchTarget | str]] = []
        for id_ in ids:
            try:
                targets.append((id_, find_target(self._library, id_)))
            except ReaderError as error:
                if error.damaged:
                    raise
                targets.append((id_, str(error)))
        return targets

    async def _enqueue(self, id_: str, target: FetchTarget | str) -> None:
        if isinstance(target, str):
            self._count(FetchResult(id_, "failed", "", 0, (), target, 0.0))
        elif not target.addresses:
            self._count((await self._fetcher.fetch(target, robots=self._politeness)).result)
        else:
            name = display_host(target.addresses[0].url)
            queued = self._hosts.get(name, ())
            if len(queued) >= self._limits.host_lookahead or self._queued >= self._limits.max_queued:
                self._overflow.setdefault(name, deque()).append(id_)
            else:
                self._put(name, _Queued(target))

    def _put(self, name: str, queued: _Queued) -> None:
        self._hosts.setdefault(name, deque()).append(queued)
        self._queued += 1

    def _choose_host(self) -> str | None:
        """Return the host to contact now, if there is one."""
        active = [*self._active.values()]
        now = time.monotonic()
        for name, queued in self._hosts.items():
            # Articles that must wait for a reason of their own are at the end of their host's queue.
            not_before = max(self._politeness.not_before(name), queued[0].not_before)
            limit = self._politeness.parallel_limit(name, self._limits.per_host)
            if not_before <= now and active.count(name) < limit:
                return name
        return None

    def _take_next(self) -> tuple[str, _Queued] | None:
        """Take the article to start now, and its host; the hosts take turns."""
        name = self._choose_host() if len(self._active) < self._limits.parallel else None
        if name is None:
            return None
        queued = self._hosts[name].popleft()
        if self._hosts[name]:
            self._hosts.move_to_end(name)
        else:
            del self._hosts[name]
        self._queued -= 1
        return name, queued

    async def _wait(self) -> None:
        """Wait until something has changed, or until a host may be contacted again."""
        now = time.monotonic()
        times = [max(self._politeness.not_before(name), queued[0].not_before) for name, queued in self._hosts.items()]
        next_time = min((each for each in times if each > now), default=None)
        seconds = None if next_time is None or self._paused else max(next_time - now, 0.01)
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    # One article.

    def _start(self, name: str, queued: _Queued) -> None:
        task = asyncio.create_task(self._fetch(name, queued))
        self._active[task] = name
        task.add_done_callback(self._on_done)

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

    async def _fetch(self, name: str, queued: _Queued) -> None:
        id_, pages = queued.target.id, self._library.pages
        if not await self._run_in_library(pages.acquire_lease, id_):
            self._put(name, queued._replace(not_before=time.monotonic() + self._limits.claimed_wait))
            return
        try:
            result = await self._result_of_others(queued)
            if result is None:
                outcome = await self._try(queued.target)
                if self._requeue_if_busy(name, queued, outcome):
                    return
                result = outcome.result
        finally:
            # Not in the library thread: a canceled task cannot wait for it, and this takes no time.
            pages.release_lease(id_)
        self._count(result)

    async def _result_of_others(self, queued: _Queued) -> FetchResult | None:
        """Return the result for an article that another process has fetched since this run began."""
        if self._force or queued.requeued:
            return None
        id_, pages = queued.target.id, self._library.pages
        page = await self._run_in_library(pages.page, id_)
        if page is not None:
            return FetchResult(id_, "cached", page.final_url, page.extract.words, (), "", 0.0)
        failed = await self._run_in_library(pages.failure, id_)
        if failed is None or not self._begin_time <= failed.at <= datetime.now(UTC):  # the clock may have been wrong
            return None
        return FetchResult(id_, "failed", "", 0, tuple(Failure(*each) for each in failed.failures), failed.error, 0.0)

    async def _try(self, target: FetchTarget) -> Outcome:
        try:
            return await self._fetcher.fetch(
                target, force=self._force, robots=self._politeness, protected_ids=self._known
            )
        except ReaderError:
            raise
        except Exception:
            # The cause may lie in this article alone, so the others go on.
            log.exception("fetching %s failed", target.id)
            return Outcome(await self._run_in_library(self._record_internal_error, target))

    def _record_internal_error(self, target: FetchTarget) -> FetchResult:
        pages, url, error = self._library.pages, target.addresses[0].url, f"{_INTERNAL_ERROR}."
        page = pages.page(target.id)
        if page is not None:
            words = page.extract.words
            return FetchResult(target.id, "cached", page.final_url, words, (), error, 0.0, requested_url=url)
        pages.record_failure(target.id, datetime.now(UTC), (), error)
        return FetchResult(target.id, "failed", "", 0, (), error, 0.0, requested_url=url)

    def _requeue_if_busy(self, name: str, queued: _Queued, outcome: Outcome) -> bool:
        """Queue an article again if a host is busy and waiting may help; return whether it was queued."""
        if outcome.retry_after is None:
            if not outcome.result.error:
                self._politeness.record_response(name)
            return False
        busy = outcome.host  # another one than ``name`` after a redirect
        if not self._politeness.record_busy(busy, outcome.retry_after) or queued.requeued >= _MAX_REQUEUES:
            return False
        not_before = self._politeness.not_before(busy) if busy != name else 0.0
        self._put(name, queued._replace(requeued=queued.requeued + 1, not_before=not_before))
        return True

    # Progress.

    def _left(self) -> int:
        return len(self._ids) + sum(map(len, self._overflow.values())) + self._queued + len(self._active)

    def _count(self, result: FetchResult) -> None:
        if result.status == "fetched":
            self._done += 1
        elif result.status == "cached":
            self._cached += 1
            self._unverified += bool(result.error)
        else:
            self._failed += 1
        self._finished.append(time.monotonic())
        self._last = result.id
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
        return BulkProgress(
            self._done,
            self._cached,
            self._failed,
            left,
            rate=round(len(self._finished) / seconds, 1),
            paused=self._paused and not finished,
            finished=finished,
            summary=self._summary(left) if finished else "",
            last=self._last,
            unverified=self._unverified,
        )

    def _summary(self, left: int) -> str:
        parts = [f"{format_count(self._done, 'page')} fetched"]
        if self._cached > self._unverified:
            parts.append(f"{self._cached - self._unverified:,} already there")
        if self._unverified:
            parts.append(f"{self._unverified:,} could not be checked again")
        if self._failed:
            parts.append(f"{self._failed:,} failed")
        if left:
            parts.append(f"{left:,} left")
        summary = f"{', '.join(parts)}."
        return f"{self._stopped}: {summary} {self._hint}".rstrip() if self._stopped else summary
