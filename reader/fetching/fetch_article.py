"""One article -> its original, fetched, read and kept; or why not, address by address.

Asks the library for what is kept, :mod:`reader.web` for the bytes and a worker for the
article in them. What is kept is given up for nothing worse: not for an error, and not for
a page that has become a stub.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Container
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from reader.core.events import FetchAttempted
from reader.core.preempt import PreemptedError
from reader.fetching.addresses import FetchTarget, at_least_as_good_as
from reader.fetching.article_locks import ArticleLocks
from reader.fetching.attempt import Attempt, Outcome
from reader.web.options import USER_AGENT, ClientOptions
from reader.web.responses import FetchError, WebResponse

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.content.page import Page
    from reader.storage.sqlite.pages.store import PageStore
    from reader.web.client import UrlCheck
    from reader.workers.extract_tasks import ExtractionResult

_Result = TypeVar("_Result")
FRESH = timedelta(hours=1)
"""For so long nobody asks a server whether a page still holds."""


class Web(Protocol):
    """What is asked of :class:`reader.web.client.Fetcher`."""

    async def page(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        validated: str = "",
        url_check: UrlCheck | None = None,
    ) -> WebResponse:
        """Return a page. Raises FetchError."""


class PageReader(Protocol):
    """What is asked of :class:`reader.workers.sandbox.SandboxPool`."""

    def prestart(self) -> None:
        """Get ready while a page is on its way."""

    async def extract(
        self, body: bytes, url: str = "", charset: str = "", *, background: bool = False
    ) -> ExtractionResult:
        """Return the article of a page, after what persons wait for when it is ``background``. Raises ExtractError."""


class RobotsPolicy(Protocol):
    """What is asked of :class:`reader.web.robots.Robots`."""

    async def objection(self, url: str) -> FetchError | None:
        """Return why programs may not fetch an address now; None when they may."""


Capture: TypeAlias = Callable[[str], Awaitable[str | None]]
"""Returns the address of the newest capture of another; None when there is none. Raises FetchError."""


@dataclass(frozen=True, slots=True)
class FetchContext:
    """What an attempt is made with."""

    web: Web
    reads: PageReader
    pages: PageStore
    disk: LibraryThread
    capture: Capture
    stays: Container[str] | None = None
    """Articles whose pages may not go to make room; None when any may."""


def client_options(settings: FetchSettings) -> ClientOptions:
    """Return what the settings mean to a Fetcher. Raises ReaderError."""
    return ClientOptions(
        user_agent=settings.user_agent or USER_AGENT,
        proxy=settings.proxy,
        allow_hosts=frozenset(settings.allow_hosts),
    )


class LibraryThread:
    """One thread in which the library is asked, so that no transfer waits for the disk."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="library")

    async def run(self, act: Callable[..., _Result], *values: Any) -> _Result:
        """Return what ``act`` returns there."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *values)

    def close(self) -> None:
        """End the thread, once it has done what it is at."""
        self._thread.shutdown(wait=True, cancel_futures=True)


class ArticleFetcher:
    """Fetches articles one by one; any number of tasks of one loop may ask."""

    def __init__(
        self,
        web: Web,
        reads: PageReader,
        pages: PageStore,
        disk: LibraryThread,
        capture: Capture,
        *,
        archive: bool = False,
        under_way: ArticleLocks | None = None,
    ) -> None:
        """Make one of its tools.

        ``archive``: take the newest capture where no address yields an article, without being asked for it.
        ``under_way``: shared with others for the same pages, so that no two ask for one article at a time.
        """
        self._tools = FetchContext(web, reads, pages, disk, capture)
        self._archive = archive
        self._under_way = under_way or ArticleLocks()

    async def fetch(
        self,
        wanted: FetchTarget,
        *,
        force: bool = False,
        archive: bool = False,
        robots: RobotsPolicy | None = None,
        stays: Container[str] | None = None,
        tell: Callable[[FetchAttempted], None] = lambda _: None,
    ) -> Outcome:
        """Return what came of one article.

        ``robots`` judges each address, for those that are fetched background: these give way to
        the person who opens the same article, and take what came of that. ``stays`` has the articles
        whose pages may not go to make room for this one. Raises StorageError when
        pages cannot be read or kept, NoRoomError when there is no room among those that stay.
        """
        begun = datetime.now(UTC)
        tools = replace(self._tools, stays=stays)
        while True:
            with contextlib.suppress(PreemptedError):
                async with self._under_way.acquire(wanted.id, background=robots is not None) as waited:
                    kept = await self._tools.disk.run(self._tools.pages.page, wanted.id)
                    attempt = Attempt(tools, wanted, robots, tell, kept)
                    if kept is not None and _is_fresh(kept) and (not force or (waited and kept.checked_at >= begun)):
                        return attempt.cached(kept)
                    if waited and robots is not None and kept is None:
                        failed = await self._tools.disk.run(self._tools.pages.failure, wanted.id)
                        if failed is not None and begun <= failed.at <= datetime.now(UTC):
                            return attempt.failed_before(failed)
                    return await self._ask(attempt, wanted, archive=archive or self._archive)

    async def _ask(self, attempt: Attempt, wanted: FetchTarget, *, archive: bool) -> Outcome:
        kept = attempt.kept
        page = await attempt.try_addresses(
            wanted.addresses if kept is None else at_least_as_good_as(kept, wanted.addresses)
        )
        kept = attempt.kept
        if page is None and archive and not attempt.holds and (kept is None or kept.way == "archive"):
            page = await attempt.try_archive()
        if page is not None:
            return attempt.fetched(page)
        if attempt.kept is not None:
            return attempt.cached(attempt.kept)
        return await attempt.failed()


def _is_fresh(page: Page) -> bool:
    return timedelta(0) <= datetime.now(UTC) - page.checked_at < FRESH
