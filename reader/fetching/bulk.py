"""Many articles -> their originals, a few at a time, spread over hosts, politely, and to be ended at any time.

What is kept is kept whole, and only what has no page is asked for: whoever begins again
goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from reader.core.errors import ReaderError
from reader.core.events import BulkProgress, Failure, FetchResult
from reader.core.text import format_count
from reader.core.urls import display_host
from reader.fetching.addresses import FetchTarget, find_target
from reader.fetching.attempt import Outcome
from reader.fetching.fetch_article import ArticleFetcher, LibraryThread
from reader.fetching.politeness import Politeness, Site

if TYPE_CHECKING:
    from reader.library.library import Library

log = logging.getLogger(__name__)

AT_ONCE = 6
"""Articles that are fetched at the same time: fewer than the client has connections, so that the one that somebody
opens meanwhile does not wait for any of them;"""
PER_HOST = 2
"""how many of them from one host."""
_WAITS = 2
"""How often an article is put back because its host is busy."""
_SECONDS_OF_OTHERS = 1.0
"""After so long it is looked again whether another program is done with an article. (Nothing tells of it.)"""
_SECONDS_BETWEEN = 0.1
"""Progress is told no more often."""
_SECONDS_OF_RATE = 10.0
_AHEAD = 1_000
"""Articles whose addresses are looked up in one go, so that there are many hosts to choose from."""
_HOST_AHEAD = 200
"""Of one host, so many are ready with their addresses; what else it has is remembered by identity, which is small."""
_MOST_READY = 20_000
"""So many are, at most, of all hosts."""
_OWN_FAULT = "Something went wrong in newsreader itself; the log file has the details"


class _Waiting(NamedTuple):
    wanted: FetchTarget
    put_back: int = 0
    not_before: float = 0.0
    """When it may be looked at again: another program is at it, or it leads to a host that is busy."""


class BulkFetch:
    """The gathering of many articles; for one run, by tasks of one loop."""

    def __init__(
        self,
        fetching: ArticleFetcher,
        library: Library,
        disk: LibraryThread,
        robots: Site,
        tell: Callable[[BulkProgress], None],
        *,
        on_result: Callable[[FetchResult], None] = lambda _: None,
        force: bool = False,
    ) -> None:
        """``on_result`` is told of each article that is asked for; ``force`` asks also for those that have a page."""
        self._fetching = fetching
        self._library = library
        self._disk = disk
        self._manners = Politeness(robots)
        self._tell = tell
        self._heard = on_result
        self._force = force
        self._ids: deque[str] = deque()
        self._known: set[str] = set()
        self._hosts: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        """What is waiting, by host; the first is the one whose turn it is."""
        self._parked: dict[str, deque[str]] = {}
        """What waits behind those, by host."""
        self._active: dict[asyncio.Task[None], str] = {}
        self._changed = asyncio.Event()
        self._paused = False
        self._over = False
        self._stopped = ""
        """Why it is to end before all is done,"""
        self._remedy = ""
        """and what can be done about it, in a sentence."""
        self._done = self._cached = self._failed = self._unseen = 0
        self._looked_up = 0
        self._finished: deque[float] = deque()
        self._begun = time.monotonic()
        self._begun_at = datetime.now(UTC)
        self._last = ""

    async def add(self, ids: Iterable[str]) -> bool:
        """Take in further articles, those that failed lately last; False when it has ended. Raises ReaderError."""
        new = [id_ for id_ in dict.fromkeys(ids) if id_ not in self._known]
        self._known.update(new)
        missing = new if self._force else await self._disk.run(self._library.pages.missing, new)
        failed = await self._disk.run(self._library.pages.which_failed, missing)
        if self._over or self._stopped:
            return False
        self._cached += len(new) - len(missing)
        self._ids.extend(id_ for id_ in missing if id_ not in failed)
        self._ids.extend(id_ for id_ in missing if id_ in failed)
        self._changed.set()
        return True

    def pause(self) -> None:
        """Begin no further article; what is under way ends."""
        self._paused = True
        self._changed.set()

    def resume(self) -> None:
        """End a pause."""
        self._paused = False
        self._changed.set()

    def stop(self, why: str = "Stopped", remedy: str = "") -> None:
        """End as soon as what is under way is given up. ``why`` is told, and ``remedy``, a sentence, after it."""
        if not self._stopped:
            self._stopped, self._remedy = why, remedy
        self._changed.set()

    async def run(self) -> BulkProgress:
        """Fetch until all is done or :meth:`stop` is called, and return how far it has come. Cancelling ends it too."""
        ticking = asyncio.create_task(self._tick())
        try:
            while not self._stopped:
                self._changed.clear()
                await self._refill()
                if not self._paused and (next_ := self._next()) is not None:
                    self._begin(*next_)  # and look whether there is anything for those that are still free
                elif self._left() == 0:
                    break
                else:
                    await self._wait()
        finally:
            self._over = True
            ticking.cancel()
            for task in list(self._active):
                task.cancel()
            await asyncio.gather(ticking, *self._active, return_exceptions=True)
        final = self._progress(finished=True)
        self._tell(final)
        return final

    # What is next.

    async def _refill(self) -> None:
        """Look up the addresses of further articles, once there is not much to choose from.

        Or nothing to begin with: all that is ready may wait for some busy hosts.
        """
        while not self._stopped and self._is_short():
            ids = self._to_look_up()
            if not ids:
                return
            self._looked_up += len(ids)  # for what is left: they are in no queue meanwhile
            for id_, found in await self._disk.run(self._look_up, ids):
                self._looked_up -= 1
                await self._take_in(id_, found)

    def _is_short(self) -> bool:
        idle = len(self._active) < AT_ONCE and self._choose() is None
        return self._looked_up < _AHEAD // 2 or (idle and self._looked_up < _MOST_READY)

    def _to_look_up(self) -> list[str]:
        """Take what to look up next out of its queue: first of hosts that have not much ready any more."""
        ids: list[str] = []
        for name in [*self._parked]:
            free = _HOST_AHEAD - len(self._hosts.get(name, ()))
            if free < _HOST_AHEAD // 2:
                continue
            queue = self._parked[name]
            ids.extend(queue.popleft() for _ in range(min(free, len(queue), _AHEAD - len(ids))))
            if not queue:
                del self._parked[name]
        ids.extend(self._ids.popleft() for _ in range(min(_AHEAD - len(ids), len(self._ids))))
        return ids

    async def _take_in(self, id_: str, found: FetchTarget | str) -> None:
        if isinstance(found, str):
            self._count(FetchResult(id_, "failed", "", 0, (), found, 0.0))
        elif not found.addresses:
            self._count((await self._fetching.fetch(found, robots=self._manners)).got)
        else:
            name = display_host(found.addresses[0].url)
            ready = self._hosts.get(name, ())
            if len(ready) >= _HOST_AHEAD or self._looked_up >= _MOST_READY:
                self._parked.setdefault(name, deque()).append(id_)
            else:
                self._put_back(name, _Waiting(found))

    def _look_up(self, ids: Sequence[str]) -> list[tuple[str, FetchTarget | str]]:
        found: list[tuple[str, FetchTarget | str]] = []
        for id_ in ids:
            try:
                found.append((id_, find_target(self._library, id_)))
            except ReaderError as error:
                if error.damaged:
                    raise
                found.append((id_, str(error)))
        return found

    def _choose(self) -> str | None:
        """Return the host that is to be asked now, if there is one."""
        busy = [*self._active.values()]
        now = time.monotonic()
        for name, waiting in self._hosts.items():
            # Those that have to wait on their own account are the last of their host.
            not_before = max(self._manners.not_before(name), waiting[0].not_before)
            if not_before <= now and busy.count(name) < self._manners.at_once(name, PER_HOST):
                return name
        return None

    def _next(self) -> tuple[str, _Waiting] | None:
        """Return what to begin now, and its host: one of each host in turn."""
        name = self._choose() if len(self._active) < AT_ONCE else None
        if name is None:
            return None
        waiting = self._hosts[name].popleft()
        if self._hosts[name]:
            self._hosts.move_to_end(name)
        else:
            del self._hosts[name]
        self._looked_up -= 1
        return name, waiting

    def _begin(self, name: str, waiting: _Waiting) -> None:
        task = asyncio.create_task(self._one(name, waiting))
        self._active[task] = name
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._active[task]
        self._changed.set()
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            self._looked_up += 1  # nothing has come of it: it is among what is left
        if isinstance(error, ReaderError):  # the disk is full, say: what is fetched now is lost
            self.stop(error.message.rstrip("."), error.hint)
        elif error is not None:
            log.error("gathering failed", exc_info=error)
            self.stop(_OWN_FAULT)

    async def _one(self, name: str, waiting: _Waiting) -> None:
        id_, pages = waiting.wanted.id, self._library.pages
        if not await self._disk.run(pages.acquire_lease, id_):
            self._put_back(name, waiting._replace(not_before=time.monotonic() + _SECONDS_OF_OTHERS))
            return
        try:
            got = await self._settled_by_others(waiting)
            if got is None:
                outcome = await self._ask(waiting)
                if self._puts_back(name, waiting, outcome):
                    return
                got = outcome.got
        finally:
            # Here, as a task that is being cancelled waits for no other thread; it takes no time.
            pages.release_lease(id_)
        self._count(got)

    async def _settled_by_others(self, waiting: _Waiting) -> FetchResult | None:
        """Return what came of an article that another program has asked for since this began."""
        if self._force or waiting.put_back:
            return None
        id_, pages = waiting.wanted.id, self._library.pages
        page = await self._disk.run(pages.page, id_)
        if page is not None:
            return FetchResult(id_, "cached", page.final_url, page.extract.words, (), "", 0.0)
        failed = await self._disk.run(pages.failure, id_)
        if failed is None or not self._begun_at <= failed.at <= datetime.now(UTC):  # clocks may have been wrong
            return None
        return FetchResult(id_, "failed", "", 0, tuple(Failure(*each) for each in failed.failures), failed.error, 0.0)

    async def _ask(self, waiting: _Waiting) -> Outcome:
        wanted, robots = waiting.wanted, self._manners
        try:
            return await self._fetching.fetch(wanted, force=self._force, robots=robots, stays=self._known)
        except ReaderError:
            raise
        except Exception:
            # It may lie in what this one article has led to, and the others are not to wait until that is mended.
            log.exception("fetching %s failed", wanted.id)
            return Outcome(await self._disk.run(self._fell, wanted))

    def _fell(self, wanted: FetchTarget) -> FetchResult:
        """Note that an article has made this program fail."""
        pages, asked = self._library.pages, wanted.addresses[0].url
        page = pages.page(wanted.id)
        if page is not None:
            return FetchResult(
                wanted.id, "cached", page.final_url, page.extract.words, (), f"{_OWN_FAULT}.", 0.0, requested_url=asked
            )
        pages.record_failure(wanted.id, datetime.now(UTC), (), f"{_OWN_FAULT}.")
        return FetchResult(wanted.id, "failed", "", 0, (), f"{_OWN_FAULT}.", 0.0, requested_url=asked)

    def _puts_back(self, name: str, waiting: _Waiting, outcome: Outcome) -> bool:
        """Put an article back whose host is busy, and leave the host alone; False when that is no use."""
        if outcome.retry_after is None:
            if not outcome.got.error:
                self._manners.answers(name)
            return False
        busy = outcome.host  # another one, where a redirect has led there
        if not self._manners.is_busy(busy, outcome.retry_after) or waiting.put_back >= _WAITS:
            return False
        not_before = self._manners.not_before(busy) if busy != name else 0.0
        self._put_back(name, waiting._replace(put_back=waiting.put_back + 1, not_before=not_before))
        return True

    def _put_back(self, name: str, waiting: _Waiting) -> None:
        self._hosts.setdefault(name, deque()).append(waiting)
        self._looked_up += 1

    async def _wait(self) -> None:
        """Wait until something has changed, or a host may be asked again."""
        now = time.monotonic()
        until = [max(self._manners.not_before(name), each[0].not_before) for name, each in self._hosts.items()]
        soonest = min((each for each in until if each > now), default=None)
        seconds = None if soonest is None or self._paused else max(soonest - now, 0.01)
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    # What is told.

    def _left(self) -> int:
        return len(self._ids) + sum(map(len, self._parked.values())) + self._looked_up + len(self._active)

    def _count(self, got: FetchResult) -> None:
        if got.status == "fetched":
            self._done += 1
        elif got.status == "cached":
            self._cached += 1
            self._unseen += bool(got.error)
        else:
            self._failed += 1
        self._finished.append(time.monotonic())
        self._last = got.id
        self._heard(got)

    async def _tick(self) -> None:
        """OnFetchEvent how far it is, as often as somebody can see it."""
        former: BulkProgress | None = None
        while True:
            progress = self._progress()
            if progress != former:
                self._tell(progress)
                former = progress
            await asyncio.sleep(_SECONDS_BETWEEN)

    def _progress(self, *, finished: bool = False) -> BulkProgress:
        now = time.monotonic()
        while self._finished and self._finished[0] < now - _SECONDS_OF_RATE:
            self._finished.popleft()
        since = min(_SECONDS_OF_RATE, max(now - self._begun, 1.0))
        rate = round(len(self._finished) / since, 1)
        left = self._left()
        told = self._told(left) if finished else ""
        paused = self._paused and not finished
        counts = (self._done, self._cached, self._failed, left)
        return BulkProgress(*counts, rate, paused, finished, told, self._last, self._unseen)

    def _told(self, left: int) -> str:
        parts = [f"{format_count(self._done, 'page')} fetched"]
        if self._cached > self._unseen:
            parts.append(f"{self._cached - self._unseen:,} there already")
        if self._unseen:
            parts.append(f"{self._unseen:,} could not be looked at again")
        if self._failed:
            parts.append(f"{self._failed:,} failed")
        if left:
            parts.append(f"{left:,} left")
        said = f"{', '.join(parts)}."
        return f"{self._stopped}: {said} {self._remedy}".rstrip() if self._stopped else said
