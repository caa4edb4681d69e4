"""What every fetch uses: the web client, the extractor, the pages, and a thread for the library."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.library.library import Library
    from reader.storage.sqlite.pages.store import PageStore
    from reader.web.client import WebClient
    from reader.workers.sandbox import SandboxPool

_Result = TypeVar("_Result")
_MEGABYTE = 1_000_000
_EXTRACTOR_PROCESSES = 2
"""Processes that extract pages, on machines with at least as many processors."""


@dataclass(frozen=True, slots=True)
class FetchContext:
    """The services that every fetch uses."""

    client: WebClient
    extractor: SandboxPool
    pages: PageStore
    library_thread: ThreadPoolExecutor
    """One thread for the library, so that no transfer waits for the disk."""
    find_capture: Callable[[WebClient, str], Awaitable[str | None]]
    """See :func:`reader.web.wayback.newest_capture`."""

    async def run(self, function: Callable[..., _Result], *values: Any) -> _Result:
        """Return the result of ``function``, called in the thread of the library."""
        return await asyncio.get_running_loop().run_in_executor(self.library_thread, function, *values)


@asynccontextmanager
async def open_context(
    library: Library, settings: FetchSettings, *, prestart: bool = False
) -> AsyncIterator[FetchContext]:
    """Open what fetching needs, and close it at the end. Raises ReaderError."""
    from reader.workers.sandbox import SandboxPool

    library_thread = ThreadPoolExecutor(1, thread_name_prefix="library")
    extractor = SandboxPool(min(_EXTRACTOR_PROCESSES, os.cpu_count() or 1))
    try:
        if prestart:
            extractor.prestart()
        from reader.web.client import WebClient  # after the extractor has begun to start
        from reader.web.options import options_of
        from reader.web.wayback import newest_capture

        library.pages.limit = settings.cache_mb * _MEGABYTE
        async with WebClient(options_of(settings)) as client:
            yield FetchContext(client, extractor, library.pages, library_thread, newest_capture)
    finally:
        extractor.close()
        library_thread.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class FetchTimings:
    """When the process that fetches counts as hung or as no longer needed, in seconds."""

    heartbeat: float = 1.0
    """Interval between heartbeats of the process while it has work."""
    startup_limit: float = 30.0
    """Maximum silence of a process that has not yet responded."""
    silence_limit: float = 30.0
    """Maximum silence while results are pending."""
    stop_limit: float = 5.0
    """Maximum silence after a command that cancels or stops something."""
    idle: float = 60.0
    """A process without work ends after this long; the next command starts another."""
    check_interval: float = 1.0
    """Interval between checks. A check counts at most this long: the whole program may have been suspended."""
