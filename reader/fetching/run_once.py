"""The gathering of many articles for a command: everything it needs, opened and closed again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from reader.fetching.bulk import BulkFetch
from reader.fetching.fetch_article import ArticleFetcher, LibraryThread, client_options
from reader.workers.sandbox import SandboxPool

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.core.events import BulkProgress, FetchResult
    from reader.library.library import Library

MEGABYTE = 1_000_000
EXTRACTOR_PROCESSES = 2
"""Processes that read pages, where there are as many processors."""


async def fetch_all(
    library: Library,
    settings: FetchSettings,
    ids: Iterable[str],
    tell: Callable[[BulkProgress], None],
    on_result: Callable[[FetchResult], None],
    *,
    force: bool = False,
) -> BulkProgress:
    """Fetch these articles and return how far that came; ``force`` asks also for those that have a page.

    Cancelling ends it, and what is kept stays. Raises ReaderError.
    """
    from reader.web.client import Fetcher
    from reader.web.robots import Robots
    from reader.web.wayback import newest_capture

    pages = library.pages
    pages.limit = settings.cache_mb * MEGABYTE
    disk, extractor = LibraryThread(), SandboxPool(min(EXTRACTOR_PROCESSES, os.cpu_count() or 1))
    try:
        async with Fetcher(client_options(settings)) as fetcher:
            capture = partial(newest_capture, fetcher)
            fetching = ArticleFetcher(fetcher, extractor, pages, disk, capture, archive=settings.archive)
            bulk = BulkFetch(fetching, library, disk, Robots(fetcher), tell, on_result=on_result, force=force)
            await bulk.add(ids)
            return await bulk.run()
    finally:
        extractor.close()
        disk.close()
