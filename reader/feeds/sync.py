"""Fetches the feeds that are due, politely, and turns their new entries into documents."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar, TypeVarTuple
from urllib.parse import urlsplit

from reader.config.settings import FetchSettings
from reader.core.errors import ReaderError
from reader.core.hashing import hash_bytes
from reader.feeds import schedule
from reader.feeds.entries import arrivals
from reader.feeds.folders import FeedFolders, folders_of
from reader.feeds.local_sources import contents_of, output_of
from reader.feeds.model import MAX_BYTES, FeedError, ParsedFeed
from reader.feeds.subscriptions import Subscription, Subscriptions
from reader.storage.sqlite.feeds.store import FeedState, FeedStore
from reader.web.responses import FetchError

if TYPE_CHECKING:
    from reader.feeds.discover import FoundFeed
    from reader.web.client import WebClient
    from reader.workers.sandbox import SandboxPool

log = logging.getLogger(__name__)
_Values = TypeVarTuple("_Values")
_Result = TypeVar("_Result")
Status = Literal["new", "unchanged", "failed", "waiting", "paused"]
_AT_ONCE = 16
"""Feeds that are worked on at the same time; the web client has fewer connections."""
_WRITERS = 8
"""Threads that write documents: they mostly wait for the disk."""
_GONE = 410
_LEFTOVERS = timedelta(hours=1)
"""Files of writes that began earlier were interrupted."""


class FeedResult(NamedTuple):
    """What has become of one feed."""

    subscription: Subscription
    status: Status
    new: tuple[Path, ...] = ()
    """The documents that were written."""
    changed: tuple[Path, ...] = ()
    """The documents that were rewritten."""
    error: str = ""
    """Why it failed or waits, as a sentence."""
    notice: str = ""
    """What newsreader has changed in your list of feeds, as a sentence."""
    next_due: float = 0.0
    """When it is fetched again, in seconds since 1970; 0 if it is not."""
    unreached: FeedState | None = None
    """If its host could not be reached, the state that is stored unless that is true of all hosts."""


@dataclass(slots=True)
class FeedSync:
    """Fetches feeds. ``now`` is a clock of seconds since 1970."""

    subscriptions: Subscriptions
    store: FeedStore
    folders: FeedFolders
    settings: FetchSettings
    now: Callable[[], float] = time.time

    async def run(
        self, chosen: Sequence[Subscription], *, asked: bool, on_result: Callable[[FeedResult], None]
    ) -> list[FeedResult]:
        """Fetch those of the ``chosen`` feeds that are due, or all that may be fetched if the user ``asked`` for them.

        Returns the results in the order of ``chosen``. Raises ReaderError if nothing can be done at all.
        """
        with self.store.exclusive():
            everything = self.subscriptions.load()
            folders = folders_of(everything)
            states, pauses = self.store.states(), self.store.pauses()
            async with self._services() as services:
                slots = asyncio.Semaphore(_AT_ONCE)

                async def work(each: Subscription) -> FeedResult:
                    async with slots:
                        state = states.get(each.key, FeedState())
                        folder = folders.get(each.key) or folders_of([each])[each.key]
                        place = arrivals.Place(self.folders.root(each), folder, folders)
                        feed = _FeedRun(self, services, each, state, place)
                        result = feed.not_now(pauses, asked) or await feed.result()
                    on_result(result)
                    return result

                results = await asyncio.gather(*map(work, chosen))
            if not is_offline(results):
                results = [*map(self._to_blame, results)]
            self.store.back_up_daily(time.time())
            return results

    def _to_blame(self, result: FeedResult) -> FeedResult:
        """Return the result of a feed if other hosts could be reached: that its own could not is its own failure."""
        if result.unreached is None:
            return result
        self.store.save_state(result.subscription.key, result.unreached)
        hint = "Other feeds could be reached, so check its address, or try again later."
        return result._replace(error=f"{result.unreached.failure} {hint}")

    @asynccontextmanager
    async def _services(self) -> AsyncIterator[_Services]:
        """Start what fetching needs, each part when it is needed first, and stop it at the end."""
        threads = ThreadPoolExecutor(_WRITERS, thread_name_prefix="feeds")
        async with AsyncExitStack() as stack:
            stack.callback(threads.shutdown, cancel_futures=True)
            yield _Services(self.settings, threads, stack)


class _Services:
    """The web clients, one for each proxy; the processes that parse; and the threads that write."""

    def __init__(self, settings: FetchSettings, threads: ThreadPoolExecutor, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._threads = threads
        self._stack = stack
        self._clients: dict[str, WebClient] = {}
        self._sandbox: SandboxPool | None = None

    async def client(self, proxy: str) -> WebClient:
        """Return the web client for a proxy; empty for that of the settings."""
        if proxy not in self._clients:
            from reader.web.client import WebClient
            from reader.web.options import options_of

            options = options_of(replace(self._settings, proxy=proxy or self._settings.proxy))
            self._clients[proxy] = await self._stack.enter_async_context(WebClient(options))
        return self._clients[proxy]

    async def parse(self, data: bytes, url: str, content_type: str) -> ParsedFeed:
        """Return what a feed says. Raises FeedError."""
        from reader.feeds.feed_tasks import parse_in_worker

        return await parse_in_worker(self._pool(), data, url=url, content_type=content_type)

    async def feeds_of(self, page: bytes, url: str) -> list[FoundFeed]:
        """Return the feeds of a page. Raises FeedError."""
        from reader.feeds.feed_tasks import find_in_worker

        return await find_in_worker(self._pool(), page, url)

    def _pool(self) -> SandboxPool:
        from reader.feeds.feed_tasks import feed_sandbox

        if self._sandbox is None:
            self._sandbox = feed_sandbox(os.cpu_count() or 1)
            self._stack.callback(self._sandbox.close)
        return self._sandbox

    async def in_thread(self, function: Callable[[*_Values], _Result], *values: *_Values) -> _Result:
        """Return the result of a function that waits for the disk."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *values)


