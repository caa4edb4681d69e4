"""One attempt to fetch an article: address by address, with the outcome so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from reader.content.page import Page
from reader.core.events import Failure, FetchAttempted, FetchResult, Status
from reader.core.urls import display_host
from reader.fetching.addresses import Address, FetchTarget, is_weaker
from reader.fetching.context import FetchContext, RobotsPolicy
from reader.fetching.replace_policy import reason_to_keep
from reader.storage.sqlite.pages.store import FetchFailure
from reader.web.responses import FetchError, WebResponse
from reader.workers.sandbox import ExtractError

NO_ADDRESS = "The document has no address."
_NAMES: dict[str, str] = {
    "original": "", "web": "web address", "amp": "AMP copy", "cdn_amp": "AMP cache", "archive": "archive"
}  # fmt: skip
"""What messages call each address, unless it is the usual one."""
_HOST_AFTER = ("timed out",)
"""Reasons that read best with “at HOST” after them, besides those that begin with a number."""
_UNAVAILABLE = 503


class Outcome(NamedTuple):
    """The result for an article, and how its host wants to be treated."""

    result: FetchResult
    host: str = ""
    retry_after: float | None = None
    """Seconds for which ``host`` asks for a pause, 0 if it does not say; None if it is not busy."""


@dataclass(frozen=True, slots=True)
class AttemptOptions:
    """How an article is fetched."""

    robots: RobotsPolicy | None = None
    """Checks every address of a background fetch; None for a foreground fetch."""
    on_attempt: Callable[[FetchAttempted], None] = lambda _: None
    protected_ids: Container[str] | None = None
    """Articles whose pages may not be evicted for this one; None if any may be."""


def describe_failures(failures: Iterable[Failure]) -> str:
    """Return the failures in words without a final period.

    For example “404 Not Found at jurist.org; AMP copy: timed out after 20 s”.
    """
    return "; ".join(map(_describe, failures))


def _describe(failure: Failure) -> str:
    name = _NAMES.get(failure.way, failure.way)
    if name:
        return f"{name}: {failure.why}"
    if not failure.host:
        return failure.why
    if failure.why[:1].isdigit() or failure.why.startswith(_HOST_AFTER):
        return f"{failure.why} at {failure.host}"
    return f"{failure.host}: {failure.why}"


class Attempt:
    """An attempt of one task to fetch one article."""

    def __init__(
        self, context: FetchContext, target: FetchTarget, options: AttemptOptions, stored: Page | None
    ) -> None:
        self._context = context
        self._target = target
        self._options = options
        self._begin = time.monotonic()
        self.stored = stored
        """The stored page; another task may replace it in the meantime."""
        self._failures: list[Failure] = [*target.unusable]
        self._hint = ""
        self._busy_host = ""
        self._retry_after: float | None = None
        self.is_still_valid = False
        """Whether nothing better than the stored page can be had."""
        self._is_confirmed = False
        """Whether a server has said so."""

    async def try_addresses(self, addresses: Iterable[Address]) -> Page | None:
        """Return the first page that is an article; None also if the stored page is still valid."""
        for address in addresses:
            page = await self._try(address)
            if page is not None or self.is_still_valid:
                return page
        return None

    async def try_archive(self) -> Page | None:
        """Return the newest archived copy of any address, like :meth:`try_addresses`."""
        for address in self._target.addresses:
            try:
                self._options.on_attempt(FetchAttempted(self._target.id, "archive", "archive.org"))
                capture = await self._context.find_capture(address.url)
            except FetchError as error:
                self._fail("archive", error.host, error.why, error.hint)
                return None  # the archive does not respond for other addresses either
            if capture is not None:
                page = await self._try(Address("archive", capture))
                if page is not None or self.is_still_valid:
                    return page
        if not any(failure.way == "archive" for failure in self._failures):
            self._fail("archive", "archive.org", "it has no capture")
        return None

    async def _try(self, address: Address) -> Page | None:
        name = display_host(address.url)
        self._options.on_attempt(FetchAttempted(self._target.id, address.way, name))
        self._context.extractor.prestart()
        stored, robots = self.stored, self._options.robots
        try:
            response = await self._context.client.page(
                address.url,
                etag=stored.etag if stored is not None else "",
                last_modified=stored.last_modified if stored is not None else "",
                validated=stored.final_url if stored is not None else "",
                url_check=robots.objection if robots is not None else None,
            )
        except FetchError as error:
            self._fail(address.way, error.host or name, error.why, error.hint)
            seconds = 0.0 if error.retry_after is None and error.status == _UNAVAILABLE else error.retry_after
            if seconds is not None and self._retry_after is None:
                busy = display_host(f"http://{error.host}/") if error.redirects else name
                self._busy_host, self._retry_after = busy or name, seconds
            return None
        if response.status == 304:
            now, url = datetime.now(UTC), response.final_url
            checked = self._context.pages.mark_checked
            run = self._context.library_thread.run
            await run(checked, self._target.id, now, response.etag, response.last_modified, url)
            self.is_still_valid = self._is_confirmed = True
            return None
        return await self._extract(address, response)

    async def _extract(self, address: Address, response: WebResponse) -> Page | None:
        """Return the page in a response if it is an article and was stored."""
        name = display_host(response.final_url) or display_host(address.url)
        background = self._options.robots is not None
        try:
            extract, stub = await self._context.extractor.extract(
                response.body, response.final_url, response.charset, background=background
            )
        except ExtractError as error:
            self._fail(address.way, name, f"{error.message[:1].lower()}{error.message[1:].rstrip('.')}")
            return None
        if extract is None or stub:
            self._fail(address.way, name, f"the page {stub or 'has no article in it'}", "The browser may show more.")
            return None
        now = datetime.now(UTC)
        page = Page(
            id=self._target.id, way=address.way, url=address.url, final_url=response.final_url, extract=extract,
            fetched_at=now, checked_at=now, etag=response.etag, last_modified=response.last_modified,
            size=len(response.body),
        )  # fmt: skip
        return await self._store(page, name, response)

    async def _store(self, page: Page, name: str, response: WebResponse) -> Page | None:
        """Store a page and return it, unless the stored page is better, even if that is only just stored."""
        while True:
            reason = reason_to_keep(self.stored, page) if self.stored is not None else ""
            if reason:
                self._fail(page.way, name, reason, "The stored page stays; the browser shows the current one.")
                return None
            other = await self._context.library_thread.run(
                self._context.pages.put_if_unchanged,
                self.stored,
                page,
                response.body,
                response.charset,
                self._options.protected_ids,
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

    def fetched(self, page: Page) -> Outcome:
        """Return the outcome that ``page`` is now stored."""
        return self._outcome("fetched", page, "")

    def cached(self, stored: Page) -> Outcome:
        """Return the outcome that ``stored`` stays, and why there is no newer page."""
        error = ""
        if self._failures and not self.is_still_valid:
            error = f"It could not be checked again: {describe_failures(self._failures)}."
        return self._outcome("cached", stored, error)

    async def failed(self) -> Outcome:
        """Record that there is no page, and return that outcome."""
        error = f"{describe_failures(self._failures)}." if self._failures else NO_ADDRESS
        error = error[:1].upper() + error[1:] if error.startswith(("its ", "it ")) else error
        note_failure = self._context.pages.record_failure
        await self._context.library_thread.run(note_failure, self._target.id, datetime.now(UTC), self._failures, error)
        return self._outcome("failed", None, error)

    def failed_before(self, failed: FetchFailure) -> Outcome:
        """Return the outcome of a task that has just failed with the same article."""
        self._failures = [Failure(*each) for each in failed.failures]
        return self._outcome("failed", None, failed.error)

    def _outcome(self, status: Status, page: Page | None, error: str) -> Outcome:
        result = FetchResult(
            self._target.id,
            status,
            page.final_url if page is not None else "",
            page.extract.words if page is not None else 0,
            tuple(self._failures),
            error,
            time.monotonic() - self._begin,
            hint=self._hint if error else "",
            requested_url=self._target.addresses[0].url if self._target.addresses else "",
            confirmed=self._is_confirmed,
        )
        is_busy = bool(error) and self._retry_after is not None
        return Outcome(result, self._busy_host if is_busy else "", self._retry_after if is_busy else None)
