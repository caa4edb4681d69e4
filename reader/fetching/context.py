"""What fetching is done with: protocols of the services it uses, and the objects that share them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from reader.web.options import USER_AGENT, ClientOptions

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.storage.sqlite.pages.store import PageStore
    from reader.web.client import UrlCheck
    from reader.web.responses import FetchError, WebResponse
    from reader.workers.extract_tasks import ExtractionResult

_Result = TypeVar("_Result")
MEGABYTE = 1_000_000
EXTRACTOR_PROCESSES = 2
"""Processes that extract pages, on machines with at least as many processors."""


class PageClient(Protocol):
    """The part of :class:`reader.web.client.WebClient` that fetches pages."""

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
    """The part of :class:`reader.workers.sandbox.SandboxPool` that extracts articles."""

    def prestart(self) -> None:
        """Get ready while a page is on its way."""

    async def extract(
        self, body: bytes, url: str = "", charset: str = "", *, background: bool = False
    ) -> ExtractionResult:
        """Return the article of a page; foreground pages come first. Raises ExtractError."""


class RobotsPolicy(Protocol):
    """Decides which addresses may be fetched automatically."""

    async def objection(self, url: str) -> FetchError | None:
        """Return why an address may not be fetched now; None if it may."""


class CrawlPolicy(RobotsPolicy, Protocol):
    """The rules of robots.txt, such as :class:`reader.web.robots.Robots`."""

    async def delay(self, url: str) -> float:
        """Return the seconds that the host wants between two requests; 0 if it does not say."""


FindCapture: TypeAlias = Callable[[str], Awaitable[str | None]]
"""Returns the address of the newest archived copy of an address; None if there is none. Raises FetchError."""


class LibraryThread:
    """One thread for calls of the library, so that no transfer waits for the disk."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="library")

    async def run(self, function: Callable[..., _Result], *values: Any) -> _Result:
        """Return what ``function`` returns in that thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *values)

    def close(self) -> None:
        """End the thread after its current call."""
        self._thread.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class FetchContext:
    """The services that every fetch uses."""

    client: PageClient
    extractor: PageReader
    pages: PageStore
    library_thread: LibraryThread
    find_capture: FindCapture


def client_options(settings: FetchSettings) -> ClientOptions:
    """Return the options of the web client for these settings. Raises ReaderError."""
    return ClientOptions(
        user_agent=settings.user_agent or USER_AGENT,
        proxy=settings.proxy,
        allow_hosts=frozenset(settings.allow_hosts),
    )


@dataclass(frozen=True, slots=True)
class FetchTimings:
    """When the process that fetches counts as hung, in seconds."""

    heartbeat: float = 1.0
    """Between two signs of life of the process while it has work."""
    startup_limit: float = 30.0
    """Silence of a process that has not yet responded."""
    silence_limit: float = 30.0
    """Silence while results are pending."""
    stop_limit: float = 5.0
    """Silence after a command that cancels or stops something."""
    check_interval: float = 1.0
    """Between two checks. One check counts at most this long: the whole program may have been suspended."""