class FoundAt(NamedTuple):
    """A feed that was looked up."""

    url: str
    """Its address: that of permanent redirects, else as it was given."""
    feed: ParsedFeed


class FeedLookup:
    """Looks up feeds that are not in the list yet. An async context manager."""

    def __init__(self, settings: FetchSettings) -> None:
        self._stack = AsyncExitStack()
        thread = ThreadPoolExecutor(1, thread_name_prefix="feeds")
        self._stack.callback(thread.shutdown)
        self._services = _Services(settings, thread, self._stack)

    async def __aenter__(self) -> FeedLookup:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def at(self, url: str) -> FoundAt | list[FoundFeed]:
        """Return the feed at a URL, or the feeds that the page there names. Raises ReaderError if there is neither."""
        client = await self._services.client("")
        response = await client.feed(url, MAX_BYTES)
        try:
            feed = await self._services.parse(response.body, response.final_url, response.content_type_header)
        except FeedError:
            found = await self._services.feeds_of(response.body, response.final_url)
            # YouTube sends those whom it asks for consent to another host, but the address may tell enough.
            found = found or await self._services.feeds_of(b"", url)
            if not found:
                raise
            return found
        return FoundAt(response.moved_to or url, feed)


class _Body(NamedTuple):
    """What a feed has returned; ``data`` is None if it says that nothing has changed."""

    data: bytes | None
    url: str = ""
    content_type: str = ""
    max_age: float | None = None


