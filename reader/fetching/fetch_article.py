"""Fetch the original of one article: request, extract and store a page, URL by URL.

A stored page is never replaced by anything worse: an error, or a page that has become a stub.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from reader.content.blocks import Paragraph, Span, TextStyle
from reader.content.page import Page
from reader.core.events import Failure, FetchAttempted, FetchResult, Status
from reader.core.urls import display_host
from reader.fetching.article_locks import ArticleLocks
from reader.fetching.context import FetchContext
from reader.fetching.fetch_target import FetchTarget, TargetUrl, at_least_as_good_as, is_weaker
from reader.fetching.replace_policy import reason_to_keep
from reader.storage.sqlite.pages.store import FetchFailure
from reader.web.responses import FetchError, WebResponse, name_host
from reader.web.transport.preempt import PreemptedError
from reader.workers.sandbox import ExtractError

if TYPE_CHECKING:
    from reader.web.client import UrlCheck

NO_URL = "The document has no URL."
_NAMES: dict[str, str] = {
    "web": "the web URL", "amp": "the AMP copy", "cdn_amp": "the AMP cache", "archive": "the archive"
}  # fmt: skip
"""What messages call each URL; they name the host of the original."""
_UNAVAILABLE = 503
_INCOMPLETE = Paragraph(
    (Span("The server did not send the whole page; something may be missing at the end.", TextStyle.MUTED),)
)


class Outcome(NamedTuple):
    """The result for an article, and how long its host asks to be left alone."""

    result: FetchResult
    host: str = ""
    retry_after: float | None = None
    """Seconds for which ``host`` asks for a pause, 0 if it does not say; None if it is not busy."""


class ArticleFetcher:
    """Fetches articles one by one. Any number of tasks of one event loop may use it."""

    def __init__(self, context: FetchContext, *, archive: bool = False, locks: ArticleLocks | None = None) -> None:
        """Create a fetcher.

        ``archive``: always try the newest archived copy if no URL yields an article.
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
        since: datetime | None = None,
        url_check: UrlCheck | None = None,
        protected_ids: Container[str] | None = None,
        on_attempt: Callable[[FetchAttempted], None] = lambda _: None,
    ) -> Outcome:
        """Return the outcome for one article.

        With ``url_check``, it is a background fetch: each URL is checked, and a foreground fetch of the same
        article takes precedence; its outcome is returned then. So is that of another program ``since`` then. Pages of
        ``protected_ids`` are not evicted.

        Raises StorageError if pages cannot be read or written, NoRoomError if the protected pages leave no space.
        """
        begin = since or datetime.now(UTC)
        run, pages = self.context.run, self.context.pages
        while True:
            with contextlib.suppress(PreemptedError):
                async with self._locks.acquire(target.id, background=url_check is not None) as waited:
                    stored = await run(pages.page, target.id)
                    attempt = _Attempt(self.context, target, stored, on_attempt, url_check, protected_ids)
                    others = waited or since is not None
                    is_new = others and stored is not None and stored.checked_at >= begin
                    if stored is not None and (since or stored.is_fresh(datetime.now(UTC))) and (not force or is_new):
                        attempt.is_still_valid = True
                        return attempt.cached()
                    if others and url_check is not None and stored is None:
                        failed = await run(pages.failure, target.id)
                        if failed is not None and begin <= failed.at <= datetime.now(UTC):
                            return attempt.failed_before(failed)
                    return await attempt.run(archive=archive or self._archive)


