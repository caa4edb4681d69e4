"""Asking for one article, address by address, and what has come of it so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from reader.content.page import Page
from reader.core.events import Failure, FetchAttempted, FetchResult, Status
from reader.core.urls import display_host
from reader.fetching.addresses import Address, FetchTarget, is_weaker
from reader.fetching.replace_policy import reason_to_keep
from reader.storage.sqlite.pages.store import FetchFailure
from reader.web.responses import FetchError, WebResponse
from reader.workers.sandbox import ExtractError

if TYPE_CHECKING:
    from reader.fetching.fetch_article import FetchContext, RobotsPolicy

NO_ADDRESS = "The document names no address."
_NAMES: dict[str, str] = {
    "original": "", "web": "web address", "amp": "AMP copy", "cdn_amp": "AMP cache", "archive": "archive"
}  # fmt: skip
"""What each way is called, where it is not what one expects."""
_PLACE_BEHIND = ("timed out",)
"""Beginnings of reasons that read best with “at HOST” behind them; those that begin with a number do too."""
_UNAVAILABLE = 503


class Outcome(NamedTuple):
    """What came of an article."""

    got: FetchResult
    host: str = ""
    retry_after: float | None = None
    """Seconds for which ``host`` asks to be left alone, 0 when it does not say; None when that is not why it failed."""


def in_words(failures: Iterable[Failure]) -> str:
    """Return what failed, such as “404 Not Found at jurist.org; AMP copy: timed out after 20 s”; no full stop."""
    return "; ".join(map(_one_in_words, failures))


def _one_in_words(failure: Failure) -> str:
    name = _NAMES.get(failure.way, failure.way)
    if name:
        return f"{name}: {failure.why}"
    if not failure.host:
        return failure.why
    if failure.why[:1].isdigit() or failure.why.startswith(_PLACE_BEHIND):
        return f"{failure.why} at {failure.host}"
    return f"{failure.host}: {failure.why}"


class Attempt:
    """One article, by one task."""

    def __init__(
        self,
        tools: FetchContext,
        wanted: FetchTarget,
        robots: RobotsPolicy | None,
        tell: Callable[[FetchAttempted], None],
        kept: Page | None,
    ) -> None:
        """``robots`` judges every address on the way, for what nobody waits for; ``kept`` is the page that is there."""
        self._tools = tools
        self._wanted = wanted
        self._robots = robots
        self._tell = tell
        self._begun = time.monotonic()
        self.kept = kept
        """The page that is there; another may come meanwhile."""
        self._failures: list[Failure] = [*wanted.unusable]
        self._hint = ""
        self._host = ""
        self._retry_after: float | None = None
        self.holds = False
        """Whether what is there is as good as can be had,"""
        self._is_confirmed = False
        """by its server's word."""

    async def try_addresses(self, addresses: Iterable[Address]) -> Page | None:
        """Return the first page that is an article; None also when the kept one still holds."""
        for address in addresses:
            page = await self._one(address)
            if page is not None or self.holds:
                return page
        return None

    async def try_archive(self) -> Page | None:
        """Return the newest capture of any address."""
        for address in self._wanted.addresses:
            try:
                self._tell(FetchAttempted(self._wanted.id, "archive", "archive.org"))
                capture = await self._tools.capture(address.url)
            except FetchError as error:
                self._fail("archive", error.host, error.why, error.hint)
                return None  # it is the archive that cannot be asked
            if capture is not None:
                page = await self._one(Address("archive", capture))
                if page is not None or self.holds:
                    return page
        if not any(failure.way == "archive" for failure in self._failures):
            self._fail("archive", "archive.org", "it has no capture")
        return None

    async def _one(self, address: Address) -> Page | None:
        name = display_host(address.url)
        self._tell(FetchAttempted(self._wanted.id, address.way, name))
        self._tools.reads.prestart()
        kept = self.kept
        try:
            answer = await self._tools.web.page(
                address.url,
                etag=kept.etag if kept is not None else "",
                last_modified=kept.last_modified if kept is not None else "",
                validated=kept.final_url if kept is not None else "",
                url_check=self._robots.objection if self._robots is not None else None,
            )
        except FetchError as error:
            self._fail(address.way, error.host or name, error.why, error.hint)
            seconds = 0.0 if error.retry_after is None and error.status == _UNAVAILABLE else error.retry_after
            if seconds is not None and self._retry_after is None:
                busy = display_host(f"http://{error.host}/") if error.redirects else name
                self._host, self._retry_after = busy or name, seconds
            return None
        if answer.status == 304:
            now, url = datetime.now(UTC), answer.final_url
            checked = self._tools.pages.mark_checked
            await self._tools.disk.run(checked, self._wanted.id, now, answer.etag, answer.last_modified, url)
            self.holds = self._is_confirmed = True
            return None
        return await self._read(address, answer)

    async def _read(self, address: Address, answer: WebResponse) -> Page | None:
        """Return the page in an answer, once it is kept."""
        name = display_host(answer.final_url) or display_host(address.url)
        background = self._robots is not None
        try:
            extract, stub = await self._tools.reads.extract(
                answer.body, answer.final_url, answer.charset, background=background
            )
        except ExtractError as error:
            self._fail(address.way, name, f"{error.message[:1].lower()}{error.message[1:].rstrip('.')}")
            return None
        if extract is None or stub:
            self._fail(address.way, name, f"the page {stub or 'has no article in it'}", "The browser may show more.")
            return None
        now = datetime.now(UTC)
        page = Page(
            id=self._wanted.id, way=address.way, url=address.url, final_url=answer.final_url, extract=extract,
            fetched_at=now, checked_at=now, etag=answer.etag, last_modified=answer.last_modified, size=len(answer.body),
        )  # fmt: skip
        return await self._keep(page, name, answer)

    async def _keep(self, page: Page, name: str, answer: WebResponse) -> Page | None:
        """Keep a page unless what is there is better, also when that has come meanwhile; return it when it is kept."""
        while True:
            why = reason_to_keep(self.kept, page) if self.kept is not None else ""
            if why:
                self._fail(page.way, name, why, "What is kept stays; the browser shows what is there now.")
                return None
            there = await self._tools.disk.run(
                self._tools.pages.put_if_unchanged, self.kept, page, answer.body, answer.charset, self._tools.stays
            )
            if there is None:
                return page
            self.kept = there
            if not is_weaker(there.way, page.way):
                self.holds = True
                return None

    def _fail(self, way: str, name: str, why: str, hint: str = "") -> None:
        self._failures.append(Failure(way, name, why))
        self._hint = self._hint or hint

    def fetched(self, page: Page) -> Outcome:
        """Return that ``page`` is kept now."""
        return self._outcome("fetched", page, "")

    def cached(self, kept: Page) -> Outcome:
        """Return that ``kept`` stays, and why no other has come."""
        error = ""
        if self._failures and not self.holds:
            error = f"It could not be looked at again: {in_words(self._failures)}."
        return self._outcome("cached", kept, error)

    async def failed(self) -> Outcome:
        """Note that there is no page, and return that."""
        error = f"{in_words(self._failures)}." if self._failures else NO_ADDRESS
        error = error[:1].upper() + error[1:] if error.startswith(("its ", "it ")) else error
        now = datetime.now(UTC)
        await self._tools.disk.run(self._tools.pages.record_failure, self._wanted.id, now, self._failures, error)
        return self._outcome("failed", None, error)

    def failed_before(self, failed: FetchFailure) -> Outcome:
        """Return what came of it when others asked a moment ago."""
        self._failures = [Failure(*each) for each in failed.failures]
        return self._outcome("failed", None, failed.error)

    def _outcome(self, status: Status, page: Page | None, error: str) -> Outcome:
        got = FetchResult(
            self._wanted.id,
            status,
            page.final_url if page is not None else "",
            page.extract.words if page is not None else 0,
            tuple(self._failures),
            error,
            time.monotonic() - self._begun,
            hint=self._hint if error else "",
            requested_url=self._wanted.addresses[0].url if self._wanted.addresses else "",
            confirmed=self._is_confirmed,
        )
        waits = bool(error) and self._retry_after is not None
        return Outcome(got, self._host if waits else "", self._retry_after if waits else None)