class _FeedRun:
    """One feed in one run."""

    def __init__(
        self, sync: FeedSync, services: _Services, subscription: Subscription, state: FeedState, place: arrivals.Place
    ) -> None:
        self._sync = sync
        self._services = services
        self._subscription = subscription
        self._before = state
        self._state = state
        self._place = place
        self._notice = ""

    def not_now(self, pauses: dict[str, float], asked: bool) -> FeedResult | None:
        """Return the result of a feed that is not fetched now, or None."""
        each, state, now = self._subscription, self._state, self._sync.now()
        if each.paused:
            return FeedResult(each, "paused")
        until = pauses.get(host_of(each.url), 0.0)
        if schedule.is_due(state, now, each.interval, paused_until=until, asked=asked):
            return None
        if until > now:
            return FeedResult(each, "waiting", error=f"{host_of(each.url)} has asked for a pause.", next_due=until)
        return FeedResult(each, "waiting", next_due=state.next_due)

    async def result(self) -> FeedResult:
        """Fetch the feed, write its documents and return the result."""
        try:
            body = await self._fetch()
            return await self._take(body)
        except FetchError as error:
            return await self._services.in_thread(self._failed_to_fetch, error)
        except ReaderError as error:
            return await self._services.in_thread(self._failed, error)
        except Exception:  # one feed must not keep the others from being fetched
            log.exception("unexpected error in a feed")
            problem = ReaderError("Internal error in newsreader; its log has the details.")
            return await self._services.in_thread(self._failed, problem)

    async def _fetch(self) -> _Body:
        """Return what the feed returns, and note its validators. Raises ReaderError."""
        each, state = self._subscription, self._state
        if each.exec:
            return _Body(await output_of(each.exec, MAX_BYTES))
        if each.file:
            return _Body(await self._services.in_thread(contents_of, each.file, MAX_BYTES))
        client = await self._services.client(each.proxy)
        response = await client.feed(
            each.url, MAX_BYTES,
            etag=state.etag, last_modified=state.last_modified, validated=state.validated,
            secrets=each.headers, user_agent=each.user_agent,
        )  # fmt: skip
        self._state = schedule.after_redirect(state, response.moved_to)
        if response.status == 200 or response.etag not in ("", state.etag):
            # Both from one response. A 304 need not repeat them (RFC 9110, 15.4.5), but may have a new ETag.
            self._state = replace(
                self._state,
                etag=response.etag,
                last_modified=response.last_modified,
                validated=response.final_url,
            )
        data = response.body if response.status == 200 else None
        return _Body(data, response.final_url, response.content_type_header, response.max_age)

    async def _take(self, body: _Body) -> FeedResult:
        """Write what is new. Raises ReaderError; the validators are then not stored, so that it is fetched again."""
        each, now = self._subscription, self._sync.now()
        digest = "" if body.data is None else hash_bytes(body.data, 16).hex()
        arrived, feed = arrivals.Arrived(), None
        if body.data is not None and digest != self._state.body_hash:
            feed = await self._services.parse(body.data, body.url, body.content_type)
            self._state = replace(self._state, body_hash=digest, title=feed.title, site=feed.url)
        answer = schedule.Answer(is_changed=feed is not None, max_age=body.max_age)
        self._state = schedule.after_answer(self._state, now, each.interval, answer, feed)
        if feed is None:
            await self._services.in_thread(self._sync.store.save_state, each.key, self._state)
        else:
            arrived = await self._services.in_thread(self._write, feed, now)
        await self._services.in_thread(self._follow_move)
        new, changed = (tuple(self._place.root / path for path in paths) for paths in (arrived.new, arrived.changed))
        status: Status = "new" if new or changed else "unchanged"
        return FeedResult(each, status, new, changed, notice=self._notice, next_due=self._state.next_due)

    def _write(self, feed: ParsedFeed, now: float) -> arrivals.Arrived:
        moment = datetime.fromtimestamp(int(now), UTC)
        arrivals.remove_leftovers(self._place.root / self._place.folder, moment - _LEFTOVERS)
        return arrivals.take_entries(
            self._sync.store, self._place, self._subscription, feed, state=self._state, now=moment
        )

    def _follow_move(self) -> None:
        """Change the address of a feed that has been moved for good, as it has said often enough."""
        each, state = self._subscription, self._state
        if state.moved_times < schedule.MOVES or not _may_follow(each, state.moved_to):
            return
        moved = replace(each, url=state.moved_to)
        if moved.key != each.key and moved.key in self._place.subscribed:
            return
        try:
            self._sync.subscriptions.update(each.key, url=moved.url)
        except ReaderError as error:
            self._notice = f"It has moved for good, but its address was not changed. {error}"
            return
        if moved.key != each.key:
            self._sync.store.rename(each.key, moved.key)
        self._sync.store.save_state(moved.key, replace(state, moved_to="", moved_times=0))
        self._subscription = moved
        self._notice = f"It has moved for good; {self._sync.subscriptions.shown} now has its new address."

    def _failed_to_fetch(self, error: FetchError) -> FeedResult:
        """Return the result of a feed whose host does not return it."""
        each, now = self._subscription, self._sync.now()
        if error.kind == "busy" and error.status is None:  # not asked: the host wants a pause, as another feed was told
            due = now + (error.retry_after or 0.0)
            return FeedResult(each, "waiting", error=f"{error.host} has asked for a pause.", next_due=due)
        if error.retry_after is not None:
            with suppress(ReaderError):  # as below
                self._sync.store.pause(error.host, now + error.retry_after, now)
        if error.status == _GONE:
            try:
                self._sync.subscriptions.update(each.key, paused=True)
                self._notice = f"It has ended; {self._sync.subscriptions.shown} now says that it is paused."
            except ReaderError as problem:
                self._notice = f"It has ended, but was not paused. {problem}"
        if error.kind == "unreachable":  # perhaps there is no network, which is no failure of the feed
            state = schedule.after_failure(self._before, now, error.message)
            return FeedResult(each, "failed", error=str(error), next_due=state.next_due, unreached=state)
        if error.kind == "refused" and not error.redirects:  # as config.toml says: nobody was asked, and it may change
            return self._failed(error, is_asked=False)
        is_lasting = error.kind in {"status", "not_a_page"} and (error.status or 0) < 500
        return self._failed(error, is_lasting=is_lasting, retry_after=error.retry_after)

    def _failed(
        self, error: ReaderError, *, is_asked: bool = True, is_lasting: bool = False, retry_after: float | None = None
    ) -> FeedResult:
        each, now, before = self._subscription, self._sync.now(), self._before  # without validators of this response
        state = schedule.after_failure(before, now, error.message, is_lasting=is_lasting, retry_after=retry_after)
        if not is_asked:
            state = replace(state, checked_at=before.checked_at, next_due=0.0)
        with suppress(ReaderError):  # on a full disk, the error says so
            self._sync.store.save_state(each.key, state)
        return FeedResult(each, "failed", error=str(error), notice=self._notice, next_due=state.next_due)


def is_offline(results: Sequence[FeedResult]) -> bool:
    """Return whether no host could be reached, so that there seems to be no network."""
    # One that may not be asked has failed, too, but is not due at any time.
    tried = [each for each in results if each.subscription.url and each.next_due]
    asked = [each for each in tried if each.status in {"new", "unchanged", "failed"}]
    return bool(asked) and all(each.unreached for each in asked)


def host_of(url: str) -> str:
    """Return the host of a URL as errors name it; empty for no URL."""
    return urlsplit(url).hostname or ""


def _may_follow(subscription: Subscription, target: str) -> bool:
    """Return whether an address may be changed: not to one that is less safe, or that must not get its secrets."""
    old, new = urlsplit(subscription.url), urlsplit(target)
    if not target or (old.scheme == "https" and new.scheme != "https"):
        return False
    return not subscription.headers or (old.hostname == new.hostname and new.scheme == "https")