@dataclass(slots=True)
class _Attempt:
    """An attempt of one task to fetch one article."""

    context: FetchContext
    target: FetchTarget
    stored: Page | None
    """The stored page; another task may replace it in the meantime."""
    on_attempt: Callable[[FetchAttempted], None]
    url_check: UrlCheck | None
    protected_ids: Container[str] | None
    is_still_valid: bool = False
    """Whether nothing better than the stored page can be had."""
    _is_confirmed: bool = False
    """Whether a server has said so."""
    _hint: str = ""
    _busy_host: str = ""
    _retry_after: float | None = None
    _begin: float = field(default_factory=time.monotonic)
    _failures: list[Failure] = field(init=False)

    def __post_init__(self) -> None:
        self._failures = [*self.target.unusable]

    async def run(self, *, archive: bool) -> Outcome:
        """Return the outcome of trying the URLs, then perhaps the archive."""
        stored, candidates = self.stored, self.target.urls
        page = await self._try_urls(candidates if stored is None else at_least_as_good_as(stored, candidates))
        stored = self.stored
        if page is None and archive and not self.is_still_valid and (stored is None or stored.way == "archive"):
            page = await self._try_archive()
        if page is not None:
            return self._outcome("fetched", page, "")
        return await self._failed() if self.stored is None else self.cached()

    async def _try_urls(self, candidates: Iterable[TargetUrl]) -> Page | None:
        """Return the first page that is an article; None also if the stored page is still valid."""
        for candidate in candidates:
            page = await self._try(candidate)
            if page is not None or self.is_still_valid:
                return page
        return None

    async def _try_archive(self) -> Page | None:
        """Return the newest archived copy of any URL, like :meth:`_try_urls`."""
        for candidate in self.target.urls:
            try:
                self.on_attempt(FetchAttempted(self.target.id, "archive", "archive.org"))
                capture = await self.context.find_capture(self.context.client, candidate.url)
            except FetchError as error:
                self._fail("archive", error.host, error.why, error.hint)
                return None  # the archive does not respond for other URLs either
            if capture is not None:
                page = await self._try(TargetUrl("archive", capture))
                if page is not None or self.is_still_valid:
                    return page
        if not any(failure.way == "archive" for failure in self._failures):
            self._fail("archive", "archive.org", "it has no capture")
        return None

    async def _try(self, candidate: TargetUrl) -> Page | None:
        name = display_host(candidate.url)
        self.on_attempt(FetchAttempted(self.target.id, candidate.way, name))
        self.context.extractor.prestart()
        stored = self.stored
        try:
            response = await self.context.client.page(
                candidate.url,
                etag=stored.etag if stored is not None else "",
                last_modified=stored.last_modified if stored is not None else "",
                validated=stored.final_url if stored is not None else "",
                url_check=self.url_check,
            )
        except FetchError as error:
            self._fail(candidate.way, error.host or name, error.why, error.hint)
            seconds = 0.0 if error.retry_after is None and error.status == _UNAVAILABLE else error.retry_after
            if seconds is not None and self._retry_after is None:
                busy = display_host(f"http://{error.host}/") if error.redirects else name
                self._busy_host, self._retry_after = busy or name, seconds
            return None
        if response.status == 304:
            validators = (response.etag, response.last_modified, response.final_url)
            await self.context.run(self.context.pages.mark_checked, self.target.id, datetime.now(UTC), *validators)
            self.is_still_valid = self._is_confirmed = True
            return None
        return await self._extract(candidate, response)

    async def _extract(self, candidate: TargetUrl, response: WebResponse) -> Page | None:
        """Return the page in a response if it is an article and was stored."""
        name = display_host(response.final_url) or display_host(candidate.url)
        try:
            extract, stub = await self.context.extractor.extract(
                response.body,
                response.final_url,
                response.charset,
                is_markdown=response.content_type == "text/markdown",
                background=self.url_check is not None,
            )
        except ExtractError as error:
            reason = error.message.rstrip(".")
            self._fail(candidate.way, name, f"the page{reason[2:]}" if reason.startswith("It ") else reason)
            return None
        if extract is None or stub:
            self._fail(candidate.way, name, f"the page {stub or 'has no article in it'}", "The browser may show more.")
            return None
        if not response.is_complete:
            extract = replace(extract, blocks=(*extract.blocks, _INCOMPLETE))
        now = datetime.now(UTC)
        page = Page(
            id=self.target.id, way=candidate.way, url=candidate.url, final_url=response.final_url, extract=extract,
            fetched_at=now, checked_at=now, etag=response.etag, last_modified=response.last_modified,
            size=len(response.body),
        )  # fmt: skip
        return await self._store(page, name, response)

    async def _store(self, page: Page, name: str, response: WebResponse) -> Page | None:
        """Store a page and return it, unless the stored page is better, even one stored a moment ago."""
        while True:
            reason = reason_to_keep(self.stored, page) if self.stored is not None else ""
            if reason:
                self._fail(page.way, name, reason, "The stored page stays; the browser shows the current one.")
                return None
            other = await self.context.run(
                self.context.pages.put, page, response.body, response.charset, self.protected_ids, self.stored
            )
            if other is None:
                return page
            self.stored = other
            if not is_weaker(other.way, page.way):
                self.is_still_valid = True
                return None

    def _fail(self, way: str, name: str, reason: str, hint: str = "") -> None:
        self._failures.append(Failure(way, name, reason))
        self._hint = self._hint or hint

    def cached(self) -> Outcome:
        """Return the outcome that the stored page stays, with the reason why there is no newer one."""
        error = ""
        if self._failures and not self.is_still_valid:
            error = f"It could not be checked again: {describe_failures(self._failures)}."
        return self._outcome("cached", self.stored, error)

    async def _failed(self) -> Outcome:
        """Return the outcome that there is no page, recorded if there was something to fetch."""
        if not self._failures:
            return self._outcome("failed", None, NO_URL)
        error = f"{describe_failures(self._failures)}."
        record, now = self.context.pages.record_failure, datetime.now(UTC)
        await self.context.run(record, self.target.id, now, self._failures, error)
        return self._outcome("failed", None, error)

    def failed_before(self, failed: FetchFailure) -> Outcome:
        """Return the outcome of a task that has just failed with the same article."""
        self._failures = [Failure(*each) for each in failed.failures]
        return self._outcome("failed", None, failed.error)

    def _outcome(self, status: Status, page: Page | None, error: str) -> Outcome:
        result = FetchResult(
            self.target.id,
            status,
            page.final_url if page is not None else "",
            page.extract.words if page is not None else 0,
            tuple(self._failures),
            error,
            time.monotonic() - self._begin,
            hint=self._hint if error else "",
            requested_url=self.target.urls[0].url if self.target.urls else "",
            confirmed=self._is_confirmed,
        )
        is_busy = bool(error) and self._retry_after is not None
        return Outcome(result, self._busy_host if is_busy else "", self._retry_after if is_busy else None)


def describe_failures(failures: Iterable[Failure]) -> str:
    """Return the failures in words without a final period.

    For example “404 Not Found at jurist.org; timed out after 20 s at the AMP copy”.
    """
    return "; ".join(name_host(why, host and _NAMES.get(way, host)) for way, host, why in failures)
