"""One article -> its original, fetched, read and kept; or why not, address by address.

Asks the library for what is kept, :mod:`reader.web` for the bytes and a worker for the
article in them. What is kept is given up for nothing worse: not for an error, and not for
a page that has become a stub.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, TypeVar

from reader.errors import ReaderError
from reader.jobs.extracting import ExtractError
from reader.jobs.fetch_news import Failure, Got, Trying
from reader.model import Links, Page, Way
from reader.urls import fetchable, host
from reader.web.answers import Answer, FetchError
from reader.web.rules import USER_AGENT, Rules

if TYPE_CHECKING:
    from reader.jobs.extract_tasks import Extracted
    from reader.jobs.fetch_settings import FetchSettings
    from reader.library.library import Library
    from reader.library.pages import Pages

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")
FRESH = timedelta(hours=1)
"""For so long nobody asks a server whether a page still holds."""
NO_ADDRESS = "The document names no address."
_NAMES: dict[str, str] = {
    "original": "", "web": "web address", "amp": "AMP copy", "cdn_amp": "AMP cache", "archive": "archive"
}  # fmt: skip
"""What each way is called, where it is not what one expects."""
_MOST_ADDRESSES = 8
_LONG = 200
"""Words of a kept page from which on one of a quarter of them is taken for a stub of it."""
_PLACE_BEHIND = ("timed out",)
"""Beginnings of reasons that read best with “at HOST” behind them; those that begin with a number do too."""


class Web(Protocol):
    """What is asked of :class:`reader.web.fetch.Fetcher`."""

    async def page(self, url: str, *, etag: str = "", last_modified: str = "") -> Answer:
        """Return a page. Raises FetchError."""


class Reads(Protocol):
    """What is asked of :class:`reader.jobs.extracting.Extractor`."""

    def warm(self) -> None:
        """Get ready while a page is on its way."""

    async def extract(self, body: bytes, url: str = "", charset: str = "") -> Extracted:
        """Return the article of a page. Raises ExtractError."""


class Allows(Protocol):
    """What is asked of :class:`reader.web.robots.Robots`."""

    async def objection(self, url: str) -> FetchError | None:
        """Return why programs may not fetch an address; None when they may."""

    async def delay(self, url: str) -> float:
        """Return the seconds that its site wants between two pages."""


Capture: TypeAlias = Callable[[str], Awaitable[str | None]]
"""Returns the address of the newest capture of another; None when there is none. Raises FetchError."""


class Address(NamedTuple):
    """One way to an article."""

    way: Way
    url: str
    """In the form of :func:`reader.urls.fetchable`."""


class Wanted(NamedTuple):
    """An article that is to be fetched."""

    id: str
    addresses: tuple[Address, ...]
    unusable: tuple[Failure, ...] = ()
    """Those that may not be asked for at all."""


class Outcome(NamedTuple):
    """What came of an article."""

    got: Got
    host: str = ""
    retry_after: float | None = None
    """Seconds for which ``host`` asks to be left alone; None when that is not why it failed."""


def rules_of(settings: FetchSettings) -> Rules:
    """Return what the settings mean to a Fetcher. Raises ReaderError."""
    return Rules(
        user_agent=settings.user_agent or USER_AGENT,
        proxy=settings.proxy,
        allow_hosts=frozenset(settings.allow_hosts),
    )


def wanted(id_: str, every: Iterable[Links]) -> Wanted:
    """Return by which addresses to ask for the article that has these links: of all its documents, each once.

    In the order original, web, AMP, AMP cache.
    """
    ways: tuple[tuple[Way, Callable[[Links], str]], ...] = (
        ("original", lambda links: links.original),
        ("web", lambda links: links.web),
        ("amp", lambda links: links.amp),
        ("cdn_amp", lambda links: links.cdn_amp),
    )
    links = [*every]
    found: dict[str, Address] = {}
    unusable: list[Failure] = []
    for way, address_of in ways:
        for url in dict.fromkeys(filter(None, map(address_of, links))):
            try:
                asked = fetchable(url)
            except ReaderError as error:
                unusable.append(Failure(way, "", error.message.rstrip(".")))
            else:
                found.setdefault(asked, Address(way, asked))
    return Wanted(id_, tuple(found.values())[:_MOST_ADDRESSES], tuple(unusable))


def look_up(library: Library, id_: str, given: Links | None = None) -> Wanted:
    """Return by which addresses to ask for an article: by those that are given, and those of its documents.

    Raises ReaderError when none are given and no document is of it.
    """
    try:
        rowids = _documents(library, id_)
        links = [row.links for row in library.rows(rowids)]
    except ReaderError:
        if given is None:
            raise
        links = []
    if not links and given is None:
        raise ReaderError("There is no document of this article any more.", "It was moved or deleted.")
    return wanted(id_, links if given is None else [given, *links])


def _documents(library: Library, id_: str) -> list[int]:
    try:
        if found := library.documents_of(id_):
            return found
    except ReaderError as error:
        if not error.damaged:
            raise
    # Another process may have built the index anew in the place of the one that is open here.
    return library.documents_of(id_) if library.renew() else []


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


class Disk:
    """One thread in which the library is asked, so that no transfer waits for the disk."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="library")

    async def do(self, act: Callable[..., _Result], *values: Any) -> _Result:
        """Return what ``act`` returns there."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *values)

    def close(self) -> None:
        """End the thread, once it has done what it is at."""
        self._thread.shutdown(wait=True, cancel_futures=True)


class Fetching:
    """Fetches articles one by one; any number of tasks of one loop may ask."""

    def __init__(
        self, web: Web, reads: Reads, pages: Pages, disk: Disk, capture: Capture, *, archive: bool = False
    ) -> None:
        """``archive``: take the newest capture where no address yields an article, without being asked for it."""
        self._web = web
        self._reads = reads
        self._pages = pages
        self._disk = disk
        self._capture = capture
        self._archive = archive

    async def fetch(
        self,
        wanted: Wanted,
        *,
        force: bool = False,
        archive: bool = False,
        robots: Allows | None = None,
        tell: Callable[[Trying], None] = lambda _: None,
    ) -> Outcome:
        """Return what came of one article.

        ``robots`` judges each address, for those that are fetched unasked. Raises
        StorageError when pages cannot be read or kept.
        """
        begun = time.monotonic()
        attempt = _Attempt(self, wanted, robots, tell, begun)
        kept = await self._disk.do(self._pages.page, wanted.id)
        if kept is not None and not force and _is_fresh(kept):
            return attempt.cached(kept)
        if kept is None:
            page = await attempt.any_of(wanted.addresses, None)
        else:
            page = await attempt.any_of(_no_worse_than(kept, wanted.addresses), kept)
        if page is None and (kept is None or kept.way == "archive") and (archive or self._archive):
            page = await attempt.archived(kept)
        if page is not None:
            return attempt.fetched(page)
        if kept is not None:
            return attempt.cached(kept)
        return await attempt.failed()


class _Attempt:
    """Asking for one article, and what has come of it so far."""

    def __init__(
        self,
        fetching: Fetching,
        wanted: Wanted,
        robots: Allows | None,
        tell: Callable[[Trying], None],
        begun: float,
    ) -> None:
        self._of = fetching
        self._wanted = wanted
        self._robots = robots
        self._tell = tell
        self._begun = begun
        self._failures: list[Failure] = [*wanted.unusable]
        self._hint = ""
        self._host = ""
        self._retry_after: float | None = None
        self._holds = False

    async def any_of(self, addresses: Iterable[Address], kept: Page | None) -> Page | None:
        """Return the first page that is an article; None also when the kept one still holds."""
        for address in addresses:
            page = await self._one(address, kept)
            if page is not None or self._holds:
                return page
        return None

    async def archived(self, kept: Page | None) -> Page | None:
        """Return the newest capture of any address."""
        for address in self._wanted.addresses:
            try:
                self._tell(Trying(self._wanted.id, "archive", "archive.org"))
                capture = await self._of._capture(address.url)
            except FetchError as error:
                self._fail("archive", error.host, error.why, error.hint)
                return None  # it is the archive that cannot be asked
            if capture is not None:
                page = await self._one(Address("archive", capture), kept)
                if page is not None or self._holds:
                    return page
        if not any(failure.way == "archive" for failure in self._failures):
            self._fail("archive", "archive.org", "it has no capture")
        return None

    async def _one(self, address: Address, kept: Page | None) -> Page | None:
        name = host(address.url)
        self._tell(Trying(self._wanted.id, address.way, name))
        same = kept is not None and kept.url == address.url
        etag, modified = (kept.etag, kept.last_modified) if kept is not None and same else ("", "")
        try:
            objection = None if self._robots is None else await self._robots.objection(address.url)
            if objection is not None:
                self._fail(address.way, name, objection.why, objection.hint)
                return None
            self._of._reads.warm()
            answer = await self._of._web.page(address.url, etag=etag, last_modified=modified)
        except FetchError as error:
            self._fail(address.way, error.host or name, error.why, error.hint)
            if error.retry_after is not None and self._retry_after is None:
                self._host, self._retry_after = name, error.retry_after
            return None
        if answer.status == 304:
            now = datetime.now(UTC)
            await self._of._disk.do(self._of._pages.checked, self._wanted.id, now, answer.etag, answer.last_modified)
            self._holds = True
            return None
        return await self._read(address, answer, kept)

    async def _read(self, address: Address, answer: Answer, kept: Page | None) -> Page | None:
        """Return the page in an answer, once it is kept."""
        name = host(answer.final_url) or host(address.url)
        try:
            extract, stub = await self._of._reads.extract(answer.body, answer.final_url, answer.charset)
        except ExtractError as error:
            self._fail(address.way, name, f"{error.message[:1].lower()}{error.message[1:].rstrip('.')}")
            return None
        if extract is None or stub:
            self._fail(address.way, name, f"the page {stub or 'has no article in it'}", "The browser may show more.")
            return None
        if kept is not None and kept.extract.words > _LONG and extract.words * 4 < kept.extract.words:
            why = f"it has only {extract.words:,} words now, of {kept.extract.words:,} that are kept"
            self._fail(address.way, name, why, "The browser shows what is there now.")
            return None
        now = datetime.now(UTC)
        page = Page(
            id=self._wanted.id, way=address.way, url=address.url, final_url=answer.final_url, extract=extract,
            fetched_at=now, checked_at=now, etag=answer.etag, last_modified=answer.last_modified, size=len(answer.body),
        )  # fmt: skip
        await self._of._disk.do(self._of._pages.keep, page, answer.body, answer.charset)
        return page

    def _fail(self, way: str, name: str, why: str, hint: str = "") -> None:
        self._failures.append(Failure(way, name, why))
        self._hint = self._hint or hint

    def fetched(self, page: Page) -> Outcome:
        return self._outcome("fetched", page, "")

    def cached(self, kept: Page) -> Outcome:
        error = ""
        if self._failures and not self._holds:
            error = f"It could not be looked at again: {in_words(self._failures)}."
        return self._outcome("cached", kept, error)

    async def failed(self) -> Outcome:
        error = f"{in_words(self._failures)}." if self._failures else NO_ADDRESS
        error = error[:1].upper() + error[1:] if error.startswith(("its ", "it ")) else error
        now = datetime.now(UTC)
        await self._of._disk.do(self._of._pages.note_failure, self._wanted.id, now, self._failures, error)
        return self._outcome("failed", None, error)

    def _outcome(self, status: Any, page: Page | None, error: str) -> Outcome:
        got = Got(
            self._wanted.id,
            status,
            page.final_url if page is not None else "",
            page.extract.words if page is not None else 0,
            tuple(self._failures),
            error,
            time.monotonic() - self._begun,
            hint=self._hint if error else "",
            asked=self._wanted.addresses[0].url if self._wanted.addresses else "",
            holds=self._holds,
        )
        waits = status == "failed" and self._retry_after is not None
        return Outcome(got, self._host if waits else "", self._retry_after if waits else None)


def _is_fresh(page: Page) -> bool:
    return timedelta(0) <= datetime.now(UTC) - page.checked_at < FRESH


def _no_worse_than(kept: Page, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """Return those that come before the one that the kept page came by, and that one.

    A page is no better because it comes by a way that is only taken when the others fail.
    """
    for at, address in enumerate(addresses):
        if address.url == kept.url:
            return addresses[: at + 1]
    return addresses
