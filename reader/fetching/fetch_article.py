"""Fetch the original of one article: request, extract and store a page, address by address.

A stored page is never replaced by anything worse: an error, or a page that has become a stub.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container
from datetime import UTC, datetime, timedelta

from reader.content.page import Page
from reader.core.events import FetchAttempted
from reader.fetching.addresses import FetchTarget, at_least_as_good_as
from reader.fetching.article_locks import ArticleLocks
from reader.fetching.attempt import Attempt, AttemptOptions, Outcome
from reader.fetching.context import FetchContext, RobotsPolicy
from reader.web.transport.preempt import PreemptedError

FRESH = timedelta(hours=1)
"""PageStore that were checked more recently are not requested again."""


class ArticleFetcher:
    """Fetches articles one by one. Any number of tasks of one event loop may use it."""

    def __init__(self, context: FetchContext, *, archive: bool = False, locks: ArticleLocks | None = None) -> None:
        """Create a fetcher.

        ``archive``: always try the newest archived copy if no address yields an article.
        ``locks``: shared with other fetchers that store pages in the same place.
        """
        self.context = context
        self._archive = archive
        self._locks = locks or ArticleLocks()

    async def fetch(
        self,
        target: FetchTarget,
        *,
        force: bool = False,
        archive: bool = False,
        robots: RobotsPolicy | None = None,
        protected_ids: Container[str] | None = None,
        on_attempt: Callable[[FetchAttempted], None] = lambda _: None,
    ) -> Outcome:
        """Return the outcome for one article.

        With ``robots``, it is a background fetch: each address is checked, and a foreground fetch of the same article
        takes precedence; its outcome is returned then. PageStore of ``protected_ids`` are not evicted to make space.

        Raises StorageError if pages cannot be read or written, NoRoomError if the protected pages leave no space.
        """
        begin = datetime.now(UTC)
        options = AttemptOptions(robots, on_attempt, protected_ids)
        run, pages = self.context.library_thread.run, self.context.pages
        while True:
            with contextlib.suppress(PreemptedError):
                async with self._locks.acquire(target.id, background=robots is not None) as waited:
                    stored = await run(pages.page, target.id)
                    attempt = Attempt(self.context, target, options, stored)
                    is_new = waited and stored is not None and stored.checked_at >= begin
                    if stored is not None and _is_fresh(stored) and (not force or is_new):
                        return attempt.cached(stored)
                    if waited and robots is not None and stored is None:
                        failed = await run(pages.failure, target.id)
                        if failed is not None and begin <= failed.at <= datetime.now(UTC):
                            return attempt.failed_before(failed)
                    return await self._try(attempt, target, archive=archive or self._archive)

    async def _try(self, attempt: Attempt, target: FetchTarget, *, archive: bool) -> Outcome:
        stored, addresses = attempt.stored, target.addresses
        page = await attempt.try_addresses(addresses if stored is None else at_least_as_good_as(stored, addresses))
        stored = attempt.stored
        if page is None and archive and not attempt.is_still_valid and (stored is None or stored.way == "archive"):
            page = await attempt.try_archive()
        if page is not None:
            return attempt.fetched(page)
        if attempt.stored is not None:
            return attempt.cached(attempt.stored)
        return await attempt.failed()


def _is_fresh(page: Page) -> bool:
    return timedelta(0) <= datetime.now(UTC) - page.checked_at < FRESH
